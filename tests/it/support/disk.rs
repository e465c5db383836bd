//! A small disk that a test can fill.

use std::{io::Write, path::PathBuf, process::Command};

use tempfile::TempDir;

/// A tmpfs in a folder of its own; unmounted with the test.
pub struct SmallDisk {
    folder: TempDir,
}

impl SmallDisk {
    /// Mounts it. If the tests may not mount anything, prints that and returns `None`.
    pub fn mount(megabytes: u32) -> Option<Self> {
        let folder = tempfile::tempdir().expect("a folder");
        let size = format!("size={megabytes}m");
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &size, "tmpfs"]).arg(folder.path());
        if !mount.output().is_ok_and(|done| done.status.success()) {
            println!("skipped: no tmpfs can be mounted here");
            return None;
        }
        Some(Self { folder })
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Fills the disk to its last byte.
    pub fn fill(&self) {
        let mut filler = std::fs::File::create(self.path("filler")).expect("a file");
        for piece in [64 * 1024, 4096, 1] {
            while filler.write_all(&vec![0; piece]).is_ok() {}
        }
    }

    /// Lets nobody write any more, not even root.
    pub fn protect(&self) {
        let done = Command::new("mount").args(["-o", "remount,ro"]).arg(self.folder.path()).status();
        assert!(done.is_ok_and(|done| done.success()), "it can be mounted again");
    }

    /// Frees the disk again.
    pub fn free(&self) {
        std::fs::remove_file(self.path("filler")).expect("was filled");
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.folder.path()).status();
    }
}

//! File permissions of a database: only the user that runs the program may read and write its files. They hold mail
//! addresses and the signing secret.

use std::{
    ffi::OsString,
    fs::{self, OpenOptions, Permissions},
    io,
    os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

use rustix::{
    fs::{Access, access},
    process::geteuid,
};

/// Mode of a file that only its owner can use.
const FILE: u32 = 0o600;
/// Mode of a folder that only its owner can use.
const FOLDER: u32 = 0o700;

/// Creates a file that only its owner can use. Errors show up when the file is opened.
pub(super) fn create(path: &Path) {
    let _ = OpenOptions::new().write(true).create_new(true).mode(FILE).open(path);
}

/// Removes other users' access to a database: its file, the files that SQLite keeps beside it and the copies before
/// migrations. A file that was copied here by hand is often readable by everybody.
pub(super) fn close_database(path: &Path) {
    let name = path.file_name().unwrap_or_default().as_encoded_bytes();
    let is_ours = |file: &fs::DirEntry| {
        let beside = ["-wal", "-shm", "-journal", ".before-", ".copy-"];
        let rest = file.file_name().as_encoded_bytes().strip_prefix(name).map(<[u8]>::to_vec);
        rest.is_some_and(|rest| rest.is_empty() || beside.iter().any(|start| rest.starts_with(start.as_bytes())))
    };
    for file in fs::read_dir(folder_of(path)).into_iter().flatten().flatten().filter(is_ours) {
        close(&file.path(), FILE);
    }
}

/// Creates a folder that only its owner can use, and its missing parents with the usual mode.
///
/// # Errors
/// The system does not allow it.
pub fn make_folder(path: &Path) -> io::Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    fs::create_dir_all(path)?;
    fs::set_permissions(path, Permissions::from_mode(FOLDER))
}

/// Removes other users' access to a folder of the program.
pub fn close_folder(path: &Path) {
    if path.is_dir() {
        close(path, FOLDER);
    }
}

fn close(path: &Path, mode: u32) {
    let is_open = fs::metadata(path).is_ok_and(|metadata| metadata.mode() & 0o077 != 0);
    if !is_open {
        return;
    }
    let shown = path.display();
    match fs::set_permissions(path, Permissions::from_mode(mode)) {
        Ok(()) => tracing::info!("{shown} was readable by other users of this machine; now only its owner can read it"),
        Err(error) => tracing::warn!(
            "{shown} is open to other users of this machine, and that cannot be changed: {error}. It belongs to {}; \
             run as that user: chmod {mode:o} {shown}",
            owner(path)
        ),
    }
}

/// A file or folder of the database that cannot be written to.
#[derive(Debug, thiserror::Error)]
#[error(
    "{} cannot be written to: {source}. It belongs to {owner}, and this program runs as {user}. Run the program as \
     {owner}, or give the files of the database and their folder to {user} (chown)", .path.display()
)]
pub struct Unwritable {
    path: PathBuf,
    owner: String,
    /// User that runs the program.
    user: String,
    source: io::Error,
}

/// Finds a file or folder that would stop SQLite from writing. SQLite would fail later, with a less clear message.
pub(super) fn unwritable(path: &Path) -> Option<Unwritable> {
    let beside = |ending: &str| {
        let mut name: OsString = path.into();
        name.push(ending);
        PathBuf::from(name)
    };
    let files = [path.to_owned(), beside("-wal"), beside("-shm")].into_iter().filter(|file| file.exists());
    let mut all = files.chain([folder_of(path).to_owned()]);
    all.find_map(|path| {
        let source = access(&path, Access::READ_OK | Access::WRITE_OK).err()?.into();
        Some(Unwritable { owner: owner(&path), user: user(geteuid().as_raw()), path, source })
    })
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn owner(path: &Path) -> String {
    fs::metadata(path).map_or_else(|_| "somebody else".to_owned(), |metadata| user(metadata.uid()))
}

/// Name of a user, or the number if there is no name.
fn user(id: u32) -> String {
    let users = fs::read_to_string("/etc/passwd").unwrap_or_default();
    let fields = users.lines().map(|line| line.split(':').collect::<Vec<_>>());
    let named = fields.filter(|fields| fields.get(2) == Some(&id.to_string().as_str()));
    named.map(|fields| fields[0].to_owned()).next().unwrap_or_else(|| format!("user {id}"))
}

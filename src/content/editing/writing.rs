//! Writes a file as a whole, or not at all.

use std::{
    io::{self, ErrorKind, Write},
    path::Path,
};

use cap_std::fs::{Dir, OpenOptions, Permissions};
use rustix::{fs::RenameFlags, io::Errno};

use super::{EditError, Opened, version_of};

/// Name of the unfinished file. The lock lets one operation write at a time, so one that is there is left over from a
/// crash. The site does not read hidden files.
const TEMPORARY: &str = ".instep-unfinished";

/// File that a new one replaces.
#[derive(Clone, Copy)]
pub(super) enum Instead<'a> {
    OfNothing,
    Of(&'a Opened),
}

/// Writes a file. Returns the text that was there if it is another than the one to be replaced; then nothing has changed.
pub(super) fn write(folder: &Dir, name: &str, bytes: &[u8], instead: Instead) -> io::Result<Option<Opened>> {
    let permissions = match instead {
        Instead::OfNothing => None,
        Instead::Of(_) => Some(folder.metadata(name)?.permissions()),
    };
    let written = write_temporary(folder, bytes, permissions).and_then(|()| match instead {
        Instead::OfNothing => move_to_free(folder, TEMPORARY, folder, name).map(|()| None),
        Instead::Of(old) => replace(folder, name, old),
    });
    remove_temporary(folder)?;
    let other = written?;
    flush(folder)?;
    Ok(other)
}

fn write_temporary(folder: &Dir, bytes: &[u8], permissions: Option<Permissions>) -> io::Result<()> {
    remove_temporary(folder)?;
    let mut file = folder.open_with(TEMPORARY, OpenOptions::new().write(true).create_new(true))?;
    if let Some(permissions) = permissions {
        file.set_permissions(permissions)?;
    }
    file.write_all(bytes)?;
    file.sync_all()
}

fn remove_temporary(folder: &Dir) -> io::Result<()> {
    match folder.remove_file(TEMPORARY) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Exchanges both files, and exchanges them back if the old one is not the expected one: between a check and a simple
/// rename, another program could save.
fn replace(folder: &Dir, name: &str, old: &Opened) -> io::Result<Option<Opened>> {
    let exchange = || rustix::fs::renameat_with(folder, TEMPORARY, folder, name, RenameFlags::EXCHANGE);
    let mut ours = read(folder, TEMPORARY)?;
    match exchange() {
        Ok(()) => {}
        // Some network folders cannot exchange.
        Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => {
            let present = read(folder, name)?;
            if present != *old {
                return Ok(Some(present));
            }
            return folder.rename(TEMPORARY, folder, name).map(|()| None);
        }
        Err(error) => return Err(error.into()),
    }
    let replaced = read(folder, TEMPORARY)?;
    if replaced == *old {
        return Ok(None);
    }
    // The other program may save once more before its text is back.
    let mut theirs = replaced.clone();
    loop {
        exchange()?;
        let out = read(folder, TEMPORARY)?;
        if out == ours {
            return Ok(Some(replaced));
        }
        ours = std::mem::replace(&mut theirs, out);
    }
}

fn read(folder: &Dir, name: &str) -> io::Result<Opened> {
    folder.read(name).map(|bytes| Opened { version: version_of(&bytes), bytes })
}

/// Gives a file or folder a name that is free.
///
/// # Errors
/// The name is taken, also by a file that has appeared a moment ago.
pub(super) fn move_to_free(from: &Dir, name: &str, to: &Dir, new: &str) -> io::Result<()> {
    match rustix::fs::renameat_with(from, name, to, new, RenameFlags::NOREPLACE) {
        Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) if to.symlink_metadata(new).is_ok() => {
            Err(ErrorKind::AlreadyExists.into())
        }
        Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => from.rename(name, to, new),
        other => Ok(other?),
    }
}

/// Waits until the names in a folder are on the disk.
pub(super) fn flush(folder: &Dir) -> io::Result<()> {
    folder.open(".")?.sync_all()
}

/// Error with the reason that the author can mend.
pub(super) fn explained(error: io::Error, folder: &Path) -> EditError {
    match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => EditError::Full,
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => EditError::NotWritable(folder.to_owned()),
        _ => EditError::Io(error),
    }
}

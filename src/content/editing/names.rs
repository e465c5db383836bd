//! Paths that may be read and written: below the folders of texts and media, never hidden, and for new files with names
//! that every system can keep.

use unicode_normalization::UnicodeNormalization;

use super::EditError;
use crate::{
    content::source,
    domain::{characters::is_printable, entry::KINDS},
};

/// Longest name of a new file, in bytes. Some file systems have room for 255, and sync tools add to it.
const LONGEST: usize = 200;
/// Longest path, in bytes.
const LONGEST_PATH: usize = 1000;
/// Names that Windows keeps for devices, whatever their ending.
const DEVICES: [&str; 6] = ["con", "prn", "aux", "nul", "conin$", "conout$"];

/// Checks a path below the content folder.
pub(super) fn check(path: &str) -> Result<(), EditError> {
    let is_allowed = path.len() <= LONGEST_PATH && path.split('/').all(is_visible);
    if is_allowed { Ok(()) } else { Err(EditError::Name(path.to_owned())) }
}

/// Checks the path of a Markdown file in a folder of a kind.
pub(super) fn check_text(path: &str) -> Result<(), EditError> {
    check(path)?;
    let is_of_kind =
        path.split_once('/').is_some_and(|(first, _)| KINDS.iter().any(|row| row.folders.contains(&first)));
    if is_of_kind && source::is_markdown(path.as_ref()) { Ok(()) } else { Err(EditError::Name(path.to_owned())) }
}

/// Checks the path of a new file.
pub(super) fn check_new(path: &str) -> Result<(), EditError> {
    check(path)?;
    let is_device = |name: &str| {
        let stem = name.split('.').next().unwrap_or_default().trim_end().to_ascii_lowercase();
        let numbered = stem.strip_prefix("com").or(stem.strip_prefix("lpt"));
        let is_port = numbered.is_some_and(|number| {
            let mut chars = number.chars();
            chars.next().is_some_and(|c| c.is_ascii_digit() || "¹²³".contains(c)) && chars.next().is_none()
        });
        is_port || DEVICES.contains(&stem.as_str())
    };
    let can_be_kept = |name: &str| {
        name.len() <= LONGEST
            && !name.ends_with(['.', ' '])
            && !name.starts_with(' ')
            && name.chars().all(|c| is_printable(c) && !"<>:\"|?*".contains(c))
            && !is_device(name)
    };
    let first = path.split('/').next().unwrap_or_default();
    let is_ours = first == "media" || KINDS.iter().any(|row| row.folders.contains(&first));
    if is_ours && path.split('/').all(can_be_kept) { Ok(()) } else { Err(EditError::Name(path.to_owned())) }
}

/// True for a name that the site reads; it skips hidden files and those of editors.
fn is_visible(name: &str) -> bool {
    let is_hidden = name.starts_with(['.', '#']) || name.ends_with('~');
    !name.is_empty() && name.len() <= 255 && !is_hidden && !name.contains(|c: char| c.is_control() || c == '\\')
}

/// Name in lower case, with composed letters: disks that ignore case take equal ones for one file.
pub(super) fn folded(name: &str) -> String {
    name.nfc().flat_map(char::to_lowercase).nfc().collect()
}

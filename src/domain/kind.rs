//! Kinds of content. A new kind is a row in [`KINDS`], a type with its own facts in `entry`, a template and its handler.

/// Kind of text that a Markdown file becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    Post,
    Page,
    Stretch,
}

/// Row of the table of kinds.
#[derive(Debug)]
pub struct Row {
    pub kind: Kind,
    /// Folders below the content folder: first our name, then those of Hugo, Zola and Jekyll.
    pub folders: &'static [&'static str],
    /// First part of its addresses, with the list of them; pages have none. The permalink pattern changes it for posts.
    pub base: Option<&'static str>,
    /// True if its texts belong to a day: they are in feeds and the archive, and one without a date gets a warning.
    pub has_date: bool,
}

pub const KINDS: [Row; 3] = [
    Row {
        kind: Kind::Post,
        folders: &["posts", "post", "blog", "articles", "news", "_posts", "_drafts"],
        base: Some("posts"),
        has_date: true,
    },
    Row { kind: Kind::Page, folders: &["pages", "page", "_pages"], base: None, has_date: false },
    Row { kind: Kind::Stretch, folders: &["stretches"], base: Some("stretches"), has_date: false },
];

impl Kind {
    pub fn row(self) -> &'static Row {
        &KINDS[self as usize]
    }

    /// Kind whose addresses begin with this part.
    pub fn of_base(part: &str) -> Option<&'static Row> {
        KINDS.iter().find(|row| row.base == Some(part))
    }

    /// Folder below the content folder for new files.
    pub fn folder(self) -> &'static str {
        self.row().folders.first().copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_has_its_row() {
        for (at, row) in KINDS.iter().enumerate() {
            assert_eq!((row.kind as usize, row.kind.row().kind), (at, row.kind));
            assert!(!row.kind.folder().is_empty());
        }
    }
}

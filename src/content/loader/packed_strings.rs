//! Many short strings in one piece of memory: a site of 10,000 posts has a million of them.

/// List of strings. A character NUL in them becomes U+FFFD.
#[derive(Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct PackedStrings(Box<str>);

impl PackedStrings {
    /// Stands behind each string.
    const END: char = '\0';

    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.split_terminator(Self::END)
    }
}

impl<S: AsRef<str>> FromIterator<S> for PackedStrings {
    fn from_iter<T: IntoIterator<Item = S>>(strings: T) -> Self {
        let mut packed = String::new();
        for string in strings {
            packed
                .extend(string.as_ref().chars().map(|c| if c == Self::END { char::REPLACEMENT_CHARACTER } else { c }));
            packed.push(Self::END);
        }
        // Copied: a vector that is made smaller keeps up to half of its memory with mimalloc.
        Self(packed.as_str().into())
    }
}

//! A text in which parts were replaced. Each byte of it has a position in the author's text, so that a remark names the
//! place that the author wrote.

use std::{borrow::Cow, ops::Range};

use super::rendered::Remark;

/// Text after replacements.
pub struct Edited<'a> {
    pub text: Cow<'a, str>,
    /// Remarks, with positions in the author's text.
    pub remarks: Vec<Remark>,
    /// Replacements by order of the steps in which they were made.
    steps: Vec<Vec<Edit>>,
}

/// A part of the new text and the part of the old text that it replaces.
struct Edit {
    new: Range<usize>,
    old: Range<usize>,
}

impl<'a> Edited<'a> {
    /// A text with these replacements. They are in order and do not overlap.
    pub fn new(text: &'a str, replacements: Vec<(Range<usize>, String)>, remarks: Vec<Remark>) -> Self {
        if replacements.is_empty() {
            return Self { text: Cow::Borrowed(text), remarks, steps: Vec::new() };
        }
        let (mut new, mut edits, mut copied) = (String::with_capacity(text.len() + 256), Vec::new(), 0);
        for (old, replacement) in replacements {
            new.push_str(&text[copied..old.start]);
            let start = new.len();
            new.push_str(&replacement);
            copied = old.end;
            edits.push(Edit { new: start..new.len(), old });
        }
        new.push_str(&text[copied..]);
        Self { text: Cow::Owned(new), remarks, steps: vec![edits] }
    }

    /// This text after one more step.
    pub fn then(self, step: impl FnOnce(&str) -> Edited<'_>) -> Self {
        let Edited { text, mut remarks, steps } = step(&self.text);
        remarks.iter_mut().for_each(|remark| remark.at = self.origin(remark.at));
        let text = match text {
            Cow::Borrowed(_) => None,
            Cow::Owned(text) => Some(text),
        };
        Self {
            text: text.map_or(self.text, Cow::Owned),
            remarks: self.remarks.into_iter().chain(remarks).collect(),
            steps: self.steps.into_iter().chain(steps).collect(),
        }
    }

    /// Position in the author's text for a byte of the new one. An inserted part maps to the start of what it replaced.
    pub fn origin(&self, at: usize) -> usize {
        self.steps.iter().rev().fold(at, |at, edits| {
            let behind = edits.partition_point(|edit| edit.new.start <= at);
            match behind.checked_sub(1).and_then(|last| edits.get(last)) {
                None => at,
                Some(edit) if at < edit.new.end => edit.old.start,
                Some(edit) => edit.old.end + (at - edit.new.end),
            }
        })
    }
}

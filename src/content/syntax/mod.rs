//! Tools that Markdown, the dialects and bare URLs share: HTML tags, events of the parser and corrections of them, edits
//! of the source text, the lookups of a text, and the result of rendering. No step of rendering belongs here.

pub mod edited;
pub mod events;
pub mod fences;
pub mod lookup;
pub mod marks;
pub mod nesting;
pub mod quotes;
pub mod rendered;
pub mod tags;

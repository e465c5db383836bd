//! Tools that Markdown, the dialects and bare URLs share: HTML tags, events of the parser, edits of the source text, the
//! lookups of a text, and the result of rendering. No step of rendering belongs here.

pub mod edited;
pub mod events;
pub mod lookup;
pub mod nesting;
pub mod rendered;
pub mod tags;

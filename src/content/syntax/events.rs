//! Events of the parser: its extensions of CommonMark, and helpers for slices of events.

use std::ops::Range;

use pulldown_cmark::{Event, Options, TagEnd};

/// Extensions of CommonMark that texts may use.
pub(in crate::content) fn extensions() -> Options {
    Options::ENABLE_TABLES
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_SMART_PUNCTUATION
        | Options::ENABLE_HEADING_ATTRIBUTES
        | Options::ENABLE_GFM
        | Options::ENABLE_DEFINITION_LIST
}

/// Events with their places in the Markdown.
pub(in crate::content) type Events<'a> = [(Event<'a>, Range<usize>)];

/// Number of events of the block that starts with the first event, its end included.
pub(in crate::content) fn block_length(events: &Events) -> usize {
    let mut depth = 0_usize;
    let is_end = |(event, _): &(Event, Range<usize>)| {
        depth = depth_after(event, depth);
        depth == 0
    };
    events.iter().position(is_end).map_or(events.len(), |last| last + 1)
}

/// Number of elements that are open after an event.
pub(in crate::content) fn depth_after(event: &Event, depth: usize) -> usize {
    match event {
        Event::Start(_) => depth + 1,
        Event::End(_) => depth.saturating_sub(1),
        _ => depth,
    }
}

/// Words of events, without markup.
pub(in crate::content) fn plain_text(events: &Events) -> String {
    let words = |event: &Event| match event {
        Event::Text(text) | Event::Code(text) => text.to_string(),
        Event::SoftBreak | Event::HardBreak => " ".to_owned(),
        _ => String::new(),
    };
    events.iter().map(|(event, _)| words(event)).collect()
}

/// True if the end separates words.
pub(in crate::content) fn is_block_end(end: &TagEnd) -> bool {
    !matches!(end, TagEnd::Emphasis | TagEnd::Strong | TagEnd::Strikethrough | TagEnd::Link | TagEnd::Image)
}

//! All texts, grouped by where they appear. A field here is a line in each file of `templates/texts`; its type is a
//! plain text, a phrase with gaps, or a phrase for each plural form.

use serde::Deserialize;

use super::phrase::{
    Phrase, Plural,
    gaps::{
        self, Corner, Count, Date, Id, Last, Month, Most, Name, Names, Number, Provider, Question, Stretch, Tag, Title,
        Word, Year,
    },
};

/// A heading and the sentence below it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Said {
    pub heading: String,
    pub sentence: String,
}

/// Texts around every page.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Frame {
    pub skip: String,
    pub main: String,
    pub footer: String,
    pub search: String,
    pub articles: String,
    pub stretches: String,
    pub archive: String,
    pub tags: String,
    pub feed: String,
    pub made_with: String,
    pub colours: String,
    pub colours_auto: String,
    pub colours_light: String,
    pub colours_dark: String,
    pub error_title: Phrase<Title>,
    pub comments_of: Phrase<Title>,
}

/// Lists of posts, and the navigation between them.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lists {
    pub featured: String,
    pub draft: String,
    pub empty: String,
    pub home_page: Phrase<Number>,
    pub page: Phrase<Number>,
    pub pages: String,
    pub page_of: Phrase<(Number, Last)>,
    pub newer: String,
    pub older: String,
    pub reading: Plural,
    pub posts: Plural,
}

/// The archive, by year and month.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Archive {
    pub heading: String,
    pub described: String,
    pub empty: String,
    pub since: Plural<Year>,
    pub of_year: Phrase<Year>,
    pub year_described: Phrase<Year>,
    pub month_described: Phrase<Month>,
    pub months: String,
    pub undated: String,
}

/// Tags and their posts.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tags {
    pub heading: String,
    pub described: String,
    pub empty: String,
    pub one: String,
    pub together: String,
    pub posts_described: Phrase<gaps::Tags>,
    pub and: String,
    pub follow: String,
    pub all_about: Phrase<Tag>,
    pub also_about: Phrase<Tag>,
    pub narrow: String,
}

/// Series and their boxes.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Series {
    pub heading: String,
    pub described: Plural<Name>,
    pub in_order: Plural,
    pub place: Phrase<(Number, Last)>,
    pub place_in_line: Phrase<(Number, Last)>,
    pub all_parts: Plural,
    pub before: String,
    pub next: String,
}

/// Texts around a post.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Post {
    pub updated: Phrase<Date>,
    pub by: Phrase<Names>,
    pub contents: String,
    pub others: String,
    pub older: String,
    pub newer: String,
    pub related: String,
}

/// Texts inside a post or page, or next to its headings.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Article {
    pub link_to_section: Phrase<Title>,
    pub footnotes: String,
    pub footnote: Phrase<Number>,
    pub footnote_back: Phrase<Number>,
    pub table: String,
    pub done: String,
    pub to_do: String,
    pub note: String,
    pub tip: String,
    pub important: String,
    pub warning: String,
    pub caution: String,
    pub details: String,
    pub gist: Phrase<Name>,
    pub post_on_x: String,
    pub post_on_x_by: Phrase<Name>,
}

/// Players and clips.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Embeds {
    pub play_on: Phrase<Provider>,
    pub open_on: Phrase<Provider>,
    pub nothing_loaded: Phrase<Provider>,
    pub open_clip: String,
    pub open_recording: String,
    pub play_clip: String,
    pub pause: String,
    pub play: String,
    pub captions: String,
}

/// Stretches: cards, tiles, pages.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stretches {
    pub one: String,
    pub heading: String,
    pub described: String,
    pub by_area: String,
    pub other_area: String,
    pub areas: String,
    pub hold: String,
    pub seconds: Plural,
    pub repeats: String,
    pub sides: String,
    pub each_side: String,
    pub both_sides: String,
    pub sets: String,
    pub gear: String,
    pub no_gear: String,
    pub level: String,
    pub easy: String,
    pub medium: String,
    pub hard: String,
    pub position: String,
    pub stop_if: String,
    pub notes: String,
    pub feel: String,
    pub names: String,
    pub instead: String,
    pub easier: Phrase<Stretch>,
    pub harder: Phrase<Stretch>,
    pub shown_in: String,
}

/// Search.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Search {
    pub heading: String,
    pub described: String,
    pub button: String,
    pub what: String,
    pub example: Phrase<gaps::Tags>,
    pub not_ready: String,
    pub nothing: Phrase<Question>,
    pub found: Plural<Question>,
    pub best: Plural<Question>,
    pub most_words: Plural<Question>,
    pub article: String,
    pub page: String,
    pub stretch: String,
    pub tag: String,
    pub year: String,
    pub any_tag: String,
    pub any_year: String,
    pub only: String,
    pub without_tag: Phrase<Tag>,
    pub without_year: Phrase<Year>,
    pub unknown_tag: Phrase<Tag>,
    pub near_tag: Phrase<(Tag, Name)>,
    pub unknown_year: Phrase<Year>,
    pub nothing_of_both: String,
    pub nothing_here: Phrase<Question>,
    pub nothing_exactly: Phrase<Question>,
    pub nothing_typed: Phrase<Question>,
    pub results_of: Phrase<Word>,
    pub exactly: Phrase<Question>,
    pub did_you_mean: Phrase<Word>,
    pub newest: Plural,
    pub newest_of: Phrase<(Most, Count)>,
    pub all: Phrase<Name>,
}

/// Comments under a post.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Comments {
    pub heading: String,
    pub count: Plural,
    pub kept: String,
    pub online: String,
    pub taken_away: String,
    pub corner: Phrase<Corner>,
    pub corner_erase: Phrase<Corner>,
    pub asked: String,
    pub samples: String,
    pub none: String,
    pub away: String,
    pub closed: String,
    pub unsent: String,
    pub author: String,
    pub waiting: String,
    pub edited: String,
    pub in_reply_to: Phrase<Name>,
    pub reply: String,
    pub reply_to: Phrase<Name>,
    pub number: Phrase<Id>,
    pub removed: String,
    pub withheld: String,
    pub in_reply_to_hidden: String,
    pub continued: Phrase<Name>,
    pub continued_hidden: String,
    pub more_replies: Plural,
    pub page: Phrase<(Title, Number)>,
    pub pages: String,
    pub newest: String,
    pub newer: String,
    pub older: String,
    pub article: String,
}

/// The comment form.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Form {
    pub heading: String,
    pub intro: String,
    pub own: Phrase<Corner>,
    pub reply_heading: String,
    pub replying_to: Phrase<Name>,
    pub cancel_reply: String,
    pub leave_empty: String,
    pub text: String,
    pub text_hint: String,
    pub name: String,
    pub site: String,
    pub email: String,
    pub optional: String,
    pub email_hint: String,
    pub wish: String,
    pub wish_nothing: String,
    pub wish_answers: String,
    pub wish_thread: String,
    pub wish_hint: String,
    pub send: String,
    pub send_again: String,
    pub remember: String,
    pub preview: String,
    pub preview_heading: String,
    pub preview_title: Phrase<Title>,
    pub offline: String,
    pub kept: Phrase<Corner>,
    pub privacy: String,
}

/// A commenter's own comments, visible only to them.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OwnCorner {
    pub link: String,
    pub heading: String,
    pub described: String,
    pub stranger: String,
    pub other_browser: String,
    pub none: String,
    pub under: Phrase<Title>,
    pub shown: String,
    pub removed: String,
    pub time_left: Plural,
    pub edit: String,
    pub delete: String,
    pub which: Phrase<Title>,
    pub all_heading: String,
    pub all: String,
    pub take: String,
    pub erase_all: String,
    pub edit_heading: String,
    pub edit_rules: String,
    pub edit_send: String,
    pub keep: String,
    pub back: String,
    pub delete_send: String,
    pub erase_send: String,
    pub too_late: Said,
    pub foreign: Said,
    pub edit_foreign: Said,
    pub delete_one: Said,
    pub erase: Said,
    pub erased: Said,
}

/// Errors in a comment that was sent.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mend {
    pub heading: Plural,
    pub name_missing: String,
    pub name_long: Phrase<(Count, Most)>,
    pub name_is_email: String,
    pub email: String,
    pub email_missing: String,
    pub site: String,
    pub site_long: Phrase<Most>,
    pub text_missing: String,
    pub text_wordless: String,
    pub text_long: Phrase<(Count, Most)>,
    pub text_heavy: String,
    pub parent_gone: String,
    pub foreign: Said,
    pub not_kept: Said,
    pub closed: Said,
    pub too_fast: TooFast,
    pub word: RefusedWord,
    pub blocked: Blocked,
}

/// Feeds.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Feeds {
    pub comments_on: Phrase<Title>,
    pub comment_title: Phrase<(Name, Title)>,
    pub in_browser: String,
}

/// Error pages.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Errors {
    pub nearby: String,
    pub newest: String,
    pub request: Phrase<Id>,
    pub crowded: String,
    pub not_found: Said,
    pub gone: Said,
    pub forbidden: Said,
    pub not_in_that_way: Said,
    pub too_large: Said,
    pub too_slow: Said,
    pub other_form: Said,
    pub too_many: Said,
    pub away: Said,
    pub not_understood: Said,
    pub broken: Said,
}

/// Texts for somebody who comments faster than the site allows.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TooFast {
    pub heading: String,
    pub seconds: Plural,
    pub minutes: Plural,
}

/// Texts for a comment with a forbidden word.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RefusedWord {
    pub heading: String,
    pub sentence: Phrase<Word>,
}

/// Texts for a commenter whom the author has blocked, by kind of block.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Blocked {
    pub heading: String,
    pub email: String,
    pub site: String,
    pub network: String,
}

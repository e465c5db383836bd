//! The table of keys. Reading, the check of values, "did you mean" and the table in the documents all use it.

use serde_json::Value;

use super::values;

/// A key of front matter.
#[derive(Debug)]
pub struct Key {
    pub name: &'static str,
    /// Other spellings, in lower case, most important first.
    pub others: &'static [&'static str],
    pub(super) form: Form,
    pub about: &'static str,
    pub example: &'static str,
}

/// Form of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Text,
    /// Text or list of texts; of tables, such as authors, their names.
    Texts,
    /// File name, however a theme writes it.
    Picture,
    Date,
    Flag,
    Comments,
    Number,
    Choice(&'static [&'static str]),
    Table,
}

impl Form {
    /// Description of a right value, for messages.
    pub fn expected(self) -> String {
        match self {
            Self::Text => "a text".to_owned(),
            Self::Texts => "a text or a list of texts".to_owned(),
            Self::Picture => "the name of a picture".to_owned(),
            Self::Date => "a date such as 2026-05-02".to_owned(),
            Self::Flag => "true or false".to_owned(),
            Self::Comments => "true, false, open or closed".to_owned(),
            Self::Number => "a whole number".to_owned(),
            Self::Choice(words) => words.join(" or "),
            Self::Table => "a table".to_owned(),
        }
    }

    /// True if the value can be read. An empty value always can.
    pub fn fits(self, value: &Value) -> bool {
        match self {
            _ if value.is_null() => true,
            Self::Text | Self::Date => values::text(value).is_some() || !value.is_array() && !value.is_object(),
            Self::Texts | Self::Picture => true,
            Self::Flag => values::flag(value).is_some(),
            Self::Comments => values::comments(value).is_some(),
            Self::Number => values::text(value).is_none_or(|text| text.parse::<u32>().is_ok()),
            Self::Choice(words) => values::text(value).is_none_or(|text| words.contains(&&*text)),
            Self::Table => value.is_object(),
        }
    }

    /// True if there is something in the value.
    pub fn is_filled(self, value: &Value) -> bool {
        match self {
            Self::Texts => !values::texts(value).is_empty(),
            Self::Picture => !values::picture(value).is_empty(),
            Self::Flag | Self::Comments | Self::Table => !value.is_null(),
            _ => values::text(value).is_some(),
        }
    }
}

const fn key(
    name: &'static str,
    others: &'static [&'static str],
    form: Form,
    about: &'static str,
    example: &'static str,
) -> Key {
    Key { name, others, form, about, example }
}

/// Keys of all kinds of content.
pub const KEYS: &[Key] = &[
    key("title", &[], Form::Text, "the heading", "title: \"Feet first\""),
    key(
        "date",
        &[],
        Form::Date,
        "nothing is shown before this date. Without a zone, the site's zone is used. Without a date, the date in the \
         file name or address is used",
        "date: 2026-05-02 10:30",
    ),
    key("updated", &["lastmod", "last_modified_at"], Form::Date, "shown beside the date", "updated: 2026-06-01"),
    key("draft", &[], Form::Flag, "not published", "draft: true"),
    key("published", &[], Form::Flag, "`false` is a draft", "published: false"),
    key(
        "publish_date",
        &["publishdate"],
        Form::Date,
        "appears then, whatever `date` says",
        "publish_date: 2026-05-02T10:00:00+02:00",
    ),
    key("expiry_date", &["expirydate"], Form::Date, "disappears then", "expiry_date: 2027-01-01"),
    key("featured", &[], Form::Flag, "the newest featured post is the first on the home page", "featured: true"),
    key("slug", &[], Form::Text, "the last part of the address, instead of the file name", "slug: feet"),
    key("url", &["path", "permalink"], Form::Text, "the whole address", "url: /training/feet"),
    key(
        "aliases",
        &["redirect_from"],
        Form::Texts,
        "old addresses that redirect here. Their comments come along",
        "aliases: [/2019/feet.html]",
    ),
    key(
        "tags",
        &["tag"],
        Form::Texts,
        "tags. One text may contain several with commas (in `_posts/` also with spaces)",
        "tags: [feet, calves]",
    ),
    key("categories", &["category"], Form::Texts, "also tags", "categories: runs"),
    key("taxonomies", &[], Form::Table, "of these, `tags` and `categories` count", "taxonomies: {tags: [feet]}"),
    key("series", &[], Form::Texts, "posts of one series are its parts, by date", "series: One body part at a time"),
    key(
        "description",
        &["summary", "excerpt"],
        Form::Text,
        "one sentence for search engines, feeds and the top of the post. Without it, the start of the text",
        "description: \"Three stretches.\"",
    ),
    key("authors", &["author"], Form::Texts, "the writers, if not the author in site.toml", "authors: [Ana, Lisa]"),
    key(
        "image",
        &["cover", "featured_image", "featuredimage", "feature_image", "images", "header", "thumbnail"],
        Form::Picture,
        "a picture beside the file or in `media/`",
        "image: cover.jpg",
    ),
    key(
        "comments",
        &[],
        Form::Comments,
        "`false` or `closed` closes the thread. `open` keeps it open however old the post is",
        "comments: false",
    ),
    key("language", &["lang"], Form::Text, "the language of the text, if not the site's", "language: de"),
    key("extra", &[], Form::Table, "anything of yours. It is ignored", "extra: {mood: good}"),
];

/// Keys of stretches. Other files may use the same words for other things, as themes do.
pub const STRETCH_KEYS: &[Key] = &[
    key("names", &[], Form::Texts, "other names", "names: [Toe grips]"),
    key("areas", &[], Form::Texts, "areas of the body. The first one is its place in the list", "areas: [toes, feet]"),
    key("equipment", &[], Form::Texts, "gear", "equipment: [step]"),
    key("position", &[], Form::Text, "the starting position", "position: standing"),
    key("hold_seconds", &["hold"], Form::Number, "seconds", "hold_seconds: 15"),
    key("repeats", &[], Form::Number, "number of repeats", "repeats: 5"),
    key("sides", &[], Form::Choice(&["each", "both"]), "`each` or `both`", "sides: each"),
    key("sets", &[], Form::Number, "sets per day", "sets: 2"),
    key("level", &[], Form::Choice(&["easy", "medium", "hard"]), "`easy`, `medium` or `hard`", "level: easy"),
    key("video", &[], Form::Text, "an address or a file", "video: toes.mp4"),
    key("picture", &[], Form::Text, "a file. An SVG is shown inside the page", "picture: toes.svg"),
    key("easier", &[], Form::Text, "the slug of an easier stretch", "easier: ball-roll"),
    key("harder", &[], Form::Text, "the slug of a harder stretch", "harder: toe-flexion"),
    key("feel", &[], Form::Text, "where it should pull", "feel: Across the top of the toes."),
    key("stop_if", &["stop-if"], Form::Text, "when to stop", "stop_if: Stop if a joint hurts."),
    key("credit", &[], Form::Text, "who showed it", "credit: Shown by Dr. Meg"),
];

impl Key {
    /// All spellings, the first one first.
    pub fn spellings(&self) -> impl Iterator<Item = &'static str> {
        std::iter::once(self.name).chain(self.others.iter().copied())
    }
}

/// Keys that a file may have.
pub(super) fn of_kind(is_stretch: bool) -> impl Iterator<Item = &'static Key> {
    KEYS.iter().chain(STRETCH_KEYS.iter().filter(move |_| is_stretch))
}

/// True if every file may have a key of this spelling.
pub(super) fn is_known(spelling: &str) -> bool {
    of_kind(false).any(|key| key.spellings().any(|own| own == spelling))
}

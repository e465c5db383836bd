//! Comments: their fields, and the checks that a new one must pass.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use url::Url;

use super::{
    address,
    characters::{is_invisible, is_printable, say_something},
    clock, mailbox,
    words::parse_word,
};
pub use crate::domain::limits::{EDIT_WINDOW, NAME_MAX, SITE_MAX, TEXT_MAX};

/// Number of a comment in addresses (`#comment-41`, `/comments/41`); never used twice.
pub type CommentId = i64;

/// Largest HTML of a text: so many bytes, and so many more for each byte of the text. Dense Markdown makes HTML five
/// times as long as what was typed.
const HTML_MAX: (usize, usize) = (1024, 8);

/// State of a comment, which decides who sees it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Waits for the author's approval; its writer sees it.
    #[default]
    Held,
    /// Shown to everyone.
    Approved,
    /// Removed as spam; the spam filter may learn from it.
    Spam,
    /// Removed.
    Trash,
}

/// Key of a thread: kind and slug, not the file, so that comments outlive the file.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ThreadKey {
    /// Kind of the thread: [`POST_KIND`]; other kinds may follow.
    pub kind: &'static str,
    pub slug: String,
}

/// Kind of a thread under a post.
pub const POST_KIND: &str = "post";

/// Cache tag of pages that show comments of every thread.
pub const COMMENTS_TAG: &str = "comments";

/// Tag of a change that only a comment's writer and the author see: it makes no public page stale.
pub const HELD_TAG: &str = "held";

impl ThreadKey {
    pub fn post(slug: impl Into<String>) -> Self {
        Self { kind: POST_KIND, slug: slug.into() }
    }

    /// Cache tag of every page that shows this thread, or counts its comments.
    pub fn tag(&self) -> String {
        format!("{}:{}", self.kind, self.slug)
    }
}

/// A stored comment. In an outline, only its place in the thread and its status are known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Comment {
    pub id: CommentId,
    /// Kind of its thread, as in [`ThreadKey`].
    pub thread_kind: String,
    /// Slug it was posted under; it may be an alias of the post's slug now.
    pub thread_slug: String,
    pub parent_id: Option<CommentId>,
    pub name: String,
    /// E-mail address; never shown.
    pub email: Option<String>,
    pub site: Option<String>,
    /// Text as typed, in the small Markdown subset.
    pub text: String,
    pub status: Status,
    /// Reasons why it was held: words of `verdict::Reason`, with spaces between.
    pub reasons: String,
    /// Details of reasons: lines that begin with the word of one.
    pub reason_details: String,
    /// True only if the author's own action set it; a name alone never does.
    pub by_author: bool,
    /// Fingerprint of its writer's cookie; `None` for the author.
    pub commenter: Option<String>,
    pub created_at: Timestamp,
    /// Time of its writer's last edit.
    pub edited_at: Option<Timestamp>,
}

/// Mails that a commenter wants, as chosen in the form.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Wish {
    #[default]
    #[serde(rename = "")]
    Nothing,
    /// Mails about answers to the comment.
    Answers,
    /// Mails about every comment in its thread.
    Thread,
}

impl Comment {
    /// Cache tag of its thread.
    pub fn tag(&self) -> String {
        format!("{}:{}", self.thread_kind, self.thread_slug)
    }

    /// Each reason with its details: `bayes 0.98: subscribe, channel`.
    pub fn explained(&self) -> Vec<&str> {
        let detailed = |reason: &str| self.reason_details.lines().find(|line| line.split(' ').next() == Some(reason));
        self.reasons.split_whitespace().map(|reason| detailed(reason).unwrap_or(reason)).collect()
    }

    /// Time for which its writer may still edit it; `None` if that is over, or if it is spam or in the trash.
    pub fn editable_for(&self, now: Timestamp) -> Option<SignedDuration> {
        let is_standing = matches!(self.status, Status::Held | Status::Approved);
        let left = (EDIT_WINDOW - now.duration_since(self.created_at)).min(EDIT_WINDOW);
        (is_standing && left.is_positive() && self.created_at <= clock::latest(now)).then_some(left)
    }

    /// True if the text was erased and only its place in the thread is left.
    pub fn is_erased(&self) -> bool {
        self.text.is_empty()
    }
}

/// Fields of the form as they were sent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct RawComment {
    pub name: String,
    pub email: String,
    pub site: String,
    pub text: String,
    pub parent: String,
    /// Name of a [`Wish`].
    pub wish: String,
}

/// A comment that may be stored: every field has passed its checks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewComment {
    pub name: String,
    pub email: Option<String>,
    pub site: Option<String>,
    pub text: String,
    /// Rendered text.
    pub reading: Reading,
    pub parent: Option<CommentId>,
    /// Mails that the writer wants. If there are any, an e-mail address is required.
    pub wish: Wish,
}

/// Rendered text of a comment, for the checks and the verdict.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// Text in one line, without Markdown.
    pub words: String,
    /// Text outside of links and code.
    pub unlinked: String,
    /// Targets of the links, without those to this site.
    pub links: Vec<String>,
    /// Size of the HTML.
    pub html_bytes: usize,
}

/// A field of the comment form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    Name,
    Email,
    Site,
    Text,
    Parent,
}

/// Error of a field. `web` has the texts for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldError {
    NameMissing,
    /// Name longer than [`NAME_MAX`]: so many characters.
    NameLong(usize),
    /// Name with an e-mail address in it, which everyone would see.
    NameIsEmail,
    /// Text that does not look like an e-mail address.
    Email,
    /// Missing e-mail address, though the visitor asked for mails.
    EmailMissing,
    /// Text that does not look like the address of a website, or a kind of address that we do not link to.
    Site,
    /// Address of a site longer than [`SITE_MAX`].
    SiteLong,
    TextMissing,
    /// Text without a letter, digit or emoji.
    TextWordless,
    /// Text longer than [`TEXT_MAX`]: so many characters.
    TextLong(usize),
    /// Text whose HTML is many times as long as the text.
    TextHeavy,
    /// Missing parent: the comment that is answered does not exist (any more).
    ParentGone,
}

impl FieldError {
    pub fn field(self) -> Field {
        match self {
            Self::NameMissing | Self::NameLong(_) | Self::NameIsEmail => Field::Name,
            Self::Email | Self::EmailMissing => Field::Email,
            Self::Site | Self::SiteLong => Field::Site,
            Self::TextMissing | Self::TextWordless | Self::TextLong(_) | Self::TextHeavy => Field::Text,
            Self::ParentGone => Field::Parent,
        }
    }
}

/// Errors of a form, at most one a field, in the order of the form. Never empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FieldErrors(Vec<FieldError>);

impl FieldErrors {
    pub fn one(error: FieldError) -> Self {
        Self(vec![error])
    }

    pub fn iter(&self) -> impl Iterator<Item = FieldError> {
        self.0.iter().copied()
    }

    pub fn of(&self, field: Field) -> Option<FieldError> {
        self.iter().find(|error| error.field() == field)
    }

    fn note<T: Default>(&mut self, checked: Result<T, FieldError>) -> T {
        checked.unwrap_or_else(|error| {
            self.0.push(error);
            T::default()
        })
    }
}

impl NewComment {
    /// Checks the fields of a form. `read` renders a text.
    ///
    /// # Errors
    /// The errors that the visitor must correct, at most one a field.
    pub fn parse(raw: &RawComment, read: impl FnOnce(&str) -> Reading) -> Result<Self, FieldErrors> {
        let mut errors = FieldErrors::default();
        let (text, reading) = errors.note(parse_text(&raw.text, read));
        let new = Self {
            text,
            reading,
            name: errors.note(parse_name(&raw.name)),
            site: errors.note(parse_site(&raw.site)),
            email: errors.note(parse_email(&raw.email)),
            parent: errors.note(parse_parent(&raw.parent)),
            // An unknown value means no mails.
            wish: parse_word(&raw.wish).unwrap_or_default(),
        };
        if new.wish != Wish::Nothing && new.email.is_none() && errors.of(Field::Email).is_none() {
            errors.0.push(FieldError::EmailMissing);
        }
        if errors.0.is_empty() { Ok(new) } else { Err(errors) }
    }
}

/// # Errors
/// The name is empty, too long, or an e-mail address.
pub(super) fn parse_name(name: &str) -> Result<String, FieldError> {
    let name = one_line(name);
    match name.chars().count() {
        0 => Err(FieldError::NameMissing),
        long if long > NAME_MAX => Err(FieldError::NameLong(long)),
        _ if name.split(' ').any(|word| mailbox::parse(word).is_some()) => Err(FieldError::NameIsEmail),
        _ => Ok(name),
    }
}

fn parse_email(email: &str) -> Result<Option<String>, FieldError> {
    match email.trim() {
        "" => Ok(None),
        email => mailbox::parse(email).map(Some).ok_or(FieldError::Email),
    }
}

fn parse_site(site: &str) -> Result<Option<String>, FieldError> {
    let site = one_line(site);
    if site.is_empty() {
        return Ok(None);
    }
    // Before anything is decoded, as in `mailbox::parse`; a character has at most four bytes.
    if site.len() > 4 * SITE_MAX {
        return Err(FieldError::SiteLong);
    }
    // `javascript:…` and `mailto:…` have a scheme, and are refused.
    let url = Url::parse(&if address::has_scheme(&site) { site } else { format!("https://{site}") })
        .map_err(|_| FieldError::Site)?;
    let host_is_public = url.host_str().is_some_and(|host| host.trim_end_matches('.').contains('.'));
    let anonymous = url.username().is_empty() && url.password().is_none();
    if !matches!(url.scheme(), "http" | "https") || !host_is_public || !anonymous {
        return Err(FieldError::Site);
    }
    let address = if url.path() == "/" && url.query().is_none() && url.fragment().is_none() {
        url.as_str().trim_end_matches('/').to_owned()
    } else {
        url.to_string()
    };
    if address.chars().count() > SITE_MAX {
        return Err(FieldError::SiteLong);
    }
    Ok(Some(address))
}

fn parse_text(text: &str, read: impl FnOnce(&str) -> Reading) -> Result<(String, Reading), FieldError> {
    let text = text.replace("\r\n", "\n").replace(['\r', '\u{2028}', '\u{2029}'], "\n");
    let text: String = text.chars().filter(|c| *c == '\n' || is_printable(*c)).collect();
    let text = text.trim_matches('\n').trim_end();
    match text.trim().chars().count() {
        0 => return Err(FieldError::TextMissing),
        long if long > TEXT_MAX => return Err(FieldError::TextLong(long)),
        _ => {}
    }
    let reading = read(text);
    if !say_something(&reading.words) {
        Err(FieldError::TextWordless)
    } else if reading.html_bytes > HTML_MAX.0 + HTML_MAX.1 * text.len() {
        Err(FieldError::TextHeavy)
    } else {
        Ok((text.to_owned(), reading))
    }
}

fn parse_parent(parent: &str) -> Result<Option<CommentId>, FieldError> {
    match parent.trim() {
        "" => Ok(None),
        id => id.parse().map(Some).map_err(|_| FieldError::ParentGone),
    }
}

/// Returns a text as one line: runs of white space become one space, and no word begins with a combining mark.
fn one_line(text: &str) -> String {
    let printable: String = text.chars().filter(|c| c.is_whitespace() || is_printable(*c)).collect();
    let words = printable.split_whitespace().map(|word| word.trim_start_matches(is_invisible));
    words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::words::word_of;

    fn read(text: &str) -> Reading {
        Reading { words: text.to_owned(), ..Reading::default() }
    }

    fn form(name: &str, email: &str, site: &str, text: &str) -> RawComment {
        RawComment {
            name: name.into(),
            email: email.into(),
            site: site.into(),
            text: text.into(),
            ..RawComment::default()
        }
    }

    #[test]
    fn a_good_form_is_tidied() {
        let form = form(" Lisa @\u{a0}Mile  by Mile", " ", "milebymile.example", "\r\nLovely!\r\nRan  4 \n");
        let new = NewComment::parse(&form, read);
        let expected = NewComment {
            name: "Lisa @ Mile by Mile".into(),
            email: None,
            site: Some("https://milebymile.example".into()),
            text: "Lovely!\nRan  4".into(),
            reading: read("Lovely!\nRan  4"),
            parent: None,
            wish: Wish::Nothing,
        };
        assert_eq!(new, Ok(expected));
    }

    #[test]
    fn statuses_have_the_words_of_the_database() {
        for word in ["held", "approved", "spam", "trash"] {
            let status: Option<Status> = parse_word(word);
            assert_eq!(status.map(word_of).as_deref(), Some(word));
        }
    }

    #[test]
    fn wishes_have_the_words_of_the_form() {
        for (wish, word) in [(Wish::Nothing, ""), (Wish::Answers, "answers"), (Wish::Thread, "thread")] {
            assert_eq!((word_of(wish).as_str(), parse_word(word)), (word, Some(wish)));
        }
        assert_eq!(parse_word::<Wish>("everything"), None);
    }

    #[test]
    fn every_wrong_field_is_named_once() {
        let errors = NewComment::parse(&form("", "ana", "javascript:alert(1)", "  "), read).expect_err("all wrong");
        let fields: Vec<Field> = errors.iter().map(FieldError::field).collect();
        assert_eq!(fields, [Field::Text, Field::Name, Field::Site, Field::Email]);
    }

    #[test]
    fn sites() {
        for (typed, kept) in [
            ("example.org", "https://example.org"),
            ("example.org:8080/blog", "https://example.org:8080/blog"),
            ("http://example.org/", "http://example.org"),
            ("HTTPS://Example.ORG/A?b=c", "https://example.org/A?b=c"),
            ("//example.org", "https://example.org"),
            ("bücher.example", "https://xn--bcher-kva.example"),
        ] {
            assert_eq!(parse_site(typed), Ok(Some(kept.to_owned())), "{typed}");
        }
        for wrong in [
            "javascript:alert(1)",
            "JAVASCRIPT:alert(1)",
            "data:text/html,x",
            "vbscript:x",
            "mailto:a@b.example",
            "ftp://example.org",
            "localhost",
            "a b",
            "https://",
            "https://user:pw@example.org",
            "java\nscript:alert(1)",
        ] {
            assert!(parse_site(wrong).is_err(), "{wrong}");
        }
        assert!(parse_site(&format!("example.org/{}", "a".repeat(SITE_MAX))).is_err());
    }

    #[test]
    fn a_wish_for_mails_needs_an_address() {
        let asked = |email: &str| RawComment { wish: "thread".into(), ..form("Ana", email, "", "Lovely!") };
        let wrong = |email: &str| NewComment::parse(&asked(email), read).expect_err(email);
        assert_eq!(NewComment::parse(&asked("ana@example.org"), read).map(|new| new.wish), Ok(Wish::Thread));
        assert_eq!(wrong(""), FieldErrors::one(FieldError::EmailMissing));
        assert_eq!(wrong("ana"), FieldErrors::one(FieldError::Email), "a wrong address is told once");
        let odd = RawComment { wish: "everything".into(), ..form("Ana", "", "", "Lovely!") };
        assert_eq!(NewComment::parse(&odd, read).map(|new| new.wish), Ok(Wish::Nothing));
    }

    #[test]
    fn a_name_has_no_email_address_in_it() {
        for name in ["ana@example.org", "Ana ana@example.org", "ana+blog@mail.example.org"] {
            assert_eq!(parse_name(name), Err(FieldError::NameIsEmail), "{name}");
        }
        for name in ["Ana @ example.org", "Ana @example.org", "Ana@Mile by Mile", "@ana@runs.example", "ana@", "@"] {
            assert_eq!(parse_name(name).as_deref(), Ok(name));
        }
    }

    #[test]
    fn lengths_count_characters() {
        assert!(parse_name(&"é".repeat(NAME_MAX)).is_ok());
        assert!(parse_name(&"é".repeat(NAME_MAX + 1)).is_err());
        assert!(parse_name("\u{200B} \u{3164}").is_err());
        assert!(parse_text(&"é".repeat(TEXT_MAX), read).is_ok());
        assert_eq!(parse_text(&"é".repeat(TEXT_MAX + 1), read), Err(FieldError::TextLong(TEXT_MAX + 1)));
    }

    #[test]
    fn a_text_is_judged_by_what_readers_get() {
        let heavy = |_: &str| Reading { words: "a".into(), html_bytes: 2000, ..Reading::default() };
        assert_eq!(parse_text(" \n ", read), Err(FieldError::TextMissing));
        assert_eq!(parse_text("a", |_| Reading::default()), Err(FieldError::TextWordless));
        assert_eq!(parse_text("a", heavy), Err(FieldError::TextHeavy));
        assert!(parse_text(&"a".repeat(200), heavy).is_ok());
    }

    #[test]
    fn invisible_and_turning_characters_are_removed() {
        assert_eq!(parse_name("Ana\u{202E}\u{0}\u{7}"), Ok("Ana".to_owned()));
        assert_eq!(parse_text("a\u{1b}[31mb\tc\u{2028}d", read).map(|(text, _)| text), Ok("a[31mb\tc\nd".to_owned()));
    }
}

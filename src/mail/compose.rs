//! Content of a mail, made from its outbox row when it is sent: recipient and text, or nothing if there is nothing to
//! say any more.

use std::{collections::BTreeMap, sync::Arc};

use askama::Template;
use jiff::Timestamp;

use super::letter::{Letter, line};
use crate::{
    content::comment_markdown,
    domain::{
        comment::{Comment, CommentId, Status, ThreadKey},
        delivery::{self, Kind},
        entry::Post,
        mail_keys::{self, CornerLink, NO_COMMENT, WishKey},
        mailbox,
        notices::{self, Why},
    },
    state::SiteState,
    store::{Outgoing, StoreError},
    texts::Texts,
};

/// Base URL of a site for which neither its address nor its listen address is set. `instep serve --listen` knows the
/// right one, the other commands do not.
const UNKNOWN_BASE_URL: &str = "http://127.0.0.1:3000";

/// Result of composing a row.
pub enum Composed {
    /// Recipients of an announcement.
    Audience(BTreeMap<i64, Why>),
    Letter(Box<Letter>),
    /// Nothing to tell any more, with the reason.
    Nothing(&'static str),
    /// An error of the program.
    Failed(String),
}

/// Returns the Message-ID of a mail: the same for each attempt, and without any of its content.
pub fn message_id(app: &SiteState, mail: &Outgoing) -> String {
    let named = format!("{} {}", mail.about, mail.created_at.as_millisecond());
    format!("mail.{}", app.signer.fingerprint("mail", &named))
}

/// # Errors
/// The database is away.
pub async fn compose(app: &SiteState, mail: &Outgoing) -> Result<Composed, StoreError> {
    let desk = Desk { app, post: None };
    let composed = match mail.kind {
        Kind::Digest => digest(app, mail).await,
        Kind::Corner => corner(app, mail).await,
        kind => match app.store.comment(mail.comment.unwrap_or_default()).await {
            Ok(comment) => {
                let post = app.snapshot().post(&comment.thread_slug).cloned();
                let desk = Desk { post, ..desk };
                match (kind, mail.address_id) {
                    (Kind::Author, _) => desk.author(&comment).await,
                    (Kind::Announce, _) => desk.audience(&comment).await,
                    (Kind::Confirm, Some(address)) => desk.confirm(&comment, address).await,
                    (Kind::Answer | Kind::Thread, Some(address)) => desk.told(&comment, address).await,
                    (Kind::Confirm | Kind::Answer | Kind::Thread | Kind::Digest | Kind::Corner, _) => {
                        Ok(Composed::Nothing("it has no recipient"))
                    }
                }
            }
            Err(error) => Err(error),
        },
    };
    match composed {
        Err(StoreError::NotFound) => Ok(Composed::Nothing("what it tells of is gone")),
        other => other,
    }
}

/// Makes a mail that only shows that mails arrive.
///
/// # Errors
/// A template failed.
pub fn test(app: &SiteState, to: &str) -> Result<Letter, String> {
    let frame = Frame::new(app);
    let home = if frame.base == UNKNOWN_BASE_URL { String::new() } else { frame.home };
    let frame = Frame { home, ..frame };
    let subject = frame.texts.mails.test_subject.with(&frame.site);
    let (text, html) = (TestText { frame: &frame }.render(), TestHtml { frame: &frame }.render());
    letter(to, subject, text, html).map_err(|error| error.to_string())
}

/// Data for a mail about one comment.
struct Desk<'a> {
    app: &'a SiteState,
    /// Post of the comment; `None` if it is gone.
    post: Option<Arc<Post>>,
}

/// Parts that every mail has.
struct Frame {
    site: String,
    home: String,
    base: String,
    texts: &'static Texts,
}

impl Frame {
    fn new(app: &SiteState) -> Self {
        let site = &app.config.site;
        // A title of two lines must not look like two lines of the mail.
        Self { site: line(&site.title), home: site.absolute("/"), base: site.base_url.clone(), texts: app.texts() }
    }
}

/// A comment as shown in a mail.
struct Said {
    name: String,
    site: Option<String>,
    /// Text as typed.
    text: String,
    html: String,
}

impl Said {
    /// Converts a comment. `page`: absolute URL of the page that it stands on.
    fn new(comment: &Comment, page: &str) -> Self {
        Self {
            // A name must not begin a new line in the text around it.
            name: line(&comment.name),
            site: comment.site.clone(),
            text: comment.text.clone(),
            html: comment_markdown::render_for_elsewhere(&comment.text, page),
        }
    }
}

/// Declares two templates with the same fields: plain text and HTML.
macro_rules! templates {
    ($($text:ident $in_text:literal $html:ident $in_html:literal { $($field:ident: $kind:ty),* })*) => {
        $(
            #[derive(Template)]
            #[template(path = $in_text)]
            struct $text<'a> { frame: &'a Frame, $($field: $kind),* }

            #[derive(Template)]
            #[template(path = $in_html)]
            struct $html<'a> { frame: &'a Frame, $($field: $kind),* }
        )*
    };
}

impl Desk<'_> {
    /// Tells the author that somebody has commented.
    async fn author(&self, comment: &Comment) -> Result<Composed, StoreError> {
        let site = &self.app.config.site;
        let Some(to) = site.author.email.as_deref().filter(|_| site.notices.of_each) else {
            return Ok(Composed::Nothing("the author wants no mail for each comment"));
        };
        if comment.text.is_empty() {
            return Ok(Composed::Nothing("the comment has been erased"));
        }
        let frame = Frame::new(self.app);
        let key = mail_keys::moderation(&self.app.signer, comment.id, self.app.clock.now());
        let (said, post) = (Said::new(comment, &self.app.page_of(comment)), self.title(comment));
        let (words, is_changed) = (&frame.texts.mails, comment.edited_at.is_some());
        let subject = match (comment.status, is_changed) {
            (Status::Held, false) => &words.held_subject,
            (Status::Held, true) => &words.changed_held_subject,
            (_, false) => &words.commented_subject,
            (_, true) => &words.changed_subject,
        };
        let subject = subject.with_both(&said.name, &post);
        let acts = Acts {
            here: format!("{}/comments/{}", frame.base, comment.id),
            link: format!("{}/mail/comment?key={key}", frame.base),
            article: self.post.as_ref().map(|post| site.absolute(&post.entry.address)),
            status: comment.status,
            why: self.app.why_held(comment).await?.map(|why| line(&why)),
            is_changed,
        };
        let text = AuthorText { frame: &frame, said: &said, post: &post, acts: &acts }.render();
        let html = AuthorHtml { frame: &frame, said: &said, post: &post, acts: &acts }.render();
        let letter = letter(to, subject, text, html);
        Ok(posted(letter.map(|letter| Letter {
            conversation: Some(self.conversation(comment)),
            // Only ASCII: a server without SMTPUTF8 may refuse the author's mail because of this header.
            reply_to: comment.email.clone().filter(|email| email.is_ascii() && mailbox::parse(email).is_some()),
            ..letter
        })))
    }

    async fn audience(&self, comment: &Comment) -> Result<Composed, StoreError> {
        let threads = self.threads(comment);
        let Some((shown, subscribers)) = self.app.store.listeners(comment.id, &threads).await? else {
            return Ok(Composed::Nothing("readers do not see the comment any more"));
        };
        let author = self.app.config.site.author.email.as_deref();
        Ok(Composed::Audience(notices::audience(&shown, &subscribers, author)))
    }

    /// Tells a subscriber of an answer, or of a new comment in the thread. The subscription is checked again.
    async fn told(&self, comment: &Comment, address_id: i64) -> Result<Composed, StoreError> {
        if self.post.is_none() {
            return Ok(Composed::Nothing("its post is gone"));
        }
        let threads = self.threads(comment);
        let Some((shown, subscribers)) = self.app.store.listeners(comment.id, &threads).await? else {
            return Ok(Composed::Nothing("readers do not see the comment any more"));
        };
        let why = notices::audience(&shown, &subscribers, None).remove(&address_id);
        let subscriber = subscribers.iter().find(|subscriber| subscriber.address_id == address_id);
        let (Some(why), Some(subscriber)) = (why, subscriber) else {
            return Ok(Composed::Nothing("it is not wanted any more"));
        };
        let frame = Frame::new(self.app);
        let (said, post) = (Said::new(comment, &self.app.page_of(comment)), self.title(comment));
        let key = mail_keys::stop(&self.app.signer, WishKey { address_id, comment: comment.id });
        let stop = format!("{}/mail/stop?key={key}", frame.base);
        let here = format!("{}/comments/{}", frame.base, comment.id);
        let words = &frame.texts.mails;
        let (subject, is_answer) = match why {
            Why::Answered => (words.answered_subject.with_both(&said.name, &post), true),
            Why::ThreadGoesOn => (words.commented_subject.with_both(&said.name, &post), false),
        };
        let text = ToldText { frame: &frame, said: &said, post: &post, is_answer, here: &here, stop: &stop }.render();
        let html = ToldHtml { frame: &frame, said: &said, post: &post, is_answer, here: &here, stop: &stop }.render();
        let letter = letter(&subscriber.email, subject, text, html).map(|letter| Letter {
            // Mail providers use it only over https (RFC 8058, 3.1).
            one_click: self.app.config.site.is_https().then(|| stop.clone()),
            conversation: Some(self.conversation(comment)),
            ..letter
        });
        Ok(posted(letter))
    }

    /// Asks the holder of a mailbox to confirm. The mail has no text from whoever sent the form.
    async fn confirm(&self, comment: &Comment, address_id: i64) -> Result<Composed, StoreError> {
        let wish = WishKey { address_id, comment: comment.id };
        let wished = self.app.store.wished(wish).await?;
        let is_thrown_out = matches!(comment.status, Status::Spam | Status::Trash);
        if wished.is_confirmed || wished.is_ended || wished.is_blocked || is_thrown_out {
            return Ok(Composed::Nothing("there is nothing to confirm any more"));
        }
        let frame = Frame::new(self.app);
        let yes = mail_keys::confirmation(&self.app.signer, wish, self.app.clock.now());
        let yes = format!("{}/mail/confirm?key={yes}", frame.base);
        let stop = format!("{}/mail/stop?key={}", frame.base, mail_keys::stop(&self.app.signer, wish));
        let post = self.title(comment);
        let hears_all = wished.wish == notices::Wish::Thread;
        let text = ConfirmText { frame: &frame, post: &post, hears_all, yes: &yes, stop: &stop }.render();
        let html = ConfirmHtml { frame: &frame, post: &post, hears_all, yes: &yes, stop: &stop }.render();
        Ok(posted(letter(&wished.email, frame.texts.mails.confirm_subject.with(&frame.site), text, html)))
    }

    fn title(&self, comment: &Comment) -> String {
        let title = self.post.as_ref().map_or(comment.thread_slug.as_str(), |post| post.entry.title.as_str());
        line(title)
    }

    /// Returns the thread under every slug that the post has had.
    fn threads(&self, comment: &Comment) -> Vec<ThreadKey> {
        match &self.post {
            Some(post) => post.threads.iter().map(|slug| ThreadKey::post(slug.as_str())).collect(),
            None => vec![ThreadKey::post(comment.thread_slug.as_str())],
        }
    }

    fn conversation(&self, comment: &Comment) -> String {
        let slug = self.post.as_ref().map_or(comment.thread_slug.as_str(), |post| post.entry.slug.as_str());
        format!("thread.{}", self.app.signer.fingerprint("thread", slug))
    }
}

/// Sends the link to an address's corner to somebody who asked for it.
async fn corner(app: &SiteState, mail: &Outgoing) -> Result<Composed, StoreError> {
    let Some(address_id) = mail.address_id else { return Ok(Composed::Nothing("it has no recipient")) };
    let standing = app.store.standing(address_id, &[]).await?;
    if standing.is_blocked {
        return Ok(Composed::Nothing("its holder wants no mail"));
    }
    let frame = Frame::new(app);
    let link = CornerLink { address_id, mail: mail.id };
    let open = format!("{}/me/open?key={}", frame.base, mail_keys::corner(&app.signer, link, app.clock.now()));
    let key = mail_keys::stop(&app.signer, WishKey { address_id, comment: NO_COMMENT });
    let stop = format!("{}/mail/stop?key={key}", frame.base);
    let text = CornerText { frame: &frame, open: &open, stop: &stop }.render();
    let html = CornerHtml { frame: &frame, open: &open, stop: &stop }.render();
    Ok(posted(letter(&standing.email, frame.texts.mails.corner_subject.with(&frame.site), text, html)))
}

/// Links to what the author can do with a comment.
struct Acts {
    here: String,
    link: String,
    /// URL of its post, if the post still exists.
    article: Option<String>,
    status: Status,
    /// Reason why it is held.
    why: Option<String>,
    is_changed: bool,
}

impl Acts {
    fn is(&self, word: &str) -> bool {
        self.status.as_str() == word
    }
}

/// Most comments of each kind that a digest shows; the others are only counted.
const DIGEST_SHOWS: usize = 30;
/// Most characters of each comment.
const DIGEST_TEXT: usize = 200;

/// A comment in a digest.
struct Gist {
    /// Its writer and its post.
    who: String,
    /// Reasons why it is held, or was refused.
    reasons: String,
    start: String,
    /// Link to the page to moderate it; `None` for a refused one.
    link: Option<String>,
}

/// Comments of one kind in a digest.
struct Pile {
    /// Heading, such as `3 comments wait for you`.
    heading: String,
    shown: Vec<Gist>,
    more: usize,
}

/// Tells the author what is held, and what was refused since the digest before.
async fn digest(app: &SiteState, mail: &Outgoing) -> Result<Composed, StoreError> {
    let site = &app.config.site;
    let (Some(to), Some(rhythm)) = (&site.author.email, site.notices.digest) else {
        return Ok(Composed::Nothing("the author wants no digest"));
    };
    let day_before =
        delivery::digest_due(rhythm, mail.created_at, &site.time_zone).map(|(_, before)| before.timestamp());
    let since = app.store.digest_before(mail.id).await?.or(day_before).unwrap_or_default();
    let held = app.store.list_comments(Some(Status::Held)).await?;
    let refused = app.store.refusals_since(since).await?;
    if held.is_empty() && refused.is_empty() {
        return Ok(Composed::Nothing("nothing waits, and nothing was refused"));
    }
    let (frame, now, snapshot) = (Frame::new(app), app.clock.now(), app.snapshot());
    let words = &frame.texts.mails;
    let who = |slug: &str, name: &str| {
        let title = snapshot.post(slug).map_or(slug, |post| post.entry.title.as_str());
        words.digest_comment.with_both(line(name), line(title))
    };
    let held_gists = held.iter().map(|listed| Gist {
        who: who(&listed.comment.thread_slug, &listed.comment.name),
        reasons: line(&app.reasons_said(&listed.explained())),
        start: start_of(&listed.comment.text),
        link: Some(link_to(app, &frame, listed.comment.id, now)),
    });
    let refused_gists = refused.iter().map(|one| Gist {
        who: who(&one.thread_slug, &one.name),
        reasons: line(&app.refusal_said(one)),
        start: start_of(&one.text),
        link: None,
    });
    let held = (!held.is_empty()).then(|| pile(words.digest_subject.of_with(held.len(), &frame.site), held_gists));
    let refused =
        (!refused.is_empty()).then(|| pile(words.refused_subject.of_with(refused.len(), &frame.site), refused_gists));
    let subject = held.as_ref().or(refused.as_ref()).map(|pile| pile.heading.clone()).unwrap_or_default();
    let text = DigestText { frame: &frame, held: &held, refused: &refused }.render();
    let html = DigestHtml { frame: &frame, held: &held, refused: &refused }.render();
    Ok(posted(letter(to, subject, text, html)))
}

fn pile(heading: String, gists: impl ExactSizeIterator<Item = Gist>) -> Pile {
    let more = gists.len().saturating_sub(DIGEST_SHOWS);
    Pile { heading, shown: gists.take(DIGEST_SHOWS).collect(), more }
}

fn link_to(app: &SiteState, frame: &Frame, comment: CommentId, now: Timestamp) -> String {
    format!("{}/mail/comment?key={}", frame.base, mail_keys::moderation(&app.signer, comment, now))
}

fn start_of(text: &str) -> String {
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if words.chars().count() <= DIGEST_TEXT {
        return words;
    }
    let start: String = words.chars().take(DIGEST_TEXT).collect();
    format!("{start} …")
}

templates! {
    AuthorText "mail/author.txt" AuthorHtml "mail/author.html" { said: &'a Said, post: &'a str, acts: &'a Acts }
    ToldText "mail/told.txt" ToldHtml "mail/told.html" {
        said: &'a Said, post: &'a str, is_answer: bool, here: &'a str, stop: &'a str
    }
    ConfirmText "mail/confirm.txt" ConfirmHtml "mail/confirm.html" {
        post: &'a str, hears_all: bool, yes: &'a str, stop: &'a str
    }
    CornerText "mail/corner.txt" CornerHtml "mail/corner.html" { open: &'a str, stop: &'a str }
    DigestText "mail/digest.txt" DigestHtml "mail/digest.html" { held: &'a Option<Pile>, refused: &'a Option<Pile> }
    TestText "mail/test.txt" TestHtml "mail/test.html" { }
}

fn letter(
    to: &str,
    subject: String,
    text: askama::Result<String>,
    html: askama::Result<String>,
) -> askama::Result<Letter> {
    Ok(Letter {
        to: to.to_owned(),
        subject,
        text: text?,
        html: html?,
        one_click: None,
        conversation: None,
        reply_to: None,
    })
}

fn posted(letter: askama::Result<Letter>) -> Composed {
    match letter {
        Ok(letter) => Composed::Letter(Box::new(letter)),
        Err(error) => Composed::Failed(format!("a template of ours failed: {error}")),
    }
}

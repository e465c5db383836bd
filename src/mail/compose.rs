//! Content of a mail, made from its outbox row when it is sent, so that it shows the current state.

use std::{collections::BTreeMap, sync::Arc};

use askama::Template;

use self::NotComposed::NotNeeded;
use super::message::{Draft, line};
use crate::domain::limits::{DIGEST_COMMENTS, DIGEST_TEXT};
use crate::{
    content::comment_markdown,
    domain::{
        comment::{Comment, CommentId, Status, ThreadKey, Wish},
        delivery::{self, Kind},
        entry::Post,
        mail_keys::{self, CornerLink, NO_COMMENT, WishKey},
        mailbox,
        notices::{self, Subscription, Why},
        words::{one_line, word_of},
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
    Mail(Draft),
}

/// Reason why there is no mail.
#[derive(Debug, thiserror::Error)]
pub enum NotComposed {
    /// There is nothing to tell any more.
    #[error("{0}")]
    NotNeeded(&'static str),
    #[error("{0}")]
    Store(#[from] StoreError),
    #[error("a template of the program failed: {0}")]
    Template(#[from] askama::Error),
}

const GONE: NotComposed = NotNeeded("its comment or its address is gone");
const NO_RECIPIENT: NotComposed = NotNeeded("it has no recipient");

/// Returns the Message-ID of a mail: the same for each attempt, and without any of its content.
pub fn message_id(app: &SiteState, row: &Outgoing) -> String {
    let name = format!("{} {}", row.about, row.created_at.as_millisecond());
    format!("mail.{}", app.signer.fingerprint("mail", &name))
}

/// # Errors
/// There is nothing to tell any more, or the database is away.
pub async fn compose(app: &SiteState, row: &Outgoing) -> Result<Composed, NotComposed> {
    let composed = match row.kind {
        Kind::Digest => digest(app, row).await.map(Composed::Mail),
        Kind::Corner => corner_link(app, row).await.map(Composed::Mail),
        Kind::Author | Kind::Announce | Kind::Answer | Kind::Thread | Kind::Confirm => about_comment(app, row).await,
    };
    composed.map_err(|error| if matches!(error, NotComposed::Store(StoreError::NotFound)) { GONE } else { error })
}

async fn about_comment(app: &SiteState, row: &Outgoing) -> Result<Composed, NotComposed> {
    let comment = app.store.comment(row.comment.unwrap_or_default()).await?;
    let post = app.snapshot().post(&comment.thread_slug).cloned();
    let about = AboutComment { app, frame: Frame::new(app), comment, post };
    let address = row.address_id.ok_or(NO_RECIPIENT);
    match row.kind {
        Kind::Announce => about.audience().await.map(Composed::Audience),
        Kind::Confirm => about.confirmation(address?).await.map(Composed::Mail),
        Kind::Answer | Kind::Thread => about.for_subscriber(address?).await.map(Composed::Mail),
        Kind::Author | Kind::Digest | Kind::Corner => about.for_author().await.map(Composed::Mail),
    }
}

/// Makes a mail that only shows that mails arrive.
///
/// # Errors
/// A template failed.
pub fn test(app: &SiteState, to: &str) -> Result<Draft, NotComposed> {
    let mut frame = Frame::new(app);
    if app.config.site.base_url == UNKNOWN_BASE_URL {
        frame.home.clear();
    }
    frame.draft(to, frame.texts.mails.test_subject.with(&frame.site), &Body::Test)
}

/// Parts that every mail has.
struct Frame {
    site: String,
    home: String,
    texts: &'static Texts,
}

/// Part of a mail that differs by its kind.
enum Body {
    Author { said: Said, post: String, acts: Acts },
    Subscriber { said: Said, post: String, is_answer: bool, here: String, stop: String },
    Confirmation { post: String, hears_all: bool, yes: String, stop: String },
    CornerLink { open: String, stop: String },
    Digest { held: Option<Group>, refused: Option<Group> },
    Test,
}

#[derive(Template)]
#[template(path = "mail/mail.txt")]
struct PlainText<'a> {
    frame: &'a Frame,
    body: &'a Body,
}

#[derive(Template)]
#[template(path = "mail/mail.html")]
struct Html<'a> {
    frame: &'a Frame,
    body: &'a Body,
}

impl Frame {
    fn new(app: &SiteState) -> Self {
        let site = &app.config.site;
        // A title of two lines must not look like two lines of the mail.
        Self { site: line(&site.title), home: site.absolute("/"), texts: app.texts() }
    }

    fn draft(&self, to: &str, subject: String, body: &Body) -> Result<Draft, NotComposed> {
        Ok(Draft {
            to: to.to_owned(),
            subject,
            text: PlainText { frame: self, body }.render()?,
            html: Html { frame: self, body }.render()?,
            one_click: None,
            conversation: None,
            reply_to: None,
        })
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
        word_of(self.status) == word
    }
}

/// Composer of the mails about one comment.
struct AboutComment<'a> {
    app: &'a SiteState,
    frame: Frame,
    comment: Comment,
    /// Post of the comment; `None` if it is gone.
    post: Option<Arc<Post>>,
}

impl AboutComment<'_> {
    /// Tells the author that somebody has commented.
    async fn for_author(self) -> Result<Draft, NotComposed> {
        let Self { app, comment, .. } = &self;
        let site = &app.config.site;
        let to = site.author.email.as_deref().filter(|_| site.notices.of_each);
        let to = to.ok_or(NotNeeded("the author wants no mail for each comment"))?;
        if comment.text.is_empty() {
            return Err(GONE);
        }
        let key = mail_keys::moderation(&app.signer, comment.id, app.clock.now());
        let (said, post) = (self.said(), self.title());
        let (words, is_changed) = (&self.frame.texts.mails, comment.edited_at.is_some());
        let subject = match (comment.status, is_changed) {
            (Status::Held, false) => &words.held_subject,
            (Status::Held, true) => &words.changed_held_subject,
            (_, false) => &words.commented_subject,
            (_, true) => &words.changed_subject,
        };
        let subject = subject.with_both(&said.name, &post);
        let acts = Acts {
            here: self.here(),
            link: link(app, "comment", &key),
            article: self.post.as_ref().map(|post| site.absolute(&post.entry.address)),
            status: comment.status,
            why: app.why_held(comment).map(|why| line(&why)),
            is_changed,
        };
        Ok(Draft {
            conversation: Some(self.conversation()),
            // Only ASCII: a server without SMTPUTF8 may refuse the author's mail because of this header.
            reply_to: comment.email.clone().filter(|email| email.is_ascii() && mailbox::parse(email).is_some()),
            ..self.frame.draft(to, subject, &Body::Author { said, post, acts })?
        })
    }

    async fn audience(self) -> Result<BTreeMap<i64, Why>, NotComposed> {
        Ok(self.listeners(self.app.config.site.author.email.as_deref()).await?.0)
    }

    /// Tells a subscriber of an answer, or of a new comment in the thread. The subscription is checked again.
    async fn for_subscriber(self, address_id: i64) -> Result<Draft, NotComposed> {
        if self.post.is_none() {
            return Err(NotNeeded("its post is gone"));
        }
        let (mut audience, active) = self.listeners(None).await?;
        let why = audience.remove(&address_id);
        let subscription = active.iter().find(|subscription| subscription.address_id == address_id);
        let (why, subscription) = why.zip(subscription).ok_or(NotNeeded("it is not wanted any more"))?;
        let (said, post, words) = (self.said(), self.title(), &self.frame.texts.mails);
        let subject = match why {
            Why::Answered => &words.answered_subject,
            Why::ThreadGoesOn => &words.commented_subject,
        };
        let subject = subject.with_both(&said.name, &post);
        let stop = stop_link(self.app, WishKey { address_id, comment: self.comment.id });
        // Mail providers use it only over https (RFC 8058, 3.1).
        let one_click = self.app.config.site.is_https().then(|| stop.clone());
        let is_answer = why == Why::Answered;
        let body = Body::Subscriber { said, post, is_answer, here: self.here(), stop };
        let draft = self.frame.draft(&subscription.email, subject, &body)?;
        Ok(Draft { one_click, conversation: Some(self.conversation()), ..draft })
    }

    /// Asks the holder of a mailbox to confirm. The mail has no text from whoever sent the form.
    async fn confirmation(self, address_id: i64) -> Result<Draft, NotComposed> {
        let (app, wish) = (self.app, WishKey { address_id, comment: self.comment.id });
        let wished = app.store.wished(wish).await?;
        let is_removed = matches!(self.comment.status, Status::Spam | Status::Trash);
        if wished.is_confirmed || wished.ended_at.is_some() || wished.is_blocked || is_removed {
            return Err(NotNeeded("there is nothing to confirm any more"));
        }
        let body = Body::Confirmation {
            post: self.title(),
            hears_all: wished.wish == Wish::Thread,
            yes: link(app, "confirm", &mail_keys::confirmation(&app.signer, wish, app.clock.now())),
            stop: stop_link(app, wish),
        };
        self.frame.draft(&wished.email, self.frame.texts.mails.confirm_subject.with(&self.frame.site), &body)
    }

    /// Returns the recipients of the comment, and the active subscriptions of its thread.
    async fn listeners(&self, author: Option<&str>) -> Result<(BTreeMap<i64, Why>, Vec<Subscription>), NotComposed> {
        if self.comment.status != Status::Approved {
            return Err(NotNeeded("readers do not see the comment any more"));
        }
        // The thread under every slug that the post has had.
        let threads: Vec<ThreadKey> = match &self.post {
            Some(post) => post.threads.iter().map(|slug| ThreadKey::post(slug.as_str())).collect(),
            None => vec![ThreadKey::post(self.comment.thread_slug.as_str())],
        };
        let active = self.app.store.active_subscriptions(&threads).await?;
        Ok((notices::audience(&self.comment, &active, author), active))
    }

    fn said(&self) -> Said {
        let comment = &self.comment;
        Said {
            // A name must not begin a new line in the text around it.
            name: line(&comment.name),
            site: comment.site.clone(),
            text: comment.text.clone(),
            html: comment_markdown::render_for_elsewhere(&comment.text, &self.app.page_of(comment)),
        }
    }

    fn title(&self) -> String {
        line(self.post.as_ref().map_or(&self.comment.thread_slug, |post| &post.entry.title))
    }

    /// URL of the comment on its page.
    fn here(&self) -> String {
        format!("{}/comments/{}", self.app.config.site.base_url, self.comment.id)
    }

    fn conversation(&self) -> String {
        let slug = self.post.as_ref().map_or(self.comment.thread_slug.as_str(), |post| post.entry.slug.as_str());
        format!("thread.{}", self.app.signer.fingerprint("thread", slug))
    }
}

/// URL of a page that acts for whoever has the key.
fn link(app: &SiteState, page: &str, key: &str) -> String {
    format!("{}/mail/{page}?key={key}", app.config.site.base_url)
}

fn stop_link(app: &SiteState, wish: WishKey) -> String {
    link(app, "stop", &mail_keys::stop(&app.signer, wish))
}

/// Sends the link to an address's corner to somebody who asked for it.
async fn corner_link(app: &SiteState, row: &Outgoing) -> Result<Draft, NotComposed> {
    let address_id = row.address_id.ok_or(NO_RECIPIENT)?;
    let standing = app.store.standing(address_id, &[]).await?;
    if standing.is_blocked {
        return Err(NotNeeded("its holder wants no mail"));
    }
    let key = mail_keys::corner(&app.signer, CornerLink { address_id, mail: row.id }, app.clock.now());
    let open = format!("{}/me/open?key={key}", app.config.site.base_url);
    let stop = stop_link(app, WishKey { address_id, comment: NO_COMMENT });
    let frame = Frame::new(app);
    frame.draft(&standing.email, frame.texts.mails.corner_subject.with(&frame.site), &Body::CornerLink { open, stop })
}

/// A comment in a digest.
struct Excerpt {
    /// Its writer and its post.
    who: String,
    /// Reasons why it is held, or was refused.
    reasons: String,
    start: String,
    /// Link to the page to moderate it; `None` for a refused one.
    link: Option<String>,
}

/// Comments of one kind in a digest.
struct Group {
    /// Heading, such as `3 comments wait for you`.
    heading: String,
    shown: Vec<Excerpt>,
    more: usize,
}

impl Group {
    fn new(heading: String, comments: impl ExactSizeIterator<Item = Excerpt>) -> Option<Self> {
        let count = comments.len();
        let more = count.saturating_sub(DIGEST_COMMENTS);
        (count > 0).then(|| Self { heading, shown: comments.take(DIGEST_COMMENTS).collect(), more })
    }
}

/// Tells the author what is held, and what was refused since the digest before.
async fn digest(app: &SiteState, row: &Outgoing) -> Result<Draft, NotComposed> {
    let site = &app.config.site;
    let author = site.author.email.as_ref().zip(site.notices.digest);
    let (to, rhythm) = author.ok_or(NotNeeded("the author wants no digest"))?;
    let day_before =
        delivery::digest_due(rhythm, row.created_at, &site.time_zone).map(|(_, before)| before.timestamp());
    let since = app.store.digest_before(row.id).await?.or(day_before).unwrap_or_default();
    let held = app.store.list_comments(Some(Status::Held)).await?;
    let refused = app.store.refusals_since(since).await?;
    let (frame, now, snapshot) = (Frame::new(app), app.clock.now(), app.snapshot());
    let words = &frame.texts.mails;
    let excerpt = |slug: &str, name: &str, reasons: &str, text: &str, id: Option<CommentId>| {
        let title = snapshot.post(slug).map_or(slug, |post| post.entry.title.as_str());
        Excerpt {
            who: words.digest_comment.with_both(line(name), line(title)),
            reasons: line(reasons),
            start: one_line(text, DIGEST_TEXT),
            link: id.map(|id| link(app, "comment", &mail_keys::moderation(&app.signer, id, now))),
        }
    };
    let held_excerpts = held.iter().map(|comment| {
        let Comment { id, thread_slug, name, text, .. } = comment;
        excerpt(thread_slug, name, &app.reasons_said(comment), text, Some(*id))
    });
    let refused_excerpts =
        refused.iter().map(|one| excerpt(&one.thread_slug, &one.name, &app.refusal_said(one), &one.text, None));
    let held = Group::new(words.digest_subject.of_with(held.len(), &frame.site), held_excerpts);
    let refused = Group::new(words.refused_subject.of_with(refused.len(), &frame.site), refused_excerpts);
    let first = held.as_ref().or(refused.as_ref()).ok_or(NotNeeded("nothing waits, and nothing was refused"))?;
    frame.draft(to, first.heading.clone(), &Body::Digest { held, refused })
}

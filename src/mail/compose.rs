//! Content of a mail, made from its outbox row when it is sent, so that it shows the current state.

use std::{collections::BTreeMap, sync::Arc};

use askama::Template;

use self::NotComposed::NotNeeded;
use super::message::{Draft, line};
use crate::{
    content::comment_markdown,
    domain::{
        comment::{Comment, CommentId, Status, ThreadKey, Wish},
        delivery::{self, Kind, Rhythm},
        entry::Post,
        limits::{DIGEST_COMMENTS, DIGEST_TEXT},
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
    Store(StoreError),
    #[error("a template of the program failed: {0}")]
    Template(#[from] askama::Error),
}

const GONE: NotComposed = NotNeeded("its comment or its address is gone");

impl From<StoreError> for NotComposed {
    fn from(error: StoreError) -> Self {
        if matches!(error, StoreError::NotFound) { GONE } else { Self::Store(error) }
    }
}

/// Returns the Message-ID of a mail: the same for each attempt, and without any of its content.
pub fn message_id(app: &SiteState, row: &Outgoing) -> String {
    let name = format!("{} {}", row.about, row.created_at.as_millisecond());
    format!("mail.{}", app.signer.fingerprint("mail", &name))
}

/// # Errors
/// There is nothing to tell any more, or the database is away.
pub async fn compose(app: &SiteState, row: &Outgoing) -> Result<Composed, NotComposed> {
    let about = async || AboutComment::read(app, row.comment.unwrap_or_default()).await;
    let recipient = row.address_id.ok_or(NotNeeded("it has no recipient"));
    let mail = match row.kind {
        Kind::Announce => return Ok(Composed::Audience(about().await?.audience().await?)),
        Kind::Author => about().await?.for_author().await?,
        Kind::Answer | Kind::Thread => about().await?.for_subscriber(recipient?).await?,
        Kind::Confirm => about().await?.confirmation(recipient?).await?,
        Kind::Corner => corner_link(app, CornerLink { address_id: recipient?, mail: row.id }).await?,
        Kind::Digest => digest(app, row).await?,
    };
    Ok(Composed::Mail(mail))
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
struct Frame<'a> {
    app: &'a SiteState,
    site: String,
    home: String,
    texts: &'static Texts,
}

/// Part of a mail that differs by its kind.
enum Body<'a> {
    Author { about: &'a AboutComment<'a>, link: String, why: Option<String> },
    Subscriber { about: &'a AboutComment<'a>, is_answer: bool, stop: String },
    Confirmation { post: String, hears_all: bool, yes: String, stop: String },
    CornerLink { open: String, stop: String },
    Digest { held: Option<Group>, refused: Option<Group> },
    Test,
}

#[derive(Template)]
#[template(path = "mail/mail.txt")]
struct PlainText<'a> {
    frame: &'a Frame<'a>,
    body: &'a Body<'a>,
}

#[derive(Template)]
#[template(path = "mail/mail.html")]
struct Html<'a> {
    frame: &'a Frame<'a>,
    body: &'a Body<'a>,
}

impl<'a> Frame<'a> {
    fn new(app: &'a SiteState) -> Self {
        let site = &app.config.site;
        // A title of two lines must not look like two lines of the mail.
        Self { app, site: line(&site.title), home: site.absolute("/"), texts: app.texts() }
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

    /// URL of a page on which everyone who has the key can act.
    fn link(&self, page: &str, key: &str) -> String {
        format!("{}/mail/{page}?key={key}", self.app.config.site.base_url)
    }

    fn moderation_link(&self, comment: CommentId) -> String {
        self.link("comment", &mail_keys::moderation(&self.app.signer, comment, self.app.clock.now()))
    }

    fn stop_link(&self, wish: WishKey) -> String {
        self.link("stop", &mail_keys::stop(&self.app.signer, wish))
    }
}

/// Composer of the mails about one comment. Templates call its methods.
struct AboutComment<'a> {
    frame: Frame<'a>,
    comment: Comment,
    /// Post of the comment; `None` if it is gone.
    post: Option<Arc<Post>>,
}

impl<'a> AboutComment<'a> {
    async fn read(app: &'a SiteState, id: CommentId) -> Result<Self, NotComposed> {
        let comment = app.store.comment(id).await?;
        let post = app.snapshot().post(&comment.thread_slug).cloned();
        Ok(Self { frame: Frame::new(app), comment, post })
    }

    /// Tells the author that somebody has commented.
    async fn for_author(&self) -> Result<Draft, NotComposed> {
        let Self { frame, comment, .. } = self;
        let (site, words) = (&frame.app.config.site, &frame.texts.mails);
        let to = site.author.email.as_deref().filter(|_| site.notices.of_each);
        let to = to.ok_or(NotNeeded("the author wants no mail for each comment"))?;
        if comment.text.is_empty() {
            return Err(GONE);
        }
        let subject = match (comment.status, comment.edited_at.is_some()) {
            (Status::Held, false) => &words.held_subject,
            (Status::Held, true) => &words.changed_held_subject,
            (_, false) => &words.commented_subject,
            (_, true) => &words.changed_subject,
        };
        let why = frame.app.why_held(comment).map(|why| line(&why));
        let body = Body::Author { about: self, link: frame.moderation_link(comment.id), why };
        Ok(Draft {
            conversation: Some(self.conversation()),
            // Only ASCII: a server without SMTPUTF8 may refuse the author's mail because of this header.
            reply_to: comment.email.clone().filter(|email| email.is_ascii() && mailbox::parse(email).is_some()),
            ..frame.draft(to, subject.with_both(self.name(), self.title()), &body)?
        })
    }

    async fn audience(&self) -> Result<BTreeMap<i64, Why>, NotComposed> {
        Ok(self.listeners(self.frame.app.config.site.author.email.as_deref()).await?.0)
    }

    /// Tells a subscriber of an answer, or of a new comment in the thread. The subscription is checked again.
    async fn for_subscriber(&self, address_id: i64) -> Result<Draft, NotComposed> {
        if self.post.is_none() {
            return Err(NotNeeded("its post is gone"));
        }
        let (mut audience, active) = self.listeners(None).await?;
        let why = audience.remove(&address_id);
        let subscription = active.iter().find(|subscription| subscription.address_id == address_id);
        let (why, subscription) = why.zip(subscription).ok_or(NotNeeded("it is not wanted any more"))?;
        let words = &self.frame.texts.mails;
        let subject = match why {
            Why::Answered => &words.answered_subject,
            Why::ThreadGoesOn => &words.commented_subject,
        };
        let stop = self.frame.stop_link(WishKey { address_id, comment: self.comment.id });
        // Mail providers use it only over https (RFC 8058, 3.1).
        let one_click = self.frame.app.config.site.is_https().then(|| stop.clone());
        let body = Body::Subscriber { about: self, is_answer: why == Why::Answered, stop };
        let draft = self.frame.draft(&subscription.email, subject.with_both(self.name(), self.title()), &body)?;
        Ok(Draft { one_click, conversation: Some(self.conversation()), ..draft })
    }

    /// Asks the holder of a mailbox to confirm. The mail contains no text from the form.
    async fn confirmation(&self, address_id: i64) -> Result<Draft, NotComposed> {
        let (frame, wish) = (&self.frame, WishKey { address_id, comment: self.comment.id });
        let wished = frame.app.store.wished(wish).await?;
        let is_removed = matches!(self.comment.status, Status::Spam | Status::Trash);
        if wished.is_confirmed || wished.ended_at.is_some() || wished.is_blocked || is_removed {
            return Err(NotNeeded("there is nothing to confirm any more"));
        }
        let key = mail_keys::confirmation(&frame.app.signer, wish, frame.app.clock.now());
        let body = Body::Confirmation {
            post: self.title(),
            hears_all: wished.wish == Wish::Thread,
            yes: frame.link("confirm", &key),
            stop: frame.stop_link(wish),
        };
        frame.draft(&wished.email, frame.texts.mails.confirm_subject.with(&frame.site), &body)
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
        let active = self.frame.app.store.active_subscriptions(&threads).await?;
        Ok((notices::audience(&self.comment, &active, author), active))
    }

    /// Name of the commenter. It must not begin a new line in the text around it.
    fn name(&self) -> String {
        line(&self.comment.name)
    }

    /// Text of the comment as HTML, with absolute URLs.
    fn html(&self) -> String {
        comment_markdown::render_for_elsewhere(&self.comment.text, &self.frame.app.page_of(&self.comment))
    }

    /// Title of the post.
    fn title(&self) -> String {
        line(self.post.as_ref().map_or(&self.comment.thread_slug, |post| &post.entry.title))
    }

    /// URL of the comment on its page.
    fn here(&self) -> String {
        format!("{}/comments/{}", self.frame.app.config.site.base_url, self.comment.id)
    }

    /// URL of the post, if it still exists.
    fn article(&self) -> Option<String> {
        self.post.as_ref().map(|post| self.frame.app.config.site.absolute(&post.entry.address))
    }

    fn is(&self, status: &str) -> bool {
        word_of(self.comment.status) == status
    }

    fn conversation(&self) -> String {
        let slug = self.post.as_ref().map_or(self.comment.thread_slug.as_str(), |post| post.entry.slug.as_str());
        format!("thread.{}", self.frame.app.signer.fingerprint("thread", slug))
    }
}

/// Sends the link to an address's corner to somebody who asked for it.
async fn corner_link(app: &SiteState, link: CornerLink) -> Result<Draft, NotComposed> {
    let standing = app.store.standing(link.address_id, &[]).await?;
    if standing.is_blocked {
        return Err(NotNeeded("its holder wants no mail"));
    }
    let (frame, key) = (Frame::new(app), mail_keys::corner(&app.signer, link, app.clock.now()));
    let body = Body::CornerLink {
        open: format!("{}/me/open?key={key}", app.config.site.base_url),
        stop: frame.stop_link(WishKey { address_id: link.address_id, comment: NO_COMMENT }),
    };
    frame.draft(&standing.email, frame.texts.mails.corner_subject.with(&frame.site), &body)
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

/// Tells the author which comments are held, and which were refused since the previous digest.
async fn digest(app: &SiteState, row: &Outgoing) -> Result<Draft, NotComposed> {
    let site = &app.config.site;
    let rhythm = site.notices.digest;
    let to = site.author.email.as_ref().filter(|_| rhythm != Rhythm::Never);
    let to = to.ok_or(NotNeeded("the author wants no digest"))?;
    let day_before =
        delivery::digest_due(rhythm, row.created_at, &site.time_zone).map(|(_, before)| before.timestamp());
    let since = app.store.digest_before(row.id).await?.or(day_before).unwrap_or_default();
    let held = app.store.list_comments(Some(Status::Held)).await?;
    let refused = app.store.refusals_since(since).await?;
    let (frame, snapshot) = (Frame::new(app), app.snapshot());
    let words = &frame.texts.mails;
    let excerpt = |slug: &str, name: &str, reasons: &str, text: &str, id: Option<CommentId>| {
        let title = snapshot.post(slug).map_or(slug, |post| post.entry.title.as_str());
        Excerpt {
            who: words.digest_comment.with_both(line(name), line(title)),
            reasons: line(reasons),
            start: one_line(text, DIGEST_TEXT),
            link: id.map(|id| frame.moderation_link(id)),
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

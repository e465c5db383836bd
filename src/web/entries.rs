//! Posts, pages and stretches: everything that has a path in the content, and paths that are nearly right.

use std::sync::Arc;

use askama::Template;
use axum::{
    extract::{FromRequestParts, Query, State},
    response::{IntoResponse, Response},
};
use http::{StatusCode, Uri, request::Parts};
use serde::Deserialize;

use super::{
    errors::{self, WebError},
    feeds,
    page::{Page, redirect},
    threads,
    view::{
        body,
        cards::{self, PictureView, TagLink},
        dates,
        form::{FormState, FormView, Replying},
        json_ld,
        layout::Layout,
        onward::{self, RelatedCard, SeriesBox},
        stretch::{Named, StretchTile, StretchView},
        thread::{self, CommentView, Own},
        thread_pages::ThreadPages,
        tongue::{self, Tongue},
    },
    visitor::Visitor,
};
use crate::{
    app::App,
    assets::COMMENTS_SCRIPT,
    cache::Policy,
    config,
    content::{Snapshot, Target},
    domain::{
        address,
        comment::{CommentId, Status, ThreadKey},
        embed::Embed,
        entry::{ContentsLine, Entry, Page as PageEntry, Post, Stretch},
        signer::Purpose,
        thread::{Thread, pages::Pages},
    },
    store::StoreError,
    texts::Texts,
};

/// Query parameters of a post's URL.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    /// Id of the comment to reply to; the form shows it.
    reply_to: Option<String>,
    /// A signed comment id: its writer sees the comment although nobody else does.
    waiting: Option<String>,
    /// The visitor by our cookie; read only with `waiting`, since the page is then for one visitor.
    #[serde(skip)]
    commenter: Option<String>,
}

impl FromRequestParts<App> for Asked {
    type Rejection = WebError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, WebError> {
        let mut asked = match Query::<Self>::from_request_parts(parts, app).await {
            Ok(Query(asked)) => asked,
            // A parameter given twice is treated like a comment that does not exist.
            Err(_) => Self { reply_to: Some(String::new()), ..Self::default() },
        };
        if asked.waiting.is_some() {
            let sender = Visitor::from_request_parts(parts, app).await?.sender;
            asked.commenter = sender.is_returning.then_some(sender.commenter);
        }
        Ok(asked)
    }
}

impl Asked {
    /// Query string for a redirect with the same parameters.
    fn query(&self) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        let asked = [("reply_to", &self.reply_to), ("waiting", &self.waiting)];
        query.extend_pairs(asked.into_iter().filter_map(|(name, value)| Some((name, value.as_ref()?))));
        let query = query.finish();
        if query.is_empty() { query } else { format!("?{query}") }
    }
}

/// Fallback handler of the router: looks the path up in the content.
pub async fn show(State(app): State<App>, uri: Uri, asked: Asked) -> Result<Response, WebError> {
    let snapshot = app.snapshot();
    let path = address::decode(uri.path()).ok_or_else(WebError::not_found)?;
    match snapshot.target(&path) {
        Some(Target::Post(post)) => show_post(&app, &snapshot, post, &asked, None).await,
        Some(Target::Page(page)) => Ok(show_page(&app, &snapshot, page).await?.into_response()),
        Some(Target::Stretch(stretch)) => Ok(show_stretch(&app, &snapshot, stretch).await?.into_response()),
        Some(Target::Redirect(to)) => Ok(redirect(StatusCode::MOVED_PERMANENTLY, &address::encode(to))),
        // `errors::render` redirects old and nearly right paths.
        None => Err(WebError::not_found()),
    }
}

#[derive(Template)]
#[template(path = "posts/post.html")]
struct PostPage {
    layout: Layout,
    /// Link above the title: the series, and which part of it this is.
    series_label: Option<Named>,
    series: Option<SeriesBox>,
    title: String,
    /// Attributes `lang` and `dir` of the article, and of the site's texts in it.
    tongue: Tongue,
    words: Tongue,
    dek: Option<String>,
    date: Option<dates::Moment>,
    updated: Option<dates::Moment>,
    reading: String,
    comments: Option<String>,
    authors: String,
    is_draft: bool,
    cover: Option<PictureView>,
    contents: Vec<ContentsLine>,
    body: String,
    tags: Vec<TagLink>,
    older: Option<Named>,
    newer: Option<Named>,
    related: Vec<RelatedCard>,
    conversation: Conversation,
}

/// Comments and comment form below a post.
pub struct Conversation {
    pub heading: String,
    /// Comments; `None` if the database did not answer.
    pub comments: Option<Vec<CommentView>>,
    /// Form; `None` if the thread is closed.
    pub form: Option<FormView>,
    /// Text that was sent after the thread had closed, shown to be copied.
    pub unsent: Option<String>,
    pub is_demo: bool,
    /// Slug of the post; scripts identify the thread by it on each of its pages.
    pub thread: String,
    /// URL of the form's script, if there is a form.
    pub script: Option<String>,
    /// Links to the other pages of the thread.
    pub pages: Option<ThreadPages>,
}

impl Conversation {
    /// Sets the path and the links of a page of the thread.
    #[must_use]
    pub fn on_page(self, path: &str, pages: Option<ThreadPages>) -> Self {
        Self { form: self.form.map(|form| form.on_page(path)), pages, ..self }
    }
}

/// Request for a post.
pub struct PostRequest {
    pub form: FormState,
    /// A comment that its writer may see whatever its status.
    pub own: Option<Own>,
    /// Status of the response.
    pub status: StatusCode,
}

impl PostRequest {
    /// Id of the comment that the request is about.
    fn about(&self) -> Option<CommentId> {
        self.own_id().or(self.form.replying_to.as_ref().map(|replying| replying.id))
    }

    fn own_id(&self) -> Option<CommentId> {
        self.own.map(|own| own.id)
    }

    /// True if search engines may index the response.
    fn is_indexed(&self, post: &Post) -> bool {
        let is_plain = self.form.replying_to.is_none() && self.form.preview.is_none();
        is_plain && self.own.is_none() && !post.entry.draft
    }

    /// Adjusts the page's head if the response is not simply the post.
    pub fn framed(&self, mut layout: Layout, post: &Post) -> Layout {
        if !self.is_indexed(post) {
            layout = layout.not_indexed();
        }
        if self.form.preview.is_some() {
            layout.title = layout.texts.form.preview_title.with(&layout.title);
        }
        if self.form.notice.is_some() { layout.with_error() } else { layout }
    }

    /// Cache policy of the response.
    pub fn policy(&self, post: &Post) -> Policy {
        if self.status != StatusCode::OK || self.own.is_some() || self.form.preview.is_some() {
            Policy::Private
        } else if self.form.replying_to.is_some() {
            // The same for everybody, but there is one for each comment.
            Policy::Uncached
        } else {
            Policy::Public(cards::tags_of([post]))
        }
    }
}

/// Responds with a post, or with a page of its thread by its number.
pub async fn show_post(
    app: &App,
    snapshot: &Snapshot,
    post: &Post,
    asked: &Asked,
    number: Option<usize>,
) -> Result<Response, WebError> {
    let canonical = || redirect(StatusCode::SEE_OTHER, &address::encode(&post.entry.address));
    let own = match &asked.waiting {
        Some(signed) => match app.signer.verify(Purpose::Waiting, signed).and_then(|id| id.parse().ok()) {
            Some(id) => own(app, id, asked.commenter.as_deref()).await,
            None => None,
        },
        None => None,
    };
    if asked.waiting.is_some() && own.is_none() {
        return Ok(canonical());
    }
    let mut form = FormState::default();
    if let Some(id) = &asked.reply_to {
        // A page for a comment that does not exist would be a duplicate of the post.
        let Some(replying_to) = replying_to(app, post, id).await else { return Ok(canonical()) };
        form.values.parent = replying_to.id.to_string();
        form.replying_to = Some(replying_to);
    }
    let request = PostRequest { form, own, status: StatusCode::OK };
    let pages = threads::read(app, post, request.own_id()).await;
    if let Some(pages) = &pages {
        if request.own_id().is_some_and(|id| pages.holding(id).is_none()) {
            // The comment belongs to another post.
            return Ok(canonical());
        }
        let right = request.about().and_then(|id| pages.holding(id)).or(number).unwrap_or(pages.first_read());
        // The page that is read first is at the post's path. A request about a comment belongs on that comment's page.
        if number.unwrap_or(pages.first_read()) != right || number == Some(pages.first_read()) {
            let to = address::encode(&threads::path(post, pages, right));
            return Ok(redirect(StatusCode::SEE_OTHER, &format!("{to}{}", asked.query())));
        }
    } else if number.is_some() {
        return Err(WebError::status(StatusCode::SERVICE_UNAVAILABLE));
    }
    Ok(draw(app, snapshot, post, request, pages, number).await?.into_response())
}

/// Looks up a comment for its writer; `None` if it was erased. `/me` is mentioned only to a browser that has kept its
/// cookie.
async fn own(app: &App, id: CommentId, commenter: Option<&str>) -> Option<Own> {
    let is_gone = match app.store.comment(id).await {
        Ok(comment) => comment.is_erased(),
        Err(error) => matches!(error, StoreError::NotFound),
    };
    if is_gone {
        return None;
    }
    let texts = &app.texts().comments;
    let in_corner = match commenter {
        Some(commenter) => app.store.comment_of(commenter, id).await.ok(),
        None => None,
    };
    let corner = in_corner.map(|own| match own.comment.editable_for(app.clock.now()) {
        Some(_) => &texts.corner,
        None => &texts.corner_erase,
    });
    Some(Own { id, is_asked: is_asked_by_mail(app, id).await, corner })
}

/// True if the writer of a comment asked for mails and has not confirmed. Always false without a mail server.
pub async fn is_asked_by_mail(app: &App, id: CommentId) -> bool {
    app.config.mail.is_some() && app.store.is_unconfirmed(id).await.inspect_err(errors::log).unwrap_or_default()
}

/// The comment that a reply answers: approved, and under this post. `None` too if the database does not answer.
pub async fn replying_to(app: &App, post: &Post, id: &str) -> Option<Replying> {
    let comment = app.store.comment(id.trim().parse().ok()?).await.ok()?;
    let is_here = post.threads.iter().any(|slug| slug.as_str() == comment.thread_slug);
    (is_here && comment.status == Status::Approved).then_some(Replying { id: comment.id, name: comment.name })
}

/// A post with its comments and form, or the page of the thread with the comment that the request is about.
///
/// # Errors
/// A template failed. A database that does not answer is no error: the article is shown, with a message.
pub async fn post_page(app: &App, snapshot: &Snapshot, post: &Post, request: PostRequest) -> Result<Page, WebError> {
    let pages = threads::read(app, post, request.own_id()).await;
    let number = request.about().and_then(|id| pages.as_ref()?.holding(id));
    draw(app, snapshot, post, request, pages, number).await
}

/// Renders a page. `number`: page of the thread; `None` for the one that is read first.
async fn draw(
    app: &App,
    snapshot: &Snapshot,
    post: &Post,
    request: PostRequest,
    pages: Option<Pages>,
    number: Option<usize>,
) -> Result<Page, WebError> {
    match (pages, number) {
        (Some(pages), Some(number)) if number != pages.first_read() => {
            threads::draw(app, snapshot, post, request, pages, number).await
        }
        (pages, _) => article(app, snapshot, post, request, pages).await,
    }
}

async fn article(
    app: &App,
    snapshot: &Snapshot,
    post: &Post,
    request: PostRequest,
    pages: Option<Pages>,
) -> Result<Page, WebError> {
    let (site, entry, texts) = (&app.config.site, &post.entry, app.texts());
    let ways = pages.as_ref().and_then(|pages| ThreadPages::new(post, pages, pages.first_read()));
    let thread = match pages {
        Some(pages) => {
            let first = pages.first_read();
            threads::page_of(app, pages, first).await
        }
        None => None,
    };
    body::colour(&entry.body).await;
    let place = snapshot.series_of(post);
    let policy = if thread.is_some() { request.policy(post) } else { Policy::Private };

    let mut layout = Layout::new(app, snapshot, &entry.title)
        .at(app, &entry.address)
        .described(&entry.description)
        .pictured(app, entry.image.as_ref())
        .with_comment_feed(&entry.title, &feeds::comments_path(post))
        .with_json_ld(&json_ld::post(site, post, place.map(|(series, _)| series), thread.as_ref()));
    layout.kind = "article";
    layout.published = post.date.as_ref().map(dates::machine);
    layout.modified = post.updated.as_ref().map(dates::machine);
    if entry.body.wants_script() {
        layout = layout.with_script(app, "js/embeds.js");
    }
    layout = request.framed(layout, post);

    let series = place.and_then(|(series, at)| SeriesBox::new(series, at, texts));
    // A series has its own links to the next and previous part; more would be too many.
    let (older, newer) = if series.is_some() { (None, None) } else { snapshot.neighbours(post) };
    let named = |post: Option<&Arc<Post>>| post.map(|post| Named::of(&post.entry));
    let conversation = conversation(app, snapshot, post, thread.as_ref(), request.form, request.own);
    let page = PostPage {
        series_label: place.map(|(whole, _)| onward::series_label(whole, series.as_ref())),
        related: onward::related(snapshot, post, series.as_ref(), texts),
        series,
        title: entry.title.clone(),
        tongue: tongue::of(entry),
        words: tongue::of_words(entry.language.as_deref(), texts),
        dek: entry.dek.clone(),
        date: dates::day_of(post, texts),
        updated: post.updated.as_ref().map(|date| dates::day(date, texts)),
        reading: cards::reading(post, texts),
        comments: thread
            .as_ref()
            .map(|thread| thread.count)
            .filter(|count| *count > 0)
            .map(|count| texts.comments.count.of(count)),
        authors: post.authors.join(", "),
        is_draft: entry.draft,
        cover: entry.image.as_ref().map(PictureView::new),
        contents: entry.body.listed(),
        body: text_of(entry, snapshot, site)?,
        tags: cards::tag_links(post),
        older: named(older),
        newer: named(newer),
        conversation: conversation.on_page(&entry.address, ways),
        layout,
    };
    Ok(Page::html(&page, policy)?.with_status(request.status))
}

/// HTML of an entry's text. The site's texts in it are in its language.
fn text_of(entry: &Entry, snapshot: &Snapshot, site: &config::Site) -> Result<String, WebError> {
    body::on_page(&entry.body, entry.language.as_deref(), snapshot, site).map_err(WebError::internal)
}

/// Comments and form of a page of the thread; `thread` is `None` if it could not be read.
pub fn conversation(
    app: &App,
    snapshot: &Snapshot,
    post: &Post,
    thread: Option<&Thread>,
    form: FormState,
    own: Option<Own>,
) -> Conversation {
    let (is_open, texts) = (is_open(app, post), app.texts());
    Conversation {
        heading: match thread.map_or(0, |thread| thread.count) {
            0 => texts.comments.heading.clone(),
            count => texts.comments.count.of(count),
        },
        comments: thread.map(|thread| thread::comments(thread, own, &app.config.site.time_zone, is_open, texts)),
        unsent: Some(form.values.text.clone()).filter(|text| !is_open && !text.is_empty()),
        form: is_open.then(|| FormView::new(app, snapshot, post, form)),
        is_demo: app.mode.demo,
        thread: post.entry.slug.to_string(),
        script: is_open.then(|| app.assets().address(COMMENTS_SCRIPT)),
        pages: None,
    }
}

/// True if new comments are accepted under this post.
pub fn is_open(app: &App, post: &Post) -> bool {
    post.takes_comments(app.clock.now()) && app.config.site.comments.enabled
}

#[derive(Template)]
#[template(path = "pages/page.html")]
struct PageView {
    layout: Layout,
    title: String,
    tongue: Tongue,
    words: Tongue,
    updated: Option<dates::Moment>,
    is_draft: bool,
    cover: Option<PictureView>,
    contents: Vec<ContentsLine>,
    body: String,
}

async fn show_page(app: &App, snapshot: &Snapshot, page: &PageEntry) -> Result<Page, WebError> {
    let entry = &page.entry;
    body::colour(&entry.body).await;
    let mut layout = Layout::new(app, snapshot, &entry.title)
        .at(app, &entry.address)
        .described(&entry.description)
        .pictured(app, entry.image.as_ref());
    if entry.body.wants_script() {
        layout = layout.with_script(app, "js/embeds.js");
    }
    let view = PageView {
        layout,
        title: entry.title.clone(),
        tongue: tongue::of(entry),
        words: tongue::of_words(entry.language.as_deref(), app.texts()),
        updated: page.updated.as_ref().map(|date| dates::day(date, app.texts())),
        is_draft: entry.draft,
        cover: entry.image.as_ref().map(PictureView::new),
        contents: entry.body.listed(),
        body: text_of(entry, snapshot, &app.config.site)?,
    };
    Page::html(&view, Policy::site())
}

#[derive(Template)]
#[template(path = "stretches/stretch.html")]
struct StretchPage {
    layout: Layout,
    tongue: Tongue,
    /// Attributes of the site's texts around the stretch, and of its texts about the stretch.
    words: Tongue,
    own_words: Tongue,
    texts: &'static Texts,
    stretch: StretchView,
}

async fn show_stretch(app: &App, snapshot: &Snapshot, stretch: &Stretch) -> Result<Page, WebError> {
    let entry = &stretch.entry;
    body::colour(&entry.body).await;
    let texts = tongue::words_in(entry.language.as_deref(), app.texts());
    let mut layout = Layout::new(app, snapshot, &entry.title)
        .at(app, &entry.address)
        .described(&entry.description)
        .pictured(app, entry.image.as_ref())
        .with_json_ld(&json_ld::graph([json_ld::breadcrumbs(
            &app.config.site,
            &[(&app.texts().stretches.heading, "/stretches".to_owned()), (&entry.title, entry.address.clone())],
        )]));
    if stretch.video.as_ref().is_some_and(Embed::wants_script) {
        layout = layout.with_script(app, "js/embeds.js");
    }
    let view = StretchPage {
        layout,
        tongue: tongue::of(entry),
        words: tongue::of_words(entry.language.as_deref(), app.texts()),
        own_words: tongue::of_words(entry.language.as_deref(), texts),
        texts,
        stretch: StretchView::new(stretch, snapshot, &app.config.site).map_err(WebError::internal)?,
    };
    Page::html(&view, Policy::site())
}

#[derive(Template)]
#[template(path = "stretches/index.html")]
struct StretchIndex {
    layout: Layout,
    areas: Vec<Area>,
}

struct Area {
    id: String,
    name: String,
    stretches: Vec<StretchTile>,
}

/// Index of all stretches, each below the first of its areas.
pub async fn stretches(State(app): State<App>) -> Result<Page, WebError> {
    let snapshot = app.snapshot();
    if snapshot.stretches.is_empty() {
        return Err(WebError::not_found());
    }
    let texts = &app.texts().stretches;
    let mut areas: Vec<Area> = Vec::new();
    for stretch in snapshot.stretches.values() {
        let name =
            stretch.areas.first().map_or_else(|| texts.other_area.clone(), |area| super::view::capitalised(area));
        let tile = StretchTile::new(stretch, app.texts());
        match areas.iter_mut().find(|area| area.name == name) {
            Some(area) => area.stretches.push(tile),
            None => areas.push(Area { id: format!("area-{}", areas.len() + 1), name, stretches: vec![tile] }),
        }
    }
    areas.sort_by(|a, b| a.name.cmp(&b.name));
    let layout = Layout::new(&app, &snapshot, &texts.heading).at(&app, "/stretches").described(&texts.described);
    Page::html(&StretchIndex { layout, areas }, Policy::site())
}

/// Key of a post's own thread.
pub fn thread_of(post: &Post) -> ThreadKey {
    ThreadKey::post(post.entry.slug.as_str())
}

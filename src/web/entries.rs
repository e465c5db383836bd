//! Fallback handler of the router: posts, pages and stretches, which have a path in the content.

use std::collections::BTreeMap;

use axum::{Router, routing::get};
use http::Uri;

use super::{
    feeds,
    post::{self, PostContext, PostQuery},
    prelude::*,
    view::{
        body, capitalised, pieces,
        stretch::{self, Fact, StretchTile},
    },
};
use crate::{
    assets::EMBEDS_SCRIPT,
    domain::{
        embed::Embed,
        entry::{Content, ContentsLine, Page as PageEntry, Stretch},
    },
};

/// Routes of the lists of kinds.
pub fn routes() -> Router<App> {
    Router::new().route("/stretches", get(stretches))
}

/// Looks the path up in the content.
pub async fn show(State(app): State<App>, uri: Uri, query: PostQuery) -> Result<Response, WebError> {
    let snapshot = app.snapshot();
    let path = address::decode(uri.path()).ok_or_else(WebError::not_found)?;
    match snapshot.content(&path) {
        Some(content) => draw(&app, &snapshot, content, &query).await,
        None => match (snapshot.redirect(&path), routes::sitemap_part(&path)) {
            (Some(to), _) => Ok(redirect(StatusCode::MOVED_PERMANENTLY, &address::encode(to))),
            (None, Some(number)) => Ok(feeds::sitemap_part(&app, number)?.into_response()),
            // The layer for error pages redirects old and nearly right paths.
            (None, None) => Err(if app.is_gone(&path) { StatusCode::GONE.into() } else { WebError::not_found() }),
        },
    }
}

/// Responds with a post, page or stretch.
pub async fn draw(app: &App, snapshot: &Snapshot, content: &Content, query: &PostQuery) -> Result<Response, WebError> {
    match content {
        Content::Post(post) => post::show(PostContext { app, snapshot, post }, query, None).await,
        Content::Page(page) => Ok(show_page(app, snapshot, page).await?.into_response()),
        Content::Stretch(stretch) => Ok(show_stretch(app, snapshot, stretch).await?.into_response()),
    }
}

#[derive(Template)]
#[template(path = "pages/page.html")]
struct PageView<'a> {
    layout: Layout,
    page: &'a PageEntry,
    lang: LangAttributes,
    site_lang: LangAttributes,
    updated: Option<dates::Moment>,
    contents: Vec<ContentsLine>,
    body: String,
}

async fn show_page(app: &App, snapshot: &Snapshot, page: &PageEntry) -> Result<Page, WebError> {
    let entry = &page.entry;
    let mut policy = Policy::site();
    body::colour(app, &entry.body, &mut policy).await;
    let view = PageView {
        layout: Layout::of_entry(app, snapshot, entry),
        page,
        lang: lang::of(entry),
        site_lang: lang::of_site_texts(entry, app.texts()),
        updated: page.updated.as_ref().map(|date| dates::day(date, app.texts())),
        contents: entry.body.listed(),
        body: body::on_page(entry, snapshot, &app.config.site)?,
    };
    Page::html(&view, policy)
}

#[derive(Template)]
#[template(path = "stretches/stretch.html")]
struct StretchPage<'a> {
    layout: Layout,
    stretch: &'a Stretch,
    lang: LangAttributes,
    /// Attributes of the site's texts around the stretch, and of its texts about the stretch.
    site_lang: LangAttributes,
    own_lang: LangAttributes,
    texts: &'static Texts,
    facts: Vec<Fact<'a>>,
    steps: String,
    notes: String,
    video: Option<String>,
    easier: Option<TextLink>,
    harder: Option<TextLink>,
    shown_in: Vec<TextLink>,
}

async fn show_stretch(app: &App, snapshot: &Snapshot, stretch: &Stretch) -> Result<Page, WebError> {
    let (site, entry) = (&app.config.site, &stretch.entry);
    let mut policy = Policy::site();
    body::colour(app, &entry.body, &mut policy).await;
    let texts = lang::site_texts_in(entry, app.texts());
    let own_lang = lang::of_site_texts(entry, texts);
    let steps =
        [(app.texts().stretches.heading.as_str(), "/stretches".to_owned()), (&entry.title, entry.address.clone())];
    let breadcrumbs = json_ld::breadcrumbs(site, &steps);
    let mut layout = Layout::of_entry(app, snapshot, entry).with_json_ld(&json_ld::graph([breadcrumbs]));
    if stretch.video.as_ref().is_some_and(Embed::wants_script) {
        layout = layout.with_script(EMBEDS_SCRIPT);
    }
    let mut facts = stretch::facts(stretch, texts);
    if let Some(position) = &stretch.position {
        facts.push(Fact { name: &texts.stretches.position, value: capitalised(position), is_ours: false });
    }
    let language = entry.language.as_deref().unwrap_or(&site.language);
    let video = |video: &Embed| pieces::embed(video, language, texts, &own_lang);
    let video = stretch.video.as_ref().map(video).transpose()?;
    let link = |slug: &Slug| snapshot.stretches.get(slug).map(|other| TextLink::to_entry(&other.entry));
    let (steps, notes) = stretch::steps_and_notes(stretch, texts);
    let view = StretchPage {
        layout,
        stretch,
        lang: lang::of(entry),
        site_lang: lang::of_site_texts(entry, app.texts()),
        own_lang,
        texts,
        facts,
        steps,
        notes,
        video,
        easier: stretch.easier.as_ref().and_then(link),
        harder: stretch.harder.as_ref().and_then(link),
        shown_in: snapshot.shown_in(&entry.slug).iter().map(|post| TextLink::to_entry(&post.entry)).collect(),
    };
    Page::html(&view, policy)
}

#[derive(Template)]
#[template(path = "stretches/index.html")]
struct StretchIndex<'a> {
    layout: Layout,
    /// Name of each area, and its stretches.
    areas: BTreeMap<String, Vec<StretchTile<'a>>>,
}

/// Index of all stretches, each below the first of its areas.
async fn stretches(State(app): State<App>) -> Result<Page, WebError> {
    let snapshot = app.snapshot();
    if snapshot.stretches.is_empty() {
        return Err(WebError::not_found());
    }
    let texts = &app.texts().stretches;
    let mut areas: BTreeMap<String, Vec<StretchTile>> = BTreeMap::new();
    for stretch in snapshot.stretches.values() {
        let name = stretch.areas.first().map_or_else(|| texts.other_area.clone(), |area| capitalised(area));
        areas.entry(name).or_default().push(StretchTile::new(stretch, app.texts()));
    }
    let layout = Layout::new(&app, &snapshot, &texts.heading).at("/stretches").described(&texts.described);
    Page::html(&StretchIndex { layout, areas }, Policy::site())
}

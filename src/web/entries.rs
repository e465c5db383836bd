//! Fallback handler of the router: posts, pages and stretches, which have a path in the content.

use http::Uri;

use super::{
    feeds,
    post::{self, PostContext, PostQuery},
    prelude::*,
    view::{
        body, capitalised,
        cards::PictureView,
        dates, json_ld,
        stretch::{StretchTile, StretchView},
        tongue::{self, Tongue},
    },
};
use crate::{
    assets::EMBEDS_SCRIPT,
    content::Target,
    domain::{
        embed::Embed,
        entry::{ContentsLine, Page as PageEntry, Stretch},
    },
};

/// Looks the path up in the content.
pub async fn show(State(app): State<App>, uri: Uri, query: PostQuery) -> Result<Response, WebError> {
    let snapshot = app.snapshot();
    let path = address::decode(uri.path()).ok_or_else(WebError::not_found)?;
    match snapshot.target(&path) {
        Some(Target::Post(post)) => {
            post::show(PostContext { app: &app, snapshot: &snapshot, post }, &query, None).await
        }
        Some(Target::Page(page)) => Ok(show_page(&app, &snapshot, page).await?.into_response()),
        Some(Target::Stretch(stretch)) => Ok(show_stretch(&app, &snapshot, stretch).await?.into_response()),
        Some(Target::Redirect(to)) => Ok(redirect(StatusCode::MOVED_PERMANENTLY, &address::encode(to))),
        None => match routes::sitemap_part(&path) {
            Some(number) => Ok(feeds::sitemap_part(&app, number)?.into_response()),
            // The layer for error pages redirects old and nearly right paths.
            None => Err(WebError::not_found()),
        },
    }
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
    let (entry, language) = (&page.entry, page.entry.language.as_deref());
    body::colour(&entry.body).await;
    let view = PageView {
        layout: Layout::of_entry(app, snapshot, entry),
        title: entry.title.clone(),
        tongue: tongue::of(entry),
        words: tongue::of_words(language, app.texts()),
        updated: page.updated.as_ref().map(|date| dates::day(date, app.texts())),
        is_draft: entry.draft,
        cover: entry.image.as_ref().map(PictureView::new),
        contents: entry.body.listed(),
        body: body::on_page(&entry.body, language, snapshot, &app.config.site).map_err(WebError::internal)?,
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
    let (entry, language) = (&stretch.entry, stretch.entry.language.as_deref());
    body::colour(&entry.body).await;
    let texts = tongue::words_in(language, app.texts());
    let steps =
        [(app.texts().stretches.heading.as_str(), "/stretches".to_owned()), (&entry.title, entry.address.clone())];
    let breadcrumbs = json_ld::breadcrumbs(&app.config.site, &steps);
    let mut layout = Layout::of_entry(app, snapshot, entry).with_json_ld(&json_ld::graph([breadcrumbs]));
    if stretch.video.as_ref().is_some_and(Embed::wants_script) {
        layout = layout.with_script(EMBEDS_SCRIPT);
    }
    let view = StretchPage {
        layout,
        tongue: tongue::of(entry),
        words: tongue::of_words(language, app.texts()),
        own_words: tongue::of_words(language, texts),
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
        let name = stretch.areas.first().map_or_else(|| texts.other_area.clone(), |area| capitalised(area));
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

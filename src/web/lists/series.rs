//! A series: its parts in reading order.

use super::cards;
use crate::web::prelude::*;

#[derive(Template)]
#[template(path = "posts/series.html")]
struct SeriesPage<'a> {
    layout: Layout,
    name: &'a str,
    dek: String,
    cards: Vec<PostCard<'a>>,
}

/// Page with all parts: a series is read from its beginning, not browsed.
pub async fn series(State(app): State<App>, Path(written): Path<String>) -> Result<Response, WebError> {
    let snapshot = app.snapshot();
    let slug = Slug::from_text(&written).ok_or_else(WebError::not_found)?;
    let series = snapshot.series.get(&slug).ok_or_else(WebError::not_found)?;
    let path = routes::series(&slug);
    if slug.as_str() != written {
        return Ok(redirect(StatusCode::MOVED_PERMANENTLY, &address::encode(&path)));
    }
    let (cards, policy) = cards(&app, &series.parts).await;
    let texts = &app.texts().series;
    let parts = series.parts.iter().map(AsRef::as_ref);
    let layout = Layout::new(&app, &snapshot, &series.name)
        .at(&path)
        .described(&texts.described.of_with(cards.len(), &series.name))
        .with_json_ld(&json_ld::collection(&app.config.site, &[(&series.name, path)], parts));
    let page = SeriesPage { layout, name: &series.name, dek: texts.in_order.of(cards.len()), cards };
    Ok(Page::html(&page, policy)?.into_response())
}

//! A series: its parts in reading order.

use super::cards;
use crate::{
    domain::slug::Slug,
    web::{
        prelude::*,
        view::{cards::PostCard, json_ld},
    },
};

#[derive(Template)]
#[template(path = "posts/series.html")]
struct SeriesPage {
    layout: Layout,
    name: String,
    dek: String,
    cards: Vec<PostCard>,
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
        .at(&app, &path)
        .described(&texts.described.of_with(cards.len(), &series.name))
        .with_json_ld(&json_ld::collection(&app.config.site, &[(&series.name, path)], parts));
    Ok(Page::html(
        &SeriesPage { layout, name: series.name.clone(), dek: texts.in_order.of(cards.len()), cards },
        policy,
    )?
    .into_response())
}

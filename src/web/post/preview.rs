//! Preview of a comment. Nothing is stored.

use super::{PostContext, page::form_again, writing::CommentForm};
use crate::{
    content::comment_markdown,
    domain::comment::{NewComment, RawComment},
    web::{
        prelude::*,
        session::{Origin, Posted},
        view::thread::PreviewView,
    },
};

/// The page again, with a preview of the comment, for browsers without scripts.
pub async fn on_page(context: PostContext<'_>, values: RawComment, new: &NewComment) -> Result<Response, WebError> {
    let preview = Some(PreviewView::new(context.app, new));
    Ok(form_again(context, values, None, preview, StatusCode::OK).await?.into_response())
}

/// Preview of a comment without a page, for the script that shows it during typing. The name may be missing; errors
/// in the other fields are reported when the comment is sent.
pub async fn preview(
    State(app): State<App>,
    origin: Origin,
    Posted(form): Posted<CommentForm>,
) -> Result<Page, WebError> {
    if origin == Origin::Foreign {
        return Err(StatusCode::FORBIDDEN.into());
    }
    let RawComment { name, site, text, .. } = form.raw();
    let name = if name.trim().is_empty() { app.texts().form.name.clone() } else { name };
    let whole = RawComment { name, site, text, ..RawComment::default() };
    let new = comment_markdown::parse(&whole)
        .or_else(|_| comment_markdown::parse(&RawComment { site: String::new(), ..whole }));
    let new = new.map_err(|_| StatusCode::UNPROCESSABLE_ENTITY)?;
    Page::html(&PreviewView::new(&app, &new), Policy::Private)
}

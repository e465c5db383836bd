//! Where a path leads that nothing answers: to what is near it, to where the author says, to what it stood for in
//! another program.

use axum::response::Response;
use http::StatusCode;

use super::page::redirect;
use crate::{
    app::App,
    domain::{address, redirects},
};

/// Most redirects of the author that are followed one after the other.
const MOST_STEPS: usize = 10;

/// A redirect for a path, as it was asked for, that was not found; `None` where it leads nowhere.
pub fn redirected(app: &App, asked: &str) -> Option<Response> {
    let (snapshot, path) = (app.snapshot(), address::tidy(asked)?);
    let near = snapshot.near(&path).map(|near| address::encode(&near));
    let to = near.or_else(|| by_author(app, &path)).or_else(|| Some(address::encode(&snapshot.old_address(&path)?)));
    if let Some(to) = to.filter(|to| to != asked) {
        return Some(redirect(StatusCode::MOVED_PERMANENTLY, &to));
    }
    if let Some(file) = snapshot.old_file(&path) {
        // Its address changes with the file.
        return Some(redirect(StatusCode::FOUND, &address::encode(file)));
    }
    // Not content, or with letters that need no encoding: `/tags/` and `/%74ags` are `/tags`, whatever answers there.
    let decoded = address::decode(asked)?;
    let is_near = path != decoded || (path.is_ascii() && address::encode(&path) != asked);
    is_near.then(|| redirect(StatusCode::MOVED_PERMANENTLY, &address::encode(&path)))
}

/// Where `[redirects]` leads in the end.
fn by_author(app: &App, path: &str) -> Option<String> {
    let (snapshot, redirects) = (app.snapshot(), &app.config.site.redirects);
    let find = |path: &str| redirects.find(path).or_else(|| redirects.find(&path.to_lowercase()));
    let mut to = find(path)?;
    for _ in 0..MOST_STEPS {
        let Some(path) = redirects::path_in(&to) else { return Some(to) };
        if let Some(near) = snapshot.near(&path) {
            return Some(address::encode(&near));
        }
        match find(&path) {
            Some(next) => to = next,
            None => return Some(snapshot.old_address(&path).map_or(to, |old| address::encode(&old))),
        }
    }
    None
}

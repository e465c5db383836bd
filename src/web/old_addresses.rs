//! Redirects for paths that were not found: to a similar path, to the author's redirect, or to the new path of content
//! from another program.

use super::prelude::*;
use crate::domain::redirects;

/// Most of the author's redirects that are followed in a row.
const MOST_STEPS: usize = 10;

/// Redirect for a requested path that was not found; `None` if there is none.
pub fn redirected(app: &App, asked: &str) -> Option<Response> {
    let (snapshot, path) = (app.snapshot(), address::tidy(asked)?);
    if let Some(list) = path.strip_suffix("/page/1") {
        // The first page of a list has no number.
        let list = if list.is_empty() { "/" } else { list };
        return Some(redirect(StatusCode::MOVED_PERMANENTLY, &address::encode(list)));
    }
    let near = snapshot.near(&path).map(|near| address::encode(&near));
    let to = near.or_else(|| by_author(app, &path)).or_else(|| Some(address::encode(&snapshot.old_address(&path)?)));
    if let Some(to) = to.filter(|to| to != asked) {
        return Some(redirect(StatusCode::MOVED_PERMANENTLY, &to));
    }
    if let Some(file) = snapshot.old_file(&path) {
        // 302, since the file's URL changes with its content.
        return Some(redirect(StatusCode::FOUND, &address::encode(file)));
    }
    // Paths of routes, or with needless percent-encoding: `/tags/` and `/%74ags` are `/tags`, whatever is there.
    let decoded = address::decode(asked)?;
    let is_near = path != decoded || (path.is_ascii() && address::encode(&path) != asked);
    is_near.then(|| redirect(StatusCode::MOVED_PERMANENTLY, &address::encode(&path)))
}

/// Final target of the author's `[redirects]`.
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

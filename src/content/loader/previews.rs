//! Renders a text that is not saved, with everything that texts may refer to now: what will be served.

use std::sync::Arc;

use super::{outline::Outline, rendering::Renderer};
use crate::{
    content::{library::Drawn, source::Source},
    domain::problem::Problem,
};

/// Post, page or stretch that a file at this path below the content folder would become.
pub(super) fn draw(renderer: &Arc<Renderer>, path: &str, text: &str) -> Drawn {
    let Some(source) = Source::at(&renderer.references.content, path) else { return (None, Vec::new()) };
    let file = source.file.path.clone();
    match Outline::read(source, text.to_owned(), &renderer.rules) {
        Err(fault) => (None, vec![Problem::error(&file, fault.place, fault.what, fault.mend)]),
        Ok(outline) => {
            let entry = renderer.make(outline, 0);
            entry.content.entry().body.render();
            let found = entry.findings().into_iter().flat_map(|found| &found.problems);
            let mut problems: Vec<Problem> = entry.unknown_keys.iter().chain(found).cloned().collect();
            problems.sort_by_key(|problem| problem.line);
            (Some(entry.content), problems)
        }
    }
}

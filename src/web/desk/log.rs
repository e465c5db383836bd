//! The moderation log: who did what, the last first.

use jiff::Timestamp;

use super::SignedIn;
use crate::{
    domain::limits::{DESK_COMMENTS, UNDO_WINDOW},
    store::{Logged, WRITER},
    texts::Desk,
    web::prelude::*,
};

/// Query of the page.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct LogQuery {
    /// Number of a row: those before it are shown.
    before: Option<i64>,
}

#[derive(Template)]
#[template(path = "desk/log.html")]
struct LogPage {
    layout: Layout,
    words: &'static Desk,
    rows: Vec<Logged>,
    /// The account's name in the log, and the start of the time in which its acts can be undone.
    actor: String,
    undoable_from: Timestamp,
    /// Number for the next page.
    next: Option<i64>,
}

impl LogPage {
    fn minute(&self, at: &Timestamp) -> dates::Moment {
        dates::minute(*at, &self.layout.site().time_zone, self.layout.texts)
    }

    fn can_undo(&self, row: &Logged) -> bool {
        row.actor == self.actor && row.at >= self.undoable_from && row.act.can_be_undone()
    }
}

pub async fn show(State(app): State<App>, asks: SignedIn, Query(query): Query<LogQuery>) -> Result<Page, WebError> {
    let words = &app.texts().desk;
    let mut rows = app.store.log(query.before.unwrap_or(i64::MAX), DESK_COMMENTS + 1).await?;
    let has_more = rows.len() > DESK_COMMENTS;
    rows.truncate(DESK_COMMENTS);
    let next = rows.last().filter(|_| has_more).map(|row| row.act.id);
    let layout = super::layout(&app, &asks, &words.log, "/desk/log");
    let (actor, undoable_from) = (asks.account.actor(), app.clock.now() - UNDO_WINDOW);
    Page::html(&LogPage { layout, words, rows, actor, undoable_from, next }, Policy::Private)
}

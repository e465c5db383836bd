//! The texts of the site: their list, a new one, earlier versions, the trash. `editor` changes one.

mod editor;
mod form;
mod friend;
mod kept;

use super::SignedIn;
use crate::{
    content::editing::{EditError, FrontMatterText, NewValue, Workspace, is_text},
    domain::{
        entry::{Content, KINDS, Kind},
        limits::DESK_TEXTS,
        problem::Severity,
        words::in_brackets,
    },
    texts::Writing,
    web::{
        editing::{change_files, on_files},
        prelude::*,
    },
};

pub use editor::{save, show};
pub use friend::show as show_friend;
pub use kept::{change_trash, restore, trash, versions};

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct ListQuery {
    /// Words that titles or paths must have.
    q: String,
}

/// Title and kind of a new text.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct NewForm {
    title: String,
    kind: String,
}

/// A text in the list.
struct Row {
    path: String,
    title: String,
    state: &'static str,
    kind: &'static str,
    /// Line of Markdown that shows or links it, if it has no error.
    line: Option<String>,
    /// Place in the list, and time, if it has one.
    order: (u8, Option<jiff::Timestamp>),
}

#[derive(Template)]
#[template(path = "desk/texts.html")]
struct TextsPage {
    layout: Layout,
    words: &'static Writing,
    query: ListQuery,
    rows: Vec<Row>,
    form: NewForm,
    error: Option<String>,
}

pub async fn list(State(app): State<App>, asks: SignedIn, query: Query<ListQuery>) -> Result<Page, WebError> {
    list_page(&app, &asks, query.0, NewForm::default(), None).await
}

async fn list_page(
    app: &App,
    asks: &SignedIn,
    query: ListQuery,
    form: NewForm,
    error: Option<String>,
) -> Result<Page, WebError> {
    let words = &app.texts().writing;
    let wanted = query.q.to_lowercase();
    let mut rows = rows(app);
    rows.retain(|row| [&row.title, &row.path].iter().any(|text| text.to_lowercase().contains(&wanted)));
    rows.sort_by(|a, b| (a.order.0, b.order.1, &a.path).cmp(&(b.order.0, a.order.1, &b.path)));
    rows.truncate(DESK_TEXTS);
    let not_writable = on_files(app, Workspace::check_writable).await.err();
    let error = error.or(not_writable.map(|error| sentence(app, &error))).or_else(|| not_committed(app));
    let layout = super::layout(app, asks, &words.texts, "/desk/texts");
    Page::html(&TextsPage { layout, words, query, rows, form, error }, Policy::Private)
}

/// All texts: those with errors first, then drafts, scheduled and published ones.
fn rows(app: &App) -> Vec<Row> {
    let (snapshot, words, now) = (app.snapshot(), &app.texts().writing, app.clock.now());
    let of_content = |content: &Content| {
        let entry = content.entry();
        let is_later = entry.publish_at.is_some_and(|at| at > now);
        let (order, state) = match () {
            () if entry.draft => (1, &words.draft),
            () if entry.is_public(now, false) => (3, &words.published),
            () if is_later => (2, &words.scheduled),
            () => (3, &words.expired),
        };
        let at = content.post().and_then(|post| post.appeared());
        let kind = &[&words.kind_post, &words.kind_page, &words.kind_stretch][content.kind() as usize];
        let line = Some(line_of(content));
        Some(Row {
            path: path_of(app, &entry.file)?,
            title: entry.title.clone(),
            state,
            kind,
            line,
            order: (order, at),
        })
    };
    let mut rows: Vec<Row> = snapshot.all.iter().filter_map(of_content).collect();
    for problem in snapshot.problems.iter().filter(|problem| problem.severity == Severity::Error) {
        let Some(path) = path_of(app, &problem.file) else { continue };
        match rows.iter_mut().find(|row| row.path == path) {
            Some(row) => (row.state, row.order.0) = (&words.faulty, 0),
            None if is_text(&path) => {
                let (title, state) = (path.clone(), words.faulty.as_str());
                rows.push(Row { title, path, state, kind: "", line: None, order: (0, None) });
            }
            None => {}
        }
    }
    rows
}

/// Line of Markdown that shows a stretch, or links a post or page.
fn line_of(content: &Content) -> String {
    let Entry { slug, title, address, .. } = content.entry();
    match content {
        Content::Stretch(_) => format!("![[{slug}]]"),
        _ => {
            let to = address::encode(address).replace('(', "%28").replace(')', "%29");
            format!("[{}]({to})", in_brackets(title))
        }
    }
}

/// Path of a file below the content folder.
fn path_of(app: &App, file: &std::path::Path) -> Option<String> {
    Some(file.strip_prefix(&app.config.content).ok()?.to_str()?.to_owned())
}

/// Address of the editor of a text.
fn editor_of(path: &str) -> String {
    let query = url::form_urlencoded::Serializer::new(String::new()).append_pair("path", path).finish();
    format!("/desk/texts/edit?{query}")
}

/// Creates a draft with this title.
pub async fn create(
    State(app): State<App>,
    asks: SignedIn,
    Posted(form): Posted<NewForm>,
) -> Result<Response, WebError> {
    let words = &app.texts().writing;
    let title = form.title.trim().to_owned();
    let kind = KINDS.iter().find(|row| row.words.0 == form.kind).map_or(Kind::Post, |row| row.kind);
    let Some(slug) = Slug::transliterated(&title) else {
        let page = list_page(&app, &asks, ListQuery::default(), form, Some(words.title_wrong.clone())).await?;
        return Ok(page.with_status(StatusCode::UNPROCESSABLE_ENTITY).into_response());
    };
    let date = today(&app);
    let created = change_files(&app, asks.person(), move |workspace| {
        let mut text = FrontMatterText::new(String::new(), kind == Kind::Stretch).unwrap_or_default();
        let date = Some(("date", NewValue::Date(&date))).filter(|_| kind.row().has_date);
        let keys = [("title", NewValue::Text(&title)), ("draft", NewValue::Flag(true))];
        // They can be set, because there is nothing else.
        keys.into_iter().chain(date).for_each(|(key, value)| drop(text.set(key, value)));
        workspace.create(kind, &slug, format!("{}\n", text.as_str()).as_bytes())
    });
    match created.await {
        Ok(path) => Ok(redirect(StatusCode::SEE_OTHER, &editor_of(&path))),
        Err(error) => {
            let page = list_page(&app, &asks, ListQuery::default(), form, Some(sentence(&app, &error))).await?;
            Ok(page.with_status(StatusCode::CONFLICT).into_response())
        }
    }
}

/// Time now, as front matter has it.
fn today(app: &App) -> String {
    let now = app.clock.now().to_zoned(app.config.site.time_zone.clone());
    now.strftime("%Y-%m-%d %H:%M").to_string()
}

/// Reason why nothing was written, for the author.
fn sentence(app: &App, error: &EditError) -> String {
    let words = &app.texts().writing;
    match error {
        EditError::NotWritable(folder) => words.not_writable.with(folder.display()),
        EditError::Full => words.disk_full.clone(),
        EditError::NoRoom => words.quota_reached.clone(),
        EditError::Exists(name) => words.name_taken.with(name),
        EditError::NotFound => words.text_gone.clone(),
        other => words.not_saved.with(other.to_string().trim_end_matches('.')),
    }
}

/// Sentence about a change that is not committed.
fn not_committed(app: &App) -> Option<String> {
    app.uncommitted.load().as_ref().map(|why| app.texts().writing.not_committed.with(why))
}

/// Response of a page for a text that cannot be opened.
fn missing(app: &App, error: &EditError) -> WebError {
    match error {
        EditError::NotFound | EditError::Name(_) => WebError::not_found(),
        other => WebError::said(StatusCode::SERVICE_UNAVAILABLE, sentence(app, other)),
    }
}

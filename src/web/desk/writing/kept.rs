//! Earlier versions of a text with their differences, and the trash. Both can be restored.

use super::{editor::wait_until_live, editor_of, missing, sentence};
use crate::{
    content::editing::{Compared, EditError, Is, Trashed, Workspace, differences},
    texts::Writing,
    web::{
        desk::SignedIn,
        editing::{change_files, on_files},
        prelude::*,
    },
};

/// A text, and one of its versions.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct VersionForm {
    path: String,
    id: String,
    /// Version of the file that is replaced.
    version: String,
}

#[derive(Template)]
#[template(path = "desk/versions.html")]
struct VersionsPage {
    layout: Layout,
    words: &'static Writing,
    form: VersionForm,
    editor: String,
    /// Id and time of each version, the latest first.
    versions: Vec<(String, dates::Moment)>,
    /// Changes from the chosen version to the present text.
    compared: Vec<Compared>,
}

pub async fn versions(State(app): State<App>, asks: SignedIn, query: Query<VersionForm>) -> Result<Page, WebError> {
    let Query(mut form) = query;
    let (path, id, words) = (form.path.clone(), form.id.clone(), &app.texts().writing);
    let read = on_files(&app, move |workspace| {
        let earlier = if id.is_empty() { None } else { Some(workspace.earlier(&path, &id)?) };
        Ok((workspace.read(&path)?, workspace.versions(&path)?, earlier))
    });
    let (present, versions, earlier) = read.await.map_err(|error: EditError| missing(&app, &error))?;
    form.version = present.version;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let compared = earlier.map(|earlier| differences(&text(&earlier), &text(&present.bytes))).unwrap_or_default();
    let minute = |at| dates::minute(at, &app.config.site.time_zone, app.texts());
    let page = VersionsPage {
        layout: crate::web::desk::layout(&app, &asks, &words.versions, "/desk/texts/versions"),
        words,
        editor: editor_of(&form.path),
        versions: versions.into_iter().map(|earlier| (earlier.id, minute(earlier.at))).collect(),
        form,
        compared,
    };
    Page::html(&page, Policy::Private)
}

/// Saves an earlier version as the present text, which becomes an earlier one.
pub async fn restore(
    State(app): State<App>,
    asks: SignedIn,
    Posted(form): Posted<VersionForm>,
) -> Result<Response, WebError> {
    let (path, now, before) = (form.path.clone(), app.clock.now(), app.snapshot());
    let restored = change_files(&app, asks.person(), move |workspace| {
        let bytes = workspace.earlier(&form.path, &form.id)?;
        workspace.save(&form.path, &bytes, &form.version, now).map(|_| bytes)
    });
    match restored.await {
        Ok(bytes) => {
            wait_until_live(&app, &path, &String::from_utf8_lossy(&bytes), &before).await?;
            Ok(redirect(StatusCode::SEE_OTHER, &format!("{}&done=save", editor_of(&path))))
        }
        Err(EditError::Changed(_)) => Err(WebError::said(StatusCode::CONFLICT, &app.texts().writing.changed_meanwhile)),
        Err(error) => Err(missing(&app, &error)),
    }
}

/// The deleted text to restore; none: the trash is emptied.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct TrashForm {
    id: Option<String>,
}

#[derive(Template)]
#[template(path = "desk/trash.html")]
struct TrashPage {
    layout: Layout,
    words: &'static Writing,
    trashed: Vec<Trashed>,
}

impl TrashPage {
    fn minute(&self, at: &jiff::Timestamp) -> dates::Moment {
        dates::minute(*at, &self.layout.site().time_zone, self.layout.texts)
    }
}

pub async fn trash(State(app): State<App>, asks: SignedIn) -> Result<Page, WebError> {
    let words = &app.texts().writing;
    let trashed = on_files(&app, Workspace::trashed).await.map_err(|error| missing(&app, &error))?;
    let layout = crate::web::desk::layout(&app, &asks, &words.deleted_texts, "/desk/texts/trash");
    Page::html(&TrashPage { layout, words, trashed }, Policy::Private)
}

pub async fn change_trash(
    State(app): State<App>,
    asks: SignedIn,
    Posted(form): Posted<TrashForm>,
) -> Result<Response, WebError> {
    let before = app.snapshot();
    let changed = change_files(&app, asks.person(), |files| match form.id {
        Some(id) => files.restore(&id).and_then(|path| Ok(Some((files.read(&path)?, path)))),
        None => files.empty_trash().map(|()| None),
    });
    match changed.await {
        Ok(None) => Ok(redirect(StatusCode::SEE_OTHER, "/desk/texts/trash")),
        Ok(Some((restored, path))) => {
            wait_until_live(&app, &path, &String::from_utf8_lossy(&restored.bytes), &before).await?;
            Ok(redirect(StatusCode::SEE_OTHER, &editor_of(&path)))
        }
        Err(error @ EditError::Exists(_)) => Err(WebError::said(StatusCode::CONFLICT, sentence(&app, &error))),
        Err(error) => Err(missing(&app, &error)),
    }
}

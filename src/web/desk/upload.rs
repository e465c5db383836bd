//! Upload of texts and media: first the desk shows what would happen, then it happens.

use std::{fs, io, path::PathBuf};

use super::SignedIn;
use crate::{
    app::App,
    content::editing::{Item, State as FileState, version_of},
    store::private,
    texts::Desk,
    web::{
        editing::{change_files, on_files},
        micropub::Asked,
        prelude::*,
    },
};
use axum::extract::Request;

#[derive(Template)]
#[template(path = "desk/upload.html")]
struct UploadPage {
    layout: Layout,
    words: &'static Desk,
    /// Name and version of the upload that is shown.
    shown: Option<(String, String)>,
    items: Vec<Item>,
    /// Sentence about the files that were saved.
    saved: Option<String>,
}

impl UploadPage {
    /// Heading of each group, and its files.
    fn groups(&self) -> Vec<(&'static str, Vec<&Item>)> {
        let words = self.words;
        let group = |heading, is_in: fn(&FileState) -> bool| {
            (heading, self.items.iter().filter(|item| is_in(&item.state)).collect::<Vec<_>>())
        };
        let groups = [
            group(words.upload_new.as_str(), |state| *state == FileState::New),
            group(&words.upload_changed, |state| matches!(state, FileState::Changed(_))),
            group(&words.upload_conflict, |state| *state == FileState::Conflict),
            group(&words.upload_wrong, |state| matches!(state, FileState::Wrong(_))),
            group(&words.upload_same, |state| *state == FileState::Same),
        ];
        groups.into_iter().filter(|(_, items)| !items.is_empty()).collect()
    }

    /// Mark of a file that can be saved: the version that it replaces, or nothing.
    fn mark(&self, item: &Item) -> Option<String> {
        match &item.state {
            FileState::New if self.shown.is_some() => Some(String::new()),
            FileState::Changed(version) if self.shown.is_some() => Some(version.clone()),
            _ => None,
        }
    }
}

/// Folder of the upload that was shown last. It is not in the content, so that no site serves it.
fn folder(app: &App) -> PathBuf {
    app.config.data.join("upload")
}

pub async fn show(State(app): State<App>, asks: SignedIn) -> Result<Page, WebError> {
    page(&app, &asks, None, Vec::new(), None)
}

/// Keeps an upload and shows what it would do.
pub async fn receive(State(app): State<App>, asks: SignedIn, request: Request) -> Result<Page, WebError> {
    let words = &app.texts().desk;
    let said = |error: String| WebError::said(StatusCode::BAD_REQUEST, error);
    let asked = Asked::read(request, true).await.map_err(|refusal| said(refusal.why))?;
    let file = asked.files.into_iter().next().ok_or_else(|| said(words.upload_none.clone()))?;
    let (folder, name, version) = (folder(&app), file.name, version_of(&file.bytes));
    let shown = Some((name.clone(), version.clone()));
    let looked = on_files(&app, move |files| {
        if let Err(error) = fs::remove_dir_all(&folder)
            && error.kind() != io::ErrorKind::NotFound
        {
            return Err(error);
        }
        private::make_folder(&folder)?;
        fs::write(folder.join(&version), &file.bytes)?;
        Ok(files.look_at(&name, &file.bytes))
    });
    let items = looked.await.map_err(|error: io::Error| WebError::internal(error))?;
    page(&app, &asks, shown, items, None)
}

/// Does what was shown, for the files that are ticked.
pub async fn apply(
    State(app): State<App>,
    asks: SignedIn,
    Posted(fields): Posted<Vec<(String, String)>>,
) -> Result<Page, WebError> {
    let value = |name: &str| {
        fields.iter().find(|(field, _)| field == name).map_or_else(String::new, |(_, value)| value.clone())
    };
    let (name, version, now) = (value("name"), value("upload"), app.clock.now());
    let chosen = fields.iter().filter_map(|(field, value)| {
        let state = match field.strip_prefix("file-")? {
            "" => FileState::New,
            version => FileState::Changed(version.to_owned()),
        };
        Some(Item { path: value.clone(), state })
    });
    let (chosen, folder): (Vec<Item>, _) = (chosen.collect(), folder(&app));
    let applied = change_files(&app, asks.person(), move |files| {
        let is_name = version.bytes().all(|byte| byte.is_ascii_hexdigit());
        let bytes = fs::read(folder.join(if is_name { &version } else { "" })).ok()?;
        let written = files.apply(&name, &bytes, &chosen, now);
        let left = files.look_at(&name, &bytes);
        drop(fs::remove_dir_all(&folder));
        Some((written.len(), left.into_iter().filter(|item| item.state != FileState::Same).collect()))
    });
    let gone = || WebError::said(StatusCode::CONFLICT, &app.texts().desk.upload_gone);
    let (saved, left) = applied.await.ok_or_else(gone)?;
    page(&app, &asks, None, left, Some(saved))
}

fn page(
    app: &App,
    asks: &SignedIn,
    shown: Option<(String, String)>,
    items: Vec<Item>,
    saved: Option<usize>,
) -> Result<Page, WebError> {
    let words = &app.texts().desk;
    let layout = super::layout(app, asks, &words.upload, "/desk/upload");
    let saved = saved.map(|count| words.upload_saved.of(count));
    Page::html(&UploadPage { layout, words, shown, items, saved }, Policy::Private)
}

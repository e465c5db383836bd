//! The editor: one form with the text and fields of its front matter. What was typed comes back with every error.

use axum::{body::to_bytes, extract::Request};
use jiff::Timestamp;
use serde_json::Value;
use tokio::task;

use super::{
    editor_of,
    form::{DRAFTS, EditForm},
    friend, missing, not_committed, sentence, today,
};
use crate::{
    content::{
        Drawn,
        editing::{
            Compared, Draft, EditError, FrontMatterText, Is, NewValue, Opened, Unfit, Workspace, as_written,
            differences, version_of,
        },
    },
    domain::{
        entry::Content,
        limits::{PREVIEW_DAYS, UPLOAD_BYTES},
        problem::Problem,
        words::{self, in_brackets},
    },
    texts::Writing,
    web::{
        desk::SignedIn,
        editing::{self, address_of, change_files, completed, on_files, shown},
        entries,
        micropub::{Asked, File},
        post::PostQuery,
        prelude::*,
    },
};

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct EditQuery {
    path: String,
    done: String,
    /// `show` for the unsaved text that is kept.
    draft: String,
}

const EDITOR_SCRIPT: &str = "js/editor.js";

#[derive(Template)]
#[template(path = "desk/editor.html")]
struct EditorPage {
    layout: Layout,
    words: &'static Writing,
    form: EditForm,
    is_draft: bool,
    /// Address of the public page, if there is one.
    address: Option<String>,
    /// Link that shows the text to a friend, if it has no public page.
    friend: Option<String>,
    count: String,
    /// Post, page or stretch that the text becomes, and its page for the live preview.
    content: Option<Content>,
    preview: String,
    problems: Vec<Problem>,
    /// Time of an unsaved text that was kept earlier.
    kept: Option<dates::Moment>,
    /// True if what was typed is kept now.
    is_kept: bool,
    notice: Option<String>,
    /// Lines of the text for files that were added.
    added: Vec<String>,
    error: Option<String>,
    /// Lines that differ from the file on the disk.
    conflict: Vec<Compared>,
}

pub async fn show(State(app): State<App>, asks: SignedIn, query: Query<EditQuery>) -> Result<Page, WebError> {
    let Query(EditQuery { path, done, draft }) = query;
    let (own, words, now) = (path.clone(), &app.texts().writing, app.clock.now());
    let read = on_files(&app, move |files| Ok((files.read(&own)?, files.draft(&own, now)?)));
    let (mut opened, mut kept) = read.await.map_err(|error: EditError| missing(&app, &error))?;
    if draft == "show"
        && let Some(Draft { bytes, version, .. }) = kept.take()
    {
        opened = Opened { bytes, version };
    }
    let mut form = form_of(&app, path, opened)?;
    // Until the author has decided, nothing takes the place of the text that is kept.
    form.keeps = if kept.is_none() { "1".to_owned() } else { String::new() };
    let mut page = page_of(&app, &asks, form).await;
    page.kept = kept.map(|kept| dates::minute(kept.at, &app.config.site.time_zone, app.texts()));
    page.notice = match done.as_str() {
        "save" => Some(words.saved.clone()),
        "publish" if page.address.is_some() => Some(words.is_published.clone()),
        "publish" => Some(words.is_scheduled.clone()),
        "unpublish" => Some(words.is_draft.clone()),
        _ => None,
    };
    Page::html(&page, Policy::Private)
}

/// Form of a file as it is.
fn form_of(app: &App, path: String, opened: Opened) -> Result<EditForm, WebError> {
    let not_text = |_| WebError::said(StatusCode::UNPROCESSABLE_ENTITY, &app.texts().writing.no_utf8);
    let text = String::from_utf8(opened.bytes).map_err(not_text)?;
    let mut form = EditForm { path, version: opened.version, ..EditForm::default() };
    form.fill(text);
    Ok(form)
}

/// Renders a text in a thread of its own: a long one takes a while.
async fn drawn(app: &App, path: &str, text: &str) -> Drawn {
    let (previews, path, text) = (app.snapshot().previews.clone(), path.to_owned(), text.to_owned());
    completed(task::spawn_blocking(move || previews.draw(&path, &text))).await
}

/// Page of the editor for this form.
async fn page_of(app: &App, asks: &SignedIn, form: EditForm) -> EditorPage {
    let (words, snapshot) = (&app.texts().writing, app.snapshot());
    let (content, problems) = drawn(app, &form.path, &form.text).await;
    let entry = content.as_ref().map(Content::entry);
    let is_here = |own: &&Entry| snapshot.content(&own.address).is_some_and(|found| found.entry().file == own.file);
    let address = entry.filter(is_here).map(|entry| address::encode(&entry.address));
    let body = FrontMatterText::new(form.text.clone(), form.is_stretch());
    let (count, letters) = words::length(body.as_ref().map_or(&form.text, |text| text.body()));
    let path = editor_of(&form.path);
    EditorPage {
        layout: crate::web::desk::layout(app, asks, &words.edit_text, &path).with_script(EDITOR_SCRIPT),
        words,
        is_draft: entry.is_none_or(|entry| entry.draft),
        friend: address.is_none().then(|| friend::link(app, &form.path)),
        address,
        count: words.word_count.of(count + letters),
        preview: String::new(),
        problems,
        kept: None,
        is_kept: false,
        notice: None,
        added: Vec::new(),
        error: not_committed(app),
        conflict: Vec::new(),
        content,
        form,
    }
}

pub async fn save(State(app): State<App>, asks: SignedIn, request: Request) -> Result<Response, WebError> {
    let mut sent = Asked::default();
    let failed = sent.fill(request, true).await.is_err();
    let fields = sent.properties.iter().filter_map(|(name, values)| Some((name.clone(), values.first()?.clone())));
    let form: EditForm = serde_json::from_value(Value::Object(fields.collect())).unwrap_or_default();
    if failed {
        let too_large = app.texts().writing.too_large.with(UPLOAD_BYTES / (1024 * 1024));
        return again(&app, &asks, form, &too_large, StatusCode::PAYLOAD_TOO_LARGE).await;
    }
    match form.act.as_str() {
        "add" => add(app, asks, form, sent.files).await,
        "discard" => {
            let (to, discard) = (editor_of(&form.path), move |files: &Workspace| files.discard_draft(&form.path));
            on_files(&app, discard).await.map_err(|error| missing(&app, &error))?;
            Ok(redirect(StatusCode::SEE_OTHER, &to))
        }
        _ => change(app, asks, form).await,
    }
}

/// Saves files beside the text, and shows the text with a line for each of them. The text itself is not saved yet.
async fn add(app: App, asks: SignedIn, mut form: EditForm, files: Vec<File>) -> Result<Response, WebError> {
    let (words, path, is_one) = (&app.texts().writing, form.path.clone(), files.len() == 1);
    if files.is_empty() {
        return again(&app, &asks, form, &app.texts().desk.upload_none, StatusCode::UNPROCESSABLE_ENTITY).await;
    }
    let work = move |workspace: &Workspace| {
        // Jekyll's drafts move away when they are published.
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        let (folder, mut saved) = (if path.starts_with(DRAFTS) { "media" } else { folder }, Vec::new());
        let mut save = |file: &File| workspace.save_media(folder, &file.name, &file.bytes).map(|file| saved.push(file));
        let failed = workspace.read(&path).and_then(|_| files.iter().try_for_each(&mut save)).err();
        (saved, failed)
    };
    let (saved, failed) = change_files(&app, asks.person(), work).await;
    // One text does not fit several pictures.
    let alt = if is_one && failed.is_none() { std::mem::take(&mut form.alt) } else { String::new() };
    let mut added = Vec::new();
    for file in saved {
        shown(&app, |snapshot| snapshot.media_file(std::path::Path::new(&file.path)).is_some()).await;
        let alt = match alt.trim() {
            "" if file.name.ends_with(".pdf") => &file.name,
            alt => alt,
        };
        let line = format!("![{}]({})", in_brackets(alt), file.name);
        form.text = format!("{}\n\n{line}\n", form.text.trim_end());
        added.push(line);
    }
    let mut page = page_of(&app, &asks, form).await;
    page.error = failed.map(|error| sentence(&app, &error));
    page.notice = (!added.is_empty()).then(|| words.file_added.clone());
    page.added = added;
    let status = if page.error.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    Ok(Page::html(&page, Policy::Private)?.with_status(status).into_response())
}

async fn change(app: App, asks: SignedIn, form: EditForm) -> Result<Response, WebError> {
    let (path, date, now) = (form.path.clone(), today(&app), app.clock.now());
    let opened = on_files(&app, move |files| files.read(&path)).await;
    // A file that is gone meanwhile is made again from what was typed.
    let before = match opened {
        Ok(opened) => Some(opened),
        Err(EditError::NotFound) => None,
        Err(error) => return Err(missing(&app, &error)),
    };
    let old = before.as_ref().map(|opened| String::from_utf8_lossy(&opened.bytes).into_owned()).unwrap_or_default();
    let typed = as_written(&old, &form.text);
    let text = match form.with_fields(typed.clone(), &date) {
        Ok(text) => text.as_str().to_owned(),
        // Without a change of its fields, a text with broken front matter can be saved and mended.
        Err(Unfit::Unreadable { .. }) if ["save", "preview", "live"].contains(&form.act.as_str()) => typed,
        Err(unfit) => return again(&app, &asks, form, &unfit.to_string(), StatusCode::UNPROCESSABLE_ENTITY).await,
    };
    match form.act.as_str() {
        "preview" => return preview(&app, &asks, form, text).await,
        "live" => return live(&app, &asks, form, text).await,
        _ => {}
    }
    let snapshot = app.snapshot();
    let drawn = snapshot.previews.draw(&form.path, &text).0;
    let address = drawn.filter(|content| !content.entry().draft).map(|content| content.entry().address.clone());
    let (work, published) = ((form.clone(), text.clone()), form.published_path(&date));
    let done = change_files(&app, asks.person(), move |files| {
        let (form, text) = work;
        let present = match before {
            Some(_) => files.save(&form.path, text.as_bytes(), &form.version, now)?,
            None => files.create_at(&form.path, text.as_bytes()).map(|()| version_of(text.as_bytes()))?,
        };
        drop(files.discard_draft(&form.path));
        match (form.act.as_str(), published) {
            ("rename", _) => rename(files, &form, text, (&present, address), now).map(|path| (path, present)),
            (_, Some(to)) => files.rename(&form.path, &to).map(|()| (to, present)),
            _ => Ok((form.path, present)),
        }
    });
    let mut done = done.await;
    if let (Ok((path, present)), "trash") = (&done, form.act.as_str()) {
        let address = address_of(&app, path);
        let trashed = editing::trash(&app, asks.person(), path.clone(), present.clone(), address).await?;
        done = trashed.and(done);
    }
    match done {
        Ok(_) if form.act == "trash" => Ok(redirect(StatusCode::SEE_OTHER, "/desk/texts/trash")),
        Ok((path, _)) => {
            if text != old || path != form.path {
                wait_until_live(&app, &path, &text, &snapshot).await?;
            }
            let done = if form.act == "rename" { "save" } else { &form.act };
            Ok(redirect(StatusCode::SEE_OTHER, &format!("{}&done={done}", editor_of(&path))))
        }
        Err(EditError::Changed(theirs)) => conflict(&app, &asks, EditForm { text, ..form }, theirs).await,
        Err(error) => again(&app, &asks, form, &sentence(&app, &error), StatusCode::UNPROCESSABLE_ENTITY).await,
    }
}

/// Gives a file another name. The old address of a published text stays as an alias.
fn rename(
    workspace: &Workspace,
    form: &EditForm,
    text: String,
    (version, address): (&str, Option<String>),
    now: Timestamp,
) -> Result<String, EditError> {
    let is_folder = form.path.ends_with("/index.md");
    let (folder, old) = form.path.trim_end_matches("/index.md").rsplit_once('/').unwrap_or_default();
    let name = Slug::from_text(&form.name).ok_or_else(|| EditError::Name(form.name.clone()))?;
    let ending = if is_folder { "/index.md" } else { &old[old.rfind('.').unwrap_or(old.len())..] };
    let to = format!("{folder}/{name}{ending}");
    if to == form.path {
        return Ok(to);
    }
    workspace.rename(&form.path, &to)?;
    if let (Some(address), Ok(mut edited)) = (address, FrontMatterText::new(text, form.is_stretch())) {
        let mut aliases = edited.values().aliases();
        aliases.push(address);
        if edited.set("aliases", NewValue::List(&aliases)).is_ok() {
            workspace.save(&to, edited.as_str().as_bytes(), version, now)?;
        }
    }
    Ok(to)
}

/// Waits until readers get a saved text, so that the link in the answer leads to it.
pub async fn wait_until_live(app: &App, path: &str, text: &str, before: &Snapshot) -> Result<(), WebError> {
    let Some(content) = app.snapshot().previews.draw(path, text).0 else { return Ok(()) };
    let (entry, is_public) = (content.entry(), content.entry().is_public(app.clock.now(), app.mode.dev));
    if is_public {
        app.set_gone(&entry.address, None).await?;
    }
    let found = |snapshot: &Snapshot| {
        snapshot.content(&entry.address).filter(|found| found.entry().file == entry.file).cloned()
    };
    let old = found(before);
    let is_new = |new: &Content| old.as_ref().is_none_or(|old| !old.is_same(new));
    shown(app, |snapshot| found(snapshot).map_or(!is_public, |new| is_public && is_new(&new))).await;
    Ok(())
}

/// Responds with the differences to a file that has changed.
async fn conflict(app: &App, asks: &SignedIn, form: EditForm, theirs: Opened) -> Result<Response, WebError> {
    let mut page = page_of(app, asks, EditForm { version: theirs.version, ..form }).await;
    page.conflict = differences(&String::from_utf8_lossy(&theirs.bytes), &page.form.text);
    page.error = Some(page.words.changed_meanwhile.clone());
    Ok(Page::html(&page, Policy::Private)?.with_status(StatusCode::CONFLICT).into_response())
}

/// Responds with the page that the text would be.
async fn preview(app: &App, asks: &SignedIn, form: EditForm, text: String) -> Result<Response, WebError> {
    let Some(content) = drawn(app, &form.path, &text).await.0 else {
        let words = &app.texts().writing;
        return again(app, asks, form, &words.no_preview, StatusCode::UNPROCESSABLE_ENTITY).await;
    };
    let mut response = entries::draw(app, &app.snapshot(), &content, &PostQuery::default()).await?;
    response.extensions_mut().insert(Policy::Private);
    Ok(response)
}

/// Responds with the editor for what was typed: its preview, its problems and its number of words. Keeps what was typed.
async fn live(app: &App, asks: &SignedIn, form: EditForm, text: String) -> Result<Response, WebError> {
    let mut page = page_of(app, asks, form).await;
    if !page.form.keeps.is_empty() {
        let (form, bytes, now) = (page.form.clone(), text.clone().into_bytes(), app.clock.now());
        match on_files(app, move |files| files.keep_draft(&form.path, &bytes, &form.version, now)).await {
            Ok(is_kept) => page.is_kept = is_kept,
            Err(error) => page.error = Some(sentence(app, &error)),
        }
    }
    // Lines of problems are those of the typed text, where changed fields are not yet in.
    let content = if text == page.form.text { page.content.take() } else { drawn(app, &page.form.path, &text).await.0 };
    if let Some(content) = content {
        let response = entries::draw(app, &app.snapshot(), &content, &PostQuery::default()).await?;
        let bytes = to_bytes(response.into_body(), usize::MAX).await.map_err(WebError::internal)?;
        page.preview = String::from_utf8_lossy(&bytes).into_owned();
    }
    Ok(Page::html(&page, Policy::Private)?.into_response())
}

/// Responds with the editor as it was sent, and an error.
async fn again(
    app: &App,
    asks: &SignedIn,
    form: EditForm,
    error: &str,
    status: StatusCode,
) -> Result<Response, WebError> {
    let mut page = page_of(app, asks, form).await;
    page.error = Some(error.to_owned());
    Ok(Page::html(&page, Policy::Private)?.with_status(status).into_response())
}

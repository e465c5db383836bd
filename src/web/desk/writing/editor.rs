//! The editor: one form with the text and fields of its front matter. What was typed comes back with every error.

use axum::extract::Request;
use jiff::Timestamp;
use serde_json::Value;

use super::{editor_of, friend, missing, not_committed, sentence, today};
use crate::{
    content::editing::{
        Compared, EditError, FrontMatterText, Is, NewValue, Opened, Unfit, Workspace, as_written, differences,
        version_of,
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
        editing::{self, address_of, change_files, on_files, shown},
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
}

const EDITOR_SCRIPT: &str = "js/editor.js";

/// The form of the editor.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct EditForm {
    path: String,
    /// Version of the file that the form was made from.
    version: String,
    text: String,
    title: String,
    description: String,
    date: String,
    /// Tags between commas.
    tags: String,
    /// The four fields as they were, a line each.
    was: String,
    /// New name of the file, without folder and ending.
    name: String,
    /// Words for those who do not see the picture that is added.
    alt: String,
    /// Name of the button.
    act: String,
}

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
    problems: Vec<Problem>,
    notice: Option<String>,
    /// Lines of the text for files that were added.
    added: Vec<String>,
    error: Option<String>,
    /// Lines that differ from the file on the disk.
    conflict: Vec<Compared>,
}

pub async fn show(State(app): State<App>, asks: SignedIn, query: Query<EditQuery>) -> Result<Page, WebError> {
    let Query(EditQuery { path, done }) = query;
    let (own, words) = (path.clone(), &app.texts().writing);
    let opened = on_files(&app, move |files| files.read(&own)).await.map_err(|error| missing(&app, &error))?;
    let mut page = page_of(&app, &asks, form_of(&app, path, opened)?);
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

impl EditForm {
    /// Takes a text, and fills the fields from its front matter.
    fn fill(&mut self, text: String) {
        if let Ok(read) = FrontMatterText::new(text.clone(), self.is_stretch()) {
            let values = read.values();
            let value = |key| values.text(key).unwrap_or_default();
            (self.title, self.description, self.date) = (value("title"), value("description"), value("date"));
            self.tags = values.texts("tags").join(", ");
        }
        self.text = text;
        self.was = self.fields().map(|(_, value)| value.replace('\n', " ")).join("\n");
        let stem = self.path.trim_end_matches("/index.md").rsplit('/').next().unwrap_or_default();
        self.name = stem.rsplit_once(".m").map_or(stem, |(stem, _)| stem).to_owned();
    }

    fn is_stretch(&self) -> bool {
        self.path.starts_with("stretches/")
    }

    fn fields(&self) -> [(&'static str, &str); 4] {
        [("title", &self.title), ("description", &self.description), ("date", &self.date), ("tags", &self.tags)]
    }

    /// The text with the fields that were changed.
    fn with_fields(&self, text: String, date: &str) -> Result<FrontMatterText, Unfit> {
        let mut text = FrontMatterText::new(text, self.is_stretch())?;
        for ((key, value), was) in self.fields().into_iter().zip(self.was.split('\n')) {
            let value = value.trim();
            if value == was.trim_end_matches('\r').trim() {
                continue;
            }
            let tags: Vec<String> = value.split(',').map(|tag| tag.trim().to_owned()).collect();
            match key {
                _ if value.is_empty() => text.remove(key)?,
                "tags" => text.set(key, NewValue::List(&tags))?,
                "date" => text.set(key, NewValue::Date(value))?,
                _ => text.set(key, NewValue::Text(value))?,
            }
        }
        match self.act.as_str() {
            "publish" => {
                text.set_draft(false)?;
                if self.path.starts_with("posts/") && text.values().text("date").is_none() {
                    text.set("date", NewValue::Date(date))?;
                }
            }
            "unpublish" => text.set_draft(true)?,
            _ => {}
        }
        Ok(text)
    }
}

/// Page of the editor for this form.
fn page_of(app: &App, asks: &SignedIn, form: EditForm) -> EditorPage {
    let (words, snapshot) = (&app.texts().writing, app.snapshot());
    let (content, problems) = snapshot.previews.draw(&form.path, &form.text);
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
        problems,
        notice: None,
        added: Vec::new(),
        error: not_committed(app),
        conflict: Vec::new(),
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
        return again(&app, &asks, form, &too_large, StatusCode::PAYLOAD_TOO_LARGE);
    }
    match form.act.as_str() {
        "add" => add(app, asks, form, sent.files).await,
        _ => change(app, asks, form).await,
    }
}

/// Saves files beside the text, and shows the text with a line for each of them. The text itself is not saved yet.
async fn add(app: App, asks: SignedIn, mut form: EditForm, files: Vec<File>) -> Result<Response, WebError> {
    let (words, path, is_one) = (&app.texts().writing, form.path.clone(), files.len() == 1);
    if files.is_empty() {
        return again(&app, &asks, form, &app.texts().desk.upload_none, StatusCode::UNPROCESSABLE_ENTITY);
    }
    let work = move |workspace: &Workspace| {
        let (folder, mut saved) = (path.rsplit_once('/').map_or("", |(folder, _)| folder), Vec::new());
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
    let mut page = page_of(&app, &asks, form);
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
        Err(Unfit::Unreadable { .. }) if ["save", "preview"].contains(&form.act.as_str()) => typed,
        Err(unfit) => return again(&app, &asks, form, &unfit.to_string(), StatusCode::UNPROCESSABLE_ENTITY),
    };
    if form.act == "preview" {
        return preview(&app, &asks, form, text).await;
    }
    let snapshot = app.snapshot();
    let drawn = snapshot.previews.draw(&form.path, &text).0;
    let address = drawn.filter(|content| !content.entry().draft).map(|content| content.entry().address.clone());
    let work = (form.clone(), text.clone());
    let done = change_files(&app, asks.person(), move |files| {
        let (form, text) = work;
        let present = match before {
            Some(_) => files.save(&form.path, text.as_bytes(), &form.version, now)?,
            None => files.create_at(&form.path, text.as_bytes()).map(|()| version_of(text.as_bytes()))?,
        };
        match form.act.as_str() {
            "rename" => rename(files, &form, text, (&present, address), now).map(|path| (path, present)),
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
        Err(EditError::Changed(theirs)) => {
            let old = String::from_utf8_lossy(&theirs.bytes).into_owned();
            let mut page = page_of(&app, &asks, EditForm { text, version: theirs.version, ..form });
            page.conflict = differences(&old, &page.form.text);
            page.error = Some(page.words.changed_meanwhile.clone());
            Ok(Page::html(&page, Policy::Private)?.with_status(StatusCode::CONFLICT).into_response())
        }
        Err(error) => again(&app, &asks, form, &sentence(&app, &error), StatusCode::UNPROCESSABLE_ENTITY),
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

/// Responds with the page that the text would be.
async fn preview(app: &App, asks: &SignedIn, form: EditForm, text: String) -> Result<Response, WebError> {
    let (snapshot, path) = (app.snapshot(), form.path.clone());
    let previews = snapshot.previews.clone();
    let draw = move || previews.draw(&path, &text).0;
    let drawn = tokio::task::spawn_blocking(draw).await.map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
    let Some(content) = drawn else {
        let words = &app.texts().writing;
        return again(app, asks, form, &words.no_preview, StatusCode::UNPROCESSABLE_ENTITY);
    };
    let mut response = entries::draw(app, &snapshot, &content, &PostQuery::default()).await?;
    response.extensions_mut().insert(Policy::Private);
    Ok(response)
}

/// Responds with the editor as it was sent, and an error.
fn again(app: &App, asks: &SignedIn, form: EditForm, error: &str, status: StatusCode) -> Result<Response, WebError> {
    let mut page = page_of(app, asks, form);
    page.error = Some(error.to_owned());
    Ok(Page::html(&page, Policy::Private)?.with_status(status).into_response())
}

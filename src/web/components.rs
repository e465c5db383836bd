//! `/_components`, for designers: all components of pages on one page. It uses the same templates and structs as the
//! site and adds no markup of its own for them. Only with `--dev`.

mod samples;

use std::{collections::HashMap, sync::Arc};

use askama::Template;
use axum::extract::{Query, State, rejection::QueryRejection};
use serde::Deserialize;

use super::{
    assets::STYLE,
    entries::{self, Conversation},
    errors::WebError,
    page::{Page, Policy},
    view::{
        body,
        cards::{PER_PAGE, Pagination, PostCard},
        form::{FormState, Notice, Replying},
        layout::Layout,
        onward::SeriesBox,
        thread::PreviewView,
        tongue::Tongue,
    },
};
use crate::{
    app::App,
    content::{Series, comment_markdown},
    domain::{comment::RawComment, entry::Post, slug::Slug, thread::Thread},
    texts::Texts,
};
use samples::Files;

/// Style sheet of the page itself, which readers never get.
const OWN_STYLE: &str = "components/components.css";
/// Names of the font size tokens.
const SIZES: [&str; 8] = ["label", "meta", "text", "lead", "h4", "h3", "h2", "h1"];

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    /// One of [`STATES`]: a page can only have one thread and one form, or their ids would be there twice.
    state: String,
}

#[derive(Template)]
#[template(path = "components/components.html")]
struct Components {
    layout: Layout,
    style: String,
    body: String,
    colours: Vec<String>,
    sizes: [&'static str; 8],
    series: SeriesBox,
    words: Tongue,
    cards: Vec<PostCard>,
    pagination: Pagination,
    states: Vec<StateLink>,
    conversation: Conversation,
}

struct StateLink {
    name: &'static str,
    about: &'static str,
    is_current: bool,
}

/// States of comments and form. The first has all kinds of comments and all field errors.
const STATES: [(&str, &str); 9] = [
    ("mend", "Fields to mend"),
    ("empty", "Nobody has said anything"),
    ("reply", "A reply"),
    ("preview", "A preview"),
    ("again", "To be sent again"),
    ("reader", "As a reader sees it"),
    ("closed", "Closed"),
    ("unsent", "Closed meanwhile"),
    ("away", "The database is away"),
];

pub async fn show(State(app): State<App>, asked: Result<Query<Asked>, QueryRejection>) -> Result<Page, WebError> {
    if !app.mode.dev {
        return Err(WebError::not_found());
    }
    let asked = asked.map(|Query(asked)| asked).unwrap_or_default();
    let (state, _) = STATES.into_iter().find(|(name, _)| *name == asked.state).unwrap_or(STATES[0]);
    let (site, snapshot, assets) = (&app.config.site, app.snapshot(), app.assets());
    let texts = app.texts();
    let files = Files(&assets, texts);
    let text = samples::sheet(&files);
    body::colour(&text).await;
    let own = samples::snapshot(&files).ok_or_else(WebError::not_found)?;
    let posts = samples::posts(&files, app.clock.now(), &site.time_zone);
    let counts = Some(HashMap::from([("component-sample-1".to_owned(), 8)]));
    let page = Components {
        style: assets.address(OWN_STYLE),
        body: body::on_page(&text, None, &own, site).map_err(WebError::internal)?,
        colours: assets
            .get(&assets.address(STYLE))
            .map(|style| colours(&String::from_utf8_lossy(&style.bytes)))
            .unwrap_or_default(),
        sizes: SIZES,
        words: Tongue::default(),
        series: series(&posts, texts).ok_or_else(WebError::not_found)?,
        cards: posts.iter().map(|post| PostCard::new(post, &counts, texts)).collect(),
        pagination: Pagination::new("/", 2, 3 * PER_PAGE).ok_or_else(WebError::not_found)?,
        states: STATES.map(|(name, about)| StateLink { name, about, is_current: name == state }).into(),
        conversation: conversation(&app, &posts, state).ok_or_else(WebError::not_found)?,
        layout: Layout::new(&app, &snapshot, "Components").not_indexed().with_script(&app, "js/embeds.js"),
    };
    Page::html(&page, Policy::Private)
}

/// Names of the colours in a style sheet, in its order.
fn colours(css: &str) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for (at, start) in css.match_indices("--color-") {
        let rest = &css[at + start.len()..];
        let name = &rest[..rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '-').unwrap_or(rest.len())];
        let is_set = rest[name.len()..].trim_start().starts_with(':');
        if is_set && !names.iter().any(|known| known == name) {
            names.push(name.to_owned());
        }
    }
    names
}

fn series(posts: &[Post], texts: &Texts) -> Option<SeriesBox> {
    let parts = posts.iter().cloned().map(Arc::new).collect();
    let series = Series { slug: Slug::from_text("component-sample")?, name: "A series".to_owned(), parts };
    SeriesBox::new(&series, 1, texts)
}

fn conversation(app: &App, posts: &[Post], state: &str) -> Option<Conversation> {
    let mut post = posts.first()?.clone();
    post.comments_open = !matches!(state, "closed" | "unsent");
    let waiting = (state == "mend").then_some(samples::WAITING);
    let comments = if state == "empty" { Vec::new() } else { samples::comments(app.clock.now()) };
    let thread = (state != "away").then(|| Thread::build(comments, waiting));
    Some(entries::conversation(app, &app.snapshot(), &post, thread.as_ref(), form(app, state), None))
}

fn form(app: &App, state: &str) -> FormState {
    let texts = &app.texts().mend;
    let typed = |name: &str, email: &str, site: &str, text: &str| RawComment {
        name: name.to_owned(),
        email: email.to_owned(),
        site: site.to_owned(),
        text: text.to_owned(),
        ..RawComment::default()
    };
    match state {
        "mend" => {
            let values = typed("", "nobody", "javascript:x", "");
            let notice = comment_markdown::parse(&values).err().map(|errors| Notice::fields(errors, texts));
            FormState { values, notice, ..FormState::default() }
        }
        "again" => FormState {
            values: typed("Lisa", "lisa@example.org", "example.org", "What was typed is still here."),
            notice: Some(Notice::said(&texts.not_kept)),
            ..FormState::default()
        },
        "preview" => {
            let values = typed("Lisa", "", "example.org", "A *look* before **sending**.");
            let preview = comment_markdown::parse(&values).ok().map(|new| PreviewView::new(app, &new));
            FormState { values, preview, ..FormState::default() }
        }
        // Text that was sent after the thread had closed is shown to be copied.
        "unsent" => FormState { values: typed("", "", "", "What was typed is still here."), ..FormState::default() },
        "reply" => FormState {
            replying_to: Some(Replying { id: 1, name: "Lisa @ Sample".to_owned() }),
            ..FormState::default()
        },
        _ => FormState::default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_of_a_style_sheet() {
        let css =
            ":root{--color-paper:red;--color-code-string : blue}a{color:var(--color-text)}@media{--color-paper:x}";
        assert_eq!(colours(css), ["paper", "code-string"]);
    }
}

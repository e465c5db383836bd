//! Lists of posts: home, and in submodules tags, the archive, series.

pub mod archive;
pub mod series;
pub mod tags;

use std::sync::Arc;

use super::{
    page,
    prelude::*,
    view::cards::{Pagination, page_path, tags_of, thread_keys},
};
use crate::content::pictures::{self, Place};

#[derive(Template)]
#[template(path = "posts/home.html")]
struct Home<'a> {
    layout: Layout,
    heading: String,
    header_picture: Option<String>,
    lead: Option<PostCard<'a>>,
    cards: Vec<PostCard<'a>>,
    pagination: Pagination,
}

/// HTML of the picture at the top of the home page.
fn header_picture(app: &App, snapshot: &Snapshot) -> Option<String> {
    let set = app.config.site.theme.header_picture.as_ref()?;
    let file = snapshot.media_named(&set.file)?;
    Some(pictures::html(&file.picture(), Place::Header, &set.alt, "", true))
}

/// A tag, year or month with its number of posts.
struct Counted {
    link: TextLink,
    count: String,
}

/// Parts of a list's path; each list uses some.
#[derive(Debug, Deserialize)]
pub struct ListPath {
    #[serde(default)]
    tag: String,
    #[serde(default)]
    year: String,
    month: Option<String>,
    number: Option<String>,
}

impl ListPath {
    /// Number of the list's page. The first page has no number, and `/page/1` is redirected as a nearly right path.
    fn number(&self) -> Result<usize, WebError> {
        match self.number.as_deref().map(page::number) {
            None => Ok(1),
            Some(Ok(1)) => Err(WebError::not_found()),
            Some(number) => number,
        }
    }
}

pub async fn home(State(app): State<App>, Path(path): Path<ListPath>) -> Result<Page, WebError> {
    let (snapshot, site, number) = (app.snapshot(), &app.config.site, path.number()?);
    let pagination = Pagination::new("/", number, snapshot.home.len()).ok_or_else(WebError::not_found)?;
    let posts = pagination.slice(&snapshot.home);
    let (mut cards, policy) = cards(&app, posts).await;
    let lead = (number == 1 && !cards.is_empty()).then(|| cards.remove(0));
    let title = if number == 1 { String::new() } else { app.texts().lists.page.with(number) };
    let mut layout = Layout::new(&app, &snapshot, &title).at(&page_path("/", number));
    if number == 1 {
        layout = layout.with_json_ld(&json_ld::home(site, posts.iter().map(AsRef::as_ref)));
    }
    let heading = if site.description.is_empty() { site.title.clone() } else { site.description.clone() };
    let header_picture = header_picture(&app, &snapshot).filter(|_| number == 1);
    Page::html(&Home { layout, heading, header_picture, lead, cards, pagination }, policy)
}

/// Redirects `/posts`, for visitors who shorten a URL.
pub async fn posts() -> Response {
    redirect(StatusCode::MOVED_PERMANENTLY, "/archive")
}

/// Cards of posts, and the page's cache policy: uncached if the comments could not be counted.
async fn cards<'a>(app: &App, posts: &'a [Arc<Post>]) -> (Vec<PostCard<'a>>, Policy) {
    let all = || posts.iter().map(AsRef::as_ref);
    let counts = app.store.comment_counts(&thread_keys(all())).await.inspect_err(error::log);
    let policy = if counts.is_ok() { Policy::Public(tags_of(all())) } else { Policy::Uncached };
    let counts = counts.unwrap_or_default();
    (all().map(|post| PostCard::new(post, &counts, app.texts())).collect(), policy)
}

//! Layout of every page: head, header, footer.

use std::sync::Arc;

use serde_json::Value;

use super::{feed_format::Format, link::TextLink};
use crate::{
    assets::{Assets, EMBEDS_SCRIPT},
    domain::picture::Picture,
    web::common::*,
};

/// Layout of a page. [`Layout::new`] sets the defaults, the other methods change them.
pub struct Layout {
    app: App,
    /// Texts in the site's language.
    pub texts: &'static Texts,
    pub assets: Arc<Assets>,
    /// Title in the browser's tab and in search results.
    pub title: String,
    /// Title without the site's, for link previews on other sites.
    pub short_title: String,
    pub description: String,
    /// Path of this page, not encoded; `None` for an answer without an address of its own.
    pub path: Option<String>,
    pub is_indexed: bool,
    /// True for a text without a public page, which only somebody with a link or an account can see.
    pub is_preview: bool,
    /// Open Graph type.
    pub kind: &'static str,
    /// Picture for link previews.
    pub picture: Option<Picture>,
    pub published: Option<String>,
    pub modified: Option<String>,
    /// Serialized JSON-LD, safe inside a script element.
    pub json_ld: Option<String>,
    /// URL of the page's script, if it needs one.
    pub script: Option<String>,
    pub navigation: Vec<TextLink>,
    pub footer: Vec<TextLink>,
    /// Feeds of the site and of this page.
    pub feeds: Vec<FeedLink>,
}

/// A feed that programs can discover.
pub struct FeedLink {
    pub format: Format,
    pub title: String,
    pub href: String,
}

impl Layout {
    pub fn new(app: &App, snapshot: &Snapshot, title: &str) -> Self {
        let (site, texts) = (&app.config.site, app.texts());
        let words = &texts.frame;
        let mut footer = vec![TextLink::new(&words.archive, "/archive"), TextLink::new(&words.tags, "/tags")];
        footer.extend(snapshot.privacy_page().map(|page| TextLink::new(&page.entry.title, &page.entry.address)));
        footer.push(TextLink::new(&words.feed, "/feed.xml"));
        let mut feeds = feeds_of(&site.title, "");
        feeds.push(comment_feed(&site.title, "/comments/feed.xml", texts));
        Self {
            texts,
            assets: app.assets(),
            title: if title.is_empty() { site.title.clone() } else { format!("{title} · {}", site.title) },
            short_title: if title.is_empty() { site.title.clone() } else { title.to_owned() },
            description: site.description.clone(),
            path: None,
            is_indexed: true,
            is_preview: false,
            kind: "website",
            picture: site.card.as_deref().and_then(|name| Some(snapshot.media_named(name)?.picture())),
            published: None,
            modified: None,
            json_ld: None,
            script: None,
            navigation: navigation(app, snapshot),
            footer,
            feeds,
            app: app.clone(),
        }
    }

    /// Layout of the page of a post, page or stretch. SVG is no picture for previews: other sites cannot show it there.
    pub fn of_entry(app: &App, snapshot: &Snapshot, entry: &Entry) -> Self {
        let mut layout = Self::new(app, snapshot, &entry.title).at(&entry.address).described(entry.description());
        if let Some(picture) = entry.image.as_ref().filter(|picture| !picture.address.ends_with(".svg")) {
            layout.picture = Some(picture.clone());
        }
        if snapshot.content(&entry.address).is_none() {
            layout = Self { is_preview: true, path: None, ..layout.not_indexed() };
        }
        if entry.body.wants_script() { layout.with_script(EMBEDS_SCRIPT) } else { layout }
    }

    pub fn site(&self) -> &Site {
        &self.app.config.site
    }

    /// True for a link to this page.
    pub fn is_current(&self, link: &TextLink) -> bool {
        self.path.as_ref().is_some_and(|path| link.href == address::encode(path))
    }

    /// Sets the path of the page, which is also its canonical URL.
    pub fn at(self, path: &str) -> Self {
        Self { path: Some(path.to_owned()), ..self }
    }

    pub fn described(self, description: &str) -> Self {
        Self { description: description.to_owned(), ..self }
    }

    pub fn not_indexed(self) -> Self {
        Self { is_indexed: false, ..self }
    }

    pub fn with_script(self, name: &str) -> Self {
        Self { script: Some(self.assets.address(name)), ..self }
    }

    /// Adds feeds of this page's posts; `path` is the page's.
    pub fn with_feeds(mut self, title: &str, path: &str) -> Self {
        self.feeds.extend(feeds_of(title, path));
        self
    }

    /// Adds the feed of the comments under a post.
    pub fn with_comment_feed(mut self, entry: &Entry) -> Self {
        self.feeds.push(comment_feed(&entry.title, &routes::comment_feed(&entry.slug), self.texts));
        self
    }

    pub fn with_json_ld(self, value: &Value) -> Self {
        // `</script>` in a title must not end the element.
        Self { json_ld: Some(value.to_string().replace('<', "\\u003c")), ..self }
    }

    /// Announces an error in the title, for users of screen readers.
    pub fn with_error(mut self) -> Self {
        self.title = self.texts.frame.error_title.with(&self.title);
        self.not_indexed()
    }
}

/// Links to a feed in every format; `path` has no slash at its end.
fn feeds_of(title: &str, path: &str) -> Vec<FeedLink> {
    let link = |format: Format| FeedLink {
        format,
        title: title.to_owned(),
        href: address::encode(&format!("{path}/{}", format.name())),
    };
    Format::ALL.into_iter().map(link).collect()
}

fn comment_feed(title: &str, path: &str, texts: &Texts) -> FeedLink {
    FeedLink { format: Format::Atom, title: texts.frame.comments_of.with(title), href: address::encode(path) }
}

/// Navigation from site.toml; by default articles, stretches and, if they are few, pages.
fn navigation(app: &App, snapshot: &Snapshot) -> Vec<TextLink> {
    let set = &app.config.site.navigation;
    if !set.is_empty() {
        return set.iter().map(|link| TextLink::to_url(&link.label, &link.href)).collect();
    }
    let words = &app.texts().frame;
    let mut links = vec![TextLink::new(&words.articles, "/")];
    if !snapshot.stretches.is_empty() {
        links.push(TextLink::new(&words.stretches, "/stretches"));
    }
    links.extend(snapshot.pages_of_header().map(|page| TextLink::new(&page.entry.title, &page.entry.address)));
    links
}

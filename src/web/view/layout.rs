//! Layout of every page: head, header, footer.

use std::sync::Arc;

use serde_json::Value;

use super::feed_format::Format;
use crate::{
    app::App,
    assets::{Assets, EMBEDS_SCRIPT},
    config::Site,
    content::Snapshot,
    domain::{address, entry::Entry, language, picture::Picture, routes},
    texts::Texts,
};

/// Layout of a page. [`Layout::new`] sets the defaults, the other methods change them.
#[derive(Clone, Debug)]
pub struct Layout {
    pub language: String,
    /// Text direction of the site.
    pub direction: &'static str,
    /// Texts in the site's language.
    pub texts: &'static Texts,
    pub site_title: String,
    /// Title in the browser's tab and in search results.
    pub title: String,
    /// Title without the site's, for link previews on other sites.
    pub short_title: String,
    pub description: String,
    /// URL of this page.
    pub canonical: Option<String>,
    pub is_indexed: bool,
    /// Open Graph type.
    pub kind: &'static str,
    /// Picture for link previews.
    pub picture: Option<CardPicture>,
    pub published: Option<String>,
    pub modified: Option<String>,
    /// Serialized JSON-LD, safe inside a script element.
    pub json_ld: Option<String>,
    /// Colour of the browser's window around the page, by day and by night: the theme's paper, as `#rrggbb`.
    pub paper: [String; 2],
    pub assets: Arc<Assets>,
    /// URL of the page's script, if it needs one.
    pub script: Option<String>,
    pub navigation: Vec<Link>,
    pub footer: Vec<Link>,
    /// Feeds of the site and of this page.
    pub feeds: Vec<FeedLink>,
}

/// A picture for link previews on other sites.
#[derive(Clone, Debug)]
pub struct CardPicture {
    /// Absolute URL.
    pub address: String,
    pub size: Option<(u32, u32)>,
}

impl CardPicture {
    fn new(site: &Site, picture: &Picture) -> Self {
        Self { address: site.absolute(&picture.shared()), size: picture.shared_size() }
    }
}

/// A feed that programs can discover.
#[derive(Clone, Debug)]
pub struct FeedLink {
    pub media_type: &'static str,
    pub title: String,
    pub href: String,
}

#[derive(Clone, Debug)]
pub struct Link {
    pub label: String,
    pub href: String,
    /// True if it links to the page it is on.
    pub is_current: bool,
}

impl Link {
    fn new(label: impl Into<String>, href: impl Into<String>) -> Self {
        Self { label: label.into(), href: href.into(), is_current: false }
    }
}

impl Layout {
    pub fn new(app: &App, snapshot: &Snapshot, title: &str) -> Self {
        let (site, texts) = (&app.config.site, app.texts());
        let words = &texts.frame;
        let mut footer = vec![Link::new(&words.archive, "/archive"), Link::new(&words.tags, "/tags")];
        if let Some(privacy) = snapshot.pages.iter().find(|page| page.entry.slug.as_str() == "privacy") {
            footer.push(Link::new(&privacy.entry.title, address::encode(&privacy.entry.address)));
        }
        footer.push(Link::new(&words.feed, "/feed.xml"));
        let card = site.card.as_deref().and_then(|name| snapshot.media_named(name));
        Self {
            language: site.language.clone(),
            direction: language::direction(&site.language),
            texts,
            site_title: site.title.clone(),
            title: if title.is_empty() { site.title.clone() } else { format!("{title} · {}", site.title) },
            short_title: if title.is_empty() { site.title.clone() } else { title.to_owned() },
            description: site.description.clone(),
            canonical: None,
            is_indexed: true,
            kind: "website",
            picture: card.map(|file| CardPicture::new(site, &file.picture())),
            published: None,
            modified: None,
            json_ld: None,
            paper: [site.theme.light.paper.hex(), site.theme.dark.paper.hex()],
            assets: app.assets(),
            script: None,
            navigation: navigation(app, snapshot),
            footer,
            feeds: feeds_of(&site.title, "")
                .into_iter()
                .chain([comment_feed(&site.title, "/comments/feed.xml", texts)])
                .collect(),
        }
    }

    /// Layout of the page of a post, page or stretch.
    pub fn of_entry(app: &App, snapshot: &Snapshot, entry: &Entry) -> Self {
        let layout = Self::new(app, snapshot, &entry.title)
            .at(app, &entry.address)
            .described(entry.description())
            .pictured(app, entry.image.as_ref());
        if entry.body.wants_script() { layout.with_script(EMBEDS_SCRIPT) } else { layout }
    }

    /// Sets the canonical URL, from the page's path.
    #[must_use]
    pub fn at(mut self, app: &App, path: &str) -> Self {
        self.canonical = Some(app.config.site.absolute(path));
        for link in self.navigation.iter_mut().chain(&mut self.footer) {
            link.is_current = link.href == path;
        }
        self
    }

    #[must_use]
    pub fn described(self, description: &str) -> Self {
        Self { description: description.to_owned(), ..self }
    }

    #[must_use]
    pub fn not_indexed(self) -> Self {
        Self { is_indexed: false, ..self }
    }

    /// Sets the picture for link previews. SVG is skipped: other sites cannot show it there.
    #[must_use]
    fn pictured(mut self, app: &App, picture: Option<&Picture>) -> Self {
        let raster = picture.filter(|picture| !picture.address.ends_with(".svg"));
        if let Some(picture) = raster {
            self.picture = Some(CardPicture::new(&app.config.site, picture));
        }
        self
    }

    #[must_use]
    pub fn with_script(self, name: &str) -> Self {
        Self { script: Some(self.assets.address(name)), ..self }
    }

    /// Adds feeds of this page's posts; `path` is the page's.
    #[must_use]
    pub fn with_feeds(mut self, title: &str, path: &str) -> Self {
        self.feeds.extend(feeds_of(title, path));
        self
    }

    /// Adds the feed of the comments under a post.
    #[must_use]
    pub fn with_comment_feed(mut self, entry: &Entry) -> Self {
        self.feeds.push(comment_feed(&entry.title, &routes::comment_feed(&entry.slug), self.texts));
        self
    }

    #[must_use]
    pub fn with_json_ld(self, value: &Value) -> Self {
        // `</script>` in a title must not end the element.
        Self { json_ld: Some(value.to_string().replace('<', "\\u003c")), ..self }
    }

    /// Announces an error in the title, for users of screen readers.
    #[must_use]
    pub fn with_error(mut self) -> Self {
        self.title = self.texts.frame.error_title.with(&self.title);
        self.not_indexed()
    }
}

/// Links to a feed in every format; `path` has no slash at its end.
fn feeds_of(title: &str, path: &str) -> Vec<FeedLink> {
    let link = |format: Format| FeedLink {
        media_type: format.media_type(),
        title: title.to_owned(),
        href: address::encode(&format!("{path}/{}", format.name())),
    };
    Format::ALL.into_iter().map(link).collect()
}

fn comment_feed(title: &str, path: &str, texts: &Texts) -> FeedLink {
    FeedLink {
        media_type: Format::Atom.media_type(),
        title: texts.frame.comments_of.with(title),
        href: address::encode(path),
    }
}

/// Navigation from site.toml; by default articles, stretches and, if they are few, pages.
fn navigation(app: &App, snapshot: &Snapshot) -> Vec<Link> {
    let set = &app.config.site.navigation;
    if !set.is_empty() {
        return set.iter().map(|link| Link::new(&link.label, &link.href)).collect();
    }
    let words = &app.texts().frame;
    let mut links = vec![Link::new(&words.articles, "/")];
    if !snapshot.stretches.is_empty() {
        links.push(Link::new(&words.stretches, "/stretches"));
    }
    let pages = snapshot.pages_of_header();
    links.extend(pages.map(|page| Link::new(&page.entry.title, address::encode(&page.entry.address))));
    links
}

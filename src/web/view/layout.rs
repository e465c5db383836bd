//! What stands around every page: its head, the header, the footer.

use serde_json::Value;

use crate::{
    app::App,
    config::Site,
    content::Snapshot,
    domain::{address, language::Direction, picture::Picture, theme::Theme},
    texts::Texts,
    web::{
        assets::{Assets, SCRIPT, STYLE},
        feeds::Format,
        icons::Icon,
    },
};

/// A page's frame. Made by [`Layout::new`] and then told what is special.
#[derive(Clone, Debug)]
pub struct Layout {
    pub language: String,
    /// Of the whole page: the site's.
    pub direction: &'static str,
    /// What the site says in its language.
    pub texts: &'static Texts,
    pub site_title: String,
    /// In the browser's tab and in search results.
    pub title: String,
    /// The title alone, for cards that other sites make.
    pub short_title: String,
    pub description: String,
    /// The whole address of this page.
    pub canonical: Option<String>,
    pub is_indexed: bool,
    /// Open Graph's word for what it is.
    pub kind: &'static str,
    /// A picture for cards.
    pub picture: Option<CardPicture>,
    pub published: Option<String>,
    pub modified: Option<String>,
    /// Finished JSON, safe inside a script element.
    pub json_ld: Option<String>,
    pub look: Look,
    /// At most one, on pages that have a use for it.
    pub script: Option<String>,
    pub navigation: Vec<Link>,
    pub footer: Vec<Link>,
    /// The site's feeds, and those of this page.
    pub feeds: Vec<FeedLink>,
}

/// A picture for the cards that other sites make of a page.
#[derive(Clone, Debug)]
pub struct CardPicture {
    /// Whole.
    pub address: String,
    pub size: Option<(u32, u32)>,
}

impl CardPicture {
    fn new(site: &Site, picture: &Picture) -> Self {
        Self { address: site.absolute(&picture.shared()), size: picture.shared_size() }
    }
}

/// What a page needs to look as site.toml says.
#[derive(Clone, Debug)]
pub struct Look {
    /// Of the window around the page: paper, as `#rrggbb`.
    pub light: String,
    pub dark: String,
    /// Runs before the page is painted.
    pub script: String,
    pub fonts: Vec<String>,
    pub style: String,
    pub icon: Option<Icon>,
    pub touch_icon: Option<Icon>,
}

impl Look {
    fn new(theme: &Theme, assets: &Assets) -> Self {
        Self {
            light: theme.light.paper.hex(),
            dark: theme.dark.paper.hex(),
            script: assets.address(SCRIPT),
            fonts: assets.preloads().to_vec(),
            style: assets.address(STYLE),
            icon: assets.icons().favicon().cloned(),
            touch_icon: assets.icons().raster().cloned(),
        }
    }
}

/// A feed, for programs that look for one.
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
    /// It leads to the page it is on.
    pub is_current: bool,
}

impl Link {
    fn new(label: impl Into<String>, href: impl Into<String>) -> Self {
        Self { label: label.into(), href: href.into(), is_current: false }
    }
}

impl Layout {
    pub fn new(app: &App, snapshot: &Snapshot, title: &str) -> Self {
        let (site, assets, texts) = (&app.config.site, app.assets(), app.texts());
        let words = &texts.frame;
        let mut footer = vec![Link::new(&words.archive, "/archive"), Link::new(&words.tags, "/tags")];
        if let Some(privacy) = snapshot.pages.iter().find(|page| page.entry.slug.as_str() == "privacy") {
            footer.push(Link::new(&privacy.entry.title, address::encode(&privacy.entry.address)));
        }
        footer.push(Link::new(&words.feed, "/feed.xml"));
        let card = site.card.as_deref().and_then(|name| snapshot.media_named(name));
        Self {
            language: site.language.clone(),
            direction: Direction::of(&site.language).as_str(),
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
            look: Look::new(&site.theme, &assets),
            script: None,
            navigation: navigation(app, snapshot),
            footer,
            feeds: feeds_of(&site.title, "")
                .into_iter()
                .chain([comment_feed(&site.title, "/comments/feed.xml", texts)])
                .collect(),
        }
    }

    /// The page's own address, as a path.
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

    /// A picture for cards; drawings stay out, since those who make cards cannot show SVG.
    #[must_use]
    pub fn pictured(mut self, app: &App, picture: Option<&Picture>) -> Self {
        let raster = picture.filter(|picture| !picture.address.ends_with(".svg"));
        if let Some(picture) = raster {
            self.picture = Some(CardPicture::new(&app.config.site, picture));
        }
        self
    }

    #[must_use]
    pub fn with_script(self, app: &App, name: &str) -> Self {
        Self { script: Some(app.assets().address(name)), ..self }
    }

    /// Feeds of this page's posts; `path` is the page's.
    #[must_use]
    pub fn with_feeds(mut self, title: &str, path: &str) -> Self {
        self.feeds.extend(feeds_of(title, path));
        self
    }

    /// The feed of the comments under a post.
    #[must_use]
    pub fn with_comment_feed(mut self, title: &str, path: &str) -> Self {
        self.feeds.push(comment_feed(title, path, self.texts));
        self
    }

    #[must_use]
    pub fn with_json_ld(self, value: &Value) -> Self {
        // `</script>` in a title must not end the element.
        Self { json_ld: Some(value.to_string().replace('<', "\\u003c")), ..self }
    }

    /// Says in the title that something went wrong, for those who hear the page.
    #[must_use]
    pub fn with_error(mut self) -> Self {
        self.title = self.texts.frame.error_title.with(&self.title);
        self.not_indexed()
    }
}

/// The same posts in every format; `path` without a slash at its end.
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

/// As site.toml says, else articles, stretches and pages.
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
    let pages = snapshot.pages.iter().filter(|page| page.entry.slug.as_str() != "privacy");
    links.extend(pages.map(|page| Link::new(&page.entry.title, address::encode(&page.entry.address))));
    links
}

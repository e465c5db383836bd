//! Makes a post, page or stretch of a file: renders its text, finds its picture, collects its problems.

use std::{fs, path::PathBuf, sync::Arc, time::Duration};

use url::Url;

use super::{
    super::{
        effort::Effort,
        front_matter::{CommentsFlag, Fault},
        markdown::{self, Rendered, ids::PICTOGRAM_ID},
        media::MediaFile,
        pictogram,
    },
    files::{Asked, Files, World},
    outline::{self, Outline},
    problem,
    references::{self, Link},
};
use crate::domain::{
    address,
    embed::Embed,
    entry::{Body, Entry, Page, Post, Stretch},
    kind::Kind,
    permalink::Rules,
    picture::Picture,
    problem::{Place, Places, Problem, Severity},
    slug::Slug,
    words::shorten,
};
use crate::texts::{self, Texts};

/// A rendered file.
#[derive(Debug)]
pub(super) struct Made {
    pub item: Item,
    pub problems: Vec<Problem>,
    /// Warnings about unknown keys, reported once for all files.
    pub unknown_keys: Vec<Problem>,
    /// Links into the site, checked when all files are read.
    pub links: Vec<Link>,
    pub asked: Asked,
    /// Refused pictures that the text asked for.
    pub refused: Vec<PathBuf>,
    pub has_remote_picture: bool,
    /// Hash of everything in this file that other files can link to.
    pub print: u64,
    pub links_name_parts: bool,
    /// Links that lead nowhere; `None` if not checked yet.
    pub dead: Option<Vec<Problem>>,
}

impl Made {
    /// Sets the aliases that the file gets. Nothing else of it depends on them.
    pub fn take_aliases(&mut self, aliases: &[String]) {
        self.item.take_aliases(aliases);
        self.print = references::print_of(&self.item);
    }
}

#[derive(Clone, Debug)]
pub(super) enum Item {
    Post(Arc<Post>),
    Page(Arc<Page>),
    Stretch(Arc<Stretch>),
}

impl Item {
    pub fn entry(&self) -> &Entry {
        match self {
            Self::Post(post) => &post.entry,
            Self::Page(page) => &page.entry,
            Self::Stretch(stretch) => &stretch.entry,
        }
    }

    fn take_aliases(&mut self, aliases: &[String]) {
        if self.entry().aliases == aliases {
            return;
        }
        let aliases = aliases.to_vec();
        match self {
            Self::Post(post) => {
                let post = Arc::make_mut(post);
                post.threads = outline::threads(&post.entry.slug, &aliases);
                post.entry.aliases = aliases;
            }
            Self::Page(page) => Arc::make_mut(page).entry.aliases = aliases,
            Self::Stretch(stretch) => Arc::make_mut(stretch).entry.aliases = aliases,
        }
    }
}

/// Everything needed to render a file.
#[derive(Clone, Copy)]
pub(super) struct Maker<'a> {
    pub world: World<'a>,
    pub rules: &'a Rules,
    pub texts: &'static Texts,
    /// Base URL of the site.
    pub ours: Option<&'a Url>,
    /// Longest time for one text.
    pub patience: Duration,
}

impl Maker<'_> {
    /// Renders a file; `None` if that takes too long.
    pub fn make(&self, outline: Outline) -> Option<Made> {
        let path = outline.source.file.path.clone();
        let own = outline.language();
        let texts = own.as_deref().and_then(texts::of).unwrap_or(self.texts);
        let language = own.unwrap_or_else(|| self.rules.language.clone());
        let mut files = Files::new(self.world, &path, texts, language, Effort::new(self.patience));
        let warning = |place, what, mend| problem(Severity::Warning, &path, place, what, mend);
        let told = |fault: &Fault| warning(fault.place, fault.what.clone(), fault.mend.clone());
        let mut problems: Vec<Problem> = outline.warnings.iter().map(told).collect();
        let unknown_keys = outline.unknown_keys.iter().map(told).collect();
        let image = outline.image().and_then(|(key, name)| match files.find(&name) {
            Some(file) => fit(file, key, &name, &outline, &mut problems),
            None => {
                problems.push(missing(key, &name, &outline));
                None
            }
        });
        files.has_cover = image.is_some();
        let Rendered { body, remarks, links, frames, has_remote_picture } =
            markdown::render(outline.markdown(), &files);
        if files.effort.is_late() {
            return None;
        }
        let places = Places::of(&outline.text);
        let place_at = |at| places.at(outline.body_start + at);
        for remark in remarks {
            problems.push(warning(place_at(remark.at), remark.what, remark.mend.to_string()));
        }
        problems.extend(references::refused(self.rules, &path, &frames, place_at));
        problems.extend(references::unknown_stretches(&outline, &files));
        let links = self.links(&outline.address, links, place_at);
        let image = image.as_deref();
        let item = match outline.source.kind {
            Kind::Post => Item::Post(Arc::new(self.post(outline, body, image))),
            Kind::Page => Item::Page(Arc::new(page(outline, body, image))),
            Kind::Stretch => {
                let embed = outline.front_matter.text("video").and_then(|name| {
                    markdown::embed(&name, None, &files).or_else(|| {
                        problems.push(missing("video", &name, &outline));
                        None
                    })
                });
                Item::Stretch(Arc::new(stretch(outline, body, image, embed, &mut problems)))
            }
        };
        let (asked, refused) = files.into_asked();
        let (print, links_name_parts) = (references::print_of(&item), references::name_parts(&links));
        Some(Made {
            item,
            problems: problem::merged(problems),
            unknown_keys,
            links,
            asked,
            refused,
            has_remote_picture,
            print,
            links_name_parts,
            dead: None,
        })
    }

    fn links(&self, page: &str, found: Vec<markdown::Reference>, place_at: impl Fn(usize) -> Place) -> Vec<Link> {
        let Some(page) = self.ours.and_then(|ours| ours.join(&address::encode(page)).ok()) else {
            return Vec::new();
        };
        let link = |found: markdown::Reference| Link::new(&page, place_at(found.at), found.to);
        let mut links: Vec<Link> = found.into_iter().filter_map(link).collect();
        links.shrink_to_fit();
        links
    }

    fn post(&self, outline: Outline, body: Body, image: Option<&MediaFile>) -> Post {
        let date = outline.date.clone();
        let front_matter = &outline.front_matter;
        let close_after = self.rules.close_after.filter(|_| front_matter.comments() != CommentsFlag::Open);
        let mut post = Post {
            updated: outline.updated.clone(),
            tags: outline.tags(),
            series: front_matter.texts("series").into_iter().next(),
            authors: front_matter.texts("authors"),
            comments_open: front_matter.comments() != CommentsFlag::Closed,
            comments_until: None,
            featured: front_matter.is_featured(),
            threads: outline::threads(&outline.slug, &outline.aliases),
            entry: entry(outline, body, image.map(MediaFile::picture)),
            date,
        };
        // A time after the end of the calendar never comes, so it is `None`.
        post.comments_until = close_after.and_then(|after| post.appeared()?.checked_add(after).ok());
        post
    }
}

/// Problem of a key that names a missing file.
fn missing(key: &str, name: &str, outline: &Outline) -> Problem {
    let what = format!("there is no file {name:?} for {key}");
    let mend = "Put it beside the Markdown file or into content/media, or correct the name.";
    problem(Severity::Warning, &outline.source.file.path, outline.place_of(key), what, mend)
}

/// Picture of the front matter, unless it is refused.
fn fit(
    file: Arc<MediaFile>,
    key: &str,
    name: &str,
    outline: &Outline,
    problems: &mut Vec<Problem>,
) -> Option<Arc<MediaFile>> {
    let Some(refusal) = &file.refusal else { return Some(file) };
    let what = format!("the picture {name:?} is left out: {}", refusal.what);
    let place = outline.place_of(key);
    problems.push(problem(Severity::Warning, &outline.source.file.path, place, what, refusal.mend));
    None
}

fn page(outline: Outline, body: Body, image: Option<&MediaFile>) -> Page {
    Page { updated: outline.updated.clone(), entry: entry(outline, body, image.map(MediaFile::picture)) }
}

fn stretch(
    outline: Outline,
    body: Body,
    picture: Option<&MediaFile>,
    video: Option<Embed>,
    problems: &mut Vec<Problem>,
) -> Stretch {
    let is_svg = |file: &&MediaFile| file.media_type == "image/svg+xml";
    let svg = picture.filter(is_svg).and_then(|file| Some((file, fs::read_to_string(&file.path).ok()?)));
    let pictogram = svg.and_then(|(file, svg)| {
        let inlined = pictogram::inline(&svg, &format!("{PICTOGRAM_ID}{}", outline.slug));
        if inlined.is_none() {
            let what = "this picture has a script or a style in it and cannot stand inside a page";
            let mend = "Save it with presentation attributes (fill=…, stroke=…) only.";
            problems.push(problem(Severity::Warning, &file.path, Place::START, what, mend));
        }
        inlined
    });
    let facts = &outline.front_matter;
    let slug = |key: &str| Slug::from_text(&facts.text(key)?);
    Stretch {
        names: facts.texts("names"),
        areas: facts.texts("areas"),
        equipment: facts.texts("equipment"),
        position: facts.text("position"),
        hold_seconds: facts.number("hold_seconds"),
        repeats: facts.number("repeats"),
        sides: facts.choice("sides"),
        sets: facts.number("sets"),
        level: facts.choice("level"),
        video,
        pictogram,
        easier: slug("easier"),
        harder: slug("harder"),
        feel: facts.text("feel"),
        stop_if: facts.text("stop_if"),
        credit: facts.text("credit"),
        entry: entry(outline, body, picture.map(MediaFile::picture)),
    }
}

/// Longest excerpt made from the start of a text, in characters.
const EXCERPT: usize = 280;
/// Longest description, in characters: as much as search engines show.
const DESCRIPTION: usize = 155;

fn entry(outline: Outline, mut body: Body, image: Option<Picture>) -> Entry {
    let description = outline.front_matter.text("description");
    let before_more = body.excerpt.take();
    let text = body.text.get(..body.main).unwrap_or(&body.text).to_owned();
    let described = description.clone().or_else(|| Some(shorten(before_more.as_deref()?, DESCRIPTION)));
    let language = outline.language();
    Entry {
        slug: outline.slug,
        address: outline.address,
        aliases: outline.aliases,
        title: outline.title,
        description: described.unwrap_or_else(|| shorten(&text, DESCRIPTION)),
        excerpt: before_more.or_else(|| description.clone()).unwrap_or_else(|| shorten(&text, EXCERPT)),
        dek: description,
        image,
        body: body.into(),
        draft: outline.draft,
        publish_at: outline.publish_at,
        expire_at: outline.expire_at,
        language,
        file: outline.source.file.path,
    }
}

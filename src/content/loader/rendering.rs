//! Makes a post, page or stretch from a file: finds its picture, renders its text on first use, collects its problems.

use std::{
    fs,
    hash::{DefaultHasher, Hash, Hasher},
    path::PathBuf,
    sync::{Arc, OnceLock},
    time::Duration,
};

use url::Url;

use super::{
    super::{
        effort::Effort,
        front_matter::{CommentsFlag, Fault},
        markdown::{self, Lookup, Remark, Rendered, ids::PICTOGRAM_ID},
        media::MediaFile,
        pictogram,
    },
    links::{Ids, Link, Links, refused_frames},
    lookups::{Lookups, Recorder, References},
    outline::{self, Outline},
};
use crate::domain::{
    address,
    embed::Embed,
    entry::{Body, Content, Entry, Kind, LazyBody, Page, Post, Stretch},
    permalink::Rules,
    problem::{self, Place, Places, Problem},
    slug::Slug,
};
use crate::texts::{self, Texts};

/// A post, page or stretch, with everything that the loader needs to know of it. Its text is rendered when it is first
/// used.
#[derive(Debug)]
pub(super) struct RenderedEntry {
    pub content: Content,
    /// Warnings about unknown keys, reported once for all files.
    pub unknown_keys: Vec<Problem>,
    /// Hash of everything in this file that other files can link to, except its ids.
    pub addresses_hash: u64,
    /// Links that lead nowhere; `None` if not checked yet.
    pub dead_links: Option<Vec<Problem>>,
    /// Edition of the site for which all lookups hold.
    pub edition: usize,
    /// Set when the text is rendered.
    findings: Arc<OnceLock<Findings>>,
}

/// Everything that is found in a file besides its content.
#[derive(Debug, Default)]
pub(super) struct Findings {
    pub problems: Vec<Problem>,
    /// Links into the site, checked when all files are read.
    pub links: Links,
    /// Ids that links may lead to.
    pub ids: Ids,
    /// Hash of the ids.
    pub ids_hash: u64,
    /// Refused pictures that the file asked for.
    pub refused: Vec<PathBuf>,
    /// Lookups made for the front matter, then those for the text.
    lookups: Vec<Lookups>,
    pub has_remote_picture: bool,
    /// True if rendering took too long. Nothing of it is of use then.
    pub is_late: bool,
}

impl RenderedEntry {
    /// Sets the aliases that the file gets. Nothing else of it depends on them.
    pub fn set_aliases(&mut self, aliases: &[String]) {
        if self.content.entry().aliases == aliases {
            return;
        }
        if let Content::Post(post) = &mut self.content {
            let threads = outline::threads(&post.entry.slug, aliases);
            Arc::make_mut(post).threads = threads;
        }
        self.content.entry_mut().aliases = aliases.to_vec();
        self.addresses_hash = hash_of_addresses(&self.content);
    }

    /// Findings in the file; `None` if it is not rendered yet.
    pub fn findings(&self) -> Option<&Findings> {
        self.findings.get()
    }

    /// True if its text shows a picture from another server, or is not rendered yet.
    pub fn may_have_remote_picture(&self) -> bool {
        self.findings().is_none_or(|found| found.has_remote_picture)
    }

    /// True if all lookups would give the same results now.
    pub fn holds(&self, references: &References) -> bool {
        let lookups = self.findings().into_iter().flat_map(|found| &found.lookups);
        lookups.into_iter().all(|lookups| lookups.hold(references, &self.content.entry().file))
    }
}

/// Hash of everything in a file that other files can link to, but for its ids.
fn hash_of_addresses(content: &Content) -> u64 {
    let mut hasher = DefaultHasher::new();
    let entry = content.entry();
    (&entry.address, &entry.aliases, &entry.slug, entry.draft, &entry.file).hash(&mut hasher);
    if let Content::Post(post) = content {
        (&post.series, &post.threads, post.month()).hash(&mut hasher);
        post.tags.iter().for_each(|tag| tag.slug.hash(&mut hasher));
    }
    hasher.finish()
}

/// Everything needed to render a file.
#[derive(Clone, Debug)]
pub(super) struct Renderer {
    pub references: References,
    pub rules: Arc<Rules>,
    pub texts: &'static Texts,
    /// Base URL of the site.
    pub base: Option<Url>,
    /// Longest time for one text.
    pub patience: Duration,
}

impl Renderer {
    pub fn new(content: PathBuf, rules: Rules, texts: &'static Texts, patience: Duration) -> Self {
        let base = Url::parse(&rules.base_url).ok();
        let references = References { content, ..References::default() };
        Self { references, rules: Arc::new(rules), texts, base, patience }
    }

    fn recorder<'a>(&'a self, outline: &'a Outline) -> Recorder<'a> {
        let language = outline.language();
        let texts = language.as_deref().and_then(texts::of).unwrap_or(self.texts);
        let language = language.unwrap_or_else(|| self.rules.language.clone());
        Recorder::new(&self.references, &outline.source.file.path, texts, language, Effort::new(self.patience))
    }

    /// Makes the entry of a file. Its text is rendered later.
    pub fn make(self: &Arc<Self>, outline: Outline, edition: usize) -> RenderedEntry {
        let outline = Arc::new(outline);
        let file = &outline.source.file.path;
        let recorder = self.recorder(&outline);
        let warning = |fault: &Fault| Problem::warning(file, fault.place, &*fault.what, &*fault.mend);
        let mut problems: Vec<Problem> = outline.warnings.iter().map(warning).collect();
        let unknown_keys = outline.unknown_keys.iter().map(warning).collect();
        let image = outline.image().and_then(|(key, name)| match recorder.find(&name) {
            Some(file) => usable(file, key, &name, &outline, &mut problems),
            None => {
                problems.push(missing(key, &name, &outline));
                None
            }
        });
        problems.extend(unknown_stretches(&outline, &recorder));
        let video = outline.front_matter.text("video").filter(|_| outline.source.kind == Kind::Stretch);
        let video = video.and_then(|name| {
            markdown::embed(&name, None, &recorder).or_else(|| {
                problems.push(missing("video", &name, &outline));
                None
            })
        });
        let (lookups, refused) = recorder.into_lookups();
        let of_stretch = image.as_deref().filter(|_| outline.source.kind == Kind::Stretch);
        let pictogram = of_stretch.and_then(|file| inlined_svg(file, &outline.slug, &mut problems));
        let found = Findings { problems, refused, lookups: vec![lookups], ..Findings::default() };
        let findings: Arc<OnceLock<Findings>> = Arc::default();
        let body = {
            let (renderer, outline, findings) = (Arc::clone(self), Arc::clone(&outline), Arc::clone(&findings));
            let has_cover = image.is_some();
            LazyBody::new(outline.may_show_stretches, move || {
                let (body, found) = renderer.render(&outline, has_cover, found);
                findings.get_or_init(|| found);
                body
            })
        };
        let entry = Entry {
            slug: outline.slug.clone(),
            address: outline.address.clone(),
            aliases: outline.aliases.clone(),
            title: outline.title.clone(),
            dek: outline.front_matter.sentence("description"),
            image: image.as_deref().map(MediaFile::picture),
            body,
            draft: outline.draft,
            publish_at: outline.publish_at,
            expire_at: outline.expire_at,
            language: outline.language(),
            file: file.clone(),
        };
        let content = match outline.source.kind {
            Kind::Post => Content::Post(Arc::new(self.post(entry, &outline))),
            Kind::Page => Content::Page(Arc::new(Page { entry, updated: outline.updated.clone() })),
            Kind::Stretch => Content::Stretch(Arc::new(stretch(entry, &outline, pictogram, video))),
        };
        let addresses_hash = hash_of_addresses(&content);
        RenderedEntry { content, unknown_keys, addresses_hash, dead_links: None, edition, findings }
    }

    /// Renders a text. Its findings are added to those of the front matter.
    fn render(&self, outline: &Outline, has_cover: bool, mut found: Findings) -> (Body, Findings) {
        let (file, text, body_start) = (&outline.source.file.path, outline.text.unpack(), outline.body_start());
        let mut recorder = self.recorder(outline);
        (recorder.has_cover, recorder.folders) = (has_cover, outline.folders());
        let Rendered { body, remarks, links, frames, has_remote_picture } =
            markdown::render(&text[body_start..], &recorder);
        let places = Places::of(&text);
        let place_at = |at| places.at(body_start + at);
        let warning = |remark: Remark| Problem::warning(file, place_at(remark.at), remark.what, remark.mend);
        found.problems.extend(remarks.into_iter().map(warning));
        found.problems.extend(refused_frames(&self.rules, file, &frames, place_at));
        found.problems = problem::merged(found.problems);
        let page = self.base.as_ref().and_then(|base| base.join(&address::encode(&outline.address)).ok());
        let link = |link: markdown::Reference| Link::new(page.as_ref()?, place_at(link.at), link.to);
        found.links = links.into_iter().filter_map(link).collect();
        found.ids = Ids::of(&body);
        found.ids_hash = found.ids.hash_with(file);
        found.is_late = recorder.effort.is_late();
        found.has_remote_picture = has_remote_picture;
        let (lookups, refused) = recorder.into_lookups();
        found.lookups.push(lookups);
        found.refused.extend(refused);
        (body, found)
    }

    fn post(&self, entry: Entry, outline: &Outline) -> Post {
        let facts = &outline.front_matter;
        let close_after = self.rules.close_after.filter(|_| facts.comments() != CommentsFlag::Open);
        let mut post = Post {
            date: outline.date.clone(),
            updated: outline.updated.clone(),
            tags: outline.tags(),
            series: facts.texts("series").into_iter().next(),
            authors: facts.texts("authors"),
            comments_open: facts.comments() != CommentsFlag::Closed,
            comments_until: None,
            featured: facts.is_featured(),
            threads: outline::threads(&entry.slug, &entry.aliases),
            entry,
        };
        // A time beyond jiff's years is never reached, so it is `None`.
        post.comments_until = close_after.and_then(|after| post.appeared()?.checked_add(after).ok());
        post
    }
}

fn stretch(entry: Entry, outline: &Outline, pictogram: Option<String>, video: Option<Embed>) -> Stretch {
    let facts = &outline.front_matter;
    let slug = |key: &str| Slug::from_text(&facts.text(key)?);
    Stretch {
        entry,
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
    }
}

/// SVG picture for use inside a page; `None` for other pictures.
fn inlined_svg(file: &MediaFile, slug: &Slug, problems: &mut Vec<Problem>) -> Option<String> {
    if file.media_type != "image/svg+xml" {
        return None;
    }
    let svg = fs::read_to_string(&file.path).ok()?;
    let inlined = pictogram::inline(&svg, &format!("{PICTOGRAM_ID}{slug}"));
    if inlined.is_none() {
        let what = "this picture contains a script or a style, so it cannot be part of a page";
        let mend = "Save it with presentation attributes (fill=…, stroke=…) only.";
        problems.push(Problem::warning(&file.path, Place::START, what, mend));
    }
    inlined
}

/// Problem of a key that names a missing file.
fn missing(key: &str, name: &str, outline: &Outline) -> Problem {
    let what = format!("there is no file {name:?} for {key}");
    let mend = "Put it beside the Markdown file or into content/media, or correct the name.";
    Problem::warning(&outline.source.file.path, outline.place_of(key), what, mend)
}

/// Picture of the front matter, unless it is refused.
fn usable(
    file: Arc<MediaFile>,
    key: &str,
    name: &str,
    outline: &Outline,
    problems: &mut Vec<Problem>,
) -> Option<Arc<MediaFile>> {
    let Some(refusal) = &file.refusal else { return Some(file) };
    let what = format!("the picture {name:?} is left out: {}", refusal.what);
    problems.push(Problem::warning(&outline.source.file.path, outline.place_of(key), what, refusal.mend));
    None
}

/// Problems of names under `easier` and `harder` that no stretch has.
fn unknown_stretches(outline: &Outline, lookup: &impl Lookup) -> Vec<Problem> {
    let named = ["easier", "harder"].into_iter().filter_map(|key| Some((key, outline.front_matter.text(key)?)));
    let unknown = named.filter(|(_, name)| Slug::from_text(name).is_none_or(|slug| !lookup.has_stretch(&slug)));
    let problem = |(key, name): (&str, String)| {
        let what = format!("there is no stretch called {name:?}");
        let mend = format!("Write content/stretches/{name}.md, or correct the name.");
        Problem::warning(&outline.source.file.path, outline.place_of(key), what, mend)
    };
    unknown.map(problem).collect()
}

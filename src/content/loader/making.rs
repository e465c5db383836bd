//! Makes a post, page or stretch of a file: finds its picture, renders its text on first use, collects its problems.

use std::{
    collections::HashSet,
    fs,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use url::Url;

use super::{
    super::{
        effort::Effort,
        front_matter::{CommentsFlag, Fault},
        markdown::{self, Remark, Rendered, ids::PICTOGRAM_ID},
        media::MediaFile,
        pictogram,
    },
    files::{Asked, Files, World},
    outline::{self, Folders, Outline},
    problem,
    references::{self, Link},
};
use crate::domain::{
    address,
    embed::Embed,
    entry::{Body, Entry, LazyBody, PackedText, Page, Post, Stretch},
    kind::Kind,
    permalink::Rules,
    picture::Picture,
    problem::{Place, Places, Problem, Severity},
    slug::Slug,
};
use crate::texts::{self, Texts};

/// A file whose entry is made. Its text is rendered when it is first used.
#[derive(Debug)]
pub(super) struct Made {
    pub item: Item,
    /// Problems; until the text is rendered, only those of the front matter.
    pub problems: Vec<Problem>,
    /// Warnings about unknown keys, reported once for all files.
    pub unknown_keys: Vec<Problem>,
    /// Links into the site, checked when all files are read.
    pub links: Vec<Link>,
    /// Ids that links may lead to.
    pub ids: HashSet<Box<str>>,
    /// Hash of the ids.
    pub ids_print: u64,
    /// Refused pictures that the text asked for.
    pub refused: Vec<PathBuf>,
    /// Hash of everything in this file that other files can link to, but for its ids.
    pub print: u64,
    /// Links that lead nowhere; `None` if not checked yet.
    pub dead: Option<Vec<Problem>>,
    /// Edition of the site for which all lookups hold.
    pub edition: usize,
    /// Lookups made for the front matter, then those for the text.
    asked: Vec<Asked>,
    has_remote_picture: bool,
    /// Findings in the text, until they are taken over.
    findings: Option<Arc<Mutex<Option<Findings>>>>,
}

/// Everything that rendering a text finds besides its body.
#[derive(Debug)]
struct Findings {
    problems: Vec<Problem>,
    links: Vec<Link>,
    ids: HashSet<Box<str>>,
    asked: Asked,
    refused: Vec<PathBuf>,
    has_remote_picture: bool,
    /// True if rendering took too long. Nothing of it is of use then.
    is_late: bool,
}

impl Made {
    /// Sets the aliases that the file gets. Nothing else of it depends on them.
    pub fn take_aliases(&mut self, aliases: &[String]) {
        if self.item.entry().aliases == aliases {
            return;
        }
        self.item.take_aliases(aliases);
        self.print = references::print_of(&self.item);
    }

    pub fn is_rendered(&self) -> bool {
        self.findings.is_none()
    }

    /// Takes over the findings of a text that was rendered. Returns false if that took too long.
    pub fn take_findings(&mut self) -> bool {
        let findings = self.findings.take();
        let Some(found) = findings.and_then(|found| found.lock().unwrap_or_else(PoisonError::into_inner).take()) else {
            return true;
        };
        self.problems.extend(found.problems);
        self.problems = problem::merged(std::mem::take(&mut self.problems));
        self.links = found.links;
        self.ids_print = references::print_of_ids(&self.item.entry().file, &found.ids);
        self.ids = found.ids;
        self.refused.extend(found.refused);
        self.asked.push(found.asked);
        self.has_remote_picture = found.has_remote_picture;
        !found.is_late
    }

    /// True if its text shows a picture from another server, or is not rendered yet.
    pub fn may_have_remote_picture(&self) -> bool {
        self.has_remote_picture || !self.is_rendered()
    }

    /// True if all lookups would give the same results now.
    pub fn holds(&self, world: &World) -> bool {
        self.asked.iter().all(|asked| asked.holds(world, &self.item.entry().file))
    }

    /// True if a link has a fragment: its target depends on the page's text, not on addresses alone.
    pub fn links_name_parts(&self) -> bool {
        self.links.iter().any(|link| !link.fragment.is_empty())
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
#[derive(Clone, Debug)]
pub(super) struct Maker {
    pub world: World,
    pub rules: Arc<Rules>,
    pub texts: &'static Texts,
    /// Base URL of the site.
    pub ours: Option<Url>,
    /// Longest time for one text.
    pub patience: Duration,
}

/// A text that is not rendered yet.
struct Manuscript {
    file: PathBuf,
    /// Text of the whole file, compressed.
    text: PackedText,
    /// Start of the Markdown in `text`, in bytes.
    body_start: usize,
    language: Option<String>,
    address: String,
    folders: Folders,
    has_cover: bool,
}

impl Maker {
    pub fn new(content: PathBuf, rules: Rules, texts: &'static Texts, patience: Duration) -> Self {
        let ours = Url::parse(&rules.base_url).ok();
        let world = World { content, ..World::default() };
        Self { world, rules: Arc::new(rules), texts, ours, patience }
    }

    fn files<'a>(&'a self, file: &'a Path, language: Option<&str>) -> Files<'a> {
        let texts = language.and_then(texts::of).unwrap_or(self.texts);
        let language = language.unwrap_or(&self.rules.language).to_owned();
        Files::new(&self.world, file, texts, language, Effort::new(self.patience))
    }

    /// Makes the entry of a file. Its text is rendered later.
    pub fn make(self: &Arc<Self>, outline: Outline, edition: usize) -> Made {
        let path = outline.source.file.path.clone();
        let language = outline.language();
        let files = self.files(&path, language.as_deref());
        let warning = |fault: &Fault| problem(Severity::Warning, &path, fault.place, &fault.what, &fault.mend);
        let mut problems: Vec<Problem> = outline.warnings.iter().map(warning).collect();
        let unknown_keys = outline.unknown_keys.iter().map(warning).collect();
        let image = outline.image().and_then(|(key, name)| match files.find(&name) {
            Some(file) => fit(file, key, &name, &outline, &mut problems),
            None => {
                problems.push(missing(key, &name, &outline));
                None
            }
        });
        problems.extend(references::unknown_stretches(&outline, &files));
        let video = outline.front_matter.text("video").filter(|_| outline.source.kind == Kind::Stretch);
        let video = video.and_then(|name| {
            markdown::embed(&name, None, &files).or_else(|| {
                problems.push(missing("video", &name, &outline));
                None
            })
        });
        let (asked, refused) = files.into_asked();
        let findings = Arc::new(Mutex::new(None));
        let draw = |outline: &mut Outline| {
            let text = std::mem::take(&mut outline.text);
            let may_show_stretches = text.contains("![[");
            let manuscript = Manuscript {
                file: path.clone(),
                text: text.as_str().into(),
                body_start: outline.body_start,
                language,
                address: outline.address.clone(),
                folders: outline.folders(),
                has_cover: image.is_some(),
            };
            let (maker, findings) = (Arc::clone(self), Arc::clone(&findings));
            LazyBody::new(may_show_stretches, move || {
                let (body, found) = maker.render(&manuscript);
                *findings.lock().unwrap_or_else(PoisonError::into_inner) = Some(found);
                body
            })
        };
        let picture = image.as_deref();
        let item = match outline.source.kind {
            Kind::Post => Item::Post(Arc::new(self.post(outline, draw, picture))),
            Kind::Page => Item::Page(Arc::new(page(outline, draw, picture))),
            Kind::Stretch => Item::Stretch(Arc::new(stretch(outline, draw, picture, video, &mut problems))),
        };
        Made {
            print: references::print_of(&item),
            item,
            problems,
            unknown_keys,
            links: Vec::new(),
            ids: HashSet::new(),
            ids_print: 0,
            refused,
            dead: None,
            edition,
            asked: vec![asked],
            has_remote_picture: false,
            findings: Some(findings),
        }
    }

    fn render(&self, manuscript: &Manuscript) -> (Body, Findings) {
        let Manuscript { file, text, body_start, language, address, folders, has_cover } = manuscript;
        let text = text.unpack();
        let mut files = self.files(file, language.as_deref());
        files.has_cover = *has_cover;
        files.folders = folders.clone();
        let Rendered { body, remarks, links, frames, has_remote_picture } =
            markdown::render(&text[*body_start..], &files);
        let is_late = files.effort.is_late();
        let places = Places::of(&text);
        let place_at = |at| places.at(body_start + at);
        let remark = |remark: Remark| problem(Severity::Warning, file, place_at(remark.at), remark.what, remark.mend);
        let mut problems: Vec<Problem> = remarks.into_iter().map(remark).collect();
        problems.extend(references::refused(&self.rules, file, &frames, place_at));
        let links = self.links(address, links, place_at);
        let (asked, refused) = files.into_asked();
        let ids = references::ids_of(&body);
        (body, Findings { problems, links, ids, asked, refused, has_remote_picture, is_late })
    }

    fn links(&self, page: &str, found: Vec<markdown::Reference>, place_at: impl Fn(usize) -> Place) -> Vec<Link> {
        let Some(page) = self.ours.as_ref().and_then(|ours| ours.join(&address::encode(page)).ok()) else {
            return Vec::new();
        };
        let link = |found: markdown::Reference| Link::new(&page, place_at(found.at), found.to);
        let mut links: Vec<Link> = found.into_iter().filter_map(link).collect();
        links.shrink_to_fit();
        links
    }

    fn post(&self, outline: Outline, draw: impl FnOnce(&mut Outline) -> LazyBody, image: Option<&MediaFile>) -> Post {
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
            entry: entry(outline, draw, image.map(MediaFile::picture)),
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

fn page(outline: Outline, draw: impl FnOnce(&mut Outline) -> LazyBody, image: Option<&MediaFile>) -> Page {
    Page { updated: outline.updated.clone(), entry: entry(outline, draw, image.map(MediaFile::picture)) }
}

fn stretch(
    outline: Outline,
    draw: impl FnOnce(&mut Outline) -> LazyBody,
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
        entry: entry(outline, draw, picture.map(MediaFile::picture)),
    }
}

fn entry(mut outline: Outline, draw: impl FnOnce(&mut Outline) -> LazyBody, image: Option<Picture>) -> Entry {
    let body = draw(&mut outline);
    let language = outline.language();
    let dek = outline.front_matter.text("description");
    Entry {
        slug: outline.slug,
        address: outline.address,
        aliases: outline.aliases,
        title: outline.title,
        dek,
        image,
        body,
        draft: outline.draft,
        publish_at: outline.publish_at,
        expire_at: outline.expire_at,
        language,
        file: outline.source.file.path,
    }
}

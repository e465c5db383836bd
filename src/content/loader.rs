//! From files to a [`Library`]: everything there is to publish, whatever its date, and all that is wrong with it.
//!
//! One bad file never takes the others down: it keeps its last good version, or stays out, and is reported.

mod collisions;
mod outline;
mod references;
mod site_toml;
mod strangers;
mod unfit;

use std::{
    cell::RefCell,
    collections::{BTreeMap, HashMap, HashSet},
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use jiff::Timestamp;

use super::{
    front_matter::CommentsFlag,
    markdown::{self, Linked, Lookup, Rendered},
    media::{MediaFile, MediaIndex},
    pictogram,
    source::{self, Kind, Source},
    told,
};
use crate::domain::{
    address,
    embed::Told,
    entry::{Body, Entry, Page, Post, Stretch},
    permalink::Rules,
    picture::Picture,
    problem::{Place, Problem, Severity},
    slug::Slug,
};
use crate::texts::{self, Texts};
use outline::Outline;
use references::Link;
pub use site_toml::named;

/// All content of a site, published or not.
#[derive(Debug, Default)]
pub struct Library {
    pub posts: Vec<Arc<Post>>,
    pub pages: Vec<Arc<Page>>,
    pub stretches: BTreeMap<Slug, Arc<Stretch>>,
    pub media: MediaIndex,
    /// Sorted by file and line.
    pub problems: Vec<Problem>,
    /// Some page shows a picture from another server.
    pub has_remote_picture: bool,
}

/// Reads a content folder again and again, and remembers the last good version of each file.
#[derive(Debug)]
pub struct Loader {
    content: PathBuf,
    rules: Rules,
    /// What the site says in its language; a text in another has its own words where there are any.
    texts: &'static Texts,
    last_good: HashMap<PathBuf, String>,
    /// Files that had their address at the last load: a newcomer that wants it must not drive them out.
    settled: HashSet<PathBuf>,
    media: MediaIndex,
    /// What providers have told, by the file that says so.
    told: HashMap<PathBuf, Told>,
}

impl Loader {
    pub fn new(content: PathBuf, rules: Rules, texts: &'static Texts) -> Self {
        Self {
            content,
            rules,
            texts,
            last_good: HashMap::new(),
            settled: HashSet::new(),
            media: MediaIndex::default(),
            told: HashMap::new(),
        }
    }

    /// Reads everything that is there now.
    ///
    /// # Errors
    /// The content folder cannot be read. A single file that cannot is a problem in the library.
    pub fn load(&mut self) -> io::Result<Library> {
        let tree = source::find(&self.content)?;
        self.media = MediaIndex::build(&tree.media, &self.media);
        let mut problems: Vec<Problem> = tree.unreadable.iter().map(unreadable).collect();
        problems.extend(strangers::all(&tree));
        let (told, faults) = told::read_all(&tree.media);
        self.told = told;
        problems.extend(faults);
        problems.extend(site_toml::problems(&self.content, &self.rules, &self.media));
        let outlines: Vec<Outline> =
            tree.sources.into_iter().filter_map(|source| self.outline(source, &mut problems)).collect();
        let outlines = collisions::resolve(outlines, &self.settled, &mut problems);
        self.settled = outlines.iter().map(|outline| outline.source.file.path.clone()).collect();

        let names = Names::of(&outlines);
        let mut library = Library { media: self.media.clone(), problems, ..Library::default() };
        let refused = RefCell::new(HashSet::new());
        let mut links = references::navigation(&self.content, &self.rules);
        for outline in outlines {
            self.add(&mut library, &mut links, outline, &names, &refused);
        }
        library.problems.extend(unfit::all(&self.media, &refused.into_inner()));
        let dead = references::dead(&self.rules, &library, &links);
        library.problems.extend(dead);
        library.problems.sort_by(|a, b| (&a.file, a.line, a.column).cmp(&(&b.file, b.line, b.column)));
        Ok(library)
    }

    /// The head of a file, or of its last good version.
    fn outline(&mut self, source: Source, problems: &mut Vec<Problem>) -> Option<Outline> {
        let path = source.file.path.clone();
        let last_good = self.last_good.get(&path).cloned();
        let kept = if last_good.is_some() { "Its last good version stays online." } else { "It stays out until then." };
        let mut error = |place: Place, what: String, mend: &str| {
            problems.push(problem(Severity::Error, &path, place, what, format!("{mend} {kept}")));
        };
        let text = match fs::read(&path).map(String::from_utf8) {
            Ok(Ok(text)) => Some(text),
            Ok(Err(not_utf8)) => {
                let at = not_utf8.utf8_error().valid_up_to();
                let good = String::from_utf8_lossy(&not_utf8.as_bytes()[..at]).into_owned();
                error(Place::of_byte(&good, at), "the file is not UTF-8".to_owned(), "Save it as UTF-8.");
                None
            }
            // Deleted between finding and reading: no file, no problem.
            Err(gone) if gone.kind() == io::ErrorKind::NotFound => return None,
            Err(unreadable) => {
                error(Place::START, format!("the file cannot be read ({unreadable})"), "Look at its permissions.");
                None
            }
        };
        if let Some(text) = text {
            match Outline::read(source.clone(), &text, &self.rules) {
                Ok(outline) => {
                    self.last_good.insert(path, text);
                    return Some(outline);
                }
                Err(fault) => error(fault.place, fault.what, &fault.mend),
            }
        }
        Outline::read(source, &last_good?, &self.rules).ok()
    }

    fn add(
        &self,
        library: &mut Library,
        links: &mut Vec<Link>,
        outline: Outline,
        names: &Names,
        refused: &RefCell<HashSet<PathBuf>>,
    ) {
        let path = outline.source.file.path.clone();
        let texts = outline.language().and_then(|language| texts::of(&language)).unwrap_or(self.texts);
        let mut files = Files { loader: self, file: &path, names, texts, has_cover: false, refused };
        for fault in &outline.warnings {
            library.problems.push(problem(Severity::Warning, &path, fault.place, &fault.what, &fault.mend));
        }
        let image = outline.image().and_then(|(key, name)| match files.find(name) {
            Some(file) => fit(file, key, name, &outline, &mut library.problems),
            None => {
                library.problems.push(missing(key, name, &outline));
                None
            }
        });
        files.has_cover = image.is_some();
        let Rendered { body, remarks, links: found, frames, has_remote_picture } =
            markdown::render(outline.markdown(), &files);
        for remark in remarks {
            library.problems.push(problem(
                Severity::Warning,
                &path,
                outline.place_at(remark.at),
                remark.what,
                remark.mend,
            ));
        }
        library.problems.extend(references::refused(&self.rules, &outline, &frames));
        library.problems.extend(references::unknown_stretches(&outline, &names.stretches));
        links.extend(found.into_iter().map(|link| Link::new(&outline, link)));
        library.has_remote_picture |= has_remote_picture;
        match outline.source.kind {
            Kind::Post => library.posts.push(Arc::new(self.post(outline, body, image.as_deref()))),
            Kind::Page => library.pages.push(Arc::new(page(outline, body, image.as_deref()))),
            Kind::Stretch => {
                let video = outline.front_matter.facts.video.as_deref();
                let embed = video.and_then(|name| {
                    markdown::embed(name, None, &files).or_else(|| {
                        library.problems.push(missing("video", name, &outline));
                        None
                    })
                });
                let stretch = stretch(outline, body, image.as_deref(), embed, library);
                library.stretches.insert(stretch.entry.slug.clone(), Arc::new(stretch));
            }
        }
    }

    fn post(&self, outline: Outline, body: Body, image: Option<&MediaFile>) -> Post {
        let date = outline.date.clone();
        let series = outline.front_matter.series.0.first().cloned();
        Post {
            updated: outline.updated.clone(),
            tags: outline.tags(),
            series,
            authors: outline.front_matter.any_authors().to_vec(),
            comments_open: outline.front_matter.comments != CommentsFlag::Closed,
            comments_until: self.comments_until(&outline),
            featured: outline.front_matter.featured.0,
            threads: outline.threads(),
            entry: entry(outline, body, image.map(MediaFile::picture)),
            date,
        }
    }

    fn comments_until(&self, outline: &Outline) -> Option<Timestamp> {
        let close_after = self.rules.close_after.filter(|_| outline.front_matter.comments != CommentsFlag::Open)?;
        let appeared = outline.publish_at.unwrap_or_else(|| outline.date.timestamp());
        // A time after the end of the calendar never comes.
        appeared.checked_add(close_after).ok()
    }
}

/// A key of the front matter names a file that is not there.
fn missing(key: &str, name: &str, outline: &Outline) -> Problem {
    let what = format!("there is no file {name:?} for {key}");
    let mend = "Put it beside the Markdown file or into content/media, or correct the name.";
    problem(Severity::Warning, &outline.source.file.path, outline.place_of(key), what, mend)
}

/// The picture of the front matter, unless it is one that is not sent.
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
    video: Option<crate::domain::embed::Embed>,
    library: &mut Library,
) -> Stretch {
    let is_svg = |file: &&MediaFile| file.media_type == "image/svg+xml";
    let svg = picture.filter(is_svg).and_then(|file| Some((file, fs::read_to_string(&file.path).ok()?)));
    let pictogram = svg.and_then(|(file, svg)| {
        let inlined = pictogram::inline(&svg, outline.slug.as_str());
        if inlined.is_none() {
            let what = "this picture has a script or a style in it and cannot stand inside a page";
            let mend = "Save it with presentation attributes (fill=…, stroke=…) only.";
            library.problems.push(problem(Severity::Warning, &file.path, Place::START, what, mend));
        }
        inlined
    });
    let facts = outline.front_matter.facts.clone();
    let slug = |name: Option<String>| name.and_then(|name| Slug::from_text(&name));
    Stretch {
        names: facts.names.0,
        areas: facts.areas.0,
        equipment: facts.equipment.0,
        position: filled(facts.position),
        hold_seconds: facts.hold_seconds,
        repeats: facts.repeats,
        sides: facts.sides,
        sets: facts.sets,
        level: facts.level,
        video,
        pictogram,
        easier: slug(facts.easier),
        harder: slug(facts.harder),
        feel: filled(facts.feel),
        stop_if: filled(facts.stop_if),
        credit: filled(facts.credit),
        entry: entry(outline, body, picture.map(MediaFile::picture)),
    }
}

/// `stop_if: ""`, as `instep new --stretch` leaves it, says nothing.
fn filled(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.trim().is_empty())
}

fn entry(outline: Outline, body: Body, image: Option<Picture>) -> Entry {
    let description = outline.front_matter.any_description().map(str::to_owned);
    let language = outline.language();
    let mut extra = outline.front_matter.extra.unwrap_or_default();
    extra.extend(outline.front_matter.unknown);
    Entry {
        slug: outline.slug,
        address: outline.address,
        aliases: outline.aliases,
        title: outline.title,
        description: description.clone().unwrap_or_else(|| markdown::shorten(&body.excerpt, 155)),
        dek: description,
        image,
        body,
        draft: outline.draft,
        publish_at: outline.publish_at,
        expire_at: outline.expire_at,
        language,
        extra,
        file: outline.source.file.path,
    }
}

fn problem(severity: Severity, file: &Path, place: Place, what: impl Into<String>, mend: impl Into<String>) -> Problem {
    Problem {
        severity,
        file: file.to_owned(),
        line: place.line,
        column: place.column,
        what: what.into(),
        mend: mend.into(),
    }
}

fn unreadable((folder, error): &(PathBuf, io::Error)) -> Problem {
    let what = format!("the folder cannot be read ({error})");
    problem(Severity::Error, folder, Place::START, what, "Look at its permissions. What is in it stays out until then.")
}

/// Endings of still pictures, the most usual first.
const POSTERS: &[&str] = &["jpg", "jpeg", "webp", "png", "svg"];

/// What texts may refer to by name.
struct Names {
    addresses: HashMap<PathBuf, String>,
    /// By the name of the file and by the slug; a post goes before a page.
    by_name: HashMap<Slug, String>,
    stretches: HashSet<Slug>,
}

impl Names {
    fn of(outlines: &[Outline]) -> Self {
        let mut by_name = HashMap::new();
        for outline in outlines {
            let names = [Slug::from_text(&outline.source.name), Some(outline.slug.clone())];
            for name in names.into_iter().flatten() {
                by_name.entry(name).or_insert_with(|| outline.address.clone());
            }
        }
        Self {
            by_name,
            addresses: outlines.iter().map(|o| (o.source.file.path.clone(), o.address.clone())).collect(),
            stretches: outlines.iter().filter(|o| o.source.kind == Kind::Stretch).map(|o| o.slug.clone()).collect(),
        }
    }
}

/// The view from one Markdown file.
struct Files<'a> {
    loader: &'a Loader,
    file: &'a Path,
    names: &'a Names,
    texts: &'static Texts,
    has_cover: bool,
    /// Pictures that were asked for in vain: who asked has told.
    refused: &'a RefCell<HashSet<PathBuf>>,
}

impl Files<'_> {
    fn find(&self, written: &str) -> Option<Arc<MediaFile>> {
        let found = self.loader.media.resolve(&self.loader.content, self.file, written).cloned();
        if let Some(file) = found.as_ref().filter(|file| file.refusal.is_some()) {
            self.refused.borrow_mut().insert(file.path.clone());
        }
        found
    }
}

impl Lookup for Files<'_> {
    fn media(&self, written: &str) -> Option<Linked> {
        let file = self.find(written)?;
        let beside = |endings: &[&str]| self.loader.media.beside(&file, endings);
        let is_clip = file.media_type.starts_with("video/") || file.media_type.starts_with("audio/");
        Some(Linked {
            picture: file.picture(),
            poster: is_clip.then(|| beside(POSTERS)).flatten().map(|poster| poster.picture()),
            captions: is_clip.then(|| beside(&["vtt"])).flatten().map(|captions| captions.address.clone()),
            media_type: file.media_type.clone(),
            moves: file.moves,
            refusal: file.refusal.clone(),
        })
    }

    fn entry(&self, written: &str) -> Option<String> {
        let (path, fragment) = written.split_once('#').map_or((written, ""), |(path, fragment)| (path, fragment));
        let is_markdown = Path::new(path).extension().is_some_and(|ending| ending == "md");
        let file = super::media::resolve_path(&self.loader.content, self.file, path).filter(|_| is_markdown)?;
        let address = self.names.addresses.get(&file)?;
        Some(if fragment.is_empty() { address.clone() } else { format!("{address}#{fragment}") })
    }

    fn named(&self, written: &str) -> Option<String> {
        let (path, fragment) = written.split_once('#').unwrap_or((written, ""));
        let path = address::decode(path.trim())?;
        let from_content = self.names.addresses.get(&self.loader.content.join(path.trim_start_matches('/')));
        let by_name = || self.names.by_name.get(&Slug::from_text(source::name_in(&path))?);
        let found = from_content.cloned().or_else(|| self.entry(&path)).or_else(|| by_name().cloned())?;
        Some(if fragment.is_empty() { found } else { format!("{found}#{fragment}") })
    }

    fn poster(&self, stem: &str) -> Option<Picture> {
        let named =
            |ending: &&str| self.loader.media.resolve(&self.loader.content, self.file, &format!("{stem}.{ending}"));
        POSTERS.iter().filter_map(named).find(|file| file.refusal.is_none()).map(|file| file.picture())
    }

    fn told(&self, stem: &str) -> Option<Told> {
        let file = self.find(&format!("{stem}.{}", told::ENDING))?;
        self.loader.told.get(&file.path).cloned()
    }

    fn texts(&self) -> &'static Texts {
        self.texts
    }

    fn has_stretch(&self, slug: &Slug) -> bool {
        self.names.stretches.contains(slug)
    }

    fn has_cover(&self) -> bool {
        self.has_cover
    }
}

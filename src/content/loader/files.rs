//! Lookups made while one Markdown file is rendered: media files, other texts, stretches. Each is kept with a hash of
//! its result, so that a text is rendered again if, and only if, a result would differ.

use std::{
    cell::RefCell,
    collections::{HashMap, HashSet},
    hash::{DefaultHasher, Hash, Hasher},
    path::{Path, PathBuf},
    sync::Arc,
};

use super::{
    super::{
        effort::Effort,
        markdown::{Linked, Lookup},
        media::{self, MediaFile, MediaIndex},
        source, told,
    },
    collisions::Head,
    outline::Folders,
};
use crate::domain::{
    address,
    embed::{Captions, Told},
    kind::Kind,
    picture::Picture,
    slug::Slug,
};
use crate::texts::Texts;

/// Endings of still pictures, most usual first.
const POSTERS: &[&str] = &["jpg", "jpeg", "webp", "png", "svg"];

/// Names by which texts may refer to each other.
#[derive(Debug, Default)]
pub(super) struct Names {
    addresses: HashMap<PathBuf, String>,
    /// Addresses by the name of the file and by the slug; a post wins over a page.
    by_name: HashMap<Slug, String>,
    stretches: HashSet<String>,
    /// All addresses, old ones too, without a slash at the end.
    paths: HashSet<String>,
}

impl Names {
    /// Collects the names of files that have their address, in order.
    pub fn of<'a>(heads: impl Iterator<Item = &'a Head>) -> Self {
        let mut names = Self::default();
        for head in heads {
            for name in head.name.iter().chain([&head.slug]) {
                names.by_name.entry(name.clone()).or_insert_with(|| head.address.clone());
            }
            let paths = std::iter::once(&head.address).chain(&head.aliases);
            names.paths.extend(paths.map(|path| path.trim_end_matches('/').to_owned()));
            names.addresses.insert(media::composed(&head.file).into_owned(), head.address.clone());
            if head.kind == Kind::Stretch {
                names.stretches.insert(head.slug.to_string());
            }
        }
        names
    }
}

/// Everything that texts may refer to.
#[derive(Clone, Debug, Default)]
pub(super) struct World {
    pub content: PathBuf,
    pub media: MediaIndex,
    /// Answers of embed providers, by the file that stores them.
    pub told: Arc<HashMap<PathBuf, Told>>,
    pub names: Arc<Names>,
}

/// Kind of a lookup, written before its text.
mod kind {
    pub const MEDIA: char = 'm';
    pub const ENTRY: char = 'e';
    pub const NAMED: char = 'n';
    pub const POSTER: char = 'p';
    pub const TOLD: char = 't';
    pub const STRETCH: char = 's';
    pub const PATH: char = 'a';
}

/// Lookups made for a text, each with a hash of the result. A site of 10,000 posts has 300,000 of them, so they are kept
/// in one string.
#[derive(Debug, Default)]
pub(super) struct Asked {
    /// Kinds and texts of the lookups, each with [`Asked::END`] behind it.
    questions: Box<str>,
    prints: Box<[u32]>,
}

impl Asked {
    const END: char = '\0';

    fn of(mut asked: Vec<(String, u32)>) -> Self {
        asked.sort_unstable();
        asked.dedup();
        let (questions, prints): (Vec<String>, Vec<u32>) = asked.into_iter().unzip();
        let questions: String = questions.into_iter().flat_map(|question| [question, Self::END.to_string()]).collect();
        Self { questions: questions.into(), prints: prints.into() }
    }

    /// True if all lookups would give the same results.
    pub fn holds(&self, world: &World, file: &Path) -> bool {
        let view = View { world, file };
        let questions = self.questions.split_terminator(Self::END);
        questions.zip(&self.prints).all(|(question, print)| view.print_of(question) == *print)
    }
}

/// Hash of the result of a lookup.
fn print(answer: &impl Hash) -> u32 {
    let mut hasher = DefaultHasher::new();
    answer.hash(&mut hasher);
    #[expect(clippy::cast_possible_truncation, reason = "a part of a hash is a hash")]
    let print = hasher.finish() as u32;
    print
}

/// The site as seen from one file.
struct View<'a> {
    world: &'a World,
    file: &'a Path,
}

impl View<'_> {
    fn print_of(&self, question: &str) -> u32 {
        let mut text = question.chars();
        let kind = text.next();
        let text = text.as_str();
        match kind {
            Some(kind::MEDIA) => print(&self.media(text)),
            Some(kind::ENTRY) => print(&self.entry(text)),
            Some(kind::NAMED) => print(&self.named(text)),
            Some(kind::POSTER) => print(&self.poster(text)),
            Some(kind::TOLD) => print(&self.told(text)),
            Some(kind::PATH) => print(&self.has_path(text)),
            _ => print(&self.has_stretch(text)),
        }
    }

    fn find(&self, written: &str) -> Option<&Arc<MediaFile>> {
        self.world.media.resolve(&self.world.content, self.file, written)
    }

    /// Path and properties of a media file. The path tells files with the same bytes and name apart in reports.
    fn media(&self, written: &str) -> Option<(&Path, Linked)> {
        let file = self.find(written)?;
        let beside = |endings: &[&str]| self.world.media.beside(file, endings);
        let is_clip = file.media_type.starts_with("video/") || file.media_type.starts_with("audio/");
        let linked = Linked {
            picture: file.picture(),
            poster: is_clip.then(|| beside(POSTERS)).flatten().map(|poster| poster.picture()),
            captions: if is_clip { self.captions(file) } else { Vec::new() },
            media_type: file.media_type.clone(),
            moves: file.moves,
            refusal: file.refusal.clone(),
        };
        Some((&file.path, linked))
    }

    fn captions(&self, clip: &MediaFile) -> Vec<Captions> {
        let found = self.world.media.captions(clip);
        let captions = found
            .map(|(language, file)| Captions { address: file.address.clone(), language: language.map(str::to_owned) });
        captions.collect()
    }

    fn entry(&self, written: &str) -> Option<String> {
        let (path, fragment) = written.split_once('#').unwrap_or((written, ""));
        if !is_markdown(path) {
            return None;
        }
        let file = media::resolve_path(&self.world.content, self.file, path)?;
        let address = self.world.names.addresses.get(&file)?;
        Some(if fragment.is_empty() { address.clone() } else { format!("{address}#{fragment}") })
    }

    fn named(&self, written: &str) -> Option<String> {
        let names = &self.world.names;
        let (path, fragment) = written.split_once('#').unwrap_or((written, ""));
        let path = address::decode(path.trim())?;
        let from_content =
            names.addresses.get(&*media::composed(&self.world.content.join(path.trim_start_matches('/'))));
        let by_name = || names.by_name.get(&Slug::from_text(source::name_in(&path))?);
        let found = from_content.cloned().or_else(|| self.entry(&path)).or_else(|| by_name().cloned())?;
        Some(if fragment.is_empty() { found } else { format!("{found}#{fragment}") })
    }

    fn poster(&self, stem: &str) -> Option<Picture> {
        let named = |ending: &&str| self.find(&format!("{stem}.{ending}"));
        POSTERS.iter().filter_map(named).find(|file| file.refusal.is_none()).map(|file| file.picture())
    }

    fn told(&self, stem: &str) -> Option<Told> {
        let file = self.find(&format!("{stem}.{}", told::ENDING))?;
        self.world.told.get(&file.path).cloned()
    }

    fn has_stretch(&self, slug: &str) -> bool {
        self.world.names.stretches.contains(slug)
    }

    /// True if a link leads to a post, page or stretch.
    fn has_path(&self, link: &str) -> bool {
        let path = address::decode(link.split(['?', '#']).next().unwrap_or_default());
        path.is_some_and(|path| self.world.names.paths.contains(path.trim_end_matches('/')))
    }
}

fn is_markdown(path: &str) -> bool {
    Path::new(path).extension().is_some_and(|ending| ending == "md")
}

/// Answers lookups while a text is rendered, and records them.
pub(super) struct Files<'a> {
    view: View<'a>,
    texts: &'static Texts,
    language: String,
    pub has_cover: bool,
    pub folders: Folders,
    asked: RefCell<Vec<(String, u32)>>,
    refused: RefCell<Vec<PathBuf>>,
    pub effort: Effort,
}

impl<'a> Files<'a> {
    pub fn new(world: &'a World, file: &'a Path, texts: &'static Texts, language: String, effort: Effort) -> Self {
        let view = View { world, file };
        let (asked, refused) = (RefCell::default(), RefCell::default());
        Self { view, texts, language, has_cover: false, folders: Folders::default(), asked, refused, effort }
    }

    /// A picture or clip that the front matter names.
    pub fn find(&self, written: &str) -> Option<Arc<MediaFile>> {
        self.media(written);
        self.view.find(written).cloned()
    }

    /// Lookups made, and refused pictures among them, which are already reported.
    pub fn into_asked(self) -> (Asked, Vec<PathBuf>) {
        (Asked::of(self.asked.into_inner()), self.refused.into_inner())
    }

    fn remember(&self, kind: char, text: &str, answer: &impl Hash) {
        self.asked.borrow_mut().push((format!("{kind}{text}"), print(answer)));
    }
}

impl Lookup for Files<'_> {
    fn media(&self, written: &str) -> Option<Linked> {
        let found = self.view.media(written);
        self.remember(kind::MEDIA, written, &found);
        let (path, linked) = found?;
        if linked.refusal.is_some() {
            self.refused.borrow_mut().push(path.to_owned());
        }
        Some(linked)
    }

    fn entry(&self, written: &str) -> Option<String> {
        let found = self.view.entry(written);
        // Other names never lead to an entry.
        if is_markdown(written.split('#').next().unwrap_or_default()) {
            self.remember(kind::ENTRY, written, &found);
        }
        found
    }

    fn named(&self, written: &str) -> Option<String> {
        let found = self.view.named(written);
        self.remember(kind::NAMED, written, &found);
        found
    }

    fn relative(&self, written: &str) -> Option<String> {
        let resolved = |folder: &String| address::resolve(folder, written);
        let is_there = |path: &String| {
            let found = self.view.has_path(path);
            self.remember(kind::PATH, path, &found);
            found
        };
        let own = self.folders.own.as_ref().and_then(resolved);
        own.or_else(|| self.folders.old.iter().filter_map(resolved).find(is_there))
    }

    fn poster(&self, stem: &str) -> Option<Picture> {
        let found = self.view.poster(stem);
        self.remember(kind::POSTER, stem, &found);
        found
    }

    fn told(&self, stem: &str) -> Option<Told> {
        let found = self.view.told(stem);
        self.remember(kind::TOLD, stem, &found);
        found
    }

    fn texts(&self) -> &'static Texts {
        self.texts
    }

    fn language(&self) -> &str {
        &self.language
    }

    fn has_stretch(&self, slug: &Slug) -> bool {
        let found = self.view.has_stretch(slug.as_str());
        self.remember(kind::STRETCH, slug.as_str(), &found);
        found
    }

    fn has_cover(&self) -> bool {
        self.has_cover
    }

    fn spend(&self, bytes: usize) -> bool {
        self.effort.spend(bytes)
    }
}

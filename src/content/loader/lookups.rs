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
        oembed, parallel, source,
    },
    collisions::AddressClaim,
    outline::Folders,
    packed_strings::PackedStrings,
};
use crate::domain::{
    address,
    embed::{Captions, OEmbed},
    entry::Kind,
    picture::Picture,
    slug::Slug,
};
use crate::texts::Texts;

/// Endings of still pictures, most usual first.
const POSTERS: &[&str] = &["jpg", "jpeg", "webp", "png", "svg"];

/// Names by which texts may refer to each other.
#[derive(Debug, Default)]
pub(super) struct EntryNames {
    addresses: HashMap<PathBuf, String>,
    /// Addresses by the name of the file and by the slug; a post wins over a page.
    by_name: HashMap<Slug, String>,
    stretches: HashSet<String>,
    /// All addresses, old ones too, without a slash at the end.
    paths: HashSet<String>,
}

impl EntryNames {
    /// Collects the names of files that have their address, in order.
    pub fn of(claims: &[&AddressClaim]) -> Self {
        let count = claims.len();
        // Two threads: on a large site, every new post waits for this.
        let ((by_name, stretches), (addresses, paths)) = parallel::join(
            || {
                let mut by_name = HashMap::with_capacity(count);
                for claim in claims {
                    for name in claim.name.iter().chain([&claim.slug]) {
                        by_name.entry(name.clone()).or_insert_with(|| claim.address.clone());
                    }
                }
                let stretches = claims.iter().filter(|claim| claim.kind == Kind::Stretch);
                (by_name, stretches.map(|claim| claim.slug.to_string()).collect())
            },
            || {
                let file = |claim: &&AddressClaim| (media::composed(&claim.file).into_owned(), claim.address.clone());
                let all = claims.iter().flat_map(|claim| std::iter::once(&claim.address).chain(&claim.aliases));
                let mut paths = HashSet::with_capacity(count);
                paths.extend(all.map(|path| path.trim_end_matches('/').to_owned()));
                (claims.iter().map(file).collect(), paths)
            },
        );
        Self { addresses, by_name, stretches, paths }
    }
}

/// Everything that texts may refer to.
#[derive(Clone, Debug, Default)]
pub(super) struct References {
    pub content: PathBuf,
    pub media: MediaIndex,
    /// Answers of embed providers, by the file that stores them.
    pub oembed: Arc<HashMap<PathBuf, OEmbed>>,
    pub names: Arc<EntryNames>,
}

/// Kind of a lookup, written before its text.
mod kind {
    pub const MEDIA: char = 'm';
    pub const ENTRY: char = 'e';
    pub const NAMED: char = 'n';
    pub const POSTER: char = 'p';
    pub const OEMBED: char = 't';
    pub const STRETCH: char = 's';
    pub const PATH: char = 'a';
}

/// Lookups made for a text, each with a hash of the result.
#[derive(Debug, Default)]
pub(super) struct Lookups {
    /// Kind and text of each lookup.
    questions: PackedStrings,
    hashes: Box<[u32]>,
}

impl Lookups {
    fn of(mut lookups: Vec<(String, u32)>) -> Self {
        lookups.sort_unstable();
        lookups.dedup();
        let (questions, hashes): (Vec<String>, Vec<u32>) = lookups.into_iter().unzip();
        Self { questions: questions.into_iter().collect(), hashes: hashes.as_slice().into() }
    }

    /// True if all lookups would give the same results.
    pub fn hold(&self, references: &References, file: &Path) -> bool {
        let view = View { references, file };
        self.questions.iter().zip(&self.hashes).all(|(question, hash)| view.hash_of_answer(question) == *hash)
    }
}

/// Hash of the result of a lookup.
fn hash_of(answer: &impl Hash) -> u32 {
    let mut hasher = DefaultHasher::new();
    answer.hash(&mut hasher);
    #[expect(clippy::cast_possible_truncation, reason = "a part of a hash is a hash")]
    let hash = hasher.finish() as u32;
    hash
}

/// References as one file writes them.
struct View<'a> {
    references: &'a References,
    file: &'a Path,
}

impl View<'_> {
    fn hash_of_answer(&self, question: &str) -> u32 {
        let mut text = question.chars();
        let kind = text.next();
        let text = text.as_str();
        match kind {
            Some(kind::MEDIA) => hash_of(&self.media(text)),
            Some(kind::ENTRY) => hash_of(&self.entry(text)),
            Some(kind::NAMED) => hash_of(&self.named(text)),
            Some(kind::POSTER) => hash_of(&self.poster(text)),
            Some(kind::OEMBED) => hash_of(&self.oembed(text)),
            Some(kind::PATH) => hash_of(&self.has_path(text)),
            _ => hash_of(&self.has_stretch(text)),
        }
    }

    fn find(&self, written: &str) -> Option<&Arc<MediaFile>> {
        self.references.media.resolve(&self.references.content, self.file, written)
    }

    /// Path and properties of a media file. In reports, the path distinguishes files with the same bytes and name.
    fn media(&self, written: &str) -> Option<(PathBuf, Linked)> {
        let file = self.find(written)?;
        let beside = |endings: &[&str]| self.references.media.beside(file, endings);
        let is_clip = file.media_type.starts_with("video/") || file.media_type.starts_with("audio/");
        let linked = Linked {
            picture: file.picture(),
            poster: is_clip.then(|| beside(POSTERS)).flatten().map(|poster| poster.picture()),
            captions: if is_clip { self.captions(file) } else { Vec::new() },
            media_type: file.media_type.clone(),
            moves: file.moves,
            refusal: file.refusal.clone(),
        };
        Some((file.path.clone(), linked))
    }

    fn captions(&self, clip: &MediaFile) -> Vec<Captions> {
        let found = self.references.media.captions(clip);
        let captions = found
            .map(|(language, file)| Captions { address: file.address.clone(), language: language.map(str::to_owned) });
        captions.collect()
    }

    fn entry(&self, written: &str) -> Option<String> {
        let (path, fragment) = path_and_fragment(written);
        if !is_markdown(path) {
            return None;
        }
        let file = media::resolve_path(&self.references.content, self.file, path)?;
        Some(format!("{}{fragment}", self.references.names.addresses.get(&file)?))
    }

    fn named(&self, written: &str) -> Option<String> {
        let names = &self.references.names;
        let (path, fragment) = path_and_fragment(written);
        let path = address::decode(path.trim())?;
        let file = self.references.content.join(path.trim_start_matches('/'));
        let from_content = names.addresses.get(&*media::composed(&file)).cloned();
        let by_name = || names.by_name.get(&Slug::from_text(source::name_in(&path))?).cloned();
        let found = from_content.or_else(|| self.entry(&path)).or_else(by_name)?;
        Some(found + fragment)
    }

    fn poster(&self, stem: &str) -> Option<Picture> {
        let named = |ending: &&str| self.find(&format!("{stem}.{ending}"));
        POSTERS.iter().filter_map(named).find(|file| file.refusal.is_none()).map(|file| file.picture())
    }

    fn oembed(&self, stem: &str) -> Option<OEmbed> {
        let file = self.find(&format!("{stem}.{}", oembed::ENDING))?;
        self.references.oembed.get(&file.path).cloned()
    }

    fn has_stretch(&self, slug: &str) -> bool {
        self.references.names.stretches.contains(slug)
    }

    /// True if a link leads to a post, page or stretch.
    fn has_path(&self, link: &str) -> bool {
        let path = address::decode(link.split(['?', '#']).next().unwrap_or_default());
        path.is_some_and(|path| self.references.names.paths.contains(path.trim_end_matches('/')))
    }
}

/// Path of a link, and its fragment with `#`, if it has one.
fn path_and_fragment(link: &str) -> (&str, &str) {
    let (path, fragment) = link.split_at(link.find('#').unwrap_or(link.len()));
    (path, if fragment == "#" { "" } else { fragment })
}

fn is_markdown(path: &str) -> bool {
    Path::new(path).extension().is_some_and(|ending| ending == "md")
}

/// Answers lookups while a text is rendered, and records them.
pub(super) struct Recorder<'a> {
    view: View<'a>,
    texts: &'static Texts,
    language: String,
    pub has_cover: bool,
    pub folders: Folders,
    lookups: RefCell<Vec<(String, u32)>>,
    refused: RefCell<Vec<PathBuf>>,
    pub effort: Effort,
}

impl<'a> Recorder<'a> {
    pub fn new(
        references: &'a References,
        file: &'a Path,
        texts: &'static Texts,
        language: String,
        effort: Effort,
    ) -> Self {
        let view = View { references, file };
        let (lookups, refused) = (RefCell::default(), RefCell::default());
        Self { view, texts, language, has_cover: false, folders: Folders::default(), lookups, refused, effort }
    }

    /// A picture or clip that the front matter names.
    pub fn find(&self, written: &str) -> Option<Arc<MediaFile>> {
        self.media(written);
        self.view.find(written).cloned()
    }

    /// Lookups made, and refused pictures among them, which are already reported.
    pub fn into_lookups(self) -> (Lookups, Vec<PathBuf>) {
        (Lookups::of(self.lookups.into_inner()), self.refused.into_inner())
    }

    /// Answers a lookup and records it.
    fn ask<T: Hash>(&self, kind: char, text: &str, answer: impl FnOnce(&View<'a>, &str) -> T) -> T {
        let found = answer(&self.view, text);
        self.lookups.borrow_mut().push((format!("{kind}{text}"), hash_of(&found)));
        found
    }
}

impl Lookup for Recorder<'_> {
    fn media(&self, written: &str) -> Option<Linked> {
        let (path, linked) = self.ask(kind::MEDIA, written, View::media)?;
        if linked.refusal.is_some() {
            self.refused.borrow_mut().push(path);
        }
        Some(linked)
    }

    fn entry(&self, written: &str) -> Option<String> {
        // Other names never lead to an entry.
        if !is_markdown(path_and_fragment(written).0) {
            return None;
        }
        self.ask(kind::ENTRY, written, View::entry)
    }

    fn named(&self, written: &str) -> Option<String> {
        self.ask(kind::NAMED, written, View::named)
    }

    fn relative(&self, written: &str) -> Option<String> {
        let resolved = |folder: &String| address::resolve(folder, written);
        let is_there = |path: &String| self.ask(kind::PATH, path, View::has_path);
        let own = self.folders.own.as_ref().and_then(resolved);
        own.or_else(|| self.folders.old.iter().filter_map(resolved).find(is_there))
    }

    fn poster(&self, stem: &str) -> Option<Picture> {
        self.ask(kind::POSTER, stem, View::poster)
    }

    fn oembed(&self, stem: &str) -> Option<OEmbed> {
        self.ask(kind::OEMBED, stem, View::oembed)
    }

    fn has_stretch(&self, slug: &Slug) -> bool {
        self.ask(kind::STRETCH, slug.as_str(), View::has_stretch)
    }

    fn texts(&self) -> &'static Texts {
        self.texts
    }

    fn language(&self) -> &str {
        &self.language
    }

    fn has_cover(&self) -> bool {
        self.has_cover
    }

    fn spend(&self, bytes: usize) -> bool {
        self.effort.spend(bytes)
    }
}

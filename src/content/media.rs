//! Pictures, clips and downloads: every file that is not Markdown, at an address with its hash, so that browsers may
//! cache it for ever. Photos are cleaned and have smaller sizes (`pictures`), everything else is served as it is.

use std::{
    borrow::Cow,
    collections::HashMap,
    ffi::OsStr,
    fs,
    io::{self, Read},
    path::{Component, Path, PathBuf},
    sync::Arc,
    time::SystemTime,
};

use sha2::{Digest, Sha256};
use unicode_normalization::{UnicodeNormalization, is_nfc};

use super::{
    parallel,
    pictures::{self, Refusal},
    source::{Changed, Found, Stamp},
    syntax::tags::start_tags,
};
use crate::domain::{
    address, language,
    limits::MEDIA_BYTES,
    picture::{Format, Picture},
};

/// A media file, served unless it is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MediaFile {
    pub path: PathBuf,
    /// `/media/HASH-NAME`, not percent-encoded.
    pub address: String,
    /// Type by content for photos, by name for others.
    pub media_type: String,
    /// Size in CSS pixels, of pictures.
    pub size: Option<(u32, u32)>,
    /// True for an animated picture.
    pub moves: bool,
    /// Format of a photo that has smaller sizes.
    pub format: Option<Format>,
    /// True for a photo whose pixels are turned before it is served.
    pub remade: bool,
    /// Reason why it is not served.
    pub refusal: Option<Refusal>,
    /// True for a film that contains the place where it was made.
    pub tells_a_place: bool,
    pub bytes: u64,
    pub modified: SystemTime,
}

impl MediaFile {
    pub fn picture(&self) -> Picture {
        Picture { address: self.address.clone(), size: self.size, format: self.format }
    }

    /// Hash in the address.
    pub fn hash(&self) -> &str {
        self.address.strip_prefix("/media/").and_then(|rest| rest.split('-').next()).unwrap_or_default()
    }
}

/// All media of a site by path (composed). Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct MediaIndex {
    by_path: Arc<HashMap<PathBuf, Known>>,
    captions: Arc<CaptionsByClip>,
}

/// Languages and paths of the captions of each clip, by the path of the clip without its ending.
type CaptionsByClip = HashMap<PathBuf, Vec<(Option<String>, PathBuf)>>;

/// A file, and its stamp when it was read.
#[derive(Clone, Debug)]
struct Known {
    stamp: Stamp,
    /// True if it was saved so recently that another save may have the same stamp.
    is_doubtful: bool,
    file: Arc<MediaFile>,
}

impl MediaIndex {
    /// Reads files that are new or changed since `before`; a clip of a gigabyte is hashed once. `latest`: see
    /// [`Changed::may_hide_a_save`].
    pub fn build(found: &[Found], latest: Changed, before: &Self) -> Self {
        let is_known = |found: &&Found| {
            let known = before.by_path.get(&*composed(&found.path));
            known.is_some_and(|known| known.stamp == found.stamp && !known.is_doubtful)
        };
        if found.len() == before.by_path.len() && found.iter().all(|found| is_known(&found)) {
            return before.clone();
        }
        let (same, others): (Vec<&Found>, Vec<&Found>) = found.iter().partition(is_known);
        let look = |found: &Found| {
            let known = before.by_path.get(&*composed(&found.path));
            // A file that vanished between finding and reading is skipped.
            let read = read(found).ok()?;
            let file = known.map(|known| &known.file).filter(|file| ***file == read).cloned();
            let is_doubtful = found.stamp.changed.may_hide_a_save(latest);
            Some(Known { stamp: found.stamp, is_doubtful, file: file.unwrap_or_else(|| Arc::new(read)) })
        };
        let looked = parallel::map(others, |found| Some((composed(&found.path).into_owned(), look(found)?)));
        let same = same.into_iter().filter_map(|found| before.by_path.get_key_value(&*composed(&found.path)));
        let same = same.map(|(path, known)| (path.clone(), known.clone()));
        let by_path: HashMap<PathBuf, Known> = looked.into_iter().flatten().chain(same).collect();
        Self { captions: Arc::new(captions(by_path.keys())), by_path: Arc::new(by_path) }
    }

    /// True if both have the same files with the same content.
    pub fn is_same(&self, other: &Self) -> bool {
        let has = |(path, known): (&PathBuf, &Known)| {
            other.by_path.get(path).is_some_and(|other| Arc::ptr_eq(&other.file, &known.file))
        };
        Arc::ptr_eq(&self.by_path, &other.by_path)
            || (self.by_path.len() == other.by_path.len() && self.by_path.iter().all(has))
    }

    /// Files that are served.
    pub fn files(&self) -> impl Iterator<Item = &Arc<MediaFile>> {
        self.all().filter(|file| file.refusal.is_none())
    }

    /// All files, refused ones too.
    pub fn all(&self) -> impl Iterator<Item = &Arc<MediaFile>> {
        self.by_path.values().map(|known| &known.file)
    }

    /// File that a Markdown file names as `pic.jpg`, `../x/pic.jpg` or `/media/pic.jpg`.
    pub fn resolve(&self, content: &Path, markdown_file: &Path, written: &str) -> Option<&Arc<MediaFile>> {
        let written = written.split(['?', '#']).next().unwrap_or_default();
        let path = resolve_path(content, markdown_file, written)?;
        // Stretches and flat posts may keep their pictures in media/. Files of Hugo's static/ or beside Jekyll's
        // _posts/ belong there as well, and are still written `/images/pic.jpg`.
        let in_media = || resolve_path(&content.join("media"), &content.join("media/x"), written);
        self.at(&path).or_else(|| self.at(&in_media()?))
    }

    /// File of the same name with one of these endings, such as the poster of a clip.
    pub fn beside(&self, file: &MediaFile, endings: &[&str]) -> Option<&Arc<MediaFile>> {
        let beside = |ending: &&str| self.at(&file.path.with_extension(ending));
        endings.iter().find_map(beside).filter(|file| file.refusal.is_none())
    }

    /// Captions of a clip, with their languages: first `clip.vtt`, then `clip.de.vtt` and others by language.
    pub fn captions(&self, clip: &MediaFile) -> impl Iterator<Item = (Option<&str>, &MediaFile)> {
        let found = self.captions.get(&*composed(&clip.path.with_extension(""))).into_iter().flatten();
        found.filter_map(|(language, path)| Some((language.as_deref(), &**self.at(path)?)))
    }

    /// The file at a path.
    pub fn at(&self, path: &Path) -> Option<&Arc<MediaFile>> {
        self.by_path.get(&*composed(path)).map(|known| &known.file)
    }
}

/// Finds captions among media files. `clip.pt-BR.vtt` has captions of `clip.mp4` in the language `pt-BR`.
fn captions<'a>(paths: impl Iterator<Item = &'a PathBuf>) -> CaptionsByClip {
    let mut found: HashMap<PathBuf, Vec<(Option<String>, PathBuf)>> = HashMap::new();
    for path in paths.filter(|path| path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("vtt"))) {
        let name = path.with_extension("");
        let language = name.extension().and_then(OsStr::to_str).filter(|tag| language::is_tag(tag));
        if let Some(language) = language {
            let captions = (Some(language.to_owned()), path.clone());
            found.entry(name.with_extension("")).or_default().push(captions);
        }
        found.entry(name).or_default().push((None, path.clone()));
    }
    found.values_mut().for_each(|captions| captions.sort());
    found
}

/// Path in composed Unicode (UAX 15). Macs and some archives write names in decomposed Unicode; authors, and most other
/// programs, do not. Both are the same name.
pub fn composed(path: &Path) -> Cow<'_, Path> {
    match path.to_str() {
        Some(text) if !is_nfc(text) => PathBuf::from(text.nfc().collect::<String>()).into(),
        _ => path.into(),
    }
}

/// Path that a Markdown file names: from its own folder, or with a slash from the content folder. Composed.
pub fn resolve_path(content: &Path, markdown_file: &Path, written: &str) -> Option<PathBuf> {
    let decoded = address::decode(written)?;
    let path = match decoded.strip_prefix('/') {
        Some(below) => content.join(below),
        None => markdown_file.parent()?.join(&decoded),
    };
    let path = without_dots(&path);
    Some(composed(&path).into_owned())
}

/// Removes dots: `a/b/../c` is `a/c`. Does not read the disk, so links in the path are not followed.
fn without_dots(path: &Path) -> PathBuf {
    let mut clean = PathBuf::new();
    for component in path.components() {
        match component {
            Component::ParentDir if clean.file_name().is_some() => {
                clean.pop();
            }
            Component::CurDir if clean.components().next().is_some() => {}
            other => clean.push(other),
        }
    }
    clean
}

fn read(found: &Found) -> io::Result<MediaFile> {
    let name = composed(&found.path).file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let guess = mime_guess::from_path(&found.path).first_or_octet_stream().to_string();
    let mut file = fs::File::open(&found.path)?;
    let mut start = Vec::new();
    file.by_ref().take(16).read_to_end(&mut start)?;
    let format = Format::of_bytes(&start);
    let media_type = format.map_or(guess, |format| format.media_type().to_owned());
    let mut read = MediaFile {
        address: format!("/media/refused-{name}"),
        size: None,
        format: None,
        moves: false,
        remade: false,
        refusal: None,
        tells_a_place: false,
        path: found.path.clone(),
        bytes: found.stamp.bytes,
        modified: found.stamp.modified,
        media_type,
    };
    let is_picture = read.media_type.starts_with("image/") && read.media_type != "image/svg+xml";
    if !is_picture {
        read.address = format!("/media/{}-{name}", hash_of(&mut start.as_slice().chain(&mut file))?);
        read.size = size(&found.path);
        read.tells_a_place = read.media_type.starts_with("video/") && pictures::tells_a_place(&mut file)?;
        return Ok(read);
    }
    if found.stamp.bytes > MEDIA_BYTES {
        read.refusal = Some(pictures::too_large(found.stamp.bytes));
        return Ok(read);
    }
    let mut bytes = start;
    file.take(MEDIA_BYTES).read_to_end(&mut bytes)?;
    read.address = format!("/media/{}-{name}", pictures::hash(&bytes));
    match format.map(|format| pictures::look(format, &bytes)) {
        Some(Ok(looked)) => {
            (read.size, read.format) = (Some(looked.size), looked.format);
            (read.moves, read.remade) = (looked.moves, looked.remade);
        }
        Some(Err(refusal)) => read.refusal = Some(refusal),
        None => {
            read.refusal = pictures::unknown(&read.media_type, &bytes);
            read.size = size(&found.path);
        }
    }
    Ok(read)
}

/// Hash of a file, in ten hexadecimal digits.
fn hash_of(file: &mut impl Read) -> io::Result<String> {
    let (mut hasher, mut buffer) = (Sha256::new(), [0; 1 << 16]);
    loop {
        match file.read(&mut buffer)? {
            0 => break,
            length => hasher.update(&buffer[..length]),
        }
    }
    Ok(hasher.finalize()[..5].iter().map(|byte| format!("{byte:02x}")).collect())
}

fn size(path: &Path) -> Option<(u32, u32)> {
    if path.extension().is_some_and(|extension| extension == "svg") {
        return svg_size(&fs::read_to_string(path).ok()?);
    }
    let size = imagesize::size(path).ok()?;
    Some((u32::try_from(size.width).ok()?, u32::try_from(size.height).ok()?))
}

/// Size of an SVG: `width` and `height` of its root, else its `viewBox`.
fn svg_size(svg: &str) -> Option<(u32, u32)> {
    let root = start_tags(svg).into_iter().find(|tag| tag.name == "svg")?;
    let attribute = |name: &str| Some(root.get(name)?.trim_end_matches("px").trim_end().to_owned());
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the range is checked")]
    let pixels = |value: &str| value.parse::<f32>().ok().filter(|v| (1.0..1e6).contains(v)).map(|v| v.round() as u32);
    if let (Some(width), Some(height)) = (attribute("width"), attribute("height"))
        && let (Some(width), Some(height)) = (pixels(&width), pixels(&height))
    {
        return Some((width, height));
    }
    let view_box = attribute("viewbox")?;
    let mut numbers = view_box.split([' ', ',', '\n', '\t']).filter(|part| !part.is_empty()).skip(2);
    Some((pixels(numbers.next()?)?, pixels(numbers.next()?)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_of_svg() {
        assert_eq!(svg_size("<?xml?><svg width=\"120px\" height=\"75\">"), Some((120, 75)));
        assert_eq!(svg_size("<svg viewBox=\"0 0 240 200.4\">"), Some((240, 200)));
        assert_eq!(svg_size("<svg width=\"100%\" height=\"1\" viewBox=\"0,0,4,3\">"), Some((4, 3)));
        assert_eq!(svg_size("<svg xmlns='x'\n\twidth='120' height = 75>"), Some((120, 75)));
        assert_eq!(svg_size("<!-- <svg width=\"1\" height=\"1\"> --><svg viewBox='0 0 4\n3'>"), Some((4, 3)));
        assert_eq!(svg_size("<svg>"), None);
    }

    #[test]
    fn paths_lose_their_dots() {
        assert_eq!(without_dots(Path::new("content/posts/a/../../media/x")), Path::new("content/media/x"));
        assert_eq!(without_dots(Path::new("./x")), Path::new("./x"));
        assert_eq!(without_dots(Path::new("../content/./x")), Path::new("../content/x"));
    }
}

//! Links of one text into the site, the ids in it that links may lead to, and frames that the page policy refuses.

use std::{
    borrow::Cow,
    hash::{DefaultHasher, Hash, Hasher},
    path::Path,
};

use url::{Position, Url};

use super::packed_strings::PackedStrings;
use crate::{
    content::{
        embeds,
        markdown::Reference,
        syntax::tags::{StartTag, start_tags},
    },
    domain::{
        address,
        entry::{Body, Piece},
        near,
        permalink::Rules,
        problem::{Place, Problem},
    },
};

/// A link into the site.
#[derive(Debug)]
pub(super) struct Link<'a> {
    pub place: Place,
    /// URL as a browser gets it.
    pub to: Cow<'a, str>,
    /// Percent-decoded path.
    pub path: Cow<'a, str>,
    pub fragment: Cow<'a, str>,
}

impl Link<'static> {
    /// Resolves a link; `None` if it leads to another site. `page` is the URL of the page that has the link: `#heel`
    /// and `../about` are relative to it.
    pub fn new(page: &Url, place: Place, to: String) -> Option<Self> {
        let url = page.join(&to).ok()?;
        let is_ours = url[..Position::BeforePath] == page[..Position::BeforePath];
        if !is_ours {
            return None;
        }
        let fragment = address::decode(url.fragment().unwrap_or_default())?;
        // Text after `:~:` is for the browser, which searches for those words.
        let fragment = fragment.split(":~:").next().unwrap_or_default().to_owned();
        Some(Self { place, path: address::decode(url.path())?.into(), to: to.into(), fragment: fragment.into() })
    }
}

/// Links of a text, packed.
#[derive(Debug, Default)]
pub(super) struct Links {
    places: Box<[(u32, u32)]>,
    /// URL, path and fragment of each link. The path is empty if the URL begins with it.
    parts: PackedStrings,
}

impl Links {
    pub fn iter(&self) -> impl Iterator<Item = Link<'_>> {
        let mut parts = self.parts.iter();
        let mut next = move || parts.next().unwrap_or_default();
        self.places.iter().map(move |(line, column)| {
            let (to, path, fragment) = (next(), next(), next());
            let path = if path.is_empty() { path_in(to) } else { path };
            let place = Place { line: *line as usize, column: *column as usize };
            Link { place, to: to.into(), path: path.into(), fragment: fragment.into() }
        })
    }

    /// True if a link has a fragment: its target depends on the page's text, not on addresses alone.
    pub fn have_fragments(&self) -> bool {
        self.iter().any(|link| !link.fragment.is_empty())
    }
}

impl FromIterator<Link<'static>> for Links {
    fn from_iter<T: IntoIterator<Item = Link<'static>>>(links: T) -> Self {
        let number = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        let (mut places, mut parts) = (Vec::new(), Vec::new());
        for Link { place, to, path, fragment } in links {
            places.push((number(place.line), number(place.column)));
            let path = if path == path_in(&to) { "".into() } else { path };
            parts.extend([to, path, fragment]);
        }
        Self { places: places.as_slice().into(), parts: parts.into_iter().collect() }
    }
}

/// Path of a URL without scheme and host.
fn path_in(url: &str) -> &str {
    url.split(['?', '#']).next().unwrap_or_default()
}

/// Ids of a text that a fragment may name.
#[derive(Debug, Default)]
pub(super) struct Ids(PackedStrings);

impl Ids {
    pub fn of(body: &Body) -> Self {
        let ids = body.pieces.iter().flat_map(|piece| match piece {
            Piece::Heading(line, words) => [vec![line.id.clone()], ids_in(words)].concat(),
            Piece::Html(html) => ids_in(html),
            Piece::Stretch(slug) => vec![format!("-stretch-{slug}"), format!("-stretch-{slug}-title")],
            Piece::Code(_) | Piece::Embed(_) => Vec::new(),
        });
        Self(ids.collect())
    }

    pub fn has(&self, fragment: &str) -> bool {
        // Ids of the page around a text are not checked: not every page has them.
        let is_of_page = fragment.starts_with('-') || fragment.starts_with("comment-");
        is_of_page || fragment.eq_ignore_ascii_case("top") || self.0.iter().any(|id| id == fragment)
    }

    pub fn nearest(&self, fragment: &str) -> Option<&str> {
        let mut sorted: Vec<&str> = self.0.iter().collect();
        sorted.sort_unstable();
        near::find(sorted.into_iter().map(|id| (id, 0, id)), &fragment.to_lowercase(), 1).first().copied()
    }

    /// Hash of the ids and their file.
    pub fn hash_with(&self, file: &Path) -> u64 {
        let mut hasher = DefaultHasher::new();
        (file, &self.0).hash(&mut hasher);
        hasher.finish()
    }
}

fn ids_in(html: &str) -> Vec<String> {
    // Reading the tags takes long, and most texts have no ids.
    let is_id = |at: usize| ["id", "name"].iter().any(|name| ends_in(html[..at].trim_ascii_end(), name));
    if !html.match_indices('=').any(|(at, _)| is_id(at)) {
        return Vec::new();
    }
    let id = |tag: StartTag| tag.get("id").or_else(|| tag.get("name").filter(|_| tag.name == "a")).map(str::to_owned);
    start_tags(html).filter_map(id).collect()
}

fn ends_in(text: &str, end: &str) -> bool {
    let start = text.len().checked_sub(end.len());
    start.and_then(|start| text.as_bytes().get(start..)).is_some_and(|last| last.eq_ignore_ascii_case(end.as_bytes()))
}

/// Problems of frames that browsers would not show.
pub(super) fn refused_frames(
    rules: &Rules,
    file: &Path,
    frames: &[Reference],
    place_at: impl Fn(usize) -> Place,
) -> Vec<Problem> {
    let refused = |frame: &Reference| {
        let (what, mend) = refusal(rules, &frame.to)?;
        Some(Problem::warning(file, place_at(frame.at), what, mend))
    };
    frames.iter().filter_map(refused).collect()
}

/// Reason why browsers would not show a frame, and what to do.
fn refusal(rules: &Rules, source: &str) -> Option<(String, String)> {
    if source.is_empty() || source.starts_with("about:") {
        return None;
    }
    // A frame of our own pages is refused as well; `//host/x` has the scheme of the page.
    let whole = if source.starts_with("//") { format!("https:{source}") } else { source.to_owned() };
    let host = Url::parse(&whole).ok().filter(Url::has_host).map(|url| url.origin().ascii_serialization());
    let is_allowed = |host: &String| embeds::frame_hosts().any(|own| own == host) || rules.frame_hosts.contains(host);
    if host.as_ref().is_some_and(is_allowed) {
        return None;
    }
    let what = format!("pages may not show a frame of {source:?}, so readers see an empty box");
    let mend = match host {
        _ if embeds::recognise(source, None).is_some() => {
            "Write its address alone on a line instead, without HTML: it becomes an embed.".to_owned()
        }
        Some(host) if host.starts_with("https://") => {
            format!("Write frame_hosts = [{host:?}] below [security] in site.toml, or link to it instead.")
        }
        _ => "Link to it instead.".to_owned(),
    };
    Some((what, mend))
}

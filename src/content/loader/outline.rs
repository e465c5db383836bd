//! Reads the head of a Markdown file: its title, address, dates and draft state.

use std::{cell::OnceCell, collections::HashSet};

use jiff::{Timestamp, Zoned, civil::Time};

use crate::{
    content::{
        dialects::is_pattern,
        front_matter::{self, Fault, FrontMatter, day_in},
        source::Source,
        syntax::nesting::too_deep,
    },
    domain::{
        address,
        entry::{Kind, Tag},
        language,
        permalink::Rules,
        problem::Place,
        slug::Slug,
    },
};

/// A file whose head has been read and whose text has not been rendered.
#[derive(Debug)]
pub struct Outline {
    pub source: Source,
    pub text: PackedFile,
    /// Text of the file before the Markdown.
    head: String,
    /// True if the text may show stretches.
    pub may_show_stretches: bool,
    pub front_matter: FrontMatter,
    pub warnings: Vec<Fault>,
    pub unknown_keys: Vec<Fault>,
    pub slug: Slug,
    pub address: String,
    pub aliases: Vec<String>,
    pub title: String,
    /// Date in the site's time zone; `None` if it is unknown.
    pub date: Option<Zoned>,
    pub updated: Option<Zoned>,
    pub draft: bool,
    pub publish_at: Option<Timestamp>,
    pub expire_at: Option<Timestamp>,
}

/// Text of a file, compressed: on a large site, all texts wait in memory until they are rendered. LZ4 packs quickly, so
/// that the start does not take longer.
#[derive(Debug, Default)]
pub struct PackedFile(Box<[u8]>);

impl PackedFile {
    fn new(text: &str) -> Self {
        // Copied: a vector that is made smaller keeps up to half of its memory with mimalloc.
        Self(lz4_flex::compress_prepend_size(text.as_bytes()).as_slice().into())
    }

    pub fn unpack(&self) -> String {
        let bytes = lz4_flex::decompress_size_prepended(&self.0).unwrap_or_default();
        String::from_utf8(bytes).unwrap_or_default()
    }
}

/// Addresses of a text that its author wrote with `/` at the end: relative links begin there.
#[derive(Clone, Debug, Default)]
pub struct Folders {
    /// Address that it has now, here perhaps without the `/`.
    pub own: Option<String>,
    /// Old addresses.
    pub old: Vec<String>,
}

impl Outline {
    /// # Errors
    /// Reason why the file cannot be published.
    pub fn read(source: Source, whole: String, rules: &Rules) -> Result<Self, Fault> {
        // A line may end with CR alone (CommonMark 2.1), as old Mac programs wrote it.
        let whole = if whole.contains('\r') { whole.replace("\r\n", "\n").replace('\r', "\n") } else { whole };
        let text = whole.as_str();
        if text.trim_start_matches('\u{feff}').trim().is_empty() {
            return Err(Fault {
                place: Place::START,
                what: "the file is empty".to_owned(),
                mend: "Write something into it.".to_owned(),
            });
        }
        let parsed = front_matter::parse(text, source.kind == Kind::Stretch)?;
        if let Some(at) = too_deep(&text[parsed.body_start..]) {
            return Err(Fault {
                place: Place::of_byte(text, parsed.body_start + at),
                what: "too many quotes or lists are inside each other".to_owned(),
                mend: "Take out some of the signs at the start of the line.".to_owned(),
            });
        }
        let front_matter = parsed.front_matter;
        let slug = slug(&source, &front_matter, text)?;
        let mut reader =
            Reader { text, source: &source, front_matter: &front_matter, rules, warnings: parsed.warnings };
        let title = reader.title(&slug);
        let date = reader.date()?;
        let publish_at = reader.date_at("publish_date")?.or_else(|| date.clone());
        let expire_at = reader.date_at("expiry_date")?;
        let updated = reader.updated(date.as_ref());
        let address = reader.address(&slug, date.as_ref());
        reader.check_names();
        let aliases = reader.aliases(&address);
        Ok(Self {
            head: text[..parsed.body_start].to_owned(),
            text: PackedFile::new(text),
            may_show_stretches: text.contains("![["),
            draft: source.is_draft || front_matter.is_draft(),
            warnings: reader.warnings,
            source,
            front_matter,
            unknown_keys: parsed.unknown_keys,
            slug,
            address,
            aliases,
            title,
            date,
            updated,
            publish_at: publish_at.map(|at| at.timestamp()),
            expire_at: expire_at.map(|at| at.timestamp()),
        })
    }

    /// Key and name of the picture in the front matter.
    pub fn image(&self) -> Option<(&'static str, String)> {
        match self.source.kind {
            Kind::Stretch => self.front_matter.written("picture"),
            _ => self.front_matter.image(),
        }
    }

    /// Language of the text, if the author names one; `en_US` is common in other programs.
    pub fn language(&self) -> Option<String> {
        let tag = self.front_matter.text("language")?.replace('_', "-");
        language::is_tag(&tag).then_some(tag)
    }

    /// Tags and categories together, each in its first spelling.
    pub fn tags(&self) -> Vec<Tag> {
        let (mut tags, mut known) = (Vec::new(), HashSet::new());
        for (_, name) in self.front_matter.tags(self.source.is_jekyll) {
            if let Some(slug) = Slug::of_tag(&name)
                && known.insert(slug.clone())
            {
                tags.push(Tag { slug, name });
            }
        }
        tags
    }

    pub fn folders(&self) -> Folders {
        let is_own = |path: &String| address::tidy(path).as_deref() == Some(self.address.trim_end_matches('/'));
        let written = self.front_matter.text("url").filter(is_own);
        let address = written.as_ref().unwrap_or(&self.address);
        let old = self.front_matter.aliases().into_iter().filter(|alias| alias.ends_with('/'));
        let own = address.ends_with('/').then(|| format!("{}/", self.address.trim_end_matches('/')));
        Folders { own, old: old.collect() }
    }

    /// Start of the Markdown in the text, in bytes.
    pub fn body_start(&self) -> usize {
        self.head.len()
    }

    /// Place of a key in the front matter, else the top of the file.
    pub fn place_of(&self, key: &str) -> Place {
        place_of(&self.head, key)
    }
}

/// Reads the values of a head, and collects warnings.
struct Reader<'a> {
    text: &'a str,
    source: &'a Source,
    front_matter: &'a FrontMatter,
    rules: &'a Rules,
    warnings: Vec<Fault>,
}

impl Reader<'_> {
    fn warn(&mut self, key: &str, what: String, mend: &str) {
        self.warnings.push(fault(self.text, key, what, mend));
    }

    /// Title, or words made from the slug.
    fn title(&mut self, slug: &Slug) -> String {
        self.front_matter.sentence("title").unwrap_or_else(|| {
            self.warn("title", "there is no title".to_owned(), "Write title: … into the front matter.");
            slug.as_str().replace(['-', '_'], " ")
        })
    }

    fn date_at(&self, key: &str) -> Result<Option<Zoned>, Fault> {
        let Some((key, raw)) = self.front_matter.date(key) else { return Ok(None) };
        raw.read(&self.rules.zone).map(Some).map_err(|what| fault(self.text, key, what, "Correct the date."))
    }

    /// Date of the text: from its key, else from the name of the file or from an address.
    fn date(&mut self) -> Result<Option<Zoned>, Fault> {
        let in_address = || {
            let own = self.front_matter.written("url").and_then(|(_, url)| day_in(&url));
            own.or_else(|| self.front_matter.aliases().iter().find_map(|old| day_in(old)))
        };
        let elsewhere = self.source.date.or_else(in_address).and_then(|day| day.to_zoned(self.rules.zone.clone()).ok());
        let date = match self.date_at("date") {
            Err(mut fault) if elsewhere.is_some() => {
                fault.what.push_str(", so the date in the file name or address counts");
                self.warnings.push(fault);
                elsewhere
            }
            written => written?.or(elsewhere),
        };
        if date.is_none() && self.source.kind.row().has_date {
            let what = "there is no date, so the post comes after all others".to_owned();
            self.warn("date", what, "Write one into the front matter, such as date: 2026-05-02.");
        }
        Ok(date)
    }

    /// Date of the last change. A wrong one is only a warning, since nothing depends on it.
    fn updated(&mut self, date: Option<&Zoned>) -> Option<Zoned> {
        let key = self.front_matter.date("updated")?.0;
        let updated = self.date_at("updated").unwrap_or_else(|fault| {
            self.warnings.push(fault);
            None
        })?;
        let is_day = updated.time() == Time::midnight();
        if date.is_some_and(|date| updated < *date && (!is_day || updated.date() < date.date())) {
            self.warn(key, format!("{key} is before date, so it is ignored"), "Correct one of them.");
            return None;
        }
        Some(updated)
    }

    fn address(&mut self, slug: &Slug, date: Option<&Zoned>) -> String {
        let usual = match self.source.kind.row().base {
            _ if self.source.kind == Kind::Post => {
                let tags = self.front_matter.tags(self.source.is_jekyll);
                let mut categories = tags.iter().filter(|(key, _)| matches!(*key, "categories" | "category"));
                let category = categories.find_map(|(_, name)| Slug::of_tag(name));
                self.rules.permalink.path(slug, date, category.as_ref())
            }
            Some(base) => format!("/{base}/{slug}"),
            None => format!("/{slug}"),
        };
        let Some((key, url)) = self.front_matter.written("url") else { return usual };
        address::tidy(&url).filter(|_| !is_pattern(&url)).unwrap_or_else(|| {
            let what = format!("{url:?} cannot be an address here, so it is {usual}");
            self.warn(
                key,
                what,
                "Write a path such as /about/me, or a pattern for all posts into site.toml (permalink).",
            );
            usual
        })
    }

    /// Warns of tags and languages that cannot be used.
    fn check_names(&mut self) {
        for (key, name) in self.front_matter.tags(self.source.is_jekyll) {
            if Slug::of_tag(&name).is_none() {
                let what = format!("the tag {name:?} has no letter or digit for an address, so it is left out");
                self.warn(key, what, "Write it with letters or digits.");
            }
        }
        let written = self.front_matter.written("language");
        if let Some((key, written)) = written.filter(|(_, tag)| !language::is_tag(&tag.replace('_', "-"))) {
            let what = format!("{written:?} is no language tag, so the language of the site is used");
            self.warn(key, what, "Write a tag such as de or pt-BR.");
        }
    }

    /// Old addresses that redirect to `address`.
    fn aliases(&mut self, address: &str) -> Vec<String> {
        // Looked up once, however many are wrong.
        let place = OnceCell::new();
        let mut aliases = Vec::new();
        for written in self.front_matter.aliases() {
            match address::tidy(&written) {
                Some(alias) if alias != address => aliases.push(alias),
                Some(_) => {}
                None => {
                    let what = format!("the alias {written:?} cannot be an address here");
                    let place = *place.get_or_init(|| place_of(self.text, "aliases"));
                    self.warnings.push(Fault { place, what, mend: "Write a path such as /old/address.".to_owned() });
                }
            }
        }
        aliases
    }
}

/// Slugs that a post has or had: comments made under an old address stay with it.
pub(super) fn threads(slug: &Slug, aliases: &[String]) -> Vec<Slug> {
    let old = aliases.iter().filter_map(|alias| {
        let last = alias.rsplit('/').next()?;
        Slug::from_text(last.strip_suffix(".html").unwrap_or(last))
    });
    let mut known = HashSet::new();
    std::iter::once(slug.clone()).chain(old).filter(|slug| known.insert(slug.clone())).collect()
}

fn fault(text: &str, key: &str, what: String, mend: &str) -> Fault {
    Fault { place: place_of(text, key), what, mend: mend.to_owned() }
}

/// Slug in the front matter, else from the file's name.
fn slug(source: &Source, front_matter: &FrontMatter, text: &str) -> Result<Slug, Fault> {
    let Some(written) = front_matter.text("slug") else {
        return Slug::from_text(&source.name).ok_or_else(|| Fault {
            place: Place::START,
            what: "the file name has no letter or digit for an address".to_owned(),
            mend: "Rename it, or write a slug.".to_owned(),
        });
    };
    let what = || format!("{written:?} has no letter or digit for an address");
    Slug::from_text(&written).ok_or_else(|| fault(text, "slug", what(), "Write a slug with letters or digits."))
}

/// Place of the line that begins with the key, else the top of the file.
fn place_of(head: &str, key: &str) -> Place {
    let is_key =
        |line: &str| line.trim_start().strip_prefix(key).is_some_and(|rest| rest.trim_start().starts_with([':', '=']));
    let line = head.lines().position(is_key).map_or(1, |line| line + 1);
    Place { line, column: 1 }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use jiff::civil::Date;

    use super::*;
    use crate::content::source::{Found, Stamp};

    fn outline(text: &str, date: Option<Date>) -> Outline {
        let file = Found { path: PathBuf::from("a.md"), stamp: Stamp::default() };
        let source =
            Source { kind: Kind::Post, folder: 0, file, name: "a".to_owned(), date, is_jekyll: false, is_draft: false };
        let rules = Rules::default();
        Outline::read(source, text.to_owned(), &rules).unwrap_or_else(|fault| panic!("{text}: {fault:?}"))
    }

    #[test]
    fn an_invalid_address_is_reported_and_ignored() {
        for (line, address, warnings) in [
            ("permalink: /:year/:title/", "/posts/a", 1),
            ("permalink: pretty", "/posts/a", 1),
            ("url: https://a.example/b", "/posts/a", 1),
            ("permalink: /b/", "/b", 0),
            ("url: ~\npath: b/c", "/b/c", 0),
        ] {
            let outline = outline(&format!("---\ntitle: A\ndate: 2026-05-02\n{line}\n---\n"), None);
            assert_eq!((outline.address.as_str(), outline.warnings.len()), (address, warnings), "{line}");
        }
    }

    #[test]
    fn a_date_from_the_name_or_the_address() {
        let named = "2026-05-02".parse().ok();
        for (line, named, day, warnings) in [
            ("date: 2026-06-01", named, "2026-06-01", 0),
            ("date: soon", named, "2026-05-02", 1),
            ("date: ''", named, "2026-05-02", 0),
            ("path: 2026/07/01/a", None, "2026-07-01", 0),
            ("path: notes/2026/07/01/a", None, "2026-07-01", 0),
            ("aliases: [/old, /2026/7/1/a.html]", None, "2026-07-01", 0),
            ("path: 2026/27/01/a", None, "", 1),
            ("date: 27.11.2026", None, "2026-11-27", 0),
            ("date: 2026-06-01\nupdated: 2026-05-31", None, "2026-06-01", 1),
            ("date: 2026-06-01\nlastmod: 2026-06-01", None, "2026-06-01", 0),
            ("date: 2026-06-01\ntags: [a, '!!']\ncategory: '?'", None, "2026-06-01", 2),
            ("date: 2026-06-01\nlastmod: soon", None, "2026-06-01", 1),
        ] {
            let outline = outline(&format!("---\ntitle: A\n{line}\n---\n"), named);
            let date = outline.date.map(|date| date.strftime("%Y-%m-%d").to_string()).unwrap_or_default();
            assert_eq!((date.as_str(), outline.warnings.len()), (day, warnings), "{line}");
        }
    }
}

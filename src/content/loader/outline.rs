//! Reads the head of a Markdown file: its title, address, dates and draft state.

use std::{cell::OnceCell, collections::HashSet};

use jiff::{Timestamp, Zoned, civil::Time};

use crate::{
    content::{
        dialects::is_pattern,
        front_matter::{self, Fault, FrontMatter, day_in},
        markdown::nesting::too_deep,
        source::Source,
    },
    domain::{address, entry::Tag, kind::Kind, language, permalink::Rules, problem::Place, slug::Slug},
};

/// A file whose head has been read and whose text has not been rendered.
#[derive(Debug)]
pub struct Outline {
    pub source: Source,
    /// Text of the whole file.
    pub text: String,
    /// Start of the Markdown in `text`, in bytes.
    pub body_start: usize,
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
        let (front_matter, mut warnings) = (parsed.front_matter, parsed.warnings);
        let slug = slug(&source, &front_matter, text)?;
        let title = match front_matter.text("title") {
            Some(title) => title,
            None => {
                let what = "there is no title".to_owned();
                warnings.push(fault(text, "title", what, "Write title: … into the front matter."));
                slug.as_str().replace(['-', '_'], " ")
            }
        };
        let date_at = |key: &str| {
            let Some((key, raw)) = front_matter.date(key) else { return Ok(None) };
            raw.read(&rules.zone).map(Some).map_err(|what| fault(text, key, what, "Correct the date."))
        };
        let own_address = front_matter.written("url");
        let old_addresses = front_matter.aliases();
        let in_address = || {
            let own = own_address.as_ref().and_then(|(_, url)| day_in(url));
            own.or_else(|| old_addresses.iter().find_map(|old| day_in(old)))
        };
        let elsewhere = source.date.or_else(in_address).and_then(|day| day.to_zoned(rules.zone.clone()).ok());
        let date = match date_at("date") {
            Err(mut fault) if elsewhere.is_some() => {
                fault.what.push_str(", so that of the file's name or address counts");
                warnings.push(fault);
                elsewhere
            }
            written => written?.or(elsewhere),
        };
        if date.is_none() && source.kind.row().has_date {
            let what = "there is no date, so the post stands behind all others".to_owned();
            let mend = "Write one into the front matter, such as date: 2026-05-02.";
            warnings.push(fault(text, "date", what, mend));
        }
        let publish_date = date_at("publish_date")?;
        let publish_at = publish_date.or_else(|| date.clone()).map(|at| at.timestamp());
        let expire_at = date_at("expiry_date")?.map(|at| at.timestamp());
        // Only a warning: nothing depends on it.
        let updated = date_at("updated").unwrap_or_else(|fault| {
            warnings.push(fault);
            None
        });
        let is_day = |moment: &Zoned| moment.time() == Time::midnight();
        let is_too_early = |updated: &Zoned| {
            let too_early = |date: &Zoned| updated < date && (!is_day(updated) || updated.date() < date.date());
            date.as_ref().is_some_and(too_early)
        };
        let updated = match (front_matter.date("updated"), updated) {
            (Some((key, _)), Some(updated)) if is_too_early(&updated) => {
                let what = format!("{key} is before date, so it does not count");
                warnings.push(fault(text, key, what, "Correct one of them."));
                None
            }
            (_, updated) => updated,
        };

        let usual = match source.kind.row().base {
            _ if source.kind == Kind::Post => {
                let category = categories(&front_matter, source.is_jekyll).iter().find_map(|name| Slug::of_tag(name));
                rules.permalink.path(&slug, date.as_ref(), category.as_ref())
            }
            Some(base) => format!("/{base}/{slug}"),
            None => format!("/{slug}"),
        };
        let address = match own_address {
            None => usual,
            Some((key, url)) => match address::tidy(&url).filter(|_| !is_pattern(&url)) {
                Some(address) => address,
                None => {
                    let what = format!("{url:?} cannot be an address here, so it is {usual}");
                    let mend = "Write a path such as /about/me, or a pattern for all posts into site.toml (permalink).";
                    warnings.push(fault(text, key, what, mend));
                    usual
                }
            },
        };
        for (key, name) in front_matter.tags(source.is_jekyll) {
            if Slug::of_tag(&name).is_none() {
                let what = format!("the tag {name:?} has no letter for an address, so it is left out");
                warnings.push(fault(text, key, what, "Write it with letters or digits."));
            }
        }
        let written = front_matter.written("language");
        if let Some((key, written)) = written.filter(|(_, tag)| !language::is_tag(&tag.replace('_', "-"))) {
            let what = format!("{written:?} is no tag of a language, so the text counts as one in that of the site");
            warnings.push(fault(text, key, what, "Write a tag such as de or pt-BR."));
        }
        let mut aliases = Vec::new();
        // Looked up once, however many are wrong.
        let aliases_at = OnceCell::new();
        for alias in &old_addresses {
            match address::tidy(alias) {
                Some(alias) if alias != address => aliases.push(alias),
                Some(_) => {}
                None => {
                    let what = format!("the alias {alias:?} cannot be an address here");
                    let place = *aliases_at.get_or_init(|| place_of(text, "aliases"));
                    warnings.push(Fault { place, what, mend: "Write a path such as /old/address.".to_owned() });
                }
            }
        }
        Ok(Self {
            body_start: parsed.body_start,
            draft: source.is_draft || front_matter.is_draft(),
            source,
            front_matter,
            warnings,
            unknown_keys: parsed.unknown_keys,
            slug,
            address,
            aliases,
            title,
            date,
            updated,
            publish_at,
            expire_at,
            text: whole,
        })
    }

    pub fn markdown(&self) -> &str {
        &self.text[self.body_start..]
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

    pub fn place_of(&self, key: &str) -> Place {
        place_of(&self.text[..self.body_start], key)
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
            what: "the name of the file has no letter for an address".to_owned(),
            mend: "Rename it, or write a slug.".to_owned(),
        });
    };
    let what = || format!("{written:?} has no letter for an address");
    Slug::from_text(&written).ok_or_else(|| fault(text, "slug", what(), "Write a slug with letters or digits."))
}

/// Names of all categories, as written.
fn categories(front_matter: &FrontMatter, is_jekyll: bool) -> Vec<String> {
    let names = front_matter.tags(is_jekyll).into_iter();
    names.filter(|(key, _)| matches!(*key, "categories" | "category")).map(|(_, name)| name).collect()
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
        let source = Source { kind: Kind::Post, file, name: "a".to_owned(), date, is_jekyll: false, is_draft: false };
        let rules = Rules::default();
        Outline::read(source, text.to_owned(), &rules).unwrap_or_else(|fault| panic!("{text}: {fault:?}"))
    }

    #[test]
    fn an_address_that_cannot_be_one_is_told_and_passed_over() {
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

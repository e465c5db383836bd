//! The head of a Markdown file, understood: what it is called, where it lives, when it may be read.

use jiff::{Timestamp, Zoned, tz::TimeZone};

use crate::{
    content::{
        front_matter::{self, Fault, Flag, FrontMatter, RawDate},
        source::{Kind, Source},
    },
    domain::{address, entry::Tag, permalink::Rules, problem::Place, slug::Slug},
};

/// A file whose head has been read and whose text has not.
#[derive(Debug)]
pub struct Outline {
    pub source: Source,
    /// The whole file.
    pub text: String,
    /// Where the Markdown begins in it, in bytes.
    pub body_start: usize,
    pub front_matter: FrontMatter,
    pub warnings: Vec<Fault>,
    pub slug: Slug,
    pub address: String,
    pub aliases: Vec<String>,
    pub title: String,
    pub date: Zoned,
    pub updated: Option<Zoned>,
    pub draft: bool,
    pub publish_at: Option<Timestamp>,
    pub expire_at: Option<Timestamp>,
}

impl Outline {
    /// # Errors
    /// What stands in the way of publishing the file.
    pub fn read(source: Source, text: &str, rules: &Rules) -> Result<Self, Fault> {
        if text.trim_start_matches('\u{feff}').trim().is_empty() {
            return Err(Fault {
                place: Place::START,
                what: "the file is empty".to_owned(),
                mend: "Write something into it.".to_owned(),
            });
        }
        let parsed = front_matter::parse(text)?;
        let (front_matter, mut warnings) = (parsed.front_matter, parsed.warnings);
        let date_at = |key: &str, raw: Option<&RawDate>| {
            let read = raw.map(|raw| raw.read(&rules.zone)).transpose();
            read.map_err(|what| fault(text, key, what, "Correct the date."))
        };
        let slug = match &front_matter.slug {
            Some(slug) => Slug::from_text(slug).ok_or_else(|| {
                fault(
                    text,
                    "slug",
                    format!("{slug:?} has no letter for an address"),
                    "Write a slug with letters or digits.",
                )
            })?,
            None => Slug::from_text(&source.name).ok_or_else(|| Fault {
                place: Place::START,
                what: "the name of the file has no letter for an address".to_owned(),
                mend: "Rename it, or write a slug.".to_owned(),
            })?,
        };
        let title = match front_matter.title.as_deref().map(str::trim).filter(|title| !title.is_empty()) {
            Some(title) => title.to_owned(),
            None => {
                warnings.push(fault(
                    text,
                    "title",
                    "there is no title".to_owned(),
                    "Write title: … into the front matter.",
                ));
                slug.as_str().replace(['-', '_'], " ")
            }
        };
        let from_name = source.date.and_then(|date| date.to_zoned(rules.zone.clone()).ok());
        let date = match date_at("date", front_matter.date.as_ref())?.or(from_name) {
            Some(date) => date,
            None => {
                let modified = modified(&source, &rules.zone);
                if source.kind == Kind::Post {
                    let today = modified.strftime("%Y-%m-%d");
                    let what = "there is no date, so the day the file was saved stands in".to_owned();
                    warnings.push(fault(text, "date", what, &format!("Write date: {today} into the front matter.")));
                }
                modified
            }
        };
        let publish_date = date_at("publish_date", front_matter.publish_date.as_ref())?;
        let has_date = front_matter.date.is_some() || source.date.is_some();
        let publish_at = publish_date.or_else(|| has_date.then(|| date.clone())).map(|at| at.timestamp());
        let expire_at = date_at("expiry_date", front_matter.expiry_date.as_ref())?.map(|at| at.timestamp());
        let updated = date_at("updated", front_matter.any_updated())?;

        let address = match &front_matter.url {
            Some(url) => address::tidy(url).ok_or_else(|| {
                fault(text, "url", format!("{url:?} cannot be an address here"), "Write a path such as /about/me.")
            })?,
            None => match source.kind {
                Kind::Post => rules.permalink.path(&slug, &date),
                Kind::Page => format!("/{slug}"),
                Kind::Stretch => format!("/stretches/{slug}"),
            },
        };
        let mut aliases = Vec::new();
        for alias in &front_matter.aliases.0 {
            match address::tidy(alias) {
                Some(alias) if alias != address => aliases.push(alias),
                Some(_) => {}
                None => {
                    let what = format!("the alias {alias:?} cannot be an address here");
                    warnings.push(fault(text, "aliases", what, "Write a path such as /old/address."));
                }
            }
        }
        Ok(Self {
            text: text.to_owned(),
            body_start: parsed.body_start,
            draft: front_matter.draft.0 || front_matter.published == Some(Flag(false)),
            source,
            front_matter,
            warnings,
            slug,
            address,
            aliases,
            title,
            date,
            updated,
            publish_at,
            expire_at,
        })
    }

    pub fn markdown(&self) -> &str {
        &self.text[self.body_start..]
    }

    /// The picture of the front matter, by its name.
    pub fn image(&self) -> Option<&str> {
        let name = match self.source.kind {
            Kind::Stretch => self.front_matter.picture.as_deref(),
            _ => self.front_matter.image.as_ref().map(|image| image.0.as_str()),
        };
        name.filter(|name| !name.trim().is_empty())
    }

    /// Tags and categories are one thing here; each is named as it was first written.
    pub fn tags(&self) -> Vec<Tag> {
        let front_matter = &self.front_matter;
        let mut tags: Vec<Tag> = Vec::new();
        let taxonomies = ["tags", "categories"].iter().filter_map(|name| front_matter.taxonomies.get(*name));
        for words in [&front_matter.tags, &front_matter.categories].into_iter().chain(taxonomies) {
            for name in words.0.iter().map(|name| name.trim()) {
                if let Some(slug) = Slug::of_tag(name)
                    && !tags.iter().any(|tag| tag.slug == slug)
                {
                    tags.push(Tag { slug, name: name.to_owned() });
                }
            }
        }
        tags
    }

    /// The slugs this post has had: comments made under an old address stay with it.
    pub fn threads(&self) -> Vec<Slug> {
        let old = self.aliases.iter().filter_map(|alias| {
            let last = alias.rsplit('/').next()?;
            Slug::from_text(last.strip_suffix(".html").unwrap_or(last))
        });
        let mut threads = vec![self.slug.clone()];
        for slug in old {
            if !threads.contains(&slug) {
                threads.push(slug);
            }
        }
        threads
    }

    pub fn place_of(&self, key: &str) -> Place {
        place_of(&self.text[..self.body_start], key)
    }
}

fn fault(text: &str, key: &str, what: String, mend: &str) -> Fault {
    Fault { place: place_of(text, key), what, mend: mend.to_owned() }
}

/// The line that begins with the key, else the top of the file.
fn place_of(head: &str, key: &str) -> Place {
    let is_key =
        |line: &str| line.trim_start().strip_prefix(key).is_some_and(|rest| rest.trim_start().starts_with([':', '=']));
    let line = head.lines().position(is_key).map_or(1, |line| line + 1);
    Place { line, column: 1 }
}

fn modified(source: &Source, zone: &TimeZone) -> Zoned {
    Timestamp::try_from(source.file.modified).unwrap_or_default().to_zoned(zone.clone())
}

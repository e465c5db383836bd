//! Where a post lives: the pattern of site.toml turned into a path.

use jiff::{SignedDuration, Zoned, tz::TimeZone};

use super::{
    slug::Slug,
    theme::{NamedFile, Remark},
};

/// What a site decides about where and when its content stands.
#[derive(Clone, Debug)]
pub struct Rules {
    /// Of dates that name none.
    pub zone: TimeZone,
    pub permalink: Permalink,
    /// A BCP 47 tag, of texts that name none.
    pub language: String,
    /// Scheme, host and port of its own addresses, without a slash at the end.
    pub base_url: String,
    /// Hosts besides the providers that pages may frame: `https://maps.example.org`.
    pub frame_hosts: Vec<String>,
    /// Where the header leads.
    pub navigation: Vec<String>,
    /// How long a thread takes comments after its post has appeared.
    pub close_after: Option<SignedDuration>,
    /// What site.toml names of the content.
    pub named_files: Vec<NamedFile>,
    /// What is to be said of site.toml itself.
    pub remarks: Vec<Remark>,
}

impl Default for Rules {
    /// Of a site that says nothing of itself.
    fn default() -> Self {
        Self {
            zone: TimeZone::UTC,
            permalink: Permalink::default(),
            language: String::new(),
            base_url: String::new(),
            frame_hosts: Vec::new(),
            navigation: Vec::new(),
            close_after: None,
            named_files: Vec::new(),
            remarks: Vec::new(),
        }
    }
}

/// A pattern such as `/posts/{slug}` or `/{year}/{month}/{slug}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Permalink(String);

/// What a pattern may contain, as told to someone who wrote another.
const RULE: &str = "It starts with /, ends with {slug} and may have {year}, {month} and {day} before it, \
                    as in /posts/{slug} or /{year}/{month}/{slug}";

impl Permalink {
    /// # Errors
    /// A sentence for the author where the pattern is not one.
    pub fn parse(pattern: &str) -> Result<Self, String> {
        let parts: Vec<&str> = pattern.split('/').collect();
        let well_formed = parts.len() >= 2
            && parts[0].is_empty()
            && parts.last() == Some(&"{slug}")
            && parts[1..parts.len() - 1].iter().all(|part| {
                matches!(*part, "{year}" | "{month}" | "{day}")
                    || Slug::from_text(part).is_some_and(|slug| slug.as_str() == *part)
            });
        if well_formed { Ok(Self(pattern.to_owned())) } else { Err(RULE.to_owned()) }
    }

    /// The path of a post. The date is the post's own, in the site's time zone.
    pub fn path(&self, slug: &Slug, date: &Zoned) -> String {
        self.0
            .replace("{year}", &format!("{:04}", date.year()))
            .replace("{month}", &format!("{:02}", date.month()))
            .replace("{day}", &format!("{:02}", date.day()))
            .replace("{slug}", slug.as_str())
    }
}

impl Default for Permalink {
    fn default() -> Self {
        Self("/posts/{slug}".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns() {
        let date: Zoned = "2026-05-02T10:00[UTC]".parse().expect("a date");
        let slug = Slug::from_text("calf").expect("a slug");
        for (pattern, path) in [
            ("/posts/{slug}", "/posts/calf"),
            ("/{slug}", "/calf"),
            ("/{year}/{month}/{day}/{slug}", "/2026/05/02/calf"),
        ] {
            assert_eq!(Permalink::parse(pattern).expect(pattern).path(&slug, &date), path);
        }
        for wrong in ["", "posts/{slug}", "/posts", "/posts/{slug}/", "/{title}/{slug}", "//{slug}", "/A/{slug}"] {
            assert!(Permalink::parse(wrong).is_err(), "{wrong:?}");
        }
    }
}

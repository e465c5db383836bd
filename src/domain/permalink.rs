//! Paths of posts: turns the pattern of site.toml into a path.

use jiff::{SignedDuration, Zoned, tz::TimeZone};

use super::{
    entry::Kind,
    redirects::Redirects,
    routes,
    slug::Slug,
    theme::{NamedFile, Remark},
};

/// Settings of a site that decide where and when its content is shown.
#[derive(Clone, Debug)]
pub struct Rules {
    /// Time zone of dates that name none.
    pub zone: TimeZone,
    pub permalink: Permalink,
    /// BCP 47 tag of texts that name none.
    pub language: String,
    pub redirects: Redirects,
    /// Scheme, host and port of the site's own addresses, without a slash at the end.
    pub base_url: String,
    /// Hosts besides the providers that pages may frame: `https://maps.example.org`.
    pub frame_hosts: Vec<String>,
    /// Links in the header.
    pub navigation: Vec<String>,
    /// Time after which a thread takes no more comments, from the publication of its post.
    pub close_after: Option<SignedDuration>,
    /// Files of the content that site.toml names.
    pub named_files: Vec<NamedFile>,
    /// Warnings about site.toml itself.
    pub remarks: Vec<Remark>,
}

impl Default for Rules {
    /// Rules of a site that sets nothing.
    fn default() -> Self {
        Self {
            zone: TimeZone::UTC,
            permalink: Permalink::default(),
            language: String::new(),
            redirects: Redirects::default(),
            base_url: String::new(),
            frame_hosts: Vec::new(),
            navigation: Vec::new(),
            close_after: None,
            named_files: Vec::new(),
            remarks: Vec::new(),
        }
    }
}

/// Pattern such as `/posts/{slug}` or `/{year}/{month}/{slug}.html`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Permalink(String);

/// Rule for patterns, as shown to an author whose pattern is invalid.
const RULE: &str = "It starts with /, ends with {slug}, {slug}.html or {slug}/, and may have {year}, {month}, {day} and \
                    {category} before that, as in /posts/{slug} or /{year}/{month}/{slug}.html";
/// Message for an author whose pattern makes only addresses that the program has.
const RESERVED: &str = "Such addresses belong to the program. Write another first part, as in /blog/{slug}";

impl Permalink {
    /// # Errors
    /// A sentence for the author if the pattern is invalid.
    pub fn parse(pattern: &str) -> Result<Self, String> {
        let is_part = |part: &str| {
            matches!(part, "{year}" | "{month}" | "{day}" | "{category}")
                || Slug::from_text(part).is_some_and(|slug| slug.as_str() == part)
        };
        let path = pattern.strip_suffix(".html").or_else(|| pattern.strip_suffix('/')).unwrap_or(pattern);
        let above = path.strip_suffix("/{slug}").filter(|above| above.is_empty() || above.starts_with('/'));
        let is_one = above.is_some_and(|above| above.split('/').skip(1).all(is_part));
        if !is_one {
            return Err(RULE.to_owned());
        }
        if routes::is_reserved(pattern, Kind::Post) {
            return Err(RESERVED.to_owned());
        }
        Ok(Self(pattern.to_owned()))
    }

    /// Path of a post. `date` is the post's own, in the site's time zone; a post without one has `/posts/{slug}` if the
    /// pattern needs one. The part for a category is left out if the post has none.
    pub fn path(&self, slug: &Slug, date: Option<&Zoned>, category: Option<&Slug>) -> String {
        let has_date = ["{year}", "{month}", "{day}"].iter().any(|part| self.0.contains(part));
        let pattern = if has_date && date.is_none() { "/posts/{slug}" } else { &self.0 };
        let number = |number: fn(&Zoned) -> i16| date.map(|date| format!("{:02}", number(date))).unwrap_or_default();
        pattern
            .replace("{year}", &number(Zoned::year))
            .replace("{month}", &number(|date| date.month().into()))
            .replace("{day}", &number(|date| date.day().into()))
            .replace("/{category}", &category.map(|category| format!("/{category}")).unwrap_or_default())
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
        let category = Slug::from_text("legs");
        for (pattern, path, without) in [
            ("/posts/{slug}", "/posts/calf", "/posts/calf"),
            ("/{slug}", "/calf", "/calf"),
            ("/{slug}/", "/calf/", "/calf/"),
            ("/{slug}.html", "/calf.html", "/calf.html"),
            ("/{year}/{month}/{day}/{slug}", "/2026/05/02/calf", "/posts/calf"),
            ("/{year}/{month}/{slug}.html", "/2026/05/calf.html", "/posts/calf"),
            ("/{category}/{slug}/", "/legs/calf/", "/calf/"),
            ("/blog/{category}/{slug}", "/blog/legs/calf", "/blog/calf"),
            ("/posts/{year}/{slug}/", "/posts/2026/calf/", "/posts/calf"),
            ("/archive/{year}/{month}/{slug}", "/archive/2026/05/calf", "/posts/calf"),
        ] {
            let pattern = Permalink::parse(pattern).expect(pattern);
            assert_eq!(pattern.path(&slug, Some(&date), category.as_ref()), path);
            assert_eq!(pattern.path(&slug, None, None), without);
        }
        for wrong in [
            "",
            "posts/{slug}",
            "/posts",
            "/posts/{slug}//",
            "/posts/{slug}.php",
            "/{title}/{slug}",
            "//{slug}",
            "/A/{slug}",
            "/{slug}/{category}",
            "{slug}",
            "/{slug}/x",
            "/tags/{slug}",
            "/archive/{slug}.html",
            "/archive/{year}/{slug}/",
            "/stretches/{category}/{slug}",
        ] {
            assert!(Permalink::parse(wrong).is_err(), "{wrong:?}");
        }
    }
}

//! Redirects that the author writes: the table `[redirects]` of site.toml.

use std::collections::{BTreeMap, HashSet};

use url::{Position, Url};

use super::address;

/// Rule for redirects, as shown to an author who wrote something else.
const RULE: &str = "write a path that is gone and where it leads, such as \"/old/page\" = \"/new\" or \
                    \"/blog/*\" = \"https://example.org/*\", with * only at the end";

/// Old paths and their targets.
#[derive(Clone, Debug, Default)]
pub struct Redirects {
    /// Redirects by normalised path. Those with `*` are in `by_start`, without it, and match all paths that begin so.
    exact: BTreeMap<String, Redirect>,
    by_start: BTreeMap<String, Redirect>,
}

#[derive(Clone, Debug)]
struct Redirect {
    /// Path as the author wrote it.
    key: String,
    /// Percent-encoded target: a path, or a whole address.
    to: String,
    /// True if the part of the path that `*` stands for is appended to the target.
    keeps_rest: bool,
}

impl Redirects {
    /// # Errors
    /// The invalid path or target, and the rule.
    pub fn parse(table: &BTreeMap<String, String>) -> Result<Self, (String, String)> {
        let mut redirects = Self::default();
        for (key, value) in table {
            let path = key.strip_suffix('*').unwrap_or(key);
            let tidied = address::tidy(path).filter(|_| path.starts_with('/') && !path.contains('*'));
            let start = tidied.clone().unwrap_or_default();
            let is_start = key.ends_with('*');
            let (target, keeps_rest) = value.strip_suffix('*').map_or((value.as_str(), false), |target| (target, true));
            let to = target_of(target).filter(|_| !target.contains('*') && (!keeps_rest || is_start));
            let redirect = |to| Redirect { key: key.clone(), to, keeps_rest };
            let to = to.ok_or_else(|| (value.clone(), RULE.to_owned()))?;
            if is_start && (tidied.is_some() || path == "/") {
                let slash = if path.ends_with('/') { "/" } else { "" };
                redirects.by_start.insert(format!("{start}{slash}"), redirect(to));
            } else {
                redirects.exact.insert(tidied.ok_or_else(|| (key.clone(), RULE.to_owned()))?, redirect(to));
            }
        }
        Ok(redirects)
    }

    /// Returns the percent-encoded target of a path (decoded and normalised). The longest matching start wins.
    pub fn find(&self, path: &str) -> Option<String> {
        if let Some(redirect) = self.exact.get(path) {
            return Some(redirect.to.clone());
        }
        let rest = |start: &str| match path.strip_prefix(start) {
            Some(rest) => Some(rest.to_owned()),
            None => (format!("{path}/") == start).then(String::new),
        };
        let fitting = self.by_start.iter().filter_map(|(start, redirect)| Some((start.len(), rest(start)?, redirect)));
        let (_, rest, redirect) = fitting.max_by_key(|(length, ..)| *length)?;
        // A target that begins with `//` would lead to another host.
        let rest = if redirect.to.ends_with('/') { rest.trim_start_matches('/') } else { &rest };
        let rest = if redirect.keeps_rest { address::encode(rest) } else { String::new() };
        Some(format!("{}{rest}", redirect.to))
    }

    /// Redirects without `*`: the path as written, normalised, and the target.
    pub fn exact(&self) -> impl Iterator<Item = (&str, &str, &str)> {
        self.exact.iter().map(|(path, redirect)| (redirect.key.as_str(), path.as_str(), redirect.to.as_str()))
    }

    /// Paths, as written, that redirect to themselves.
    pub fn loops(&self) -> impl Iterator<Item = &str> {
        let all = self.exact.iter().chain(&self.by_start);
        all.filter(|(path, _)| self.is_loop(path)).map(|(_, redirect)| redirect.key.as_str())
    }

    fn is_loop(&self, path: &str) -> bool {
        let (mut seen, mut at) = (HashSet::new(), Some(address::tidy(path).unwrap_or_else(|| "/".to_owned())));
        while let Some(path) = at.filter(|_| seen.len() <= self.exact.len() + self.by_start.len()) {
            at = self.find(&path).and_then(|to| path_in(&to));
            if !seen.insert(path) {
                return true;
            }
        }
        false
    }
}

/// Decoded and normalised path of a target on this site; `None` if it is elsewhere, or has a fragment or a query.
pub fn path_in(target: &str) -> Option<String> {
    address::tidy(target).filter(|_| target.starts_with('/'))
}

fn target_of(written: &str) -> Option<String> {
    if address::is_web(written) {
        return Url::parse(written).ok().map(String::from);
    }
    let is_path = written.starts_with('/') && !written[1..].starts_with(['/', '\\']);
    let whole = Url::parse("http://localhost").ok()?.join(written).ok().filter(|_| is_path)?;
    Some(whole[Position::BeforePath..].to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(table: &[(&str, &str)]) -> Result<Redirects, (String, String)> {
        Redirects::parse(&table.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect())
    }

    #[test]
    fn where_paths_lead() {
        let redirects = parse(&[
            ("/old/page.html", "/new"),
            ("/übung/", "/schöner ort#teil"),
            ("/blog/*", "/posts/*"),
            ("/blog/2019/*", "https://old.example/a/*"),
            ("/wiki*", "/about"),
            ("/notes*", "/*"),
        ])
        .expect("are read");
        for (path, leads) in [
            ("/old/page.html", Some("/new")),
            ("/übung", Some("/sch%C3%B6ner%20ort#teil")),
            ("/blog/calf", Some("/posts/calf")),
            ("/blog/a b/ü", Some("/posts/a%20b/%C3%BC")),
            ("/blog", Some("/posts/")),
            ("/blog/2019/x", Some("https://old.example/a/x")),
            ("/wikipedia", Some("/about")),
            ("/notes/other.example/x", Some("/other.example/x")),
            ("/old", None),
            ("/blogs", None),
        ] {
            assert_eq!(redirects.find(path).as_deref(), leads, "{path}");
        }
        assert_eq!(redirects.loops().count(), 0);
    }

    #[test]
    fn redirects_that_are_refused() {
        for (key, value, wrong) in [
            ("old", "/new", "old"),
            ("/", "/new", "/"),
            ("/a*b", "/new", "/a*b"),
            ("/a?b", "/new", "/a?b"),
            ("/a", "new", "new"),
            ("/a", "//evil.example", "//evil.example"),
            ("/a", "ftp://a.example", "ftp://a.example"),
            ("/a", "/b/*", "/b/*"),
            ("/a", "", ""),
        ] {
            assert_eq!(parse(&[(key, value)]).expect_err(key).0, wrong, "{key} {value}");
        }
    }

    #[test]
    fn loops_are_found() {
        for (table, expected) in [
            (&[("/a", "/a")][..], &["/a"][..]),
            (&[("/a", "/b/"), ("/b", "/c"), ("/c", "/a"), ("/d", "/e")], &["/a", "/b", "/c"]),
            (&[("/a/*", "/b/*"), ("/b/*", "/a/*")], &["/a/*", "/b/*"]),
            (&[("/a/*", "/a/b/*")], &[]),
            (&[("/a", "https://a.example/a")], &[]),
        ] {
            assert_eq!(parse(table).expect("are read").loops().collect::<Vec<_>>(), expected);
        }
    }
}

//! Finds content by the addresses that it had in other programs, which have known forms. Each leads only to content
//! that exists.

use std::path::Path;

use super::{super::media::composed, Snapshot};
use crate::domain::{
    entry::{Content, Post},
    routes,
    slug::Slug,
};

/// Names of files that have the address of their folder.
const INDEXES: &[&str] = &["index.html", "index.htm", "index.php"];
/// Endings of pages.
const ENDINGS: &[&str] = &[".html", ".htm"];
/// Our feeds, each with the last parts of feed addresses in other programs.
const FEEDS: &[(&str, &[&str])] = &[
    ("feed.xml", &["feed.xml", "feed", "atom.xml", "atom", "feed.atom", "index.atom"]),
    ("rss.xml", &["rss.xml", "rss", "rss2", "index.xml", "feed.rss", "index.rss", "rss2.xml"]),
    ("feed.json", &["feed.json", "index.json"]),
];
/// Path segments before the name of a tag.
const TAGS: &[&str] = &["tags", "tag", "categories", "category", "topics", "topic"];
/// Path segments before the name of an author. They lead to the home page.
const AUTHORS: &[&str] = &["authors", "author"];
/// Lists of all posts; also path segments before the name of a post.
const POSTS: &[&str] = &["archive", "archives", "posts", "post", "blog", "articles", "news"];

impl Snapshot {
    /// Address that differs from a tidied path only by a slash at its end or by upper case.
    pub fn near(&self, path: &str) -> Option<String> {
        let lower = path.to_lowercase();
        let spelled = [path.to_owned(), format!("{path}/"), format!("{lower}/"), lower];
        spelled.into_iter().find_map(|path| match self.content(&path) {
            Some(_) => Some(path),
            None => self.redirect(&path).map(str::to_owned),
        })
    }

    /// Existing address for a tidied path that no content has.
    pub fn old_address(&self, path: &str) -> Option<String> {
        self.old(&path.to_lowercase())
    }

    /// Address of a file by its path in `media/`, or beside the text whose address precedes its name.
    pub fn old_file(&self, path: &str) -> Option<&str> {
        let (room, name) = path.rsplit_once('/').filter(|(_, name)| name.contains('.'))?;
        let end = format!("-{name}");
        let below = Path::new(path.trim_start_matches('/'));
        let in_media = Path::new("media").join(below.strip_prefix("media").unwrap_or(below));
        let in_media = composed(&in_media);
        let room = self.near(room).or_else(|| self.old_address(room));
        let beside = room.and_then(|room| Some(self.content(&room)?.entry().file.parent()?.join(name)));
        // Comparing paths is slow, and most names belong to no file.
        let mut files = self.media.values().filter(|file| file.address.ends_with(&end));
        files
            .find(|file| composed(&file.path).ends_with(&in_media) || beside.as_ref() == Some(&file.path))
            .map(|file| &*file.address)
    }

    /// Existing address for a path in lower case; the empty one is the home page.
    fn old(&self, path: &str) -> Option<String> {
        let Some((room, last)) = path.rsplit_once('/') else { return Some("/".to_owned()) };
        if let Some(near) = self.near(path) {
            return Some(near);
        }
        if INDEXES.contains(&last) {
            return self.old(room);
        }
        if let Some(stem) = ENDINGS.iter().find_map(|ending| path.strip_suffix(ending)) {
            return self.old(stem);
        }
        if let Some((feed, _)) = FEEDS.iter().find(|(_, names)| names.contains(&last)) {
            return self.old_feed(room, feed);
        }
        let parts: Vec<&str> = path.split('/').skip(1).collect();
        match parts.as_slice() {
            [tags] if TAGS.contains(tags) => Some("/tags".to_owned()),
            [tags, names @ .., "page", _] if TAGS[1..].contains(tags) => self.old_tag(names),
            [tags, names @ ..] if TAGS.contains(tags) => self.old_tag(names),
            [authors, ..] if AUTHORS.contains(authors) => Some("/".to_owned()),
            [posts] | [posts, "page", _] if POSTS.contains(posts) => Some("/archive".to_owned()),
            [posts, dates @ ..] if POSTS.contains(posts) => self.old_archive(dates).or_else(|| self.old_entry(&parts)),
            parts => self.old_archive(parts).or_else(|| self.old_entry(parts)),
        }
    }

    fn old_feed(&self, room: &str, feed: &str) -> Option<String> {
        // `/feed/atom`, `/comments/feed`.
        let room = room.strip_suffix("/feed").unwrap_or(room);
        let of_comments = room.strip_suffix("/comments");
        if of_comments == Some("") {
            return Some("/comments/feed.xml".to_owned());
        }
        let page = self.old(of_comments.unwrap_or(room))?;
        match self.content(&page) {
            Some(Content::Post(post)) => Some(format!("/posts/{}/comments/feed.xml", post.entry.slug)),
            Some(_) => None,
            None if page.starts_with("/tags/") => Some(format!("{page}/{feed}")),
            None => Some(format!("/{feed}")),
        }
    }

    /// Address of a tag; of nested categories, the last counts. Other programs write `three.js` as `three-js` or
    /// `threejs`.
    fn old_tag(&self, names: &[&str]) -> Option<String> {
        let name = names.last()?;
        let mut slugs = [Slug::of_tag(name), Slug::from_text(name)].into_iter().flatten();
        let same = slugs.find_map(|slug| self.tags.get_key_value(&slug)).map(|(slug, _)| slug);
        let similar = || self.tags.keys().find(|tag| bare(tag.as_str()).eq(bare(name)));
        same.or_else(similar).map(routes::tag)
    }

    /// Archive of a year or a month; days have none.
    fn old_archive(&self, dates: &[&str]) -> Option<String> {
        let (year, month) = year_and_month(dates)?;
        let has =
            |post: &Post| post.year() == Some(year) && month.is_none_or(|month| post.month() == Some((year, month)));
        self.posts.iter().any(|post| has(post)).then(|| match month {
            Some(month) => routes::month(year, month),
            None => routes::year(year),
        })
    }

    /// Address of a post whose name follows a date, categories or the name of a list; or of a page whose name stands
    /// alone.
    fn old_entry(&self, parts: &[&str]) -> Option<String> {
        let (last, above) = parts.split_last()?;
        let Some(post) = self.post(last) else {
            let page = self.pages().find(|page| page.entry.slug.as_str() == *last && above.is_empty())?;
            return Some(page.entry.address.clone());
        };
        let has_tag = |part: &str| post.tags.iter().any(|tag| tag.slug.as_str() == part);
        let (words, dates): (Vec<&str>, Vec<&str>) =
            above.iter().copied().partition(|part| POSTS.contains(part) || has_tag(part));
        let is_same_date = match (year_and_month(&dates), post.month()) {
            _ if dates.is_empty() => true,
            (Some((year, month)), Some(date)) => year == date.0 && month.is_none_or(|month| month == date.1),
            (dates, _) => dates.is_some(),
        };
        (is_same_date && words.len() + dates.len() == above.len()).then(|| post.entry.address.clone())
    }
}

/// Letters and digits of a name.
fn bare(name: &str) -> impl Iterator<Item = char> {
    name.chars().filter(|letter| letter.is_alphanumeric())
}

/// Year and month in `2026`, `2026/05`, `2026/05/02`.
fn year_and_month(dates: &[&str]) -> Option<(i16, Option<i8>)> {
    let (year, rest) = dates.split_first().filter(|(year, rest)| year.len() == 4 && rest.len() <= 2)?;
    let rest = rest.iter().map(|part| part.parse::<i8>().ok().filter(|_| part.len() <= 2));
    let rest = rest.collect::<Option<Vec<i8>>>()?;
    Some((year.parse().ok()?, rest.first().copied()))
}

//! Filters of a search: tag and year.

use super::query::SearchQuery;
use crate::{
    content::{Snapshot, TagPosts},
    domain::{
        entry::{Post, Tag},
        near, routes,
        slug::Slug,
    },
    texts::Search,
    web::view::link::TextLink,
};

/// Most tags in the form's list; rarer tags can be found by their word.
const OFFERED: usize = 100;

/// An option of a list in the form.
pub(super) struct Choice {
    pub value: String,
    pub label: String,
    pub is_chosen: bool,
}

/// An active filter, and the link that removes it.
pub(super) struct Chosen {
    pub label: String,
    /// Description of the link, for screen readers.
    pub spoken: String,
    pub without: String,
}

/// Filters of a search, looked up in the content.
pub(super) struct Filters {
    tag: Option<Tag>,
    year: Option<i16>,
    /// Message if a filter matches nothing, so that no words can find anything.
    pub complaint: Option<String>,
}

impl Filters {
    pub fn read(snapshot: &Snapshot, asked: &SearchQuery, said: &Search) -> Self {
        let tag = Slug::of_tag(&asked.tag).and_then(|slug| Some(snapshot.tags.get(&slug)?.tag.clone()));
        let year = asked.year.parse().ok().filter(|year| snapshot.years().iter().any(|(own, _)| own == year));
        let complaint = if tag.is_none() && !asked.tag.is_empty() {
            Some(unknown_tag(snapshot, &asked.tag, said))
        } else if year.is_none() && !asked.year.is_empty() {
            Some(said.unknown_year.with(&asked.year))
        } else {
            None
        };
        Self { tag, year, complaint }
    }

    pub fn tag_slug(&self) -> Option<Slug> {
        self.tag.as_ref().map(|tag| tag.slug.clone())
    }

    pub fn year(&self) -> Option<i16> {
        self.year
    }

    /// Posts that pass the filters, newest first.
    pub fn posts<'a>(&self, snapshot: &'a Snapshot) -> Vec<&'a Post> {
        let posts = match &self.tag {
            Some(tag) => snapshot.tags.get(&tag.slug).map_or(&[][..], |tag| &tag.posts),
            None => &snapshot.posts[..],
        };
        let is_of_year = |post: &&Post| self.year.is_none_or(|year| post.year() == Some(year));
        posts.iter().map(AsRef::as_ref).filter(is_of_year).collect()
    }

    /// Link to the page that lists all these posts, if there is one.
    pub fn list(&self) -> Option<TextLink> {
        match (&self.tag, self.year) {
            (Some(tag), None) => Some(TextLink::to_tag(tag)),
            (None, Some(year)) => Some(TextLink::new(&year.to_string(), &routes::year(year))),
            _ => None,
        }
    }

    /// Words and filters of the search, for the page title.
    pub fn title(&self, asked: &SearchQuery) -> String {
        let tag = self.tag.as_ref().map_or(asked.tag.as_str(), |tag| &tag.name);
        let parts = [asked.words.as_str(), tag, &asked.year];
        parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ")
    }

    pub fn chosen(&self, asked: &SearchQuery, said: &Search) -> Vec<Chosen> {
        let tag = self.tag.as_ref().map_or(&asked.tag, |tag| &tag.name);
        let tag =
            Chosen { label: tag.clone(), spoken: said.without_tag.with(tag), without: asked.without_tag().address() };
        let year = Chosen {
            label: asked.year.clone(),
            spoken: said.without_year.with(&asked.year),
            without: asked.without_year().address(),
        };
        [tag, year].into_iter().filter(|chosen| !chosen.label.is_empty()).collect()
    }

    /// Options for tags, those with most posts first. The active tag is always included.
    pub fn tags(&self, snapshot: &Snapshot) -> Vec<Choice> {
        let chosen = self.tag_slug();
        let is_chosen = |tag: &TagPosts| chosen.as_ref() == Some(&tag.tag.slug);
        let all = by_posts(snapshot).into_iter().enumerate();
        all.filter(|(nth, tag)| *nth < OFFERED || is_chosen(tag))
            .map(|(_, tag)| Choice {
                value: tag.tag.slug.to_string(),
                label: format!("{} ({})", tag.tag.name, tag.posts.len()),
                is_chosen: is_chosen(tag),
            })
            .collect()
    }

    /// Options for years, newest first; empty if all posts are of one year and no year is requested.
    pub fn years(&self, snapshot: &Snapshot) -> Vec<Choice> {
        let choice = |(year, count): (i16, usize)| Choice {
            value: year.to_string(),
            label: format!("{year} ({count})"),
            is_chosen: self.year == Some(year),
        };
        let years = snapshot.years();
        let is_worth_it = years.len() > 1 || self.year.is_some();
        years.into_iter().filter(|_| is_worth_it).map(choice).collect()
    }
}

/// Tags sorted by number of posts, most first.
pub(super) fn by_posts(snapshot: &Snapshot) -> Vec<&TagPosts> {
    let mut tags: Vec<_> = snapshot.tags.values().collect();
    tags.sort_by_key(|tag| std::cmp::Reverse(tag.posts.len()));
    tags
}

fn unknown_tag(snapshot: &Snapshot, written: &str, said: &Search) -> String {
    let known = snapshot.tags.values().map(|tag| (tag.tag.slug.as_str(), 0, &tag.tag.name));
    match Slug::of_tag(written).and_then(|slug| near::find(known, slug.as_str(), 1).first().copied()) {
        Some(name) => said.near_tag.with_both(name, written),
        None => said.unknown_tag.with(written),
    }
}

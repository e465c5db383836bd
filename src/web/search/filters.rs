//! Filters of a search: tag and year.

use super::query::SearchQuery;
use crate::{
    content::TagPosts,
    domain::{limits::SEARCH_TAGS, near},
    texts::Search,
    web::prelude::*,
};

/// Filters of a search, looked up in the content.
pub(super) struct Filters<'a> {
    pub tag: Option<&'a TagPosts>,
    pub year: Option<i16>,
    /// Message if a filter matches nothing, so that no words can find anything.
    pub complaint: Option<String>,
}

impl<'a> Filters<'a> {
    pub fn read(snapshot: &'a Snapshot, asked: &SearchQuery, said: &Search) -> Self {
        let tag = Slug::of_tag(&asked.tag).and_then(|slug| snapshot.tags.get(&slug));
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

    pub fn has_tag(&self, tag: &TagPosts) -> bool {
        self.tag.is_some_and(|own| own.tag == tag.tag)
    }

    pub fn has_year(&self, year: i16) -> bool {
        self.year == Some(year)
    }

    /// Posts that pass the filters, newest first.
    pub fn posts(&self, snapshot: &'a Snapshot) -> Vec<&'a Post> {
        let posts = self.tag.map_or(&snapshot.posts, |tag| &tag.posts);
        let is_of_year = |post: &&Post| self.year.is_none_or(|year| post.year() == Some(year));
        posts.iter().map(AsRef::as_ref).filter(is_of_year).collect()
    }

    /// Link to the page that lists all these posts, if there is one.
    pub fn list(&self) -> Option<TextLink> {
        match (self.tag, self.year) {
            (Some(tag), None) => Some(TextLink::to_tag(&tag.tag)),
            (None, Some(year)) => Some(TextLink::new(&year.to_string(), &routes::year(year))),
            _ => None,
        }
    }

    /// Name of the tag; as it was typed if it is unknown.
    fn tag_name<'b>(&'b self, asked: &'b SearchQuery) -> &'b str {
        self.tag.map_or(asked.tag.as_str(), |tag| tag.tag.name.as_str())
    }

    /// Words and filters of the search, for the page title.
    pub fn title(&self, asked: &SearchQuery) -> String {
        let parts = [asked.words.as_str(), self.tag_name(asked), &asked.year];
        parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ")
    }

    /// Active filters, each as a link that removes it, with the text of that link for screen readers.
    pub fn active(&self, asked: &SearchQuery, said: &Search) -> Vec<(TextLink, String)> {
        let without_tag = SearchQuery { tag: String::new(), ..asked.clone() }.address();
        let without_year = SearchQuery { year: String::new(), ..asked.clone() }.address();
        let (tag, year) = (self.tag_name(asked), asked.year.as_str());
        let tag = (TextLink::to_url(tag, without_tag), said.without_tag.with(tag));
        let year = (TextLink::to_url(year, without_year), said.without_year.with(year));
        [tag, year].into_iter().filter(|(link, _)| !link.title.is_empty()).collect()
    }

    /// Tags in the form, those with most posts first. The active tag is always included.
    pub fn tags(&self, snapshot: &'a Snapshot) -> Vec<&'a TagPosts> {
        let all = by_posts(snapshot).into_iter().enumerate();
        all.filter(|(nth, tag)| *nth < SEARCH_TAGS || self.has_tag(tag)).map(|(_, tag)| tag).collect()
    }

    /// Years in the form with their numbers of posts, newest first; empty if all posts are of one year and no year is
    /// requested.
    pub fn years(&self, snapshot: &Snapshot) -> Vec<(i16, usize)> {
        let years = snapshot.years();
        if years.len() > 1 || self.year.is_some() { years } else { Vec::new() }
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

//! Links from a post to others: the other parts of its series, and related posts.

use std::{collections::HashMap, sync::Arc};

use super::{cards::PostCard, link::TextLink};
use crate::{
    content::Series,
    domain::{entry::Content, search::SearchIndex},
    web::common::*,
};

/// Most parts in the box; a longer series has its own page for the rest.
const LISTED: usize = 10;
/// Number of related posts below an article.
const RELATED: usize = 3;

/// The box in a post that lists the parts of its series.
pub struct SeriesBox {
    pub name: String,
    /// Path of the page with all parts.
    pub href: String,
    /// Position in the series: `Part 2 of 4`.
    pub place: String,
    /// Position within a sentence: `part 2 of 4`.
    place_in_line: String,
    pub parts: Vec<Part>,
    /// Link text `All 30 parts`, if the box lists fewer.
    pub all: Option<String>,
    pub previous: Option<TextLink>,
    pub next: Option<TextLink>,
}

/// A part of the series in the box.
pub struct Part {
    /// Number of the part, from 1.
    pub number: usize,
    pub link: TextLink,
    pub is_current: bool,
}

impl SeriesBox {
    /// Returns `None` for a series of one part. `at` is the index of the post, from 0.
    pub fn new(series: &Series, at: usize, texts: &Texts) -> Option<Self> {
        let count = series.parts.len();
        if count < 2 {
            return None;
        }
        let listed = window(at, count);
        let named = |at: usize| series.parts.get(at).map(|post| TextLink::to_entry(&post.entry));
        Some(Self {
            name: series.name.clone(),
            href: address::encode(&routes::series(&series.slug)),
            place: texts.series.place.with_both(count, at + 1),
            place_in_line: texts.series.place_in_line.with_both(count, at + 1),
            all: (listed.len() < count).then(|| texts.series.all_parts.of(count)),
            previous: at.checked_sub(1).and_then(named),
            next: named(at + 1),
            parts: listed
                .filter_map(|place| Some(Part { number: place + 1, link: named(place)?, is_current: place == at }))
                .collect(),
        })
    }

    fn lists(&self, href: &str) -> bool {
        self.parts.iter().any(|part| part.link.href == href)
    }
}

/// The link above the title: to the box, or to the series if there is no box.
pub fn series_label(series: &Series, listed: Option<&SeriesBox>) -> TextLink {
    match listed {
        Some(listed) => TextLink::to_url(&format!("{}, {}", series.name, listed.place_in_line), "#-series"),
        None => TextLink::new(&series.name, &routes::series(&series.slug)),
    }
}

/// Posts most similar to this one, without those that the series box lists: by tags and series, then by words.
pub fn related<'a>(
    snapshot: &'a Snapshot,
    index: Option<&SearchIndex>,
    post: &Post,
    series: Option<&SeriesBox>,
    texts: &Texts,
) -> Vec<PostCard<'a>> {
    let is_listed = |other: &Post| series.is_some_and(|series| series.lists(&address::encode(&other.entry.address)));
    let mut found = snapshot.related(post);
    found.retain(|other| !is_listed(other));
    if found.len() < RELATED {
        let similar = index.map(|index| index.similar(&post.entry.address)).unwrap_or_default();
        for address in similar {
            if let Some(Content::Post(other)) = snapshot.content(&address)
                && !is_listed(other)
                && !found.iter().any(|known| Arc::ptr_eq(known, other))
            {
                found.push(other);
            }
        }
    }
    found.into_iter().take(RELATED).map(|post| PostCard::new(post, &HashMap::new(), texts)).collect()
}

/// Range of the parts around one, as many as the box holds.
fn window(at: usize, count: usize) -> std::ops::Range<usize> {
    let start = at.saturating_sub(LISTED / 2).min(count.saturating_sub(LISTED));
    start..count.min(start + LISTED)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_box_lists_the_parts_around() {
        for (at, count, expected) in
            [(0, 3, 0..3), (2, 3, 0..3), (0, 30, 0..10), (15, 30, 10..20), (29, 30, 20..30), (9, 10, 0..10)]
        {
            assert_eq!(window(at, count), expected, "{at} of {count}");
            assert!(window(at, count).contains(&at));
        }
    }
}

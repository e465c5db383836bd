//! Posts that have several tags at once: `feet+calves`, as an address writes it.

use std::{collections::BTreeMap, sync::Arc};

use super::Snapshot;
use crate::domain::{
    entry::{Post, Tag},
    slug::Slug,
};

/// Most tags in one address. Three already say more than most posts have.
const MOST: usize = 3;
/// Most tags that are offered to narrow a list further.
const OFFERED: usize = 8;

/// Posts that have all of some tags.
#[derive(Debug)]
pub struct Tagged {
    /// Tags in the order of their slugs, each once.
    pub tags: Vec<Tag>,
    /// Posts, newest first; never empty.
    pub posts: Vec<Arc<Post>>,
    /// Tags that some of these posts have and others do not, most frequent first, with the number of posts.
    pub narrower: Vec<(Tag, usize)>,
}

impl Tagged {
    /// Canonical spelling: `feet`, `calves+feet`.
    pub fn slug(&self) -> String {
        joined(&self.tags)
    }

    /// Slug with one tag more.
    pub fn with(&self, tag: &Tag) -> String {
        let mut tags = self.tags.clone();
        tags.push(tag.clone());
        tags.sort_by(|a, b| a.slug.cmp(&b.slug));
        joined(&tags)
    }
}

fn joined(tags: &[Tag]) -> String {
    tags.iter().map(|tag| tag.slug.as_str()).collect::<Vec<_>>().join("+")
}

impl Snapshot {
    /// Posts with all tags of an address, in any order and spelling; `None` if no post has all.
    pub fn tagged(&self, written: &str) -> Option<Tagged> {
        let mut slugs: Vec<Slug> = written.split('+').take(MOST + 1).filter_map(Slug::from_text).collect();
        slugs.sort();
        slugs.dedup();
        // A tag that is itself written with a plus: `Food+Drink` is `food-drink`.
        let whole = || Slug::from_text(written).filter(|slug| self.tags.contains_key(slug));
        if slugs.iter().any(|slug| !self.tags.contains_key(slug)) {
            slugs = vec![whole()?];
        }
        let lists: Vec<_> = slugs.iter().filter_map(|slug| self.tags.get(slug)).collect();
        let shortest = lists.iter().min_by_key(|list| list.posts.len())?;
        if lists.len() > MOST {
            return None;
        }
        let has = |post: &Post, slug: &Slug| post.tags.iter().any(|tag| tag.slug == *slug);
        let has_all = |post: &&Arc<Post>| slugs.iter().all(|slug| has(post, slug));
        let posts: Vec<Arc<Post>> = shortest.posts.iter().filter(has_all).cloned().collect();
        let tags: Vec<Tag> = lists.iter().map(|list| list.tag.clone()).collect();
        let narrower = if tags.len() < MOST { self.narrower(&tags, &posts) } else { Vec::new() };
        (!posts.is_empty()).then_some(Tagged { tags, posts, narrower })
    }

    fn narrower(&self, tags: &[Tag], posts: &[Arc<Post>]) -> Vec<(Tag, usize)> {
        let mut counts: BTreeMap<&Slug, usize> = BTreeMap::new();
        for tag in posts.iter().flat_map(|post| &post.tags) {
            *counts.entry(&tag.slug).or_default() += 1;
        }
        counts.retain(|slug, count| *count < posts.len() && tags.iter().all(|tag| tag.slug != **slug));
        let mut counts: Vec<(&Slug, usize)> = counts.into_iter().collect();
        counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        counts.truncate(OFFERED);
        counts.into_iter().filter_map(|(slug, count)| Some((self.tags.get(slug)?.tag.clone(), count))).collect()
    }
}

//! Related posts: those that share tags or a series with a post.

use std::{collections::HashMap, sync::Arc};

use super::{entry::Post, slug::Slug};

/// Most posts that are compared for one tag: the nearest in the list. So a tag that all posts have costs no more than
/// others.
const NEIGHBOURS: usize = 32;
/// Weight of the rarest tag; other tags weigh less.
const TAG: f32 = 3.0;
const SERIES: f32 = 2.0;
/// Lowest sum of weights of a related post: more than a tag that nearly every post has.
const NEAR: f32 = 1.0;

/// Posts that share a tag or a series, in order of date.
pub struct Group<'a> {
    pub posts: &'a [Arc<Post>],
    pub is_series: bool,
}

/// Posts related to one, nearest first; of equals the nearest by date. `all` is the number of all posts.
pub fn related<'a>(post: &Post, groups: impl Iterator<Item = Group<'a>>, all: usize) -> Vec<&'a Arc<Post>> {
    let mut scores: HashMap<&Slug, (f32, &Arc<Post>)> = HashMap::new();
    for Group { posts, is_series } in groups {
        let weight = if is_series { SERIES } else { TAG * rarity(posts.len(), all) };
        let at = posts.iter().position(|other| other.entry.slug == post.entry.slug).unwrap_or_default();
        let start = at.saturating_sub(NEIGHBOURS / 2).min(posts.len().saturating_sub(NEIGHBOURS));
        for other in posts[start..].iter().take(NEIGHBOURS).filter(|other| other.entry.slug != post.entry.slug) {
            scores.entry(&other.entry.slug).or_insert((0.0, other)).0 += weight;
        }
    }
    let seconds = |post: &Post| post.date.as_ref().map_or(0, |date| date.timestamp().as_second());
    let distance = |other: &Post| seconds(other).abs_diff(seconds(post));
    let mut found: Vec<(f32, &Arc<Post>)> = scores.into_values().filter(|(score, _)| *score >= NEAR).collect();
    found.sort_by(|(a_score, a), (b_score, b)| {
        let by_date = distance(a).cmp(&distance(b)).then_with(|| a.entry.slug.cmp(&b.entry.slug));
        b_score.total_cmp(a_score).then(by_date)
    });
    found.into_iter().map(|(_, other)| other).collect()
}

/// Rarity from 1 (hardly any post has it) to near 0 (all have it).
fn rarity(holders: usize, posts: usize) -> f32 {
    let posts = posts as f32;
    (posts / holders as f32).ln_1p() / posts.ln_1p()
}

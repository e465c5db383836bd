//! Related posts: those that share tags, a series or rare words.
//!
//! Cost: each post has at most [`FEATURES`] features, and a feature leads to at most [`NEIGHBOURS`] other posts, the
//! nearest by date. So the work grows with the number of posts and not with its square: 10,000 posts take at most 11
//! million additions, whatever their tags. Only the first [`READ`] bytes of a text are read. Measured on 10,000 posts
//! with a vocabulary of 30,000 words: 0.3 seconds on one busy core, beside the requests.

use std::{
    collections::HashMap,
    hash::{BuildHasherDefault, Hasher},
};

/// Fields of a post that are compared.
#[derive(Clone, Copy, Debug, Default)]
pub struct Features<'a> {
    /// Slugs of its tags.
    pub tags: &'a [&'a str],
    /// Slug of its series.
    pub series: Option<&'a str>,
    pub title: &'a str,
    pub text: &'a str,
}

/// Most posts that are kept for each: three are shown, and those that the page links to already are left out first.
pub const KEPT: usize = 12;
/// Most words of a text that count: its rarest that another text has too.
const WORDS: usize = 24;
/// Most tags of a post that count.
const TAGS: usize = 8;
/// Most features of a post: tags, words, the series.
const FEATURES: usize = TAGS + WORDS + 1;
/// Most posts that one feature leads to.
const NEIGHBOURS: usize = 32;
/// Bytes of a text that are read; its subject is clear from the beginning.
pub const READ: usize = 2_000;
/// Letters of the shortest word that counts.
const SHORTEST: usize = 4;

/// Weight of the rarest tag; other tags weigh less.
const TAG: f32 = 3.0;
const SERIES: f32 = 2.0;
const WORD: f32 = 0.25;
/// Lowest sum of weights of a related post: more than one tag that every second post has, or a handful of words.
const NEAR: f32 = 1.0;

/// Returns for each post the nearest others, nearest first, by their index in the list. The list is in order of date.
pub fn related(posts: &[Features]) -> Vec<Vec<u32>> {
    let features = features(posts);
    let mut holders: ByHash<Vec<u32>> = ByHash::default();
    for (post, own) in (0_u32..).zip(&features) {
        for feature in own {
            holders.entry(feature.key).or_default().push(post);
        }
    }
    let mut scores = vec![0.0_f32; posts.len()];
    let mut touched: Vec<u32> = Vec::new();
    let near = |(post, own): (u32, &Vec<Feature>)| {
        for feature in own {
            for other in nearest_by_date(&holders[&feature.key], post) {
                if scores[*other as usize] == 0.0 {
                    touched.push(*other);
                }
                scores[*other as usize] += feature.weight;
            }
        }
        let mut found: Vec<(f32, u32)> =
            touched.drain(..).map(|other| (std::mem::take(&mut scores[other as usize]), other)).collect();
        found.retain(|(score, other)| *score >= NEAR && *other != post);
        // Among equals, the one nearest by date comes first.
        found.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.abs_diff(post).cmp(&b.1.abs_diff(post))));
        found.truncate(KEPT);
        found.into_iter().map(|(_, other)| other).collect()
    };
    (0_u32..).zip(&features).map(near).collect()
}

/// Tag, series or word that posts can share, and its weight.
struct Feature {
    key: u64,
    weight: f32,
}

fn features(posts: &[Features]) -> Vec<Vec<Feature>> {
    let tags = |post: &Features| -> Vec<u64> { post.tags.iter().take(TAGS).map(|tag| hash(b'#', tag)).collect() };
    let words: Vec<Vec<u64>> = posts.iter().map(words).collect();
    let mut holders: ByHash<u32> = ByHash::default();
    for (post, words) in posts.iter().zip(&words) {
        for key in tags(post).iter().chain(words) {
            *holders.entry(*key).or_default() += 1;
        }
    }
    let rarity = |key: &u64| rarity(holders[key], posts.len());
    let of_post = |(post, words): (&Features, Vec<u64>)| {
        let tags = tags(post).into_iter().map(|key| Feature { weight: TAG * rarity(&key), key });
        let series = post.series.map(|series| Feature { key: hash(b'@', series), weight: SERIES });
        // A word that only one text has matches nothing, and one that every third text has says little.
        let tells = |key: &u64| (2..=(posts.len() / 3).max(2)).contains(&(holders[key] as usize));
        let mut words: Vec<Feature> =
            words.into_iter().filter(tells).map(|key| Feature { weight: WORD * rarity(&key), key }).collect();
        words.sort_by(|a, b| b.weight.total_cmp(&a.weight).then(a.key.cmp(&b.key)));
        words.truncate(WORDS);
        let features: Vec<Feature> = tags.chain(series).chain(words).collect();
        debug_assert!(features.len() <= FEATURES, "what the cost is reckoned from");
        features
    };
    posts.iter().zip(words).map(of_post).collect()
}

/// Rarity from 1 (hardly any post has it) to near 0 (all have it).
#[expect(clippy::cast_precision_loss, reason = "a weight, and there are not that many posts")]
fn rarity(holders: u32, posts: usize) -> f32 {
    let posts = posts as f32;
    (posts / holders as f32).ln_1p() / posts.ln_1p()
}

/// Distinct words of title and text.
fn words(post: &Features) -> Vec<u64> {
    let text = &post.text[..post.text.floor_char_boundary(READ)];
    let split = |text: &'_ str| -> Vec<u64> {
        let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| word.len() >= SHORTEST);
        words.map(|word| hash(b' ', word)).collect()
    };
    let mut words = split(post.title);
    words.extend(split(text));
    words.sort_unstable();
    words.dedup();
    words
}

/// FNV-1a over lower case: short, fast on words, and equal on every start. The kind keeps tags and words apart.
fn hash(kind: u8, word: &str) -> u64 {
    let step = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    let start = step(0xcbf2_9ce4_8422_2325, kind);
    if word.is_ascii() {
        return word.bytes().map(|byte| byte.to_ascii_lowercase()).fold(start, step);
    }
    word.chars().flat_map(char::to_lowercase).fold(start, |hash, c| {
        let mut bytes = [0; 4];
        c.encode_utf8(&mut bytes).bytes().fold(hash, step)
    })
}

/// Map that uses its keys as hashes; hashing them once more took a fifth of the time.
type ByHash<V> = HashMap<u64, V, BuildHasherDefault<AsItIs>>;

#[derive(Default)]
struct AsItIs(u64);

impl Hasher for AsItIs {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        self.0 = bytes.iter().fold(self.0, |hash, byte| (hash << 8) | u64::from(*byte));
    }

    fn write_u64(&mut self, key: u64) {
        self.0 = key;
    }
}

/// Returns the posts nearest by date, of those that share a feature.
fn nearest_by_date(holders: &[u32], post: u32) -> &[u32] {
    let at = holders.partition_point(|other| *other < post);
    let start = at.saturating_sub(NEIGHBOURS / 2).min(holders.len().saturating_sub(NEIGHBOURS));
    &holders[start..holders.len().min(start + NEIGHBOURS)]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Test case: tags, series, text.
    type Case<'a> = (&'a [&'a str], Option<&'a str>, &'a str);

    fn of_first(posts: &[Case]) -> Vec<u32> {
        let posts: Vec<Features> =
            posts.iter().map(|(tags, series, text)| Features { tags, series: *series, title: "", text }).collect();
        related(&posts).swap_remove(0)
    }

    #[test]
    fn the_first_of_each_case_has_these_near() {
        let far: Case = (&["other"], None, "nothing alike");
        let check = |case: &str, posts: &[Case], expected: &[u32]| assert_eq!(of_first(posts), expected, "{case}");
        check("nothing at all", &[(&[], None, "")], &[]);
        check("nothing alike", &[(&["feet"], None, "calf muscle"), far, far, far], &[]);
        check("a tag", &[(&["feet"], None, ""), far, (&["feet"], None, ""), far], &[2]);
        check("no tag of everyone is a reason", &[(&["all"] as &[&str], None, ""); 100], &[]);
        check(
            "a rare tag before a common one",
            &[
                (&["rare", "common"], None, ""),
                (&["common"], None, ""),
                (&["rare"], None, ""),
                (&["common"], None, ""),
                far,
                far,
            ],
            &[2, 1, 3],
        );
        check(
            "two tags before one",
            &[(&["a", "b"], None, ""), (&["a"], None, ""), (&["a", "b"], None, ""), far],
            &[2, 1],
        );
        check("a series", &[(&[], Some("x"), ""), far, (&[], Some("x"), ""), (&[], Some("y"), "")], &[2]);
        check("a tag and a series are two things", &[(&["x"], None, ""), (&[], Some("x"), ""), far], &[]);
        check(
            "words in any case",
            &[
                (&[], None, "The soleus, gastrocnemius and Achilles tendon lift your heel on stairs"),
                far,
                (&[], None, "SOLEUS, gastrocnemius, achilles, TENDON: heel, lift, stairs"),
                far,
                far,
                far,
            ],
            &[2],
        );
        check("words that all have are no reason", &[(&[] as &[&str], None, "the same words everywhere"); 9], &[]);
        check(
            "among equals the nearest by date",
            &[(&["feet"], None, ""), (&["feet"], None, ""), (&["feet"], None, ""), far, far, far, far, far, far],
            &[1, 2],
        );
        check(
            "letters of any script",
            &[
                (&[], None, "Überbein Füße Dehnübung Länge Knöchel Öl-Bürste"),
                (&[], None, "ÜBERBEIN füße dehnübung länge knöchel bürste"),
                far,
                far,
                far,
                far,
            ],
            &[1],
        );
    }

    #[test]
    fn what_many_share_leads_to_those_of_the_same_time() {
        let all: Vec<u32> = (0..10_000).collect();
        for (post, first, last) in [(0, 0, 31), (5_000, 4_984, 5_015), (9_999, 9_968, 9_999)] {
            let near = nearest_by_date(&all, post);
            assert_eq!((near.len(), near[0], near[near.len() - 1]), (NEIGHBOURS, first, last));
        }
        let tags: &[&str] = &["all", "even"];
        let posts = vec![Features { tags, ..Features::default() }; 3_000];
        assert!(related(&posts).iter().all(|near| near.len() <= KEPT));
    }
}

//! Sites of any size, the same every time: posts of some 600 words with headings, lists, links and code.

use std::{fmt::Write as _, fs, path::Path};

const WORDS: [&str; 48] = [
    "stretch",
    "calf",
    "hold",
    "the",
    "floor",
    "slowly",
    "breathe",
    "and",
    "count",
    "thirty",
    "seconds",
    "before",
    "morning",
    "run",
    "ankle",
    "heel",
    "down",
    "wall",
    "lean",
    "forward",
    "until",
    "something",
    "pulls",
    "never",
    "hurts",
    "change",
    "sides",
    "knee",
    "bent",
    "straight",
    "hip",
    "open",
    "strap",
    "around",
    "foot",
    "toes",
    "again",
    "week",
    "after",
    "hills",
    "shoes",
    "off",
    "mat",
    "quiet",
    "room",
    "ten",
    "minutes",
    "enough",
];

/// A generator of numbers that look random and are the same on every machine (PCG, XSH-RR; O'Neill 2014).
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let mixed = (((self.0 >> 18) ^ self.0) >> 27) & 0xffff_ffff;
        let turns = u32::try_from(self.0 >> 59).unwrap_or(0);
        let number = (mixed as u32).rotate_right(turns);
        number as usize % limit
    }

    fn words(&mut self, count: usize) -> String {
        let words: Vec<&str> = (0..count).map(|_| WORDS[self.below(WORDS.len())]).collect();
        words.join(" ")
    }

    fn sentence(&mut self) -> String {
        let length = 6 + self.below(12);
        let mut words = self.words(length);
        words[..1].make_ascii_uppercase();
        words.push('.');
        words
    }

    fn paragraph(&mut self) -> String {
        let sentences: Vec<String> = (0..5).map(|_| self.sentence()).collect();
        sentences.join(" ")
    }
}

/// A site of `posts` posts in `folder`, which must not be there yet.
pub fn write(folder: &Path, posts: usize) {
    fs::create_dir_all(folder.join("posts")).expect("a folder");
    fs::write(folder.join("site.toml"), "title = \"Generated\"\n[author]\nname = \"Nobody\"\n").expect("writes");
    for number in 0..posts {
        fs::write(folder.join("posts").join(format!("{}.md", slug(number))), post(number, posts)).expect("writes");
    }
}

pub fn slug(number: usize) -> String {
    format!("post-{number:05}")
}

/// The text of one post, as a file.
pub fn post(number: usize, of: usize) -> String {
    let mut chance = Chance(number as u64 + 1);
    let title = chance.words(5);
    let (year, month, day) = (2006 + number % 20, 1 + number / 20 % 12, 1 + number / 240 % 28);
    let tags = [chance.below(50), chance.below(50)].map(|tag| format!("tag-{tag}")).join(", ");
    let mut text = format!("---\ntitle: {title}\ndate: {year}-{month:02}-{day:02}\ntags: [{tags}]\n---\n\n");
    for part in 0..4 {
        let _ = write!(text, "{}\n\n## {}\n\n", chance.paragraph(), chance.words(3));
        let _ = write!(
            text,
            "{} [{}]({}.md) *{}*.\n\n",
            chance.paragraph(),
            chance.words(2),
            slug(chance.below(of)),
            chance.words(2)
        );
        match part {
            0 => (0..4).for_each(|_| {
                let _ = writeln!(text, "- {}", chance.sentence());
            }),
            1 => {
                let _ = writeln!(text, "> {}", chance.sentence());
            }
            2 if number.is_multiple_of(10) => {
                let _ =
                    writeln!(text, "```rust\nfn hold(seconds: u32) -> u32 {{ seconds * {} }}\n```", chance.below(60));
            }
            _ => {}
        }
        text.push('\n');
    }
    text
}

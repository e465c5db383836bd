//! Sites of any size, the same every time, as messy as real blogs: five languages, 300 to 3,000 words, HTML, links to
//! parts of pages, and one link in eight that leads nowhere.

use std::{fmt::Write as _, fs, path::Path};

/// Syllables from which the words of a language are made. Japanese is written without spaces.
struct Language {
    tag: &'static str,
    syllables: [&'static str; 20],
    gap: &'static str,
    end: &'static str,
}

const LANGUAGES: [Language; 5] = [
    Language {
        tag: "en",
        syllables: [
            "calf", "heel", "run", "ing", "ly", "stre", "tch", "to", "er", "hold", "slow", "an", "kle", "wall", "foot",
            "ed", "hill", "morn", "ten", "s",
        ],
        gap: " ",
        end: ". ",
    },
    Language {
        tag: "de",
        syllables: [
            "wa", "de", "fuß", "en", "läu", "fer", "dehn", "ung", "lang", "sam", "hal", "ten", "fer", "se", "mor",
            "gen", "über", "berg", "knie", "st",
        ],
        gap: " ",
        end: ". ",
    },
    Language {
        tag: "fr",
        syllables: [
            "mol", "let", "cou", "rir", "é", "ti", "rer", "pied", "che", "ville", "ma", "tin", "len", "te", "ment",
            "col", "line", "ge", "nou", "s",
        ],
        gap: " ",
        end: ". ",
    },
    Language {
        tag: "ru",
        syllables: [
            "бег", "но", "га", "рас", "тяж", "ка", "пят", "утр", "ом", "мед", "лен", "гор", "сте", "на", "ик", "ры",
            "ко", "ле", "дер", "ать",
        ],
        gap: " ",
        end: ". ",
    },
    Language {
        tag: "ja",
        syllables: [
            "走る",
            "足",
            "朝",
            "伸ばす",
            "ゆっくり",
            "壁",
            "膝",
            "坂",
            "靴",
            "時間",
            "を",
            "に",
            "の",
            "は",
            "が",
            "週",
            "練習",
            "痛み",
            "十分",
            "毎日",
        ],
        gap: "",
        end: "。",
    },
];

/// Words of a language; a blog of many years has some tens of thousands.
const VOCABULARY: usize = 30_000;

/// A generator of numbers that look random and are the same on every machine (PCG, XSH-RR; O'Neill 2014).
struct Chance {
    state: u64,
    language: &'static Language,
}

impl Chance {
    fn below(&mut self, limit: usize) -> usize {
        self.state = self.state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let mixed = (((self.state >> 18) ^ self.state) >> 27) & 0xffff_ffff;
        let turns = u32::try_from(self.state >> 59).unwrap_or(0);
        let number = (mixed as u32).rotate_right(turns);
        number as usize % limit
    }

    fn is_one_in(&mut self, many: usize) -> bool {
        self.below(many) == 0
    }

    /// A random word: a few are frequent and most are rare, as in any language.
    fn word(&mut self) -> String {
        let mut rank = VOCABULARY;
        for _ in 0..3 {
            rank = self.below(rank + 1);
        }
        let (mut word, count) = (String::new(), self.language.syllables.len());
        loop {
            word.push_str(self.language.syllables[rank % count]);
            if rank < count {
                return word;
            }
            rank /= count;
        }
    }

    fn words(&mut self, count: usize) -> String {
        let words: Vec<String> = (0..count).map(|_| self.word()).collect();
        words.join(self.language.gap)
    }

    fn sentence(&mut self) -> String {
        let length = 6 + self.below(12);
        let words = self.words(length);
        let mut letters = words.chars();
        let first: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
        format!("{first}{}{}", letters.as_str(), self.language.end)
    }

    fn paragraph(&mut self) -> String {
        (0..4).map(|_| self.sentence()).collect()
    }

    /// A link: one in eight leads nowhere, one in eight to a heading.
    fn link(&mut self, of: usize) -> String {
        let (words, other) = (self.words(2), slug(self.below(of)));
        match self.below(16) {
            0 => format!("[{words}](/posts/{other}-moved)"),
            1 => format!("[{words}](/2014/11/{})", self.below(10_000)),
            2 => format!("[{words}]({other}.md#part-1)"),
            3 => format!("[{words}](/posts/{other}#part-9)"),
            4..10 => format!("[{words}]({other}.md)"),
            _ => format!("[{words}](https://blog-{}.example/{other})", self.below(500)),
        }
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
    // Six of ten are in English.
    let language = &LANGUAGES[(number % 10).saturating_sub(5)];
    let mut chance = Chance { state: number as u64 + 1, language };
    let title = chance.words(5);
    let (year, month, day) = (2006 + number % 20, 1 + number / 20 % 12, 1 + number / 240 % 28);
    let tags = [chance.below(50), chance.below(300)].map(|tag| format!("tag-{tag}")).join(", ");
    let mut text = format!(
        "---\ntitle: {title}\ndate: {year}-{month:02}-{day:02}\nlang: {}\ntags: [{tags}]\n---\n\n",
        language.tag
    );
    // About 55 words a part and 300 to 3,000 in all, more of the shorter ones.
    let longest = chance.below(50) + 1;
    for part in 0..5 + chance.below(longest) {
        if part % 4 == 1 {
            let _ = writeln!(text, "## {} {{#part-{part}}}\n", chance.words(3));
        }
        let _ = writeln!(text, "{}{} *{}*.\n", chance.paragraph(), chance.link(of), chance.words(2));
        match chance.below(12) {
            0 => (0..4).for_each(|_| {
                let _ = writeln!(text, "- {}", chance.sentence());
            }),
            1 => {
                let _ = writeln!(text, "> {}", chance.sentence());
            }
            2 => {
                let _ = writeln!(text, "<div class=\"note\">\n<p>{}</p>\n</div>", chance.sentence());
            }
            3 => {
                let _ = writeln!(text, "<p style=\"color: red\">{}<br>{}</p>", chance.sentence(), chance.sentence());
            }
            4 => {
                let _ = writeln!(text, "| {} | {} |\n|---|---|\n| 1 | 2 |", chance.word(), chance.word());
            }
            5 if chance.is_one_in(4) => {
                let _ =
                    writeln!(text, "```rust\nfn hold(seconds: u32) -> u32 {{ seconds * {} }}\n```", chance.below(60));
            }
            6 if chance.is_one_in(8) => text.push_str("{{< figure src=\"/img/gone.jpg\" >}}\n"),
            _ => {}
        }
        text.push('\n');
    }
    text
}

//! Names of commenters: the blog in a name, and names that could be taken for somebody else's.

use std::collections::HashSet;

use unicode_normalization::UnicodeNormalization;
use unicode_security::skeleton;

use super::characters::is_invisible;

/// Splits a name into the person and, if one is named, the blog: "Lisa @ Mile by Mile".
pub fn person_and_blog(name: &str) -> (&str, Option<&str>) {
    match name.split_once('@').map(|(person, blog)| (person.trim(), blog.trim())) {
        Some((person, blog)) if !person.is_empty() && !blog.is_empty() => (person, Some(blog)),
        _ => (name, None),
    }
}

/// Names that nobody else may imitate.
#[derive(Clone, Debug, Default)]
pub struct Names(HashSet<String>);

impl Names {
    pub fn new<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        Self(names.into_iter().flat_map(looks).filter(|look| !look.is_empty()).collect())
    }

    /// True if a reader could take this name, or the person in it, for one of them.
    pub fn has_one_like(&self, name: &str) -> bool {
        let (person, _) = person_and_blog(name);
        [name, person].into_iter().flat_map(looks).any(|look| self.0.contains(&look))
    }
}

/// Skeletons of a name (UTS 39, 4): two names that share one are easily confused. There are two, since capitals and
/// small letters are confused with different letters: `JuIia` is read as Julia, and so is `JULIA`.
fn looks(name: &str) -> [String; 2] {
    let plain: String = name.nfkd().filter(|c| c.is_whitespace() || !is_invisible(*c)).collect();
    [look(&skeleton(&plain).collect::<String>(), &plain), look(&plain, &plain)]
}

fn look(text: &str, name: &str) -> String {
    let small = skeleton(&text.to_lowercase()).collect::<String>().to_lowercase();
    // `i` and `l` look alike, and so do their capitals.
    let look: String = small.chars().filter(|c| c.is_alphanumeric()).map(|c| if c == 'i' { 'l' } else { c }).collect();
    // A name may be only an emoji.
    if look.is_empty() { name.split_whitespace().collect() } else { look }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_blog_may_stand_in_a_name() {
        for (name, person, blog) in [
            ("Lisa @ Mile by Mile", "Lisa", Some("Mile by Mile")),
            ("Lisa@Mile", "Lisa", Some("Mile")),
            ("Lisa @ a @ b", "Lisa", Some("a @ b")),
            ("Lisa", "Lisa", None),
            ("@lisa@runs.example", "@lisa@runs.example", None),
            ("Lisa @", "Lisa @", None),
            ("@", "@", None),
        ] {
            assert_eq!(person_and_blog(name), (person, blog), "{name}");
        }
    }

    #[test]
    fn names_that_look_like_an_authors() {
        let authors = Names::new(["Julia Mölders", "Loose Laces", "Ивáн", "🏃"]);
        for name in [
            "Julia Mölders",
            "julia molders",
            "JULIA MÖLDERS",
            "JuIia Mölders",
            "Ju1ia M0lders",
            "Jul\u{456}a Mölders",
            "Ｊｕｌｉａ Ｍölders",
            "𝐉𝐮𝐥𝐢𝐚 Mölders",
            "Julia  Mo\u{308}\u{300}lders",
            "JuliaMölders",
            "Julia\u{200B} Mölders",
            "Julia Rnölders",
            "·Julia Mölders·",
            "Julia Mölders @ somewhere else",
            "Lооsе Lасеs",
            "LOOSE LACES",
            "ᏞOOsᎬ LᎪᏟᎬs",
            "loose-laces",
            "L00se Laces",
            "Иван",
            "🏃",
        ] {
            assert!(authors.has_one_like(name), "{name}");
        }
        for name in
            ["Julia", "Mölders", "Julian Mölders", "Loose Lace", "Laces Loose", "Lisa", "Иванна", "🏃🏃", "@", ""]
        {
            assert!(!authors.has_one_like(name), "{name}");
        }
        assert!(!Names::default().has_one_like(""));
    }
}

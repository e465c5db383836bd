//! Answers of embed providers (oEmbed): small TOML files beside the texts. `instep embeds fetch` writes them; the author
//! may edit them.

use std::{collections::HashMap, fs, path::Path, path::PathBuf};

use super::{embeds, source::Found};
use crate::domain::{
    embed::OEmbed,
    problem::{Place, Problem},
};

/// Ending of such a file; its stem is that of the picture beside it, `youtube-ID`.
pub const ENDING: &str = "toml";

/// Reads all answers. A file that cannot be read is reported, and its embed is shown without the answer.
pub(super) fn read_all(files: &[Found]) -> (HashMap<PathBuf, OEmbed>, Vec<Problem>) {
    let (mut answers, mut problems) = (HashMap::new(), Vec::new());
    for path in files.iter().map(|found| &found.path).filter(|path| is_one(path)) {
        let Ok(text) = fs::read_to_string(path) else { continue };
        match parse(&text) {
            Ok(answer) => {
                answers.insert(path.clone(), answer);
            }
            Err((place, what)) => {
                let mend = "Correct it, or delete the file and run: instep embeds fetch";
                problems.push(Problem::warning(path, place, what, mend));
            }
        }
    }
    (answers, problems)
}

fn is_one(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending == ENDING)
        && path.file_stem().is_some_and(|stem| embeds::is_about_an_embed(&stem.to_string_lossy()))
}

fn parse(text: &str) -> Result<OEmbed, (Place, String)> {
    let mut answer: OEmbed = toml::from_str(text).map_err(|error| {
        let place = error.span().map_or(Place::START, |span| Place::of_byte(text, span.start));
        let line = text.lines().nth(place.line - 1).unwrap_or_default().trim();
        let what = match line.starts_with("uploaded") {
            true => format!("{line:?} is no day, which is written like uploaded = \"2026-05-02\""),
            false => error.message().trim_end_matches('.').replace('\n', " "),
        };
        (place, what)
    })?;
    answer.title = answer.title.filter(|title| !title.trim().is_empty());
    Ok(answer)
}

/// Text of such a file.
pub fn write(answer: &OEmbed, provider: &str) -> String {
    // Texts, numbers and booleans can always be written in TOML.
    let body = toml::to_string(answer).unwrap_or_default();
    format!("# What {provider} said, stored by: instep embeds fetch\n{body}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::embed::Fetched;

    #[test]
    fn a_written_answer_is_read_again() {
        let mut whole = OEmbed {
            title: Some("Toes".to_owned()),
            seconds: Some(90),
            uploaded: "2014-11-10".parse().ok(),
            ..OEmbed::default()
        };
        whole.set_fetched(Some(Fetched { name: "youtube-x.jpg".to_owned(), hash: "ab".to_owned() }));
        for answer in [
            OEmbed::default(),
            OEmbed { title: Some("A \"title\" \\ of 'mine' \u{1F3C3}".to_owned()), ..OEmbed::default() },
            whole,
            OEmbed { without_picture: true, ..OEmbed::default() },
        ] {
            let text = write(&answer, "YouTube");
            assert_eq!(parse(&text), Ok(answer), "{text}");
        }
    }

    #[test]
    fn errors_are_reported_with_their_place() {
        for (text, line, word) in
            [("title = 3", 1, "string"), ("# x\ntitel = 'x'", 2, "titel"), ("uploaded = 'soon'", 1, "soon")]
        {
            let (place, what) = parse(text).expect_err(text);
            assert_eq!(place.line, line, "{text}");
            assert!(what.contains(word), "{what}");
        }
    }
}

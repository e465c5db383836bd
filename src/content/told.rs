//! Answers of embed providers: small TOML files beside the texts, written by `instep embeds fetch`, read with all else,
//! and free to be edited by hand.

use std::{collections::HashMap, fs, path::Path, path::PathBuf};

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{embeds, source::Found};
use crate::domain::{
    embed::{Fetched, Told},
    problem::{Place, Problem, Severity},
};

/// Ending of such a file; its stem is that of the picture beside it, `youtube-ID`.
pub const ENDING: &str = "toml";

/// Content of such a file.
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
struct ToldToml {
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    seconds: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    uploaded: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    picture: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    picture_sha256: Option<String>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    without_picture: bool,
}

/// Reads all of them. A file that cannot be read is a problem, and its embed does without.
pub(super) fn read_all(files: &[Found]) -> (HashMap<PathBuf, Told>, Vec<Problem>) {
    let (mut told, mut problems) = (HashMap::new(), Vec::new());
    for path in files.iter().map(|found| &found.path).filter(|path| is_one(path)) {
        let Ok(text) = fs::read_to_string(path) else { continue };
        match parse(&text) {
            Ok(one) => {
                told.insert(path.clone(), one);
            }
            Err((place, what)) => problems.push(Problem {
                severity: Severity::Warning,
                file: path.clone(),
                line: place.line,
                column: place.column,
                what,
                mend: "Correct it, or delete the file and run: instep embeds fetch".to_owned(),
            }),
        }
    }
    (told, problems)
}

fn is_one(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending == ENDING)
        && path.file_stem().is_some_and(|stem| embeds::is_about_an_embed(&stem.to_string_lossy()))
}

fn parse(text: &str) -> Result<Told, (Place, String)> {
    let read: ToldToml = toml::from_str(text).map_err(|error| {
        let place = error.span().map_or(Place::START, |span| Place::of_byte(text, span.start));
        (place, error.message().trim_end_matches('.').replace('\n', " "))
    })?;
    let uploaded = match read.uploaded {
        Some(day) => Some(day.parse::<Date>().map_err(|_| {
            let place = Place::of_byte(text, text.find("uploaded").unwrap_or_default());
            (place, format!("{day:?} is no day, which is written like 2026-05-02"))
        })?),
        None => None,
    };
    Ok(Told {
        uploaded,
        title: read.title.filter(|title| !title.trim().is_empty()),
        seconds: read.seconds,
        picture: read.picture.map(|name| Fetched { name, hash: read.picture_sha256.unwrap_or_default() }),
        without_picture: read.without_picture,
    })
}

/// Text of such a file.
pub fn write(told: &Told, provider: &str) -> String {
    let written = ToldToml {
        title: told.title.clone(),
        seconds: told.seconds,
        uploaded: told.uploaded.map(|day| day.to_string()),
        picture: told.picture.as_ref().map(|picture| picture.name.clone()),
        picture_sha256: told.picture.as_ref().map(|picture| picture.hash.clone()),
        without_picture: told.without_picture,
    };
    // Texts, numbers and booleans can always be written in TOML.
    let body = toml::to_string(&written).unwrap_or_default();
    format!("# What {provider} said, stored by: instep embeds fetch\n{body}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        for told in [
            Told::default(),
            Told { title: Some("A \"title\" \\ of 'mine' \u{1F3C3}".to_owned()), ..Told::default() },
            Told {
                title: Some("Toes".to_owned()),
                seconds: Some(90),
                uploaded: "2014-11-10".parse().ok(),
                picture: Some(Fetched { name: "youtube-x.jpg".to_owned(), hash: "ab".to_owned() }),
                without_picture: false,
            },
            Told { without_picture: true, ..Told::default() },
        ] {
            let text = write(&told, "YouTube");
            assert_eq!(parse(&text), Ok(told), "{text}");
        }
    }

    #[test]
    fn mistakes_are_told_with_their_place() {
        for (text, line, word) in
            [("title = 3", 1, "string"), ("# x\ntitel = 'x'", 2, "titel"), ("uploaded = 'soon'", 1, "soon")]
        {
            let (place, what) = parse(text).expect_err(text);
            assert_eq!(place.line, line, "{text}");
            assert!(what.contains(word), "{what}");
        }
    }
}

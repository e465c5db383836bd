//! Finds where front matter begins and ends, and texts that only look like front matter. Those must not be published:
//! their keys would be shown, and their `draft: true` would hide nothing.

use super::{Fault, is_silent, keys};
use crate::domain::problem::Place;

/// Number of lines that are searched for keys. Front matter has some below its first line.
const MOST_LINES: usize = 50;
/// Least sum of [`weight`]s that makes lines front matter.
const SURE: usize = 2;

/// Front matter between its fences.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Head<'a> {
    pub block: &'a str,
    /// Start of the block, in bytes from the start of the file.
    pub block_start: usize,
    pub is_toml: bool,
    /// Start of the Markdown, in bytes from the start of the file.
    pub body_start: usize,
    /// Number of lines above the first fence.
    pub lines_above: usize,
}

/// Finds the front matter of a file; `None` if the file is all Markdown.
///
/// # Errors
/// The text only looks like front matter: a fence is missing, or is written in another way.
pub(super) fn find(text: &str) -> Result<Option<Head<'_>>, Fault> {
    let rest = text.trim_start_matches(is_blank);
    let start = text.len() - rest.len();
    let lines_above = text[..start].matches('\n').count();
    let Some((sign, is_toml, has_language)) = rest.lines().next().and_then(fence) else {
        let below_comment = rest.strip_prefix("<!--").and_then(|comment| comment.split_once("-->"));
        let below_comment = || missing_fence(rest, below_comment?.1.trim_start());
        return missing_fence(rest, rest).or_else(below_comment).map_or(Ok(None), |(line, what, sign)| {
            let mend = format!("Put a line with {sign} alone above its first key, and another below its last.");
            Err(Fault::new(Place { line: line + lines_above + 1, column: 1 }, what, mend))
        });
    };
    let block_start = rest.find('\n').map_or(rest.len(), |newline| newline + 1);
    let is_indented = text[..start].rsplit('\n').next().is_some_and(|before| before.contains([' ', '\t']));
    let end = closing_fence(&rest[block_start..], sign, is_indented);
    let block = &rest[block_start..end.map_or(rest.len(), |(end, _)| block_start + end)];
    // A rule at the start of a text is written like the fence of YAML.
    let is_closed = end.is_some() && (block.trim().is_empty() || block.lines().all(|line| !line.trim().is_empty()));
    let needed = if end.is_some() { 1 } else { SURE };
    if sign == "---" && !has_language && !is_closed && evidence(block.lines(), true) < needed {
        return Ok(None);
    }
    let Some((_, body_start)) = end else {
        let nearly = block.lines().position(|line| !line.trim().is_empty() && is_fence_like(line));
        let place = Place { line: lines_above + nearly.map_or(1, |line| line + 2), column: 1 };
        let what = format!("the front matter that begins with {sign} does not end");
        return Err(Fault::new(place, what, format!("Put a line with {sign} alone below its last key.")));
    };
    let block_start = start + block_start;
    Ok(Some(Head { block, block_start, is_toml, body_start: block_start + body_start, lines_above }))
}

fn is_blank(c: char) -> bool {
    // Byte order marks and other invisible characters.
    c.is_whitespace() || matches!(c, '\u{feff}' | '\u{200b}'..='\u{200f}' | '\u{2060}')
}

/// Sign of a fence, true if TOML follows, and true if the line names the language: `---yaml`.
fn fence(line: &str) -> Option<(&'static str, bool, bool)> {
    let (sign, language) = ["---", "+++"].into_iter().find_map(|sign| Some((sign, line.strip_prefix(sign)?)))?;
    match language.trim_matches(is_blank).to_ascii_lowercase().as_str() {
        "" => Some((sign, sign == "+++", false)),
        "yaml" | "yml" | "json" => Some((sign, false, true)),
        "toml" => Some((sign, true, true)),
        _ => None,
    }
}

/// End of the block, and start of the text after its last fence.
fn closing_fence(text: &str, sign: &str, is_indented: bool) -> Option<(usize, usize)> {
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let written = line.trim_end_matches(is_blank);
        let written = if is_indented { written.trim_start() } else { written };
        // YAML may end with dots as well (YAML 1.2, 9.1.4).
        if written == sign || (sign == "---" && written == "...") {
            return Some((at, at + line.len()));
        }
        at += line.len();
    }
    None
}

/// True if a line could be meant as a fence: dashes, a code fence, a brace; no letters but the name of a language.
fn is_fence_like(line: &str) -> bool {
    let lower = line.to_ascii_lowercase();
    let signs = ["yaml", "yml", "toml", "json"].iter().find_map(|language| lower.trim_end().strip_suffix(language));
    !signs.unwrap_or(&lower).contains(char::is_alphanumeric)
}

/// Looks for keys without a fence above them at the start of `keys`, the end of a text. Returns the line, counted from 0,
/// the fault, and the fence that is missing.
fn missing_fence(text: &str, keys: &str) -> Option<(usize, String, &'static str)> {
    let above = text[..text.len() - keys.len()].matches('\n').count();
    let first = keys.lines().next()?.trim_end();
    let sign = if first.starts_with('+') || key(first).is_some_and(|(_, is_toml)| is_toml) { "+++" } else { "---" };
    if is_fence_like(first) || fence(first).is_some() {
        // A text may begin with a code block, so its keys need twice the weight.
        let needed = if first.starts_with(['`', '~']) { 2 * SURE } else { SURE };
        let what = format!("this looks like front matter, which does not begin with {first:?}");
        return (evidence(keys.lines().skip(1), true) >= needed).then_some((above, what, sign));
    }
    let may_be_first = key(first).is_some_and(|(key, _)| weight(key) > 0 || is_silent(key));
    let what = format!("this looks like front matter whose first line, {sign}, is missing");
    (may_be_first && evidence(keys.lines(), false) >= SURE).then_some((above, what, sign))
}

/// Sum of the weights of the keys in lines. `has_fence`: a line above may be a fence, so a line without a key ends the
/// keys only after a blank line.
fn evidence<'a>(lines: impl Iterator<Item = &'a str>, has_fence: bool) -> usize {
    let (mut sum, mut has_begun, mut has_gap) = (0, false, false);
    for line in lines.take(MOST_LINES) {
        if line.trim().is_empty() {
            if has_begun && !has_fence {
                break;
            }
            has_gap |= has_begun;
            continue;
        }
        if is_fence_like(line) {
            if has_begun {
                break;
            }
            continue;
        }
        let key = key(line.trim_start());
        let continues = has_begun && line.starts_with([' ', '\t', '#', '-']);
        if key.is_none() && !continues && (has_gap || !has_fence) {
            break;
        }
        // A key without its colon: `title x`.
        let word = || line.split_whitespace().next().filter(|word| has_fence && keys::find(word, false).is_some());
        sum += key.map_or_else(|| usize::from(word().is_some()), |(key, _)| weight(key));
        has_begun = true;
    }
    sum
}

/// Weight of a key as evidence. A heading underlined with `---` looks the same: `Summary: what I have learned`. So
/// known keys weigh more in lower case, and keys that keep a text from being published weigh most.
fn weight(key: &str) -> usize {
    let lower = key.to_ascii_lowercase();
    match lower.as_str() {
        "draft" | "published" => 2 * SURE,
        known if keys::find(known, false).is_none() => usize::from(lower == key && is_silent(key)),
        _ if lower == key => SURE,
        _ => 1,
    }
}

/// Key of `key: value` or `key = value`, and true if it is TOML.
fn key(line: &str) -> Option<(&str, bool)> {
    let at = line.find([':', '=', '：'])?;
    let (key, value) = line.split_at(at);
    // Removes `#+`, quotes as in JSON, emphasis, and backslashes that editors add.
    let key = key.trim_start_matches("#+").trim_matches(|c: char| is_blank(c) || "\"'“”„‘’{,`\\*".contains(c));
    let is_word = !key.is_empty() && key.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.'));
    // `https://…` is no key.
    (is_word && !value.starts_with("://")).then(|| (key, value.starts_with('=')))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(text: &str) -> Fault {
        find(text).expect_err(text)
    }

    #[test]
    fn front_matter_is_found_behind_invisible_characters() {
        for (text, block, body, lines_above) in [
            ("---\ntitle: x\n---\nText", "title: x\n", "Text", 0),
            ("\u{feff}\u{feff}---\ntitle: x\n---\nText", "title: x\n", "Text", 0),
            ("\n \u{200b}---\ntitle: x\n ---\nText", "title: x\n", "Text", 1),
            ("\r\n\n+++\r\ntitle = 'x'\r\n+++\r\nText", "title = 'x'\r\n", "Text", 2),
            ("---yaml\ntitle: x\n---\n", "title: x\n", "", 0),
            ("--- YAML\ntitle: x\n...\n", "title: x\n", "", 0),
            ("---\u{a0}\ntitle: x\n---\u{200b}\n", "title: x\n", "", 0),
            ("---\nmood: odd\n---\n", "mood: odd\n", "", 0),
            ("---\n\n---\nText", "\n", "Text", 0),
            ("---\n---", "", "", 0),
            ("---\nno keys\n---\n", "no keys\n", "", 0),
            ("---\n\ntitle: x\n\n---\n", "\ntitle: x\n\n", "", 0),
            ("---\nlayout: page\n\n---\n", "layout: page\n\n", "", 0),
        ] {
            let head = find(text).expect(text).unwrap_or_else(|| panic!("{text:?} has none"));
            assert_eq!(
                (head.block, &text[head.body_start..], head.lines_above),
                (block, body, lines_above),
                "{text:?}"
            );
        }
        assert!(find("---toml\ntitle = 'x'\n---\n").expect("is read").expect("has some").is_toml);
    }

    #[test]
    fn text_that_only_looks_like_front_matter_is_reported() {
        for (text, line, sign) in [
            ("—\ntitle: x\ndraft: true\n—\nText", 1, "---"),
            ("–––\ntitle: x\n–––\nText", 1, "---"),
            ("- - -\ntitle: x\n---\nText", 1, "---"),
            ("\n\n----\ntitle: x\n----\nText", 3, "---"),
            ("--\ntitle: x\n--\nText", 1, "---"),
            ("\\---\ntitle: x\n\\---\nText", 1, "---"),
            ("***\n\ntitle: x\ndraft: true\n\n***\nText", 1, "---"),
            ("++++\ntitle = 'x'\n++++\nText", 1, "+++"),
            ("```yaml\ntitle: x\ndraft: true\n```\nText", 1, "---"),
            ("```\n---\ntitle: x\ntags: [a]\n---\n```\nText", 1, "---"),
            ("{\n  \"title\": \"x\",\n  \"draft\": true\n}\n\nText", 1, "---"),
            ("{\"title\": \"x\", \"draft\": true}\n\nText", 1, "---"),
            ("<!--\ntitle: x\n-->\nText", 1, "---"),
            ("<!-- prettier-ignore -->\n---\ntitle: x\n---\nText", 2, "---"),
            ("title: My secret plan\ndate: 2026-01-01\ndraft: true\n---\n\nText", 1, "---"),
            ("title: x\r\ndraft: true\r\n---\r\nText", 1, "---"),
            ("\n\ntitle: x\n\n# a comment\ntags:\n- a\n  - b\nmood: odd\n---\nText", 3, "---"),
            ("draft: true\n---\nText", 1, "---"),
            ("Draft: true\n\nText", 1, "---"),
            ("layout: post\ntitle: x\n---\nText", 1, "---"),
            ("Title: x\nAuthor: y\n\nText", 1, "---"),
            ("title： x\n\nText", 1, "---"),
            ("title = 'x'\ntags = [\n  'a',\n]\n[extra]\na = 1\n+++\nText", 1, "+++"),
            ("#+TITLE: x\n#+DRAFT: true\n\nText", 1, "---"),
            ("title: x\nand a sentence\n", 1, "---"),
        ] {
            let fault = fault(text);
            assert_eq!(fault.place.line, line, "{text:?}");
            assert!(fault.mend.contains(&format!(" {sign} ")), "{text:?}: {fault:?}");
        }
    }

    #[test]
    fn front_matter_without_an_end_is_reported_where_the_fence_belongs() {
        for (text, line) in [
            ("---\ntitle: x", 1),
            ("---\ntitle: x\ndraft: true\n—\nText", 4),
            ("\n---\ntitle x\ndraft true\n\nText", 2),
            ("---\nodd\ndraft: true\n\nText", 1),
            ("+++\ntext", 1),
            ("---yaml\nmood: odd", 1),
        ] {
            let fault = fault(text);
            assert_eq!(fault.place.line, line, "{text:?}");
            assert!(fault.what.ends_with("does not end"), "{text:?}: {fault:?}");
        }
    }

    #[test]
    fn texts_without_front_matter() {
        for text in [
            "",
            "Text\n",
            "---\n\nA text below a rule.\n",
            "---\n\nA text between rules.\n\n---\n",
            "---\nA text below a rule.\n\nMore of it.\n\n---\n",
            "---\n\nNote: a text between rules.\n\n---\n",
            "\n---\n\nSummary: what I have learned.\n\nText",
            "***\n\nText",
            "—\n\nText",
            "— Who said that: nobody\n\nText",
            "Note: a text\n\nText",
            "Note: A\n\nSummary: B\n\nAuthor: C\n",
            "A heading\n---\n\nText",
            "Note: a heading\n---\n\nText",
            "Summary: what I have learned\n---\n\nText",
            "```yaml\ntags: [a]\n```\nText",
            "```rust\nlet title: &str;\n```\n",
            "https://example.org\n---\n",
            "- title: x\n---\n",
            "# title: x\n---\n",
            "# A heading\n\nDate: today\nTags: a\n",
            "{% raw %}\ntitle: x\n{% endraw %}",
            "![A calf](calf.jpg)\nimage: mine\n",
        ] {
            assert_eq!(find(text), Ok(None), "{text:?}");
        }
    }
}

//! The part of a text that says why it was found.

use super::words::{fold, words};

/// Longest snippet, in characters.
const SNIPPET: usize = 220;

/// The stretch of text with the most different words of the question, cut at words, its hits marked.
pub(super) fn snippet(text: &str, terms: &[String]) -> Vec<(String, bool)> {
    let (last, whole) = terms.split_last().map_or(("", terms), |(last, whole)| (last.as_str(), whole));
    let term_of = |word: &str| {
        let folded = fold(word);
        whole.iter().position(|term| *term == folded).or_else(|| folded.starts_with(last).then_some(whole.len()))
    };
    let hits: Vec<(usize, usize, usize)> =
        words(text).filter_map(|(at, length)| Some((at, length, term_of(&text[at..at + length])?))).collect();

    let start = best_start(text, &hits);
    let end = text[start..].char_indices().nth(SNIPPET).map_or(text.len(), |(at, _)| start + at);
    let end = if end == text.len() { end } else { text[start..end].rfind(' ').map_or(end, |at| start + at) };

    let mut pieces = Vec::new();
    let mut done = start;
    if start > 0 {
        pieces.push(("… ".to_owned(), false));
    }
    for (at, length, _) in hits.iter().copied().filter(|(at, length, _)| *at >= start && at + length <= end) {
        pieces.push((text[done..at].to_owned(), false));
        pieces.push((text[at..at + length].to_owned(), true));
        done = at + length;
    }
    pieces.push((text[done..end].to_owned(), false));
    if end < text.len() {
        pieces.push((" …".to_owned(), false));
    }
    pieces.retain(|(piece, _)| !piece.is_empty());
    pieces
}

/// A little before the hit that has the most different words of the question within reach after it.
fn best_start(text: &str, hits: &[(usize, usize, usize)]) -> usize {
    const LEAD: usize = 40;
    let reach = |from: usize| {
        let near = hits[from..].iter().take_while(|(at, ..)| *at < hits[from].0 + SNIPPET - LEAD);
        near.map(|(.., term)| term).collect::<std::collections::BTreeSet<_>>().len()
    };
    let Some(best) = (0..hits.len()).max_by_key(|from| (reach(*from), std::cmp::Reverse(*from))) else { return 0 };
    let lead = text.floor_char_boundary(hits[best].0.saturating_sub(LEAD));
    if lead == 0 { 0 } else { text[lead..hits[best].0].find(' ').map_or(hits[best].0, |space| lead + space + 1) }
}

#[cfg(test)]
mod tests {
    use super::{super::words::terms, *};

    fn marked(text: &str, question: &str) -> String {
        snippet(text, &terms(question))
            .into_iter()
            .map(|(piece, hit)| if hit { format!("[{piece}]") } else { piece })
            .collect()
    }

    #[test]
    fn snippets_mark_words_and_beginnings() {
        assert_eq!(marked("Stretch the calf, then the Café.", "calf cafe"), "Stretch the [calf], then the [Café].");
        assert_eq!(marked("Stretching stretches", "stretch"), "[Stretching] [stretches]");
        assert_eq!(marked("Stretching", "stretch more"), "Stretching");
        let long = format!("{} the soleus lies below {}", "word ".repeat(100), "more ".repeat(100));
        let shown = marked(&long, "soleus");
        assert!(shown.starts_with("… ") && shown.contains("the [soleus] lies") && shown.ends_with(" …"), "{shown}");
    }
}

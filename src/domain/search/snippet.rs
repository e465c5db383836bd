//! Snippets: the part of a text with the words of the query.

use super::words::{Term, each};

/// Longest snippet, in characters.
const SNIPPET: usize = 220;

/// Word of a text that matches the query.
struct Hit {
    start: usize,
    end: usize,
    /// Index of the word of the query.
    term: usize,
}

/// Part of the text with the most different words of the query, cut at words, with its matches marked.
pub(super) fn snippet(text: &str, terms: &[Term]) -> Vec<(String, bool)> {
    let mut hits: Vec<Hit> = Vec::new();
    each(text, |word| {
        if let Some(term) = terms.iter().position(|term| term.finds(word.text)) {
            hits.push(Hit { start: word.place.start, end: word.place.end, term });
        }
    });
    let start = best_start(text, &hits);
    let end = text[start..].char_indices().nth(SNIPPET).map_or(text.len(), |(at, _)| start + at);
    let end = if end == text.len() { end } else { text[start..end].rfind(' ').map_or(end, |at| start + at) };

    let mut pieces: Vec<(String, bool)> = Vec::new();
    let mut done = start;
    if start > 0 {
        pieces.push(("… ".to_owned(), false));
    }
    for hit in hits.iter().filter(|hit| hit.start >= start && hit.end <= end) {
        // Pairs of neighbouring characters overlap by one.
        match pieces.last_mut().filter(|(_, is_hit)| *is_hit && hit.start <= done) {
            Some((marked, _)) => marked.push_str(&text[done.min(hit.end)..hit.end]),
            None => {
                pieces.push((text[done..hit.start].to_owned(), false));
                pieces.push((text[hit.start..hit.end].to_owned(), true));
            }
        }
        done = hit.end;
    }
    pieces.push((text[done..end].to_owned(), false));
    if end < text.len() {
        pieces.push((" …".to_owned(), false));
    }
    pieces.retain(|(piece, _)| !piece.is_empty());
    pieces
}

/// Start a little before the match that has the most different words of the query within reach after it.
fn best_start(text: &str, hits: &[Hit]) -> usize {
    const LEAD: usize = 40;
    let reach = |from: usize| {
        let near = hits[from..].iter().take_while(|hit| hit.start < hits[from].start + SNIPPET - LEAD);
        near.map(|hit| hit.term).collect::<std::collections::BTreeSet<_>>().len()
    };
    let Some(best) = (0..hits.len()).max_by_key(|from| (reach(*from), std::cmp::Reverse(*from))) else { return 0 };
    let lead = text.floor_char_boundary(hits[best].start.saturating_sub(LEAD));
    if lead == 0 {
        0
    } else {
        text[lead..hits[best].start].find(' ').map_or(hits[best].start, |space| lead + space + 1)
    }
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
        assert_eq!(marked("日本語の全文検索は難しい。", "全文検索 css"), "日本語の[全文検索]は難しい。");
        assert_eq!(marked("CSS設計と設", "css設計"), "[CSS設計]と設");
        let long = format!("{} the soleus lies below {}", "word ".repeat(100), "more ".repeat(100));
        let shown = marked(&long, "soleus");
        assert!(shown.starts_with("… ") && shown.contains("the [soleus] lies") && shown.ends_with(" …"), "{shown}");
    }
}

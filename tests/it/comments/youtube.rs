//! The spam filter against real comments: the YouTube Spam Collection (T. C. Alberto, J. V. Lochter, T. A. Almeida; UCI
//! Machine Learning Repository; CC BY 4.0). The file is not ours, so `INSTEP_TEST_YOUTUBE_SPAM` names it: a header
//! `text,spam`, then 1,956 rows in the order of the five videos.

use std::collections::HashMap;

use instep::domain::verdict::bayes::{Counts, Learned, SUSPECT, features, judge};

use crate::support::{html::Html, read};

#[derive(Clone)]
struct Row {
    text: String,
    is_spam: bool,
}

#[test]
fn the_filter_finds_spam_among_real_comments() {
    let Ok(path) = std::env::var("INSTEP_TEST_YOUTUBE_SPAM") else {
        println!("skipped: INSTEP_TEST_YOUTUBE_SPAM is not set");
        return;
    };
    let rows = rows(&read(std::path::Path::new(&path)));
    assert_eq!((rows.len(), rows.iter().filter(|row| row.is_spam).count()), (1956, 1005));
    let half = |odd: usize| rows.iter().skip(odd).step_by(2).cloned().collect::<Vec<Row>>();
    let (even, odd) = (half(0), half(1));
    for (name, train, test) in
        [("even rows learned, odd ones judged", &even, &odd), ("the other way round", &odd, &even)]
    {
        let learned = learn(train);
        let scores: Vec<(f64, bool)> =
            test.iter().map(|row| (judge(&learned, &seen(row)).expect("enough").spam, row.is_spam)).collect();
        let (precision, threshold) = precision_at(0.85, &scores);
        let (own_precision, own_recall) = at(SUSPECT, &scores);
        println!("{name}: precision {precision:.4} at recall 0.85 (from {threshold:.3} on)");
        println!("    as set ({SUSPECT}): precision {own_precision:.4}, recall {own_recall:.4}");
        assert!(precision >= 0.97, "{name}: {precision}");
        assert!(own_precision >= 0.97 && own_recall >= 0.85, "{name}: {own_precision}, {own_recall}");
    }
}

fn seen(row: &Row) -> Vec<String> {
    features("", None, &row.text)
}

fn learn(rows: &[Row]) -> Learned {
    let mut learned = Learned { comments: Counts::default(), features: HashMap::new() };
    let count = |counts: &mut Counts, is_spam: bool| if is_spam { counts.spam += 1 } else { counts.ham += 1 };
    for row in rows {
        count(&mut learned.comments, row.is_spam);
        for feature in seen(row) {
            count(learned.features.entry(feature).or_default(), row.is_spam);
        }
    }
    learned
}

/// Precision and threshold at this recall; among equal scores ham is counted first.
fn precision_at(recall: f64, scores: &[(f64, bool)]) -> (f64, f64) {
    let mut sorted = scores.to_vec();
    sorted.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    let all = scores.iter().filter(|(_, is_spam)| *is_spam).count();
    let mut found = 0;
    for (at, (score, is_spam)) in sorted.iter().enumerate() {
        found += usize::from(*is_spam);
        if share(found, all) >= recall {
            return (share(found, at + 1), *score);
        }
    }
    panic!("the recall is never reached");
}

/// Precision and recall if all comments from this score on are held.
fn at(threshold: f64, scores: &[(f64, bool)]) -> (f64, f64) {
    let all = scores.iter().filter(|(_, is_spam)| *is_spam).count();
    let suspected: Vec<bool> =
        scores.iter().filter(|(score, _)| *score >= threshold).map(|(_, is_spam)| *is_spam).collect();
    let found = suspected.iter().filter(|is_spam| **is_spam).count();
    (share(found, suspected.len()), share(found, all))
}

#[expect(clippy::cast_precision_loss, reason = "there are two thousand rows")]
fn share(part: usize, whole: usize) -> f64 {
    part as f64 / whole as f64
}

/// Rows of a CSV file (RFC 4180) with two fields. The texts are HTML, as published by YouTube.
fn rows(csv: &str) -> Vec<Row> {
    let mut fields = vec![String::new()];
    let mut is_quoted = false;
    let mut rest = csv.chars().peekable();
    while let Some(c) = rest.next() {
        let field = fields.last_mut().expect("one at least");
        match c {
            '"' if is_quoted && rest.peek() == Some(&'"') => {
                rest.next();
                field.push('"');
            }
            '"' => is_quoted = !is_quoted,
            ',' | '\n' if !is_quoted => fields.push(String::new()),
            '\r' if !is_quoted => {}
            _ => field.push(c),
        }
    }
    let row = |pair: &[String]| Row { text: plain(&pair[0]), is_spam: pair[1] == "1" };
    fields.chunks_exact(2).skip(1).map(row).collect()
}

/// Text and the addresses of links, without the markup.
fn plain(html: &str) -> String {
    let html = Html::parse(&format!("<div>{}</div>", html.replace("<br />", "\n")));
    let links: Vec<&str> = html.all("a").into_iter().map(|link| link.get("href")).collect();
    format!("{} {}", html.elements[0].text, links.join(" "))
}

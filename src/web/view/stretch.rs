//! Stretches: the card in a post, the tile in the index, the facts on the page.

use super::{
    capitalised,
    lang::{self, LangAttributes},
    link::TextLink,
    pieces::{code, linked_heading},
};
use crate::{
    content::syntax::tags::{Attribute, with_changed},
    domain::{
        entry::{Level, Piece, Sides, Stretch},
        words::escape_html,
    },
    web::common::*,
};

/// A line of the fact sheet.
#[derive(Clone, Debug)]
pub struct Fact<'a> {
    pub name: &'a str,
    pub value: String,
    /// True if the value is a text of the site, not of the author.
    pub is_ours: bool,
}

/// The card of a stretch inside a post.
#[derive(Template)]
#[template(path = "stretches/_card.html")]
pub struct StretchCard<'a> {
    stretch: &'a Stretch,
    /// Level of its heading.
    level: u8,
    /// Attributes `lang` and `dir` of the card, and of the site's texts in the card.
    lang: LangAttributes,
    site_lang: LangAttributes,
    id: String,
    href: String,
    facts: Vec<Fact<'a>>,
    steps: String,
    texts: &'a Texts,
}

impl<'a> StretchCard<'a> {
    /// `level`: level of its heading, one below the heading above it. `around`: language of the text around it. The
    /// whole card is in the language of its stretch.
    pub fn new(stretch: &'a Stretch, level: u8, around: &str, site: &Site) -> Self {
        let language = stretch.entry.language.as_deref().unwrap_or(&site.language);
        let texts = lang::site_texts_in(&stretch.entry, site.texts);
        let id = format!("-stretch-{}", stretch.entry.slug);
        // The post around the card may have the same ids.
        let below = |value: &str| Some(format!("{id}-{value}"));
        let steps =
            with_changed(&steps_and_notes(stretch, texts).0, |_, Attribute { name, value, .. }| match &**name {
                "id" => below(value),
                "href" => value.strip_prefix('#').and_then(below).map(|id| format!("#{id}")),
                _ => None,
            });
        Self {
            stretch,
            level: level.min(6),
            lang: lang::inside(language, around),
            site_lang: lang::of_site_texts(&stretch.entry, texts),
            texts,
            href: address::encode(&stretch.entry.address),
            facts: facts(stretch, texts),
            steps,
            id,
        }
    }

    /// A link to the card, if the post has shown it already.
    pub fn link(&self) -> String {
        format!("<p{}><a href=\"#{}\">{}</a></p>\n", self.lang, self.id, escape_html(&self.stretch.entry.title))
    }

    /// HTML for a feed: the steps without the drawing.
    pub fn in_feed(&self) -> String {
        let Self { level, lang, href, steps, .. } = self;
        let title = escape_html(&self.stretch.entry.title);
        format!("<div{lang}><h{level}><a href=\"{href}\">{title}</a></h{level}>\n{steps}</div>\n")
    }
}

/// A tile in the index of stretches.
pub struct StretchTile<'a> {
    pub stretch: &'a Stretch,
    pub link: TextLink,
    /// Facts that the tile shows.
    pub facts: Vec<Fact<'a>>,
}

impl<'a> StretchTile<'a> {
    pub fn new(stretch: &'a Stretch, texts: &'static Texts) -> Self {
        let shown = [&texts.stretches.hold, &texts.stretches.gear, &texts.stretches.level];
        let facts = facts(stretch, texts).into_iter().filter(|fact| shown.iter().any(|name| *name == fact.name));
        Self { stretch, link: TextLink::to_entry(&stretch.entry), facts: facts.collect() }
    }
}

/// Lines of the fact sheet of a stretch, for a card.
pub fn facts<'a>(stretch: &Stretch, texts: &'a Texts) -> Vec<Fact<'a>> {
    let texts = &texts.stretches;
    let list = |words: &[String]| (!words.is_empty()).then(|| capitalised(&words.join(", ")));
    let equipment = list(&stretch.equipment);
    let sides = stretch.sides.map(|sides| match sides {
        Sides::Each => texts.each_side.clone(),
        Sides::Both => texts.both_sides.clone(),
    });
    let level = stretch.level.map(|level| match level {
        Level::Easy => texts.easy.clone(),
        Level::Medium => texts.medium.clone(),
        Level::Hard => texts.hard.clone(),
    });
    let facts = [
        (&texts.areas, list(&stretch.areas), false),
        (&texts.hold, stretch.hold_seconds.map(|seconds| texts.seconds.of(seconds as usize)), true),
        (&texts.repeats, stretch.repeats.map(|repeats| repeats.to_string()), true),
        (&texts.sides, sides, true),
        (&texts.sets, stretch.sets.map(|sets| sets.to_string()), true),
        (&texts.gear, Some(equipment.clone().unwrap_or_else(|| texts.no_gear.clone())), equipment.is_none()),
        (&texts.level, level, true),
    ];
    let fact = |(name, value, is_ours): (&'a String, Option<String>, bool)| Some(Fact { name, value: value?, is_ours });
    facts.into_iter().filter_map(fact).collect()
}

/// The list of steps at the beginning of a stretch's text, and the rest of the text.
pub fn steps_and_notes(stretch: &Stretch, texts: &Texts) -> (String, String) {
    let site_lang = lang::of_site_texts(&stretch.entry, texts);
    let body = stretch.entry.body.unpack();
    let pieces = body.pieces.into_iter().map(|piece| match piece {
        Piece::Html(html) => html,
        Piece::Heading(line, words) => linked_heading(&line, &words, texts, &site_lang, true),
        Piece::Code(piece) => code(&piece),
        Piece::Embed(_) | Piece::Stretch(_) => String::new(),
    });
    let html: String = pieces.collect();
    let Some(end) = end_of_first_list(&html) else { return (String::new(), html) };
    let steps = html[..end].replacen("<ol>", "<ol class=\"steps\">", 1);
    (steps, html[end..].trim().to_owned())
}

fn end_of_first_list(html: &str) -> Option<usize> {
    if !html.starts_with("<ol>") {
        return None;
    }
    let mut depth = 0_usize;
    for (at, _) in html.match_indices('<') {
        if html[at..].starts_with("<ol") {
            depth += 1;
        } else if html[at..].starts_with("</ol>") {
            depth -= 1;
            if depth == 0 {
                return Some(at + "</ol>".len());
            }
        }
    }
    None
}

/// Removes "Stop if" from the beginning of the sentence: some authors write it, and the page adds it.
pub fn after_stop_if(sentence: &str, texts: &Texts) -> String {
    sentence.strip_prefix(texts.stretches.stop_if.as_str()).unwrap_or(sentence).trim_start().to_owned()
}

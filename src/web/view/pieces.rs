//! HTML of the pieces of a text: headings, code blocks, players and clips.

use super::{cards, lang::LangAttributes};
use crate::{
    domain::{
        embed::{Captions, Clip, Embed, Player},
        entry::{Code, ContentsLine},
        language,
        words::escape_html,
    },
    web::common::*,
};

#[derive(Template)]
#[template(path = "embeds/_player.html")]
struct PlayerView<'a> {
    player: &'a Player,
    texts: &'a Texts,
    site_lang: &'a LangAttributes,
}

/// Captions of a clip as its `<track>`.
struct Track<'a> {
    src: String,
    language: &'a str,
    label: String,
    /// True for the captions that are shown unless the reader chooses others.
    is_default: bool,
}

#[derive(Template)]
#[template(path = "embeds/_clip.html")]
struct ClipView<'a> {
    clip: &'a Clip,
    shape: &'static str,
    is_video: bool,
    src: String,
    /// URL and size of the still picture.
    poster: Option<(String, (u32, u32))>,
    captions: Vec<Track<'a>>,
    texts: &'a Texts,
    site_lang: &'a LangAttributes,
}

/// A heading on a page with a link to itself. The link is beside the heading: inside, screen readers would read it as
/// part of the heading. `is_stop`: true if the tab key stops at the link.
pub fn linked_heading(
    line: &ContentsLine,
    html: &str,
    texts: &Texts,
    site_lang: &LangAttributes,
    is_stop: bool,
) -> String {
    let ContentsLine { level, id, title } = line;
    let heading = heading(line, html);
    if title.is_empty() {
        return heading;
    }
    let stop = if is_stop { "" } else { " tabindex=\"-1\"" };
    format!(
        "<div class=\"heading heading-{level}\">{}<a class=\"heading-link\" href=\"#{}\"{stop}{site_lang} aria-label=\"{}\">#</a></div>\n",
        heading.trim_end(),
        escape_html(id),
        escape_html(&texts.article.link_to_section.with(title))
    )
}

/// A heading in a feed.
pub fn heading(line: &ContentsLine, words: &str) -> String {
    let ContentsLine { level, id, .. } = line;
    format!("<h{level} id=\"{}\">{words}</h{level}>\n", escape_html(id))
}

/// Code block on a page. Long lines scroll in their own box, so the keyboard must be able to focus it.
pub fn code(code: &Code) -> String {
    let Some(coloured) = code.coloured() else { return plain_code(code).replacen("<pre>", "<pre tabindex=\"0\">", 1) };
    format!("<pre tabindex=\"0\"><code class=\"language-{}\">{coloured}</code></pre>\n", escape_html(&code.language))
}

/// Code block in a feed.
pub fn plain_code(code: &Code) -> String {
    format!("<pre><code class=\"language-{}\">{}</code></pre>\n", escape_html(&code.language), escape_html(&code.text))
}

/// An embed on a page.
///
/// # Errors
/// A template failed.
pub fn embed(
    embed: &Embed,
    language: &str,
    texts: &Texts,
    site_lang: &LangAttributes,
) -> Result<String, askama::Error> {
    let (clip, is_video) = match embed {
        Embed::Player(player) => return PlayerView { player, texts, site_lang }.render(),
        Embed::Video(clip) => (clip, true),
        Embed::Audio(clip) => (clip, false),
    };
    let view = ClipView {
        clip,
        shape: if is_video { clip.shape().class() } else { "embed-audio" },
        is_video,
        src: address::encode(&clip.address),
        poster: clip.poster.as_ref().map(cards::shared),
        captions: tracks(clip, language, texts),
        texts,
        site_lang,
    };
    view.render()
}

/// Tracks for the captions of a clip. Shown by default are those in the language of the text, else the first.
fn tracks<'a>(clip: &'a Clip, language: &'a str, texts: &Texts) -> Vec<Track<'a>> {
    let of_text = |captions: &Captions| captions.language.as_deref().is_none_or(|own| language::is_same(own, language));
    let default = clip.captions.iter().position(of_text).unwrap_or(0);
    let track = |(at, captions): (usize, &'a Captions)| Track {
        src: address::encode(&captions.address),
        language: captions.language.as_deref().unwrap_or(language),
        label: match &captions.language {
            Some(own) => format!("{} ({own})", texts.embeds.captions),
            None => texts.embeds.captions.clone(),
        },
        is_default: at == default,
    };
    clip.captions.iter().enumerate().map(track).collect()
}

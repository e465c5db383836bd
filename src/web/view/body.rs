//! Renders the pieces of a text: for a page (click-to-load embeds, cards) and for a feed (a picture and a link).

use std::collections::HashSet;

use askama::Template;
use url::Url;

use super::{
    cards::PictureView,
    stretch::StretchCard,
    tongue::{self, Tongue},
};
use crate::{
    config::Site,
    content::{
        Snapshot,
        markdown::{
            highlighter,
            tags::{Attribute, each_of_set, with_changed},
        },
    },
    domain::{
        address,
        embed::{Captions, Clip, Embed, Player},
        entry::{Code, ContentsLine, Entry, PackedBody, Piece},
        language,
        slug::Slug,
        words::escape_html,
    },
    texts::Texts,
};

#[derive(Template)]
#[template(path = "embeds/_player.html")]
struct PlayerView<'a> {
    player: &'a Player,
    title: String,
    poster: Option<PictureView>,
    texts: &'a Texts,
    words: &'a Tongue,
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
    poster: Option<PictureView>,
    captions: Vec<Track<'a>>,
    texts: &'a Texts,
    words: &'a Tongue,
}

#[derive(Template)]
#[template(path = "feeds/_embed.html")]
struct FeedEmbed {
    href: String,
    title: String,
    picture: Option<PictureView>,
}

/// HTML of a text on a page of the site. `language`: the text's own, `None` for the site's. Words of the site inside
/// the text are in the text's language if a translation exists.
///
/// # Errors
/// A template failed.
pub fn on_page(
    body: &PackedBody,
    language: Option<&str>,
    snapshot: &Snapshot,
    site: &Site,
) -> Result<String, askama::Error> {
    let body = body.unpack();
    let texts = tongue::words_in(language, site.texts);
    let words = tongue::of_words(language, texts);
    let language = language.unwrap_or(&site.language);
    // In a text with a table of contents the tab key skips the heading links: the table has them already.
    let is_stop = body.listed().is_empty();
    let mut html = String::new();
    let mut shown: HashSet<&Slug> = HashSet::new();
    // The title of the page is its h1.
    let mut level = 1;
    for piece in &body.pieces {
        match piece {
            Piece::Html(piece) => html.push_str(piece),
            Piece::Heading(line, title) => {
                level = line.level;
                html.push_str(&linked_heading(line, title, texts, &words, is_stop));
            }
            Piece::Code(piece) => html.push_str(&code(piece)),
            Piece::Embed(piece) => html.push_str(&embed(piece, language, texts, &words)?),
            Piece::Stretch(slug) => {
                let Some(stretch) = snapshot.stretches.get(slug) else { continue };
                let card = StretchCard::new(stretch, level + 1, language, site);
                // A second card would repeat the ids of the first.
                html.push_str(&if shown.insert(slug) { card.render()? } else { card.link() });
            }
        }
    }
    Ok(html)
}

/// Highlights the code blocks of a text that are not highlighted yet. Must run before [`on_page`], which renders such
/// blocks plain.
pub async fn colour(body: &PackedBody) {
    let blocks = body.uncoloured();
    if blocks.is_empty() {
        return;
    }
    // The first block of a language takes tens of milliseconds, which must not block other requests.
    let coloured = tokio::task::spawn_blocking(move || blocks.iter().for_each(|code| highlighter::colour(code))).await;
    if let Err(panic) = coloured {
        tracing::error!("syntax highlighting failed, so the code is shown without colours: {panic}");
    }
}

/// A heading on a page with a link to itself. The link stands beside the heading: inside, screen readers would read it
/// as part of the heading. `is_stop`: true if the tab key stops at the link.
pub(super) fn linked_heading(line: &ContentsLine, html: &str, texts: &Texts, words: &Tongue, is_stop: bool) -> String {
    let ContentsLine { level, id, title } = line;
    let heading = heading(line, html);
    if title.is_empty() {
        return heading;
    }
    let stop = if is_stop { "" } else { " tabindex=\"-1\"" };
    format!(
        "<div class=\"heading heading-{level}\">{}<a class=\"heading-link\" href=\"#{}\"{stop}{words} aria-label=\"{}\">#</a></div>\n",
        heading.trim_end(),
        escape_html(id),
        escape_html(&texts.article.link_to_section.with(title))
    )
}

fn heading(line: &ContentsLine, words: &str) -> String {
    let ContentsLine { level, id, .. } = line;
    format!("<h{level} id=\"{}\">{words}</h{level}>\n", escape_html(id))
}

/// Code block on a page. Long lines scroll in their own box, so the keyboard must be able to focus it.
pub(super) fn code(code: &Code) -> String {
    let Some(coloured) = code.coloured() else { return plain_code(code).replacen("<pre>", "<pre tabindex=\"0\">", 1) };
    format!("<pre tabindex=\"0\"><code class=\"language-{}\">{coloured}</code></pre>\n", escape_html(&code.language))
}

fn plain_code(code: &Code) -> String {
    format!("<pre><code class=\"language-{}\">{}</code></pre>\n", escape_html(&code.language), escape_html(&code.text))
}

/// An embed on a page.
///
/// # Errors
/// A template failed.
pub fn embed(embed: &Embed, language: &str, texts: &Texts, words: &Tongue) -> Result<String, askama::Error> {
    let (clip, is_video) = match embed {
        Embed::Player(player) => {
            let title = player.title.clone().unwrap_or_default();
            let poster = player.poster.as_ref().map(PictureView::new);
            return PlayerView { player, title, poster, texts, words }.render();
        }
        Embed::Video(clip) => (clip, true),
        Embed::Audio(clip) => (clip, false),
    };
    let view = ClipView {
        clip,
        shape: if is_video { clip.shape().class() } else { "embed-audio" },
        is_video,
        src: address::encode(&clip.address),
        poster: clip.poster.as_ref().map(PictureView::new),
        captions: tracks(clip, language, texts),
        texts,
        words,
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

/// HTML of a text in a feed: no iframes, absolute URLs only. `page` is the URL of the text's page.
///
/// # Errors
/// A template failed.
pub fn in_feed(entry: &Entry, snapshot: &Snapshot, site: &Site, page: &str) -> Result<String, askama::Error> {
    let body = entry.body.unpack();
    let language = entry.language.as_deref();
    let texts = tongue::words_in(language, site.texts);
    let around = language.unwrap_or(&site.language);
    let (mut html, mut level) = (String::new(), 1);
    for piece in &body.pieces {
        match piece {
            Piece::Html(piece) => html.push_str(piece),
            Piece::Heading(line, words) => {
                level = line.level;
                html.push_str(&heading(line, words));
            }
            Piece::Code(piece) => html.push_str(&plain_code(piece)),
            Piece::Embed(embed) => html.push_str(&feed_embed(embed, texts).render()?),
            Piece::Stretch(slug) => {
                if let Some(stretch) = snapshot.stretches.get(slug) {
                    html.push_str(&StretchCard::new(stretch, level + 1, around, site).in_feed());
                }
            }
        }
    }
    Ok(with_whole_addresses(&html, page))
}

fn feed_embed(embed: &Embed, texts: &Texts) -> FeedEmbed {
    match embed {
        Embed::Player(player) => FeedEmbed {
            href: player.address.clone(),
            title: match &player.title {
                Some(title) => format!("{title} ({})", player.provider),
                None => texts.embeds.play_on.with(player.provider),
            },
            picture: player.poster.as_ref().map(PictureView::new),
        },
        Embed::Video(clip) | Embed::Audio(clip) => FeedEmbed {
            href: address::encode(&clip.address),
            title: clip.title.clone().unwrap_or_else(|| texts.embeds.play_clip.clone()),
            picture: clip.poster.as_ref().map(PictureView::new),
        },
    }
}

/// HTML with all relative URLs made absolute, for feed readers: `/about` and `#a` lead nowhere there. `page` is the URL
/// of the page that the HTML comes from.
pub fn with_whole_addresses(html: &str, page: &str) -> String {
    let Ok(page) = Url::parse(page) else { return html.to_owned() };
    let whole = |address: &str| match Url::parse(address) {
        Err(url::ParseError::RelativeUrlWithoutBase) => page.join(address).ok().map(String::from),
        _ => None,
    };
    with_changed(html, |tag, Attribute { name, value, .. }| match name.as_str() {
        // A reference to a part of the same SVG, by its id.
        "href" if tag.name == "use" => None,
        "href" | "src" | "poster" | "cite" | "data" | "action" | "formaction" | "longdesc" => whole(value.trim()),
        "srcset" | "imagesrcset" => {
            Some(each_of_set(value, |address| whole(address).or_else(|| Some(address.to_owned()))))
        }
        _ => None,
    })
}

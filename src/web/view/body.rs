//! Renders a text: for a page (click-to-load embeds, cards) and for a feed (a picture and a link).

use std::{collections::HashSet, io, time::Duration};

use tokio::{sync::Mutex, task, time};
use url::Url;

use super::{
    cards, lang,
    pieces::{code, embed, heading, linked_heading, plain_code},
    stretch::StretchCard,
};
use crate::{
    app::UNCOLOURED_TAG,
    content::{
        markdown::highlighter,
        syntax::tags::{Attribute, each_of_set, with_changed},
    },
    domain::{
        embed::Embed,
        entry::{PackedBody, Piece},
    },
    web::common::*,
};

#[derive(Template)]
#[template(path = "feeds/_embed.html")]
struct FeedEmbed {
    href: String,
    title: String,
    /// URL and size of the picture.
    picture: Option<(String, (u32, u32))>,
}

/// Longest time that a reader waits for colours. The first block of a language takes that long.
const LONGEST_WAIT: Duration = Duration::from_millis(500);
/// Pause before highlighting that failed is tried again.
const PAUSE: Duration = Duration::from_secs(2);
/// Lock of the text at work: texts are highlighted one after the other.
static TURN: Mutex<()> = Mutex::const_new(());

/// HTML of a text on a page of the site. Words of the site inside the text are in the text's language if a translation
/// exists.
///
/// # Errors
/// A template failed.
pub fn on_page(entry: &Entry, snapshot: &Snapshot, site: &Site) -> Result<String, askama::Error> {
    rendered(entry, snapshot, site, false)
}

/// HTML of a text in a feed: no iframes, absolute URLs only. `page` is the URL of the text's page.
///
/// # Errors
/// A template failed.
pub fn in_feed(entry: &Entry, snapshot: &Snapshot, site: &Site, page: &str) -> Result<String, askama::Error> {
    Ok(with_whole_addresses(&rendered(entry, snapshot, site, true)?, page))
}

fn rendered(entry: &Entry, snapshot: &Snapshot, site: &Site, is_feed: bool) -> Result<String, askama::Error> {
    let body = entry.body.unpack();
    let texts = lang::site_texts_in(entry, site.texts);
    let site_lang = lang::of_site_texts(entry, texts);
    let language = entry.language.as_deref().unwrap_or(&site.language);
    // In a text with a table of contents the tab key skips the heading links: the table has them already.
    let is_stop = body.listed().is_empty();
    let mut html = String::new();
    let mut shown: HashSet<&Slug> = HashSet::new();
    // The title of the page is its h1.
    let mut level = 1;
    for piece in &body.pieces {
        html += &match piece {
            Piece::Html(piece) => {
                html.push_str(piece);
                continue;
            }
            Piece::Heading(line, title) => {
                level = line.level;
                if is_feed { heading(line, title) } else { linked_heading(line, title, texts, &site_lang, is_stop) }
            }
            Piece::Code(piece) if is_feed => plain_code(piece),
            Piece::Code(piece) => code(piece),
            Piece::Embed(piece) if is_feed => feed_embed(piece, texts).render()?,
            Piece::Embed(piece) => embed(piece, language, texts, &site_lang)?,
            Piece::Stretch(slug) => {
                let Some(stretch) = snapshot.stretches.get(slug) else { continue };
                let card = StretchCard::new(stretch, level + 1, language, site);
                match shown.insert(slug) {
                    _ if is_feed => card.in_feed(),
                    true => card.render()?,
                    // A second card would repeat the ids of the first.
                    false => card.link(),
                }
            }
        };
    }
    Ok(html)
}

/// Highlights the code blocks of a text that are not highlighted yet. Must run before [`on_page`], which renders such
/// blocks plain. If it takes longer than a reader should wait, it goes on, and the page is purged when it is done.
pub async fn colour(app: &App, body: &PackedBody, policy: &mut Policy) {
    let blocks = body.uncoloured();
    if blocks.is_empty() {
        return;
    }
    let app = app.clone();
    let colouring = tokio::spawn(async move {
        let turn = TURN.lock().await;
        let coloured = task::spawn_blocking(move || blocks.iter().try_for_each(|code| highlighter::colour(code))).await;
        drop(turn);
        if let Err(error) = coloured.map_err(io::Error::from).flatten() {
            tracing::warn!("code is shown without colours for now, since highlighting it failed: {error}");
            time::sleep(PAUSE).await;
        }
        app.cache.purge(&[UNCOLOURED_TAG]);
    });
    let _ = time::timeout(LONGEST_WAIT, colouring).await;
    if !body.uncoloured().is_empty() {
        policy.add_tag(UNCOLOURED_TAG);
    }
}

fn feed_embed(embed: &Embed, texts: &Texts) -> FeedEmbed {
    match embed {
        Embed::Player(player) => FeedEmbed {
            href: player.address.clone(),
            title: match &player.title {
                Some(title) => format!("{title} ({})", player.provider),
                None => texts.embeds.play_on.with(player.provider),
            },
            picture: player.poster.as_ref().map(cards::shared),
        },
        Embed::Video(clip) | Embed::Audio(clip) => FeedEmbed {
            href: address::encode(&clip.address),
            title: clip.title.clone().unwrap_or_else(|| texts.embeds.play_clip.clone()),
            picture: clip.poster.as_ref().map(cards::shared),
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

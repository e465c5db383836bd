//! HTML of a picture: its sizes, its width on the page, and the space reserved before it is loaded.

use crate::domain::{
    address,
    picture::{Format, Picture},
    words::escape_html,
};

/// Place of a picture on a page: decides how wide it is and how soon it is seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Inside the column of a text.
    Text,
    /// Next to other pictures.
    Gallery,
    /// Cover at the top of an article.
    Cover,
    /// Header above everything else on the home page.
    Header,
    /// Picture of the first article of the home page.
    Lead,
    /// Picture of an article in a list.
    Card,
    /// Picture of an article that is offered below another.
    Related,
    /// Still picture of an embed.
    Poster,
    /// Picture at the top of a stretch.
    Stretch,
}

/// Column as wide as the window. Phones with three or four pixels per CSS pixel get two: more makes no visible
/// difference.
macro_rules! column {
    () => {
        "(max-width: 40rem) and (min-resolution: 3.5dppx) calc(50vw - 1.25rem), (max-width: 40rem) and \
         (min-resolution: 2.5dppx) calc(66vw - 1.5rem), (min-width: 44rem) 40.5rem, calc(100vw - 2.25rem)"
    };
}

impl Place {
    /// Widths from `static/css`: `--measure` is 40.4rem at most, `--hang` 13.5rem, `--gutter` 1.125rem.
    fn sizes(self) -> &'static str {
        match self {
            Self::Text | Self::Poster => column!(),
            Self::Cover => concat!("(min-width: 64rem) 54rem, ", column!()),
            Self::Header => "(min-width: 64rem) min(67.4rem, 100vw - 5rem), (min-width: 40rem) 40.4rem, 100vw",
            Self::Lead => concat!("(min-width: 64rem) 36rem, ", column!()),
            Self::Stretch => concat!("(min-width: 64rem) 25rem, ", column!()),
            Self::Gallery => "(min-width: 44rem) 20rem, 50vw",
            Self::Card => "(min-width: 40rem) 11.5rem, 7rem",
            Self::Related => "(min-width: 64rem) 21.5rem, (min-width: 40rem) 31vw, 6.5rem",
        }
    }

    fn is_seen_at_once(self) -> bool {
        matches!(self, Self::Cover | Self::Header | Self::Lead | Self::Stretch)
    }

    fn class(self) -> &'static str {
        if matches!(self, Self::Cover | Self::Lead) { " class=\"cover\"" } else { "" }
    }
}

/// HTML of the picture. `first`: nothing larger comes before it, so it loads at once; others load lazily.
pub fn html(picture: &Picture, place: Place, alt: &str, title: &str, first: bool) -> String {
    let title = if title.is_empty() { String::new() } else { format!(" title=\"{}\"", escape_html(title)) };
    // If the size is unknown, 8 by 5 reserves the space.
    let (width, height) = picture.size.unwrap_or((1200, 750));
    let wait = if first || place.is_seen_at_once() { "fetchpriority=\"high\"" } else { "loading=\"lazy\"" };
    let (src, own) = match picture.format {
        Some(format) => (picture.shared(), srcset(picture, format, place)),
        None => (picture.address.clone(), String::new()),
    };
    let image = format!(
        "<img{} src=\"{}\"{own} alt=\"{}\"{title} width=\"{width}\" height=\"{height}\" {wait} decoding=\"async\">",
        place.class(),
        written(&src),
        escape_html(alt)
    );
    if matches!(picture.format, None | Some(Format::WebP)) {
        return image;
    }
    match srcset(picture, Format::WebP, place) {
        webp if webp.is_empty() => image,
        webp => format!("<picture><source type=\"{}\"{webp}>{image}</picture>", Format::WebP.media_type()),
    }
}

fn srcset(picture: &Picture, format: Format, place: Place) -> String {
    let choices: Vec<String> = picture
        .choices(format)
        .into_iter()
        .map(|(address, width)| format!("{} {width}w", written(&address).replace(',', "%2C")))
        .collect();
    match choices.is_empty() {
        true => String::new(),
        false => format!(" srcset=\"{}\" sizes=\"{}\"", choices.join(", "), place.sizes()),
    }
}

fn written(path: &str) -> String {
    escape_html(&address::encode(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn photo(width: u32, height: u32, format: Option<Format>) -> Picture {
        Picture { address: "/media/0123456789-a.jpg".to_owned(), size: Some((width, height)), format }
    }

    #[test]
    fn a_photo_can_be_had_in_several_sizes_and_two_formats() {
        let html = html(&photo(1000, 500, Some(Format::Jpeg)), Place::Card, "A \"leg\"", "", false);
        assert_eq!(
            html,
            "<picture><source type=\"image/webp\" srcset=\"/media/0123456789-400-a.jpg.webp 400w, \
             /media/0123456789-800-a.jpg.webp 800w, /media/0123456789-1000-a.jpg.webp 1000w\" \
             sizes=\"(min-width: 40rem) 11.5rem, 7rem\"><img src=\"/media/0123456789-a.jpg\" \
             srcset=\"/media/0123456789-400-a.jpg 400w, /media/0123456789-800-a.jpg 800w, /media/0123456789-a.jpg 1000w\" \
             sizes=\"(min-width: 40rem) 11.5rem, 7rem\" alt=\"A &quot;leg&quot;\" width=\"1000\" height=\"500\" \
             loading=\"lazy\" decoding=\"async\"></picture>"
        );
    }

    #[test]
    fn a_drawing_stays_as_it_is() {
        let drawing = photo(8, 5, None);
        assert_eq!(
            html(&drawing, Place::Cover, "", "", false),
            "<img class=\"cover\" src=\"/media/0123456789-a.jpg\" alt=\"\" width=\"8\" height=\"5\" \
             fetchpriority=\"high\" decoding=\"async\">"
        );
        assert!(html(&photo(500, 60_000, Some(Format::Png)), Place::Text, "", "", true).starts_with("<img src="));
    }
}

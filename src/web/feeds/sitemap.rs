//! The sitemap (sitemaps.org, with Google's image extension), in parts if it is too long for one file; and robots.txt.

use jiff::Zoned;

use crate::{
    domain::{entry::Content, limits::SITEMAP_URLS},
    web::prelude::*,
};

#[derive(Template)]
#[template(path = "feeds/sitemap.xml")]
struct Sitemap<'a> {
    listed: &'a [Listed],
}

#[derive(Template)]
#[template(path = "feeds/sitemap_index.xml")]
struct Index {
    /// URL of each part, with the date of its last change.
    parts: Vec<(String, Option<String>)>,
}

/// A public URL.
#[derive(Clone, Debug)]
struct Listed {
    address: String,
    changed: Option<Zoned>,
    picture: Option<String>,
}

impl Listed {
    /// Date of the last change in the sitemap's format.
    fn when(&self) -> Option<String> {
        self.changed.as_ref().map(dates::machine)
    }
}

/// `/sitemap.xml`: all URLs, or the index of the parts.
pub(super) async fn whole(State(app): State<App>) -> Result<Page, WebError> {
    let listed = listed(&app, &app.snapshot());
    let part = |number: usize| app.config.site.absolute(&format!("/sitemap-{number}.xml"));
    xml(document(&listed, SITEMAP_URLS, part))
}

/// `/sitemap-2.xml`.
///
/// # Errors
/// There is no such part.
pub fn part(app: &App, number: usize) -> Result<Page, WebError> {
    let listed = listed(app, &app.snapshot());
    xml(Sitemap { listed: part_of(&listed, SITEMAP_URLS, number).ok_or_else(WebError::not_found)? }.render())
}

fn xml(document: Result<String, askama::Error>) -> Result<Page, WebError> {
    Ok(Page::text(document?, Policy::site()).of_type("application/xml; charset=utf-8"))
}

/// All URLs in one document, or an index of the parts if there are more than `limit`.
fn document(listed: &[Listed], limit: usize, address: impl Fn(usize) -> String) -> Result<String, askama::Error> {
    if listed.len() <= limit {
        return Sitemap { listed }.render();
    }
    let part = |(number, part): (usize, &[Listed])| {
        let newest = part.iter().filter(|one| one.changed.is_some()).max_by_key(|one| timestamp(one));
        (address(number), newest.and_then(Listed::when))
    };
    Index { parts: (1..).zip(listed.chunks(limit)).map(part).collect() }.render()
}

/// A part by its number; `None` too if everything fits into one file.
fn part_of(listed: &[Listed], limit: usize, number: usize) -> Option<&[Listed]> {
    if listed.len() <= limit { None } else { listed.chunks(limit).nth(number.checked_sub(1)?) }
}

fn timestamp(listed: &Listed) -> Option<jiff::Timestamp> {
    listed.changed.as_ref().map(Zoned::timestamp)
}

/// All public URLs, with the date of the last change if known.
fn listed(app: &App, snapshot: &Snapshot) -> Vec<Listed> {
    let site = &app.config.site;
    let at = |path: &str, changed: Option<Zoned>| Listed { address: site.absolute(path), changed, picture: None };
    let content = |content: &Content| Listed {
        picture: content.entry().image.as_ref().map(|picture| site.absolute(&picture.shared())),
        ..at(&content.entry().address, content.changed().cloned())
    };
    let mut all = vec![at("/", newest(snapshot.posts.iter().map(AsRef::as_ref)))];
    all.extend(snapshot.contents.iter().map(content));
    all.extend(snapshot.tags.iter().map(|(tag, of)| at(&routes::tag(tag), newest(of.posts.iter().map(AsRef::as_ref)))));
    all
}

fn newest<'a>(posts: impl Iterator<Item = &'a Post>) -> Option<Zoned> {
    posts.filter_map(Post::changed).max_by_key(|date| date.timestamp()).cloned()
}

pub(super) async fn robots(State(app): State<App>) -> Page {
    // Pages for single visitors have `noindex`; crawling these would only waste time.
    // Rules are prefixes (RFC 9309, 2.2.2): `/me` would also block `/media/` and a page called `/meniscus`.
    let text = format!(
        "User-agent: *\nDisallow: /me$\nDisallow: /me/\nDisallow: /search?\nDisallow: /*?reply_to=\n\nSitemap: {}\n",
        app.config.site.absolute("/sitemap.xml")
    );
    Page::text(text, Policy::site())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn some(count: usize) -> Vec<Listed> {
        let listed = |number: usize| Listed {
            address: format!("https://example.org/{number}"),
            changed: format!("2026-05-{number:02}T00:00:00Z[UTC]").parse().ok().filter(|_| number.is_multiple_of(2)),
            picture: None,
        };
        (1..=count).map(listed).collect()
    }

    fn of(count: usize, limit: usize) -> String {
        document(&some(count), limit, |number| format!("https://example.org/sitemap-{number}.xml")).expect("renders")
    }

    #[test]
    fn a_short_sitemap_is_one_file() {
        let document = of(4, 4);
        assert!(document.contains("<urlset") && document.matches("<loc>").count() == 4, "{document}");
        assert!(part_of(&some(4), 4, 1).is_none());
    }

    #[test]
    fn a_long_sitemap_is_an_index_of_parts_with_each_address_once() {
        let document = of(9, 4);
        assert!(document.contains("<sitemapindex") && !document.contains("<url>"), "{document}");
        for (number, last) in [(1, "05-04"), (2, "05-08")] {
            let line = format!("/sitemap-{number}.xml</loc><lastmod>2026-{last}T00:00:00+00:00</lastmod>");
            assert!(document.contains(&line), "{document}");
        }
        assert!(document.contains("/sitemap-3.xml</loc></sitemap>"), "its only URL has no date: {document}");
        let all = some(9);
        let parts: Vec<&[Listed]> = (1..).map_while(|number| part_of(&all, 4, number)).collect();
        assert_eq!(parts.iter().map(|part| part.len()).collect::<Vec<_>>(), [4, 4, 1]);
        let addresses = parts.concat().into_iter().map(|listed| listed.address);
        assert!(addresses.eq(all.iter().map(|listed| listed.address.clone())));
        assert!(part_of(&all, 4, 0).is_none() && part_of(&all, 4, 4).is_none());
    }
}

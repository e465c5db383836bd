//! Dialects of other systems: the shortcodes, keys and dates of Hugo, Zola, Jekyll and their themes. Nothing else in
//! `content` knows them, so that this module can be removed when the importers translate them.

mod by_line;
mod dates;
mod expanded;
mod shortcodes;

use pulldown_cmark::{Parser, html};

use super::markdown::{Lookup, extensions};
pub use dates::{local_time, moment};
pub use expanded::Expanded;

/// Replaces what other systems write by the Markdown that means it, and reports what has no meaning here.
pub fn expand<'a>(markdown: &'a str, lookup: &dyn Lookup) -> Expanded<'a> {
    by_line::expand(markdown).then(|text| shortcodes::expand(text, lookup))
}

/// Inline Markdown as HTML, for a place where Markdown is not read.
fn inline_html(markdown: &str) -> String {
    let mut written = String::new();
    html::push_html(&mut written, Parser::new_ext(markdown.trim(), extensions()));
    let paragraph = written.trim().strip_prefix("<p>").and_then(|rest| rest.strip_suffix("</p>"));
    paragraph.filter(|inner| !inner.contains("<p>")).unwrap_or(&written).to_owned()
}

/// Keys of front matter, in lower case, that mean something there and nothing here. They cause no warning: a thousand
/// posts with a `layout` each are no thousand problems.
const KEYS: [&str; 4] = [
    // Hugo.
    "build _build cascade headless iscjklanguage keywords layout linktitle markup menu menus outputs params \
     resources sitemap translationkey type weight archetype",
    // Zola.
    "generate_feeds generate_feed in_search_index insert_anchor_links page_template paginate_by render sort_by \
     template transparent authors_url",
    // Jekyll and its plugins.
    "collection date_formatted id hidden last_modified lastmodified modified nav_order parent has_children \
     order redirect_to robots seo sidebar sticky pin subtitle subheadline toc_label toc_icon toc_sticky classes \
     tagline teaser share related read_time author_profile show_date image_alt layout_type nav nav_exclude \
     breadcrumb canonical_url",
    // Themes.
    "align archive archives author_image author_site authorlink authoremail bigimg canonicalurl caption code \
     commentable comment copyright css disableshare disablehljs disqus editpost emoji eventdate fontawesome \
     gallery hidemeta hidesummary hiddenfromhomepage hiddenfromsearch highlight js katex license lightgallery \
     linktocontent math mathjax mermaid meta metaalignment next previous noindex nolicense nometa notoc \
     og_image pinned postmetainfooter prev readingtime reward ruby searchhidden seotitle share_img showauthor \
     showbreadcrumbs showcodecopybuttons showdate showfullcontent showpostnavlinks showreadingtime \
     showrssbuttoninsectiontermlist showsharebuttons showsummary showtableofcontents showtoc showwordcount \
     socialshare tableofcontents thumbnailimage toc tocopen tocnum top usehugotoc wordcount autocollapsetoc \
     autonumbering contentcopyright hideheaderandfooter postdate subtitle_en",
];

/// True if a key of front matter has a meaning in another system only.
pub fn has_key(key: &str) -> bool {
    let lower = key.to_ascii_lowercase();
    KEYS.iter().any(|keys| keys.split(' ').any(|own| own == lower))
}

/// True for Jekyll's patterns of addresses: `/:year/:title/`, and the names of some.
pub fn is_pattern(url: &str) -> bool {
    url.contains("/:") || url.starts_with(':') || matches!(url, "pretty" | "date" | "ordinal" | "weekdate" | "none")
}

/// Language from the info string of a code block: `rust`, `rust,linenos` (Zola), `rust {hl_lines=[1]}` (Hugo),
/// `{.rust}` (Pandoc).
pub fn language_of_code(info: &str) -> &str {
    let info = info.trim_start().trim_start_matches(['{', '.']);
    info.split([' ', '\t', ',', ';', '{', '}']).next().unwrap_or_default()
}

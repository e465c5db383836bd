//! Keys: known ones, those of other programs, and warnings about the rest.

use std::collections::{HashMap, HashSet};

use super::Fault;
use crate::domain::problem::{Place, nearest};

/// All known keys, for "did you mean".
pub(super) const KNOWN: &[&str] = &[
    "title",
    "date",
    "updated",
    "lastmod",
    "last_modified_at",
    "draft",
    "featured",
    "published",
    "publish_date",
    "expiry_date",
    "slug",
    "url",
    "path",
    "permalink",
    "aliases",
    "redirect_from",
    "tags",
    "tag",
    "categories",
    "category",
    "taxonomies",
    "series",
    "description",
    "summary",
    "excerpt",
    "authors",
    "author",
    "image",
    "images",
    "cover",
    "featured_image",
    "header",
    "thumbnail",
    "comments",
    "language",
    "lang",
    "extra",
];

/// Keys of stretches.
pub(super) const OF_STRETCHES: &[&str] = &[
    "names",
    "areas",
    "equipment",
    "position",
    "hold_seconds",
    "hold",
    "repeats",
    "sides",
    "sets",
    "level",
    "video",
    "picture",
    "easier",
    "harder",
    "feel",
    "stop_if",
    "stop-if",
    "credit",
];

/// Keys, in lower case, that mean something to Hugo, Zola, Jekyll or one of their well-known themes and nothing here.
/// They cause no warning: a thousand posts with a `layout` each are no thousand problems.
const FROM_ELSEWHERE: &[&str] = &[
    // Hugo.
    "build",
    "_build",
    "cascade",
    "headless",
    "iscjklanguage",
    "keywords",
    "layout",
    "linktitle",
    "markup",
    "menu",
    "menus",
    "outputs",
    "params",
    "resources",
    "sitemap",
    "translationkey",
    "type",
    "weight",
    "archetype",
    "params",
    // Zola.
    "generate_feeds",
    "generate_feed",
    "in_search_index",
    "insert_anchor_links",
    "page_template",
    "paginate_by",
    "render",
    "sort_by",
    "template",
    "transparent",
    "authors_url",
    // Jekyll and its plugins.
    "collection",
    "date_formatted",
    "id",
    "hidden",
    "last_modified",
    "lastmodified",
    "modified",
    "nav_order",
    "parent",
    "has_children",
    "order",
    "redirect_to",
    "robots",
    "seo",
    "sidebar",
    "sticky",
    "pin",
    "subtitle",
    "subheadline",
    "toc_label",
    "toc_icon",
    "toc_sticky",
    "classes",
    "tagline",
    "teaser",
    "share",
    "related",
    "read_time",
    "author_profile",
    "show_date",
    "image_alt",
    "layout_type",
    "nav",
    "nav_exclude",
    "breadcrumb",
    "canonical_url",
    // Themes.
    "align",
    "archive",
    "archives",
    "author_image",
    "author_site",
    "authorlink",
    "authoremail",
    "bigimg",
    "canonicalurl",
    "caption",
    "code",
    "commentable",
    "comment",
    "copyright",
    "css",
    "disableshare",
    "disablehljs",
    "disqus",
    "editpost",
    "emoji",
    "eventdate",
    "fontawesome",
    "gallery",
    "hidemeta",
    "hidesummary",
    "hiddenfromhomepage",
    "hiddenfromsearch",
    "highlight",
    "js",
    "katex",
    "license",
    "lightgallery",
    "linktocontent",
    "math",
    "mathjax",
    "mermaid",
    "meta",
    "metaalignment",
    "next",
    "previous",
    "noindex",
    "nolicense",
    "nometa",
    "notoc",
    "og_image",
    "pinned",
    "postmetainfooter",
    "prev",
    "readingtime",
    "reward",
    "ruby",
    "searchhidden",
    "seotitle",
    "share_img",
    "showauthor",
    "showbreadcrumbs",
    "showcodecopybuttons",
    "showdate",
    "showfullcontent",
    "showpostnavlinks",
    "showreadingtime",
    "showrssbuttoninsectiontermlist",
    "showsharebuttons",
    "showsummary",
    "showtableofcontents",
    "showtoc",
    "showwordcount",
    "socialshare",
    "tableofcontents",
    "thumbnailimage",
    "toc",
    "tocopen",
    "tocnum",
    "top",
    "usehugotoc",
    "wordcount",
    "autocollapsetoc",
    "autonumbering",
    "contentcopyright",
    "hideheaderandfooter",
    "postdate",
    "subtitle_en",
];

/// True if a key that is not ours is kept without a warning.
pub(super) fn is_silent(key: &str, is_stretch: bool) -> bool {
    let is_fact = OF_STRETCHES.contains(&key);
    let lower = key.to_ascii_lowercase();
    is_fact || (!is_stretch || !KNOWN.contains(&lower.as_str())) && FROM_ELSEWHERE.contains(&lower.as_str())
}

/// Writes known keys in lower case, `Title:` as `title:`, like Hugo. No byte moves; if both are there, both stay.
pub(super) fn in_lower_case(block: &str) -> String {
    let key_of = |line: &str| {
        let end = line.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(line.len());
        line[end..].trim_start_matches(' ').starts_with([':', '=']).then_some(end)
    };
    let written: HashSet<&str> = block.lines().filter_map(|line| Some(&line[..key_of(line)?])).collect();
    let mut is_top = true;
    let lines = block.split_inclusive('\n').map(|line| {
        is_top &= !line.starts_with('[');
        let lower = key_of(line).filter(|_| is_top).map(|end| (line[..end].to_ascii_lowercase(), end));
        match lower {
            Some((key, end)) if KNOWN.contains(&key.as_str()) && !written.contains(key.as_str()) => {
                format!("{key}{}", &line[end..])
            }
            _ => line.to_owned(),
        }
    });
    lines.collect()
}

/// Line of each key and each table, counted from the fence.
pub(super) fn lines_of_keys(block: &str) -> HashMap<&str, usize> {
    let mut lines = HashMap::new();
    for (at, line) in block.lines().enumerate() {
        let key = line.trim_start_matches([' ', '\t', '[']).split([':', '=', ']']).next().unwrap_or_default();
        lines.entry(key.trim().trim_matches('"')).or_insert(at + 2);
    }
    lines
}

pub(super) fn unknown_key(is_toml: bool, lines: &HashMap<&str, usize>, key: &str) -> Fault {
    let line = lines.get(key).copied().unwrap_or(2);
    let mend = match nearest(key, KNOWN.iter().chain(OF_STRETCHES).copied()) {
        Some(meant) => format!("Did you mean {meant}?"),
        None => {
            let extra = if is_toml { "[extra]" } else { "extra:" };
            format!("It is kept; move it below {extra} to keep it without this warning.")
        }
    };
    Fault { place: Place { line, column: 1 }, what: format!("the key {key} is not known"), mend }
}

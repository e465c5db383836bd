//! Meaning of each shortcode, as Markdown. A name that several systems share means the same in all of them.

use super::{
    Lookup,
    tag::{Form, Tag},
};
use crate::{
    content::{dialects::inline_html, embeds, markdown::Remark},
    domain::{
        address,
        words::{escape_html, in_one_line, shorten},
    },
    texts::Article,
};

/// Action for a tag.
pub(super) enum Meaning {
    /// Replaced by this text.
    Text(String),
    /// Replaced by the first text; the closing tag is replaced by the second.
    Opening(String, &'static str),
    /// Removed; the block above gets this id.
    Id(String),
    /// Left as it is: not a shortcode.
    Same,
    /// Removed, with a remark.
    Nothing(String, String),
    /// Left as it is, with a remark.
    Unknown(String, String),
}

/// Characters of a tag that a message shows.
const SHOWN: usize = 60;
/// Longest run of quote and list markers, in bytes: it is repeated for each line that a tag becomes.
const DEEPEST: usize = 200;

/// The line around a tag, and the lines above and below.
pub(super) struct Surroundings<'a> {
    /// True in an HTML block, where a Markdown block would end it.
    pub is_inline: bool,
    pub above: &'a str,
    pub prefix: &'a str,
    pub suffix: &'a str,
    pub below: &'a str,
}

impl Surroundings<'_> {
    /// True if only quote and list markers are on its line.
    fn is_alone(&self) -> bool {
        !self.is_inline && self.is_first() && self.suffix.trim_start().is_empty()
    }

    /// True if only quote and list markers come before it.
    fn is_first(&self) -> bool {
        let is_marker = |c: char| c.is_whitespace() || matches!(c, '>' | '-' | '*' | '+');
        self.prefix.len() <= DEEPEST && self.prefix.chars().all(is_marker)
    }

    /// Start of a further line in the same quote or list.
    fn indent(&self) -> String {
        self.prefix.chars().map(|c| if c == '>' || c.is_whitespace() { c } else { ' ' }).collect()
    }

    /// Adds blank lines between Markdown and lines of HTML, which would swallow it.
    fn apart(&self, text: &str) -> String {
        let indent = self.indent();
        let above = if self.above.trim_end().ends_with('>') { format!("\n{indent}") } else { String::new() };
        let below = if self.below.trim_start().starts_with('<') { "\n" } else { "" };
        format!("{above}{text}{below}")
    }
}

pub(super) fn of(tag: &Tag, around: &Surroundings, lookup: &dyn Lookup) -> Meaning {
    if tag.form == Form::Attributes {
        return attributes(tag, around);
    }
    if tag.form == Form::Value && !tag.is_call {
        return value(tag, around);
    }
    let known = match tag.name.as_str() {
        "youtube" | "youtube-lite" | "youtube-enhanced" => youtube(tag, around),
        "vimeo" | "vimeo_simple" => player(tag, around, "https://vimeo.com/"),
        "instagram" | "instagram_simple" => player(tag, around, "https://www.instagram.com/p/"),
        "gist" => gist(tag, &lookup.texts().article),
        "tweet" | "twitter" | "twitter_simple" | "x" => tweet(tag, &lookup.texts().article),
        "figure" | "image" | "img" | "video" => figure(tag, around),
        "ref" | "relref" => return reference(tag, tag.argument_or("path", 0), lookup),
        "post_url" | "link" if tag.form == Form::Statement => return reference(tag, Some(rest_of(tag)), lookup),
        "details" if !tag.is_self_closing => return details(tag, &lookup.texts().article),
        "rawhtml" | "raw-html" => return Meaning::Opening(String::new(), ""),
        _ => None,
    };
    let written = known.map(|text| if around.is_inline { inline_html(&text) } else { text });
    written.map_or_else(|| unknown(tag), Meaning::Text)
}

fn youtube(tag: &Tag, around: &Surroundings) -> Option<String> {
    let start = ["start", "t"].iter().find_map(|key| tag.argument(key)).map(|start| format!("&t={start}"));
    if let Some(list) = tag.argument("playlist").filter(|_| tag.argument_or("id", 0).is_none()) {
        return embed(tag, around, &format!("https://www.youtube.com/playlist?list={list}"));
    }
    let id = tag.argument_or("id", 0)?;
    let address = if id.contains("://") { id.to_owned() } else { format!("https://www.youtube.com/watch?v={id}") };
    embed(tag, around, &format!("{address}{}", start.unwrap_or_default()))
}

fn player(tag: &Tag, around: &Surroundings, before: &str) -> Option<String> {
    let id = tag.argument_or("id", 0)?;
    embed(tag, around, &if id.contains("://") { id.to_owned() } else { format!("{before}{id}") })
}

/// A provider's address: an embed if alone on its line, else a link.
fn embed(tag: &Tag, around: &Surroundings, address: &str) -> Option<String> {
    let address = embeds::recognise(address, None)?.address;
    let text = match tag.argument("title") {
        Some(title) => format!("[{}]({address})", words(title)),
        None => format!("<{address}>"),
    };
    Some(if around.is_alone() { around.apart(&text) } else { text })
}

/// A link for `user id file`, Jekyll's `user/id`, or an address; no embed, because GitHub's embed is a script.
fn gist(tag: &Tag, texts: &Article) -> Option<String> {
    let (address, name) = match (tag.argument_or("url", 0)?, tag.positional.get(1)) {
        (url, _) if url.starts_with("https://gist.github.com/") => {
            (url.to_owned(), url["https://gist.github.com/".len()..].to_owned())
        }
        (user, Some(id)) if !user.contains('/') => {
            (format!("https://gist.github.com/{user}/{id}"), format!("{user}/{id}"))
        }
        (id, _) => (format!("https://gist.github.com/{id}"), id.to_owned()),
    };
    is_plain_address(&address).then(|| format!("[{}]({address})", texts.gist.with(words(&name))))
}

fn tweet(tag: &Tag, texts: &Article) -> Option<String> {
    let first = tag.argument_or("id", 0).or_else(|| tag.argument("url"))?;
    let (user, id) = match (tag.argument("user").or_else(|| Some(tag.positional.first()?)), tag.positional.get(1)) {
        (Some(user), Some(id)) => (user, id.as_str()),
        (Some(user), None) if tag.argument("id").is_some() => (user, first),
        _ => ("i", first),
    };
    let address = if id.contains("://") { id.to_owned() } else { format!("https://x.com/{user}/status/{id}") };
    let title =
        if user == "i" || id.contains("://") { texts.post_on_x.clone() } else { texts.post_on_x_by.with(words(user)) };
    is_plain_address(&address).then(|| format!("[{title}]({address})"))
}

fn is_plain_address(address: &str) -> bool {
    !address.contains(|c: char| c.is_whitespace() || matches!(c, '(' | ')' | '<' | '>' | '\\'))
}

fn figure(tag: &Tag, around: &Surroundings) -> Option<String> {
    let nth = if tag.name == "figure" || tag.named.is_empty() { 0 } else { usize::MAX };
    let source =
        ["src", "url", "path"].iter().find_map(|key| tag.argument(key)).or_else(|| tag.argument_or("src", nth))?;
    let (title, caption) = (tag.argument("title").map(in_one_line), caption(tag));
    let alt = words(tag.argument("alt").or(tag.argument("caption")).or(title.as_deref()).unwrap_or_default());
    let image = |title: &str| format!("![{alt}]({}{title})", destination(source));
    let linked = |image: String| match tag.argument("link").or(tag.argument("href")) {
        Some(link) => format!("[{image}]({})", destination(link)),
        None => image,
    };
    if !around.is_alone() {
        return Some(linked(image("")));
    }
    let is_simple = tag.argument("link").or(tag.argument("href")).is_none();
    let text = match (title, caption) {
        (None, None) => linked(image("")),
        // A picture with a title, alone in its paragraph, becomes a figure anyway.
        (Some(one), None) | (None, Some(one)) if is_simple && is_plain(&one) => {
            return Some(apart_all_round(around, &image(&format!(" \"{}\"", quoted(&one)))));
        }
        (title, caption) => {
            let title = title.map(|title| format!("**{}**", words(&title)));
            let lines: Vec<String> = title.into_iter().chain(caption).collect();
            let lines = lines.join("\n\n");
            format!("<figure>\n\n{}\n\n<figcaption>\n\n{lines}\n\n</figcaption>\n</figure>\n", linked(image("")))
        }
    };
    Some(apart_all_round(around, &text.replace('\n', &format!("\n{}", around.indent()))))
}

/// Makes a figure a paragraph of its own.
fn apart_all_round(around: &Surroundings, text: &str) -> String {
    let indent = around.indent();
    let above = if around.above.trim().is_empty() || around.prefix.trim() != "" {
        String::new()
    } else {
        format!("\n{indent}")
    };
    let below = if around.below.trim().is_empty() { String::new() } else { format!("\n{indent}") };
    format!("{above}{text}{below}")
}

/// The caption, with the picture's attribution.
fn caption(tag: &Tag) -> Option<String> {
    let by = tag.argument("attr").map(|by| match tag.argument("attrlink") {
        Some(link) => format!("[{by}]({})", destination(link)),
        None => by.to_owned(),
    });
    let parts: Vec<String> = tag.argument("caption").map(in_one_line).into_iter().chain(by).collect();
    (!parts.is_empty()).then(|| parts.join(" "))
}

fn is_plain(text: &str) -> bool {
    !text.contains(['[', '<', '*', '_', '`', '\\', '&', '\n'])
}

/// A reference to a post or page by its file name.
fn reference(tag: &Tag, written: Option<&str>, lookup: &dyn Lookup) -> Meaning {
    let Some(written) = written.filter(|written| !written.is_empty()) else { return unknown(tag) };
    if written.starts_with('#') {
        return Meaning::Text(written.to_owned());
    }
    if let Some(found) = lookup.named(written) {
        return Meaning::Text(address::encode_with_fragment(&found));
    }
    let is_file = written.rsplit_once('.').is_some_and(|(_, ending)| !matches!(ending, "md" | "markdown" | "html"));
    if tag.name == "link" && is_file {
        return Meaning::Text(address::encode(&format!("/{}", written.trim_start_matches('/'))));
    }
    Meaning::Unknown(
        format!("{} leads to no post or page here", tag.form.enclose(&in_one_line(&tag.inner))),
        "Write the name of a Markdown file of this site, or the address as readers see it.".to_owned(),
    )
}

/// Text after the name, unchanged.
fn rest_of(tag: &Tag) -> &str {
    tag.inner.get(tag.name.len()..).unwrap_or_default().trim().trim_matches(['"', '\''])
}

fn details(tag: &Tag, texts: &Article) -> Meaning {
    let summary = tag.argument("title").or_else(|| tag.argument_or("summary", 0)).unwrap_or(&texts.details);
    let open = if tag.argument("open") == Some("true") { " open" } else { "" };
    let summary = escape_html(&in_one_line(summary));
    Meaning::Opening(format!("\n\n<details{open}>\n<summary>{summary}</summary>\n\n"), "\n\n</details>\n\n")
}

/// Jekyll's `{{ site.baseurl }}/x` and `{{ "/x" | relative_url }}`: both are `/x`, as sites are not in a folder.
fn value(tag: &Tag, around: &Surroundings) -> Meaning {
    if matches!(tag.inner.as_str(), "site.baseurl" | "site.url" | "site.base_url") {
        let next = around.suffix.chars().next();
        if matches!(next, Some('/' | '{')) {
            return Meaning::Text(String::new());
        }
        let is_destination = around.prefix.ends_with(['(', '"', '\'', '<']);
        if next.is_some_and(char::is_alphanumeric) || (is_destination && next.is_some()) {
            return Meaning::Text("/".to_owned());
        }
    }
    let filtered = tag.inner.split_once('|').map(|(path, filters)| (path.trim(), filters));
    if let Some((path, filters)) = filtered
        && let Some(path) = ['"', '\''].iter().find_map(|quote| path.strip_prefix(*quote)?.strip_suffix(*quote))
        && filters.split('|').all(|filter| is_address_filter(filter.trim()))
    {
        let path = path.trim_start_matches('/');
        return Meaning::Text(if path.contains("://") { path.to_owned() } else { format!("/{path}") });
    }
    unknown(tag)
}

fn is_address_filter(filter: &str) -> bool {
    let prepends = filter.strip_prefix("prepend:").map(str::trim);
    matches!(filter, "relative_url" | "absolute_url") || matches!(prepends, Some("site.baseurl" | "site.url"))
}

/// Attribute lists of kramdown, after or below an element. Other braces with a colon are kept without a remark.
fn attributes(tag: &Tag, around: &Surroundings) -> Meaning {
    let stands_right = around.is_alone() || around.prefix.ends_with([')', ']', '*', '_', '`', '>']);
    let is_attribute = |word: &str| {
        word.starts_with(['.', '#']) || word.contains('=') || matches!(word.trim_start_matches(':'), "toc" | "refdef")
    };
    // Quoted values may contain spaces.
    let outside: String = tag.inner.split('"').step_by(2).collect();
    let outside: String = outside.split('\'').step_by(2).collect();
    let is_list = !outside.trim().is_empty() && outside.split_whitespace().all(is_attribute);
    let id = outside.split_whitespace().find_map(|word| word.strip_prefix('#')).filter(|id| !id.is_empty());
    let is_in_heading = around.prefix.starts_with('#') && around.suffix.trim().is_empty();
    match id {
        Some(id) if is_list && is_in_heading => Meaning::Text(format!("{{#{id}}}")),
        _ if !stands_right || !is_list => Meaning::Same,
        Some(id) if around.is_alone() && around.prefix.trim().is_empty() => Meaning::Id(id.to_owned()),
        _ => {
            let Remark { what, mend, .. } = without_attributes(0, &tag.form.enclose(&tag.inner));
            Meaning::Nothing(what, mend)
        }
    }
}

/// Remark about an attribute list that has no effect.
pub(super) fn without_attributes(at: usize, list: &str) -> Remark {
    Remark {
        at,
        what: format!("{} is an attribute list of kramdown and was left out", in_one_line(list)),
        mend: "Take it away, or write the element as HTML with its attributes.".to_owned(),
    }
}

fn unknown(tag: &Tag) -> Meaning {
    let shown = tag.form.enclose(&shorten(&in_one_line(&tag.inner), SHOWN));
    let (what, mend) = match (tag.form, tag.is_call) {
        (Form::Angle | Form::Percent, _) | (_, true) => (
            format!("the shortcode {shown} is none that Instep knows, so readers see it as it is"),
            "Write what it means in Markdown or HTML; if readers should see it, put it in `backticks`.",
        ),
        (Form::Statement, _) if tag.name == "include" => (
            format!("{shown} takes in a template that is not here, so readers see it as it is"),
            "Write what it shows into the text.",
        ),
        _ => (
            format!("{shown} is an expression of a template, so readers see it as it is"),
            "Write what it stood for; if readers should see it, put it in `backticks`.",
        ),
    };
    Meaning::Unknown(what, mend.to_owned())
}

pub(super) fn unclosed(tag: &Tag) -> (String, String) {
    let what = format!("{} has no end", tag.form.enclose(&shorten(&in_one_line(&tag.inner), SHOWN)));
    (what, format!("Close it below with {}.", tag.form.enclose(&tag.verbatim_ending().unwrap_or_default())))
}

/// A code block, or a code span if other words are on its line.
pub(super) fn code(tag: &Tag, body: &str, around: &Surroundings) -> String {
    let is_wide = body.contains('\n') || around.is_alone();
    let ticks = "`".repeat(longest_run(body).max(if is_wide { 2 } else { 0 }) + 1);
    if !is_wide {
        return format!("{ticks} {} {ticks}", body.trim());
    }
    let language = tag.argument_or("lang", 0).or(tag.argument("language")).unwrap_or_default();
    let language: String = language.chars().filter(|c| !c.is_whitespace() && *c != '`').collect();
    let body = body.strip_prefix("\r\n").or_else(|| body.strip_prefix('\n')).unwrap_or(body).trim_end();
    let is_first = around.is_first();
    let indent = if is_first { around.indent() } else { String::new() };
    let is_indented = body
        .lines()
        .all(|line| line.trim().is_empty() || line.starts_with(indent.trim_end()) && line.starts_with(&indent));
    let body = if is_indented { body.to_owned() } else { indented(body, &indent) };
    let before = if is_first { "" } else { "\n\n" };
    let behind = if around.suffix.trim().is_empty() { "" } else { "\n\n" };
    around.apart(&format!("{before}{ticks}{language}\n{body}\n{indent}{ticks}{behind}"))
}

fn indented(body: &str, indent: &str) -> String {
    body.lines().map(|line| format!("{indent}{line}")).collect::<Vec<_>>().join("\n")
}

fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or_default()
}

/// Escapes words for the text of a link, so that nothing in them is Markdown.
fn words(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in in_one_line(text).chars() {
        if matches!(c, '[' | ']' | '\\' | '`' | '*' | '_' | '<' | '&') {
            safe.push('\\');
        }
        safe.push(c);
    }
    safe
}

fn quoted(text: &str) -> String {
    in_one_line(text).replace('\\', "\\\\").replace('"', "\\\"")
}

/// Writes a link destination, in angle brackets if needed.
fn destination(address: &str) -> String {
    if is_plain_address(address) {
        return address.to_owned();
    }
    let safe = in_one_line(address).replace('\\', "\\\\").replace('<', "\\<").replace('>', "\\>");
    format!("<{safe}>")
}

//! Meaning of each shortcode, as Markdown. A name that several systems share means the same in all of them.

use super::{
    inline_html,
    lines::indent_below,
    tag::{Form, Tag},
};
use crate::{
    content::{embeds, syntax::lookup::Lookup},
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
        indent_below(self.prefix).collect()
    }

    /// Adds blank lines between Markdown and lines of HTML; without them, it would belong to the HTML.
    fn apart(&self, text: &str) -> String {
        let indent = self.indent();
        let above = if self.above.trim_end().ends_with('>') { format!("\n{indent}") } else { String::new() };
        let below = if self.below.trim_start().starts_with('<') { "\n" } else { "" };
        format!("{above}{text}{below}")
    }
}

pub(super) fn of(tag: &Tag, around: &Surroundings, lookup: &dyn Lookup) -> Meaning {
    let texts = &lookup.texts().article;
    let player = |before: &str| embed(tag, around, before, tag.argument_or("id", 0)?);
    let known = match tag.name.as_str() {
        _ if tag.form == Form::Value && !tag.is_call => value(tag, around),
        "youtube" | "youtube-lite" | "youtube-enhanced" => youtube(tag, around),
        "vimeo" | "vimeo_simple" => player("https://vimeo.com/"),
        "instagram" | "instagram_simple" => player("https://www.instagram.com/p/"),
        "gist" => gist(tag, texts),
        "tweet" | "twitter" | "twitter_simple" | "x" => tweet(tag, texts),
        "figure" | "image" | "img" | "video" => figure(tag, around),
        "ref" | "relref" => return reference(tag, tag.argument_or("path", 0), lookup),
        "post_url" | "link" if tag.form == Form::Statement => return reference(tag, Some(rest_of(tag)), lookup),
        "details" if !tag.is_self_closing => return details(tag, texts),
        "rawhtml" | "raw-html" => return Meaning::Opening(String::new(), ""),
        _ => None,
    };
    match known {
        None => unknown(tag),
        Some(text) if around.is_inline && tag.form != Form::Value => Meaning::Text(inline_html(&text, lookup)),
        Some(text) => Meaning::Text(text),
    }
}

fn youtube(tag: &Tag, around: &Surroundings) -> Option<String> {
    let (before, id) = match tag.argument_or("id", 0) {
        Some(id) => ("https://www.youtube.com/watch?v=", id),
        None => ("https://www.youtube.com/playlist?list=", tag.argument("playlist")?),
    };
    let start = ["start", "t"].iter().find_map(|key| tag.argument(key)).map(|start| format!("&t={start}"));
    embed(tag, around, before, &format!("{id}{}", start.unwrap_or_default()))
}

/// A provider's address, or an id behind the start of one: an embed if alone on its line, else a link.
fn embed(tag: &Tag, around: &Surroundings, before: &str, id: &str) -> Option<String> {
    let address = if id.contains("://") { id.to_owned() } else { format!("{before}{id}") };
    let address = embeds::recognise(&address, None)?.address;
    let text = match tag.argument("title") {
        Some(title) => format!("[{}]({address})", words(title)),
        None => format!("<{address}>"),
    };
    Some(if around.is_alone() { around.apart(&text) } else { text })
}

/// A link for `user id file`, Jekyll's `user/id`, or an address; no embed, because GitHub's embed is a script.
fn gist(tag: &Tag, texts: &Article) -> Option<String> {
    let name = match (tag.argument_or("url", 0)?, tag.positional.get(1)) {
        (user, Some(id)) if !user.contains('/') => format!("{user}/{id}"),
        (url, _) => url.trim_start_matches("https://gist.github.com/").to_owned(),
    };
    let address = format!("https://gist.github.com/{name}");
    is_plain_address(&address).then(|| format!("[{}]({address})", texts.gist.with(words(&name))))
}

fn tweet(tag: &Tag, texts: &Article) -> Option<String> {
    let (user, id) = match tag.positional.as_slice() {
        [user, id, ..] => (Some(user.as_str()), id.as_str()),
        _ => (tag.argument("user"), tag.argument_or("id", 0).or_else(|| tag.argument("url"))?),
    };
    let user = user.filter(|_| !id.contains("://"));
    let title = user.map_or_else(|| texts.post_on_x.clone(), |user| texts.post_on_x_by.with(words(user)));
    let address = match id.contains("://") {
        true => id.to_owned(),
        false => format!("https://x.com/{}/status/{id}", user.unwrap_or("i")),
    };
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
    let link = tag.argument("link").or(tag.argument("href"));
    let image = |title: &str| format!("![{alt}]({}{title})", destination(source));
    let linked = link.map_or_else(|| image(""), |link| format!("[{}]({})", image(""), destination(link)));
    if !around.is_alone() {
        return Some(linked);
    }
    let text = match (title, caption) {
        (None, None) => linked,
        // A picture with a title, alone in its paragraph, becomes a figure anyway.
        (Some(one), None) | (None, Some(one)) if link.is_none() && is_plain(&one) => {
            image(&format!(" \"{}\"", quoted(&one)))
        }
        (title, caption) => {
            let title = title.map(|title| format!("**{}**", words(&title)));
            let lines: Vec<String> = title.into_iter().chain(caption).collect();
            let lines = lines.join("\n\n");
            format!("<figure>\n\n{linked}\n\n<figcaption>\n\n{lines}\n\n</figcaption>\n</figure>\n")
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
fn value(tag: &Tag, around: &Surroundings) -> Option<String> {
    if matches!(tag.inner.as_str(), "site.baseurl" | "site.url" | "site.base_url") {
        let next = around.suffix.chars().next()?;
        let is_destination = around.prefix.ends_with(['(', '"', '\'', '<']);
        return match next {
            '/' | '{' => Some(String::new()),
            next => (is_destination || next.is_alphanumeric()).then(|| "/".to_owned()),
        };
    }
    let (path, filters) = tag.inner.split_once('|')?;
    let quoted = |quote: &char| path.trim().strip_prefix(*quote)?.strip_suffix(*quote);
    let path = ['"', '\''].iter().find_map(quoted)?.trim_start_matches('/');
    let is_address = filters.split('|').all(|filter| is_address_filter(filter.trim()));
    is_address.then(|| if path.contains("://") { path.to_owned() } else { format!("/{path}") })
}

fn is_address_filter(filter: &str) -> bool {
    let prepends = filter.strip_prefix("prepend:").map(str::trim);
    matches!(filter, "relative_url" | "absolute_url") || matches!(prepends, Some("site.baseurl" | "site.url"))
}

fn unknown(tag: &Tag) -> Meaning {
    let shown = shown(tag);
    let (what, mend) = match (tag.form, tag.is_call) {
        (Form::Angle | Form::Percent, _) | (_, true) => (
            format!("the shortcode {shown} is not known, so readers see it as it is"),
            "Write what it means in Markdown or HTML; if readers should see it, put it in `backticks`.",
        ),
        (Form::Statement, _) if tag.name == "include" => (
            format!("{shown} includes a template that is not here, so readers see it as it is"),
            "Write what it shows into the text.",
        ),
        _ => (
            format!("{shown} is an expression of a template, so readers see it as text"),
            "Write what it stood for; if readers should see it, put it in `backticks`.",
        ),
    };
    Meaning::Unknown(what, mend.to_owned())
}

pub(super) fn unclosed(tag: &Tag) -> (String, String) {
    let ending = tag.form.enclose(&tag.verbatim_ending().unwrap_or_default());
    (format!("{} has no end", shown(tag)), format!("Close it below with {ending}."))
}

/// A tag for a message.
fn shown(tag: &Tag) -> String {
    tag.form.enclose(&shorten(&in_one_line(&tag.inner), SHOWN))
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
    let lines = body.lines().map(|line| if is_indented { line.to_owned() } else { format!("{indent}{line}") });
    let body = lines.collect::<Vec<_>>().join("\n");
    let before = if is_first { "" } else { "\n\n" };
    let behind = if around.suffix.trim().is_empty() { "" } else { "\n\n" };
    around.apart(&format!("{before}{ticks}{language}\n{body}\n{indent}{ticks}{behind}"))
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

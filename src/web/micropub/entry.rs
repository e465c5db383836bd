//! Properties of a post become its Markdown file, and the file becomes properties.

use jiff::{Timestamp, Zoned};
use serde_json::{Map, Value, json};

use super::{Refusal, request::Properties};
use crate::{
    config::Site,
    content::editing::{FrontMatterText, NewValue, Unfit},
    domain::{
        slug::Slug,
        words::{in_brackets, one_line},
    },
};

/// Longest title, tag or description, in characters.
const LINE: usize = 1000;
/// Longest title that is made from a text without one, in characters.
const TITLE: usize = 60;
/// Form of dates in front matter.
const DATE: &str = "%Y-%m-%d %H:%M:%S";
/// Properties with a single text, each with its key in the front matter.
const TEXTS: [(&str, &str); 2] = [("name", "title"), ("summary", "description")];
/// Properties with an address of a page that the post is about. They become a line at its start.
const LINKS: [&str; 4] = ["in-reply-to", "repost-of", "like-of", "bookmark-of"];
/// Properties with files, which are a part of the text.
const MEDIA: [&str; 3] = ["photo", "video", "audio"];

/// A post that is not saved yet.
#[derive(Debug)]
pub struct New {
    pub text: FrontMatterText,
    pub slug: Slug,
    pub date: Zoned,
}

/// Way to change a property.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Change<'a> {
    Replace(&'a [Value]),
    Add(&'a [Value]),
    /// These values, or all.
    Delete(Option<&'a [Value]>),
}

impl From<Unfit> for Refusal {
    fn from(unfit: Unfit) -> Self {
        Self::invalid(unfit.to_string())
    }
}

impl New {
    /// Reads a new post. Properties that a post here cannot have are left out (Micropub, 3.3).
    pub fn read(properties: &Properties, site: &Site, now: Timestamp) -> Result<Self, Refusal> {
        let mut text = FrontMatterText::new(String::new(), false)?;
        let values = |name: &str| properties.get(name).map(Vec::as_slice).unwrap_or_default();
        let first =
            |name: &str| values(name).first().and_then(Value::as_str).map(str::trim).filter(|text| !text.is_empty());
        let date = first("published").map(|date| moment(date, site)).transpose()?;
        let date = date.unwrap_or_else(|| now.to_zoned(site.time_zone.clone()));
        let body = body(values("content"), site)?;
        let start = start(values("content").first());
        let title = match first("name") {
            Some(name) => line(name),
            None if start.is_empty() => date.strftime("%Y-%m-%d %H:%M").to_string(),
            None => start.clone(),
        };
        text.set("title", NewValue::Text(&title))?;
        text.set("date", NewValue::Date(&date.strftime(DATE).to_string()))?;
        for name in ["summary", "category", "post-status"] {
            if properties.contains_key(name) {
                apply(&mut text, name, Change::Replace(values(name)), site)?;
            }
        }
        let links = LINKS.iter().flat_map(|name| values(name)).filter_map(|value| web_address(value.as_str()?));
        let parts: Vec<String> = links.chain([body]).filter(|part| !part.is_empty()).collect();
        text.set_body(&ended(&parts.join("\n\n")));
        let mut alts = values("mp-photo-alt").iter();
        for value in MEDIA.iter().flat_map(|name| values(name)) {
            let line = media_line(value, alts.next().and_then(Value::as_str), site)?;
            append(&mut text, &line);
        }
        // A name that begins with a date would lose it, as in Jekyll.
        let made = Slug::transliterated(first("name").unwrap_or(&start));
        let digits = || Slug::from_text(&date.strftime("%Y%m%d%H%M%S").to_string());
        let slug = first("mp-slug").or(first("slug")).and_then(Slug::from_text).or(made).or_else(digits);
        let slug = slug.and_then(|slug| Slug::from_text(&slug.as_str().chars().take(TITLE).collect::<String>()));
        Ok(Self { text, slug: slug.ok_or_else(|| Refusal::invalid("the post has no name"))?, date })
    }

    /// Adds a file in `media/` that was sent with the post.
    pub fn add_media(&mut self, name: &str) {
        append(&mut self.text, &format!("![]({name})"));
    }
}

/// Applies an update: objects with lists of values, or for `delete` a list of names.
pub fn change(text: &mut FrontMatterText, changes: &Map<String, Value>, site: &Site) -> Result<(), Refusal> {
    let mut count = 0;
    for (action, change) in changes {
        match (action.as_str(), change) {
            ("replace" | "add" | "delete", Value::Object(properties)) => {
                for (name, values) in properties {
                    let Value::Array(values) = values else {
                        return Err(Refusal::invalid(format!("the values of {name} are no list")));
                    };
                    let change = match action.as_str() {
                        "replace" => Change::Replace(values),
                        "add" => Change::Add(values),
                        _ => Change::Delete(Some(values)),
                    };
                    apply(text, name, change, site)?;
                    count += 1;
                }
            }
            ("delete", Value::Array(names)) => {
                for name in names {
                    apply(text, name.as_str().unwrap_or_default(), Change::Delete(None), site)?;
                    count += 1;
                }
            }
            ("replace" | "add" | "delete", _) => return Err(Refusal::invalid(format!("{action} is no object"))),
            _ => {}
        }
    }
    if count == 0 { Err(Refusal::invalid("nothing is to be replaced, added or deleted")) } else { Ok(()) }
}

fn apply(text: &mut FrontMatterText, name: &str, change: Change, site: &Site) -> Result<(), Refusal> {
    let first = match change {
        Change::Replace(values) | Change::Add(values) => values.first().and_then(Value::as_str),
        Change::Delete(_) => None,
    };
    match (name, change) {
        ("category", change) => {
            let mut tags = text.values().texts("tags");
            match change {
                Change::Replace(values) => tags = texts(values),
                Change::Add(values) => tags.extend(texts(values)),
                Change::Delete(Some(values)) => tags.retain(|tag| !texts(values).contains(tag)),
                Change::Delete(None) => tags.clear(),
            }
            let mut known = Vec::new();
            tags.retain(|tag| {
                !known.contains(tag) && {
                    known.push(tag.clone());
                    true
                }
            });
            if tags.is_empty() { text.remove("tags")? } else { text.set("tags", NewValue::List(&tags))? }
        }
        ("content", Change::Replace(values)) => {
            let is_made = text.values().text("title").as_deref() == Some(&start(Some(&json!(text.body()))));
            text.set_body(&ended(&body(values, site)?));
            if is_made {
                text.set("title", NewValue::Text(&start(values.first())))?;
            }
        }
        ("content", Change::Add(values)) => append(text, &body(values, site)?),
        ("content", Change::Delete(None)) => text.set_body(""),
        ("published", Change::Replace(_)) => {
            let date = moment(first.unwrap_or_default(), site)?.strftime(DATE).to_string();
            text.set("date", NewValue::Date(&date))?;
        }
        ("post-status", Change::Replace(_)) => match first {
            Some("draft") => text.set_draft(true)?,
            Some("published") => text.set_draft(false)?,
            _ => return Err(Refusal::invalid("post-status is draft or published")),
        },
        (name, Change::Add(values)) if MEDIA.contains(&name) => {
            for value in values {
                let line = media_line(value, None, site)?;
                append(text, &line);
            }
        }
        (name, change) => {
            let key = TEXTS.iter().find(|(property, _)| *property == name).map(|(_, key)| *key);
            match (key, change, first) {
                (Some(key), Change::Replace(_) | Change::Add(_), Some(value)) => {
                    text.set(key, NewValue::Text(&line(value)))?;
                }
                (Some(key), Change::Delete(None), _) => text.remove(key)?,
                (Some(key), Change::Delete(Some(values)), _) => {
                    if text.values().text(key).is_some_and(|present| texts(values).contains(&present)) {
                        text.remove(key)?;
                    }
                }
                _ => return Err(Refusal::invalid(format!("{name} cannot be changed in this way here"))),
            }
        }
    }
    Ok(())
}

/// Properties of a post. Its files are a part of the content.
pub fn properties(text: &FrontMatterText, site: &Site) -> Map<String, Value> {
    let values = text.values();
    let mut properties = Map::new();
    for (name, key) in TEXTS {
        properties.extend(values.text(key).map(|text| (name.to_owned(), json!([text]))));
    }
    let date = values.date("date").and_then(|(_, date)| date.read(&site.time_zone).ok());
    properties
        .extend(date.map(|date| ("published".to_owned(), json!([date.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()]))));
    let tags = values.texts("tags");
    if !tags.is_empty() {
        properties.insert("category".to_owned(), json!(tags));
    }
    properties.insert("content".to_owned(), json!([text.body().trim()]));
    properties.insert("post-status".to_owned(), json!([if values.is_draft() { "draft" } else { "published" }]));
    properties
}

/// Start of a text, which is the title of a post without a name.
fn start(content: Option<&Value>) -> String {
    let html = content.and_then(|value| value.get("html")?.as_str());
    let plain =
        html.map(|html| html.split('<').map(|part| part.rsplit_once('>').map_or(part, |(_, text)| text)).collect());
    let text = plain.or_else(|| content?.as_str().map(str::to_owned)).unwrap_or_default();
    let first = text.lines().map(|line| line.trim_start_matches(['#', ' '])).find(|line| !line.trim().is_empty());
    one_line(first.unwrap_or_default(), TITLE)
}

fn line(text: &str) -> String {
    one_line(text, LINE)
}

fn texts(values: &[Value]) -> Vec<String> {
    values.iter().filter_map(|value| Some(line(value.as_str()?))).filter(|text| !text.is_empty()).collect()
}

/// Moment in the site's time zone; a date without a zone is of that zone.
fn moment(text: &str, site: &Site) -> Result<Zoned, Refusal> {
    let zone = site.time_zone.clone();
    let moment = text.parse::<Timestamp>().map(|moment| moment.to_zoned(zone.clone()));
    let moment = moment.or_else(|_| text.parse::<jiff::civil::DateTime>().and_then(|local| local.to_zoned(zone)));
    moment.map_err(|_| Refusal::invalid("published is no date, such as 2026-05-02T10:00:00Z"))
}

/// Markdown of the content. A text is Markdown already, and HTML stays HTML. Addresses of our files lose their host, so
/// that the site knows the files.
fn body(values: &[Value], site: &Site) -> Result<String, Refusal> {
    let part = |value: &Value| {
        let text = value.as_str().or_else(|| value.get("value")?.as_str()).map(str::to_owned);
        value.get("html").and_then(Value::as_str).map(html_block).or(text)
    };
    let parts: Option<Vec<String>> = values.iter().map(part).collect();
    let parts = parts.ok_or_else(|| Refusal::invalid("content is a text or an object with html"))?;
    let body = parts.join("\n\n").replace("\r\n", "\n");
    Ok(body.replace(&format!("{}/media/", site.base_url), "/media/").trim().to_owned())
}

/// HTML as one block of Markdown, which ends at the first blank line: in `pre`, such a line is written in another way.
fn html_block(html: &str) -> String {
    let keeps_blank = ["<pre", "<textarea"].iter().any(|tag| html.contains(tag));
    let line = |line| match str::trim(line) {
        "" if keeps_blank => Some("&#10;"),
        "" => None,
        _ => Some(line),
    };
    let lines: Vec<&str> = html.trim().lines().filter_map(line).collect();
    format!("<div>\n{}\n</div>", lines.join("\n"))
}

/// Markdown of a picture or clip: an address, or an object with `value` and `alt`.
fn media_line(value: &Value, alt: Option<&str>, site: &Site) -> Result<String, Refusal> {
    let written = value.as_str().or_else(|| value.get("value")?.as_str()).unwrap_or_default();
    let own = written.strip_prefix(&site.base_url).filter(|path| path.starts_with("/media/")).map(str::to_owned);
    let address = own.or_else(|| web_address(written));
    let address = address.ok_or_else(|| Refusal::invalid(format!("{written:?} is no address of a file")))?;
    let alt = line(value.get("alt").and_then(Value::as_str).or(alt).unwrap_or_default());
    Ok(format!(
        "![{}]({})",
        in_brackets(&alt),
        address.replace('(', "%28").replace(')', "%29").replace(['<', '>', ' '], "")
    ))
}

/// Address of a page or file on the web.
fn web_address(text: &str) -> Option<String> {
    let url = url::Url::parse(text.trim()).ok()?;
    (matches!(url.scheme(), "http" | "https") && url.has_host()).then(|| url.to_string())
}

fn append(text: &mut FrontMatterText, part: &str) {
    let body = text.body().trim_end();
    let body = if body.is_empty() { part.to_owned() } else { format!("{body}\n\n{part}") };
    text.set_body(&ended(&body));
}

fn ended(body: &str) -> String {
    if body.is_empty() { String::new() } else { format!("{body}\n") }
}

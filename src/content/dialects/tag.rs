//! Parses one tag: its template language, its name, its arguments. Pure; never fails.

use std::ops::Range;

/// Longest tag in bytes. Anything longer is most likely a text about braces.
pub(super) const LONGEST: usize = 4000;

/// Kind of braces around a tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Form {
    /// Hugo's `{{< x >}}`.
    Angle,
    /// Hugo's `{{% x %}}`.
    Percent,
    /// Jekyll's `{% x %}`, Zola's `{% x() %}`.
    Statement,
    /// Jekyll's `{{ x }}`, Zola's `{{ x() }}`.
    Value,
}

impl Form {
    /// All forms, those with the longest opening first.
    const ALL: [Self; 4] = [Self::Angle, Self::Percent, Self::Statement, Self::Value];

    fn braces(self) -> (&'static str, &'static str) {
        match self {
            Self::Angle => ("{{<", ">}}"),
            Self::Percent => ("{{%", "%}}"),
            Self::Statement => ("{%", "%}"),
            Self::Value => ("{{", "}}"),
        }
    }

    pub fn enclose(self, inner: &str) -> String {
        let (opening, closing) = self.braces();
        format!("{opening} {} {closing}", inner.trim())
    }

    pub fn is_hugo(self) -> bool {
        matches!(self, Self::Angle | Self::Percent)
    }
}

/// A parsed tag.
#[derive(Debug)]
pub(super) struct Tag {
    pub form: Form,
    /// Length in bytes, braces included.
    pub length: usize,
    /// Text between the braces.
    pub inner: String,
    /// Name in lower case, empty if there is none. A Hugo closing tag keeps its slash.
    pub name: String,
    /// True if written with parentheses after the name, as in Zola.
    pub is_call: bool,
    /// True if written like `<br/>`: it has no closing tag.
    pub is_self_closing: bool,
    pub named: Vec<(String, String)>,
    pub positional: Vec<String>,
}

impl Tag {
    /// Reads the tag with which a text begins.
    pub fn read(text: &str) -> Option<Self> {
        let form = Form::ALL.into_iter().find(|form| text.starts_with(form.braces().0))?;
        let (opening, closing) = form.braces();
        let text = &text[opening.len()..text.floor_char_boundary(LONGEST)];
        let end = ["\n\n", "\r\n\r\n"].iter().filter_map(|blank_line| text.find(blank_line)).min();
        let text = &text[..end.unwrap_or(text.len())];
        // Ends here for most braces that open no tag, without a check of each character.
        let first = text.find(closing)?;
        let end = unquoted(text, first, closing, form).unwrap_or(first);
        let inner = text[..end].trim();
        let inner = inner.strip_prefix('-').unwrap_or(inner);
        let inner = inner.strip_suffix('-').unwrap_or(inner).trim();
        let is_self_closing = form.is_hugo() && inner.ends_with('/');
        let mut tag = Self {
            form,
            length: opening.len() + end + closing.len(),
            inner: inner.to_owned(),
            name: String::new(),
            is_call: false,
            is_self_closing,
            named: Vec::new(),
            positional: Vec::new(),
        };
        tag.read_name(if is_self_closing { &inner[..inner.len() - 1] } else { inner });
        Some(tag)
    }

    /// Text of a tag that the author wants to show: `{{</* x */>}}`.
    pub fn escaped(&self) -> Option<&str> {
        self.inner.strip_prefix("/*")?.strip_suffix("*/")
    }

    fn read_name(&mut self, inner: &str) {
        let start = inner.strip_prefix('/').map_or(0, |rest| inner.len() - rest.trim_start().len());
        let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '/');
        let end = inner[start..].find(|c: char| !is_part(c)).map_or(inner.len(), |end| start + end);
        let slash = if start > 0 { "/" } else { "" };
        self.name = format!("{slash}{}", inner[start..end].to_lowercase());
        let rest = inner[end..].trim_start();
        let call = rest.strip_prefix('(').and_then(|rest| rest.trim_end().strip_suffix(')'));
        self.is_call = call.is_some();
        self.read_arguments(call.unwrap_or(rest));
    }

    /// Reads arguments: `a "b c" key=value`, with commas between them inside parentheses.
    fn read_arguments(&mut self, text: &str) {
        let is_gap = |c: char| c.is_whitespace() || (self.is_call && c == ',');
        let mut rest = text.trim_start_matches(is_gap);
        while !rest.is_empty() {
            let end = rest.find(|c: char| is_gap(c) || c == '=' || is_quote(c)).unwrap_or(rest.len());
            let key = &rest[..end];
            let behind = rest[end..].trim_start();
            if let Some(value) = behind.strip_prefix('=').filter(|_| !key.is_empty()) {
                let (value, behind) = read_value(value.trim_start(), is_gap);
                self.named.push((key.to_lowercase(), value));
                rest = behind;
            } else {
                let (value, behind) = read_value(rest, is_gap);
                self.positional.push(value);
                rest = behind;
            }
            rest = rest.trim_start_matches(is_gap);
        }
    }

    pub fn argument(&self, key: &str) -> Option<&str> {
        let (_, value) = self.named.iter().find(|(known, _)| known == key)?;
        Some(value.trim()).filter(|value| !value.is_empty())
    }

    /// A named argument, or else the nth unnamed argument.
    pub fn argument_or(&self, key: &str, nth: usize) -> Option<&str> {
        let nth = || self.positional.get(nth).map(|value| value.trim()).filter(|value| !value.is_empty());
        self.argument(key).or_else(nth)
    }

    pub fn is_closing(&self) -> bool {
        self.name.starts_with('/') || (self.form == Form::Statement && !self.is_call && self.name.starts_with("end"))
    }

    /// Name of the tag that it closes; `None` for `{% end %}`, which closes the tag opened last.
    pub fn closed(&self) -> Option<&str> {
        let name = || self.name.strip_prefix('/').or_else(|| self.name.strip_prefix("end")).unwrap_or_default();
        (self.name != "end").then(name)
    }

    /// Name of the closing tag, if everything up to there is verbatim text.
    pub fn verbatim_ending(&self) -> Option<String> {
        let is_jekyll = self.form == Form::Statement && !self.is_call;
        match self.name.as_str() {
            "highlight" if self.form.is_hugo() && !self.is_self_closing => Some("/highlight".to_owned()),
            "highlight" if self.form == Form::Statement && self.is_call => Some("end".to_owned()),
            "highlight" | "raw" | "comment" if is_jekyll => Some(format!("end{}", self.name)),
            _ => None,
        }
    }
}

/// Finds the next tag of that name.
pub(super) fn find_ending(markdown: &str, from: usize, form: Form, name: &str) -> Option<Range<usize>> {
    let opening = form.braces().0;
    markdown[from..].match_indices(opening).map(|(at, _)| from + at).find_map(|at| {
        let tag = Tag::read(&markdown[at..]).filter(|tag| tag.form == form && tag.name == name)?;
        Some(at..at + tag.length)
    })
}

fn is_quote(c: char) -> bool {
    matches!(c, '"' | '\'' | '`')
}

/// Position of the closing braces, except those in quotes.
fn unquoted(text: &str, first: usize, closing: &str, form: Form) -> Option<usize> {
    // An apostrophe is no quote in Hugo.
    let begins = |c: char| is_quote(c) && (c != '\'' || !form.is_hugo());
    let (mut at, mut end) = (0, first);
    while let Some(quote) = text[at..end].find(begins) {
        let (_, behind) = read_value(&text[at + quote..], char::is_whitespace);
        at = text.len() - behind.len();
        if at > end {
            end = at + behind.find(closing)?;
        }
    }
    Some(end)
}

/// Reads a value, in quotes or up to the next gap; returns it and the rest.
fn read_value(text: &str, is_gap: impl Fn(char) -> bool) -> (String, &str) {
    let Some(quote) = text.chars().next().filter(|c| is_quote(*c)) else {
        let end = text.find(is_gap).unwrap_or(text.len());
        return (text[..end].to_owned(), &text[end..]);
    };
    let mut value = String::new();
    let mut is_escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        if is_escaped {
            if c != quote && c != '\\' {
                value.push('\\');
            }
            value.push(c);
            is_escaped = false;
        } else if c == '\\' && quote != '`' {
            is_escaped = true;
        } else if c == quote {
            return (value, &text[at + c.len_utf8()..]);
        } else {
            value.push(c);
        }
    }
    (value, "")
}

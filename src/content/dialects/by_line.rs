//! Constructs of other systems outside of shortcodes, read line by line: Markdown in HTML blocks (`markdown="1"` of
//! kramdown), alerts with a title, and marks for a table of contents or a formula, which are reported.

use std::ops::Range;

use super::{expanded::Expanded, inline_html};
use crate::content::markdown::{
    Remark,
    tags::{StartTag, start_tags},
};

/// Elements that contain only inline Markdown: with blank lines in them, they would get paragraphs.
const INLINE: &str = " a abbr b cite code del dfn dt em h1 h2 h3 h4 h5 h6 i ins label legend caption mark p q s small \
                      span strong sub summary sup th u ";
/// Elements without an end tag.
const VOID: &str = " area base br col embed hr img input link meta param source track wbr ";
/// Longest tag, in bytes.
const LONGEST_TAG: usize = 500;
/// Longest inline Markdown in an element, in bytes.
const LONGEST: usize = 4000;
/// Most open elements. Each end tag is compared with all of them.
const DEEPEST: usize = 50;

/// Replaces what has a meaning here, and reports what has none.
pub(super) fn expand(markdown: &str) -> Expanded<'_> {
    if !["markdown", "[!", "[[", "[toc]", "[TOC]", "$$"].iter().any(|mark| markdown.contains(mark)) {
        return Expanded::with(markdown, Vec::new(), Vec::new());
    }
    let mut scan = Scan {
        markdown,
        open: Vec::new(),
        fence: None,
        formula: None,
        done: 0,
        replacements: Vec::new(),
        remarks: Vec::new(),
    };
    let mut at = 0;
    for line in markdown.split_inclusive('\n') {
        scan.line(at, line.trim_end_matches(['\n', '\r']));
        at += line.len();
    }
    Expanded::with(markdown, scan.replacements, scan.remarks)
}

/// An element that is open inside one with Markdown.
struct Element {
    name: String,
    is_markdown: bool,
    /// Blanks before its first line, which are taken from all lines.
    indent: Option<usize>,
}

struct Scan<'a> {
    markdown: &'a str,
    /// Open elements, the outermost with Markdown.
    open: Vec<Element>,
    /// Opening fence of the current code block.
    fence: Option<&'a str>,
    /// Position of the `$$` that opened a formula.
    formula: Option<usize>,
    /// End of the part that is processed.
    done: usize,
    replacements: Vec<(Range<usize>, String)>,
    remarks: Vec<Remark>,
}

impl<'a> Scan<'a> {
    fn line(&mut self, at: usize, line: &'a str) {
        if at < self.done {
            return;
        }
        let text = line.trim_start_matches([' ', '\t', '>']);
        self.take_indent(at, line);
        if let Some(fence) = self.fence {
            if text.starts_with(fence) && text.trim_end().trim_start_matches(&fence[..1]).is_empty() {
                self.fence = None;
            }
            return;
        }
        let is_code = line.starts_with("    ") && self.open.is_empty() && self.formula.is_none();
        if is_code {
            return;
        }
        self.fence = fence_of(text);
        if self.fence.is_some() {
            return;
        }
        self.mark_of_contents(at, line);
        self.alert(at, line);
        self.formulas(at, line);
        self.tags(at, line);
    }

    fn replace(&mut self, range: Range<usize>, text: &str) {
        self.done = range.end;
        self.replacements.push((range, text.to_owned()));
    }

    /// Takes blanks from the start of a line, which would make code of a line in an indented element.
    fn take_indent(&mut self, at: usize, line: &str) {
        let Some(element) = self.open.iter_mut().rfind(|element| element.is_markdown) else { return };
        let blanks = line.len() - line.trim_start_matches(' ').len();
        if !line.trim().is_empty() {
            let indent = (*element.indent.get_or_insert(blanks)).min(blanks);
            if indent > 0 {
                self.replace(at..at + indent, "");
            }
        }
    }

    fn mark_of_contents(&mut self, at: usize, line: &str) {
        let mark = line.trim().to_ascii_lowercase();
        if matches!(mark.as_str(), "[toc]" | "[[toc]]" | "[[_toc_]]") {
            self.remarks.push(Remark {
                at,
                what: format!(
                    "\"{}\" is a table of contents in other systems, but readers see it as it is",
                    line.trim()
                ),
                mend: "Take it out: a long post gets its table of contents without it.".to_owned(),
            });
        }
    }

    /// Gives `> [!NOTE] Title` its title as a first paragraph: GitHub allows no words on that line.
    fn alert(&mut self, at: usize, line: &str) {
        let Some(bracket) = line.find("[!").filter(|bracket| line[..*bracket].contains('>')) else { return };
        let is_marker = |c: char| c.is_ascii_digit() || matches!(c, '>' | ' ' | '-' | '*' | '+' | '.' | ')');
        let is_prefix = line[..bracket].chars().all(is_marker);
        let prefix: String = line[..bracket].chars().map(|c| if c == '>' { c } else { ' ' }).collect();
        let Some((kind, rest)) = line[bracket + 2..].split_once(']') else { return };
        let is_kind = ["note", "tip", "important", "warning", "caution"].contains(&&*kind.to_ascii_lowercase());
        let title = rest.trim_start_matches(['+', '-']).trim();
        if !is_kind || rest.is_empty() || !is_prefix {
            return;
        }
        let text = match title {
            "" => String::new(),
            title if title.contains('*') => format!("\n{prefix}{title}\n{prefix}"),
            title => format!("\n{prefix}**{title}**\n{prefix}"),
        };
        self.replace(at + line.len() - rest.len()..at + line.len(), &text);
    }

    /// Reports formulas: text between two `$$`.
    fn formulas(&mut self, at: usize, line: &str) {
        for place in outside_code(line, "$$") {
            match self.formula.take() {
                None => self.formula = Some(at + place),
                Some(start) => self.remarks.push(Remark {
                    at: start,
                    what: "text between two $$ is a formula in other systems, but readers see it as it is".to_owned(),
                    mend: "Write it in words or as a picture; if readers should see it, put it in `backticks`."
                        .to_owned(),
                }),
            }
        }
    }

    fn tags(&mut self, at: usize, line: &str) {
        for place in outside_code(line, "<") {
            let start = at + place;
            if start < self.done {
                continue;
            }
            let rest = &self.markdown[start..self.markdown.floor_char_boundary(start + LONGEST_TAG)];
            match rest.strip_prefix("</") {
                Some(name) => self.end_tag(start, place, line, name),
                None => self.start_tag(start, rest),
            }
        }
    }

    fn start_tag(&mut self, at: usize, rest: &str) {
        let end = || rest.find('>').filter(|_| rest[1..].starts_with(|c: char| c.is_ascii_alphabetic()));
        let Some(end) = end().map(|end| end + 1) else { return };
        if self.open.is_empty() && !rest[..end].contains("markdown") {
            return;
        }
        let Some(tag) = start_tags(&rest[..end]).next() else { return };
        let Some((attribute, value)) = markdown_of(&rest[..end], &tag) else {
            let is_void = tag.is_self_closing || is_one_of(VOID, &tag.name);
            if !self.open.is_empty() && !is_void && self.open.len() < DEEPEST {
                self.open.push(Element { name: tag.name, is_markdown: false, indent: None });
            }
            return;
        };
        self.replace(at + attribute.start..at + attribute.end, "");
        match value {
            "0" | "false" => {}
            "span" => self.inline(at + end, &tag.name),
            value if value != "block" && is_one_of(INLINE, &tag.name) => self.inline(at + end, &tag.name),
            _ => {
                self.replace(at + end..at + end, "\n\n");
                self.open.push(Element { name: tag.name, is_markdown: true, indent: None });
            }
        }
    }

    /// Renders the inline Markdown in an element.
    fn inline(&mut self, from: usize, name: &str) {
        let rest = &self.markdown[from..self.markdown.floor_char_boundary(from + LONGEST)];
        if let Some(end) = rest.to_ascii_lowercase().find(&format!("</{name}")) {
            let html = inline_html(&rest[..end]);
            self.replace(from..from + end, &html);
            let line = rest[end..].lines().next().unwrap_or_default();
            // Markdown below it must not belong to its HTML block.
            if !self.open.is_empty() && line.ends_with('>') && line.matches('>').count() == 1 {
                self.replace(from + end + line.len()..from + end + line.len(), "\n");
            }
        }
    }

    /// Puts blank lines around the end tag of an element with Markdown. `place`: position in the line.
    fn end_tag(&mut self, at: usize, place: usize, line: &str, name: &str) {
        let length = name.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(name.len());
        let is_it = |element: &Element| element.name.eq_ignore_ascii_case(&name[..length]);
        let Some(opened) = self.open.iter().rposition(is_it) else { return };
        let is_markdown = self.open[opened].is_markdown;
        self.open.truncate(opened);
        if !is_markdown {
            return;
        }
        self.replace(at..at, "\n\n");
        let Some(end) = line[place..].find('>').map(|end| place + end + 1) else { return };
        if line[end..].trim().is_empty() {
            let end = at - place + end;
            self.replace(end..end, "\n");
        }
    }
}

fn fence_of(text: &str) -> Option<&str> {
    let sign = text.chars().next().filter(|c| matches!(c, '`' | '~'))?;
    let length = text.len() - text.trim_start_matches(sign).len();
    let is_fence = length >= 3 && (sign == '~' || !text[length..].contains('`'));
    is_fence.then(|| &text[..length])
}

/// Positions of a sign in a line, except in code spans.
fn outside_code(line: &str, sign: &str) -> Vec<usize> {
    let (mut places, mut at, mut is_code) = (Vec::new(), 0, false);
    loop {
        let end = line[at..].find('`').map_or(line.len(), |found| at + found);
        if !is_code {
            places.extend(line[at..end].match_indices(sign).map(|(place, _)| at + place));
        }
        at = line.len() - line[end..].trim_start_matches('`').len();
        is_code = !is_code;
        if end == line.len() {
            return places;
        }
    }
}

fn is_one_of(names: &str, name: &str) -> bool {
    names.split(' ').any(|own| own == name)
}

/// Range of the attribute `markdown` in a tag, with the blanks before it, and its value.
fn markdown_of<'t>(html: &str, tag: &'t StartTag) -> Option<(Range<usize>, &'t str)> {
    let attribute = tag.attributes.iter().find(|attribute| attribute.name == "markdown")?;
    let name = html[..attribute.place.start].to_ascii_lowercase().rfind("markdown")?;
    let start = html[..name].trim_end().len();
    let is_quoted = html[attribute.place.end..].starts_with(['"', '\'']);
    Some((start..attribute.place.end + usize::from(is_quoted), attribute.value.trim()))
}

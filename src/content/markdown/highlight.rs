//! Syntax highlighting: each scope that a syntax definition assigns becomes one of a dozen classes.
//!
//! Done when a page needs it, not by the loader. Reading the definitions takes 1.5 ms and 2.4 MB, but the regular
//! expressions of a language are compiled with its first blocks: 1 ms for JSON, 17 for Rust, 50 to 100 ms and 34 MB for
//! Markdown (release build). The sample site contains Markdown, and must answer 50 ms after its start, in 30 MB.

use std::sync::LazyLock;

use syntect::parsing::{ParseState, Scope, ScopeStack, SyntaxReference, SyntaxSet};

use crate::domain::entry::Code;
use crate::domain::words::escape_html;

/// Longest highlighted block, in bytes. This many bytes of Rust take 0.25 s, of Markdown 0.4 s.
const LONGEST: usize = 100 * 1024;
/// Longest line of a highlighted block. Longer ones are in minified code or data that nobody reads, and regular
/// expressions that look ahead to the end of the line are slow.
const LONGEST_LINE: usize = 4 * 1024;

static SYNTAXES: LazyLock<SyntaxSet> = LazyLock::new(two_face::syntax::extra_newlines);

/// Class of a scope and its sub-scopes. The first matching row counts; an empty class is no colour.
const CLASSES: &[(&str, &str)] = &[
    ("punctuation.definition.comment", "comment"),
    ("punctuation.definition.string", "string"),
    ("punctuation.definition.heading", "keyword"),
    ("punctuation.definition.list_item", "keyword"),
    ("punctuation.definition.keyword", "keyword"),
    ("punctuation.definition.variable", "variable"),
    ("punctuation.definition.inserted", "inserted"),
    ("punctuation.definition.deleted", "deleted"),
    ("punctuation", "punctuation"),
    ("comment", "comment"),
    ("keyword.operator.word", "keyword"),
    ("keyword.operator.logical.python", "keyword"),
    ("keyword.operator", "punctuation"),
    ("keyword.other.unit", "constant"),
    ("keyword", "keyword"),
    ("storage", "keyword"),
    ("variable.language", "constant"),
    ("variable.function", "function"),
    ("variable", "variable"),
    ("constant", "constant"),
    ("support.constant", "constant"),
    ("support.function", "function"),
    ("support.macro", "function"),
    ("support.type.property-name", "variable"),
    ("support", "type"),
    ("entity.name.function", "function"),
    ("entity.name.macro", "function"),
    ("entity.name.tag", "keyword"),
    ("entity.name.section", "keyword"),
    ("entity.name", "type"),
    ("entity.other.attribute-name", "variable"),
    ("entity.other.inherited-class", "type"),
    ("markup.inserted", "inserted"),
    ("markup.deleted", "deleted"),
    ("markup.heading", "keyword"),
    ("markup.underline.link", "constant"),
    ("markup.raw", "string"),
    ("markup.quote", "comment"),
    ("string", "string"),
    // Code inside a string.
    ("meta.interpolation", ""),
    ("meta.template.expression", ""),
    ("source", ""),
];

static ROWS: LazyLock<Vec<(Scope, &str)>> =
    LazyLock::new(|| CLASSES.iter().filter_map(|(scope, class)| Some((Scope::new(scope).ok()?, *class))).collect());

/// Names that authors write and no syntax has.
const ALIASES: &[(&str, &str)] = &[
    ("golang", "go"),
    ("csharp", "cs"),
    ("shell", "bash"),
    ("console", "bash"),
    ("shellsession", "bash"),
    ("shell-session", "bash"),
    ("ksh", "bash"),
    ("jsonc", "json"),
    ("json5", "json"),
    ("mjs", "js"),
    ("jsx", "js"),
    ("node", "js"),
    ("docker", "dockerfile"),
    ("svg", "xml"),
    ("python3", "python"),
    ("objectivec", "objective-c"),
    ("postgresql", "sql"),
    ("sqlite", "sql"),
    ("mysql", "sql"),
];

/// Makes the HTML of the code if it is to be highlighted. Slow for the first block of a language, so do not call it on
/// a thread that answers requests.
pub fn colour(code: &Code) {
    code.colour(|| html(&code.language, &code.text));
}

/// Authors and licences of the syntax definitions; most licences require this notice with every copy.
pub fn notices() -> String {
    two_face::acknowledgement::listing().to_md()
}

/// Highlighted HTML. `None`: the language is unknown, or the code too long; it is shown without colours.
fn html(language: &str, text: &str) -> Option<String> {
    if text.len() > LONGEST || text.lines().any(|line| line.len() > LONGEST_LINE) {
        return None;
    }
    spans(syntax(language)?, text)
}

fn syntax(language: &str) -> Option<&'static SyntaxReference> {
    let language = language.to_lowercase();
    let known = ALIASES.iter().find(|(alias, _)| *alias == language).map_or(language.as_str(), |(_, name)| name);
    SYNTAXES.find_syntax_by_token(known)
}

fn spans(syntax: &SyntaxReference, text: &str) -> Option<String> {
    let mut state = ParseState::new(syntax);
    let mut stack = ScopeStack::new();
    let mut out = Spans { html: String::with_capacity(text.len() * 3), open: "" };
    for line in text.split_inclusive('\n') {
        let mut from = 0;
        for (at, change) in state.parse_line(line, &SYNTAXES).ok()? {
            out.push(line.get(from..at)?, class_of(&stack));
            from = at;
            stack.apply(&change).ok()?;
        }
        out.push(line.get(from..)?, class_of(&stack));
    }
    out.close();
    Some(out.html)
}

/// Class of the innermost scope that has one.
fn class_of(stack: &ScopeStack) -> &'static str {
    let class = |scope: &Scope| ROWS.iter().find(|(above, _)| above.is_prefix_of(*scope)).map(|(_, class)| *class);
    stack.as_slice().iter().rev().find_map(class).unwrap_or_default()
}

/// Builds text with a span around each part that has a class; neighbours of the same class share a span.
struct Spans {
    html: String,
    open: &'static str,
}

impl Spans {
    fn push(&mut self, text: &str, class: &'static str) {
        // White space has no colour, so it ends no span.
        if class != self.open && !text.trim().is_empty() {
            self.close();
            if !class.is_empty() {
                self.html.push_str("<span class=\"syn-");
                self.html.push_str(class);
                self.html.push_str("\">");
                self.open = class;
            }
        }
        self.html.push_str(&escape_html(text));
    }

    fn close(&mut self) {
        if !std::mem::take(&mut self.open).is_empty() {
            self.html.push_str("</span>");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    /// Writes spans as `class(text)`.
    fn shape(language: &str, text: &str) -> String {
        let html = html(language, text).unwrap_or_else(|| panic!("{language} is unknown"));
        html.replace("<span class=\"syn-", "").replace("\">", "(").replace("</span>", ")")
    }

    fn words(html: &str) -> String {
        let mut words = String::new();
        for (at, part) in html.split('<').enumerate() {
            words.push_str(if at == 0 { part } else { part.split_once('>').expect("a tag").1 });
        }
        words.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&")
    }

    #[test]
    fn languages() {
        for (language, text, expected) in [
            (
                "rust",
                "let x = \"a\"; // b",
                "keyword(let) x punctuation(= )string(&quot;a&quot;)punctuation(; )comment(// b)",
            ),
            (
                "JS",
                "const a = `x${1}y`;",
                "keyword(const )variable(a )punctuation(= )string(`x)punctuation(${)constant(1)punctuation(})string(y`)punctuation(;)",
            ),
            (
                "python3",
                "def f(self):\n    return not 1",
                "keyword(def )function(f)punctuation(()variable(self)punctuation():\n    )keyword(return not )constant(1)",
            ),
            (
                "sh",
                "echo \"$HOME\" | wc # c",
                "function(echo )string(&quot;)variable($HOME)string(&quot; )punctuation(| )function(wc )comment(# c)",
            ),
            (
                "html",
                "<p class=\"a\">b</p>",
                "punctuation(&lt;)keyword(p )variable(class)punctuation(=)string(&quot;a&quot;)punctuation(&gt;)bpunctuation(&lt;/)keyword(p)punctuation(&gt;)",
            ),
            (
                "css",
                "a { color: red }",
                "keyword(a )punctuation({ )variable(color)punctuation(: )constant(red )punctuation(})",
            ),
            ("json", "{\"a\": 1}", "punctuation({)string(&quot;a&quot;)punctuation(: )constant(1)punctuation(})"),
            ("toml", "a = true", "keyword(a )punctuation(= )constant(true)"),
            ("yaml", "a: b", "keyword(a)punctuation(: )string(b)"),
            ("diff", "+a\n-b\n c", "inserted(+a\n)deleted(-b\n) c"),
            ("markdown", "# A\n\n- `b`\n", "keyword(# A\n\n- )punctuation(`)string(b)punctuation(`\n)"),
            ("txt", "let a = 1", "let a = 1"),
        ] {
            assert_eq!(shape(language, text), expected, "{language}");
        }
    }

    #[test]
    fn what_is_unknown_or_endless_stays_plain() {
        assert_eq!(html("klingon", "a"), None);
        assert_eq!(html("", "a"), None);
        assert_eq!(html("json", &"[1]\n".repeat(LONGEST / 4 + 1)), None);
        assert_eq!(html("json", &"[1],".repeat(LONGEST_LINE / 4 + 1)), None);
    }

    #[test]
    fn every_syntax_keeps_the_text_and_has_a_style_for_each_class() {
        let text = "#!/usr/bin/env x\n// a /* b */ \"c $d {e} <f g='h'> &amp; \\n\"\nfn i(j: k) = [1, 0x2]; -- l\n\n# m\n+n\n-o\n<?php {{ p }} {% q %} ```\n";
        let names: Vec<&str> = SYNTAXES.syntaxes().iter().map(|syntax| syntax.name.as_str()).collect();
        assert!(names.len() > 200, "{}", names.len());
        for syntax in SYNTAXES.syntaxes() {
            let html = spans(syntax, text).unwrap_or_else(|| panic!("{} has given up", syntax.name));
            assert_eq!(words(&html), text, "{}", syntax.name);
        }
        let style = include_str!("../../../static/css/components/code.css");
        for class in CLASSES.iter().map(|(_, class)| *class).filter(|class| !class.is_empty()).collect::<BTreeSet<_>>()
        {
            assert!(style.contains(&format!(".syn-{class}")), "{class}");
        }
        assert_eq!(ROWS.len(), CLASSES.len());
        assert!(ALIASES.iter().all(|(alias, _)| syntax(alias).is_some()));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
        #[test]
        fn nothing_is_lost(
            text in "([a-z0-9 \"'`<>{}()\\[\\]/*#$\\\\:;=&é\u{1F642}\r-]{0,30}\n?){0,5}",
            language in prop::sample::select(vec!["rust", "js", "html", "bash", "md", "yaml"]),
        ) {
            prop_assert_eq!(words(&html(language, &text).unwrap_or_default()), text);
        }
    }
}

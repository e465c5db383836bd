//! Syntax highlighting: each scope that a syntax definition assigns becomes one of a dozen classes.
//!
//! Done when a page needs it, not by the loader. Reading the definitions takes 1.5 ms and 2.4 MB, but the regular
//! expressions of a language are compiled with its first blocks: 1 ms for JSON, 17 for Rust, 50 to 100 ms and 34 MB for
//! Markdown (release build). The sample site contains Markdown, and must answer 50 ms after its start, in 30 MB.

use std::{cmp::Reverse, sync::LazyLock};

use syntect::parsing::{ParseState, Scope, ScopeStack, SyntaxReference, SyntaxSet};

use crate::domain::words::escape_html;

/// Longest highlighted block, in bytes. This many bytes of Rust take 0.25 s, of Markdown 0.4 s.
const LONGEST: usize = 100 * 1024;
/// Longest line of a highlighted block. Longer ones are in minified code or data that nobody reads, and regular
/// expressions that look ahead to the end of the line are slow.
const LONGEST_LINE: usize = 4 * 1024;

static SYNTAXES: LazyLock<SyntaxSet> = LazyLock::new(two_face::syntax::extra_newlines);

/// Classes and their scopes, with all scopes below them. The longest scope that fits counts.
const CLASSES: &[(&str, &str)] = &[
    ("comment", "punctuation.definition.comment comment markup.quote"),
    ("string", "punctuation.definition.string markup.raw string"),
    (
        "keyword",
        "punctuation.definition.heading punctuation.definition.list_item punctuation.definition.keyword \
         keyword.operator.word keyword.operator.logical.python keyword storage entity.name.tag \
         entity.name.section markup.heading",
    ),
    ("variable", "punctuation.definition.variable variable support.type.property-name entity.other.attribute-name"),
    ("inserted", "punctuation.definition.inserted markup.inserted"),
    ("deleted", "punctuation.definition.deleted markup.deleted"),
    ("punctuation", "punctuation keyword.operator"),
    ("constant", "keyword.other.unit variable.language constant support.constant markup.underline.link"),
    ("function", "variable.function support.function support.macro entity.name.function entity.name.macro"),
    ("type", "support entity.name entity.other.inherited-class"),
    // No colour: code, also inside a string.
    ("", "meta.interpolation meta.template.expression source"),
];

static ROWS: LazyLock<Vec<(Scope, &str)>> = LazyLock::new(|| {
    let scopes = CLASSES.iter().flat_map(|(class, scopes)| scopes.split(' ').map(move |scope| (scope, *class)));
    let mut rows: Vec<(Scope, &str)> =
        scopes.filter_map(|(scope, class)| Some((Scope::new(scope).ok()?, class))).collect();
    rows.sort_by_key(|(scope, _)| Reverse(scope.len()));
    rows
});

/// Languages, and names that authors write for them and no syntax has.
const ALIASES: &[(&str, &str)] = &[
    ("go", "golang"),
    ("cs", "csharp"),
    ("bash", "shell console shellsession shell-session ksh"),
    ("json", "jsonc json5"),
    ("js", "mjs jsx node"),
    ("dockerfile", "docker"),
    ("xml", "svg"),
    ("python", "python3"),
    ("objective-c", "objectivec"),
    ("sql", "postgresql sqlite mysql"),
];

/// Authors and licences of the syntax definitions; most licences require this notice with every copy.
pub fn notices() -> String {
    two_face::acknowledgement::listing().to_md()
}

/// Highlighted HTML. `None`: the language is unknown, or the code too long; it is shown without colours. A definition
/// may loop for ever (github.com/trishume/syntect/issues/460), so a site lets [`super::highlighter`] call this.
pub(super) fn html(language: &str, text: &str) -> Option<String> {
    spans(syntax_for(language, text)?, text)
}

/// Syntax that highlights this text; `None` if the text stays plain.
pub(super) fn syntax_for(language: &str, text: &str) -> Option<&'static SyntaxReference> {
    let is_short = text.len() <= LONGEST && text.lines().all(|line| line.len() <= LONGEST_LINE);
    is_short.then(|| syntax(language)).flatten()
}

fn syntax(language: &str) -> Option<&'static SyntaxReference> {
    let language = language.to_lowercase();
    let known = ALIASES.iter().find(|(_, aliases)| aliases.split(' ').any(|alias| alias == language));
    let known = known.map_or(language.as_str(), |(name, _)| name);
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
    fn unknown_languages_and_long_code_stay_plain() {
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
        for class in CLASSES.iter().map(|(class, _)| *class).filter(|class| !class.is_empty()).collect::<BTreeSet<_>>()
        {
            assert!(style.contains(&format!(".syn-{class}")), "{class}");
        }
        let scopes = CLASSES.iter().flat_map(|(_, scopes)| scopes.split(' ')).count();
        assert_eq!(ROWS.len(), scopes);
        assert!(ALIASES.iter().flat_map(|(_, aliases)| aliases.split(' ')).all(|alias| syntax(alias).is_some()));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
        #[test]
        fn highlighting_keeps_every_character(
            text in "([a-z0-9 \"'`<>{}()\\[\\]/*#$\\\\:;=&é\u{1F642}\r-]{0,30}\n?){0,5}",
            language in prop::sample::select(vec!["rust", "js", "html", "bash", "md", "yaml"]),
        ) {
            prop_assert_eq!(words(&html(language, &text).unwrap_or_default()), text);
        }
    }
}

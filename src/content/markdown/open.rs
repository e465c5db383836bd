//! HTML elements that the author opened and has not closed yet, grouped by the Markdown block that contains them.

use std::collections::HashMap;

/// An element that is open.
#[derive(Debug)]
pub(super) struct Element {
    pub name: String,
    /// Bytes from the start of the Markdown.
    pub at: usize,
}

impl Element {
    /// True if its end tag may be left out (HTML, 13.1.2.4).
    pub fn ends_by_itself(&self) -> bool {
        const NAMES: [&str; 17] = [
            "p", "li", "dt", "dd", "option", "optgroup", "tr", "td", "th", "tbody", "thead", "tfoot", "colgroup", "rp",
            "rt", "rb", "rtc",
        ];
        NAMES.contains(&self.name.as_str())
    }

    /// True if readers do not see its text.
    fn is_hidden(&self) -> bool {
        ["script", "style", "template", "title", "iframe", "noembed", "noframes", "noscript"].contains(&&*self.name)
    }
}

/// Stack of open elements.
#[derive(Debug, Default)]
pub(super) struct Open {
    /// Open elements, outermost first; `None` marks the start of a block.
    stack: Vec<Option<Element>>,
    counts: HashMap<String, usize>,
    hidden: usize,
    /// End tags whose element was opened in an outer block, with their positions.
    pub late: Vec<(String, usize)>,
}

impl Open {
    pub fn push(&mut self, name: &str, at: usize) {
        let element = Element { name: name.to_owned(), at };
        *self.counts.entry(element.name.clone()).or_default() += 1;
        self.hidden += usize::from(element.is_hidden());
        self.stack.push(Some(element));
    }

    /// Removes and returns the innermost element of this block.
    pub fn pop(&mut self) -> Option<Element> {
        let element = self.stack.pop_if(|one| one.is_some())??;
        self.count_out(&element);
        Some(element)
    }

    fn count_out(&mut self, element: &Element) {
        self.hidden -= usize::from(element.is_hidden());
        if let Some(count) = self.counts.get_mut(&element.name) {
            *count -= 1;
        }
    }

    /// Starts a block.
    pub fn enter(&mut self) {
        self.stack.push(None);
    }

    /// Ends a block; all its elements are closed by now.
    pub fn leave(&mut self) {
        self.stack.pop();
    }

    /// Name of the innermost element of this block.
    pub fn innermost(&self) -> Option<&str> {
        self.stack.last()?.as_ref().map(|element| element.name.as_str())
    }

    pub fn is_open(&self, name: &str) -> bool {
        self.counts.get(name).is_some_and(|count| *count > 0)
    }

    /// True inside SVG or MathML, where `/>` ends an element.
    pub fn is_foreign(&self) -> bool {
        self.is_open("svg") || self.is_open("math")
    }

    /// True inside an element whose content is not shown.
    pub fn is_hidden(&self) -> bool {
        self.hidden > 0
    }

    /// True if an element of that name is open in this block.
    pub fn is_open_here(&self, name: &str) -> bool {
        let mut of_block = self.stack.iter().rev().map_while(Option::as_ref);
        self.is_open(name) && of_block.any(|element| element.name == name)
    }

    /// Removes the innermost element of that name, in this block or an outer one.
    pub fn forget(&mut self, name: &str) {
        let of_name = |one: &Option<Element>| one.as_ref().is_some_and(|element| element.name == name);
        if let Some(element) = self.stack.iter().rposition(of_name).and_then(|at| self.stack.remove(at)) {
            self.count_out(&element);
        }
    }
}

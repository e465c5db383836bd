//! Query parameters of a search, and URLs of similar searches.

use url::form_urlencoded;

use crate::domain::{limits::SEARCH_QUERY, routes::SEARCH_FIELDS};

/// Parameters of a search. If a parameter is given twice, the first counts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct SearchQuery {
    pub words: String,
    /// Tag to filter by; empty for no filter.
    pub tag: String,
    /// Year to filter by; empty for no filter.
    pub year: String,
    /// True if results of a corrected query must not replace this one's.
    pub is_exact: bool,
}

impl SearchQuery {
    pub fn read(query: &str) -> Self {
        let field = |wanted: &str| -> String {
            let mut pairs = form_urlencoded::parse(query.as_bytes());
            let value = pairs.find(|(name, _)| name == wanted).map(|(_, value)| value).unwrap_or_default();
            value.trim().chars().take(SEARCH_QUERY).collect()
        };
        let [words, tag, year, exact] = SEARCH_FIELDS.map(field);
        Self { words, tag, year, is_exact: exact == "1" }
    }

    /// True if there is nothing to search for: the page shows only the form.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty() && self.tag.is_empty() && self.year.is_empty()
    }

    pub fn is_narrowed(&self) -> bool {
        !self.tag.is_empty() || !self.year.is_empty()
    }

    /// URL of the search, without empty parameters: `/search?q=calf&tag=feet`.
    pub fn address(&self) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        let exact = if self.is_exact && !self.words.is_empty() { "1" } else { "" };
        for (name, value) in SEARCH_FIELDS.into_iter().zip([self.words.as_str(), &self.tag, &self.year, exact]) {
            if !value.is_empty() {
                query.append_pair(name, value);
            }
        }
        let query = query.finish();
        if query.is_empty() { "/search".to_owned() } else { format!("/search?{query}") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read_as_the_same_search() {
        for (query, address) in [
            ("", "/search"),
            ("q=&tag=&year=", "/search"),
            ("q=+calf+&tag=feet&year=2026", "/search?q=calf&tag=feet&year=2026"),
            ("year=2026&exact=1", "/search?year=2026"),
            ("q=calf&exact=1", "/search?q=calf&exact=1"),
            ("q=%C3%BCber%26&q=b", "/search?q=%C3%BCber%26"),
            ("q=%FF", "/search?q=%EF%BF%BD"),
            ("utm_source=x", "/search"),
        ] {
            let asked = SearchQuery::read(query);
            assert_eq!(asked.address(), address, "{query}");
            let again = SearchQuery::read(address.split_once('?').map_or("", |(_, query)| query));
            assert_eq!(again.address(), address);
        }
        assert_eq!(SearchQuery::read(&format!("q={}", "ü".repeat(500))).words.chars().count(), SEARCH_QUERY);
    }
}

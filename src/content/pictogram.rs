//! Pictograms: small SVG files, prepared for use inside a page.

use crate::domain::words::has_event_handler;

/// Returns the `<svg>` element alone. Its ids and references get a prefix, so that many can share a page.
///
/// `None` if there is no root, or a script or style in it: a page's Content-Security-Policy would refuse that.
pub fn inline(svg: &str, prefix: &str) -> Option<String> {
    let start = svg.find("<svg")?;
    let end = svg.rfind("</svg>")? + "</svg>".len();
    let root = svg.get(start..end)?;
    let lower = root.to_ascii_lowercase();
    let refused = ["<script", "<style", "style=", "<foreignobject", "javascript:"];
    if refused.iter().any(|word| lower.contains(word)) || has_event_handler(&lower) {
        return None;
    }
    let mut inlined = prefixed_references(root, prefix);
    for attribute in [" id=\"", "href=\"#", "url(#"] {
        inlined = inlined.replace(attribute, &format!("{attribute}{prefix}-"));
    }
    if !inlined[..inlined.find('>')?].contains(" class=") {
        inlined = inlined.replacen("<svg", "<svg class=\"pictogram\"", 1);
    }
    Some(inlined)
}

/// Adds the prefix to references. `aria-labelledby="t d"` has several ids.
fn prefixed_references(svg: &str, prefix: &str) -> String {
    let mut prefixed = String::with_capacity(svg.len() + 64);
    let mut rest = svg;
    while let Some((before, after)) = ["aria-labelledby=\"", "aria-describedby=\""]
        .iter()
        .filter_map(|name| rest.find(name).map(|at| at + name.len()))
        .min()
        .map(|at| rest.split_at(at))
    {
        let (ids, after) = after.split_once('"').unwrap_or((after, ""));
        prefixed.push_str(before);
        let ids: Vec<String> = ids.split_whitespace().map(|id| format!("{prefix}-{id}")).collect();
        prefixed.push_str(&ids.join(" "));
        prefixed.push('"');
        rest = after;
    }
    prefixed.push_str(rest);
    prefixed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_prefixed() {
        let svg = r##"<?xml version="1.0"?><svg aria-labelledby="t d"><title id="t">On one leg</title><desc id="d"/><use href="#d"/></svg>
"##;
        let inlined = r##"<svg class="pictogram" aria-labelledby="calf-t calf-d"><title id="calf-t">On one leg</title><desc id="calf-d"/><use href="#calf-d"/></svg>"##;
        assert_eq!(inline(svg, "calf").as_deref(), Some(inlined));
    }

    #[test]
    fn drawings_with_scripts_or_styles_are_refused() {
        for svg in [
            "<svg><script>alert(1)</script></svg>",
            "<svg onload=\"alert(1)\"></svg>",
            "<svg><g style=\"fill:red\"/></svg>",
            "<svg><style>a{}</style></svg>",
            "no picture",
        ] {
            assert_eq!(inline(svg, "p"), None, "{svg}");
        }
    }
}

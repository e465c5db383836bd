//! Pictograms: small SVG files, prepared for use inside a page.

use crate::content::syntax::tags::{Attribute, with_changed};
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
    let own = |id: &str| format!("{prefix}-{id}");
    let inlined = with_changed(root, |_, Attribute { name, value, .. }| match name.as_str() {
        "id" => Some(own(value)),
        "aria-labelledby" | "aria-describedby" => Some(value.split_whitespace().map(own).collect::<Vec<_>>().join(" ")),
        "href" | "xlink:href" => Some(format!("#{}", own(value.strip_prefix('#')?))),
        _ => value.contains("url(#").then(|| value.replace("url(#", &format!("url(#{prefix}-"))),
    });
    match inlined[..inlined.find('>')?].contains(" class=") {
        true => Some(inlined),
        false => Some(inlined.replacen("<svg", "<svg class=\"pictogram\"", 1)),
    }
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

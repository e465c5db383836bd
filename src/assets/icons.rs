//! Icons of the site for tabs and home screens: the author's file, or the default mark (a track from above) in
//! `static/icons`.

use crate::domain::theme::Theme;

/// An icon of the site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Icon {
    pub address: String,
    pub media_type: &'static str,
    /// Sizes attribute: `any`, or `512x512`.
    pub sizes: String,
    /// True if a home screen may cut it to a circle.
    pub is_maskable: bool,
}

/// File of the default mark.
pub const MARK: &str = "icons/mark.svg";
/// Edge lengths of the PNGs of the mark in pixels: those that browsers require of a web app. iOS takes the first.
pub const MARK_EDGES: [u16; 2] = [192, 512];
/// Colours of ground and lines in the file of the mark.
const MARK_COLOURS: [&str; 2] = ["#e44919", "#fbf6ee"];

/// Returns the mark as SVG in the colours of a theme.
pub fn themed_mark(svg: &str, theme: &Theme) -> String {
    let [ground, lines] = MARK_COLOURS;
    if theme.light == Theme::default().light {
        return svg.to_owned();
    }
    svg.replace(lines, &theme.light.paper.hex()).replace(ground, &theme.light.accent.hex())
}

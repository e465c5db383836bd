//! Icons of the site for tabs and home screens: the author's file, or the default mark (a track from above) in the
//! theme's colours, drawn here. The mark is two rings, so it needs no rasteriser.

use std::io::Write;

use crate::domain::theme::Theme;

/// Size of the mark's drawing, 32 by 32: rings around a straight line from `16 - HALF` to `16 + HALF`.
const FIELD: f32 = 32.0;
const HALF: f32 = 4.2;
const RADII: [f32; 2] = [6.9, 3.1];
const STROKE: f32 = 2.3;

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

/// All icons of the site.
#[derive(Clone, Debug, Default)]
pub struct Icons(pub Vec<Icon>);

/// Edge lengths of the drawn icons in pixels: those that browsers require of a web app. iOS takes the first.
pub const EDGES: [u16; 2] = [192, 512];

impl Icons {
    /// Icon for a tab.
    pub fn favicon(&self) -> Option<&Icon> {
        self.0.first()
    }

    /// Icon for programs that cannot show SVG.
    pub fn raster(&self) -> Option<&Icon> {
        self.0.iter().find(|icon| icon.media_type == "image/png")
    }
}

/// The mark as SVG.
pub fn svg(theme: &Theme) -> String {
    let (ground, line) = (theme.light.track.hex(), theme.light.paper.hex());
    let ring = |radius: f32| {
        let (x, y) = (FIELD / 2.0 - HALF - radius, FIELD / 2.0 - radius);
        let (width, height) = (2.0 * (HALF + radius), 2.0 * radius);
        format!("<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" rx=\"{radius}\"/>")
    };
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 32 32\"><path d=\"M4 0h14a14 14 0 0 1 14 14v14a4 4 0 0 1-4 4H4a4 4 0 0 1-4-4V4a4 4 0 0 1 4-4Z\" fill=\"{ground}\"/>\
         <g fill=\"none\" stroke=\"{line}\" stroke-width=\"{STROKE}\">{}</g></svg>\n",
        RADII.map(ring).concat()
    )
}

/// The mark as a square PNG without transparency, within the circle that home screens may cut out.
///
/// # Errors
/// Writing to memory failed, which does not happen.
pub fn png(theme: &Theme, edge: u16) -> std::io::Result<Vec<u8>> {
    let (ground, line) = (theme.light.track.bytes(), theme.light.paper.bytes());
    // A palette from one colour to the other: a pixel's index is how much of it the line covers.
    let shade = |cover: u16| {
        std::array::from_fn(|at| {
            let (from, to) = (u16::from(ground[at]), u16::from(line[at]));
            u8::try_from((from * (255 - cover) + to * cover) / 255).unwrap_or(u8::MAX)
        })
    };
    let palette: Vec<u8> = (0..=255_u16).flat_map(|cover| -> [u8; 3] { shade(cover) }).collect();
    let scale = FIELD / f32::from(edge);
    let mut rows = Vec::with_capacity((usize::from(edge) + 1) * usize::from(edge));
    for y in 0..edge {
        // Each row begins with its filter type: none.
        rows.push(0);
        rows.extend((0..edge).map(|x| cover((f32::from(x) + 0.5) * scale, (f32::from(y) + 0.5) * scale, scale)));
    }
    let mut pixels = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::new(6));
    pixels.write_all(&rows)?;
    let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
    let edge = u32::from(edge).to_be_bytes();
    // Eight bits a pixel, colours from the palette (PNG, 11.2).
    chunk(&mut file, b"IHDR", &[&edge[..], &edge[..], &[8, 3, 0, 0, 0]].concat());
    chunk(&mut file, b"PLTE", &palette);
    chunk(&mut file, b"IDAT", &pixels.finish()?);
    chunk(&mut file, b"IEND", &[]);
    Ok(file)
}

/// Coverage of a pixel at this place by the line, 0 to 255; `pixel` is its edge length.
fn cover(x: f32, y: f32, pixel: f32) -> u8 {
    let (x, y) = (x - FIELD / 2.0, y - FIELD / 2.0);
    let from_core = (x - x.clamp(-HALF, HALF)).hypot(y);
    let from_line = RADII.map(|radius| (from_core - radius).abs()).into_iter().fold(f32::MAX, f32::min);
    let covered = ((STROKE / 2.0 - from_line) / pixel + 0.5).clamp(0.0, 1.0);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is between 0 and 255")]
    let cover = (covered * 255.0).round() as u8;
    cover
}

fn chunk(file: &mut Vec<u8>, kind: &[u8; 4], data: &[u8]) {
    let length = u32::try_from(data.len()).unwrap_or(u32::MAX);
    let mut crc = flate2::Crc::new();
    crc.update(kind);
    crc.update(data);
    for part in [&length.to_be_bytes()[..], kind, data, &crc.sum().to_be_bytes()] {
        file.extend_from_slice(part);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mark_is_a_picture() {
        let theme = Theme::default();
        for edge in EDGES {
            let png = png(&theme, edge).expect("drawn");
            let size = imagesize::blob_size(&png).expect("a PNG");
            assert_eq!((size.width, size.height), (usize::from(edge), usize::from(edge)));
        }
        let svg = svg(&theme);
        assert!(svg.contains(&theme.light.track.hex()) && !svg.contains("style"), "{svg}");
    }

    #[test]
    fn the_mark_stays_in_the_circle_that_home_screens_leave() {
        // The safe zone of a maskable icon: a circle of 80 percent of the edge (Web App Manifest, "purpose").
        let radius = 0.4 * FIELD;
        for at in 0..32_u8 {
            for down in 0..32_u8 {
                let (x, y) = (f32::from(at) + 0.5, f32::from(down) + 0.5);
                let is_outside = (x - 16.0).hypot(y - 16.0) > radius + 0.8;
                assert!(!is_outside || cover(x, y, 1.0) == 0, "{x} {y}");
            }
        }
        assert_eq!(cover(16.0, 16.0 - RADII[0], 0.1), 255);
        assert_eq!(cover(16.0, 16.0, 0.1), 0);
    }
}

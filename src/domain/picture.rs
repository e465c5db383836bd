//! Pictures, their sizes, and the address of each size. `content::pictures` makes them.

/// Widths in pixels to which a photo is scaled down. 400 is for thumbnails, 800 for the column of a phone, 1600 for the
/// column of a sharp screen, 2400 for a cover there.
pub const WIDTHS: [u32; 5] = [400, 800, 1200, 1600, 2400];
/// Width of pictures in link previews and feeds: wide enough for their cards, small enough for their limits.
const SHARED_WIDTH: u32 = 1200;
/// Longest side of a WebP picture, which has 14 bits for it.
const LONGEST_WEBP: u32 = 16_383;

/// Format of a picture file that is cleaned before it is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    Jpeg,
    Png,
    WebP,
    /// Never scaled down: most are animations.
    Gif,
}

impl Format {
    const ALL: [Self; 4] = [Self::Jpeg, Self::Png, Self::WebP, Self::Gif];

    /// Detects the format from the first bytes of a file, whatever its name is.
    pub fn of_bytes(start: &[u8]) -> Option<Self> {
        match start {
            [0xff, 0xd8, 0xff, ..] => Some(Self::Jpeg),
            [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some(Self::WebP),
            start if start.starts_with(b"\x89PNG\r\n\x1a\n") => Some(Self::Png),
            start if start.starts_with(b"GIF87a") || start.starts_with(b"GIF89a") => Some(Self::Gif),
            _ => None,
        }
    }

    pub fn of_media_type(media_type: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.media_type() == media_type)
    }

    pub fn media_type(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::WebP => "image/webp",
            Self::Gif => "image/gif",
        }
    }

    /// File extension, without its dot.
    pub fn ending(self) -> &'static str {
        match self {
            Self::Jpeg => "jpg",
            Self::Png => "png",
            Self::WebP => "webp",
            Self::Gif => "gif",
        }
    }
}

/// Smaller (or otherwise encoded) version of a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Variant {
    /// Width in pixels.
    pub width: u32,
    pub format: Format,
}

/// Picture that is served by this site.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Picture {
    /// Address of the original file, `/media/HASH-NAME`.
    pub address: String,
    /// Size in CSS pixels after rotation to its orientation, if known.
    pub size: Option<(u32, u32)>,
    /// Format; `None` for a drawing or an animation, which has no other sizes.
    pub format: Option<Format>,
}

impl Picture {
    /// All versions that are made of it.
    pub fn variants(&self) -> Vec<Variant> {
        let formats = [Some(Format::WebP), self.format.filter(|own| *own != Format::WebP)];
        let of = |format: Option<Format>| format.map(|format| self.widths(format)).into_iter().flatten();
        formats.into_iter().flat_map(of).filter(|variant| !self.is_whole(*variant)).collect()
    }

    /// Versions for `srcset` in a format: the address and the width of each.
    pub fn choices(&self, format: Format) -> Vec<(String, u32)> {
        self.widths(format).into_iter().map(|variant| (self.address_of(variant), variant.width)).collect()
    }

    /// Address for uses that need one picture without a choice of sizes: feeds, link previews, posters.
    pub fn shared(&self) -> String {
        self.shared_variant().map_or_else(|| self.address.clone(), |variant| self.address_of(variant))
    }

    /// Size in pixels of the picture at that address.
    pub fn shared_size(&self) -> Option<(u32, u32)> {
        self.shared_variant().map_or(self.size, |variant| self.size_at(variant.width))
    }

    fn shared_variant(&self) -> Option<Variant> {
        self.widths(self.format?).into_iter().find(|variant| variant.width >= SHARED_WIDTH)
    }

    /// Size in pixels of a version with that width.
    pub fn size_at(&self, width: u32) -> Option<(u32, u32)> {
        let (own_width, own_height) = self.size?;
        let height =
            (u64::from(own_height) * u64::from(width) + u64::from(own_width) / 2) / u64::from(own_width.max(1));
        Some((width, u32::try_from(height).ok()?.max(1)))
    }

    /// Version that is served at an address.
    pub fn variant_at(&self, address: &str) -> Option<Variant> {
        self.variants().into_iter().find(|variant| self.address_of(*variant) == address)
    }

    /// Address of a version: `/media/HASH-800-step.jpg`, and in WebP `/media/HASH-800-step.jpg.webp`.
    pub fn address_of(&self, variant: Variant) -> String {
        if self.is_whole(variant) {
            return self.address.clone();
        }
        let (start, name) = self.address.split_once('-').unwrap_or((&self.address, ""));
        let ending = if self.format == Some(variant.format) { "" } else { ".webp" };
        format!("{start}-{}-{name}{ending}", variant.width)
    }

    /// True if the version is the original file: the widest of its format, unless it is wider than anybody needs.
    pub fn is_whole(&self, variant: Variant) -> bool {
        self.format == Some(variant.format) && self.size.is_some_and(|(width, _)| width == variant.width)
    }

    /// Versions in a format: never wider than the picture, and none that is hardly smaller than the widest.
    fn widths(&self, format: Format) -> Vec<Variant> {
        let (Some((width, _)), Some(_)) = (self.size, self.format) else { return Vec::new() };
        let widest = width.min(WIDTHS[WIDTHS.len() - 1]);
        let smaller = WIDTHS.into_iter().filter(|smaller| *smaller <= widest / 10 * 9);
        let fits = |width: &u32| {
            format != Format::WebP
                || self.size_at(*width).is_some_and(|(width, height)| width.max(height) <= LONGEST_WEBP)
        };
        smaller.chain([widest]).filter(fits).map(|width| Variant { width, format }).collect()
    }
}

/// Addresses of the pictures that this may be a version of: `/media/HASH-800-step.jpg.webp` is a version of `step.jpg`,
/// or of `step.jpg.webp`.
pub fn originals(address: &str) -> Vec<String> {
    let Some((start, (_, name))) =
        address.split_once('-').and_then(|(start, rest)| Some((start, rest.split_once('-')?)))
    else {
        return Vec::new();
    };
    [Some(name), name.strip_suffix(".webp")].into_iter().flatten().map(|name| format!("{start}-{name}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(name: &str, width: u32, height: u32, format: Option<Format>) -> Picture {
        Picture { address: format!("/media/0123456789-{name}"), size: Some((width, height)), format }
    }

    #[test]
    fn never_wider_than_the_picture() {
        for (width, height, format, expected) in [
            (5472, 3648, Format::Jpeg, "webp: 400 800 1200 1600 2400, own: 400 800 1200 1600 2400"),
            (2400, 10, Format::Jpeg, "webp: 400 800 1200 1600 2400, own: 400 800 1200 1600"),
            (850, 600, Format::Png, "webp: 400 850, own: 400"),
            (100, 75, Format::Jpeg, "webp: 100, own:"),
            (1000, 700, Format::WebP, "webp: 400 800, own:"),
            (1000, 60_000, Format::Png, "webp:, own: 400 800"),
            (400, 60_000, Format::Png, "webp:, own:"),
        ] {
            let variants = picture("a", width, height, Some(format)).variants();
            let of = |wanted: &dyn Fn(Format) -> bool| -> String {
                variants.iter().filter(|one| wanted(one.format)).map(|one| format!(" {}", one.width)).collect()
            };
            let shown = format!("webp:{}, own:{}", of(&|one| one == Format::WebP), of(&|one| one != Format::WebP));
            assert_eq!(shown, expected, "{width}x{height} {format:?}");
        }
        assert_eq!(picture("a.svg", 8, 5, None).variants(), []);
    }

    #[test]
    fn addresses_lead_back_to_the_picture() {
        for (name, format) in [("step.jpg", Format::Jpeg), ("a-b.png", Format::Png), ("c.webp", Format::WebP)] {
            let picture = picture(name, 3000, 2000, Some(format));
            assert!(!picture.variants().is_empty());
            for variant in picture.variants() {
                let address = picture.address_of(variant);
                assert_eq!(picture.variant_at(&address), Some(variant), "{address}");
                assert!(originals(&address).contains(&picture.address), "{address}");
            }
            assert_eq!(picture.variant_at(&picture.address), None);
        }
        let step = picture("step.jpg", 3000, 2000, Some(Format::Jpeg));
        assert_eq!(step.shared(), "/media/0123456789-1200-step.jpg");
        assert_eq!(picture("s.jpg", 1300, 200, Some(Format::Jpeg)).shared(), "/media/0123456789-s.jpg");
        assert_eq!(picture("s.jpg", 300, 200, Some(Format::Jpeg)).shared(), "/media/0123456789-s.jpg");
        assert_eq!(picture("s.svg", 300, 200, None).shared(), "/media/0123456789-s.svg");
        assert_eq!(step.size_at(800), Some((800, 533)));
        assert_eq!(originals("/media/x"), [] as [String; 0]);
    }
}

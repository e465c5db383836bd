//! Recognises addresses that become embeds. To add a provider, add a row to the table and a function of a few lines.
//!
//! No request is sent to a provider here: only the form of the address counts.

use url::Url;

use crate::domain::embed::{Player, Shape};

/// A provider whose players can be embedded in a post.
struct Provider {
    /// Name for readers.
    name: &'static str,
    /// Class name for style sheets.
    class: &'static str,
    /// Hosts of pasted addresses, without `www.` and `m.`, with spaces between them.
    hosts: &'static str,
    /// Host of its frames; goes into the page's `frame-src`.
    frame_host: &'static str,
    understand: fn(&Address) -> Option<Understood>,
}

const PROVIDERS: &[Provider] = &[
    provider(
        "YouTube",
        "youtube",
        "youtube.com youtu.be youtube-nocookie.com music.youtube.com",
        "https://www.youtube-nocookie.com",
        youtube,
    ),
    provider("Vimeo", "vimeo", "vimeo.com player.vimeo.com", "https://player.vimeo.com", vimeo),
    provider("Instagram", "instagram", "instagram.com instagr.am", "https://www.instagram.com", instagram),
    provider("TikTok", "tiktok", "tiktok.com", "https://www.tiktok.com", tiktok),
    provider("Spotify", "spotify", "open.spotify.com", "https://open.spotify.com", spotify),
    provider("SoundCloud", "soundcloud", "soundcloud.com", "https://w.soundcloud.com", soundcloud),
    provider("Strava", "strava", "strava.com", "https://www.strava.com", strava),
];

const fn provider(
    name: &'static str,
    class: &'static str,
    hosts: &'static str,
    frame_host: &'static str,
    understand: fn(&Address) -> Option<Understood>,
) -> Provider {
    Provider { name, class, hosts, frame_host, understand }
}

/// A parsed address.
struct Address<'a> {
    url: &'a Url,
    segments: Vec<&'a str>,
}

impl Address<'_> {
    fn query(&self, name: &str) -> Option<String> {
        self.url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
    }

    /// Start of a film, in seconds: `?t=90`, `#t=1m30s` and similar forms.
    fn start(&self) -> Option<u32> {
        let of_fragment =
            || self.url.fragment()?.split('&').find_map(|part| part.strip_prefix("t=")).map(str::to_owned);
        let of_query = ["t", "start", "time_continue"].iter().find_map(|name| self.query(name));
        seconds(&of_query.or_else(of_fragment)?).filter(|start| *start > 0)
    }
}

/// An address as its provider understands it.
struct Understood {
    id: String,
    /// Address without tracking parameters.
    address: String,
    frame: String,
    shape: Shape,
}

/// Player for an address; `None` if no provider recognises it.
pub fn recognise(address: &str, title: Option<String>) -> Option<Player> {
    let url = Url::parse(address).ok().filter(|url| matches!(url.scheme(), "http" | "https"))?;
    let host = url.host_str()?;
    let host = host.strip_prefix("www.").or_else(|| host.strip_prefix("m.")).unwrap_or(host);
    let provider = PROVIDERS.iter().find(|provider| provider.hosts.split(' ').any(|own| own == host))?;
    let segments = url.path_segments()?.filter(|segment| !segment.is_empty()).collect();
    let understood = (provider.understand)(&Address { url: &url, segments })?;
    Some(Player {
        provider: provider.name,
        provider_class: provider.class,
        address: understood.address,
        frame: understood.frame,
        id: understood.id,
        title,
        poster: None,
        shape: understood.shape,
        oembed: None,
    })
}

/// True if a file of this name, without its extension, can belong to an embed: `youtube-ID`.
pub fn is_about_an_embed(stem: &str) -> bool {
    stem.split_once('-').is_some_and(|(class, _)| PROVIDERS.iter().any(|provider| provider.class == class))
}

/// Hosts that a page with players must allow in frames.
pub fn frame_hosts() -> impl Iterator<Item = &'static str> + use<> {
    PROVIDERS.iter().map(|provider| provider.frame_host)
}

/// Recognises watch, youtu.be, shorts, live, embed; a start and a playlist.
fn youtube(address: &Address) -> Option<Understood> {
    let (id, shape) = match address.segments.as_slice() {
        ["watch"] => (address.query("v"), Shape::Wide),
        ["playlist"] | ["embed", "videoseries"] => (None, Shape::Wide),
        // A channel's live film has no id of its own.
        ["embed", "live_stream"] => return None,
        ["shorts", id] => (Some((*id).to_owned()), Shape::Tall),
        ["live" | "embed" | "v", id] => (Some((*id).to_owned()), Shape::Wide),
        [id] if address.url.host_str() == Some("youtu.be") => (Some((*id).to_owned()), Shape::Wide),
        _ => return None,
    };
    let id = match id {
        Some(id) => Some(code(&id)?),
        None => None,
    };
    let list = address.query("list").and_then(|list| code(&list));
    let start = address.start().map(|start| start.to_string());
    let option = |name: &str, value: &Option<String>| match value {
        Some(value) => format!("&{name}={value}"),
        None => String::new(),
    };
    let page = match &id {
        Some(id) if shape == Shape::Tall => format!("shorts/{id}"),
        Some(id) => {
            let start = start.as_ref().map(|start| format!("{start}s"));
            format!("watch?v={id}{}{}", option("list", &list), option("t", &start))
        }
        None => format!("playlist?list={}", list.as_ref()?),
    };
    let path = id.as_deref().unwrap_or("videoseries");
    let options = option("list", &list) + &option("start", &start);
    Some(Understood {
        address: format!("https://www.youtube.com/{page}"),
        frame: format!("https://www.youtube-nocookie.com/embed/{path}?autoplay=1{options}"),
        id: id.or(list).unwrap_or_default(),
        shape,
    })
}

/// Recognises `/ID`, `/ID/HASH` (unlisted), `/channels/NAME/ID`, `/video/ID`, `/showcase/ID/video/ID`; a start.
fn vimeo(address: &Address) -> Option<Understood> {
    let (id, hash) = match address.segments.as_slice() {
        [id] | ["video", id] | ["channels", _, id] => (*id, address.query("h")),
        ["groups", _, "videos", id] | ["album" | "showcase", _, "video", id] => (*id, address.query("h")),
        [id, hash] => (*id, Some((*hash).to_owned())),
        _ => return None,
    };
    let id = number(id)?;
    let (path, query) = match hash {
        Some(hash) if hash.bytes().all(|byte| byte.is_ascii_hexdigit()) => {
            (format!("{id}/{hash}"), format!("&h={hash}"))
        }
        Some(_) => return None,
        None => (id.clone(), String::new()),
    };
    let start = address.start().map(|start| format!("#t={start}s")).unwrap_or_default();
    Some(Understood {
        address: format!("https://vimeo.com/{path}{start}"),
        frame: format!("https://player.vimeo.com/video/{id}?autoplay=1&dnt=1{query}{start}"),
        id,
        shape: Shape::Wide,
    })
}

/// Recognises `/p/CODE`, `/reel/CODE`, `/reels/CODE`, `/tv/CODE`, also after a user name.
fn instagram(address: &Address) -> Option<Understood> {
    let (kind, id) = match address.segments.as_slice() {
        [kind @ ("p" | "reel" | "reels" | "tv"), id] => (*kind, *id),
        // Codes in `/share/reel/…` are of another kind.
        [name, kind @ ("p" | "reel" | "reels" | "tv"), id] if *name != "share" => (*kind, *id),
        _ => return None,
    };
    // Paths `/reels/audio/…` and `/p/…/c/…` are no posts.
    let id = code(id).filter(|id| id != "audio")?;
    let (kind, shape) = match kind {
        "reel" | "reels" => ("reel", Shape::Tall),
        "tv" => ("tv", Shape::Tall),
        _ => ("p", Shape::Card),
    };
    let post = format!("https://www.instagram.com/{kind}/{id}/");
    Some(Understood { frame: format!("{post}embed"), address: post, id, shape })
}

/// Recognises `/@name/video/ID`.
fn tiktok(address: &Address) -> Option<Understood> {
    let [name, "video", id] = address.segments.as_slice() else { return None };
    let name =
        name.strip_prefix('@').filter(|name| name.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b)))?;
    let id = number(id)?;
    let page = format!("https://www.tiktok.com/@{name}/video/{id}");
    let frame = format!("https://www.tiktok.com/embed/v2/{id}");
    Some(Understood { id, address: page, frame, shape: Shape::Tall })
}

/// Recognises `/track/ID`, `/episode/ID` and similar, also after `/intl-de`.
fn spotify(address: &Address) -> Option<Understood> {
    let segments = match address.segments.as_slice() {
        [language, rest @ ..] if language.starts_with("intl-") => rest,
        all => all,
    };
    let [kind @ ("track" | "album" | "playlist" | "episode" | "show" | "artist"), id] = segments else { return None };
    let id = code(id)?;
    let page = format!("https://open.spotify.com/{kind}/{id}");
    let frame = format!("https://open.spotify.com/embed/{kind}/{id}");
    Some(Understood { id, address: page, frame, shape: Shape::Audio })
}

/// Recognises `/name/track` and `/name/sets/list`, but not the lists that each user has, nor the site's own pages.
fn soundcloud(address: &Address) -> Option<Understood> {
    const LISTS: &str = "albums comments followers following likes popular-tracks reposts sets spotlight tracks";
    const PAGES: &str = "charts discover pages people search settings stations tags you";
    let is_in = |names: &str, name: &str| names.split(' ').any(|own| own == name);
    let path = match address.segments.as_slice() {
        [name, ..] if is_in(PAGES, name) => return None,
        [_, list] if is_in(LISTS, list) => return None,
        [_, "sets", _] | [_, _] => address.segments.iter().map(|part| code(part)).collect::<Option<Vec<_>>>()?,
        _ => return None,
    };
    let page = format!("https://soundcloud.com/{}", path.join("/"));
    let quoted: String = url::form_urlencoded::byte_serialize(page.as_bytes()).collect();
    let frame = format!("https://w.soundcloud.com/player/?url={quoted}&auto_play=true");
    Some(Understood { id: path.join("-"), frame, address: page, shape: Shape::Audio })
}

/// Recognises `/activities/ID`.
fn strava(address: &Address) -> Option<Understood> {
    let (["activities", id] | ["activities", id, "overview"]) = address.segments.as_slice() else { return None };
    let id = number(id)?;
    let activity = format!("https://www.strava.com/activities/{id}");
    Some(Understood { frame: format!("{activity}/embed"), address: activity, id, shape: Shape::Card })
}

fn number(text: &str) -> Option<String> {
    (!text.is_empty() && text.len() <= 20 && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.to_owned())
}

/// Checks the form of an id, the same for all providers. Nothing else may get into the address of a frame.
fn code(text: &str) -> Option<String> {
    let plain = !text.is_empty()
        && text.len() <= 64
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    plain.then(|| text.to_owned())
}

/// Reads a duration, `90`, `90s`, `1m30s`, `1h2m3s`, in seconds.
fn seconds(text: &str) -> Option<u32> {
    let duration = || text.parse::<jiff::SignedDuration>().ok()?.as_secs().try_into().ok();
    text.parse().ok().or_else(duration)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        for (pasted, address, frame, shape) in [
            (
                "https://www.youtube.com/watch?v=aqz-KE-bpKQ",
                "https://www.youtube.com/watch?v=aqz-KE-bpKQ",
                "https://www.youtube-nocookie.com/embed/aqz-KE-bpKQ?autoplay=1",
                Shape::Wide,
            ),
            (
                "https://youtu.be/aqz-KE-bpKQ?si=x&t=1m30s",
                "https://www.youtube.com/watch?v=aqz-KE-bpKQ&t=90s",
                "https://www.youtube-nocookie.com/embed/aqz-KE-bpKQ?autoplay=1&start=90",
                Shape::Wide,
            ),
            (
                "http://m.youtube.com/watch?v=aqz-KE-bpKQ&list=PL1&start=5",
                "https://www.youtube.com/watch?v=aqz-KE-bpKQ&list=PL1&t=5s",
                "https://www.youtube-nocookie.com/embed/aqz-KE-bpKQ?autoplay=1&list=PL1&start=5",
                Shape::Wide,
            ),
            (
                "https://www.youtube.com/watch?v=abc#t=1m30s",
                "https://www.youtube.com/watch?v=abc&t=90s",
                "https://www.youtube-nocookie.com/embed/abc?autoplay=1&start=90",
                Shape::Wide,
            ),
            (
                "https://www.youtube.com/watch?time_continue=90&v=abc",
                "https://www.youtube.com/watch?v=abc&t=90s",
                "https://www.youtube-nocookie.com/embed/abc?autoplay=1&start=90",
                Shape::Wide,
            ),
            (
                "https://www.youtube.com/embed/videoseries?list=PL1",
                "https://www.youtube.com/playlist?list=PL1",
                "https://www.youtube-nocookie.com/embed/videoseries?autoplay=1&list=PL1",
                Shape::Wide,
            ),
            (
                "https://vimeo.com/showcase/123456/video/789#t=90",
                "https://vimeo.com/789#t=90s",
                "https://player.vimeo.com/video/789?autoplay=1&dnt=1#t=90s",
                Shape::Wide,
            ),
            (
                "https://vimeo.com/groups/name/videos/789",
                "https://vimeo.com/789",
                "https://player.vimeo.com/video/789?autoplay=1&dnt=1",
                Shape::Wide,
            ),
            (
                "https://youtube.com/shorts/abc_DEF-123",
                "https://www.youtube.com/shorts/abc_DEF-123",
                "https://www.youtube-nocookie.com/embed/abc_DEF-123?autoplay=1",
                Shape::Tall,
            ),
            (
                "https://www.youtube.com/live/abc?feature=share",
                "https://www.youtube.com/watch?v=abc",
                "https://www.youtube-nocookie.com/embed/abc?autoplay=1",
                Shape::Wide,
            ),
            (
                "https://www.youtube.com/playlist?list=PL1",
                "https://www.youtube.com/playlist?list=PL1",
                "https://www.youtube-nocookie.com/embed/videoseries?autoplay=1&list=PL1",
                Shape::Wide,
            ),
            (
                "https://www.youtube-nocookie.com/embed/abc",
                "https://www.youtube.com/watch?v=abc",
                "https://www.youtube-nocookie.com/embed/abc?autoplay=1",
                Shape::Wide,
            ),
            (
                "https://vimeo.com/1084537",
                "https://vimeo.com/1084537",
                "https://player.vimeo.com/video/1084537?autoplay=1&dnt=1",
                Shape::Wide,
            ),
            (
                "https://vimeo.com/1084537/ab12?share=copy",
                "https://vimeo.com/1084537/ab12",
                "https://player.vimeo.com/video/1084537?autoplay=1&dnt=1&h=ab12",
                Shape::Wide,
            ),
            (
                "https://vimeo.com/channels/staffpicks/1084537",
                "https://vimeo.com/1084537",
                "https://player.vimeo.com/video/1084537?autoplay=1&dnt=1",
                Shape::Wide,
            ),
            (
                "https://player.vimeo.com/video/1084537?h=ab12",
                "https://vimeo.com/1084537/ab12",
                "https://player.vimeo.com/video/1084537?autoplay=1&dnt=1&h=ab12",
                Shape::Wide,
            ),
            (
                "https://www.instagram.com/p/fA9uwTtkSN/?utm_source=x&igsh=y",
                "https://www.instagram.com/p/fA9uwTtkSN/",
                "https://www.instagram.com/p/fA9uwTtkSN/embed",
                Shape::Card,
            ),
            (
                "https://instagram.com/reels/fA9uwTtkSN",
                "https://www.instagram.com/reel/fA9uwTtkSN/",
                "https://www.instagram.com/reel/fA9uwTtkSN/embed",
                Shape::Tall,
            ),
            (
                "https://www.instagram.com/someone/reel/fA9uwTtkSN/",
                "https://www.instagram.com/reel/fA9uwTtkSN/",
                "https://www.instagram.com/reel/fA9uwTtkSN/embed",
                Shape::Tall,
            ),
            (
                "https://www.tiktok.com/@run.ner/video/6718335390845095173?is_from_webapp=1",
                "https://www.tiktok.com/@run.ner/video/6718335390845095173",
                "https://www.tiktok.com/embed/v2/6718335390845095173",
                Shape::Tall,
            ),
            (
                "https://open.spotify.com/intl-de/episode/7makk4oTQel546B0PZlDM5?si=x",
                "https://open.spotify.com/episode/7makk4oTQel546B0PZlDM5",
                "https://open.spotify.com/embed/episode/7makk4oTQel546B0PZlDM5",
                Shape::Audio,
            ),
            (
                "https://soundcloud.com/name/sets/list?si=x",
                "https://soundcloud.com/name/sets/list",
                "https://w.soundcloud.com/player/?url=https%3A%2F%2Fsoundcloud.com%2Fname%2Fsets%2Flist&auto_play=true",
                Shape::Audio,
            ),
            (
                "https://www.strava.com/activities/1234567/overview",
                "https://www.strava.com/activities/1234567",
                "https://www.strava.com/activities/1234567/embed",
                Shape::Card,
            ),
        ] {
            let player = recognise(pasted, None).unwrap_or_else(|| panic!("{pasted}"));
            assert_eq!(
                (player.address.as_str(), player.frame.as_str(), player.shape),
                (address, frame, shape),
                "{pasted}"
            );
            // The link for readers must give the same player again.
            assert_eq!(recognise(&player.address, None).map(|again| again.frame), Some(player.frame), "{pasted}");
        }
    }

    #[test]
    fn other_addresses_stay_links() {
        for address in [
            "https://example.org/watch?v=abc",
            "https://www.youtube.com/",
            "https://www.youtube.com/@channel",
            "https://www.youtube.com/watch?v=\"onload=x",
            "https://youtube.com.example.org/watch?v=abc",
            "https://www.youtube.com/embed/live_stream?channel=x",
            "https://www.youtube.com/clip/abc",
            "https://vimeo.com/about",
            "https://vimeo.com/showcase/123456",
            "https://vimeo.com/event/123456",
            "https://vimeo.com/123456/description",
            "https://vimeo.com/manage/videos/123456",
            "https://www.instagram.com/share/reel/abc",
            "https://www.instagram.com/reels/audio/123/",
            "https://www.instagram.com/p/abc/c/123",
            "https://soundcloud.com/name/tracks",
            "https://soundcloud.com/you/likes",
            "https://www.strava.com/activities/1/segments/2",
            "https://www.instagram.com/someone/",
            "https://www.tiktok.com/@a/photo/1",
            "https://www.tiktok.com/@a\"b/video/1",
            "https://open.spotify.com/user/1",
            "https://soundcloud.com/name",
            "https://www.strava.com/athletes/1",
            "ftp://vimeo.com/1",
            "youtu.be",
        ] {
            assert_eq!(recognise(address, None), None, "{address}");
        }
    }

    #[test]
    fn frames_come_from_the_hosts_that_pages_allow() {
        for address in [
            "https://youtu.be/abc",
            "https://vimeo.com/1",
            "https://www.instagram.com/p/abc/",
            "https://www.tiktok.com/@a/video/1",
            "https://open.spotify.com/track/abc",
            "https://soundcloud.com/a/b",
            "https://www.strava.com/activities/1",
        ] {
            let frame = recognise(address, None).expect(address).frame;
            assert!(frame_hosts().any(|host| frame.starts_with(&format!("{host}/"))), "{frame}");
        }
    }

    #[test]
    fn starts() {
        for (text, expected) in
            [("90", Some(90)), ("90s", Some(90)), ("1h2m3s", Some(3723)), ("s", None), ("1m30", None), ("x", None)]
        {
            assert_eq!(seconds(text), expected, "{text}");
        }
    }
}

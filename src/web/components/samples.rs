//! Sample content for `/_components`: a post, a stretch and comments, so that the page is the same on every site.

use std::{collections::BTreeMap, path::PathBuf};

use jiff::{SignedDuration, Timestamp, Zoned, tz::TimeZone};

use crate::{
    content::{
        Snapshot,
        markdown::{self, Linked, Lookup},
    },
    domain::{
        comment::{Comment, CommentId, Status},
        embed::Told,
        entry::{Body, Entry, Level, PackedBody, Post, Sides, Stretch, Tag},
        picture::Picture,
        slug::Slug,
    },
    texts::Texts,
    web::assets::Assets,
};

const SHEET: &str = include_str!("../../../templates/components/sheet.md");
const STRETCH: &str = "component-sample";
const PICTOGRAM: &str = "<svg viewBox=\"0 0 120 75\" fill=\"none\" stroke=\"currentColor\" stroke-width=\"6\" \
                         stroke-linecap=\"round\" aria-hidden=\"true\"><circle cx=\"60\" cy=\"16\" r=\"9\"/>\
                         <path d=\"M60 29v22M60 51l-18 18M60 51l18 18M36 36h48\"/></svg>";

/// Id of the held comment.
pub const WAITING: CommentId = 11;

/// Files that the sheet refers to, from the program's own, and the texts for rendering.
pub struct Files<'a>(pub &'a Assets, pub &'static Texts);

impl Files<'_> {
    fn still(&self) -> Picture {
        Picture { address: self.0.address("samples/still.svg"), size: Some((1280, 720)), format: None }
    }
}

impl Lookup for Files<'_> {
    fn media(&self, written: &str) -> Option<Linked> {
        let (name, media_type) = match written {
            "still.svg" => ("samples/still.svg", "image/svg+xml"),
            "clip.mp4" => ("samples/clip.mp4", "video/mp4"),
            "sound.mp3" => ("samples/sound.mp3", "audio/mpeg"),
            _ => return None,
        };
        Some(Linked {
            picture: Picture { address: self.0.address(name), ..self.still() },
            media_type: media_type.to_owned(),
            poster: (media_type == "video/mp4").then(|| self.still()),
            captions: None,
            refusal: None,
            moves: false,
        })
    }

    fn entry(&self, _: &str) -> Option<String> {
        None
    }

    fn named(&self, _: &str) -> Option<String> {
        None
    }

    /// Poster of an embed. Embeds with a title in the sheet have one.
    fn poster(&self, stem: &str) -> Option<Picture> {
        let is_bare = stem.ends_with("-sample") || stem.ends_with("-1") || stem.ends_with("-other");
        (!is_bare).then(|| self.still())
    }

    fn told(&self, _: &str) -> Option<Told> {
        None
    }

    fn has_cover(&self) -> bool {
        false
    }

    fn texts(&self) -> &'static Texts {
        self.1
    }

    fn has_stretch(&self, slug: &Slug) -> bool {
        slug.as_str() == STRETCH
    }
}

/// Rendered text of the sheet.
pub fn sheet(files: &Files) -> PackedBody {
    markdown::render(SHEET, files).body.into()
}

/// Snapshot with only the stretch of the sheet.
pub fn snapshot(files: &Files) -> Option<Snapshot> {
    let slug = Slug::from_text(STRETCH)?;
    let body = markdown::render("1. Stand.\n2. Lean.\n3. Breathe.", files).body;
    let stretch = Stretch {
        names: vec!["Leaning".to_owned()],
        areas: vec!["calves".to_owned(), "feet".to_owned()],
        equipment: vec!["wall".to_owned()],
        position: Some("standing".to_owned()),
        hold_seconds: Some(30),
        repeats: Some(3),
        sides: Some(Sides::Each),
        sets: Some(2),
        level: Some(Level::Easy),
        video: None,
        pictogram: Some(PICTOGRAM.to_owned()),
        easier: None,
        harder: None,
        feel: Some("Below the knee.".to_owned()),
        stop_if: Some("Stop if a joint hurts.".to_owned()),
        credit: None,
        entry: entry(slug.clone(), "A sample stretch", "/_components".to_owned(), body, None),
    };
    let mut snapshot = Snapshot::default();
    snapshot.stretches.insert(slug, stretch.into());
    Some(snapshot)
}

/// Posts of a series; the first is a draft with a picture.
pub fn posts(files: &Files, now: Timestamp, zone: &TimeZone) -> Vec<Post> {
    let text = "An excerpt as long as they usually are. It says what the article is about, in two sentences or in \
                three, and ends before it has said everything that there is to say.";
    let titles =
        ["A card with everything", "A card with a title that is so long that it takes more than one line", "Plain"];
    let post = |(at, title): (usize, &str)| {
        let is_first = at == 0;
        let image = is_first.then(|| files.still());
        let name = format!("component-sample-{}", at + 1);
        let mut entry =
            entry(Slug::from_text(&name)?, title, "/_components".to_owned(), markdown::render(text, files).body, image);
        entry.draft = is_first;
        Some(Post {
            date: Some(day(now, at, zone)),
            updated: None,
            tags: ["calves", "warm up"].iter().filter_map(|name| tag(name)).take(2 - at).collect(),
            series: None,
            authors: Vec::new(),
            comments_open: true,
            comments_until: None,
            featured: false,
            threads: vec![entry.slug.clone()],
            entry,
        })
    };
    titles.into_iter().enumerate().filter_map(post).collect()
}

/// Comments in all states: nested six deep, by the author, held, removed, edited and held again.
pub fn comments(now: Timestamp) -> Vec<Comment> {
    let comment = |id: CommentId, parent_id: Option<CommentId>, name: &str, text: &str| Comment {
        id,
        thread_slug: "component-sample-1".to_owned(),
        parent_id,
        name: name.to_owned(),
        email: None,
        site: (id == 1).then(|| "https://example.org".to_owned()),
        text: text.to_owned(),
        status: Status::Approved,
        by_author: false,
        created_at: now - SignedDuration::from_hours(100 - id),
        edited_at: (id == 2).then_some(now),
    };
    let author = |comment: Comment| Comment { by_author: true, ..comment };
    let with = |status: Status, comment: Comment| Comment { status, ..comment };
    vec![
        comment(
            1,
            None,
            "Lisa @ Sample",
            "With *slant*, **weight**, `code` and [a link](https://example.org).\n\n> A quotation.\n\n- A point.",
        ),
        author(comment(2, Some(1), "The author", "An answer by the author.")),
        comment(3, Some(2), "Ana Reyes", "The third level."),
        comment(4, Some(3), "Bo", "The fourth."),
        comment(5, Some(4), "Cem", "The fifth."),
        comment(6, Some(5), "Dee", "The sixth stands beside the fifth and says whom it answers."),
        with(Status::Trash, comment(7, None, "Gone", "Never shown.")),
        comment(8, Some(7), "Eve", "What answers a removed comment keeps its place."),
        with(Status::Held, comment(9, None, "Flo", "Never shown either.")),
        comment(10, Some(9), "Gil", "So does what answers one that was changed and waits."),
        with(Status::Held, comment(WAITING, None, "You", "This one waits.")),
    ]
}

fn entry(slug: Slug, title: &str, address: String, body: Body, image: Option<Picture>) -> Entry {
    Entry {
        slug,
        address,
        aliases: Vec::new(),
        title: title.to_owned(),
        description: String::new(),
        dek: None,
        excerpt: body.text.to_string(),
        image,
        body: body.into(),
        draft: false,
        publish_at: None,
        expire_at: None,
        language: None,
        extra: BTreeMap::new(),
        file: PathBuf::new(),
    }
}

fn tag(name: &str) -> Option<Tag> {
    Some(Tag { slug: Slug::of_tag(name)?, name: name.to_owned() })
}

fn day(now: Timestamp, before: usize, zone: &TimeZone) -> Zoned {
    let days = i64::try_from(before).unwrap_or_default();
    (now - SignedDuration::from_hours(24 * days)).to_zoned(zone.clone())
}

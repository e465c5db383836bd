//! Cost of the hot paths alone: `cargo bench --bench cores`. For the program as a whole see `script/bench`.

#![expect(clippy::expect_used, reason = "a measurement that cannot be made ends here")]

#[path = "site/content.rs"]
mod content;

use std::{hint::black_box, path::Path};

use axum::body::Body;
use criterion::{Criterion, criterion_group, criterion_main};
use http::{Request, Response, header};
use instep::{
    cache::{PageCache, Policy},
    content::{
        Loader, Snapshot, comment_markdown,
        markdown::{self, Linked, Lookup},
    },
    domain::{
        comment::{Comment, RawComment, Status},
        embed::OEmbed,
        permalink::Rules,
        picture::Picture,
        slug::Slug,
        stamp::StampState,
        thread::Thread,
        verdict::{self, Circumstances, History},
    },
    texts::Texts,
};
use jiff::Timestamp;

const POSTS: usize = 1_000;

fn markdown_of_a_post(criterion: &mut Criterion) {
    let text = content::post(7, 100);
    let (_, body) = text[4..].split_once("---\n").expect("front matter");
    criterion.bench_function("markdown of a post", |bench| {
        bench.iter(|| markdown::render(black_box(body), &Nothing));
    });
}

fn texts() -> &'static Texts {
    instep::texts::of("en").expect("is shipped")
}

/// A folder without anything that a text could refer to.
struct Nothing;

impl Lookup for Nothing {
    fn media(&self, _: &str) -> Option<Linked> {
        None
    }

    fn entry(&self, _: &str) -> Option<String> {
        None
    }

    fn named(&self, _: &str) -> Option<String> {
        None
    }

    fn poster(&self, _: &str) -> Option<Picture> {
        None
    }

    fn oembed(&self, _: &str) -> Option<OEmbed> {
        None
    }

    fn texts(&self) -> &'static Texts {
        texts()
    }

    fn has_stretch(&self, _: &Slug) -> bool {
        false
    }

    fn has_cover(&self) -> bool {
        false
    }
}

fn thread_of_200(criterion: &mut Criterion) {
    let comment = |id: i64| Comment {
        id,
        thread_slug: "post".to_owned(),
        parent_id: (id % 3 != 0).then_some(id / 2),
        name: "A reader".to_owned(),
        text: "Some words.".to_owned(),
        status: Status::Approved,
        by_author: id % 7 == 0,
        created_at: Timestamp::from_second(id).expect("a time"),
        ..Comment::default()
    };
    let comments: Vec<Comment> = (1..=200).map(comment).collect();
    criterion.bench_function("thread of 200 comments", |bench| {
        bench.iter_batched(
            || comments.clone(),
            |comments| Thread::build(comments, None),
            criterion::BatchSize::SmallInput,
        );
    });
}

fn verdict_on_a_comment(criterion: &mut Criterion) {
    let raw = RawComment {
        name: "A reader".to_owned(),
        text: "A few words about calves, with [a link](https://example.org) in them. ".repeat(8),
        ..RawComment::default()
    };
    let comment = comment_markdown::parse(&raw).expect("a comment");
    let rules = verdict::Rules { max_links: 3, bayes: true, ..verdict::Rules::default() };
    let circumstances = Circumstances {
        post_age: None,
        stamp: StampState::Valid,
        honeypot_filled: false,
        poses_as_author: false,
        has_authors_email: false,
    };
    let ip = "203.0.113.9".parse().expect("an address");
    criterion.bench_function("verdict on a comment", |bench| {
        bench.iter(|| verdict::verdict(black_box(&comment), ip, circumstances, &History::default(), &rules));
    });
}

fn page_from_the_cache(criterion: &mut Criterion) {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let cache = PageCache::default();
    let request = || {
        Request::get("/posts/foot-and-ankle-stretches-for-runners")
            .header(header::ACCEPT_ENCODING, "gzip, deflate, br")
            .body(Body::empty())
            .expect("a request")
    };
    let make = |_| async {
        let mut response = Response::new(Body::from("x".repeat(40_000)));
        response.headers_mut().insert(header::CONTENT_TYPE, "text/html".parse().expect("a header"));
        response.extensions_mut().insert(Policy::Public(vec!["site".to_owned()]));
        response
    };
    runtime.block_on(cache.respond(request(), make));
    let request = request();
    let _inside = runtime.enter();
    criterion.bench_function("page from the cache", |bench| {
        bench.iter(|| cache.hit::<_, Body>(black_box(&request)).expect("a hit"));
    });
}

fn content_of_1000(criterion: &mut Criterion) {
    let folder = tempfile::tempdir().expect("a folder");
    let site = folder.path().join("content");
    content::write(&site, POSTS);
    let loader = || Loader::new(site.clone(), Rules::default(), texts());
    let mut group = criterion.benchmark_group("1,000 posts");
    group.sample_size(10);
    group.bench_function("loaded anew", |bench| {
        bench.iter(|| loader().load().expect("loads"));
    });
    let mut loader = loader();
    let library = loader.load().expect("loads");
    let mut edits = 0;
    group.bench_function("one saved, loaded again", |bench| {
        bench.iter(|| {
            edits += 1;
            save(&site, edits);
            loader.load().expect("loads")
        });
    });
    let now = Timestamp::from_second(1_800_000_000).expect("a time");
    group.bench_function("snapshot", |bench| bench.iter(|| Snapshot::build(&library, now, false)));
    group.finish();
}

fn save(site: &Path, edit: usize) {
    let text = format!("{}\n\nEdited {edit} times.\n", content::post(500, POSTS));
    std::fs::write(site.join("posts").join(format!("{}.md", content::slug(500))), text).expect("writes");
}

criterion_group!(cores, markdown_of_a_post, thread_of_200, verdict_on_a_comment, page_from_the_cache, content_of_1000);
criterion_main!(cores);

//! Memory allocations of a response from the page cache: exact numbers, so that a new one is noticed.

use axum::body::Body;
use http::Request;
use instep::{cache::Encoding, web::server::Answers};

use crate::support::TestSite;

const PATH: &str = "/posts/calf";

/// A site with a fixed clock whose page is rendered and compressed.
async fn site() -> TestSite {
    let site = TestSite::new().post("calf", &"Stretch it. ".repeat(2000)).start().await;
    for accepted in ["identity", "gzip"] {
        site.get_with(PATH, &[("accept-encoding", accepted)]).await.is(200);
    }
    site
}

fn counted(run: impl FnOnce()) -> u64 {
    allocation_counter::measure(run).count_total
}

#[tokio::test]
async fn a_hit_on_the_fast_path_allocates_nothing() {
    let site = site().await;
    let ask = || {
        let now = site.app.clock.now();
        drop(site.app.cache.finished(PATH, Encoding::Identity, now).expect("is there"));
    };
    assert_eq!(counted(ask), 0, "the first of a second is copied from where it lies");
    assert!(counted(ask) > 0, "the second makes the file");
    for _ in 0..10 {
        assert_eq!(counted(ask), 0);
    }
}

#[tokio::test]
async fn a_hit_through_hyper_allocates_only_headers_and_body() {
    let site = site().await;
    let request = Request::get(PATH).header("accept-encoding", "gzip").body(Body::empty()).expect("a request");
    for _ in 0..10 {
        assert_eq!(counted(|| drop(site.site.hit(&request).expect("is there"))), 3);
    }
}

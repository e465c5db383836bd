//! How often an answer from the page cache asks for memory: exact numbers, so that nothing is added unseen.

use axum::body::Body;
use http::Request;
use instep::{cache::Encoding, web::server::Answers};

use crate::support::TestSite;

const PATH: &str = "/posts/calf";

/// A site whose clock stands, and which has made and packed the page.
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
async fn a_plain_hit_takes_no_memory() {
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
async fn a_hit_by_hyper_takes_its_headers_and_a_body() {
    let site = site().await;
    let request = Request::get(PATH).header("accept-encoding", "gzip").body(Body::empty()).expect("a request");
    for _ in 0..10 {
        assert_eq!(counted(|| drop(site.site.hit(&request).expect("is there"))), 3);
    }
}

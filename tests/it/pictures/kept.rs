//! Smaller pictures are made once, in the background, and kept.

use std::{collections::BTreeMap, path::PathBuf, time::SystemTime};

use image::ImageFormat;
use instep::{
    app::{Clock, Mode},
    live,
    web::{
        Site,
        server::{Answers, Limits},
    },
};

use super::{addresses, is_kept_for_ever, post, ready, sideways};
use crate::support::{
    Answer, TestSite, eventually,
    photo::{encoded, of_a_phone, quarters},
};

fn kept(site: &TestSite) -> BTreeMap<String, SystemTime> {
    let folder: PathBuf = site.app.config.data.join("pictures");
    let entries = std::fs::read_dir(folder).into_iter().flatten().map(|entry| entry.expect("an entry"));
    let named = |entry: std::fs::DirEntry| {
        let modified = entry.metadata().and_then(|metadata| metadata.modified()).ok()?;
        Some((entry.file_name().to_string_lossy().into_owned(), modified))
    };
    entries.filter_map(named).collect()
}

async fn all_ready(site: &TestSite, path: &str) -> Vec<String> {
    let all = addresses(&site.get(path).await.html());
    for address in &all {
        ready(site, address).await;
    }
    all
}

#[tokio::test]
async fn until_a_size_is_ready_the_whole_picture_is_sent_uncached() {
    let site = post("---\n![A](a.jpg)").file("posts/calf/a.jpg", sideways()).start().await;
    let html = site.get("/posts/calf").await.html();
    let whole = site.get(html.one("img", "alt", "A").get("src")).await;
    let early =
        addresses(&html).into_iter().find(|address| address.contains("-400-a.jpg.webp")).expect("a smaller one");
    let stand_in = site.get(&early).await;
    assert_eq!((stand_in.status, stand_in.header("content-type")), (200, "image/jpeg"));
    assert_eq!(stand_in.header("cache-control"), "no-store");
    assert_eq!(stand_in.body, whole.body);
    assert!(is_kept_for_ever(&whole));

    // Somebody begins to work.
    let working = site.app.pictures.start().expect("a thread");
    let made = ready(&site, &early).await;
    assert_eq!(made.header("content-type"), "image/webp");
    assert!(made.body.len() < whole.body.len());
    drop(working);
}

#[tokio::test]
async fn versions_are_kept_over_a_restart() {
    let site = post("---\n![A](a.jpg)").file("posts/calf/a.jpg", sideways()).keeps_current().start().await;
    let all = all_ready(&site, "/posts/calf").await;
    let before = kept(&site);
    assert_eq!(before.len(), all.len(), "{before:#?} {all:#?}");

    let store = instep::store::Store::open(&site.app.config.database_url).await.expect("a database");
    let again = live::build(site.app.config.clone(), Mode::default(), store, Clock::system());
    let (app, keepers) = again.await.expect("a site");
    let front = Site::new(app.clone(), Limits::default());
    for address in &all {
        let request = http::Request::get(address).body(axum::body::Body::empty()).expect("a request");
        let answer = Answer::of(front.respond(request).await).await;
        assert!(is_kept_for_ever(&answer), "{address}");
    }
    let keeping = tokio::spawn(keepers.run(Site::new(app.clone(), Limits::default())));
    eventually("it has looked at its pictures", async || app.search()).await;
    site.save("posts/calf/b.jpg", encoded(&quarters(100, 80), ImageFormat::Jpeg));
    let grown =
        eventually("the new one is made", async || Some(kept(&site)).filter(|now| now.len() > before.len())).await;
    assert!(before.iter().all(|(name, when)| grown.get(name) == Some(when)), "{before:#?} {grown:#?}");
    keeping.abort();
}

#[tokio::test]
async fn versions_of_removed_pictures_are_deleted() {
    let site = post("---\n![A](a.jpg)\n\n![B](b.jpg)")
        .file("posts/calf/a.jpg", sideways())
        .file("posts/calf/b.jpg", encoded(&quarters(700, 300), ImageFormat::Jpeg))
        .keeps_current()
        .start()
        .await;
    let all = all_ready(&site, "/posts/calf").await;
    let first = all.iter().find(|address| address.ends_with("a.jpg")).expect("the first").clone();
    let hash = first["/media/".len()..].split('-').next().expect("a hash").to_owned();
    let of_first = |site: &TestSite| kept(site).keys().filter(|name| name.starts_with(&hash)).count();
    assert!(of_first(&site) > 3);
    std::fs::remove_file(site.path("posts/calf/a.jpg")).expect("removes");
    eventually("its sizes are gone", async || (of_first(&site) == 0).then_some(())).await;
    assert_eq!(site.get(&first).await.status, 404);
    assert_eq!(kept(&site).len(), all.iter().filter(|address| address.contains("b.jpg")).count());
}

#[tokio::test]
async fn a_new_photo_is_made_smaller_while_the_site_runs() {
    let site = post("---\nWords.").keeps_current().start().await;
    assert!(kept(&site).is_empty());
    site.save("posts/calf/a.jpg", of_a_phone(&encoded(&quarters(900, 500), ImageFormat::Jpeg), 1));
    site.save("posts/calf/index.md", "---\ntitle: Calf\ndate: 2026-05-02\n---\n![A](a.jpg)");
    eventually("the post shows it", async || {
        Some(site.get("/posts/calf").await.html()).filter(|html| html.find("img", "alt", "A").is_some())
    })
    .await;
    assert_eq!(all_ready(&site, "/posts/calf").await.len(), 6);
}

#[tokio::test]
async fn pictures_are_shown_if_the_data_folder_is_read_only() {
    let site = post("---\n![A](a.jpg)").file("posts/calf/a.jpg", sideways()).start().await;
    // A file where the folder should be.
    std::fs::write(site.app.config.data.join("pictures"), "").expect("writes");
    for address in addresses(&site.get("/posts/calf").await.html()) {
        let answer = site.get(&address).await;
        assert_eq!((answer.status, answer.header("content-type")), (200, "image/jpeg"), "{address}");
        assert!(!crate::support::photo::holds(&answer.body, b"SECRET"));
    }
}

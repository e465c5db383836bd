//! Uploads of texts and archives in the desk: shown first, then saved, and never outside of the content folder.

use std::io::{Cursor, Write};

use instep::domain::account::PasswordLink;
use zip::{ZipWriter, write::SimpleFileOptions};

use super::{
    attacks::{NAMES, is_harmless, others},
    multipart, site, started,
};
use crate::support::{Answer, TestSite, html::Html, photo, read, visitor::Visitor};

async fn author(site: &TestSite) -> Visitor<'_> {
    let author = site.visitor("192.0.2.1");
    let link = PasswordLink::First.path(&site.app.signer, site.app.clock.now());
    let form = author.form(&link).await.set("name", "Jo").set("email", "jo@example.org");
    form.set("password", "four calm words here").send().await.is(303);
    author
}

fn archive(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in files {
        writer.start_file(*name, SimpleFileOptions::default()).expect("a name");
        writer.write_all(bytes).expect("writes");
    }
    writer.finish().expect("an archive").into_inner()
}

async fn look(author: &Visitor<'_>, name: &str, bytes: &[u8]) -> Answer {
    author.upload("/desk/upload", name, bytes).await
}

/// Presses the button that saves what is ticked.
async fn apply(author: &Visitor<'_>, page: &Html) -> Answer {
    author.form_to(page, "/desk/upload/apply").send().await
}

/// Paths below a heading of the page.
fn group(page: &Html, heading: &str) -> Vec<String> {
    let place = |wanted: &dyn Fn(&crate::support::html::Element) -> bool| page.elements.iter().position(wanted);
    let Some(at) = place(&|element| element.name == "h2" && element.text.starts_with(heading)) else {
        return Vec::new();
    };
    let rest = page.elements[at + 1..].iter().take_while(|element| element.name != "h2");
    rest.filter(|element| element.name == "bdi").map(|element| element.text.clone()).collect()
}

#[tokio::test]
async fn an_upload_may_have_more_than_two_megabytes() {
    let site = site().await;
    let author = author(&site).await;
    let text = "Words. ".repeat(500_000);
    let page = look(&author, "long.md", text.as_bytes()).await.is(200).html();
    assert_eq!(group(&page, "New"), ["posts/long.md"]);
}

#[tokio::test]
async fn beyond_the_quota_texts_are_saved_and_files_are_not() {
    let site = started(TestSite::new().setting("site.desk.upload_quota_mib", "1")).await;
    let author = author(&site).await;
    let pdf = |mark: u8| [b"%PDF-".as_slice(), &vec![mark; 600 * 1024]].concat();
    let send =
        async |name: &str| multipart(&site, "/micropub/media", &[("file", Some(name), &pdf(name.as_bytes()[0]))]).await;
    send("a.pdf").await.is(201);
    send("b.pdf").await.is(507).says("upload_quota_mib");
    // The same file again takes no room.
    send("a.pdf").await.is(201);
    let (small, large) = (b"%PDF-small".as_slice(), pdf(b'c'));
    let upload = archive(&[("posts/new.md", b"Text"), ("media/c.pdf", &large), ("media/small.pdf", small)]);
    let shown = look(&author, "blog.zip", &upload).await.is(200).html();
    assert_eq!(group(&shown, "New"), ["posts/new.md", "media/small.pdf"]);
    assert_eq!(group(&shown, "Not possible"), ["media/c.pdf"]);
    apply(&author, &shown).await.is(200).says("2 files");
    assert!(!site.path("media/b.pdf").exists() && !site.path("media/c.pdf").exists());
}

#[tokio::test]
async fn an_archive_is_shown_before_it_is_saved() {
    let site = site().await;
    let author = author(&site).await;
    let png = photo::encoded(&photo::quarters(8, 8), image::ImageFormat::Png);
    let other = photo::encoded(&photo::quarters(9, 9), image::ImageFormat::Png);
    site.save("posts/old.md", "---\ntitle: Old\n---\nOld text\n");
    site.save("posts/same.md", "Same\n");
    site.save("media/taken.png", &png);
    let upload = archive(&[
        ("export/posts/new.md", b"---\ntitle: New\n---\n![Corner](new.png)\n"),
        ("export/posts/new.png", &png),
        ("export/posts/old.md", b"---\ntitle: Old\n---\nNew text\n"),
        ("export/posts/same.md", b"Same\n"),
        ("export/posts/SAME.md", b"Other\n"),
        ("export/media/taken.png", &other),
        ("export/media/page.html", b"<script>alert(1)</script>"),
        ("__MACOSX/export/posts/._new.md", b"noise"),
    ]);
    let page = look(&author, "blog.zip", &upload).await;
    let page = page.is(200).html();
    assert_eq!(group(&page, "New"), ["posts/new.md", "posts/new.png"]);
    assert_eq!(group(&page, "Changed"), ["posts/old.md"]);
    assert_eq!(group(&page, "In conflict"), ["media/taken.png"]);
    assert_eq!(group(&page, "Not possible"), ["export/posts/SAME.md", "media/page.html"]);
    assert_eq!(group(&page, "Unchanged"), ["posts/same.md"]);
    assert!(!site.path("posts/new.md").exists(), "nothing is written yet");
    apply(&author, &page).await.is(200).says("3 files are saved.");
    assert_eq!(read(&site.path("posts/old.md")), "---\ntitle: Old\n---\nNew text\n");
    assert_eq!(std::fs::read(site.path("media/taken.png")).expect("reads"), png);
    crate::support::eventually("the post is there", async || {
        let page = site.get("/posts/new").await;
        (page.status == 200 && page.text().contains("-new.png\"")).then_some(())
    })
    .await;
    apply(&author, &page).await.is(409);
}

#[tokio::test]
async fn a_text_that_changed_meanwhile_stays() {
    let site = site().await;
    let author = author(&site).await;
    site.save("posts/calf.md", "First\n");
    let page = look(&author, "calf.md", b"Uploaded\n").await.is(200).html();
    site.save("posts/calf.md", "Saved meanwhile\n");
    let done = apply(&author, &page).await;
    done.is(200).says("0 files are saved.").says("posts/calf.md");
    assert_eq!(read(&site.path("posts/calf.md")), "Saved meanwhile\n");
}

#[tokio::test]
async fn no_name_in_an_archive_leads_out_of_the_content_folder() {
    let site = site().await;
    let author = author(&site).await;
    let site_toml = read(&site.path("site.toml"));
    let in_folders = ["posts/", "media/", "blog/posts/", "posts/../", "posts/../../", "/", "../", "posts/.hidden/"];
    for folder in in_folders {
        for name in NAMES {
            let name = format!("{folder}{name}");
            if let Ok(upload) = std::panic::catch_unwind(|| archive(&[(&name, b"evil")])) {
                let page = look(&author, "a.zip", &upload).await;
                apply(&author, &page.is(200).html()).await;
            }
        }
    }
    for name in
        ["site.toml", "posts/../site.toml", "content/site.toml", "theme.css", "posts/evil.html", "x/posts/a/../../x.md"]
    {
        let page = look(&author, "a.zip", &archive(&[(name, b"evil")])).await.is(200).html();
        assert_eq!(group(&page, "Not possible").len(), 1, "{name}");
    }
    let found = others(&site);
    let is_below = |path: &String| is_harmless(path) || path.contains("/content/posts/") && path.ends_with(".md");
    assert!(found.iter().all(is_below), "{found:#?}");
    assert!(!found.iter().any(|path| path.contains("/.") && !path.contains("/content/../")), "{found:#?}");
    assert_eq!(read(&site.path("site.toml")), site_toml);
}

#[tokio::test]
async fn no_name_in_the_editor_leads_out_of_the_content_folder() {
    let site = site().await;
    let author = author(&site).await;
    site.save("posts/old.md", "---\ntitle: Old\n---\nOld text\n");
    let site_toml = read(&site.path("site.toml"));
    let png = photo::encoded(&photo::quarters(8, 8), image::ImageFormat::Png);
    let page = author.get("/desk/texts/edit?path=posts%2Fold.md").await.is(200).html();
    for name in NAMES {
        let name: String = name.chars().filter(|c| !matches!(c, '"' | '\r' | '\n' | '\0')).collect();
        let form = || author.form_to(&page, "/desk/texts/edit");
        let added = form().add("act", "add").with_file("file", &name, &png).send().await;
        assert!([200, 422].contains(&added.status), "{name:?}: {}", added.status);
        for act in ["add", "live", "discard", "publish"] {
            let form = form().set("path", format!("posts/{name}.md")).add("act", act);
            form.with_file("file", "evil.png", &png).send().await;
        }
        form().set("version", &name).set("text", "evil").add("act", "live").send().await;
    }
    let found = others(&site);
    let is_below = |path: &String| is_harmless(path) || path.contains("/content/posts/");
    assert!(found.iter().all(is_below), "{found:#?}");
    assert!(!found.iter().any(|path| path.contains("/.") && !path.contains("/content/../")), "{found:#?}");
    assert_eq!(read(&site.path("site.toml")), site_toml);
}

#[tokio::test]
async fn links_and_bombs_in_archives_are_refused() {
    let site = site().await;
    let author = author(&site).await;
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    writer.add_symlink("posts/link.md", "/etc/passwd", SimpleFileOptions::default()).expect("a link");
    let link = writer.finish().expect("an archive").into_inner();
    let page = look(&author, "link.zip", &link).await.is(200).html();
    assert_eq!(group(&page, "Not possible"), ["posts/link.md"]);
    let zeros = vec![0_u8; 65 * 1024 * 1024];
    let bomb = archive(&[("media/bomb.png", &zeros)]);
    assert!(bomb.len() < 1024 * 1024);
    let page = look(&author, "bomb.zip", &bomb).await.is(200).html();
    assert_eq!(group(&page, "Not possible"), ["media/bomb.png"]);
    for broken in [&b"PK\x03\x04"[..], b"PK", &link[..link.len() / 2]] {
        let page = look(&author, "broken.zip", broken).await.is(200).html();
        assert_eq!(group(&page, "Not possible"), ["broken.zip"]);
    }
    // A folder of the content that is a link leads nowhere.
    std::fs::create_dir_all(site.path("posts")).expect("a folder");
    std::os::unix::fs::symlink(site.path("../data"), site.path("posts/out")).expect("a link");
    let page = look(&author, "out.zip", &archive(&[("posts/out/evil.md", b"evil")])).await.is(200).html();
    apply(&author, &page).await;
    assert!(!site.path("../data/evil.md").exists());
}

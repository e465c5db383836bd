//! Files that the author's own HTML names.

use image::ImageFormat;

use super::post;
use crate::support::photo::{encoded, quarters};

#[tokio::test]
async fn html_names_files_as_markdown_does() {
    let site = post(
        "---\n<figure>\n  <img\n    src=\"a.jpg\" alt=\"A\">\n</figure>\n\nSee <img src='none.png' alt='N'> and <a href=\"plan.pdf\">it</a>.\n\n\
         <video src=\"no.mp4\" controls></video> <img src=\"https://example.net/x.png\" alt=\"\">\n",
    )
    .file("posts/calf/a.jpg", encoded(&quarters(1600, 800), ImageFormat::Jpeg))
    .file("posts/calf/plan.pdf", "%PDF")
    .start()
    .await;
    let html = site.get("/posts/calf").await.html();
    let image = html.one("img", "alt", "A");
    assert_eq!((image.get("width"), image.get("height")), ("1600", "800"));
    assert!(image.get("src").starts_with("/media/") && image.get("src").ends_with("-1200-a.jpg"));
    site.get(image.get("src")).await.is(200);
    let plan = html.all("a").into_iter().find(|link| link.words() == "it").expect("a link").get("href").to_owned();
    site.get(&plan).await.is(200).says("%PDF");
    let problems = site.problems();
    for told in [
        "posts/calf/index.md:10:15: warning: there is no file \"none.png\" (and 1 more like it: line 12 \"no.mp4\")",
        "posts/calf/index.md:12:39: warning: a picture here is on another server",
    ] {
        assert!(problems.iter().any(|problem| problem.starts_with(told)), "{told} in {problems:#?}");
    }
    assert_eq!(problems.len(), 2, "{problems:#?}");
}

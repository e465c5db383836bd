//! Pages as a reader sees them, and no requests to others.

use fantoccini::Locator;

use super::support::{FLAGSHIP, GUIDE, Scripts, Stage, Visitor, until};

#[tokio::test]
async fn everything_can_be_read_with_scripts_off() {
    let Some(stage) = Stage::set() else { return };
    let reader = stage.visitor(Scripts::Off).await;

    reader.open("/").await;
    reader
        .find(Locator::LinkText("Foot and ankle stretches for runners"))
        .await
        .expect("a link")
        .click()
        .await
        .expect("a way");
    reader.arrives_at(FLAGSHIP).await;
    assert_eq!(reader.text("h1").await, "Foot and ankle stretches for runners");
    assert!(reader.text(".prose").await.contains("eleven years with no care from me beyond clean socks"));
    assert_eq!(reader.count(".stretch-card").await, 3, "cards of stretches");
    assert_eq!(reader.count(".stretch-card svg").await, 3, "pictograms");
    assert_eq!(reader.count("figure.embed video[controls]").await, 2, "clips");
    assert_eq!(reader.count("form.comment-form").await, 1);

    reader.click(".stretch-card h3 a").await;
    reader.arrives_at("/stretches/ball-roll").await;
    reader.click(&format!("main a[href='{FLAGSHIP}']")).await;
    reader.click(".tags a").await;
    reader.arrives_at("/tags/feet").await;
    reader.see(&format!("main a[href='{FLAGSHIP}']")).await;

    reader.open("/archive").await;
    reader.click("main .years a").await;
    reader.arrives_at("/archive/20").await;
    reader.see(&format!("main a[href='{FLAGSHIP}']")).await;

    stage.trap.assert_empty();
    assert_eq!(reader.cookies().await, Vec::<String>::new());
}

#[tokio::test]
async fn the_table_of_contents_opens_and_leads_to_its_headings_with_scripts_off() {
    let Some(stage) = Stage::set() else { return };
    let reader = stage.visitor(Scripts::Off).await;

    reader.open(FLAGSHIP).await;
    let link = reader.see("details.toc ol a").await;
    assert!(!link.is_displayed().await.expect("an answer"), "it is closed at first");
    reader.click("details.toc summary").await;
    assert!(link.is_displayed().await.expect("an answer"), "a press opens it");
    let title = link.text().await.expect("a title");
    link.click().await.expect("a way");
    assert_eq!(reader.text("h2:target").await, title);
    reader.finds_in_view(":target").await;
}

#[tokio::test]
async fn the_search_form_finds_articles_with_scripts_off() {
    let Some(stage) = Stage::set() else { return };
    let reader = stage.visitor(Scripts::Off).await;

    reader.open("/").await;
    reader.click("header a[href='/search']").await;
    reader.fill("main input[name=q]", "lacrosse ball").await;
    reader.click("main form[role=search] button").await;
    reader.arrives_at("/search?q=lacrosse").await;
    // The index is built in the background after the start.
    reader.reload_until(".results").await;
    assert_eq!(reader.value("main input[name=q]").await, "lacrosse ball");
    reader.see(&format!(".results a[href='{FLAGSHIP}']")).await;
    assert!(reader.text(".results mark").await.to_lowercase().contains("lacrosse"));
}

#[tokio::test]
async fn a_visit_sets_no_cookie_requests_no_other_site_and_logs_no_error() {
    let Some(stage) = Stage::demo() else { return };
    let reader = stage.visitor(Scripts::On).await;

    let pages = ["/", FLAGSHIP, GUIDE, "/stretches/toe-flexion", "/about", "/search?q=calf"];
    for page in pages {
        reader.open(page).await;
        scroll_through(&reader).await;
        assert_eq!(reader.console().await, Vec::<String>::new(), "the console on {page}");
    }
    assert_eq!(reader.cookies().await, Vec::<String>::new());
    stage.trap.assert_empty();
}

#[tokio::test]
async fn a_request_to_another_site_would_be_noticed() {
    let Some(stage) = Stage::set() else { return };
    let reader = stage.visitor(Scripts::On).await;

    reader.open("/").await;
    // A connection opened ahead of time is the quietest way to tell somebody that a reader is here.
    reader
        .run(
            "const link = document.createElement('link'); link.rel = 'preconnect'; \
              link.href = 'https://cdn.example.com'; document.head.append(link)",
        )
        .await;
    until("the trap catches it", async || stage.trap.caught().contains(&"cdn.example.com".to_owned())).await;
}

/// Scrolls through the page, so that lazy pictures are loaded.
async fn scroll_through(reader: &Visitor) {
    until("the end of the page", async || {
        let at_end =
            "scrollBy(0, innerHeight); return scrollY + innerHeight >= document.documentElement.scrollHeight - 2";
        reader.run(at_end).await == true
    })
    .await;
    until("all pictures", async || {
        reader.run("return [...document.images].every((picture) => picture.complete)").await == true
    })
    .await;
}

//! Folded replies, with scripts off: a link to a folded reply opens the fold.

use super::support::{FLAGSHIP, Scripts, Stage};

#[tokio::test]
async fn a_permalink_opens_the_fold_that_its_comment_is_in() {
    let Some(stage) = Stage::set() else { return };
    let reader = stage.visitor(Scripts::Off).await;
    reader.open(FLAGSHIP).await;
    reader.fill("#-name", "Cora").await;
    reader.fill("#-text", "Does a tennis ball do?").await;
    reader.click("form.comment-form button").await;
    reader.see(".comment-waiting").await;
    let asked = stage.site.held_comments()[0]["id"].clone();
    stage.site.approve(&asked);
    let answers: Vec<_> = (1..=12).map(|n| stage.site.reply(&asked, &format!("Answer {n}"))).collect();

    reader.open(FLAGSHIP).await;
    reader.reload_until("details.folded").await;
    assert_eq!(reader.text("details.folded summary").await, "7 more replies");
    assert_eq!(reader.count("details.folded[open]").await, 0);

    let last = &answers[11];
    reader.open(&format!("/comments/{last}")).await;
    reader.see(&format!("details.folded[open] #comment-{last}:target")).await;
    reader.finds_in_view(&format!("#comment-{last}")).await;
    assert_eq!(reader.address().await, format!("{FLAGSHIP}#comment-{last}"));

    // Without an address of its own, a click does it.
    reader.open("/").await;
    reader.open(FLAGSHIP).await;
    reader.click("details.folded summary").await;
    reader.see(&format!("details.folded[open] #comment-{last}")).await;
    stage.trap.assert_empty();
}

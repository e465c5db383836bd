//! The desk in Chromium: signing in, answers with the keyboard, and the way from the first link to a published post.

use std::{fs, path::PathBuf};

use fantoccini::key::Key;
use serde_json::json;

use super::support::{FLAGSHIP, Scripts, Stage, Visitor, until};

/// Sends a comment under [`FLAGSHIP`], which waits.
async fn comment(writer: &Visitor, text: &str) {
    writer.open(FLAGSHIP).await;
    writer.fill("#-name", "Cora").await;
    writer.fill("#-text", text).await;
    writer.click("form.comment-form button").await;
    writer.see(".comment-waiting").await;
}

/// Makes an account, and signs in with it.
async fn sign_in(stage: &Stage, author: &Visitor) {
    let told = stage.site.shell(&["author", "add", "Jo", "--email", "jo@example.org"]);
    let link = told.find("/desk/password?key=").map(|at| told[at..].trim()).expect("a link");
    author.open(link).await;
    author.fill("#-password", "four calm words here").await;
    author.click(".desk-sign-in .form-foot button").await;
    author.see(".desk-foot").await;
}

#[tokio::test]
async fn on_a_phone_without_scripts_the_author_signs_in_answers_and_undoes() {
    let Some(stage) = Stage::set() else { return };
    let writer = stage.visitor(Scripts::Off).await;
    comment(&writer, "Does a tennis ball do?").await;
    let author = stage.visitor(Scripts::Off).await;
    author.hold_phone(360).await;
    sign_in(&stage, &author).await;
    assert!(author.text(".desk-comments").await.contains("Does a tennis ball do?"));
    let width = author.run("return document.documentElement.scrollWidth").await;
    assert_eq!(width, 360, "nothing is wider than the phone");

    author.fill(".desk-comments textarea", "It does, and a cold can too.").await;
    author.click(".desk-comments button[value=answer]").await;
    author.see(".desk-notice button").await;
    assert!(author.text("main").await.contains("Every comment has an answer."));
    writer.open(FLAGSHIP).await;
    writer.reload_until(".comment-author").await;
    assert!(writer.text(".comment-author").await.contains("a cold can too"));

    author.click(".desk-notice button").await;
    author.see(".desk-comments textarea").await;
    assert!(author.text(".desk-notice").await.contains("Undone."));
    author.click(".desk-foot button").await;
    until("the home page", async || author.count(".desk-foot").await == 0).await;
    author.open("/desk").await;
    author.arrives_at("/desk/sign-in").await;
}

#[tokio::test]
async fn on_a_phone_the_first_link_makes_a_passkey_which_signs_in_again() {
    let Some(stage) = Stage::set() else { return };
    let link = stage.site.first_link();
    let author = stage.visitor(Scripts::On).await;
    author.hold_phone(360).await;
    author.has_authenticator().await;
    author.go_to(&link).await;
    author.fill("#-name", "Jo").await;
    author.fill("#-email", "jo@example.org").await;
    author.click(".desk-passkey button").await;
    author.see(".desk-foot").await;
    assert!(author.text(".desk-foot").await.contains("You are signed in as Jo."));

    author.click(".desk-foot button").await;
    until("the home page", async || author.count(".desk-foot").await == 0).await;
    let origin = link.split_once("/desk").expect("a link of the desk").0;
    author.go_to(&format!("{origin}/desk/sign-in")).await;
    author.click(".desk-passkey button").await;
    author.see(".desk-foot").await;
    author.go_to(&format!("{origin}/desk/sessions")).await;
    assert_eq!(author.count("button[name=remove]").await, 1);
    assert!(author.attribute(".desk-passkey", "hidden").await.is_none(), "one more can be added");
}

const QUESTIONS: usize = 10;

/// Waits until this many comments are in the lists, and one of them is selected, if there is one.
async fn selects_one_of(author: &Visitor, count: usize) {
    until(&format!("{count} comments, one of them selected"), async || {
        let selected = author.count(".desk-comments > li:focus").await;
        author.count(".desk-comments > li").await == count && selected == count.min(1)
    })
    .await;
}

#[tokio::test]
async fn ten_comments_are_answered_with_the_keyboard_alone_and_each_answer_is_undone() {
    let Some(stage) = Stage::set() else { return };
    let writer = stage.visitor(Scripts::Off).await;
    for number in 0..QUESTIONS {
        comment(&writer, &format!("Question number {number}?")).await;
    }
    let author = stage.visitor(Scripts::On).await;
    sign_in(&stage, &author).await;

    // The help sheet.
    author.press('?').await;
    author.see("#-keys[open]").await;
    author.press(Key::Escape).await;
    until("the help is closed", async || author.count("#-keys[open]").await == 0).await;

    author.press('j').await;
    for number in 0..QUESTIONS {
        selects_one_of(&author, QUESTIONS - number).await;
        let asked = author.text(".desk-comments > li:focus .prose").await;
        author.press('r').await;
        // Letters that are keys elsewhere.
        author.type_text(&format!("As to {asked} just ask, stretch, try, zzz")).await;
        author.press_with(Key::Control, Key::Enter).await;
    }
    selects_one_of(&author, 0).await;
    assert!(author.text("main").await.contains("Every comment has an answer."));

    // Each answer is below its question, with the badge.
    let reader = stage.visitor(Scripts::Off).await;
    reader.open(FLAGSHIP).await;
    assert_eq!(reader.count(".comment-author").await, QUESTIONS);
    let pairs = "return [...document.querySelectorAll('.comment-author')].every((answer) => {
        const question = answer.closest('li').parentElement.closest('li').querySelector('.comment');
        const asked = question.textContent.match(/Question number [0-9]+[?]/)[0];
        return answer.textContent.includes(`As to ${asked} just ask`);
    })";
    assert_eq!(reader.run(pairs).await, json!(true));

    for number in 1..=QUESTIONS {
        author.press('z').await;
        selects_one_of(&author, number).await;
    }
    reader.open(FLAGSHIP).await;
    assert_eq!(reader.count(".comment").await, 0);
    assert_eq!(stage.site.held_comments().len(), QUESTIONS);
    let errors = author.console().await.into_iter().filter(|line| line.starts_with("\"SEVERE"));
    assert_eq!(errors.collect::<Vec<_>>(), [] as [String; 0]);
}

#[tokio::test]
async fn keys_decide_in_place_and_keep_what_was_typed_elsewhere() {
    let Some(stage) = Stage::set() else { return };
    let writer = stage.visitor(Scripts::Off).await;
    for text in ["First?", "Second?", "Third?", "Fourth?"] {
        comment(&writer, text).await;
    }
    let author = stage.visitor(Scripts::On).await;
    sign_in(&stage, &author).await;
    for key in ['j', 'j', 'r', 'x'] {
        author.press(key).await;
    }
    author.press(Key::Escape).await;
    for key in ['k', 's'] {
        author.press(key).await;
    }
    selects_one_of(&author, 3).await;
    assert!(author.text(".desk-comments > li:focus").await.contains("Second?"), "the next one is selected");
    assert_eq!(author.value(".desk-comments > li:focus textarea").await, "x");
    for (key, left) in [('j', 3), ('t', 2), ('a', 2)] {
        author.press(key).await;
        selects_one_of(&author, left).await;
    }
    until("one is approved", async || author.text("main").await.contains("Approved: everybody can see it.")).await;
    author.press('z').await;
    until("that is undone", async || author.text("main").await.contains("Undone.")).await;
    assert_eq!(stage.site.held_comments().len(), 2);
}

const CALF: &str = "A calf in the evening";
const FILM: &str = "https://www.youtube.com/watch?v=aqz-KE-bpKQ";

/// A photo of a phone that was held upright: a JPEG whose Exif says to turn it. Returns its path too.
fn photo(stage: &Stage) -> PathBuf {
    let jpeg = fs::read("tests/fixtures/pictures/progressive.jpg").expect("a picture");
    let exif = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0";
    let length = u16::try_from(exif.len() + 2).expect("short").to_be_bytes();
    let path = stage.site.data.with_file_name("IMG 0042.JPG");
    fs::write(&path, [&jpeg[..2], b"\xff\xe1", &length, exif, &jpeg[2..]].concat()).expect("writes");
    path
}

/// Opens the editor with a new post, in a desk at this address.
async fn begin(author: &Visitor, origin: &str) {
    author.go_to(&format!("{origin}/desk/texts")).await;
    author.fill("#-title", "Evening calves").await;
    author.click("form[method=post] button").await;
    author.see("#-text").await;
}

/// Chooses the photo as a phone does, and adds it.
async fn add_photo(stage: &Stage, author: &Visitor) {
    author.see("#-file").await.send_keys(photo(stage).to_str().expect("UTF-8")).await.expect("a chosen file");
    author.fill("#-alt", CALF).await;
    author.click("button[value=add]").await;
    let line = format!("![{CALF}](img-0042.jpg)");
    until("the picture in the text", async || author.value("#-text").await.contains(&line)).await;
}

/// Publishes, and looks at the public page: it shows the picture upright, the film and the stretch.
async fn publish(author: &Visitor) {
    author.click("button[value=publish]").await;
    until("the notice", async || author.text("#-said").await.contains("Published: everybody can see it.")).await;
    author.click(".page-header .text-link[href^='/posts/']").await;
    author.see(".prose .embed").await;
    author.see(".prose [id^='-stretch-wall-calf']").await;
    let shape = author
        .run(&format!(
            "const picture = document.querySelector('.prose img[alt=\"{CALF}\"]'); \
        return picture.getAttribute('width') / picture.getAttribute('height')"
        ))
        .await;
    // The file has 416 × 256 pixels.
    assert_eq!(shape, json!(256.0 / 416.0));
}

#[tokio::test]
async fn on_a_phone_the_first_link_leads_to_a_published_post_with_a_passkey() {
    let Some(stage) = Stage::to_write() else { return };
    let link = stage.site.first_link();
    let author = stage.visitor(Scripts::On).await;
    author.hold_phone(360).await;
    author.has_authenticator().await;
    author.go_to(&link).await;
    author.fill("#-name", "Jo").await;
    author.fill("#-email", "jo@example.org").await;
    author.click(".desk-passkey button").await;
    author.see(".desk-foot").await;

    begin(&author, link.split_once("/desk").expect("a link of the desk").0).await;
    add_photo(&stage, &author).await;
    author.type_text(&format!("\n{FILM}\n\n")).await;
    author.fill("#-find", "wall calf").await;
    author.click("#-found button").await;
    until("the stretch in the text", async || author.value("#-text").await.contains("![[wall-calf")).await;
    let width = author.run("return document.documentElement.scrollWidth").await;
    assert_eq!(width, 360, "nothing is wider than the phone");
    publish(&author).await;
    let errors = author.console().await.into_iter().filter(|line| line.starts_with("\"SEVERE"));
    assert_eq!(errors.collect::<Vec<_>>(), [] as [String; 0]);
}

#[tokio::test]
async fn on_a_phone_without_scripts_a_password_leads_to_the_same_post() {
    let Some(stage) = Stage::to_write() else { return };
    let author = stage.visitor(Scripts::Off).await;
    author.hold_phone(360).await;
    sign_in(&stage, &author).await;
    author.open("/desk/texts?q=wall+calf").await;
    let stretch = author.text(".desk-comments code").await;
    begin(&author, &stage.site.base).await;
    let text = author.value("#-text").await;
    author.fill("#-text", &format!("{text}\n{FILM}\n\n{stretch}\n")).await;
    add_photo(&stage, &author).await;
    publish(&author).await;
}

#[tokio::test]
async fn a_preview_beside_the_text_follows_it_and_a_reload_loses_nothing() {
    let Some(stage) = Stage::to_write() else { return };
    let author = stage.visitor(Scripts::On).await;
    sign_in(&stage, &author).await;
    begin(&author, &stage.site.base).await;
    author.click("#-text").await;
    author.press_with(Key::Control, Key::End).await;
    author.type_text(&format!("\nFirst.\n\n{FILM}\n\n![](none.png)\n")).await;
    let frame = "document.querySelector('.desk-live iframe')";
    let has = async |css: &str| {
        let found = author.run(&format!("return Boolean({frame}.contentDocument.querySelector({css:?}))")).await;
        found == json!(true)
    };
    until("the film in the preview", async || has(".prose .embed").await).await;
    // The frame is the same one after the next change, at the same place.
    author.run(&format!("{frame}.contentWindow.isOld = true; {frame}.contentWindow.scrollTo(0, 200)")).await;
    author.type_text("\n![[wall-calf-stretch]]\n").await;
    until("the stretch in the preview", async || has("[id^='-stretch-']").await).await;
    let kept = author.run(&format!("return [{frame}.contentWindow.isOld, {frame}.contentWindow.scrollY]")).await;
    assert_eq!(kept, json!([true, 200]));
    // The number of a line selects it.
    author.click("#-problems a").await;
    let selected = "const text = document.getElementById('-text'); \
                    return text.value.slice(text.selectionStart, text.selectionEnd)";
    assert_eq!(author.run(selected).await, json!("![](none.png)"));
    until("it is kept", async || author.text("#-count").await.contains("kept")).await;
    author.refresh().await.expect("a reload");
    author.click(".desk-notice a").await;
    until("the kept text", async || author.value("#-text").await.contains("![[wall-calf-stretch]]")).await;
    author.press_with(Key::Control, 's').await;
    until("it is saved", async || author.text("#-said").await.contains("Saved.")).await;
    assert_eq!(author.count(".desk-notice").await, 0, "nothing unsaved is left");
    let errors = author.console().await.into_iter().filter(|line| line.starts_with("\"SEVERE"));
    assert_eq!(errors.collect::<Vec<_>>(), [] as [String; 0]);
}

#[tokio::test]
async fn files_that_are_dropped_wait_for_their_words_and_a_wrong_one_says_why() {
    let Some(stage) = Stage::to_write() else { return };
    let author = stage.visitor(Scripts::On).await;
    sign_in(&stage, &author).await;
    begin(&author, &stage.site.base).await;
    let drop = |name: &str, bytes: &str| {
        format!(
            "const [text, data] = [document.getElementById('-text'), new DataTransfer()]; \
             data.items.add(new File([{bytes}], {name:?})); \
             text.dispatchEvent(new DragEvent('drop', {{ dataTransfer: data, bubbles: true, cancelable: true }}))"
        )
    };
    author.run(&drop("photo.heic", "'\\0\\0\\0\\x18ftypheic'")).await;
    author.finds_focus_on("input#-alt").await;
    author.press(Key::Enter).await;
    until("the reason", async || author.text("#-said").await.contains("Most Compatible")).await;
    let gif = "Uint8Array.from(atob('R0lGODlhAQABAAAAACwAAAAAAQABAAACAkQBADs='), (c) => c.charCodeAt(0))";
    author.run(&drop("dot.gif", gif)).await;
    author.type_text("A dot").await;
    author.press(Key::Enter).await;
    until("the picture in the text", async || author.value("#-text").await.contains("![A dot](dot.gif)")).await;
    // The browser can undo it.
    author.press_with(Key::Control, 'z').await;
    until("no picture", async || !author.value("#-text").await.contains("dot.gif")).await;
}

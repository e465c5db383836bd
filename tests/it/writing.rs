//! The texts of the desk: writing, publishing, and what is kept.

use std::fs;

use instep::domain::account::PasswordLink;
use jiff::SignedDuration;

use crate::support::{
    TestSite,
    disk::SmallDisk,
    photo,
    visitor::{Visitor, comment_id},
};

const PASSWORD: &str = "four calm words here";

async fn site() -> TestSite {
    let windows = "---\r\nmood: calm\r\ntitle: \"Calf\" # short\r\ndate: 2026-05-02\r\n---\r\nStretch it.\r\n";
    TestSite::new()
        .file("posts/calf.md", windows)
        .file("stretches/twist.md", "---\ntitle: Twist\n---\nTurn.\n")
        .keeps_current()
        .start()
        .await
}

pub async fn author(site: &TestSite) -> Visitor<'_> {
    let author = site.visitor("192.0.2.1");
    let form = author.form(&PasswordLink::First.path(&site.app.signer, site.app.clock.now())).await;
    form.set("name", "Jo").set("email", "jo@example.org").set("password", PASSWORD).send().await.is(303);
    author
}

pub fn saved(site: &TestSite, name: &str) -> String {
    fs::read_to_string(site.path(name)).expect("is there")
}

pub const CALF: &str = "/desk/texts/edit?path=posts%2Fcalf.md";

#[tokio::test]
async fn a_new_text_is_published_and_its_page_is_there_at_once() {
    let site = site().await;
    let author = author(&site).await;
    let list = author.get("/desk/texts").await;
    list.is(200).says("Published").says("![[twist]]").says("[Calf](/posts/calf)");
    let form = author.form_to(&list.html(), "/desk/texts").set("title", "Füße & hips");
    let created = form.send().await;
    let to = created.is(303).header("location").to_owned();
    assert_eq!(to, "/desk/texts/edit?path=posts%2Ffusse-hips.md");
    let form = author.form_to(&author.get(&to).await.is(200).html(), "/desk/texts/edit");
    let text = form.field("text").to_owned();
    assert_eq!(form.field("title"), "Füße & hips", "{text}");
    site.get("/posts/fusse-hips").await.is(404);
    let published = form.set("text", format!("{text}Open them.\n\n![[twist]]\n")).set("tags", "hips, feet");
    let published = published.add("act", "publish").send().await;
    let editor = author.get(published.is(303).header("location")).await;
    editor.is(200).says("Published: everybody can see it.");
    site.get("/posts/fusse-hips").await.is(200).says("Open them.").says("Twist");
    let file = saved(&site, "posts/fusse-hips.md");
    assert!(file.contains("draft: false\n") && file.contains("tags: [hips, feet]\n"), "{file}");
    // The same title again is no way to overwrite it.
    let again = author.form_to(&list.html(), "/desk/texts").set("title", "Füße & hips").send().await;
    again.is(409).says("There is a file with this name already");
    assert_eq!(saved(&site, "posts/fusse-hips.md"), file);
}

#[tokio::test]
async fn a_save_changes_what_was_edited_and_nothing_else() {
    let site = site().await;
    let author = author(&site).await;
    let before = saved(&site, "posts/calf.md");
    author.form_to(&author.get(CALF).await.html(), "/desk/texts/edit").add("act", "save").send().await.is(303);
    assert_eq!(saved(&site, "posts/calf.md"), before);
    let form = author.form_to(&author.get(CALF).await.html(), "/desk/texts/edit").set("title", "Calves");
    let text = form.field("text").replace("Stretch it.", "Stretch both.");
    form.set("text", text).add("act", "save").send().await.is(303);
    let after = before.replace("\"Calf\"", "\"Calves\"").replace("Stretch it.", "Stretch both.");
    assert_eq!(saved(&site, "posts/calf.md"), after);
    // A long text is no problem.
    let (form, long) =
        (author.form_to(&author.get(CALF).await.html(), "/desk/texts/edit"), "Stretch it. ".repeat(60_000));
    form.set("text", long.as_str()).add("act", "save").send().await.is(303);
    assert_eq!(saved(&site, "posts/calf.md"), long);
}

#[tokio::test]
async fn a_file_that_has_changed_is_not_overwritten() {
    let site = site().await;
    let author = author(&site).await;
    let form = author.form_to(&author.get(CALF).await.html(), "/desk/texts/edit");
    let mine = form.field("text").replace("Stretch it.", "Mine.");
    let theirs = saved(&site, "posts/calf.md").replace("Stretch it.", "Theirs.");
    site.save("posts/calf.md", &theirs);
    let conflict = form.set("text", mine).add("act", "save").send().await;
    conflict.is(409).says("- Theirs.").says("+ Mine.").says("nothing was saved");
    assert_eq!(saved(&site, "posts/calf.md"), theirs);
    // Saving again keeps mine; theirs is an earlier version, which can be restored.
    author.form_to(&conflict.html(), "/desk/texts/edit").add("act", "save").send().await.is(303);
    assert_eq!(saved(&site, "posts/calf.md"), theirs.replace("Theirs.", "Mine."));
    let versions = "/desk/texts/versions?path=posts%2Fcalf.md";
    let page = author.get(versions).await.is(200).html();
    let id = page.one("button", "name", "id").get("value").to_owned();
    author.get(&format!("{versions}&id={id}")).await.is(200).says("- Theirs.").says("+ Mine.");
    author.form_to(&page, "/desk/texts/versions").add("id", &id).send().await.is(303);
    assert_eq!(saved(&site, "posts/calf.md"), theirs);
}

#[tokio::test]
async fn a_picture_is_saved_beside_the_text_and_nothing_typed_is_lost() {
    let site = site().await;
    let author = author(&site).await;
    let png = photo::encoded(&photo::quarters(8, 8), image::ImageFormat::Png);
    let form = || async { author.form_to(&author.get(CALF).await.html(), "/desk/texts/edit").add("act", "add") };
    let typed = async |text: &str| form().await.set("text", format!("---\ntitle: Calf\n---\n{text}\n"));
    // The name is cleaned; the words are escaped.
    let added = typed("Typed.").await.set("alt", "A [calf]").with_file("file", "../Ä b.PNG", &png).send().await;
    let text = author.form_to(&added.is(200).html(), "/desk/texts/edit").field("text").to_owned();
    assert_eq!(text, "---\ntitle: Calf\n---\nTyped.\n\n![A \\[calf\\]](a-b.png)\n");
    assert_eq!(fs::read(site.path("posts/a-b.png")).expect("is there"), png);
    assert!(!saved(&site, "posts/calf.md").contains("Typed."), "the text is not saved yet");
    author.form_to(&added.html(), "/desk/texts/edit").add("act", "save").send().await.is(303);
    site.get("/posts/calf").await.is(200).says("alt=\"A [calf]\"");
    // Without words it is kept, and the editor asks for them.
    let bare = typed("Typed.").await.with_file("file", "bare.png", &png).send().await;
    bare.is(200).says("![](bare.png)").says("write them between the brackets");
    let film = [b"\0\0\0\x18ftypmp42".as_slice(), &vec![0; 3 * 1024 * 1024]].concat();
    typed("Typed.").await.with_file("file", "long.mov", &film).send().await.is(200).says("![](long.mp4)");
    // Each error brings the text back.
    let heic = [b"\0\0\0\x18ftypheic".as_slice(), &[0; 64]].concat();
    let svg = b"<!DOCTYPE html><script>alert(1)</script>";
    let huge = vec![0; 65 * 1024 * 1024];
    for (name, bytes, status, said) in [
        ("a.heic", heic.as_slice(), 422, "Most Compatible"),
        ("a.svg", svg.as_slice(), 422, "no picture"),
        ("a.zip", b"PK\x03\x04".as_slice(), 422, "no picture"),
        ("a.jpg", b"\xff\xd8\xff\xe0<script>".as_slice(), 422, "Nothing was saved"),
        ("", b"".as_slice(), 422, "choose a file"),
        ("huge.mp4", huge.as_slice(), 413, "64 MB"),
    ] {
        let answer = typed("Kept.").await.set("alt", "Words").with_file("file", name, bytes).send().await;
        answer.is(status).says(said);
        let form = author.form_to(&answer.html(), "/desk/texts/edit");
        assert!(form.field("text").contains("Kept.") && form.field("alt") == "Words", "{name}");
    }
    let outside = typed("Kept.").await.set("path", "../posts/calf.md").with_file("file", "a.png", &png).send().await;
    outside.is(422).says("Kept.");
    let mut names: Vec<_> =
        fs::read_dir(site.path("posts")).expect("reads").map(|file| file.expect("is there")).collect();
    names.sort_by_key(fs::DirEntry::file_name);
    let names: Vec<_> = names.iter().map(fs::DirEntry::file_name).collect();
    assert_eq!(names, ["a-b.png", "bare.png", "calf.md", "long.mp4"]);
}

#[tokio::test]
async fn a_friend_sees_a_draft_by_a_link_for_a_week() {
    let site = site().await;
    site.save("posts/new.md", "---\ntitle: New\ndate: 2026-05-02\ndraft: true\n---\nRead *me*.\n");
    let author = author(&site).await;
    let edit = "/desk/texts/edit?path=posts%2Fnew.md";
    let link = author.get(edit).await.is(200).html().one("input", "id", "-friend").get("value").to_owned();
    let path = link.strip_prefix("http://localhost:3000").expect("an address of the site").to_owned();
    let page = site.get(&path).await;
    page.is(200).says("Read <em>me</em>.").says("This is a preview.");
    assert_eq!(page.header("cache-control"), "private, no-store");
    assert_eq!(page.html().meta("robots"), Some("noindex"));
    assert!(!page.text().contains("<textarea") && !page.text().contains("rel=\"canonical\""), "{}", page.text());
    site.get("/posts/new").await.is(404);
    // The link is for one text, and its key for nothing else.
    let forged = [path.replace("new.md", "calf.md"), path.replace("key=", "key=x"), "/desk/friend".to_owned()];
    for forged in forged.iter().chain([&path.replace("/desk/friend", "/desk/password")]) {
        assert!([403, 404].contains(&site.get(forged).await.status), "{forged}");
    }
    site.turn(SignedDuration::from_hours(8 * 24));
    site.get(&path).await.is(410).says("has expired");
    site.turn(SignedDuration::from_hours(-8 * 24));
    let form = author.form_to(&author.get(edit).await.html(), "/desk/texts/edit");
    form.add("act", "publish").send().await.is(303);
    assert_eq!(site.get(&path).await.is(303).header("location"), "/posts/new");
    assert!(!author.get(edit).await.text().contains("-friend"), "a public page needs no such link");
}

#[tokio::test]
async fn a_folder_that_cannot_be_written_is_named_and_the_desk_stays_usable() {
    let Some(disk) = SmallDisk::mount(4) else { return };
    let folder = disk.path("content");
    crate::support::write(&folder.join("site.toml"), "title = \"Loose Laces\"\n");
    crate::support::write(&folder.join("posts/calf.md"), "---\ntitle: Calf\ndate: 2026-05-02\n---\nStretch it.\n");
    let site = TestSite::new().content(&folder).keeps_current().start().await;
    let author = author(&site).await;
    disk.protect();
    let said = "cannot be written, so nothing can be saved here";
    let list = author.get("/desk/texts").await;
    list.is(200).says("Calf").says(said);
    author.form_to(&list.html(), "/desk/texts").set("title", "New").send().await.is(409).says(said);
    let form = author.form_to(&author.get(CALF).await.is(200).html(), "/desk/texts/edit");
    let text = form.field("text").replace("it", "both");
    let kept = form.set("text", text).add("act", "save").send().await;
    kept.is(422).says(said).says("Stretch both.");
    let png = photo::encoded(&photo::quarters(8, 8), image::ImageFormat::Png);
    let form = author.form_to(&kept.html(), "/desk/texts/edit").add("act", "add").with_file("file", "a.png", &png);
    form.send().await.is(422).says("cannot be written").says("Stretch both.");
    let id = comment_id(&site.visitor("192.0.2.9").comment("calf", "Thanks").await);
    let form = author.form_to(&author.get("/desk").await.is(200).html(), "/desk/comments");
    form.add("id", &id.to_string()).add("act", "approve").send().await.is(303);
    site.get("/posts/calf").await.is(200).says("Thanks");
}

#[tokio::test]
async fn a_full_disk_leaves_nothing_half_written_and_what_was_typed_stays() {
    let Some(disk) = SmallDisk::mount(4) else { return };
    let folder = disk.path("content");
    crate::support::write(&folder.join("site.toml"), "title = \"Loose Laces\"\n");
    crate::support::write(&folder.join("posts/calf.md"), "---\ntitle: Calf\ndate: 2026-05-02\n---\nStretch it.\n");
    let site = TestSite::new().content(&folder).keeps_current().start().await;
    let author = author(&site).await;
    let form = author.form_to(&author.get(CALF).await.is(200).html(), "/desk/texts/edit");
    disk.fill();
    let png = photo::encoded(&photo::quarters(200, 200), image::ImageFormat::Png);
    let text = form.field("text").replace("it", "both");
    let mut page = form.set("text", text).add("act", "add").with_file("file", "a.png", &png).send().await;
    page.is(422).says("The disk is full").says("Stretch both.");
    page = author.form_to(&page.html(), "/desk/texts/edit").add("act", "save").send().await;
    page.is(422).says("The disk is full").says("Stretch both.");
    let files = fs::read_dir(folder.join("posts")).expect("reads").map(|file| file.expect("is there").file_name());
    assert_eq!(files.collect::<Vec<_>>(), ["calf.md"]);
    disk.free();
    author.form_to(&page.html(), "/desk/texts/edit").add("act", "save").send().await.is(303);
    site.get("/posts/calf").await.is(200).says("Stretch both.");
}

/// The article in a page.
fn article(text: &str) -> String {
    let start = text.find("<article").expect("an article");
    text[start..].split_once("</article>").expect("its end").0.to_owned()
}

#[tokio::test]
async fn a_preview_is_the_page_that_will_be_served() {
    let site = site().await;
    let author = author(&site).await;
    let body = "Words[^1].\n\n![[twist]]\n\nhttps://www.youtube.com/watch?v=dQw4w9WgXcQ\n\n[^1]: A note.\n";
    let form = || async { author.form_to(&author.get(CALF).await.html(), "/desk/texts/edit") };
    let text = form().await.field("text").replace("Stretch it.\n", body);
    let preview = form().await.set("text", text.as_str()).add("act", "preview").send().await;
    preview.is(200).says("A note.");
    assert_eq!(preview.header("cache-control"), "private, no-store");
    assert!(!saved(&site, "posts/calf.md").contains("A note."), "nothing is saved");
    form().await.set("text", text.as_str()).add("act", "save").send().await.is(303);
    let page = site.get("/posts/calf").await;
    assert_eq!(article(&preview.text()), article(&page.says("A note.").text()), "readers get the new text at once");
    // The live preview is the same page, with the problems and the number of words of what was typed.
    let typed = text.replace("Words[^1].", "Words[^1]. ![](none.png)");
    let live = form().await.set("text", typed.as_str()).add("act", "live").send().await;
    let framed =
        live.is(200).says("there is no picture").html().one("iframe", "title", "Preview").get("srcdoc").to_owned();
    let preview = form().await.set("text", typed).add("act", "preview").send().await;
    assert_eq!(article(&framed), article(&preview.text()));
    live.says("data-line=\"6\"");
    // A text that cannot be published comes back with the reason.
    let broken = form().await.set("text", "---\ntitle: [\n---\nKept.").add("act", "preview").send().await;
    broken.is(422).says("Kept.").says("Line 2");
}

#[tokio::test]
async fn unsaved_text_is_kept_and_never_replaces_a_newer_file() {
    let site = site().await;
    let author = author(&site).await;
    let form = || async { author.form_to(&author.get(CALF).await.is(200).html(), "/desk/texts/edit") };
    let file = saved(&site, "posts/calf.md");
    let text = form().await.field("text").replace("Stretch it.", "Typed.");
    form().await.set("text", text.as_str()).add("act", "live").send().await.is(200).says("what you type is kept");
    assert_eq!(saved(&site, "posts/calf.md"), file);
    // Until the author has decided, it is offered, and nothing else is kept.
    author.get(CALF).await.is(200).says("not saved is kept");
    let later = text.replace("Typed.", "Later.");
    form().await.set("text", later).add("act", "live").send().await.is(200);
    let shown = author.get(&format!("{CALF}&draft=show")).await;
    let kept = author.form_to(&shown.is(200).html(), "/desk/texts/edit");
    assert!(kept.field("text").contains("Typed."));
    // The file has changed since the draft began.
    site.save("posts/calf.md", file.replace("Stretch it.", "Theirs."));
    kept.add("act", "save").send().await.is(409).says("- Theirs.").says("+ Typed.");
    assert!(saved(&site, "posts/calf.md").contains("Theirs."));
    form().await.add("act", "discard").send().await.is(303);
    assert!(!author.get(CALF).await.is(200).text().contains("not saved is kept"));
    // A save removes it.
    form().await.set("text", text.as_str()).add("act", "live").send().await.is(200);
    form().await.set("text", text.as_str()).add("act", "save").send().await.is(303);
    let drafts = || fs::read_dir(site.app.config.data.join("drafts")).expect("reads").count();
    assert_eq!(drafts(), 0);
    for path in ["posts/../../a.md", "site.toml"] {
        form().await.set("path", path).add("act", "live").send().await.is(404);
    }
    form().await.set("version", "../x").set("text", "x").add("act", "live").send().await.is(200);
    assert_eq!(drafts(), 0);
}

#[tokio::test]
async fn a_draft_of_jekyll_moves_to_its_posts_when_it_is_published() {
    let site =
        TestSite::new().file("_drafts/calf.md", "---\ntitle: Calf\n---\nStretch it.\n").keeps_current().start().await;
    let author = author(&site).await;
    let form = author.form_to(&author.get("/desk/texts/edit?path=_drafts%2Fcalf.md").await.html(), "/desk/texts/edit");
    let png = photo::encoded(&photo::quarters(8, 8), image::ImageFormat::Png);
    let added = form.add("act", "add").with_file("file", "a.png", &png).send().await;
    assert!(site.path("media/a.png").exists(), "it stays when the text moves");
    let form = author.form_to(&added.is(200).html(), "/desk/texts/edit");
    let published = form.set("date", "2026-05-02").add("act", "publish").send().await;
    let to = published.is(303).header("location").to_owned();
    assert!(to.starts_with("/desk/texts/edit?path=_posts%2F2026-05-02-calf.md"), "{to}");
    author.get(&to).await.is(200).says("Published: everybody can see it.");
    site.get("/posts/calf").await.is(200).says("Stretch it.");
}

#[tokio::test]
async fn a_text_is_renamed_and_deleted_without_loss() {
    let site = site().await;
    let author = author(&site).await;
    let form = author.form_to(&author.get(CALF).await.html(), "/desk/texts/edit");
    let renamed = form.set("name", "calves").add("act", "rename").send().await;
    let to = renamed.is(303).header("location").to_owned();
    let moved = async || site.get("/posts/calf").await.has_header("location").then_some(());
    crate::support::eventually("the old address redirects", moved).await;
    assert_eq!(site.get("/posts/calf").await.is(301).header("location"), "/posts/calves");
    let form = author.form_to(&author.get(&to).await.html(), "/desk/texts/edit");
    form.add("act", "trash").send().await.is(303);
    assert!(!site.path("posts/calves.md").exists());
    site.get("/posts/calves").await.is(410);
    let trash = author.get("/desk/texts/trash").await;
    let id = trash.is(200).says("posts/calves.md").html().one("button", "name", "id").get("value").to_owned();
    author.form_to(&trash.html(), "/desk/texts/trash").add("id", &id).send().await.is(303);
    assert!(saved(&site, "posts/calves.md").contains("aliases: [\"/posts/calf\"]"));
    site.get("/posts/calves").await.is(200);
    // A text that is taken back, not deleted, is missing and not gone.
    let form = author.form_to(&author.get(&to).await.html(), "/desk/texts/edit");
    form.add("act", "unpublish").send().await.is(303);
    site.get("/posts/calves").await.is(404);
    author.get("/desk/texts/trash").await.is(200).says("The trash is empty.");
    for path in ["/desk/texts/edit?path=..%2Fsite.toml", "/desk/texts/edit?path=site.toml", "/desk/texts/edit"] {
        author.get(path).await.is(404);
    }
}

//! The author's mail for each comment, and its links.

use instep::domain::comment::Status;

use super::{Mailed, is_personal, mailed, mailed_with};
use crate::support::{smtp::Mail, visitor::comment_id};

async fn held(mailed: &mut Mailed, text: &str) -> (i64, Mail) {
    let id = comment_id(&mailed.site.visitor("192.0.2.1").comment("calf", text).await);
    (id, mailed.one_mail().await)
}

async fn status(mailed: &Mailed, id: i64) -> Status {
    mailed.site.store().comment(id).await.expect("is there").status
}

#[tokio::test]
async fn each_comment_causes_one_mail_to_the_author() {
    let mut mailed = mailed().await;
    let (id, mail) = held(&mut mailed, "My *first* words").await;
    assert_eq!(mail.line(), "jo@laces.example: Waits for you: Ana under “Calves”");
    assert_eq!(mail.from, "blog@laces.example");
    mail.says("My *first* words").says("nobody else sees it yet");
    assert!(mail.html().contains("My <em>first</em> words"), "{}", mail.html());
    assert_eq!(mail.header("From"), "\"Loose Laces\" <blog@laces.example>");
    assert_eq!(mail.header("Auto-Submitted"), "auto-generated");
    assert!(mail.header("Message-ID").ends_with("@laces.example>"), "{}", mail.header("Message-ID"));
    assert!(mail.header("List-Unsubscribe").is_empty(), "the author has a setting for that");
    for act in ["approve", "answer", "spam", "trash"] {
        let page = mailed.site.get(&mail.link(&format!("act={act}"))).await;
        is_personal(&page);
        page.says("My <em>first</em> words").says("It waits for you");
    }
    assert_eq!(status(&mailed, id).await, Status::Held, "opening a link does nothing");
    mailed.turn(1);
    assert_eq!(mailed.lines().await, Vec::<String>::new());
    // Who was approved before is told of as well.
    mailed.site.approve(id).await;
    mailed.send_all().await;
    let visitor = mailed.site.visitor("192.0.2.1");
    comment_id(&visitor.comment("hips", "From another browser").await);
    assert_eq!(mailed.lines().await.len(), 1);
}

#[tokio::test]
async fn mail_and_page_say_why_a_comment_waits() {
    let mut mailed = mailed_with(|site| {
        site.setting("site.comments.max_links", "2").setting("site.comments.hold_words", "['casino']")
    })
    .await;
    let visitor = mailed.site.visitor("192.0.2.1");
    let text = "My casino: https://a.example https://b.example https://c.example";
    let form = visitor.form("/posts/calf").await.set("name", "Jo").set("text", text).without("stamp");
    let id = comment_id(&form.send().await);
    let mail = mailed.one_mail().await;
    let why = "It waits because: you have not approved its writer before; it did not come from the form on the page; \
               the name or the e-mail address looks like yours; 3 links; a word on your list: casino.";
    mail.says(why).says("To the article: https://laces.example/posts/calf");
    assert!(mail.html().contains(why), "{}", mail.html());
    assert!(mail.html().contains("<a href=\"https://laces.example/posts/calf\">To the article</a>"), "{}", mail.html());
    mailed.site.get(&mail.link("act=approve")).await.says(why);
    mailed.site.approve(id).await;
    mailed.site.get(&mail.link("act=approve")).await.does_not_say("It waits because");
}

#[tokio::test]
async fn the_buttons_moderate_and_readers_see_it_at_once() {
    let mut mailed = mailed().await;
    let (id, mail) = held(&mut mailed, "Judge me").await;
    mailed.site.get("/posts/calf").await.does_not_say("Judge me");
    let key =
        mail.link("act=approve").split("key=").nth(1).expect("a key").split('&').next().expect("a key").to_owned();
    let press = async |act: &str| {
        let body = format!("key={key}&act={act}");
        let headers = [("content-type", "application/x-www-form-urlencoded")];
        mailed.site.ask(http::Method::POST, "/mail/comment", &headers, body).await
    };
    for (act, expected) in [("approve", Status::Approved), ("spam", Status::Spam), ("trash", Status::Trash)] {
        let done = press(act).await;
        assert_eq!(done.leads(), format!("303 /mail/comment?key={key}"));
        assert_eq!(status(&mailed, id).await, expected);
        let seen = mailed.site.get("/posts/calf").await.text().contains("Judge me");
        assert_eq!(seen, expected == Status::Approved, "{act}");
    }
    press("dance").await.is(400);
    mailed.site.get(&format!("/mail/comment?key={key}")).await.says("It is in the trash");
}

#[tokio::test]
async fn an_answer_from_the_mail_has_the_badge_and_approves_the_comment() {
    let mut mailed = mailed().await;
    let (id, mail) = held(&mut mailed, "A question").await;
    let author = mailed.site.visitor("192.0.2.99");
    let page = author.get(&mail.link("act=answer")).await.html();
    let answer = |text: &str| {
        let form = author.last_form_in(&page);
        form.add("act", "answer").set("text", text)
    };
    let empty = answer(" ").send().await;
    empty.is(422).says("Please write your answer here.");
    assert_eq!(status(&mailed, id).await, Status::Held);
    let sent = answer("An *answer*").send().await;
    // A button that was pressed twice.
    answer("An *answer*").send().await.is(303);
    let done = author.get(sent.header("location")).await;
    is_personal(&done);
    done.says("Your answer is online.").says("You answered").says("An <em>answer</em>");
    let again = author.get(&mail.link("act=answer")).await;
    again.says("You answered").says("An <em>answer</em>").does_not_say("Your answer is online.");
    let shown = again.html().all("a").iter().filter(|link| link.get("href").starts_with("/comments/")).count();
    assert_eq!(shown, 2, "the comment, and one answer");
    let page = mailed.site.get("/posts/calf").await;
    page.says("A question").says("An <em>answer</em>");
    let html = page.html();
    assert_eq!(html.elements.iter().filter(|element| element.has_class("comment-author")).count(), 1);
    assert_eq!(mailed.lines().await, Vec::<String>::new(), "nobody is told of their own words");
}

#[tokio::test]
async fn an_unfinished_answer_is_kept_when_another_button_is_pressed() {
    let mut mailed = mailed().await;
    let (id, mail) = held(&mut mailed, "A question").await;
    let author = mailed.site.visitor("192.0.2.99");
    let page = author.get(&mail.link("act=approve")).await.html();
    let approve = page.one("button", "value", "approve");
    assert_eq!(approve.get("form"), page.one("form", "action", "/mail/comment").get("id"), "one form sends both");
    let pressed = author.last_form_in(&page).add("act", "approve").set("text", "Half an ans").send().await;
    is_personal(&pressed);
    pressed.says("It is approved").says("Half an ans");
    assert_eq!(status(&mailed, id).await, Status::Approved);
    mailed.site.get("/posts/calf").await.says("A question").does_not_say("Half an ans");
    let whole = author.last_form_in(&pressed.html()).add("act", "answer");
    assert_eq!(whole.field("text"), "Half an ans");
    whole.set("text", "A whole answer").send().await.is(303);
    mailed.site.get("/posts/calf").await.says("A whole answer");
}

#[tokio::test]
async fn a_form_from_another_site_does_not_moderate() {
    let mut mailed = mailed().await;
    let (id, mail) = held(&mut mailed, "Judge me").await;
    let author = mailed.site.visitor("192.0.2.99");
    let page = author.get(&mail.link("act=approve")).await.html();
    let form = author.last_form_in(&page).add("act", "answer").set("text", "Kept text");
    let answer = form.header("sec-fetch-site", "cross-site").header("origin", "https://evil.example").send().await;
    answer.is(403).says("Kept text").says("another site");
    assert_eq!(status(&mailed, id).await, Status::Held);
}

#[tokio::test]
async fn keys_are_good_for_their_comment_and_their_time() {
    let mut mailed = mailed().await;
    let (id, mail) = held(&mut mailed, "Judge me").await;
    let link = mail.link("act=trash");
    for forged in ["/mail/comment", "/mail/comment?key=", "/mail/comment?key=1-20000.AAAAAAAAAAAAAAAAAAAAAA"] {
        mailed.site.get(forged).await.is(403).says("not complete");
    }
    let other = link.replace(&format!("key={id}-"), &format!("key={}-", id + 1));
    assert_ne!(other, link);
    mailed.site.get(&other).await.is(403);
    mailed.turn(24 * 31);
    mailed.site.get(&link).await.is(410).says("has expired");
    let (id, mail) = held(&mut mailed, "Erase me").await;
    mailed.site.store().erase(id, "test", mailed.site.app.clock.now()).await.expect("erases");
    mailed.site.get(&mail.link("act=approve")).await.is(410).does_not_say("Erase me");
}

#[tokio::test]
async fn an_author_without_mails_gets_none() {
    let mut mailed = mailed_with(|site| site.setting("site.mail.each_comment", "false")).await;
    mailed.site.visitor("192.0.2.1").comment("calf", "Hello").await.is(303);
    assert_eq!(mailed.lines().await, Vec::<String>::new());
    assert!(mailed.site.store().list_mails().await.expect("lists").is_empty());
}

#[tokio::test]
async fn names_and_titles_cannot_add_a_header() {
    let toml = "title = \"Loose\\r\\nBcc: one@evil.example\"\n[author]\nname = \"Jo\"\n[comments]\ngap_seconds = 0\n";
    let title = "---\ntitle: \"Calves\\r\\nBcc: two@evil.example\"\ndate: 2026-05-02\n---\nx";
    let mut mailed = mailed_with(|site| site.site_toml(toml).post("calf", title)).await;
    let visitor = mailed.site.visitor("192.0.2.1");
    let name = "Ana\r\nBcc: three";
    let form = visitor.form("/posts/calf").await.set("name", name).set("email", "ana@example.org");
    form.set("wish", "thread").set("text", "Hi\r\n.\r\nBcc: four@evil.example\r\n\r\nfrom Ana").send().await.is(303);
    mailed.send_all().await;
    let mails = mailed.smtp.new_mails();
    assert_eq!(mails.len(), 2);
    for mail in &mails {
        assert_eq!(mail.to.len(), 1, "{mail:?}");
        for header in ["Bcc", "Cc"] {
            assert!(mail.header(header).is_empty(), "{mail:?}");
        }
        assert!(["", "ana@example.org"].contains(&mail.header("Reply-To").as_str()), "{mail:?}");
    }
    let mut to: Vec<&str> = mails.iter().map(|mail| mail.to[0].as_str()).collect();
    to.sort_unstable();
    assert_eq!(to, ["ana@example.org", "jo@laces.example"]);
}

#[tokio::test]
async fn long_foreign_and_rtl_names_arrive_as_they_are() {
    let mut mailed = mailed().await;
    let name = "Žofie אנה 走る人 🏃 with a name that goes on and on and on until the end";
    let visitor = mailed.site.visitor("192.0.2.1");
    visitor.form("/posts/calf").await.set("name", name).set("text", "שלום\n.\n..dots").send().await.is(303);
    let mail = mailed.one_mail().await;
    assert_eq!(mail.subject(), format!("Waits for you: {name} under “Calves”"));
    assert!(mail.text().contains("שלום\n.\n..dots"), "{}", mail.text());
    assert!(mail.raw.is_ascii(), "old servers can carry it");
}

#[tokio::test]
async fn an_answer_by_mail_goes_to_a_commenter_with_an_address() {
    let mut mailed = mailed().await;
    let visitor = mailed.site.visitor("192.0.2.1");
    let form = visitor.form("/posts/calf").await.set("name", "Ana").set("email", "Ana@Bücher.example");
    comment_id(&form.set("text", "With an address").send().await);
    comment_id(&visitor.comment("calf", "Without one").await);
    let form = visitor.form("/posts/calf").await.set("name", "Ana").set("email", "jürgen@example.org");
    comment_id(&form.set("text", "With letters that old servers refuse").send().await);
    drop(visitor);
    mailed.send_all().await;
    let mails = mailed.smtp.new_mails();
    let reply_to = |text: &str| mails.iter().find(|mail| mail.text().contains(text)).expect(text).header("Reply-To");
    assert_eq!(reply_to("With an address"), "ana@xn--bcher-kva.example");
    assert_eq!(reply_to("Without one"), "");
    assert_eq!(reply_to("With letters that old servers refuse"), "");
}

#[tokio::test]
async fn nothing_in_a_name_or_title_is_decoded_in_the_subject() {
    let odd = "=?utf-8?q?evil?=";
    let post = format!("---\ntitle: 'Ü {odd}'\ndate: 2026-05-02\n---\nx");
    let mut mailed = mailed_with(|site| site.post("odd", &post)).await;
    for (slug, name) in [
        ("calf", odd.to_owned()),
        ("calf", format!("Jürgen {odd}")),
        ("calf", format!("a{odd}b {odd} {odd}")),
        ("calf", "=?utf-8?b?ZXZpbA==?=".to_owned()),
        ("odd", "=?utf-8?q?".to_owned()),
        ("odd", format!("{} {odd}", "long ".repeat(12).trim())),
    ] {
        let visitor = mailed.site.visitor("192.0.2.1");
        let form = visitor.form(&format!("/posts/{slug}")).await.set("name", name.clone());
        comment_id(&form.set("text", format!("From {name}")).send().await);
        let mail = mailed.one_mail().await;
        let title = if slug == "odd" { format!("Ü {odd}") } else { "Calves".to_owned() };
        assert_eq!(mail.subject(), format!("Waits for you: {name} under “{title}”"));
        let header = mail.header("Subject");
        assert!(header.split(' ').all(|word| !word.starts_with("=?") || word.len() <= 75), "RFC 2047, 2: {header}");
    }
}

#[tokio::test]
async fn links_of_a_comment_are_absolute_in_a_mail() {
    let mut mailed = mailed().await;
    let (_, mail) = held(&mut mailed, "[a](/about) [b](www.b.example) [c](//c.example/x) [d](#comment-1)").await;
    for href in [
        "https://laces.example/about",
        "https://www.b.example",
        "https://c.example/x",
        "https://laces.example/posts/calf#comment-1",
    ] {
        assert!(mail.html().contains(&format!("href=\"{href}\"")), "no {href} in {}", mail.html());
    }
    let page = mailed.site.get(&mail.link("act=approve")).await;
    page.says("href=\"https://www.b.example\"");
}

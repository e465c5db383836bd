//! Mails and their pages in the language of the site.

use super::{mailed_with, subscribe};
use crate::support::visitor::comment_id;

#[tokio::test]
async fn a_german_site_writes_german_mails() {
    let mut mailed = mailed_with(|site| site.setting("site.language", "de")).await;
    let visitor = mailed.site.visitor("192.0.2.1");
    let form = visitor.form("/posts/calf").await.set("name", "Ana").set("email", "ana@example.org");
    let id = comment_id(&form.set("wish", "answers").set("text", "Hallo").send().await);
    mailed.worker.send_all().await.expect("answers");
    let mails = mailed.smtp.new_mails();
    let to = |address: &str| mails.iter().find(|mail| mail.to == [address]).expect("a mail");
    let author = to("jo@laces.example");
    assert_eq!(author.subject(), "Wartet auf dich: Ana zu „Calves“");
    author.says("Freigeben: https://laces.example/mail/comment?key=");
    author.says("Warum der Kommentar wartet: von dieser Person hast du noch nichts freigegeben.");
    author.says("Zum Artikel: https://laces.example/posts/calf");
    assert!(author.html().contains("<html lang=\"de\">"));
    mailed.site.get(&author.link("act=approve")).await.says("Ana schrieb").says("Papierkorb").does_not_say("Approve");
    let question = to("ana@example.org");
    assert_eq!(question.subject(), "Ist das deine Adresse? Loose Laces fragt");
    mailed.site.get(&question.link("/mail/confirm")).await.says("Bist du das?");
    super::confirm(&visitor, question).await.is(303);
    drop(visitor);
    mailed.site.approve(id).await;
    mailed.stranger_answers(id).await;
    mailed.worker.send_all().await.expect("answers");
    let told = mailed.smtp.new_mails().into_iter().find(|mail| mail.to == ["ana@example.org"]).expect("a mail");
    assert_eq!(told.subject(), "Cy hat dir zu „Calves“ geantwortet");
    mailed.site.get(&told.link("/mail/stop")).await.says("Mails abbestellen?").says("Mir nie wieder schreiben");
}

#[tokio::test]
async fn a_language_without_texts_gets_english_mails() {
    let mut mailed =
        mailed_with(|site| site.setting("site.language", "fr").setting("site.mail.each_comment", "false")).await;
    let id = subscribe(&mut mailed, "192.0.2.1", "Ana", "answers").await;
    mailed.stranger_answers(id).await;
    assert_eq!(mailed.lines().await, ["ana@example.org: Cy answered you under “Calves”"]);
}

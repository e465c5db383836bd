//! The attempts of `comments::attacks` in mails: they add no tag, handler, link or header.

use std::collections::{BTreeMap, BTreeSet};

use super::{confirm, mailed_with};
use crate::{
    comments::attacks::{attempts, send},
    support::{html::Html, smtp::Mail, visitor::comment_id},
};

/// Elements in the HTML of mails about harmless comments, each with its attributes.
type Vocabulary = BTreeMap<String, BTreeSet<String>>;

fn learn(vocabulary: &mut Vocabulary, mail: &Mail) {
    for element in Html::parse(&mail.html()).elements {
        let attributes = element.attributes.into_iter().map(|(name, _)| name);
        vocabulary.entry(element.name).or_default().extend(attributes);
    }
}

#[track_caller]
fn is_harmless(mail: &Mail, vocabulary: &Vocabulary, headers: &BTreeSet<String>) {
    let here = url::Url::parse("https://mail.example/").expect("an address");
    for element in Html::parse(&mail.html()).elements {
        let known = vocabulary.get(&element.name);
        let Some(known) = known else { panic!("<{}> stands in {}", element.name, mail.html()) };
        for (name, value) in &element.attributes {
            assert!(known.contains(name), "{name}={value:?} stands in {}", mail.html());
            // As a mail program reads it: `java%73cript:x` has no scheme, and leads nowhere.
            let leads_to = url::Url::options().base_url(Some(&here)).parse(value);
            let is_harmless =
                name != "href" || leads_to.is_ok_and(|address| ["https", "http", "mailto"].contains(&address.scheme()));
            assert!(is_harmless, "{value:?} stands in {}", mail.html());
        }
    }
    assert_eq!(mail.to.len(), 1);
    assert!(names_of_headers(mail).is_subset(headers), "{:?}", names_of_headers(mail));
}

fn names_of_headers(mail: &Mail) -> BTreeSet<String> {
    mail.parsed().headers_raw().map(|(name, _)| name.to_ascii_lowercase()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hostile_input_does_not_reach_a_mail() {
    let mut mailed = mailed_with(|site| {
        site.setting("site.comments.network_per_10_minutes", "100000")
            .setting("site.comments.per_10_minutes", "100000")
            .setting("site.mail.digest", "daily")
    })
    .await;
    let ana = mailed.site.visitor("192.0.2.1");
    mailed.site.approve(mailed.wish(&ana, "Ana", "thread").await).await;
    mailed.worker.send_all().await.expect("answers");
    let mails = mailed.smtp.new_mails();
    let question = mails.iter().find(|mail| mail.to == ["ana@example.org"]).expect("a question");
    confirm(&ana, question).await.is(303);
    drop(ana);
    let (mut vocabulary, mut headers) = (Vocabulary::new(), BTreeSet::new());
    let harmless = "*a* **b** ~~c~~ `d` [e](https://a.example) https://b.example\nbreak\n\n> quote\n\n- one\n\n3. three\n\n```\ncode\n```";
    let form = mailed.site.visitor("192.0.2.9");
    let form = form.form("/posts/calf").await.set("name", "Bo").set("site", "b.example").set("text", harmless);
    mailed.site.approve(comment_id(&form.send().await)).await;
    mailed.turn(24);
    mailed.send_all().await;
    let mails = mailed.smtp.new_mails();
    assert!(mails.len() >= 2, "to the author and to Ana");
    for mail in &mails {
        learn(&mut vocabulary, mail);
        headers.extend(names_of_headers(mail));
    }
    for name in ["script", "img", "iframe", "style", "svg", "form", "input"] {
        assert!(!vocabulary.contains_key(name), "<{name}> is none of a mail's");
    }

    let (mut sent, mut approved, mut told) = (0, 0, 0);
    // Every second one is enough, each field in turn: an attack is made in six ways.
    let half = attempts().into_iter().enumerate().filter(|(number, _)| (number + number / 6) % 2 == 0);
    for (number, (_, attempt)) in half.enumerate() {
        let answer = send(&mailed.site, "calf", &attempt).await;
        if answer.status == 422 {
            continue;
        }
        sent += 1;
        // Held ones in the author's mails and digests, approved ones in those of who listens.
        if number % 2 == 0 {
            mailed.site.approve(comment_id(&answer)).await;
            approved += 1;
        }
    }
    mailed.turn(24);
    mailed.send_all().await;
    for mail in mailed.smtp.new_mails() {
        is_harmless(&mail, &vocabulary, &headers);
        told += 1;
    }
    println!("{sent} attempts were taken and told in {told} mails");
    assert!(sent >= 400);
    assert_eq!(told, sent + approved + 1, "each to the author, those approved to Ana, and a digest");
}

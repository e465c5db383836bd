//! The spam filter on a small corpus: it learns from one half, and judges the other.

use jiff::SignedDuration;

use super::{judged, stored};
use crate::support::{TestSite, visitor::comment_id};

const SPAM: &[&str] = &[
    "Subscribe to my channel for more free videos",
    "Check out my channel, I post videos every day",
    "Make money from home, visit https://cash.example/join",
    "Earn 500 dollars a day, no work: https://cash.example/now",
    "Please subscribe to my channel and I will subscribe back",
    "Cheap running shoes at https://deals.example/shoes",
    "Visit my website for cheap shoes and free shipping",
    "Free gift cards! Visit https://gifts.example today",
    "I earn money online every week, check https://cash.example",
    "Check my new videos and subscribe, thanks",
    "Click here for free followers https://follow.example",
    "Get free followers and likes, click my channel",
    "Best casino bonus, click https://casino.example/bonus",
    "Casino bonus without deposit, visit today",
    "Hey guys, check out my channel and subscribe please",
    "Buy cheap pills online, free shipping, click here",
    "Cheap pills without prescription https://pills.example",
    "My channel has free videos about money, subscribe",
    "Work from home and earn money, check my website",
    "Subscribe, subscribe, subscribe to my new channel!",
    "Visit my channel for the best deals on shoes",
    "Click the website on my profile for free money",
    "Earn followers: https://follow.example/earn",
    "Free casino bonus for you, click and visit https://casino.example",
    "Check this website: cheap shoes, free shipping https://deals.example",
    "Please check out my channel for free gift cards",
];

const HAM: &[&str] = &[
    "My calves feel so much better after a week of this",
    "How long should I hold the second stretch?",
    "I tried the towel stretch and my heel stopped hurting",
    "Twice a day is a lot, but my ankles thank you",
    "Is it normal that my left calf is tighter than my right?",
    "Thank you for the drawings, they help a lot",
    "My physio showed me the same stretch with a step",
    "I ran ten miles on Sunday and my feet felt fine",
    "Would this help with plantar pain in the morning?",
    "The toe flexion is harder than it looks",
    "I do these while my coffee brews every morning",
    "Do you stretch before the run or after it?",
    "My ankles crack when I circle them, should I stop?",
    "The lacrosse ball hurts in a good way",
    "After my marathon this was the only thing that helped",
    "I forgot the rest between the sets and my foot cramped",
    "Lovely article, I laughed about the toast",
    "Can I do the calf stretch with a bent knee as well?",
    "My heel pain is gone after a month, thank you",
    "The hold of thirty seconds feels long at first",
    "I added the ankle circles to my morning run",
    "How often a week would you do this with flat feet?",
    "The drawing of the second stretch made it clear",
    "My knee felt better when I stretched my calf first",
    "Is a rolled towel fine if I have no strap?",
    "I hold each stretch while I count to thirty",
];

/// Sends a comment under `calf` as a new commenter, and returns its number.
async fn say(site: &TestSite, text: &str) -> i64 {
    let visitor = site.visitor("192.0.2.1");
    let form = visitor.form("/posts/calf").await.set("name", "Somebody").set("text", text);
    comment_id(&form.send().await)
}

async fn teach(site: &TestSite, count: usize) {
    for (spam, ham) in SPAM.iter().zip(HAM).take(count) {
        let (spam, ham) = (say(site, spam).await, say(site, ham).await);
        site.store().mark_spam(spam, "test", site.app.clock.now()).await.expect("marks");
        site.approve(ham).await;
        site.turn(SignedDuration::from_secs(60));
    }
}

async fn site(bayes: &str) -> TestSite {
    let settings = [("moderation", "none"), ("max_links", "100"), ("bayes", bayes)];
    let builder = TestSite::new().post("calf", "Stretch it.");
    let builder =
        settings.iter().fold(builder, |builder, (key, value)| builder.setting(&format!("site.comments.{key}"), value));
    builder.start().await
}

#[tokio::test]
async fn an_untrained_filter_holds_nothing() {
    let site = site("true").await;
    teach(&site, 19).await;
    for text in [SPAM[20], SPAM[24], HAM[24]] {
        let id = say(&site, text).await;
        assert_eq!(judged(&site, id).await, "approved", "{text}");
    }
}

#[tokio::test]
async fn after_twenty_of_each_the_filter_holds_spam() {
    let site = site("true").await;
    teach(&site, 20).await;
    let (mut suspected, mut wrongly) = (0, Vec::new());
    for (text, is_spam) in SPAM[20..].iter().map(|text| (text, true)).chain(HAM[20..].iter().map(|text| (text, false)))
    {
        let id = say(&site, text).await;
        match (judged(&site, id).await.as_str(), is_spam) {
            ("held bayes", true) => suspected += 1,
            ("approved", _) => {}
            (other, _) => wrongly.push(format!("{other}: {text}")),
        }
    }
    assert_eq!(wrongly, Vec::<String>::new());
    assert!(suspected >= 4, "{suspected} of {}", SPAM.len() - 20);
    assert_eq!(stored(&site).await, SPAM.len() + HAM.len(), "held, never refused");
    let listed = site.store().list_comments(Some(instep::domain::comment::Status::Held)).await.expect("lists");
    for one in &listed {
        let said = one.explained()[0];
        assert!(said.starts_with("bayes 0.9") || said.starts_with("bayes 1.00"), "{said}");
        assert!(said.split(": ").nth(1).is_some_and(|words| !words.is_empty()), "it says what it went by: {said}");
    }
    assert!(site.store().refusals().await.expect("lists").is_empty());
}

#[tokio::test]
async fn the_filter_can_be_switched_off() {
    let site = site("false").await;
    teach(&site, 26).await;
    let id = say(&site, "Subscribe to my channel for free money").await;
    assert_eq!(judged(&site, id).await, "approved");
}

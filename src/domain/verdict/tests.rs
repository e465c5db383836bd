use super::{
    bayes::{Counts, Learned},
    *,
};
use crate::domain::comment::{Reading, Wish};

const FINE: Circumstances = Circumstances {
    stamp: StampState::Valid,
    post_age: None,
    honeypot_filled: false,
    poses_as_author: false,
    has_authors_email: false,
};
const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 77));

fn rules() -> Rules {
    Rules { max_links: 2, bayes: true, ..Rules::default() }
}

fn known() -> History {
    History { approved: 1, ..History::default() }
}

/// Rendered text of a text without Markdown.
fn read(text: &str) -> Reading {
    Reading { words: text.to_owned(), unlinked: text.to_owned(), ..Reading::default() }
}

fn comment(text: &str) -> NewComment {
    let site = Some("https://ana.example".to_owned());
    NewComment {
        name: "Ana".into(),
        email: Some("ana@example.org".into()),
        site,
        text: text.into(),
        reading: read(text),
        parent: None,
        wish: Wish::Nothing,
    }
}

/// Decision in one line.
fn said(decision: &Decision) -> String {
    match decision {
        Decision::Approve => "approve".to_owned(),
        Decision::Hold(reasons) => {
            format!("hold: {}", reasons.iter().map(Finding::to_string).collect::<Vec<_>>().join("; "))
        }
        Decision::Refuse(refusal) => format!("refuse: {} {}", refusal.as_str(), refusal.detail()),
    }
}

#[track_caller]
fn check(new: &NewComment, circumstances: Circumstances, history: &History, rules: &Rules, expected: &str) {
    assert_eq!(said(&verdict(new, HERE, circumstances, history, rules)), expected, "{new:?}");
}

#[test]
fn known_commenters_pass_and_strangers_are_held() {
    let check = |circumstances, history: &History, expected: &str| {
        check(&comment("Hello there"), circumstances, history, &rules(), expected);
    };
    check(FINE, &known(), "approve");
    check(FINE, &History::default(), "hold: first-comment");
    check(Circumstances { stamp: StampState::Missing, ..FINE }, &known(), "hold: stamp-missing");
    check(Circumstances { stamp: StampState::Old, ..FINE }, &known(), "hold: stamp-old");
    let bot = Circumstances {
        post_age: None,
        stamp: StampState::Forged,
        honeypot_filled: true,
        poses_as_author: true,
        has_authors_email: true,
    };
    check(bot, &History::default(), "hold: first-comment; stamp-forged; honeypot; author-name");
    check(Circumstances { poses_as_author: true, ..FINE }, &known(), "hold: author-name");
    check(FINE, &History { repeated: 2, ..known() }, "hold: repeated 3 times in a day");
}

#[test]
fn a_confirmed_address_makes_a_commenter_known() {
    let check = |circumstances, history: &History, moderation, expected: &str| {
        check(&comment("Hello there"), circumstances, history, &Rules { moderation, ..rules() }, expected);
    };
    let proven = || History { email_is_theirs: true, ..History::default() };
    check(FINE, &proven(), Moderation::First, "approve");
    check(FINE, &History { thrown_out: 1, ..proven() }, Moderation::First, "hold: first-comment");
    check(FINE, &History { thrown_out: 1, approved: 1, ..proven() }, Moderation::First, "approve");
    check(FINE, &proven(), Moderation::All, "hold: all-held");
    // The author's own address, typed by anybody, and confirmed.
    let authors = Circumstances { has_authors_email: true, ..FINE };
    check(authors, &known(), Moderation::First, "hold: author-name");
    check(authors, &known(), Moderation::None, "hold: author-name");
    let named = Circumstances { poses_as_author: true, stamp: StampState::Old, ..authors };
    check(named, &History { thrown_out: 1, ..proven() }, Moderation::All, "approve");
    // A confirmed address of one's own does not allow a name like the author's.
    check(Circumstances { poses_as_author: true, ..FINE }, &proven(), Moderation::First, "hold: author-name");
}

#[test]
fn the_moderation_setting_decides() {
    let check = |moderation, history: &History, expected: &str| {
        check(&comment("Hello there"), FINE, history, &Rules { moderation, ..rules() }, expected);
    };
    check(Moderation::None, &History::default(), "approve");
    check(Moderation::None, &known(), "approve");
    check(Moderation::All, &known(), "hold: all-held");
    check(Moderation::All, &History::default(), "hold: all-held");
}

#[test]
fn comments_on_old_posts_are_held_if_the_site_says_so() {
    let day = SignedDuration::from_hours(24);
    let after_a_month = Rules { hold_after: Some(day * 30), ..rules() };
    let check = |age: Option<SignedDuration>, history: &History, rules: &Rules, expected: &str| {
        check(&comment("Hello there"), Circumstances { post_age: age, ..FINE }, history, rules, expected);
    };
    let second = SignedDuration::from_secs(1);
    check(Some(day * 30 - second), &known(), &after_a_month, "approve");
    check(Some(day * 30), &known(), &after_a_month, "hold: old-post 30 days");
    check(Some(day * 400 + second), &History::default(), &after_a_month, "hold: first-comment; old-post 400 days");
    check(Some(day * 9000), &known(), &rules(), "approve");
    // A post that is dated ahead, and one that was removed.
    check(Some(-day * 30), &known(), &after_a_month, "approve");
    check(None, &known(), &after_a_month, "approve");
    let author = Circumstances { post_age: Some(day * 400), has_authors_email: true, ..FINE };
    let confirmed = History { email_is_theirs: true, ..History::default() };
    assert_eq!(verdict(&comment("Mine"), HERE, author, &confirmed, &after_a_month), Decision::Approve);
}

#[test]
fn links_and_phrases_hold_or_refuse() {
    let phrases = |one: &str| Phrases::parse(&[one.to_owned()]).expect("a phrase");
    let rules = Rules { hold_words: phrases("cheap*"), refuse_words: phrases("casino"), ..rules() };
    let check = |new: &NewComment, expected: &str| check(new, FINE, &known(), &rules, expected);
    check(&comment("https://a.example and www.b.example"), "approve");
    check(&comment("https://a.example and www.b.example or c.com"), "hold: links 3");
    check(&comment("Cheaper shoes"), "hold: hold-word cheap*");
    check(&comment("Cheap shoes: https://a.com https://b.com https://c.com"), "hold: links 3; hold-word cheap*");
    check(&comment("My CASINO, cheap"), "refuse: refuse-word casino");
    check(&comment("Casinos are none"), "approve");
    check(&NewComment { name: "Casino Royal".into(), ..comment("Hi") }, "refuse: refuse-word casino");
    check(
        &NewComment { site: Some("https://my-casino.example".into()), ..comment("Hi") },
        "refuse: refuse-word casino",
    );
    check(&NewComment { email: Some("casino@a.example".into()), ..comment("Hi") }, "refuse: refuse-word casino");
}

#[test]
fn blocked_senders_are_refused() {
    let blocks = [Block::email("bo@example.org"), Block::site("spam.example"), Block::network("192.0.2.0/24")];
    let [email, site, network] = blocks.map(|block| block.expect("a block"));
    let check = |blocks: Vec<Block>, new: &NewComment, expected: &str| {
        check(new, FINE, &History { blocks, ..known() }, &rules(), expected);
    };
    check(vec![email.clone(), site.clone()], &comment("Hello"), "approve");
    check(vec![email, site, network], &comment("Hello"), "refuse: blocked 192.0.2.0/24");
}

#[test]
fn the_filter_holds_and_never_refuses() {
    let spam: Counts = Counts { spam: 400, ham: 0 };
    let features = features(&comment("subscribe to my channel")).into_iter();
    let features = features.filter(|feature| !feature.contains(':')).map(|feature| (feature, spam));
    let learned = Learned { comments: Counts { spam: 400, ham: 400 }, features: features.collect() };
    let history = History { learned, ..known() };
    let decision = verdict(&comment("subscribe to my channel"), HERE, FINE, &history, &rules());
    assert!(said(&decision).starts_with("hold: bayes 1.00: "), "{}", said(&decision));
    check(&comment("Thank you, both calves feel better"), FINE, &history, &rules(), "approve");
    let off = Rules { bayes: false, ..rules() };
    check(&comment("subscribe to my channel"), FINE, &history, &off, "approve");
    let few = Learned { comments: Counts { spam: 400, ham: 19 }, ..history.learned.clone() };
    check(&comment("subscribe to my channel"), FINE, &History { learned: few, ..known() }, &rules(), "approve");
}

#[test]
fn equal_texts_have_one_mark() {
    let text = "Great article, I will share it with my friends!";
    assert_eq!(mark(text), mark("GREAT article — I will share it, with my friends"));
    assert_ne!(mark(text), mark("Great article, I will share it with my family!"));
    assert_eq!(mark("Thank you so much!"), None);
}

#[test]
fn a_reason_is_read_as_it_was_written() {
    for line in [
        "all-held",
        "first-comment",
        "old-post 412 days",
        "stamp-missing",
        "stamp-forged",
        "stamp-old",
        "honeypot",
        "author-name",
        "links 3",
        "hold-word online casino*",
        "repeated 2 times in a day",
        "bayes 0.98: subscribe, my channel",
    ] {
        let found = Finding::parse(line).expect(line);
        assert_eq!(found.to_string(), line);
        assert_eq!(parse_word(&word_of(found.reason)), Some(found.reason));
    }
    let number = |line| Finding::parse(line).and_then(|found| found.number());
    assert_eq!([number("old-post 412 days"), number("links 3")], [Some(412), Some(3)]);
    assert_eq!(Finding::parse("bayes 0.98: subscribe, my channel").expect("a reason").words(), "subscribe, my channel");
    for strange in ["", "links", "links many", "repeated", "bayes", "bayes high: one", "mood"] {
        assert_eq!(Finding::parse(strange), None, "{strange}");
    }
}

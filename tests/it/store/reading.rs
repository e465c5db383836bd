//! Reading: threads, counts, lists, single comments.

use instep::{
    domain::comment::{Status, ThreadKey},
    store::{Filter, Sent, StoreError},
};

use super::{add, add_approved, answer_to, at, by, placed, sent, thread_ids, under};
use crate::support::database::{Database, on_both_engines};

on_both_engines!(
    a_thread_has_only_approved_comments,
    a_removed_comment_keeps_its_place_while_an_approved_one_answers_it,
    a_waiting_comment_is_shown_to_its_writer_in_its_own_thread_only,
    threads_of_several_slugs_are_read_together,
    the_newest_comments_are_approved_ones_of_all_threads,
    counts_are_of_approved_comments_by_slug,
    a_single_comment_is_found_whatever_its_status,
    comments_are_listed_by_status_oldest_first,
    unanswered_comments_are_listed_oldest_first,
    has_comments_is_true_from_the_first_comment,
    two_instances_see_each_others_changes,
    the_store_answers_until_it_is_closed,
);

async fn a_thread_has_only_approved_comments(database: Database) {
    let store = &database.store;
    let approved = add_approved(store, &sent("Approved")).await;
    add(store, &by("stranger", sent("Held"))).await;
    let spam = add_approved(store, &sent("Spam")).await;
    store.mark_spam(spam, "test", at(0)).await.expect("marks");
    add_approved(store, &under("hips", sent("Elsewhere"))).await;
    assert_eq!(thread_ids(store, &["calf"], None).await, [approved]);
    assert_eq!(thread_ids(store, &["nobody-commented"], None).await, [] as [i64; 0]);
    assert_eq!(thread_ids(store, &[], None).await, [] as [i64; 0]);
}

async fn a_removed_comment_keeps_its_place_while_an_approved_one_answers_it(database: Database) {
    let store = &database.store;
    let parent = add_approved(store, &sent("Parent")).await;
    let answer = add_approved(store, &answer_to(parent, "Answer")).await;
    store.trash(parent, "test", at(0)).await.expect("trashes");
    assert_eq!(thread_ids(store, &["calf"], None).await, [parent, answer]);
    store.trash(answer, "test", at(0)).await.expect("trashes");
    assert_eq!(thread_ids(store, &["calf"], None).await, [] as [i64; 0]);
}

async fn a_waiting_comment_is_shown_to_its_writer_in_its_own_thread_only(database: Database) {
    let store = &database.store;
    let held = add(store, &sent("Held")).await;
    let other = add(store, &sent("Other held")).await;
    assert_eq!(thread_ids(store, &["calf"], Some(held)).await, [held]);
    assert_eq!(thread_ids(store, &["calf"], Some(other)).await, [other]);
    assert_eq!(thread_ids(store, &["hips"], Some(held)).await, [] as [i64; 0]);
}

async fn threads_of_several_slugs_are_read_together(database: Database) {
    let store = &database.store;
    let new = add_approved(store, &sent("New")).await;
    let old = add_approved(store, &under("calves", sent("Old"))).await;
    assert_eq!(thread_ids(store, &["calf", "calves"], None).await, [new, old]);
    let thread = store.thread(&[ThreadKey::post("calves")], None, 9).await.expect("answers");
    assert_eq!(thread[0].thread_slug, "calves");
}

async fn the_newest_comments_are_approved_ones_of_all_threads(database: Database) {
    let store = &database.store;
    let later = |seconds, sent| Sent { at: at(seconds), ..sent };
    let first = add_approved(store, &sent("First")).await;
    let twin = add_approved(store, &under("toes", sent("At the same moment as the first"))).await;
    let latest = add_approved(store, &later(60, under("hips", sent("Latest")))).await;
    add(store, &by("stranger", later(90, sent("Held")))).await;
    let spam = add_approved(store, &later(90, sent("Spam"))).await;
    store.mark_spam(spam, "test", at(0)).await.expect("marks");
    let brought = store.place_comment(&ThreadKey::post("calf"), &placed("Lisa", None, false), "test").await;
    let old = brought.expect("places");
    for (limit, expected) in [(10, &[latest, twin, first, old][..]), (2, &[latest, twin]), (0, &[])] {
        let newest = store.newest_comments(limit).await.expect("answers");
        let ids: Vec<i64> = newest.iter().map(|comment| comment.id).collect();
        assert_eq!(ids, expected, "{limit}");
    }
    let newest = store.newest_comments(1).await.expect("answers");
    assert_eq!((newest[0].thread_slug.as_str(), newest[0].text.as_str()), ("hips", "Latest"));
}

async fn counts_are_of_approved_comments_by_slug(database: Database) {
    let store = &database.store;
    for number in 0..3 {
        add_approved(store, &sent(&format!("Number {number}"))).await;
    }
    add_approved(store, &under("hips", sent("One"))).await;
    add(store, &by("stranger", under("toes", sent("Held")))).await;
    let keys = ["calf", "hips", "toes", "nobody"].map(ThreadKey::post);
    let counts = store.comment_counts(&keys).await.expect("counts");
    let mut counts: Vec<(&str, usize)> = counts.iter().map(|(slug, count)| (slug.as_str(), *count)).collect();
    counts.sort_unstable();
    assert_eq!(counts, [("calf", 3), ("hips", 1)]);
    assert!(store.comment_counts(&[]).await.expect("counts").is_empty());
    assert!(store.comment_counts(&[ThreadKey::post("toes")]).await.expect("counts").is_empty());
}

async fn a_single_comment_is_found_whatever_its_status(database: Database) {
    let store = &database.store;
    let id = add(store, &sent("Held")).await;
    assert_eq!(store.comment(id).await.expect("is there").text, "Held");
    store.trash(id, "test", at(0)).await.expect("trashes");
    assert_eq!(store.comment(id).await.expect("is there").status, Status::Trash);
    for wrong in [id + 1, 0, -1, i64::MAX] {
        assert!(matches!(store.comment(wrong).await, Err(StoreError::NotFound)), "{wrong}");
    }
}

async fn comments_are_listed_by_status_oldest_first(database: Database) {
    let store = &database.store;
    let ids = [
        add_approved(store, &sent("One")).await,
        add(store, &by("stranger", sent("Two"))).await,
        add(store, &by("stranger", sent("Three"))).await,
        add(store, &by("stranger", sent("Four"))).await,
        add(store, &by("stranger", sent("Five"))).await,
    ];
    store.mark_spam(ids[2], "test", at(0)).await.expect("marks");
    store.trash(ids[3], "test", at(0)).await.expect("trashes");
    for (status, expected) in [
        (Some(Status::Approved), &ids[0..1]),
        (Some(Status::Held), &[ids[1], ids[4]]),
        (Some(Status::Spam), &ids[2..3]),
        (Some(Status::Trash), &ids[3..4]),
        (None, &ids),
    ] {
        let listed = store.list_comments(status).await.expect("lists");
        let listed: Vec<i64> = listed.iter().map(|comment| comment.id).collect();
        assert_eq!(listed, expected, "{status:?}");
    }
}

async fn unanswered_comments_are_listed_oldest_first(database: Database) {
    let store = &database.store;
    let unanswered = async || -> Vec<i64> {
        store
            .unanswered_comments(&Filter::default(), 0, 9)
            .await
            .expect("lists")
            .iter()
            .map(|comment| comment.id)
            .collect()
    };
    let reply = async |id| store.reply_as_author(id, "Jo", None, "An answer", "shell", at(60)).await.expect("answers");
    assert_eq!(unanswered().await, [] as [i64; 0]);
    let question = add_approved(store, &sent("A question")).await;
    let follow_up = add_approved(store, &answer_to(question, "By the way")).await;
    let elsewhere = add_approved(store, &under("hips", sent("Elsewhere"))).await;
    let before =
        store.place_comment(&ThreadKey::post("toes"), &placed("Lisa", None, false), "demo").await.expect("places");
    store.place_comment(&ThreadKey::post("toes"), &placed("Jo", None, true), "demo").await.expect("places");
    add(store, &by("stranger", sent("Held"))).await;
    assert_eq!(unanswered().await, [before, question, follow_up, elsewhere]);

    // An answer further down is one to all above it; what is asked below it is a new question.
    let answer = reply(follow_up).await;
    assert_eq!(unanswered().await, [before, elsewhere]);
    let again = add_approved(store, &answer_to(answer, "And then?")).await;
    assert_eq!(unanswered().await, [before, elsewhere, again]);
    // An answer that is taken away is none.
    store.trash(answer, "test", at(61)).await.expect("trashes");
    assert_eq!(unanswered().await, [before, question, follow_up, elsewhere, again]);
}

async fn has_comments_is_true_from_the_first_comment(database: Database) {
    assert!(!database.store.has_comments().await.expect("answers"));
    add(&database.store, &sent("Held")).await;
    assert!(database.store.has_comments().await.expect("answers"));
}

async fn two_instances_see_each_others_changes(database: Database) {
    let second = database.again().await;
    let id = add(&database.store, &sent("From the first")).await;
    assert_eq!(second.comment(id).await.expect("is there").text, "From the first");
    second.approve(id, "test", at(0)).await.expect("approves");
    assert_eq!(thread_ids(&database.store, &["calf"], None).await, [id]);
    second.close().await;
    assert_eq!(thread_ids(&database.store, &["calf"], None).await, [id], "closing one leaves the other");
}

async fn the_store_answers_until_it_is_closed(database: Database) {
    let second = database.again().await;
    second.ping().await.expect("answers");
    second.close().await;
    assert!(matches!(second.ping().await, Err(StoreError::Database(_))));
    assert!(matches!(second.add_comment(&sent("Too late")).await, Err(StoreError::Database(_))));
    database.store.ping().await.expect("answers");
}

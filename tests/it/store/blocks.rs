//! Blocks that the author has set.

use instep::{
    domain::{
        comment::{NewComment, Status},
        verdict::{Refusal, blocks::Block},
    },
    store::{Added, Sender, Sent, StoreError},
};

use super::{add, at, by, sent, status_of};
use crate::support::database::{Database, on_both_engines};

on_both_engines!(a_block_refuses_only_its_sender, a_block_is_stored_once_and_can_be_removed);

fn with(email: Option<&str>, site: Option<&str>, address: &str, text: &str) -> Sent {
    let sent = sent(text);
    let new = NewComment { email: email.map(str::to_owned), site: site.map(str::to_owned), ..sent.new };
    Sent { new, sender: Sender { ip: address.parse().expect("an address"), ..sent.sender }, ..sent }
}

async fn a_block_refuses_only_its_sender(database: Database) {
    let store = &database.store;
    let all = [Block::email("bo@example.org"), Block::site("spam.example"), Block::network("2001:db8::/48")];
    let all = all.map(|block| block.expect("a block"));
    for block in &all {
        store.block(block, "", "test", at(0)).await.expect("blocks").expect("a number");
    }
    for (sent, block) in [
        (with(Some("Bo@Example.org"), None, "192.0.2.1", "By mail"), &all[0]),
        (with(None, Some("https://www.spam.example/x"), "192.0.2.1", "By site"), &all[1]),
        (with(None, None, "2001:db8:0:7::1", "By address"), &all[2]),
    ] {
        let added = store.add_comment(&sent).await.expect("answers");
        assert_eq!(added, Added::Refused(Refusal::Blocked(block.clone())));
    }
    let other = with(Some("ana@example.org"), Some("https://ana.example"), "2001:db8:1::1", "Somebody else");
    let id = add(store, &other).await;
    assert_eq!(status_of(store, id).await, Status::Held);
    let refused: Vec<(String, String)> =
        store.refusals().await.expect("lists").into_iter().map(|one| (one.reason, one.detail)).collect();
    let expected =
        ["bo@example.org", "spam.example", "2001:db8::/48"].map(|one| ("blocked".to_owned(), one.to_owned()));
    assert_eq!(refused, expected);
}

async fn a_block_is_stored_once_and_can_be_removed(database: Database) {
    let store = &database.store;
    let block = Block::email("bo@example.org").expect("a block");
    let id = store.block(&block, "rude", "shell", at(3)).await.expect("blocks").expect("a number");
    assert_eq!(store.block(&block, "again", "shell", at(4)).await.expect("answers"), None);
    let listed = store.blocks().await.expect("lists");
    assert_eq!(listed.len(), 1);
    assert_eq!((listed[0].id, &listed[0].block, listed[0].note.as_str()), (id, &block, "rude"));
    assert_eq!((listed[0].actor.as_str(), listed[0].at), ("shell", at(3)));
    store.unblock(id).await.expect("unblocks");
    assert!(matches!(store.unblock(id).await, Err(StoreError::NotFound)));
    add(store, &by("bo", with(Some("bo@example.org"), None, "192.0.2.1", "Back again"))).await;
    assert!(store.blocks().await.expect("lists").is_empty() && store.refusals().await.expect("lists").is_empty());
}

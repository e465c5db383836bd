//! No statement of the store reads a whole table that grows, by the query plans of both engines.

use std::{collections::BTreeMap, fs};

use instep::{
    domain::{
        account::{NewAccount, Role},
        comment::{CommentId, Status, ThreadKey, Wish},
        mail_keys::{CornerLink, WishKey},
        notices::Why,
        passkey::NewPasskey,
        token::{Code, Rights, Scopes},
        verdict::{Circumstances, Rates, blocks::Block},
    },
    store::{Added, Filter, Outcome, Sent},
};
use jiff::SignedDuration;

use super::{EASY, FINE, add, add_approved, answer_to, at, by, placed, sent};
use crate::support::{
    database::{Database, on_both_engines},
    root,
    statements::{every, listen},
};

on_both_engines!(no_statement_reads_a_whole_table_that_grows);

/// Tables that may be read whole, and why.
const MAY_BE_READ: [&str; 4] = [
    // `comments list --status all` lists all.
    "FROM comments WHERE text <> '' ORDER BY id",
    // No statements of the store.
    "FOR UPDATE",
    "EXPLAIN ",
    "PREPARE ",
];

/// Names in plans that are not growing tables: `site` has one row, `blocks`, `accounts` and `tokens` are the author's lists,
/// the others are subqueries.
const NO_TABLES: [&str; 12] = [
    "site",
    "blocks",
    "accounts",
    "gone",
    "tokens",
    "CONSTANT",
    "answered",
    "duplicate",
    "own",
    "near",
    "counted",
    "one",
];

async fn no_statement_reads_a_whole_table_that_grows(database: Database) {
    listen();
    let comments = Box::pin(use_everything(&database)).await;
    Box::pin(use_the_desk(&database, comments)).await;
    Box::pin(let_it_expire(&database, comments)).await;
    let (written, heard) = (written(), every());
    let unheard: Vec<&Pattern> = written.iter().filter(|text| !heard.iter().any(|sql| text.is_of(sql))).collect();
    assert!(unheard.is_empty(), "use_everything must send these too: {unheard:#?}");
    let erased = "SELECT id FROM comments WHERE status = 'trash' AND text <> '' ORDER BY id";
    let with_text = "SELECT COUNT(*) FROM comments WHERE status = 'trash' AND text <> ''";
    for sql in [erased, with_text] {
        let plan = database.plan(sql).await.join("\n");
        assert!(plan.contains("comments_with_text"), "{plan}");
    }
    let mut refused = Vec::new();
    for sql in heard.iter().filter(|sql| written.iter().any(|text| text.is_of(sql))) {
        if MAY_BE_READ.iter().any(|part| sql.contains(part)) {
            continue;
        }
        let plan = database.plan(sql).await;
        let scans = if database.is_sqlite() { scans_of_sqlite(&plan) } else { scans_of_postgres(&plan) };
        if !scans.is_empty() {
            refused.push(format!("{sql}\n    {}", scans.join("\n    ")));
        }
    }
    assert!(refused.is_empty(), "{}", refused.join("\n"));
}

/// Text of a statement in the source of the store, without the parts in braces, which are filled in.
#[derive(Debug)]
struct Pattern(Vec<String>);

impl Pattern {
    /// True if the statement was made from this text.
    fn is_of(&self, sql: &str) -> bool {
        let [first, middle @ .., last] = self.0.as_slice() else { return sql == self.0[0] };
        let Some(mut rest) = sql.strip_prefix(first.as_str()) else { return false };
        for part in middle {
            let Some(found) = rest.find(part.as_str()) else { return false };
            rest = &rest[found + part.len()..];
        }
        rest.ends_with(last.as_str())
    }
}

/// The statements in the source of the store.
fn written() -> Vec<Pattern> {
    let mut statements = Vec::new();
    for file in fs::read_dir(root().join("src/store")).expect("a folder").flatten() {
        if file.path().extension().is_none_or(|extension| extension != "rs") || file.file_name() == "open.rs" {
            continue;
        }
        let source = fs::read_to_string(file.path()).expect("reads");
        let code: String = source
            .lines()
            .filter(|line| !line.trim_start().starts_with("//"))
            .fold(String::new(), |code, line| code + line + "\n");
        for (at, literal) in code.split('"').enumerate() {
            let is_sql =
                ["SELECT ", "UPDATE ", "DELETE ", "INSERT ", "WITH "].iter().any(|verb| literal.starts_with(verb));
            if at % 2 == 1 && is_sql {
                let parts = literal.split(['{', '}']).step_by(2);
                let spaced = |part: &str| part.split_whitespace().collect::<Vec<_>>().join(" ");
                statements.push(Pattern(parts.map(spaced).collect()));
            }
        }
    }
    assert!(statements.len() > 90, "{statements:#?}");
    statements
}

/// Partial indexes: they hold only rows that are not finished.
fn partial_indexes() -> Vec<String> {
    let mut names = Vec::new();
    for file in fs::read_dir(root().join("migrations/sqlite")).expect("a folder").flatten() {
        let sql = fs::read_to_string(file.path()).expect("reads");
        let is_partial = |sql: &&str| sql.contains("CREATE INDEX") && sql.contains(" WHERE ");
        // All comments with a text are many.
        for statement in sql.split(';').filter(is_partial).filter(|sql| !sql.contains("text <> ''")) {
            let name = statement.split("CREATE INDEX ").nth(1).and_then(|rest| rest.split_whitespace().next());
            names.push(name.expect("a name").to_owned());
        }
    }
    names
}

fn scans_of_sqlite(plan: &[String]) -> Vec<String> {
    let is_scan = |step: &&String| {
        let table = step.strip_prefix("SCAN ").and_then(|rest| rest.split_whitespace().next());
        table.is_some_and(|table| !NO_TABLES.contains(&table) && !table.starts_with('('))
            && !step.contains("VALUES CLAUSE")
    };
    let partial = partial_indexes();
    let whole = plan.iter().filter(is_scan).filter(|step| !partial.iter().any(|index| step.ends_with(index.as_str())));
    whole.cloned().collect()
}

/// A step that reads a table or an index without a condition on it. Under a limit, in the order of an index, that is a
/// read of a few rows.
fn scans_of_postgres(plan: &[String]) -> Vec<String> {
    let partial = partial_indexes();
    let mut scans = Vec::new();
    for (at, step) in plan.iter().enumerate() {
        let is_read = ["Seq Scan on ", "Index Scan", "Index Only Scan"].iter().any(|kind| step.contains(kind));
        let details = plan[at + 1..].iter().take_while(|next| !next.contains("->") && !next.contains("Plan"));
        let has_condition = details.clone().any(|detail| detail.contains("Index Cond:"));
        let is_small = NO_TABLES.iter().any(|name| step.contains(&format!(" on {name}")))
            || partial.iter().any(|index| step.contains(index.as_str()));
        let is_limited = plan[..at].iter().any(|above| above.contains("Limit"));
        if is_read && !has_condition && !is_small && !is_limited {
            scans.push(step.clone());
        }
    }
    scans
}

/// Sends every statement that the store knows.
async fn use_everything(database: &Database) -> [CommentId; 2] {
    let store = &database.store;
    let threads = [ThreadKey::post("calf")];
    let wished = |commenter: &str, text: &str, email: &str| {
        let mut sent = by(commenter, sent(text));
        sent.new.email = Some(email.to_owned());
        sent.new.wish = Wish::Thread;
        sent
    };
    store.secret(b"secret").await.expect("is kept");
    store.ping().await.expect("answers");
    database.again().await.can_write().await.expect("writes");
    store.has_comments().await.expect("answers");
    // A comment of each fate.
    let first = add(store, &wished("ana", "The first of them, which is long", "ana@example.org")).await;
    store.approve(first, "test", at(0)).await.expect("approves");
    let again = wished("ana", "The first of them, which is long", "ana@example.org");
    assert!(matches!(store.add_comment(&again).await, Ok(Added::Duplicate(..))));
    let block = Block::Email("mallory@example.org".to_owned());
    let blocked = store.block(&block, "", "test", at(0)).await.expect("blocks").expect("is new");
    store.add_comment(&wished("mallory", "Blocked", "mallory@example.org")).await.expect("answers");
    store.add_comment(&Sent { rates: Rates { per_window: 0, ..EASY }, ..sent("Fast") }).await.expect("answers");
    add(store, &sent("Fast")).await;
    database.run("UPDATE site SET learned_spam = 30, learned_ham = 30, revision = 98").await;
    let second = add_approved(store, &answer_to(first, "An answer to the first")).await;
    store.mark_spam(second, "test", at(1)).await.expect("marks");
    store.approve(second, "test", at(2)).await.expect("approves");
    store.reply_as_author(first, "Jo", None, "Thank you", "test", at(3)).await.expect("answers");
    store.approve_and_reply(first, "Jo", None, "Thanks", "test", at(3)).await.expect("answers");
    store.place_comment(&threads[0], &placed("Lisa", None, false), "test").await.expect("places");
    let (edited, mut new) = (add(store, &wished("bo", "Edit me", "bo@example.org")).await, sent("Edited").new);
    new.email = Some("other@example.org".into());
    let circumstances = Circumstances { poses_as_author: true, ..FINE };
    let edit = Sent { new, circumstances, at: at(4), ..by("bo", sent("")) };
    store.approve(edited, "test", at(3)).await.expect("approves");
    database.run("UPDATE outbox SET outcome = 'sent', done_at = 1 WHERE kind = 'author'").await;
    store.edit_comment(edited, &edit).await.expect("edits");
    // Reading.
    store.thread(&threads, None, 9).await.expect("reads");
    store.thread_outline(&threads, None).await.expect("reads");
    store.is_thread_longer(&threads, 1).await.expect("reads");
    store.newest_of_thread(&threads, 9).await.expect("reads");
    store.newest_comments(9).await.expect("reads");
    store.comments(&[first, second]).await.expect("reads");
    store.comment(first).await.expect("reads");
    store.comment_counts(&threads).await.expect("reads");
    store.answers_of_author(first).await.expect("reads");
    store.list_comments(None).await.expect("reads");
    store.list_comments(Some(Status::Held)).await.expect("reads");
    store.refusals().await.expect("reads");
    store.blocks().await.expect("reads");
    store.unblock(blocked).await.expect("is there");
    store.changes_since(0).await.expect("reads");
    // Mails.
    let wish = WishKey { address_id: 1, comment: first };
    store.wished(wish).await.expect("is there");
    store.is_unconfirmed(first).await.expect("answers");
    database.run("UPDATE subscriptions SET waits_since = 1").await;
    store.ask_those_who_wait(at(5)).await.expect("asks");
    store.confirm_wish(wish, Some("ana"), at(6)).await.expect("confirms");
    store.active_subscriptions(&threads).await.expect("reads");
    store.standing(1, &threads).await.expect("reads");
    store.ask_for_corner("jo@example.org", true, "network", at(6)).await.expect("asks");
    store.ask_for_corner("ana@example.org", false, "network", at(6)).await.expect("asks");
    store.queue_digest("2026-11-22", at(0), at(6)).await.expect("queues");
    store.digest_before(1).await.expect("answers");
    store.count_waiting_mails(true).await.expect("counts");
    store.list_mails().await.expect("lists");
    let mail = store.claim_mail("me", at(7), at(127)).await.expect("answers").expect("one is due");
    store.tell_audience(&mail, "me", &BTreeMap::from([(1, Why::Answered)]), at(8)).await.expect("tells");
    let mail = store.claim_mail("me", at(9), at(129)).await.expect("answers").expect("one is due");
    store.settle_mail(mail.id, "me", &Outcome::GivenUp("no".into()), at(10)).await.expect("settles");
    store.retry_mail(mail.id, at(11)).await.expect("is there");
    store.tidy_mail(at(12), SignedDuration::from_hours(24), false).await.expect("tidies");
    // A commenter's own.
    store.comments_of("ana").await.expect("reads");
    store.addresses_of("ana").await.expect("reads");
    store.subscriptions_of("ana").await.expect("reads");
    store.end_subscription_of("ana", 1, at(13)).await.expect("is hers");
    let link = CornerLink { address_id: 1, mail: 0 };
    store.corner_of(link).await.expect_err("there is no such link");
    store.open_corner(link, "ana", at(13)).await.expect_err("there is no such link");
    let corner = CornerLink {
        address_id: database.number("SELECT address_id FROM outbox WHERE kind = 'corner' ORDER BY id LIMIT 1").await,
        mail: database.number("SELECT MIN(id) FROM outbox WHERE kind = 'corner'").await,
    };
    store.open_corner(corner, "ana", at(13)).await.expect("opens");
    store.stop_thread(1, &threads, at(14)).await.expect("stops");
    store.stop_all(1, at(15)).await.expect("stops");
    store.allow_mail(1).await.expect("allows");
    store.forget_addresses_of("ana").await.expect("forgets");
    [first, second]
}

/// Sends the statements of the desk. Each of these functions is awaited alone: without optimization, all in one overflow
/// the stack of a test.
async fn use_the_desk(Database { store, .. }: &Database, [_, second]: [CommentId; 2]) {
    let filter = Filter::new(Some(vec!["calf".to_owned(), "hips".to_owned()]), "first-comment", "ana");
    store.comments_with(Status::Held, &Filter::default(), false, 0, 9).await.expect("reads");
    store.comments_with(Status::Spam, &filter, true, 0, 9).await.expect("reads");
    store.unanswered_comments(&filter, 0, 9).await.expect("reads");
    store.count_unanswered().await.expect("counts");
    store.settle(second, "test", at(15)).await.expect("settles");
    store.edit_text(second, "Other words", "test", at(15)).await.expect("edits");
    let block = Block::email("ana@example.org").expect("is valid");
    store.block_because(second, &block, "test", at(16)).await.expect("blocks");
    store.undo("test", at(16), at(16)).await.expect("undoes");
    store.log(99, 9).await.expect("reads");
    store.count_comments(Status::Held).await.expect("counts");
    store.histories(&["ana".to_owned(), "bo".to_owned()]).await.expect("reads");
    store.acts("test", at(2)).await.expect("reads");
    let new = NewAccount::parse("Jo", "jo@example.org", Role::Author).expect("is valid");
    let id = store.add_account(&new, None, true, at(16)).await.expect("adds");
    let jo = store.account(id).await.expect("is there");
    store.accounts().await.expect("reads");
    store.has_had_no_account_since(at(1)).await.expect("reads");
    store.set_password(&jo, "hash").await.expect("sets");
    let jo = store.account_of("jo@example.org").await.expect("reads").expect("is there");
    store.count_sign_in("jo", "network", at(16)).await.expect("counts");
    store.forget_wrong_passwords("jo", "network").await.expect("forgets");
    store.open_session(&jo, "token", "Linux", at(16)).await.expect("opens");
    let later = at(16) + SignedDuration::from_hours(1);
    let (session, _) = store.session("token", later).await.expect("reads").expect("is there");
    store.sessions_of(id).await.expect("reads");
    store.end_session(id, Some(session.id)).await.expect("ends");
    let new = NewPasskey { credential: "id".into(), public_key: "key".into(), counter: 0 };
    store.add_passkey(id, &new, "Linux", at(16)).await.expect("adds");
    let passkey = store.passkey("id").await.expect("reads").expect("is there");
    store.use_passkey(passkey.id, later, 1, later).await.expect("uses");
    store.passkeys_of(id).await.expect("reads");
    store.remove_passkey(id, passkey.id).await.expect("removes");
    let rights = Rights { account: Some(id), ..Rights::default() };
    store.add_token("hash", &rights, at(16)).await.expect("adds");
    let token = store.token("hash", at(16)).await.expect("reads").expect("is there");
    store.tokens().await.expect("reads");
    store.remove_token(token.id).await.expect("is there");
    store.revoke_token("hash").await.expect("answers");
    let (text, challenge) = (|| "https://app.example/".to_owned(), String::new());
    let code = Code { client: text(), redirect_uri: text(), challenge, scopes: Scopes::all(), account: id };
    store.add_code("hash", &code, at(16)).await.expect("adds");
    store.take_code("hash", at(16)).await.expect("reads").expect("is there");
    store.set_gone("/posts/calf", "1-x").await.expect("notes");
    store.gone("/posts/calf").await.expect("reads").expect("is there");
    store.gone_addresses().await.expect("reads");
    store.forget_gone("/posts/calf").await.expect("forgets");
    store.remove_account(id).await.expect("removes");
}

/// Deletes what is over.
async fn let_it_expire(Database { store, .. }: &Database, [first, second]: [CommentId; 2]) {
    store.mark_spam(second, "test", at(16)).await.expect("marks");
    store.erase(first, "test", at(17)).await.expect("erases");
    store.forget_expired(at(17) + SignedDuration::from_hours(24 * 60)).await.expect("forgets");
}

//! `instep serve`: starting, what stands in its way, stopping.

use std::net::TcpListener;

use super::{calf, comment};
use crate::support::{
    eventually,
    program::{Program, bytes},
    running::fetch,
};

#[tokio::test]
async fn it_greets_with_address_posts_and_problems() {
    let program = Program::with_site();
    program.save("content/posts/broken.md", "---\ntitle: Broken\ndate: yesterday\n---\nx");
    let serving = program.serve(&[]);
    assert!(serving.greeting.contains("Loose Laces"), "{}", serving.greeting);
    calf(serving.address).await.is(200).says("Stretch it.");
    fetch(serving.address, "/").await.is(200);
    fetch(serving.address, "/posts/broken").await.is(404);
    // Its own address is the one that was found.
    let canonical = format!("http://{}/posts/calf", serving.address);
    assert_eq!(calf(serving.address).await.html().canonical(), Some(canonical.as_str()));
    assert!(program.path("data/instep.sqlite").exists(), "data folder and database are made");
    eventually("the problem is told", async || {
        serving.said().contains("content/posts/broken.md:3:1: error:").then_some(())
    })
    .await;
    assert!(serving.said().contains("1 post, 0 pages and 0 stretches"), "{}", serving.said());
}

#[test]
fn without_a_site_it_says_how_to_make_one() {
    let program = Program::new();
    program.run(&[]).exits(1).complains(&["instep init content"]);
    program.run(&["serve", "--content", "my-site"]).exits(1).complains(&["my-site", "instep init my-site"]);
    assert!(!program.path("data").exists(), "nothing was made");
}

#[test]
fn a_port_that_is_taken_is_named_and_costs_nothing() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("an address").to_string();
    let program = Program::with_site();
    program.run(&["--listen", &address]).exits(1).complains(&[&address, "--listen"]);
    assert!(!program.path("data/instep.sqlite").exists(), "no database was made for it");
}

#[test]
fn wrong_settings_are_named_with_what_is_right() {
    let program = Program::with_site();
    program.run(&["--listen", "3000"]).exits(1).complains(&["listen", "\"3000\"", "127.0.0.1:3000"]);
    program.run(&["--listen", "0.0.0.0:0"]).exits(1).complains(&["base_url"]);
    program
        .run(&["--listen", "127.0.0.1:0", "--database-url", "mysql://x"])
        .exits(1)
        .complains(&["mysql://x", "sqlite:PATH"]);
    program.save("content/site.toml", "title = \"x\"\n[coments]\n");
    program.run(&["--listen", "127.0.0.1:0"]).exits(1).complains(&["content/site.toml:2:", "coments"]);
}

#[tokio::test]
async fn a_newer_database_is_left_as_it_is() {
    let program = Program::with_site();
    let mut serving = program.serve(&[]);
    let id = comment(serving.address, "Kept").await;
    assert_eq!(serving.terminate().await, Some(0));
    let path = program.path("data/instep.sqlite");
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(&path);
    let pool = sqlx::SqlitePool::connect_with(options).await.expect("opens");
    sqlx::query(
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
         SELECT 9000, 'from the future', success, checksum, 0 FROM _sqlx_migrations WHERE version = 1",
    )
    .execute(&pool)
    .await
    .expect("inserts");
    pool.close().await;
    let before = bytes(&path);
    program.run(&["--listen", "127.0.0.1:0"]).exits(1).complains(&["instep.sqlite", "newer Instep", "9000"]);
    program.run(&["comments", "approve", &id.to_string()]).exits(1).complains(&["newer Instep"]);
    assert!(bytes(&path) == before, "not a byte of it has changed");
}

#[test]
fn a_data_folder_that_cannot_be_is_named() {
    let program = Program::with_site();
    program.save("data", "a file, and no folder");
    program.run(&["--listen", "127.0.0.1:0"]).exits(1).complains(&["data"]);
    program.save("notes.sqlite", &"no database at all ".repeat(100));
    let run = program.run(&["--listen", "127.0.0.1:0", "--database-url", "sqlite:notes.sqlite"]);
    run.exits(1).complains(&["notes.sqlite"]);
}

#[tokio::test]
async fn sigterm_ends_it_well_and_what_was_said_is_kept() {
    let program = Program::with_site();
    let mut serving = program.serve(&[]);
    let id = comment(serving.address, "Said before the end").await;
    assert_eq!(serving.terminate().await, Some(0));
    program.run(&["comments", "list"]).exits(0).says("Said before the end");
    assert!(id > 0);
}

#[tokio::test]
async fn an_answered_comment_survives_kill_nine() {
    let program = Program::with_site();
    for round in 0..3 {
        let mut serving = program.serve(&[]);
        let text = format!("Round {round}");
        let id = comment(serving.address, &text).await;
        serving.kill();
        let listed = program.run(&["comments", "list", "--json"]);
        let line = listed.exits(0).out.lines().find(|line| line.contains(&text)).expect("it is there").to_owned();
        let json: serde_json::Value = serde_json::from_str(&line).expect("JSON");
        assert_eq!((&json["id"], &json["status"]), (&id.into(), &"held".into()));
    }
    let serving = program.serve(&[]);
    let next = comment(serving.address, "After all that").await;
    assert_eq!(next, 4);
}

#[tokio::test]
async fn the_demo_has_a_database_of_its_own() {
    let program = Program::new();
    let content = crate::support::sample_content();
    let content = content.to_str().expect("UTF-8");
    let path = "/posts/foot-and-ankle-stretches-for-runners";
    {
        let serving = program.serve(&["--demo", "--content", content]);
        let page = fetch(serving.address, path).await;
        page.is(200).says("These comments are samples");
        assert!(page.html().elements.iter().filter(|element| element.has_class("comment-author")).count() >= 1);
    }
    // A second start does not tell everything twice.
    let count = |text: String| text.matches("class=\"comment ").count() + text.matches("class=\"comment\"").count();
    let first = count(fetch(program.serve(&["--demo", "--content", content]).address, path).await.text());
    let second = count(fetch(program.serve(&["--demo", "--content", content]).address, path).await.text());
    assert_eq!(first, second);
    assert!(program.path("data/demo.sqlite").exists() && !program.path("data/instep.sqlite").exists());
    let plain = program.serve(&["--content", content]);
    fetch(plain.address, path).await.is(200).does_not_say("samples, written for");
}

#[tokio::test]
async fn a_site_toml_that_would_not_start_again_is_told_at_once() {
    let program = Program::with_site();
    let serving = program.serve(&[]);
    for (site, told) in [
        ("title = \"x\"\n[coments]\n", "ERROR instep::app::live: site.toml has changed and will not do"),
        ("title = \"x\"\n[coments]\n", "content/site.toml:2:2: unknown field `coments`"),
        ("title = \"x\n", "content/site.toml:1:"),
        ("title = \"y\"\n[theme]\naccent = \"yelow\"\n", "content/site.toml:3:1: theme.accent is \"yelow\""),
        ("title = \"y\"\n", "site.toml has changed; what it says now holds after a restart"),
    ] {
        program.save("content/site.toml", site);
        eventually(told, async || serving.logged().contains(told).then_some(())).await;
    }
    fetch(serving.address, "/").await.is(200).says("Loose Laces");
}

#[tokio::test]
async fn a_file_that_is_saved_while_it_serves_is_live() {
    let program = Program::with_site();
    let serving = program.serve(&[]);
    program.save("content/posts/hips.md", "---\ntitle: Hips\ndate: 2026-05-03\n---\nOpen the xylophone.\n");
    for (path, words) in [
        ("/posts/hips", "xylophone"),
        ("/", "/posts/hips"),
        ("/feed.xml", "xylophone"),
        ("/search?q=xylophone", "1 result"),
    ] {
        eventually(path, async || fetch(serving.address, path).await.text().contains(words).then_some(())).await;
    }
}

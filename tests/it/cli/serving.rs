//! `instep serve`: start, reasons why it cannot start, stop.

use std::net::TcpListener;

use super::{calf, comment};
use crate::support::{
    eventually,
    program::{Program, bytes},
    running::{Client, fetch},
};

#[tokio::test]
async fn the_start_prints_address_posts_and_problems() {
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
    assert!(serving.said().contains("1 post, 0 pages, 0 stretches"), "{}", serving.said());
}

#[tokio::test]
async fn a_code_block_that_a_syntax_definition_never_ends_is_shown_plain() {
    let program = Program::with_site();
    let code = "```js\nx = 1 /* c */\n```\n\n```rust\nlet x = 1;\n```\n";
    program.save("content/posts/loop.md", &format!("---\ntitle: Loop\ndate: 2026-05-02\n---\n{code}"));
    program.save("content/posts/other.md", "---\ntitle: Other\ndate: 2026-05-02\n---\n```rust\nlet y = 1;\n```\n");
    let mut serving = program.serve(&[]);
    // No reader waits for the block, so the blocks behind it are plain at first.
    fetch(serving.address, "/posts/loop").await.is(200).says("let x = 1;").does_not_say("syn-keyword");
    fetch(serving.address, "/posts/other").await.is(200).says("let y = 1;");
    let warning = "a block of js is shown without colours";
    eventually("the log says so", async || serving.logged().contains(warning).then_some(())).await;
    for path in ["/posts/loop", "/posts/other"] {
        eventually(path, async || {
            let page = fetch(serving.address, path).await.text();
            page.contains("<span class=\"syn-keyword\">let</span>").then_some(())
        })
        .await;
    }
    fetch(serving.address, "/posts/loop").await.is(200).says("x = 1 /* c */");
    assert_eq!(serving.terminate().await, Some(0));
}

#[tokio::test]
async fn code_that_cannot_be_coloured_now_gets_its_colours_later() {
    let program = Program::with_site();
    program.save("content/posts/code.md", "---\ntitle: Code\ndate: 2026-05-02\n---\n```rust\nlet x = 1;\n```\n");
    let serving = program.serve_copy("copy");
    // Without its file, no second process can be started.
    std::fs::rename(program.path("copy"), program.path("away")).expect("renames");
    fetch(serving.address, "/posts/code").await.is(200).says("let x = 1;");
    let warning = "code is shown without colours for now";
    eventually("the log says so", async || serving.logged().contains(warning).then_some(())).await;
    std::fs::rename(program.path("away"), program.path("copy")).expect("renames");
    eventually("the code has colours", async || {
        fetch(serving.address, "/posts/code").await.text().contains("syn-keyword").then_some(())
    })
    .await;
}

#[test]
fn without_a_content_folder_the_message_names_init() {
    let program = Program::new();
    program.run(&[]).exits(1).complains(&["instep init content"]);
    program.run(&["serve", "--content", "my-site"]).exits(1).complains(&["my-site", "instep init my-site"]);
    assert!(!program.path("data").exists(), "nothing was made");
}

#[test]
fn a_port_in_use_is_named_before_anything_is_changed() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("an address").to_string();
    let program = Program::with_site();
    program.run(&["--listen", &address]).exits(1).complains(&[&address, "--listen"]);
    assert!(!program.path("data/instep.sqlite").exists(), "no database was made for it");
}

#[test]
fn a_wrong_setting_is_named_with_the_right_form() {
    let program = Program::with_site();
    program.run(&["--listen", "3000"]).exits(1).complains(&["listen", "\"3000\"", "127.0.0.1:3000"]);
    let program = program.with("INSTEP_LISTEN", "127.0.0.1:0");
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
fn a_data_folder_that_cannot_be_created_is_named() {
    let program = Program::with_site();
    program.save("data", "a file, and no folder");
    program.run(&["--listen", "127.0.0.1:0"]).exits(1).complains(&["data"]);
    program.save("notes.sqlite", &"no database at all ".repeat(100));
    let run = program.run(&["--listen", "127.0.0.1:0", "--database-url", "sqlite:notes.sqlite"]);
    run.exits(1).complains(&["notes.sqlite"]);
}

#[tokio::test]
async fn the_data_folder_is_closed_to_other_users() {
    use std::os::unix::fs::PermissionsExt;
    let program = Program::with_site();
    program.serve(&[]).terminate().await;
    let open = [("data", 0o755), ("data/instep.sqlite", 0o644)];
    for (name, mode) in open {
        std::fs::set_permissions(program.path(name), std::fs::Permissions::from_mode(mode)).expect("may");
    }
    let serving = program.serve(&[]);
    for (name, mode) in [("data", 0o700), ("data/instep.sqlite", 0o600)] {
        let now = std::fs::metadata(program.path(name)).expect("is there").permissions().mode() & 0o777;
        assert_eq!(now, mode, "{name}");
        eventually(name, async || {
            serving.logged().contains(&format!("{name} was readable by other users")).then_some(())
        })
        .await;
    }
}

/// Runs only if the tests run as root, as in CI.
#[tokio::test]
async fn a_database_of_another_user_is_named_with_its_owner() {
    use std::os::unix::fs::{PermissionsExt, chown};
    const NOBODY: u32 = 65534;
    let program = Program::with_site();
    program.serve(&[]).terminate().await;
    let folder = program.folder.path().to_owned();
    let open = |path: &std::path::Path, mode| {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).expect("may");
    };
    open(&folder, 0o755);
    open(&program.path("data"), 0o755);
    let Some(program) = program.run_by(NOBODY) else { return };
    let run = program.run(&["comments", "list"]);
    run.exits(1).complains(&["data/instep.sqlite cannot be written to", "belongs to root", "runs as nobody"]);
    // The files are its own by now, but not the folder in which SQLite keeps its log.
    for file in std::fs::read_dir(program.path("data")).expect("a folder") {
        chown(file.expect("a file").path(), Some(NOBODY), None).expect("may");
    }
    program.run(&["comments", "list"]).exits(1).complains(&["data cannot be written to", "belongs to root"]);
    open(&program.path("data"), 0o777);
    let serving = program.serve(&[]);
    calf(serving.address).await.is(200);
    eventually("it says that the folder stays open", async || {
        serving
            .logged()
            .contains("data is open to other users of this machine, and that cannot be changed")
            .then_some(())
    })
    .await;
}

#[tokio::test]
async fn the_limit_of_open_files_is_raised() {
    let program = Program::with_site();
    let serving = program.serve_with_files(100, 200);
    calf(serving.address).await.is(200);
    let limit = serving.limit("Max open files");
    assert_eq!(limit.split_whitespace().filter(|word| *word == "200").count(), 2, "{limit}");
    // More connections than fit: the first ones go, the last ones are served, and comments are stored all the time.
    let mut idle = Vec::new();
    for number in 0..70 {
        let mut client = Client::connect(serving.address).await;
        if number % 25 == 24 {
            comment(serving.address, &format!("Number {number}")).await;
        } else {
            client.say("GET /posts/calf HTTP/1.1\r\nhost: x\r\n\r\n").await;
            client.hear().await.expect("an answer").is(200);
        }
        idle.push(client);
    }
    let told = |words: &str| serving.logged().matches(words).count();
    assert_eq!(told("connections are in use"), 1, "{}", serving.logged());
    assert_eq!(told("cannot be accepted"), 0, "{}", serving.logged());
}

#[tokio::test]
async fn unusual_characters_in_a_path_are_encoded_in_the_log() {
    let program = Program::with_site();
    let serving = program.serve(&[]);
    let paths = ["/\u{9b}31m", "/\u{202e}gpj", "/a\u{2028}b", "/\u{ad}\u{e0041}", "/nowhere/über", "/ü%e2%80%ae"];
    for path in paths {
        let mut client = Client::connect(serving.address).await;
        client.say(&format!("GET {path} HTTP/1.1\r\nhost: x\r\n\r\n")).await;
        client.hear().await.expect("an answer");
    }
    for line in [
        "path=/%C2%9B31m ",
        "path=/%E2%80%AEgpj ",
        "path=/a%E2%80%A8b ",
        "path=/%C2%AD%F3%A0%81%81 ",
        "path=/%C3%BC%e2%80%ae ",
        "path=/nowhere/%C3%BCber ",
    ] {
        eventually(line, async || serving.logged().contains(line).then_some(())).await;
    }
    let logged = serving.logged();
    assert!(logged.chars().all(|letter| letter == '\n' || !letter.is_control()), "{logged:?}");
    assert!(!logged.contains(['\u{202e}', '\u{2028}', '\u{ad}', 'ü']), "{logged:?}");
}

#[tokio::test]
async fn sigterm_ends_it_cleanly_and_comments_are_kept() {
    let program = Program::with_site();
    let mut serving = program.serve(&[]);
    let id = comment(serving.address, "Said before the end").await;
    assert_eq!(serving.terminate().await, Some(0));
    assert!(!program.path("data/instep.sqlite-wal").exists(), "the database is one file again");
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
async fn an_error_in_site_toml_is_logged_at_once() {
    let program = Program::with_site();
    let serving = program.serve(&[]);
    for (site, told) in [
        ("title = \"x\"\n[coments]\n", "ERROR instep::live: site.toml has an error"),
        ("title = \"x\"\n[coments]\n", "content/site.toml:2:1: there is no setting \"coments\""),
        ("title = \"x\n", "content/site.toml:1:"),
        ("title = \"y\"\n[theme]\naccent = \"yelow\"\n", "content/site.toml:3:1: theme.accent cannot be \"yelow\""),
        ("title = \"y\"\n", "site.toml has changed; restart the site to apply the change"),
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

#[tokio::test]
async fn start_log_and_check_count_the_same_posts() {
    let program = Program::with_site();
    program.save("content/posts/draft.md", "---\ntitle: Draft\ndate: 2026-05-03\ndraft: true\n---\nx");
    program.save("content/posts/future.md", "---\ntitle: Future\ndate: 2999-05-03\n---\nx");
    let counted = "3 posts (2 not public)";
    program.run(&["check"]).exits(0).says(&format!("{counted}, 0 pages, 0 stretches: "));
    let serving = program.serve(&[]);
    eventually("it is told", async || serving.said().contains(counted).then_some(())).await;
    program.save("content/posts/calf.md", "---\ntitle: Calf\ndate: 2026-05-02\n---\nStretch it again.");
    let told = format!("the content was read again: {counted}, 0 problems");
    eventually(&told, async || serving.logged().contains(&told).then_some(())).await;
    let json = Program::with_site().with("INSTEP_LOG", "json");
    json.save("content/posts/draft.md", "---\ntitle: Draft\ndate: 2026-05-03\ndraft: true\n---\nx");
    json.run(&["check"]).exits(0).says("2 posts (1 not public)");
}

#[tokio::test]
async fn a_signal_to_stop_is_logged_and_so_is_the_end() {
    let program = Program::with_site();
    let mut serving = program.serve(&[]);
    assert_eq!(serving.terminate().await, Some(0));
    for words in ["SIGTERM asks the site to stop", "the site has stopped"] {
        eventually(words, async || serving.logged().contains(words).then_some(())).await;
    }
}

#[tokio::test]
async fn each_warning_is_printed_once() {
    let program = Program::with_site().with("INSTEP_LISTN", "127.0.0.1:1");
    program.save("content/posts/calf.md", "---\ntitle: Calf\ndate: 2026-05-02\ntagz: x\n---\n![A](../media/a.jpg)\n");
    crate::support::write(&program.path("content/media/a.jpg"), crate::pictures::sideways());
    let mut serving = program.serve(&[]);
    for address in crate::pictures::addresses(&calf(serving.address).await.html()) {
        eventually("the helper has made it", async || {
            Some(fetch(serving.address, &address).await).filter(crate::pictures::is_kept_for_ever)
        })
        .await;
    }
    program.save("content/posts/hips.md", "---\ntitle: Hips\ndate: 2026-05-03\n---\nOpen them.\n");
    eventually("it is read", async || serving.logged().contains("read again: 2 posts").then_some(())).await;
    assert_eq!(serving.terminate().await, Some(0));
    eventually("it has ended", async || serving.logged().contains("has stopped").then_some(())).await;
    let all = format!("{}{}", serving.said(), serving.logged());
    for words in ["INSTEP_LISTN", "the key tagz is not known"] {
        assert_eq!(all.matches(words).count(), 1, "{words}: {all}");
    }
}

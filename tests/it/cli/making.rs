//! `init`, `new`, `check`, and wrong usage.

use std::fs;

use crate::support::{program::Program, read, running::fetch};

#[tokio::test]
async fn a_new_site_serves_at_once() {
    let program = Program::new();
    program.run(&["init", "blog"]).exits(0).says("blog/site.toml");
    for file in ["site.toml", "posts/hello.md", "pages/about.md", "pages/privacy.md"] {
        assert!(program.path("blog").join(file).exists(), "{file}");
        assert!(!read(&program.path("blog").join(file)).contains("{date}"), "{file}");
    }
    program.run(&["check", "--strict", "--content", "blog"]).exits(0).says("0 errors, 0 warnings");
    let serving = program.serve(&["--content", "blog"]);
    for path in ["/", "/posts/hello", "/about", "/privacy", "/feed.xml"] {
        fetch(serving.address, path).await.is(200);
    }
}

#[tokio::test]
async fn the_sample_post_stands_below_older_posts_of_the_author() {
    let program = Program::new();
    program.run(&["init", "content"]).exits(0);
    program.save("content/posts/calf.md", "---\ntitle: Calf\ndate: 2014-05-02\n---\nStretch it.\n");
    let serving = program.serve(&[]);
    for path in ["/", "/feed.xml", "/archive"] {
        let text = fetch(serving.address, path).await.text();
        let at = |words: &str| text.find(words).unwrap_or_else(|| panic!("{words} is not in {text}"));
        let (own, sample) = if path == "/archive" { ("/archive/2014", "/archive/2000") } else { ("Calf", ">Hello<") };
        assert!(at(own) < at(sample), "{path}");
    }
}

#[test]
fn init_refuses_a_folder_with_files() {
    let program = Program::new();
    program.save("blog/notes.txt", "mine");
    program.run(&["init", "blog"]).exits(1).complains(&["blog is not empty"]);
    assert_eq!(fs::read_dir(program.path("blog")).expect("reads").count(), 1);
    program.save("file", "mine");
    program.run(&["init", "file"]).exits(1).complains(&["file"]);
    assert_eq!(read(&program.path("file")), "mine");
    fs::create_dir(program.path("empty")).expect("makes");
    program.run(&["init", "empty"]).exits(0);
}

#[test]
fn licences_lists_the_notices() {
    let run = Program::new().run(&["licences"]);
    run.exits(0).says("sharkdp/bat");
    assert!(run.out.contains("Permission is hereby granted"));
}

#[test]
fn new_creates_a_draft_and_prints_its_path() {
    let program = Program::with_site();
    let path = program.run(&["new", "Straße: \"Füße\" & more"]).exits(0).out.trim().to_owned();
    assert_eq!(path, "content/posts/strasse-fusse-more.md");
    let text = read(&program.path(&path));
    assert!(text.contains("title: \"Straße: \\\"Füße\\\" & more\"") && text.contains("draft: true"), "{text}");
    program.run(&["check", "--strict"]).exits(0).says("2 posts");
    let path = program.run(&["new", "--stretch", "Toe flexion"]).exits(0).out.trim().to_owned();
    assert_eq!(path, "content/stretches/toe-flexion.md");
    program.run(&["check", "--strict"]).exits(0).says("1 stretch");
}

#[test]
fn new_overwrites_nothing() {
    let program = Program::with_site();
    let before = read(&program.path("content/posts/calf.md"));
    program.run(&["new", "Calf"]).exits(1).complains(&["content/posts/calf.md exists already"]);
    assert_eq!(read(&program.path("content/posts/calf.md")), before);
    program.run(&["new", "!?"]).exits(1).complains(&["letters or digits"]);
}

#[test]
fn check_prints_place_problem_and_fix() {
    let program = Program::with_site();
    program.run(&["check"]).exits(0).says("1 post, 0 pages, 0 stretches: 0 errors, 0 warnings");
    program.save(
        "content/posts/warned.md",
        "---\ntitle: Warned\ntitel: x\ndate: 2026-05-02\n---\n\nSee ![x](none.jpg).\n",
    );
    let run = program.run(&["check"]);
    run.exits(0).says("0 errors, 2 warnings");
    run.says("content/posts/warned.md:3:1: warning: the key titel is not known. Did you mean title?");
    run.says("content/posts/warned.md:7:5: warning: there is no picture \"none.jpg\".");
    program.run(&["check", "--strict"]).exits(1);
    program.save("content/posts/broken.md", "---\ntitle: a\ndate: 2026-13-40\n---\n");
    let run = program.run(&["check"]);
    run.exits(1)
        .says("1 error, 2 warnings")
        .says("content/posts/broken.md:3:1: error: ")
        .says("write it like 2026-05-02");
    assert!(!program.path("data").exists(), "to check is to look");
}

#[test]
fn check_reports_colours_that_are_hard_to_read() {
    let program = Program::with_site();
    let toml = read(&program.path("content/site.toml"));
    program.save("content/site.toml", &format!("{toml}\n[theme]\naccent = \"yellow\"\n"));
    let run = program.run(&["check"]);
    run.exits(0)
        .says("0 errors, 1 warning")
        .says("warning: theme.accent is \"yellow\", which has a contrast of only 1 to 1");
    program.run(&["check", "--strict"]).exits(1);
    program.save("content/site.toml", &format!("{toml}\n[theme]\naccent = \"yelow\"\n"));
    program.run(&["check"]).exits(1).complains(&["content/site.toml:7:1: theme.accent", "yelow", "#0a58ca"]);
    let program = program.with("INSTEP_SITE__THEME__ACCENT", "grean");
    let run = program.run(&["check"]);
    run.exits(1).complains(&["theme.accent", "grean"]);
    assert!(!run.err.contains("site.toml:"), "{}", run.err);
}

#[test]
fn check_reports_an_unknown_key_once() {
    let program = Program::with_site();
    for (name, key) in [("a", "mood: x"), ("b", "topics: x"), ("c", "topics: y"), ("d", "author: z\ntopics: y")] {
        program
            .save(&format!("content/posts/{name}.md"), &format!("---\ntitle: T\ndate: 2026-05-02\n{key}\n---\n\nX\n"));
    }
    let run = program.run(&["check"]);
    run.exits(0).says("0 errors, 2 warnings");
    run.says("content/posts/a.md:4:1: warning: the key mood is not known. ");
    run.says("content/posts/b.md:4:1: warning: the key topics is not known (and in 2 more files). ");
}

#[test]
fn the_sample_site_passes_its_own_check() {
    let content = crate::support::sample_content();
    Program::new().run(&["check", "--strict", "--content", content.to_str().expect("UTF-8")]).exits(0);
}

#[test]
fn wrong_usage_exits_with_2() {
    let program = Program::with_site();
    for arguments in [
        &["--nonsense"][..],
        &["nonsense"],
        &["serve", "--port", "3000"],
        &["init"],
        &["new"],
        &["comments"],
        &["comments", "approve"],
        &["comments", "approve", "x"],
        &["comments", "approve", "1", "--all-held"],
        &["comments", "list", "--status", "wrong"],
    ] {
        let run = program.run(arguments);
        run.exits(2);
        assert!(run.out.is_empty() && run.err.contains("--help"), "{arguments:?}: {run:?}");
    }
}

#[test]
fn help_and_version_exit_with_0() {
    let program = Program::new();
    program.run(&["--version"]).exits(0).says(env!("CARGO_PKG_VERSION"));
    let help = program.run(&["--help"]);
    for command in ["serve", "init", "new", "check", "comments"] {
        help.exits(0).says(command);
    }
}

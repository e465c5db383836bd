//! Commits of what the desk and writing apps change, with `desk.commit = true`.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::json;

use crate::{
    micropub,
    support::{Answer, Builder, TestSite, visitor::Visitor},
    writing::{CALF, author, saved},
};

/// Runs git in a folder, and returns what it prints.
fn git(folder: &Path, arguments: &[&str]) -> String {
    let settings = ["-c", "user.name=Ana", "-c", "user.email=ana@example.org", "-c", "init.defaultBranch=main"];
    let ran = Command::new("git").arg("-C").arg(folder).args(settings).args(arguments).output().expect("runs");
    assert!(ran.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&ran.stderr));
    String::from_utf8(ran.stdout).expect("text")
}

fn builder() -> Builder {
    TestSite::new().post("calf", "Stretch it.").setting("site.desk.commit", "true").keeps_current()
}

/// A site whose content is in a repository with one commit.
async fn site() -> TestSite {
    let site = builder().start().await;
    commit_all(&site.path(""));
    site
}

fn commit_all(folder: &Path) {
    git(folder, &["init", "--quiet"]);
    git(folder, &["add", "."]);
    git(folder, &["commit", "--quiet", "-m", "Begin"]);
}

/// Author and title of each commit, the last first, with the files that it changes.
fn log(folder: &Path) -> Vec<String> {
    let log = git(folder, &["log", "--no-renames", "--name-only", "--format=%x00%an <%ae>: %s"]);
    log.split('\0').skip(1).map(|one| one.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
}

/// Saves the text about calves with these words at its end.
async fn save(author: &Visitor<'_>, words: &str) -> Answer {
    let form = author.form_to(&author.get(CALF).await.html(), "/desk/texts/edit");
    let text = format!("{}{words}\n", form.field("text"));
    author.get(form.set("text", text).add("act", "save").send().await.is(303).header("location")).await
}

#[tokio::test]
async fn each_change_is_a_commit_of_its_author_and_of_its_files_only() {
    let site = site().await;
    let (author, content) = (author(&site).await, site.path(""));
    // A hook would wait for somebody, and this one refuses everything.
    let hook = content.join(".git/hooks/pre-commit");
    fs::create_dir_all(hook.parent().expect("a folder")).expect("makes");
    fs::write(&hook, "#!/bin/sh\nexit 1\n").expect("writes");
    fs::set_permissions(&hook, std::os::unix::fs::PermissionsExt::from_mode(0o755)).expect("sets");
    for (name, staged) in [("media/staged.txt", true), ("media/new.txt", false)] {
        site.save(name, "Mine.");
        if staged {
            git(&content, &["add", name]);
        }
    }
    site.save("site.toml", saved(&site, "site.toml") + "\n# mine\n");
    save(&author, "More.").await.is(200).says("Saved.");
    let list = author.get("/desk/texts").await.html();
    author.form_to(&list, "/desk/texts").set("title", ":(glob) Füße").send().await.is(303);
    let form = author.form_to(&author.get(CALF).await.html(), "/desk/texts/edit");
    let to = form.set("name", "calves").add("act", "rename").send().await.is(303).header("location").to_owned();
    author.form_to(&author.get(&to).await.html(), "/desk/texts/edit").add("act", "trash").send().await.is(303);
    let trash = author.get("/desk/texts/trash").await.html();
    let id = trash.one("button", "name", "id").get("value").to_owned();
    author.form_to(&trash, "/desk/texts/trash").add("id", &id).send().await.is(303);
    let shown = author.upload("/desk/upload", "hip.md", b"---\ntitle: Hip\ndate: 2026-05-02\n---\nOpen it.").await;
    let form = author.form_to(&shown.is(200).html(), "/desk/upload/apply");
    form.send().await.is(200).says("1 file");
    let jo = "Jo <jo@example.org>";
    assert_eq!(
        log(&content),
        [
            format!("{jo}: Add posts/hip.md posts/hip.md"),
            format!("{jo}: Add posts/calves.md posts/calves.md"),
            format!("{jo}: Delete posts/calves.md posts/calves.md"),
            format!("{jo}: Rename posts/calf.md to posts/calves.md posts/calf.md posts/calves.md"),
            format!("{jo}: Add posts/glob-fusse.md posts/glob-fusse.md"),
            format!("{jo}: Change posts/calf.md posts/calf.md"),
            "Ana <ana@example.org>: Begin posts/calf.md site.toml".to_owned(),
        ]
    );
    let others = git(&content, &["status", "--porcelain"]);
    assert_eq!(others, "A  media/staged.txt\n M site.toml\n?? media/new.txt\n");
}

#[tokio::test]
async fn a_writing_app_commits_as_the_author_of_the_site() {
    let site = micropub::started(builder()).await;
    commit_all(&site.path(""));
    micropub::post(&site, json!({"name": ["Hip"], "content": ["Open it."]})).await.is(201);
    assert_eq!(log(&site.path(""))[0], "Jo <>: Add posts/hip.md posts/hip.md");
}

#[tokio::test]
async fn a_text_behind_a_link_is_committed_where_it_is() {
    let site = site().await;
    let (author, content) = (author(&site).await, site.path(""));
    site.save("notes/hip.md", "---\ntitle: Hip\ndate: 2026-05-02\n---\nOpen it.\n");
    std::os::unix::fs::symlink("../notes/hip.md", site.path("posts/hip.md")).expect("links");
    let edit = "/desk/texts/edit?path=posts%2Fhip.md";
    let form = author.form_to(&author.get(edit).await.is(200).html(), "/desk/texts/edit");
    form.set("title", "Hips").add("act", "save").send().await.is(303);
    assert_eq!(log(&content)[0], "Jo <jo@example.org>: Change notes/hip.md notes/hip.md");
}

#[tokio::test]
async fn a_failed_commit_keeps_the_save_and_says_why() {
    let site = builder().start().await;
    let (author, content) = (author(&site).await, site.path(""));
    save(&author, "Nowhere.").await.is(200).says("not a git repository");
    author.get("/desk/texts").await.is(200).says("not committed");
    // A repository without a commit gets its first one.
    git(&content, &["init", "--quiet"]);
    assert!(!save(&author, "First.").await.is(200).text().contains("not committed"));
    assert_eq!(log(&content), ["Jo <jo@example.org>: Change posts/calf.md posts/calf.md"]);
    // The same text again is nothing to commit.
    let form = author.form_to(&author.get(CALF).await.html(), "/desk/texts/edit");
    form.add("act", "save").send().await.is(303);
    assert!(!author.get(CALF).await.text().contains("not committed"));
    let head = git(&content, &["rev-parse", "HEAD"]);
    for (file, says) in [("index.lock", "index.lock"), ("MERGE_HEAD", "during a merge")] {
        let path = content.join(".git").join(file);
        fs::write(&path, &head).expect("writes");
        save(&author, file).await.is(200).says("not committed").says(says);
        assert!(saved(&site, "posts/calf.md").contains(file), "it is saved");
        fs::remove_file(path).expect("removes");
    }
    git(&content, &["checkout", "--quiet", "--detach"]);
    save(&author, "Detached.").await.is(200).says("HEAD is detached");
    git(&content, &["checkout", "--quiet", "main"]);
    assert_eq!(git(&content, &["rev-parse", "HEAD"]), head, "no commit was made meanwhile");
    // Saving the same text once more commits what was not.
    author.form_to(&author.get(CALF).await.html(), "/desk/texts/edit").add("act", "save").send().await.is(303);
    assert!(!author.get(CALF).await.text().contains("not committed"));
    assert_eq!(git(&content, &["show", "HEAD:posts/calf.md"]), saved(&site, "posts/calf.md"));
}

#[tokio::test]
async fn a_repository_above_and_a_second_work_tree_are_used_and_ignored_files_left_out() {
    // Where `.git` is: in the folder above, or in another one that a file names.
    let places: [fn(&Path) -> PathBuf; 2] = [
        |content| {
            let above = content.parent().expect("a folder").to_owned();
            fs::write(above.join(".gitignore"), "data\n/content/posts/hidden-*\n").expect("writes");
            commit_all(&above);
            above
        },
        |content| {
            let main = content.with_file_name("main");
            fs::create_dir(&main).expect("makes");
            git(&main, &["init", "--quiet"]);
            git(&main, &["commit", "--quiet", "--allow-empty", "-m", "Begin"]);
            let tree = content.with_file_name("tree");
            git(&main, &["worktree", "add", "--quiet", "-b", "blog", &tree.display().to_string()]);
            fs::rename(tree.join(".git"), content.join(".git")).expect("moves");
            fs::remove_dir(&tree).expect("removes");
            git(content, &["worktree", "repair"]);
            fs::write(content.join(".gitignore"), "/posts/hidden-*\n").expect("writes");
            content.to_owned()
        },
    ];
    for place in places {
        let site = builder().start().await;
        let (author, content) = (author(&site).await, site.app.config.content.clone());
        let root = place(&content);
        assert!(!save(&author, "More.").await.is(200).text().contains("not committed"));
        let before = log(&root);
        assert!(before[0].starts_with("Jo <jo@example.org>: Change posts/calf.md"), "{before:?}");
        let list = author.get("/desk/texts").await.html();
        author.form_to(&list, "/desk/texts").set("title", "hidden one").send().await.is(303);
        assert!(!author.get("/desk/texts").await.text().contains("not committed"));
        assert_eq!(log(&root), before, "git ignores the new file");
    }
}

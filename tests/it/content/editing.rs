//! Texts that are written by the program: real files stay as they are but for the change, and neither a crash nor a full
//! disk leaves half a file.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use instep::content::editing::{EditError, FrontMatterText, NewValue, Workspace, version_of};
use jiff::Timestamp;

use crate::support::root;

const FOLDER: &str = "INSTEP_TEST_SAVES";

fn now() -> Timestamp {
    Timestamp::from_second(1_800_000_000).expect("a time")
}

/// Markdown files below a folder. Folders whose names begin with a dot are hidden.
fn markdown(folder: &Path) -> Vec<PathBuf> {
    let (mut found, mut folders) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("reads").flatten() {
            let path = entry.path();
            let is_hidden = entry.file_name().as_encoded_bytes().starts_with(b".");
            if path.is_symlink() || is_hidden {
                continue;
            } else if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "md" || ending == "markdown") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// The files of this repository, and those of the blogs in a folder that the environment names. Each is opened and saved
/// unchanged, and gets a new title.
#[test]
fn real_files_change_in_their_title_alone() {
    let blogs = std::env::var_os("INSTEP_TEST_BLOGS").map(PathBuf::from);
    let own = [root().join("content"), root().join("docs")];
    let files: Vec<PathBuf> = own.iter().chain(&blogs).flat_map(|folder| markdown(folder)).collect();
    let site = tempfile::tempdir().expect("a folder");
    let workspace = Workspace::new(&site.path().join("content"), &site.path().join("data"));
    fs::create_dir_all(site.path().join("content/posts")).expect("makes");
    let file = site.path().join("content/posts/a.md");
    let (mut one_line, mut added, mut in_lines, mut refused) = (0, 0, 0, Vec::new());
    for path in &files {
        let bytes = fs::read(path).expect("reads");
        fs::write(&file, &bytes).expect("writes");
        let opened = workspace.read("posts/a.md").expect("reads");
        let (Ok(text), Ok(front_matter)) = (
            String::from_utf8(opened.bytes.clone()),
            FrontMatterText::new(String::from_utf8_lossy(&bytes).into_owned(), false),
        ) else {
            refused.push(path);
            continue;
        };
        let (title, body) = (front_matter.values().text("title"), front_matter.body().to_owned());
        let mut edited = front_matter.clone();
        edited.set_body(&body);
        workspace.save("posts/a.md", edited.as_str().as_bytes(), &opened.version, now()).expect("saves");
        assert!(fs::read(&file).expect("reads") == bytes, "{} is another one", path.display());
        if edited.set("title", NewValue::Text("A new: title")).is_err() {
            refused.push(path);
            continue;
        }
        workspace.save("posts/a.md", edited.as_str().as_bytes(), &opened.version, now()).expect("saves");
        let after = fs::read_to_string(&file).expect("reads");
        let (before, after): (Vec<&str>, Vec<&str>) = (text.split('\n').collect(), after.split('\n').collect());
        let same = before.iter().zip(&after).take_while(|(a, b)| a == b).count();
        let below = before[same..].iter().rev().zip(after[same..].iter().rev()).take_while(|(a, b)| a == b).count();
        let (gone, new) = (before.len() - same - below, after.len() - same - below);
        assert!(new == 1 || gone == 0 && new <= 4, "{}: {gone} lines became {new}", path.display());
        match gone {
            1 => one_line += 1,
            0 => added += 1,
            _ => in_lines += 1,
        }
        assert!(gone <= 1 || title.is_some(), "{}", path.display());
        let again = FrontMatterText::new(after.join("\n"), false).expect("is read");
        assert_eq!(again.values().text("title").as_deref(), Some("A new: title"));
        assert_eq!(again.body(), if gone == 0 && text == body { again.body() } else { &body }, "{}", path.display());
    }
    println!(
        "{} files: a line changed in {one_line}, was added in {added}, replaced several in {in_lines}; refused: {refused:#?}",
        files.len()
    );
    assert!(refused.len() * 100 <= files.len(), "{refused:#?}");
}

/// This test program again, running one of the tests below on a folder.
fn child(test: &str, folder: &Path, shell: &str) -> Child {
    let program = std::env::current_exe().expect("a program");
    Command::new("sh")
        .args(["-c", &format!("{shell} exec \"$0\" --ignored --exact --nocapture content::editing::{test}")])
        .arg(program)
        .env(FOLDER, folder)
        .stdout(Stdio::null())
        .spawn()
        .expect("starts")
}

fn site_of_child() -> (Workspace, PathBuf) {
    let folder = PathBuf::from(std::env::var_os(FOLDER).expect("is started by another test"));
    (Workspace::new(&folder.join("content"), &folder.join("data")), folder.join("content/posts/a.md"))
}

fn site() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    fs::create_dir_all(folder.path().join("content/posts")).expect("makes");
    fs::write(folder.path().join("content/posts/a.md"), "old").expect("writes");
    folder
}

/// Length of the texts that are saved: a write of several pages.
const LENGTH: usize = 200_000;

#[test]
#[ignore = "started and killed by another test"]
fn saves_for_ever() {
    let (workspace, _) = site_of_child();
    for letter in (b'a'..=b'z').cycle() {
        let version = workspace.read("posts/a.md").expect("reads").version;
        workspace.save("posts/a.md", &[letter; LENGTH], &version, now()).expect("saves");
    }
}

#[test]
fn a_crash_leaves_the_old_text_or_the_new_one() {
    let rounds: u64 = std::env::var("INSTEP_TEST_CRASHES").map_or(3, |rounds| rounds.parse().expect("a number"));
    let site = site();
    let file = site.path().join("content/posts/a.md");
    let (mut left, mut seen) = (0, std::collections::BTreeSet::new());
    for round in 0..rounds {
        let mut child = child("saves_for_ever", site.path(), "");
        let before = fs::read(&file).expect("reads");
        while fs::read(&file).expect("reads") == before {
            std::thread::yield_now();
        }
        // The moment within a save differs from round to round.
        let start = std::time::Instant::now();
        while start.elapsed().as_micros() < u128::from(round * 7919 % 9973) {}
        child.kill().expect("kills");
        child.wait().expect("ends");
        let bytes = fs::read(&file).expect("reads");
        assert_eq!(bytes.len(), LENGTH);
        assert!(bytes.iter().all(|byte| *byte == bytes[0]), "a mixture");
        seen.insert(bytes[0]);
        let beside = fs::read_dir(site.path().join("content/posts")).expect("reads").flatten();
        left += beside.filter(|entry| entry.file_name() != "a.md").count();
    }
    println!("{rounds} rounds, {left} with an unfinished file beside it, {} texts seen", seen.len());
    let workspace = Workspace::new(&site.path().join("content"), &site.path().join("data"));
    let version = workspace.read("posts/a.md").expect("reads").version;
    workspace.save("posts/a.md", b"after the crash", &version, now()).expect("saves");
    let names: Vec<_> = fs::read_dir(site.path().join("content/posts")).expect("reads").flatten().collect();
    assert_eq!(names.len(), 1, "{names:?}");
}

#[test]
#[ignore = "started by another test, with little room"]
fn saves_on_a_full_disk() {
    let (workspace, file) = site_of_child();
    let old = version_of(b"old");
    let full = |result: Result<String, EditError>| assert!(matches!(result, Err(EditError::Full)), "{result:?}");
    full(workspace.save("posts/a.md", &[b'x'; LENGTH], &old, now()));
    full(workspace.create_at("posts/b.md", &[b'x'; LENGTH]).map(|()| String::new()));
    let pdf = [&b"%PDF-"[..], &[b'x'; LENGTH]].concat();
    full(workspace.save_media("posts", "a.pdf", &pdf).map(|uploaded| uploaded.path));
    // The text itself is too large to be kept.
    fs::rename(file.with_file_name("large"), &file).expect("renames");
    let large = workspace.read("posts/a.md").expect("reads").version;
    full(workspace.save("posts/a.md", b"new", &large, now()));
    full(workspace.trash("posts/a.md", &large, now()));
    fs::write(file.with_file_name("done"), "").expect("writes");
}

#[test]
fn a_full_disk_leaves_the_old_text() {
    let site = site();
    let posts = site.path().join("content/posts");
    fs::write(posts.join("large"), vec![b'l'; LENGTH]).expect("writes");
    // No file may have more than a few kilobytes; that is an error of a write, as on a full disk.
    let status = child("saves_on_a_full_disk", site.path(), "trap '' XFSZ; ulimit -f 16;").wait().expect("ends");
    assert!(status.success());
    let mut names: Vec<String> = fs::read_dir(&posts)
        .expect("reads")
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into())
        .collect();
    names.sort();
    assert_eq!(names, ["a.md", "done"]);
    assert_eq!(fs::read(posts.join("a.md")).expect("reads"), vec![b'l'; LENGTH]);
    let workspace = Workspace::new(&site.path().join("content"), &site.path().join("data"));
    assert_eq!(workspace.trashed().expect("reads"), []);
}

/// Two people and a program on the disk write the same file. Every text of the disk is the present one or an earlier
/// version, and so is every text that was acknowledged, unless the program on the disk has written over it.
#[test]
fn nothing_is_lost_when_three_write_at_the_same_time() {
    let site = site();
    let workspace = Workspace::new(&site.path().join("content"), &site.path().join("data"));
    let file = site.path().join("content/posts/a.md");
    let (saved, written): (Vec<String>, Vec<String>) = std::thread::scope(|scope| {
        let save = |name: &'static str| {
            let workspace = workspace.clone();
            scope.spawn(move || {
                let mut saved = Vec::new();
                while saved.len() < 10 {
                    let opened = workspace.read("posts/a.md").expect("reads");
                    let text = format!("{name} {}", saved.len());
                    match workspace.save("posts/a.md", text.as_bytes(), &opened.version, now()) {
                        Ok(_) => saved.push(text),
                        Err(EditError::Changed(_)) => {}
                        Err(error) => panic!("{error}"),
                    }
                }
                saved
            })
        };
        let both = [save("one"), save("two")];
        let disk = || {
            let mut written = Vec::new();
            for number in 0..10 {
                let other = file.with_extension("new");
                fs::write(&other, format!("disk {number}")).expect("writes");
                fs::rename(&other, &file).expect("renames");
                written.push(format!("disk {number}"));
                // Its text is there until somebody has read it and written the next one.
                while fs::read_to_string(&file).expect("reads") == format!("disk {number}") {
                    std::thread::yield_now();
                    if both.iter().all(std::thread::ScopedJoinHandle::is_finished) {
                        return written;
                    }
                }
            }
            written
        };
        let written = disk();
        (both.into_iter().flat_map(|one| one.join().expect("ends")).collect(), written)
    });
    let versions = workspace.versions("posts/a.md").expect("reads");
    let earlier = versions.iter().map(|one| workspace.earlier("posts/a.md", &one.id).expect("reads"));
    let mut all: Vec<String> = earlier.map(|bytes| String::from_utf8(bytes).expect("a text")).collect();
    all.push(fs::read_to_string(&file).expect("reads"));
    let lost = |texts: &[String]| texts.iter().filter(|text| !all.contains(text)).count();
    assert_eq!(lost(&written), 0, "{written:?} {all:?}");
    assert!(lost(&saved) <= written.len(), "{saved:?} {all:?}");
}

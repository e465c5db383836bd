use std::{collections::HashMap, time::SystemTime};

use proptest::{collection::vec, prelude::*, sample::select, test_runner::TestCaseError};
use tempfile::TempDir;

use super::{file_state::Good, *};
use crate::{
    content::{media::MediaFile, source::Stamp},
    domain::{entry::Post, problem::Severity},
};

const TEXTS: [&str; 6] =
    ["posts/a.md", "posts/b.md", "posts/2026-05-04-c/index.md", "posts/d.md", "pages/about.md", "stretches/toes.md"];
const OTHERS: [(&str, &[&str]); 6] = [
    ("media/leg.svg", &["<svg width=\"8\" height=\"5\"><path d=\"M0 0\"/></svg>", "<svg width=\"9\" height=\"5\"/>"]),
    ("posts/leg.svg", &["<svg width=\"8\" height=\"6\"/>"]),
    ("media/clip.mp4", &["one", "two"]),
    ("media/clip.jpg", &["no picture at all", "\u{0}neither"]),
    ("posts/youtube-aqz-KE-bpKQ.toml", &["title = \"Bunny\"", "title = \"Rabbit\"", "title = 3"]),
    ("posts/youtube-aqz-KE-bpKQ.svg", &["<svg width=\"16\" height=\"9\"/>"]),
];
/// Text of a broken file.
const BROKEN: &str = "---\ntitle: [\n---\nBroken.";

/// An edit by an author.
#[derive(Clone, Debug)]
enum Edit {
    Write(usize, String),
    Break(usize),
    Delete(usize),
    /// Renames a file, even over an existing one.
    Rename(usize, usize),
    WriteOther(usize, usize),
    DeleteOther(usize),
}

fn head_lines() -> impl Strategy<Value = Vec<&'static str>> {
    let lines = vec![
        "slug: a",
        "slug: other",
        "url: /about",
        "aliases: [/old, /posts/gone]",
        "aliases: [/posts/b]",
        "tags: [feet, Calves]",
        "tags: [FEET]",
        "series: Toes",
        "draft: true",
        "image: leg.svg",
        "image: clip.jpg",
        "picture: leg.svg",
        "easier: toes",
        "video: clip.mp4",
        "titel: x",
        "language: de",
        "extra: {a: 1}",
    ];
    // A duplicate key is a fault.
    prop::sample::subsequence(lines, 0..4).prop_map(|mut lines| {
        lines.dedup_by_key(|line| line.split(':').next());
        lines
    })
}

fn body_lines() -> impl Strategy<Value = Vec<&'static str>> {
    let lines = vec![
        "[b](b.md)",
        "[b](b.md#part)",
        "[up](../pages/about.md)",
        "[c](@/posts/2026-05-04-c/index.md)",
        "{{< ref \"d\" >}}",
        "![leg](leg.svg)",
        "![clip](clip.jpg)",
        "clip.mp4",
        "https://youtu.be/aqz-KE-bpKQ",
        "![[toes]]",
        "![[heels]]",
        "## Part",
        "[tag](/tags/feet), [none](/tags/fet), [year](/archive/2026), [series](/series/toes)",
        "[old](/old), [gone](/posts/gone), [a](/posts/a), [other](/posts/other), [nowhere](/posts/nowhere#x)",
        "![far](https://pictures.example/x.jpg)",
        "<script>alert()</script>",
    ];
    prop::sample::subsequence(lines, 0..6)
}

fn text() -> impl Strategy<Value = String> {
    (head_lines(), body_lines(), select(vec!["date: 2026-05-02\n", "date: 2027-05-02\n", "", "date: never\n"]))
        .prop_map(|(head, body, date)| {
            format!("---\ntitle: T\n{date}{}\n---\n{}\n", head.join("\n"), body.join("\n\n"))
        })
}

fn edit() -> impl Strategy<Value = Edit> {
    let (one, other) = (0..TEXTS.len(), 0..OTHERS.len());
    prop_oneof![
        6 => (one.clone(), text()).prop_map(|(at, text)| Edit::Write(at, text)),
        1 => one.clone().prop_map(Edit::Break),
        1 => one.clone().prop_map(Edit::Delete),
        1 => (one.clone(), one).prop_map(|(from, to)| Edit::Rename(from, to)),
        2 => (other.clone(), 0..3_usize).prop_map(|(at, version)| Edit::WriteOther(at, version)),
        1 => other.prop_map(Edit::DeleteOther),
    ]
}

/// A content folder, and the last good version of each text in it.
struct Folder {
    folder: TempDir,
    good: HashMap<&'static str, String>,
    broken: HashSet<&'static str>,
}

impl Folder {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        Self { folder, good: HashMap::new(), broken: HashSet::new() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("makes");
        fs::write(path, text).expect("writes");
    }

    fn write_good(&mut self, name: &'static str, text: String) {
        self.write(name, &text);
        self.broken.remove(name);
        self.good.insert(name, text);
    }

    fn loader(&self) -> Loader {
        let rules = Rules { base_url: "https://site.example".to_owned(), ..Rules::default() };
        Loader::new(self.folder.path().to_owned(), rules, crate::texts::of("en").expect("is shipped"))
    }

    fn apply(&mut self, edit: &Edit) {
        match edit {
            // A date that cannot be read breaks a text as well; another test covers that.
            Edit::Write(at, text) => self.write_good(TEXTS[*at], text.replace("date: never\n", "")),
            Edit::Break(at) => {
                let name = TEXTS[*at];
                if self.good.contains_key(name) {
                    self.write(name, BROKEN);
                    self.broken.insert(name);
                }
            }
            Edit::Delete(at) => {
                let name = TEXTS[*at];
                let _ = fs::remove_file(self.path(name));
                self.broken.remove(name);
                self.good.remove(name);
            }
            Edit::Rename(from, to) => {
                let (from, to) = (TEXTS[*from], TEXTS[*to]);
                if from != to
                    && !self.broken.contains(from)
                    && self.path(to).parent().is_some_and(Path::is_dir)
                    && let Some(text) = self.good.remove(from)
                {
                    fs::rename(self.path(from), self.path(to)).expect("renames");
                    self.broken.remove(to);
                    self.good.insert(to, text);
                }
            }
            Edit::WriteOther(at, version) => {
                let (name, versions) = OTHERS[*at];
                self.write(name, versions[version % versions.len()]);
            }
            Edit::DeleteOther(at) => {
                let _ = fs::remove_file(self.path(OTHERS[*at].0));
            }
        }
    }

    /// Library of a new loader that knows only which file had its address first. It reads the good versions of broken
    /// files before, as the other loader did.
    fn anew(&self, mut loader: Loader) -> (Library, Vec<PathBuf>) {
        let broken: Vec<PathBuf> = self.broken.iter().map(|name| self.path(name)).collect();
        for name in &self.broken {
            self.write(name, &self.good[name]);
        }
        loader.load().expect("loads");
        for name in &self.broken {
            self.write(name, BROKEN);
        }
        (loader.load().expect("loads"), broken)
    }

    /// Writes until the file system's clock has moved on, so that earlier stamps are reliable.
    fn let_the_clock_move_on(&self) {
        let stamp = || {
            self.write("media/clock.txt", "tick");
            Stamp::of(&fs::metadata(self.path("media/clock.txt")).expect("is there")).changed
        };
        let before = stamp();
        while before.may_hide_a_save(stamp()) {}
    }
}

/// Text of everything visible in a library. A broken file is shown in its last good version, so only the parts that
/// depend on other files are compared; its warnings are old.
fn visible(library: &Library, broken: &[PathBuf]) -> String {
    let entry = |entry: &crate::domain::entry::Entry, whole: &dyn fmt::Debug| match broken.contains(&entry.file) {
        true => format!("{:?} {:?} {:?}\n", entry.file, entry.address, entry.aliases),
        false => format!("{whole:?}\n"),
    };
    let mut seen = String::new();
    for content in &library.contents {
        seen += &entry(content.entry(), content);
        seen += &format!("{:?}\n", content.post().map(|post| &post.threads));
    }
    // Warnings about pictures may come from a broken text's old version as well.
    let is_of_picture = |problem: &Problem| problem.file.extension().is_none_or(|ending| ending != "md");
    let of_now = |problem: &&Problem| {
        let is_of_then =
            broken.iter().any(|broken| **broken == *problem.file) || (!broken.is_empty() && is_of_picture(problem));
        problem.severity == Severity::Error || !is_of_then
    };
    for problem in library.problems.iter().filter(of_now) {
        seen += &format!("{problem}\n");
    }
    let mut media: Vec<&Arc<MediaFile>> = library.media.all().collect();
    media.sort_by(|a, b| a.path.cmp(&b.path));
    seen + &format!("{media:?} {}", library.has_remote_picture && broken.is_empty())
}

/// Loads after each edit, and compares with a loader that has kept nothing. `at_once`: bytes of texts that are rendered
/// at once; with 0, each site is a large one.
fn follows(edits: &[Edit], with_rest: bool, at_once: u64) -> Result<(), TestCaseError> {
    let mut folder = Folder::new();
    let mut loader = Loader { at_once, ..folder.loader() };
    for edit in edits {
        folder.apply(edit);
        if with_rest {
            folder.let_the_clock_move_on();
        }
        let ranks = loader.ranks();
        let followed = loader.load().expect("loads");
        let (expected, broken) = folder.anew(ranks);
        prop_assert_eq!(visible(&followed, &broken), visible(&expected, &broken), "after {:?}", edit);
        if with_rest {
            // From here on no stamp is doubtful.
            folder.let_the_clock_move_on();
            loader.load().expect("loads");
        }
    }
    Ok(())
}

impl Loader {
    /// A new loader that knows only which file had its address first.
    fn ranks(&self) -> Self {
        let Renderer { references, rules, texts, .. } = &*self.renderer;
        let mut ranks = Self::new(references.content.clone(), (**rules).clone(), texts);
        for file in &self.files {
            let good = file.good.as_ref().map(|good| {
                let (claim, granted) = (good.claim.clone(), good.granted.clone());
                Box::new(Good { claim, granted, entry: None })
            });
            let mut known = FileState::new(file.source.clone());
            known.good = good;
            ranks.files.push(known);
        }
        // This file is gone at the next load, so addresses are decided again.
        if let Some(mut gone) = self.files.first().map(|file| file.source.clone()) {
            gone.file.path = PathBuf::from("/gone.md");
            ranks.files.insert(0, FileState::new(gone));
        }
        ranks
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn a_loader_after_edits_agrees_with_a_new_one(edits in vec(edit(), 1..25)) {
        follows(&edits, false, AT_ONCE)?;
    }

    #[test]
    fn a_loader_after_edits_agrees_with_a_new_one_on_a_large_site(edits in vec(edit(), 1..25)) {
        follows(&edits, false, 0)?;
    }

    #[test]
    fn a_loader_after_edits_agrees_with_a_new_one_when_it_trusts_stamps(edits in vec(edit(), 1..4)) {
        follows(&edits, true, AT_ONCE)?;
    }
}

#[test]
fn a_large_site_is_read_before_it_is_rendered() {
    let folder = Folder::new();
    for number in 0..3 {
        let text = format!("---\ntitle: T\ndate: 2026-05-02\n---\nText {number}. [To b](b.md) and [c](/c).\n");
        folder.write(&format!("posts/p{number}.md"), &text);
    }
    let mut loader = Loader { at_once: 2 * BYTES_OF_A_FILE, ..folder.loader() };
    let library = loader.read().expect("reads");
    assert!(!library.is_finished && library.has_remote_picture && library.problems.is_empty());
    assert!(format!("{:?}", library.contents).contains("uninit"), "no text is rendered");
    // Whoever needs a text has it rendered.
    assert_eq!(library.contents[1].entry().description(), "Text 1. To b and c.");
    let finished = loader.finish();
    assert_eq!(finished.problems.len(), 6, "{:?}", finished.problems);
    assert!(finished.is_finished && !finished.has_remote_picture && !finished.looks_like(&library));
    // A save is rendered at once, and the others follow if they refer to it.
    folder.write("posts/b.md", "---\ntitle: B\ndate: 2026-05-02\n---\nNew.\n");
    let library = loader.read().expect("reads");
    assert_eq!(made_anew(&finished, &library), ["b"]);
    assert!(!format!("{:?}", library.contents).contains("uninit") && library.problems == finished.problems);
    let finished = loader.finish();
    assert_eq!(made_anew(&library, &finished), ["p0", "p1", "p2"]);
    assert!(finished.contents[0].entry().body.unpack().text.contains("New."));
    assert!(format!("{:?}", finished.contents[1].entry().body.unpack()).contains("/posts/b"));
}

#[test]
fn few_long_texts_make_a_large_site_too() {
    for (paragraphs, is_finished) in [(10, true), (200_000, false)] {
        let folder = Folder::new();
        let text = "A paragraph of text.\n\n".repeat(paragraphs);
        folder.write("posts/a.md", &format!("---\ntitle: T\ndate: 2026-05-02\n---\n{text}"));
        assert_eq!(folder.loader().read().expect("reads").is_finished, is_finished, "{paragraphs}");
    }
}

fn posts(library: &Library) -> HashMap<PathBuf, Arc<Post>> {
    library.posts().map(|post| (post.entry.file.clone(), Arc::clone(post))).collect()
}

/// Slugs of the posts that were rendered again.
fn made_anew(before: &Library, after: &Library) -> Vec<String> {
    let before = posts(before);
    let is_new = |post: &&Arc<Post>| before.get(&post.entry.file).is_none_or(|old| !Arc::ptr_eq(old, post));
    after.posts().filter(is_new).map(|post| post.entry.slug.to_string()).collect()
}

#[test]
fn one_saved_file_costs_that_file_and_what_depends_on_it() {
    let folder = Folder::new();
    for number in 0..40 {
        let next = (number + 1) % 40;
        let text = format!("---\ntitle: T\ndate: 2026-05-02\n---\n[next](p{next}.md)\n");
        folder.write(&format!("posts/p{number}.md"), &text);
    }
    folder.write("posts/p7.md", "---\ntitle: T\ndate: 2026-05-02\n---\n![leg](leg.svg)\n");
    let mut loader = folder.loader();
    let mut before = loader.load().expect("loads");
    let text = |address: &str| format!("---\ntitle: T\ndate: 2026-05-02\n{address}---\nOther words.\n");
    let mut check = |what: &str, expected: &[&str]| {
        let after = loader.load().expect("loads");
        assert_eq!(made_anew(&before, &after), expected, "{what}");
        before = after;
    };
    check("nothing", &[]);
    folder.write("posts/p3.md", &text(""));
    check("a text", &["p3"]);
    folder.write("posts/p3.md", &text("url: /elsewhere\n"));
    check("an address, and who links to it", &["p2", "p3"]);
    folder.write("media/leg.svg", "<svg width=\"9\" height=\"5\"/>");
    check("a picture that was missing", &["p7"]);
    fs::remove_file(folder.path("posts/p20.md")).expect("removes");
    check("a post that others linked to", &["p19"]);
    folder.write("posts/new.md", &text(""));
    check("a new one", &["new"]);
    // Touched with the same bytes, as by a backup or a checkout.
    folder.write("posts/p5.md", "---\ntitle: T\ndate: 2026-05-02\n---\n[next](p6.md)\n");
    let file = fs::File::options().append(true).open(folder.path("posts/p5.md")).expect("opens");
    file.set_modified(SystemTime::UNIX_EPOCH).expect("sets the time back");
    check("a file that was touched", &[]);
}

#[test]
fn a_save_that_changes_neither_size_nor_time_is_seen() {
    let folder = Folder::new();
    let text = |word: &str| format!("---\ntitle: T\ndate: 2026-05-02\n---\n{word}\n");
    folder.write("posts/a.md", &text("one"));
    let mut loader = folder.loader();
    let words = |library: &Library| library.contents[0].entry().body.plain().unpack();
    let at = fs::metadata(folder.path("posts/a.md")).expect("is there").modified().expect("a time");
    assert_eq!(words(&loader.load().expect("loads")), "one");
    folder.write("posts/a.md", &text("two"));
    let file = fs::File::options().append(true).open(folder.path("posts/a.md")).expect("opens");
    file.set_modified(at).expect("sets the time back");
    assert_eq!(words(&loader.load().expect("loads")), "two");
}

#[test]
fn a_deleted_file_has_no_last_good_version() {
    let mut folder = Folder::new();
    let mut loader = folder.loader();
    folder.write_good("posts/a.md", "---\ntitle: T\ndate: 2026-05-02\n---\nx\n".to_owned());
    assert_eq!(loader.load().expect("loads").posts().count(), 1);
    folder.apply(&Edit::Break(0));
    assert_eq!(loader.load().expect("loads").posts().count(), 1, "its last good version");
    folder.apply(&Edit::Delete(0));
    assert_eq!(loader.load().expect("loads").posts().count(), 0);
    folder.write("posts/a.md", BROKEN);
    let library = loader.load().expect("loads");
    assert_eq!(library.posts().count(), 0);
    assert!(library.problems[0].mend.ends_with("It is not published until then."), "{:?}", library.problems);
}

//! Cost of a file: the work is linear in its size, and has a limit.

use std::time::Duration;

use instep::{
    content::{Effort, Loader, markdown},
    domain::{permalink::Rules, problem::Severity},
};

use super::commonmark::Nothing;
use crate::support::TestSite;

/// Steps of rendering a text: the number of bytes that all stages look at.
fn steps(text: &str) -> u64 {
    let nothing = Nothing(Effort::new(Duration::from_secs(600)));
    markdown::render(text, &nothing);
    nothing.0.steps()
}

#[test]
fn twice_the_text_is_twice_the_work() {
    for part in [
        "{% raw %} x ",
        "{% comment %}\n\n",
        "{{< highlight go >}} x ",
        "{{< highlight go >}}\n\n",
        "{% highlight(lang=\"rust\") %}\n",
        "{% raw %}~~~{% endraw %} x\n",
        "{% raw %}`{% endraw %} x ",
        "{% raw %}```{% endraw %}\n\n",
        "{{< highlight md >}}```{{< /highlight >}} ",
        "{{",
        "{{ \"",
        "{%",
        "{: ",
        "{{< unknown >}} ",
        "{% if x %}\n",
        "{{< /unknown >}}",
        "{% end %}",
        "{{< details >}}{{< a >}}{{< /details >}}",
        "a\n{: #a}\n",
        "- a\n{: #a}\n",
        "> a {{ site.url }}/x\n> {: #a}\n",
        "* TOC\n{:toc}\n",
        "{::comment} ",
        "{: .a title=\"b",
        "<div markdown=\"1\"><p>a</p>\n",
        "https://a.example/_x ",
        "www.a.example/(",
        "<a>{{< img src=a >}}\n",
        "<div markdown=\"1\">\n",
        "<p markdown=\"1\">",
        "> [!NOTE] a\n",
        "{{ site.url }}/x ",
        "`{{ x }}` ",
        "<script></script>\n",
        "<!-- ",
        "<a href=x ",
        "<img src=a src=b ",
        "[a](b) ",
        "[a][b] ",
        "![a](b)\n",
        "![a](",
        "[",
        "![",
        "[a](<b ",
        "[a](b \"c ",
        "[a][",
        "[a]: /b\n",
        "[a]: /b 'c\n",
        "](b)",
        "*a ",
        "*a",
        "a* ",
        "**a _b ",
        "~a ",
        "_*a*",
        "> ",
        "> - ",
        "+ - * ",
        "- a\n",
        "# a\n",
        "a\n: b\n\n",
        "[^1] ",
        "[^1]: a\n\n",
        "[^1]: > ",
        "a\n\n: b\n",
        "# a {.b ",
        "\"a' ",
        "<a@",
        "a <?",
        "| a ",
        "|-",
        "a | b\n-|-\n",
        "`` a ` ",
        "&amp;",
        "https://youtu.be/aqz-KE-bpKQ\n",
        "![[toes]]\n",
        "\\\n",
        "\u{e9}\n\n",
    ] {
        let of = |bytes: usize| steps(&part.repeat(bytes / part.len()));
        let (half, whole) = (of(24_000), of(48_000));
        assert!(half > 0 && whole <= half * 21 / 10 + 4_096, "{part:?}: {half} steps, and {whole} for twice as much");
    }
}

#[test]
fn closing_tags_far_from_their_openings_are_found_in_linear_time() {
    let text = |count: usize| "{{< a >}}".repeat(count) + &"{{< b >}}".repeat(count) + &"{{< /a >}}".repeat(count);
    let (half, whole) = (steps(&text(800)), steps(&text(1_600)));
    assert!(whole <= half * 21 / 10, "{half} steps, and {whole} for twice as much");
}

#[tokio::test]
async fn front_matter_of_thousands_of_lines_is_read() {
    let lines = |line: &dyn Fn(usize) -> String| (0..5_000).map(line).collect::<String>();
    let head = "title = \"A\"\ndate = 2026-05-02\n";
    let site = TestSite::new()
        .post("tables", &format!("+++\n{head}{}+++\nText.", lines(&|at| format!("[t{at}]\na = 1\n"))))
        .post("keys", &format!("+++\n{head}{}+++\nText.", lines(&|at| format!("key{at} = 1\n"))))
        .post(
            "aliases",
            &format!("---\ntitle: A\ndate: 2026-05-02\naliases:\n{}---\nText.", lines(&|_| "- a?b\n".to_owned())),
        )
        .post(
            "tags",
            &format!("---\ntitle: A\ndate: 2026-05-02\ntags:\n{}---\nText.", lines(&|at| format!("- t{at}\n"))),
        )
        .start()
        .await;
    for slug in ["tables", "keys", "aliases", "tags"] {
        site.get(&format!("/posts/{slug}")).await.is(200);
    }
    let problems = site.problems();
    assert!(problems.len() <= 110, "{} problems", problems.len());
    assert!(problems.iter().any(|problem| problem.starts_with("posts/keys.md:4:1:")), "{problems:?}");
}

#[test]
fn uses_of_one_reference_do_not_multiply_it() {
    let text = |count: usize| format!("[a]: /{}\n\n", "x".repeat(count)) + &"[a] ".repeat(count / 4);
    let (half, whole) = (steps(&text(24_000)), steps(&text(48_000)));
    assert!(whole <= half * 21 / 10, "{half} steps, and {whole} for twice as much");
}

#[test]
fn a_table_of_many_columns_does_not_fill_up_every_row() {
    let text = |count: usize| "|a".repeat(count) + "\n" + &"|-".repeat(count) + "\n" + &"|\n".repeat(count);
    let (half, whole) = (steps(&text(4_000)), steps(&text(8_000)));
    assert!(whole <= half * 21 / 10, "{half} steps, and {whole} for twice as much");
}

#[tokio::test]
async fn hostile_front_matter_is_read_or_reported() {
    let yaml = |lines: &str| format!("---\ntitle: A\ndate: 2026-05-02\n{lines}\n---\nText.");
    let toml = |lines: &str| format!("+++\ntitle = \"A\"\ndate = 2026-05-02\n{lines}\n+++\nText.");
    let many = |line: &dyn Fn(usize) -> String, bytes: usize| {
        let mut lines = String::new();
        (0..)
            .take_while(|at| {
                lines += &line(*at);
                lines.len() < bytes
            })
            .for_each(drop);
        lines
    };
    let most = 250_000;
    let chain = many(&|at| format!("a{}: &a{} [*a{at}, *a{at}]\n", at + 1, at + 1), most);
    let heads = [
        ("aliases", yaml(&format!("a: &a [x, y]\n{}", many(&|at| format!("b{at}: *a\n"), most)))),
        ("chain", yaml(&format!("a0: &a0 [x, y]\n{chain}"))),
        ("anchors", yaml(&many(&|at| format!("b{at}: &b{at} x\n"), most))),
        ("sequences", yaml(&format!("tags: {}", "[".repeat(most)))),
        ("mappings", yaml(&format!("extra: {}", "{a: ".repeat(most / 4)))),
        ("dashes", yaml(&format!("tags:\n{}", "- ".repeat(most / 2)))),
        ("flow", yaml(&format!("tags: [{}]", "x, ".repeat(most / 3)))),
        ("merged", yaml(&format!("a: &a {{x: 1}}\nextra: {{<<: [{}]}}", "*a, ".repeat(most / 4)))),
        ("tables", toml(&many(&|at| format!("[t{at}]\na=1\n"), most))),
        ("dotted", toml(&many(&|at| format!("extra.k{at}=1\n"), most))),
        ("deep", toml(&format!("{}b = 1", "a.".repeat(most / 2)))),
        ("arrays", toml(&format!("tags = {}", "[".repeat(most)))),
        ("inline", toml(&format!("extra = {}", "{a=".repeat(most / 3)))),
        ("long", toml(&many(&|at| format!("[t{at}]\n"), 1_000_000))),
    ];
    let site =
        heads.iter().fold(TestSite::new().post("calf", "Stretch it."), |site, (slug, text)| site.post(slug, text));
    // Problems of a site with so many bytes are found after its start.
    let site = site.keeps_current().start().await;
    let problems = site.problems();
    for (slug, _) in &heads {
        let is_told = problems.iter().any(|problem| problem.starts_with(&format!("posts/{slug}.md:")));
        let is_read = site.get(&format!("/posts/{slug}")).await.status == 200;
        assert!(is_read || is_told, "{slug}");
    }
    site.get("/posts/calf").await.is(200);
}

#[tokio::test]
async fn texts_with_too_deep_quotes_and_lists_are_left_out_and_reported() {
    let stairs: String = (0..600).map(|at| "  ".repeat(at) + "- a\n").collect();
    let site = TestSite::new()
        .post("quotes", &format!("{}{}", "> ".repeat(20_000), "a\n".repeat(20_000)))
        .post("lists", &format!("Text.\n\n{}{}", "- ".repeat(20_000), "a\n".repeat(20_000)))
        .post("stairs", &format!("{stairs}{}", "a\n".repeat(300_000)))
        .post("deep", &format!("{}a\nb\n", "> ".repeat(60)))
        .start()
        .await;
    for slug in ["quotes", "lists", "stairs"] {
        site.get(&format!("/posts/{slug}")).await.is(404);
    }
    site.get("/posts/deep").await.is(200);
    let told = site.problems().into_iter().filter(|problem| problem.contains("inside each other")).count();
    assert_eq!(told, 3, "{:?}", site.problems());
}

#[tokio::test]
async fn a_text_of_many_megabytes_is_left_out_and_reported() {
    let site = TestSite::new().post("calf", &"Stretch it. ".repeat(1_500_000)).post("heel", "Raise it.").start().await;
    site.get("/posts/calf").await.is(404);
    site.get("/posts/heel").await.is(200);
    assert!(site.problems().iter().any(|problem| problem.contains("larger than 16 MB")), "{:?}", site.problems());
}

#[tokio::test]
async fn a_file_that_takes_too_long_is_left_out_and_reported() {
    let site = TestSite::new().post("calf", "Stretch it.").start().await;
    let config = &site.app.config;
    let mut loader =
        Loader::new(config.content.clone(), config.site.rules(), config.site.texts).with_patience(Duration::ZERO);
    for _ in 0..2 {
        let library = loader.load().expect("the folder is there");
        assert!(library.contents.is_empty());
        let [problem] = library.problems.as_slice() else { panic!("{:?}", library.problems) };
        assert!(problem.severity == Severity::Error && problem.file.ends_with("calf.md"), "{problem}");
        assert!(problem.what.contains("takes more than 0 s"), "{problem}");
    }
}

/// Text of some 12 kB with headings, links that lead nowhere, and words that repeat as in any language.
fn prose(number: usize) -> String {
    const PARTS: [&str; 12] = ["calf", "heel", "run", "ning", "stre", "tch", "morn", "ing", "slow", "ly", "foot", "an"];
    let mut state = number as u64 + 1;
    let mut next = |most: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((state >> 33) % most) as usize
    };
    let mut text = format!("---\ntitle: Post {number}\ndate: 2026-05-02\ntags: [feet, calves]\n---\n");
    for paragraph in 0..30 {
        if paragraph % 4 == 0 {
            text += &format!("## Part {paragraph}\n\n");
        }
        for word in 0..50 {
            (0..=next(3)).for_each(|_| text += PARTS[next(12)]);
            text += if word == 30 { " [gone](/posts/gone) " } else { " " };
        }
        text += "\n\n";
    }
    text
}

#[test]
fn a_site_in_memory_is_hardly_larger_than_its_files() {
    let texts: Vec<String> = (0..12).map(prose).collect();
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::create_dir(folder.path().join("posts")).expect("makes");
    for (number, text) in texts.iter().enumerate() {
        std::fs::write(folder.path().join(format!("posts/{number}.md")), text).expect("writes");
    }
    let loaded = || {
        let rules = Rules { base_url: "https://site.example".to_owned(), ..Rules::default() };
        let mut loader = Loader::new(folder.path().to_owned(), rules, instep::texts::of("en").expect("is shipped"));
        let library = loader.load().expect("reads");
        assert_eq!((library.contents.len(), library.problems.len()), (12, 12));
        (loader, library)
    };
    // What is made once for all texts does not count.
    drop(loaded());
    let mut kept = None;
    let held = allocation_counter::measure(|| kept = Some(loaded())).bytes_current;
    let files: usize = texts.iter().map(String::len).sum();
    assert!(held > 0 && held < files as i64 * 115 / 100, "{held} bytes for files of {files}");
}

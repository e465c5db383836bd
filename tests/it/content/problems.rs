//! The list of problems: one line for each file and kind, the worst first, and the exit code of `check`.

use crate::support::{TestSite, eventually, program::Program};

#[tokio::test]
async fn one_line_for_each_kind_of_warning_in_a_file() {
    let site = TestSite::new()
        .post("calf", "<p style=\"color: red\">a</p>\n\n<p style=\"x\">b</p>\n\ntext <b style=\"y\">c</b> [x](/none)\n\n[y](/gone)\n")
        .post("heel", "<p style=\"color: red\">a</p>\n")
        .start()
        .await;
    assert_eq!(
        site.problems(),
        [
            "posts/calf.md:5:1: warning: there is an inline style here, which the security policy of the page forbids \
             (and 2 more like it: line 7, line 9). Put styles into content/custom.css, and leave scripts out.",
            "posts/calf.md:9:25: warning: the link \"/none\" leads to no page here (and 1 more like it: line 11 \"/gone\"). \
             Correct it, or remove the link.",
            "posts/heel.md:5:1: warning: there is an inline style here, which the security policy of the page forbids. \
             Put styles into content/custom.css, and leave scripts out.",
        ]
    );
}

#[tokio::test]
async fn one_line_for_each_kind_of_expression_whatever_is_in_it() {
    let text = "Get {{ release.url.gz }} or {{ release.url.zip | size }}.\n\n{% include a.html %}\n\n{% include b.html x=\"1\" %}\n\n\
                {{< tabs \"a\" >}}\n\n{{% notice %}}\n";
    let site = TestSite::new().post("calf", text).start().await;
    let problems = site.problems();
    let [value, include, shortcode] = &problems[..] else { panic!("{problems:?}") };
    assert!(value.contains("5:5: warning: {{ release.url.gz }} is an expression of a template"), "{value}");
    assert!(value.contains("(and 1 more like it: line 5 {{ release.url.zip | size }})"), "{value}");
    assert!(include.contains("(and 1 more like it: line 9 {% include b.html x=\"1\" %})"), "{include}");
    assert!(shortcode.contains("(and 1 more like it: line 13 {{% notice %}})"), "{shortcode}");
    assert!(problems.iter().all(|problem| !problem.contains("Jekyll")), "{problems:?}");
}

#[tokio::test]
async fn the_header_lists_pages_only_while_they_are_few() {
    for (count, set, listed, told) in [(7, false, 7, false), (8, false, 0, true), (8, true, 1, false)] {
        let mut site = TestSite::new().page("privacy", "Nothing is kept.");
        for number in 0..count {
            site = site.page(&format!("page-{number}"), "Text.");
        }
        if set {
            site = site.setting("site.navigation", "[{ label = \"One\", href = \"/page-1\" }]");
        }
        let site = site.start().await;
        let html = site.get("/").await.html();
        let links = html.all("a").into_iter().filter(|link| link.get("href").starts_with("/page-")).count();
        assert_eq!(links, listed, "{count} pages");
        let problems = site.problems();
        let is_told =
            problems.iter().any(|problem| problem.contains("site.toml:1:1: warning: the header lists no pages"));
        assert_eq!(is_told, told, "{problems:?}");
        assert!(!told || problems[0].contains("Write navigation = "), "{problems:?}");
    }
}

#[test]
fn check_fails_where_whole_folders_of_posts_are_not_read() {
    let program = Program::with_site();
    program.save("content/CONTRIBUTING.md", "Not a post.");
    program.run(&["check"]).exits(0).says("warning: 1 Markdown file here is not read");
    program.save("content/en/posts/a.md", "---\ntitle: A\ndate: 2026-05-02\n---\nText.");
    program.run(&["check"]).exits(1).says("content/en:1:1: error: 1 Markdown file here is not read");
}

#[tokio::test]
async fn serve_logs_the_ten_worst_problems_and_the_number_of_others() {
    let program = Program::with_site();
    for number in 0..13 {
        let text = format!("---\ntitle: A\ndate: 2026-05-02\n---\n[x](/none/{number})\n");
        program.save(&format!("content/posts/a{number:02}.md"), &text);
    }
    program.save("content/posts/z.md", "---\ntitle: [\n---\n");
    let serving = program.serve(&[]);
    let said =
        eventually("it has greeted", async || Some(serving.said()).filter(|said| said.contains("14 problems,"))).await;
    assert_eq!(said.lines().filter(|line| line.contains("/posts/")).count(), 10, "{said}");
    assert!(said.contains("posts/z.md") && said.contains("4 problems more; instep check lists all"), "{said}");
    let checked = program.run(&["check"]).exits(1).out.clone();
    assert_eq!(checked.lines().filter(|line| line.contains("/posts/")).count(), 14, "{checked}");
}

#[tokio::test]
async fn only_check_suggests_targets_for_dead_links() {
    let site = TestSite::new().post("calf", "[x](/posts/clf) and [y](#wram)\n\n## Warm\n").start().await;
    let problems = site.problems();
    assert!(problems.len() == 2 && problems.iter().all(|problem| !problem.contains("The nearest one")), "{problems:?}");
    let advice = site.advice();
    assert!(advice[0].contains("The nearest one is /posts/calf:"), "{advice:?}");
    assert!(advice[1].contains("The nearest one is #warm:"), "{advice:?}");
}

#[tokio::test]
async fn a_link_to_a_heading_is_checked_again_when_headings_change() {
    let site = TestSite::new()
        .post("calf", "## Warm up\n")
        .post("links", "[x](calf.md#warm-up)\n")
        .keeps_current()
        .start()
        .await;
    assert_eq!(site.problems(), Vec::<String>::new());
    let post = |text: &str| format!("---\ntitle: calf\ndate: 2026-05-02\n---\n{text}");
    site.save("posts/calf.md", post("## Cool down\n"));
    eventually("the part is gone", async || site.problems().first().cloned().filter(|told| told.contains("#warm-up")))
        .await;
    site.save("posts/calf.md", post("Text.\n\n## Warm up\n"));
    eventually("the part is there", async || site.problems().is_empty().then_some(())).await;
}

//! No file costs more than its size deserves: the work grows with the text and not with its square, and it has an end.

use std::time::Duration;

use instep::{
    content::{Effort, Loader, markdown},
    domain::problem::Severity,
};

use super::commonmark::Nothing;
use crate::support::TestSite;

/// The steps that a text takes: bytes that the stages look at.
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
        "*a ",
        "**a _b ",
        "> ",
        "- a\n",
        "# a\n",
        "a\n: b\n\n",
        "[^1] ",
        "[^1]: a\n\n",
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
fn openings_that_are_closed_far_away_are_found_at_once() {
    let text = |count: usize| "{{< a >}}".repeat(count) + &"{{< b >}}".repeat(count) + &"{{< /a >}}".repeat(count);
    let (half, whole) = (steps(&text(800)), steps(&text(1_600)));
    assert!(whole <= half * 21 / 10, "{half} steps, and {whole} for twice as much");
}

#[tokio::test]
async fn a_head_of_thousands_of_lines_is_read() {
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

#[tokio::test]
async fn a_file_that_takes_too_long_is_left_out_and_told() {
    let site = TestSite::new().post("calf", "Stretch it.").start().await;
    let config = &site.app.config;
    let mut loader =
        Loader::new(config.content.clone(), config.site.rules(), config.site.texts).with_patience(Duration::ZERO);
    for _ in 0..2 {
        let library = loader.load().expect("the folder is there");
        assert!(library.posts.is_empty());
        let [problem] = library.problems.as_slice() else { panic!("{:?}", library.problems) };
        assert!(problem.severity == Severity::Error && problem.file.ends_with("calf.md"), "{problem}");
        assert!(problem.what.contains("takes more than 0 s"), "{problem}");
    }
}

use std::borrow::Cow;

use proptest::prelude::*;

use super::*;
use crate::content::markdown::{render, tests::Site};

fn new_text(markdown: &str) -> String {
    expand(markdown, &Site).text.into_owned()
}

#[test]
fn known_shortcodes_become_markdown() {
    for (written, expected) in [
        // Hugo.
        ("{{< youtube aqz-KE-bpKQ >}}", "<https://www.youtube.com/watch?v=aqz-KE-bpKQ>"),
        ("{{<youtube \"aqz-KE-bpKQ\">}}", "<https://www.youtube.com/watch?v=aqz-KE-bpKQ>"),
        ("{{% youtube id=aqz-KE-bpKQ start=\"30\" %}}", "<https://www.youtube.com/watch?v=aqz-KE-bpKQ&t=30s>"),
        (
            "{{< youtube id=\"aqz-KE-bpKQ\" title=\"A [film]\" />}}",
            "[A \\[film\\]](https://www.youtube.com/watch?v=aqz-KE-bpKQ)",
        ),
        ("{{< vimeo 1084537 >}}", "<https://vimeo.com/1084537>"),
        ("{{< instagram fA9uwTtkSN hidecaption >}}", "<https://www.instagram.com/p/fA9uwTtkSN/>"),
        ("{{< gist ana 12 \"a.go\" >}}", "[Gist ana/12 on GitHub](https://gist.github.com/ana/12)"),
        ("{{< tweet user=\"ana\" id=\"12\" >}}", "[Post by ana on X](https://x.com/ana/status/12)"),
        ("{{< tweet 12 >}}", "[Post on X](https://x.com/i/status/12)"),
        ("{{< figure src=\"a.jpg\" alt=\"Toes\" >}}", "![Toes](a.jpg)"),
        ("{{< figure src=\"a b.jpg\" caption=\"My toes\" >}}", "![My toes](<a b.jpg> \"My toes\")"),
        ("{{< figure\n  src=`a.jpg`\n  title='T'\n>}}", "![T](a.jpg \"T\")"),
        ("![x]({{< relref \"posts/calf.md#up\" >}})", "![x](/posts/calf#up)"),
        ("[x]({{< ref \"calf\" >}} \"t\")", "[x](/posts/calf \"t\")"),
        (
            "{{< highlight go \"linenos=table\" >}}\na := \"{{ b }}\"\n{{< / highlight >}}",
            "```go\na := \"{{ b }}\"\n```",
        ),
        ("Is {{< highlight go >}}a{{< /highlight >}} it?", "Is ` a ` it?"),
        (
            "- {{< highlight md >}}\n```\nx\n```\n{{< /highlight >}}\n{{< vimeo 1 >}}",
            "- ````md\n  ```\n  x\n  ```\n  ````\n<https://vimeo.com/1>",
        ),
        ("{{</* youtube x */>}}", "{{&lt; youtube x >}}"),
        // Zola.
        ("{{ youtube(id=\"aqz-KE-bpKQ\", autoplay=true) }}", "<https://www.youtube.com/watch?v=aqz-KE-bpKQ>"),
        ("{{ vimeo(id=1084537) }}", "<https://vimeo.com/1084537>"),
        (
            "{{ gist(url=\"https://gist.github.com/ana/12\") }}",
            "[Gist ana/12 on GitHub](https://gist.github.com/ana/12)",
        ),
        ("{% highlight(lang=\"rust\") %}\nlet a;\n{% end %}", "```rust\nlet a;\n```"),
        // Jekyll.
        ("{% highlight ruby linenos %}\nputs 1\n\n    two\n{% endhighlight %}", "```ruby\nputs 1\n\n    two\n```"),
        ("[x]({% post_url 2020-01-02-calf %})", "[x](/posts/calf)"),
        ("[x]({{ site.baseurl }}{% post_url /a/2020-01-02-calf %})", "[x](/posts/calf)"),
        ("[x]({% link _posts/2020-01-02-calf.md %})", "[x](/posts/calf)"),
        ("[x]({% link assets/a.pdf %})", "[x](/assets/a.pdf)"),
        ("![x]({{ site.url }}{{site.baseurl}}/a.png)", "![x](/a.png)"),
        ("![x]({{ '/a.png' | relative_url }})", "![x](/a.png)"),
        ("a {% raw %}{{ b }}{% endraw %} c", "a {{ b }} c"),
        ("a{%- comment -%} b {%- endcomment -%}", "a"),
    ] {
        let expanded = expand(written, &Site);
        assert_eq!(expanded.text, expected, "{written}");
        assert!(expanded.remarks.is_empty(), "{written}: {:?}", expanded.remarks);
    }
}

#[test]
fn unknown_shortcodes_stay_and_are_reported() {
    for (written, place, word) in [
        ("a {{< notice tip >}}b{{< /notice >}}", 2, "{{< notice tip >}}"),
        ("\n{{% notice %}}\nb\n{{% /notice %}}", 1, "{{% notice %}}"),
        ("{{ admonition(kind=\"tip\") }}", 0, "admonition"),
        ("{% quote(by=\"x\") %}b{% end %}", 0, "quote"),
        ("{% include a.html x=\"1\" %}", 0, "include a.html"),
        ("{% for a in b %}c{% endfor %}", 0, "for a in b"),
        ("by {{ page.author }}", 3, "page.author"),
        ("at {{ site.url }}.", 3, "site.url"),
        ("[x]({{< ref \"nobody.md\" >}})", 4, "leads to no post"),
        ("[x]({% post_url 2020-01-02-none %})", 4, "leads to no post"),
        ("{{< youtube >}}", 0, "youtube"),
        ("{% highlight ruby %}\nx", 0, "has no end"),
        ("![x](a.png){: .wide}", 11, "is an attribute list"),
    ] {
        let expanded = expand(written, &Site);
        let [remark] = expanded.remarks.as_slice() else { panic!("{written}: {:?}", expanded.remarks) };
        assert_eq!(remark.at, place, "{written}");
        assert!(remark.what.contains(word), "{written}: {remark:?}");
        if !written.contains("{:") {
            assert_eq!(expanded.text.replace("&lt;", "<"), written);
        }
    }
}

#[test]
fn code_and_comments_are_left_alone() {
    for written in [
        "`{{< youtube x >}}` and ``{% raw %}``",
        "```\n{{< youtube x >}}\n{% include a %}\n```",
        "    {{< youtube x >}}",
        "<!-- {{< youtube x >}} -->",
        "<pre>\n{{ a }}\n</pre>",
        "a {:b c} {:.d of e",
        "{{ no end, {{< neither",
        "f(x) = {1, 2}",
    ] {
        let expanded = expand(written, &Site);
        assert_eq!(expanded.text, written);
        assert!(expanded.remarks.is_empty(), "{written}: {:?}", expanded.remarks);
    }
}

#[test]
fn blocks_are_separated_from_html_and_text() {
    assert_eq!(new_text("<div>\n{{< vimeo 1 >}}\n</div>"), "<div>\n\n<https://vimeo.com/1>\n\n</div>");
    assert_eq!(new_text("a\n{{< figure src=a.jpg >}}\nb"), "a\n\n![](a.jpg)\n\nb");
    assert_eq!(
        new_text("{{< figure src=a.jpg caption=\"A *b*\" link=/c >}}"),
        "<figure>\n\n[![A \\*b\\*](a.jpg)](/c)\n\n<figcaption>\n\nA *b*\n\n</figcaption>\n</figure>\n"
    );
    assert_eq!(
        new_text("{{< details \"More\" >}}\na\n{{< /details >}}"),
        "\n\n<details>\n<summary>More</summary>\n\n\na\n\n\n</details>\n\n"
    );
}

#[test]
fn remarks_have_their_place_in_the_authors_text() {
    let written = "{{< highlight go >}}\na\n{{< /highlight >}}\n\n{{% b %}} ![x](none.jpg)";
    let rendered = render(written, &Site);
    let places: Vec<&str> = rendered.remarks.iter().map(|remark| &written[remark.at..]).collect();
    assert_eq!(places, ["![x](none.jpg)", "{{% b %}} ![x](none.jpg)"]);
}

proptest! {
    #[test]
    fn any_text_is_expanded_with_valid_positions(written in "([a-z \n`\"'=|:.<>%/{}()-]|\\{\\{<|>\\}\\}|\\{%|%\\}|highlight|end|raw|ref|ü){0,60}") {
        let expanded = expand(&written, &Site);
        let mut before = 0;
        for at in (0..=expanded.text.len()).filter(|at| expanded.text.is_char_boundary(*at)) {
            let origin = expanded.origin(at);
            prop_assert!(before <= origin && origin <= written.len() && written.is_char_boundary(origin));
            before = origin;
        }
        for remark in &expanded.remarks {
            prop_assert!(written.is_char_boundary(remark.at));
        }
        let _ = render(&written, &Site);
    }

    #[test]
    fn a_text_without_braces_is_the_same(written in "[^{]{0,80}") {
        prop_assert!(matches!(expand(&written, &Site).text, Cow::Borrowed(text) if text == written));
    }
}

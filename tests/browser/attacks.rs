//! Hundreds of attempts to run a script in a comment, on one page of a real browser.

use serde_json::json;

use super::support::{FLAGSHIP, Scripts, Stage, Visitor};

/// One attempt a line; `\n` is a line break.
const ATTACKS: &str = include_str!("../fixtures/attacks.txt");

const WATCH: &str = "window.ran = []; window.broken = []; \
                     window.alert = (what) => window.ran.push(String(what)); \
                     document.addEventListener('securitypolicyviolation', (event) => \
                       window.broken.push(`${event.violatedDirective} ${event.blockedURI} ${event.sample}`))";

/// Sends every attack as a text, a name and a site, as the form of the page would.
const SEND: &str = "const [attacks, path, done] = arguments; \
    (async () => { \
      let kept = 0; \
      const send = async (fields) => { \
        const body = new URLSearchParams({ name: 'Ana', site: '', text: 'An attempt', ...fields }); \
        const answer = await fetch(`${path}/comments`, { method: 'POST', body, redirect: 'manual' }); \
        kept += answer.type === 'opaqueredirect' ? 1 : 0; \
      }; \
      for (const [number, attack] of attacks.entries()) { \
        await send({ text: `${attack} ` }); \
        await send({ name: attack.slice(0, 70), text: `Attempt ${number}` }); \
        await send({ site: `https://a.example/${attack.slice(0, 60)}`, text: `Attempt at ${number}` }); \
      } \
      return kept; \
    })().then(done, (error) => done(String(error)))";

#[tokio::test]
async fn no_script_of_a_commenter_runs() {
    let Some(stage) = Stage::set() else { return };
    let reader = stage.visitor(Scripts::On).await;
    reader.run_on_every_page(WATCH).await;
    reader.open(FLAGSHIP).await;
    let attacks: Vec<String> = ATTACKS.lines().map(|line| line.replace("\\n", "\n")).collect();
    let kept = reader.execute_async(SEND, vec![json!(attacks), json!(FLAGSHIP)]).await.expect("sends");
    let kept = kept.as_u64().unwrap_or_else(|| panic!("{kept}"));
    assert!(kept >= 300, "{kept} were kept");
    stage.site.shell(&["comments", "approve", "--all-held"]);

    reader.reload_until(".comment").await;
    let mut pages = vec![FLAGSHIP.to_owned()];
    pages.extend((2..=kept.div_ceil(200)).map(|page| format!("{FLAGSHIP}/comments/page/{page}")));
    let mut shown = 0;
    for path in &pages {
        reader.open(path).await;
        let here = reader.run("return document.querySelectorAll('.comment').length").await;
        shown += here.as_u64().unwrap_or_else(|| panic!("{here}"));
        // What a person does by chance: moves over everything, clicks on it, gives it the focus.
        reader
            .run(
                "for (const element of document.querySelectorAll('#-comments *')) { \
                   for (const kind of ['pointerenter', 'mouseover', 'focus', 'toggle', 'animationstart', 'error', 'load']) \
                     element.dispatchEvent(new Event(kind)); }",
            )
            .await;
        nothing_ran(&reader, path).await;
    }
    assert_eq!(shown, kept);
    for path in [format!("{FLAGSHIP}?reply_to={kept}"), "/".to_owned()] {
        reader.open(&path).await;
        nothing_ran(&reader, &path).await;
    }
    let foreign = "return document.querySelectorAll('#-comments :is(script, iframe, object, embed, style, link, base, \
                   meta, svg, math, video, audio, img), #-comments .comment :is(form, input)').length";
    for path in &pages {
        reader.open(path).await;
        assert_eq!(reader.run(foreign).await, json!(0), "{path}");
    }
    for path in ["/comments/feed.xml".to_owned(), format!("{FLAGSHIP}/comments/feed.xml")] {
        reader.open(&path).await;
        let parsed =
            reader.run("return [document.getElementsByTagName('entry').length, window.ran?.length ?? 0]").await;
        assert_eq!(parsed, json!([30, 0]), "{path}");
    }
    stage.trap.assert_empty();
}

async fn nothing_ran(reader: &Visitor, path: &str) {
    assert_eq!(reader.run("return window.ran").await, json!([]), "{path}");
    assert_eq!(reader.run("return window.broken").await, json!([]), "the policy had nothing to stop on {path}");
}

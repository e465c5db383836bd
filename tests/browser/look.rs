//! The look as a browser computes it: sizes, places, colours.

use instep::domain::colour::Colour;
use serde::Deserialize;
use serde_json::{Value, json};

use super::support::{COMPONENTS, FLAGSHIP, GUIDE, Scheme, Scripts, Stage, Visitor};

/// Widths of a small phone, and of a desktop at 400 percent (WCAG 2.2, 1.4.10).
const WIDTHS: [u32; 2] = [360, 320];

#[tokio::test]
async fn nothing_scrolls_sideways_on_a_small_screen() {
    let Some(stage) = Stage::demo() else { return };
    let reader = stage.visitor(Scripts::On).await;

    let reply = format!("{FLAGSHIP}?reply_to=1");
    let posts = ["/", FLAGSHIP, &reply, GUIDE, "/tags/feet", "/archive"];
    let others = ["/search?q=calf", "/stretches", "/stretches/toe-flexion", "/about", "/no/such/page"];
    for width in WIDTHS {
        reader.hold_phone(width).await;
        for scheme in [Scheme::Light, Scheme::Dark] {
            reader.prefer(scheme).await;
            for page in posts.iter().chain(&others) {
                reader.open(page).await;
                assert_eq!(reader.run("return document.documentElement.clientWidth").await, width);
                assert_eq!(too_wide(&reader).await, json!([]), "{page} scrolls sideways at {width} px, {scheme:?}");
            }
        }
    }
    // The same question, asked where the answer is known.
    reader.run("document.querySelector('main').append(document.createElement('canvas'))").await;
    reader.run("document.querySelector('canvas').style.minWidth = '30rem'").await;
    assert_ne!(too_wide(&reader).await, json!([]));
}

#[tokio::test]
async fn right_to_left_pages_do_not_scroll_sideways() {
    let Some(stage) = Stage::demo() else { return };
    let reader = stage.visitor(Scripts::On).await;

    reader.hold_phone(360).await;
    for turned in ["document.querySelector('article')", "document.documentElement"] {
        for page in [FLAGSHIP, GUIDE] {
            reader.open(page).await;
            reader
                .run(&format!(
                    "document.querySelectorAll('[dir]').forEach((one) => one.removeAttribute('dir')); {turned}.dir = 'rtl'"
                ))
                .await;
            assert_eq!(
                reader.run("return getComputedStyle(document.querySelector('.prose h2')).direction").await,
                "rtl"
            );
            assert_eq!(too_wide(&reader).await, json!([]), "{page} scrolls sideways with {turned} turned");
        }
    }
}

#[tokio::test]
async fn text_outside_of_paragraphs_stays_in_the_column() {
    let Some(stage) = Stage::demo() else { return };
    let reader = stage.visitor(Scripts::On).await;

    // Text beside a picture, behind a box, between paragraphs and at the end, as the author's HTML leaves it.
    let place = "const prose = document.querySelector('.prose'); const words = 'Words that stand in no paragraph. '.repeat(9); \
                 prose.innerHTML = `${words}<p>P</p>${words}<img width=90 height=60 alt=''>${words}<div>D</div>${words}<b>b</b>${words}`; \
                 const box = prose.querySelector('p').getBoundingClientRect(); const range = document.createRange(); \
                 return [...prose.childNodes].filter((one) => one.nodeType == 3).map((one) => { \
                   range.selectNode(one); const text = range.getBoundingClientRect(); \
                   return text.left >= box.left - 1 && text.right <= box.right + 1 && text.width > box.width * 0.8; })";
    // Nothing lies on anything else: bare text keeps a distance from what is above it.
    let apart = "const prose = document.querySelector('.prose'); const range = document.createRange(); \
                 return [prose.querySelector('p'), prose.querySelector('img'), prose.querySelector('div')].map((one) => { \
                   range.selectNode(one.nextSibling); \
                   return range.getClientRects()[0].top - one.getBoundingClientRect().bottom > 8; })";
    for width in [360, 1280] {
        reader.hold_phone(width).await;
        reader.open(FLAGSHIP).await;
        assert_eq!(reader.run(place).await, json!([true, true, true, true, true]), "at {width} px");
        assert_eq!(reader.run(apart).await, json!([true, true, true]), "at {width} px");
        assert_eq!(too_wide(&reader).await, json!([]), "at {width} px");
    }
}

#[tokio::test]
async fn paragraphs_in_html_of_the_author_have_the_spacing_of_the_text() {
    let Some(stage) = Stage::demo() else { return };
    let reader = stage.visitor(Scripts::On).await;
    reader.open(FLAGSHIP).await;

    let gaps = "const prose = document.querySelector('.prose'); \
                const gap = (one) => Math.round(one.nextElementSibling.getBoundingClientRect().top - one.getBoundingClientRect().bottom); \
                prose.innerHTML = '<p>A</p><p>B</p>'; const usual = gap(prose.firstChild); \
                return ['div', 'section', 'article', 'aside', 'details', 'figure', 'div><div', 'blockquote><div'].map((tag) => { \
                  prose.innerHTML = `<${tag}><p>A</p><p>B</p><ul><li>C</ul>`; const box = prose.querySelector('p'); \
                  prose.querySelectorAll('details').forEach((one) => { one.open = true; }); \
                  return usual > 8 && gap(box) === usual && gap(box.nextElementSibling) === usual; })";
    assert_eq!(reader.run(gaps).await, json!([true, true, true, true, true, true, true, true]));
}

#[tokio::test]
async fn a_name_of_one_long_word_wraps_everywhere() {
    let Some(stage) = Stage::demo() else { return };
    let reader = stage.visitor(Scripts::On).await;

    for width in [320, 360, 768, 1280] {
        reader.hold_phone(width).await;
        reader.open(FLAGSHIP).await;
        // A reply so deep that it is not set in any more names whom it answers, and so does the author's form behind a mail.
        let named = "const meta = document.querySelector('.comment .meta'); \
                     meta.insertAdjacentHTML('beforeend', ' <span>in reply to <a href=\"#x\"><bdi>x</bdi></a></span>'); \
                     document.querySelector('.field label').textContent = `Answer ${'W'.repeat(80)}`; \
                     const names = [...document.querySelectorAll('.comment bdi')]; \
                     names.forEach((name) => { (name.querySelector('a') ?? name).textContent = 'W'.repeat(80); }); \
                     return names.length";
        assert!(reader.run(named).await.as_u64().is_some_and(|names| names > 20));
        assert_eq!(too_wide(&reader).await, json!([]), "at {width} px");
    }
}

#[tokio::test]
async fn parts_of_the_header_do_not_overlap() {
    let Some(stage) = Stage::set() else { return };
    let reader = stage.visitor(Scripts::On).await;

    let mut wrong = Vec::new();
    let whole = "Donaudampfschifffahrtsgesellschaft";
    for width in [320, 360, 768] {
        reader.hold_phone(width).await;
        reader.open("/").await;
        for title in ["Ab", "Schnürsenkel", "A title of several words, as they come", whole] {
            for menu in [&["A"][..], &["Artikel", "Über"], &["Articles", "Stretches", "About"], &[whole, whole]] {
                let on_each_other = lies_on_each_other(&reader, title, menu).await;
                if on_each_other != json!([]) {
                    wrong.push(format!("{title:?} with {menu:?} at {width} px: {on_each_other}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[tokio::test]
async fn the_preferred_scheme_changes_background_and_text() {
    let Some(stage) = Stage::set() else { return };
    let reader = stage.visitor(Scripts::Off).await;

    for page in ["/", FLAGSHIP, "/search", "/stretches/toe-flexion", "/no/such/page"] {
        reader.prefer(Scheme::Light).await;
        reader.open(page).await;
        let (paper, ink) = paper_and_ink(&reader).await;
        assert!(paper < 1.3 && ink > 9.0, "{page} by day: paper {paper}, ink {ink}");
        // Without loading it again, as in the evening.
        reader.prefer(Scheme::Dark).await;
        let (paper, ink) = paper_and_ink(&reader).await;
        assert!(paper > 14.0 && ink < 1.5, "{page} by night: paper {paper}, ink {ink}");
    }
}

#[tokio::test]
async fn no_text_of_the_sample_site_is_in_the_margin() {
    let Some(stage) = Stage::demo() else { return };
    let reader = stage.visitor(Scripts::On).await;

    reader.open("/").await;
    let listed = "return (await (await fetch('/sitemap.xml')).text()).match(/(?<=<loc>)[^<]+/g).map((one) => new URL(one).pathname)";
    let pages = reader.run(listed).await;
    let pages: Vec<&str> = pages.as_array().expect("a list").iter().filter_map(Value::as_str).collect();
    assert!(pages.len() > 20, "{pages:?}");
    // The desktop has a column beside the text that things may hang into; a phone has margins only.
    for width in [1280, 360] {
        reader.hold_phone(width).await;
        for page in &pages {
            reader.open(page).await;
            assert_eq!(in_the_margin(&reader).await, json!([]), "{page} at {width} px");
        }
    }
    // The same question, asked where the answer is known: text of nobody in the grid.
    reader.open(FLAGSHIP).await;
    reader.run("document.querySelector('article').append('Text without a paragraph')").await;
    assert_eq!(in_the_margin(&reader).await, json!(["Text without a paragraph"]));
}

#[tokio::test]
async fn code_runs_from_left_to_right_inside_other_text() {
    let Some(stage) = Stage::set() else { return };
    let reader = stage.visitor(Scripts::On).await;

    reader.open(FLAGSHIP).await;
    reader
        .run(
            "const prose = document.querySelector('.prose'); prose.dir = 'rtl'; \
             prose.innerHTML = '<p>שלום <code>fn main() {</code> עולם</p><pre><code>fn main() {</code></pre>'",
        )
        .await;
    for code in ["p code", "pre code"] {
        let at = format!(
            "const text = document.querySelector('.prose {code}').firstChild; \
             const left = (at) => {{ const one = document.createRange(); one.setStart(text, at); one.setEnd(text, at + 1); \
                                     return one.getBoundingClientRect().left; }}; \
             return [left(0) < left(3), left(3) < left(10)]"
        );
        assert_eq!(reader.run(&at).await, json!([true, true]), "{code}");
    }
    let isolated = "return getComputedStyle(document.querySelector('.prose p code')).unicodeBidi";
    assert_eq!(reader.run(isolated).await, "isolate");
    let starts = "const pre = document.querySelector('.prose pre'); const range = document.createRange(); \
                  range.selectNodeContents(pre); \
                  return range.getBoundingClientRect().left - pre.getBoundingClientRect().left < 60";
    assert_eq!(reader.run(starts).await, true, "a block begins on its left");
}

/// Text outside of the columns that text may be in. Text in a scrolling box counts by its box, and signs that hang into
/// the margin do not count.
async fn in_the_margin(reader: &Visitor) -> Value {
    let script = "const wide = document.querySelector('.site-header-row').getBoundingClientRect(); \
                  const main = document.querySelector('main'); \
                  const found = []; \
                  const judge = (box, what) => { \
                    if (box.width && (box.left < wide.left - 1 || box.right > wide.right + 1)) found.push(what.trim().slice(0, 60)); \
                  }; \
                  const texts = document.createTreeWalker(main, NodeFilter.SHOW_TEXT); \
                  while (texts.nextNode()) { \
                    const text = texts.currentNode, parent = text.parentElement; \
                    if (!text.data.trim() || !parent.checkVisibility() || parent.closest('.visually-hidden, .heading-link, .left-empty, svg, textarea, option')) continue; \
                    const scroller = parent.closest('pre, .table-scroll'); \
                    const range = document.createRange(); \
                    range.selectNodeContents(text); \
                    judge((scroller ?? range).getBoundingClientRect(), text.data); \
                  } \
                  return [...new Set(found)]";
    reader.run(script).await
}

/// Width of a page that scrolls sideways, and the elements that are too wide; nothing if it does not scroll.
async fn too_wide(reader: &Visitor) -> Value {
    let script = "const root = document.documentElement; \
                  if (root.scrollWidth <= root.clientWidth) return []; \
                  const outside = (one) => one.getBoundingClientRect().right > root.clientWidth + 0.5; \
                  const who = [...document.querySelectorAll('body *')].filter(outside).slice(0, 5); \
                  return [root.scrollWidth, ...who.map((one) => one.outerHTML.slice(0, 100))]";
    reader.run(script).await
}

/// Parts of the header that overlap others or leave the page, with this title and this menu.
async fn lies_on_each_other(reader: &Visitor, title: &str, menu: &[&str]) -> Value {
    let script = "const row = document.querySelector('.site-header-row'); \
                  row.querySelector('.site-title').textContent = title; \
                  const list = row.querySelector('.site-nav ul'); \
                  const search = list.lastElementChild; \
                  const entry = (word) => { \
                    const item = document.createElement('li'); \
                    item.appendChild(document.createElement('a')).textContent = word; \
                    return item; \
                  }; \
                  list.replaceChildren(...menu.map(entry), search); \
                  const box = (link) => { \
                    const range = document.createRange(); \
                    range.selectNodeContents(link); \
                    return range.getBoundingClientRect(); \
                  }; \
                  const all = [...row.querySelectorAll('a')].map((link) => [link.textContent || 'search', box(link)]); \
                  const meet = (a, b) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom; \
                  const width = document.documentElement.clientWidth; \
                  return all.filter(([, a], at) => a.right > width || all.slice(at + 1).some(([, b]) => meet(a, b))) \
                            .map(([name]) => name)";
    reader.run(&format!("const [title, menu] = {}; {script}", json!([title, menu]))).await
}

#[tokio::test]
async fn all_colours_can_be_read_on_their_backgrounds() {
    let themes: [&[(&str, &str)]; 5] = [
        &[],
        &[("paper", "#ffffff"), ("ink", "#0b1f3a"), ("accent", "#0a58ca")],
        &[("paper", "#f4ecd8"), ("ink", "#3b2f1e"), ("accent", "#7a4300")],
        &[("paper", "#101418"), ("accent", "#7cb7ff")],
        &[("accent", "#156b3a"), ("dark.paper", "#000000"), ("dark.ink", "#cccccc")],
    ];
    for theme in themes {
        let Some(stage) = Stage::themed(theme) else { return };
        let reader = stage.visitor(Scripts::On).await;
        reader.open(COMPONENTS).await;
        for scheme in [Scheme::Light, Scheme::Dark] {
            reader.prefer(scheme).await;
            let pairs = pairs_of_colours(&reader).await;
            assert!(pairs.len() > 50, "{}", pairs.len());
            let weak: Vec<String> = pairs
                .iter()
                .map(|pair| (pair, Colour(pair.text).contrast(Colour(pair.ground))))
                .filter(|(pair, contrast)| *contrast < pair.least)
                .map(|(pair, contrast)| format!("{pair:?}: {contrast}"))
                .collect();
            assert!(weak.is_empty(), "{theme:?}, {scheme:?}: {weak:#?}");
        }
    }
}

/// A text colour and a background as Chromium computes them, and the contrast that they need.
#[derive(Debug, Deserialize)]
struct Pair {
    #[expect(dead_code, reason = "shown when the test fails")]
    name: String,
    text: [u8; 3],
    ground: [u8; 3],
    least: f32,
}

/// Every pair of text colour and background: tokens, and the hues of initials and boxes.
async fn pairs_of_colours(reader: &Visitor) -> Vec<Pair> {
    let script = "const probe = document.body.appendChild(document.createElement('i')); \
                  const pen = document.createElement('canvas').getContext('2d', { willReadFrequently: true }); \
                  const seen = (...layers) => { \
                    for (const layer of layers) { \
                      probe.style.color = layer; \
                      pen.fillStyle = getComputedStyle(probe).color; \
                      pen.fillRect(0, 0, 1, 1); \
                    } \
                    return [...pen.getImageData(0, 0, 1, 1).data].slice(0, 3); \
                  }; \
                  const token = (name) => `var(--color-${name})`; \
                  const pairs = []; \
                  const pair = (name, text, grounds, least) => grounds.forEach((ground) => \
                    pairs.push({ name: `${name} on ${ground}`, text: seen(text), ground: seen(...ground), least })); \
                  const [paper, sheet] = [[token('paper')], [token('sheet')]]; \
                  const wash = [token('paper'), token('wash')]; \
                  for (const name of ['text', 'meta']) pair(name, token(name), [paper, sheet], 4.5); \
                  pair('accent', token('accent'), [paper, sheet, wash], 4.5); \
                  pair('paper', token('paper'), [[token('accent')]], 4.5); \
                  pair('edge', token('edge'), [paper, sheet], 3); \
                  pair('track', token('track'), [paper], 3); \
                  for (const name of ['string', 'constant', 'function', 'type', 'variable']) \
                    pair(name, token(`code-${name}`), [sheet], 4.5); \
                  for (const hue of [25, 30, 50, 70, 75, 110, 150, 155, 195, 240, 245, 290, 300, 345]) { \
                    const tint = `oklch(from var(--color-tint) l c ${hue}`; \
                    pair(`tone ${hue}`, `oklch(from var(--color-tone) l c ${hue})`, \
                      [[`${tint})`], [token('paper'), `${tint} / 45%)`], paper], 4.5); \
                  } \
                  probe.remove(); \
                  return pairs";
    serde_json::from_value(reader.run(script).await).expect("pairs")
}

/// Contrast of page and text to white.
async fn paper_and_ink(reader: &Visitor) -> (f32, f32) {
    let script = "return [getComputedStyle(document.documentElement).backgroundColor, \
                          getComputedStyle(document.body).color]";
    let colours = reader.run(script).await;
    let contrast = |colour: &Value| Some(Colour::parse(colour.as_str()?)?.contrast(Colour([255; 3])));
    match (contrast(&colours[0]), contrast(&colours[1])) {
        (Some(paper), Some(ink)) => (paper, ink),
        _ => panic!("not two colours: {colours}"),
    }
}

#[tokio::test]
async fn stacked_accents_stay_inside_their_comment() {
    /// Pixels that accents may extend beyond their comment.
    const MARGIN: f64 = 16.0;
    let Some(stage) = Stage::demo() else { return };
    let reader = stage.visitor(Scripts::On).await;
    reader.open(FLAGSHIP).await;
    // Nothing else is visible, so every row of pixels outside of the comment has one colour.
    let script = "const comment = [...document.querySelectorAll('article.comment')][1]; \
         comment.querySelector('.comment-name bdi').textContent = 'Ana' + '\\u0301'.repeat(700); \
         comment.querySelector('.prose').innerHTML = '<p>Hello' + '\\u0301\\u0323'.repeat(350) + '</p>'; \
         document.body.style.visibility = 'hidden'; \
         comment.style.visibility = 'visible'; \
         comment.scrollIntoView({ block: 'center', behavior: 'instant' }); \
         const box = comment.getBoundingClientRect(); return [box.top, box.bottom]";
    let (top, bottom): (f64, f64) = serde_json::from_value(reader.run(script).await).expect("a place");
    let picture = reader.screenshot().await.expect("a picture");
    let picture = image::load_from_memory(&picture).expect("a picture").to_rgb8();
    let line = usize::try_from(picture.width()).expect("fits") * 3;
    let rows = picture.as_raw().chunks(line).zip(0_u32..);
    // Without the scrollbar, which is at most 20 pixels wide.
    let has_one_colour = |row: &[u8]| row[..line - 60].chunks(3).all(|pixel| pixel == &row[..3]);
    let painted: Vec<f64> = rows.filter(|(row, _)| !has_one_colour(row)).map(|(_, y)| f64::from(y)).collect();
    assert!(top > 100.0, "there is something above it: {top}");
    assert!(painted.iter().any(|y| *y > top && *y < bottom), "the comment is painted");
    let outside: Vec<&f64> = painted.iter().filter(|y| **y < top - MARGIN || **y > bottom + MARGIN).collect();
    assert!(outside.is_empty(), "rows outside of {top} to {bottom}: {outside:?}");
}

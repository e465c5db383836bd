//! The Content-Security-Policy: none of our pages may violate it.

use serde_json::{Value, json};

use super::support::{FLAGSHIP, Scripts, Stage, Visitor, until};

const WATCH: &str = "window.violations = []; \
                     document.addEventListener('securitypolicyviolation', (event) => \
                       window.violations.push(`${event.violatedDirective} ${event.blockedURI} ${event.sample}`))";

#[tokio::test]
async fn no_page_of_the_sitemap_violates_the_policy() {
    let Some(stage) = Stage::demo() else { return };
    let reader = stage.visitor(Scripts::On).await;
    reader.run_on_every_page(WATCH).await;

    reader.open("/").await;
    let mut pages = addresses_of_sitemap(&reader).await;
    assert!(pages.iter().any(|page| page == FLAGSHIP), "the sitemap lists the posts: {pages:?}");
    pages.extend(["/search", "/search?q=calf", "/no/such/page"].map(str::to_owned));
    pages.push(format!("{FLAGSHIP}?reply_to=1"));
    for page in &pages {
        reader.open(page).await;
        assert_eq!(violations(&reader).await, json!([]), "on {page}");
        let console: Vec<String> =
            reader.console().await.into_iter().filter(|line| line.contains("Content Security Policy")).collect();
        assert_eq!(console, Vec::<String>::new(), "the console on {page}");
    }
}

#[tokio::test]
async fn the_policy_blocks_an_inline_script() {
    let Some(stage) = Stage::set() else { return };
    let reader = stage.visitor(Scripts::On).await;
    reader.run_on_every_page(WATCH).await;

    reader.open("/").await;
    reader
        .run(
            "const script = document.createElement('script'); script.textContent = 'window.gotIn = true'; \
              document.body.append(script)",
        )
        .await;
    until("the violation is told", async || violations(&reader).await != json!([])).await;
    assert_eq!(reader.run("return window.gotIn ?? null").await, Value::Null);
    let console = reader.console().await;
    assert!(console.iter().any(|line| line.contains("Content Security Policy")), "{console:?}");
}

async fn violations(reader: &Visitor) -> Value {
    reader.run("return window.violations").await
}

async fn addresses_of_sitemap(reader: &Visitor) -> Vec<String> {
    let script = "const done = arguments[0]; fetch('/sitemap.xml').then((answer) => answer.text()).then((text) => \
                  done([...text.matchAll(/<loc>(.*?)<\\/loc>/g)].map((found) => new URL(found[1]).pathname)))";
    let found = reader.execute_async(script, vec![]).await.expect("the sitemap");
    serde_json::from_value(found).expect("a list of addresses")
}

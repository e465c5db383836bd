//! Chromium with its own chromedriver, and the visitor that tests use.

use std::{
    io::{Read, Write},
    net::TcpStream,
    ops::Deref,
    path::{Path, PathBuf},
    process::Command,
};

use fantoccini::{
    Client, ClientBuilder, Locator,
    actions::{InputSource, KeyAction, KeyActions},
    elements::Element,
    key::Key,
    wd::{Capabilities, WebDriverCompatibleCommand},
};
use http::Method;
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use url::{ParseError, Url};

use super::{PATIENCE, process::Process, until};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scripts {
    On,
    Off,
}

#[derive(Clone, Copy, Debug)]
pub enum Scheme {
    Light,
    Dark,
}

/// Hosts that Chromium and Chrome contact by themselves, whatever their flags are. These names are not resolved; every
/// other name leads to the trap.
const CHROMIUMS_OWN: [&str; 14] = [
    "accounts.google.com",
    "android.clients.google.com",
    "clients1.google.com",
    "clients2.google.com",
    "clients4.google.com",
    "content-autofill.googleapis.com",
    "dl.google.com",
    "edgedl.me.gvt1.com",
    "optimizationguide-pa.googleapis.com",
    "redirector.gvt1.com",
    "safebrowsing.googleapis.com",
    "safebrowsingohttpgateway.googleapis.com",
    // Debian's start page.
    "start.duckduckgo.com",
    "update.googleapis.com",
];

pub struct Driver {
    port: u16,
    // Ends after `drop` has asked it to close its browsers.
    _process: Process,
}

impl Driver {
    /// Starts chromedriver. `folder` is for the files that it and its browsers leave behind.
    pub fn start(folder: &Path) -> Self {
        let mut command = Command::new(program("INSTEP_TEST_CHROMEDRIVER", "chromedriver"));
        command.arg("--port=0").env("TMPDIR", folder);
        loop {
            let started = Process::try_start(&mut command, |line| {
                let (_, port) = line.split_once("started successfully on port ")?;
                port.trim_end_matches('.').parse().ok()
            });
            match started {
                Ok((process, port)) => return Self { port, _process: process },
                // It takes a free port of IPv6 and then needs the same of IPv4, which somebody else may have.
                Err(said) if said.contains("Address already in use") => {}
                Err(said) => panic!("{command:?} did not come up:\n{said}"),
            }
        }
    }

    pub async fn visitor(&self, base: &str, profile: &Path, scripts: Scripts, trap: u16) -> Visitor {
        let capabilities = capabilities(profile, scripts, trap);
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(capabilities)
            .connect(&format!("http://127.0.0.1:{}", self.port))
            .await
            .expect("a session");
        Visitor { client, base: base.to_owned() }
    }
}

impl Drop for Driver {
    /// Asks chromedriver to close all browsers, and waits for the answer. If that fails, Chromium ends when the pipe to
    /// chromedriver closes.
    fn drop(&mut self) {
        if let Ok(mut connection) = TcpStream::connect(("127.0.0.1", self.port)) {
            let _ = connection.set_read_timeout(Some(PATIENCE));
            let _ = connection.write_all(b"GET /shutdown HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n");
            let _ = connection.read_to_end(&mut Vec::new());
        }
    }
}

/// Full path of a program, as chromedriver needs it.
fn program(variable: &str, default: &str) -> PathBuf {
    let name = std::env::var_os(variable).unwrap_or_else(|| default.into());
    let folders = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&folders).map(|folder| folder.join(&name)).find(|path| path.is_file());
    found.unwrap_or_else(|| panic!("{} is not in PATH; {variable} may name it", name.display()))
}

fn capabilities(profile: &Path, scripts: Scripts, trap: u16) -> Capabilities {
    let nowhere = CHROMIUMS_OWN.map(|host| format!("MAP {host} ~NOTFOUND, ")).concat();
    let mut arguments = vec![
        format!("--user-data-dir={}", profile.display()),
        format!("--host-resolver-rules={nowhere}MAP * 127.0.0.1:{trap}, EXCLUDE 127.0.0.1, EXCLUDE localhost"),
    ];
    let steady = [
        "--headless=new",
        "--remote-debugging-pipe",
        "--window-size=1280,900",
        "--disable-gpu",
        // The trap listens on TCP.
        "--disable-quic",
        // A page that is still gliding moves away under the pointer.
        "--force-prefers-reduced-motion",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-default-apps",
        "--disable-extensions",
        "--disable-sync",
        "--allow-browser-signin=false",
        "--disable-features=AutofillServerCommunication,OptimizationHints,MediaRouter,Translate",
    ];
    arguments.extend(steady.map(str::to_owned));
    if is_root() {
        arguments.push("--no-sandbox".to_owned());
    }
    let mut preferences = json!({});
    if scripts == Scripts::Off {
        preferences["profile.managed_default_content_settings.javascript"] = json!(2);
    }
    let mut capabilities = Capabilities::new();
    capabilities.insert("browserName".to_owned(), json!("chrome"));
    capabilities.insert("goog:loggingPrefs".to_owned(), json!({ "browser": "ALL" }));
    let longest = u64::try_from(PATIENCE.as_millis()).unwrap_or(u64::MAX);
    capabilities.insert("timeouts".to_owned(), json!({ "script": longest, "pageLoad": longest }));
    capabilities.insert(
        "goog:chromeOptions".to_owned(),
        json!({ "binary": program("INSTEP_TEST_CHROMIUM", "chromium"), "args": arguments, "prefs": preferences }),
    );
    capabilities
}

/// True if the tests run as root, for which Chromium's sandbox does not work.
fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0)
}

/// A visitor with a browser: fantoccini's client, with helpers that many tests use.
pub struct Visitor {
    client: Client,
    base: String,
}

impl Deref for Visitor {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.client
    }
}

impl Visitor {
    pub async fn open(&self, path: &str) {
        self.goto(&format!("{}{path}", self.base)).await.unwrap_or_else(|error| panic!("{path} opens: {error}"));
    }

    /// Opens a URL.
    pub async fn go_to(&self, url: &str) {
        self.goto(url).await.unwrap_or_else(|error| panic!("{url} opens: {error}"));
    }

    /// Address in the address bar, without the host.
    pub async fn address(&self) -> String {
        let url = self.current_url().await.expect("an address");
        url.as_str().strip_prefix(&self.base).unwrap_or(url.as_str()).to_owned()
    }

    /// Waits until a click has led to an address with this start.
    pub async fn arrives_at(&self, start: &str) {
        until(&format!("the address {start}"), async || self.address().await.starts_with(start)).await;
    }

    /// First element that matches; waits until it exists.
    pub async fn see(&self, css: &str) -> Element {
        match self.wait().at_most(PATIENCE).for_element(Locator::Css(css)).await {
            Ok(element) => element,
            Err(error) => panic!("no {css:?} on {}: {error}", self.address().await),
        }
    }

    pub async fn count(&self, css: &str) -> usize {
        self.find_all(Locator::Css(css)).await.expect("an answer").len()
    }

    /// Text of the first element that matches. One of a page that was replaced meanwhile is looked up again.
    pub async fn text(&self, css: &str) -> String {
        loop {
            match self.see(css).await.text().await {
                Err(error) if error.is_stale_element_reference() => {}
                text => return text.expect("its text"),
            }
        }
    }

    pub async fn attribute(&self, css: &str, name: &str) -> Option<String> {
        self.see(css).await.attr(name).await.expect("an answer")
    }

    pub async fn click(&self, css: &str) {
        let clicked = self.see(css).await.click().await;
        clicked.unwrap_or_else(|error| panic!("{css:?} can be clicked: {error}"));
    }

    /// Types into a field, in place of its content.
    pub async fn fill(&self, css: &str, text: &str) {
        let field = self.see(css).await;
        field.clear().await.expect("an empty field");
        field.send_keys(text).await.expect("a filled field");
    }

    /// Current value of a field. One of a page that was replaced meanwhile is looked up again.
    pub async fn value(&self, css: &str) -> String {
        loop {
            match self.see(css).await.prop("value").await {
                Err(error) if error.is_stale_element_reference() => {}
                value => return value.expect("an answer").unwrap_or_default(),
            }
        }
    }

    /// Waits until something has the focus, named as `tag#id`.
    pub async fn finds_focus_on(&self, expected: &str) {
        until(&format!("the focus on {expected}"), async || {
            let element = self.active_element().await.expect("an active element");
            let tag = element.tag_name().await.expect("its tag");
            let id = element.attr("id").await.expect("its id");
            expected == id.map_or(tag.clone(), |id| format!("{tag}#{id}"))
        })
        .await;
    }

    pub async fn press(&self, key: impl Into<char>) {
        let value = key.into();
        self.type_text(&value.to_string()).await;
    }

    /// Presses the keys of a text one after another, wherever the focus is.
    pub async fn type_text(&self, text: &str) {
        let keys = text.chars().fold(KeyActions::new("keyboard".to_owned()), |keys, value| {
            keys.then(KeyAction::Down { value }).then(KeyAction::Up { value })
        });
        self.perform_actions(keys).await.expect("key presses");
    }

    /// Presses a key while another is held.
    pub async fn press_with(&self, held: Key, key: impl Into<char>) {
        let (held, key) = (held.into(), key.into());
        let keys = KeyActions::new("keyboard".to_owned())
            .then(KeyAction::Down { value: held })
            .then(KeyAction::Down { value: key })
            .then(KeyAction::Up { value: key })
            .then(KeyAction::Up { value: held });
        self.perform_actions(keys).await.expect("key presses");
    }

    /// Loads the page again and again until it shows something.
    pub async fn reload_until(&self, css: &str) {
        until(&format!("{css:?} after a reload"), async || {
            self.refresh().await.expect("a reload");
            self.count(css).await > 0
        })
        .await;
    }

    /// Runs a script in the browser, even if scripts of pages are off.
    pub async fn run(&self, script: &str) -> Value {
        self.execute(script, vec![]).await.unwrap_or_else(|error| panic!("{script}: {error}"))
    }

    /// Waits until a part of the element is in view.
    pub async fn finds_in_view(&self, css: &str) {
        let script = format!(
            "const box = document.querySelector({css:?})?.getBoundingClientRect(); \
             return Boolean(box) && box.bottom > 0 && box.top < innerHeight"
        );
        until(&format!("{css} in view"), async || self.run(&script).await == true).await;
    }

    /// Messages in the console since the last call.
    pub async fn console(&self) -> Vec<String> {
        let entries = self.extra(Method::POST, "se/log", &json!({ "type": "browser" })).await;
        let entries = entries.as_array().expect("a list of messages");
        entries.iter().map(|entry| format!("{} {}", entry["level"], entry["message"])).collect()
    }

    /// All cookies of this browser, of any site.
    pub async fn cookies(&self) -> Vec<String> {
        let told = self.devtools("Storage.getCookies", json!({})).await;
        let cookies = told["cookies"].as_array().expect("a list of cookies");
        cookies.iter().map(|cookie| format!("{} of {}", cookie["name"], cookie["domain"])).collect()
    }

    /// The name that a screen reader says.
    pub async fn spoken_name(&self, element: &Element) -> String {
        let path = format!("element/{}/computedlabel", element.element_id());
        self.extra(Method::GET, &path, &Value::Null).await.as_str().unwrap_or_default().to_owned()
    }

    pub async fn prefer(&self, scheme: Scheme) {
        self.emulate("", scheme).await;
    }

    /// Shows the page as it would be printed.
    pub async fn print(&self, scheme: Scheme) {
        self.emulate("print", scheme).await;
    }

    /// Emulates a medium and a scheme; an empty `media` is the screen.
    async fn emulate(&self, media: &str, scheme: Scheme) {
        let value = match scheme {
            Scheme::Light => "light",
            Scheme::Dark => "dark",
        };
        let features = json!([{ "name": "prefers-color-scheme", "value": value }]);
        self.devtools("Emulation.setEmulatedMedia", json!({ "media": media, "features": features })).await;
    }

    /// Turns reduced motion off; the default is on.
    pub async fn welcome_motion(&self) {
        let features = json!({ "features": [{ "name": "prefers-reduced-motion", "value": "no-preference" }] });
        self.devtools("Emulation.setEmulatedMedia", features).await;
    }

    /// Sets the window to a phone of this width.
    pub async fn hold_phone(&self, width: u32) {
        let metrics = json!({ "width": width, "height": 740, "deviceScaleFactor": 2, "mobile": true });
        self.devtools("Emulation.setDeviceMetricsOverride", metrics).await;
    }

    /// Adds an authenticator for passkeys whose user always agrees.
    pub async fn has_authenticator(&self) {
        let authenticator = json!({
            "protocol": "ctap2",
            "transport": "internal",
            "hasResidentKey": true,
            "hasUserVerification": true,
            "isUserVerified": true,
        });
        self.extra(Method::POST, "webauthn/authenticator", &authenticator).await;
    }

    /// Runs a script at the start of every later page.
    pub async fn run_on_every_page(&self, script: &str) {
        self.devtools("Page.addScriptToEvaluateOnNewDocument", json!({ "source": script })).await;
    }

    /// Switches the network off or on.
    pub async fn go_offline(&self, offline: bool) {
        self.network(json!({ "offline": offline, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1 }))
            .await;
    }

    /// Limits the network to this many bytes a second, with a delay of a tenth of a second.
    pub async fn on_a_slow_line(&self, bytes: u32) {
        self.network(json!({ "offline": false, "latency": 100, "downloadThroughput": bytes, "uploadThroughput": -1 }))
            .await;
    }

    async fn network(&self, conditions: Value) {
        self.devtools("Network.enable", json!({})).await;
        self.devtools("Network.emulateNetworkConditions", conditions).await;
    }

    async fn devtools(&self, command: &str, parameters: Value) -> Value {
        self.extra(Method::POST, "goog/cdp/execute", &json!({ "cmd": command, "params": parameters })).await
    }

    async fn extra(&self, method: Method, path: &str, body: &Value) -> Value {
        let body = if method == Method::GET { None } else { Some(body.to_string()) };
        let command = Extra { method, path: path.to_owned(), body };
        self.issue_cmd(command).await.unwrap_or_else(|error| panic!("{path}: {error}"))
    }
}

/// A command that fantoccini does not have.
#[derive(Debug)]
struct Extra {
    method: Method,
    path: String,
    body: Option<String>,
}

impl WebDriverCompatibleCommand for Extra {
    fn endpoint(&self, base: &Url, session: Option<&str>) -> Result<Url, ParseError> {
        base.join(&format!("session/{}/{}", session.unwrap_or_default(), self.path))
    }

    fn method_and_body(&self, _: &Url) -> (Method, Option<String>) {
        (self.method.clone(), self.body.clone())
    }
}

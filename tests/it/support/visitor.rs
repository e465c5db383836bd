//! A visitor who reads and comments: an IP address, a cookie jar, and the forms of pages.

use std::{
    collections::BTreeMap,
    net::IpAddr,
    sync::{Mutex, MutexGuard},
};

use axum::body::Body;
use http::{Method, Request};
use instep::web::{server::Answers, session::visitor::Peer};

use super::{
    Answer, TestSite,
    html::{Element, Html},
};

pub struct Visitor<'a> {
    site: &'a TestSite,
    address: IpAddr,
    cookies: Mutex<BTreeMap<String, String>>,
}

/// A comment form, filled in and not yet sent.
pub struct Form<'a> {
    visitor: &'a Visitor<'a>,
    action: String,
    fields: Vec<(String, String)>,
    /// File fields: name, name of the file, bytes.
    files: Vec<(String, String, Vec<u8>)>,
    headers: Vec<(String, String)>,
}

impl<'a> Visitor<'a> {
    pub fn new(site: &'a TestSite, address: IpAddr) -> Self {
        Self { site, address, cookies: Mutex::default() }
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.ask(Method::GET, path, &[], String::new()).await
    }

    /// Sends a form that does not come from a page.
    pub async fn post(&self, path: &str, form: &str) -> Answer {
        let headers = [("content-type".to_owned(), "application/x-www-form-urlencoded".to_owned())];
        self.ask(Method::POST, path, &headers, form.to_owned()).await
    }

    /// Sends a form from a page of another site.
    pub async fn post_from_elsewhere(&self, path: &str, form: &str) -> Answer {
        let headers = [("content-type", "application/x-www-form-urlencoded"), ("sec-fetch-site", "cross-site")];
        self.ask(Method::POST, path, &headers.map(|(name, value)| (name.to_owned(), value.to_owned())), form.to_owned())
            .await
    }

    /// Sends a file as a browser does.
    pub async fn upload(&self, path: &str, name: &str, bytes: &[u8]) -> Answer {
        let head = format!("--limit\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\r\n");
        let body = [head.as_bytes(), bytes, b"\r\n--limit--\r\n"].concat();
        let kind = ("content-type".to_owned(), "multipart/form-data; boundary=limit".to_owned());
        self.ask(Method::POST, path, &[kind], body).await
    }

    /// Comment form of a page, with its values.
    pub async fn form(&'a self, path: &str) -> Form<'a> {
        let page = self.get(path).await;
        assert_eq!(page.status, 200, "{path}: {}", page.text());
        self.form_in(&page.html())
    }

    /// The comment form of a page that was answered.
    pub fn form_in(&'a self, page: &Html) -> Form<'a> {
        self.form_of(page, page.one("form", "method", "post"))
    }

    /// The first form of a page that is sent to this path.
    pub fn form_to(&'a self, page: &Html, action: &str) -> Form<'a> {
        let found = page.all("form").into_iter().find(|form| form.get("action") == action);
        self.form_of(page, found.expect("a form"))
    }

    /// The last of several forms.
    pub fn last_form_in(&'a self, page: &Html) -> Form<'a> {
        let mut forms = page.all("form").into_iter().filter(|form| form.get("method") == "post");
        self.form_of(page, forms.next_back().expect("a form"))
    }

    fn form_of(&'a self, page: &Html, form: &Element) -> Form<'a> {
        let place = page.elements.iter().position(|element| std::ptr::eq(element, form)).expect("it is there");
        let fields = page.elements.iter().filter(|element| element.within.contains(&place)).filter_map(|element| {
            let value = match element.name.as_str() {
                "input" => element.get("value"),
                "select" => chosen(page, element),
                // The parser of a browser drops the first line break (HTML, 13.2.6.4.7).
                "textarea" => element.text.strip_prefix('\n').unwrap_or(&element.text),
                _ => return None,
            };
            Some((element.attribute("name")?.to_owned(), value.to_owned()))
        });
        Form {
            visitor: self,
            action: form.get("action").to_owned(),
            fields: fields.collect(),
            files: Vec::new(),
            headers: Vec::new(),
        }
    }

    /// Sends a comment under a post as Ana, with the required fields only.
    pub async fn comment(&self, slug: &str, text: &str) -> Answer {
        self.form(&format!("/posts/{slug}")).await.set("name", "Ana").set("text", text).send().await
    }

    async fn ask(&self, method: Method, path: &str, headers: &[(String, String)], body: impl Into<Body>) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(name, value);
        }
        for (name, value) in &*self.jar() {
            request = request.header("cookie", format!("{name}={value}"));
        }
        let mut request = request.body(body.into()).expect("a request");
        request.extensions_mut().insert(Peer(self.address));
        let answer = Answer::of(self.site.site.respond(request).await).await;
        for cookie in answer.headers.get_all("set-cookie") {
            let pair = cookie.to_str().expect("ASCII").split(';').next().expect("a pair");
            let (name, value) = pair.split_once('=').expect("a name and a value");
            self.jar().insert(name.to_owned(), value.to_owned());
        }
        answer
    }

    fn jar(&self) -> MutexGuard<'_, BTreeMap<String, String>> {
        self.cookies.lock().expect("nobody panics with it")
    }

    pub fn set_cookie(&self, name: &str, value: &str) {
        self.jar().insert(name.to_owned(), value.to_owned());
    }

    pub fn forget_cookies(&self) {
        self.jar().clear();
    }
}

impl Form<'_> {
    pub fn set(mut self, name: &str, value: impl Into<String>) -> Self {
        let field = self.fields.iter_mut().find(|(field, _)| field == name);
        field.unwrap_or_else(|| panic!("the form has no field {name}")).1 = value.into();
        self
    }

    /// Adds a field, such as the value of a button.
    pub fn add(mut self, name: &str, value: &str) -> Self {
        self.fields.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Chooses a file; an empty name is a field without a choice. The form is then sent as `multipart/form-data`.
    pub fn with_file(mut self, field: &str, name: &str, bytes: &[u8]) -> Self {
        self.fields.retain(|(name, _)| name != field);
        self.files.push((field.to_owned(), name.to_owned(), bytes.to_owned()));
        self
    }

    pub fn without(mut self, name: &str) -> Self {
        self.fields.retain(|(field, _)| field != name);
        self
    }

    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub fn field(&self, name: &str) -> &str {
        self.fields.iter().find(|(field, _)| field == name).map_or("", |(_, value)| value)
    }

    pub async fn send(mut self) -> Answer {
        if !self.files.is_empty() {
            let mut body = Vec::new();
            for (name, value) in &self.fields {
                let part = format!("--limit\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
                body.extend(part.into_bytes());
            }
            for (field, name, bytes) in &self.files {
                let head = format!("Content-Disposition: form-data; name=\"{field}\"; filename=\"{name}\"");
                body.extend([b"--limit\r\n", head.as_bytes(), b"\r\n\r\n", bytes, b"\r\n"].concat());
            }
            body.extend(b"--limit--\r\n");
            self.headers.push(("content-type".to_owned(), "multipart/form-data; boundary=limit".to_owned()));
            return self.visitor.ask(Method::POST, &self.action, &self.headers, body).await;
        }
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(&self.fields).finish();
        self.headers.push(("content-type".to_owned(), "application/x-www-form-urlencoded".to_owned()));
        self.visitor.ask(Method::POST, &self.action, &self.headers, body).await
    }
}

/// Value that a browser sends for a list: the option that is selected, else the first.
fn chosen<'a>(page: &'a Html, select: &Element) -> &'a str {
    let place = page.elements.iter().position(|element| std::ptr::eq(element, select)).expect("it is there");
    let options = || page.all("option").into_iter().filter(|option| option.within.contains(&place));
    let selected = options().find(|option| option.attribute("selected").is_some()).or_else(|| options().next());
    selected.map_or("", |option| option.get("value"))
}

/// The number of the comment that an answer to a POST leads to.
#[track_caller]
pub fn comment_id(answer: &Answer) -> i64 {
    let location = answer.header("location");
    let id = location.rsplit_once("#comment-").and_then(|(_, id)| id.parse().ok());
    id.unwrap_or_else(|| panic!("{} leads to no comment: {}", answer.leads(), answer.text()))
}

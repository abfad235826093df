//! A real Chromium, driven over the `WebDriver` protocol.

use std::net::SocketAddr;
use std::time::Duration;

use fantoccini::Locator;
use serde_json::{Value, json};
use tokio::time::timeout;

use crate::client::{USERNAME, http};
use crate::wait::{SOON, within};

mod driver;
mod keys;
mod screen;

use driver::Driver;
pub use screen::Scheme;

/// A browser with one page. It ends when this value is dropped.
pub struct Browser {
    page: fantoccini::Client,
    driver: Driver,
}

impl Browser {
    /// Starts one with an empty profile. Where there is no Chromium or driver for it, the test is skipped.
    pub async fn open() -> Option<Self> {
        let driver = Driver::start().await?;
        Some(Self { page: driver.connect().await, driver })
    }

    /// Goes to an address.
    pub async fn visit(&self, url: &str) {
        self.page.goto(url).await.unwrap();
    }

    /// Goes to the dashboard and logs the administrator in.
    pub async fn log_in(&self, address: SocketAddr, password: &str) {
        self.visit(&format!("http://{address}/")).await;
        self.fill("username", USERNAME).await;
        self.fill("password", password).await;
        self.click("login-submit").await;
    }

    /// Loads the page anew.
    pub async fn reload(&self) {
        self.page.refresh().await.unwrap();
    }

    /// Types into the field of this test id.
    pub async fn fill(&self, id: &str, text: &str) {
        let field = self.element(id).await;
        field.clear().await.unwrap();
        field.send_keys(text).await.unwrap();
    }

    /// Clicks what has this test id, once it is there and nothing covers it.
    pub async fn click(&self, id: &str) {
        let clicked = self.attempt(SOON, || async {
            let element = self.page.find(Locator::Css(&selector(id))).await.ok()?;
            element.click().await.ok()
        });
        if clicked.await.is_none() {
            self.fail(&format!("'{id}' cannot be clicked")).await;
        }
    }

    /// The text of what has this test id, once it fits.
    pub async fn text(&self, id: &str, what: &str, fits: impl Fn(&str) -> bool) -> String {
        self.text_within(SOON, id, what, fits).await
    }

    /// The same with a limit of its own.
    pub async fn text_within(
        &self,
        limit: Duration,
        id: &str,
        what: &str,
        fits: impl Fn(&str) -> bool,
    ) -> String {
        let fits = &fits;
        let found = self.attempt(limit, || async move {
            let text = self.now(id).await?;
            fits(&text).then_some(text)
        });
        match found.await {
            Some(text) => text,
            None => self.fail(&format!("'{id}' did not show {what}, but {:?}", self.now(id).await)).await,
        }
    }

    /// Whether what has this test id shows exactly this within two seconds.
    pub async fn shows(&self, id: &str, text: &str) -> bool {
        let limit = Duration::from_secs(2);
        self.attempt(limit, || async { (self.now(id).await? == text).then_some(()) }).await.is_some()
    }

    /// Waits for what has this test id.
    pub async fn sees(&self, id: &str) {
        self.element(id).await;
    }

    /// Chooses what is called so from the list of this test id.
    pub async fn choose(&self, id: &str, label: &str) {
        let chosen = self.attempt(SOON, || async {
            let list = self.page.find(Locator::Css(&selector(id))).await.ok()?;
            list.select_by_label(label).await.ok()
        });
        if chosen.await.is_none() {
            self.fail(&format!("'{id}' does not offer '{label}'")).await;
        }
    }

    /// What a piece of JavaScript returns; `$` finds the first element of a test id in it, `$$` all of them.
    pub async fn ask(&self, script: &str) -> Value {
        let script = format!("{FINDERS}{script}");
        self.page.execute(&script, Vec::new()).await.unwrap_or_else(|error| panic!("{script}: {error}"))
    }

    /// Asks the page again and again, until what it says is neither false nor null.
    pub async fn until(&self, what: &str, script: &str) -> Value {
        let said = self.attempt(SOON, || async {
            let said = self.page.execute(&format!("{FINDERS}{script}"), Vec::new()).await.ok()?;
            Some(said).filter(|said| !matches!(said, Value::Null | Value::Bool(false)))
        });
        match said.await {
            Some(said) => said,
            None => self.fail(&format!("not on the page: {what}")).await,
        }
    }

    /// Waits until nothing has this test id.
    pub async fn misses(&self, id: &str) {
        self.until(&format!("the end of '{id}'"), &format!("return !$('{id}')")).await;
    }

    /// What the browser's console has complained about since it was last asked: scripts that fail, files that
    /// are missing, what the content security policy forbids.
    pub async fn complaints(&self) -> Vec<String> {
        let log = self.command("se/log", &json!({ "type": "browser" })).await;
        let entries = log["value"].as_array().unwrap_or_else(|| panic!("no log: {log}"));
        entries
            .iter()
            .filter(|entry| entry["level"] == "SEVERE")
            .map(|entry| entry["message"].to_string())
            .collect()
    }

    /// A command that only this driver knows.
    async fn command(&self, path: &str, arguments: &Value) -> Value {
        let session = self.page.session_id().await.unwrap().expect("a session");
        let url = format!("{}/session/{session}/{path}", self.driver.url());
        let request = http().build().unwrap().post(url).json(arguments);
        request.send().await.unwrap().json().await.unwrap()
    }

    async fn now(&self, id: &str) -> Option<String> {
        self.page.find(Locator::Css(&selector(id))).await.ok()?.text().await.ok()
    }

    async fn element(&self, id: &str) -> fantoccini::elements::Element {
        let found = self.attempt(SOON, || async { self.page.find(Locator::Css(&selector(id))).await.ok() });
        match found.await {
            Some(element) => element,
            None => self.fail(&format!("the page has no '{id}'")).await,
        }
    }

    async fn attempt<T, F: Future<Output = Option<T>>>(
        &self,
        limit: Duration,
        ask: impl FnMut() -> F,
    ) -> Option<T> {
        timeout(limit, within(limit * 2, "the page", ask)).await.ok()
    }

    /// Fails the test, with a picture of the page.
    async fn fail(&self, why: &str) -> ! {
        let url = self.page.current_url().await.map(|url| url.to_string()).unwrap_or_default();
        let picture = self.page.screenshot().await.map(|bytes| {
            let (file, path) = tempfile::Builder::new().suffix(".png").tempfile().unwrap().keep().unwrap();
            drop(file);
            std::fs::write(&path, bytes).unwrap();
            path
        });
        panic!("{why}; the page is {url}, a picture of it is {picture:?}");
    }
}

/// How a script finds elements by their test ids.
const FINDERS: &str = "const $$ = (id) => [...document.querySelectorAll(`[data-testid='${id}']`)], \
    $ = (id) => $$(id)[0];\n";

fn selector(id: &str) -> String {
    format!("[data-testid='{id}']")
}

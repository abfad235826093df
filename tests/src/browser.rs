//! A real Chromium, driven over the `WebDriver` protocol.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use fantoccini::wd::Capabilities;
use fantoccini::{ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::time::timeout;

use crate::client::http;
use crate::skip;
use crate::wait::{SOON, within};

const MACOS_CHROME: &str = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome";

/// A browser with one page. It ends when this value is dropped.
pub struct Browser {
    page: fantoccini::Client,
    driver_url: String,
    _driver: Child,
    _profile: TempDir,
}

impl Browser {
    /// Starts one with an empty profile. Where there is no Chromium or driver for it, the test is skipped.
    pub async fn open() -> Option<Self> {
        let Some(chromium) = chromium() else {
            skip::because("there is no Chromium; install chromium or Google Chrome");
            return None;
        };
        let Some(driver) = program("chromedriver") else {
            skip::because("there is no ChromeDriver; install chromium-driver");
            return None;
        };
        let (driver, port) = start(&driver).await;
        let driver_url = format!("http://127.0.0.1:{port}");
        let profile = TempDir::new().unwrap();
        let page = ClientBuilder::new(HttpConnector::new())
            .capabilities(capabilities(&chromium, profile.path()))
            .connect(&driver_url)
            .await
            .expect("Chromium starts");
        Some(Self { page, driver_url, _driver: driver, _profile: profile })
    }

    /// Goes to an address.
    pub async fn visit(&self, url: &str) {
        self.page.goto(url).await.unwrap();
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

    /// What the browser's console has complained about since it was last asked: scripts that fail, files that
    /// are missing, what the content security policy forbids.
    pub async fn complaints(&self) -> Vec<String> {
        let session = self.page.session_id().await.unwrap().expect("a session");
        let url = format!("{}/session/{session}/se/log", self.driver_url);
        let request = http().build().unwrap().post(url).json(&json!({ "type": "browser" }));
        let log: Value = request.send().await.unwrap().json().await.unwrap();
        let entries = log["value"].as_array().unwrap_or_else(|| panic!("no log: {log}"));
        entries
            .iter()
            .filter(|entry| entry["level"] == "SEVERE")
            .map(|entry| entry["message"].to_string())
            .collect()
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

fn selector(id: &str) -> String {
    format!("[data-testid='{id}']")
}

fn capabilities(chromium: &Path, profile: &Path) -> Capabilities {
    let profile = format!("--user-data-dir={}", profile.display());
    let arguments = [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--lang=en-US",
        "--window-size=1440,900",
        &profile,
    ];
    let options = json!({
        "goog:chromeOptions": { "binary": chromium, "args": arguments },
        "goog:loggingPrefs": { "browser": "ALL" },
    });
    options.as_object().cloned().unwrap_or_default()
}

/// Starts `chromedriver` on a free port, which it prints.
async fn start(program: &Path) -> (Child, u16) {
    let mut driver = Command::new(program)
        .arg("--port=0")
        .env("TZ", "UTC")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(driver.stdout.take().unwrap()).lines();
    let read = async {
        while let Some(line) = lines.next_line().await.unwrap() {
            if let Some((_, port)) = line.split_once("successfully on port ") {
                return port.trim_end_matches('.').parse().expect("a port");
            }
        }
        panic!("ChromeDriver ended without naming its port");
    };
    let port = timeout(SOON, read).await.expect("ChromeDriver starts");
    // Its later output must find a reader, or it blocks.
    tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
    (driver, port)
}

fn chromium() -> Option<PathBuf> {
    let installed = ["chromium", "chromium-browser", "google-chrome"].into_iter().find_map(program);
    installed.or_else(|| Some(PathBuf::from(MACOS_CHROME)).filter(|path| path.is_file()))
}

#[allow(clippy::disallowed_methods, reason = "the harness is no part of the product")]
fn program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|path| path.is_file())
}

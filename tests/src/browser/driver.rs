//! The programs behind a browser: Chromium and its driver.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use fantoccini::ClientBuilder;
use fantoccini::wd::Capabilities;
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::json;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::time::timeout;

use crate::skip;
use crate::wait::SOON;

const MACOS_CHROME: &str = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome";

/// A running `chromedriver`, and an empty profile. Both end with this value.
pub struct Driver {
    chromium: PathBuf,
    port: u16,
    profile: TempDir,
    _process: Child,
}

impl Driver {
    /// Starts it. Where there is no Chromium or driver for it, the test is skipped.
    pub async fn start() -> Option<Self> {
        let Some(chromium) = chromium() else {
            skip::because("there is no Chromium; install chromium or Google Chrome");
            return None;
        };
        let Some(driver) = program("chromedriver") else {
            skip::because("there is no ChromeDriver; install chromium-driver");
            return None;
        };
        let (process, port) = start(&driver).await;
        Some(Self { chromium, port, profile: TempDir::new().unwrap(), _process: process })
    }

    /// Where it listens.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Starts Chromium with one page.
    pub async fn connect(&self) -> fantoccini::Client {
        ClientBuilder::new(HttpConnector::new())
            .capabilities(capabilities(&self.chromium, self.profile.path()))
            .connect(&self.url())
            .await
            .expect("Chromium starts")
    }
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

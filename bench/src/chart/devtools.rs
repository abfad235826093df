//! A Chromium without a window, driven over its `DevTools` protocol: the traces that it writes are what is measured.

use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, bail};
use futures::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

/// How long anything in the browser may take.
const PATIENCE: Duration = Duration::from_secs(90);

const PROGRAMS: [&str; 4] = [
    "chromium",
    "chromium-browser",
    "google-chrome",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];

const ARGUMENTS: [&str; 12] = [
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
    "--remote-debugging-port=0",
    "about:blank",
];

/// What a trace tells: tasks, and the marks that a page sets.
const CATEGORIES: [&str; 2] = ["disabled-by-default-devtools.timeline", "blink.user_timing"];

/// The browser. It ends when this value is dropped.
pub struct Browser {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    calls: u64,
    events: Vec<Value>,
    _program: Child,
    _profile: TempDir,
}

/// A page with cookies and a cache of its own.
pub struct Page {
    session: String,
    context: String,
}

impl Browser {
    /// Starts one with an empty profile.
    pub async fn start() -> anyhow::Result<Self> {
        let profile = tempfile::tempdir()?;
        let data = format!("--user-data-dir={}", profile.path().display());
        let start = |program: &str| {
            let mut command = Command::new(program);
            command
                .args(ARGUMENTS)
                .arg(&data)
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::piped());
            command.kill_on_drop(true).spawn().ok()
        };
        let mut program = PROGRAMS
            .into_iter()
            .find_map(start)
            .context("there is no Chromium; install chromium or Google Chrome")?;
        let errors = program.stderr.take().context("no stderr")?;
        let mut lines = BufReader::new(errors).lines();
        let address = timeout(PATIENCE, async {
            while let Some(line) = lines.next_line().await? {
                if let Some(address) = line.strip_prefix("DevTools listening on ") {
                    return Ok(address.trim().to_owned());
                }
            }
            bail!("Chromium ended without naming its address")
        });
        let (socket, _) = connect_async(address.await??).await?;
        // What it says later must find a reader, or it blocks.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        Ok(Self { socket, calls: 0, events: Vec::new(), _program: program, _profile: profile })
    }

    /// Opens an empty page.
    pub async fn open(&mut self) -> anyhow::Result<Page> {
        let context =
            text(&self.call(None, "Target.createBrowserContext", json!({})).await?["browserContextId"])?;
        let target =
            json!({ "url": "about:blank", "browserContextId": context, "width": 1440, "height": 900 });
        let target = self.call(None, "Target.createTarget", target).await?["targetId"].clone();
        let attach = json!({ "targetId": target, "flatten": true });
        let session = text(&self.call(None, "Target.attachToTarget", attach).await?["sessionId"])?;
        let page = Page { session, context };
        self.call(Some(&page), "Page.enable", json!({})).await?;
        // A page in the background draws no frames.
        self.call(Some(&page), "Page.bringToFront", json!({})).await?;
        Ok(page)
    }

    /// Closes a page, and forgets its cookies and its cache.
    pub async fn close(&mut self, page: Page) -> anyhow::Result<()> {
        self.call(None, "Target.disposeBrowserContext", json!({ "browserContextId": page.context })).await?;
        Ok(())
    }

    /// Gives a page a cookie, `name=value`, that scripts cannot read.
    pub async fn set_cookie(&mut self, page: &Page, url: &str, pair: &str) -> anyhow::Result<()> {
        let (name, value) = pair.split_once('=').context("no cookie")?;
        let cookie =
            json!({ "name": name, "value": value, "url": url, "httpOnly": true, "sameSite": "Strict" });
        let cookies = json!({ "cookies": [cookie], "browserContextId": page.context });
        self.call(None, "Storage.setCookies", cookies).await?;
        Ok(())
    }

    /// Runs a script in every document of a page before anything else.
    pub async fn before(&mut self, page: &Page, script: &str) -> anyhow::Result<()> {
        self.call(Some(page), "Page.addScriptToEvaluateOnNewDocument", json!({ "source": script })).await?;
        Ok(())
    }

    /// Goes to an address, without waiting for the page to be complete.
    pub async fn visit(&mut self, page: &Page, url: &str) -> anyhow::Result<()> {
        let answer = self.call(Some(page), "Page.navigate", json!({ "url": url })).await?;
        match answer["errorText"].as_str() {
            Some(error) => bail!("{url} could not be opened: {error}"),
            None => Ok(()),
        }
    }

    /// What an expression comes to, once its promise is kept.
    pub async fn evaluate(&mut self, page: &Page, expression: &str) -> anyhow::Result<Value> {
        let wanted = json!({ "expression": expression, "awaitPromise": true, "returnByValue": true });
        let answer = self.call(Some(page), "Runtime.evaluate", wanted).await?;
        match answer.get("exceptionDetails") {
            Some(exception) => bail!("'{expression}' failed: {}", exception["exception"]["description"]),
            None => Ok(answer["result"]["value"].clone()),
        }
    }

    /// Waits until an expression is true.
    pub async fn wait(&mut self, page: &Page, what: &str) -> anyhow::Result<()> {
        let check = format!(
            "new Promise((done) => {{ const look = () => ({what}) ? done() : setTimeout(look, 20); look(); }})"
        );
        self.evaluate(page, &check).await.with_context(|| format!("the page never had {what}"))?;
        Ok(())
    }

    /// Begins to write down what happens.
    pub async fn start_trace(&mut self) -> anyhow::Result<()> {
        let config = json!({ "includedCategories": CATEGORIES });
        let options = json!({ "transferMode": "ReportEvents", "traceConfig": config });
        self.call(None, "Tracing.start", options).await?;
        Ok(())
    }

    /// Everything that was written down.
    pub async fn end_trace(&mut self) -> anyhow::Result<Vec<Value>> {
        self.events.clear();
        self.call(None, "Tracing.end", json!({})).await?;
        while !self.events.iter().any(|event| event["method"] == "Tracing.tracingComplete") {
            let event = timeout(PATIENCE, self.read()).await.context("the trace does not end")??;
            self.events.push(event);
        }
        let parts = self.events.drain(..).filter(|event| event["method"] == "Tracing.dataCollected");
        let lists = parts.filter_map(|mut event| match event["params"]["value"].take() {
            Value::Array(list) => Some(list),
            _ => None,
        });
        Ok(lists.flatten().collect())
    }

    async fn call(&mut self, page: Option<&Page>, method: &str, params: Value) -> anyhow::Result<Value> {
        self.calls += 1;
        let id = self.calls;
        let mut call = json!({ "id": id, "method": method, "params": params });
        if let Some(page) = page {
            call["sessionId"] = json!(page.session);
        }
        self.socket.send(Message::text(call.to_string())).await?;
        let answer = async {
            loop {
                let message = self.read().await?;
                if message["id"] == id {
                    return Ok(message);
                }
                self.events.push(message);
            }
        };
        let mut answer: Value = match timeout(PATIENCE, answer).await {
            Ok(answer) => answer.map_err(|error: anyhow::Error| error.context(method.to_owned()))?,
            Err(_) => bail!("{method} took too long"),
        };
        match answer.get("error") {
            Some(error) => bail!("{method}: {error}"),
            None => Ok(answer["result"].take()),
        }
    }

    async fn read(&mut self) -> anyhow::Result<Value> {
        loop {
            let message = self.socket.next().await.context("Chromium has ended")??;
            if let Message::Text(text) = message {
                return Ok(serde_json::from_str(&text)?);
            }
        }
    }
}

fn text(value: &Value) -> anyhow::Result<String> {
    value.as_str().map(str::to_owned).context("Chromium answered without a name")
}

//! The dashboard on a screen: a browser in which the administrator is logged in, and the installation behind it.

use serde_json::{Value, json};

use crate::browser::Browser;
use crate::client::{Client, PASSWORD};
use crate::installation::{GENEROUS, Installation};

/// The dashboard. What stands behind it ends with it.
pub struct Screen {
    /// What the person sees.
    pub browser: Browser,
    /// The installation.
    pub installation: Installation,
    /// The same person, at another machine.
    pub client: Client,
}

impl Screen {
    /// Opens the dashboard of somebody who watches these instruments. Where there is no browser, the test is skipped.
    pub async fn open(settings: &[(&str, &str)], watched: &[&str]) -> Option<Self> {
        let browser = Browser::open().await?;
        let settings: Vec<_> = settings.iter().copied().chain(GENEROUS).collect();
        let mut installation = Installation::single_with(&settings).await;
        let client = installation.administrator().await;
        watch(&client, watched).await;
        browser.log_in(client.address(), PASSWORD).await;
        let screen = Self { browser, installation, client };
        screen.shows("quote", watched[0]).await;
        Some(screen)
    }

    /// Waits until the first panel of this kind shows an instrument.
    pub async fn shows(&self, kind: &str, symbol: &str) {
        let shown = format!("$('panel-{kind}')?.querySelector('.tile-symbol')?.textContent");
        let what = format!("{symbol} in the panel '{kind}'");
        self.browser.until(&what, &format!("return {shown} === '{symbol}'")).await;
    }

    /// Goes to a page of the dashboard.
    pub async fn visit(&self, path: &str) {
        self.browser.visit(&format!("http://{}{path}", self.client.address())).await;
    }

    /// The layouts that the server keeps.
    pub async fn layouts(&self) -> Vec<Value> {
        let found = self.client.query("{ layouts { id name content version } }", json!({})).await;
        found["layouts"].as_array().unwrap().clone()
    }
}

/// Puts a list of these instruments in the place of the one that everybody begins with.
async fn watch(client: &Client, symbols: &[&str]) {
    let before = client.query("{ watchlists { id } }", json!({})).await;
    for list in before["watchlists"].as_array().unwrap() {
        client.mutate("watchlistDelete", json!({ "watchlist": list["id"] }), "").await;
    }
    let mut instruments = Vec::new();
    for symbol in symbols {
        instruments.push(client.instrument(symbol).await);
    }
    let list = json!({ "name": "Watched", "instruments": instruments });
    let made = client.mutate("watchlistCreate", list, "watchlist { id }").await;
    assert_eq!(made["userErrors"], json!([]), "{made}");
}

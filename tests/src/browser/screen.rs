//! What the page is shown on: how wide it is, and whether it is dark.

use serde_json::{Value, json};

use super::Browser;

/// What the machine's owner prefers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// Light on dark.
    Dark,
    /// Dark on light.
    Light,
}

impl Browser {
    /// Shows the page on a telephone.
    pub async fn narrow(&self) {
        let metrics = json!({ "width": 390, "height": 844, "deviceScaleFactor": 2, "mobile": true });
        self.devtools("Emulation.setDeviceMetricsOverride", metrics).await;
    }

    /// Shows the page on a desk again.
    pub async fn wide(&self) {
        self.devtools("Emulation.clearDeviceMetricsOverride", json!({})).await;
    }

    /// Has the machine prefer dark or light pages.
    pub async fn prefer(&self, scheme: Scheme) {
        let value = if scheme == Scheme::Dark { "dark" } else { "light" };
        let features = json!([{ "name": "prefers-color-scheme", "value": value }]);
        self.devtools("Emulation.setEmulatedMedia", json!({ "features": features })).await;
    }

    async fn devtools(&self, command: &str, arguments: Value) {
        let arguments = json!({ "cmd": command, "params": arguments });
        let answer = self.command("goog/cdp/execute", &arguments).await;
        assert_eq!(answer["value"].get("error"), None, "{command}: {answer}");
    }
}

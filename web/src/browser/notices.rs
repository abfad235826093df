//! What the browser notices about its connection.

use futures::channel::mpsc;
use wasm_bindgen::prelude::*;

#[wasm_bindgen(module = "/src/browser.js")]
extern "C" {
    #[wasm_bindgen(js_name = watchConnectivity)]
    fn watch_connectivity_js(heard: &Closure<dyn FnMut(String)>);
}

/// Something that the browser noticed about its connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notice {
    /// The machine has a network again.
    Online,
    /// The machine has no network.
    Offline,
    /// The page is looked at again; its timers may have slept.
    Visible,
}

/// Everything that the browser notices from now on.
pub fn notices() -> mpsc::UnboundedReceiver<Notice> {
    let (sender, receiver) = mpsc::unbounded();
    let heard = Closure::new(move |name: String| {
        let notice = match name.as_str() {
            "online" => Notice::Online,
            "offline" => Notice::Offline,
            _ => Notice::Visible,
        };
        // Nobody listens any more only when the page goes away.
        let _ = sender.unbounded_send(notice);
    });
    watch_connectivity_js(&heard);
    heard.forget();
    receiver
}

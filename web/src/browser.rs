//! The browser: its clocks, keys, storage, address, frames and locks. The one place that knows `window`.

use std::future::Future;

use futures::channel::mpsc;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, future_to_promise};

mod clock;
mod keys;
mod notices;

pub use clock::{clock_time, date_time, local_moment, local_text, moment, monotonic_millis, now_millis};
pub use keys::{Place, Press, watch_keys};
pub use notices::{Notice, notices};

#[wasm_bindgen(module = "/src/browser.js")]
extern "C" {
    #[wasm_bindgen(js_name = exclusively)]
    fn exclusively_js(name: &str, work: &Closure<dyn FnMut() -> js_sys::Promise>) -> js_sys::Promise;
    #[wasm_bindgen(js_name = nextFrame)]
    fn next_frame_js() -> js_sys::Promise;
    #[wasm_bindgen(js_name = watchAddressHash)]
    fn watch_address_hash_js(heard: &Closure<dyn FnMut()>);
    #[wasm_bindgen(js_name = watchMedia)]
    fn watch_media_js(query: &str, heard: &Closure<dyn FnMut(bool)>) -> bool;
    #[wasm_bindgen(js_name = showModal)]
    fn show_modal_js(dialog: &web_sys::Element);
    #[wasm_bindgen(js_name = closeModal)]
    fn close_modal_js(dialog: &web_sys::Element);
    #[wasm_bindgen(js_name = copy)]
    fn copy_js(text: &str) -> js_sys::Promise;
    #[wasm_bindgen(js_name = download)]
    fn download_js(name: &str, text: &str);
}

/// Whether somebody may be looking at the page.
pub fn is_visible() -> bool {
    web_sys::window().and_then(|window| window.document()).is_some_and(|document| !document.hidden())
}

/// Whether the page fits this media query, and each change of that from now on.
pub fn watch_media(query: &str, changed: impl FnMut(bool) + 'static) -> bool {
    let heard = Closure::new(changed);
    let now = watch_media_js(query, &heard);
    heard.forget();
    now
}

/// Opens a dialog over everything else; the focus stays in it.
pub fn show_modal(dialog: &web_sys::Element) {
    show_modal_js(dialog);
}

/// Closes a dialog, so that what is outside of it takes the focus again.
pub fn close_modal(dialog: &web_sys::Element) {
    close_modal_js(dialog);
}

/// The element that has the focus.
pub fn focused() -> Option<web_sys::HtmlElement> {
    web_sys::window()?.document()?.active_element()?.dyn_into().ok()
}

/// Whether the focus goes out of the element of this id, to something else on the page.
pub fn leaves(event: &web_sys::FocusEvent, id: &str) -> bool {
    let next = event.related_target().and_then(|next| next.dyn_into::<web_sys::Node>().ok());
    let around = web_sys::window().and_then(|window| window.document()?.get_element_by_id(id));
    next.zip(around).is_some_and(|(next, around)| !around.contains(Some(&next)))
}

/// Where an element stands on the screen: left, top, width, height.
pub fn bounds(element: &web_sys::Element) -> [f64; 4] {
    let rect = element.get_bounding_client_rect();
    [rect.left(), rect.top(), rect.width(), rect.height()]
}

/// Puts a text on the clipboard; the answer says whether the browser let us. It is begun at once, since
/// browsers allow it only while a click is being handled.
pub fn copy(text: &str) -> impl Future<Output = bool> + 'static {
    let done = JsFuture::from(copy_js(text));
    async move { done.await.is_ok_and(|done| done.as_bool() == Some(true)) }
}

/// Saves a text as a file of this name.
pub fn download(name: &str, text: &str) {
    download_js(name, text);
}

/// A number from 0 up to 1.
pub fn random() -> f64 {
    js_sys::Math::random()
}

/// Waits for the next picture. In a hidden tab none is drawn.
pub async fn next_frame() {
    // It has no way to fail.
    let _ = JsFuture::from(next_frame_js()).await;
}

/// Runs `work` while no other tab does work of the same name.
pub async fn exclusively(name: &str, work: impl Future<Output = ()> + 'static) {
    let mut work = Some(work);
    let closure = Closure::new(move || {
        let work = work.take();
        future_to_promise(async move {
            if let Some(work) = work {
                work.await;
            }
            Ok(JsValue::UNDEFINED)
        })
    });
    let promise = exclusively_js(name, &closure);
    let _ = JsFuture::from(promise).await;
}

/// What this browser remembers under a name.
pub fn remembered(name: &str) -> Option<String> {
    web_sys::window()?.local_storage().ok()??.get_item(name).ok()?
}

/// Remembers a value under a name, where the browser lets us.
pub fn remember(name: &str, value: &str) {
    if let Some(Ok(Some(storage))) = web_sys::window().map(|window| window.local_storage()) {
        let _ = storage.set_item(name, value);
    }
}

/// The reader's first language, as the browser tells it.
pub fn language() -> String {
    web_sys::window().and_then(|window| window.navigator().language()).unwrap_or_default()
}

/// Tells assistive technology and the style sheet about the page: an attribute of the root element.
pub fn set_root_attribute(name: &str, value: &str) {
    if let Some(root) = root() {
        let _ = root.set_attribute(name, value);
    }
}

/// Takes an attribute off the root element.
pub fn remove_root_attribute(name: &str) {
    if let Some(root) = root() {
        let _ = root.remove_attribute(name);
    }
}

fn root() -> Option<web_sys::Element> {
    web_sys::window()?.document()?.document_element()
}

/// Names the tab.
pub fn set_title(title: &str) {
    if let Some(document) = web_sys::window().and_then(|window| window.document()) {
        document.set_title(title);
    }
}

/// Moves the focus to the element of this id.
pub fn focus(id: &str) {
    let element = web_sys::window().and_then(|window| window.document()?.get_element_by_id(id));
    if let Some(element) = element.and_then(|element| element.dyn_into::<web_sys::HtmlElement>().ok()) {
        let _ = element.focus();
    }
}

/// Makes the element of this id visible inside what scrolls around it.
pub fn scroll_into_view(id: &str) {
    let element = web_sys::window().and_then(|window| window.document()?.get_element_by_id(id));
    if let Some(element) = element {
        let options = web_sys::ScrollIntoViewOptions::new();
        options.set_block(web_sys::ScrollLogicalPosition::Nearest);
        element.scroll_into_view_with_scroll_into_view_options(&options);
    }
}

/// Scrolls what holds the focus, or else the first element that fits this selector, to its top.
pub fn scroll_to_top(selector: &str) {
    let near = focused().and_then(|focused| focused.closest("section").ok().flatten());
    let inside = near.and_then(|near| near.query_selector(selector).ok().flatten());
    let document = web_sys::window().and_then(|window| window.document());
    let found = inside.or_else(|| document?.query_selector(selector).ok().flatten());
    if let Some(element) = found {
        element.set_scroll_top(0);
    }
}

/// What follows the `#` of the address.
pub fn address_hash() -> String {
    let hash = web_sys::window().and_then(|window| window.location().hash().ok()).unwrap_or_default();
    hash.trim_start_matches('#').to_owned()
}

/// Says so each time that the address changes behind its `#`, from now on.
pub fn address_hash_changes() -> mpsc::UnboundedReceiver<()> {
    let (sender, receiver) = mpsc::unbounded();
    let heard = Closure::new(move || {
        // Nobody listens any more only when the page goes away.
        let _ = sender.unbounded_send(());
    });
    watch_address_hash_js(&heard);
    heard.forget();
    receiver
}

/// Takes the `#…` out of the address and out of the history: it may be a secret.
pub fn clear_address_hash() {
    if let Some(window) = web_sys::window() {
        let path = window.location().pathname().unwrap_or_default();
        if let Ok(history) = window.history() {
            let state = history.state().unwrap_or(JsValue::NULL);
            let _ = history.replace_state_with_url(&state, "", Some(&path));
        }
    }
}

/// The path of the address.
pub fn address_path() -> String {
    web_sys::window().and_then(|window| window.location().pathname().ok()).unwrap_or_default()
}

/// The address that the page came from, without a path: `https://desk.example`.
pub fn origin() -> String {
    web_sys::window().and_then(|window| window.location().origin().ok()).unwrap_or_default()
}

/// The address of the websocket, on the origin that the page came from.
pub fn socket_address() -> Option<String> {
    let location = web_sys::window()?.location();
    let scheme = if location.protocol().ok()? == "https:" { "wss" } else { "ws" };
    Some(format!("{scheme}://{}/graphql", location.host().ok()?))
}

//! The browser: its clock, storage, address, frames and locks. The one place that knows `window`.

use std::future::Future;

use futures::channel::mpsc;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, future_to_promise};

use crate::live::pulse::Moment;

#[wasm_bindgen(module = "/src/browser.js")]
extern "C" {
    #[wasm_bindgen(js_name = exclusively)]
    fn exclusively_js(name: &str, work: &Closure<dyn FnMut() -> js_sys::Promise>) -> js_sys::Promise;
    #[wasm_bindgen(js_name = nextFrame)]
    fn next_frame_js() -> js_sys::Promise;
    #[wasm_bindgen(js_name = watchConnectivity)]
    fn watch_connectivity_js(heard: &Closure<dyn FnMut(String)>);
    #[wasm_bindgen(js_name = watchAddressHash)]
    fn watch_address_hash_js(heard: &Closure<dyn FnMut()>);
    #[wasm_bindgen(js_name = clockTime)]
    fn clock_time_js(millis: f64, language: &str, zone: &str) -> String;
    #[wasm_bindgen(js_name = dateTime)]
    fn date_time_js(millis: f64, language: &str, zone: &str) -> String;
    #[wasm_bindgen(js_name = watchKeys)]
    fn watch_keys_js(pressed: &Closure<dyn FnMut(String, u32) -> bool>);
    #[wasm_bindgen(js_name = watchMedia)]
    fn watch_media_js(query: &str, heard: &Closure<dyn FnMut(bool)>) -> bool;
    #[wasm_bindgen(js_name = showModal)]
    fn show_modal_js(dialog: &web_sys::Element);
    #[wasm_bindgen(js_name = localText)]
    fn local_text_js(millis: f64) -> String;
    #[wasm_bindgen(js_name = localMillis)]
    fn local_millis_js(text: &str) -> f64;
    #[wasm_bindgen(js_name = copy)]
    fn copy_js(text: &str) -> js_sys::Promise;
    #[wasm_bindgen(js_name = download)]
    fn download_js(name: &str, text: &str);
}

/// Milliseconds since 1970 by the clock of this machine, which may be wrong.
pub fn now_millis() -> i64 {
    millis(js_sys::Date::now())
}

/// Milliseconds by a clock that only runs forwards.
pub fn monotonic_millis() -> i64 {
    let clock = web_sys::window().and_then(|window| window.performance());
    clock.map_or_else(now_millis, |clock| millis(clock.now()))
}

/// Now, by both clocks.
pub fn moment() -> Moment {
    Moment { wall: now_millis(), monotonic: monotonic_millis() }
}

/// Whether somebody may be looking at the page.
pub fn is_visible() -> bool {
    web_sys::window().and_then(|window| window.document()).is_some_and(|document| !document.hidden())
}

#[allow(clippy::cast_possible_truncation, reason = "milliseconds of a clock are far below 2^53")]
fn millis(value: f64) -> i64 {
    value as i64
}

/// A time of day in a language and a zone; the machine's zone where that is empty.
#[allow(clippy::cast_precision_loss, reason = "milliseconds of a clock are far below 2^53")]
pub fn clock_time(millis: i64, language: &str, zone: &str) -> String {
    clock_time_js(millis as f64, language, zone)
}

/// A day and its time in a language and a zone; the machine's zone where that is empty.
#[allow(clippy::cast_precision_loss, reason = "milliseconds of a clock are far below 2^53")]
pub fn date_time(millis: i64, language: &str, zone: &str) -> String {
    date_time_js(millis as f64, language, zone)
}

/// The moment that a field for local date and time holds.
pub fn local_moment(text: &str) -> Option<i64> {
    let found = local_millis_js(text);
    found.is_finite().then(|| millis(found))
}

/// A moment as a field for local date and time holds it.
#[allow(clippy::cast_precision_loss, reason = "milliseconds of a clock are far below 2^53")]
pub fn local_text(millis: i64) -> String {
    local_text_js(millis as f64)
}

/// A key that was pressed, with what was held down with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Press {
    /// The key's own name, such as `k` or `ArrowUp`.
    pub key: String,
    /// Control, or Command on a Mac.
    pub control: bool,
    /// Alt, or Option on a Mac.
    pub alt: bool,
    /// Shift.
    pub shift: bool,
    /// Where the person was.
    pub place: Place,
}

/// Where a key was pressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// On the page.
    Page,
    /// In a field, so that it may be meant as text.
    Field,
    /// In a dialog, or while one is open.
    Dialog,
}

/// Hears every key that nothing else took, from now on; `pressed` says whether it took it.
pub fn watch_keys(mut pressed: impl FnMut(Press) -> bool + 'static) {
    let heard = Closure::new(move |key: String, flags: u32| {
        let has = |bit: u32| flags & (1 << bit) != 0;
        let place = match (has(4), has(3)) {
            (true, _) => Place::Dialog,
            (false, true) => Place::Field,
            (false, false) => Place::Page,
        };
        pressed(Press { key, control: has(0), alt: has(1), shift: has(2), place })
    });
    watch_keys_js(&heard);
    heard.forget();
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

/// The element that has the focus.
pub fn focused() -> Option<web_sys::HtmlElement> {
    web_sys::window()?.document()?.active_element()?.dyn_into().ok()
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

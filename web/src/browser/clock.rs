//! The browser's clocks, and moments as its reader writes them.

use wasm_bindgen::prelude::*;

use crate::live::pulse::Moment;

#[wasm_bindgen(module = "/src/browser.js")]
extern "C" {
    #[wasm_bindgen(js_name = clockTime)]
    fn clock_time_js(millis: f64, language: &str, zone: &str) -> String;
    #[wasm_bindgen(js_name = dateTime)]
    fn date_time_js(millis: f64, language: &str, zone: &str) -> String;
    #[wasm_bindgen(js_name = localText)]
    fn local_text_js(millis: f64) -> String;
    #[wasm_bindgen(js_name = localMillis)]
    fn local_millis_js(text: &str) -> f64;
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

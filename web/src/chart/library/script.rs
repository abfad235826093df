//! The scripts beside this module's parent. [`bridge.js`] is the chart; it gets the others as its parts, since scripts
//! that come with a wasm program cannot import each other: the lines of [`indicators`] and their panes, [`alerts`], the
//! [`volume profile`], the chart's [`look`], what is in [`sight`], the [`zone`] of its times, and the [`picture`] of it.
//!
//! [`bridge.js`]: ../bridge.js
//! [`indicators`]: ../lines.js
//! [`alerts`]: ../alert_lines.js
//! [`volume profile`]: ../volume_profile.js
//! [`look`]: ../look.js
//! [`sight`]: ../sight.js
//! [`zone`]: ../zone.js
//! [`picture`]: ../picture.js

use js_sys::Object;
use wasm_bindgen::prelude::*;
use web_sys::Element;

/// The name in the page's import map.
const LIBRARY: &str = "lightweight-charts";

/// Who hears what the reader does: a word and four numbers.
pub type Told = Closure<dyn FnMut(String, f64, f64, f64, f64)>;

#[wasm_bindgen(module = "/src/chart/alert_lines.js")]
extern "C" {
    #[wasm_bindgen(js_name = addAlertLines)]
    fn add_alert_lines(parts: &Object);
}

#[wasm_bindgen(module = "/src/chart/lines.js")]
extern "C" {
    #[wasm_bindgen(js_name = addLines)]
    fn add_lines(parts: &Object);
}

#[wasm_bindgen(module = "/src/chart/look.js")]
extern "C" {
    #[wasm_bindgen(js_name = addLook)]
    fn add_look(parts: &Object);
}

#[wasm_bindgen(module = "/src/chart/picture.js")]
extern "C" {
    #[wasm_bindgen(js_name = addPicture)]
    fn add_picture(parts: &Object);
}

#[wasm_bindgen(module = "/src/chart/sight.js")]
extern "C" {
    #[wasm_bindgen(js_name = addSight)]
    fn add_sight(parts: &Object);
}

#[wasm_bindgen(module = "/src/chart/volume_profile.js")]
extern "C" {
    #[wasm_bindgen(js_name = addVolumeProfile)]
    fn add_volume_profile(parts: &Object);
}

#[wasm_bindgen(module = "/src/chart/zone.js")]
extern "C" {
    #[wasm_bindgen(js_name = addZone)]
    fn add_zone(parts: &Object);
}

#[wasm_bindgen(module = "/src/chart/bridge.js")]
extern "C" {
    pub type Drawn;

    #[wasm_bindgen(js_name = openChart, catch)]
    async fn open_chart(
        library: &str,
        parts: &Object,
        container: &Element,
        told: &Told,
    ) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(method, js_name = setBars)]
    pub fn set_bars(this: &Drawn, bars: &[f64], from_start: bool);
    #[wasm_bindgen(method, js_name = updateBar)]
    pub fn update_bar(this: &Drawn, bar: &[f64], earlier: bool);
    #[wasm_bindgen(method)]
    pub fn clear(this: &Drawn);
    #[wasm_bindgen(method, js_name = setStyle)]
    pub fn set_style(this: &Drawn, style: &str);
    #[wasm_bindgen(method, js_name = setScale)]
    pub fn set_scale(this: &Drawn, mode: u32);
    #[wasm_bindgen(method, js_name = showVolumes)]
    pub fn show_volumes(this: &Drawn, shown: bool);
    #[wasm_bindgen(method, js_name = setGroups)]
    pub fn set_groups(this: &Drawn, groups: &str);
    #[wasm_bindgen(method, js_name = setLine)]
    pub fn set_line(this: &Drawn, group: usize, line: usize, numbers: &[f64]);
    #[wasm_bindgen(method, js_name = updateLine)]
    pub fn update_line(this: &Drawn, group: usize, line: usize, time: f64, value: f64);
    #[wasm_bindgen(method, js_name = placeLegends)]
    pub fn place_legends(this: &Drawn);
    #[wasm_bindgen(method, js_name = setAlerts)]
    pub fn set_alerts(this: &Drawn, alerts: &str);
    #[wasm_bindgen(method, js_name = setProfile)]
    pub fn set_profile(this: &Drawn, rows: &[f64], control: f64, low: f64, high: f64);
    #[wasm_bindgen(method, js_name = setTrust)]
    pub fn set_trust(this: &Drawn, stale: bool);
    #[wasm_bindgen(method, js_name = setTitle)]
    pub fn set_title(this: &Drawn, title: &str);
    #[wasm_bindgen(method, js_name = setFormat)]
    pub fn set_format(this: &Drawn, scale: u32, min_move: f64, span: &str, language: &str, zone: &str);
    #[wasm_bindgen(method)]
    pub fn restyle(this: &Drawn);
    #[wasm_bindgen(method)]
    pub fn navigate(this: &Drawn, way: &str);
    #[wasm_bindgen(method, js_name = goTo)]
    pub fn go_to(this: &Drawn, time: f64);
    #[wasm_bindgen(method, js_name = pointedPrice)]
    pub fn pointed_price(this: &Drawn) -> f64;
    #[wasm_bindgen(method)]
    pub fn screenshot(this: &Drawn, name: &str, heading: &str, detail: &str);
    #[wasm_bindgen(method)]
    pub fn close(this: &Drawn);
}

/// Loads the library and draws an empty chart.
pub async fn open(container: &Element, told: &Told) -> Result<Drawn, JsValue> {
    let parts = Object::new();
    for add in [add_alert_lines, add_lines, add_look, add_picture, add_sight, add_volume_profile, add_zone] {
        add(&parts);
    }
    Ok(open_chart(LIBRARY, &parts, container, told).await?.unchecked_into())
}

//! The way to TradingView's Lightweight Charts: scripts of ours ([`bridge.js`], with [`zone.js`] for its time
//! axis and [`alert_lines.js`] for its alerts) that draw, and know no decisions. Floats are for drawing only;
//! every number that is read comes from the exact bars.
//!
//! [`bridge.js`]: ./bridge.js
//! [`zone.js`]: ./zone.js
//! [`alert_lines.js`]: ./alert_lines.js

use serde::Serialize;
use wasm_bindgen::prelude::*;
use web_sys::Element;

use super::plan::Group;
use super::series::{Drawing, Series};
use super::settings::{Scale, Style, Volume};
use crate::graphql::bar::Bar;

/// The name in the page's import map.
const LIBRARY: &str = "lightweight-charts";

#[wasm_bindgen(module = "/src/chart/zone.js")]
extern "C" {
    #[wasm_bindgen(js_name = addZone)]
    fn add_zone(parts: &js_sys::Object);
}

#[wasm_bindgen(module = "/src/chart/alert_lines.js")]
extern "C" {
    #[wasm_bindgen(js_name = addAlertLines)]
    fn add_alert_lines(parts: &js_sys::Object);
}

#[wasm_bindgen(module = "/src/chart/bridge.js")]
extern "C" {
    type Drawn;

    #[wasm_bindgen(js_name = openChart, catch)]
    async fn open_chart(
        library: &str,
        parts: &js_sys::Object,
        container: &Element,
        told: &Closure<dyn FnMut(String, f64, f64, f64, f64)>,
    ) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(method, js_name = setBars)]
    fn set_bars(this: &Drawn, bars: &[f64], from_start: bool);
    #[wasm_bindgen(method, js_name = updateBar)]
    fn update_bar(this: &Drawn, bar: &[f64], earlier: bool);
    #[wasm_bindgen(method)]
    fn clear(this: &Drawn);
    #[wasm_bindgen(method, js_name = setStyle)]
    fn set_style(this: &Drawn, style: &str);
    #[wasm_bindgen(method, js_name = setScale)]
    fn set_scale(this: &Drawn, mode: u32);
    #[wasm_bindgen(method, js_name = showVolumes)]
    fn show_volumes(this: &Drawn, shown: bool);
    #[wasm_bindgen(method, js_name = setGroups)]
    fn set_groups(this: &Drawn, groups: &str);
    #[wasm_bindgen(method, js_name = setLine)]
    fn set_line(this: &Drawn, group: usize, line: usize, numbers: &[f64]);
    #[wasm_bindgen(method, js_name = updateLine)]
    fn update_line(this: &Drawn, group: usize, line: usize, time: f64, value: f64);
    #[wasm_bindgen(method, js_name = placeLegends)]
    fn place_legends(this: &Drawn);
    #[wasm_bindgen(method, js_name = setAlerts)]
    fn set_alerts(this: &Drawn, alerts: &str);
    #[wasm_bindgen(method, js_name = setTrust)]
    fn set_trust(this: &Drawn, stale: bool);
    #[wasm_bindgen(method, js_name = setTitle)]
    fn set_title(this: &Drawn, title: &str);
    #[wasm_bindgen(method, js_name = setFormat)]
    fn set_format(this: &Drawn, scale: u32, min_move: f64, span: &str, language: &str, zone: &str);
    #[wasm_bindgen(method)]
    fn restyle(this: &Drawn);
    #[wasm_bindgen(method)]
    fn navigate(this: &Drawn, way: &str);
    #[wasm_bindgen(method, js_name = goTo)]
    fn go_to(this: &Drawn, time: f64);
    #[wasm_bindgen(method, js_name = pointedPrice)]
    fn pointed_price(this: &Drawn) -> f64;
    #[wasm_bindgen(method)]
    fn screenshot(this: &Drawn, name: &str, heading: &str, detail: &str);
    #[wasm_bindgen(method)]
    fn close(this: &Drawn);
}

/// How prices and times are written on the axes.
#[derive(Clone, Debug, PartialEq)]
pub struct Format {
    /// Decimals of a price.
    pub scale: u32,
    /// The smallest step of a price.
    pub step: f64,
    /// What a bar spans.
    pub span: Span,
    /// The reader's language, as a tag.
    pub language: &'static str,
    /// The time zone by its name; the machine's where it is empty.
    pub zone: String,
}

/// What a bar spans, as far as its label goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Span {
    /// Its label has seconds.
    Seconds,
    /// Its label has hours and minutes.
    Minutes,
    /// Its label is a date, which is the same in every zone.
    Days,
}

impl Span {
    fn code(self) -> &'static str {
        match self {
            Self::Seconds => "seconds",
            Self::Minutes => "minutes",
            Self::Days => "days",
        }
    }
}

/// Where the reader goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// As the chart was opened.
    Reset,
    /// Everything at once.
    Fit,
    /// To the newest bar.
    Newest,
    /// To the oldest bar that is known.
    Oldest,
    /// Towards the past.
    Left,
    /// Towards the present.
    Right,
    /// Closer.
    In,
    /// Further away.
    Out,
}

impl Way {
    fn code(self) -> &'static str {
        match self {
            Self::Reset => "reset",
            Self::Fit => "fit",
            Self::Newest => "newest",
            Self::Oldest => "oldest",
            Self::Left => "left",
            Self::Right => "right",
            Self::In => "in",
            Self::Out => "out",
        }
    }
}

/// What the reader did with the chart.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Happening {
    /// The pointer is over the bar of this second, or over none.
    Pointed(Option<i64>),
    /// He comes near the oldest bar.
    NearOldest,
    /// He asks what can be done at a place, at a price, with an alert.
    Menu { x: f64, y: f64, price: f64, alert: Option<usize> },
    /// He let go of an alert at a price.
    AlertMoved { alert: usize, price: f64 },
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "seconds and places in a list")]
fn happening(word: &str, numbers: [f64; 4]) -> Option<Happening> {
    let [first, second, third, fourth] = numbers;
    Some(match word {
        "point" => Happening::Pointed(first.is_finite().then_some(first as i64)),
        "older" => Happening::NearOldest,
        "menu" => {
            let alert = (fourth >= 0.0).then_some(fourth as usize);
            Happening::Menu { x: first, y: second, price: third, alert }
        }
        "moved" => Happening::AlertMoved { alert: first as usize, price: second },
        _ => return None,
    })
}

/// An alert to be drawn, as `alert_lines.js` reads it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AlertLine {
    /// Where.
    pub price: f64,
    /// The price in words.
    pub words: String,
    /// What stands beside the bell.
    pub label: String,
    /// Whether it watches.
    pub watching: bool,
}

/// A drawn chart; it is taken down when dropped.
pub struct Chart {
    drawn: Drawn,
    _told: Closure<dyn FnMut(String, f64, f64, f64, f64)>,
}

impl Chart {
    /// Loads the library and draws an empty chart; `told` hears what the reader does with it.
    pub async fn open(
        container: Element,
        mut told: impl FnMut(Happening) + 'static,
    ) -> Result<Self, JsValue> {
        let told = Closure::new(move |word: String, a: f64, b: f64, c: f64, d: f64| {
            if let Some(happening) = happening(&word, [a, b, c, d]) {
                told(happening);
            }
        });
        let parts = js_sys::Object::new();
        add_zone(&parts);
        add_alert_lines(&parts);
        let drawn = open_chart(LIBRARY, &parts, &container, &told).await?.unchecked_into();
        Ok(Self { drawn, _told: told })
    }

    /// Draws what a change asks for.
    pub fn draw(&self, series: &Series, bar: Bar, drawing: Drawing) {
        match drawing {
            Drawing::Nothing => {}
            Drawing::Newest => self.drawn.update_bar(&numbers(&bar), false),
            Drawing::Earlier => self.drawn.update_bar(&numbers(&bar), true),
            Drawing::All => self.draw_all(series),
        }
    }

    /// Draws every bar, and leaves the reader where he is.
    pub fn draw_all(&self, series: &Series) {
        self.drawn.set_bars(&all_numbers(series), false);
    }

    /// Draws every bar, and shows the newest.
    pub fn start_over(&self, series: &Series) {
        self.drawn.set_bars(&all_numbers(series), true);
    }

    /// Takes everything off that depends on times.
    pub fn clear(&self) {
        self.drawn.clear();
    }

    /// Sets how the prices are drawn; they have to be drawn again after this.
    pub fn set_style(&self, style: Style) {
        self.drawn.set_style(style.code());
    }

    /// Sets how the price axis is divided.
    pub fn set_scale(&self, scale: Scale) {
        self.drawn.set_scale(scale.code());
    }

    /// Shows the volume or hides it.
    pub fn set_volume(&self, volume: Volume) {
        self.drawn.show_volumes(volume == Volume::Shown);
    }

    /// Sets which lines there are besides the prices; their values have to be set after this.
    pub fn set_groups(&self, groups: &[Group]) {
        self.drawn.set_groups(&written(groups));
    }

    /// Draws a line: time and value by turns.
    pub fn set_line(&self, group: usize, line: usize, numbers: &[f64]) {
        self.drawn.set_line(group, line, numbers);
    }

    /// Draws a line's value at a time.
    #[allow(clippy::cast_precision_loss, reason = "seconds since 1970 are far below 2^53")]
    pub fn update_line(&self, group: usize, line: usize, point: (i64, f64)) {
        self.drawn.update_line(group, line, point.0 as f64, point.1);
    }

    /// Puts the legends of the lower panes where those are.
    pub fn place_legends(&self) {
        self.drawn.place_legends();
    }

    /// Draws these alerts and no others.
    pub fn set_alerts(&self, alerts: &[AlertLine]) {
        self.drawn.set_alerts(&written(alerts));
    }

    /// Greys the last price, or gives it its colour back.
    pub fn set_stale(&self, stale: Stale) {
        self.drawn.set_trust(stale == Stale::Yes);
    }

    /// Says something beside the last price.
    pub fn set_title(&self, title: &str) {
        self.drawn.set_title(title);
    }

    /// Sets how prices and times are written.
    pub fn set_format(&self, format: &Format) {
        let Format { scale, step, span, language, zone } = format;
        self.drawn.set_format(*scale, *step, span.code(), language, zone);
    }

    /// Takes the colours of the present theme.
    pub fn restyle(&self) {
        self.drawn.restyle();
    }

    /// Moves the reader.
    pub fn navigate(&self, way: Way) {
        self.drawn.navigate(way.code());
    }

    /// Shows the bar of this second.
    #[allow(clippy::cast_precision_loss, reason = "seconds since 1970 are far below 2^53")]
    pub fn go_to(&self, seconds: i64) {
        self.drawn.go_to(seconds as f64);
    }

    /// The price under the crosshair.
    pub fn pointed_price(&self) -> Option<f64> {
        Some(self.drawn.pointed_price()).filter(|price| price.is_finite())
    }

    /// Saves what is drawn as a picture of this name, under a line that says what it is.
    pub fn screenshot(&self, name: &str, heading: &str, detail: &str) {
        self.drawn.screenshot(name, heading, detail);
    }
}

/// Whether the last price can be trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stale {
    /// It cannot.
    Yes,
    /// It can.
    No,
}

impl Drop for Chart {
    fn drop(&mut self) {
        self.drawn.close();
    }
}

fn written(value: &(impl Serialize + ?Sized)) -> String {
    // It has no map with keys that JSON cannot hold, so that it cannot fail.
    serde_json::to_string(value).unwrap_or_else(|_| "[]".to_owned())
}

fn all_numbers(series: &Series) -> Vec<f64> {
    series.bars().iter().flat_map(numbers).collect()
}

/// The closes at those times at which another series has a bar too, as time and value by turns.
#[allow(clippy::cast_precision_loss, reason = "seconds since 1970 are far below 2^53")]
pub fn closes_beside(series: &Series, other: &Series) -> Vec<f64> {
    let beside = |bar: &&Bar| other.at(bar.time.seconds()).is_some();
    let point = |bar: &Bar| [bar.time.seconds() as f64, bar.close.for_drawing()];
    series.bars().iter().filter(beside).flat_map(point).collect()
}

/// Second, open, high, low, close, volume.
#[allow(clippy::cast_precision_loss, reason = "seconds since 1970 are far below 2^53")]
fn numbers(bar: &Bar) -> [f64; 6] {
    [
        bar.time.seconds() as f64,
        bar.open.for_drawing(),
        bar.high.for_drawing(),
        bar.low.for_drawing(),
        bar.close.for_drawing(),
        bar.volume.map_or(f64::NAN, crate::graphql::scalar::Decimal::for_drawing),
    ]
}

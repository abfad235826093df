//! The way to TradingView's Lightweight Charts: scripts of ours ([`script`]) that draw, and know no decisions.
//! Floats are for drawing only; every number that is read comes from the exact bars.

use serde::Serialize;
use wasm_bindgen::prelude::*;
use web_sys::Element;

use super::plan::Group;
use super::series::{Drawing, Series};
use super::settings::{Scale, Style, Volume};
use crate::graphql::bar::Bar;
use crate::graphql::scalar::Decimal;
use crate::graphql::volume_profile::VolumeProfile;

mod format;
mod reader;
mod script;

pub use format::{Format, Span};
pub use reader::{Happening, Way};
use script::{Drawn, Told};

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

/// Whether the last price can be trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stale {
    /// It cannot.
    Yes,
    /// It can.
    No,
}

/// A drawn chart; it is taken down when dropped.
pub struct Chart {
    drawn: Drawn,
    _told: Told,
}

impl Chart {
    /// Loads the library and draws an empty chart; `told` hears what the reader does with it.
    pub async fn open(
        container: Element,
        mut told: impl FnMut(Happening) + 'static,
    ) -> Result<Self, JsValue> {
        let told = Closure::new(move |word: String, a: f64, b: f64, c: f64, d: f64| {
            if let Some(happening) = Happening::told(&word, [a, b, c, d]) {
                told(happening);
            }
        });
        let drawn = script::open(&container, &told).await?;
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

    /// Draws this volume profile, or none.
    pub fn set_profile(&self, profile: Option<&VolumeProfile>) {
        let number = |price: Option<Decimal>| price.map_or(f64::NAN, Decimal::for_drawing);
        let rows = profile.map(|profile| profile.rows.as_slice()).unwrap_or_default();
        let numbers: Vec<f64> =
            rows.iter().flat_map(|row| [row.low, row.high, row.volume].map(Decimal::for_drawing)).collect();
        let [control, low, high] = profile.map_or([f64::NAN; 3], |profile| {
            [profile.point_of_control, profile.value_area_low, profile.value_area_high].map(number)
        });
        self.drawn.set_profile(&numbers, control, low, high);
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
        bar.volume.map_or(f64::NAN, Decimal::for_drawing),
    ]
}

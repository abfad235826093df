//! The way to TradingView's Lightweight Charts: a small script of ours ([`bridge.js`]) that draws, and knows
//! no decisions. Floats are for drawing only; every number that is read comes from the exact bars.
//!
//! [`bridge.js`]: ./bridge.js

use wasm_bindgen::prelude::*;
use web_sys::Element;

use super::series::{Drawing, Series};
use crate::graphql::bar::Bar;

/// The name in the page's import map.
const LIBRARY: &str = "lightweight-charts";

#[wasm_bindgen(module = "/src/chart/bridge.js")]
extern "C" {
    type Drawn;

    #[wasm_bindgen(js_name = openChart, catch)]
    async fn open_chart(
        library: &str,
        container: &Element,
        pointed: &Closure<dyn FnMut(f64)>,
        needs_older: &Closure<dyn FnMut()>,
    ) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(method, js_name = setBars)]
    fn set_bars(this: &Drawn, bars: &[f64], from_start: bool);
    #[wasm_bindgen(method, js_name = updateBar)]
    fn update_bar(this: &Drawn, bar: &[f64], earlier: bool);
    #[wasm_bindgen(method, js_name = setFormat)]
    fn set_format(this: &Drawn, scale: u32, daily: bool, seconds: bool, language: &str);
    #[wasm_bindgen(method)]
    fn restyle(this: &Drawn);
    #[wasm_bindgen(method)]
    fn close(this: &Drawn);
}

/// How prices and times are written on the axes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Format {
    /// Decimals of a price.
    pub scale: u32,
    /// What a bar spans.
    pub span: Span,
    /// The reader's language, as a tag.
    pub language: &'static str,
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

/// A drawn chart; it is taken down when dropped.
pub struct Chart {
    drawn: Drawn,
    _pointed: Closure<dyn FnMut(f64)>,
    _needs_older: Closure<dyn FnMut()>,
}

impl Chart {
    /// Loads the library and draws an empty chart. `pointed` hears the second of the bar under the pointer,
    /// and none when it leaves; `needs_older` hears that the reader comes near the oldest bar.
    pub async fn open(
        container: Element,
        mut pointed: impl FnMut(Option<i64>) + 'static,
        needs_older: impl FnMut() + 'static,
    ) -> Result<Self, JsValue> {
        #[allow(clippy::cast_possible_truncation, reason = "seconds since 1970")]
        let pointed = Closure::new(move |time: f64| pointed(time.is_finite().then_some(time as i64)));
        let needs_older = Closure::new(needs_older);
        let drawn = open_chart(LIBRARY, &container, &pointed, &needs_older).await?.unchecked_into();
        Ok(Self { drawn, _pointed: pointed, _needs_older: needs_older })
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

    /// Sets how prices and times are written.
    pub fn set_format(&self, format: &Format) {
        let (daily, seconds) = (format.span == Span::Days, format.span == Span::Seconds);
        self.drawn.set_format(format.scale, daily, seconds, format.language);
    }

    /// Takes the colours of the present theme.
    pub fn restyle(&self) {
        self.drawn.restyle();
    }
}

impl Drop for Chart {
    fn drop(&mut self) {
        self.drawn.close();
    }
}

fn all_numbers(series: &Series) -> Vec<f64> {
    series.bars().flat_map(numbers).collect()
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

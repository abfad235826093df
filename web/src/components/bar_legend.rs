//! The bar under the pointer, else the last one, in exact numbers.

use dioxus::prelude::*;

use super::price::Change;
use crate::graphql::bar::Bar;
use crate::graphql::scalar::Decimal;
use crate::number;
use crate::preferences::use_text;
use crate::text::Text;

/// A bar with the one before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shown {
    /// The bar.
    pub bar: Bar,
    /// The bar before it, where there is one.
    pub before: Option<Bar>,
    /// The last bar.
    pub last: Bar,
}

impl Shown {
    /// How far the close is from the close before, and in percent.
    fn change(self) -> Option<(Decimal, Decimal)> {
        let before = self.before?.close.0;
        let change = self.bar.close.0.checked_sub(before)?;
        let percent = change.checked_mul(rust_decimal::Decimal::ONE_HUNDRED)?.checked_div(before)?;
        Some((Decimal(change), Decimal(percent)))
    }
}

/// Open, high, low, close and volume in one line over the chart.
#[component]
pub fn BarLegend(shown: Shown, scale: u32) -> Element {
    let text = use_text();
    let bar = shown.bar;
    let is_last = bar.time == shown.last.time;
    let change = shown.change();
    let words = change
        .map(|(change, percent)| format!("{} ({})", number::change(change, scale), number::percent(percent)));
    rsx! {
        dl { class: "legend", "data-testid": "chart-legend",
            for (name, value, testid) in [
                (Text::OpenShort, bar.open, "chart-open"),
                (Text::HighShort, bar.high, "chart-high"),
                (Text::LowShort, bar.low, "chart-low"),
                (Text::CloseShort, bar.close, if is_last { "chart-last-close" } else { "chart-close" }),
            ] {
                div { key: "{name:?}",
                    dt { {text.say(name)} }
                    dd { "data-testid": testid, {number::price(value, scale)} }
                }
            }
            if let Some(volume) = bar.volume {
                div {
                    dt { {text.say(Text::VolumeShort)} }
                    dd { {number::compact(volume)} }
                }
            }
            div {
                dt { class: "hidden", {text.say(Text::Change)} }
                dd { Change { value: change.map(|(change, _)| change), shown: words } }
            }
            // The last close stays in sight while the pointer is on another bar.
            if !is_last {
                div {
                    dt { {text.say(Text::Last)} }
                    dd { "data-testid": "chart-last-close", {number::price(shown.last.close, scale)} }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graphql::scalar::DateTime;

    fn bar(close: &str) -> Bar {
        let price: Decimal = close.parse().unwrap();
        let time = DateTime::from_millis(0);
        Bar { time, open: price, high: price, low: price, close: price, volume: None }
    }

    #[test]
    fn the_change_is_against_the_bar_before() {
        let check = |before: Option<&str>, expect: Option<(&str, &str)>| {
            let shown = Shown { bar: bar("110"), before: before.map(bar), last: bar("110") };
            let expect = expect.map(|(change, percent)| (change.parse().unwrap(), percent.parse().unwrap()));
            assert_eq!(shown.change(), expect, "{before:?}");
        };
        check(Some("100"), Some(("10", "10")));
        check(Some("220"), Some(("-110", "-50")));
        check(Some("0"), None);
        check(None, None);
    }
}

//! How far the chart's last price can be trusted, when its bar closes, and its last bar in words.

use dioxus::prelude::*;

use super::chart_panel::Board;
use crate::chart::library::Stale;
use crate::feed::Feed;
use crate::graphql::instrument::Instrument;
use crate::graphql::quote::FeedState;
use crate::number;
use crate::preferences::{Preferences, use_text};
use crate::text::Text;

/// How far, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trusted {
    state: FeedState,
    reason: Option<String>,
}

impl Trusted {
    /// Whether the price may be wrong by now.
    pub fn is_stale(&self) -> bool {
        matches!(self.state, FeedState::Stale)
    }
}

/// How far the price of an instrument can be trusted.
pub fn use_trust(instrument: &Instrument) -> Trusted {
    let text = use_text();
    let feed = use_context::<Feed>();
    let id = instrument.id.clone();
    let trusted = use_memo(use_reactive!(|id| {
        let quotes = feed.quotes.read();
        let held = quotes.get(&id);
        let refusal = feed.refusals.read().about(&id).map(|failure| text.failure(failure));
        let state = held.map_or(FeedState::Recovering, |held| held.trust(feed.link.cloned()));
        let state = if refusal.is_some() { FeedState::Stale } else { state };
        Trusted { state, reason: refusal.or(held.and_then(|held| held.quote.reason.clone())) }
    }));
    trusted()
}

/// The time that is left, as on a clock.
fn left(seconds: i64) -> String {
    let (hours, minutes, seconds) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    if hours > 0 {
        format!("{hours}:{minutes:02}:{seconds:02}")
    } else {
        format!("{minutes:02}:{seconds:02}")
    }
}

/// What is said over the chart while its price cannot be trusted, and to those who do not see it.
#[component]
pub fn Trust(board: Board, trust: Trusted, id: String, scale: u32) -> Element {
    let text = use_text();
    let preferences = use_context::<Preferences>();
    let now = use_context::<Feed>().now;
    let Board { model, settings, .. } = board;
    let (stale, live) = (trust.is_stale(), matches!(trust.state, FeedState::Live | FeedState::Delayed));
    use_effect(use_reactive!(|stale| {
        if let Some(chart) = &*model.chart.read() {
            chart.set_stale(if stale { Stale::Yes } else { Stale::No });
        }
    }));
    use_effect(use_reactive!(|live| {
        // The library's label tells the last bar in sight: only that of the newest one has time left.
        let seen = (model.sight)().map(|(_, last)| last);
        let last = model.series.read().last().filter(|bar| live && seen == Some(bar.time.seconds()));
        let end = last.zip(settings.read().size.seconds()).map(|(bar, long)| bar.time.seconds() + long);
        let left = end.map(|end| end - now() / 1_000).filter(|left| *left >= 0).map(left).unwrap_or_default();
        if let Some(chart) = &*model.chart.read() {
            chart.set_title(&left);
        }
    }));
    let zone = board.zone(preferences);
    let words = use_memo(use_reactive!(|zone, scale| {
        // Once a second is more than anybody listens to.
        let _second = now();
        let bar = model.series.peek().last()?;
        let time = crate::browser::date_time(bar.time.millis(), preferences.language().tag(), &zone);
        let [open, high, low, close] =
            [bar.open, bar.high, bar.low, bar.close].map(|value| number::price(value, scale));
        let values =
            [("time", &*time), ("open", &*open), ("high", &*high), ("low", &*low), ("close", &*close)];
        Some(text.fill(Text::LastBarInWords, &values))
    }));
    rsx! {
        p { id: "{id}", class: "hidden", {words().unwrap_or_default()} }
        if stale {
            p { class: "chart-strip chart-strip-stale", role: "status", "data-testid": "chart-stale",
                strong { {text.feed_state(trust.state)} }
                " "
                {trust.reason.clone().unwrap_or_else(|| text.say(Text::StalePrice).to_owned())}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_reads_as_a_clock() {
        let check = |seconds: i64, expect: &str| assert_eq!(left(seconds), expect);
        check(0, "00:00");
        check(59, "00:59");
        check(3_599, "59:59");
        check(28_800, "8:00:00");
    }
}

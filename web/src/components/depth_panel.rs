//! The order book as a ladder: who would sell above, who would buy below, and how much in between.

use cynic::SubscriptionBuilder;
use dioxus::prelude::*;
use gloo_timers::future::TimeoutFuture;

use super::price::{FeedBadge, NOTHING};
use crate::feed::{Feed, batched};
use crate::graphql::depth::{Depth, DepthEvent, DepthLevel, LiveDepth, LiveDepthVariables};
use crate::graphql::failure::Failure;
use crate::graphql::instrument::Instrument;
use crate::graphql::quote::FeedState;
use crate::graphql::scalar::Decimal;
use crate::live::{Event, LinkState, Live};
use crate::number;
use crate::preferences::{Preferences, use_text};
use crate::text::Text;
use crate::ui::choice::{Choice, Item};
use crate::ui::notice::{Empty, Loading, Problem};
use crate::workspace::panel::PanelId;
use crate::workspace::state::Workspace;

/// How long to wait before a book that ended is asked for again.
const AGAIN_MS: u32 = 5_000;

/// How many levels of each side can be chosen.
const LEVELS: [i32; 3] = [5, 10, 20];

/// The book, as far as it is known.
#[derive(Clone, Debug, PartialEq)]
enum Book {
    Loading,
    Failed(Failure),
    Known(Box<Depth>),
}

impl Book {
    /// The same, no longer kept up to date.
    fn outdated(self) -> Self {
        match self {
            Self::Known(depth) => Self::Known(Box::new(Depth { state: FeedState::Stale, ..*depth })),
            other => other,
        }
    }
}

/// One line of the ladder.
#[derive(Clone, Debug, PartialEq)]
struct Rung {
    level: DepthLevel,
    /// Everything up to here.
    total: Decimal,
    /// How long its bar is, in percent of the longest.
    share: f64,
    /// How long the bar of everything up to here is.
    total_share: f64,
}

fn size(level: &DepthLevel) -> Decimal {
    level.size.unwrap_or(Decimal::ZERO)
}

/// The levels of a side with their sums; the bars of both sides are measured alike.
fn rungs(levels: &[DepthLevel], largest: Decimal, whole: Decimal) -> Vec<Rung> {
    let mut total = Decimal::ZERO;
    levels
        .iter()
        .map(|level| {
            total = Decimal(total.0.saturating_add(size(level).0));
            let (share, total_share) = (percent(size(level), largest), percent(total, whole));
            Rung { level: level.clone(), total, share, total_share }
        })
        .collect()
}

fn percent(part: Decimal, whole: Decimal) -> f64 {
    let share = part.0.checked_div(whole.0).map_or(0.0, |share| Decimal(share).for_drawing());
    share.clamp(0.0, 1.0) * 100.0
}

fn sum(levels: &[DepthLevel]) -> Decimal {
    Decimal(levels.iter().fold(Decimal::ZERO.0, |sum, level| sum.saturating_add(size(level).0)))
}

fn largest(depth: &Depth) -> Decimal {
    depth.bids.iter().chain(&depth.asks).map(size).max().unwrap_or(Decimal::ZERO)
}

/// The panel.
#[component]
pub fn DepthPanel(panel: PanelId, instrument: Instrument) -> Element {
    let text = use_text();
    let workspace = use_context::<Workspace>();
    let live = use_context::<Live>();
    let mut book = use_signal(|| Book::Loading);
    let last = book;
    let levels = workspace.settings(panel).levels.filter(|levels| LEVELS.contains(levels)).unwrap_or(5);
    let id = instrument.id.clone();
    let key = use_memo(use_reactive!(|(id, levels)| (id, levels)));
    use_resource(move || {
        let (live, (instrument, levels)) = (live.clone(), key());
        async move {
            book.set(Book::Loading);
            loop {
                let variables = LiveDepthVariables { instrument: instrument.clone(), levels: Some(levels) };
                let mut waiting = None;
                batched(
                    live.subscribe(&LiveDepth::build(variables)),
                    &mut waiting,
                    |waiting, event| match event {
                        Event::Data(LiveDepth { depth: DepthEvent::Depth(depth) }) => {
                            *waiting = Some(Book::Known(depth));
                        }
                        Event::Failed(failure) => *waiting = Some(Book::Failed(failure)),
                        // The next book is whole again; until it comes, the present one is old.
                        Event::Data(_) | Event::Restarted => {
                            let shown = waiting.take().unwrap_or_else(|| last.peek().clone());
                            *waiting = Some(shown.outdated());
                        }
                    },
                    |waiting| {
                        if let Some(now) = waiting.take() {
                            book.set(now);
                        }
                    },
                )
                .await;
                let shown = book.peek().clone();
                book.set(shown.outdated());
                TimeoutFuture::new(AGAIN_MS).await;
            }
        }
    });
    let items = LEVELS.map(|value| Item { value, label: value.to_string(), glyph: None }).to_vec();
    rsx! {
        div { class: "panel depth-panel",
            div { class: "panel-bar",
                span { class: "muted", {text.say(Text::Levels)} }
                Choice {
                    label: text.say(Text::Levels),
                    items,
                    chosen: levels,
                    onchoose: move |levels: i32| {
                        workspace.set(panel, |settings| settings.levels = Some(levels));
                    },
                }
            }
            match &*book.read() {
                Book::Loading => rsx! { Loading { label: text.say(Text::LoadingDepth) } },
                Book::Failed(failure) => rsx! {
                    Problem {
                        title: text.say(Text::DepthFailed),
                        message: text.failure(failure),
                        onagain: |()| {},
                    }
                },
                Book::Known(depth) if depth.bids.is_empty() && depth.asks.is_empty() => rsx! {
                    Empty { title: text.say(Text::NoDepth),
                        if let Some(reason) = depth.reason.clone() {
                            p { "{reason}" }
                        }
                    }
                },
                Book::Known(depth) => rsx! { Ladder { depth: depth.clone(), instrument: instrument.clone() } },
            }
        }
    }
}

/// The ladder.
#[component]
fn Ladder(depth: Box<Depth>, instrument: Instrument) -> Element {
    let text = use_text();
    let feed = use_context::<Feed>();
    let scale = number::scale_of(instrument.price_increment);
    let row_height = use_context::<Preferences>().row_height().min(24);
    let (bid_sum, ask_sum) = (sum(&depth.bids), sum(&depth.asks));
    let (largest, whole) = (largest(&depth), bid_sum.max(ask_sum));
    let bids = rungs(&depth.bids, largest, whole);
    let asks = rungs(&depth.asks, largest, whole);
    let online = feed.link.read().state == LinkState::Online;
    let state = if online { depth.state } else { FeedState::Stale };
    let names = depth.bids.iter().chain(&depth.asks).any(|level| level.exchange.is_some());
    rsx! {
        div { class: "panel-body ladder-box",
            table {
                class: if state == FeedState::Stale { "ladder is-stale" } else { "ladder" },
                "data-testid": "depth-ladder",
                caption { class: "hidden", {text.fill(Text::DepthOf, &[("symbol", &instrument.symbol)])} }
                thead {
                    tr {
                        if names {
                            th { scope: "col", class: "ladder-exchange", {text.say(Text::Exchange)} }
                        }
                        th { scope: "col", {text.say(Text::Price)} }
                        th { scope: "col", {text.say(Text::Size)} }
                        th { scope: "col", class: "ladder-total", {text.say(Text::Total)} }
                    }
                }
                tbody { class: "ladder-asks",
                    for (index, rung) in asks.into_iter().enumerate().rev() {
                        LadderRow { key: "{index}", rung, scale, row_height, names, side: "ask", best: index == 0 }
                    }
                }
                tbody { class: "ladder-middle",
                    tr {
                        td { colspan: if names { "3" } else { "2" },
                            Middle { depth: depth.clone(), scale, state, bid_sum, ask_sum }
                        }
                        td { class: "ladder-total middle-end" }
                    }
                }
                tbody { class: "ladder-bids",
                    for (index, rung) in bids.into_iter().enumerate() {
                        LadderRow { key: "{index}", rung, scale, row_height, names, side: "bid", best: index == 0 }
                    }
                }
            }
        }
    }
}

#[component]
fn LadderRow(
    rung: Rung,
    scale: u32,
    row_height: u32,
    names: bool,
    side: &'static str,
    best: bool,
) -> Element {
    let class = if best { "rung rung-best" } else { "rung" };
    let testid = best.then(|| format!("depth-best-{side}"));
    rsx! {
        tr { class: "{class} rung-{side}", height: "{row_height}px",
            if names {
                td { class: "ladder-exchange muted", {rung.level.exchange.clone().unwrap_or_default()} }
            }
            td { class: "ladder-price", "data-testid": testid, {number::price(rung.level.price, scale)} }
            td { class: "ladder-size",
                span { class: "bar", width: "{rung.share:.1}%", "aria-hidden": "true" }
                span { class: "bar-words",
                    {rung.level.size.map_or_else(|| NOTHING.to_owned(), number::size)}
                }
            }
            td { class: "ladder-total muted",
                span { class: "bar bar-total", width: "{rung.total_share:.1}%", "aria-hidden": "true" }
                span { class: "bar-words", {number::compact(rung.total)} }
            }
        }
    }
}

/// How far the sides are apart, and which of them is stronger.
#[component]
fn Middle(depth: Box<Depth>, scale: u32, state: FeedState, bid_sum: Decimal, ask_sum: Decimal) -> Element {
    let text = use_text();
    let best = depth.bids.first().zip(depth.asks.first());
    let spread = best.and_then(|(bid, ask)| ask.price.0.checked_sub(bid.price.0)).map(Decimal);
    let both = Decimal(bid_sum.0.saturating_add(ask_sum.0));
    let bid_share = percent(bid_sum, both);
    rsx! {
        div { class: "middle",
            span { class: "muted", {text.say(Text::Spread)} }
            span { {spread.map_or_else(|| NOTHING.to_owned(), |spread| number::price(spread, scale))} }
            if both != Decimal::ZERO {
                span {
                    class: "balance",
                    role: "img",
                    "aria-label": text.fill(Text::BidShare, &[("share", &format!("{bid_share:.0}"))]),
                    title: text.fill(Text::BidShare, &[("share", &format!("{bid_share:.0}"))]),
                    span { class: "balance-bid", width: "{bid_share:.1}%" }
                }
            }
            if state != FeedState::Live {
                FeedBadge { state, reason: depth.reason.clone(), testid: "depth-state" }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn level(price: &str, size: Option<&str>) -> DepthLevel {
        let size = size.map(|size| size.parse().unwrap());
        DepthLevel { price: price.parse().unwrap(), size, exchange: None }
    }

    #[test]
    fn bars_are_measured_by_the_largest_and_sums_grow() {
        let levels = [level("10", Some("100")), level("9", None), level("8", Some("300"))];
        let found = rungs(&levels, "300".parse().unwrap(), "800".parse().unwrap());
        let totals: Vec<_> = found.iter().map(|rung| rung.total.0.to_string()).collect();
        assert_eq!(totals, ["100", "100", "400"]);
        let shares: Vec<_> = found.iter().map(|rung| format!("{:.0}", rung.share)).collect();
        assert_eq!(shares, ["33", "0", "100"]);
        assert_eq!(format!("{:.0}", found[2].total_share), "50");
        assert_eq!(sum(&levels), "400".parse().unwrap());
    }

    #[test]
    fn an_empty_book_divides_by_nothing() {
        assert!(percent(Decimal::ZERO, Decimal::ZERO).abs() < 1e-9);
        assert!(rungs(&[], Decimal::ZERO, Decimal::ZERO).is_empty());
    }
}

//! The chosen instrument's quote at a glance.

use std::rc::Rc;

use dioxus::prelude::*;

use super::price::{Age, Change, FeedBadge, LastPrice, NOTHING, RefusalBadge};
use crate::feed::{Feed, HeldQuote};
use crate::graphql::instrument::Instrument;
use crate::graphql::quote::{FeedState, Quote, QuoteLevel};
use crate::graphql::scalar::Decimal;
use crate::number;
use crate::preferences::use_text;
use crate::text::Text;

/// The header over the chart.
#[component]
pub fn QuoteHeader(instrument: Instrument) -> Element {
    let text = use_text();
    let feed = use_context::<Feed>();
    let id = instrument.id.clone();
    let held = use_memo(use_reactive!(|id| feed.quotes.read().get(&id).cloned()));
    let held: Option<Rc<HeldQuote>> = held();
    let id = instrument.id.clone();
    let refusal = use_memo(use_reactive!(|id| feed.refusals.read().about(&id).cloned()));
    let refusal = refusal().map(|failure| text.failure(&failure));
    let quote = held.as_ref().map(|held| held.quote.clone());
    let scale = number::scale_of(instrument.price_increment);
    let state = held.as_ref().map_or(FeedState::Recovering, |held| held.trust(feed.link.cloned()));
    let reason = refusal.clone().or(quote.as_ref().and_then(|quote| quote.reason.clone()));
    let change = quote.as_ref().and_then(|quote| quote.change);
    let percent = quote.as_ref().and_then(|quote| quote.change_percent);
    let shown = change
        .zip(percent)
        .map(|(change, percent)| format!("{} ({})", number::change(change, scale), number::percent(percent)));
    rsx! {
        div { class: if state == FeedState::Stale { "panel-body quote-header is-stale" } else { "panel-body quote-header" },
            div { class: "quote-title",
                h3 { "{instrument.symbol}" }
                p { class: "quote-name", "{instrument.name}" }
                p { class: "quote-meta muted",
                    "{instrument.market()} · {instrument.currency} · {text.asset_class(instrument.asset_class)}"
                }
            }
            div { class: "quote-price",
                p { class: "quote-last", LastPrice { held: held.clone(), scale, testid: "header-last" } }
                p { class: "quote-change", Change { value: change, shown, arrow: true } }
            }
            div { class: "quote-state",
                if let Some(message) = refusal {
                    RefusalBadge { message, testid: "feed-refusal" }
                } else {
                    FeedBadge { state, reason: reason.clone(), testid: "feed-state" }
                }
                span { class: "quote-age muted", title: text.say(Text::AgeLong), Age { held: held.clone() } }
                if let Some(reason) = reason.filter(|_| state != FeedState::Live) {
                    span { class: "quote-reason muted", "{reason}" }
                }
            }
            dl { class: "facts",
                Fact { name: text.say(Text::Bid), testid: "header-bid",
                    Side { level: quote.as_ref().and_then(|quote| quote.bid), scale }
                }
                Fact { name: text.say(Text::Ask), testid: "header-ask",
                    Side { level: quote.as_ref().and_then(|quote| quote.ask), scale }
                }
                Fact { name: text.say(Text::Open), testid: "header-open",
                    {price(quote.as_ref().and_then(|quote| quote.open), scale)}
                }
                Fact { name: text.say(Text::PreviousClose), testid: "header-previous-close",
                    {price(quote.as_ref().and_then(|quote| quote.previous_close), scale)}
                }
                Fact { name: text.say(Text::DayRange), testid: "header-range",
                    DayRange { quote: quote.clone(), scale }
                }
                Fact { name: text.say(Text::Volume), testid: "header-volume",
                    {quote.and_then(|quote| quote.volume).map_or_else(|| NOTHING.to_owned(), number::compact)}
                }
            }
        }
    }
}

fn price(value: Option<Decimal>, scale: u32) -> String {
    value.map_or_else(|| NOTHING.to_owned(), |value| number::price(value, scale))
}

#[component]
fn Fact(name: String, testid: String, children: Element) -> Element {
    rsx! {
        div { class: "fact",
            dt { "{name}" }
            dd { "data-testid": "{testid}", {children} }
        }
    }
}

#[component]
fn Side(level: Option<QuoteLevel>, scale: u32) -> Element {
    let Some(level) = level else {
        return rsx! { {NOTHING} };
    };
    rsx! {
        {number::price(level.price, scale)}
        if let Some(size) = level.size {
            span { class: "muted", " \u{00D7} {number::size(size)}" }
        }
    }
}

/// Where in the range of the day the price is, in percent of its width.
fn place(quote: &Quote) -> Option<f64> {
    let (low, high, last) = (quote.low?.0, quote.high?.0, quote.reference_price()?.0);
    let width = high.checked_sub(low).filter(|width| !width.is_zero())?;
    let share = Decimal(last.checked_sub(low)?.checked_div(width)?).for_drawing();
    Some(share.clamp(0.0, 1.0) * 100.0)
}

/// Low and high of the day, and the price between them.
#[component]
fn DayRange(quote: Option<Quote>, scale: u32) -> Element {
    let low = quote.as_ref().and_then(|quote| quote.low);
    let high = quote.as_ref().and_then(|quote| quote.high);
    rsx! {
        span { class: "range",
            {price(low, scale)}
            svg { class: "range-bar", view_box: "-3 0 106 6", width: "64", height: "6", "aria-hidden": "true",
                rect { class: "range-line", x: "0", y: "2", width: "100", height: "2", rx: "1" }
                if let Some(place) = quote.as_ref().and_then(place) {
                    rect { class: "range-mark", x: "{place - 3.0:.1}", y: "0", width: "6", height: "6", rx: "2" }
                }
            }
            {price(high, scale)}
        }
    }
}

//! Prices, changes and ages as they stand in tables and headers.

use std::rc::Rc;

use dioxus::prelude::*;

use crate::feed::{Feed, HeldQuote};
use crate::graphql::quote::{FeedState, QuoteLevel};
use crate::graphql::scalar::Decimal;
use crate::number::{self, Direction};
use crate::preferences::use_text;
use crate::text::Text;

/// What stands where nothing is known.
pub const NOTHING: &str = "\u{2013}";

/// The class that lets the price light up when it moves. Two classes take turns, so that each move starts the
/// light anew.
fn flash(held: &HeldQuote) -> &'static str {
    match (held.moves, held.moved, held.moves.is_multiple_of(2)) {
        (0, ..) | (_, None, _) => "flash",
        (_, Some(Direction::Up), true) => "flash flash-up-even",
        (_, Some(Direction::Up), false) => "flash flash-up-odd",
        (_, Some(Direction::Down), true) => "flash flash-down-even",
        (_, Some(Direction::Down), false) => "flash flash-down-odd",
    }
}

/// The price that stands for the market.
#[component]
pub fn LastPrice(held: Option<Rc<HeldQuote>>, scale: u32, testid: String) -> Element {
    let price = held.as_ref().and_then(|held| held.quote.reference_price());
    rsx! {
        span {
            class: held.as_deref().map_or("flash", flash),
            "data-testid": "{testid}",
            {price.map_or_else(|| NOTHING.to_owned(), |price| number::price(price, scale))}
        }
    }
}

/// A difference with its sign and an arrow.
#[component]
pub fn Change(value: Option<Decimal>, shown: Option<String>, #[props(default)] arrow: bool) -> Element {
    let direction = value.and_then(Direction::of);
    let class = direction.map_or("flat", Direction::class);
    rsx! {
        span { class: "{class}",
            // The arrow tells without colour, and so does the sign.
            if arrow && direction.is_some() {
                span { class: "arrow arrow-{class}", "aria-hidden": "true" }
            }
            {shown.unwrap_or_else(|| NOTHING.to_owned())}
        }
    }
}

/// One side of the market.
#[component]
pub fn Level(level: Option<QuoteLevel>, scale: u32) -> Element {
    rsx! {
        {level.map_or_else(|| NOTHING.to_owned(), |level| number::price(level.price, scale))}
    }
}

/// How long ago the last change came in.
#[component]
pub fn Age(held: Option<Rc<HeldQuote>>) -> Element {
    let now = use_context::<Feed>().now;
    let received = held.and_then(|held| held.quote.received_at);
    rsx! {
        {received.map_or_else(|| NOTHING.to_owned(), |at| number::age(now() - at.millis()))}
    }
}

/// How far a price can be trusted.
#[component]
pub fn FeedBadge(state: FeedState, #[props(default)] reason: Option<String>, testid: String) -> Element {
    let text = use_text();
    let class = match state {
        FeedState::Live => "badge badge-live",
        FeedState::Delayed => "badge badge-delayed",
        FeedState::Recovering => "badge badge-recovering",
        FeedState::Stale => "badge badge-stale",
        FeedState::Closed => "badge badge-closed",
    };
    rsx! {
        span {
            class: "{class}",
            title: reason,
            "data-testid": "{testid}",
            "data-state": format!("{state:?}").to_uppercase(),
            {text.feed_state(state)}
        }
    }
}

/// In place of the badge where the server refuses the quote; it says why.
#[component]
pub fn RefusalBadge(message: String, testid: String) -> Element {
    let text = use_text();
    rsx! {
        span { class: "badge badge-stale", title: "{message}", "data-testid": "{testid}",
            {text.say(Text::NotAvailable)}
        }
    }
}

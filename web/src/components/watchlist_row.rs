//! One instrument of a watchlist with its live quote.

use std::rc::Rc;

use dioxus::prelude::*;

use super::board::{Board, Step};
use super::price::{Age, Change, FeedBadge, LastPrice, Level, NOTHING, RefusalBadge};
use super::watchlist_table::{class, spread};
use crate::browser;
use crate::feed::{Feed, HeldQuote};
use crate::graphql::instrument::Instrument;
use crate::graphql::quote::FeedState;
use crate::graphql::scalar::Decimal;
use crate::graphql::watchlist::WatchlistId;
use crate::number;
use crate::preferences::use_text;
use crate::text::Text;
use crate::ui::icon::{Glyph, Icon};
use crate::workspace::panel::Column;

/// The element that takes the focus in a row.
pub fn focus_id(board: &Board, index: usize) -> String {
    format!("watchlist-{}-symbol-{index}", board.panel)
}

/// A row: quotes, or in place of some of them the buttons that change the list.
#[component]
pub fn WatchlistRow(
    board: Board,
    list: WatchlistId,
    instrument: Instrument,
    index: usize,
    editing: bool,
    columns: Vec<Column>,
) -> Element {
    let text = use_text();
    let feed = use_context::<Feed>();
    let id = instrument.id.clone();
    let held = use_memo(use_reactive!(|id| feed.quotes.read().get(&id).cloned()));
    let held = held();
    let id = instrument.id.clone();
    let refusal = use_memo(use_reactive!(|id| feed.refusals.read().about(&id).cloned()));
    let refusal = refusal().map(|failure| text.failure(&failure));
    let quote = held.as_ref().map(|held| &held.quote);
    let scale = number::scale_of(instrument.price_increment);
    let trust = held.as_ref().map(|held| held.trust(feed.link.cloned()));
    let chosen = board.workspace.arrangement.read().instrument_of(board.panel) == Some(instrument.id.inner());
    let doubtful = trust.filter(|trust| *trust != FeedState::Live);
    let symbol = instrument.symbol.clone();
    let choose = {
        let instrument = instrument.clone();
        move |_| board.choose(&instrument)
    };
    let mut keys = row_keys(&board, list.clone(), instrument.clone(), index);
    let onkeydown = move |event: KeyboardEvent| {
        // In a sorted table nobody sees the order that Alt would change.
        let sorted = !editing && board.workspace.settings(board.panel).sort.is_some();
        if !(sorted && event.modifiers().alt()) {
            keys(event);
        }
    };
    rsx! {
        tr {
            class: if doubtful == Some(FeedState::Stale) { "is-stale" },
            "aria-current": if chosen { "true" },
            "aria-rowindex": "{index + 2}",
            "data-testid": "watchlist-row-{symbol}",
            onclick: choose,
            th { scope: "row",
                button { id: focus_id(&board, index), r#type: "button", class: "row-symbol", onkeydown,
                    span { class: "row-ticker", "{symbol}"
                        if let Some(message) = refusal {
                            RefusalBadge { message, testid: "feed-refusal-{symbol}" }
                        } else if let Some(state) = doubtful {
                            FeedBadge {
                                state,
                                reason: quote.and_then(|quote| quote.reason.clone()),
                                testid: "feed-state-{symbol}",
                            }
                        }
                    }
                    span { class: "row-name", "{instrument.name}" }
                }
            }
            if editing {
                td { class: "col-last",
                    LastPrice { held: held.clone(), scale, testid: "quote-last-{symbol}" }
                }
                RowButtons { board, list, instrument }
            } else {
                for column in columns {
                    Cell { key: "{column:?}", column, held: held.clone(), scale, symbol: symbol.clone() }
                }
            }
        }
    }
}

/// One value of a row.
#[component]
fn Cell(column: Column, held: Option<Rc<HeldQuote>>, scale: u32, symbol: String) -> Element {
    let text = use_text();
    let quote = held.as_ref().map(|held| &held.quote);
    let change = quote.and_then(|quote| quote.change);
    let price = |value: Option<Decimal>| {
        value.map_or_else(|| NOTHING.to_owned(), |value| number::price(value, scale))
    };
    let class = class(column);
    match column {
        Column::Last => rsx! {
            td { class, LastPrice { held: held.clone(), scale, testid: "quote-last-{symbol}" } }
        },
        Column::Change => rsx! {
            td { class,
                Change { value: change, shown: change.map(|value| number::change(value, scale)) }
            }
        },
        Column::Percent => rsx! {
            td { class, "data-testid": "quote-change-{symbol}",
                Change {
                    value: change,
                    shown: quote.and_then(|quote| quote.change_percent).map(number::percent),
                    arrow: true,
                }
            }
        },
        Column::Bid => rsx! {
            td { class, "data-testid": "quote-bid-{symbol}",
                Level { level: quote.and_then(|quote| quote.bid), scale }
            }
        },
        Column::Ask => rsx! {
            td { class, "data-testid": "quote-ask-{symbol}",
                Level { level: quote.and_then(|quote| quote.ask), scale }
            }
        },
        Column::Spread => rsx! { td { class, {price(quote.and_then(spread))} } },
        Column::Open => rsx! { td { class, {price(quote.and_then(|quote| quote.open))} } },
        Column::High => rsx! { td { class, {price(quote.and_then(|quote| quote.high))} } },
        Column::Low => rsx! { td { class, {price(quote.and_then(|quote| quote.low))} } },
        Column::Close => rsx! { td { class, {price(quote.and_then(|quote| quote.previous_close))} } },
        Column::Volume => rsx! {
            td { class,
                {quote.and_then(|quote| quote.volume).map_or_else(|| NOTHING.to_owned(), number::compact)}
            }
        },
        Column::Age => rsx! {
            td { class: "col-age muted", title: text.say(Text::AgeLong), Age { held: held.clone() } }
        },
    }
}

/// Moves the focus to a row, once it stands in its new place.
async fn go(board: &Board, index: usize) {
    browser::next_frame().await;
    browser::focus(&focus_id(board, index));
}

/// Arrow keys move the focus; with Alt they move the instrument; Delete takes it out.
fn row_keys(
    board: &Board,
    list: WatchlistId,
    instrument: Instrument,
    index: usize,
) -> impl FnMut(KeyboardEvent) + use<> {
    let board = *board;
    move |event: KeyboardEvent| {
        let step = match event.key() {
            Key::ArrowUp => Step::Earlier,
            Key::ArrowDown => Step::Later,
            Key::Delete => {
                let (list, id) = (list.clone(), instrument.id.clone());
                return board.run(async move {
                    board.remove(list, id).await;
                    let left = board.open_list().map_or(0, |list| list.instruments.len());
                    go(&board, index.min(left.saturating_sub(1))).await;
                });
            }
            _ => return,
        };
        event.prevent_default();
        let target = match step {
            Step::Earlier => index.saturating_sub(1),
            Step::Later => index + 1,
        };
        if event.modifiers().alt() {
            let id = instrument.id.clone();
            board.run(async move {
                board.step(id, step).await;
                go(&board, target).await;
            });
        } else {
            browser::focus(&focus_id(&board, target));
        }
    }
}

#[component]
fn RowButtons(board: Board, list: WatchlistId, instrument: Instrument) -> Element {
    let text = use_text();
    let busy = (board.busy)();
    let symbol = instrument.symbol.clone();
    let label = |key: Text| text.fill(key, &[("symbol", &symbol)]);
    let id = instrument.id.clone();
    let step = move |step: Step| {
        let id = id.clone();
        move |event: MouseEvent| {
            event.stop_propagation();
            board.run(board.step(id.clone(), step));
        }
    };
    let id = instrument.id.clone();
    let remove = move |event: MouseEvent| {
        event.stop_propagation();
        board.run(board.remove(list.clone(), id.clone()));
    };
    rsx! {
        td { class: "col-buttons",
            button {
                r#type: "button",
                class: "icon-button",
                "aria-label": label(Text::MoveUp),
                title: label(Text::MoveUp),
                disabled: busy,
                onclick: step(Step::Earlier),
                Icon { glyph: Glyph::ArrowUp }
            }
            button {
                r#type: "button",
                class: "icon-button",
                "aria-label": label(Text::MoveDown),
                title: label(Text::MoveDown),
                disabled: busy,
                onclick: step(Step::Later),
                Icon { glyph: Glyph::ArrowDown }
            }
            button {
                r#type: "button",
                class: "icon-button icon-danger",
                "data-testid": "remove-{symbol}",
                "aria-label": label(Text::Remove),
                title: label(Text::Remove),
                disabled: busy,
                onclick: remove,
                Icon { glyph: Glyph::Cross }
            }
        }
    }
}

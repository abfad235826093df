//! One instrument of a watchlist with its live quote.

use dioxus::prelude::*;

use super::board::{Board, Step};
use super::price::{Age, Change, FeedBadge, LastPrice, Level, RefusalBadge};
use crate::browser;
use crate::feed::Feed;
use crate::graphql::instrument::Instrument;
use crate::graphql::quote::FeedState;
use crate::graphql::watchlist::WatchlistId;
use crate::number;
use crate::preferences::use_text;
use crate::text::Text;
use crate::ui::icon::{Glyph, Icon};

/// The element that takes the focus in a row.
pub fn focus_id(index: usize) -> String {
    format!("watchlist-symbol-{index}")
}

/// A row: quotes, or in place of some of them the buttons that change the list.
#[component]
pub fn WatchlistRow(
    board: Board,
    list: WatchlistId,
    instrument: Instrument,
    index: usize,
    editing: bool,
) -> Element {
    let text = use_text();
    let feed = use_context::<Feed>();
    let id = instrument.id.clone();
    let held = use_memo(move || feed.quotes.read().get(&id).cloned());
    let held = held();
    let id = instrument.id.clone();
    let refusal = use_memo(move || feed.refusals.read().about(&id).cloned());
    let refusal = refusal().map(|failure| text.failure(&failure));
    let quote = held.as_ref().map(|held| &held.quote);
    let scale = number::scale_of(instrument.price_increment);
    let trust = held.as_ref().map(|held| held.trust(feed.link.cloned()));
    let chosen = board.chosen.read().as_ref().is_some_and(|chosen| chosen.id == instrument.id);
    let doubtful = trust.filter(|trust| *trust != FeedState::Live);
    let symbol = instrument.symbol.clone();
    let (change, percent) =
        (quote.and_then(|quote| quote.change), quote.and_then(|quote| quote.change_percent));
    let choose = {
        let instrument = instrument.clone();
        move |_| board.choose(&instrument)
    };
    let onkeydown = row_keys(&board, list.clone(), instrument.clone(), index);
    rsx! {
        tr {
            class: if doubtful == Some(FeedState::Stale) { "is-stale" },
            "aria-current": if chosen { "true" },
            "data-testid": "watchlist-row-{symbol}",
            onclick: choose,
            th { scope: "row",
                button { id: focus_id(index), r#type: "button", class: "row-symbol", onkeydown,
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
            td { class: "col-last",
                LastPrice { held: held.clone(), scale, testid: "quote-last-{symbol}" }
            }
            if editing {
                RowButtons { board, list, instrument }
            } else {
                td { class: "col-change",
                    Change { value: change, shown: change.map(|value| number::change(value, scale)) }
                }
                td { class: "col-percent", "data-testid": "quote-change-{symbol}",
                    Change { value: change, shown: percent.map(number::percent), arrow: true }
                }
                td { class: "col-bid", "data-testid": "quote-bid-{symbol}",
                    Level { level: quote.and_then(|quote| quote.bid), scale }
                }
                td { class: "col-ask", "data-testid": "quote-ask-{symbol}",
                    Level { level: quote.and_then(|quote| quote.ask), scale }
                }
                td { class: "col-age muted", title: text.say(Text::AgeLong), Age { held: held.clone() } }
            }
        }
    }
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
                board.run(board.remove(list.clone(), instrument.id.clone()));
                return;
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
                // The row has to stand in its new place first.
                browser::next_frame().await;
                browser::focus(&focus_id(target));
            });
        } else {
            browser::focus(&focus_id(target));
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
        td { class: "col-buttons", colspan: "5",
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

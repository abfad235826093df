//! The open watchlist as a table: sorted, with the columns that its reader chose.

use std::cmp::Ordering;
use std::rc::Rc;

use dioxus::prelude::*;

use super::board::Board;
use super::watchlist_row::WatchlistRow;
use crate::feed::{Feed, HeldQuote};
use crate::graphql::instrument::Instrument;
use crate::graphql::quote::Quote;
use crate::graphql::scalar::Decimal;
use crate::graphql::watchlist::Watchlist;
use crate::preferences::{Preferences, use_text};
use crate::text::Text;
use crate::ui::icon::{Glyph, Icon};
use crate::ui::rows::{Gap, Scroller, use_rows};
use crate::workspace::panel::{Column, Direction, Sort, SortKey};

/// What stands over a column.
pub fn head(column: Column) -> Text {
    match column {
        Column::Last => Text::Last,
        Column::Change => Text::Change,
        Column::Percent => Text::ChangePercent,
        Column::Bid => Text::Bid,
        Column::Ask => Text::Ask,
        Column::Spread => Text::Spread,
        Column::Volume => Text::Volume,
        Column::Open => Text::Open,
        Column::High => Text::High,
        Column::Low => Text::Low,
        Column::Close => Text::PreviousClose,
        Column::Age => Text::Age,
    }
}

/// The class that gives a column its width.
pub fn class(column: Column) -> &'static str {
    match column {
        Column::Last => "col-last",
        Column::Change => "col-change",
        Column::Percent => "col-percent",
        Column::Age => "col-age",
        Column::Volume => "col-volume",
        _ => "col-price",
    }
}

/// The number by which a column is sorted; age is sorted by the moment.
fn number(quote: &Quote, column: Column) -> Option<Decimal> {
    let level = |level: Option<crate::graphql::quote::QuoteLevel>| level.map(|level| level.price);
    match column {
        Column::Last => quote.reference_price(),
        Column::Change => quote.change,
        Column::Percent => quote.change_percent,
        Column::Bid => level(quote.bid),
        Column::Ask => level(quote.ask),
        Column::Spread => spread(quote),
        Column::Volume => quote.volume,
        Column::Open => quote.open,
        Column::High => quote.high,
        Column::Low => quote.low,
        Column::Close => quote.previous_close,
        Column::Age => quote.received_at.map(|at| Decimal((-at.millis()).into())),
    }
}

/// How far bid and ask are apart.
pub fn spread(quote: &Quote) -> Option<Decimal> {
    quote.ask?.price.0.checked_sub(quote.bid?.price.0).map(Decimal)
}

/// The instruments in the order that is asked for. What has no number comes last, whichever way; what is
/// equal keeps its owner's order.
fn sorted(
    mut instruments: Vec<Instrument>,
    sort: Option<Sort>,
    quote: impl Fn(&Instrument) -> Option<Rc<HeldQuote>>,
) -> Vec<Instrument> {
    let Some(Sort { by, direction }) = sort else { return instruments };
    let turned = |order: Ordering| {
        if direction == Direction::Ascending { order } else { order.reverse() }
    };
    match by {
        SortKey::Symbol => instruments.sort_by(|a, b| turned(a.symbol.cmp(&b.symbol))),
        SortKey::Column(column) => {
            let mut keyed: Vec<_> = instruments
                .into_iter()
                .map(|instrument| {
                    let number = quote(&instrument).and_then(|held| number(&held.quote, column));
                    (number, instrument)
                })
                .collect();
            keyed.sort_by(|(a, _), (b, _)| match (a, b) {
                (Some(a), Some(b)) => turned(a.cmp(b)),
                (a, b) => a.is_none().cmp(&b.is_none()),
            });
            instruments = keyed.into_iter().map(|(_, instrument)| instrument).collect();
        }
    }
    instruments
}

/// The table. A live order is brought up to date once a second, since rows that jump cannot be read.
#[component]
pub fn WatchlistTable(board: Board, list: Watchlist, editing: bool) -> Element {
    let text = use_text();
    let feed = use_context::<Feed>();
    let row_height = use_context::<Preferences>().row_height() + 8;
    let rows = use_rows();
    let settings = board.workspace.settings(board.panel);
    let columns = settings.columns.unwrap_or_else(|| Column::USUAL.to_vec());
    let sort = settings.sort.filter(|_| !editing);
    let held = list.instruments.clone();
    let instruments = use_memo(use_reactive!(|(held, sort)| {
        if matches!(sort, Some(Sort { by: SortKey::Column(_), .. })) {
            let _each_second = feed.now.read();
        }
        let quotes = feed.quotes.peek();
        sorted(held.clone(), sort, |instrument| quotes.get(&instrument.id).cloned())
    }));
    let instruments = instruments.read();
    let total = instruments.len();
    let range = rows.range(row_height, total);
    rsx! {
        Scroller { rows, label: list.name.clone(),
            table { class: "watchlist", "data-testid": "watchlist-table", "aria-rowcount": "{total + 1}",
                caption { class: "hidden", "{list.name}" }
                thead {
                    tr {
                        Head { board, sort, by: SortKey::Symbol, label: text.say(Text::Symbol), class: "col-symbol" }
                        if editing {
                            th { scope: "col", class: "col-last", {text.say(Text::Last)} }
                            th { scope: "col", class: "col-buttons", {text.say(Text::Order)} }
                        } else {
                            for column in columns.clone() {
                                Head {
                                    key: "{column:?}",
                                    board,
                                    sort,
                                    by: SortKey::Column(column),
                                    label: text.say(head(column)),
                                    class: class(column),
                                }
                            }
                        }
                    }
                }
                tbody {
                    Gap { count: range.start, row_height }
                    for index in range.clone() {
                        WatchlistRow {
                            key: "{instruments[index].id.inner()}",
                            board,
                            list: list.id.clone(),
                            instrument: instruments[index].clone(),
                            index,
                            editing,
                            columns: columns.clone(),
                        }
                    }
                    Gap { count: total - range.end, row_height }
                }
            }
        }
    }
}

/// The head of a column; a click sorts by it.
#[component]
fn Head(board: Board, sort: Option<Sort>, by: SortKey, label: String, class: String) -> Element {
    let here = sort.filter(|sort| sort.by == by).map(|sort| sort.direction);
    rsx! {
        th {
            scope: "col",
            class: "{class}",
            "aria-sort": match here {
                None => "none",
                Some(Direction::Ascending) => "ascending",
                Some(Direction::Descending) => "descending",
            },
            button {
                r#type: "button",
                class: "head-button",
                "data-testid": "sort-{label}",
                onclick: move |_| {
                    board.workspace.set(board.panel, |settings| {
                        settings.sort = Sort::after_click(settings.sort, by);
                    });
                },
                if let Some(direction) = here {
                    Icon {
                        glyph: if direction == Direction::Ascending { Glyph::ArrowUp } else { Glyph::ArrowDown },
                    }
                }
                span { class: "head-label", "{label}" }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graphql::instrument::AssetClass;
    use crate::graphql::system::Environment;

    fn instrument(symbol: &str) -> Instrument {
        Instrument {
            id: symbol.into(),
            symbol: symbol.into(),
            name: String::new(),
            asset_class: AssetClass::Stock,
            exchange: String::new(),
            primary_exchange: None,
            currency: String::new(),
            price_increment: "0.01".parse().unwrap(),
            environment: Environment::Simulated,
        }
    }

    fn held(symbol: &str, last: &str) -> Rc<HeldQuote> {
        Rc::new(HeldQuote::after(None, Quote::with_last(symbol, last), 1))
    }

    #[test]
    fn what_has_no_number_comes_last_whichever_way() {
        let list = ["C", "A", "X", "B"].map(instrument).to_vec();
        let quote = |instrument: &Instrument| match instrument.symbol.as_str() {
            "A" => Some(held("A", "9")),
            "B" | "C" => Some(held("C", "100")),
            _ => None,
        };
        let check = |sort: Option<Sort>, expect: &str| {
            let order: String =
                sorted(list.clone(), sort, quote).into_iter().map(|instrument| instrument.symbol).collect();
            assert_eq!(order, expect, "{sort:?}");
        };
        let by = SortKey::Column(Column::Last);
        check(None, "CAXB");
        check(Some(Sort { by, direction: Direction::Ascending }), "ACBX");
        check(Some(Sort { by, direction: Direction::Descending }), "CBAX");
        check(Some(Sort { by: SortKey::Symbol, direction: Direction::Ascending }), "ABCX");
        check(Some(Sort { by: SortKey::Symbol, direction: Direction::Descending }), "XCBA");
    }
}

//! Depth lines: the gateway's changes of a book, applied to the book that they change.

use std::sync::Arc;
use std::time::Duration;

use domain::decimal::Price;
use domain::depth::{DepthLevel, DepthValues, MAX_LEVELS};
use domain::instrument::Instrument;
use domain::market_data::LineKind;
use futures::FutureExt;
use ibapi::contracts::Contract;
use ibapi::market_data::SmartDepth;
use ibapi::market_data::realtime::MarketDepths;
use rust_decimal::Decimal;
use tokio::time::Instant;

use super::flow::{AfterLoss, Asking, Flow, StateOrder, Unreadable, Wire};
use crate::ib::contract::SMART;
use crate::ib::link::Session;
use crate::ib::tick::{Timeliness, is_no_quote, quantity};

/// How many rows of a side are asked for: as many as anybody may want to see.
const ROWS: i32 = 50;
const _: () = assert!(ROWS as usize == MAX_LEVELS);

/// How long a book of one side is waited for: by then the other side is empty.
const ONE_SIDED_AFTER: Duration = Duration::from_millis(250);

// The gateway's words for what happens to a row, and on which side.
const INSERT: i32 = 0;
const UPDATE: i32 = 1;
const DELETE: i32 = 2;
const ASK: i32 = 0;
const BID: i32 = 1;

/// The depth of an instrument's market.
pub(in crate::ib) struct DepthFlow {
    increment: Decimal,
    bids: Vec<Row>,
    asks: Vec<Row>,
    changed: bool,
    filling: Filling,
    timeliness: Timeliness,
}

/// Whether the book is there; half of one is not told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Filling {
    /// Nothing has come yet.
    Awaited,
    /// Its rows come, until then at the latest.
    Until(Instant),
    /// It is there.
    Done,
}

/// A row of a side; without a level where the gateway sends an empty one.
type Row = Option<DepthLevel>;

/// A change of one row, as the gateway writes it.
struct Change {
    position: i32,
    operation: i32,
    side: i32,
    price: f64,
    size: f64,
    exchange: String,
}

impl Flow for DepthFlow {
    const KIND: LineKind = LineKind::Depth;
    const AFTER_LOSS: AfterLoss = AfterLoss::AskAnew;
    const STATE: StateOrder = StateOrder::AfterValues;
    type Tick = MarketDepths;
    type Values = DepthValues;

    fn new(instrument: &Instrument) -> Self {
        Self {
            increment: instrument.price_increment,
            bids: Vec::new(),
            asks: Vec::new(),
            changed: false,
            filling: Filling::Awaited,
            timeliness: Timeliness::Live,
        }
    }

    fn subscribe(session: Arc<Session>, contract: Contract) -> Asking<MarketDepths> {
        async move {
            // The depth of all exchanges has the rows of each.
            let smart = if contract.exchange.as_str() == SMART { SmartDepth::Yes } else { SmartDepth::No };
            let asking = session.client.market_depth(&contract, ROWS).smart_depth(smart);
            Ok(Box::new(asking.subscribe().await?) as Box<dyn Wire<MarketDepths>>)
        }
        .boxed()
    }

    fn take(&mut self, tick: MarketDepths) -> Result<(), Unreadable> {
        self.changed = true;
        if self.filling == Filling::Awaited || matches!(tick, MarketDepths::Reset) {
            self.filling = Filling::Until(Instant::now() + ONE_SIDED_AFTER);
        }
        match tick {
            MarketDepths::Reset => {
                self.bids.clear();
                self.asks.clear();
                Ok(())
            }
            MarketDepths::MarketDepth(row) => self.apply(&Change {
                position: row.position,
                operation: row.operation,
                side: row.side,
                price: row.price,
                size: row.size,
                exchange: String::new(),
            }),
            MarketDepths::MarketDepthL2(row) => self.apply(&Change {
                position: row.position,
                operation: row.operation,
                side: row.side,
                price: row.price,
                size: row.size,
                exchange: row.market_maker,
            }),
        }
    }

    fn news(&mut self) -> Vec<DepthValues> {
        if self.partial_until().is_some() || !std::mem::take(&mut self.changed) {
            return Vec::new();
        }
        let side = |rows: &[Row]| rows.iter().flatten().cloned().collect();
        vec![DepthValues { bids: side(&self.bids), asks: side(&self.asks) }]
    }

    fn partial_until(&self) -> Option<Instant> {
        match self.filling {
            Filling::Until(until) => Some(until),
            Filling::Awaited | Filling::Done => None,
        }
    }

    fn settle(&mut self) {
        self.filling = Filling::Done;
    }

    fn timeliness(&self) -> Timeliness {
        self.timeliness
    }

    fn mark_delayed(&mut self) {
        self.timeliness = Timeliness::Delayed;
    }
}

impl DepthFlow {
    fn apply(&mut self, change: &Change) -> Result<(), Unreadable> {
        let position = usize::try_from(change.position).map_err(|_negative| Unreadable)?;
        let rows = match change.side {
            ASK => &mut self.asks,
            BID => &mut self.bids,
            _ => return Err(Unreadable),
        };
        match change.operation {
            INSERT => {
                rows.insert(position.min(rows.len()), row(change, self.increment)?);
                rows.truncate(MAX_LEVELS);
            }
            UPDATE => {
                let row = row(change, self.increment)?;
                if let Some(known) = rows.get_mut(position) {
                    *known = row;
                } else if rows.len() < MAX_LEVELS {
                    rows.push(row);
                }
            }
            // The gateway also deletes rows that it never sent.
            DELETE if position >= rows.len() => {}
            DELETE => drop(rows.remove(position)),
            _ => return Err(Unreadable),
        }
        if [&self.bids, &self.asks].iter().all(|rows| rows.iter().any(Option::is_some)) {
            self.settle();
        }
        Ok(())
    }
}

fn row(change: &Change, increment: Decimal) -> Result<Row, Unreadable> {
    if is_no_quote(change.price, Some(change.size)) {
        return Ok(None);
    }
    let price = Price::from_f64(change.price, increment).ok_or(Unreadable)?;
    let exchange = Some(change.exchange.trim()).filter(|name| !name.is_empty());
    Ok(Some(DepthLevel { price, size: quantity(change.size), exchange: exchange.map(Into::into) }))
}

#[cfg(test)]
mod tests {
    use ibapi::market_data::realtime::{MarketDepth, MarketDepthL2};

    use super::*;

    fn flow() -> DepthFlow {
        DepthFlow {
            increment: Decimal::new(1, 2),
            bids: Vec::new(),
            asks: Vec::new(),
            changed: false,
            filling: Filling::Done,
            timeliness: Timeliness::Live,
        }
    }

    fn change(operation: i32, side: i32, position: i32, price: f64) -> MarketDepths {
        MarketDepths::MarketDepth(MarketDepth { position, operation, side, price, size: 100.0 })
    }

    fn shown(levels: &[DepthLevel]) -> String {
        levels.iter().map(|level| level.price.to_string()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn changes_make_the_book() {
        type Case<'a> = (&'a [(i32, i32, i32, f64)], &'a str, &'a str);
        let cases: [Case<'_>; 8] = [
            (
                &[(INSERT, BID, 0, 10.0), (INSERT, BID, 1, 9.99), (INSERT, ASK, 0, 10.01)],
                "10.00 9.99",
                "10.01",
            ),
            (&[(INSERT, BID, 0, 10.0), (INSERT, BID, 0, 10.01)], "10.01 10.00", ""),
            (&[(INSERT, BID, 0, 10.0), (UPDATE, BID, 0, 9.98)], "9.98", ""),
            (&[(INSERT, BID, 0, 10.0), (INSERT, BID, 1, 9.99), (DELETE, BID, 0, 0.0)], "9.99", ""),
            (&[(DELETE, ASK, 3, 0.0), (INSERT, ASK, 0, 10.02)], "", "10.02"),
            (&[(INSERT, ASK, 7, 10.03), (UPDATE, ASK, 5, 10.04)], "", "10.03 10.04"),
            (&[(INSERT, ASK, 0, -0.01), (INSERT, ASK, 1, 10.04)], "", "-0.01 10.04"),
            (&[(UPDATE, ASK, 0, 10.01), (UPDATE, ASK, 0, 10.02)], "", "10.02"),
        ];
        for (changes, bids, asks) in cases {
            let mut flow = flow();
            for (operation, side, position, price) in changes {
                flow.take(change(*operation, *side, *position, *price)).unwrap();
            }
            let told = flow.news();
            assert_eq!(
                (shown(&told[0].bids).as_str(), shown(&told[0].asks).as_str()),
                (bids, asks),
                "{changes:?}"
            );
            assert!(flow.news().is_empty(), "what was told is no news");
        }
    }

    #[test]
    fn a_row_that_makes_no_sense_is_not_guessed_at() {
        for bad in [
            change(INSERT, BID, -1, 10.0),
            change(INSERT, 2, 0, 10.0),
            change(3, BID, 0, 10.0),
            change(INSERT, BID, 0, f64::NAN),
        ] {
            assert!(flow().take(bad).is_err());
        }
    }

    #[test]
    fn an_empty_row_holds_its_place_and_is_not_told() {
        let mut flow = flow();
        let empty = MarketDepth { position: 0, operation: INSERT, side: BID, price: 0.0, size: 0.0 };
        flow.take(MarketDepths::MarketDepth(empty)).unwrap();
        flow.take(change(INSERT, BID, 1, 9.99)).unwrap();
        assert_eq!(shown(&flow.news()[0].bids), "9.99");
        flow.take(change(UPDATE, BID, 0, 10.0)).unwrap();
        assert_eq!(shown(&flow.news()[0].bids), "10.00 9.99");
    }

    #[test]
    fn a_book_is_bounded_and_a_reset_empties_it() {
        let mut flow = flow();
        for cent in 0..80 {
            flow.take(change(INSERT, ASK, cent, 10.0 + f64::from(cent) / 100.0)).unwrap();
        }
        let told = flow.news();
        assert_eq!(told[0].asks.len(), MAX_LEVELS);
        assert_eq!(told[0].asks[49].price.to_string(), "10.49");
        flow.take(MarketDepths::Reset).unwrap();
        flow.settle();
        assert_eq!(flow.news(), [DepthValues::default()]);
    }

    #[test]
    fn half_a_book_is_not_told_unless_it_stays_so() {
        for begin in [Filling::Awaited, Filling::Done] {
            let mut flow = DepthFlow { filling: begin, ..flow() };
            if begin == Filling::Done {
                flow.take(MarketDepths::Reset).unwrap();
            }
            flow.take(change(INSERT, BID, 0, 10.0)).unwrap();
            assert!(flow.partial_until().is_some() && flow.news().is_empty(), "{begin:?}");
            flow.take(change(INSERT, ASK, 0, 10.01)).unwrap();
            assert!(flow.partial_until().is_none());
            assert_eq!(shown(&flow.news()[0].asks), "10.01");
            flow.take(change(DELETE, ASK, 0, 0.0)).unwrap();
            assert!(flow.news()[0].asks.is_empty(), "a side that is emptied later is told at once");
            flow.take(MarketDepths::Reset).unwrap();
            flow.take(change(INSERT, BID, 0, 9.99)).unwrap();
            flow.settle();
            assert_eq!(shown(&flow.news()[0].bids), "9.99", "a market of one side");
        }
    }

    #[test]
    fn a_market_maker_is_named() {
        let mut flow = flow();
        let row = MarketDepthL2 {
            position: 0,
            market_maker: "ARCA".into(),
            operation: INSERT,
            side: BID,
            price: 10.0,
            size: 0.5,
            smart_depth: true,
        };
        flow.take(MarketDepths::MarketDepthL2(row)).unwrap();
        let level = flow.news().remove(0).bids.remove(0);
        assert_eq!(level.exchange.as_deref(), Some("ARCA"));
        assert_eq!(level.size.unwrap().to_string(), "0.5");
    }
}

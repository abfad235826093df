//! What things are worth now.

use engine::listing::ListingKind;
use engine::tick::Snapshot;
use rust_decimal::Decimal;

use super::records::DOLLAR;
use super::{Feed, Floor};

/// To how many digits a rate of exchange is computed.
const DIGITS: u32 = 10;

impl Floor {
    /// The prices of a listing now: of one that is held, those at which it is held.
    pub(super) fn top(&self, con_id: i32) -> Option<Snapshot> {
        let held = {
            let books = self.books();
            books
                .by_key
                .get(&(con_id, Feed::Live))
                .filter(|_| books.held.contains(&con_id))
                .map(|book| book.values)
        };
        held.or_else(|| self.market.snapshot(con_id, self.clock.now()))
    }

    /// At which price a position is valued: the last trade, or the middle of the quote; `None` of what has no price any
    /// more.
    pub(super) fn mark(&self, con_id: i32) -> Option<Decimal> {
        mark(&self.top(con_id)?)
    }

    /// How many dollars one unit of a currency is worth; one where nothing is known of it.
    pub(super) fn rate(&self, currency: &str) -> Decimal {
        if currency == DOLLAR {
            return Decimal::ONE;
        }
        let mut pairs = self.market.listings().iter().filter(|listing| listing.kind == ListingKind::Fx);
        pairs
            .find_map(|pair| {
                let mark = || self.mark(pair.con_id);
                match (pair.symbol.as_str(), pair.currency.as_str()) {
                    (base, DOLLAR) if base == currency => mark(),
                    (DOLLAR, quoted) if quoted == currency => Decimal::ONE.checked_div(mark()?),
                    _ => None,
                }
            })
            .map_or(Decimal::ONE, |rate| rate.round_dp(DIGITS))
    }
}

fn mark(values: &Snapshot) -> Option<Decimal> {
    let is_there = |price: &Decimal| !price.is_zero();
    let middle = match (Some(values.bid).filter(is_there), Some(values.ask).filter(is_there)) {
        (Some(bid), Some(ask)) => Some((bid + ask) / Decimal::TWO),
        (bid, ask) => bid.or(ask),
    };
    values.last.or(middle)
}

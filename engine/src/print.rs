//! The tape: trades with the venue and the conditions under which they were printed.
//!
//! Of a generated market each trade is printed once, at a venue that the listing and its microsecond fix;
//! now and then another print follows that is reported to the tape alone (an average-price trade, say)
//! and moves neither the last price nor the volume.

use rust_decimal::Decimal;
use time::OffsetDateTime;

use crate::listing::{Listing, ListingKind};
use crate::market::GeneratedMarket;
use crate::noise::Stream;
use crate::tick::{Tick, TickKind};

const TAPE: u64 = 49;

/// Where shares are printed; `FINRA` stands for what is traded off the exchanges.
const VENUES: [&str; 8] = ["NASDAQ", "ARCA", "BATS", "NYSE", "EDGX", "IEX", "FINRA", "FINRA"];

/// A round lot of shares: whatever is smaller is marked as an odd lot.
const ROUND_LOT: i64 = 100;

/// A trade on the tape.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Print {
    /// When.
    pub at: OffsetDateTime,
    /// Its price.
    pub price: Decimal,
    /// How much changed hands.
    pub size: Decimal,
    /// Where.
    pub exchange: String,
    /// The special conditions, a letter or number each, separated by blanks; empty for a regular trade.
    pub conditions: String,
    /// It moves neither the last price nor the volume.
    pub unreported: bool,
    /// It was outside of the price limits of the day.
    pub past_limit: bool,
}

impl Print {
    /// A regular trade at this venue; `None` where the tick is no trade.
    pub fn plain(tick: &Tick, exchange: &str) -> Option<Self> {
        let TickKind::Trade { price, size } = tick.kind else { return None };
        Some(Self {
            at: tick.at,
            price,
            size,
            exchange: exchange.to_owned(),
            conditions: String::new(),
            unreported: false,
            past_limit: false,
        })
    }
}

impl GeneratedMarket {
    /// The prints with `from` <= time < `to`, in order. Those that are not `unreported` are exactly the
    /// trades among the [`ticks`](Self::ticks) of the same span.
    pub fn prints(&self, con_id: i32, from: OffsetDateTime, to: OffsetDateTime) -> Vec<Print> {
        let Some(listing) = self.listing(con_id) else { return Vec::new() };
        let ticks = self.ticks(con_id, from, to);
        ticks.iter().flat_map(|tick| on_the_tape(listing, tick)).collect()
    }
}

/// What a tick of a generated market leaves on the tape.
fn on_the_tape(listing: &Listing, tick: &Tick) -> Vec<Print> {
    let Some(print) = Print::plain(tick, &listing.exchange) else { return Vec::new() };
    if !matches!(listing.kind, ListingKind::Stock | ListingKind::Etf) {
        return vec![print];
    }
    let moment = i64::try_from(tick.at.unix_timestamp_nanos() / 1_000).unwrap_or_default();
    let mut noise = Stream::of(u64::from(listing.con_id.cast_unsigned()), TAPE, moment);
    let mut venue = || {
        let place = usize::try_from(noise.below(8)).unwrap_or_default();
        VENUES.get(place).copied().unwrap_or("NASDAQ").to_owned()
    };
    let is_odd = print.size < Decimal::from(ROUND_LOT);
    let conditions = if is_odd { "I".to_owned() } else { String::new() };
    let print = Print { exchange: venue(), conditions, ..print };
    if noise.below(16) > 0 {
        return vec![print];
    }
    let size = Decimal::from(ROUND_LOT * (1 + noise.below(20)));
    let aside = Print {
        size,
        exchange: "FINRA".to_owned(),
        conditions: "W".to_owned(),
        unreported: true,
        ..print.clone()
    };
    vec![print, aside]
}

#[cfg(test)]
mod tests {
    use time::macros::{date, datetime};

    use super::*;

    #[test]
    fn the_tape_holds_every_trade_once() {
        let market = GeneratedMarket::new(7, date!(2026 - 11 - 20));
        let (from, to) = (datetime!(2026-11-20 15:00 UTC), datetime!(2026-11-20 15:10 UTC));
        let mut aside = 0;
        for listing in market.listings().iter().step_by(7) {
            let trades: Vec<_> = market
                .ticks(listing.con_id, from, to)
                .into_iter()
                .filter_map(|tick| match tick.kind {
                    TickKind::Trade { price, size } => Some((tick.at, price, size)),
                    _ => None,
                })
                .collect();
            let prints = market.prints(listing.con_id, from, to);
            aside += prints.iter().filter(|print| print.unreported).count();
            let reported: Vec<_> = prints
                .iter()
                .filter(|print| !print.unreported)
                .map(|print| (print.at, print.price, print.size))
                .collect();
            assert_eq!(reported, trades, "{}", listing.local_symbol);
            assert!(prints.iter().all(|print| !print.exchange.is_empty()));
            let odd = |print: &Print| print.size < Decimal::from(ROUND_LOT) && !print.unreported;
            if listing.kind == ListingKind::Stock {
                assert!(prints.iter().all(|print| odd(print) == (print.conditions == "I")));
            }
        }
        assert!(aside > 0, "some prints are unreported");
    }

    #[test]
    fn one_moment_can_be_asked_for_alone() {
        let market = GeneratedMarket::new(7, date!(2026 - 11 - 20));
        let (from, to) = (datetime!(2026-11-20 15:00 UTC), datetime!(2026-11-20 15:01 UTC));
        let con_id = market.listings()[0].con_id;
        let prints = market.prints(con_id, from, to);
        let alone: Vec<_> = prints
            .iter()
            .filter(|print| !print.unreported)
            .flat_map(|print| market.prints(con_id, print.at, print.at + time::Duration::MICROSECOND))
            .collect();
        assert_eq!(alone, prints);
    }
}

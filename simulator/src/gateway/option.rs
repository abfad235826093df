//! The options on a few underlyings: which there are, and what they are called.
//!
//! They are listed but not quoted: the user has no subscription to option prices. A contract id holds all
//! that makes an option, so that it means the same for ever.

use engine::listing::{Listing, ListingKind};
use engine::market::Market;
use rust_decimal::Decimal;
use time::macros::date;
use time::{Date, OffsetDateTime};

use super::chain::chain;
use crate::wire::contract::Contract;
use crate::wire::double;

/// What has options. A place in this list is part of contract ids: append only.
const UNDERLYINGS: [&str; 6] = ["SPY", "QQQ", "AAPL", "MSFT", "NVDA", "TSLA"];

/// Where they trade, the place that is meant when none is named first.
pub(super) const EXCHANGES: [&str; 4] = ["SMART", "AMEX", "CBOE", "PHLX"];

/// How many shares one of them is about.
pub(super) const MULTIPLIER: i32 = 100;

/// Contract ids of options begin here, between those of listings and those of indices.
const FIRST_ID: i32 = 1_000_000_000;

/// The Friday from which weeks are counted in contract ids.
const FIRST_FRIDAY: Date = date!(2020 - 01 - 03);

/// How many weeks a contract id has room for.
const WEEKS: i32 = 2_048;

/// How many strikes a contract id has room for.
pub(super) const STRIKES: i32 = 8_192;

/// The step of strikes in contract ids, in cents.
pub(super) const STRIKE_STEP: i64 = 50;

/// Whether an option is to buy or to sell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Right {
    Call,
    Put,
}

impl Right {
    /// Its letter on the wire.
    pub(super) const fn letter(self) -> &'static str {
        match self {
            Self::Call => "C",
            Self::Put => "P",
        }
    }

    /// Whether a client means it: nothing and `0` mean both.
    fn is(self, wanted: &str) -> bool {
        match wanted.to_uppercase().as_str() {
            "" | "0" | "?" => true,
            "C" | "CALL" => self == Self::Call,
            "P" | "PUT" => self == Self::Put,
            _ => false,
        }
    }
}

/// One option.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct OptionContract<'a> {
    /// What it is on.
    pub(super) underlying: &'a Listing,
    /// Its last day, a Friday.
    pub(super) expiry: Date,
    pub(super) right: Right,
    /// In cents.
    strike: i64,
}

impl OptionContract<'_> {
    /// The contract id.
    pub(super) fn con_id(&self) -> i32 {
        let place = UNDERLYINGS.iter().position(|symbol| *symbol == self.underlying.symbol);
        let place = i32::try_from(place.unwrap_or_default()).unwrap_or_default();
        let weeks = i32::try_from((self.expiry - FIRST_FRIDAY).whole_weeks()).unwrap_or_default();
        let strike = i32::try_from(self.strike / STRIKE_STEP).unwrap_or_default();
        let right = i32::from(self.right == Right::Put);
        FIRST_ID + ((place * WEEKS + weeks) * 2 + right) * STRIKES + strike
    }

    /// The price at which it can be exercised.
    pub(super) fn strike(&self) -> Decimal {
        Decimal::new(self.strike, 2).normalize()
    }

    /// The full symbol: root, expiry, right and strike.
    pub(super) fn local_symbol(&self) -> String {
        let (symbol, date) = (&self.underlying.symbol, date_text(self.expiry));
        let letter = self.right.letter();
        format!("{symbol:<6}{}{letter}{:08}", date.get(2..).unwrap_or_default(), self.strike * 10)
    }

    fn fits(&self, wanted: &Contract) -> bool {
        let is = |field: Option<&String>, value: &str| {
            text(field).is_empty() || text(field).eq_ignore_ascii_case(value)
        };
        let is_at = |exchange: &str| EXCHANGES.iter().any(|known| known.eq_ignore_ascii_case(exchange));
        let wants = |field: Option<&String>| !text(field).is_empty();
        is(wanted.symbol.as_ref(), &self.underlying.symbol)
            && self.right.is(text(wanted.right.as_ref()))
            && wanted.strike.is_none_or(|strike| strike == 0.0 || is_near(strike, double(self.strike())))
            && wanted.multiplier.is_none_or(|it| it == 0.0 || is_near(it, f64::from(MULTIPLIER)))
            && is(wanted.currency.as_ref(), &self.underlying.currency)
            && is(wanted.trading_class.as_ref(), &self.underlying.symbol)
            && (!wants(wanted.exchange.as_ref()) || is_at(text(wanted.exchange.as_ref())))
            && (!wants(wanted.last_trade_date_or_contract_month.as_ref())
                || date_text(self.expiry)
                    .starts_with(text(wanted.last_trade_date_or_contract_month.as_ref())))
            && (!wants(wanted.local_symbol.as_ref())
                || text(wanted.local_symbol.as_ref()) == self.local_symbol())
    }
}

fn text(field: Option<&String>) -> &str {
    field.map_or("", |text| text.trim())
}

fn is_near(left: f64, right: f64) -> bool {
    (left - right).abs() < 1e-6
}

/// A date as the protocol writes it.
pub(super) fn date_text(date: Date) -> String {
    format!("{:04}{:02}{:02}", date.year(), u8::from(date.month()), date.day())
}

/// Whether a client means an option, be there one or not.
pub(super) fn is_meant(wanted: &Contract) -> bool {
    let con_id = wanted.con_id.unwrap_or_default();
    wanted.sec_type.as_deref().is_some_and(|kind| kind.eq_ignore_ascii_case("OPT"))
        || (FIRST_ID..super::search::FIRST_INDEX).contains(&con_id)
}

/// The options that fit this contract, by expiry, strike and right.
pub(super) fn find<'a>(
    market: &'a dyn Market,
    now: OffsetDateTime,
    wanted: &Contract,
) -> Vec<OptionContract<'a>> {
    let con_id = wanted.con_id.unwrap_or_default();
    let symbol = wanted.symbol.as_deref().unwrap_or_default();
    let is_asked = |listing: &&Listing| symbol.is_empty() || listing.symbol.eq_ignore_ascii_case(symbol);
    let all = underlyings(market).filter(is_asked).flat_map(|underlying| all_on(market, now, underlying));
    all.filter(|option| (con_id == 0 || option.con_id() == con_id) && option.fits(wanted)).collect()
}

/// What has options here.
pub(super) fn underlyings(market: &dyn Market) -> impl Iterator<Item = &Listing> {
    market.listings().iter().filter(|listing| {
        matches!(listing.kind, ListingKind::Stock | ListingKind::Etf)
            && UNDERLYINGS.contains(&listing.symbol.as_str())
    })
}

fn all_on<'a>(market: &dyn Market, now: OffsetDateTime, underlying: &'a Listing) -> Vec<OptionContract<'a>> {
    let chain = chain(market, now, underlying);
    let mut all = Vec::new();
    for expiry in &chain.expiries {
        for strike in &chain.strikes {
            let option = |right| OptionContract { underlying, expiry: *expiry, right, strike: *strike };
            all.extend([Right::Call, Right::Put].map(option));
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use time::macros::datetime;

    use engine::market::GeneratedMarket;

    use super::*;

    const NOW: OffsetDateTime = datetime!(2026-11-22 13:00 UTC);

    fn market() -> GeneratedMarket {
        GeneratedMarket::new(7, NOW.date())
    }

    fn wanted(symbol: &str) -> Contract {
        Contract { symbol: Some(symbol.to_owned()), sec_type: Some("OPT".to_owned()), ..Contract::default() }
    }

    #[test]
    fn every_option_has_an_id_of_its_own_and_is_found_by_it() {
        let market = market();
        let all = find(&market, NOW, &Contract { sec_type: Some("OPT".to_owned()), ..Contract::default() });
        let ids: HashSet<i32> = all.iter().map(OptionContract::con_id).collect();
        assert_eq!(ids.len(), all.len());
        for option in all.iter().step_by(997) {
            let id = option.con_id();
            let by_id = Contract { con_id: Some(id), ..Contract::default() };
            assert!(is_meant(&by_id), "{id}");
            assert_eq!(find(&market, NOW, &by_id), [*option]);
            let by_name = Contract { local_symbol: Some(option.local_symbol()), ..wanted("") };
            assert_eq!(find(&market, NOW, &by_name), [*option]);
        }
    }

    #[test]
    fn fields_narrow_the_search() {
        let market = market();
        let all = find(&market, NOW, &wanted("AAPL")).len();
        let chain = chain(&market, NOW, market.listing(100_001).unwrap());
        assert_eq!(all, chain.expiries.len() * chain.strikes.len() * 2);
        let strike = chain.strikes()[3];
        let cases = [
            (Contract { strike: Some(strike), ..wanted("AAPL") }, chain.expiries.len() * 2),
            (Contract { right: Some("C".to_owned()), ..wanted("AAPL") }, all / 2),
            (Contract { right: Some("X".to_owned()), ..wanted("AAPL") }, 0),
            (Contract { exchange: Some("IDEALPRO".to_owned()), ..wanted("AAPL") }, 0),
            (Contract { strike: Some(0.01), ..wanted("AAPL") }, 0),
            (wanted("IBM"), 0),
        ];
        for (wanted, expected) in cases {
            assert_eq!(find(&market, NOW, &wanted).len(), expected, "{wanted:?}");
        }
    }

    #[test]
    fn the_full_symbol_says_everything() {
        let market = market();
        let underlying = market.listing(100_001).unwrap();
        let option =
            OptionContract { underlying, expiry: date!(2026 - 12 - 18), right: Right::Put, strike: 27_250 };
        assert_eq!(option.local_symbol(), "AAPL  261218P00272500");
        assert_eq!(option.strike().to_string(), "272.5");
    }
}

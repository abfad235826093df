//! Finding what a client means: a listing by any of its names, or the index that a future is on.
//!
//! As with Interactive Brokers, a search for `ES` yields no future but the index behind it, with futures
//! among its derivatives; the futures themselves are then asked for by symbol and type.

use engine::listing::{Listing, ListingKind};
use engine::market::Market;

use super::option;
use crate::notice::{Notice, words};
use crate::wire::contract::Contract;

/// The contract ids of indices begin here, far above those of listings.
pub(super) const FIRST_INDEX: i32 = 2_000_000_000;

/// How many symbols a search yields.
const MAX_SAMPLES: usize = 16;

/// The US venues beside a stock's own.
const VENUES: [&str; 8] = ["SMART", "AMEX", "NYSE", "ARCA", "NASDAQ", "BATS", "IEX", "EDGX"];

/// Something that the broker knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Known<'a> {
    /// It trades.
    Listing(&'a Listing),
    /// It is the index behind these futures, of which this is one.
    Index(&'a Listing),
}

/// The protocol's name of a kind.
pub(super) fn sec_type(kind: ListingKind) -> &'static str {
    match kind {
        ListingKind::Stock | ListingKind::Etf => "STK",
        ListingKind::Fx => "CASH",
        ListingKind::Future => "FUT",
    }
}

/// Where a listing trades, the place that is meant when none is named first.
pub(super) fn venues(listing: &Listing) -> Vec<&str> {
    let mut venues = vec![listing.exchange.as_str()];
    if matches!(listing.kind, ListingKind::Stock | ListingKind::Etf) {
        venues.push(listing.primary_exchange.as_str());
        venues.extend(VENUES);
        let mut seen = std::collections::HashSet::new();
        venues.retain(|venue| !venue.is_empty() && seen.insert(*venue));
    }
    venues
}

/// The contract id of the index of this symbol.
pub(super) fn index_id(symbol: &str) -> i32 {
    let digits = symbol.bytes().take(5).filter_map(|byte| char::from(byte).to_digit(36));
    digits.fold(FIRST_INDEX, |id, digit| {
        (id - FIRST_INDEX) * 36 + i32::try_from(digit).unwrap_or(0) + FIRST_INDEX
    })
}

/// The last trading date of a future, as the protocol writes it.
pub(super) fn expiry_text(listing: &Listing) -> Option<String> {
    let date = listing.expiry?;
    Some(format!("{:04}{:02}{:02}", date.year(), u8::from(date.month()), date.day()))
}

/// Everything that fits this contract.
pub(super) fn find<'a>(market: &'a dyn Market, wanted: &Contract) -> Vec<Known<'a>> {
    let con_id = wanted.con_id.unwrap_or_default();
    if con_id >= FIRST_INDEX || text(wanted.sec_type.as_ref()).eq_ignore_ascii_case("IND") {
        return indices(market).filter(|index| is_index(index, wanted)).map(Known::Index).collect();
    }
    if con_id != 0 {
        let listing = market.listing(con_id).filter(|listing| trades_at(listing, wanted));
        return listing.map(Known::Listing).into_iter().collect();
    }
    market.listings().iter().filter(|listing| is_listing(listing, wanted)).map(Known::Listing).collect()
}

/// The one listing that fits this contract.
pub(super) fn resolve<'a>(
    market: &'a dyn Market,
    request_id: i32,
    wanted: Option<&Contract>,
) -> Result<&'a Listing, Notice> {
    let none = || Notice::refusal(request_id, 200, words(200));
    let wanted = wanted.ok_or_else(none)?;
    // Options are listed, but nothing is quoted of them.
    if option::is_meant(wanted) {
        return Err(Notice::refusal(request_id, 354, words(354)));
    }
    match find(market, wanted).as_slice() {
        [Known::Listing(listing)] => Ok(listing),
        [] | [Known::Index(_)] => Err(none()),
        _ => {
            let symbol = text(wanted.symbol.as_ref());
            let words = format!("The contract description specified for {symbol} is ambiguous.");
            Err(Notice::refusal(request_id, 200, words))
        }
    }
}

/// What fits a text, best first: the same symbol, then symbols that begin with it, then names that hold it.
pub(super) fn matching<'a>(market: &'a dyn Market, pattern: &str) -> Vec<Known<'a>> {
    let pattern = pattern.trim().to_uppercase();
    if pattern.is_empty() {
        return Vec::new();
    }
    let traded = market.listings().iter().filter(|listing| listing.kind != ListingKind::Future);
    let all = traded.map(Known::Listing).chain(indices(market).map(Known::Index));
    let mut found: Vec<(u8, Known<'a>)> =
        all.filter_map(|known| Some((rank(known, &pattern)?, known))).collect();
    found.sort_by_key(|(rank, _)| *rank);
    found.truncate(MAX_SAMPLES);
    found.into_iter().map(|(_, known)| known).collect()
}

fn rank(known: Known<'_>, pattern: &str) -> Option<u8> {
    let (Known::Listing(listing) | Known::Index(listing)) = known;
    let pair = listing.local_symbol.replace('.', "");
    let is_pair = listing.kind == ListingKind::Fx
        && (pair == pattern.replace(['.', '/'], "") || listing.local_symbol.starts_with(pattern));
    match () {
        () if listing.symbol == pattern => Some(0),
        () if is_pair => Some(1),
        () if listing.symbol.starts_with(pattern) => Some(2),
        () if listing.name.to_uppercase().contains(pattern) => Some(3),
        () => None,
    }
}

/// One future of each index.
fn indices(market: &dyn Market) -> impl Iterator<Item = &Listing> {
    let mut seen = std::collections::HashSet::new();
    let futures = market.listings().iter().filter(|listing| listing.kind == ListingKind::Future);
    futures.filter(move |listing| seen.insert(listing.symbol.as_str()))
}

fn is_index(index: &Listing, wanted: &Contract) -> bool {
    let by_id = wanted.con_id.is_none_or(|id| id == 0 || id == index_id(&index.symbol));
    by_id
        && same(wanted.symbol.as_ref(), &index.symbol)
        && same(wanted.currency.as_ref(), &index.currency)
        && same(wanted.exchange.as_ref(), &index.exchange)
}

fn is_listing(listing: &Listing, wanted: &Contract) -> bool {
    let expiry = text(wanted.last_trade_date_or_contract_month.as_ref());
    let multiplier = wanted.multiplier.unwrap_or_default();
    same(wanted.symbol.as_ref(), &listing.symbol)
        && same(wanted.sec_type.as_ref(), sec_type(listing.kind))
        && same(wanted.currency.as_ref(), &listing.currency)
        && same(wanted.local_symbol.as_ref(), &listing.local_symbol)
        && same(wanted.trading_class.as_ref(), &trading_class(listing))
        && trades_at(listing, wanted)
        && (expiry.is_empty() || expiry_text(listing).is_some_and(|date| date.starts_with(expiry)))
        && (multiplier == 0.0 || (multiplier - crate::wire::double(listing.multiplier)).abs() < 1e-9)
}

fn trades_at(listing: &Listing, wanted: &Contract) -> bool {
    let is_at = |named: &str, venue: &str| match named {
        "ISLAND" => venue == "NASDAQ",
        _ => named.eq_ignore_ascii_case(venue),
    };
    let exchange = text(wanted.exchange.as_ref());
    let primary = text(wanted.primary_exch.as_ref());
    (exchange.is_empty() || venues(listing).iter().any(|venue| is_at(exchange, venue)))
        && (primary.is_empty() || is_at(primary, &listing.primary_exchange))
}

/// The class under which a listing trades.
pub(super) fn trading_class(listing: &Listing) -> String {
    match listing.kind {
        ListingKind::Stock | ListingKind::Etf if listing.primary_exchange == "NASDAQ" => "NMS".to_owned(),
        ListingKind::Fx => listing.local_symbol.clone(),
        _ => listing.symbol.clone(),
    }
}

fn text(field: Option<&String>) -> &str {
    field.map_or("", |text| text.trim())
}

fn same(wanted: Option<&String>, is: &str) -> bool {
    let wanted = text(wanted);
    wanted.is_empty() || wanted.eq_ignore_ascii_case(is)
}

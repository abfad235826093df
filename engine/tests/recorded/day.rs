//! A recorded day as a market: what it answers for a moment, and what it refuses.

use std::sync::Arc;

use engine::market::Market;
use engine::recorded::RecordedMarket;
use engine::tick::{Snapshot, Tick, TickKind};
use rust_decimal::Decimal;
use time::macros::{date, datetime};
use time::{Date, Duration, OffsetDateTime};

use crate::folder::{Made, Real};

const DAY: Date = date!(2013 - 10 - 07);
/// 09:30 in New York.
const OPEN: OffsetDateTime = datetime!(2013-10-07 13:30 UTC);
const OPEN_MS: i64 = 34_200_000;

fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

/// A day of AIG with three quotes and two trades after the opening.
fn made() -> Made {
    let quotes = format!(
        "{},487000,300,0,0,P,1,0\n{},0,0,487300,100,P,1,0\n{},487100,200,0,0,Q,1,0\n",
        OPEN_MS,
        OPEN_MS,
        OPEN_MS + 2_000
    );
    let trades = format!(
        "{},487200,100,N,1,0\n{},487300,50,D,20,0\n{},487100,10,Q,1,0\n",
        OPEN_MS + 1_000,
        OPEN_MS + 1_000,
        OPEN_MS + 3_000
    );
    Made::default()
        .zip("tick/aig/20131007_quote", &quotes)
        .zip("tick/aig/20131007_trade", &trades)
        .zip(
            "daily/aig",
            "20131004 00:00,480000,480000,480000,480000,7\n20131007 00:00,1,9,1,5,7\n20131008 00:00,1,9,1,5,7\n",
        )
        .file("map_files/aig.csv", b"19980102,aig,N\n20501231,aig,N\n")
}

fn open(made: Made) -> RecordedMarket {
    RecordedMarket::open(Arc::new(made), DAY).unwrap()
}

#[test]
fn a_moment_knows_what_came_before_it_and_nothing_else() {
    let market = open(made());
    let aig = market.listings()[0].clone();
    assert_eq!((aig.symbol.as_str(), aig.primary_exchange.as_str()), ("AIG", "NYSE"));
    let nothing = Snapshot {
        bid: Decimal::ZERO,
        bid_size: Decimal::ZERO,
        ask: Decimal::ZERO,
        ask_size: Decimal::ZERO,
        last: None,
        last_size: None,
        last_at: None,
        open: None,
        high: None,
        low: None,
        previous_close: decimal("48"),
        volume: Decimal::ZERO,
    };
    assert_eq!(market.snapshot(aig.con_id, OPEN), Some(nothing));
    let quoted = Snapshot {
        bid: decimal("48.7"),
        bid_size: decimal("300"),
        ask: decimal("48.73"),
        ask_size: decimal("100"),
        ..nothing
    };
    assert_eq!(market.snapshot(aig.con_id, OPEN + Duration::SECOND), Some(quoted));
    let end = Snapshot {
        bid: decimal("48.71"),
        bid_size: decimal("200"),
        last: Some(decimal("48.71")),
        last_size: Some(decimal("10")),
        last_at: Some(OPEN + Duration::seconds(3)),
        open: Some(decimal("48.72")),
        high: Some(decimal("48.73")),
        low: Some(decimal("48.71")),
        volume: decimal("160"),
        ..quoted
    };
    assert_eq!(market.snapshot(aig.con_id, OPEN + Duration::HOUR), Some(end));
    assert_eq!(market.snapshot(1, OPEN), None);
}

#[test]
fn ticks_are_told_once_and_in_order() {
    let market = open(made());
    let con_id = market.listings()[0].con_id;
    let ticks = market.ticks(con_id, OPEN, OPEN + Duration::HOUR);
    let kinds: Vec<_> = ticks
        .iter()
        .map(|tick| match tick.kind {
            TickKind::Bid { price, .. } => ("bid", price.to_string()),
            TickKind::Ask { price, .. } => ("ask", price.to_string()),
            TickKind::Trade { price, .. } => ("trade", price.to_string()),
        })
        .collect();
    let expected = [
        ("bid", "48.7"),
        ("ask", "48.73"),
        ("trade", "48.72"),
        ("trade", "48.73"),
        ("bid", "48.71"),
        ("trade", "48.71"),
    ];
    assert_eq!(kinds, expected.map(|(kind, price)| (kind, price.to_owned())));
    let parts: Vec<Tick> = (0..40)
        .flat_map(|part| {
            let from = OPEN + Duration::milliseconds(100) * part;
            market.ticks(con_id, from, from + Duration::milliseconds(100))
        })
        .collect();
    assert_eq!(parts, ticks, "asked for piece by piece, nothing is missing and nothing comes twice");
    let prints = market.prints(con_id, OPEN, OPEN + Duration::HOUR);
    let tape: Vec<_> =
        prints.iter().map(|print| (print.exchange.as_str(), print.conditions.as_str())).collect();
    assert_eq!(tape, [("NYSE", ""), ("FINRA", "20"), ("NASDAQ", "")]);
    assert!(prints.windows(2).all(|pair| pair[0].at < pair[1].at), "each trade has a moment of its own");
}

#[test]
fn behind_the_best_stands_what_was_not_overtaken() {
    let market = open(made());
    let con_id = market.listings()[0].con_id;
    let at = OPEN + Duration::HOUR;
    let top = market.snapshot(con_id, at).unwrap();
    let bids = |depth: engine::depth::Depth| -> Vec<_> {
        depth.bids.into_iter().map(|level| (level.price.to_string(), level.exchange)).collect()
    };
    let level = |price: &str, exchange: &str| (price.to_owned(), exchange.to_owned());
    assert_eq!(bids(market.depth(con_id, &top, at)), [level("48.71", "NASDAQ"), level("48.7", "ARCA")]);
    let published = Snapshot { bid: decimal("50"), ..top };
    assert_eq!(bids(market.depth(con_id, &published, at)), [level("50", "NYSE")]);
}

#[test]
fn without_ticks_seconds_and_minutes_are_played() {
    let trades = format!(
        "{OPEN_MS},100000,120000,90000,110000,403\n{},110000,110000,110000,110000,7\n",
        OPEN_MS + 60_000
    );
    let quotes = format!("{OPEN_MS},99000,99900,98000,99500,300,101000,101500,100100,101200,200\n");
    let made =
        Made::default().zip("minute/spy/20131007_trade", &trades).zip("second/spy/20131007_quote", &quotes);
    let market = open(made);
    let spy = &market.listings()[0];
    assert_eq!((spy.symbol.as_str(), spy.name.as_str()), ("SPY", "SS SPDR S&P 500 ETF TRUST-US"));
    let ticks = market.ticks(spy.con_id, OPEN, OPEN + Duration::HOUR);
    let trades: Vec<_> = ticks
        .iter()
        .filter_map(|tick| match tick.kind {
            TickKind::Trade { price, size } => {
                Some(((tick.at - OPEN).whole_seconds(), price.to_string(), size.to_string()))
            }
            _ => None,
        })
        .collect();
    let expected =
        [(0, "10", "100"), (15, "9", "100"), (30, "12", "100"), (45, "11", "103"), (60, "11", "7")];
    assert_eq!(trades, expected.map(|(at, price, size)| (at, price.to_owned(), size.to_owned())));
    let end = market.snapshot(spy.con_id, OPEN + Duration::SECOND).unwrap();
    assert_eq!((end.bid, end.ask), (decimal("9.95"), decimal("10.12")));
}

#[test]
fn what_cannot_be_played_is_refused_with_the_reason() {
    let gap = "1,1,1,Q,1,0\n";
    let cases = [
        (Made::default(), "give the folder that holds 'equity/usa'"),
        (
            made().zip("tick/aig/20131009_trade", gap),
            "it has nothing of 2013-10-08; choose one of the dates that it has: 2013-10-07, 2013-10-09",
        ),
        (
            made().file("tick/bac/20131008_trade.zip", b"PK"),
            "tick/bac/20131008_trade.zip: it is no sound zip",
        ),
        (made().zip("tick/bac/20131008_quote", ""), "tick/bac/20131008_quote.zip: it holds no rows"),
        (
            made().zip("tick/bac/20131008_trade", "5,10000,1,Q,1,0\n4,10000,1,Q,1,0\n"),
            "1 of 2 rows cannot be used (1 row was left out: line 1: it is later than the row after)",
        ),
    ];
    for (made, expected) in cases {
        let error = RecordedMarket::open(Arc::new(made), date!(2013 - 10 - 08)).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
}

#[test]
fn ticks_in_csv_are_played() {
    let rows = b"time,price,size,exchange\n2013-10-07T13:30:00.5Z,10.25,100,N\n";
    let market = open(Made::default().at("csv/T/20131007_trade.csv", rows));
    let listing = &market.listings()[0];
    let ticks = market.ticks(listing.con_id, OPEN, OPEN + Duration::SECOND);
    let kind = TickKind::Trade { price: decimal("10.25"), size: decimal("100") };
    assert_eq!(
        (listing.symbol.as_str(), ticks[..].to_vec()),
        ("T", vec![Tick { at: OPEN + Duration::milliseconds(500), kind }])
    );
}

#[test]
fn rows_that_are_left_out_are_told() {
    let mut rows = "1,10000,1,Q,1,0\n".repeat(300);
    rows.push_str("2,10000,1,Q,1,1\n2,nan,1,Q,1,0\n");
    let market = open(Made::default().zip("tick/t/20131007_trade", &rows));
    let notes = &market.reading().notes;
    assert_eq!(
        notes[..],
        [
            "equity/usa/tick/t/20131007_trade.zip: 1 row was left out: \
             line 302: its price is 'nan', which is no whole number",
            "equity/usa/tick/t/20131007_trade.zip: rows marked as suspicious were left out: 1"
        ]
    );
    assert_eq!(market.counts(market.listings()[0].con_id), (300, 0));
}

#[test]
fn contract_ids_follow_from_the_symbol() {
    let two = open(made().zip("tick/zz/20131007_trade", "5,10000,1,Q,1,0\n"));
    let one = open(made());
    assert_eq!(one.listings()[0].con_id, two.listings()[0].con_id);
    assert_ne!(two.listings()[0].con_id, two.listings()[1].con_id);
    assert!(two.listings().iter().all(|listing| (500_000_000..1_000_000_000).contains(&listing.con_id)));
}

/// Every row of the real files is a tick, or is left out by the rule.
#[test]
fn a_real_day_is_played_without_loss() {
    let Some(files) = Real::open() else { return };
    let market = RecordedMarket::open(Arc::new(files), DAY).unwrap();
    let symbols: Vec<_> = market.listings().iter().map(|listing| listing.symbol.as_str()).collect();
    assert_eq!(symbols, ["AIG", "BAC", "IBM", "SPY"]);
    let (from, to) = market.span().unwrap();
    for (listing, trades) in market.listings().iter().zip([25_351, 88_172, 24_293, 250_601]) {
        let ticks = market.ticks(listing.con_id, from, to + Duration::MICROSECOND);
        let (printed, quoted) = market.counts(listing.con_id);
        let told = ticks.iter().filter(|tick| matches!(tick.kind, TickKind::Trade { .. })).count();
        assert_eq!((printed, told), (trades, trades), "{}", listing.symbol);
        assert_eq!(ticks.len(), printed + quoted, "{}", listing.symbol);
        assert!(ticks.is_sorted_by_key(|tick| tick.at), "{}", listing.symbol);
    }
    assert_eq!(market.reading().notes.len(), 1, "the one suspicious quote of IBM");
}

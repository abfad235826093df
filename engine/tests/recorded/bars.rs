//! Bars of a recorded day and of the days before it.

use std::sync::Arc;

use domain::bar::BarSize;
use engine::market::Market;
use engine::recorded::RecordedMarket;
use engine::tick::{BarPrice, MarketBar};
use rust_decimal::Decimal;
use time::macros::{date, datetime};
use time::{Duration, OffsetDateTime};

use crate::folder::{Made, Real};

/// 09:30 in New York, and when the market is asked: 10:30.
const OPEN: OffsetDateTime = datetime!(2013-10-07 13:30 UTC);
const NOW: OffsetDateTime = datetime!(2013-10-07 14:30 UTC);

/// Three trades of the day (one before the session, one after the present moment), and two days before it.
fn made() -> Made {
    Made::default()
        .zip("tick/t/20131007_trade", "32400000,90000,5,Q,1,0\n34200500,100000,10,Q,1,0\n36000000,120000,30,Q,1,0\n40000000,200000,9,Q,1,0\n")
        .zip("tick/t/20131007_quote", "34200000,99000,1,0,0,Q,1,0\n34200000,0,0,101000,1,Q,1,0\n34200100,99900,1,0,0,Q,1,0\n")
        .zip("minute/t/20131004_trade", "34200000,70000,90000,60000,80000,100\n34260000,80000,80000,80000,80000,1\n")
        .zip("hour/t", "20131004 09:00,70000,90000,60000,80000,101\n20131007 09:00,1,9,1,5,7\n")
        .zip("daily/t", "20131003 00:00,50000,60000,40000,50000,1000\n20131004 00:00,70000,90000,60000,80000,101\n20131007 00:00,1,9,1,5,7\n20131008 00:00,1,9,1,5,7\n")
}

fn bars(made: Made, size: BarSize, price: BarPrice, from: OffsetDateTime) -> Vec<String> {
    let market = RecordedMarket::open(Arc::new(made), date!(2013 - 10 - 07)).unwrap();
    let con_id = market.listings()[0].con_id;
    market.bars(con_id, size, price, from, NOW).iter().map(written).collect()
}

fn written(bar: &MarketBar) -> String {
    let MarketBar { time, open, high, low, close, volume, .. } = bar;
    let (date, hour, minute) = (time.date(), time.hour(), time.minute());
    format!("{date} {hour:02}:{minute:02} {open} {high} {low} {close} {volume}")
}

#[test]
fn bars_come_from_the_files_and_the_day_so_far() {
    let week = OPEN - Duration::days(7);
    let cases: [(_, _, _, &[&str]); 6] = [
        (
            BarSize::Day1,
            BarPrice::Trades,
            week,
            &[
                "2013-10-03 00:00 5 6 4 5 1000",
                "2013-10-04 00:00 7 9 6 8 101",
                "2013-10-07 00:00 10 12 10 12 40",
            ],
        ),
        (
            BarSize::Week1,
            BarPrice::Trades,
            week - Duration::days(7),
            &["2013-09-30 00:00 5 9 4 8 1101", "2013-10-07 00:00 10 12 10 12 40"],
        ),
        (
            BarSize::Hour1,
            BarPrice::Trades,
            week,
            &[
                "2013-10-04 13:00 7 9 6 8 101",
                "2013-10-07 13:00 9 10 9 10 15",
                "2013-10-07 14:00 12 12 12 12 30",
            ],
        ),
        (
            BarSize::Min1,
            BarPrice::Trades,
            OPEN - Duration::days(3),
            &[
                "2013-10-04 13:30 7 9 6 8 100",
                "2013-10-04 13:31 8 8 8 8 1",
                "2013-10-07 13:00 9 9 9 9 5",
                "2013-10-07 13:30 10 10 10 10 10",
                "2013-10-07 14:00 12 12 12 12 30",
            ],
        ),
        (BarSize::Min5, BarPrice::MidPoint, OPEN, &["2013-10-07 13:30 10 10.045 10 10.045 0"]),
        (BarSize::Sec1, BarPrice::Bid, OPEN, &["2013-10-07 13:30 9.9 9.99 9.9 9.99 0"]),
    ];
    for (size, price, from, expected) in cases {
        assert_eq!(bars(made(), size, price, from), expected, "{size:?} {price:?}");
    }
}

#[test]
fn a_bar_that_began_before_the_question_is_left_out() {
    let from = OPEN + Duration::milliseconds(100);
    assert_eq!(bars(made(), BarSize::Min1, BarPrice::Trades, from), ["2013-10-07 14:00 12 12 12 12 30"]);
}

#[test]
fn an_earlier_file_that_cannot_be_used_is_complained_about() {
    let made = made().file("minute/t/20131004_trade.zip", b"not a zip");
    let complaints = made.complaints.clone();
    let bars = bars(made, BarSize::Min1, BarPrice::Trades, OPEN - Duration::days(3));
    assert_eq!(bars.len(), 3, "those of the day itself");
    let complaints = complaints.lock().unwrap().join("\n");
    assert!(
        complaints.starts_with("equity/usa/minute/t/20131004_trade.zip: it is no sound zip"),
        "{complaints}"
    );
}

/// Seconds that are built from the ticks have the volume of the file's, but for prints that the files count otherwise.
#[test]
fn real_bars_have_the_volume_of_the_files() {
    let Some(files) = Real::open() else { return };
    let market = RecordedMarket::open(Arc::new(files), date!(2013 - 10 - 08)).unwrap();
    let bac = market.listings().iter().find(|listing| listing.symbol == "BAC").unwrap().con_id;
    let (from, to) = (datetime!(2013-10-07 08:00 UTC), datetime!(2013-10-09 01:00 UTC));
    let minutes = market.bars(bac, BarSize::Min1, BarPrice::Trades, from, to);
    assert_eq!(minutes.len(), 595 + 573, "the file of the 7th, the ticks of the 8th");
    let days = market.bars(bac, BarSize::Day1, BarPrice::Trades, from - Duration::days(365), to);
    assert!(days.len() > 250);
    assert_eq!(days.last().map(|bar| bar.time), Some(datetime!(2013-10-08 00:00 UTC)));
    let half_past_ten =
        market.bars(bac, BarSize::Day1, BarPrice::Trades, from, datetime!(2013-10-08 14:30 UTC));
    let volume = |bars: &[MarketBar]| bars.last().map(|bar| bar.volume).unwrap_or_default();
    assert!(volume(&half_past_ten) < volume(&days) / Decimal::TWO, "a day so far is not the whole day");
    assert!(market.head(bac).is_some_and(|head| head == datetime!(1998-01-02 00:00 UTC)));
}

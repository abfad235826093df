//! A recorded day behind the gateway, as an independent client sees it.

use std::io::Write;
use std::path::Path;

use ibapi::Client;
use ibapi::market_data::MarketDataType;
use ibapi::market_data::historical::{BarSize, ToDuration, WhatToShow};
use ibapi::market_data::realtime::TickTypes;
use simulator::replay::{Replay, ReplayOptions, Speed};
use simulator::{Simulator, start_replay};
use tempfile::TempDir;
use time::macros::{date, datetime, time};
use time::{OffsetDateTime, Time};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use crate::support::{connect, contract, free_port, listing, next, stock, within};

/// 09:30 in New York, in milliseconds of that day.
const OPEN_MS: i64 = 34_200_000;
const OPEN: OffsetDateTime = datetime!(2013-10-07 13:30 UTC);

fn zip(folder: &Path, path: &str, rows: &[u8]) {
    let path = folder.join("equity/usa").join(path);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    let mut writer = ZipWriter::new(std::fs::File::create(path).unwrap());
    writer.start_file("rows.csv", SimpleFileOptions::default()).unwrap();
    writer.write_all(rows).unwrap();
    writer.finish().unwrap();
}

/// A day of AIG: trades at 49.01, 49.02, … one each second of two hours, quoted a cent around.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let (mut trades, mut quotes) = (Vec::new(), Vec::new());
    for second in 0..7_200 {
        let (at, price) = (OPEN_MS + second * 1_000, 490_100 + second * 100);
        let (bid, ask) = (price - 100, price + 100);
        writeln!(quotes, "{at},{bid},300,0,0,N,1,0\n{at},0,0,{ask},200,P,1,0").unwrap();
        writeln!(trades, "{at},{price},10,N,1,0").unwrap();
    }
    zip(folder.path(), "tick/aig/20131007_trade.zip", &trades);
    zip(folder.path(), "tick/aig/20131007_quote.zip", &quotes);
    zip(folder.path(), "daily/aig.zip", b"20131004 00:00,480000,490000,470000,485000,1000\n");
    folder
}

async fn start(folder: &TempDir, speed: Speed, from: Time) -> (Simulator, Client) {
    let options =
        ReplayOptions { folder: folder.path().to_owned(), date: date!(2013 - 10 - 07), speed, from };
    let simulator = start_replay(free_port(), Replay::open(&options).unwrap()).await.unwrap();
    let client = connect(&simulator, 1).await;
    (simulator, client)
}

#[tokio::test]
async fn the_instruments_of_the_day_are_all_there_is() {
    let folder = folder();
    let (simulator, client) = start(&folder, Speed::Times(1.0), time!(09:30)).await;
    let details = within(client.contract_details(&stock("AIG"))).await.unwrap();
    assert_eq!(details[0].contract.contract_id, listing(&simulator, "AIG").con_id);
    assert!(within(client.contract_details(&stock("AAPL"))).await.is_err());
}

#[tokio::test]
async fn the_gateway_shows_recorded_time_and_history_ends_there() {
    let folder = folder();
    let (simulator, client) = start(&folder, Speed::Times(1.0), time!(10:00)).await;
    let now = within(client.server_time()).await.unwrap();
    let began = OPEN + time::Duration::minutes(30);
    assert!((began..began + time::Duration::minutes(1)).contains(&now), "{now}");
    let aig = contract(listing(&simulator, "AIG"));
    let minutes = within(
        client
            .historical_data(&aig, BarSize::Min)
            .what_to_show(WhatToShow::Trades)
            .duration(1.days())
            .fetch(),
    )
    .await
    .unwrap();
    let first = minutes.bars.first().unwrap();
    assert_eq!((first.open, first.close, first.volume), (49.01, 49.60, 600.0));
    assert!((30..=31).contains(&minutes.bars.len()), "the minutes so far: {}", minutes.bars.len());
    let days = within(
        client
            .historical_data(&aig, BarSize::Day)
            .what_to_show(WhatToShow::Trades)
            .duration(30.days())
            .fetch(),
    )
    .await
    .unwrap();
    assert_eq!(days.bars.len(), 2, "the day before, and the day so far");
    assert!((days.bars[0].close - 48.5).abs() < 1e-9);
    assert!((67.01..68.01).contains(&days.bars[1].close), "not the end of the day: {}", days.bars[1].close);
}

#[tokio::test]
async fn prices_are_the_recorded_ones_and_stand_when_the_day_is_over() {
    let folder = folder();
    let (simulator, client) = start(&folder, Speed::Max, time!(09:30)).await;
    let aig = contract(listing(&simulator, "AIG"));
    let mut ticks = within(client.market_data(&aig).subscribe()).await.unwrap();
    let (mut last, mut highest, mut close, mut types) = (0.0, 0.0, 0.0, Vec::new());
    let mut is_frozen = false;
    while !is_frozen {
        match next(&mut ticks).await.unwrap() {
            TickTypes::PriceSize(tick) => match tick.price_tick_type as i32 {
                4 => {
                    assert!(tick.price > last, "in order: {} after {last}", tick.price);
                    last = tick.price;
                }
                6 => highest = tick.price,
                9 => close = tick.price,
                _ => assert!(tick.price > 0.0, "an unknown price is left out"),
            },
            TickTypes::Price(tick) if tick.tick_type as i32 == 9 => close = tick.price,
            TickTypes::Price(tick) if tick.tick_type as i32 == 6 => highest = tick.price,
            TickTypes::MarketDataType(kind) => {
                types.push(kind);
                is_frozen = kind == MarketDataType::Frozen;
            }
            _ => {}
        }
    }
    assert_eq!((last, highest, close), (121.0, 121.0, 48.5), "the last prices of the day");
    assert_eq!(types, [MarketDataType::Realtime, MarketDataType::Frozen]);
    assert!(simulator.exchange.is_over());
    let mut late = within(client.market_data(&aig).subscribe()).await.unwrap();
    let mut state = None;
    while state.is_none() {
        if let TickTypes::MarketDataType(kind) = next(&mut late).await.unwrap() {
            state = Some(kind);
        }
    }
    assert_eq!(state, Some(MarketDataType::Frozen));
}

#[test]
fn a_day_that_cannot_be_played_is_refused() {
    let folder = folder();
    let open = |folder: &Path, date, from| {
        let options = ReplayOptions { folder: folder.to_owned(), date, speed: Speed::Max, from };
        Replay::open(&options).unwrap_err().to_string()
    };
    let day = date!(2013 - 10 - 07);
    let cases = [
        (open(Path::new("/nowhere/at/all"), day, time!(09:30)), "there is no such folder"),
        (
            open(folder.path(), date!(2013 - 10 - 06), time!(09:30)),
            "choose one of the dates that it has: 2013-10-07",
        ),
        (open(folder.path(), day, time!(19:00)), "begin earlier with --from"),
    ];
    for (message, expected) in cases {
        assert!(message.contains(expected), "{message}");
    }
}

#[tokio::test]
async fn the_tape_has_every_recorded_trade_at_the_highest_speed() {
    let folder = folder();
    let (simulator, client) = start(&folder, Speed::Max, time!(09:30)).await;
    let aig = contract(listing(&simulator, "AIG"));
    let mut trades = client.tick_by_tick(&aig, 0).all_last().await.unwrap();
    let mut before: Option<f64> = None;
    for _ in 0..7_000 {
        let trade = next(&mut trades).await.unwrap();
        assert!(
            before.is_none_or(|before| (trade.price - before - 0.01).abs() < 1e-6),
            "{before:?} {trade:?}"
        );
        before = Some(trade.price);
        assert!(!trade.exchange.is_empty());
    }
}

#[tokio::test]
async fn the_best_rows_of_the_book_are_recorded() {
    use ibapi::market_data::SmartDepth;
    use ibapi::market_data::realtime::MarketDepths;
    let folder = folder();
    let (simulator, client) = start(&folder, Speed::Times(1.0), time!(10:00)).await;
    let mut aig = stock("AIG");
    aig.contract_id = listing(&simulator, "AIG").con_id;
    let mut rows = client.market_depth(&aig, 5).smart_depth(SmartDepth::Yes).subscribe().await.unwrap();
    let MarketDepths::MarketDepthL2(row) = next(&mut rows).await.unwrap() else { panic!("a row") };
    assert_eq!((row.position, row.side, row.size.to_string()), (0, 1, "300".to_owned()));
}

#[tokio::test]
async fn the_book_of_a_fast_replay_is_that_of_its_best_prices() {
    use ibapi::market_data::SmartDepth;
    use ibapi::market_data::realtime::MarketDepths;
    let folder = folder();
    // More than a second of the day goes by between two looks at its clock, and each second has other prices.
    let (simulator, client) = start(&folder, Speed::Times(5_000.0), time!(09:30)).await;
    let mut aig = stock("AIG");
    aig.contract_id = listing(&simulator, "AIG").con_id;
    let mut rows = client.market_depth(&aig, 5).smart_depth(SmartDepth::Yes).subscribe().await.unwrap();
    for _ in 0..8 {
        let MarketDepths::MarketDepthL2(row) = next(&mut rows).await.unwrap() else { panic!("a row") };
        let is_told = row.operation != 2 && row.position == 0;
        let expected = if row.side == 0 { "ARCA" } else { "NYSE" };
        assert!(!is_told || row.market_maker == expected, "the recorded exchange: {row:?}");
    }
}

//! Bars, compared with the market that they come from.

use domain::RefusalCode;
use domain::bar::{Bar, BarQuery, BarSize, TimeRange};
use domain::instrument::{AssetClass, Instrument};
use domain::market_data::{MarketDataSource, SourceError};
use domain::world::Environment;
use engine::tick::BarPrice;
use rust_decimal::Decimal;
use time::{Duration, OffsetDateTime};

use crate::harness::{World, con_id, soon};

async fn bars(world: &World, instrument: &Instrument, size: BarSize, query: BarQuery) -> Vec<Bar> {
    soon("bars", world.source.bars(instrument, size, query)).await.unwrap()
}

/// What of a bar can be compared with the market's own.
type Row = (OffsetDateTime, [Decimal; 4], Option<Decimal>);

fn rows(bars: &[Bar]) -> Vec<Row> {
    let row = |bar: &Bar| {
        let prices = [bar.open, bar.high, bar.low, bar.close].map(|price| price.value().normalize());
        (bar.time, prices, bar.volume.map(|volume| volume.value().normalize()))
    };
    bars.iter().map(row).collect()
}

fn market_rows(world: &World, instrument: &Instrument, size: BarSize, range: TimeRange) -> Vec<Row> {
    let is_fx = instrument.asset_class == AssetClass::Fx;
    let price = if is_fx { BarPrice::MidPoint } else { BarPrice::Trades };
    let last = size.end(size.floor(range.to));
    let bars = world.exchange.market().bars(con_id(instrument), size, price, range.from, last);
    bars.into_iter()
        .filter(|bar| bar.time < range.to)
        .map(|bar| {
            let prices = [bar.open, bar.high, bar.low, bar.close].map(|price| price.normalize());
            (bar.time, prices, (!is_fx).then(|| bar.volume.normalize()))
        })
        .collect()
}

/// A moment of the past, not at the start of any bar.
fn past() -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(1_788_000_007).unwrap()
}

#[tokio::test]
async fn a_range_of_every_size_is_the_markets() {
    let world = World::start().await;
    let aapl = world.find("AAPL").await;
    for (size, ..) in BarSize::ALL {
        let range = TimeRange { from: past() - size.duration() * 20, to: past() };
        let found = bars(&world, &aapl, size, BarQuery::Range(range)).await;
        assert!(found.len() >= 10, "{size:?}: {}", found.len());
        assert_eq!(rows(&found), market_rows(&world, &aapl, size, range), "{size:?}");
    }
}

#[tokio::test]
async fn a_range_longer_than_one_answer_has_no_seams() {
    let world = World::start().await;
    let spy = world.find("SPY").await;
    for (size, count) in [(BarSize::Sec5, 1_500), (BarSize::Min1, 3_000), (BarSize::Hour1, 1_500)] {
        let range = TimeRange { from: past() - size.duration() * count, to: past() };
        let found = bars(&world, &spy, size, BarQuery::Range(range)).await;
        assert_eq!(rows(&found), market_rows(&world, &spy, size, range), "{size:?}");
    }
}

#[tokio::test]
async fn the_last_bars_are_as_many_as_were_asked_for() {
    let world = World::start().await;
    let aapl = world.find("AAPL").await;
    for (size, count) in
        [(BarSize::Sec5, 1_000), (BarSize::Min1, 2_000), (BarSize::Day1, 500), (BarSize::Week1, 60)]
    {
        let found = bars(&world, &aapl, size, BarQuery::Last { count, to: past() }).await;
        assert_eq!(found.len(), count, "{size:?}");
        let range = TimeRange { from: found[0].time, to: past() };
        assert_eq!(rows(&found), market_rows(&world, &aapl, size, range), "{size:?}");
    }
}

#[tokio::test]
async fn bars_up_to_now_end_with_the_forming_one() {
    let world = World::start().await;
    let aapl = world.find("AAPL").await;
    let before = world.exchange.now();
    let query = BarQuery::Last { count: 10, to: before + Duration::hours(1) };
    let found = bars(&world, &aapl, BarSize::Min1, query).await;
    let last = found.last().unwrap().time;
    assert!(
        last >= BarSize::Min1.floor(before) - Duration::minutes(1) && last <= world.exchange.now(),
        "{last}"
    );
}

#[tokio::test]
async fn a_pairs_bars_are_made_of_mid_prices() {
    let world = World::start().await;
    let pair = world.find("EUR.USD").await;
    let range = TimeRange { from: past() - Duration::hours(2), to: past() };
    let found = bars(&world, &pair, BarSize::Min5, BarQuery::Range(range)).await;
    assert!(found.iter().all(|bar| bar.volume.is_none()));
    assert_eq!(rows(&found), market_rows(&world, &pair, BarSize::Min5, range));
}

#[tokio::test]
async fn no_data_is_an_empty_answer() {
    let world = World::start().await;
    let aapl = world.find("AAPL").await;
    world.gateway.faults().refuse_history();
    for query in [
        BarQuery::Last { count: 100, to: past() },
        BarQuery::Range(TimeRange { from: past() - Duration::hours(1), to: past() }),
    ] {
        assert_eq!(bars(&world, &aapl, BarSize::Min1, query).await, Vec::new());
    }
}

#[tokio::test]
async fn a_time_without_data_holds_nothing() {
    let world = World::start().await;
    let aapl = world.find("AAPL").await;
    let now = world.exchange.now();
    for range in [
        TimeRange { from: now + Duration::days(1), to: now + Duration::days(2) },
        TimeRange { from: now - Duration::days(1), to: now - Duration::days(2) },
    ] {
        assert_eq!(bars(&world, &aapl, BarSize::Hour1, BarQuery::Range(range)).await, Vec::new());
    }
    let oldest = time::macros::datetime!(-9999-01-01 00:00 UTC);
    let query = BarQuery::Last { count: 10, to: oldest };
    drop(soon("an answer", world.source.bars(&aapl, BarSize::Month1, query)).await);
}

#[tokio::test]
async fn many_equal_questions_are_one() {
    let world = World::start().await;
    let aapl = world.find("AAPL").await;
    let query = BarQuery::Range(TimeRange { from: past() - Duration::hours(1), to: past() });
    let asked = (0..40).map(|_| bars(&world, &aapl, BarSize::Sec30, query));
    let answers = soon("all answers", futures::future::join_all(asked)).await;
    // Forty questions for one contract would take 16 seconds by the pacing rules, and 60 exhaust them.
    assert!(answers.iter().all(|answer| *answer == answers[0] && answer.len() == 120));
    for _ in 0..40 {
        assert_eq!(bars(&world, &aapl, BarSize::Sec30, query).await, answers[0]);
    }
}

#[tokio::test]
async fn an_exhausted_ration_says_so_instead_of_waiting() {
    let world = World::start().await;
    let aapl = world.find("AAPL").await;
    let ask = |hour: i32| {
        let to = past() - Duration::hours(1) * hour;
        let query = BarQuery::Range(TimeRange { from: to - Duration::minutes(10), to });
        world.source.bars(&aapl, BarSize::Sec5, query)
    };
    let answers = soon("all answers", futures::future::join_all((0..80).map(ask))).await;
    let refused: Vec<&SourceError> = answers.iter().filter_map(|answer| answer.as_ref().err()).collect();
    assert!(refused.len() >= 60 && refused.len() <= 70, "{}", refused.len());
    for error in refused {
        assert!(matches!(error, SourceError::Unavailable(why) if why.contains("rations")), "{error}");
    }
}

#[tokio::test]
async fn what_cannot_be_answered_is_said() {
    let world = World::start().await;
    let aapl = world.find("AAPL").await;
    let query = BarQuery::Last { count: 10, to: past() };
    let mut paper = aapl.clone();
    paper.environment = Environment::Paper;
    let mut unknown = aapl.clone();
    unknown.broker_id = 999_999_999;
    for (instrument, expected) in
        [(paper, RefusalCode::BrokerRefused), (unknown, RefusalCode::InstrumentDelisted)]
    {
        let refused = soon("bars", world.source.bars(&instrument, BarSize::Min1, query)).await.unwrap_err();
        assert!(matches!(refused, SourceError::Rejected { code, .. } if code == expected), "{refused:?}");
    }
    world.gateway.stop().await;
    world.status(domain::market_data::ConnectionState::Disconnected).await;
    let answer = soon("bars", world.source.bars(&aapl, BarSize::Min1, query)).await;
    assert!(matches!(answer, Err(SourceError::Unavailable(_))), "{answer:?}");
}

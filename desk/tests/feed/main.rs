//! The feed on the in-process bus, with a broker that does what the test says and a clock that runs
//! as fast as the test needs.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a panic is how a test fails")]

mod alerts;
mod bars;
mod depth;
mod many;
mod outbox;
mod trades;
mod world;

use std::time::Duration;

use domain::RefusalCode;
use domain::bar::{Bar, BarPhase, BarQuery, BarSize, Series, TimeRange};
use domain::bus::{Message, Topic};
use domain::desk::{DeskAnswer, DeskQuestion, DeskReply};
use domain::instrument::InstrumentId;
use domain::market_data::{ConnectionState, SourceError, SourceEvent};
use domain::quote::FeedState;
use domain::world::Environment;
use world::{World, bar, trade};

#[tokio::test(start_paused = true)]
async fn what_is_watched_is_fed_stamped_and_let_go_after_a_while() {
    let world = World::start();
    let apple = world.instrument("AAPL");
    let mut quotes = world.watch(&[Topic::Quotes(apple)]).await;
    let first = quotes.quote().await;
    assert_eq!(first.state, FeedState::Recovering, "nothing is live before the broker has spoken");
    assert_eq!((first.stamp.epoch, first.stamp.sequence), (1, 1));

    world.source.send(apple, SourceEvent::State(FeedState::Live, None)).await;
    world.source.send(apple, SourceEvent::Values(trade(187, 10))).await;
    let live = quotes.quote_where(|quote| quote.received_at.is_some()).await;
    assert_eq!(live.state, FeedState::Live);
    assert_eq!(live.values, trade(187, 10));
    assert!(live.stamp.sequence > first.stamp.sequence);

    world.unwatch().await;
    let retired = quotes.quote_where(|quote| quote.state == FeedState::Stale).await;
    assert!(retired.reason.unwrap().contains("nobody watches"));
    world.until(|| !world.source.is_subscribed(apple)).await;
}

#[tokio::test(start_paused = true)]
async fn a_state_reaches_the_quote_and_loss_is_told() {
    let world = World::start();
    let apple = world.instrument("AAPL");
    let mut quotes = world.watch(&[Topic::Quotes(apple)]).await;
    world.source.send(apple, SourceEvent::State(FeedState::Live, None)).await;
    quotes.quote_where(|quote| quote.state == FeedState::Live).await;
    world.source.send(apple, SourceEvent::State(FeedState::Stale, Some("connection lost".into()))).await;
    let stale = quotes.quote_where(|quote| quote.state == FeedState::Stale).await;
    assert_eq!(stale.reason.as_deref(), Some("connection lost"));
    world.source.send(apple, SourceEvent::Lost("too slow".into())).await;
    let gap = quotes.next_where(|message| matches!(message, Message::Gap(..))).await;
    let Message::Gap(_, gap) = gap else { unreachable!() };
    assert_eq!(gap.after, Some(stale.stamp));
}

#[tokio::test(start_paused = true)]
async fn only_unwatched_lines_are_released_for_a_newcomer() {
    let world = World::with_lines(1);
    let (apple, tesla) = (world.instrument("AAPL"), world.instrument("TSLA"));
    let _apple = world.watch(&[Topic::Quotes(apple)]).await;
    world.until(|| world.source.is_subscribed(apple)).await;

    let mut quotes = world.watch(&[Topic::Quotes(apple), Topic::Quotes(tesla)]).await;
    let refused = quotes.next_where(|message| matches!(message, Message::Refused(..))).await;
    let Message::Refused(_, refused) = refused else { unreachable!() };
    assert_eq!((refused.instrument, refused.code), (tesla, RefusalCode::MarketDataLinesExhausted));
    assert!(world.source.is_subscribed(apple), "a watched line is not taken away");

    let mut quotes = world.watch(&[Topic::Quotes(tesla)]).await;
    world.until(|| world.source.is_subscribed(tesla)).await;
    assert!(!world.source.is_subscribed(apple), "the lingering line made room");
    world.source.send(tesla, SourceEvent::State(FeedState::Live, None)).await;
    quotes.quote_where(|quote| quote.instrument == tesla && quote.state == FeedState::Live).await;
}

#[tokio::test(start_paused = true)]
async fn a_refusal_is_told_and_tried_again() {
    let world = World::start();
    let apple = world.instrument("AAPL");
    let mut quotes = world.watch(&[Topic::Quotes(apple)]).await;
    world.until(|| world.source.is_subscribed(apple)).await;
    let error = SourceError::Rejected {
        code: RefusalCode::MarketDataNotSubscribed,
        message: "the account lacks the subscription".into(),
    };
    world.source.send(apple, SourceEvent::Ended(error)).await;
    let refused = quotes.next_where(|message| matches!(message, Message::Refused(..))).await;
    let Message::Refused(_, refused) = refused else { unreachable!() };
    assert_eq!(refused.code, RefusalCode::MarketDataNotSubscribed);
    world.until(|| world.source.subscriptions(apple) == 2).await;
}

#[tokio::test(start_paused = true)]
async fn another_world_is_refused() {
    let world = World::of(Environment::Live, Some(Environment::Simulated));
    let apple = world.instrument("AAPL");
    let mut quotes = world.watch(&[Topic::Quotes(apple)]).await;
    let refused = quotes.next_where(|message| matches!(message, Message::Refused(..))).await;
    let Message::Refused(_, refused) = refused else { unreachable!() };
    assert!(refused.message.contains("--accept-environment LIVE"), "{}", refused.message);
    assert!(!world.source.is_subscribed(apple));
    let reply = world.ask(DeskQuestion::Search("AAPL".into())).await;
    assert!(
        matches!(reply, Err(SourceError::Rejected { code: RefusalCode::BrokerRefused, .. })),
        "{reply:?}"
    );
    let status = world.desk_status().await;
    assert_eq!(status.connections[0].state, ConnectionState::Refused);
}

#[tokio::test(start_paused = true)]
async fn live_bars_are_seeded_grown_closed_and_corrected() {
    let world = World::start();
    let apple = world.instrument("AAPL");
    let series = Series { instrument: apple, size: BarSize::Min1 };
    let start = series.size.floor(world.now());
    world.source.set_bars(vec![bar(start, 100, 105, 95, 101, 1_000)]);
    let mut bars = world.watch(&[Topic::Bars(series)]).await;
    let seeded = bars.bar().await;
    assert_eq!((seeded.bar, seeded.phase), (bar(start, 100, 105, 95, 101, 1_000), BarPhase::Forming));

    world.source.send(apple, SourceEvent::State(FeedState::Live, None)).await;
    world.source.send(apple, SourceEvent::Values(trade(101, 5_000))).await;
    world.source.send(apple, SourceEvent::Values(trade(107, 5_010))).await;
    let grown = bars.bar_where(|update| update.bar.high == trade(107, 0).last.unwrap().price).await;
    assert_eq!(grown.state, FeedState::Live);

    let corrected = bar(start, 100, 108, 95, 107, 1_012);
    world.source.set_bars(vec![corrected]);
    let closed = bars.bar_where(|update| update.phase == BarPhase::Closed).await;
    assert_eq!(closed.bar.time, start);
    let told = bars.bar_where(|update| update.phase == BarPhase::Corrected).await;
    assert_eq!(told.bar, corrected);
}

#[tokio::test(start_paused = true)]
async fn every_closed_bar_is_corrected_however_fast_a_day_is_replayed() {
    let world = World::at_speed(60);
    let apple = world.instrument("AAPL");
    let series = Series { instrument: apple, size: BarSize::Min1 };
    let start = series.size.floor(world.market_now());
    let minutes = |count: i64| start + time::Duration::minutes(count);
    let mut bars = world.watch(&[Topic::Bars(series)]).await;
    world.source.send(apple, SourceEvent::State(FeedState::Live, None)).await;
    world.source.set_bars((0..600).map(|count| bar(minutes(count), 500, 500, 500, 500, 7)).collect());
    // A minute of the market goes by in a second.
    let (mut closed, mut corrected) = (Vec::new(), Vec::new());
    for volume in 1..40 {
        world.source.send(apple, SourceEvent::Values(trade(100, volume))).await;
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
    while corrected.len() < 6 {
        let update = bars.bar_where(|update| update.phase != BarPhase::Forming).await;
        if update.phase == BarPhase::Closed {
            closed.push(update.bar.time);
        } else {
            corrected.push(update.bar.time);
        }
    }
    assert_eq!(corrected, closed[..corrected.len()], "none is left out");
}

#[tokio::test(start_paused = true)]
async fn who_is_refused_again_and_again_is_asked_for_less_often() {
    let world = World::start();
    let apple = world.instrument("AAPL");
    let mut quotes = world.watch(&[Topic::Quotes(apple)]).await;
    world.until(|| world.source.is_subscribed(apple)).await;
    let refuse = || {
        SourceEvent::Ended(SourceError::Rejected {
            code: RefusalCode::MarketDataNotSubscribed,
            message: "the account lacks the subscription".into(),
        })
    };
    for (times, seconds) in [(1, 15), (2, 30), (3, 60)] {
        let before = tokio::time::Instant::now();
        world.source.send(apple, refuse()).await;
        world.until(|| world.source.subscriptions(apple) == times + 1).await;
        let after = before.elapsed().as_secs();
        assert!((seconds..seconds + 4).contains(&after), "asked again after {after} s");
        let told = quotes.ready().into_iter().filter(|message| matches!(message, Message::Refused(..)));
        assert_eq!(told.count() as u64, seconds / 15, "newcomers hear why every 15 s");
    }
    world.source.send(apple, SourceEvent::Values(trade(187, 10))).await;
    quotes.quote_where(|quote| quote.received_at.is_some()).await;
    let before = tokio::time::Instant::now();
    world.source.send(apple, refuse()).await;
    world.until(|| world.source.subscriptions(apple) == 5).await;
    assert!(before.elapsed().as_secs() < 19, "once it was served, it counts anew");
}

#[tokio::test(start_paused = true)]
async fn the_same_question_at_the_same_time_is_asked_once() {
    let world = World::start();
    let question = || world.ask(DeskQuestion::Search("AAPL".into()));
    let (first, second) = tokio::join!(question(), question());
    assert_eq!(first, second);
    assert!(first.is_ok());
    assert_eq!(world.source.searches(), 1);
}

#[tokio::test(start_paused = true)]
async fn kept_bars_are_not_asked_for_again() {
    let world = World::start();
    let apple = world.instrument("AAPL");
    let to = BarSize::Min1.floor(world.now()) - time::Duration::hours(1);
    let from = to - time::Duration::minutes(10);
    world.source.set_bars((0..10).map(|i| bar(from + time::Duration::minutes(i), 1, 2, 1, 2, 5)).collect());
    let query = BarQuery::parse(BarSize::Min1, Some(from), to, None).unwrap();
    let question = || DeskQuestion::Bars { instrument: apple, size: BarSize::Min1, query };
    let first = world.ask(question()).await.unwrap();
    let second = world.ask(question()).await.unwrap();
    assert_eq!(first, second);
    assert_eq!(world.source.histories(), 1);
}

/// A question for the minutes between these, counted back from an hour ago.
fn minutes_ago(world: &World, apple: InstrumentId, from: i64, to: i64) -> DeskQuestion {
    let end = BarSize::Min1.floor(world.now()) - time::Duration::hours(1);
    let at = |minutes| end - time::Duration::minutes(minutes);
    let query = BarQuery::Range(TimeRange { from: at(from), to: at(to) });
    DeskQuestion::Bars { instrument: apple, size: BarSize::Min1, query }
}

fn bars_of(reply: DeskReply) -> Vec<Bar> {
    let Ok(DeskAnswer::Bars(bars)) = reply else { panic!("bars: {reply:?}") };
    bars
}

#[tokio::test(start_paused = true)]
async fn after_a_split_kept_bars_are_dropped_and_fetched_again() {
    // Near what is kept, a question overlaps it; far from it, the newest kept bar is asked for besides.
    for (from, to) in [(10, 0), (3, 0), (1_500, 1_490)] {
        let world = World::start();
        let apple = world.instrument("AAPL");
        let end = BarSize::Min1.floor(world.now()) - time::Duration::hours(1);
        let history = |price: i64| -> Vec<Bar> {
            let minute = |ago| bar(end - time::Duration::minutes(ago), price, price, price, price, 5);
            (1..=1_600).rev().map(minute).collect()
        };
        world.source.set_bars(history(700));
        let kept = bars_of(world.ask(minutes_ago(&world, apple, 30, 5)).await);
        assert_eq!(kept.len(), 25);
        world.source.set_bars(history(100));
        let told = bars_of(world.ask(minutes_ago(&world, apple, from, to)).await);
        assert!(told.iter().all(|bar| bar.open == history(100)[0].open), "{from}: {told:?}");
        let again = bars_of(world.ask(minutes_ago(&world, apple, 30, 5)).await);
        assert_eq!((again.len(), again[0].open), (25, history(100)[0].open), "{from}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_volume_that_was_corrected_drops_nothing() {
    let world = World::start();
    let apple = world.instrument("AAPL");
    let end = BarSize::Min1.floor(world.now()) - time::Duration::hours(1);
    let history = |volume: i64| -> Vec<Bar> {
        (1..=30).rev().map(|ago| bar(end - time::Duration::minutes(ago), 7, 7, 7, 7, volume)).collect()
    };
    world.source.set_bars(history(5));
    bars_of(world.ask(minutes_ago(&world, apple, 30, 5)).await);
    world.source.set_bars(history(6));
    let told = bars_of(world.ask(minutes_ago(&world, apple, 10, 0)).await);
    let volumes: Vec<_> = told.iter().map(|bar| bar.volume == history(6)[0].volume).collect();
    assert_eq!(volumes, [vec![false; 5], vec![true; 5]].concat(), "what is kept is not asked for again");
}

#[tokio::test(start_paused = true)]
async fn a_standby_takes_over_when_the_leader_is_gone_and_the_epoch_grows() {
    let world = World::start();
    let apple = world.instrument("AAPL");
    let mut quotes = world.watch(&[Topic::Quotes(apple)]).await;
    world.source.send(apple, SourceEvent::State(FeedState::Live, None)).await;
    world.source.send(apple, SourceEvent::Values(trade(187, 10))).await;
    quotes.quote_where(|quote| quote.received_at.is_some()).await;
    world.stand_by();
    let before = tokio::time::Instant::now();
    world.kill_leader();
    let taken_over = quotes.quote_where(|quote| quote.stamp.epoch == 2).await;
    assert!(before.elapsed() < Duration::from_secs(10));
    assert_eq!(taken_over.state, FeedState::Recovering, "old values are not live");
    assert_eq!(taken_over.values, trade(187, 10), "but they are still known");
}

#[tokio::test(start_paused = true)]
async fn a_database_that_is_away_does_not_stop_the_feed() {
    let world = World::start();
    let apple = world.instrument("AAPL");
    let mut quotes = world.watch(&[Topic::Quotes(apple)]).await;
    world.until(|| world.source.is_subscribed(apple)).await;
    world.database_is_away(true);
    tokio::time::advance(Duration::from_secs(30)).await;
    world.source.send(apple, SourceEvent::Values(trade(190, 20))).await;
    let quote = quotes.quote_where(|quote| quote.received_at.is_some()).await;
    assert_eq!(quote.stamp.epoch, 1);
    world.database_is_away(false);
}

#[tokio::test(start_paused = true)]
async fn a_live_bar_tells_its_hole_after_an_outage_and_is_not_live_when_nobody_listens() {
    let world = World::start();
    let apple = world.instrument("AAPL");
    let series = Series { instrument: apple, size: BarSize::Hour1 };
    world.source.set_bars(vec![bar(series.size.floor(world.now()), 100, 105, 95, 101, 1_000)]);
    let mut bars = world.watch(&[Topic::Bars(series)]).await;
    let seeded = bars.bar().await;
    world.source.send(apple, SourceEvent::State(FeedState::Stale, Some("connection lost".into()))).await;
    let stale = bars.bar_where(|update| update.state == FeedState::Stale).await;
    assert_eq!(stale.stamp.sequence, seeded.stamp.sequence + 1);
    world.source.send(apple, SourceEvent::State(FeedState::Live, None)).await;
    let again = bars.bar_where(|update| update.state == FeedState::Live).await;
    assert!(again.stamp.sequence > stale.stamp.sequence + 1, "the number in between was given to nobody");
    world.unwatch().await;
    bars.bar_where(|update| update.state == FeedState::Stale).await;
}

#[tokio::test(start_paused = true)]
async fn a_desk_that_was_frozen_says_nothing_once_another_leads() {
    let world = World::start();
    let apple = world.instrument("AAPL");
    let mut quotes = world.watch(&[Topic::Quotes(apple)]).await;
    world.until(|| world.source.is_subscribed(apple)).await;
    // The process stands still; meanwhile another takes the lease.
    world.take_lease_away();
    tokio::time::advance(Duration::from_secs(30)).await;
    world.source.send(apple, SourceEvent::Values(trade(190, 20))).await;
    let next = quotes.quote_where(|quote| quote.stamp.epoch > 2 || quote.received_at.is_some()).await;
    assert!(next.stamp.epoch > 2, "only the next leadership of this desk speaks again");
}

#[tokio::test(start_paused = true)]
async fn a_leader_that_hears_of_a_later_one_stops() {
    let world = World::start();
    let apple = world.instrument("AAPL");
    let _quotes = world.watch(&[Topic::Quotes(apple)]).await;
    world.until(|| world.source.is_subscribed(apple)).await;
    // The database is out of reach for this desk alone; another has taken the lease.
    world.database_is_away(true);
    world.tell_of_a_leader(7).await;
    world.until(|| !world.source.is_subscribed(apple)).await;
}

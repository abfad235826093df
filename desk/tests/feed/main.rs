//! The feed on the in-process bus, with a broker that does what the test says and a clock that runs
//! as fast as the test needs.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a panic is how a test fails")]

mod alerts;
mod depth;
mod outbox;
mod trades;
mod world;

use std::time::Duration;

use domain::RefusalCode;
use domain::bar::{BarPhase, BarSize, Series};
use domain::bus::{Message, Topic};
use domain::desk::DeskQuestion;
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
    let query = domain::bar::BarQuery::parse(BarSize::Min1, Some(from), to, None).unwrap();
    let question = || DeskQuestion::Bars { instrument: apple, size: BarSize::Min1, query };
    let first = world.ask(question()).await.unwrap();
    let second = world.ask(question()).await.unwrap();
    assert_eq!(first, second);
    assert_eq!(world.source.histories(), 1);
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

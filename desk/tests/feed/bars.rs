//! Live bars where something is missing: the line they are built from, the bus, or history.

use std::time::Duration;

use domain::RefusalCode;
use domain::bar::{BarPhase, BarSize, Series};
use domain::bus::{Message, Topic};
use domain::market_data::{SourceError, SourceEvent};
use domain::quote::{FeedRefusal, FeedState};

use crate::world::{Listener, World, bar, trade};

async fn refusal(bars: &mut Listener) -> FeedRefusal {
    let refused = bars.next_where(|message| matches!(message, Message::BarsRefused(..))).await;
    let Message::BarsRefused(_, refusal) = refused else { unreachable!() };
    refusal
}

fn not_subscribed() -> SourceEvent {
    SourceEvent::Ended(SourceError::Rejected {
        code: RefusalCode::MarketDataNotSubscribed,
        message: "the account lacks the subscription".into(),
    })
}

#[tokio::test(start_paused = true)]
async fn whoever_follows_bars_alone_is_told_that_no_line_is_free() {
    let world = World::with_lines(0);
    let series = Series { instrument: world.instrument("AAPL"), size: BarSize::Min5 };
    let mut bars = world.watch(&[Topic::Bars(series)]).await;
    let refused = refusal(&mut bars).await;
    assert_eq!(
        (refused.instrument, refused.code),
        (series.instrument, RefusalCode::MarketDataLinesExhausted)
    );
    refusal(&mut bars).await;
}

#[tokio::test(start_paused = true)]
async fn a_live_bar_whose_line_ends_is_stale_at_once_and_its_followers_hear_why() {
    let world = World::start();
    let apple = world.instrument("AAPL");
    let series = Series { instrument: apple, size: BarSize::Day1 };
    world.source.set_bars(vec![bar(series.size.floor(world.now()), 100, 105, 95, 101, 1_000)]);
    let mut bars = world.watch(&[Topic::Bars(series)]).await;
    world.source.send(apple, SourceEvent::State(FeedState::Live, None)).await;
    bars.bar_where(|update| update.state == FeedState::Live).await;
    let before = world.now();
    world.source.send(apple, not_subscribed()).await;
    let stale = bars.bar_where(|update| update.state == FeedState::Stale).await;
    assert_eq!(stale.phase, BarPhase::Forming);
    let refused = refusal(&mut bars).await;
    assert_eq!(refused.code, RefusalCode::MarketDataNotSubscribed);
    assert!(world.now() - before < Duration::from_secs(1), "not only when the broker is asked again");

    world.source.send(apple, SourceEvent::State(FeedState::Live, None)).await;
    bars.bar_where(|update| update.state == FeedState::Live).await;
}

#[tokio::test(start_paused = true)]
async fn a_closed_bar_that_was_lost_on_the_bus_is_told_again() {
    let world = World::start();
    let apple = world.instrument("AAPL");
    let series = Series { instrument: apple, size: BarSize::Min1 };
    let start = series.size.floor(world.now());
    world.source.set_bars(vec![bar(start, 100, 105, 95, 101, 1_000)]);
    let mut bars = world.watch(&[Topic::Bars(series)]).await;
    world.source.send(apple, SourceEvent::State(FeedState::Live, None)).await;
    let forming = bars.bar_where(|update| update.state == FeedState::Live).await;
    world.source.set_bars(Vec::new());

    world.wire.is_away(true);
    tokio::time::sleep(Duration::from_mins(1)).await;
    world.wire.is_away(false);
    assert!(bars.ready().is_empty(), "what was told meanwhile is lost");
    world.source.send(apple, SourceEvent::State(FeedState::Closed, None)).await;
    let closed = bars.bar().await;
    assert_eq!((closed.bar, closed.phase), (forming.bar, BarPhase::Closed));
    assert!(closed.stamp.sequence > forming.stamp.sequence + 1, "the jump tells of what was lost");
}

#[tokio::test(start_paused = true)]
async fn a_bar_that_history_could_not_seed_or_correct_is_made_good_later() {
    let world = World::start();
    let apple = world.instrument("AAPL");
    let series = Series { instrument: apple, size: BarSize::Min1 };
    let start = series.size.floor(world.now());
    let whole = bar(start, 100, 120, 90, 115, 1_000);
    world.source.lose_history();
    let mut bars = world.watch(&[Topic::Bars(series)]).await;
    for volume in [5_000, 5_010] {
        world.source.send(apple, SourceEvent::Values(trade(110, volume))).await;
    }
    let begun = bars.bar().await.bar;
    assert_eq!(begun.open, begun.close, "nothing is known of the time before");
    world.source.set_bars(vec![whole]);
    let seeded = bars.bar_where(|update| update.bar.open == whole.open).await.bar;
    assert_eq!((seeded.high, seeded.low, seeded.volume), (whole.high, whole.low, whole.volume));
    assert_eq!(world.source.histories(), 2, "asked again once");

    world.source.lose_history();
    let closed = bars.bar_where(|update| update.phase == BarPhase::Closed).await.bar;
    assert_eq!(closed.time, start);
    tokio::time::sleep(Duration::from_mins(1)).await;
    let asked = world.source.histories() - 2;
    assert!((2..=4).contains(&asked), "asked again, less and less often: {asked}");
    world.source.set_bars(vec![whole]);
    let corrected = bars.bar_where(|update| update.phase == BarPhase::Corrected).await.bar;
    assert_eq!(corrected, whole);
}

#[tokio::test(start_paused = true)]
async fn that_nobody_watches_any_more_is_told_when_the_bus_is_back() {
    let world = World::start();
    let apple = world.instrument("AAPL");
    let series = Series { instrument: apple, size: BarSize::Hour1 };
    world.source.set_bars(vec![bar(series.size.floor(world.now()), 100, 105, 95, 101, 1_000)]);
    let mut quotes = world.listen(Topic::Quotes(apple)).await;
    let mut bars = world.watch(&[Topic::Bars(series)]).await;
    world.source.send(apple, SourceEvent::State(FeedState::Live, None)).await;
    bars.bar_where(|update| update.state == FeedState::Live).await;

    world.wire.is_away(true);
    world.unwatch().await;
    world.until(|| !world.source.is_subscribed(apple)).await;
    tokio::time::sleep(Duration::from_secs(10)).await;
    quotes.ready();
    world.wire.is_away(false);
    let last = quotes.quote().await;
    assert!(last.state == FeedState::Stale && last.reason.unwrap().contains("nobody watches"));
    assert_eq!(bars.bar().await.state, FeedState::Stale);
    tokio::time::sleep(Duration::from_secs(10)).await;
    assert!(quotes.ready().is_empty() && bars.ready().is_empty(), "and once");
}

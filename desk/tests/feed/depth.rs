//! Depth: always the whole book, the changes of a moment as one.

use domain::bus::{Message, Topic};
use domain::decimal::{Price, Quantity};
use domain::depth::{DepthLevel, DepthValues};
use domain::market_data::SourceEvent;
use domain::quote::FeedState;

use crate::world::World;

fn book(best: i64) -> DepthValues {
    let level = |price: i64| DepthLevel {
        price: Price::new(price.into()),
        size: Quantity::new(100.into()),
        exchange: Some("ARCA".into()),
    };
    DepthValues { bids: vec![level(best), level(best - 1)], asks: vec![level(best + 1)] }
}

#[tokio::test(start_paused = true)]
async fn depth_is_told_as_a_whole_and_retired_when_nobody_watches() {
    let world = World::start();
    let apple = world.instrument("AAPL");
    let mut depth = world.watch(&[Topic::Depth(apple)]).await;
    let first = depth.depth_where(|_| true).await;
    assert_eq!((first.state, first.values), (FeedState::Recovering, DepthValues::default()));
    world.source.deepen(apple, SourceEvent::Values(book(100))).await;
    world.source.deepen(apple, SourceEvent::State(FeedState::Live, None)).await;
    let live = depth.depth_where(|depth| depth.state == FeedState::Live).await;
    assert_eq!(live.values, book(100));
    assert!(live.received_at.is_some() && live.stamp.sequence > first.stamp.sequence);
    assert!(!world.source.is_subscribed(apple), "depth needs no line for quotes");
    let status = world.desk_status().await;
    assert_eq!((status.lines.depth.used, status.lines.depth.limit), (1, 1));

    world.unwatch().await;
    let retired = depth.depth_where(|depth| depth.state == FeedState::Stale).await;
    assert_eq!(retired.values, book(100));
    assert!(retired.reason.unwrap().contains("nobody watches"));
}

#[tokio::test(start_paused = true)]
async fn the_changes_of_a_moment_are_told_as_one() {
    let world = World::start();
    let apple = world.instrument("AAPL");
    let mut depth = world.watch(&[Topic::Depth(apple)]).await;
    world.source.deepen(apple, SourceEvent::Values(book(100))).await;
    world.source.deepen(apple, SourceEvent::State(FeedState::Live, None)).await;
    let live = depth.depth_where(|depth| depth.state == FeedState::Live).await;
    for best in 101..=600 {
        world.source.deepen(apple, SourceEvent::Values(book(best))).await;
    }
    let last = depth.depth_where(|depth| depth.values == book(600)).await;
    let told = last.stamp.sequence - live.stamp.sequence;
    assert!(told <= 20, "{told} for five hundred changes");
}

#[tokio::test(start_paused = true)]
async fn an_outage_is_told_at_once_and_a_loss_is_a_gap() {
    let world = World::start();
    let apple = world.instrument("AAPL");
    let mut depth = world.watch(&[Topic::Depth(apple)]).await;
    world.source.deepen(apple, SourceEvent::Values(book(100))).await;
    world.source.deepen(apple, SourceEvent::State(FeedState::Live, None)).await;
    depth.depth_where(|depth| depth.state == FeedState::Live).await;
    world.source.deepen(apple, SourceEvent::State(FeedState::Stale, Some("connection lost".into()))).await;
    let stale = depth.depth_where(|depth| depth.state == FeedState::Stale).await;
    assert_eq!((stale.values, stale.reason.as_deref()), (book(100), Some("connection lost")));
    world.source.deepen(apple, SourceEvent::Lost("changes are missing".into())).await;
    let gap = depth.next_where(|message| matches!(message, Message::Gap(..))).await;
    let Message::Gap(_, gap) = gap else { unreachable!() };
    assert_eq!(gap.after, Some(stale.stamp));
}

#[tokio::test(start_paused = true)]
async fn a_later_leader_begins_with_the_last_known_book() {
    let world = World::start();
    let apple = world.instrument("AAPL");
    let mut depth = world.watch(&[Topic::Depth(apple)]).await;
    world.source.deepen(apple, SourceEvent::Values(book(100))).await;
    world.source.deepen(apple, SourceEvent::State(FeedState::Live, None)).await;
    depth.depth_where(|depth| depth.state == FeedState::Live).await;
    world.stand_by();
    world.kill_leader();
    let taken_over = depth.depth_where(|depth| depth.stamp.epoch == 2).await;
    assert_eq!((taken_over.state, taken_over.values), (FeedState::Recovering, book(100)));
}

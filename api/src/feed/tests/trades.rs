//! Trades: none replaces another, and what is lost is said.

use domain::market_data::LineKind;
use domain::trade::{Trade, TradeValues};

use super::*;

fn print(epoch: u64, sequence: u64) -> Message {
    Message::Trade(Trade {
        instrument: id(1),
        values: TradeValues {
            price: Price::new(Decimal::from(sequence)),
            size: None,
            exchange: None,
            conditions: None,
            unreported: false,
            past_limit: false,
            source_at: None,
        },
        side: None,
        received_at: FixedClock.now(),
        stamp: Stamp { epoch, sequence },
        state: FeedState::Live,
    })
}

/// A follower, once the node listens.
async fn follow(hub: &Hub) -> BoxStream<'static, FeedEvent<Trade>> {
    let stream = hub.feed.trades(id(1));
    while hub.bus.listeners(Topic::Trades(id(1))) == 0 {
        tokio::task::yield_now().await;
    }
    // The first heartbeat, so that the desk is known.
    while !hub.feed.presence().borrow().leading {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    stream
}

async fn gap(stream: &mut BoxStream<'static, FeedEvent<Trade>>) -> (Option<u64>, String) {
    match next(stream).await {
        FeedEvent::Gap(gap) => (gap.after.map(|after| after.sequence), gap.reason),
        other => panic!("a gap, not {other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn every_print_is_told_in_order_and_a_newcomer_begins_with_the_next() {
    let hub = Hub::with_desk();
    let mut first = follow(&hub).await;
    announced(&hub, &[Topic::Trades(id(1))]).await;
    for sequence in 1..=500 {
        hub.bus.tell(print(1, sequence));
    }
    for sequence in 1..=500 {
        assert_eq!(value(&mut first).await, (sequence, FeedState::Live, None));
    }
    let mut second = hub.feed.trades(id(1));
    assert_eq!(hub.bus.listeners(Topic::Trades(id(1))), 1, "one subscription serves all");
    hub.bus.tell(print(1, 501));
    assert_eq!(value(&mut second).await.0, 501);
    assert_eq!(value(&mut first).await.0, 501);
    drop((first, second));
    announced(&hub, &[]).await;
}

#[tokio::test(start_paused = true)]
async fn who_lets_too_many_wait_misses_the_oldest_and_is_told() {
    let hub = Hub::with_desk();
    let (mut slow, mut quick) = (follow(&hub).await, follow(&hub).await);
    hub.bus.tell(print(1, 1));
    assert_eq!(value(&mut slow).await.0, 1);
    assert_eq!(value(&mut quick).await.0, 1);
    for sequence in 2..=1_500 {
        hub.bus.tell(print(1, sequence));
        assert_eq!(value(&mut quick).await.0, sequence, "one that keeps up misses nothing");
    }
    let (after, reason) = gap(&mut slow).await;
    assert_eq!(after, Some(1));
    assert!(reason.contains("did not read fast enough: 475 trades"), "{reason}");
    for sequence in 477..=1_500 {
        assert_eq!(value(&mut slow).await.0, sequence);
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_lost_on_the_way_is_a_gap() {
    let hub = Hub::with_desk();
    let mut stream = follow(&hub).await;
    hub.bus.tell(print(1, 1));
    value(&mut stream).await;
    hub.bus.tell(print(1, 4));
    assert_eq!(gap(&mut stream).await, (Some(1), "messages were lost on the way from the desk".into()));
    assert_eq!(value(&mut stream).await.0, 4);
    hub.bus.tell(print(1, 4));
    hub.bus.tell(print(1, 5));
    assert_eq!(value(&mut stream).await.0, 5, "nothing is told twice");
    let told = StreamGap { instrument: id(1), after: None, at: FixedClock.now(), reason: "an outage".into() };
    hub.bus.tell(Message::Gap(LineKind::Trades, told.clone()));
    assert_eq!(next(&mut stream).await, FeedEvent::Gap(told));
    hub.bus.tell(print(2, 1));
    let (after, reason) = gap(&mut stream).await;
    assert_eq!(after, Some(5));
    assert!(reason.starts_with("another desk has taken over"), "{reason}");
    assert_eq!(value(&mut stream).await.0, 1);
}

#[tokio::test(start_paused = true)]
async fn a_bus_or_a_desk_that_goes_away_is_a_gap_once() {
    let hub = Hub::without_desk();
    let beating = Arc::clone(&hub.bus);
    let beat = tokio::spawn(async move {
        loop {
            beating.tell(heartbeat(1));
            tokio::time::sleep(domain::desk::HEARTBEAT).await;
        }
    });
    let mut stream = follow(&hub).await;
    hub.bus.tell(print(1, 1));
    value(&mut stream).await;
    hub.bus.breaks();
    assert_eq!(gap(&mut stream).await, (Some(1), "the message bus is not available".into()));
    let mut newcomer = hub.feed.trades(id(1));
    assert_eq!(gap(&mut newcomer).await, (Some(1), "the message bus is not available".into()));
    hub.bus.comes_back();
    hub.bus.tell(print(1, 2));
    assert_eq!(value(&mut stream).await.0, 2);
    assert_eq!(value(&mut newcomer).await.0, 2);
    beat.abort();
    assert_eq!(gap(&mut stream).await, (Some(2), "no desk is running".into()));
    let mut newcomer = hub.feed.trades(id(1));
    assert_eq!(gap(&mut newcomer).await, (None, "no desk is running".into()), "what was before is healed");
    hub.bus.tell(heartbeat(1));
    hub.bus.tell(print(1, 3));
    assert_eq!(value(&mut stream).await.0, 3);
}

#[tokio::test(start_paused = true)]
async fn a_refusal_is_told_to_newcomers_until_the_desk_is_served() {
    let hub = Hub::with_desk();
    let mut stream = follow(&hub).await;
    let refusal = FeedRefusal {
        instrument: id(1),
        code: RefusalCode::MarketDataLinesExhausted,
        message: "all 5 tick-by-tick lines are in use".into(),
        at: FixedClock.now(),
    };
    hub.bus.tell(Message::Refused(LineKind::Trades, refusal.clone()));
    assert_eq!(next(&mut stream).await, FeedEvent::Refused(refusal.clone()));
    let mut newcomer = hub.feed.trades(id(1));
    assert_eq!(next(&mut newcomer).await, FeedEvent::Refused(refusal));
    let served = StreamGap { instrument: id(1), after: None, at: FixedClock.now(), reason: "served".into() };
    hub.bus.tell(Message::Gap(LineKind::Trades, served.clone()));
    assert_eq!(next(&mut stream).await, FeedEvent::Gap(served.clone()));
    let mut after = hub.feed.trades(id(1));
    assert_eq!(next(&mut after).await, FeedEvent::Gap(served.clone()), "what was refused is served by now");
    hub.bus.tell(print(1, 1));
    assert_eq!(value(&mut after).await.0, 1);
    assert_eq!(next(&mut newcomer).await, FeedEvent::Gap(served));
    assert_eq!(value(&mut newcomer).await.0, 1);
    value(&mut stream).await;
    let mut later = hub.feed.trades(id(1));
    hub.bus.tell(print(1, 2));
    assert_eq!(value(&mut later).await.0, 2);
}

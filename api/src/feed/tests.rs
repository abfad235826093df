//! The hub from end to end, on time that the test moves.

use domain::RefusalCode;
use domain::bar::{Bar, BarPhase, BarSize};
use domain::bus::Message;
use domain::decimal::Price;
use domain::desk::{DeskStatus, LineCounts};
use domain::market_data::LineKind;
use domain::quote::{FeedRefusal, FeedState, QuoteLevel, QuoteValues, Stamp, StreamGap};
use rust_decimal::Decimal;
use time::OffsetDateTime;
use tokio::time::{Instant, timeout};

use super::shown::Streamed;
use super::testing::{FakeBus, FixedClock};
use super::*;

mod trades;

struct Hub {
    bus: Arc<FakeBus>,
    feed: Arc<Feed>,
}

impl Hub {
    /// A hub whose desk beats every second.
    fn with_desk() -> Self {
        let hub = Self::without_desk();
        let bus = Arc::clone(&hub.bus);
        tokio::spawn(async move {
            loop {
                bus.tell(heartbeat(1));
                tokio::time::sleep(domain::desk::HEARTBEAT).await;
            }
        });
        hub
    }

    fn without_desk() -> Self {
        let bus = FakeBus::new();
        let feed = Feed::new(
            Uuid::from_u128(9),
            Arc::<FakeBus>::clone(&bus),
            Arc::<FakeBus>::clone(&bus),
            Arc::new(FixedClock),
        );
        let feed = Arc::new(feed);
        let running = Arc::clone(&feed);
        tokio::spawn(async move { running.run().await });
        Self { bus, feed }
    }

    fn follow(&self, hz: f64) -> BoxStream<'static, FeedEvent<Quote>> {
        self.feed.quotes(&[id(1)], Pace::of_hz(hz).unwrap())
    }
}

fn id(number: u128) -> InstrumentId {
    InstrumentId::from_uuid(Uuid::from_u128(number))
}

fn heartbeat(epoch: u64) -> Message {
    Message::Desk(DeskStatus {
        desk: Uuid::from_u128(3),
        epoch,
        leading_since: FixedClock.now(),
        at: FixedClock.now(),
        connections: Vec::new(),
        lines: LineCounts::default(),
    })
}

fn quote_of(epoch: u64, sequence: u64) -> Quote {
    let price = Price::new(Decimal::from(sequence));
    Quote {
        instrument: id(1),
        values: QuoteValues { last: Some(QuoteLevel { price, size: None }), ..QuoteValues::default() },
        received_at: Some(FixedClock.now() + time::Duration::seconds(i64::try_from(sequence).unwrap())),
        stamp: Stamp { epoch, sequence },
        state: FeedState::Live,
        reason: None,
    }
}

fn quote(sequence: u64) -> Message {
    Message::Quote(quote_of(1, sequence))
}

async fn next<V>(stream: &mut BoxStream<'static, FeedEvent<V>>) -> FeedEvent<V> {
    timeout(Duration::from_mins(1), stream.next()).await.expect("an event in time").expect("no end")
}

/// The sequence, state and reason of the next value.
async fn value<V: Streamed>(
    stream: &mut BoxStream<'static, FeedEvent<V>>,
) -> (u64, FeedState, Option<String>) {
    match next(stream).await {
        FeedEvent::Value(shown) => (shown.value.stamp().sequence, shown.state, shown.reason),
        FeedEvent::Gap(gap) => panic!("a value, not {gap:?}"),
        FeedEvent::Refused(refusal) => panic!("a value, not {refusal:?}"),
    }
}

async fn announced(hub: &Hub, expected: &[Topic]) {
    let mut announced = hub.bus.announced();
    let matches = announced.wait_for(|topics| topics == expected);
    timeout(Duration::from_secs(30), matches).await.expect("the announcement in time").unwrap();
}

#[test]
fn a_pace_is_bounded() {
    for (hz, millis) in [(50.0, 20), (11.9, 100), (10.0, 100), (9.99, 125), (1.0, 1_000), (0.1, 10_000)] {
        assert_eq!(Pace::of_hz(hz), Some(Pace(Duration::from_millis(millis))), "{hz}");
    }
    for hz in [0.0, 0.09, 50.1, -1.0, f64::NAN, f64::INFINITY] {
        assert_eq!(Pace::of_hz(hz), None, "{hz}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_first_event_is_the_latest_quote_or_says_that_none_is_known() {
    let hub = Hub::with_desk();
    let mut nothing = hub.follow(10.0);
    assert_eq!(
        value(&mut nothing).await,
        (0, FeedState::Recovering, Some("waiting for the first quote".into()))
    );
    hub.bus.tell(quote(7));
    assert_eq!(value(&mut nothing).await, (7, FeedState::Live, None));
    let mut known = hub.follow(10.0);
    assert_eq!(value(&mut known).await, (7, FeedState::Live, None));
}

#[tokio::test(start_paused = true)]
async fn one_subscription_serves_all_and_ends_with_the_last() {
    let hub = Hub::with_desk();
    let topic = Topic::Quotes(id(1));
    let (mut first, mut second) = (hub.follow(10.0), hub.follow(10.0));
    value(&mut first).await;
    value(&mut second).await;
    assert_eq!(hub.bus.listeners(topic), 1);
    announced(&hub, &[topic]).await;
    drop(first);
    hub.bus.tell(quote(1));
    assert_eq!(value(&mut second).await.0, 1);
    drop(second);
    announced(&hub, &[]).await;
    assert_eq!(hub.bus.listeners(topic), 0);
}

#[tokio::test(start_paused = true)]
async fn a_change_of_demand_is_announced_at_once_and_a_question_counts_for_a_while() {
    let hub = Hub::with_desk();
    announced(&hub, &[]).await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    let begun = Instant::now();
    assert!(hub.feed.latest(&[id(1)]).await.unwrap().is_empty());
    announced(&hub, &[Topic::Quotes(id(1))]).await;
    assert!(begun.elapsed() <= Duration::from_millis(50), "{:?}", begun.elapsed());
    announced(&hub, &[]).await;
    assert!(begun.elapsed() >= Duration::from_secs(10), "{:?}", begun.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_slow_subscriber_gets_the_latest_and_always_the_last() {
    let hub = Hub::with_desk();
    let mut stream = hub.follow(10.0);
    value(&mut stream).await;
    let bus = Arc::clone(&hub.bus);
    tokio::spawn(async move {
        for sequence in 1..=1_000 {
            bus.tell(quote(sequence));
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    });
    let (mut events, mut last) = (0, 0);
    while last < 1_000 {
        let (sequence, state, _) = value(&mut stream).await;
        assert!(sequence > last, "{sequence} after {last}");
        assert_eq!(state, FeedState::Live);
        (events, last) = (events + 1, sequence);
    }
    assert!((9..=13).contains(&events), "{events} events in about a second at 10 Hz");
}

#[tokio::test(start_paused = true)]
async fn a_jump_in_the_sequence_is_a_gap_and_a_new_epoch_is_none() {
    let hub = Hub::with_desk();
    hub.bus.tell(quote(4));
    let (mut one, mut two) = (hub.follow(10.0), hub.follow(50.0));
    assert_eq!((value(&mut one).await.0, value(&mut two).await.0), (4, 4));
    hub.bus.tell(quote(6));
    for stream in [&mut one, &mut two] {
        let FeedEvent::Gap(gap) = next(stream).await else { panic!("a gap first") };
        assert_eq!(gap.after, Some(Stamp { epoch: 1, sequence: 4 }));
        assert_eq!(value(stream).await.0, 6);
    }
    hub.bus.tell(Message::Quote(quote_of(2, 1)));
    assert_eq!(value(&mut one).await.0, 1);
    let told = StreamGap {
        instrument: id(1),
        after: None,
        at: FixedClock.now(),
        reason: "the gateway was away".into(),
    };
    hub.bus.tell(Message::Gap(LineKind::Quotes, told.clone()));
    assert_eq!(next(&mut one).await, FeedEvent::Gap(told));
}

#[tokio::test(start_paused = true)]
async fn without_the_bus_everything_is_stale_until_it_is_back() {
    let hub = Hub::with_desk();
    hub.bus.tell(quote(4));
    let mut stream = hub.follow(10.0);
    assert_eq!(value(&mut stream).await, (4, FeedState::Live, None));
    hub.bus.breaks();
    let away = Some("the message bus is not available".to_owned());
    assert_eq!(value(&mut stream).await, (4, FeedState::Stale, away));
    assert!(hub.feed.latest(&[id(1)]).await.is_err());
    hub.bus.retain(quote(9));
    hub.bus.comes_back();
    let FeedEvent::Gap(_) = next(&mut stream).await else { panic!("what was missed is a gap") };
    let mut seen = value(&mut stream).await;
    while seen.1 != FeedState::Live {
        assert_eq!((seen.0, seen.1), (9, FeedState::Recovering), "{seen:?}");
        seen = value(&mut stream).await;
    }
    assert_eq!(seen, (9, FeedState::Live, None));
}

#[tokio::test(start_paused = true)]
async fn an_emptied_bus_leaves_quotes_recovering_until_the_desk_speaks() {
    let hub = Hub::with_desk();
    hub.bus.tell(quote(4));
    let mut stream = hub.follow(10.0);
    value(&mut stream).await;
    hub.bus.breaks();
    assert_eq!(value(&mut stream).await.1, FeedState::Stale);
    hub.bus.forget();
    hub.bus.comes_back();
    assert_eq!(value(&mut stream).await.1, FeedState::Recovering);
    announced(&hub, &[Topic::Quotes(id(1))]).await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    hub.bus.tell(quote(5));
    let mut seen = value(&mut stream).await;
    while seen.0 == 4 {
        assert_eq!(seen.1, FeedState::Recovering);
        seen = value(&mut stream).await;
    }
    assert_eq!(seen, (5, FeedState::Live, None));
}

#[tokio::test(start_paused = true)]
async fn without_a_desk_everything_is_stale_and_heals_by_itself() {
    let hub = Hub::without_desk();
    hub.bus.tell(heartbeat(1));
    hub.bus.tell(quote(4));
    let mut stream = hub.follow(10.0);
    let begun = Instant::now();
    let unheard = (4, FeedState::Recovering, Some("waiting for the desk".into()));
    assert_eq!(
        value(&mut stream).await,
        unheard,
        "what the bus kept of a desk that may be gone is not trusted"
    );
    assert_eq!(value(&mut stream).await, (4, FeedState::Stale, Some("no desk is running".into())));
    assert!(begun.elapsed() <= Duration::from_millis(3_200), "{:?}", begun.elapsed());
    assert!(!hub.feed.presence().borrow().leading);
    let asked = hub.feed.latest(&[id(1)]).await.unwrap();
    assert_eq!((asked[0].state, asked[0].reason.as_deref()), (FeedState::Stale, Some("no desk is running")));
    hub.bus.tell(heartbeat(1));
    assert_eq!(value(&mut stream).await, (4, FeedState::Live, None));
    hub.bus.tell(heartbeat(2));
    assert_eq!(value(&mut stream).await.1, FeedState::Recovering, "another desk has not told this yet");
    hub.bus.tell(Message::Quote(quote_of(2, 1)));
    assert_eq!(value(&mut stream).await, (1, FeedState::Live, None));
}

#[tokio::test(start_paused = true)]
async fn a_refusal_is_told_to_everybody_and_to_newcomers() {
    let hub = Hub::with_desk();
    let mut stream = hub.feed.quotes(&[id(1), id(2)], Pace::of_hz(10.0).unwrap());
    next(&mut stream).await;
    next(&mut stream).await;
    let refusal = FeedRefusal {
        instrument: id(2),
        code: RefusalCode::MarketDataLinesExhausted,
        message: "every market-data line is in use".into(),
        at: FixedClock.now(),
    };
    hub.bus.tell(Message::Refused(LineKind::Quotes, refusal.clone()));
    assert_eq!(next(&mut stream).await, FeedEvent::Refused(refusal.clone()));
    hub.bus.tell(quote(1));
    assert_eq!(value(&mut stream).await.0, 1, "the other instrument goes on");
    let mut newcomer = hub.feed.quotes(&[id(2)], Pace::of_hz(10.0).unwrap());
    assert_eq!(next(&mut newcomer).await, FeedEvent::Refused(refusal));
}

#[tokio::test(start_paused = true)]
async fn whoever_follows_bars_alone_is_told_the_refusal() {
    let hub = Hub::with_desk();
    let series = Series { instrument: id(1), size: BarSize::Day1 };
    let mut stream = hub.feed.bars(series, Pace::of_hz(10.0).unwrap());
    let refusal = FeedRefusal {
        instrument: id(1),
        code: RefusalCode::MarketDataNotSubscribed,
        message: "the account lacks the subscription".into(),
        at: FixedClock.now(),
    };
    let told = async {
        while hub.bus.listeners(Topic::Bars(series)) == 0 {
            tokio::task::yield_now().await;
        }
        hub.bus.tell(Message::BarsRefused(series.size, refusal.clone()));
    };
    let (event, ()) = tokio::join!(next(&mut stream), told);
    assert_eq!(event, FeedEvent::Refused(refusal.clone()));
    let mut newcomer = hub.feed.bars(series, Pace::of_hz(10.0).unwrap());
    assert_eq!(next(&mut newcomer).await, FeedEvent::Refused(refusal));
}

#[tokio::test(start_paused = true)]
async fn a_closed_bar_is_not_lost_to_conflation() {
    let hub = Hub::with_desk();
    let series = Series { instrument: id(1), size: BarSize::Sec5 };
    let bar = |seconds: i64, phase, sequence| {
        let price = Price::new(Decimal::ONE);
        let time = OffsetDateTime::from_unix_timestamp(seconds).unwrap();
        Message::Bar(domain::bar::BarUpdate {
            series,
            bar: Bar { time, open: price, high: price, low: price, close: price, volume: None },
            phase,
            stamp: Stamp { epoch: 1, sequence },
            state: FeedState::Live,
        })
    };
    let mut stream = hub.feed.bars(series, Pace::of_hz(0.1).unwrap());
    let first = tokio::spawn(async move {
        let event = next(&mut stream).await;
        (event, stream)
    });
    while hub.bus.listeners(Topic::Bars(series)) == 0 {
        tokio::task::yield_now().await;
    }
    hub.bus.tell(bar(0, BarPhase::Forming, 1));
    let (event, mut stream) = first.await.unwrap();
    assert!(matches!(event, FeedEvent::Value(shown) if shown.value.phase == BarPhase::Forming));
    for message in [
        bar(0, BarPhase::Forming, 2),
        bar(0, BarPhase::Closed, 3),
        bar(5, BarPhase::Forming, 4),
        bar(0, BarPhase::Corrected, 5),
        bar(5, BarPhase::Forming, 6),
    ] {
        hub.bus.tell(message);
    }
    let mut told = Vec::new();
    for _ in 0..2 {
        let FeedEvent::Value(shown) = next(&mut stream).await else { panic!("a value") };
        told.push((shown.value.bar.time.unix_timestamp(), shown.value.phase));
    }
    assert_eq!(told, [(0, BarPhase::Corrected), (5, BarPhase::Forming)]);
}

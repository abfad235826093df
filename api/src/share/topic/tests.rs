//! Shared executions of a schema of their own, from the feed to the outbox.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context as TaskContext, Poll, Waker};

use async_graphql::{Context, EmptyMutation, Object, Schema, SimpleObject, Subscription, Union};
use domain::bus::{Message, Topic as BusTopic};
use domain::instrument::InstrumentId;
use domain::quote::{FeedState, Stamp};
use domain::user::UserId;
use futures::Stream;
use time::OffsetDateTime;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::yield_now;
use uuid::Uuid;

use super::*;
use crate::feed::{FeedEvent, Shown, Streamed};
use crate::share::events;
use crate::share::outbox::News;
use crate::tally::Tally;

const INSTRUMENT: InstrumentId = InstrumentId::from_uuid(Uuid::nil());

/// A print of a test: every one of them counts.
#[derive(Clone, Debug, PartialEq)]
struct Print(u64);

impl Streamed for Print {
    const DELIVERY: Delivery = Delivery::Every;

    fn of(_: &Message) -> Option<&Self> {
        None
    }

    fn instrument_of(_: BusTopic) -> Option<InstrumentId> {
        None
    }

    fn instrument(&self) -> InstrumentId {
        INSTRUMENT
    }

    fn stamp(&self) -> Stamp {
        Stamp { epoch: 1, sequence: self.0 }
    }

    fn state(&self) -> FeedState {
        FeedState::Live
    }

    fn reason(&self) -> Option<&str> {
        None
    }

    fn slot(&self) -> Option<OffsetDateTime> {
        None
    }

    fn is_earlier_than(&self, other: &Self) -> bool {
        self.0 < other.0
    }

    fn placeholder(_: InstrumentId) -> Option<Self> {
        None
    }
}

#[derive(SimpleObject)]
struct Trade {
    sequence: u64,
}

#[derive(SimpleObject)]
struct StreamGap {
    after_sequence: Option<u64>,
    reason: String,
    at: String,
}

#[derive(Union)]
enum TradeEvent {
    Trade(Trade),
    StreamGap(StreamGap),
}

struct Query;

#[Object]
impl Query {
    async fn name(&self) -> &str {
        "test"
    }
}

/// What the market prints, to whoever listens.
#[derive(Clone, Default)]
struct Market {
    listeners: Arc<Mutex<Vec<UnboundedSender<FeedEvent<Print>>>>>,
    executed: Arc<AtomicUsize>,
}

impl Market {
    fn print(&self, sequences: impl IntoIterator<Item = u64>) {
        for sequence in sequences {
            let shown = Shown { value: Arc::new(Print(sequence)), state: FeedState::Live, reason: None };
            for listener in self.listeners.lock().unwrap().iter() {
                let _ = listener.send(FeedEvent::Value(shown.clone()));
            }
        }
    }

    fn listen(&self) -> UnboundedReceiver<FeedEvent<Print>> {
        let (listener, prints) = unbounded_channel();
        self.listeners.lock().unwrap().push(listener);
        prints
    }

    fn is_heard_by(&self, count: usize) -> bool {
        self.listeners.lock().unwrap().len() == count
    }

    fn schema(&self) -> Schema<Query, EmptyMutation, Subscriptions> {
        Schema::build(Query, EmptyMutation, Subscriptions).data(self.clone()).finish()
    }
}

struct Subscriptions;

#[Subscription]
impl Subscriptions {
    async fn trades(&self, context: &Context<'_>) -> impl Stream<Item = TradeEvent> + 'static {
        let market = context.data_unchecked::<Market>().clone();
        let prints = market.listen();
        let prints =
            futures::stream::unfold(prints, |mut prints| async { Some((prints.recv().await?, prints)) });
        events(context, Pace::AS_TAKEN, |_| prints.boxed()).map(move |event| {
            market.executed.fetch_add(1, Ordering::SeqCst);
            match event {
                FeedEvent::Value(shown) => TradeEvent::Trade(Trade { sequence: shown.value.0 }),
                FeedEvent::Gap(gap) => TradeEvent::StreamGap(StreamGap {
                    after_sequence: gap.after.map(|stamp| stamp.sequence),
                    reason: gap.reason,
                    at: gap.at.to_string(),
                }),
                FeedEvent::Refused(_) => unreachable!("nothing is refused here"),
            }
        })
    }
}

struct Noon;

impl Clock for Noon {
    fn now(&self) -> OffsetDateTime {
        time::macros::datetime!(2026-11-22 12:00 UTC)
    }
}

const FULL: &str =
    "subscription { trades { ... on Trade { sequence } ... on StreamGap { afterSequence reason at } } }";

/// What can be taken now; the execution is given time as long as something comes.
async fn taken(outbox: &Outbox) -> Vec<String> {
    let mut all = Vec::new();
    for _ in 0..100 {
        while let Poll::Ready(news) = outbox.poll_take(&TaskContext::from_waker(Waker::noop())) {
            let News::Events(1, frames) = news else { panic!("{news:?}") };
            all.extend(frames.iter().map(|frame| frame.response().to_string()));
        }
        yield_now().await;
    }
    all
}

fn trade(sequence: u64) -> String {
    format!("{{\"data\":{{\"trades\":{{\"sequence\":{sequence}}}}}}}")
}

async fn topic(market: &Market, document: &str) -> Arc<Topic> {
    let begun = Tally::new(1).take(UserId(Uuid::nil()), 1).unwrap();
    let execution = Execution { document: document.to_owned(), begun };
    let topic = Topic::start(&market.schema(), Arc::new(Noon), execution);
    assert!(topic.is_running().await);
    topic
}

#[tokio::test]
async fn who_reads_gets_every_trade_and_who_does_not_gets_a_gap_of_its_own() {
    let market = Market::default();
    let topic = topic(&market, FULL).await;
    let (reader, sleeper) = (Arc::new(Outbox::default()), Arc::new(Outbox::default()));
    let _seats = [&reader, &sleeper].map(|outbox| Arc::clone(&topic).join(Pace::AS_TAKEN, outbox, 1));
    market.print(1..=3);
    assert_eq!(taken(&sleeper).await, [trade(1), trade(2), trade(3)]);
    let mut read = taken(&reader).await;
    for turn in 0..30 {
        market.print((4 + turn * 50)..(54 + turn * 50));
        read.extend(taken(&reader).await);
    }
    assert_eq!(read, (1..=1_503).map(trade).collect::<Vec<_>>(), "no gap, and nothing left out");
    let executed = market.executed.load(Ordering::SeqCst);
    assert_eq!(executed, 1_503, "once for both");
    let heard = taken(&sleeper).await;
    assert_eq!(
        heard[0],
        "{\"data\":{\"trades\":{\"afterSequence\":3,\"reason\":\"your connection did not read fast enough: 500 trades were left out\",\"at\":\"2026-11-22 12:00:00.0 +00:00:00\"}}}"
    );
    assert_eq!(heard[1..], (504..=1_503).map(trade).collect::<Vec<_>>());
    assert_eq!(market.executed.load(Ordering::SeqCst), executed + 1);
    assert_eq!(taken(&reader).await, [""; 0], "the gap was the other's");
    market.print([1_504]);
    assert_eq!((taken(&reader).await, taken(&sleeper).await), (vec![trade(1_504)], vec![trade(1_504)]));
}

#[tokio::test]
async fn a_gap_has_the_fields_that_its_subscriber_asked_for() {
    let market = Market::default();
    let documents = [
        "subscription { t: trades { __typename ... on StreamGap { afterSequence } } }",
        "subscription { trades { ... on Trade { sequence } } }",
    ];
    let expected = [
        "{\"data\":{\"t\":{\"__typename\":\"StreamGap\",\"afterSequence\":null}}}",
        "{\"data\":{\"trades\":{}}}",
    ];
    for (document, expected) in documents.into_iter().zip(expected) {
        let topic = topic(&market, document).await;
        let outbox = Arc::new(Outbox::default());
        let _seat = Arc::clone(&topic).join(Pace::AS_TAKEN, &outbox, 1);
        market.print(1..=1_002);
        // The execution is through with them before anything is taken.
        let last = market.executed.load(Ordering::SeqCst) + 1_002;
        while market.executed.load(Ordering::SeqCst) < last {
            yield_now().await;
        }
        yield_now().await;
        let heard = taken(&outbox).await;
        assert_eq!((heard.len(), heard[0].as_str()), (1_001, expected));
    }
}

#[tokio::test]
async fn a_newcomer_gets_what_comes_and_the_last_to_leave_ends_it() {
    let market = Market::default();
    let topic = topic(&market, FULL).await;
    assert!(market.is_heard_by(1));
    let (first, second) = (Arc::new(Outbox::default()), Arc::new(Outbox::default()));
    let one = Arc::clone(&topic).join(Pace::AS_TAKEN, &first, 1);
    market.print([1]);
    assert_eq!(taken(&first).await, [trade(1)]);
    let other = topic.join(Pace::AS_TAKEN, &second, 1);
    market.print([2]);
    assert_eq!((taken(&first).await, taken(&second).await), (vec![trade(2)], vec![trade(2)]));
    drop((one, other));
    for _ in 0..10 {
        yield_now().await;
    }
    market.print([3]);
    assert_eq!((taken(&first).await, taken(&second).await), (Vec::<String>::new(), Vec::new()));
    assert_eq!(market.executed.load(Ordering::SeqCst), 2);
}

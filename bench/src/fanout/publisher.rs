//! The events of a benchmark, published to Redis at their time: for us as a desk publishes, for the peers
//! as they take it.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use domain::bus::{Bus, Message};
use domain::clock::{Clock, SystemClock};
use domain::decimal::{Price, Quantity};
use domain::desk::{DeskStatus, HEARTBEAT, LineCounts};
use domain::instrument::InstrumentId;
use domain::quote::{FeedState, Quote, QuoteLevel, QuoteValues, Stamp};
use persistence::redis::RedisBus;
use redis::aio::MultiplexedConnection;
use rust_decimal::Decimal;
use serde::Serialize;
use tokio::runtime::Handle;
use tokio::task::AbortHandle;
use uuid::Uuid;

use crate::load::{FIRST_PRICE, Window, micros};

/// The epoch of the desk that we play.
const EPOCH: u64 = 1;

/// When events are published.
#[derive(Clone, Copy, Debug)]
pub struct Rate {
    /// How many instruments take turns.
    pub instruments: usize,
    /// Events per second of each.
    pub hertz: f64,
    /// How many events are published at once.
    pub burst: usize,
}

impl Rate {
    /// Events per second of all instruments.
    pub fn events(self) -> f64 {
        self.hertz * f64::from(u32::try_from(self.instruments).unwrap_or(u32::MAX))
    }

    /// The time from one burst to the next.
    fn period(self) -> Duration {
        Duration::from_secs_f64(f64::from(u32::try_from(self.burst).unwrap_or(u32::MAX)) / self.events())
    }
}

/// What was published.
#[derive(Clone, Copy, Debug, Default)]
pub struct Published {
    /// Events inside the window.
    pub events: u64,
    /// The furthest that a burst was behind its time, in microseconds.
    pub latest: u64,
}

/// How a subscriber's server takes events.
#[derive(Clone)]
pub enum Wire {
    /// As our desk publishes them.
    Desk {
        /// Our bus.
        bus: RedisBus,
        /// The instruments, by index.
        instruments: Arc<Vec<InstrumentId>>,
    },
    /// As JSON on the channel `quotes/<index>`.
    Json(MultiplexedConnection),
    /// As mqemitter-redis packs it, on the same channel.
    Msgpack(MultiplexedConnection),
}

/// A quote as the peers take it.
#[derive(Serialize)]
struct PeerQuote {
    sequence: String,
    state: &'static str,
    last: PeerLevel,
    bid: PeerLevel,
    ask: PeerLevel,
}

#[derive(Serialize)]
struct PeerLevel {
    price: String,
    size: String,
}

/// What mqemitter-redis wraps around a message.
#[derive(Serialize)]
struct Packet<'a> {
    id: String,
    msg: PacketMessage<'a>,
}

#[derive(Serialize)]
struct PacketMessage<'a> {
    topic: &'a str,
    payload: PacketPayload<'a>,
}

#[derive(Serialize)]
struct PacketPayload<'a> {
    quotes: &'a PeerQuote,
}

/// Publishes. Sequences go on for as long as it lives.
pub struct Publisher {
    wire: Wire,
    sequences: Vec<u64>,
    turn: usize,
}

impl Publisher {
    /// Begins each instrument's sequence.
    pub fn new(wire: Wire, instruments: usize) -> Self {
        Self { wire, sequences: vec![0; instruments], turn: 0 }
    }

    /// Publishes one event of each of the first `count` instruments, for now.
    pub async fn tell(&mut self, count: usize) -> anyhow::Result<()> {
        self.turn = 0;
        self.publish(count, count, micros()).await
    }

    /// Publishes at this rate from `from` until the window ends, on a thread of its own; blocks that.
    ///
    /// The moment in an event is the one for which it was planned: where publishing is held up, the time
    /// lost counts as latency.
    pub fn run(
        &mut self,
        runtime: &Handle,
        rate: Rate,
        from: u64,
        window: Window,
    ) -> anyhow::Result<Published> {
        let mut published = Published::default();
        let period = rate.period();
        self.turn = 0;
        for number in 0_u32.. {
            let planned = from + u64::try_from((period * number).as_micros())?;
            if planned >= window.end {
                break;
            }
            let now = micros();
            std::thread::sleep(Duration::from_micros(planned.saturating_sub(now)));
            runtime.block_on(self.publish(rate.instruments, rate.burst, planned))?;
            if planned >= window.begin {
                published.events += u64::try_from(rate.burst)?;
                published.latest = published.latest.max(now.saturating_sub(planned));
            }
        }
        Ok(published)
    }

    async fn publish(&mut self, instruments: usize, burst: usize, moment: u64) -> anyhow::Result<()> {
        let mut events = Vec::with_capacity(burst);
        for _ in 0..burst {
            let index = self.turn % instruments;
            self.turn = index + 1;
            self.sequences[index] += 1;
            events.push((index, self.sequences[index]));
        }
        match &mut self.wire {
            Wire::Desk { bus, instruments } => {
                let quotes = events.iter().map(|(index, sequence)| {
                    Message::Quote(desk_quote(instruments[*index], *index, *sequence, moment))
                });
                bus.publish(&quotes.collect::<Vec<_>>()).await?;
            }
            Wire::Json(connection) => {
                let mut pipeline = redis::pipe();
                for (index, sequence) in events {
                    let quote = serde_json::to_vec(&peer_quote(index, sequence, moment))?;
                    pipeline.cmd("PUBLISH").arg(format!("quotes/{index}")).arg(quote).ignore();
                }
                pipeline.query_async::<()>(connection).await?;
            }
            Wire::Msgpack(connection) => {
                let mut pipeline = redis::pipe();
                for (index, sequence) in events {
                    let topic = format!("quotes/{index}");
                    let packet = pack(&topic, &peer_quote(index, sequence, moment))?;
                    pipeline.cmd("PUBLISH").arg(&topic).arg(packet).ignore();
                }
                pipeline.query_async::<()>(connection).await?;
            }
        }
        Ok(())
    }
}

fn pack(topic: &str, quotes: &PeerQuote) -> anyhow::Result<Vec<u8>> {
    let id = Uuid::now_v7().to_string();
    let packet = Packet { id, msg: PacketMessage { topic, payload: PacketPayload { quotes } } };
    rmp_serde::to_vec_named(&packet).context("a packet cannot be written")
}

/// The prices of an event: the whole part of the last one tells the instrument.
fn prices(index: usize, sequence: u64) -> [Decimal; 3] {
    let whole = i64::from(FIRST_PRICE) + i64::try_from(index).unwrap_or_default();
    let cents = i64::try_from(sequence % 90).unwrap_or_default() + 5;
    [0, -1, 1].map(|step| Decimal::new(whole * 100 + cents + step, 2))
}

fn desk_quote(instrument: InstrumentId, index: usize, sequence: u64, moment: u64) -> Quote {
    let level = |price, size: u64| {
        Some(QuoteLevel { price: Price::new(price), size: Quantity::new(Decimal::from(size)) })
    };
    let [last, bid, ask] = prices(index, sequence);
    let values = QuoteValues {
        last: level(last, moment),
        bid: level(bid, 300),
        ask: level(ask, 200),
        ..QuoteValues::default()
    };
    Quote {
        instrument,
        values,
        received_at: Some(SystemClock.now()),
        stamp: Stamp { epoch: EPOCH, sequence },
        state: FeedState::Live,
        reason: None,
    }
}

fn peer_quote(index: usize, sequence: u64, moment: u64) -> PeerQuote {
    let level = |price: Decimal, size: u64| PeerLevel { price: price.to_string(), size: size.to_string() };
    let [last, bid, ask] = prices(index, sequence);
    PeerQuote {
        sequence: sequence.to_string(),
        state: "LIVE",
        last: level(last, moment),
        bid: level(bid, 300),
        ask: level(ask, 200),
    }
}

/// Plays the leading desk's heartbeat until the handle is aborted.
pub fn heartbeat(bus: RedisBus) -> AbortHandle {
    let (desk, leading_since) = (Uuid::now_v7(), SystemClock.now());
    let beat = async move {
        let mut every = tokio::time::interval(HEARTBEAT);
        loop {
            every.tick().await;
            let status = DeskStatus {
                desk,
                epoch: EPOCH,
                leading_since,
                at: SystemClock.now(),
                connections: Vec::new(),
                lines: LineCounts::default(),
            };
            // The next one comes soon.
            let _ = bus.publish(&[Message::Desk(status)]).await;
        }
    };
    tokio::spawn(beat).abort_handle()
}

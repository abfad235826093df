//! The one connection over which Redis pushes to this process.
//!
//! A task owns it and every subscription on it: one per channel, however many listen here. When the
//! connection is lost, everybody who listens is told; the task connects again, subscribes to every channel,
//! and only then tells that messages flow again.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use domain::bus::{BusError, Delivery};
use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, PushInfo, PushKind, RedisResult, Value};
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender, WeakUnboundedSender};
use tokio::sync::{oneshot, watch};
use tokio::time::MissedTickBehavior;

use super::away;
use super::requests::Pending;
use crate::listener::Feeder;
use crate::wire;

/// How often the connection is probed; a probe that is not answered in time is a lost connection.
const PROBE_EVERY: Duration = Duration::from_secs(1);

/// The waits before the first and the later attempts to connect again.
const FIRST_WAIT: Duration = Duration::from_millis(50);
const LONGEST_WAIT: Duration = Duration::from_secs(1);

/// How many channels one command subscribes to.
const SUBSCRIBED_AT_ONCE: usize = 500;

/// Who hears of what comes over a channel.
pub(super) enum Sink {
    /// A listener to a topic.
    Topic(Feeder),
    /// Somebody who wants to know that something came, and what the link does.
    Signal(watch::Sender<Signal>),
    /// Those who wait for answers.
    Replies(Arc<Pending>),
}

/// What somebody who listens through [`Sink::Signal`] sees.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Signal {
    /// How often the connection was lost.
    pub(super) losses: u64,
}

/// A handle on the task. The task ends when the last handle and the last subscription are gone.
#[derive(Clone)]
pub(super) struct Link {
    orders: UnboundedSender<Order>,
    up: watch::Receiver<bool>,
}

/// What the task is asked to do.
enum Order {
    Listen { channel: String, sink: Sink, done: oneshot::Sender<Result<Subscription, BusError>> },
    Forget { channel: String, number: u64 },
}

/// A place among those who listen; dropped, it is given up.
pub(super) struct Subscription {
    orders: UnboundedSender<Order>,
    channel: String,
    number: u64,
}

impl Subscription {
    /// Listens for as long as the process runs.
    pub(super) fn keep(mut self) {
        self.number = 0;
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        if self.number != 0 {
            let channel = std::mem::take(&mut self.channel);
            // Where the task has ended, there is nothing left to give up.
            drop(self.orders.send(Order::Forget { channel, number: self.number }));
        }
    }
}

impl Link {
    /// Connects, and keeps connected from then on.
    pub(super) async fn connect(client: Client, config: AsyncConnectionConfig) -> RedisResult<Self> {
        let connector = Connector { client, config };
        let wire = connector.connect(&[]).await?;
        let (orders, to_do) = mpsc::unbounded_channel();
        let (is_up, up) = watch::channel(true);
        // Weak, so that the task does not keep itself alive.
        let own_orders = orders.downgrade();
        let task = Task { connector, to_do, own_orders, is_up, channels: HashMap::new(), last_number: 0 };
        tokio::spawn(task.run(wire));
        Ok(Self { orders, up })
    }

    /// Whether messages flow now.
    pub(super) fn is_up(&self) -> bool {
        *self.up.borrow()
    }

    /// Makes `sink` hear of `channel`; once this returned, it misses nothing without being told.
    pub(super) async fn listen(&self, channel: String, sink: Sink) -> Result<Subscription, BusError> {
        let (done, listening) = oneshot::channel();
        let stopped = || away("the connection to Redis was shut down");
        self.orders.send(Order::Listen { channel, sink, done }).map_err(|_| stopped())?;
        listening.await.map_err(|_| stopped())?
    }
}

/// How connections are made.
struct Connector {
    client: Client,
    config: AsyncConnectionConfig,
}

/// A live connection, and what it pushes.
struct Wire {
    connection: MultiplexedConnection,
    pushes: UnboundedReceiver<PushInfo>,
}

impl Connector {
    /// A connection that is subscribed to `channels`.
    async fn connect(&self, channels: &[String]) -> RedisResult<Wire> {
        let (sender, pushes) = mpsc::unbounded_channel();
        let config = self.config.clone().set_push_sender(sender);
        let mut connection = self.client.get_multiplexed_async_connection_with_config(&config).await?;
        for some in channels.chunks(SUBSCRIBED_AT_ONCE) {
            connection.subscribe(some).await?;
        }
        Ok(Wire { connection, pushes })
    }
}

/// Why the task stopped using a connection.
enum End {
    /// The connection is lost.
    Lost,
    /// Nobody uses the link any more.
    Unused,
}

struct Task {
    connector: Connector,
    to_do: UnboundedReceiver<Order>,
    own_orders: WeakUnboundedSender<Order>,
    is_up: watch::Sender<bool>,
    channels: HashMap<String, HashMap<u64, Sink>>,
    last_number: u64,
}

impl Task {
    async fn run(mut self, mut wire: Wire) {
        loop {
            match self.serve(&mut wire).await {
                End::Unused => return,
                End::Lost => {}
            }
            tracing::warn!("the connection to Redis is lost; connecting again");
            self.is_up.send_replace(false);
            self.tell_all(&Delivery::Interrupted);
            let Some(again) = self.reconnect().await else { return };
            wire = again;
            tracing::info!("the connection to Redis is back");
            self.is_up.send_replace(true);
            self.tell_all(&Delivery::Resumed);
        }
    }

    /// Carries out orders and hands on what is pushed, until the connection is lost.
    async fn serve(&mut self, wire: &mut Wire) -> End {
        let mut probe = tokio::time::interval(PROBE_EVERY);
        probe.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let alive = tokio::select! {
                push = wire.pushes.recv() => match push {
                    Some(push) if push.kind != PushKind::Disconnection => {
                        self.hand_on(&push);
                        Ok(())
                    }
                    _ => return End::Lost,
                },
                order = self.to_do.recv() => match order {
                    Some(order) => self.carry_out(order, &mut wire.connection).await,
                    None => return End::Unused,
                },
                _ = probe.tick() => redis::cmd("PING").query_async::<()>(&mut wire.connection).await,
            };
            if alive.is_err() {
                return End::Lost;
            }
        }
    }

    /// Tries until it succeeds; orders that come meanwhile are refused or noted. `None` when nobody uses
    /// the link any more.
    async fn reconnect(&mut self) -> Option<Wire> {
        let mut wait = FIRST_WAIT;
        loop {
            let channels: Vec<String> = self.channels.keys().cloned().collect();
            let (connector, this_wait) = (&self.connector, wait);
            let attempt = async {
                tokio::time::sleep(this_wait).await;
                connector.connect(&channels).await
            };
            tokio::pin!(attempt);
            let outcome = loop {
                tokio::select! {
                    outcome = &mut attempt => break outcome,
                    order = self.to_do.recv() => match order? {
                        Order::Listen { done, .. } => {
                            // Whoever asked may have gone.
                            drop(done.send(Err(away("the connection to Redis is down; it is being made again"))));
                        }
                        Order::Forget { channel, number } => {
                            remove(&mut self.channels, &channel, number);
                        }
                    },
                }
            };
            if let Ok(mut wire) = outcome
                && self.unsubscribe_unheard(&channels, &mut wire.connection).await.is_ok()
            {
                return Some(wire);
            }
            wait = (wait * 2).min(LONGEST_WAIT);
        }
    }

    /// Gives up those of `subscribed` that nobody listens to any more.
    async fn unsubscribe_unheard(
        &self,
        subscribed: &[String],
        connection: &mut MultiplexedConnection,
    ) -> RedisResult<()> {
        for channel in subscribed.iter().filter(|channel| !self.channels.contains_key(*channel)) {
            connection.unsubscribe(channel).await?;
        }
        Ok(())
    }

    async fn carry_out(&mut self, order: Order, connection: &mut MultiplexedConnection) -> RedisResult<()> {
        match order {
            Order::Listen { channel, sink, done } => {
                if !self.channels.contains_key(&channel)
                    && let Err(error) = connection.subscribe(&channel).await
                {
                    // Whoever asked may have gone.
                    drop(done.send(Err(away("the connection to Redis broke while it was being subscribed"))));
                    return Err(error);
                }
                self.last_number += 1;
                let number = self.last_number;
                self.channels.entry(channel.clone()).or_default().insert(number, sink);
                match self.own_orders.upgrade() {
                    // Where whoever asked has gone, the subscription is dropped here, and so given up.
                    Some(orders) => drop(done.send(Ok(Subscription { orders, channel, number }))),
                    None => self.forget(&channel, number, connection).await?,
                }
                Ok(())
            }
            Order::Forget { channel, number } => self.forget(&channel, number, connection).await,
        }
    }

    async fn forget(
        &mut self,
        channel: &str,
        number: u64,
        connection: &mut MultiplexedConnection,
    ) -> RedisResult<()> {
        if remove(&mut self.channels, channel, number) {
            connection.unsubscribe(channel).await?;
        }
        Ok(())
    }

    /// Hands a message on to everybody who listens to its channel; it is decoded once.
    fn hand_on(&self, push: &PushInfo) {
        let (PushKind::Message, [Value::BulkString(channel), Value::BulkString(payload)]) =
            (&push.kind, push.data.as_slice())
        else {
            return;
        };
        let Ok(channel) = std::str::from_utf8(channel) else { return };
        let Some(sinks) = self.channels.get(channel) else { return };
        let mut deliveries: Option<Vec<Delivery>> = None;
        for sink in sinks.values() {
            match sink {
                Sink::Topic(feeder) => {
                    let decoded = deliveries.get_or_insert_with(|| decode(channel, payload));
                    for delivery in decoded.iter() {
                        feeder.deliver(delivery.clone());
                    }
                }
                Sink::Signal(signal) => signal.send_modify(|_| {}),
                Sink::Replies(pending) => pending.resolve(payload),
            }
        }
    }

    fn tell_all(&self, delivery: &Delivery) {
        for sink in self.channels.values().flat_map(HashMap::values) {
            match sink {
                Sink::Topic(feeder) => feeder.deliver(delivery.clone()),
                Sink::Signal(signal) => signal.send_modify(|signal| {
                    signal.losses += u64::from(*delivery == Delivery::Interrupted);
                }),
                Sink::Replies(pending) => {
                    if *delivery == Delivery::Interrupted {
                        pending.give_up();
                    }
                }
            }
        }
    }
}

/// What a payload means to a listener: something unreadable is something missed.
fn decode(channel: &str, payload: &[u8]) -> Vec<Delivery> {
    match wire::read_message(payload) {
        Ok(message) => vec![Delivery::Message(Arc::new(message))],
        Err(error) => {
            tracing::warn!(channel, bytes = payload.len(), %error, "a message from Redis was dropped");
            vec![Delivery::Interrupted, Delivery::Resumed]
        }
    }
}

/// Takes a listener out; returns whether it was the channel's last.
fn remove(channels: &mut HashMap<String, HashMap<u64, Sink>>, channel: &str, number: u64) -> bool {
    let Some(sinks) = channels.get_mut(channel) else { return false };
    sinks.remove(&number);
    sinks.is_empty() && channels.remove(channel).is_some()
}

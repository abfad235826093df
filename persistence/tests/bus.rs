//! The contract of bus, demand and desk requests, over Redis and in the process.

use std::sync::Arc;
use std::time::Duration;

use domain::bus::{Bus, Delivery, Demand, Message};
use domain::desk::DeskRequests;
use futures::StreamExt;
use futures::stream::BoxStream;
use persistence::local::LocalBus;
use persistence::redis::{RedisBus, RedisOptions};
use persistence::testing::PrivateRedis;

use crate::or_skip;

mod demand;
mod messages;
mod requests;

/// How long one delivery is waited for.
const SOON: Duration = Duration::from_secs(10);

/// Everything that a node has.
pub trait Node: Bus + Demand + DeskRequests {}

impl<T: Bus + Demand + DeskRequests> Node for T {}

/// Two nodes on one bus.
pub struct Nodes {
    pub one: Arc<dyn Node>,
    pub other: Arc<dyn Node>,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn in_the_process() {
    let bus = LocalBus::new();
    contract(&Nodes { one: Arc::new(bus.clone()), other: Arc::new(bus) }).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn over_redis() {
    let Some(server) = or_skip(PrivateRedis::start().await) else { return };
    let (one, other) = (connect(&server).await, connect(&server).await);
    contract(&Nodes { one: Arc::new(one), other: Arc::new(other) }).await;
    installations_share_a_server(&server).await;
    unreadable_messages_are_gaps(&server).await;
    one_subscription_per_topic(&server).await;
}

pub async fn connect(server: &PrivateRedis) -> RedisBus {
    RedisBus::connect(RedisOptions::new(server.url())).await.unwrap()
}

async fn contract(nodes: &Nodes) {
    nodes.one.ping().await.unwrap();
    messages::contract(nodes).await;
    demand::contract(nodes).await;
    requests::contract(nodes).await;
}

/// The next item, which must come soon.
pub async fn next<T>(stream: &mut BoxStream<'static, T>) -> T {
    let item = tokio::time::timeout(SOON, stream.next()).await;
    item.expect("something should have come by now").expect("the stream has ended")
}

/// The next delivery, which must be a message.
pub async fn next_message(stream: &mut BoxStream<'static, Delivery>) -> Message {
    match next(stream).await {
        Delivery::Message(message) => (*message).clone(),
        other => panic!("not a message: {other:?}"),
    }
}

async fn installations_share_a_server(server: &PrivateRedis) {
    let options = RedisOptions { prefix: "elsewhere:".into(), ..RedisOptions::new(server.url()) };
    let elsewhere = RedisBus::connect(options).await.unwrap();
    let here = connect(server).await;
    let quote = Message::Quote(crate::samples::quote(500, 1));
    let mut heard = elsewhere.subscribe(quote.topic()).await.unwrap();
    here.publish(std::slice::from_ref(&quote)).await.unwrap();
    assert_eq!(elsewhere.latest(&[quote.topic()]).await.unwrap(), [None]);
    let theirs = Message::Quote(crate::samples::quote(500, 2));
    elsewhere.publish(std::slice::from_ref(&theirs)).await.unwrap();
    assert_eq!(next_message(&mut heard).await, theirs);
    assert_eq!(here.latest(&[quote.topic()]).await.unwrap()[0].as_deref(), Some(&quote));
}

async fn unreadable_messages_are_gaps(server: &PrivateRedis) {
    let bus = connect(server).await;
    let quote = Message::Quote(crate::samples::quote(600, 1));
    let mut heard = bus.subscribe(quote.topic()).await.unwrap();
    let client = redis::Client::open(server.url()).unwrap();
    let mut raw = client.get_multiplexed_async_connection().await.unwrap();
    let instrument = crate::samples::id_of(600);
    for garbage in ["", "{", "{\"q\":{}}", "{\"new\":1}", "\u{0}"] {
        let channel = format!("tickgraph:topic:quotes:{instrument}");
        redis::cmd("PUBLISH").arg(channel).arg(garbage).query_async::<()>(&mut raw).await.unwrap();
        assert_eq!(next(&mut heard).await, Delivery::Interrupted, "{garbage:?}");
        assert_eq!(next(&mut heard).await, Delivery::Resumed, "{garbage:?}");
        let key = format!("tickgraph:last:quotes:{instrument}");
        redis::cmd("SET").arg(key).arg(garbage).query_async::<()>(&mut raw).await.unwrap();
        assert_eq!(bus.latest(&[quote.topic()]).await.unwrap(), [None], "{garbage:?}");
    }
    bus.publish(std::slice::from_ref(&quote)).await.unwrap();
    assert_eq!(next_message(&mut heard).await, quote);
}

async fn one_subscription_per_topic(server: &PrivateRedis) {
    let bus = connect(server).await;
    let client = redis::Client::open(server.url()).unwrap();
    let raw = client.get_multiplexed_async_connection().await.unwrap();
    let quote = Message::Quote(crate::samples::quote(700, 1));
    let channel = format!("tickgraph:topic:quotes:{}", crate::samples::id_of(700));
    let subscribers = |expected: i64| {
        let (mut raw, channel) = (raw.clone(), channel.clone());
        async move {
            let answer: (String, i64) =
                redis::cmd("PUBSUB").arg("NUMSUB").arg(channel).query_async(&mut raw).await.unwrap();
            (answer.1 == expected).then_some(())
        }
    };
    let mut listeners = Vec::new();
    for _ in 0..5 {
        listeners.push(bus.subscribe(quote.topic()).await.unwrap());
    }
    assert!(subscribers(1).await.is_some(), "five listeners share one subscription");
    bus.publish(std::slice::from_ref(&quote)).await.unwrap();
    for listener in &mut listeners {
        assert_eq!(next_message(listener).await, quote);
    }
    let last = listeners.pop();
    drop(listeners);
    bus.ping().await.unwrap();
    assert!(subscribers(1).await.is_some(), "one still listens");
    drop(last);
    crate::eventually("nobody listens, and nothing is subscribed", || subscribers(0)).await;
}

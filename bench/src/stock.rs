//! The peer of our own family: async-graphql's stock websocket service over Redis pub/sub, a process of
//! its own. One Redis subscription for the process; each message is parsed once and broadcast to the
//! resolvers, and from there on everything is the library's.

use std::collections::HashMap;
use std::sync::Arc;

use anyhow::Context as _;
use async_graphql::{Context, EmptyMutation, Enum, ID, Object, Schema, SimpleObject, Subscription};
use async_graphql_axum::GraphQLSubscription;
use axum::Router;
use futures::{Stream, StreamExt, stream};
use serde::Deserialize;
use tokio::io::AsyncReadExt;
use tokio::net::TcpListener;
use tokio::sync::broadcast;
use tokio_stream::wrappers::BroadcastStream;

/// How many events a resolver may lag behind before it loses some.
const BROADCAST_KEEPS: usize = 1_024;

/// How many instruments there are.
const INSTRUMENTS: usize = 100;

#[derive(Clone, Copy, PartialEq, Eq, Enum, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
enum FeedState {
    Live,
    Stale,
}

#[derive(SimpleObject, Deserialize)]
struct QuoteLevel {
    price: String,
    size: Option<String>,
}

#[derive(SimpleObject, Deserialize)]
struct Quote {
    sequence: String,
    state: FeedState,
    last: Option<QuoteLevel>,
    bid: Option<QuoteLevel>,
    ask: Option<QuoteLevel>,
}

type Topics = HashMap<String, broadcast::Sender<Arc<Quote>>>;

struct Query;

#[Object]
impl Query {
    async fn ready(&self) -> bool {
        true
    }
}

struct Subscriptions;

#[Subscription]
impl Subscriptions {
    #[allow(clippy::unused_async, reason = "the macro wants it")]
    async fn quotes(
        &self,
        context: &Context<'_>,
        instruments: Vec<ID>,
    ) -> async_graphql::Result<impl Stream<Item = Arc<Quote>> + 'static> {
        let topics = context.data::<Arc<Topics>>()?;
        let followed = instruments.iter().filter_map(|id| topics.get(id.as_str()));
        let streams: Vec<_> = followed.map(|topic| BroadcastStream::new(topic.subscribe())).collect();
        // What was lost by lagging behind shows in the sequence.
        Ok(stream::select_all(streams).filter_map(|quote| std::future::ready(quote.ok())))
    }
}

/// Serves until it is killed; the address of Redis comes through standard input.
pub async fn run() -> anyhow::Result<()> {
    let mut redis_url = String::new();
    tokio::io::stdin().read_to_string(&mut redis_url).await?;
    let names = (0..INSTRUMENTS).map(|index| index.to_string());
    let topics: Arc<Topics> =
        Arc::new(names.map(|name| (name, broadcast::channel(BROADCAST_KEEPS).0)).collect());
    let mut redis = redis::Client::open(redis_url.trim())?.get_async_pubsub().await?;
    redis.psubscribe("quotes/*").await?;
    tokio::spawn(distribute(redis, Arc::clone(&topics)));

    let schema = Schema::build(Query, EmptyMutation, Subscriptions).data(topics).finish();
    let router = Router::new().route_service("/graphql", GraphQLSubscription::new(schema));
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    crate::say(&format!("listening on http://{}", listener.local_addr()?));
    axum::serve(listener, router).await.context("the server ended")
}

async fn distribute(redis: redis::aio::PubSub, topics: Arc<Topics>) {
    let mut messages = redis.into_on_message();
    while let Some(message) = messages.next().await {
        let Some(name) = message.get_channel_name().strip_prefix("quotes/") else { continue };
        let quote = serde_json::from_slice::<Quote>(message.get_payload_bytes());
        if let (Some(topic), Ok(quote)) = (topics.get(name), quote) {
            // Nobody may be listening.
            let _ = topic.send(Arc::new(quote));
        }
    }
}

//! The load generator: many subscribers in one process, and the latency of what they get.
//!
//! A marker travels in each tick: the bid's size is the time, in microseconds, at which the gateway was
//! told. Both ends run on one machine and read one clock.

use std::time::Duration;

use anyhow::{Context, bail};
use clap::Args;
use domain::clock::{Clock, SystemClock};
use futures::{SinkExt, StreamExt};
use hdrhistogram::Histogram;
use serde_json::json;
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, tungstenite::Message};

const QUERY: &str = "subscription Load($instruments: [ID!]!) { quotes(instruments: $instruments, maxHz: 50) {
    ... on Quote { sequence state last { price size } ask { price } bid { size price } } } }";

/// What to do; the access token comes through standard input.
#[derive(Args)]
pub struct Options {
    /// The endpoint, as 127.0.0.1:8080.
    #[arg(long)]
    address: String,
    /// How many sockets.
    #[arg(long)]
    subscribers: usize,
    /// What each of them watches, by id.
    #[arg(long, value_delimiter = ',')]
    instruments: Vec<String>,
    /// How long to measure once all are connected.
    #[arg(long)]
    seconds: u64,
}

/// The present moment, in microseconds since 1970.
pub fn micros() -> u64 {
    u64::try_from(SystemClock.now().unix_timestamp_nanos() / 1_000).unwrap_or(0)
}

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// Connects, measures, and prints one line of JSON.
pub async fn run(options: Options) -> anyhow::Result<()> {
    let mut token = String::new();
    tokio::io::stdin().read_to_string(&mut token).await?;
    let mut sockets = Vec::new();
    for _ in 0..options.subscribers {
        sockets.push(connect(&options, token.trim()).await?);
    }
    // What was in flight while the sockets were made is not measured.
    tokio::time::sleep(Duration::from_secs(2)).await;
    let begin = micros();
    let (stop, stopped) = watch::channel(());
    let readers: Vec<_> =
        sockets.into_iter().map(|socket| tokio::spawn(read(socket, begin, stopped.clone()))).collect();
    drop(stopped);
    tokio::time::sleep(Duration::from_secs(options.seconds)).await;
    drop(stop);
    let mut all = histogram()?;
    for reader in readers {
        all.add(reader.await??)?;
    }
    let at = |quantile| all.value_at_quantile(quantile);
    crate::say(
        &json!({
            "deliveries": all.len(), "p50": at(0.5), "p99": at(0.99), "p999": at(0.999), "max": all.max(),
        })
        .to_string(),
    );
    Ok(())
}

fn histogram() -> anyhow::Result<Histogram<u64>> {
    Ok(Histogram::new_with_bounds(1, 60_000_000, 3)?)
}

async fn connect(options: &Options, token: &str) -> anyhow::Result<Socket> {
    let mut request = format!("ws://{}/graphql", options.address).into_client_request()?;
    let protocol = HeaderValue::from_static("graphql-transport-ws");
    request.headers_mut().insert("sec-websocket-protocol", protocol);
    let (mut socket, _) = tokio_tungstenite::connect_async(request).await?;
    let init = json!({ "type": "connection_init", "payload": { "accessToken": token } });
    socket.send(Message::text(init.to_string())).await?;
    let answer = socket.next().await.context("the socket was closed")??;
    if !answer.to_text()?.contains("connection_ack") {
        bail!("not acknowledged: {answer}");
    }
    let payload = json!({ "query": QUERY, "variables": { "instruments": options.instruments } });
    let subscribe = json!({ "type": "subscribe", "id": "1", "payload": payload });
    socket.send(Message::text(subscribe.to_string())).await?;
    Ok(socket)
}

/// Reads until told to stop; notes how late each marker is.
async fn read(
    mut socket: Socket,
    begin: u64,
    mut stopped: watch::Receiver<()>,
) -> anyhow::Result<Histogram<u64>> {
    let mut latencies = histogram()?;
    loop {
        let message = tokio::select! {
            _ = stopped.changed() => return Ok(latencies),
            message = socket.next() => message.context("the server closed a socket")??,
        };
        match message {
            Message::Text(text) => {
                if let Some(sent) = marker(&text).filter(|sent| *sent >= begin) {
                    latencies.record(micros().saturating_sub(sent).max(1))?;
                } else if text.contains("\"ping\"") {
                    socket.send(Message::text(json!({ "type": "pong" }).to_string())).await?;
                } else if text.contains("\"errors\"") || text.contains("\"error\"") {
                    bail!("the server says: {text}");
                }
            }
            Message::Close(frame) => bail!("the server closed a socket: {frame:?}"),
            _ => {}
        }
    }
}

/// The size of the bid, found without parsing: the load generator shares the machine with what it measures.
fn marker(text: &str) -> Option<u64> {
    let (_, bid) = text.split_once("\"bid\":{\"size\":\"")?;
    let (size, _) = bid.split_once('"')?;
    size.parse().ok()
}

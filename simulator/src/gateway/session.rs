//! One client: handshake, then its requests one after the other, until either side closes.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use tokio::net::tcp::OwnedReadHalf;
use tokio::sync::Semaphore;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::Instant;
use tokio_util::codec::{FramedRead, LengthDelimitedCodec};
use tokio_util::sync::CancellationToken;

use super::history::{self, LiveBars};
use super::market_data::Line;
use super::outbox::{Greeting, Outbox};
use super::pacing::{Pacing, Verdict};
use super::streams::Streams;
use super::{Hub, Signal, handshake, reference};
use crate::notice::{NO_REQUEST, Notice};
use crate::wire::session::{CurrentTime, CurrentTimeInMillis, ManagedAccounts, NextValidId, StartApiRequest};
use crate::wire::{Body, MAX_FRAME, Request, ids, text_frame};

/// How long a client may take to introduce itself.
const INTRODUCTION: Duration = Duration::from_secs(30);

type Frames = FramedRead<OwnedReadHalf, LengthDelimitedCodec>;

/// Serves one socket until the client, a fault or the gateway's end closes it.
pub(super) async fn serve(hub: Arc<Hub>, stream: TcpStream, socket: CancellationToken) {
    stream.set_nodelay(true).ok();
    let (read, write) = stream.into_split();
    let (out, writer) = Greeting::open(hub.clone(), write, socket.clone());
    socket.run_until_cancelled(converse(&hub, read, out)).await;
    writer.finish(&socket).await;
}

async fn converse(hub: &Arc<Hub>, mut read: OwnedReadHalf, out: Greeting) {
    let introduced = tokio::time::timeout(INTRODUCTION, async {
        let mut prefix = [0; 4];
        read.read_exact(&mut prefix).await.ok()?;
        if prefix != handshake::PREFIX {
            return None;
        }
        let mut frames = LengthDelimitedCodec::builder().max_frame_length(MAX_FRAME).new_read(read);
        introduce(hub, &mut frames, out).await.map(|introduced| (frames, introduced))
    });
    if let Ok(Some((frames, (out, client)))) = introduced.await {
        Session::new(out, client).run(frames).await;
    }
}

/// Agrees on a version, and with it on a dialect, and registers the client id.
async fn introduce(hub: &Arc<Hub>, frames: &mut Frames, out: Greeting) -> Option<(Outbox, Client)> {
    let offer = frames.next().await?.ok()?;
    let version = handshake::negotiate(std::str::from_utf8(&offer).ok()?)?;
    let out = out.speak(handshake::dialect(version));
    out.send_frame(text_frame(&handshake::acknowledgement(version, hub.exchange.now())));
    let start = frames.next().await?.ok()?;
    let (id, body) = out.dialect().split(&start)?;
    if id != ids::START_API {
        out.tell(&Notice::refusal(NO_REQUEST, 504, "Not connected"));
        return None;
    }
    let start: StartApiRequest = decode(id, body).map_err(|notice| out.tell(&notice)).ok()?;
    let Some(client) = Client::register(hub, start.client_id.unwrap_or_default()) else {
        out.tell(&Notice::news(326));
        return None;
    };
    Some((out, client))
}

/// Reads the body of a request; garbage is refused with 320.
pub(super) fn decode<M: Request>(id: i32, body: Body<'_>) -> Result<M, Notice> {
    body.read(id).map_err(|unreadable| {
        let name = ids::name(id).unwrap_or("request");
        let words = format!("Error reading request. Unable to parse {name}: {}", unreadable.cause);
        Notice::refusal(unreadable.request_id, 320, words)
    })
}

/// A client id that is in use while this lives.
pub(super) struct Client {
    hub: Arc<Hub>,
    id: i32,
}

impl Client {
    fn register(hub: &Arc<Hub>, id: i32) -> Option<Self> {
        let free = !hub.faults.take_busy_client_id() && hub.state().client_ids.insert(id);
        free.then(|| Self { hub: hub.clone(), id })
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        self.hub.state().client_ids.remove(&self.id);
    }
}

/// What a request comes to, where nothing is wrong with it: its answer has been sent.
pub(super) type Outcome = Result<(), Notice>;

/// A client that is through with the handshake.
pub(super) struct Session {
    pub(super) hub: Arc<Hub>,
    pub(super) out: Outbox,
    pub(super) client_id: i32,
    /// Its streams of level-1 data, by request id.
    pub(super) lines: HashMap<i32, Line>,
    /// Its streams beyond level 1.
    pub(super) streams: Streams,
    /// Its bars that are kept up to date, by request id.
    pub(super) live_bars: HashMap<i32, LiveBars>,
    /// How many more requests for bars it may have open.
    pub(super) open_history: Arc<Semaphore>,
    /// Its subscriptions to the account summary.
    pub(super) summaries: HashSet<i32>,
    _client: Client,
}

impl Session {
    fn new(out: Outbox, client: Client) -> Self {
        Self {
            hub: client.hub.clone(),
            out,
            client_id: client.id,
            lines: HashMap::new(),
            streams: Streams::default(),
            live_bars: HashMap::new(),
            open_history: history::allowance(),
            summaries: HashSet::new(),
            _client: client,
        }
    }

    async fn run(mut self, mut frames: Frames) {
        let mut signals = self.hub.signals.subscribe();
        let mut pacing = Pacing::new(self.hub.options.messages_per_second);
        self.welcome();
        loop {
            tokio::select! {
                frame = frames.next() => {
                    // A frame that is too long ends the stream, as the client's own close does.
                    let Some(Ok(frame)) = frame else { return };
                    let Some((id, body)) = self.out.dialect().split(&frame) else { return };
                    match pacing.judge(Instant::now()) {
                        Verdict::Serve => self.receive(id, body),
                        Verdict::Refuse => self.out.tell(&Notice::news(100)),
                        Verdict::Close => return self.out.tell(&Notice::news(100)),
                    }
                }
                signal = signals.recv() => match signal {
                    Ok(signal) => self.hear(&signal),
                    Err(RecvError::Lagged(_)) => self.hear(&Signal::RefreshLines),
                    Err(RecvError::Closed) => return,
                },
            }
        }
    }

    fn welcome(&self) {
        self.send_accounts();
        self.send_next_id();
        for code in [2104, 2106, 2158] {
            self.out.tell(&Notice::news(code));
        }
        if !self.hub.is_broker_reachable() {
            self.out.tell(&Notice::news(1100));
        }
    }

    fn hear(&mut self, signal: &Signal) {
        match signal {
            Signal::Tell(notice) => self.out.tell(notice),
            Signal::RefreshLines => {
                self.lines.values().for_each(Line::refresh);
                self.streams.refresh();
            }
            Signal::ResetBooks => self.streams.reset_books(),
            Signal::ForgetLines => {
                self.lines.clear();
                self.live_bars.clear();
                self.streams.forget();
            }
        }
    }

    /// Serves a frame. While the gateway is silent, it listens and does nothing.
    fn receive(&mut self, id: i32, body: Body<'_>) {
        if self.hub.faults.is_silent() {
            return;
        }
        let outcome = if body.can_be(id) { self.answer(id, body) } else { Err(reference::unknown(id)) };
        if let Err(notice) = outcome {
            self.out.tell(&notice);
        }
    }

    /// Hands a request to the module of its noun.
    fn answer(&mut self, id: i32, body: Body<'_>) -> Outcome {
        match id {
            ids::IDS => self.send_next_id(),
            ids::MANAGED_ACCOUNTS => self.send_accounts(),
            ids::CURRENT_TIME => self.out.send(&self.current_time()),
            ids::CURRENT_TIME_MILLIS => self.out.send(&self.current_time_millis()),
            ids::SET_LOG_LEVEL => {}
            ids::CONTRACT_DATA | ids::MATCHING_SYMBOLS | ids::MARKET_RULE | ids::CANCEL_CONTRACT_DATA => {
                return self.answer_contract(id, body);
            }
            ids::MARKET_DATA | ids::CANCEL_MARKET_DATA | ids::MARKET_DATA_TYPE => {
                return self.answer_market_data(id, body);
            }
            ids::HISTORICAL_DATA
            | ids::CANCEL_HISTORICAL_DATA
            | ids::HEAD_TIMESTAMP
            | ids::CANCEL_HEAD_TIMESTAMP => return self.answer_history(id, body),
            ids::TICK_BY_TICK | ids::CANCEL_TICK_BY_TICK => return self.answer_tape(id, body),
            ids::MARKET_DEPTH | ids::CANCEL_MARKET_DEPTH => return self.answer_depth(id, body),
            ids::REAL_TIME_BARS | ids::CANCEL_REAL_TIME_BARS => return self.answer_realtime_bars(id, body),
            ids::HISTORICAL_TICKS => return self.answer_historical_ticks(id, body),
            ids::SCANNER | ids::CANCEL_SCANNER | ids::SCANNER_PARAMETERS => {
                return self.answer_scanner(id, body);
            }
            ids::OPTION_PARAMETERS => return self.answer_option_chain(id, body),
            ids::ACCOUNT_DATA
            | ids::ACCOUNT_SUMMARY
            | ids::CANCEL_ACCOUNT_SUMMARY
            | ids::POSITIONS
            | ids::CANCEL_POSITIONS
            | ids::POSITIONS_MULTI
            | ids::CANCEL_POSITIONS_MULTI
            | ids::ACCOUNT_UPDATES_MULTI
            | ids::CANCEL_ACCOUNT_UPDATES_MULTI
            | ids::PNL
            | ids::CANCEL_PNL
            | ids::PNL_SINGLE
            | ids::CANCEL_PNL_SINGLE
            | ids::FAMILY_CODES => return self.answer_account(id, body),
            ids::PLACE_ORDER
            | ids::CANCEL_ORDER
            | ids::GLOBAL_CANCEL
            | ids::OPEN_ORDERS
            | ids::ALL_OPEN_ORDERS
            | ids::AUTO_OPEN_ORDERS
            | ids::COMPLETED_ORDERS
            | ids::EXECUTIONS => return self.answer_order(id, body),
            _ => return self.answer_reference(id, body),
        }
        Ok(())
    }

    fn send_next_id(&self) {
        self.out.send(&NextValidId { order_id: Some(1) });
    }

    fn send_accounts(&self) {
        self.out.send(&ManagedAccounts { accounts_list: Some(self.hub.options.accounts.join(",")) });
    }

    fn current_time(&self) -> CurrentTime {
        CurrentTime { current_time: Some(self.hub.exchange.now().unix_timestamp()) }
    }

    fn current_time_millis(&self) -> CurrentTimeInMillis {
        let milliseconds = self.hub.exchange.now().unix_timestamp_nanos() / 1_000_000;
        CurrentTimeInMillis { current_time_in_millis: i64::try_from(milliseconds).ok() }
    }
}

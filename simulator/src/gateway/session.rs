//! One client that has introduced itself: its requests, one after the other, until either side closes.

use std::collections::HashMap;
use std::ops::ControlFlow;
use std::sync::Arc;

use futures::StreamExt;
use tokio::sync::Semaphore;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::Instant;

use super::account_streams::{self, AccountStreams};
use super::history::{self, LiveBars};
use super::introduction::{Client, Frames};
use super::market_data::Line;
use super::order_news::OrderNews;
use super::outbox::Outbox;
use super::pacing::{Pacing, Verdict};
use super::streams::Streams;
use super::{Hub, Signal, order, reference};
use crate::faults::DropPoint;
use crate::notice::Notice;
use crate::wire::session::{CurrentTime, CurrentTimeInMillis, ManagedAccounts, NextValidId};
use crate::wire::{Body, Request, ids};

/// Reads the body of a request; garbage is refused with 320.
pub(super) fn decode<M: Request>(id: i32, body: Body<'_>) -> Result<M, Notice> {
    body.read(id).map_err(|unreadable| {
        let name = ids::name(id).unwrap_or("request");
        let words = format!("Error reading request. Unable to parse {name}: {}", unreadable.cause);
        Notice::refusal(unreadable.request_id, 320, words)
    })
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
    /// What it follows of accounts.
    pub(super) account_streams: AccountStreams,
    /// What it is to be told of orders.
    pub(super) news: OrderNews,
    _client: Client,
}

impl Session {
    /// The session of a client that has introduced itself.
    pub(super) fn new(out: Outbox, client: Client) -> Self {
        Self {
            hub: client.hub.clone(),
            out,
            client_id: client.id,
            lines: HashMap::new(),
            streams: Streams::default(),
            live_bars: HashMap::new(),
            open_history: history::allowance(),
            account_streams: AccountStreams::default(),
            news: OrderNews::new(client.hub.exchange.broker_events()),
            _client: client,
        }
    }

    /// Serves the client until it ends.
    pub(super) async fn run(mut self, mut frames: Frames) {
        let mut signals = self.hub.signals.subscribe();
        let mut pacing = Pacing::new(self.hub.options.messages_per_second);
        let mut pace = account_streams::pace();
        self.welcome();
        loop {
            let late = self.news.next_late();
            tokio::select! {
                frame = frames.next() => {
                    // A frame that is too long ends the stream, as the client's own close does.
                    let Some(Ok(frame)) = frame else { return };
                    let Some((id, body)) = self.out.dialect().split(&frame) else { return };
                    match pacing.judge(Instant::now()) {
                        Verdict::Serve => {
                            if let ControlFlow::Break(point) = self.receive(id, body) {
                                return self.drop_socket(point, &frames);
                            }
                        }
                        Verdict::Refuse => self.out.tell(&Notice::news(100)),
                        Verdict::Close => return self.out.tell(&Notice::news(100)),
                    }
                }
                signal = signals.recv() => match signal {
                    Ok(signal) => self.hear(&signal),
                    Err(RecvError::Lagged(_)) => self.hear(&Signal::RefreshLines),
                    Err(RecvError::Closed) => return,
                },
                Some(event) = self.news.events.recv(), if self.hub.is_broker_reachable() => {
                    self.tell_event(&event);
                    self.tell_events();
                }
                () = until(late) => self.tell_late(),
                _ = pace.tick() => self.beat(),
            }
        }
    }

    /// Drops the socket of an order at this point of its way.
    fn drop_socket(&self, point: DropPoint, frames: &Frames) {
        tracing::debug!(?point, client = self.client_id, "a socket is dropped, as was asked for");
        match point {
            // What was sent is on its way.
            DropPoint::Acknowledged => {}
            DropPoint::Unread => {
                // A socket that is closed with something unread is reset.
                frames.get_ref().as_ref().set_zero_linger().ok();
                self.out.abort();
            }
            DropPoint::Read | DropPoint::Taken => self.out.abort(),
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
            Signal::Tell(notice) => {
                self.out.tell(notice);
                self.tell_events();
            }
            Signal::TellClient(client_id, notice) if *client_id == self.client_id => self.out.tell(notice),
            Signal::TellClient(..) => {}
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

    /// Serves a frame, or says at which point the socket is dropped. While the gateway is silent, it listens
    /// and does nothing.
    fn receive(&mut self, id: i32, body: Body<'_>) -> ControlFlow<DropPoint> {
        if self.hub.faults.is_silent() {
            return ControlFlow::Continue(());
        }
        let drop = if order::is_command(id) { self.hub.faults.orders.take_drop() } else { None };
        if let Some(point @ (DropPoint::Unread | DropPoint::Read)) = drop {
            return ControlFlow::Break(point);
        }
        // What has happened is told before what is answered.
        self.tell_events();
        let outcome = if body.can_be(id) { self.answer(id, body) } else { Err(reference::unknown(id)) };
        if drop == Some(DropPoint::Taken) {
            return ControlFlow::Break(DropPoint::Taken);
        }
        if let Err(notice) = outcome {
            self.out.tell(&notice);
        }
        if let Some(point) = drop {
            self.tell_next_event();
            return ControlFlow::Break(point);
        }
        self.tell_events();
        ControlFlow::Continue(())
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
        let next = self.hub.exchange.next_order_id(self.client_id);
        let next = next.saturating_sub(self.hub.faults.orders.ids_back()).max(1);
        self.out.send(&NextValidId { order_id: Some(next) });
    }

    fn send_accounts(&self) {
        self.out.send(&ManagedAccounts { accounts_list: Some(self.hub.accounts().join(",")) });
    }

    fn current_time(&self) -> CurrentTime {
        CurrentTime { current_time: Some(self.hub.exchange.now().unix_timestamp()) }
    }

    fn current_time_millis(&self) -> CurrentTimeInMillis {
        let milliseconds = self.hub.exchange.now().unix_timestamp_nanos() / 1_000_000;
        CurrentTimeInMillis { current_time_in_millis: i64::try_from(milliseconds).ok() }
    }
}

/// Waits for this moment; for ever where there is none.
async fn until(moment: Option<Instant>) {
    match moment {
        Some(moment) => tokio::time::sleep_until(moment).await,
        None => std::future::pending().await,
    }
}

//! The gateway: listens, accepts, and keeps what its sessions share.

mod account;
mod account_streams;
mod account_value;
mod chain;
mod contract;
mod depth;
mod execution;
mod handshake;
mod held;
mod historical_ticks;
mod history;
mod introduction;
mod market_data;
mod option;
mod option_chain;
mod options;
mod order;
mod order_news;
mod outbox;
mod pacing;
mod period;
mod perm_id;
mod pnl;
mod portfolio;
mod quote;
mod realtime_bars;
mod reference;
mod report;
mod rows;
mod scan;
mod scanner;
mod schedule;
mod search;
mod seat;
mod session;
mod streams;
mod tape;
mod tick;
mod ticket;

use std::collections::HashSet;
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::{broadcast, watch};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use self::held::Held;
pub use self::options::GatewayOptions;
use self::perm_id::PermIds;
use self::seat::{Counting, Seats};
use crate::exchange::Exchange;
use crate::faults::{FaultState, Faults};
use crate::notice::Notice;

/// A running gateway: a handle that is cheap to clone. Dropping the last one closes everything.
#[derive(Clone)]
pub struct Gateway {
    hub: Arc<Hub>,
    _close: Arc<CloseGuard>,
}

struct CloseGuard(Arc<Hub>);

impl Drop for CloseGuard {
    fn drop(&mut self) {
        self.0.close.cancel();
    }
}

impl Gateway {
    /// Starts a gateway in front of this exchange; it listens when this returns.
    pub async fn start(exchange: Exchange, options: GatewayOptions) -> io::Result<Self> {
        let hub = Arc::new(Hub::new(exchange, options));
        hub.listen().await?;
        let openings = hub.exchange.openings();
        tokio::spawn(hub.close.clone().run_until_cancelled_owned(follow_exchange(hub.clone(), openings)));
        Ok(Self { _close: Arc::new(CloseGuard(hub.clone())), hub })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.hub.state().address
    }

    /// Closes the listener and all sockets, and returns when they are closed.
    pub async fn stop(&self) {
        self.hub.stop_listening().await;
        self.hub.drop_sockets();
        self.hub.sessions.close();
        self.hub.sessions.wait().await;
    }

    /// Listens again after [`Self::stop`], on the same port.
    pub async fn restart(&self) -> io::Result<()> {
        self.hub.listen().await
    }

    /// Its switches for misbehaviour.
    pub fn faults(&self) -> Faults {
        Faults { hub: self.hub.clone() }
    }

    /// How many clients are connected and through with the handshake.
    pub fn connected_clients(&self) -> usize {
        self.hub.state().client_ids.len()
    }

    /// How many market-data lines are in use.
    pub fn lines_in_use(&self) -> usize {
        self.hub.lines.load(Ordering::Relaxed)
    }

    /// How many streams of tick-by-tick data are open.
    pub fn tick_by_tick_streams_in_use(&self) -> usize {
        self.hub.tapes.in_use()
    }

    /// Of how many instruments the book is followed.
    pub fn depth_instruments_in_use(&self) -> usize {
        self.hub.books.in_use()
    }
}

impl fmt::Debug for Gateway {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Gateway").field("address", &self.address()).finish_non_exhaustive()
    }
}

/// Tells the clients when the exchange stops, and when it goes on.
async fn follow_exchange(hub: Arc<Hub>, mut openings: watch::Receiver<bool>) {
    while openings.changed().await.is_ok() {
        if *openings.borrow_and_update() {
            hub.tell(Notice::news(1102));
            hub.refresh_lines();
            hub.send_held_orders();
        } else {
            hub.tell(Notice::news(1100));
        }
    }
}

/// What a session is told by the gateway.
#[derive(Clone, Debug)]
enum Signal {
    /// Pass this on.
    Tell(Notice),
    /// Pass this on, where this is your client id.
    TellClient(i32, Notice),
    /// Send all prices of all lines again.
    RefreshLines,
    /// Forget all lines.
    ForgetLines,
    /// Let clients begin their books anew.
    ResetBooks,
}

/// What the sessions of a gateway share.
pub(crate) struct Hub {
    pub(crate) faults: FaultState,
    exchange: Exchange,
    options: GatewayOptions,
    lines: AtomicUsize,
    /// For tick-by-tick data.
    tapes: Arc<Seats>,
    /// For market depth.
    books: Arc<Seats>,
    /// What waits for the exchange.
    held: Mutex<Vec<Held>>,
    perm_ids: PermIds,
    signals: broadcast::Sender<Signal>,
    sessions: TaskTracker,
    /// Ends everything.
    close: CancellationToken,
    state: Mutex<HubState>,
}

struct HubState {
    address: SocketAddr,
    client_ids: HashSet<i32>,
    /// Ends the sockets that are open now.
    sockets: CancellationToken,
    listener: Option<Listening>,
}

struct Listening {
    stop: CancellationToken,
    task: JoinHandle<Option<()>>,
}

impl Hub {
    fn new(exchange: Exchange, options: GatewayOptions) -> Self {
        let close = CancellationToken::new();
        let state = HubState {
            address: options.listen,
            client_ids: HashSet::new(),
            sockets: close.child_token(),
            listener: None,
        };
        Self {
            faults: FaultState::default(),
            exchange,
            lines: AtomicUsize::new(0),
            tapes: Seats::new(Counting::Streams, options.tick_by_tick_streams, options.tick_by_tick_interval),
            books: Seats::new(Counting::Instruments, options.depth_instruments, Duration::ZERO),
            options,
            held: Mutex::default(),
            perm_ids: PermIds::default(),
            signals: broadcast::Sender::new(256),
            sessions: TaskTracker::new(),
            close,
            state: Mutex::new(state),
        }
    }

    fn state(&self) -> MutexGuard<'_, HubState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The accounts of the user.
    fn accounts(&self) -> Vec<String> {
        let accounts = &self.options.accounts;
        if accounts.is_empty() { self.exchange.accounts() } else { accounts.clone() }
    }

    /// Begins to listen, where it does not yet.
    pub(crate) async fn listen(self: &Arc<Self>) -> io::Result<()> {
        let address = {
            let state = self.state();
            if state.listener.is_some() {
                return Ok(());
            }
            state.address
        };
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let stop = self.close.child_token();
        let task = tokio::spawn(stop.clone().run_until_cancelled_owned(accept(self.clone(), listener)));
        let mut state = self.state();
        state.address = address;
        state.listener = Some(Listening { stop, task });
        Ok(())
    }

    /// Stops listening, and returns when the port is free.
    pub(crate) async fn stop_listening(&self) {
        let listener = self.state().listener.take();
        if let Some(Listening { stop, task }) = listener {
            stop.cancel();
            task.await.ok();
        }
    }

    /// Closes all sockets.
    pub(crate) fn drop_sockets(&self) {
        let next = self.close.child_token();
        std::mem::replace(&mut self.state().sockets, next).cancel();
    }

    /// Tells all clients.
    pub(crate) fn tell(&self, notice: Notice) {
        self.signal(Signal::Tell(notice));
    }

    /// Lets the sessions send all prices again.
    pub(crate) fn refresh_lines(&self) {
        self.signal(Signal::RefreshLines);
    }

    /// Lets the sessions forget their lines.
    pub(crate) fn forget_lines(&self) {
        self.signal(Signal::ForgetLines);
    }

    /// Lets the sessions' clients begin their books anew.
    pub(crate) fn reset_books(&self) {
        self.signal(Signal::ResetBooks);
    }

    fn signal(&self, signal: Signal) {
        // It fails where nobody is connected, which is no fault.
        self.signals.send(signal).ok();
    }

    /// Whether prices get through from the exchange.
    fn market_data_flows(&self) -> bool {
        self.exchange.is_open() && !self.faults.is_market_data_down()
    }

    /// Whether anything gets through from the exchange.
    fn is_broker_reachable(&self) -> bool {
        self.exchange.is_open() && !self.faults.is_broker_lost()
    }
}

/// Accepts sockets until it is dropped.
async fn accept(hub: Arc<Hub>, listener: TcpListener) {
    loop {
        match listener.accept().await {
            Ok((socket, peer)) => {
                if hub.sessions.len() >= hub.options.clients {
                    tracing::warn!(%peer, limit = hub.options.clients, "too many clients; socket closed");
                    continue;
                }
                let sockets = hub.state().sockets.child_token();
                hub.sessions.spawn(introduction::serve(hub.clone(), socket, sockets));
            }
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(std::time::Duration::from_millis(50)).await;
            }
        }
    }
}

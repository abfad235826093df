//! Misbehaviour on demand: everything that goes wrong with a real gateway, switched on and off by a test
//! or from the keyboard.

mod order;

use std::fmt;
use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

pub use self::order::DropPoint;
pub(crate) use self::order::OrderFaults;
use crate::gateway::Hub;
use crate::notice::Notice;

/// How market data can be refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MarketDataRefusal {
    /// 354: not subscribed.
    NotSubscribed,
    /// 10089: not subscribed for use by programs.
    NotSubscribedForApi,
    /// 10167: not subscribed; delayed data is sent instead.
    Delayed,
    /// 10197: the user is logged in elsewhere, and the data goes there.
    CompetingSession,
}

impl MarketDataRefusal {
    /// The broker's code.
    pub const fn code(self) -> i32 {
        match self {
            Self::NotSubscribed => 354,
            Self::NotSubscribedForApi => 10089,
            Self::Delayed => 10167,
            Self::CompetingSession => 10197,
        }
    }

    /// The refusal with this code.
    pub const fn from_code(code: i32) -> Option<Self> {
        match code {
            354 => Some(Self::NotSubscribed),
            10089 => Some(Self::NotSubscribedForApi),
            10167 => Some(Self::Delayed),
            10197 => Some(Self::CompetingSession),
            _ => None,
        }
    }
}

/// What is wrong with a gateway at the moment.
#[derive(Debug, Default)]
pub(crate) struct FaultState {
    silent: AtomicBool,
    delay_us: AtomicU64,
    busy_next: AtomicBool,
    history_refused: AtomicBool,
    market_data: Mutex<Option<MarketDataRefusal>>,
    /// What is wrong with orders.
    pub(crate) orders: OrderFaults,
    /// After 1100, until 1101 or 1102.
    broker_lost: AtomicBool,
    /// After 2103, until 2104.
    market_data_farm_down: AtomicBool,
    /// After 2105, until 2106.
    history_farm_down: AtomicBool,
}

impl FaultState {
    pub(crate) fn is_silent(&self) -> bool {
        self.silent.load(Ordering::Relaxed)
    }

    pub(crate) fn delay(&self) -> Duration {
        Duration::from_micros(self.delay_us.load(Ordering::Relaxed))
    }

    /// Whether this connection is the one that finds its client id in use.
    pub(crate) fn take_busy_client_id(&self) -> bool {
        self.busy_next.swap(false, Ordering::Relaxed)
    }

    pub(crate) fn market_data_refusal(&self) -> Option<MarketDataRefusal> {
        *self.market_data.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn is_broker_lost(&self) -> bool {
        self.broker_lost.load(Ordering::Relaxed)
    }

    pub(crate) fn is_market_data_down(&self) -> bool {
        self.is_broker_lost() || self.market_data_farm_down.load(Ordering::Relaxed)
    }

    pub(crate) fn is_history_refused(&self) -> bool {
        self.history_refused.load(Ordering::Relaxed)
    }

    pub(crate) fn is_history_farm_down(&self) -> bool {
        self.history_farm_down.load(Ordering::Relaxed)
    }

    /// What is wrong, in the words that one types to make it so.
    fn active(&self) -> Vec<String> {
        let switches = [
            ("silent on", &self.silent),
            ("busy-client-id", &self.busy_next),
            ("history off", &self.history_refused),
            ("notice 1100", &self.broker_lost),
            ("notice 2103", &self.market_data_farm_down),
            ("notice 2105", &self.history_farm_down),
        ];
        let on = switches.into_iter().filter(|(_, switch)| switch.load(Ordering::Relaxed));
        let delay = Some(self.delay()).filter(|delay| !delay.is_zero());
        on.map(|(words, _)| words.to_owned())
            .chain(delay.map(|delay| format!("delay {}", delay.as_millis())))
            .chain(self.market_data_refusal().map(|refusal| format!("market-data {}", refusal.code())))
            .chain(self.orders.active())
            .collect()
    }
}

/// The switches of one gateway. Each fault stays until it is lifted; [`Self::lift`] lifts them all.
#[derive(Clone)]
pub struct Faults {
    pub(crate) hub: Arc<Hub>,
}

impl Faults {
    fn state(&self) -> &FaultState {
        &self.hub.faults
    }

    /// Closes all sockets, now. Clients may connect again at once.
    pub fn drop_sockets(&self) {
        self.hub.drop_sockets();
    }

    /// Goes silent: connections are accepted and read, but nothing is answered and nothing sent.
    pub fn go_silent(&self) {
        self.state().silent.store(true, Ordering::Relaxed);
    }

    /// Ends the silence. What was to be said meanwhile is lost, but for the prices of open lines.
    pub fn speak(&self) {
        self.state().silent.store(false, Ordering::Relaxed);
        self.hub.refresh_lines();
    }

    /// Sends every message this much later than it should; zero lifts it. Order is kept.
    pub fn delay(&self, delay: Duration) {
        let micros = u64::try_from(delay.as_micros()).unwrap_or(u64::MAX);
        self.state().delay_us.store(micros, Ordering::Relaxed);
    }

    /// Stops listening: whoever connects is refused. Open sockets stay open.
    pub async fn refuse_connections(&self) {
        self.hub.stop_listening().await;
    }

    /// Listens again, on the same port.
    pub async fn accept_connections(&self) -> io::Result<()> {
        self.hub.listen().await
    }

    /// Tells all clients this code with its usual words, and does what it says: 1100 stops market data
    /// and answers until 1101 (which also forgets all market-data lines) or 1102, when the orders that were
    /// sent meanwhile reach the exchange after all; 2103 stops market data
    /// until 2104; 2105 stops history until 2106. Any other code is only told.
    pub fn notice(&self, code: i32) {
        let state = self.state();
        match code {
            1100 => state.broker_lost.store(true, Ordering::Relaxed),
            1101 | 1102 => state.broker_lost.store(false, Ordering::Relaxed),
            2103 => state.market_data_farm_down.store(true, Ordering::Relaxed),
            2104 => state.market_data_farm_down.store(false, Ordering::Relaxed),
            2105 => state.history_farm_down.store(true, Ordering::Relaxed),
            2106 => state.history_farm_down.store(false, Ordering::Relaxed),
            _ => {}
        }
        self.hub.tell(Notice::news(code));
        match code {
            1101 => self.hub.forget_lines(),
            1102 | 2104 => self.hub.refresh_lines(),
            _ => {}
        }
        self.hub.send_held_orders();
    }

    /// The next client to connect, alone, is told that its client id is in use (326).
    pub fn busy_client_id(&self) {
        self.state().busy_next.store(true, Ordering::Relaxed);
    }

    /// Answers new requests for market data with this refusal.
    pub fn refuse_market_data(&self, refusal: MarketDataRefusal) {
        *self.state().market_data.lock().unwrap_or_else(PoisonError::into_inner) = Some(refusal);
    }

    /// Serves market data again.
    pub fn serve_market_data(&self) {
        *self.state().market_data.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Tells clients to throw their books away (317), and all rows of them again.
    pub fn reset_depth(&self) {
        self.hub.reset_books();
    }

    /// Answers requests for history with 162.
    pub fn refuse_history(&self) {
        self.state().history_refused.store(true, Ordering::Relaxed);
    }

    /// Serves history again.
    pub fn serve_history(&self) {
        self.state().history_refused.store(false, Ordering::Relaxed);
    }

    /// Lifts every fault. A connection that was said to be lost is said to be restored.
    pub async fn lift(&self) -> io::Result<()> {
        let state = self.state();
        state.busy_next.store(false, Ordering::Relaxed);
        state.orders.lift();
        self.delay(Duration::ZERO);
        self.serve_market_data();
        self.serve_history();
        self.speak();
        let broken = [
            (1102, &state.broker_lost),
            (2104, &state.market_data_farm_down),
            (2106, &state.history_farm_down),
        ];
        for (code, _) in broken.into_iter().filter(|(_, down)| down.load(Ordering::Relaxed)) {
            self.notice(code);
        }
        self.accept_connections().await
    }
}

impl fmt::Debug for Faults {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "faults: [{}]", self.state().active().join(", "))
    }
}

//! The running loops of a desk.
//!
//! Exactly one desk leads ([`leader`]): it feeds the bus from the broker ([`feed`]), answers the
//! questions of the api nodes ([`answer`]), watches alerts ([`alert`]) and delivers what they say ([`delivery`]), and says
//! every second how it is. Others stand by.

pub mod alert;
pub mod answer;
pub mod delivery;
pub mod feed;
pub mod history;
pub mod leader;
mod tap;

use std::sync::Arc;
use std::time::Duration;

use domain::alert::AlertWatchStore;
use domain::bar::BarStore;
use domain::bus::{Bus, Demand};
use domain::clock::Clock;
use domain::delivery::DeliveryStore;
use domain::desk::DeskRequests;
use domain::installation::InstallationStore;
use domain::instrument::InstrumentStore;
use domain::lease::LeaseStore;
use domain::mail::Mailer;
use domain::market_data::MarketDataSource;
use domain::random::Random;
use domain::webhook::WebhookSender;
use uuid::Uuid;

pub use leader::Desk;

/// Connects to the broker; called when this desk begins to lead, with the fencing token of its lease.
/// `None` where no broker is configured.
pub type SourceFactory = Arc<dyn Fn(u64) -> Option<Arc<dyn MarketDataSource>> + Send + Sync>;

/// What a desk needs of the outside.
#[derive(Clone)]
pub struct DeskPorts {
    /// Who leads.
    pub lease: Arc<dyn LeaseStore>,
    /// Which world this database belongs to.
    pub installation: Arc<dyn InstallationStore>,
    /// Which instruments are known.
    pub instruments: Arc<dyn InstrumentStore>,
    /// Bars of the past.
    pub bars: Arc<dyn BarStore>,
    /// Alerts that are watched.
    pub alerts: Arc<dyn AlertWatchStore>,
    /// What is to be delivered.
    pub deliveries: Arc<dyn DeliveryStore>,
    /// Posts to users' webhooks.
    pub webhooks: Arc<dyn WebhookSender>,
    /// Sends e-mail, where that is configured.
    pub mailer: Option<Arc<dyn Mailer>>,
    /// Where everything that is published goes.
    pub bus: Arc<dyn Bus>,
    /// What is listened to.
    pub demand: Arc<dyn Demand>,
    /// Questions from the api nodes.
    pub requests: Arc<dyn DeskRequests>,
    /// The broker.
    pub source: SourceFactory,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// The market's time, by which bars begin and end: the same, unless a recorded day is replayed.
    pub market_clock: Arc<dyn Clock>,
    /// Ids, and chance where many would come at once.
    pub random: Arc<dyn Random>,
}

/// The desk's name and its timings.
#[derive(Clone, Copy, Debug)]
pub struct DeskOptions {
    /// This process's name as a lease holder; new at each start.
    pub id: Uuid,
    /// How long the lease lives without being renewed.
    pub lease_lives: Duration,
    /// How often the lease is renewed, or asked for.
    pub lease_every: Duration,
    /// How long a line is kept after nobody listens any more.
    pub linger: Duration,
    /// How often what is wanted is read again, also without being told of a change.
    pub demand_every: Duration,
    /// How long after a refusal by the broker an instrument that is still wanted is tried again.
    pub refused_for: Duration,
}

impl DeskOptions {
    /// The usual timings: a standby takes over about 6 s after the leader was killed.
    pub fn new(id: Uuid) -> Self {
        Self {
            id,
            lease_lives: Duration::from_secs(5),
            lease_every: Duration::from_secs(1),
            linger: Duration::from_secs(30),
            demand_every: Duration::from_millis(500),
            refused_for: Duration::from_secs(15),
        }
    }
}

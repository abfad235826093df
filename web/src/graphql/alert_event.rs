//! What alerts did: read page by page, and as it happens.

use cynic::{MutationBuilder, QueryBuilder};

use super::alert::Alert;
use super::document::{mutation, query, subscription};
use super::failure::Failure;
use super::instrument::Instrument;
use super::page::{Page, PageInfo};
use super::scalar::{DateTime, Decimal};
use super::schema;
use super::user_error::{Refusal, UserError};
use crate::session::Session;

/// A way by which an alert reaches a person.
#[derive(cynic::Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "described in the contract")]
pub enum AlertChannel {
    Email,
    Webhook,
}

/// How far it got.
#[derive(cynic::Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "described in the contract")]
pub enum DeliveryState {
    Pending,
    Delivered,
    Failed,
}

/// One way that was taken.
#[derive(cynic::QueryFragment, Clone, Debug, PartialEq, Eq)]
pub struct AlertDelivery {
    /// Which.
    pub channel: AlertChannel,
    /// How far it got.
    pub state: DeliveryState,
    /// Why it failed the last time.
    pub last_error: Option<String>,
}

/// An alert has told.
#[derive(cynic::QueryFragment, Clone, Debug, PartialEq, Eq)]
pub struct AlertEvent {
    /// Its number: 1, 2, 3 … for each user.
    pub number: Decimal,
    /// Of what.
    pub instrument: Instrument,
    /// What it says, in English.
    pub text: String,
    /// The value that was seen.
    pub value: Decimal,
    /// With what it was compared.
    pub threshold: Decimal,
    /// When.
    pub at: DateTime,
    /// Which ways were taken.
    pub deliveries: Vec<AlertDelivery>,
    /// When it was read.
    pub read_at: Option<DateTime>,
}

#[derive(cynic::QueryFragment)]
struct AlertEventConnection {
    nodes: Vec<AlertEvent>,
    page_info: PageInfo,
}

#[derive(cynic::QueryVariables)]
struct AlertEventsVariables {
    first: Option<i32>,
    after: Option<String>,
}

#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "Query", variables = "AlertEventsVariables")]
struct AlertEvents {
    #[arguments(first: $first, after: $after)]
    alert_events: Option<AlertEventConnection>,
}

/// How many of the latest are shown.
const PAGE: i32 = 100;

/// The latest, newest first.
pub async fn latest(session: Session) -> Result<Page<AlertEvent>, Failure> {
    let operation = AlertEvents::build(AlertEventsVariables { first: Some(PAGE), after: None });
    let found = session.call(&operation).await?.alert_events.ok_or(Failure::Unreachable)?;
    Ok(Page::new(found.nodes, found.page_info))
}

/// From where on.
#[derive(cynic::QueryVariables)]
pub struct LiveAlertEventsVariables {
    /// The number after which it begins; from now on where there is none.
    pub since: Option<Decimal>,
}

/// What alerts do, as it happens.
#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "Subscription", variables = "LiveAlertEventsVariables")]
pub struct LiveAlertEvents {
    /// One event.
    #[arguments(since: $since)]
    pub alert_events: Happening,
}

/// One event as it happens.
#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "AlertEvent")]
pub struct Happening {
    /// The event.
    #[cynic(spread)]
    pub event: AlertEvent,
    /// How the alert stands after it; none where it was deleted.
    pub alert: Option<Alert>,
}

#[derive(cynic::InputObject)]
struct AlertEventsReadInput {
    through: Decimal,
}

#[derive(cynic::QueryVariables)]
struct AlertEventsReadVariables {
    input: AlertEventsReadInput,
}

#[derive(cynic::QueryFragment)]
struct AlertEventsReadPayload {
    read_through: Option<Decimal>,
    user_errors: Vec<UserError>,
}

#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "Mutation", variables = "AlertEventsReadVariables")]
struct AlertEventsRead {
    #[arguments(input: $input)]
    alert_events_read: AlertEventsReadPayload,
}

/// Says that everything up to this number has been read.
pub async fn read(session: Session, through: Decimal) -> Result<Decimal, Refusal> {
    let operation =
        AlertEventsRead::build(AlertEventsReadVariables { input: AlertEventsReadInput { through } });
    let payload = session.call(&operation).await?.alert_events_read;
    payload.read_through.ok_or(Refusal::User(payload.user_errors))
}

/// The texts of the operations here.
pub fn documents() -> Vec<String> {
    vec![
        query::<AlertEvents, AlertEventsVariables>(),
        subscription::<LiveAlertEvents, LiveAlertEventsVariables>(),
        mutation::<AlertEventsRead, AlertEventsReadVariables>(),
    ]
}

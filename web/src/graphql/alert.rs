//! Price alerts, and what is done with them.

use cynic::{MutationBuilder, QueryBuilder};

use super::bar::BarSize;
use super::document::{mutation, query};
use super::failure::Failure;
use super::indicator::{IndicatorInput, IndicatorKind, PriceSource};
use super::instrument::{Instrument, InstrumentId};
use super::page::{Page, PageInfo};
use super::scalar::{DateTime, Decimal};
use super::schema;
use super::user_error::{Refusal, UserError};
use super::webhook::{Webhook, WebhookId};
use crate::session::Session;

/// The id of an alert.
pub type AlertId = cynic::Id;

/// What is watched.
#[derive(cynic::Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "described in the contract")]
pub enum AlertField {
    Last,
    Bid,
    Ask,
    Change,
    ChangePercent,
    Indicator,
}

/// How it is compared.
#[derive(cynic::Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "described in the contract")]
pub enum AlertComparison {
    Above,
    Below,
    CrossesUp,
    CrossesDown,
    Crosses,
}

/// How often it tells.
#[derive(cynic::Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "described in the contract")]
pub enum AlertRepeat {
    Once,
    EveryTime,
}

/// Where it stands.
#[derive(cynic::Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "described in the contract")]
pub enum AlertState {
    Active,
    Paused,
    Triggered,
    Expired,
    Failed,
}

/// The indicator that is watched.
#[derive(cynic::QueryFragment, Clone, Debug, PartialEq, Eq)]
pub struct AlertIndicator {
    /// Over bars of which size.
    pub size: BarSize,
    /// What is computed.
    pub kind: IndicatorKind,
    /// Its name with its settings.
    pub name: String,
    /// Which of its lines.
    pub line: String,
    /// From which price.
    pub source: Option<PriceSource>,
    /// Over how many bars.
    pub length: Option<i32>,
    /// The fast length.
    pub fast: Option<i32>,
    /// The slow length.
    pub slow: Option<i32>,
    /// The length of the signal.
    pub signal: Option<i32>,
    /// The width of the bands.
    pub deviations: Option<Decimal>,
}

/// When it tells.
#[derive(cynic::QueryFragment, Clone, Debug, PartialEq, Eq)]
pub struct AlertCondition {
    /// What is watched.
    pub field: AlertField,
    /// How it is compared.
    pub comparison: AlertComparison,
    /// With what.
    pub value: Decimal,
    /// Which indicator, where one is watched.
    pub indicator: Option<AlertIndicator>,
}

/// An alert.
#[derive(cynic::QueryFragment, Clone, Debug, PartialEq, Eq)]
pub struct Alert {
    /// Its id.
    pub id: AlertId,
    /// What it watches.
    pub instrument: Instrument,
    /// What its owner called it.
    pub name: Option<String>,
    /// When it tells.
    pub condition: AlertCondition,
    /// How often it tells.
    pub repeat: AlertRepeat,
    /// Where it stands.
    pub state: AlertState,
    /// Why it failed.
    pub reason: Option<String>,
    /// Whether it is sent by e-mail.
    pub email: bool,
    /// Where it is posted to.
    pub webhook: Option<Webhook>,
    /// When it ends.
    pub expires_at: Option<DateTime>,
    /// Grows with every change.
    pub version: i32,
}

#[derive(cynic::QueryFragment)]
struct AlertConnection {
    nodes: Vec<Alert>,
    page_info: PageInfo,
}

#[derive(cynic::QueryVariables)]
struct AlertsVariables {
    first: Option<i32>,
    after: Option<String>,
}

#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "Query", variables = "AlertsVariables")]
struct Alerts {
    #[arguments(first: $first, after: $after)]
    alerts: Option<AlertConnection>,
}

/// The most that a page may hold.
const PAGE: i32 = 100;

/// A page of the user's alerts.
pub async fn page(session: Session, after: Option<String>) -> Result<Page<Alert>, Failure> {
    let operation = Alerts::build(AlertsVariables { first: Some(PAGE), after });
    let found = session.call(&operation).await?.alerts.ok_or(Failure::Unreachable)?;
    Ok(Page::new(found.nodes, found.page_info))
}

/// Which indicator to watch.
#[derive(cynic::InputObject, Clone, Debug, PartialEq, Eq)]
pub struct AlertIndicatorInput {
    /// Over bars of which size.
    pub size: BarSize,
    /// What is computed.
    pub indicator: IndicatorInput,
    /// Which of its lines; its main one by default.
    #[cynic(skip_serializing_if = "Option::is_none")]
    pub line: Option<String>,
}

/// When to tell.
#[derive(cynic::InputObject, Clone, Debug, PartialEq, Eq)]
pub struct AlertConditionInput {
    /// What is watched.
    pub field: AlertField,
    /// How it is compared.
    pub comparison: AlertComparison,
    /// With what.
    pub value: Decimal,
    /// Which indicator, where one is watched.
    #[cynic(skip_serializing_if = "Option::is_none")]
    pub indicator: Option<AlertIndicatorInput>,
}

/// What a person chose in the form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choices {
    /// What to call it.
    pub name: Option<String>,
    /// When to tell.
    pub condition: AlertConditionInput,
    /// How often.
    pub repeat: AlertRepeat,
    /// Whether to send it by e-mail.
    pub email: bool,
    /// Where to post it to.
    pub webhook: Option<WebhookId>,
    /// When it ends.
    pub expires_at: Option<DateTime>,
}

#[derive(cynic::InputObject)]
struct AlertCreateInput {
    instrument: InstrumentId,
    name: Option<String>,
    condition: AlertConditionInput,
    repeat: Option<AlertRepeat>,
    email: Option<bool>,
    webhook: Option<WebhookId>,
    expires_at: Option<DateTime>,
}

#[derive(cynic::QueryVariables)]
struct AlertCreateVariables {
    input: AlertCreateInput,
}

#[derive(cynic::QueryFragment)]
struct AlertCreatePayload {
    alert: Option<Alert>,
    user_errors: Vec<UserError>,
}

#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "Mutation", variables = "AlertCreateVariables")]
struct AlertCreate {
    #[arguments(input: $input)]
    alert_create: AlertCreatePayload,
}

/// Makes an alert.
pub async fn create(session: Session, instrument: InstrumentId, choices: Choices) -> Result<Alert, Refusal> {
    let Choices { name, condition, repeat, email, webhook, expires_at } = choices;
    let (repeat, email) = (Some(repeat), Some(email));
    let input = AlertCreateInput { instrument, name, condition, repeat, email, webhook, expires_at };
    let payload = session.call(&AlertCreate::build(AlertCreateVariables { input })).await?.alert_create;
    payload.alert.ok_or(Refusal::User(payload.user_errors))
}

#[derive(cynic::InputObject)]
struct AlertUpdateInput {
    alert: AlertId,
    expected_version: i32,
    name: Option<String>,
    condition: AlertConditionInput,
    repeat: Option<AlertRepeat>,
    email: Option<bool>,
    webhook: Option<WebhookId>,
    expires_at: Option<DateTime>,
}

#[derive(cynic::QueryVariables)]
struct AlertUpdateVariables {
    input: AlertUpdateInput,
}

#[derive(cynic::QueryFragment)]
struct AlertUpdatePayload {
    alert: Option<Alert>,
    user_errors: Vec<UserError>,
}

#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "Mutation", variables = "AlertUpdateVariables")]
struct AlertUpdate {
    #[arguments(input: $input)]
    alert_update: AlertUpdatePayload,
}

/// Changes an alert, where it is still as it was shown.
pub async fn update(session: Session, known: &Alert, choices: Choices) -> Result<Alert, Refusal> {
    let Choices { name, condition, repeat, email, webhook, expires_at } = choices;
    let input = AlertUpdateInput {
        alert: known.id.clone(),
        expected_version: known.version,
        name,
        condition,
        repeat: Some(repeat),
        email: Some(email),
        webhook,
        expires_at,
    };
    let payload = session.call(&AlertUpdate::build(AlertUpdateVariables { input })).await?.alert_update;
    payload.alert.ok_or(Refusal::User(payload.user_errors))
}

#[derive(cynic::InputObject)]
struct AlertPauseInput {
    alert: AlertId,
}

#[derive(cynic::QueryVariables)]
struct AlertPauseVariables {
    input: AlertPauseInput,
}

#[derive(cynic::QueryFragment)]
struct AlertPausePayload {
    alert: Option<Alert>,
    user_errors: Vec<UserError>,
}

#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "Mutation", variables = "AlertPauseVariables")]
struct AlertPause {
    #[arguments(input: $input)]
    alert_pause: AlertPausePayload,
}

/// Stops an alert for a while.
pub async fn pause(session: Session, alert: AlertId) -> Result<Alert, Refusal> {
    let operation = AlertPause::build(AlertPauseVariables { input: AlertPauseInput { alert } });
    let payload = session.call(&operation).await?.alert_pause;
    payload.alert.ok_or(Refusal::User(payload.user_errors))
}

#[derive(cynic::InputObject)]
struct AlertResumeInput {
    alert: AlertId,
}

#[derive(cynic::QueryVariables)]
struct AlertResumeVariables {
    input: AlertResumeInput,
}

#[derive(cynic::QueryFragment)]
struct AlertResumePayload {
    alert: Option<Alert>,
    user_errors: Vec<UserError>,
}

#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "Mutation", variables = "AlertResumeVariables")]
struct AlertResume {
    #[arguments(input: $input)]
    alert_resume: AlertResumePayload,
}

/// Has an alert watch again, also one that has told.
pub async fn resume(session: Session, alert: AlertId) -> Result<Alert, Refusal> {
    let operation = AlertResume::build(AlertResumeVariables { input: AlertResumeInput { alert } });
    let payload = session.call(&operation).await?.alert_resume;
    payload.alert.ok_or(Refusal::User(payload.user_errors))
}

#[derive(cynic::InputObject)]
struct AlertDeleteInput {
    alert: AlertId,
}

#[derive(cynic::QueryVariables)]
struct AlertDeleteVariables {
    input: AlertDeleteInput,
}

#[derive(cynic::QueryFragment)]
struct AlertDeletePayload {
    deleted_alert_id: Option<AlertId>,
    user_errors: Vec<UserError>,
}

#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "Mutation", variables = "AlertDeleteVariables")]
struct AlertDelete {
    #[arguments(input: $input)]
    alert_delete: AlertDeletePayload,
}

/// Deletes an alert.
pub async fn delete(session: Session, alert: AlertId) -> Result<(), Refusal> {
    let operation = AlertDelete::build(AlertDeleteVariables { input: AlertDeleteInput { alert } });
    let payload = session.call(&operation).await?.alert_delete;
    payload.deleted_alert_id.map(|_| ()).ok_or(Refusal::User(payload.user_errors))
}

/// The texts of the operations here.
pub fn documents() -> Vec<String> {
    vec![
        query::<Alerts, AlertsVariables>(),
        mutation::<AlertCreate, AlertCreateVariables>(),
        mutation::<AlertUpdate, AlertUpdateVariables>(),
        mutation::<AlertPause, AlertPauseVariables>(),
        mutation::<AlertResume, AlertResumeVariables>(),
        mutation::<AlertDelete, AlertDeleteVariables>(),
    ]
}

//! Alerts: what a user wants to be told of a price.

use async_graphql::dataloader::DataLoader;
use async_graphql::{Context, Enum, ID, InputObject, MaybeUndefined, Object, Result, SimpleObject};
use domain::alert::{Alert as DomainAlert, AlertFilter, AlertId, AlertWanted};
use domain::error::{Error as DomainError, Refusal, RefusalCode};
use domain::user::Permission;

use crate::graphql::complexity::of_page;
use crate::graphql::connection::{AlertConnection, MAX_PAGE, PageArguments};
use crate::graphql::core;
use crate::graphql::error::{UserError, payload, top_level};
use crate::graphql::guard::{Requires, is_own, permitted, user};
use crate::graphql::instrument::Instrument;
use crate::graphql::loader::{Instruments, WebhooksOfUsers};
use crate::graphql::node::{GlobalId, asked, given};
use crate::graphql::scalar::DateTime;
use crate::graphql::webhook::Webhook;

mod condition;
mod event;

pub use condition::{AlertCondition, AlertConditionInput};
pub use event::{AlertEvent, AlertEventMutation, AlertEventQuery, AlertEventSubscription};

/// How often an alert goes off.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "domain::alert::Repeat")]
pub enum AlertRepeat {
    /// Once; then it rests until `alertResume`.
    Once,
    /// Each time that the condition becomes true, but not again within 60 seconds.
    EveryTime,
}

/// How an alert is.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "domain::alert::AlertState")]
pub enum AlertState {
    /// It is watched.
    Active,
    /// You told it to rest.
    Paused,
    /// It went off, and rests.
    Triggered,
    /// Its time is over.
    Expired,
    /// It cannot be watched any more; `reason` says why.
    Failed,
}

/// What a user wants to be told of a price.
#[derive(Clone)]
pub struct Alert(DomainAlert);

impl From<DomainAlert> for Alert {
    fn from(alert: DomainAlert) -> Self {
        Self(alert)
    }
}

/// What a user wants to be told of a price. It is watched whether anybody looks or not.
#[Object]
impl Alert {
    /// The opaque id; `node` follows it.
    pub async fn id(&self) -> ID {
        GlobalId::Alert(self.0.id).encode()
    }

    /// Of what.
    async fn instrument(&self, context: &Context<'_>) -> Result<Instrument> {
        instrument(context, self.0.instrument).await
    }

    /// What its owner called it.
    async fn name(&self) -> Option<&str> {
        self.0.name.as_ref().map(domain::alert::AlertName::as_str)
    }

    /// When it goes off.
    async fn condition(&self) -> AlertCondition {
        self.0.condition.clone().into()
    }

    /// How often.
    async fn repeat(&self) -> AlertRepeat {
        self.0.repeat.into()
    }

    /// How it is.
    async fn state(&self) -> AlertState {
        self.0.state.into()
    }

    /// Why it failed; of an ACTIVE one, why it is not watched at the moment.
    async fn reason(&self) -> Option<&str> {
        self.0.reason.as_deref()
    }

    /// Whether it goes out by e-mail.
    async fn email(&self) -> bool {
        self.0.email
    }

    /// The webhook that it goes to; null where it goes to none, and for API keys.
    async fn webhook(&self, context: &Context<'_>) -> Option<Result<Webhook>> {
        let id = self.0.webhook.filter(|_| is_own(context, self.0.owner))?;
        let loader = context.data_unchecked::<DataLoader<WebhooksOfUsers>>();
        let found = loader.load_one((self.0.owner, id)).await.transpose()?;
        Some(found.map(Webhook::from))
    }

    /// When its time is over; null where it has no end.
    async fn expires_at(&self) -> Option<DateTime> {
        self.0.expires_at.map(DateTime)
    }

    /// When it was made.
    async fn created_at(&self) -> DateTime {
        self.0.created_at.into()
    }

    /// When it last went off.
    async fn triggered_at(&self) -> Option<DateTime> {
        self.0.triggered_at.map(DateTime)
    }

    /// Grows with each change that its owner makes; `alertUpdate` asks for it.
    async fn version(&self) -> i32 {
        i32::try_from(self.0.version).unwrap_or(i32::MAX)
    }
}

/// The instrument of this id, which is known.
async fn instrument(context: &Context<'_>, id: domain::instrument::InstrumentId) -> Result<Instrument> {
    let found = context.data_unchecked::<DataLoader<Instruments>>().load_one(id).await?;
    found.map(Instrument).ok_or_else(crate::graphql::instrument::not_found)
}

/// A new alert.
#[derive(InputObject)]
pub struct AlertCreateInput {
    /// The id of the instrument.
    instrument: ID,
    /// What to call it: 1 to 100 characters.
    name: Option<String>,
    /// When it goes off.
    condition: AlertConditionInput,
    /// How often; ONCE where it is left out.
    repeat: Option<AlertRepeat>,
    /// Whether it goes out by e-mail; that needs a confirmed address.
    email: Option<bool>,
    /// The id of the webhook that it goes to.
    webhook: Option<ID>,
    /// When its time is over; never where it is left out.
    expires_at: Option<DateTime>,
}

/// A change of an alert. What is left out stays; a name, a webhook or an end that is null goes away. The alert is watched
/// anew, and is ACTIVE again unless it is PAUSED.
#[derive(InputObject)]
pub struct AlertUpdateInput {
    /// The id of the alert.
    alert: ID,
    /// The version that you have seen; another one is OUTDATED.
    expected_version: i32,
    /// What to call it: 1 to 100 characters.
    name: MaybeUndefined<String>,
    /// When it goes off.
    condition: Option<AlertConditionInput>,
    /// How often.
    repeat: Option<AlertRepeat>,
    /// Whether it goes out by e-mail; that needs a confirmed address.
    email: Option<bool>,
    /// The id of the webhook that it goes to.
    webhook: MaybeUndefined<ID>,
    /// When its time is over.
    expires_at: MaybeUndefined<DateTime>,
}

/// An alert that is to rest.
#[derive(InputObject)]
pub struct AlertPauseInput {
    /// The id of the alert.
    alert: ID,
}

/// An alert that is to be watched again.
#[derive(InputObject)]
pub struct AlertResumeInput {
    /// The id of the alert.
    alert: ID,
}

/// An alert that goes away.
#[derive(InputObject)]
pub struct AlertDeleteInput {
    /// The id of the alert.
    alert: ID,
}

macro_rules! alert_payload {
    ($(#[$docs:meta])* $name:ident) => {
        $(#[$docs])*
        #[derive(SimpleObject)]
        pub struct $name {
            /// The alert as it is now; null where the change was refused.
            alert: Option<Alert>,
            /// Why it was refused; empty where it was not.
            user_errors: Vec<UserError>,
        }

        impl $name {
            fn of(changed: Result<DomainAlert, DomainError>) -> Result<Self> {
                let (alert, user_errors) = payload(changed)?;
                Ok(Self { alert: alert.map(Alert), user_errors })
            }
        }
    };
}

alert_payload! {
    /// What became of a new alert.
    AlertCreatePayload
}
alert_payload! {
    /// What became of a change.
    AlertUpdatePayload
}
alert_payload! {
    /// What became of a pause.
    AlertPausePayload
}
alert_payload! {
    /// What became of a resumption.
    AlertResumePayload
}

/// What became of a deletion.
#[derive(SimpleObject)]
pub struct AlertDeletePayload {
    /// The id of the alert that is no more; null where the deletion was refused.
    deleted_alert_id: Option<ID>,
    /// Why it was refused; empty where it was not.
    user_errors: Vec<UserError>,
}

#[derive(Default)]
pub struct AlertQuery;

#[Object]
impl AlertQuery {
    /// Your alerts, newest first.
    #[graphql(complexity = "of_page(first.or(last), MAX_PAGE.into(), child_complexity)")]
    #[allow(clippy::too_many_arguments, reason = "they are the field's arguments")]
    async fn alerts(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "How many from the start: 1 to 100.")] first: Option<i32>,
        #[graphql(desc = "The cursor after which the page begins.")] after: Option<String>,
        #[graphql(desc = "How many from the end: 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "The cursor before which the page ends.")] before: Option<String>,
        #[graphql(desc = "Only those in this state.")] state: Option<AlertState>,
        #[graphql(desc = "Only those of this instrument.")] instrument: Option<ID>,
    ) -> Option<Result<AlertConnection>> {
        let arguments = PageArguments { first, after, last, before };
        permitted(context, Permission::ReadMarket, async {
            let instrument = instrument.as_ref().map(asked).transpose()?;
            let filter = AlertFilter { state: state.map(Into::into), instrument };
            list(context, filter, arguments).await
        })
        .await
    }
}

async fn list(
    context: &Context<'_>,
    filter: AlertFilter,
    arguments: PageArguments,
) -> Result<Option<AlertConnection>> {
    let page = arguments.page::<AlertId>().map_err(|refusal| top_level(refusal.into()))?;
    let alerts = &core(context).services.alerts;
    let found = alerts.list(user(context)?.id, filter, &page).await.map_err(top_level)?;
    Ok(Some(AlertConnection::of(&page, found.map(|alert| (alert.id, Alert(alert))))))
}

#[derive(Default)]
pub struct AlertMutation;

#[Object]
impl AlertMutation {
    /// Makes an alert; you have at most 500.
    #[graphql(guard = "Requires(Permission::ReadMarket)")]
    async fn alert_create(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The new alert.")] input: AlertCreateInput,
    ) -> Result<AlertCreatePayload> {
        let owner = user(context)?.id;
        let created = async {
            let instrument = given("instrument", &input.instrument)?;
            let wanted = AlertWanted {
                name: input.name,
                condition: input.condition.parse()?,
                repeat: input.repeat.unwrap_or(AlertRepeat::Once).into(),
                email: input.email.unwrap_or(false),
                webhook: input.webhook.as_ref().map(|id| given("webhook", id)).transpose()?,
                expires_at: input.expires_at.map(|DateTime(end)| end),
            };
            core(context).services.alerts.create(owner, instrument, wanted).await
        };
        AlertCreatePayload::of(created.await)
    }

    /// Changes an alert.
    #[graphql(guard = "Requires(Permission::ReadMarket)")]
    async fn alert_update(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which, and what is to change.")] input: AlertUpdateInput,
    ) -> Result<AlertUpdatePayload> {
        let owner = user(context)?.id;
        let updated = async {
            let id = given("alert", &input.alert)?;
            let expected = u32::try_from(input.expected_version)
                .map_err(|_| Refusal::of("expectedVersion", RefusalCode::Invalid, "a version is from 1"))?;
            let condition = input.condition.map(AlertConditionInput::parse).transpose()?;
            let webhook = match &input.webhook {
                MaybeUndefined::Value(id) => MaybeUndefined::Value(given("webhook", id)?),
                MaybeUndefined::Null => MaybeUndefined::Null,
                MaybeUndefined::Undefined => MaybeUndefined::Undefined,
            };
            let (name, expires_at) = (input.name, input.expires_at.map_value(|DateTime(end)| end));
            let (repeat, email) = (input.repeat.map(Into::into), input.email);
            let wanted = |present: DomainAlert| AlertWanted {
                name: changed(name, present.name.map(|name| name.as_str().to_owned())),
                condition: condition.unwrap_or(present.condition),
                repeat: repeat.unwrap_or(present.repeat),
                email: email.unwrap_or(present.email),
                webhook: changed(webhook, present.webhook),
                expires_at: changed(expires_at, present.expires_at),
            };
            core(context).services.alerts.update(owner, id, expected, wanted).await
        };
        AlertUpdatePayload::of(updated.await)
    }

    /// Lets an alert rest; one that rests already stays as it is.
    #[graphql(guard = "Requires(Permission::ReadMarket)")]
    async fn alert_pause(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which.")] input: AlertPauseInput,
    ) -> Result<AlertPausePayload> {
        let owner = user(context)?.id;
        let paused =
            async { core(context).services.alerts.pause(owner, given("alert", &input.alert)?).await };
        AlertPausePayload::of(paused.await)
    }

    /// Has an alert watched again, whatever made it rest.
    #[graphql(guard = "Requires(Permission::ReadMarket)")]
    async fn alert_resume(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which.")] input: AlertResumeInput,
    ) -> Result<AlertResumePayload> {
        let owner = user(context)?.id;
        let resumed =
            async { core(context).services.alerts.resume(owner, given("alert", &input.alert)?).await };
        AlertResumePayload::of(resumed.await)
    }

    /// Deletes an alert. What it said stays.
    #[graphql(guard = "Requires(Permission::ReadMarket)")]
    async fn alert_delete(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which.")] input: AlertDeleteInput,
    ) -> Result<AlertDeletePayload> {
        let owner = user(context)?.id;
        let deleted =
            async { core(context).services.alerts.delete(owner, given("alert", &input.alert)?).await };
        let (done, user_errors) = payload(deleted.await)?;
        Ok(AlertDeletePayload { deleted_alert_id: done.map(|()| input.alert), user_errors })
    }
}

/// What a member of an alert becomes: what is left out stays, what is null goes away.
fn changed<T>(given: MaybeUndefined<T>, present: Option<T>) -> Option<T> {
    match given {
        MaybeUndefined::Undefined => present,
        MaybeUndefined::Null => None,
        MaybeUndefined::Value(value) => Some(value),
    }
}

//! What alerts said.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use async_graphql::dataloader::DataLoader;
use async_graphql::{Context, Enum, ID, InputObject, Object, Result, SimpleObject, Subscription};
use domain::bus::{Delivery as BusDelivery, Topic};
use domain::error::{Refusal, RefusalCode};
use domain::user::{Permission, UserId};
use futures::stream::BoxStream;
use futures::{Stream, StreamExt as _};
use rust_decimal::prelude::ToPrimitive as _;

use super::{Alert, instrument};
use crate::bookmark::numbered;
use crate::core::Core;
use crate::graphql::complexity::of_page;
use crate::graphql::connection::{AlertEventConnection, MAX_PAGE, PageArguments};
use crate::graphql::core;
use crate::graphql::error::{UserError, payload, top_level};
use crate::graphql::guard::{Requires, permitted, user};
use crate::graphql::instrument::Instrument;
use crate::graphql::loader::AlertsOfUsers;
use crate::graphql::node::GlobalId;
use crate::graphql::scalar::{DateTime, Decimal};

/// How many events a subscription reads at once.
const BATCH: u64 = 100;

/// How often a subscription reads without being told that there is something: what was told may be lost.
const READ_EVERY: Duration = Duration::from_secs(30);

/// The same while the bus is away, which tells nothing then.
const READ_EVERY_UNTOLD: Duration = Duration::from_secs(2);

/// By what an event goes out.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "domain::alert::DeliveryChannel")]
pub enum AlertChannel {
    /// An e-mail to the user's confirmed address.
    Email,
    /// A POST to a webhook.
    Webhook,
}

/// How a delivery is.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "domain::alert::DeliveryState")]
pub enum DeliveryState {
    /// It is tried, or will be again.
    Pending,
    /// The receiver has taken it.
    Delivered,
    /// It was given up.
    Failed,
}

/// One way that an event goes out by.
#[derive(SimpleObject)]
pub struct AlertDelivery {
    /// By what.
    channel: AlertChannel,
    /// How it is.
    state: DeliveryState,
    /// How often it was tried.
    attempts: i32,
    /// Why the last try failed.
    last_error: Option<String>,
    /// When it was taken.
    delivered_at: Option<DateTime>,
    /// When it is tried next.
    next_attempt_at: Option<DateTime>,
}

impl From<&domain::alert::Delivery> for AlertDelivery {
    fn from(delivery: &domain::alert::Delivery) -> Self {
        Self {
            channel: delivery.channel.into(),
            state: delivery.state.into(),
            attempts: i32::try_from(delivery.attempts).unwrap_or(i32::MAX),
            last_error: delivery.last_error.clone(),
            delivered_at: delivery.delivered_at.map(DateTime),
            next_attempt_at: delivery.next_attempt_at.map(DateTime),
        }
    }
}

/// What an alert said.
#[derive(Clone)]
pub struct AlertEvent(domain::alert::AlertEvent);

impl From<domain::alert::AlertEvent> for AlertEvent {
    fn from(event: domain::alert::AlertEvent) -> Self {
        Self(event)
    }
}

/// What an alert said. It stays when the alert is deleted.
#[Object]
impl AlertEvent {
    /// The opaque id; `node` follows it.
    pub async fn id(&self) -> ID {
        GlobalId::AlertEvent(self.0.id).encode()
    }

    /// Counts from 1 for each user, without holes.
    async fn number(&self) -> Decimal {
        self.0.number.into()
    }

    /// Which alert; null where it was deleted.
    async fn alert(&self, context: &Context<'_>) -> Option<Result<Alert>> {
        let loader = context.data_unchecked::<DataLoader<AlertsOfUsers>>();
        let found = loader.load_one((self.0.owner, self.0.alert)).await.transpose()?;
        Some(found.map(Alert::from))
    }

    /// Of what.
    async fn instrument(&self, context: &Context<'_>) -> Result<Instrument> {
        instrument(context, self.0.instrument).await
    }

    /// One sentence for a person, in English.
    async fn text(&self) -> &str {
        &self.0.text
    }

    /// The value that was seen; of an alert that failed before one was, the threshold.
    async fn value(&self) -> Decimal {
        self.0.value.into()
    }

    /// With what it was compared.
    async fn threshold(&self) -> Decimal {
        self.0.threshold.into()
    }

    /// When it was seen.
    async fn at(&self) -> DateTime {
        self.0.at.into()
    }

    /// Where it went: by e-mail and webhook, as the alert asked.
    #[graphql(complexity = "1 + 2 * child_complexity")]
    async fn deliveries(&self) -> Vec<AlertDelivery> {
        self.0.deliveries.iter().map(Into::into).collect()
    }

    /// When you read it.
    async fn read_at(&self) -> Option<DateTime> {
        self.0.read_at.map(DateTime)
    }
}

#[derive(Default)]
pub struct AlertEventQuery;

#[Object]
impl AlertEventQuery {
    /// What your alerts said, newest first.
    #[graphql(complexity = "of_page(first.or(last), MAX_PAGE.into(), child_complexity)")]
    async fn alert_events(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "How many from the start: 1 to 100.")] first: Option<i32>,
        #[graphql(desc = "The cursor after which the page begins.")] after: Option<String>,
        #[graphql(desc = "How many from the end: 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "The cursor before which the page ends.")] before: Option<String>,
    ) -> Option<Result<AlertEventConnection>> {
        let arguments = PageArguments { first, after, last, before };
        permitted(context, Permission::ReadMarket, list(context, arguments)).await
    }
}

async fn list(context: &Context<'_>, arguments: PageArguments) -> Result<Option<AlertEventConnection>> {
    let page = arguments.page::<u64>().map_err(|refusal| top_level(refusal.into()))?;
    let alerts = &core(context).services.alerts;
    let found = alerts.list_events(user(context)?.id, &page).await.map_err(top_level)?;
    Ok(Some(AlertEventConnection::of(&page, found.map(|event| (event.number, AlertEvent(event))))))
}

/// Up to which event you have read.
#[derive(InputObject)]
pub struct AlertEventsReadInput {
    /// The number of the last event that you have read.
    through: Decimal,
}

/// What became of marking events as read.
#[derive(SimpleObject)]
pub struct AlertEventsReadPayload {
    /// The number of the last event that is read, "0" where none is; null where it was refused.
    read_through: Option<Decimal>,
    /// Why it was refused; empty where it was not.
    user_errors: Vec<UserError>,
}

#[derive(Default)]
pub struct AlertEventMutation;

#[Object]
impl AlertEventMutation {
    /// Marks what your alerts said as read, up to an event.
    #[graphql(guard = "Requires(Permission::ReadMarket)")]
    async fn alert_events_read(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Up to which.")] input: AlertEventsReadInput,
    ) -> Result<AlertEventsReadPayload> {
        let owner = user(context)?.id;
        let read = async {
            let through = number("through", input.through)?;
            core(context).services.alerts.read_through(owner, through).await
        };
        let (through, user_errors) = payload(read.await)?;
        Ok(AlertEventsReadPayload { read_through: through.map(Decimal::from), user_errors })
    }
}

/// The number of an event.
fn number(field: &'static str, given: Decimal) -> Result<u64, Refusal> {
    let whole = Some(given.0).filter(|number| number.fract().is_zero()).and_then(|number| number.to_u64());
    let message = "an event's number is a whole number from 0";
    whole.ok_or_else(|| Refusal::of(field, RefusalCode::Invalid, message))
}

#[derive(Default)]
pub struct AlertEventSubscription;

#[Subscription]
impl AlertEventSubscription {
    /// What your alerts say: first everything after the event `since`, then each as it is said. Nothing is left out: after an
    /// interruption, go on with the number of the last one that you got. Where that cannot be (it was too long ago: events are
    /// kept for 90 days, and at most 10,000 of them; or there is no such number yet) it is refused with the code `OUTDATED`.
    #[graphql(guard = "Requires(Permission::ReadMarket)")]
    async fn alert_events(
        &self,
        context: &Context<'_>,
        #[graphql(
            desc = "The number after which to begin, \"0\" for the first that is kept; from now on where it is left out."
        )]
        since: Option<Decimal>,
    ) -> Result<impl Stream<Item = Result<AlertEvent>> + 'static> {
        let (core, owner) = (Arc::clone(core(context)), user(context)?.id);
        let since = since.map(|since| number("since", since)).transpose();
        let since = since.map_err(|refusal| top_level(refusal.into()))?;
        let after = core.services.alerts.resume_events(owner, since).await.map_err(top_level)?;
        let reader = Reader { core, owner, after, read: VecDeque::new(), told: None, is_interrupted: false };
        let events = futures::stream::unfold(reader, Reader::next);
        Ok(numbered(context, after, events, |event: &AlertEvent| event.0.number))
    }
}

/// One subscriber, who reads the store at the own pace; the bus only wakes.
struct Reader {
    core: Arc<Core>,
    owner: UserId,
    /// The number of the last event that was read.
    after: u64,
    read: VecDeque<domain::alert::AlertEvent>,
    told: Option<BoxStream<'static, BusDelivery>>,
    /// The bus is away.
    is_interrupted: bool,
}

impl Reader {
    async fn next(mut self) -> Option<(Result<AlertEvent>, Self)> {
        loop {
            if let Some(event) = self.read.pop_front() {
                return Some((Ok(AlertEvent(event)), self));
            }
            // Listening begins before reading, so that nothing comes in between.
            if self.told.is_none() {
                self.told = self.core.services.bus.subscribe(Topic::AlertEvents(self.owner)).await.ok();
            }
            match self.core.services.alerts.events_after(self.owner, self.after, BATCH).await {
                Ok(events) if !events.is_empty() => {
                    self.after = events.last().map_or(self.after, |event| event.number);
                    self.read = events.into();
                    continue;
                }
                Ok(_) => {}
                // What could not be read is read later: nothing is left out.
                Err(error) => tracing::debug!(%error, "events of alerts cannot be read"),
            }
            self.wait().await;
        }
    }

    /// Waits until there may be more.
    async fn wait(&mut self) {
        let is_told = self.told.is_some() && !self.is_interrupted;
        let every = if is_told { READ_EVERY } else { READ_EVERY_UNTOLD };
        let told = async {
            match &mut self.told {
                Some(told) => told.next().await,
                None => std::future::pending().await,
            }
        };
        match tokio::time::timeout(every, told).await {
            Ok(Some(delivery)) => self.is_interrupted = delivery == BusDelivery::Interrupted,
            Ok(None) => self.told = None,
            Err(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_whole_and_not_negative() {
        let parse = |text: &str| number("since", Decimal(text.parse().unwrap())).ok();
        for (text, expected) in
            [("0", Some(0)), ("12", Some(12)), ("12.0", Some(12)), ("1.5", None), ("-1", None)]
        {
            assert_eq!(parse(text), expected, "{text}");
        }
        assert_eq!(parse("9999999999999999999999999999"), None);
    }
}

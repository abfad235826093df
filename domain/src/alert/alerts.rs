//! What can be done with alerts, by their owners.

use std::sync::Arc;

use time::OffsetDateTime;

use crate::alert::{
    Alert, AlertChange, AlertCondition, AlertEvent, AlertEventId, AlertEventStore, AlertFilter, AlertId,
    AlertName, AlertState, AlertStore, MAX_ALERTS, Outcome, Repeat,
};
use crate::bus::{Bus, Message};
use crate::clock::Clock;
use crate::error::{Error, Refusal, RefusalCode};
use crate::instrument::InstrumentId;
use crate::mail::Mailboxes;
use crate::page::{Found, Page};
use crate::random::{Random, new_id};
use crate::user::UserId;
use crate::webhook::WebhookId;

/// An alert as its owner wants it.
#[derive(Clone, Debug)]
pub struct AlertWanted {
    /// What to call it.
    pub name: Option<String>,
    /// When it goes off.
    pub condition: AlertCondition,
    /// How often.
    pub repeat: Repeat,
    /// Whether it goes out by e-mail.
    pub email: bool,
    /// The webhook that it goes to.
    pub webhook: Option<WebhookId>,
    /// When its time is over.
    pub expires_at: Option<OffsetDateTime>,
}

/// What can be done with alerts.
pub struct Alerts {
    /// Where they are kept.
    pub store: Arc<dyn AlertStore>,
    /// Where what they said is kept.
    pub events: Arc<dyn AlertEventStore>,
    /// Who has a confirmed address.
    pub mailboxes: Arc<Mailboxes>,
    /// Tells the desk that there is something to watch.
    pub bus: Arc<dyn Bus>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Ids.
    pub random: Arc<dyn Random>,
}

impl Alerts {
    /// Makes an alert.
    pub async fn create(
        &self,
        owner: UserId,
        instrument: InstrumentId,
        wanted: AlertWanted,
    ) -> Result<Alert, Error> {
        let created_at = self.clock.now();
        let id = AlertId(new_id(created_at, self.random.as_ref()));
        let alert = Alert {
            id,
            owner,
            instrument,
            name: wanted.name.as_deref().map(AlertName::parse).transpose()?,
            condition: wanted.condition,
            repeat: wanted.repeat,
            state: AlertState::Active,
            reason: None,
            email: wanted.email,
            webhook: wanted.webhook,
            expires_at: wanted.expires_at,
            created_at,
            triggered_at: None,
            version: 1,
        };
        self.check(&alert).await?;
        self.done(self.store.create(&alert).await?).await
    }

    /// Changes an alert. It is watched anew.
    pub async fn update(
        &self,
        owner: UserId,
        id: AlertId,
        expected: u32,
        wanted: impl FnOnce(Alert) -> AlertWanted,
    ) -> Result<Alert, Error> {
        let present = self.find(owner, id).await?.ok_or_else(not_found)?;
        let wanted = wanted(present.clone());
        let alert = Alert {
            name: wanted.name.as_deref().map(AlertName::parse).transpose()?,
            condition: wanted.condition,
            repeat: wanted.repeat,
            email: wanted.email,
            webhook: wanted.webhook,
            expires_at: wanted.expires_at,
            ..present
        };
        self.check(&alert).await?;
        self.done(self.store.update(&alert, expected).await?).await
    }

    /// Lets an alert rest.
    pub async fn pause(&self, owner: UserId, id: AlertId) -> Result<Alert, Error> {
        self.done(self.store.set_resting(owner, id, Outcome::Pause).await?).await
    }

    /// Has an alert watched again, whatever made it rest.
    pub async fn resume(&self, owner: UserId, id: AlertId) -> Result<Alert, Error> {
        self.done(self.store.set_resting(owner, id, Outcome::Resume(self.clock.now())).await?).await
    }

    /// Deletes an alert. What it said stays.
    pub async fn delete(&self, owner: UserId, id: AlertId) -> Result<(), Error> {
        if !self.store.delete(owner, id).await? {
            return Err(not_found().into());
        }
        self.tell_desk().await;
        Ok(())
    }

    /// One alert of the owner.
    pub async fn find(&self, owner: UserId, id: AlertId) -> Result<Option<Alert>, Error> {
        Ok(self.store.find(owner, &[id]).await?.pop())
    }

    /// These alerts of the owner; those that are gone are left out.
    pub async fn find_all(&self, owner: UserId, ids: &[AlertId]) -> Result<Vec<Alert>, Error> {
        Ok(self.store.find(owner, ids).await?)
    }

    /// A page of the owner's alerts, newest first.
    pub async fn list(
        &self,
        owner: UserId,
        filter: AlertFilter,
        page: &Page<AlertId>,
    ) -> Result<Found<Alert>, Error> {
        Ok(self.store.list(owner, filter, page).await?)
    }

    /// One event of the owner.
    pub async fn find_event(&self, owner: UserId, id: AlertEventId) -> Result<Option<AlertEvent>, Error> {
        Ok(self.events.find(owner, id).await?)
    }

    /// A page of what was said to the owner, newest first.
    pub async fn list_events(&self, owner: UserId, page: &Page<u64>) -> Result<Found<AlertEvent>, Error> {
        Ok(self.events.list(owner, page).await?)
    }

    /// What was said to the owner after the event of this number, oldest first.
    pub async fn events_after(
        &self,
        owner: UserId,
        number: u64,
        count: u64,
    ) -> Result<Vec<AlertEvent>, Error> {
        Ok(self.events.after(owner, number, count).await?)
    }

    /// The number after which somebody goes on who has dealt with everything up to `since`: from now on where that is
    /// left out, from the first that is kept where it is 0. It is refused where something would be missing without a word.
    pub async fn resume_events(&self, owner: UserId, since: Option<u64>) -> Result<u64, Error> {
        let last = self.events.last_number(owner).await?;
        let Some(since) = since else { return Ok(last) };
        let refuse = |why: String| {
            let message = format!("{why}; begin with since \"0\" for all that is kept, or leave it out");
            Err(Refusal::of("since", RefusalCode::Outdated, message).into())
        };
        if since > last {
            let was_restored = "the database was restored from a backup, or the number is of another user";
            return refuse(format!("the last event has the number {last}: {was_restored}"));
        }
        let next = self.events.after(owner, since, 1).await?.pop();
        match next {
            Some(event) if since > 0 && event.number > since + 1 => {
                refuse(format!("what was said between {since} and {} is kept no longer", event.number))
            }
            _ => Ok(since),
        }
    }

    /// Marks what was said up to this number as read.
    pub async fn read_through(&self, owner: UserId, number: u64) -> Result<u64, Error> {
        Ok(self.events.read_through(owner, number, self.clock.now()).await?)
    }

    async fn check(&self, alert: &Alert) -> Result<(), Error> {
        if alert.expires_at.is_some_and(|end| end <= self.clock.now()) {
            let message = "an alert ends in the future, or not at all";
            return Err(Refusal::of("expiresAt", RefusalCode::Invalid, message).into());
        }
        if alert.email {
            self.mailboxes.require(alert.owner).await?;
        }
        Ok(())
    }

    async fn done(&self, change: AlertChange) -> Result<Alert, Error> {
        let refusal = match change {
            AlertChange::Done(alert) => {
                self.tell_desk().await;
                return Ok(*alert);
            }
            AlertChange::NotFound => not_found(),
            AlertChange::WebhookNotFound => {
                Refusal::of("webhook", RefusalCode::NotFound, "there is no such webhook")
            }
            AlertChange::InstrumentNotFound => {
                Refusal::of("instrument", RefusalCode::NotFound, "there is no such instrument")
            }
            AlertChange::LimitReached => {
                let message =
                    format!("you have {MAX_ALERTS} alerts, the most there can be; delete one first");
                Refusal::whole(RefusalCode::LimitReached, message)
            }
            AlertChange::Outdated => Refusal::of(
                "expectedVersion",
                RefusalCode::Outdated,
                "the alert was changed in the meantime; read it again and repeat",
            ),
            AlertChange::Ended => Refusal::of(
                "alert",
                RefusalCode::Invalid,
                "the alert's time is over; give it a later expiresAt, or none, with alertUpdate",
            ),
        };
        Err(refusal.into())
    }

    /// Where the bus is away, the desk finds the change when it reads the alerts the next time.
    async fn tell_desk(&self) {
        let _ = self.bus.publish(&[Message::AlertsChanged]).await;
    }
}

fn not_found() -> Refusal {
    Refusal::of("alert", RefusalCode::NotFound, "there is no such alert")
}

//! Writing down that alerts went off: the event, the alert's new state and the deliveries, in one transaction.

use std::collections::{BTreeSet, HashMap, HashSet};

use domain::alert::{AlertId, AlertState, DeliveryChannel, DeliveryState, Fired, Firing, Repeat};
use domain::user::UserId;
use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use sea_orm::{DatabaseTransaction, IntoActiveModel};

use super::watch::kept;
use super::{delivery, event, event_row, row};
use crate::sql::column::{Exact, Moment};
use crate::sql::failure::{Failure, in_column};
use crate::sql::{Sql, lease, mailbox, user, webhook};

/// The machine that e-mail goes to, as deliveries name it.
pub(crate) const MAIL_HOST: &str = "mail";

impl Sql {
    /// [`domain::alert::AlertWatchStore::trigger`]
    pub(super) async fn fire(&self, epoch: u64, firings: &[Firing]) -> Result<Vec<Fired>, Failure> {
        let transaction = self.begin_write().await?;
        if lease::has_passed(&transaction, epoch).await? {
            return Ok(Vec::new());
        }
        // In the same order everywhere, so that two writers do not wait for each other.
        let owners: BTreeSet<UserId> = firings.iter().map(|firing| firing.owner).collect();
        let mut book = Book::open(&transaction, &owners, firings).await?;
        let mut fired = Vec::new();
        for firing in firings {
            fired.extend(book.enter(firing)?);
        }
        book.write(&transaction).await?;
        transaction.commit().await?;
        Ok(fired)
    }
}

/// What the transaction knows of the alerts and their owners, and what it will write.
struct Book {
    alerts: HashMap<Uuid, row::Model>,
    numbers: HashMap<UserId, i64>,
    mailboxes: HashSet<UserId>,
    /// Owners who can come in.
    active: HashSet<UserId>,
    hosts: HashMap<Uuid, String>,
    events: Vec<event_row::ActiveModel>,
    deliveries: Vec<delivery::ActiveModel>,
    changed: Vec<row::ActiveModel>,
}

impl Book {
    async fn open(
        transaction: &DatabaseTransaction,
        owners: &BTreeSet<UserId>,
        firings: &[Firing],
    ) -> Result<Self, Failure> {
        let mut numbers = HashMap::new();
        for owner in owners {
            user::lock(transaction, *owner).await?;
            let events = event_row::Entity::find().filter(event_row::Column::OwnerId.eq(owner.0));
            numbers.insert(*owner, event::last(transaction, events).await?);
        }
        let alerts = row::Entity::find()
            .filter(row::Column::Id.is_in(firings.iter().map(|firing| firing.alert.0)))
            .filter(row::Column::State.eq(AlertState::Active.as_str()))
            .all(transaction)
            .await?;
        let webhooks = alerts.iter().filter_map(|alert| alert.webhook_id);
        let hosts = webhook::hosts(transaction, webhooks).await?;
        let mailboxes = mailbox::confirmed(transaction, owners.iter().copied()).await?;
        Ok(Self {
            alerts: alerts.into_iter().map(|alert| (alert.id, alert)).collect(),
            numbers,
            mailboxes: mailboxes.into_keys().collect(),
            active: user::active(transaction, owners.iter().copied()).await?,
            hosts,
            events: Vec::new(),
            deliveries: Vec::new(),
            changed: Vec::new(),
        })
    }

    /// Enters one; `None` where its alert is no longer active under this arming.
    fn enter(&mut self, firing: &Firing) -> Result<Option<Fired>, Failure> {
        let is_due =
            |alert: &row::Model| alert.arming == kept(firing.arming) && alert.owner_id == firing.owner.0;
        let Some(alert) = self.alerts.get(&firing.alert.0).filter(|alert| is_due(alert)).cloned() else {
            return Ok(None);
        };
        // One arming goes off once.
        self.alerts.remove(&firing.alert.0);
        let number = self.numbers.entry(firing.owner).or_default();
        *number += 1;
        let fired = Fired {
            alert: AlertId(alert.id),
            owner: firing.owner,
            number: u64::try_from(*number).map_err(in_column("alert_events.number"))?,
        };
        self.events.push(event_row::ActiveModel {
            id: Set(firing.event.0),
            owner_id: Set(firing.owner.0),
            number: Set(*number),
            alert_id: Set(alert.id),
            alert_name: Set(alert.name.clone()),
            instrument_id: Set(alert.instrument_id),
            text: Set(firing.text.clone()),
            value: Set(Exact(firing.value)),
            threshold: Set(alert.threshold),
            at: Set(firing.at.into()),
            read_at: Set(None),
        });
        if self.active.contains(&firing.owner) {
            self.deliver(firing, &alert);
        }
        self.changed.push(after(firing, alert)?);
        Ok(Some(fired))
    }

    fn deliver(&mut self, firing: &Firing, alert: &row::Model) {
        let [by_mail, by_webhook] = firing.deliveries;
        let now = Moment::from(firing.at);
        let new = |id: Uuid, channel: DeliveryChannel| delivery::ActiveModel {
            id: Set(id),
            event_id: Set(firing.event.0),
            channel: Set(channel.as_str().to_owned()),
            webhook_id: Set(None),
            host: Set(MAIL_HOST.to_owned()),
            state: Set(DeliveryState::Pending.as_str().to_owned()),
            attempts: Set(0),
            last_error: Set(None),
            created_at: Set(now),
            delivered_at: Set(None),
            next_attempt_at: Set(Some(now)),
        };
        if alert.email {
            let mail = new(by_mail.0, DeliveryChannel::Email);
            self.deliveries.push(if self.mailboxes.contains(&firing.owner) {
                mail
            } else {
                delivery::ActiveModel {
                    state: Set(DeliveryState::Failed.as_str().to_owned()),
                    last_error: Set(Some("you have no confirmed e-mail address".to_owned())),
                    next_attempt_at: Set(None),
                    ..mail
                }
            });
        }
        if let Some(id) = alert.webhook_id
            && let Some(host) = self.hosts.get(&id)
        {
            self.deliveries.push(delivery::ActiveModel {
                webhook_id: Set(Some(id)),
                host: Set(host.clone()),
                ..new(by_webhook.0, DeliveryChannel::Webhook)
            });
        }
    }

    async fn write(self, transaction: &DatabaseTransaction) -> Result<(), Failure> {
        if !self.events.is_empty() {
            event_row::Entity::insert_many(self.events).exec_without_returning(transaction).await?;
        }
        if !self.deliveries.is_empty() {
            delivery::Entity::insert_many(self.deliveries).exec_without_returning(transaction).await?;
        }
        for changed in self.changed {
            row::Entity::update(changed).exec(transaction).await?;
        }
        Ok(())
    }
}

/// The alert after it went off, or failed.
fn after(firing: &Firing, alert: row::Model) -> Result<row::ActiveModel, Failure> {
    let repeat: Repeat = alert.repeat.parse().map_err(in_column::<String>("alerts.repeat"))?;
    let state = match (&firing.failure, repeat) {
        (Some(_), _) => AlertState::Failed,
        (None, Repeat::Once) => AlertState::Triggered,
        (None, Repeat::EveryTime) => AlertState::Active,
    };
    let (arming, triggered_at) = (alert.arming + 1, alert.triggered_at);
    Ok(row::ActiveModel {
        state: Set(state.as_str().to_owned()),
        reason: Set(firing.failure.clone()),
        triggered_at: Set(if firing.failure.is_none() { Some(firing.at.into()) } else { triggered_at }),
        arming: Set(arming),
        last_value: Set(Some(Exact(firing.value))),
        armed: Set(firing.armed),
        ..alert.into_active_model()
    })
}

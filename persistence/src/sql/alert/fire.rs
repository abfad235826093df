//! Writing down that alerts went off: the event, the alert's new state and the deliveries, in one transaction.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use domain::alert::{AlertId, AlertState, DeliveryChannel, DeliveryState, Fired, Firing};
use domain::user::UserId;
use sea_orm::ActiveValue::Set;
use sea_orm::DatabaseTransaction;
use sea_orm::entity::prelude::*;
use tracing::warn;

use super::{delivery, event, event_row, hold, row, row_of};
use crate::sql::column::{Exact, Moment};
use crate::sql::failure::{Failure, in_column};
use crate::sql::mailbox::NO_ADDRESS;
use crate::sql::webhook::NO_ADDRESS as NO_WEBHOOK_ADDRESS;
use crate::sql::{Sql, lease, mailbox, user, webhook};

/// The machine that e-mail goes to, as deliveries name it. E-mail and posts are claimed apart, so that a webhook's machine
/// may have the same name.
const MAIL_HOST: &str = "mail";

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
            match book.enter(firing) {
                Ok(entered) => fired.extend(entered),
                // It is left out, and everybody else's are written.
                Err(failure) => {
                    warn!(alert = %firing.alert.0, ?failure, "an alert cannot be read and does not go off");
                }
            }
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
    /// Owners who have a confirmed address.
    mailboxes: HashSet<UserId>,
    /// Owners who can come in.
    active: HashSet<UserId>,
    /// The webhooks' machines; none where the address cannot be read.
    hosts: HashMap<Uuid, Option<String>>,
    events: Vec<event_row::ActiveModel>,
    deliveries: Vec<delivery::ActiveModel>,
    /// In the order in which every writer takes alerts.
    changed: BTreeMap<Uuid, row::ActiveModel>,
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
            numbers.insert(*owner, event::last(transaction, *owner).await?);
        }
        let active = row::Entity::find()
            .filter(row::Column::Id.is_in(firings.iter().map(|firing| firing.alert.0)))
            .filter(row::Column::State.eq(AlertState::Active.as_str()));
        let held = hold(transaction, active).await?;
        let alerts = row::Entity::find().filter(row::Column::Id.is_in(held)).all(transaction).await?;
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
            changed: BTreeMap::new(),
        })
    }

    /// Enters one; `None` where its alert is no longer active under this arming.
    fn enter(&mut self, firing: &Firing) -> Result<Option<Fired>, Failure> {
        let Some(alert) = self.alerts.get(&firing.alert.0) else { return Ok(None) };
        let Some(after) = alert.watched()?.fired(firing) else { return Ok(None) };
        self.changed.insert(alert.id, row_of(&after)?);
        // One arming goes off once.
        let Some(alert) = self.alerts.remove(&firing.alert.0) else { return Ok(None) };
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
        Ok(Some(fired))
    }

    fn deliver(&mut self, firing: &Firing, alert: &row::Model) {
        let [by_mail, by_webhook] = firing.deliveries;
        if alert.email {
            let mail = new_delivery(firing, by_mail.0, DeliveryChannel::Email);
            let has_address = self.mailboxes.contains(&firing.owner);
            self.deliveries.push(if has_address { mail } else { failed(mail, NO_ADDRESS) });
        }
        if let Some(id) = alert.webhook_id
            && let Some(host) = self.hosts.get(&id)
        {
            let post = delivery::ActiveModel {
                webhook_id: Set(Some(id)),
                host: Set(host.clone().unwrap_or_default()),
                ..new_delivery(firing, by_webhook.0, DeliveryChannel::Webhook)
            };
            self.deliveries.push(if host.is_some() { post } else { failed(post, NO_WEBHOOK_ADDRESS) });
        }
    }

    async fn write(self, transaction: &DatabaseTransaction) -> Result<(), Failure> {
        if !self.events.is_empty() {
            event_row::Entity::insert_many(self.events).exec_without_returning(transaction).await?;
        }
        if !self.deliveries.is_empty() {
            delivery::Entity::insert_many(self.deliveries).exec_without_returning(transaction).await?;
        }
        for changed in self.changed.into_values() {
            row::Entity::update(changed).exec(transaction).await?;
        }
        Ok(())
    }
}

/// A delivery that is due at once.
fn new_delivery(firing: &Firing, id: Uuid, channel: DeliveryChannel) -> delivery::ActiveModel {
    let now = Moment::from(firing.at);
    delivery::ActiveModel {
        id: Set(id),
        event_id: Set(firing.event.0),
        owner_id: Set(Some(firing.owner.0)),
        channel: Set(channel.as_str().to_owned()),
        webhook_id: Set(None),
        host: Set(MAIL_HOST.to_owned()),
        state: Set(DeliveryState::Pending.as_str().to_owned()),
        attempts: Set(0),
        last_error: Set(None),
        created_at: Set(now),
        delivered_at: Set(None),
        next_attempt_at: Set(Some(now)),
    }
}

/// A delivery that is not tried, for this reason.
fn failed(delivery: delivery::ActiveModel, why: &str) -> delivery::ActiveModel {
    delivery::ActiveModel {
        state: Set(DeliveryState::Failed.as_str().to_owned()),
        last_error: Set(Some(why.to_owned())),
        next_attempt_at: Set(None),
        ..delivery
    }
}

//! The outbox. A claim marks what it takes as due again later, so that what was claimed by a desk that vanished is not
//! lost; two that claim at once take different rows.

use std::collections::{HashMap, HashSet};

use async_trait::async_trait;
use domain::alert::{DeliveryChannel, DeliveryId, DeliveryState};
use domain::delivery::{
    AlertNotice, CLAIMED_FOR, Claim, DeliveryStore, Ending, Job, Load, Notice, NoticeContent, Receiver,
    SendError, Target,
};
use domain::mail::MailAddress;
use domain::store::StoreError;
use domain::user::UserId;
use domain::webhook::WebhookId;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{LockBehavior, LockType};
use sea_orm::{DatabaseTransaction, ExprTrait as _, QueryOrder, QuerySelect};
use time::OffsetDateTime;
use tracing::warn;

use super::alert::{delivery, event_row};
use super::column::Moment;
use super::failure::{Failure, in_column};
use super::{Sql, instrument, lease, mailbox, run, user, webhook};

/// How many deliveries that are due are looked at for a claim.
const LOOKED_AT: u64 = 500;

/// Why an e-mail is not sent.
const UNREADABLE_ADDRESS: &str = "your e-mail address cannot be read; set and confirm it again";

#[async_trait]
impl DeliveryStore for Sql {
    async fn claim(&self, epoch: u64, claim: &Claim) -> Result<Vec<Job>, StoreError> {
        run(async {
            let transaction = self.begin_write().await?;
            if lease::has_passed(&transaction, epoch).await? {
                return Ok(Vec::new());
            }
            let mut load = Load::of(claim);
            let due = due(&transaction, claim, &load).await?;
            let picked: Vec<_> = due.into_iter().filter(|row| load.take(&row.receiver())).collect();
            if picked.is_empty() {
                return Ok(Vec::new());
            }
            delivery::Entity::update_many()
                .col_expr(delivery::Column::Attempts, Expr::col(delivery::Column::Attempts).add(1))
                .col_expr(delivery::Column::NextAttemptAt, Expr::value(Moment::from(claim.now + CLAIMED_FOR)))
                .filter(delivery::Column::Id.is_in(picked.iter().map(|row| row.id)))
                .exec(&transaction)
                .await?;
            let (jobs, unreadable) = self.jobs(&transaction, &picked).await?;
            give_up(&transaction, &unreadable).await?;
            transaction.commit().await?;
            Ok(jobs)
        })
        .await
    }

    async fn settle(&self, id: DeliveryId, at: OffsetDateTime, ending: &Ending) -> Result<(), StoreError> {
        run(async {
            let transaction = self.begin_write().await?;
            let Some(row) = delivery::Entity::find_by_id(id.0).one(&transaction).await? else {
                return Ok(());
            };
            let (state, next, error) = match ending {
                Ending::Delivered => (DeliveryState::Delivered, None, None),
                Ending::Again(next, why) => {
                    (DeliveryState::Pending, Some(Moment::from(*next)), Some(why.as_str()))
                }
                Ending::GivenUp(why) => (DeliveryState::Failed, None, Some(why.as_str())),
            };
            let delivered_at = (state == DeliveryState::Delivered).then(|| Moment::from(at));
            let settled = delivery::Entity::update_many()
                .col_expr(delivery::Column::State, Expr::value(state.as_str()))
                .col_expr(delivery::Column::NextAttemptAt, Expr::value(next))
                .col_expr(delivery::Column::LastError, Expr::value(error.map(str::to_owned)))
                .col_expr(delivery::Column::DeliveredAt, Expr::value(delivered_at))
                .filter(delivery::Column::Id.eq(id.0))
                .filter(delivery::Column::State.eq(DeliveryState::Pending.as_str()))
                .exec(&transaction)
                .await?;
            if settled.rows_affected > 0
                && let Some(webhook) = row.webhook_id
            {
                webhook::note(&transaction, WebhookId(webhook), at, error).await?;
            }
            Ok(transaction.commit().await?)
        })
        .await
    }
}

/// Deliveries that are due, oldest first, but for those to machines and of users that have no place left: a page full of
/// these would hide all others.
async fn due(
    transaction: &DatabaseTransaction,
    claim: &Claim,
    load: &Load,
) -> Result<Vec<delivery::Model>, Failure> {
    let full: Vec<Uuid> = load.full_owners().map(|owner| owner.0).collect();
    let of_others = delivery::Column::OwnerId.is_not_in(full);
    Ok(delivery::Entity::find()
        .filter(delivery::Column::NextAttemptAt.lte(Moment::from(claim.now)))
        .filter(delivery::Column::State.eq(DeliveryState::Pending.as_str()))
        .filter(delivery::Column::Channel.eq(claim.channel.as_str()))
        .filter(delivery::Column::Host.is_not_in(load.full_hosts()))
        .filter(of_others.or(delivery::Column::OwnerId.is_null()))
        .order_by_asc(delivery::Column::NextAttemptAt)
        .order_by_asc(delivery::Column::Id)
        .limit(LOOKED_AT)
        .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked)
        .all(transaction)
        .await?)
}

impl delivery::Model {
    /// Who takes up a place with it.
    fn receiver(&self) -> Receiver {
        Receiver { host: self.host.clone(), owner: UserId(self.owner_id.unwrap_or_default()) }
    }
}

/// Ends deliveries that cannot be read: they never will be.
async fn give_up(transaction: &DatabaseTransaction, unreadable: &[DeliveryId]) -> Result<(), Failure> {
    if unreadable.is_empty() {
        return Ok(());
    }
    let why = "the delivery cannot be read; the operator finds the reason in the desk's log";
    delivery::Entity::update_many()
        .col_expr(delivery::Column::State, Expr::value(DeliveryState::Failed.as_str()))
        .col_expr(delivery::Column::NextAttemptAt, Expr::value(None::<Moment>))
        .col_expr(delivery::Column::LastError, Expr::value(why))
        .filter(delivery::Column::Id.is_in(unreadable.iter().map(|id| id.0)))
        .exec(transaction)
        .await?;
    Ok(())
}

/// What the deliveries of one claim refer to.
struct Referred {
    events: HashMap<Uuid, event_row::Model>,
    instruments: HashMap<Uuid, instrument::row::Model>,
    webhooks: HashMap<Uuid, webhook::row::Model>,
    /// None where a confirmed address cannot be read.
    mailboxes: HashMap<UserId, Option<MailAddress>>,
    /// Owners who can come in.
    active: HashSet<UserId>,
}

impl Referred {
    async fn read(transaction: &DatabaseTransaction, rows: &[delivery::Model]) -> Result<Self, Failure> {
        let events = event_row::Entity::find()
            .filter(event_row::Column::Id.is_in(rows.iter().map(|row| row.event_id)))
            .all(transaction)
            .await?;
        let distinct: HashSet<Uuid> = events.iter().map(|event| event.instrument_id).collect();
        let instruments = instrument::row::Entity::find()
            .filter(instrument::row::Column::Id.is_in(distinct))
            .all(transaction)
            .await?;
        let webhooks = webhook::row::Entity::find()
            .filter(webhook::row::Column::Id.is_in(rows.iter().filter_map(|row| row.webhook_id)))
            .all(transaction)
            .await?;
        let owners = events.iter().map(|event| UserId(event.owner_id));
        let active = user::active(transaction, owners.clone()).await?;
        let mailboxes = mailbox::confirmed(transaction, owners).await?;
        Ok(Self {
            events: events.into_iter().map(|row| (row.id, row)).collect(),
            instruments: instruments.into_iter().map(|row| (row.id, row)).collect(),
            webhooks: webhooks.into_iter().map(|row| (row.id, row)).collect(),
            mailboxes,
            active,
        })
    }
}

impl Sql {
    /// The jobs, and the deliveries of which none can be made.
    async fn jobs(
        &self,
        transaction: &DatabaseTransaction,
        rows: &[delivery::Model],
    ) -> Result<(Vec<Job>, Vec<DeliveryId>), Failure> {
        let referred = Referred::read(transaction, rows).await?;
        let (mut jobs, mut unreadable) = (Vec::new(), Vec::new());
        for row in rows {
            match self.job(row, &referred) {
                Ok(job) => jobs.push(job),
                Err(failure) => {
                    warn!(delivery = %row.id, ?failure, "a delivery cannot be read and is given up");
                    unreadable.push(DeliveryId(row.id));
                }
            }
        }
        Ok((jobs, unreadable))
    }

    fn job(&self, row: &delivery::Model, referred: &Referred) -> Result<Job, Failure> {
        let event = referred.events.get(&row.event_id);
        let event = event.ok_or_else(|| Failure::row("deliveries.event_id: there is no such event"))?;
        let channel: DeliveryChannel =
            row.channel.parse().map_err(in_column::<String>("deliveries.channel"))?;
        Ok(Job {
            target: match channel {
                _ if !referred.active.contains(&UserId(event.owner_id)) => {
                    Target::Nowhere(SendError::Final(user::DISABLED.into()))
                }
                DeliveryChannel::Webhook => self.webhook_target(row, referred)?,
                DeliveryChannel::Email => match referred.mailboxes.get(&UserId(event.owner_id)) {
                    Some(Some(address)) => Target::Email(address.clone()),
                    Some(None) => Target::Nowhere(SendError::Final(UNREADABLE_ADDRESS.into())),
                    None => Target::Nowhere(SendError::Final(mailbox::NO_ADDRESS.into())),
                },
            },
            notice: notice(row, event, referred)?,
            receiver: row.receiver(),
            attempt: u32::try_from(row.attempts + 1).map_err(in_column("deliveries.attempts"))?,
            created_at: row.created_at.time()?,
        })
    }

    /// A secret that does not open is a fault of this node, not of the delivery: others may have the key.
    fn webhook_target(&self, row: &delivery::Model, referred: &Referred) -> Result<Target, Failure> {
        let Some(webhook) = row.webhook_id.and_then(|id| referred.webhooks.get(&id)) else {
            return Ok(Target::Nowhere(SendError::Final("the webhook was deleted".into())));
        };
        Ok(match self.webhook_secret(webhook) {
            Ok(secret) => Target::Webhook(webhook.url()?, secret),
            Err(_) => Target::Nowhere(SendError::Passing(
                "the desk cannot open the webhook's secret; give it the installation's key (TICKGRAPH_KEY)"
                    .into(),
            )),
        })
    }
}

fn notice(row: &delivery::Model, event: &event_row::Model, referred: &Referred) -> Result<Notice, Failure> {
    let instrument = referred.instruments.get(&event.instrument_id);
    let instrument =
        instrument.ok_or_else(|| Failure::row("alert_events.instrument_id: there is no such instrument"))?;
    let alert = AlertNotice {
        number: u64::try_from(event.number).map_err(in_column("alert_events.number"))?,
        name: event.alert_name.clone(),
        symbol: instrument.symbol.clone(),
        exchange: instrument.exchange.clone(),
        currency: instrument.currency.clone(),
        value: event.value.0,
        threshold: event.threshold.0,
    };
    Ok(Notice {
        id: DeliveryId(row.id),
        text: event.text.clone(),
        at: event.at.time()?,
        content: NoticeContent::Alert(alert),
    })
}

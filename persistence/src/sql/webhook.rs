//! Webhooks, their secrets sealed.

use std::collections::HashMap;

use async_trait::async_trait;
use domain::alert::DeliveryState;
use domain::audit::AuditLine;
use domain::secret::Secret;
use domain::store::StoreError;
use domain::user::UserId;
use domain::webhook::{
    MAX_WEBHOOKS, Webhook, WebhookId, WebhookName, WebhookSecret, WebhookStore, WebhookUrl,
};
use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use sea_orm::{DatabaseTransaction, QueryOrder};
use time::OffsetDateTime;

use super::alert::{self, delivery};
use super::column::{Hidden, Moment};
use super::failure::{Failure, in_column};
use super::seal::Place;
use super::{Sql, audit, run, user};

/// Why nothing is posted to a webhook.
pub(super) const NO_ADDRESS: &str = "the webhook's address cannot be read; make the webhook anew";

pub(super) mod row {
    use sea_orm::entity::prelude::*;

    use crate::sql::column::{Hidden, Moment};

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "webhooks")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub owner_id: Uuid,
        pub name: String,
        pub url: String,
        /// Sealed.
        pub secret: Hidden,
        pub created_at: Moment,
        pub last_delivered_at: Option<Moment>,
        pub last_error: Option<String>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

impl row::Model {
    fn webhook(&self) -> Result<Webhook, Failure> {
        Ok(Webhook {
            id: WebhookId(self.id),
            owner: UserId(self.owner_id),
            name: WebhookName::parse(&self.name).map_err(in_column("webhooks.name"))?,
            url: self.url()?,
            created_at: self.created_at.time()?,
            last_delivered_at: self.last_delivered_at.map(Moment::time).transpose()?,
            last_error: self.last_error.clone(),
        })
    }

    pub(super) fn url(&self) -> Result<WebhookUrl, Failure> {
        WebhookUrl::kept(&self.url).ok_or_else(|| Failure::row("column webhooks.url: it is no address"))
    }
}

/// Where the secret of this webhook stands.
fn place(id: Uuid) -> Place {
    Place { table: "webhooks", column: "secret", row: id }
}

impl Sql {
    /// What a webhook's messages are signed with.
    pub(super) fn webhook_secret(&self, row: &row::Model) -> Result<WebhookSecret, Failure> {
        let secret = self.sealer()?.open(place(row.id), &row.secret.0)?;
        let secret = secret.try_into().map_err(|_| Failure::row("webhooks.secret is not of 32 bytes"))?;
        Ok(WebhookSecret(Secret(secret)))
    }
}

#[async_trait]
impl WebhookStore for Sql {
    async fn create(
        &self,
        webhook: &Webhook,
        secret: &WebhookSecret,
        audit: &AuditLine,
    ) -> Result<bool, StoreError> {
        run(async {
            let sealed = self.sealer()?.seal(place(webhook.id.0), &secret.0.0)?;
            let transaction = self.begin_write().await?;
            user::lock(&transaction, webhook.owner).await?;
            let of_owner = row::Entity::find().filter(row::Column::OwnerId.eq(webhook.owner.0));
            if of_owner.count(&transaction).await? >= MAX_WEBHOOKS {
                return Ok(false);
            }
            let row = row::ActiveModel {
                id: Set(webhook.id.0),
                owner_id: Set(webhook.owner.0),
                name: Set(webhook.name.as_str().to_owned()),
                url: Set(webhook.url.as_str().to_owned()),
                secret: Set(Hidden(sealed)),
                created_at: Set(webhook.created_at.into()),
                last_delivered_at: Set(webhook.last_delivered_at.map(Into::into)),
                last_error: Set(webhook.last_error.clone()),
            };
            row::Entity::insert(row).exec_without_returning(&transaction).await?;
            audit::write(&transaction, audit).await?;
            transaction.commit().await?;
            Ok(true)
        })
        .await
    }

    async fn find(&self, owner: UserId, ids: &[WebhookId]) -> Result<Vec<Webhook>, StoreError> {
        run(async {
            let rows = row::Entity::find()
                .filter(row::Column::OwnerId.eq(owner.0))
                .filter(row::Column::Id.is_in(ids.iter().map(|id| id.0)))
                .all(&self.reader)
                .await?;
            rows.iter().map(row::Model::webhook).collect()
        })
        .await
    }

    async fn list(&self, owner: UserId) -> Result<Vec<Webhook>, StoreError> {
        run(async {
            let rows = row::Entity::find()
                .filter(row::Column::OwnerId.eq(owner.0))
                .order_by_asc(row::Column::Id)
                .all(&self.reader)
                .await?;
            rows.iter().map(row::Model::webhook).collect()
        })
        .await
    }

    async fn secret(&self, owner: UserId, id: WebhookId) -> Result<Option<WebhookSecret>, StoreError> {
        run(async {
            let row = row::Entity::find_by_id(id.0)
                .filter(row::Column::OwnerId.eq(owner.0))
                .one(&self.reader)
                .await?;
            row.as_ref().map(|row| self.webhook_secret(row)).transpose()
        })
        .await
    }

    async fn note(&self, id: WebhookId, at: OffsetDateTime, error: Option<&str>) -> Result<(), StoreError> {
        run(note(&self.writer, id, at, error)).await
    }

    async fn delete(&self, owner: UserId, id: WebhookId, audit: &AuditLine) -> Result<bool, StoreError> {
        run(async {
            let transaction = self.begin_write().await?;
            user::lock(&transaction, owner).await?;
            let own = row::Entity::find_by_id(id.0).filter(row::Column::OwnerId.eq(owner.0));
            if own.count(&transaction).await? == 0 {
                return Ok(false);
            }
            give_up(&transaction, id).await?;
            // The alerts that go there lose it when it goes.
            let alerts = alert::row::Entity::find().filter(alert::row::Column::WebhookId.eq(id.0));
            alert::hold(&transaction, alerts).await?;
            row::Entity::delete_by_id(id.0).exec(&transaction).await?;
            audit::write(&transaction, audit).await?;
            transaction.commit().await?;
            Ok(true)
        })
        .await
    }
}

/// Notes how a try ended, where the webhook is still there.
pub(super) async fn note(
    connection: &impl ConnectionTrait,
    id: WebhookId,
    at: OffsetDateTime,
    error: Option<&str>,
) -> Result<(), Failure> {
    let noted = row::Entity::update_many()
        .col_expr(row::Column::LastError, Expr::value(error.map(str::to_owned)))
        .filter(row::Column::Id.eq(id.0));
    let noted = match error {
        None => noted.col_expr(row::Column::LastDeliveredAt, Expr::value(Moment::from(at))),
        Some(_) => noted,
    };
    noted.exec(connection).await?;
    Ok(())
}

/// Gives up what was still to be delivered to a webhook that goes away.
async fn give_up(transaction: &DatabaseTransaction, id: WebhookId) -> Result<(), Failure> {
    delivery::Entity::update_many()
        .col_expr(delivery::Column::State, Expr::value(DeliveryState::Failed.as_str()))
        .col_expr(delivery::Column::LastError, Expr::value("the webhook was deleted"))
        .col_expr(delivery::Column::NextAttemptAt, Expr::value(None::<Moment>))
        .filter(delivery::Column::WebhookId.eq(id.0))
        .filter(delivery::Column::State.eq(DeliveryState::Pending.as_str()))
        .exec(transaction)
        .await?;
    Ok(())
}

/// The machines of these webhooks; none where an address cannot be read.
pub(super) async fn hosts(
    transaction: &DatabaseTransaction,
    ids: impl Iterator<Item = Uuid>,
) -> Result<HashMap<Uuid, Option<String>>, Failure> {
    let rows = row::Entity::find().filter(row::Column::Id.is_in(ids)).all(transaction).await?;
    let host = |row: &row::Model| row.url().ok().map(|url| url.host().to_owned());
    Ok(rows.iter().map(|row| (row.id, host(row))).collect())
}

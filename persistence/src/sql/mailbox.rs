//! Users' e-mail addresses, and the hash of the code that confirms one.

use std::collections::HashMap;

use async_trait::async_trait;
use domain::audit::AuditLine;
use domain::mail::{CODE_TRIES, MailAddress, MailCodeHash, Mailbox, MailboxStore, NewMailbox};
use domain::store::StoreError;
use domain::user::UserId;
use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use sea_orm::{DatabaseTransaction, IntoActiveModel};
use time::OffsetDateTime;

use super::column::{Hidden, Moment};
use super::failure::{Failure, in_column};
use super::{Sql, audit, run, user};

/// Why an e-mail is not sent.
pub(super) const NO_ADDRESS: &str = "you have no confirmed e-mail address";

mod row {
    use sea_orm::entity::prelude::*;

    use crate::sql::column::{Hidden, Moment};

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "mailboxes")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub user_id: Uuid,
        pub address: String,
        pub confirmed_at: Option<Moment>,
        /// None where it was used.
        pub code: Option<Hidden>,
        pub code_expires_at: Option<Moment>,
        /// How many wrong codes were tried.
        pub code_tries: i32,
        /// What takes the place of a confirmed address once it is confirmed itself.
        pub new_address: Option<String>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

impl row::Model {
    fn mailbox(&self) -> Result<Mailbox, Failure> {
        let replacement = self.new_address.as_deref().map(MailAddress::parse).transpose();
        Ok(Mailbox {
            user: UserId(self.user_id),
            address: MailAddress::parse(&self.address).map_err(in_column("mailboxes.address"))?,
            confirmed_at: self.confirmed_at.map(Moment::time).transpose()?,
            replacement: replacement.map_err(in_column("mailboxes.new_address"))?,
        })
    }

    fn takes(&self, code: MailCodeHash, now: OffsetDateTime) -> bool {
        let in_time = self.code_expires_at.is_some_and(|end| Moment::from(now) < end);
        in_time && self.code.as_ref() == Some(&Hidden::from(code.0))
    }
}

#[async_trait]
impl MailboxStore for Sql {
    async fn find(&self, users: &[UserId]) -> Result<Vec<Mailbox>, StoreError> {
        run(async {
            let ids = users.iter().map(|user| user.0);
            let rows = row::Entity::find().filter(row::Column::UserId.is_in(ids)).all(&self.reader).await?;
            rows.iter().map(row::Model::mailbox).collect()
        })
        .await
    }

    async fn set(&self, mailbox: &NewMailbox, audit: &AuditLine) -> Result<(), StoreError> {
        run(async {
            let transaction = self.begin_write().await?;
            user::lock(&transaction, mailbox.user).await?;
            let present = row::Entity::find_by_id(mailbox.user.0).one(&transaction).await?;
            row::Entity::delete_by_id(mailbox.user.0).exec(&transaction).await?;
            let wanted = mailbox.address.as_str().to_owned();
            let (address, confirmed_at, new_address) = match present.filter(|row| row.confirmed_at.is_some())
            {
                Some(in_force) => (in_force.address, in_force.confirmed_at, Some(wanted)),
                None => (wanted, None, None),
            };
            let row = row::ActiveModel {
                user_id: Set(mailbox.user.0),
                address: Set(address),
                confirmed_at: Set(confirmed_at),
                new_address: Set(new_address),
                code: Set(Some(mailbox.code.0.into())),
                code_expires_at: Set(Some(mailbox.code_expires_at.into())),
                code_tries: Set(0),
            };
            row::Entity::insert(row).exec_without_returning(&transaction).await?;
            audit::write(&transaction, audit).await?;
            Ok(transaction.commit().await?)
        })
        .await
    }

    async fn remove(&self, user: UserId, audit: &AuditLine) -> Result<(), StoreError> {
        run(async {
            let transaction = self.begin_write().await?;
            user::lock(&transaction, user).await?;
            let gone = row::Entity::delete_by_id(user.0).exec(&transaction).await?;
            if gone.rows_affected > 0 {
                audit::write(&transaction, audit).await?;
            }
            Ok(transaction.commit().await?)
        })
        .await
    }

    async fn confirm(
        &self,
        user: UserId,
        code: MailCodeHash,
        now: OffsetDateTime,
        audit: &AuditLine,
    ) -> Result<bool, StoreError> {
        run(Box::pin(async {
            let transaction = self.begin_write().await?;
            user::lock(&transaction, user).await?;
            let found = row::Entity::find_by_id(user.0).one(&transaction).await?;
            let wrong_codes = |row: &row::Model| u32::try_from(row.code_tries).unwrap_or(u32::MAX);
            let Some(row) = found.filter(|row| row.code.is_some() && wrong_codes(row) < CODE_TRIES) else {
                return Ok(false);
            };
            let is_right = row.takes(code, now);
            let (tries, new_address) = (row.code_tries + 1, row.new_address.clone());
            let mut row = row.into_active_model();
            if is_right {
                if let Some(new_address) = new_address {
                    row.address = Set(new_address);
                    row.new_address = Set(None);
                }
                row.confirmed_at = Set(Some(now.into()));
                row.code = Set(None);
                row.code_expires_at = Set(None);
                audit::write(&transaction, audit).await?;
            } else {
                row.code_tries = Set(tries);
            }
            row::Entity::update(row).exec(&transaction).await?;
            transaction.commit().await?;
            Ok(is_right)
        }))
        .await
    }
}

/// The confirmed addresses of these users; none where one cannot be read.
pub(super) async fn confirmed(
    transaction: &DatabaseTransaction,
    users: impl Iterator<Item = UserId>,
) -> Result<HashMap<UserId, Option<MailAddress>>, Failure> {
    let rows = row::Entity::find()
        .filter(row::Column::UserId.is_in(users.map(|user| user.0)))
        .filter(row::Column::ConfirmedAt.is_not_null())
        .all(transaction)
        .await?;
    Ok(rows.iter().map(|row| (UserId(row.user_id), MailAddress::parse(&row.address).ok())).collect())
}

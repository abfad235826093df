//! Second factors, their secrets sealed, and the hashes of recovery codes.
//!
//! Whether one is in force is said by the user's row (`second_factor_since`), which is read with every user. It is
//! changed under the user's lock, as are the rows here; using a step or a code is one statement.

use async_trait::async_trait;
use domain::audit::AuditLine;
use domain::second_factor::{
    Confirmed, RecoveryCodeHash, SecondFactor, SecondFactorId, SecondFactorStore, TotpSecret,
};
use domain::store::StoreError;
use domain::user::UserId;
use sea_orm::ActiveValue::Set;
use sea_orm::DatabaseTransaction;
use sea_orm::entity::prelude::*;

use super::column::{Hidden, Moment};
use super::failure::{Failure, in_column};
use super::seal::Place;
use super::{Sql, audit, run, session, user};

mod row {
    use sea_orm::entity::prelude::*;

    use crate::sql::column::{Hidden, Moment};

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "second_factors")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub user_id: Uuid,
        pub id: Uuid,
        /// Sealed.
        pub secret: Hidden,
        pub created_at: Moment,
        /// The last step that was used; none where it is not in force yet.
        pub last_step: Option<i64>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {
        #[sea_orm(
            belongs_to = "crate::sql::user::row::Entity",
            from = "Column::UserId",
            to = "crate::sql::user::row::Column::Id"
        )]
        User,
    }

    impl Related<crate::sql::user::row::Entity> for Entity {
        fn to() -> RelationDef {
            Relation::User.def()
        }
    }

    impl ActiveModelBehavior for ActiveModel {}
}

mod code {
    use sea_orm::entity::prelude::*;

    use crate::sql::column::Hidden;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "recovery_codes")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub user_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub hash: Hidden,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Where the secret of this factor stands.
fn place(id: SecondFactorId) -> Place {
    Place { table: "second_factors", column: "secret", row: id.0 }
}

#[async_trait]
impl SecondFactorStore for Sql {
    async fn begin(&self, factor: &SecondFactor) -> Result<bool, StoreError> {
        run(async {
            let row = row::ActiveModel {
                user_id: Set(factor.user.0),
                id: Set(factor.id.0),
                secret: Set(Hidden(self.sealer()?.seal(place(factor.id), &factor.secret.0)?)),
                created_at: Set(factor.created_at.into()),
                last_step: Set(None),
            };
            let transaction = self.begin_write().await?;
            if is_in_force(&transaction, factor.user).await? != Some(false) {
                return Ok(false);
            }
            row::Entity::delete_by_id(factor.user.0).exec(&transaction).await?;
            row::Entity::insert(row).exec_without_returning(&transaction).await?;
            transaction.commit().await?;
            Ok(true)
        })
        .await
    }

    async fn find(&self, user: UserId) -> Result<Option<SecondFactor>, StoreError> {
        run(async {
            let found = row::Entity::find_by_id(user.0)
                .find_also_related(user::row::Entity)
                .one(&self.reader)
                .await?;
            let Some((row, Some(user))) = found else { return Ok(None) };
            let id = SecondFactorId(row.id);
            let secret = self.sealer()?.open(place(id), &row.secret.0)?;
            let secret =
                secret.try_into().map_err(|_| Failure::row("second_factors.secret is not of 20 bytes"))?;
            Ok(Some(SecondFactor {
                id,
                user: UserId(row.user_id),
                secret: TotpSecret(secret),
                created_at: row.created_at.time()?,
                confirmed_at: user.second_factor_since.map(Moment::time).transpose()?,
            }))
        })
        .await
    }

    async fn confirm(
        &self,
        confirmed: &Confirmed,
        codes: &[RecoveryCodeHash],
        audit: &AuditLine,
    ) -> Result<bool, StoreError> {
        run(async {
            let step = step(confirmed.step)?;
            let transaction = self.begin_write().await?;
            let Some(row) = find_by_id(&transaction, confirmed.id).await? else { return Ok(false) };
            let user = UserId(row.user_id);
            if is_in_force(&transaction, user).await? != Some(false) {
                return Ok(false);
            }
            // It may have been replaced while the user's lock was waited for.
            let marked = row::Entity::update_many()
                .col_expr(row::Column::LastStep, Expr::value(step))
                .filter(row::Column::Id.eq(confirmed.id.0))
                .exec(&transaction)
                .await?;
            if marked.rows_affected == 0 {
                return Ok(false);
            }
            let since = Some(Moment::from(confirmed.at));
            user::set(&transaction, user, user::row::Column::SecondFactorSince, since).await?;
            replace_codes(&transaction, user, codes).await?;
            session::end_others(&transaction, user, confirmed.kept, confirmed.at).await?;
            audit::write(&transaction, audit).await?;
            transaction.commit().await?;
            Ok(true)
        })
        .await
    }

    async fn use_step(&self, id: SecondFactorId, used: u64) -> Result<bool, StoreError> {
        run(async {
            let used = step(used)?;
            let marked = row::Entity::update_many()
                .col_expr(row::Column::LastStep, Expr::value(used))
                .filter(row::Column::Id.eq(id.0))
                .filter(row::Column::LastStep.lt(used))
                .exec(&self.writer)
                .await?;
            Ok(marked.rows_affected == 1)
        })
        .await
    }

    async fn use_recovery_code(&self, user: UserId, code: RecoveryCodeHash) -> Result<bool, StoreError> {
        run(async {
            let gone = code::Entity::delete_by_id((user.0, code.0.into())).exec(&self.writer).await?;
            Ok(gone.rows_affected == 1)
        })
        .await
    }

    async fn recovery_codes_left(&self, user: UserId) -> Result<u32, StoreError> {
        run(async {
            let codes = code::Entity::find().filter(code::Column::UserId.eq(user.0));
            u32::try_from(codes.count(&self.reader).await?).map_err(in_column("recovery_codes"))
        })
        .await
    }

    async fn renew_recovery_codes(
        &self,
        user: UserId,
        codes: &[RecoveryCodeHash],
        audit: &AuditLine,
    ) -> Result<bool, StoreError> {
        run(async {
            let transaction = self.begin_write().await?;
            if is_in_force(&transaction, user).await? != Some(true) {
                return Ok(false);
            }
            replace_codes(&transaction, user, codes).await?;
            audit::write(&transaction, audit).await?;
            transaction.commit().await?;
            Ok(true)
        })
        .await
    }

    async fn remove(&self, user: UserId, audit: &AuditLine) -> Result<bool, StoreError> {
        run(async {
            let transaction = self.begin_write().await?;
            let was_in_force = is_in_force(&transaction, user).await? == Some(true);
            forget(&transaction, user).await?;
            if was_in_force {
                audit::write(&transaction, audit).await?;
            }
            transaction.commit().await?;
            Ok(was_in_force)
        })
        .await
    }
}

/// A step as it is kept; those of the next 292 billion years fit.
fn step(step: u64) -> Result<i64, Failure> {
    i64::try_from(step).map_err(in_column("second_factors.last_step"))
}

/// Takes the factor (in force or not) and the codes of a user away, whose lock the transaction has.
pub(super) async fn forget(transaction: &DatabaseTransaction, user: UserId) -> Result<(), Failure> {
    row::Entity::delete_by_id(user.0).exec(transaction).await?;
    replace_codes(transaction, user, &[]).await?;
    user::set(transaction, user, user::row::Column::SecondFactorSince, None::<Moment>).await
}

/// Takes the user's lock; returns whether the user's second factor is in force, where there is such a user.
async fn is_in_force(transaction: &DatabaseTransaction, user: UserId) -> Result<Option<bool>, Failure> {
    let row = user::lock(transaction, user).await?;
    Ok(row.map(|row| row.second_factor_since.is_some()))
}

async fn find_by_id(
    transaction: &DatabaseTransaction,
    id: SecondFactorId,
) -> Result<Option<row::Model>, Failure> {
    Ok(row::Entity::find().filter(row::Column::Id.eq(id.0)).one(transaction).await?)
}

/// Puts these codes in the place of all that the user, whose lock the transaction has, had.
async fn replace_codes(
    transaction: &DatabaseTransaction,
    user: UserId,
    codes: &[RecoveryCodeHash],
) -> Result<(), Failure> {
    code::Entity::delete_many().filter(code::Column::UserId.eq(user.0)).exec(transaction).await?;
    if codes.is_empty() {
        return Ok(());
    }
    let rows = codes.iter().map(|code| code::ActiveModel { user_id: Set(user.0), hash: Set(code.0.into()) });
    code::Entity::insert_many(rows).exec_without_returning(transaction).await?;
    Ok(())
}

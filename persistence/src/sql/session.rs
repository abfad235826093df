//! Sessions and their refresh tokens.

use async_trait::async_trait;
use domain::session::{RefreshTokenHash, Rotation, Session, SessionId, SessionStore};
use domain::store::StoreError;
use domain::user::{User, UserId};
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{LockBehavior, LockType};
use sea_orm::{ActiveValue::Set, Condition, DatabaseTransaction, QuerySelect, QueryTrait};
use time::{Duration, OffsetDateTime};

use super::column::Moment;
use super::failure::Failure;
use super::{Sql, run, user};

/// How long ended sessions and replaced tokens are kept: longer than a stolen token could be of use.
const KEPT_FOR: Duration = Duration::days(30);

/// The most rows that one call prunes.
const PRUNED_AT_ONCE: u64 = 100;

mod row {
    use sea_orm::entity::prelude::*;

    use crate::sql::column::Moment;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "sessions")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub user_id: Uuid,
        pub created_at: Moment,
        pub expires_at: Moment,
        pub ended_at: Option<Moment>,
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

mod token {
    use sea_orm::entity::prelude::*;

    use crate::sql::column::Moment;

    #[derive(Clone, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "refresh_tokens")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false, column_type = "Blob")]
        pub hash: Vec<u8>,
        pub session_id: Uuid,
        pub replaced_at: Option<Moment>,
    }

    impl std::fmt::Debug for Model {
        fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            let Self { hash: _, session_id, replaced_at } = self;
            formatter
                .debug_struct("RefreshTokenRow")
                .field("session_id", session_id)
                .field("replaced_at", replaced_at)
                .finish_non_exhaustive()
        }
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

impl row::Model {
    fn is_open(&self, now: OffsetDateTime) -> bool {
        self.ended_at.is_none() && Moment::from(now) < self.expires_at
    }

    fn session(&self) -> Result<Session, Failure> {
        Ok(Session {
            id: SessionId(self.id),
            user: UserId(self.user_id),
            created_at: self.created_at.time()?,
            expires_at: self.expires_at.time()?,
        })
    }
}

#[async_trait]
impl SessionStore for Sql {
    async fn create(&self, session: &Session, token: RefreshTokenHash) -> Result<(), StoreError> {
        run(async {
            let transaction = self.begin_write().await?;
            let row = row::ActiveModel {
                id: Set(session.id.0),
                user_id: Set(session.user.0),
                created_at: Set(session.created_at.into()),
                expires_at: Set(session.expires_at.into()),
                ended_at: Set(None),
            };
            row::Entity::insert(row).exec_without_returning(&transaction).await?;
            insert_token(&transaction, session.id.0, token).await?;
            prune_sessions(&transaction, session.created_at).await?;
            Ok(transaction.commit().await?)
        })
        .await
    }

    async fn rotate(
        &self,
        old: RefreshTokenHash,
        new: RefreshTokenHash,
        now: OffsetDateTime,
        expires_at: OffsetDateTime,
    ) -> Result<Rotation, StoreError> {
        run(async {
            let transaction = self.begin_write().await?;
            let rotation = rotate(&transaction, old, new, now, expires_at).await?;
            transaction.commit().await?;
            Ok(rotation)
        })
        .await
    }

    async fn find_open(
        &self,
        id: SessionId,
        now: OffsetDateTime,
    ) -> Result<Option<(Session, User)>, StoreError> {
        run(async {
            let found =
                row::Entity::find_by_id(id.0).find_also_related(user::row::Entity).one(&self.reader).await?;
            match found {
                Some((row, Some(user))) if row.is_open(now) => Ok(Some((row.session()?, user.user()?))),
                _ => Ok(None),
            }
        })
        .await
    }

    async fn end(&self, id: SessionId, now: OffsetDateTime) -> Result<(), StoreError> {
        run(async { end(&self.writer, id.0, now).await }).await
    }

    async fn find_by_token(&self, token: RefreshTokenHash) -> Result<Option<SessionId>, StoreError> {
        run(async {
            let found = token::Entity::find_by_id(token.0.to_vec()).one(&self.reader).await?;
            Ok(found.map(|token| SessionId(token.session_id)))
        })
        .await
    }
}

async fn rotate(
    transaction: &DatabaseTransaction,
    old: RefreshTokenHash,
    new: RefreshTokenHash,
    now: OffsetDateTime,
    expires_at: OffsetDateTime,
) -> Result<Rotation, Failure> {
    let find_token = || token::Entity::find_by_id(old.0.to_vec()).one(transaction);
    let Some(token) = find_token().await? else { return Ok(Rotation::Refused) };
    let session =
        row::Entity::find_by_id(token.session_id).lock(LockType::NoKeyUpdate).one(transaction).await?;
    let Some(session) = session.filter(|session| session.is_open(now)) else { return Ok(Rotation::Refused) };
    // Read again under the session's lock: of two that present the same token, the second finds it replaced.
    let Some(token) = find_token().await? else { return Ok(Rotation::Refused) };
    if token.replaced_at.is_some() {
        end(transaction, session.id, now).await?;
        return Ok(Rotation::Reused(SessionId(session.id)));
    }
    let Some(user) = user::row::Entity::find_by_id(session.user_id).one(transaction).await? else {
        return Ok(Rotation::Refused);
    };

    token::Entity::update_many()
        .col_expr(token::Column::ReplacedAt, Expr::value(Moment::from(now)))
        .filter(token::Column::Hash.eq(token.hash))
        .exec(transaction)
        .await?;
    insert_token(transaction, session.id, new).await?;
    prune_tokens(transaction, session.id, now).await?;
    let renewed = Moment::from(expires_at);
    row::Entity::update_many()
        .col_expr(row::Column::ExpiresAt, Expr::value(renewed))
        .filter(row::Column::Id.eq(session.id))
        .exec(transaction)
        .await?;
    Ok(Rotation::Rotated(row::Model { expires_at: renewed, ..session }.session()?, user.user()?))
}

/// Ends a session; the moment of the first end stays.
async fn end(connection: &impl ConnectionTrait, id: Uuid, now: OffsetDateTime) -> Result<(), Failure> {
    row::Entity::update_many()
        .col_expr(row::Column::EndedAt, Expr::value(Moment::from(now)))
        .filter(row::Column::Id.eq(id))
        .filter(row::Column::EndedAt.is_null())
        .exec(connection)
        .await?;
    Ok(())
}

async fn insert_token(
    transaction: &DatabaseTransaction,
    session: Uuid,
    hash: RefreshTokenHash,
) -> Result<(), Failure> {
    let token =
        token::ActiveModel { hash: Set(hash.0.to_vec()), session_id: Set(session), replaced_at: Set(None) };
    token::Entity::insert(token).exec_without_returning(transaction).await?;
    Ok(())
}

/// Deletes some sessions that ended long ago; their tokens go with them.
async fn prune_sessions(transaction: &DatabaseTransaction, now: OffsetDateTime) -> Result<(), Failure> {
    let long_ago = Moment::from(now - KEPT_FOR);
    let old = row::Entity::find()
        .select_only()
        .column(row::Column::Id)
        .filter(
            Condition::any().add(row::Column::ExpiresAt.lt(long_ago)).add(row::Column::EndedAt.lt(long_ago)),
        )
        .limit(PRUNED_AT_ONCE)
        // Two that prune at once take different rows instead of waiting for each other.
        .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked)
        .into_query();
    row::Entity::delete_many().filter(row::Column::Id.in_subquery(old)).exec(transaction).await?;
    Ok(())
}

/// Deletes some of a session's tokens that were replaced long ago.
async fn prune_tokens(
    transaction: &DatabaseTransaction,
    session: Uuid,
    now: OffsetDateTime,
) -> Result<(), Failure> {
    let old = token::Entity::find()
        .select_only()
        .column(token::Column::Hash)
        .filter(token::Column::SessionId.eq(session))
        .filter(token::Column::ReplacedAt.lt(Moment::from(now - KEPT_FOR)))
        .limit(PRUNED_AT_ONCE)
        .into_query();
    token::Entity::delete_many().filter(token::Column::Hash.in_subquery(old)).exec(transaction).await?;
    Ok(())
}

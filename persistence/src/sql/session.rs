//! Sessions.

use std::net::IpAddr;

use async_trait::async_trait;
use domain::audit::AuditLine;
use domain::page::{Found, Page};
use domain::session::{
    NewSession, RefreshTokenHash, Renewal, Rotation, Session, SessionCursor, SessionId, SessionStore,
};
use domain::store::StoreError;
use domain::user::{User, UserId, UserState, Username};
use sea_orm::entity::prelude::*;
use sea_orm::{ActiveValue::Set, JoinType, QueryOrder, QuerySelect};
use time::OffsetDateTime;

use super::column::Moment;
use super::failure::Failure;
use super::{Sql, audit, column, page, run, user};

mod ending;
mod token;

use ending::{end, is, is_of, open_at, prune};
pub(super) use ending::{end_all, end_others};

/// The most addresses that are told of one user.
const MOST_ADDRESSES: u64 = 200;

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
        pub last_used_at: Moment,
        pub address: Option<String>,
        pub agent: Option<String>,
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

impl row::Model {
    fn is_open(&self, now: OffsetDateTime) -> bool {
        self.ended_at.is_none() && Moment::from(now) < self.expires_at
    }

    fn session(self) -> Result<Session, Failure> {
        Ok(Session {
            id: SessionId(self.id),
            user: UserId(self.user_id),
            created_at: self.created_at.time()?,
            last_used_at: self.last_used_at.time()?,
            expires_at: self.expires_at.time()?,
            address: column::address(self.address.as_deref(), "sessions.address")?,
            agent: self.agent,
        })
    }
}

#[async_trait]
impl SessionStore for Sql {
    async fn create(&self, new: &NewSession, audit: &AuditLine) -> Result<bool, StoreError> {
        run(async {
            let NewSession { session, token, password } = new;
            let transaction = self.begin_write().await?;
            // Under the user's lock, so that whoever locks the user out finds this session to end, or it the lock.
            let Some(user) = user::lock(&transaction, session.user).await? else { return Ok(false) };
            if user.state()? != UserState::Active || !user.has_password(password) {
                return Ok(false);
            }
            row::Entity::insert(new_row(session)).exec_without_returning(&transaction).await?;
            token::insert(&transaction, session.id.0, *token).await?;
            audit::write(&transaction, audit).await?;
            prune(&transaction, session.created_at).await?;
            transaction.commit().await?;
            Ok(true)
        })
        .await
    }

    async fn rotate(&self, renewal: Renewal, reused: &AuditLine) -> Result<Rotation, StoreError> {
        run(async {
            let transaction = self.begin_write().await?;
            let rotation = token::rotate(&transaction, renewal, reused).await?;
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
        run(find_open(&self.reader, id.0, now)).await
    }

    async fn find_by_token(
        &self,
        token: RefreshTokenHash,
        now: OffsetDateTime,
    ) -> Result<Option<(Session, User)>, StoreError> {
        run(async {
            match token::find_session(&self.reader, token).await? {
                Some(session) => find_open(&self.reader, session, now).await,
                None => Ok(None),
            }
        })
        .await
    }

    async fn list(
        &self,
        user: UserId,
        now: OffsetDateTime,
        page: &Page<SessionCursor>,
    ) -> Result<Found<Session>, StoreError> {
        run(async {
            let mut latest_use_first = row::Entity::find()
                .filter(is_of(user))
                .filter(open_at(now))
                .cursor_by((row::Column::LastUsedAt, row::Column::Id));
            latest_use_first.desc();
            let page = page::by(page, |place| (Moment::from(place.last_used_at), place.id.0));
            page::map(page::read(&self.reader, latest_use_first, page).await?, row::Model::session)
        })
        .await
    }

    async fn end(&self, id: SessionId, now: OffsetDateTime, audit: &AuditLine) -> Result<bool, StoreError> {
        run(async {
            let transaction = self.begin_write().await?;
            let ended = end(&transaction, is(id), now).await?;
            if ended == 0 {
                return Ok(false);
            }
            audit::write(&transaction, audit).await?;
            transaction.commit().await?;
            Ok(true)
        })
        .await
    }

    async fn end_others(
        &self,
        user: UserId,
        kept: SessionId,
        now: OffsetDateTime,
        audit: &AuditLine,
    ) -> Result<u64, StoreError> {
        run(async {
            let transaction = self.begin_write().await?;
            user::lock(&transaction, user).await?;
            let ended = end_others(&transaction, user, kept, now).await?;
            audit::write(&transaction, audit).await?;
            transaction.commit().await?;
            Ok(ended)
        })
        .await
    }

    async fn addresses(&self, username: &Username, since: OffsetDateTime) -> Result<Vec<IpAddr>, StoreError> {
        run(async {
            let found: Vec<String> = row::Entity::find()
                .select_only()
                .column(row::Column::Address)
                .join(JoinType::InnerJoin, row::Relation::User.def())
                .filter(user::row::Column::Username.eq(username.as_str()))
                .filter(row::Column::CreatedAt.gte(Moment::not_before(since)))
                .filter(row::Column::Address.is_not_null())
                .group_by(row::Column::Address)
                .order_by_desc(row::Column::CreatedAt.max())
                .limit(MOST_ADDRESSES)
                .into_tuple()
                .all(&self.reader)
                .await?;
            let parse = |text: &String| column::address(Some(text), "sessions.address").transpose();
            found.iter().filter_map(parse).collect()
        })
        .await
    }
}

fn new_row(session: &Session) -> row::ActiveModel {
    row::ActiveModel {
        id: Set(session.id.0),
        user_id: Set(session.user.0),
        created_at: Set(session.created_at.into()),
        expires_at: Set(session.expires_at.into()),
        ended_at: Set(None),
        last_used_at: Set(session.last_used_at.into()),
        address: Set(session.address.as_ref().map(ToString::to_string)),
        agent: Set(session.agent.clone()),
    }
}

async fn find_open(
    connection: &impl ConnectionTrait,
    id: Uuid,
    now: OffsetDateTime,
) -> Result<Option<(Session, User)>, Failure> {
    let found = row::Entity::find_by_id(id).find_also_related(user::row::Entity).one(connection).await?;
    match found {
        Some((row, Some(user))) if row.is_open(now) => Ok(Some((row.session()?, user.user()?))),
        _ => Ok(None),
    }
}

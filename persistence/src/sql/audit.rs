//! The audit log: lines are added, each in the transaction of what it tells of, and never changed or deleted.

use async_trait::async_trait;
use domain::access::ApiKeyId;
use domain::audit::{
    AuditAction, AuditAuthority, AuditFilter, AuditLine, AuditLineId, AuditOutcome, AuditStore,
};
use domain::page::{Found, Page};
use domain::session::SessionId;
use domain::store::StoreError;
use domain::user::{UserId, Username};
use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;

use super::failure::{Failure, in_column};
use super::{Sql, column, page, run};

/// The names of the outcomes.
const DONE: &str = "DONE";
const REFUSED: &str = "REFUSED";

mod row {
    use sea_orm::entity::prelude::*;

    use crate::sql::column::Moment;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "audit_lines")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub at: Moment,
        pub user_id: Option<Uuid>,
        pub username: Option<String>,
        pub session_id: Option<Uuid>,
        pub api_key_id: Option<Uuid>,
        pub address: Option<String>,
        pub action: String,
        pub subject: Option<String>,
        pub outcome: String,
        pub detail: Option<String>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

impl row::Model {
    fn line(self) -> Result<AuditLine, Failure> {
        let outcome = match self.outcome.as_str() {
            DONE => AuditOutcome::Done,
            REFUSED => AuditOutcome::Refused,
            _ => return Err(Failure::row("column audit_lines.outcome: it is neither DONE nor REFUSED")),
        };
        let username = self.username.as_deref().map(Username::parse).transpose();
        Ok(AuditLine {
            id: AuditLineId(self.id),
            at: self.at.time()?,
            user: self.user_id.map(UserId),
            username: username.map_err(in_column("audit_lines.username"))?,
            via: match (self.session_id, self.api_key_id) {
                (Some(session), _) => AuditAuthority::Session(SessionId(session)),
                (None, Some(key)) => AuditAuthority::Key(ApiKeyId(key)),
                (None, None) => AuditAuthority::Nobody,
            },
            address: column::address(self.address.as_deref(), "audit_lines.address")?,
            action: self.action.parse::<AuditAction>().map_err(in_column("audit_lines.action"))?,
            subject: self.subject,
            outcome,
            detail: self.detail,
        })
    }
}

#[async_trait]
impl AuditStore for Sql {
    async fn append(&self, line: &AuditLine) -> Result<(), StoreError> {
        run(write(&self.writer, line)).await
    }

    async fn find(&self, id: AuditLineId) -> Result<Option<AuditLine>, StoreError> {
        run(async {
            let row = row::Entity::find_by_id(id.0).one(&self.reader).await?;
            row.map(row::Model::line).transpose()
        })
        .await
    }

    async fn list(
        &self,
        filter: AuditFilter,
        page: &Page<AuditLineId>,
    ) -> Result<Found<AuditLine>, StoreError> {
        run(async {
            let mut lines = row::Entity::find();
            if let Some(user) = filter.user {
                lines = lines.filter(row::Column::UserId.eq(user.0));
            }
            if let Some(action) = filter.action {
                lines = lines.filter(row::Column::Action.eq(action.as_str()));
            }
            let mut newest_first = lines.cursor_by(row::Column::Id);
            newest_first.desc();
            let found = page::read(&self.reader, newest_first, page::by(page, |id| id.0)).await?;
            page::map(found, row::Model::line)
        })
        .await
    }
}

/// Adds a line.
pub(super) async fn write(connection: &impl ConnectionTrait, line: &AuditLine) -> Result<(), Failure> {
    let (session, key) = match line.via {
        AuditAuthority::Nobody => (None, None),
        AuditAuthority::Session(session) => (Some(session.0), None),
        AuditAuthority::Key(key) => (None, Some(key.0)),
    };
    let outcome = match line.outcome {
        AuditOutcome::Done => DONE,
        AuditOutcome::Refused => REFUSED,
    };
    let row = row::ActiveModel {
        id: Set(line.id.0),
        at: Set(line.at.into()),
        user_id: Set(line.user.map(|user| user.0)),
        username: Set(line.username.as_ref().map(ToString::to_string)),
        session_id: Set(session),
        api_key_id: Set(key),
        address: Set(line.address.as_ref().map(ToString::to_string)),
        action: Set(line.action.as_str().to_owned()),
        subject: Set(line.subject.clone()),
        outcome: Set(outcome.to_owned()),
        detail: Set(line.detail.clone()),
    };
    row::Entity::insert(row).exec_without_returning(connection).await?;
    Ok(())
}

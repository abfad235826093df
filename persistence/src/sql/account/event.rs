//! What happened in accounts.

use domain::account::{AccountEvent, AccountId};
use domain::execution::ExecutionId;
use domain::instrument::InstrumentId;
use domain::order::{Contradiction, OrderId, OrderStatus};
use sea_orm::entity::prelude::*;
use sea_orm::{QueryOrder, QuerySelect};

use crate::sql::column::Exact;
use crate::sql::failure::{Failure, in_column};

pub(crate) mod row {
    use sea_orm::entity::prelude::*;

    use crate::sql::column::{Exact, Moment};

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "account_events")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub account_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub number: i64,
        pub at: Moment,
        pub kind: String,
        pub order_id: Option<Uuid>,
        pub status: Option<String>,
        pub filled: Option<Exact>,
        pub execution_id: Option<Uuid>,
        pub instrument_id: Option<Uuid>,
        pub contradiction: Option<String>,
        pub text: Option<String>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

impl row::Model {
    fn event(self) -> Result<AccountEvent, Failure> {
        let status = self.status.as_deref().map(str::parse::<OrderStatus>).transpose();
        let contradiction = self.contradiction.as_deref().map(str::parse::<Contradiction>).transpose();
        Ok(AccountEvent {
            account: AccountId::from_uuid(self.account_id),
            number: u64::try_from(self.number).map_err(in_column("account_events.number"))?,
            at: self.at.time()?,
            kind: self.kind.parse().map_err(in_column::<String>("account_events.kind"))?,
            order: self.order_id.map(OrderId),
            status: status.map_err(in_column("account_events.status"))?,
            filled: self.filled.map(Exact::quantity).transpose()?,
            execution: self.execution_id.map(ExecutionId::from_uuid),
            instrument: self.instrument_id.map(InstrumentId::from_uuid),
            contradiction: contradiction.map_err(in_column("account_events.contradiction"))?,
            text: self.text,
        })
    }
}

/// The account's events after the one of this number, oldest first.
pub(super) async fn after(
    connection: &impl ConnectionTrait,
    account: AccountId,
    number: u64,
    count: u64,
) -> Result<Vec<AccountEvent>, Failure> {
    let rows = row::Entity::find()
        .filter(row::Column::AccountId.eq(account.uuid()))
        .filter(row::Column::Number.gt(i64::try_from(number).unwrap_or(i64::MAX)))
        .order_by_asc(row::Column::Number)
        .limit(count)
        .all(connection)
        .await?;
    rows.into_iter().map(row::Model::event).collect()
}

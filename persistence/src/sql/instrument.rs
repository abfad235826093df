//! Known instruments.

use std::collections::BTreeMap;

use async_trait::async_trait;
use domain::instrument::{Instrument, InstrumentId, InstrumentStore};
use domain::store::StoreError;
use domain::world::ConnectionId;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveValue::Set, Iterable};

use super::column::Exact;
use super::failure::{Failure, in_column};
use super::{Sql, run};

/// How many rows one statement writes or ids it names: both databases bound the number of parameters.
const AT_ONCE: usize = 500;

pub(super) mod row {
    use sea_orm::entity::prelude::*;

    use crate::sql::column::Exact;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "instruments")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub connection: String,
        pub environment: String,
        pub broker_id: i64,
        pub symbol: String,
        pub name: String,
        pub asset_class: String,
        pub exchange: String,
        pub primary_exchange: Option<String>,
        pub currency: String,
        pub price_increment: Exact,
        pub multiplier: Exact,
        pub time_zone: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

impl From<&Instrument> for row::ActiveModel {
    fn from(instrument: &Instrument) -> Self {
        Self {
            id: Set(instrument.id.uuid()),
            connection: Set(instrument.connection.as_str().to_owned()),
            environment: Set(instrument.environment.as_str().to_owned()),
            broker_id: Set(instrument.broker_id),
            symbol: Set(instrument.symbol.clone()),
            name: Set(instrument.name.clone()),
            asset_class: Set(instrument.asset_class.as_str().to_owned()),
            exchange: Set(instrument.exchange.clone()),
            primary_exchange: Set(instrument.primary_exchange.clone()),
            currency: Set(instrument.currency.clone()),
            price_increment: Set(Exact(instrument.price_increment)),
            multiplier: Set(Exact(instrument.multiplier)),
            time_zone: Set(instrument.time_zone.clone()),
        }
    }
}

impl row::Model {
    pub(super) fn instrument(self) -> Result<Instrument, Failure> {
        Ok(Instrument {
            id: InstrumentId::from_uuid(self.id),
            connection: ConnectionId::new(self.connection),
            environment: self.environment.parse().map_err(in_column::<String>("instruments.environment"))?,
            broker_id: self.broker_id,
            symbol: self.symbol,
            name: self.name,
            asset_class: self.asset_class.parse().map_err(in_column::<String>("instruments.asset_class"))?,
            exchange: self.exchange,
            primary_exchange: self.primary_exchange,
            currency: self.currency,
            price_increment: self.price_increment.0,
            multiplier: self.multiplier.0,
            time_zone: self.time_zone,
        })
    }
}

#[async_trait]
impl InstrumentStore for Sql {
    async fn put(&self, instruments: &[Instrument]) -> Result<(), StoreError> {
        // Each once, and in the same order everywhere, so that two writers do not wait for each other.
        let distinct: BTreeMap<InstrumentId, &Instrument> =
            instruments.iter().map(|instrument| (instrument.id, instrument)).collect();
        let rows: Vec<row::ActiveModel> = distinct.into_values().map(Into::into).collect();
        if rows.is_empty() {
            return Ok(());
        }
        run(async {
            let transaction = self.begin_write().await?;
            let replaced = row::Column::iter().filter(|column| !matches!(column, row::Column::Id));
            let replace = OnConflict::column(row::Column::Id).update_columns(replaced).to_owned();
            for chunk in rows.chunks(AT_ONCE) {
                row::Entity::insert_many(chunk.to_vec())
                    .on_conflict(replace.clone())
                    .exec_without_returning(&transaction)
                    .await?;
            }
            Ok(transaction.commit().await?)
        })
        .await
    }

    async fn find(&self, ids: &[InstrumentId]) -> Result<Vec<Instrument>, StoreError> {
        run(async {
            let mut found = Vec::new();
            for chunk in ids.chunks(AT_ONCE) {
                let rows = row::Entity::find()
                    .filter(row::Column::Id.is_in(chunk.iter().map(|id| id.uuid())))
                    .all(&self.reader)
                    .await?;
                for row in rows {
                    found.push(row.instrument()?);
                }
            }
            Ok(found)
        })
        .await
    }
}

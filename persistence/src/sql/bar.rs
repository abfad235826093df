//! Bars of the past, and which stretches of time are known in full.

use std::collections::BTreeMap;

use async_trait::async_trait;
use domain::bar::{Bar, BarSize, BarStore, Series, TimeRange};
use domain::instrument::InstrumentId;
use domain::store::StoreError;
use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::OnConflict;
use sea_orm::{DatabaseTransaction, QueryOrder};

use super::column::{Exact, Moment};
use super::failure::Failure;
use super::{Lock, Sql, run};

/// How many rows one statement writes: both databases bound the number of parameters.
const AT_ONCE: usize = 1_000;

mod row {
    use sea_orm::entity::prelude::*;

    use crate::sql::column::{Exact, Moment};

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "bars")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub instrument_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub size: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub time: Moment,
        pub open: Exact,
        pub high: Exact,
        pub low: Exact,
        pub close: Exact,
        pub volume: Option<Exact>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

mod coverage {
    use sea_orm::entity::prelude::*;

    use crate::sql::column::Moment;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "bar_coverage")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub instrument_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub size: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub from_time: Moment,
        pub to_time: Moment,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

impl row::Model {
    fn bar(&self) -> Result<Bar, Failure> {
        Ok(Bar {
            time: self.time.time()?,
            open: self.open.price(),
            high: self.high.price(),
            low: self.low.price(),
            close: self.close.price(),
            volume: self.volume.map(Exact::quantity).transpose()?,
        })
    }
}

#[async_trait]
impl BarStore for Sql {
    async fn read(&self, series: Series, range: TimeRange) -> Result<(Vec<Bar>, Vec<TimeRange>), StoreError> {
        run(async {
            // What is covered is read first: a write in between can then only add bars that nobody is
            // promised yet, never take away some that somebody is.
            let covered = read_coverage(&self.reader, series, range).await?;
            let rows = row::Entity::find()
                .filter(row::Column::InstrumentId.eq(series.instrument.uuid()))
                .filter(row::Column::Size.eq(series.size.as_str()))
                .filter(row::Column::Time.gte(Moment::not_before(range.from)))
                .filter(row::Column::Time.lt(Moment::not_before(range.to)))
                .order_by_asc(row::Column::Time)
                .all(&self.reader)
                .await?;
            let bars = rows.iter().map(row::Model::bar).collect::<Result<_, _>>()?;
            let within = covered.into_iter().filter_map(|known| intersection(known, range)).collect();
            Ok((bars, within))
        })
        .await
    }

    async fn write(&self, series: Series, covered: TimeRange, bars: &[Bar]) -> Result<(), StoreError> {
        run(async {
            let transaction = self.begin_write().await?;
            self.lock(&transaction, Lock::Bars(series)).await?;
            write_bars(&transaction, series, bars).await?;
            if covered.from < covered.to {
                extend_coverage(&transaction, series, covered).await?;
            }
            Ok(transaction.commit().await?)
        })
        .await
    }

    async fn newest(&self, series: Series) -> Result<Option<Bar>, StoreError> {
        run(async {
            let newest = row::Entity::find()
                .filter(row::Column::InstrumentId.eq(series.instrument.uuid()))
                .filter(row::Column::Size.eq(series.size.as_str()))
                .order_by_desc(row::Column::Time)
                .one(&self.reader)
                .await?;
            newest.as_ref().map(row::Model::bar).transpose()
        })
        .await
    }

    async fn forget(&self, instrument: InstrumentId) -> Result<(), StoreError> {
        run(async {
            let transaction = self.begin_write().await?;
            // Whoever is writing ends first: what is covered must never outlive its bars.
            for (size, ..) in BarSize::ALL {
                self.lock(&transaction, Lock::Bars(Series { instrument, size })).await?;
            }
            coverage::Entity::delete_many()
                .filter(coverage::Column::InstrumentId.eq(instrument.uuid()))
                .exec(&transaction)
                .await?;
            row::Entity::delete_many()
                .filter(row::Column::InstrumentId.eq(instrument.uuid()))
                .exec(&transaction)
                .await?;
            Ok(transaction.commit().await?)
        })
        .await
    }
}

async fn write_bars(transaction: &DatabaseTransaction, series: Series, bars: &[Bar]) -> Result<(), Failure> {
    // Each time once: Postgres refuses to replace a row twice in one statement.
    let distinct: BTreeMap<Moment, &Bar> = bars.iter().map(|bar| (bar.time.into(), bar)).collect();
    let rows: Vec<_> = distinct.into_iter().map(|(time, bar)| bar_row(series, time, bar)).collect();
    let replaced =
        [row::Column::Open, row::Column::High, row::Column::Low, row::Column::Close, row::Column::Volume];
    let replace = OnConflict::columns([row::Column::InstrumentId, row::Column::Size, row::Column::Time])
        .update_columns(replaced)
        .to_owned();
    for chunk in rows.chunks(AT_ONCE) {
        row::Entity::insert_many(chunk.to_vec())
            .on_conflict(replace.clone())
            .exec_without_returning(transaction)
            .await?;
    }
    Ok(())
}

fn bar_row(series: Series, time: Moment, bar: &Bar) -> row::ActiveModel {
    row::ActiveModel {
        instrument_id: Set(series.instrument.uuid()),
        size: Set(series.size.as_str().to_owned()),
        time: Set(time),
        open: Set(bar.open.into()),
        high: Set(bar.high.into()),
        low: Set(bar.low.into()),
        close: Set(bar.close.into()),
        volume: Set(bar.volume.map(Into::into)),
    }
}

/// The stretches known in full that touch `range`, by time.
async fn read_coverage(
    connection: &impl ConnectionTrait,
    series: Series,
    range: TimeRange,
) -> Result<Vec<TimeRange>, Failure> {
    let rows = coverage::Entity::find()
        .filter(coverage::Column::InstrumentId.eq(series.instrument.uuid()))
        .filter(coverage::Column::Size.eq(series.size.as_str()))
        .filter(coverage::Column::FromTime.lte(Moment::not_before(range.to)))
        .filter(coverage::Column::ToTime.gte(Moment::from(range.from)))
        .order_by_asc(coverage::Column::FromTime)
        .all(connection)
        .await?;
    rows.iter().map(|row| Ok(TimeRange { from: row.from_time.time()?, to: row.to_time.time()? })).collect()
}

/// Adds a stretch; those that it touches become one with it.
async fn extend_coverage(
    transaction: &DatabaseTransaction,
    series: Series,
    covered: TimeRange,
) -> Result<(), Failure> {
    let mut ranges = read_coverage(transaction, series, covered).await?;
    let touched: Vec<Moment> = ranges.iter().map(|range| range.from.into()).collect();
    coverage::Entity::delete_many()
        .filter(coverage::Column::InstrumentId.eq(series.instrument.uuid()))
        .filter(coverage::Column::Size.eq(series.size.as_str()))
        .filter(coverage::Column::FromTime.is_in(touched))
        .exec(transaction)
        .await?;
    // Rounded inwards: what is kept is never more than what is known.
    ranges.push(TimeRange {
        from: Moment::not_before(covered.from).time()?,
        to: Moment::from(covered.to).time()?,
    });
    let rows = TimeRange::merged(ranges).into_iter().map(|range| coverage::ActiveModel {
        instrument_id: Set(series.instrument.uuid()),
        size: Set(series.size.as_str().to_owned()),
        from_time: Set(range.from.into()),
        to_time: Set(range.to.into()),
    });
    coverage::Entity::insert_many(rows).exec_without_returning(transaction).await?;
    Ok(())
}

fn intersection(one: TimeRange, other: TimeRange) -> Option<TimeRange> {
    let both = TimeRange { from: one.from.max(other.from), to: one.to.min(other.to) };
    (both.from < both.to).then_some(both)
}

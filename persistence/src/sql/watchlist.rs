//! Watchlists and what is in them.

use async_trait::async_trait;
use domain::instrument::InstrumentId;
use domain::store::StoreError;
use domain::user::UserId;
use domain::watchlist::{
    Change, MAX_INSTRUMENTS, MAX_WATCHLISTS, Watchlist, WatchlistId, WatchlistName, WatchlistStore,
};
use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::LockType;
use sea_orm::{DatabaseTransaction, QueryOrder, QuerySelect};

use super::failure::{Failure, in_column};
use super::{Sql, instrument, run, user};

mod row {
    use sea_orm::entity::prelude::*;

    use crate::sql::column::Moment;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "watchlists")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub owner_id: Uuid,
        pub name: String,
        pub folded_name: String,
        pub created_at: Moment,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {
        #[sea_orm(has_many = "super::item::Entity")]
        Item,
    }

    impl Related<super::item::Entity> for Entity {
        fn to() -> RelationDef {
            Relation::Item.def()
        }
    }

    impl ActiveModelBehavior for ActiveModel {}
}

mod item {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "watchlist_items")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub watchlist_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub instrument_id: Uuid,
        pub position: i32,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {
        #[sea_orm(
            belongs_to = "super::row::Entity",
            from = "Column::WatchlistId",
            to = "super::row::Column::Id"
        )]
        Watchlist,
    }

    impl Related<super::row::Entity> for Entity {
        fn to() -> RelationDef {
            Relation::Watchlist.def()
        }
    }

    impl ActiveModelBehavior for ActiveModel {}
}

impl row::Model {
    fn watchlist(&self, mut items: Vec<item::Model>) -> Result<Watchlist, Failure> {
        items.sort_by_key(|item| item.position);
        Ok(Watchlist {
            id: WatchlistId(self.id),
            owner: UserId(self.owner_id),
            name: WatchlistName::parse(&self.name).map_err(in_column("watchlists.name"))?,
            instruments: items.iter().map(|item| InstrumentId::from_uuid(item.instrument_id)).collect(),
            created_at: self.created_at.time()?,
        })
    }
}

#[async_trait]
impl WatchlistStore for Sql {
    async fn list(&self, owner: UserId) -> Result<Vec<Watchlist>, StoreError> {
        run(async {
            let found = row::Entity::find()
                .filter(row::Column::OwnerId.eq(owner.0))
                .find_with_related(item::Entity)
                .all(&self.reader)
                .await?;
            let lists = found.into_iter().map(|(row, items)| row.watchlist(items));
            let mut lists = lists.collect::<Result<Vec<_>, _>>()?;
            lists.sort_by_key(|list| (list.created_at, list.id));
            Ok(lists)
        })
        .await
    }

    async fn find(&self, owner: UserId, id: WatchlistId) -> Result<Option<Watchlist>, StoreError> {
        run(read(&self.reader, owner, id)).await
    }

    /// Besides the port's rules: an unknown owner or instrument is [`Change::NotFound`], and more than
    /// [`MAX_INSTRUMENTS`] are [`Change::LimitReached`].
    async fn create(&self, watchlist: &Watchlist) -> Result<Change, StoreError> {
        run(async {
            let transaction = self.begin_write().await?;
            if let Some(refusal) = refuse_creation(&transaction, watchlist).await? {
                return Ok(refusal);
            }
            let row = row::ActiveModel {
                id: Set(watchlist.id.0),
                owner_id: Set(watchlist.owner.0),
                name: Set(watchlist.name.as_str().to_owned()),
                folded_name: Set(watchlist.name.folded()),
                created_at: Set(watchlist.created_at.into()),
            };
            row::Entity::insert(row).exec_without_returning(&transaction).await?;
            insert_items(&transaction, watchlist.id, &distinct(&watchlist.instruments)).await?;
            commit(transaction, watchlist.owner, watchlist.id).await
        })
        .await
    }

    async fn rename(
        &self,
        owner: UserId,
        id: WatchlistId,
        name: &WatchlistName,
    ) -> Result<Change, StoreError> {
        run(async {
            let transaction = self.begin_write().await?;
            lock_owner(&transaction, owner).await?;
            if read(&transaction, owner, id).await?.is_none() {
                return Ok(Change::NotFound);
            }
            if name_taken(&transaction, owner, id, name).await? {
                return Ok(Change::NameTaken);
            }
            row::Entity::update_many()
                .col_expr(row::Column::Name, Expr::value(name.as_str()))
                .col_expr(row::Column::FoldedName, Expr::value(name.folded()))
                .filter(row::Column::Id.eq(id.0))
                .exec(&transaction)
                .await?;
            commit(transaction, owner, id).await
        })
        .await
    }

    async fn delete(&self, owner: UserId, id: WatchlistId) -> Result<bool, StoreError> {
        run(async {
            let deleted = row::Entity::delete_many()
                .filter(row::Column::Id.eq(id.0))
                .filter(row::Column::OwnerId.eq(owner.0))
                .exec(&self.writer)
                .await?;
            Ok(deleted.rows_affected > 0)
        })
        .await
    }

    /// Besides the port's rules: an unknown instrument is [`Change::NotFound`].
    async fn add(
        &self,
        owner: UserId,
        id: WatchlistId,
        instrument: InstrumentId,
    ) -> Result<Change, StoreError> {
        run(async {
            let transaction = self.begin_write().await?;
            let Some(items) = lock_items(&transaction, owner, id).await? else {
                return Ok(Change::NotFound);
            };
            if items.iter().any(|item| item.instrument_id == instrument.uuid()) {
                return commit(transaction, owner, id).await;
            }
            if items.len() >= MAX_INSTRUMENTS {
                return Ok(Change::LimitReached);
            }
            if !all_known(&transaction, &[instrument]).await? {
                return Ok(Change::NotFound);
            }
            let position = items.iter().map(|item| item.position + 1).max().unwrap_or(0);
            let row = item_row(id, instrument, position);
            item::Entity::insert(row).exec_without_returning(&transaction).await?;
            commit(transaction, owner, id).await
        })
        .await
    }

    async fn remove(
        &self,
        owner: UserId,
        id: WatchlistId,
        instrument: InstrumentId,
    ) -> Result<Change, StoreError> {
        run(async {
            let transaction = self.begin_write().await?;
            if lock_items(&transaction, owner, id).await?.is_none() {
                return Ok(Change::NotFound);
            }
            item::Entity::delete_by_id((id.0, instrument.uuid())).exec(&transaction).await?;
            commit(transaction, owner, id).await
        })
        .await
    }

    async fn reorder(
        &self,
        owner: UserId,
        id: WatchlistId,
        instruments: &[InstrumentId],
    ) -> Result<Change, StoreError> {
        run(async {
            let transaction = self.begin_write().await?;
            let Some(items) = lock_items(&transaction, owner, id).await? else {
                return Ok(Change::NotFound);
            };
            let mut present: Vec<Uuid> = items.iter().map(|item| item.instrument_id).collect();
            let mut wanted: Vec<Uuid> = instruments.iter().map(|instrument| instrument.uuid()).collect();
            present.sort_unstable();
            wanted.sort_unstable();
            if present != wanted {
                return Ok(Change::Outdated);
            }
            item::Entity::delete_many().filter(item::Column::WatchlistId.eq(id.0)).exec(&transaction).await?;
            insert_items(&transaction, id, instruments).await?;
            commit(transaction, owner, id).await
        })
        .await
    }
}

/// Commits, and returns the list as it is now.
async fn commit(transaction: DatabaseTransaction, owner: UserId, id: WatchlistId) -> Result<Change, Failure> {
    let list = read(&transaction, owner, id).await?;
    transaction.commit().await?;
    Ok(list.map_or(Change::NotFound, Change::Done))
}

async fn read(
    connection: &impl ConnectionTrait,
    owner: UserId,
    id: WatchlistId,
) -> Result<Option<Watchlist>, Failure> {
    let found = row::Entity::find_by_id(id.0)
        .filter(row::Column::OwnerId.eq(owner.0))
        .find_with_related(item::Entity)
        .all(connection)
        .await?;
    found.into_iter().next().map(|(row, items)| row.watchlist(items)).transpose()
}

/// Why this list cannot be added, with the owner held so that it stays so.
async fn refuse_creation(
    transaction: &DatabaseTransaction,
    watchlist: &Watchlist,
) -> Result<Option<Change>, Failure> {
    if !lock_owner(transaction, watchlist.owner).await? {
        return Ok(Some(Change::NotFound));
    }
    if name_taken(transaction, watchlist.owner, watchlist.id, &watchlist.name).await? {
        return Ok(Some(Change::NameTaken));
    }
    let lists =
        row::Entity::find().filter(row::Column::OwnerId.eq(watchlist.owner.0)).count(transaction).await?;
    let instruments = distinct(&watchlist.instruments);
    if lists >= MAX_WATCHLISTS as u64 || instruments.len() > MAX_INSTRUMENTS {
        return Ok(Some(Change::LimitReached));
    }
    Ok((!all_known(transaction, &instruments).await?).then_some(Change::NotFound))
}

/// Makes changes of one owner's set of lists follow one another; returns whether there is such an owner.
async fn lock_owner(transaction: &DatabaseTransaction, owner: UserId) -> Result<bool, Failure> {
    Ok(user::lock(transaction, owner).await?.is_some())
}

/// Makes changes of one list follow one another; returns what is in it, where the owner has it.
async fn lock_items(
    transaction: &DatabaseTransaction,
    owner: UserId,
    id: WatchlistId,
) -> Result<Option<Vec<item::Model>>, Failure> {
    let list = row::Entity::find_by_id(id.0)
        .filter(row::Column::OwnerId.eq(owner.0))
        .lock(LockType::NoKeyUpdate)
        .one(transaction)
        .await?;
    if list.is_none() {
        return Ok(None);
    }
    let items = item::Entity::find()
        .filter(item::Column::WatchlistId.eq(id.0))
        .order_by_asc(item::Column::Position)
        .all(transaction)
        .await?;
    Ok(Some(items))
}

/// Whether another list of the owner has this name.
async fn name_taken(
    transaction: &DatabaseTransaction,
    owner: UserId,
    id: WatchlistId,
    name: &WatchlistName,
) -> Result<bool, Failure> {
    let others = row::Entity::find()
        .filter(row::Column::OwnerId.eq(owner.0))
        .filter(row::Column::FoldedName.eq(name.folded()))
        .filter(row::Column::Id.ne(id.0))
        .count(transaction)
        .await?;
    Ok(others > 0)
}

async fn all_known(transaction: &DatabaseTransaction, instruments: &[InstrumentId]) -> Result<bool, Failure> {
    let known = instrument::row::Entity::find()
        .filter(instrument::row::Column::Id.is_in(instruments.iter().map(|id| id.uuid())))
        .count(transaction)
        .await?;
    Ok(known == instruments.len() as u64)
}

async fn insert_items(
    transaction: &DatabaseTransaction,
    id: WatchlistId,
    instruments: &[InstrumentId],
) -> Result<(), Failure> {
    if instruments.is_empty() {
        return Ok(());
    }
    let rows = (0..).zip(instruments).map(|(position, instrument)| item_row(id, *instrument, position));
    item::Entity::insert_many(rows).exec_without_returning(transaction).await?;
    Ok(())
}

fn item_row(id: WatchlistId, instrument: InstrumentId, position: i32) -> item::ActiveModel {
    item::ActiveModel {
        watchlist_id: Set(id.0),
        instrument_id: Set(instrument.uuid()),
        position: Set(position),
    }
}

/// Each instrument once, where it stands first.
fn distinct(instruments: &[InstrumentId]) -> Vec<InstrumentId> {
    let mut seen = std::collections::HashSet::new();
    instruments.iter().copied().filter(|instrument| seen.insert(*instrument)).collect()
}

//! Stores in memory, just as strict as the protocol tests need.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard};

use async_trait::async_trait;
use domain::installation::{Installation, InstallationStore};
use domain::instrument::{Instrument, InstrumentId, InstrumentStore};
use domain::store::StoreError;
use domain::user::UserId;
use domain::watchlist::{Change, MAX_INSTRUMENTS, Watchlist, WatchlistId, WatchlistName, WatchlistStore};
use domain::world::Environment;
use uuid::Uuid;

mod accounts;
pub mod alerts;
mod keys;
mod people;
mod sessions;

use alerts::AlertTables;
use people::PeopleTables;

#[derive(Default)]
pub struct Stores {
    pub away: AtomicBool,
    pub faulty: AtomicBool,
    tables: Mutex<Tables>,
}

#[derive(Default)]
struct Tables {
    people: PeopleTables,
    alerts: AlertTables,
    watchlists: Vec<Watchlist>,
    instruments: HashMap<InstrumentId, Instrument>,
}

impl Stores {
    fn tables(&self) -> Result<MutexGuard<'_, Tables>, StoreError> {
        if self.away.load(Ordering::SeqCst) {
            return Err(StoreError::Unavailable("taken away by the test".into()));
        }
        if self.faulty.load(Ordering::SeqCst) {
            return Err(StoreError::Fault("column \"secret\" does not exist".into()));
        }
        Ok(self.tables.lock().unwrap())
    }
}

impl Stores {
    fn change(
        &self,
        owner: UserId,
        id: WatchlistId,
        change: impl FnOnce(&mut Watchlist) -> Option<Change>,
    ) -> Result<Change, StoreError> {
        let mut tables = self.tables()?;
        let mine = |list: &&mut Watchlist| list.id == id && list.owner == owner;
        let Some(list) = tables.watchlists.iter_mut().find(mine) else { return Ok(Change::NotFound) };
        let refused = change(list);
        Ok(refused.unwrap_or_else(|| Change::Done(list.clone())))
    }
}

#[async_trait]
impl WatchlistStore for Stores {
    async fn list(&self, owner: UserId) -> Result<Vec<Watchlist>, StoreError> {
        Ok(self.tables()?.watchlists.iter().filter(|list| list.owner == owner).cloned().collect())
    }

    async fn find(&self, owner: UserId, id: WatchlistId) -> Result<Option<Watchlist>, StoreError> {
        Ok(self.tables()?.watchlists.iter().find(|list| list.owner == owner && list.id == id).cloned())
    }

    async fn create(&self, watchlist: &Watchlist) -> Result<Change, StoreError> {
        let mut tables = self.tables()?;
        let taken =
            |list: &Watchlist| list.owner == watchlist.owner && list.name.folded() == watchlist.name.folded();
        if tables.watchlists.iter().any(taken) {
            return Ok(Change::NameTaken);
        }
        tables.watchlists.push(watchlist.clone());
        Ok(Change::Done(watchlist.clone()))
    }

    async fn rename(
        &self,
        owner: UserId,
        id: WatchlistId,
        name: &WatchlistName,
    ) -> Result<Change, StoreError> {
        self.change(owner, id, |list| {
            list.name = name.clone();
            None
        })
    }

    async fn delete(&self, owner: UserId, id: WatchlistId) -> Result<bool, StoreError> {
        let mut tables = self.tables()?;
        let before = tables.watchlists.len();
        tables.watchlists.retain(|list| list.owner != owner || list.id != id);
        Ok(tables.watchlists.len() < before)
    }

    async fn add(
        &self,
        owner: UserId,
        id: WatchlistId,
        instrument: InstrumentId,
    ) -> Result<Change, StoreError> {
        self.change(owner, id, |list| {
            if list.instruments.len() >= MAX_INSTRUMENTS {
                return Some(Change::LimitReached);
            }
            if !list.instruments.contains(&instrument) {
                list.instruments.push(instrument);
            }
            None
        })
    }

    async fn remove(
        &self,
        owner: UserId,
        id: WatchlistId,
        instrument: InstrumentId,
    ) -> Result<Change, StoreError> {
        self.change(owner, id, |list| {
            list.instruments.retain(|known| *known != instrument);
            None
        })
    }

    async fn reorder(
        &self,
        owner: UserId,
        id: WatchlistId,
        order: &[InstrumentId],
    ) -> Result<Change, StoreError> {
        self.change(owner, id, |list| {
            let sorted = |ids: &[InstrumentId]| {
                let mut ids = ids.to_vec();
                ids.sort();
                ids
            };
            if sorted(order) != sorted(&list.instruments) {
                return Some(Change::Outdated);
            }
            list.instruments = order.to_vec();
            None
        })
    }
}

#[async_trait]
impl InstrumentStore for Stores {
    async fn put(&self, instruments: &[Instrument]) -> Result<(), StoreError> {
        let mut tables = self.tables()?;
        tables.instruments.extend(instruments.iter().map(|one| (one.id, one.clone())));
        Ok(())
    }

    async fn find(&self, ids: &[InstrumentId]) -> Result<Vec<Instrument>, StoreError> {
        let tables = self.tables()?;
        Ok(ids.iter().filter_map(|id| tables.instruments.get(id).cloned()).collect())
    }
}

#[async_trait]
impl InstallationStore for Stores {
    async fn open(&self, _: Uuid) -> Result<Installation, StoreError> {
        drop(self.tables()?);
        Ok(Installation { id: Uuid::from_u128(77), environment: Some(Environment::Simulated) })
    }

    async fn environment(&self) -> Result<Option<Environment>, StoreError> {
        drop(self.tables()?);
        Ok(Some(Environment::Simulated))
    }

    async fn claim_environment(&self, environment: Environment) -> Result<Environment, StoreError> {
        Ok(environment)
    }

    async fn replace_environment(&self, _: Environment) -> Result<(), StoreError> {
        Ok(())
    }

    async fn ping(&self) -> Result<(), StoreError> {
        self.tables().map(|_| ())
    }
}

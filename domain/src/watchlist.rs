//! Watchlists: the instruments that a user keeps an eye on, in the user's order.

use std::sync::Arc;

use async_trait::async_trait;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::clock::Clock;
use crate::error::{Error, Refusal, RefusalCode};
use crate::instrument::{InstrumentId, InstrumentStore};
use crate::name;
use crate::random::{Random, new_id};
use crate::store::StoreError;
use crate::user::UserId;

/// The most watchlists that a user keeps.
pub const MAX_WATCHLISTS: usize = 50;

/// The most instruments in a watchlist.
pub const MAX_INSTRUMENTS: usize = 200;

/// The id of a watchlist.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct WatchlistId(pub Uuid);

/// What a user called a watchlist: 1 to 60 characters, unique among the user's lists whatever the case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WatchlistName(String);

impl WatchlistName {
    /// Checks and trims a name that a person typed.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        name::parse(text, 60, "a watchlist").map(Self)
    }

    /// The name as typed.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name as compared.
    pub fn folded(&self) -> String {
        self.0.to_lowercase()
    }
}

/// A watchlist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Watchlist {
    /// Ours.
    pub id: WatchlistId,
    /// Whose.
    pub owner: UserId,
    /// What its owner called it.
    pub name: WatchlistName,
    /// What is in it, in its owner's order, each once.
    pub instruments: Vec<InstrumentId>,
    /// When it was made.
    pub created_at: OffsetDateTime,
}

/// What became of a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// It was done; this is the list now.
    Done(Watchlist),
    /// The owner has no such list.
    NotFound,
    /// The owner has another list of that name.
    NameTaken,
    /// A limit would be passed.
    LimitReached,
    /// The new order does not hold exactly the list's instruments.
    Outdated,
}

/// Where watchlists are kept. Every method sees only the lists of `owner`.
#[async_trait]
pub trait WatchlistStore: Send + Sync {
    /// The owner's lists, oldest first.
    async fn list(&self, owner: UserId) -> Result<Vec<Watchlist>, StoreError>;

    /// One list.
    async fn find(&self, owner: UserId, id: WatchlistId) -> Result<Option<Watchlist>, StoreError>;

    /// Adds a list, at most [`MAX_WATCHLISTS`].
    async fn create(&self, watchlist: &Watchlist) -> Result<Change, StoreError>;

    /// Renames a list.
    async fn rename(
        &self,
        owner: UserId,
        id: WatchlistId,
        name: &WatchlistName,
    ) -> Result<Change, StoreError>;

    /// Deletes a list; returns whether there was one.
    async fn delete(&self, owner: UserId, id: WatchlistId) -> Result<bool, StoreError>;

    /// Puts an instrument at the end, at most [`MAX_INSTRUMENTS`]; one that is in the list stays where it is.
    async fn add(
        &self,
        owner: UserId,
        id: WatchlistId,
        instrument: InstrumentId,
    ) -> Result<Change, StoreError>;

    /// Takes an instrument out; one that is not in the list is no error.
    async fn remove(
        &self,
        owner: UserId,
        id: WatchlistId,
        instrument: InstrumentId,
    ) -> Result<Change, StoreError>;

    /// Puts the list's instruments in this order; it must hold exactly those, each once.
    async fn reorder(
        &self,
        owner: UserId,
        id: WatchlistId,
        instruments: &[InstrumentId],
    ) -> Result<Change, StoreError>;
}

/// What can be done with watchlists.
pub struct Watchlists {
    /// Where they are kept.
    pub store: Arc<dyn WatchlistStore>,
    /// What can be in them.
    pub instruments: Arc<dyn InstrumentStore>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Ids.
    pub random: Arc<dyn Random>,
}

impl Watchlists {
    /// The owner's lists, oldest first.
    pub async fn list(&self, owner: UserId) -> Result<Vec<Watchlist>, Error> {
        Ok(self.store.list(owner).await?)
    }

    /// One list of the owner.
    pub async fn find(&self, owner: UserId, id: WatchlistId) -> Result<Option<Watchlist>, Error> {
        Ok(self.store.find(owner, id).await?)
    }

    /// Makes a list that holds `instruments`.
    pub async fn create(
        &self,
        owner: UserId,
        name: &str,
        instruments: Vec<InstrumentId>,
    ) -> Result<Watchlist, Error> {
        let name = WatchlistName::parse(name)?;
        if instruments.len() > MAX_INSTRUMENTS {
            return Err(Refusal::of("instruments", RefusalCode::LimitReached, full()).into());
        }
        let known = self.instruments.find(&instruments).await?;
        if instruments.iter().any(|id| known.iter().all(|instrument| instrument.id != *id)) {
            return Err(not_found("instruments", "instrument").into());
        }
        let created_at = self.clock.now();
        let id = WatchlistId(new_id(created_at, self.random.as_ref()));
        let watchlist = Watchlist { id, owner, name, instruments, created_at };
        let limit = format!("you have {MAX_WATCHLISTS} watchlists, the most there can be; delete one first");
        done(self.store.create(&watchlist).await?, "name", &limit)
    }

    /// Renames a list.
    pub async fn rename(&self, owner: UserId, id: WatchlistId, name: &str) -> Result<Watchlist, Error> {
        let name = WatchlistName::parse(name)?;
        done(self.store.rename(owner, id, &name).await?, "name", "")
    }

    /// Deletes a list.
    pub async fn delete(&self, owner: UserId, id: WatchlistId) -> Result<(), Error> {
        if self.store.delete(owner, id).await? {
            Ok(())
        } else {
            Err(not_found("watchlist", "watchlist").into())
        }
    }

    /// Puts an instrument at the end of a list.
    pub async fn add(
        &self,
        owner: UserId,
        id: WatchlistId,
        instrument: InstrumentId,
    ) -> Result<Watchlist, Error> {
        if self.instruments.find(&[instrument]).await?.is_empty() {
            return Err(not_found("instrument", "instrument").into());
        }
        done(self.store.add(owner, id, instrument).await?, "instrument", &full())
    }

    /// Takes an instrument out of a list.
    pub async fn remove(
        &self,
        owner: UserId,
        id: WatchlistId,
        instrument: InstrumentId,
    ) -> Result<Watchlist, Error> {
        done(self.store.remove(owner, id, instrument).await?, "instrument", "")
    }

    /// Puts a list's instruments in another order.
    pub async fn reorder(
        &self,
        owner: UserId,
        id: WatchlistId,
        instruments: &[InstrumentId],
    ) -> Result<Watchlist, Error> {
        done(self.store.reorder(owner, id, instruments).await?, "instruments", "")
    }
}

fn full() -> String {
    format!("a watchlist holds at most {MAX_INSTRUMENTS} instruments")
}

fn not_found(field: &'static str, noun: &str) -> Refusal {
    Refusal::of(field, RefusalCode::NotFound, format!("there is no such {noun}"))
}

fn done(change: Change, field: &'static str, limit: &str) -> Result<Watchlist, Error> {
    let refusal = match change {
        Change::Done(watchlist) => return Ok(watchlist),
        Change::NotFound => not_found("watchlist", "watchlist"),
        Change::NameTaken => {
            Refusal::of("name", RefusalCode::Taken, "you have a watchlist of that name already")
        }
        Change::LimitReached => Refusal::of(field, RefusalCode::LimitReached, limit),
        Change::Outdated => Refusal::of(
            field,
            RefusalCode::Outdated,
            "the watchlist was changed in the meantime; read it again and repeat",
        ),
    };
    Err(refusal.into())
}

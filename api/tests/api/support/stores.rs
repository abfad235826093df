//! Stores in memory, just as strict as the protocol tests need.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard};

use async_trait::async_trait;
use domain::installation::{Installation, InstallationStore};
use domain::instrument::{Instrument, InstrumentId, InstrumentStore};
use domain::session::{RefreshTokenHash, Rotation, Session, SessionId, SessionStore};
use domain::store::StoreError;
use domain::user::{PasswordHash, User, UserId, UserStore, Username};
use domain::watchlist::{Change, MAX_INSTRUMENTS, Watchlist, WatchlistId, WatchlistName, WatchlistStore};
use domain::world::Environment;
use time::OffsetDateTime;
use uuid::Uuid;

#[derive(Default)]
pub struct Stores {
    pub away: AtomicBool,
    pub faulty: AtomicBool,
    tables: Mutex<Tables>,
}

#[derive(Default)]
struct Tables {
    users: Vec<(User, PasswordHash)>,
    sessions: Vec<(Session, bool)>,
    /// Whether the token is the current one.
    tokens: HashMap<RefreshTokenHash, (SessionId, bool)>,
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

    /// Gives the only user another role.
    pub fn set_role(&self, role: domain::user::Role) {
        self.tables.lock().unwrap().users.iter_mut().for_each(|(user, _)| user.role = role);
    }

    /// Adds a user with the first one's password.
    pub fn add_user(&self, name: &str) {
        let mut tables = self.tables.lock().unwrap();
        let (mut user, hash) = tables.users[0].clone();
        user.id = UserId(Uuid::from_u128(0xbeef));
        user.username = Username::parse(name).unwrap();
        tables.users.push((user, hash));
    }

    pub fn first_user(&self) -> UserId {
        self.tables.lock().unwrap().users[0].0.id
    }

    pub fn end_all_sessions(&self) {
        self.tables.lock().unwrap().sessions.iter_mut().for_each(|(_, open)| *open = false);
    }
}

#[async_trait]
impl UserStore for Stores {
    async fn create_first(&self, user: &User, password: &PasswordHash) -> Result<bool, StoreError> {
        let mut tables = self.tables()?;
        if tables.users.is_empty() {
            tables.users.push((user.clone(), password.clone()));
            return Ok(true);
        }
        Ok(false)
    }

    async fn any(&self) -> Result<bool, StoreError> {
        Ok(!self.tables()?.users.is_empty())
    }

    async fn find_by_username(&self, name: &Username) -> Result<Option<(User, PasswordHash)>, StoreError> {
        Ok(self.tables()?.users.iter().find(|(user, _)| user.username == *name).cloned())
    }
}

#[async_trait]
impl SessionStore for Stores {
    async fn create(&self, session: &Session, token: RefreshTokenHash) -> Result<(), StoreError> {
        let mut tables = self.tables()?;
        tables.sessions.push((session.clone(), true));
        tables.tokens.insert(token, (session.id, true));
        Ok(())
    }

    async fn rotate(
        &self,
        old: RefreshTokenHash,
        new: RefreshTokenHash,
        now: OffsetDateTime,
        expires_at: OffsetDateTime,
    ) -> Result<Rotation, StoreError> {
        let mut tables = self.tables()?;
        let Some((id, current)) = tables.tokens.get(&old).copied() else { return Ok(Rotation::Refused) };
        let Tables { users, sessions, tokens, .. } = &mut *tables;
        let Some((session, open)) = sessions.iter_mut().find(|(session, _)| session.id == id) else {
            return Ok(Rotation::Refused);
        };
        if !current {
            *open = false;
            return Ok(Rotation::Reused(id));
        }
        if !*open || session.expires_at <= now {
            return Ok(Rotation::Refused);
        }
        session.expires_at = expires_at;
        tokens.insert(old, (id, false));
        tokens.insert(new, (id, true));
        let user = users.iter().find(|(user, _)| user.id == session.user).map(|(user, _)| user.clone());
        Ok(Rotation::Rotated(session.clone(), user.unwrap()))
    }

    async fn find_open(
        &self,
        id: SessionId,
        now: OffsetDateTime,
    ) -> Result<Option<(Session, User)>, StoreError> {
        let tables = self.tables()?;
        let open = tables
            .sessions
            .iter()
            .find(|(session, open)| session.id == id && *open && session.expires_at > now);
        let user_of = |session: &Session| tables.users.iter().find(|(user, _)| user.id == session.user);
        Ok(open.and_then(|(session, _)| Some((session.clone(), user_of(session)?.0.clone()))))
    }

    async fn end(&self, id: SessionId, _: OffsetDateTime) -> Result<(), StoreError> {
        self.tables()?
            .sessions
            .iter_mut()
            .filter(|(session, _)| session.id == id)
            .for_each(|(_, open)| *open = false);
        Ok(())
    }

    async fn find_by_token(&self, token: RefreshTokenHash) -> Result<Option<SessionId>, StoreError> {
        Ok(self.tables()?.tokens.get(&token).map(|(id, _)| *id))
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

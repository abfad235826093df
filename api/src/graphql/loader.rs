//! Batched look-ups for child lists: what a whole response asks for goes to the store or the bus at once.

use std::collections::HashMap;
use std::sync::Arc;

use async_graphql::Error;
use async_graphql::dataloader::{DataLoader, Loader};
use async_graphql::runtime::{TokioSpawner, TokioTimer};
use domain::api_key::{ApiKey, ApiKeyId};
use domain::instrument::{Instrument, InstrumentId};
use domain::user::{User, UserId};

use crate::core::Core;
use crate::feed::Shown;
use crate::graphql::error::top_level;

/// Instruments by id.
pub struct Instruments(Arc<Core>);

impl Loader<InstrumentId> for Instruments {
    type Value = Arc<Instrument>;
    type Error = Error;

    async fn load(&self, ids: &[InstrumentId]) -> Result<HashMap<InstrumentId, Self::Value>, Error> {
        let found = self.0.services.instruments.find(ids).await.map_err(|error| top_level(error.into()))?;
        Ok(found.into_iter().map(|instrument| (instrument.id, Arc::new(instrument))).collect())
    }
}

/// The latest quotes by instrument.
pub struct Quotes(Arc<Core>);

impl Loader<InstrumentId> for Quotes {
    type Value = Shown<domain::quote::Quote>;
    type Error = Error;

    async fn load(&self, ids: &[InstrumentId]) -> Result<HashMap<InstrumentId, Self::Value>, Error> {
        let latest = self.0.feed.latest(ids).await.map_err(top_level)?;
        Ok(latest.into_iter().map(|shown| (shown.value.instrument, shown)).collect())
    }
}

/// Users by id.
pub struct Users(Arc<Core>);

impl Loader<UserId> for Users {
    type Value = User;
    type Error = Error;

    async fn load(&self, ids: &[UserId]) -> Result<HashMap<UserId, User>, Error> {
        let found = self.0.services.people.users.find(ids).await.map_err(top_level)?;
        Ok(found.into_iter().map(|user| (user.id, user)).collect())
    }
}

/// API keys by id.
pub struct Keys(Arc<Core>);

impl Loader<ApiKeyId> for Keys {
    type Value = ApiKey;
    type Error = Error;

    async fn load(&self, ids: &[ApiKeyId]) -> Result<HashMap<ApiKeyId, ApiKey>, Error> {
        let found = self.0.services.people.api_keys.find(ids).await.map_err(top_level)?;
        Ok(found.into_iter().map(|key| (key.id, key)).collect())
    }
}

/// API keys by user, newest first.
pub struct KeysOfUsers(Arc<Core>);

impl Loader<UserId> for KeysOfUsers {
    type Value = Vec<ApiKey>;
    type Error = Error;

    async fn load(&self, users: &[UserId]) -> Result<HashMap<UserId, Vec<ApiKey>>, Error> {
        let mut by_user: HashMap<UserId, Vec<ApiKey>> = HashMap::new();
        for key in self.0.services.people.api_keys.list(users).await.map_err(top_level)? {
            by_user.entry(key.user).or_default().push(key);
        }
        Ok(by_user)
    }
}

/// A loader of users.
pub fn users(core: &Arc<Core>) -> DataLoader<Users> {
    DataLoader::new(Users(Arc::clone(core)), TokioSpawner::current(), TokioTimer::default())
}

/// A loader of API keys.
pub fn keys(core: &Arc<Core>) -> DataLoader<Keys> {
    DataLoader::new(Keys(Arc::clone(core)), TokioSpawner::current(), TokioTimer::default())
}

/// A loader of users' API keys.
pub fn keys_of_users(core: &Arc<Core>) -> DataLoader<KeysOfUsers> {
    DataLoader::new(KeysOfUsers(Arc::clone(core)), TokioSpawner::current(), TokioTimer::default())
}

/// A loader of instruments.
pub fn instruments(core: &Arc<Core>) -> DataLoader<Instruments> {
    DataLoader::new(Instruments(Arc::clone(core)), TokioSpawner::current(), TokioTimer::default())
}

/// A loader of quotes.
pub fn quotes(core: &Arc<Core>) -> DataLoader<Quotes> {
    DataLoader::new(Quotes(Arc::clone(core)), TokioSpawner::current(), TokioTimer::default())
}

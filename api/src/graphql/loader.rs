//! Batched look-ups for child lists: what a whole response asks for goes to the store or the bus at once.

use std::collections::HashMap;
use std::sync::Arc;

use async_graphql::Error;
use async_graphql::dataloader::{DataLoader, Loader};
use async_graphql::runtime::{TokioSpawner, TokioTimer};
use domain::alert::{Alert, AlertId};
use domain::api_key::{ApiKey, ApiKeyId};
use domain::instrument::{Instrument, InstrumentId};
use domain::mail::Mailbox;
use domain::user::{User, UserId};
use domain::webhook::{Webhook, WebhookId};

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

/// Alerts by user and id.
pub struct AlertsOfUsers(Arc<Core>);

impl Loader<(UserId, AlertId)> for AlertsOfUsers {
    type Value = Alert;
    type Error = Error;

    async fn load(&self, keys: &[(UserId, AlertId)]) -> Result<HashMap<(UserId, AlertId), Alert>, Error> {
        let mut loaded = HashMap::new();
        for (owner, ids) in by_owner(keys) {
            let found = self.0.services.alerts.find_all(owner, &ids).await.map_err(top_level)?;
            loaded.extend(found.into_iter().map(|alert| ((owner, alert.id), alert)));
        }
        Ok(loaded)
    }
}

/// Webhooks by user and id.
pub struct WebhooksOfUsers(Arc<Core>);

impl Loader<(UserId, WebhookId)> for WebhooksOfUsers {
    type Value = Webhook;
    type Error = Error;

    async fn load(
        &self,
        keys: &[(UserId, WebhookId)],
    ) -> Result<HashMap<(UserId, WebhookId), Webhook>, Error> {
        let mut loaded = HashMap::new();
        for (owner, ids) in by_owner(keys) {
            let found = self.0.services.webhooks.find(owner, &ids).await.map_err(top_level)?;
            loaded.extend(found.into_iter().map(|webhook| ((owner, webhook.id), webhook)));
        }
        Ok(loaded)
    }
}

/// E-mail addresses by user.
pub struct Mailboxes(Arc<Core>);

impl Loader<UserId> for Mailboxes {
    type Value = Mailbox;
    type Error = Error;

    async fn load(&self, users: &[UserId]) -> Result<HashMap<UserId, Mailbox>, Error> {
        let found = self.0.services.mailboxes.find(users).await.map_err(top_level)?;
        Ok(found.into_iter().map(|mailbox| (mailbox.user, mailbox)).collect())
    }
}

fn by_owner<I: Copy>(keys: &[(UserId, I)]) -> HashMap<UserId, Vec<I>> {
    let mut by_owner: HashMap<UserId, Vec<I>> = HashMap::new();
    for (owner, id) in keys {
        by_owner.entry(*owner).or_default().push(*id);
    }
    by_owner
}

/// A loader of alerts.
pub fn alerts_of_users(core: &Arc<Core>) -> DataLoader<AlertsOfUsers> {
    DataLoader::new(AlertsOfUsers(Arc::clone(core)), TokioSpawner::current(), TokioTimer::default())
}

/// A loader of webhooks.
pub fn webhooks_of_users(core: &Arc<Core>) -> DataLoader<WebhooksOfUsers> {
    DataLoader::new(WebhooksOfUsers(Arc::clone(core)), TokioSpawner::current(), TokioTimer::default())
}

/// A loader of e-mail addresses.
pub fn mailboxes(core: &Arc<Core>) -> DataLoader<Mailboxes> {
    DataLoader::new(Mailboxes(Arc::clone(core)), TokioSpawner::current(), TokioTimer::default())
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

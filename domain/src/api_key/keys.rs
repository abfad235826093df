//! What can be done with API keys.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use time::{Duration, OffsetDateTime};

use crate::access::{Rights, Scopes};
use crate::address::AddressRange;
use crate::api_key::{
    ApiKey, ApiKeyHash, ApiKeyId, ApiKeyName, ApiKeyStore, LISTED_FOR, MAX_API_KEYS, PREFIX_LENGTH,
};
use crate::asker::{Asker, Person};
use crate::audit::{AuditAction, AuditLog};
use crate::clock::Clock;
use crate::error::{Error, Refusal, RefusalCode};
use crate::random::{Random, new_id};
use crate::secret::{Digest, Secret};
use crate::user::{PasswordCheck, Permission, User, UserId, UserState};

/// What every key's text begins with.
const MARK: &str = "tgk_";

/// The most ranges of addresses of one key.
const MAX_ADDRESSES: usize = 20;

/// How exactly the last use of a key is known.
const USE_EVERY: Duration = Duration::seconds(30);

/// A key that somebody wants.
pub struct NewApiKey {
    /// What to call it.
    pub name: String,
    /// What it is to be good for.
    pub scopes: Scopes,
    /// When it is to end, where it is.
    pub expires_at: Option<OffsetDateTime>,
    /// From where it may be used; from anywhere where there is none.
    pub addresses: Vec<String>,
    /// The user's password in clear.
    pub password: String,
}

/// A key that was just made.
#[derive(Debug)]
pub struct MadeKey {
    /// The key.
    pub key: ApiKey,
    /// Its secret, shown once.
    pub secret: Secret,
}

impl MadeKey {
    /// The secret as programs send it.
    pub fn text(&self) -> String {
        format!("{MARK}{}", self.secret.text())
    }
}

/// What can be done with API keys.
pub struct ApiKeys {
    /// Where they are kept.
    pub store: Arc<dyn ApiKeyStore>,
    /// Whether somebody still knows the own password.
    pub passwords: Arc<PasswordCheck>,
    /// How secrets are hashed.
    pub digest: Arc<dyn Digest>,
    /// What is done is written down.
    pub audit: Arc<AuditLog>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Ids and secrets.
    pub random: Arc<dyn Random>,
    /// Uses that are not written yet.
    pub uses: Uses,
}

/// When keys were last used, as far as it is not written yet.
#[derive(Default)]
pub struct Uses(Mutex<HashMap<ApiKeyId, OffsetDateTime>>);

impl ApiKeys {
    /// Makes a key.
    pub async fn create(&self, person: &Person, wanted: NewApiKey) -> Result<MadeKey, Error> {
        let created_at = self.clock.now();
        let name = ApiKeyName::parse(&wanted.name)?;
        check_scopes(&person.user, wanted.scopes)?;
        if wanted.expires_at.is_some_and(|end| end <= created_at) {
            let message = "a key ends in the future, or not at all";
            return Err(Refusal::of("expiresAt", RefusalCode::Invalid, message).into());
        }
        let addresses = parse_addresses(&wanted.addresses)?;
        let action = AuditAction::ApiKeyCreate;
        self.passwords.check(person, wanted.password, action).await?;
        let secret = Secret::new(self.random.as_ref());
        let key = ApiKey {
            id: ApiKeyId(new_id(created_at, self.random.as_ref())),
            user: person.user.id,
            name,
            prefix: secret.text().chars().take(PREFIX_LENGTH).collect(),
            scopes: wanted.scopes,
            addresses,
            created_at,
            expires_at: wanted.expires_at,
            last_used_at: None,
            revoked_at: None,
        };
        let scopes: Vec<&str> = key.scopes.iter().map(crate::access::Scope::as_str).collect();
        let line = self.audit.done(person, action).about(key.name.as_str()).telling(&scopes.join(" "));
        if self.store.create(&key, self.hash(&secret), &line).await? {
            return Ok(MadeKey { key, secret });
        }
        let message = format!("you have {MAX_API_KEYS} keys, the most there can be; revoke one first");
        Err(Refusal::whole(RefusalCode::LimitReached, message).into())
    }

    /// Makes a key void: one of the asker's own, or as administrator anybody's.
    pub async fn revoke(&self, asker: &Asker, id: ApiKeyId) -> Result<ApiKey, Error> {
        let rights = Rights { role: asker.user.role, authority: asker.authority };
        let found = self.store.find(&[id]).await?.pop().filter(|(key, _)| {
            let own = key.user == asker.user.id && rights.allow(Permission::ManageSelf);
            own || rights.allow(Permission::Administer)
        });
        let Some((key, owner)) = found else {
            return Err(Refusal::of("apiKey", RefusalCode::NotFound, "there is no such key").into());
        };
        let now = self.clock.now();
        let line = self.audit.done(asker, AuditAction::ApiKeyRevoke).about(key.name.as_str());
        let line = line.telling(&format!("of {}", owner.username));
        self.store.revoke(id, now, &line).await?;
        Ok(ApiKey { revoked_at: key.revoked_at.or(Some(now)), ..key })
    }

    /// These keys, whatever their state; unknown ones are left out.
    pub async fn find(&self, ids: &[ApiKeyId]) -> Result<Vec<ApiKey>, Error> {
        Ok(self.store.find(ids).await?.into_iter().map(|(key, _)| key).collect())
    }

    /// The keys of these users, newest first: those in use, and those that ended in the last 30 days.
    pub async fn list(&self, users: &[UserId]) -> Result<Vec<ApiKey>, Error> {
        Ok(self.store.list(users, self.clock.now() - LISTED_FOR).await?)
    }

    /// The key of this text and its user, where it may be used now and from this address.
    pub async fn authenticate(
        &self,
        text: &str,
        address: Option<IpAddr>,
    ) -> Result<Option<(ApiKey, User)>, Error> {
        let Some(secret) = text.strip_prefix(MARK).and_then(Secret::parse) else { return Ok(None) };
        let found = self.store.find_by_hash(self.hash(&secret)).await?;
        let found = found.filter(|(key, user)| self.is_good(key, user, address));
        if let Some((key, _)) = &found {
            self.uses.note(key, self.clock.now());
        }
        Ok(found)
    }

    /// The key as it is now and its user, where it may still be used from this address.
    pub async fn again(
        &self,
        id: ApiKeyId,
        address: Option<IpAddr>,
    ) -> Result<Option<(ApiKey, User)>, Error> {
        let found = self.store.find(&[id]).await?.pop();
        Ok(found.filter(|(key, user)| self.is_good(key, user, address)))
    }

    /// Writes down when keys were last used.
    pub async fn write_uses(&self) -> Result<(), Error> {
        let uses = self.uses.take();
        if uses.is_empty() {
            return Ok(());
        }
        let written = self.store.note_used(&uses).await;
        if written.is_err() {
            self.uses.put_back(uses);
        }
        Ok(written?)
    }

    fn is_good(&self, key: &ApiKey, user: &User, address: Option<IpAddr>) -> bool {
        let in_force = key.revoked_at.is_none() && key.expires_at.is_none_or(|end| self.clock.now() < end);
        let from_there = key.addresses.is_empty()
            || address.is_some_and(|address| key.addresses.iter().any(|range| range.contains(address)));
        in_force && from_there && user.state == UserState::Active
    }

    fn hash(&self, secret: &Secret) -> ApiKeyHash {
        ApiKeyHash(self.digest.sha256(&secret.0))
    }
}

impl Uses {
    fn note(&self, key: &ApiKey, now: OffsetDateTime) {
        if key.last_used_at.is_none_or(|last| now - last >= USE_EVERY) {
            self.lock().insert(key.id, now);
        }
    }

    fn take(&self) -> Vec<(ApiKeyId, OffsetDateTime)> {
        self.lock().drain().collect()
    }

    /// Keeps what could not be written, unless there is something later.
    fn put_back(&self, uses: Vec<(ApiKeyId, OffsetDateTime)>) {
        let mut kept = self.lock();
        for (id, at) in uses {
            kept.entry(id).or_insert(at);
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<ApiKeyId, OffsetDateTime>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn check_scopes(user: &User, scopes: Scopes) -> Result<(), Refusal> {
    if scopes.is_empty() {
        return Err(Refusal::of("scopes", RefusalCode::Invalid, "a key has at least one scope"));
    }
    match scopes.iter().find(|scope| !user.role.scopes().contains(*scope)) {
        None => Ok(()),
        Some(beyond) => {
            let (role, scope) = (user.role.as_str(), beyond.as_str());
            let message = format!("your role, {role}, does not include {scope}; leave it out");
            Err(Refusal::of("scopes", RefusalCode::Invalid, message))
        }
    }
}

fn parse_addresses(texts: &[String]) -> Result<Vec<AddressRange>, Refusal> {
    if texts.len() > MAX_ADDRESSES {
        let message = format!("a key has at most {MAX_ADDRESSES} addresses or ranges");
        return Err(Refusal::of("addresses", RefusalCode::LimitReached, message));
    }
    let invalid = |message| Refusal::of("addresses", RefusalCode::Invalid, message);
    texts.iter().map(|text| text.parse().map_err(invalid)).collect()
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;
    use uuid::Uuid;

    use super::*;

    const NOW: OffsetDateTime = datetime!(2026-11-22 20:00 UTC);

    fn key(last_used_at: Option<OffsetDateTime>) -> ApiKey {
        ApiKey {
            id: ApiKeyId(Uuid::from_u128(1)),
            user: UserId(Uuid::from_u128(2)),
            name: ApiKeyName::parse("a").unwrap(),
            prefix: "abcdefgh".into(),
            scopes: Scopes::default(),
            addresses: Vec::new(),
            created_at: NOW,
            expires_at: None,
            last_used_at,
            revoked_at: None,
        }
    }

    #[test]
    fn a_use_is_noted_every_half_minute() {
        let seconds = Duration::seconds;
        for (last, noted) in [
            (None, true),
            (Some(NOW - seconds(30)), true),
            (Some(NOW - seconds(29)), false),
            (Some(NOW + seconds(5)), false),
        ] {
            let uses = Uses::default();
            uses.note(&key(last), NOW);
            assert_eq!(!uses.take().is_empty(), noted, "{last:?}");
            assert!(uses.take().is_empty());
        }
    }

    #[test]
    fn what_could_not_be_written_is_kept_unless_there_is_something_later() {
        let (uses, id) = (Uses::default(), key(None).id);
        uses.note(&key(None), NOW);
        let unwritten = uses.take();
        uses.put_back(unwritten.clone());
        assert_eq!(uses.take(), unwritten);
        let later = NOW + Duration::seconds(1);
        uses.note(&key(None), later);
        uses.put_back(unwritten);
        assert_eq!(uses.take(), [(id, later)]);
    }
}

//! API keys.

use async_trait::async_trait;
use domain::api_key::{ApiKey, ApiKeyHash, ApiKeyId, ApiKeyStore, MAX_API_KEYS};
use domain::audit::AuditLine;
use domain::store::StoreError;
use domain::user::{User, UserId};
use time::OffsetDateTime;

use super::Stores;

#[async_trait]
impl ApiKeyStore for Stores {
    async fn create(&self, key: &ApiKey, hash: ApiKeyHash, audit: &AuditLine) -> Result<bool, StoreError> {
        let people = &mut self.tables()?.people;
        let in_use = people.keys.iter().filter(|(known, _)| {
            let ended = known.expires_at.is_some_and(|end| end <= key.created_at);
            known.user == key.user && known.revoked_at.is_none() && !ended
        });
        if in_use.count() as u64 >= MAX_API_KEYS {
            return Ok(false);
        }
        people.keys.push((key.clone(), hash));
        people.audit.push(audit.clone());
        Ok(true)
    }

    async fn find_by_hash(&self, hash: ApiKeyHash) -> Result<Option<(ApiKey, User)>, StoreError> {
        let people = &self.tables()?.people;
        let found = people.keys.iter().find(|(_, known)| *known == hash);
        Ok(found.and_then(|(key, _)| Some((key.clone(), people.user(key.user)?))))
    }

    async fn find(&self, ids: &[ApiKeyId]) -> Result<Vec<(ApiKey, User)>, StoreError> {
        let people = &self.tables()?.people;
        let found = people.keys.iter().filter(|(key, _)| ids.contains(&key.id));
        Ok(found.filter_map(|(key, _)| Some((key.clone(), people.user(key.user)?))).collect())
    }

    async fn list(&self, users: &[UserId], since: OffsetDateTime) -> Result<Vec<ApiKey>, StoreError> {
        let people = &self.tables()?.people;
        let kept = people.keys.iter().map(|(key, _)| key).filter(|key| {
            let ended = [key.revoked_at, key.expires_at].into_iter().flatten().min();
            users.contains(&key.user) && ended.is_none_or(|end| end >= since)
        });
        let mut kept: Vec<ApiKey> = kept.cloned().collect();
        kept.sort_by_key(|key| std::cmp::Reverse((key.created_at, key.id)));
        Ok(kept)
    }

    async fn revoke(&self, id: ApiKeyId, now: OffsetDateTime, audit: &AuditLine) -> Result<bool, StoreError> {
        let people = &mut self.tables()?.people;
        let mut good = people.keys.iter_mut().filter(|(key, _)| key.id == id && key.revoked_at.is_none());
        let Some((key, _)) = good.next() else { return Ok(false) };
        key.revoked_at = Some(now);
        people.audit.push(audit.clone());
        Ok(true)
    }

    async fn note_used(&self, uses: &[(ApiKeyId, OffsetDateTime)]) -> Result<(), StoreError> {
        let people = &mut self.tables()?.people;
        for (id, at) in uses {
            for (key, _) in people.keys.iter_mut().filter(|(key, _)| key.id == *id) {
                key.last_used_at = key.last_used_at.max(Some(*at));
            }
        }
        Ok(())
    }
}

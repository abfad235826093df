//! What is kept of people, the audit log, and what tests do to both behind the server's back.

use std::collections::HashMap;

use async_trait::async_trait;
use domain::access::Scopes;
use domain::api_key::{ApiKey, ApiKeyHash, ApiKeyId, ApiKeyName};
use domain::audit::{AuditFilter, AuditLine, AuditLineId, AuditStore};
use domain::page::{Found, Page, Side};
use domain::second_factor::{RecoveryCodeHash, SecondFactor};
use domain::session::{RefreshTokenHash, Session, SessionId};
use domain::store::StoreError;
use domain::user::{PasswordHash, PasswordToken, Role, User, UserId, Username};
use sha2::{Digest as _, Sha256};
use time::macros::datetime;
use uuid::Uuid;

use super::Stores;

#[derive(Default)]
pub struct PeopleTables {
    pub users: Vec<(User, Option<PasswordHash>)>,
    pub password_tokens: Vec<PasswordToken>,
    pub sessions: Vec<(Session, bool)>,
    /// Whether the token is the current one.
    pub tokens: HashMap<RefreshTokenHash, (SessionId, bool)>,
    pub keys: Vec<(ApiKey, ApiKeyHash)>,
    /// With the last step that was used.
    pub factors: Vec<(SecondFactor, u64)>,
    pub recovery_codes: Vec<(UserId, RecoveryCodeHash)>,
    pub audit: Vec<AuditLine>,
}

impl PeopleTables {
    /// The user as stores return it.
    pub fn user(&self, id: UserId) -> Option<User> {
        let in_force = |(factor, _): &(SecondFactor, u64)| factor.user == id && factor.confirmed_at.is_some();
        let user = self.users.iter().map(|(user, _)| user).find(|user| user.id == id)?;
        Some(User { second_factor: self.factors.iter().any(in_force), ..user.clone() })
    }

    pub fn user_mut(&mut self, id: UserId) -> Option<&mut (User, Option<PasswordHash>)> {
        self.users.iter_mut().find(|(user, _)| user.id == id)
    }

    pub fn end_sessions(&mut self, user: UserId, kept: Option<SessionId>) -> u64 {
        let ended = self
            .sessions
            .iter_mut()
            .filter(|(session, open)| *open && session.user == user && Some(session.id) != kept);
        ended.map(|(_, open)| *open = false).count() as u64
    }
}

/// A page of entries, which are in the order of their places.
pub fn page<T, C, K: Ord>(
    entries: Vec<T>,
    page: &Page<C>,
    place: impl Fn(&T) -> K,
    of: impl Fn(&C) -> K,
) -> Found<T> {
    let from = page.cursor.as_ref().map(of);
    let count = usize::try_from(page.count).unwrap();
    let mut items: Vec<T> = entries
        .into_iter()
        .filter(|entry| match (&from, page.side) {
            (None, _) => true,
            (Some(from), Side::First) => place(entry) > *from,
            (Some(from), Side::Last) => place(entry) < *from,
        })
        .collect();
    let more = items.len() > count;
    match page.side {
        Side::First => items.truncate(count),
        Side::Last => drop(items.drain(..items.len().saturating_sub(count))),
    }
    Found { items, more }
}

#[async_trait]
impl AuditStore for Stores {
    async fn append(&self, line: &AuditLine) -> Result<(), StoreError> {
        self.tables()?.people.audit.push(line.clone());
        Ok(())
    }

    async fn find(&self, id: AuditLineId) -> Result<Option<AuditLine>, StoreError> {
        Ok(self.tables()?.people.audit.iter().find(|line| line.id == id).cloned())
    }

    async fn list(
        &self,
        filter: AuditFilter,
        wanted: &Page<AuditLineId>,
    ) -> Result<Found<AuditLine>, StoreError> {
        let mut lines = self.tables()?.people.audit.clone();
        lines.retain(|line| {
            filter.user.is_none_or(|user| line.user == Some(user))
                && filter.action.is_none_or(|action| line.action == action)
        });
        let place = |id: AuditLineId| std::cmp::Reverse(id);
        lines.sort_by_key(|line| place(line.id));
        Ok(page(lines, wanted, |line| place(line.id), |id| place(*id)))
    }
}

impl Stores {
    /// Gives every user another role.
    pub fn set_role(&self, role: Role) {
        self.tables.lock().unwrap().people.users.iter_mut().for_each(|(user, _)| user.role = role);
    }

    /// Adds a viewer with the first user's password.
    pub fn add_user(&self, name: &str) {
        self.add_user_as(name, Role::Viewer);
    }

    /// Adds a user with the first one's password.
    pub fn add_user_as(&self, name: &str, role: Role) {
        let people = &mut self.tables.lock().unwrap().people;
        let (first, hash) = people.users[0].clone();
        let id = UserId(Uuid::from_u128(0xbeef + people.users.len() as u128));
        let user = User { id, username: Username::parse(name).unwrap(), role, ..first };
        people.users.push((user, hash));
    }

    pub fn first_user(&self) -> UserId {
        self.tables.lock().unwrap().people.users[0].0.id
    }

    pub fn end_all_sessions(&self) {
        self.tables.lock().unwrap().people.sessions.iter_mut().for_each(|(_, open)| *open = false);
    }

    /// Gives the user of this name a key, and returns what a program sends.
    pub fn add_key(&self, username: &str, scopes: Scopes) -> String {
        let people = &mut self.tables.lock().unwrap().people;
        let user = people.users.iter().find(|(user, _)| user.username.as_str() == username).unwrap().0.id;
        let id = ApiKeyId(Uuid::from_u128(0xca11 + people.keys.len() as u128));
        let secret = domain::secret::Secret([u8::try_from(people.keys.len() + 1).unwrap(); 32]);
        let key = ApiKey {
            id,
            user,
            name: ApiKeyName::parse("a key of the test").unwrap(),
            prefix: secret.text()[..8].to_owned(),
            scopes,
            addresses: Vec::new(),
            created_at: datetime!(2026-11-22 20:00 UTC),
            expires_at: None,
            last_used_at: None,
            revoked_at: None,
        };
        people.keys.push((key, ApiKeyHash(Sha256::digest(secret.0).into())));
        format!("tgk_{}", secret.text())
    }

    /// Every line of the audit log, oldest first, as `ACTION who: subject (detail)`; refused ones with an exclamation mark.
    pub fn audit(&self) -> Vec<String> {
        let tables = self.tables.lock().unwrap();
        let text = |line: &AuditLine| {
            let mark = if line.outcome == domain::audit::AuditOutcome::Refused { "!" } else { "" };
            let who = line.username.as_ref().map_or("nobody", |name| name.as_str());
            let subject = line.subject.as_deref().map(|subject| format!(": {subject}")).unwrap_or_default();
            let detail = line.detail.as_deref().map(|detail| format!(" ({detail})")).unwrap_or_default();
            format!("{mark}{} {who}{subject}{detail}", line.action.as_str())
        };
        tables.people.audit.iter().map(text).collect()
    }

    /// Every line of the audit log as it is kept, with everything in it.
    pub fn raw_audit(&self) -> String {
        format!("{:?}", self.tables.lock().unwrap().people.audit)
    }
}

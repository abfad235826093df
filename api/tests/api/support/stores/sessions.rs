//! Sessions.

use std::cmp::Reverse;
use std::net::IpAddr;

use async_trait::async_trait;
use domain::audit::AuditLine;
use domain::page::{Found, Page};
use domain::session::{
    NewSession, RefreshTokenHash, Renewal, Rotation, Session, SessionCursor, SessionId, SessionStore,
};
use domain::store::StoreError;
use domain::user::{User, UserId, UserState, Username};
use time::OffsetDateTime;

use super::Stores;
use super::people::{PeopleTables, page};

impl PeopleTables {
    fn open_session(&self, id: SessionId, now: OffsetDateTime) -> Option<(Session, User)> {
        let open = |(session, open): &&(Session, bool)| session.id == id && *open && session.expires_at > now;
        let (session, _) = self.sessions.iter().find(open)?;
        Some((session.clone(), self.user(session.user)?))
    }
}

#[async_trait]
impl SessionStore for Stores {
    async fn create(&self, new: &NewSession, audit: &AuditLine) -> Result<bool, StoreError> {
        let people = &mut self.tables()?.people;
        let unchanged = people.user_mut(new.session.user).is_some_and(|(user, hash)| {
            user.state == UserState::Active && hash.as_ref() == Some(&new.password)
        });
        if unchanged {
            people.sessions.push((new.session.clone(), true));
            people.tokens.insert(new.token, (new.session.id, true));
            people.audit.push(audit.clone());
        }
        Ok(unchanged)
    }

    async fn rotate(&self, renewal: Renewal, reused: &AuditLine) -> Result<Rotation, StoreError> {
        let Renewal { old, new, now, expires_at } = renewal;
        let people = &mut self.tables()?.people;
        let Some((id, current)) = people.tokens.get(&old).copied() else { return Ok(Rotation::Refused) };
        let Some((session, open)) = people.sessions.iter_mut().find(|(session, _)| session.id == id) else {
            return Ok(Rotation::Refused);
        };
        if !current {
            *open = false;
            people.audit.push(reused.clone());
            return Ok(Rotation::Reused(id));
        }
        if !*open || session.expires_at <= now {
            return Ok(Rotation::Refused);
        }
        (session.expires_at, session.last_used_at) = (expires_at, now);
        let session = session.clone();
        people.tokens.insert(old, (id, false));
        people.tokens.insert(new, (id, true));
        let user = people.user(session.user).unwrap();
        Ok(Rotation::Rotated(session, user))
    }

    async fn find_open(
        &self,
        id: SessionId,
        now: OffsetDateTime,
    ) -> Result<Option<(Session, User)>, StoreError> {
        Ok(self.tables()?.people.open_session(id, now))
    }

    async fn find_by_token(
        &self,
        token: RefreshTokenHash,
        now: OffsetDateTime,
    ) -> Result<Option<(Session, User)>, StoreError> {
        let people = &self.tables()?.people;
        Ok(people.tokens.get(&token).and_then(|(id, _)| people.open_session(*id, now)))
    }

    async fn list(
        &self,
        user: UserId,
        now: OffsetDateTime,
        wanted: &Page<SessionCursor>,
    ) -> Result<Found<Session>, StoreError> {
        let people = &self.tables()?.people;
        let open = people
            .sessions
            .iter()
            .filter(|(session, open)| session.user == user && *open && session.expires_at > now);
        let mut sessions: Vec<Session> = open.map(|(session, _)| session.clone()).collect();
        let place = |session: &Session| Reverse((session.last_used_at, session.id));
        sessions.sort_by_key(place);
        Ok(page(sessions, wanted, place, |cursor| Reverse((cursor.last_used_at, cursor.id))))
    }

    async fn end(&self, id: SessionId, now: OffsetDateTime, audit: &AuditLine) -> Result<bool, StoreError> {
        let people = &mut self.tables()?.people;
        if people.open_session(id, now).is_none() {
            return Ok(false);
        }
        let ended = people.sessions.iter_mut().filter(|(session, _)| session.id == id);
        ended.for_each(|(_, open)| *open = false);
        people.audit.push(audit.clone());
        Ok(true)
    }

    async fn end_others(
        &self,
        user: UserId,
        kept: SessionId,
        _: OffsetDateTime,
        audit: &AuditLine,
    ) -> Result<u64, StoreError> {
        let people = &mut self.tables()?.people;
        people.audit.push(audit.clone());
        Ok(people.end_sessions(user, Some(kept)))
    }

    async fn addresses(&self, name: &Username, since: OffsetDateTime) -> Result<Vec<IpAddr>, StoreError> {
        let people = &self.tables()?.people;
        let user = people.users.iter().find(|(user, _)| user.username == *name).map(|(user, _)| user.id);
        let sessions = people.sessions.iter().map(|(session, _)| session);
        let recent = sessions.filter(|one| Some(one.user) == user && one.created_at >= since);
        Ok(recent.filter_map(|session| session.address).collect())
    }
}

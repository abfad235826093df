//! Making lines, and reading them.

use std::net::IpAddr;
use std::sync::Arc;

use crate::access::Authority;
use crate::address::Origin;
use crate::asker::{Asker, Person};
use crate::audit::{
    AuditAction, AuditAuthority, AuditFilter, AuditLine, AuditLineId, AuditOutcome, AuditStore,
};
use crate::clock::Clock;
use crate::error::{Error, Refusal, RefusalCode};
use crate::page::{Found, Page};
use crate::random::{Random, new_id};
use crate::session::SessionId;
use crate::user::{User, UserId, Username};

/// Who did something, as a line tells it.
#[derive(Clone, Debug)]
pub struct Doer {
    user: Option<(UserId, Username)>,
    via: AuditAuthority,
    address: Option<IpAddr>,
}

impl Doer {
    /// Somebody who is not logged in; `user` is who it is or claims to be, as far as that is known.
    pub fn outside(user: Option<&User>, origin: &Origin) -> Self {
        let user = user.map(|user| (user.id, user.username.clone()));
        Self { user, via: AuditAuthority::Nobody, address: origin.address }
    }

    /// The user of this session.
    pub fn in_session(user: &User, session: SessionId, origin: &Origin) -> Self {
        let user = Some((user.id, user.username.clone()));
        Self { user, via: AuditAuthority::Session(session), address: origin.address }
    }
}

impl From<&Person> for Doer {
    fn from(person: &Person) -> Self {
        Self::in_session(&person.user, person.session, &person.origin)
    }
}

impl From<&Asker> for Doer {
    fn from(asker: &Asker) -> Self {
        let via = match asker.authority {
            Authority::Session(id) => AuditAuthority::Session(id),
            Authority::Key(id, _) => AuditAuthority::Key(id),
        };
        let user = Some((asker.user.id, asker.user.username.clone()));
        Self { user, via, address: asker.origin.address }
    }
}

impl AuditLine {
    /// The line with whom or what it was done to.
    #[must_use]
    pub fn about(self, subject: &str) -> Self {
        Self { subject: Some(bounded(subject, 100)), ..self }
    }

    /// The line with a few words more.
    #[must_use]
    pub fn telling(self, detail: &str) -> Self {
        Self { detail: Some(bounded(detail, 200)), ..self }
    }
}

fn bounded(text: &str, length: usize) -> String {
    text.chars().take(length).collect()
}

/// The audit log.
pub struct AuditLog {
    /// Where lines are kept.
    pub store: Arc<dyn AuditStore>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Ids.
    pub random: Arc<dyn Random>,
}

impl AuditLog {
    /// The line of something that is done, for the store that does it.
    pub fn done(&self, doer: impl Into<Doer>, action: AuditAction) -> AuditLine {
        let Doer { user, via, address } = doer.into();
        let (user, username) = user.unzip();
        let at = self.clock.now();
        let id = AuditLineId(new_id(at, self.random.as_ref()));
        let outcome = AuditOutcome::Done;
        AuditLine { id, at, user, username, via, address, action, subject: None, outcome, detail: None }
    }

    /// Writes that what `line` tells of was refused for this reason, and returns the refusal.
    pub async fn refuse(&self, line: AuditLine, refusal: Refusal) -> Error {
        let reason = reason(refusal.code);
        self.refuse_for(line, reason, refusal).await
    }

    /// The same where the log tells more than whoever was refused is told.
    pub async fn refuse_for(&self, line: AuditLine, reason: &str, refusal: Refusal) -> Error {
        let line = AuditLine { outcome: AuditOutcome::Refused, ..line }.telling(reason);
        match self.store.append(&line).await {
            Ok(()) => refusal.into(),
            Err(error) => error.into(),
        }
    }

    /// A page of lines, newest first.
    pub async fn list(
        &self,
        filter: AuditFilter,
        page: &Page<AuditLineId>,
    ) -> Result<Found<AuditLine>, Error> {
        Ok(self.store.list(filter, page).await?)
    }

    /// One line.
    pub async fn find(&self, id: AuditLineId) -> Result<Option<AuditLine>, Error> {
        Ok(self.store.find(id).await?)
    }
}

/// The reason as the log gives it, where it is one of those that are logged.
pub(crate) fn reason(code: RefusalCode) -> &'static str {
    match code {
        RefusalCode::AccountNotGranted => "ACCOUNT_NOT_GRANTED",
        RefusalCode::IdempotencyKeyReused => "IDEMPOTENCY_KEY_REUSED",
        RefusalCode::Invalid => "INVALID",
        RefusalCode::NotFound => "NOT_FOUND",
        RefusalCode::NotPossible => "NOT_POSSIBLE",
        RefusalCode::Outdated => "OUTDATED",
        RefusalCode::TradingHalted => "TRADING_HALTED",
        RefusalCode::CodeInvalid => "CODE_INVALID",
        RefusalCode::LastAdministrator => "LAST_ADMINISTRATOR",
        RefusalCode::PasswordWrong => "PASSWORD_WRONG",
        RefusalCode::InvalidCredentials => "INVALID_CREDENTIALS",
        RefusalCode::SecondFactorRequired => "SECOND_FACTOR_REQUIRED",
        RefusalCode::TooManyAttempts => "TOO_MANY_ATTEMPTS",
        _ => "REFUSED",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_typed_does_not_blow_a_line_up() {
        assert_eq!(bounded("zwölf", 3), "zwö");
        assert_eq!(bounded("abc", 100), "abc");
    }

    #[test]
    fn the_names_of_actions_are_read_back() {
        for (action, name) in AuditAction::ALL {
            assert_eq!((action.as_str(), name.parse()), (name, Ok(action)));
        }
        assert!("user_set_up".parse::<AuditAction>().is_err());
    }
}

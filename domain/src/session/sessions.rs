//! Logging in, staying in, logging out.

use std::sync::Arc;

use crate::access::Rights;
use crate::address::Origin;
use crate::asker::{Asker, Person};
use crate::audit::{AuditAction, AuditLine, AuditLog, Doer};
use crate::clock::Clock;
use crate::error::{Error, Refusal, RefusalCode};
use crate::page::{Found, Page};
use crate::random::{Random, new_id};
use crate::second_factor::{CodeKind, SecondFactors};
use crate::secret::Digest;
use crate::session::{
    NewSession, RefreshToken, RefreshTokenHash, Renewal, Rotation, SESSION_LIVES, Session, SessionCursor,
    SessionId, SessionStore,
};
use crate::throttle::{Throttle, Tries};
use crate::user::{
    Password, PasswordHash, PasswordHasher, Permission, User, UserId, UserState, UserStore, Username,
};

/// A session that was opened or renewed, with the refresh token to hand out.
#[derive(Debug)]
pub struct Granted {
    /// The session.
    pub session: Session,
    /// Its user.
    pub user: User,
    /// The token in force from now on.
    pub refresh_token: RefreshToken,
}

/// What somebody typed to log in.
pub struct LogIn {
    /// The name.
    pub username: String,
    /// The password in clear.
    pub password: String,
    /// Six digits or a recovery code, where they were given.
    pub code: Option<String>,
}

/// What somebody claims who wants to come in.
struct Claim {
    name: Option<Username>,
    password: String,
    /// What the try took.
    tries: Tries,
}

/// A user whose password was right.
struct Identified {
    user: User,
    password: PasswordHash,
}

/// What can be done with sessions.
pub struct Sessions {
    /// Where they are kept.
    pub store: Arc<dyn SessionStore>,
    /// Whose they are.
    pub users: Arc<dyn UserStore>,
    /// What is asked for besides the password.
    pub second_factors: Arc<SecondFactors>,
    /// How passwords are compared.
    pub hasher: Arc<dyn PasswordHasher>,
    /// How tokens are hashed.
    pub digest: Arc<dyn Digest>,
    /// Slows down whoever guesses.
    pub throttle: Arc<Throttle>,
    /// What is done is written down.
    pub audit: Arc<AuditLog>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Ids and tokens.
    pub random: Arc<dyn Random>,
}

impl Sessions {
    /// Logs in. An unknown user, one who cannot log in, and a wrong password give the same refusal after the same
    /// work.
    pub async fn create(&self, log_in: LogIn, origin: &Origin) -> Result<Granted, Error> {
        let name = Username::parse(&log_in.username).ok();
        let tries = match self.throttle.log_in(name.as_ref(), origin.address).await {
            Err(Error::Refused(refusal)) => {
                return Err(self.slowed_down(name.as_ref(), refusal, origin).await);
            }
            tries => tries?,
        };
        let identified = self.identify(Claim { name, password: log_in.password, tries }, origin).await?;
        let code = if identified.user.second_factor {
            Some(self.check_code(&identified.user, log_in.code.as_deref(), origin).await?)
        } else {
            None
        };
        let granted = self.open(identified, code, origin).await?;
        self.throttle.logged_in(&granted.user.username, origin.address).await;
        Ok(granted)
    }

    /// Writes now and then that somebody tries too often; returns the refusal.
    async fn slowed_down(&self, name: Option<&Username>, refusal: Refusal, origin: &Origin) -> Error {
        if !self.throttle.is_news(origin.address).await {
            return refusal.into();
        }
        let user = match self.find(name).await {
            Ok((user, _)) => user,
            Err(error) => return error,
        };
        let line = self.audit.done(Doer::outside(user.as_ref(), origin), AuditAction::SessionCreate);
        self.audit.refuse(line, refusal).await
    }

    /// The user of this name, and the hash of the password.
    async fn find(&self, name: Option<&Username>) -> Result<(Option<User>, Option<PasswordHash>), Error> {
        let known = match name {
            Some(name) => self.users.find_by_username(name).await?,
            None => None,
        };
        let (user, hash) = known.unzip();
        Ok((user, hash.flatten()))
    }

    /// The user of this name and password.
    async fn identify(&self, claim: Claim, origin: &Origin) -> Result<Identified, Error> {
        let Claim { name, password, tries } = claim;
        if password.len() > Password::MAX_BYTES {
            return Err(wrong().into());
        }
        let (user, hash) = self.find(name.as_ref()).await?;
        let right = match self.hasher.verify(Password::claimed(password), hash.clone()).await {
            Ok(right) => right,
            Err(error) => {
                // Whoever was not told whether the password is right has not guessed.
                self.throttle.give_back(tries).await;
                return Err(error);
            }
        };
        let reason = match (&user, &hash) {
            (Some(user), Some(_)) if right && user.state != UserState::Active => "USER_DISABLED",
            (Some(_), None) => "NO_PASSWORD",
            _ => "INVALID_CREDENTIALS",
        };
        let found = user.clone().zip(hash).filter(|(user, _)| right && user.state == UserState::Active);
        if let Some((user, password)) = found {
            return Ok(Identified { user, password });
        }
        let line = self.audit.done(Doer::outside(user.as_ref(), origin), AuditAction::SessionCreate);
        Err(self.audit.refuse_for(line, reason, wrong()).await)
    }

    async fn check_code(&self, user: &User, code: Option<&str>, origin: &Origin) -> Result<CodeKind, Error> {
        let line = self.audit.done(Doer::outside(Some(user), origin), AuditAction::SessionCreate);
        let Some(code) = code.map(str::trim).filter(|code| !code.is_empty()) else {
            let message = "give the six digits of your authenticator app, or a recovery code";
            let refusal = Refusal::of("code", RefusalCode::SecondFactorRequired, message);
            return Err(self.audit.refuse(line, refusal).await);
        };
        match self.second_factors.verify(user, code, origin.address).await? {
            Some(kind) => Ok(kind),
            None => Err(self.audit.refuse(line, crate::second_factor::code_invalid()).await),
        }
    }

    async fn open(
        &self,
        identified: Identified,
        code: Option<CodeKind>,
        origin: &Origin,
    ) -> Result<Granted, Error> {
        let Identified { user, password } = identified;
        let now = self.clock.now();
        let session = Session {
            id: SessionId(new_id(now, self.random.as_ref())),
            user: user.id,
            created_at: now,
            last_used_at: now,
            expires_at: now + SESSION_LIVES,
            address: origin.address,
            agent: origin.agent.as_ref().map(|agent| agent.chars().take(200).collect()),
        };
        let refresh_token = self.new_token();
        let line = self.audit.done(Doer::in_session(&user, session.id, origin), AuditAction::SessionCreate);
        let line = if code == Some(CodeKind::Recovery) { line.telling("RECOVERY_CODE") } else { line };
        let new = NewSession { session, token: self.hash(&refresh_token), password };
        if self.store.create(&new, &line).await? {
            Ok(Granted { session: new.session, user, refresh_token })
        } else {
            // The password was changed, or the user locked out, since it was compared.
            Err(wrong().into())
        }
    }

    /// Uses a refresh token. One that was used before ends its session.
    pub async fn refresh(&self, token: &RefreshToken, origin: &Origin) -> Result<Granted, Error> {
        let next = self.new_token();
        let now = self.clock.now();
        let old = self.hash(token);
        let Some((_, user)) = self.store.find_by_token(old, now).await? else { return Err(ended().into()) };
        let line = self.audit.done(Doer::outside(Some(&user), origin), AuditAction::SessionRevoke);
        let line = line.about(user.username.as_str()).telling("REFRESH_TOKEN_REUSED");
        let renewal = Renewal { old, new: self.hash(&next), now, expires_at: now + SESSION_LIVES };
        match self.store.rotate(renewal, &line).await? {
            Rotation::Rotated(session, user) => Ok(Granted { session, user, refresh_token: next }),
            Rotation::Reused(_) | Rotation::Refused => Err(ended().into()),
        }
    }

    /// Ends the session of a refresh token; an unknown token is no error.
    pub async fn revoke_by_token(&self, token: &RefreshToken, origin: &Origin) -> Result<(), Error> {
        let now = self.clock.now();
        if let Some((session, user)) = self.store.find_by_token(self.hash(token), now).await? {
            self.revoke_own(&Person { user, session: session.id, origin: origin.clone() }).await?;
        }
        Ok(())
    }

    /// Ends the session that asks.
    pub async fn revoke_own(&self, person: &Person) -> Result<(), Error> {
        let line = self.line(person, &person.user);
        self.store.end(person.session, self.clock.now(), &line).await?;
        Ok(())
    }

    /// Ends an open session: one of the asker's own, or as administrator anybody's.
    pub async fn revoke(&self, asker: &Asker, id: SessionId) -> Result<(), Error> {
        let now = self.clock.now();
        let rights = Rights { role: asker.user.role, authority: asker.authority };
        let found = self.store.find_open(id, now).await?.filter(|(_, user)| {
            let own = user.id == asker.user.id && rights.allow(Permission::ManageSelf);
            own || rights.allow(Permission::Administer)
        });
        let Some((_, user)) = found else {
            let message = "there is no such open session";
            return Err(Refusal::of("session", RefusalCode::NotFound, message).into());
        };
        self.store.end(id, now, &self.line(asker, &user)).await?;
        Ok(())
    }

    /// Ends all of a person's sessions but the one that asks; returns how many.
    pub async fn revoke_others(&self, person: &Person) -> Result<u64, Error> {
        let line = self.line(person, &person.user).telling("all other sessions");
        Ok(self.store.end_others(person.user.id, person.session, self.clock.now(), &line).await?)
    }

    /// The session and its user, where it is open.
    pub async fn find_open(&self, id: SessionId) -> Result<Option<(Session, User)>, Error> {
        Ok(self.store.find_open(id, self.clock.now()).await?)
    }

    /// A page of the user's open sessions, the latest use first.
    pub async fn list(&self, user: UserId, page: &Page<SessionCursor>) -> Result<Found<Session>, Error> {
        Ok(self.store.list(user, self.clock.now(), page).await?)
    }

    fn line(&self, doer: impl Into<Doer>, user: &User) -> AuditLine {
        self.audit.done(doer, AuditAction::SessionRevoke).about(user.username.as_str())
    }

    fn new_token(&self) -> RefreshToken {
        let mut bytes = [0; 32];
        self.random.fill(&mut bytes);
        RefreshToken(bytes)
    }

    fn hash(&self, token: &RefreshToken) -> RefreshTokenHash {
        RefreshTokenHash(self.digest.sha256(&token.0))
    }
}

fn ended() -> Refusal {
    Refusal::whole(RefusalCode::SessionEnded, "this session has ended; log in again")
}

fn wrong() -> Refusal {
    Refusal::whole(RefusalCode::InvalidCredentials, "unknown user name or wrong password")
}

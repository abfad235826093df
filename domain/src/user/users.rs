//! What can be done with people: by the first of them, by administrators, and by each with the own password.

use std::sync::Arc;

use time::{Duration, OffsetDateTime};

use crate::address::Origin;
use crate::asker::{Asker, Person};
use crate::audit::{AuditAction, AuditLine, AuditLog, Doer};
use crate::clock::Clock;
use crate::error::{Error, Refusal, RefusalCode};
use crate::page::{Found, Page};
use crate::random::{Random, new_id};
use crate::second_factor::SecondFactorStore;
use crate::secret::{Digest, Secret};
use crate::throttle::Throttle;
use crate::user::{
    Changed, Password, PasswordChange, PasswordCheck, PasswordHasher, PasswordToken, PasswordTokenHash, Role,
    User, UserId, UserState, UserStore, Username,
};

/// How long an invitation is good for.
const INVITATION_LIVES: Duration = Duration::days(7);

/// How long the link of a reset is good for.
pub(super) const RESET_LIVES: Duration = Duration::hours(24);

/// Whether a set-up token is the right one. The token is derived from the installation's key, so that
/// every node of an installation knows it and none has to store it.
pub trait SetUpToken: Send + Sync {
    /// Compares in constant time.
    fn matches(&self, token: &str) -> bool;
}

/// A user who is to choose a password, and the token for it. It is shown once.
#[derive(Debug)]
pub struct PasswordLink {
    /// Who.
    pub user: User,
    /// Opens the page where the password is chosen.
    pub token: Secret,
    /// Until when.
    pub expires_at: OffsetDateTime,
}

/// What can be done with people.
pub struct Users {
    /// Where they are kept.
    pub store: Arc<dyn UserStore>,
    /// Where their second factors are kept.
    pub second_factors: Arc<dyn SecondFactorStore>,
    /// How passwords are hashed.
    pub hasher: Arc<dyn PasswordHasher>,
    /// Whether somebody still knows the own password.
    pub passwords: Arc<PasswordCheck>,
    /// Who may be the first.
    pub set_up_token: Arc<dyn SetUpToken>,
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

/// Who becomes the first administrator.
pub struct SetUp {
    /// The token of the set-up link.
    pub token: String,
    /// The log-in name.
    pub username: String,
    /// The password in clear.
    pub password: String,
}

impl Users {
    /// Whether there is anybody yet.
    pub async fn any(&self) -> Result<bool, Error> {
        Ok(self.store.any().await?)
    }

    /// Makes the first administrator. It can be done once, with the token of the set-up link.
    pub async fn set_up(&self, wanted: SetUp, origin: &Origin) -> Result<User, Error> {
        if self.store.any().await? {
            return Err(set_up_done().into());
        }
        if !self.set_up_token.matches(&wanted.token) {
            return Err(Refusal::of(
                "setUpToken",
                RefusalCode::SetUpTokenInvalid,
                "this set-up link is not valid; use the one that the server printed when it started",
            )
            .into());
        }
        let username = Username::parse(&wanted.username)?;
        let password = self.hasher.hash(Password::chosen(wanted.password, &username)?).await?;
        let user = self.new_user(username, Role::Admin, UserState::Active);
        let line = self.audit.done(Doer::outside(Some(&user), origin), AuditAction::UserSetUp);
        let line = line.about(user.username.as_str());
        if self.store.create_first(&user, &password, &line).await? {
            Ok(user)
        } else {
            Err(set_up_done().into())
        }
    }

    /// These users; unknown ones are left out.
    pub async fn find(&self, ids: &[UserId]) -> Result<Vec<User>, Error> {
        Ok(self.store.find(ids).await?)
    }

    /// A page of all users, by name.
    pub async fn list(&self, page: &Page<Username>) -> Result<Found<User>, Error> {
        Ok(self.store.list(page).await?)
    }

    /// Makes a user who is to choose a password.
    pub async fn invite(&self, asker: &Asker, username: &str, role: Role) -> Result<PasswordLink, Error> {
        let user = self.new_user(Username::parse(username)?, role, UserState::Invited);
        let (token, stored) = self.new_token(user.id, INVITATION_LIVES);
        let line = self.line(asker, AuditAction::UserInvite, &user).telling(role.as_str());
        if self.store.invite(&user, &stored, &line).await? {
            return Ok(PasswordLink { user, token, expires_at: stored.expires_at });
        }
        let message = "there is a user of this name already; choose another name";
        Err(Refusal::of("username", RefusalCode::Taken, message).into())
    }

    /// Makes a user's password void at once; the user chooses another with the token.
    pub async fn reset_password(&self, asker: &Asker, id: UserId) -> Result<PasswordLink, Error> {
        let user = self.other(asker, id, "change your own password instead").await?;
        let (token, stored) = self.new_token(id, RESET_LIVES);
        let line = self.line(asker, AuditAction::PasswordReset, &user);
        let changed = self.store.reset_password(&stored, &line).await?;
        let user = self.changed(changed, line).await?;
        Ok(PasswordLink { user, token, expires_at: stored.expires_at })
    }

    /// Gives a user another role.
    pub async fn set_role(&self, asker: &Asker, id: UserId, role: Role) -> Result<User, Error> {
        let user = self.other(asker, id, "nobody changes the own role; ask another administrator").await?;
        let detail = format!("{} to {}", user.role.as_str(), role.as_str());
        let line = self.line(asker, AuditAction::UserRoleSet, &user).telling(&detail);
        self.changed(self.store.set_role(id, role, &line).await?, line).await
    }

    /// Locks a user out: sessions end, keys stop working.
    pub async fn disable(&self, asker: &Asker, id: UserId) -> Result<User, Error> {
        let user = self.other(asker, id, "nobody locks oneself out; ask another administrator").await?;
        let line = self.line(asker, AuditAction::UserDisable, &user);
        self.changed(self.store.disable(id, self.clock.now(), &line).await?, line).await
    }

    /// Lets a user in again.
    pub async fn enable(&self, asker: &Asker, id: UserId) -> Result<User, Error> {
        let user = self.known(id).await?;
        let line = self.line(asker, AuditAction::UserEnable, &user);
        self.changed(self.store.enable(id, &line).await?, line).await
    }

    /// Takes the second factor of somebody who lost it away.
    pub async fn reset_second_factor(&self, asker: &Asker, id: UserId) -> Result<User, Error> {
        let user = self.other(asker, id, "remove your own second factor instead").await?;
        let line = self.line(asker, AuditAction::UserSecondFactorReset, &user);
        self.second_factors.remove(id, &line).await?;
        Ok(User { second_factor: false, ..user })
    }

    /// Chooses a password with the token of a link, once.
    pub async fn set_password(&self, token: &str, password: String, origin: &Origin) -> Result<User, Error> {
        self.throttle.link(origin.address).await?;
        let token = Secret::parse(token.trim()).ok_or_else(link_invalid)?;
        let hash = PasswordTokenHash(self.digest.sha256(&token.0));
        let found = self.store.find_by_password_token(hash, self.clock.now()).await?;
        let user = found.ok_or_else(link_invalid)?;
        let password = self.hasher.hash(Password::chosen(password, &user.username)?).await?;
        let line = self.audit.done(Doer::outside(Some(&user), origin), AuditAction::PasswordSet);
        let line = line.about(user.username.as_str());
        let set = self.store.set_password(hash, &password, self.clock.now(), &line).await?;
        set.ok_or_else(|| link_invalid().into())
    }

    /// Changes the own password; all other sessions end.
    pub async fn change_password(
        &self,
        person: &Person,
        current: String,
        new: String,
    ) -> Result<User, Error> {
        let action = AuditAction::PasswordChange;
        let refused = |refusal| Refusal { field: Some("newPassword"), ..refusal };
        let new = Password::chosen(new, &person.user.username).map_err(refused)?;
        let old = self.passwords.check(person, current, action).await?;
        let new = self.hasher.hash(new).await?;
        let change =
            PasswordChange { user: person.user.id, old, new, kept: person.session, at: self.clock.now() };
        if self.store.change_password(&change, &self.audit.done(person, action)).await? {
            return Ok(person.user.clone());
        }
        let message = "the password was changed meanwhile; log in again";
        Err(Refusal::of("currentPassword", RefusalCode::PasswordWrong, message).into())
    }

    fn new_user(&self, username: Username, role: Role, state: UserState) -> User {
        let created_at = self.clock.now();
        let id = UserId(new_id(created_at, self.random.as_ref()));
        User { id, username, role, state, second_factor: false, created_at }
    }

    fn new_token(&self, user: UserId, lives: Duration) -> (Secret, PasswordToken) {
        let token = Secret::new(self.random.as_ref());
        let hash = PasswordTokenHash(self.digest.sha256(&token.0));
        let created_at = self.clock.now();
        (token, PasswordToken { user, hash, created_at, expires_at: created_at + lives })
    }

    fn line(&self, asker: &Asker, action: AuditAction, user: &User) -> AuditLine {
        self.audit.done(asker, action).about(user.username.as_str())
    }

    async fn known(&self, id: UserId) -> Result<User, Error> {
        self.store.find(&[id]).await?.pop().ok_or_else(|| no_such_user().into())
    }

    /// A user other than the asker.
    async fn other(&self, asker: &Asker, id: UserId, instead: &str) -> Result<User, Error> {
        if id == asker.user.id {
            return Err(Refusal::of("user", RefusalCode::Invalid, instead).into());
        }
        self.known(id).await
    }

    async fn changed(&self, changed: Changed, line: AuditLine) -> Result<User, Error> {
        match changed {
            Changed::Done(user) => Ok(user),
            Changed::NotFound => Err(no_such_user().into()),
            Changed::LastAdministrator => {
                let message = "this is the last active administrator; make another one first";
                let refusal = Refusal::of("user", RefusalCode::LastAdministrator, message);
                Err(self.audit.refuse(line, refusal).await)
            }
        }
    }
}

pub(super) fn no_such_user() -> Refusal {
    Refusal::of("user", RefusalCode::NotFound, "there is no such user")
}

fn link_invalid() -> Refusal {
    let message = "this link is not valid, was used, or has ended; ask an administrator for another";
    Refusal::of("passwordToken", RefusalCode::PasswordTokenInvalid, message)
}

fn set_up_done() -> Refusal {
    Refusal::whole(RefusalCode::SetUpDone, "the first administrator exists already; log in instead")
}

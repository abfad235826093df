//! People: who they are and what they may do.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use async_trait::async_trait;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::clock::Clock;
use crate::error::{Error, Refusal, RefusalCode};
use crate::random::{Random, new_id};
use crate::store::StoreError;

/// The id of a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct UserId(pub Uuid);

/// What a user is allowed to do, as one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// Everything, and managing people.
    Admin,
    /// Market data, research and trading.
    Trader,
    /// Market data and research.
    Researcher,
    /// Market data.
    Viewer,
}

/// One thing that may be allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Permission {
    /// Reading quotes, bars, instruments, and keeping one's own watchlists.
    ReadMarket,
    /// Strategies and backtests.
    Research,
    /// Orders.
    Trade,
    /// People and settings.
    Administer,
    /// One's own password, second factor, sessions and keys: for people alone, never with a key.
    ManageSelf,
}

impl Role {
    /// Every role with its name in the database and the API.
    pub const ALL: [(Self, &'static str); 4] = [
        (Self::Admin, "ADMIN"),
        (Self::Trader, "TRADER"),
        (Self::Researcher, "RESEARCHER"),
        (Self::Viewer, "VIEWER"),
    ];

    /// The name in the database and the API.
    pub fn as_str(self) -> &'static str {
        Self::ALL.iter().find(|(role, _)| *role == self).map_or("", |(_, name)| name)
    }

    /// Whether this role includes `permission`.
    pub const fn allows(self, permission: Permission) -> bool {
        match permission {
            Permission::ReadMarket | Permission::ManageSelf => true,
            Permission::Research => !matches!(self, Self::Viewer),
            Permission::Trade => matches!(self, Self::Admin | Self::Trader),
            Permission::Administer => matches!(self, Self::Admin),
        }
    }
}

impl FromStr for Role {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL
            .iter()
            .find(|(_, name)| *name == text)
            .map(|(role, _)| *role)
            .ok_or_else(|| format!("'{text}' is not a role"))
    }
}

/// A log-in name: 2 to 40 letters, digits, `.`, `_`, `-` or `@`; compared and stored in lower case.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Username(String);

impl Username {
    /// Checks and folds a name that a person typed.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        let folded = text.trim().to_lowercase();
        let length = folded.chars().count();
        let allowed = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | '@');
        if (2..=40).contains(&length) && folded.chars().all(allowed) {
            Ok(Self(folded))
        } else {
            Err(Refusal::of(
                "username",
                RefusalCode::Invalid,
                "a user name has 2 to 40 letters, digits or any of . _ - @",
            ))
        }
    }

    /// The folded name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Username {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// A password in clear, on its way to being hashed or compared. It is never shown or logged.
pub struct Password(String);

impl Password {
    /// The longest password that is looked at, in bytes; a longer one is refused before it is hashed.
    pub const MAX_BYTES: usize = 1_024;

    /// A password that somebody chooses now: at least 12 characters.
    pub fn chosen(text: String) -> Result<Self, Refusal> {
        if text.chars().count() < 12 {
            return Err(Refusal::of(
                "password",
                RefusalCode::Invalid,
                "a password has at least 12 characters",
            ));
        }
        if text.len() > Self::MAX_BYTES {
            return Err(Refusal::of("password", RefusalCode::Invalid, "a password has at most 1,024 bytes"));
        }
        Ok(Self(text))
    }

    /// A password that somebody claims to know, whatever its form.
    pub fn claimed(text: String) -> Self {
        Self(text)
    }

    /// The clear text, for the hasher alone.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Password(…)")
    }
}

/// A password's hash in PHC string form (`$argon2id$…`).
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(pub String);

impl fmt::Debug for PasswordHash {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("PasswordHash(…)")
    }
}

/// Slow hashing, off the async threads and with bounded concurrency.
#[async_trait]
pub trait PasswordHasher: Send + Sync {
    /// Hashes a password with a fresh salt.
    async fn hash(&self, password: Password) -> Result<PasswordHash, Error>;

    /// Whether `password` is the one behind `hash`. With no hash (an unknown user) it is not, after
    /// the same work.
    async fn verify(&self, password: Password, hash: Option<PasswordHash>) -> Result<bool, Error>;
}

/// A person with an account here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// Ours.
    pub id: UserId,
    /// The log-in name.
    pub username: Username,
    /// What the user may do.
    pub role: Role,
    /// When the account was made.
    pub created_at: OffsetDateTime,
}

/// Where people are kept.
#[async_trait]
pub trait UserStore: Send + Sync {
    /// Adds `user` where there is no user at all yet; returns whether it did.
    async fn create_first(&self, user: &User, password: &PasswordHash) -> Result<bool, StoreError>;

    /// Whether there is any user.
    async fn any(&self) -> Result<bool, StoreError>;

    /// The user of this name, with the hash of the password.
    async fn find_by_username(&self, username: &Username)
    -> Result<Option<(User, PasswordHash)>, StoreError>;
}

/// Whether a set-up token is the right one. The token is derived from the installation's key, so that
/// every node of an installation knows it and none has to store it.
pub trait SetUpToken: Send + Sync {
    /// Compares in constant time.
    fn matches(&self, token: &str) -> bool;
}

/// What can be done with people.
pub struct Users {
    /// Where they are kept.
    pub store: Arc<dyn UserStore>,
    /// How passwords are hashed.
    pub hasher: Arc<dyn PasswordHasher>,
    /// Who may be the first.
    pub set_up_token: Arc<dyn SetUpToken>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Ids.
    pub random: Arc<dyn Random>,
}

impl Users {
    /// Makes the first administrator. It can be done once, with the token of the set-up link.
    pub async fn set_up(&self, token: &str, username: &str, password: String) -> Result<User, Error> {
        if self.store.any().await? {
            return Err(set_up_done().into());
        }
        if !self.set_up_token.matches(token) {
            return Err(Refusal::of(
                "setUpToken",
                RefusalCode::SetUpTokenInvalid,
                "this set-up link is not valid; use the one that the server printed when it started",
            )
            .into());
        }
        let username = Username::parse(username)?;
        let password = self.hasher.hash(Password::chosen(password)?).await?;
        let now = self.clock.now();
        let id = UserId(new_id(now, self.random.as_ref()));
        let user = User { id, username, role: Role::Admin, created_at: now };
        if self.store.create_first(&user, &password).await? { Ok(user) } else { Err(set_up_done().into()) }
    }
}

fn set_up_done() -> Refusal {
    Refusal::whole(RefusalCode::SetUpDone, "the first administrator exists already; log in instead")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_username_is_folded_and_checked() {
        assert_eq!(Username::parse(" Ann.Lee ").unwrap().as_str(), "ann.lee");
        assert_eq!(Username::parse("王芳").unwrap().as_str(), "王芳");
        for bad in ["", "a", "two words", "a\u{0}b", &"x".repeat(41), "<script>"] {
            assert!(Username::parse(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_chosen_password_has_twelve_characters() {
        assert!(Password::chosen("eleven char".into()).is_err());
        assert!(Password::chosen("twelve chars".into()).is_ok());
        assert!(Password::chosen("x".repeat(1_025)).is_err());
        assert_eq!(format!("{:?}", Password::claimed("secret".into())), "Password(…)");
    }

    #[test]
    fn roles_allow_what_they_say() {
        use Permission::*;
        let cases = [
            (Role::Admin, [true, true, true, true]),
            (Role::Trader, [true, true, true, false]),
            (Role::Researcher, [true, true, false, false]),
            (Role::Viewer, [true, false, false, false]),
        ];
        for (role, expected) in cases {
            assert_eq!(
                [ReadMarket, Research, Trade, Administer].map(|p| role.allows(p)),
                expected,
                "{role:?}"
            );
        }
    }
}

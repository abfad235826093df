//! People: who they are and what they may do.

use std::fmt;

use time::OffsetDateTime;
use uuid::Uuid;

use crate::error::{Refusal, RefusalCode};
use crate::named::named;

mod check;
mod password;
mod recovery;
mod store;
mod users;

pub use check::PasswordCheck;
pub use password::{
    Password, PasswordChange, PasswordHash, PasswordHasher, PasswordToken, PasswordTokenHash,
};
pub use recovery::Recovery;
pub use store::{Changed, UserStore};
pub use users::{PasswordLink, SetUp, SetUpToken, Users};

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
    /// Reading quotes, bars, instruments, and keeping one's own watchlists and alerts.
    ReadMarket,
    /// Strategies and backtests.
    Research,
    /// Orders.
    Trade,
    /// People and settings.
    Administer,
    /// Inviting, giving roles, resetting passwords and second factors: whoever can do it can become anybody, so it is
    /// for people alone, never with a key.
    GrantAccess,
    /// One's own password, second factor, sessions, keys, webhooks, layouts and preferences: for people alone, never with a
    /// key.
    ManageSelf,
}

named!(
    Role,
    "a role",
    [(Admin, "ADMIN"), (Trader, "TRADER"), (Researcher, "RESEARCHER"), (Viewer, "VIEWER")]
);

impl Role {
    /// Whether this role includes `permission`.
    pub const fn allows(self, permission: Permission) -> bool {
        match permission {
            Permission::ReadMarket | Permission::ManageSelf => true,
            Permission::Research => !matches!(self, Self::Viewer),
            Permission::Trade => matches!(self, Self::Admin | Self::Trader),
            Permission::Administer | Permission::GrantAccess => matches!(self, Self::Admin),
        }
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

/// Whether a user can come in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum UserState {
    /// Has not chosen a password yet.
    Invited,
    /// Can log in.
    Active,
    /// Locked out by an administrator, and the user's keys too.
    Disabled,
}

named!(UserState, "a state of a user", [(Invited, "INVITED"), (Active, "ACTIVE"), (Disabled, "DISABLED")]);

/// A person with an account here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// Ours.
    pub id: UserId,
    /// The log-in name.
    pub username: Username,
    /// What the user may do.
    pub role: Role,
    /// Whether the user can come in.
    pub state: UserState,
    /// Whether a second factor is in force.
    pub second_factor: bool,
    /// When the account was made.
    pub created_at: OffsetDateTime,
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
    fn roles_allow_what_they_say() {
        use Permission::*;
        let cases = [
            (Role::Admin, [true, true, true, true, true]),
            (Role::Trader, [true, true, true, false, false]),
            (Role::Researcher, [true, true, false, false, false]),
            (Role::Viewer, [true, false, false, false, false]),
        ];
        for (role, expected) in cases {
            assert_eq!(
                [ReadMarket, Research, Trade, Administer, GrantAccess].map(|p| role.allows(p)),
                expected,
                "{role:?}"
            );
        }
    }
}

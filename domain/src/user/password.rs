//! Passwords, their hashes, and the tokens by which one is chosen.

use std::fmt;

use async_trait::async_trait;
use time::OffsetDateTime;

use crate::error::{Error, Refusal, RefusalCode};
use crate::session::SessionId;
use crate::user::{UserId, Username};

/// A password in clear, on its way to being hashed or compared. It is never shown or logged.
pub struct Password(String);

impl Password {
    /// The longest password that is looked at, in bytes; a longer one is refused before it is hashed.
    pub const MAX_BYTES: usize = 1_024;

    /// A password that the user of this name chooses now: at least 12 characters, not all the same, and without the
    /// name in it where that has four letters or more.
    pub fn chosen(text: String, username: &Username) -> Result<Self, Refusal> {
        let name = username.as_str();
        let has_name = name.chars().count() >= 4 && text.to_lowercase().contains(name);
        let is_one_character = text.chars().all(|c| text.starts_with(c));
        let wrong = if text.chars().count() < 12 {
            "a password has at least 12 characters"
        } else if text.len() > Self::MAX_BYTES {
            "a password has at most 1,024 bytes"
        } else if is_one_character {
            "a password is not one character again and again"
        } else if has_name {
            "a password does not contain the user name"
        } else {
            return Ok(Self(text));
        };
        Err(Refusal::of("password", RefusalCode::Invalid, wrong))
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

/// What is stored of the token in a link by which a user chooses a password: its SHA-256.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct PasswordTokenHash(pub [u8; 32]);

impl fmt::Debug for PasswordTokenHash {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("PasswordTokenHash(…)")
    }
}

/// A token as it is stored. A user has one at most: a new one makes the earlier void.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PasswordToken {
    /// Whose password can be chosen with it, once.
    pub user: UserId,
    /// What is stored of it.
    pub hash: PasswordTokenHash,
    /// When it was made.
    pub created_at: OffsetDateTime,
    /// Until when.
    pub expires_at: OffsetDateTime,
}

/// A password that replaces another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PasswordChange {
    /// Whose.
    pub user: UserId,
    /// The one that was found right; it must still be the user's.
    pub old: PasswordHash,
    /// The new one.
    pub new: PasswordHash,
    /// The session that stays open; all others end.
    pub kept: SessionId,
    /// When.
    pub at: OffsetDateTime,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chosen_password_is_neither_short_nor_easy() {
        let name = Username::parse("marianne").unwrap();
        let short_name = Username::parse("bo").unwrap();
        let long = "xy".repeat(513);
        let cases = [
            ("eleven char", &name, false),
            ("twelve chars", &name, true),
            ("zwölf Zeichen", &name, true),
            ("aaaaaaaaaaaaaaaa", &name, false),
            ("aaaaaaaaaaaaaaab", &name, true),
            ("i am Marianne 1985", &name, false),
            ("a bottle of rum", &short_name, true),
            (long.as_str(), &name, false),
        ];
        for (text, name, allowed) in cases {
            assert_eq!(Password::chosen(text.into(), name).is_ok(), allowed, "{text}");
        }
        assert_eq!(format!("{:?}", Password::claimed("secret".into())), "Password(…)");
    }
}

//! The token of the set-up link, by which the first administrator is made.

use std::fmt;
use std::fmt::Write as _;

use domain::user::SetUpToken;
use subtle::ConstantTimeEq;
use uuid::Uuid;

use crate::auth::MasterKey;

/// The set-up token of one installation: derived from its key and id, so that every node knows it and none
/// has to store it.
#[derive(Clone)]
pub struct SetUpTokens(String);

impl SetUpTokens {
    /// The token of this installation.
    pub fn new(key: &MasterKey, installation: Uuid) -> Self {
        let bytes = key.derive(&format!("set-up:{installation}"));
        Self(bytes.iter().fold(String::with_capacity(64), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}");
            hex
        }))
    }

    /// The token in clear: 64 hexadecimal digits, for the set-up link and for nothing else.
    pub fn token(&self) -> &str {
        &self.0
    }
}

impl SetUpToken for SetUpTokens {
    fn matches(&self, token: &str) -> bool {
        self.0.as_bytes().ct_eq(token.trim().as_bytes()).into()
    }
}

impl fmt::Debug for SetUpTokens {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("SetUpTokens(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_installations_token_matches() {
        let key = MasterKey::new([1; 32]);
        let tokens = SetUpTokens::new(&key, Uuid::from_u128(1));
        assert_eq!(tokens.token().len(), 64);
        assert!(tokens.matches(tokens.token()));
        let other = SetUpTokens::new(&key, Uuid::from_u128(2));
        for wrong in ["", "0", other.token(), &tokens.token()[1..], &tokens.token().to_uppercase()] {
            assert!(!tokens.matches(wrong), "{wrong}");
        }
    }
}

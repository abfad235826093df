//! The installation's one secret key, and the keys derived from it.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// 32 secret bytes, equal on every node of an installation. Never shown or logged.
#[derive(Clone)]
pub struct MasterKey([u8; 32]);

impl MasterKey {
    /// A key of these bytes.
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The key for one purpose: HMAC-SHA256 of the purpose's name.
    pub fn derive(&self, purpose: &str) -> [u8; 32] {
        #[allow(clippy::expect_used, reason = "HMAC takes a key of any length")]
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).expect("HMAC takes a key of any length");
        mac.update(purpose.as_bytes());
        mac.finalize().into_bytes().into()
    }
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("MasterKey(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_purpose_has_its_own_key_and_none_is_shown() {
        let key = MasterKey::new([7; 32]);
        assert_ne!(key.derive("access token"), key.derive("set-up"));
        assert_eq!(key.derive("access token"), MasterKey::new([7; 32]).derive("access token"));
        assert_ne!(key.derive("access token"), MasterKey::new([8; 32]).derive("access token"));
        assert_eq!(format!("{key:?}"), "MasterKey(…)");
    }
}

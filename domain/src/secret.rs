//! Secrets that the server makes: 32 random bytes, handed out once, kept as a hash.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::random::Random;

/// Hashes what is random to begin with, so that a fast hash is enough.
pub trait Digest: Send + Sync {
    /// The SHA-256 of these bytes.
    fn sha256(&self, bytes: &[u8]) -> [u8; 32];
}

/// 32 random bytes in clear. Never shown or logged; its text goes to whom it was made for.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(pub [u8; 32]);

impl Secret {
    /// A fresh one.
    pub fn new(random: &dyn Random) -> Self {
        let mut bytes = [0; 32];
        random.fill(&mut bytes);
        Self(bytes)
    }

    /// The one of this text.
    pub fn parse(text: &str) -> Option<Self> {
        URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok().map(Self)
    }

    /// As text: 43 characters of base64url.
    pub fn text(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Secret(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_read_back_as_it_was_written_and_never_shown() {
        let secret = Secret([200; 32]);
        let text = secret.text();
        assert_eq!((text.len(), Secret::parse(&text)), (43, Some(secret.clone())));
        assert_eq!(format!("{secret:?}"), "Secret(…)");
        for bad in ["", "abc", &text[1..], &format!("{text}A"), &format!(" {text}"), &format!("{text}=")] {
            assert_eq!(Secret::parse(bad), None, "{bad}");
        }
    }
}

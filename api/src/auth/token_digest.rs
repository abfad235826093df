//! What is stored of a refresh token.

use domain::session::{RefreshToken, RefreshTokenHash, TokenDigest};
use sha2::{Digest, Sha256};

/// SHA-256: enough for tokens, which are random to begin with.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sha256Digest;

impl TokenDigest for Sha256Digest {
    fn digest(&self, token: &RefreshToken) -> RefreshTokenHash {
        RefreshTokenHash(Sha256::digest(token.0).into())
    }
}

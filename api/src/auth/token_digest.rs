//! What is stored of tokens, keys and recovery codes.

use domain::secret::Digest;
use sha2::Digest as _;

/// SHA-256: enough for what is random to begin with.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sha256Digest;

impl Digest for Sha256Digest {
    fn sha256(&self, bytes: &[u8]) -> [u8; 32] {
        sha2::Sha256::digest(bytes).into()
    }
}

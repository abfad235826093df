//! Secrets at rest, sealed: AES-256-GCM under a key that is not in the database.
//!
//! A sealed value is the id of the key (one byte, so that keys can be changed one day), a random nonce (12 bytes),
//! and the text with its tag. Table, column and row are authenticated with it: a value that is moved to another
//! row does not open. The nonce comes straight from the system and not through a seam: one that a test could fix
//! would, by mistake, give the key away.

use std::fmt;

use aes_gcm::aead::{Aead, Generate, KeyInit, Payload};
use aes_gcm::{Aes256Gcm, Nonce};
use uuid::Uuid;

use super::failure::Failure;

/// The id of the one key there is so far.
const KEY_ID: u8 = 1;

/// The length of a nonce.
const NONCE: usize = 12;

/// The key that seals secrets in the database: 32 bytes, the same on every node of an installation.
#[derive(Clone)]
pub struct SealKey([u8; 32]);

impl SealKey {
    /// A key of these bytes.
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
}

impl fmt::Debug for SealKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("SealKey(…)")
    }
}

/// Where a sealed value stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub(super) table: &'static str,
    pub(super) column: &'static str,
    pub(super) row: Uuid,
}

impl Place {
    /// What is authenticated with the value; names hold no slash, so that no two places are one.
    fn bytes(self) -> Vec<u8> {
        format!("{}/{}/{}", self.table, self.column, self.row).into_bytes()
    }

    fn failure(self, trouble: &str) -> Failure {
        Failure::row(format!("{}.{} of {}: {trouble}", self.table, self.column, self.row))
    }
}

/// Seals and opens with one key.
pub(super) struct Sealer(Aes256Gcm);

impl Sealer {
    pub(super) fn new(key: &SealKey) -> Self {
        Self(Aes256Gcm::new(&key.0.into()))
    }

    pub(super) fn seal(&self, place: Place, clear: &[u8]) -> Result<Vec<u8>, Failure> {
        let nonce = Nonce::try_generate().map_err(|_| place.failure("the system gives no random bytes"))?;
        let payload = Payload { msg: clear, aad: &place.bytes() };
        let text = self.0.encrypt(&nonce, payload).map_err(|_| place.failure("it cannot be sealed"))?;
        Ok([&[KEY_ID], nonce.as_slice(), &text].concat())
    }

    pub(super) fn open(&self, place: Place, sealed: &[u8]) -> Result<Vec<u8>, Failure> {
        let unreadable = || place.failure("it was not sealed by this program");
        let (id, rest) = sealed.split_first().ok_or_else(unreadable)?;
        if *id != KEY_ID {
            return Err(place.failure("it was sealed with a key that this version does not know"));
        }
        let (nonce, text) = rest.split_first_chunk::<NONCE>().ok_or_else(unreadable)?;
        let payload = Payload { msg: text, aad: &place.bytes() };
        self.0.decrypt(&Nonce::from(*nonce), payload).map_err(|_| {
            place.failure(
                "it does not open: give this node the key that the installation was made with (TICKGRAPH_KEY, or \
                 the key file), or the row was tampered with",
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLACE: Place = Place { table: "second_factors", column: "secret", row: Uuid::nil() };

    fn sealer(byte: u8) -> Sealer {
        Sealer::new(&SealKey::new([byte; 32]))
    }

    #[test]
    fn what_is_sealed_opens_in_its_place_alone() {
        let sealed = sealer(7).seal(PLACE, b"a secret").unwrap();
        assert_eq!(sealed.len(), 1 + NONCE + 8 + 16);
        assert_eq!(sealer(7).open(PLACE, &sealed).unwrap(), b"a secret");
        assert!(!sealed.windows(8).any(|window| window == b"a secret"));

        assert!(sealer(8).open(PLACE, &sealed).is_err(), "another key");
        let elsewhere = [
            Place { table: "api_keys", ..PLACE },
            Place { column: "id", ..PLACE },
            Place { row: Uuid::from_u128(1), ..PLACE },
        ];
        for place in elsewhere {
            assert!(sealer(7).open(place, &sealed).is_err(), "{place:?}");
        }
        for index in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[index] ^= 1;
            assert!(sealer(7).open(PLACE, &changed).is_err(), "byte {index} changed");
            assert!(sealer(7).open(PLACE, &sealed[..index]).is_err(), "cut to {index} bytes");
        }
    }

    #[test]
    fn no_two_sealed_values_are_alike() {
        let seal = || sealer(7).seal(PLACE, b"a secret").unwrap();
        assert_ne!(seal()[1..=NONCE], seal()[1..=NONCE]);
    }

    #[test]
    fn neither_the_key_nor_the_secret_is_shown() {
        let key = SealKey::new([0x41; 32]);
        assert_eq!(format!("{key:?}"), "SealKey(…)");
        let sealed = sealer(7).seal(PLACE, b"a secret").unwrap();
        let error = format!("{:?}", sealer(8).open(PLACE, &sealed).unwrap_err());
        assert!(error.contains("TICKGRAPH_KEY") && !error.contains("a secret"), "{error}");
    }

    /// A value that was sealed once opens for good: the layout and what is authenticated may not change.
    #[test]
    fn the_layout_stays() {
        let sealed = hex(LAYOUT);
        assert_eq!(sealer(7).open(PLACE, &sealed).unwrap(), b"a secret");
    }

    const LAYOUT: &str = "01000102030405060708090a0b79a19a157e7bbc3dd67bf664339c4f8b3f09b7d66b1d3f89";

    fn hex(text: &str) -> Vec<u8> {
        (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
    }
}

//! Passwords: Argon2id, off the async threads and two at a time, with few waiting.

use std::sync::Arc;

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash as PhcHash;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use async_trait::async_trait;
use domain::error::Error;
use domain::random::Random;
use domain::user::{Password, PasswordHash, PasswordHasher};
use tokio::sync::Semaphore;

/// How many passwords are hashed at once: each takes 19 MiB and a core.
const CONCURRENT: usize = 2;

/// How many may wait for a place: whoever comes later is told so at once, and costs nothing.
const WAITING: usize = 32;

/// Argon2id with the crate's default parameters (19 MiB, two passes, one lane).
pub struct Argon2Hasher {
    random: Arc<dyn Random>,
    places: Arc<Semaphore>,
    queue: Arc<Semaphore>,
    /// Stands in for the hash of a user who does not exist, so that the answer takes as long.
    nobody: PasswordHash,
}

impl Argon2Hasher {
    /// A hasher whose salts come from `random`.
    pub fn new(random: Arc<dyn Random>) -> Result<Self, Error> {
        let mut unguessable = [0; 32];
        random.fill(&mut unguessable);
        let nobody = hash(&unguessable, &salt(random.as_ref()))?;
        let places = Arc::new(Semaphore::new(CONCURRENT));
        Ok(Self { random, places, queue: Arc::new(Semaphore::new(CONCURRENT + WAITING)), nobody })
    }

    /// Runs `work` on a thread for blocking work as soon as there is a place.
    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let queued = Arc::clone(&self.queue).try_acquire_owned().map_err(|_| Error::Unavailable {
            what: "the log-in",
            message: "too many people log in at this moment; try again shortly".into(),
        })?;
        let place = Arc::clone(&self.places).acquire_owned().await.map_err(internal)?;
        tokio::task::spawn_blocking(move || {
            // The place is held until the work is done, even where the asker has gone away.
            let _places = (place, queued);
            work()
        })
        .await
        .map_err(internal)?
    }
}

#[async_trait]
impl PasswordHasher for Argon2Hasher {
    async fn hash(&self, password: Password) -> Result<PasswordHash, Error> {
        let salt = salt(self.random.as_ref());
        self.run(move || hash(password.expose().as_bytes(), &salt)).await
    }

    async fn verify(&self, password: Password, known: Option<PasswordHash>) -> Result<bool, Error> {
        let exists = known.is_some();
        let stored = known.unwrap_or_else(|| self.nobody.clone());
        let right = self
            .run(move || {
                let stored = PhcHash::new(&stored.0).map_err(internal)?;
                Ok(Argon2::default().verify_password(password.expose().as_bytes(), &stored).is_ok())
            })
            .await?;
        Ok(right && exists)
    }
}

fn salt(random: &dyn Random) -> [u8; 16] {
    let mut salt = [0; 16];
    random.fill(&mut salt);
    salt
}

fn hash(password: &[u8], salt: &[u8]) -> Result<PasswordHash, Error> {
    let hash: PhcHash = Argon2::default().hash_password_with_salt(password, salt).map_err(internal)?;
    Ok(PasswordHash(hash.to_string()))
}

fn internal(error: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::Internal(Box::new(error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::OsRandom;

    #[tokio::test]
    async fn a_flood_is_turned_away_at_once() {
        let hasher = Argon2Hasher::new(Arc::new(OsRandom)).unwrap();
        let all = (0..=CONCURRENT + WAITING).map(|_| hasher.verify(Password::claimed("a".to_owned()), None));
        let answers = futures::future::join_all(all).await;
        let refused = |answer: &Result<bool, Error>| matches!(answer, Err(Error::Unavailable { .. }));
        assert_eq!(answers.iter().filter(|answer| refused(answer)).count(), 1);
    }

    #[tokio::test]
    async fn the_right_password_alone_is_right() {
        let hasher = Argon2Hasher::new(Arc::new(OsRandom)).unwrap();
        let claimed = |text: &str| Password::claimed(text.to_owned());
        let hash = hasher.hash(claimed("correct horse")).await.unwrap();
        assert!(hash.0.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        assert_ne!(hash, hasher.hash(claimed("correct horse")).await.unwrap());
        assert!(hasher.verify(claimed("correct horse"), Some(hash.clone())).await.unwrap());
        assert!(!hasher.verify(claimed("correct hors"), Some(hash)).await.unwrap());
        assert!(!hasher.verify(claimed("correct horse"), None).await.unwrap());
    }
}

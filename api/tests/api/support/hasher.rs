//! The real hasher, which tells how often it was asked, and can be too busy.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use api::auth::{Argon2Hasher, OsRandom};
use async_trait::async_trait;
use domain::error::Error;
use domain::user::{Password, PasswordHash, PasswordHasher};

pub struct CountingHasher {
    inner: Argon2Hasher,
    count: AtomicUsize,
    busy: AtomicBool,
}

impl CountingHasher {
    pub fn new() -> Self {
        let inner = Argon2Hasher::new(Arc::new(OsRandom)).unwrap();
        Self { inner, count: AtomicUsize::new(0), busy: AtomicBool::new(false) }
    }

    /// How many passwords were hashed or compared since this was last asked.
    pub fn take_count(&self) -> usize {
        self.count.swap(0, Ordering::SeqCst)
    }

    /// Compares no password until [`Self::calm_down`].
    pub fn be_busy(&self) {
        self.busy.store(true, Ordering::SeqCst);
    }

    pub fn calm_down(&self) {
        self.busy.store(false, Ordering::SeqCst);
    }
}

#[async_trait]
impl PasswordHasher for CountingHasher {
    async fn hash(&self, password: Password) -> Result<PasswordHash, Error> {
        self.count.fetch_add(1, Ordering::SeqCst);
        self.inner.hash(password).await
    }

    async fn verify(&self, password: Password, hash: Option<PasswordHash>) -> Result<bool, Error> {
        if self.busy.load(Ordering::SeqCst) {
            return Err(Error::Unavailable { what: "the log-in", message: "too busy".into() });
        }
        self.count.fetch_add(1, Ordering::SeqCst);
        self.inner.verify(password, hash).await
    }
}

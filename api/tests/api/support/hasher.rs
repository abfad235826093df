//! The real hasher, which tells how often it was asked.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use api::auth::{Argon2Hasher, OsRandom};
use async_trait::async_trait;
use domain::error::Error;
use domain::user::{Password, PasswordHash, PasswordHasher};

pub struct CountingHasher {
    inner: Argon2Hasher,
    count: AtomicUsize,
}

impl CountingHasher {
    pub fn new() -> Self {
        Self { inner: Argon2Hasher::new(Arc::new(OsRandom)).unwrap(), count: AtomicUsize::new(0) }
    }

    /// How many passwords were hashed or compared since this was last asked.
    pub fn take_count(&self) -> usize {
        self.count.swap(0, Ordering::SeqCst)
    }
}

#[async_trait]
impl PasswordHasher for CountingHasher {
    async fn hash(&self, password: Password) -> Result<PasswordHash, Error> {
        self.count.fetch_add(1, Ordering::SeqCst);
        self.inner.hash(password).await
    }

    async fn verify(&self, password: Password, hash: Option<PasswordHash>) -> Result<bool, Error> {
        self.count.fetch_add(1, Ordering::SeqCst);
        self.inner.verify(password, hash).await
    }
}

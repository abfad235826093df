//! People and everything that lets them and their programs in, wired together.

use std::sync::Arc;

use crate::api_key::{ApiKeyStore, ApiKeys, Uses};
use crate::audit::{AuditLog, AuditStore};
use crate::clock::Clock;
use crate::random::Random;
use crate::rate::RateLimiter;
use crate::second_factor::{SecondFactorStore, SecondFactors, Totp};
use crate::secret::Digest;
use crate::session::{SessionStore, Sessions};
use crate::throttle::Throttle;
use crate::user::{PasswordCheck, PasswordHasher, SetUpToken, UserStore, Users};

/// What the use cases stand on.
pub struct PeoplePorts {
    /// Where people are kept.
    pub users: Arc<dyn UserStore>,
    /// Where sessions are kept.
    pub sessions: Arc<dyn SessionStore>,
    /// Where API keys are kept.
    pub api_keys: Arc<dyn ApiKeyStore>,
    /// Where second factors are kept.
    pub second_factors: Arc<dyn SecondFactorStore>,
    /// Where the audit log is kept.
    pub audit: Arc<dyn AuditStore>,
    /// Where buckets are kept.
    pub limiter: Arc<dyn RateLimiter>,
    /// How passwords are hashed.
    pub hasher: Arc<dyn PasswordHasher>,
    /// How tokens, keys and recovery codes are hashed.
    pub digest: Arc<dyn Digest>,
    /// Which codes of an authenticator app are right.
    pub totp: Arc<dyn Totp>,
    /// Who may be the first user.
    pub set_up_token: Arc<dyn SetUpToken>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Ids and secrets.
    pub random: Arc<dyn Random>,
}

/// What can be done with people, their sessions, keys and second factors, and what was done.
pub struct People {
    /// People.
    pub users: Users,
    /// Sessions.
    pub sessions: Arc<Sessions>,
    /// API keys.
    pub api_keys: Arc<ApiKeys>,
    /// Second factors.
    pub second_factors: Arc<SecondFactors>,
    /// The audit log.
    pub audit: Arc<AuditLog>,
}

impl People {
    /// The use cases over these ports.
    pub fn new(ports: PeoplePorts) -> Self {
        let PeoplePorts { users, sessions, api_keys, second_factors, audit, .. } = ports;
        let PeoplePorts { limiter, hasher, digest, totp, set_up_token, clock, random, .. } = ports;
        let audit = Arc::new(AuditLog { store: audit, clock: clock.clone(), random: random.clone() });
        let throttle = Arc::new(Throttle {
            limiter,
            sessions: sessions.clone(),
            digest: digest.clone(),
            clock: clock.clone(),
        });
        let passwords = Arc::new(PasswordCheck {
            users: users.clone(),
            hasher: hasher.clone(),
            throttle: throttle.clone(),
            audit: audit.clone(),
        });
        let factors = Arc::new(SecondFactors {
            store: second_factors.clone(),
            passwords: passwords.clone(),
            totp,
            digest: digest.clone(),
            throttle: throttle.clone(),
            audit: audit.clone(),
            clock: clock.clone(),
            random: random.clone(),
        });
        let sessions = Arc::new(Sessions {
            store: sessions,
            users: users.clone(),
            second_factors: factors.clone(),
            hasher: hasher.clone(),
            digest: digest.clone(),
            throttle: throttle.clone(),
            audit: audit.clone(),
            clock: clock.clone(),
            random: random.clone(),
        });
        let api_keys = Arc::new(ApiKeys {
            store: api_keys,
            passwords: passwords.clone(),
            digest: digest.clone(),
            audit: audit.clone(),
            clock: clock.clone(),
            random: random.clone(),
            uses: Uses::default(),
        });
        let log = audit.clone();
        let users = Users {
            store: users,
            second_factors,
            hasher,
            passwords,
            set_up_token,
            digest,
            throttle,
            audit,
            clock,
            random,
        };
        Self { users, sessions, api_keys, second_factors: factors, audit: log }
    }
}

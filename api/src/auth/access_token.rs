//! Access tokens: short-lived, signed, and worth nothing once their session has ended.

use std::fmt;
use std::sync::Arc;

use domain::clock::Clock;
use domain::session::{Session, SessionId};
use domain::user::UserId;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use crate::auth::MasterKey;

/// How long an access token lives.
pub const ACCESS_TOKEN_LIVES: Duration = Duration::minutes(15);

/// How far the clocks of two nodes may be apart.
const LEEWAY: Duration = Duration::seconds(5);

const ISSUER: &str = "tickgraph";
const AUDIENCE: &str = "tickgraph-api";

/// What a token says, checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AccessClaims {
    /// Whose it is.
    pub user: UserId,
    /// The session it was issued in.
    pub session: SessionId,
    /// When it ends.
    pub expires_at: OffsetDateTime,
}

/// A token that was just made.
pub struct IssuedToken {
    /// The token in clear.
    pub token: String,
    /// When it ends.
    pub expires_at: OffsetDateTime,
}

/// The access token or API key is malformed, forged, not valid yet or not valid any more, or not from here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the access token or API key is not valid here or has expired; renew the session, log in again, or use \
     another key"
)]
pub struct TokenRejected;

#[derive(Serialize, Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    sub: Uuid,
    sid: Uuid,
    nbf: i64,
    exp: i64,
}

/// Makes and checks access tokens (JWT, HS256 and nothing else).
#[derive(Clone)]
pub struct AccessTokens {
    encoding: EncodingKey,
    decoding: DecodingKey,
    validation: Validation,
    clock: Arc<dyn Clock>,
}

impl AccessTokens {
    /// Tokens signed with the key that `key` yields for them.
    pub fn new(key: &MasterKey, clock: Arc<dyn Clock>) -> Self {
        let secret = key.derive("access token");
        let mut validation = Validation::new(Algorithm::HS256);
        validation.set_issuer(&[ISSUER]);
        validation.set_audience(&[AUDIENCE]);
        validation.set_required_spec_claims(&["iss", "aud", "exp", "nbf", "sub"]);
        // The library reads the machine's clock; ours is an input, so the times are checked below.
        validation.validate_exp = false;
        validation.validate_nbf = false;
        Self {
            encoding: EncodingKey::from_secret(&secret),
            decoding: DecodingKey::from_secret(&secret),
            validation,
            clock,
        }
    }

    /// A token for this session.
    pub fn issue(&self, session: &Session) -> Result<IssuedToken, domain::Error> {
        let now = self.clock.now().unix_timestamp();
        let exp = now + ACCESS_TOKEN_LIVES.whole_seconds();
        let claims = Claims {
            iss: ISSUER.to_owned(),
            aud: AUDIENCE.to_owned(),
            sub: session.user.0,
            sid: session.id.0,
            nbf: now,
            exp,
        };
        let token = jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &self.encoding)
            .map_err(|error| domain::Error::Internal(Box::new(error)))?;
        let expires_at = OffsetDateTime::from_unix_timestamp(exp)
            .map_err(|error| domain::Error::Internal(Box::new(error)))?;
        Ok(IssuedToken { token, expires_at })
    }

    /// What the token says, where its signature, issuer, audience and times are right.
    pub fn check(&self, token: &str) -> Result<AccessClaims, TokenRejected> {
        let claims = jsonwebtoken::decode::<Claims>(token, &self.decoding, &self.validation)
            .map_err(|_| TokenRejected)?
            .claims;
        let at = |seconds| OffsetDateTime::from_unix_timestamp(seconds).map_err(|_| TokenRejected);
        let (not_before, expires_at) = (at(claims.nbf)?, at(claims.exp)?);
        let now = self.clock.now();
        if now + LEEWAY < not_before || now >= expires_at + LEEWAY {
            return Err(TokenRejected);
        }
        Ok(AccessClaims { user: UserId(claims.sub), session: SessionId(claims.sid), expires_at })
    }
}

impl fmt::Debug for AccessTokens {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("AccessTokens(…)")
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use serde_json::{Value, json};
    use time::macros::datetime;

    use super::*;

    struct SetClock(Mutex<OffsetDateTime>);

    impl Clock for SetClock {
        fn now(&self) -> OffsetDateTime {
            *self.0.lock().unwrap()
        }
    }

    const NOW: OffsetDateTime = datetime!(2026-11-22 20:00 UTC);

    fn tokens() -> (AccessTokens, Arc<SetClock>) {
        let clock = Arc::new(SetClock(Mutex::new(NOW)));
        (AccessTokens::new(&MasterKey::new([3; 32]), Arc::<SetClock>::clone(&clock)), clock)
    }

    fn session() -> Session {
        Session {
            id: SessionId(Uuid::from_u128(5)),
            user: UserId(Uuid::from_u128(6)),
            created_at: NOW,
            last_used_at: NOW,
            expires_at: NOW + Duration::days(14),
            address: None,
            agent: None,
        }
    }

    #[test]
    fn a_token_is_valid_for_fifteen_minutes() {
        let (tokens, clock) = tokens();
        let issued = tokens.issue(&session()).unwrap();
        assert_eq!(issued.expires_at, NOW + Duration::minutes(15));
        let cases =
            [(-6, false), (-5, true), (0, true), (899, true), (904, true), (905, false), (90_000, false)];
        for (seconds, valid) in cases {
            *clock.0.lock().unwrap() = NOW + Duration::seconds(seconds);
            assert_eq!(tokens.check(&issued.token).is_ok(), valid, "after {seconds} s");
        }
    }

    #[test]
    fn what_is_not_ours_is_rejected() {
        let (tokens, clock) = tokens();
        let issued = tokens.issue(&session()).unwrap().token;
        let other = AccessTokens::new(&MasterKey::new([4; 32]), clock);
        assert_eq!(tokens.check(&other.issue(&session()).unwrap().token), Err(TokenRejected));
        for token in ["", "a.b.c", &issued[1..], &format!("{issued}x")] {
            assert_eq!(tokens.check(token), Err(TokenRejected), "{token}");
        }
        let body = issued.split('.').nth(1).unwrap();
        let none = URL_SAFE_NO_PAD.encode(r#"{"alg":"none","typ":"JWT"}"#);
        assert_eq!(tokens.check(&format!("{none}.{body}.")), Err(TokenRejected));
    }

    #[test]
    fn every_claim_is_required_and_only_one_algorithm_is_taken() {
        let (tokens, _) = tokens();
        let now = NOW.unix_timestamp();
        let full = json!({ "iss": ISSUER, "aud": AUDIENCE, "sub": Uuid::from_u128(6).to_string(),
            "sid": Uuid::from_u128(5).to_string(), "nbf": now, "exp": now + 900 });
        let sign = |claims: &Value, algorithm| {
            jsonwebtoken::encode(&Header::new(algorithm), claims, &tokens.encoding).unwrap()
        };
        assert!(tokens.check(&sign(&full, Algorithm::HS256)).is_ok());
        assert!(tokens.check(&sign(&full, Algorithm::HS512)).is_err());
        for claim in ["iss", "aud", "sub", "sid", "nbf", "exp"] {
            let mut less = full.clone();
            less.as_object_mut().unwrap().remove(claim);
            assert!(tokens.check(&sign(&less, Algorithm::HS256)).is_err(), "without {claim}");
            let mut wrong = full.clone();
            wrong[claim] = json!("else");
            assert!(tokens.check(&sign(&wrong, Algorithm::HS256)).is_err(), "with another {claim}");
        }
    }
}

//! Who is asking: passwords, access tokens, API keys, second factors, the set-up link and the seams behind them.
//!
//! Every key is derived from the installation's master key for one purpose alone, so that a token made for
//! one thing is worth nothing for another.

mod access_token;
mod master_key;
mod password;
mod principal;
mod random;
mod set_up_token;
mod token_digest;
mod totp;
mod vigil;

pub use access_token::{ACCESS_TOKEN_LIVES, AccessClaims, AccessTokens, IssuedToken, TokenRejected};
pub use master_key::MasterKey;
pub use password::Argon2Hasher;
pub use principal::{Authenticator, Principal, Unauthenticated};
pub use random::OsRandom;
pub use set_up_token::SetUpTokens;
pub use token_digest::Sha256Digest;
pub use totp::{Rfc6238, TotpLink};
pub(crate) use vigil::{Vigil, Watched};

//! How often somebody may be wrong: log-ins, codes and passwords, per account and per address.
//!
//! Whoever guesses is slowed down, and nobody can lock another out: the buckets that are shared with others are not
//! asked of an address from which the account has logged in lately; it has its own. Names that do not exist have
//! buckets as well, so that the answers do not tell which do.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use crate::address::AddressRange;
use crate::clock::Clock;
use crate::error::{Error, Refusal, RefusalCode};
use crate::mail::MailAddress;
use crate::rate::{Allowance, RateLimiter, Taken};
use crate::secret::{Digest, Secret};
use crate::session::{SessionId, SessionStore};
use crate::user::{User, UserId, Username};

/// One account from one address: 10 tries, one back in 90 seconds.
const PAIR: Allowance = Allowance { capacity: 10, per_second: 1.0 / 90.0 };

/// One address, whatever the account, or an account and an address that it is known by: 60 tries, one back in 10
/// seconds.
const ADDRESS: Allowance = Allowance { capacity: 60, per_second: 1.0 / 10.0 };

/// One account, from all addresses that it has not logged in from: 200 tries, one back in 20 seconds.
const ACCOUNT: Allowance = Allowance { capacity: 200, per_second: 1.0 / 20.0 };

/// Codes of a second factor: 5 wrong ones in 5 minutes.
const CODE: Allowance = Allowance { capacity: 5, per_second: 5.0 / 300.0 };

/// The same from all addresses that the account has not logged in from: 30, one back in an hour.
const CODE_SLOWLY: Allowance = Allowance { capacity: 30, per_second: 1.0 / 3_600.0 };

/// The current password, asked for again in a session: 10 tries, one back in 90 seconds.
const PASSWORD: Allowance = Allowance { capacity: 10, per_second: 1.0 / 90.0 };

/// The same in all sessions of a user, right or wrong, since each try costs a hash: 100, one back in 2 seconds.
const PASSWORD_WORK: Allowance = Allowance { capacity: 100, per_second: 1.0 / 2.0 };

/// Letters that somebody has sent to an address that is to be confirmed: 5, one back in 10 minutes.
const MAIL: Allowance = Allowance { capacity: 5, per_second: 1.0 / 600.0 };

/// Codes that confirm an address: 20, one back in a minute. (Of one code, the store allows fewer.)
const MAIL_CODE: Allowance = Allowance { capacity: 20, per_second: 1.0 / 60.0 };

/// Tests of webhooks: 10, one back in 6 seconds.
const WEBHOOK_TEST: Allowance = Allowance { capacity: 10, per_second: 1.0 / 6.0 };

/// How often it is written down that an address is slowed down: once a minute.
const TOLD: Allowance = Allowance { capacity: 1, per_second: 1.0 / 60.0 };

/// How long an address is remembered after a log-in.
const REMEMBERED: time::Duration = time::Duration::days(30);

/// Slows down whoever guesses.
pub struct Throttle {
    /// Where the buckets are kept.
    pub limiter: Arc<dyn RateLimiter>,
    /// Tells from where an account has logged in.
    pub sessions: Arc<dyn SessionStore>,
    /// Hides in the buckets' names what was typed as a user's name: it may be anything, a password by mistake.
    pub digest: Arc<dyn Digest>,
    /// Time.
    pub clock: Arc<dyn Clock>,
}

/// The buckets that a try took from.
#[derive(Debug, Default)]
pub struct Tries(Vec<(String, Allowance)>);

impl Throttle {
    /// Lets a log-in be tried. `name` is absent where what was typed cannot be a user's name.
    pub async fn log_in(&self, name: Option<&Username>, address: Option<IpAddr>) -> Result<Tries, Error> {
        let mut tries = Tries::default();
        let pair = self.pair(name, address);
        self.take(&mut tries, pair.clone(), PAIR).await?;
        if self.is_known(name, address).await? {
            self.take(&mut tries, format!("{pair}:known"), ADDRESS).await?;
        } else {
            self.take(&mut tries, format!("log-in:{}", client(address)), ADDRESS).await?;
            self.take(&mut tries, format!("log-in:{}", self.account(name)), ACCOUNT).await?;
        }
        Ok(tries)
    }

    /// Forgets the wrong tries of an account from an address: it has logged in.
    pub async fn logged_in(&self, name: &Username, address: Option<IpAddr>) {
        self.limiter.refill(&self.pair(Some(name), address)).await;
    }

    /// Whether it is to be written down that log-ins from this address are refused.
    pub async fn is_news(&self, address: Option<IpAddr>) -> bool {
        let bucket = format!("told:{}", client(address));
        matches!(self.limiter.take(&bucket, 1, TOLD).await, Taken::Granted { .. })
    }

    /// Lets a code of the second factor be tried. Addresses that the account is known by have a bucket each, so that a
    /// thief of the password cannot empty the owner's.
    pub async fn code(&self, user: &User, address: Option<IpAddr>) -> Result<Tries, Error> {
        let mut tries = Tries::default();
        let bucket = format!("code:{}", user.id.0);
        if self.is_known(Some(&user.username), address).await? {
            self.take(&mut tries, format!("{bucket}:{}", client(address)), CODE).await?;
        } else {
            self.take(&mut tries, bucket.clone(), CODE).await?;
            self.take(&mut tries, format!("{bucket}:slowly"), CODE_SLOWLY).await?;
        }
        Ok(tries)
    }

    /// Forgets the wrong codes: this one was right. Those that come back slowly are not forgotten, but for this one.
    pub async fn code_right(&self, tries: Tries) {
        let (quick, slow): (Vec<_>, Vec<_>) =
            tries.0.into_iter().partition(|(_, allowance)| *allowance == CODE);
        for (bucket, _) in quick {
            self.limiter.refill(&bucket).await;
        }
        self.give_back(Tries(slow)).await;
    }

    /// Lets the current password be tried in a session. Where it is right, or could not be compared, the try is given
    /// back.
    pub async fn password(&self, user: UserId, session: SessionId) -> Result<Tries, Error> {
        let mut tries = Tries::default();
        self.take(&mut tries, format!("password:{}", session.0), PASSWORD).await?;
        let work = format!("password:user:{}", user.0);
        self.take(&mut Tries::default(), work, PASSWORD_WORK).await?;
        Ok(tries)
    }

    /// Lets a link for a password be tried.
    pub async fn link(&self, address: Option<IpAddr>) -> Result<(), Error> {
        self.take(&mut Tries::default(), format!("link:{}", client(address)), ADDRESS).await
    }

    /// Lets a letter be sent to an address that is to be confirmed: so many for each user, and for each address.
    pub async fn mail(&self, user: UserId, address: &MailAddress) -> Result<(), Error> {
        self.take(&mut Tries::default(), format!("mail:user:{}", user.0), MAIL).await?;
        let hash = self.digest.sha256(address.as_str().to_lowercase().as_bytes());
        self.take(&mut Tries::default(), format!("mail:to:{}", Secret(hash).text()), MAIL).await
    }

    /// Lets a code that confirms an address be tried.
    pub async fn mail_code(&self, user: UserId) -> Result<(), Error> {
        self.take(&mut Tries::default(), format!("mail-code:{}", user.0), MAIL_CODE).await
    }

    /// Lets a webhook be tested.
    pub async fn webhook_test(&self, user: UserId) -> Result<(), Error> {
        self.take(&mut Tries::default(), format!("webhook-test:{}", user.0), WEBHOOK_TEST).await
    }

    /// Makes tries not count.
    pub async fn give_back(&self, tries: Tries) {
        for (bucket, allowance) in tries.0 {
            self.limiter.give_back(&bucket, 1, allowance).await;
        }
    }

    async fn take(&self, tries: &mut Tries, bucket: String, allowance: Allowance) -> Result<(), Error> {
        match self.limiter.take(&bucket, 1, allowance).await {
            Taken::Granted { .. } => {
                tries.0.push((bucket, allowance));
                Ok(())
            }
            Taken::Refused { wait, .. } => Err(too_many(wait).into()),
        }
    }

    async fn is_known(&self, name: Option<&Username>, address: Option<IpAddr>) -> Result<bool, Error> {
        let (Some(name), Some(address)) = (name, address) else { return Ok(false) };
        let client = AddressRange::of_client(address);
        let known = self.sessions.addresses(name, self.clock.now() - REMEMBERED).await?;
        Ok(known.into_iter().any(|address| client.contains(address)))
    }

    fn pair(&self, name: Option<&Username>, address: Option<IpAddr>) -> String {
        format!("log-in:{}:{}", self.account(name), client(address))
    }

    /// The account's part of a bucket's name; no user's name is empty.
    fn account(&self, name: Option<&Username>) -> String {
        let hash = self.digest.sha256(name.map_or("", Username::as_str).as_bytes());
        format!("account:{}", Secret(hash).text())
    }
}

fn too_many(wait: Duration) -> Refusal {
    let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
    let message = format!("too many attempts; try again in {} seconds", seconds.max(1));
    Refusal::whole(RefusalCode::TooManyAttempts, message)
}

/// The client's part of a bucket's name.
fn client(address: Option<IpAddr>) -> String {
    address
        .map_or_else(|| "address:unknown".to_owned(), |it| format!("address:{}", AddressRange::of_client(it)))
}

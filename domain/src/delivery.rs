//! The outbox: what goes out to users by e-mail and webhook, kept until it was taken or given up.
//!
//! A delivery is written in the transaction of the event that it tells of. The leading desk claims those that are due
//! and tries them; one that fails is tried again, ever more seldom, for [`KEPT_FOR`]. It arrives at least once: a receiver
//! that took it while the answer was lost gets it again, under the same id.

use async_trait::async_trait;
use rust_decimal::Decimal;
use time::{Duration, OffsetDateTime};

pub use crate::alert::{DeliveryChannel, DeliveryId};
use crate::mail::MailAddress;
use crate::random::Random;
use crate::store::StoreError;
use crate::webhook::{WebhookSecret, WebhookUrl};

mod load;

pub use load::{Claim, Load, Receiver, Room};

/// How long something is tried to be delivered.
pub const KEPT_FOR: Duration = Duration::hours(24);

/// How long a claimed delivery is left to whoever claimed it. Longer than any try takes.
pub const CLAIMED_FOR: Duration = Duration::seconds(60);

/// The wait after the first failure; it doubles with each further one.
const FIRST_WAIT: Duration = Duration::seconds(5);

/// The longest wait.
const LONGEST_WAIT: Duration = Duration::hours(1);

/// What is told.
#[derive(Clone, Debug, PartialEq)]
pub struct Notice {
    /// The delivery: the same at each try.
    pub id: DeliveryId,
    /// One sentence for a person.
    pub text: String,
    /// When it was so.
    pub at: OffsetDateTime,
    /// What it tells of.
    pub content: NoticeContent,
}

/// What a notice tells of.
#[derive(Clone, Debug, PartialEq)]
pub enum NoticeContent {
    /// Somebody tries a webhook.
    Test,
    /// An alert.
    Alert(AlertNotice),
}

/// What an alert said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlertNotice {
    /// The number of the event, per user.
    pub number: u64,
    /// What the alert is called.
    pub name: Option<String>,
    /// The instrument's symbol.
    pub symbol: String,
    /// Where it is quoted.
    pub exchange: String,
    /// The currency of its price.
    pub currency: String,
    /// The value that was seen.
    pub value: Decimal,
    /// With what it was compared.
    pub threshold: Decimal,
}

/// Why a try failed, cut by what is done next. The texts are shown to the user, and hold no secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// It may succeed later.
    #[error("{0}")]
    Passing(String),
    /// It will not: the receiver does not want it.
    #[error("{0}")]
    Final(String),
}

/// Where a claimed delivery goes.
#[derive(Clone, Debug, PartialEq)]
pub enum Target {
    /// A webhook.
    Webhook(WebhookUrl, WebhookSecret),
    /// A confirmed address.
    Email(MailAddress),
    /// Nowhere, for this reason: the address was taken away, the secret does not open.
    Nowhere(SendError),
}

/// A claimed delivery.
#[derive(Clone, Debug, PartialEq)]
pub struct Job {
    /// Where it goes.
    pub target: Target,
    /// What is told.
    pub notice: Notice,
    /// Who takes up a place with it.
    pub receiver: Receiver,
    /// Which try this is, from 1.
    pub attempt: u32,
    /// When the delivery was written.
    pub created_at: OffsetDateTime,
}

/// How a try ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// The receiver has taken it.
    Delivered,
    /// It is tried again then.
    Again(OffsetDateTime, String),
    /// It is given up.
    GivenUp(String),
}

/// Where deliveries are kept.
#[async_trait]
pub trait DeliveryStore: Send + Sync {
    /// Claims deliveries of one channel that are due, oldest first, for which there are places ([`Load`]); there may be
    /// more. They are due again after [`CLAIMED_FOR`], should whoever claimed them vanish. A desk claims nothing once one
    /// of a later `epoch` has led.
    async fn claim(&self, epoch: u64, claim: &Claim) -> Result<Vec<Job>, StoreError>;

    /// Writes down how a try ended, with the webhook's own record of it. What has ended before stays as it is.
    async fn settle(&self, id: DeliveryId, at: OffsetDateTime, ending: &Ending) -> Result<(), StoreError>;
}

impl Job {
    /// How this try ended.
    pub fn ending(&self, sent: Result<(), SendError>, now: OffsetDateTime, random: &dyn Random) -> Ending {
        match sent {
            Ok(()) => Ending::Delivered,
            Err(SendError::Final(why)) => Ending::GivenUp(why),
            Err(SendError::Passing(why)) => {
                let next = now + wait(self.attempt, random);
                if next - self.created_at > KEPT_FOR {
                    Ending::GivenUp(format!("{why} (given up after {} tries)", self.attempt))
                } else {
                    Ending::Again(next, why)
                }
            }
        }
    }
}

/// How long is waited after this try: from 5 s, doubled each time, at most an hour, and up to a fifth more by chance, so
/// that many that failed together do not come back together.
fn wait(attempt: u32, random: &dyn Random) -> Duration {
    let doubled = FIRST_WAIT * 2_i32.pow(attempt.saturating_sub(1).min(20));
    let wait = doubled.min(LONGEST_WAIT);
    let mut byte = [0];
    random.fill(&mut byte);
    wait + wait / 5 * i32::from(byte[0]) / 255
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;
    use uuid::Uuid;

    use super::*;
    use crate::user::UserId;

    struct Always(u8);

    impl Random for Always {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(self.0);
        }
    }

    const START: OffsetDateTime = datetime!(2026-11-22 20:00 UTC);

    fn job(attempt: u32) -> Job {
        let notice = Notice {
            id: DeliveryId(Uuid::nil()),
            text: String::new(),
            at: START,
            content: NoticeContent::Test,
        };
        let target = Target::Nowhere(SendError::Passing(String::new()));
        let receiver = Receiver { host: String::new(), owner: UserId(Uuid::nil()) };
        Job { target, notice, receiver, attempt, created_at: START }
    }

    #[test]
    fn the_waits_grow_and_end() {
        for (attempt, least, most) in
            [(1, 5, 6), (2, 10, 12), (5, 80, 96), (10, 2_560, 3_072), (11, 3_600, 4_320)]
        {
            assert_eq!(wait(attempt, &Always(0)), Duration::seconds(least), "{attempt}");
            assert_eq!(wait(attempt, &Always(255)), Duration::seconds(most), "{attempt}");
        }
        assert_eq!(wait(u32::MAX, &Always(0)), LONGEST_WAIT);
    }

    #[test]
    fn a_try_ends_as_the_receiver_says() {
        let ending = |sent, hours| job(3).ending(sent, START + Duration::hours(hours), &Always(0));
        assert_eq!(ending(Ok(()), 1), Ending::Delivered);
        assert_eq!(ending(Err(SendError::Final("gone".into())), 1), Ending::GivenUp("gone".into()));
        let again = START + Duration::hours(1) + Duration::seconds(20);
        let passing = || Err(SendError::Passing("500".into()));
        assert_eq!(ending(passing(), 1), Ending::Again(again, "500".into()));
        assert_eq!(ending(passing(), 24), Ending::GivenUp("500 (given up after 3 tries)".into()));
    }
}

//! E-mail: the addresses that users confirmed, and what is sent there.

use std::fmt;

use async_trait::async_trait;
use time::OffsetDateTime;

use crate::audit::AuditLine;
use crate::delivery::{Notice, SendError};
use crate::error::{Refusal, RefusalCode};
use crate::store::StoreError;
use crate::user::UserId;

mod mailboxes;

pub use mailboxes::{MailboxPorts, Mailboxes};

/// The longest subject, in characters.
const MAX_SUBJECT: usize = 150;

/// How often a code may be tried.
pub const CODE_TRIES: u32 = 5;

/// An e-mail address of plain ASCII: nothing in it can end a header or name a second receiver.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct MailAddress(String);

impl MailAddress {
    /// Checks an address that a person typed.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        let text = text.trim();
        let good = text.len() <= 254
            && text.split_once('@').is_some_and(|(name, host)| is_name(name) && is_host(host));
        if good {
            return Ok(Self(text.to_owned()));
        }
        let message =
            "write an e-mail address such as ann@example.com, in letters and digits without accents";
        Err(Refusal::of("email", RefusalCode::Invalid, message))
    }

    /// The address.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn is_name(name: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b".!#$%&'*+/=?^_`{|}~-".contains(&byte);
    let dots = name.starts_with('.') || name.ends_with('.') || name.contains("..");
    (1..=64).contains(&name.len()) && name.bytes().all(allowed) && !dots
}

fn is_host(host: &str) -> bool {
    let is_label = |label: &str| {
        let allowed = label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        (1..=63).contains(&label.len()) && allowed && !label.starts_with('-') && !label.ends_with('-')
    };
    host.contains('.') && host.split('.').all(is_label)
}

impl fmt::Debug for MailAddress {
    /// Without the name: logs need not know whose it is.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "MailAddress(…@{})", self.0.rsplit('@').next().unwrap_or_default())
    }
}

/// A letter in plain text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mail {
    /// To whom.
    pub to: MailAddress,
    /// One line.
    pub subject: String,
    /// The rest.
    pub text: String,
}

impl Mail {
    /// A letter; a subject that is too long is cut, and has no line breaks.
    pub fn new(to: MailAddress, subject: &str, text: String) -> Self {
        let subject = subject.chars().filter(|c| !c.is_control()).take(MAX_SUBJECT).collect();
        Self { to, subject, text }
    }

    /// The letter that tells a notice.
    pub fn of_notice(to: MailAddress, notice: &Notice) -> Self {
        let at = notice.at.to_offset(time::UtcOffset::UTC);
        let (date, (hour, minute, second)) = (at.date(), at.to_hms());
        let text = format!(
            "{}\n\nSeen at {date} {hour:02}:{minute:02}:{second:02} UTC.\n\n\
             Tickgraph sends this because an alert of yours asks for it.\n",
            notice.text
        );
        Self::new(to, &notice.text, text)
    }
}

/// Sends letters. It takes a bounded time.
#[async_trait]
pub trait Mailer: Send + Sync {
    /// Hands a letter to the mail server.
    async fn send(&self, mail: &Mail) -> Result<(), SendError>;
}

/// What is stored of the code that confirms an address: its SHA-256.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct MailCodeHash(pub [u8; 32]);

impl fmt::Debug for MailCodeHash {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("MailCodeHash(…)")
    }
}

/// A user's address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mailbox {
    /// Whose.
    pub user: UserId,
    /// The address.
    pub address: MailAddress,
    /// When its owner confirmed it; nothing is sent there before, but for the code.
    pub confirmed_at: Option<OffsetDateTime>,
    /// The address that takes its place once that is confirmed.
    pub replacement: Option<MailAddress>,
}

impl Mailbox {
    /// The address that was set last.
    pub fn latest(&self) -> &MailAddress {
        self.replacement.as_ref().unwrap_or(&self.address)
    }

    /// Whether the address that was set last is confirmed.
    pub fn is_confirmed(&self) -> bool {
        self.replacement.is_none() && self.confirmed_at.is_some()
    }

    /// Where alerts go: the address that was confirmed last.
    pub fn in_force(&self) -> Option<&MailAddress> {
        self.confirmed_at.map(|_| &self.address)
    }
}

/// An address that is to be confirmed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewMailbox {
    /// Whose.
    pub user: UserId,
    /// The address.
    pub address: MailAddress,
    /// What confirms it.
    pub code: MailCodeHash,
    /// Until when.
    pub code_expires_at: OffsetDateTime,
}

/// Where addresses are kept; a user has one at most.
#[async_trait]
pub trait MailboxStore: Send + Sync {
    /// The addresses of these users; those without are left out.
    async fn find(&self, users: &[UserId]) -> Result<Vec<Mailbox>, StoreError>;

    /// Gives a user an address, not confirmed yet, in place of any other; one that is confirmed stays in force until then.
    async fn set(&self, mailbox: &NewMailbox, audit: &AuditLine) -> Result<(), StoreError>;

    /// Takes a user's addresses away. The line is written where there was one.
    async fn remove(&self, user: UserId, audit: &AuditLine) -> Result<(), StoreError>;

    /// Confirms a user's address with this code at `now`; returns whether it did. A wrong code counts: after
    /// [`CODE_TRIES`] of them no code is right any more.
    async fn confirm(
        &self,
        user: UserId,
        code: MailCodeHash,
        now: OffsetDateTime,
        audit: &AuditLine,
    ) -> Result<bool, StoreError>;
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;
    use uuid::Uuid;

    use super::*;
    use crate::delivery::{DeliveryId, NoticeContent};

    #[test]
    fn an_address_is_one_and_plain() {
        for good in ["ann@example.com", " a.b+c@mail.example.co.uk ", "x_1@a-b.de"] {
            assert_eq!(MailAddress::parse(good).unwrap().as_str(), good.trim());
        }
        let long = format!("{}@example.com", "a".repeat(65));
        for bad in [
            "",
            "ann",
            "@example.com",
            "ann@",
            "ann@localhost",
            "ann@example..com",
            "ann@-example.com",
            ".ann@example.com",
            "a..b@example.com",
            "ann@example.com\r\nBcc: eve@example.com",
            "ann@example.com,eve@example.com",
            "ann@example.com eve@example.com",
            "Ann <ann@example.com>",
            "\"ann eve\"@example.com",
            "änn@example.com",
            "ann@exämple.com",
            "ann@ex\u{0}ample.com",
            "a@b@example.com",
            &long,
        ] {
            assert!(MailAddress::parse(bad).is_err(), "{bad:?}");
        }
        assert_eq!(
            format!("{:?}", MailAddress::parse("ann@example.com").unwrap()),
            "MailAddress(…@example.com)"
        );
    }

    #[test]
    fn a_letter_tells_what_was_seen_and_when() {
        let notice = Notice {
            id: DeliveryId(Uuid::nil()),
            text: format!("AAPL is above 190{}", "x".repeat(200)),
            at: datetime!(2026-11-22 21:05:09.5 +01:00),
            content: NoticeContent::Test,
        };
        let mail = Mail::of_notice(MailAddress::parse("ann@example.com").unwrap(), &notice);
        assert!(mail.text.contains("Seen at 2026-11-22 20:05:09 UTC."), "{}", mail.text);
        assert_eq!(mail.subject.chars().count(), MAX_SUBJECT);
        let mail = Mail::new(mail.to, "one\r\nBcc: two", String::new());
        assert_eq!(mail.subject, "oneBcc: two");
    }
}

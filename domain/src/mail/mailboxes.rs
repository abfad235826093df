//! What people can do with their own addresses.

use std::sync::Arc;

use time::Duration;

use crate::asker::Person;
use crate::audit::{AuditAction, AuditLog};
use crate::clock::Clock;
use crate::error::{Error, Refusal, RefusalCode};
use crate::mail::{Mail, MailAddress, MailCodeHash, Mailbox, MailboxStore, Mailer, NewMailbox};
use crate::random::Random;
use crate::secret::Digest;
use crate::throttle::Throttle;
use crate::user::{PasswordCheck, UserId};

/// How long a code is good for.
const CODE_LIVES: Duration = Duration::hours(1);

/// How many digits a code has.
const CODE_DIGITS: usize = 8;

/// What [`Mailboxes`] stands on.
pub struct MailboxPorts {
    /// Where addresses are kept.
    pub store: Arc<dyn MailboxStore>,
    /// Sends letters; none where e-mail is not configured.
    pub mailer: Option<Arc<dyn Mailer>>,
    /// Whether somebody still knows the own password.
    pub passwords: Arc<PasswordCheck>,
    /// How codes are hashed.
    pub digest: Arc<dyn Digest>,
    /// Bounds how often letters are sent and codes tried.
    pub throttle: Arc<Throttle>,
    /// What is done is written down.
    pub audit: Arc<AuditLog>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Codes.
    pub random: Arc<dyn Random>,
}

/// What people can do with their own addresses.
pub struct Mailboxes {
    ports: MailboxPorts,
}

impl Mailboxes {
    /// Addresses over these ports.
    pub fn new(ports: MailboxPorts) -> Self {
        Self { ports }
    }

    /// Whether e-mail is configured.
    pub fn is_on(&self) -> bool {
        self.ports.mailer.is_some()
    }

    /// The addresses of these users; those without are left out.
    pub async fn find(&self, users: &[UserId]) -> Result<Vec<Mailbox>, Error> {
        Ok(self.ports.store.find(users).await?)
    }

    /// Gives the person an address, and sends a code there that confirms it; until then, one that was confirmed stays in
    /// force. `None` takes every address away.
    pub async fn set(&self, person: &Person, address: Option<&str>, password: String) -> Result<(), Error> {
        let MailboxPorts { store, passwords, throttle, audit, clock, .. } = &self.ports;
        let action = AuditAction::EmailSet;
        let Some(address) = address else {
            passwords.check(person, password, action).await?;
            let line = audit.done(person, action).telling("removed");
            return Ok(store.remove(person.user.id, &line).await?);
        };
        let address = MailAddress::parse(address)?;
        let mailer = self.ports.mailer.as_ref().ok_or_else(off)?;
        passwords.check(person, password, action).await?;
        throttle.mail(person.user.id, &address).await?;
        let code = self.new_code();
        let mailbox = NewMailbox {
            user: person.user.id,
            address: address.clone(),
            code: self.hash(person.user.id, &code),
            code_expires_at: clock.now() + CODE_LIVES,
        };
        store.set(&mailbox, &audit.done(person, action).about(address.as_str())).await?;
        let text = format!(
            "{code} is the code that confirms this address for the Tickgraph user {}. It is good for an hour.\n\n\
             Whoever did not ask for it can ignore this letter.\n",
            person.user.username
        );
        let sent = mailer.send(&Mail::new(address, "Confirm your e-mail address", text)).await;
        sent.map_err(|error| Error::Unavailable {
            what: "the mail server",
            message: format!("{error}; the address is kept, set it again to get another code"),
        })
    }

    /// Confirms the person's address with the code that was sent there.
    pub async fn confirm(&self, person: &Person, code: &str) -> Result<(), Error> {
        let MailboxPorts { store, throttle, audit, clock, .. } = &self.ports;
        throttle.mail_code(person.user.id).await?;
        let line = audit.done(person, AuditAction::EmailConfirm);
        let code: String = code.chars().filter(|c| !c.is_whitespace()).take(CODE_DIGITS + 1).collect();
        let hash = self.hash(person.user.id, &code);
        if store.confirm(person.user.id, hash, clock.now(), &line).await? {
            return Ok(());
        }
        let message =
            "this is not the code that was sent last, or it has ended; set the address again to get another";
        let refusal = Refusal::of("code", RefusalCode::CodeInvalid, message);
        Err(audit.refuse(line, refusal).await)
    }

    /// Refuses where the user can get no e-mail.
    pub async fn require(&self, user: UserId) -> Result<(), Error> {
        if !self.is_on() {
            return Err(off().into());
        }
        let found = self.ports.store.find(&[user]).await?;
        if found.iter().any(|mailbox| mailbox.in_force().is_some()) {
            return Ok(());
        }
        let message = "you have no confirmed e-mail address; set one in your account first";
        Err(Refusal::of("email", RefusalCode::Invalid, message).into())
    }

    /// Digits, each as likely as any other.
    fn new_code(&self) -> String {
        let mut code = String::with_capacity(CODE_DIGITS);
        while code.len() < CODE_DIGITS {
            let mut byte = [0];
            self.ports.random.fill(&mut byte);
            if byte[0] < 250 {
                code.push(char::from(b'0' + byte[0] % 10));
            }
        }
        code
    }

    fn hash(&self, user: UserId, code: &str) -> MailCodeHash {
        MailCodeHash(self.ports.digest.sha256(format!("{}:{code}", user.0).as_bytes()))
    }
}

fn off() -> Refusal {
    let message = "e-mail is not configured on this server; an administrator can set SMTP_URL and MAIL_FROM";
    Refusal::of("email", RefusalCode::Invalid, message)
}

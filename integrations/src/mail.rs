//! E-mail over SMTP.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use domain::delivery::SendError;
use domain::mail::{Mail, Mailer};
use lettre::message::header::ContentType;
use lettre::message::{Mailbox, Message};
use lettre::transport::smtp::AsyncSmtpTransport;
use lettre::{AsyncTransport, Tokio1Executor};
use reqwest::Url;

/// How long handing over one letter may take, from the connection on.
const TAKES: Duration = Duration::from_secs(15);

/// How long one step of the conversation may take.
const STEP_TAKES: Duration = Duration::from_secs(8);

/// Sends through one mail server.
pub struct SmtpMailer {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
}

impl fmt::Debug for SmtpMailer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("SmtpMailer").finish_non_exhaustive()
    }
}

/// What is wrong with the settings of e-mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MailSettingError {
    /// The server's address. It may hold a password, and is not repeated.
    #[error(
        "SMTP_URL cannot be read; expected it as smtps://user:password@host:465, or smtp://host:587?tls=required"
    )]
    Url,
    /// A password that could go out in the clear.
    #[error(
        "SMTP_URL has a password, but does not insist on encryption: the password could be read on the way; add ?tls=required, or write smtps:// instead of smtp://"
    )]
    Clear,
    /// The sender.
    #[error("MAIL_FROM cannot be read; expected an address as Tickgraph <alerts@example.com>")]
    From,
}

impl SmtpMailer {
    /// A mailer that sends from `from` through the server at `url`. It connects with each letter.
    pub fn new(url: &str, from: &str) -> Result<Self, MailSettingError> {
        if shows_password(url) {
            return Err(MailSettingError::Clear);
        }
        let transport =
            AsyncSmtpTransport::<Tokio1Executor>::from_url(url).map_err(|_| MailSettingError::Url)?;
        let from = from.parse().map_err(|_| MailSettingError::From)?;
        Ok(Self { transport: transport.timeout(Some(STEP_TAKES)).build(), from })
    }

    fn message(&self, mail: &Mail) -> Result<Message, SendError> {
        let refuse = |_| SendError::Final("the letter cannot be written".to_owned());
        let address =
            mail.to.as_str().parse().map_err(|_| SendError::Final("this is no address".to_owned()))?;
        Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, address))
            .subject(mail.subject.clone())
            .header(ContentType::TEXT_PLAIN)
            .body(mail.text.clone())
            .map_err(refuse)
    }
}

#[async_trait]
impl Mailer for SmtpMailer {
    async fn send(&self, mail: &Mail) -> Result<(), SendError> {
        let message = self.message(mail)?;
        match tokio::time::timeout(TAKES, self.transport.send(message)).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(refusal(&error)),
            Err(_) => Err(SendError::Passing(format!(
                "the mail server did not answer within {} seconds",
                TAKES.as_secs()
            ))),
        }
    }
}

/// Whether a password could go out unencrypted.
fn shows_password(url: &str) -> bool {
    let Ok(url) = Url::parse(url) else { return false };
    // Of several, the transport heeds the first.
    let tls = url.query_pairs().find(|(name, _)| name == "tls");
    let is_encrypted = url.scheme() == "smtps" || tls.is_some_and(|(_, value)| value == "required");
    url.scheme().starts_with("smtp") && url.password().is_some() && !is_encrypted
}

/// Answers that refuse the receiver or the letter. All others are about this server or its settings, and pass when these
/// are mended.
const REFUSALS: [u16; 5] = [550, 551, 552, 553, 556];

/// What a failure means. The server's own words are not passed on: they may repeat addresses and names of machines.
fn refusal(error: &lettre::transport::smtp::Error) -> SendError {
    tracing::debug!(%error, "a letter was not taken");
    let status = error.status().map(|code| format!(" with {code}")).unwrap_or_default();
    if error.status().is_some_and(|code| REFUSALS.contains(&code.into())) {
        return SendError::Final(format!("the mail server refused the letter{status}"));
    }
    if error.is_permanent() {
        return SendError::Passing(format!(
            "the mail server does not serve the desk{status}; check SMTP_URL"
        ));
    }
    if error.is_timeout() {
        return SendError::Passing("the mail server did not answer in time".into());
    }
    if error.is_transient() {
        return SendError::Passing(format!("the mail server could not take the letter now{status}"));
    }
    SendError::Passing("the mail server cannot be reached, or does not speak SMTP as expected".into())
}

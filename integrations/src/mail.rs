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
    /// The sender.
    #[error("MAIL_FROM cannot be read; expected an address as Tickgraph <alerts@example.com>")]
    From,
}

impl SmtpMailer {
    /// A mailer that sends from `from` through the server at `url`. It connects with each letter.
    pub fn new(url: &str, from: &str) -> Result<Self, MailSettingError> {
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

/// What a failure means. The server's own words are not passed on: they may repeat addresses and names of machines.
fn refusal(error: &lettre::transport::smtp::Error) -> SendError {
    tracing::debug!(%error, "a letter was not taken");
    let status = error.status().map(|code| format!(" with {code}")).unwrap_or_default();
    if error.is_permanent() {
        return SendError::Final(format!("the mail server refused the letter{status}"));
    }
    if error.is_timeout() {
        return SendError::Passing("the mail server did not answer in time".into());
    }
    if error.is_transient() {
        return SendError::Passing(format!("the mail server could not take the letter now{status}"));
    }
    SendError::Passing("the mail server cannot be reached, or does not speak SMTP as expected".into())
}

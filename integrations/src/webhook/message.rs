//! What is posted: a JSON object, and the headers by which the receiver knows it.

use std::fmt::Write as _;

use domain::delivery::{Notice, NoticeContent};
use domain::webhook::{Post, WebhookSecret};
use hmac::{Hmac, KeyInit, Mac};
use serde::Serialize;
use sha2::Sha256;
use time::format_description::well_known::Rfc3339;

/// A message with its headers.
pub(super) struct Signed {
    pub(super) body: String,
    pub(super) headers: [(&'static str, String); 5],
}

impl Signed {
    /// The message of a post: its body is the same at each try, its signature is of this one.
    pub(super) fn new(post: &Post) -> Self {
        let (body, id) = (body(&post.notice), post.notice.id.0.to_string());
        let timestamp = post.at.unix_timestamp();
        let signature = signature(&post.secret, timestamp, &body);
        let headers = [
            ("content-type", "application/json".to_owned()),
            ("tickgraph-id", id.clone()),
            ("tickgraph-timestamp", timestamp.to_string()),
            ("tickgraph-signature", format!("t={timestamp},v1={signature}")),
            ("idempotency-key", id),
        ];
        Self { body, headers }
    }
}

/// The message as JSON; the order of its members stays.
#[derive(Serialize)]
struct Message<'a> {
    id: String,
    r#type: &'static str,
    #[serde(flatten)]
    alert: Option<Alert<'a>>,
    text: &'a str,
    at: String,
}

#[derive(Serialize)]
struct Alert<'a> {
    number: String,
    name: Option<&'a str>,
    instrument: Instrument<'a>,
    value: String,
    threshold: String,
}

#[derive(Serialize)]
struct Instrument<'a> {
    symbol: &'a str,
    exchange: &'a str,
    currency: &'a str,
}

fn body(notice: &Notice) -> String {
    let (r#type, alert) = match &notice.content {
        NoticeContent::Test => ("test", None),
        NoticeContent::Alert(alert) => ("alert", Some(alert)),
    };
    let alert = alert.map(|alert| Alert {
        number: alert.number.to_string(),
        name: alert.name.as_deref(),
        instrument: Instrument {
            symbol: &alert.symbol,
            exchange: &alert.exchange,
            currency: &alert.currency,
        },
        value: alert.value.to_string(),
        threshold: alert.threshold.to_string(),
    });
    let at = notice.at.to_offset(time::UtcOffset::UTC).format(&Rfc3339).unwrap_or_default();
    let message = Message { id: notice.id.0.to_string(), r#type, alert, text: &notice.text, at };
    // Strings alone: it cannot fail.
    serde_json::to_string(&message).unwrap_or_default()
}

/// The hex digits of HMAC-SHA256 over `timestamp.body`; its key is the text of the secret.
fn signature(secret: &WebhookSecret, timestamp: i64, body: &str) -> String {
    // HMAC takes keys of any length.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.text().as_bytes()) else { return String::new() };
    mac.update(format!("{timestamp}.").as_bytes());
    mac.update(body.as_bytes());
    mac.finalize().into_bytes().iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

#[cfg(test)]
mod tests {
    use domain::delivery::{AlertNotice, DeliveryId};
    use domain::secret::Secret;
    use domain::webhook::{Reach, WebhookUrl};
    use time::macros::datetime;

    use super::*;

    fn post() -> Post {
        let alert = AlertNotice {
            number: 7,
            name: Some("break \"out\"".into()),
            symbol: "AAPL".into(),
            exchange: "SMART".into(),
            currency: "USD".into(),
            value: "190.10".parse().unwrap(),
            threshold: "190".parse().unwrap(),
        };
        Post {
            url: WebhookUrl::parse("https://example.com/", Reach::Public).unwrap(),
            secret: WebhookSecret(Secret([7; 32])),
            at: datetime!(2026-11-22 20:00 UTC),
            notice: Notice {
                id: DeliveryId(uuid::Uuid::from_u128(42)),
                text: "AAPL rose".into(),
                at: datetime!(2026-11-22 19:59:58.5 UTC),
                content: NoticeContent::Alert(alert),
            },
        }
    }

    /// Receivers rely on these bytes. The signature was computed with Python's `hmac`.
    #[test]
    fn the_form_stays() {
        let Signed { body, headers } = Signed::new(&post());
        assert_eq!(
            body,
            r#"{"id":"00000000-0000-0000-0000-00000000002a","type":"alert","number":"7","name":"break \"out\"","instrument":{"symbol":"AAPL","exchange":"SMART","currency":"USD"},"value":"190.10","threshold":"190","text":"AAPL rose","at":"2026-11-22T19:59:58.5Z"}"#
        );
        let header = |name| headers.iter().find(|(known, _)| *known == name).unwrap().1.as_str();
        assert_eq!(header("tickgraph-id"), header("idempotency-key"));
        assert_eq!(header("tickgraph-timestamp"), "1795377600");
        assert_eq!(header("tickgraph-signature"), SIGNATURE);
    }

    const SIGNATURE: &str =
        "t=1795377600,v1=34d536e5db699713c728df2eabc1351474b856f96bc9988ed09f0bac088a3055";

    #[test]
    fn each_try_has_a_signature_of_its_own() {
        let first = Signed::new(&post());
        let later = Signed::new(&Post { at: datetime!(2026-11-22 20:05 UTC), ..post() });
        assert_eq!(first.body, later.body);
        assert_ne!(first.headers[3], later.headers[3]);
        assert_eq!(first.headers[1], later.headers[1]);
    }
}

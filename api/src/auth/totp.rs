//! Codes of authenticator apps: TOTP (RFC 6238) as every app knows it: SHA-1, six digits, steps of 30 seconds.

use domain::error::Error;
use domain::second_factor::{Totp, TotpSecret};
use domain::user::Username;
use time::OffsetDateTime;
use totp_rs::{Algorithm, Builder};

/// The name under which an app lists the account.
const ISSUER: &str = "Tickgraph";

/// TOTP; a code of the step before or after is right as well.
#[derive(Clone, Copy, Debug, Default)]
pub struct Rfc6238;

impl Totp for Rfc6238 {
    fn step_of(&self, secret: &TotpSecret, code: &str, now: OffsetDateTime) -> Option<u64> {
        let seconds = u64::try_from(now.unix_timestamp()).ok()?;
        builder(secret).build().ok()?.check(code, seconds)
    }
}

/// A secret in the two forms in which an app takes it.
pub struct TotpLink {
    /// Base 32, to be typed.
    pub secret: String,
    /// `otpauth://…`, to be shown as a QR code.
    pub uri: String,
}

impl TotpLink {
    /// The forms of this secret for the user of this name.
    pub fn new(secret: &TotpSecret, username: &Username) -> Result<Self, Error> {
        let named = builder(secret).with_issuer(Some(ISSUER)).with_account_name(username.as_str());
        let totp = named.build().map_err(|error| Error::Internal(error.to_string().into()))?;
        let uri = totp.to_url().map_err(|error| Error::Internal(error.to_string().into()))?;
        Ok(Self { secret: totp.secret().to_base32(), uri })
    }
}

fn builder(secret: &TotpSecret) -> Builder {
    Builder::new()
        .with_algorithm(Algorithm::SHA1)
        .with_digits(6)
        .with_step_duration(30)
        .with_skew(1)
        .with_secret(secret.0.to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The secret of RFC 6238, appendix B.
    const SECRET: TotpSecret = TotpSecret(*b"12345678901234567890");

    #[test]
    fn codes_are_those_of_the_standard() {
        // (code: the last six of the eight digits in the standard's table, seconds, the step)
        let cases = [
            ("287082", 59, Some(1)),
            ("081804", 1_111_111_109, Some(37_037_036)),
            ("050471", 1_111_111_111, Some(37_037_037)),
            ("005924", 1_234_567_890, Some(41_152_263)),
            ("279037", 2_000_000_000, Some(66_666_666)),
            ("353130", 20_000_000_000, Some(666_666_666)),
            // A step early or late is right, two are not.
            ("287082", 0, Some(1)),
            ("287082", 89, Some(1)),
            ("287082", 90, None),
            ("287083", 59, None),
            ("28708", 59, None),
            ("", 59, None),
            ("28708x", 59, None),
            ("287082", -59, None),
        ];
        for (code, seconds, expected) in cases {
            let now = OffsetDateTime::from_unix_timestamp(seconds).unwrap();
            assert_eq!(Rfc6238.step_of(&SECRET, code, now), expected, "{code} at {seconds}");
        }
    }

    #[test]
    fn an_app_is_told_all_it_needs() {
        let link = TotpLink::new(&SECRET, &Username::parse("ann@desk").unwrap()).unwrap();
        assert_eq!(link.secret, "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
        assert_eq!(
            link.uri,
            "otpauth://totp/Tickgraph:ann%40desk?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Tickgraph"
        );
        let link = TotpLink::new(&SECRET, &Username::parse("王芳").unwrap()).unwrap();
        assert!(link.uri.starts_with("otpauth://totp/Tickgraph:%E7%8E%8B%E8%8A%B3?"), "{}", link.uri);
    }
}

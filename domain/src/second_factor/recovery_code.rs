//! Recovery codes: what is left to somebody whose phone is lost.

use std::fmt;

use crate::random::Random;

/// Letters and digits that are not mistaken for each other (Crockford's base 32).
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// How many characters a code has: 80 bits.
const LENGTH: usize = 16;

/// A recovery code in clear: 16 letters and digits. Never shown again or logged.
#[derive(Clone, PartialEq, Eq)]
pub struct RecoveryCode(String);

impl RecoveryCode {
    /// How many a user gets.
    pub const COUNT: usize = 10;

    /// A fresh one.
    pub fn new(random: &dyn Random) -> Self {
        let mut bytes = [0; LENGTH];
        random.fill(&mut bytes);
        Self(bytes.iter().map(|byte| char::from(ALPHABET[usize::from(byte % 32)])).collect())
    }

    /// What somebody typed, with or without dashes, spaces and capitals, and with letters that look like digits.
    pub fn parse(text: &str) -> Option<Self> {
        let folded = text.chars().filter(|c| !c.is_whitespace() && *c != '-').take(LENGTH + 1);
        let folded = folded.map(|c| match c.to_ascii_lowercase() {
            'o' => '0',
            'i' | 'l' => '1',
            other => other,
        });
        let code: String = folded.collect();
        let is_code = code.len() == LENGTH && code.bytes().all(|byte| ALPHABET.contains(&byte));
        is_code.then_some(Self(code))
    }

    /// As a person reads it: `xxxx-xxxx-xxxx-xxxx`.
    pub fn text(&self) -> String {
        let groups: Vec<&str> = (0..LENGTH).step_by(4).map(|start| &self.0[start..start + 4]).collect();
        groups.join("-")
    }

    /// What is hashed.
    pub(super) fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl fmt::Debug for RecoveryCode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("RecoveryCode(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Counting;

    impl Random for Counting {
        fn fill(&self, bytes: &mut [u8]) {
            (250_u8..=255).chain(0..).zip(bytes).for_each(|(value, byte)| *byte = value);
        }
    }

    #[test]
    fn a_code_is_read_however_it_is_typed() {
        let code = RecoveryCode::new(&Counting);
        assert_eq!(code.text(), "tvwx-yz01-2345-6789");
        for typed in ["tvwx-yz01-2345-6789", "TVWXYZ0123456789", " tvwx yzOl 2345 6789 ", "tvwxyz-oi23456789"]
        {
            assert_eq!(RecoveryCode::parse(typed), Some(code.clone()), "{typed}");
        }
        for bad in ["", "123456", "tvwx-yz01-2345-678", "tvwx-yz01-2345-67899", "tvwx-yz01-2345-678u", "ﬀ"]
        {
            assert_eq!(RecoveryCode::parse(bad), None, "{bad}");
        }
        assert_eq!(format!("{code:?}"), "RecoveryCode(…)");
    }
}

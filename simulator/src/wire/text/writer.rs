//! Writing a message, field by field.

use std::io::Write;

use rust_decimal::{Decimal, RoundingStrategy};

use super::super::contract::Contract;
use super::FRACTIONAL_SIZES;

/// The number that stands for one that is not given.
const UNSET: &str = "1.7976931348623157E308";

/// What has a text form that the gateway sends.
pub(crate) trait ToText {
    /// Writes its fields, but for the id.
    fn write(&self, fields: &mut Writer<'_>);
}

/// What can be a field.
pub(crate) trait Field {
    /// Appends it, without the zero at its end.
    fn append(&self, bytes: &mut Vec<u8>);
}

/// Numbers are written in plain digits.
macro_rules! numbers {
    ($($number:ty),*) => {
        $(impl Field for $number {
            fn append(&self, bytes: &mut Vec<u8>) {
                // Writing to memory does not fail.
                write!(bytes, "{self}").ok();
            }
        })*
    };
}

numbers!(i32, i64, usize, f64);

impl Field for bool {
    fn append(&self, bytes: &mut Vec<u8>) {
        bytes.push(if *self { b'1' } else { b'0' });
    }
}

/// Clients take text for ASCII in which a backslash begins an escape, so that is what they get. A zero
/// would end the field, and cannot be part of it.
impl Field for str {
    fn append(&self, bytes: &mut Vec<u8>) {
        for character in self.chars() {
            match character {
                '\0' => {}
                '\\' => bytes.extend_from_slice(br"\\"),
                ' '..='~' | '\t' | '\n' | '\r' => bytes.extend(u8::try_from(character).ok()),
                '\u{10000}'.. => {
                    write!(bytes, "\\U{:08x}", u32::from(character)).ok();
                }
                _ => {
                    write!(bytes, "\\u{:04x}", u32::from(character)).ok();
                }
            }
        }
    }
}

impl Field for String {
    fn append(&self, bytes: &mut Vec<u8>) {
        self.as_str().append(bytes);
    }
}

/// What is not given is empty.
impl<T: Field> Field for Option<T> {
    fn append(&self, bytes: &mut Vec<u8>) {
        if let Some(field) = self {
            field.append(bytes);
        }
    }
}

/// The fields of one message.
#[derive(Debug)]
pub(crate) struct Writer<'a> {
    version: i32,
    bytes: &'a mut Vec<u8>,
}

#[allow(
    clippy::ref_option,
    clippy::trivially_copy_pass_by_ref,
    reason = "messages hold options and are only read"
)]
impl<'a> Writer<'a> {
    /// A writer that appends here, beginning with the message's id.
    pub(crate) fn new(id: i32, version: i32, bytes: &'a mut Vec<u8>) -> Self {
        let mut writer = Self { version, bytes };
        writer.put(&id);
        writer
    }

    /// The server version that was agreed upon.
    pub(crate) fn version(&self) -> i32 {
        self.version
    }

    /// Writes a field.
    pub(crate) fn put<F: Field + ?Sized>(&mut self, field: &F) -> &mut Self {
        field.append(self.bytes);
        self.bytes.push(0);
        self
    }

    /// Writes a field of which clients need a number: zero where it is not given.
    pub(crate) fn number<T: Field + Clone + Default>(&mut self, field: &Option<T>) -> &mut Self {
        self.put(&field.clone().unwrap_or_default())
    }

    /// Writes a whole number of which clients can tell that it is not given.
    pub(crate) fn whole(&mut self, field: &Option<i32>) -> &mut Self {
        self.put(&field.unwrap_or(i32::MAX))
    }

    /// Writes a number of which clients can tell that it is not given.
    pub(crate) fn double(&mut self, field: &Option<f64>) -> &mut Self {
        match field {
            Some(number) => self.put(number),
            None => self.put(UNSET),
        }
    }

    /// Writes a quantity that may have fractions in every version: zero where it is not given.
    pub(crate) fn amount(&mut self, amount: &Option<String>) -> &mut Self {
        self.put(amount.as_deref().filter(|amount| !amount.is_empty()).unwrap_or("0"))
    }

    /// Writes a contract in eleven fields.
    pub(crate) fn contract(&mut self, contract: &Contract) -> &mut Self {
        self.number(&contract.con_id)
            .put(&contract.symbol)
            .put(&contract.sec_type)
            .put(&contract.last_trade_date_or_contract_month)
            .number(&contract.strike)
            .put(&contract.right)
            .put(&contract.multiplier)
            .put(&contract.exchange)
            .put(&contract.currency)
            .put(&contract.local_symbol)
            .put(&contract.trading_class)
    }

    /// Writes a size, volume or count: zero where it is not given, and a whole number where the version
    /// wants one.
    pub(crate) fn size(&mut self, size: &Option<String>) -> &mut Self {
        let size = size.as_deref().filter(|size| !size.is_empty()).unwrap_or("0");
        if self.version >= FRACTIONAL_SIZES {
            return self.put(size);
        }
        let whole = size.parse().map(|size: Decimal| {
            size.round_dp_with_strategy(0, RoundingStrategy::MidpointAwayFromZero).normalize().to_string()
        });
        self.put(whole.as_deref().unwrap_or("0"))
    }

    /// Writes how many there are, and then each.
    pub(crate) fn list<T>(&mut self, items: &[T], mut write: impl FnMut(&mut Self, &T)) -> &mut Self {
        self.put(&items.len());
        for item in items {
            write(self, item);
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(version: i32, write: impl FnOnce(&mut Writer<'_>)) -> String {
        let mut bytes = Vec::new();
        write(&mut Writer::new(1, version, &mut bytes));
        String::from_utf8(bytes).unwrap().replace('\0', "|")
    }

    #[test]
    fn fields_are_plain_ascii_ended_by_zeros() {
        let text = written(178, |fields| {
            fields.put("6").put(&Some(7)).put(&185.5).put(&100.0).put(&true).put(&None::<i32>).put("a\0b");
        });
        assert_eq!(text, "1|6|7|185.5|100|1||ab|");
        let text = written(178, |fields| {
            fields.put("Münch\\Re €");
        });
        assert_eq!(text, r"1|M\u00fcnch\\Re \u20ac|");
    }

    #[test]
    fn old_clients_get_whole_sizes() {
        let cases = [
            (Some("100"), "100", "100"),
            (Some("0.5"), "0.5", "1"),
            (Some("0.4"), "0.4", "0"),
            (Some("-1"), "-1", "-1"),
            (Some(""), "0", "0"),
            (None, "0", "0"),
        ];
        for (size, new, old) in cases {
            let size = size.map(ToOwned::to_owned);
            for (version, expected) in [(163, new), (162, old)] {
                let text = written(version, |fields| {
                    fields.size(&size);
                });
                assert_eq!(text, format!("1|{expected}|"), "{size:?}");
            }
        }
    }
}

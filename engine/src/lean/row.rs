//! The fields of a row.

use super::{Level, MOST_PRICE, MOST_SIZE, Price};

/// Milliseconds in a day.
pub(super) const DAY_MS: i64 = 86_400_000;

/// How much of a bad field is shown.
const SHOWN: usize = 20;

/// What of a row has not been read yet.
pub(super) struct Fields<'a> {
    rest: Option<&'a [u8]>,
}

impl<'a> Fields<'a> {
    pub(super) fn new(line: &'a [u8]) -> Self {
        Self { rest: Some(line) }
    }

    /// The next field.
    pub(super) fn text(&mut self, name: &str) -> Result<&'a [u8], String> {
        let rest = self.rest.ok_or_else(|| format!("it ends before its {name}"))?;
        let comma = rest.iter().position(|byte| *byte == b',');
        let (field, rest) = match comma {
            Some(comma) => (&rest[..comma], Some(&rest[comma + 1..])),
            None => (rest, None),
        };
        self.rest = rest;
        Ok(field)
    }

    /// How many shares.
    pub(super) fn size(&mut self, name: &str) -> Result<i64, String> {
        let size = self.number(name)?;
        if size <= MOST_SIZE { Ok(size) } else { Err(format!("its {name} {size} is too large")) }
    }

    /// A price that may be zero, in ten-thousandths.
    pub(super) fn amount(&mut self, name: &str) -> Result<i64, String> {
        let amount = self.number(name)?;
        if amount <= MOST_PRICE { Ok(amount) } else { Err(format!("its {name} {amount} is too high")) }
    }

    /// A whole number that is not negative.
    pub(super) fn number(&mut self, name: &str) -> Result<i64, String> {
        let field = self.text(name)?;
        let number = field.iter().try_fold(0_i64, |number, byte| match byte {
            b'0'..=b'9' => number.checked_mul(10)?.checked_add(i64::from(byte - b'0')),
            _ => None,
        });
        number
            .filter(|_| !field.is_empty())
            .ok_or_else(|| format!("its {name} is '{}', which is no whole number", shown(field)))
    }

    /// A price, which is above zero.
    pub(super) fn price(&mut self, name: &str) -> Result<Price, String> {
        Price::new(self.amount(name)?).ok_or_else(|| format!("its {name} is zero"))
    }

    /// A price and a size, which are absent where the price is zero.
    pub(super) fn level(&mut self, price: &str, size: &str) -> Result<Option<Level>, String> {
        let (price, size) = (self.amount(price)?, self.size(size)?);
        Ok(Price::new(price).map(|price| Level { price, size }))
    }

    /// Milliseconds since the exchange's midnight.
    pub(super) fn time(&mut self) -> Result<i64, String> {
        let time = self.number("time")?;
        if time < DAY_MS { Ok(time) } else { Err(format!("its time {time} is beyond the end of the day")) }
    }

    /// Flags, written in hexadecimal.
    pub(super) fn flags(&mut self, name: &str) -> Result<u32, String> {
        let field = self.text(name)?;
        if field.is_empty() {
            return Ok(0);
        }
        let flags = std::str::from_utf8(field).ok().and_then(|text| u32::from_str_radix(text, 16).ok());
        flags.ok_or_else(|| format!("its {name} are '{}', which is no hexadecimal number", shown(field)))
    }

    /// A single letter; a blank where the field is empty.
    pub(super) fn letter(&mut self, name: &str) -> Result<char, String> {
        match self.text(name)? {
            [] => Ok(' '),
            [letter] if letter.is_ascii_graphic() => Ok(char::from(*letter)),
            other => Err(format!("its {name} is '{}', which is no single letter", shown(other))),
        }
    }

    /// 0 or 1.
    pub(super) fn flag(&mut self, name: &str) -> Result<bool, String> {
        match self.text(name)? {
            b"0" => Ok(false),
            b"1" => Ok(true),
            other => Err(format!("its {name} is '{}', which is neither 0 nor 1", shown(other))),
        }
    }

    /// Checks that nothing is left.
    pub(super) fn end(&self) -> Result<(), String> {
        if self.rest.is_none() { Ok(()) } else { Err("it has more fields than such a row".into()) }
    }
}

/// A field as a message shows it.
pub(super) fn shown(field: &[u8]) -> String {
    let mut text: String = String::from_utf8_lossy(field).chars().filter(|c| !c.is_control()).collect();
    if text.chars().count() > SHOWN {
        text = text.chars().take(SHOWN).chain(['…']).collect();
    }
    text
}

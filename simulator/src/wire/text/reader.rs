//! Reading a request, field by field.

use std::fmt;
use std::str::FromStr;

use super::super::contract::Contract;
use super::has_version;

/// What has a text form that a client sends.
pub(crate) trait FromText: Sized {
    /// Reads it; the message's version has been read already.
    fn read(fields: &mut Reader<'_>) -> Result<Self, Malformed>;

    /// Reads it, and holds that nothing is left.
    fn read_all(mut fields: Reader<'_>) -> Result<Self, Malformed> {
        fields.begin()?;
        let request = Self::read(&mut fields)?;
        fields.end()?;
        Ok(request)
    }
}

/// What is wrong with a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Malformed {
    /// It ends before this field.
    Missing(&'static str),
    /// It goes on after its last field.
    Surplus,
    /// This field is not text.
    NotText(&'static str),
    /// This field should be this, and is not.
    NotA(&'static str, &'static str),
}

impl fmt::Display for Malformed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing(field) => write!(formatter, "the message ends before the field '{field}'"),
            Self::Surplus => formatter.write_str("the message has more fields than it should"),
            Self::NotText(field) => write!(formatter, "the field '{field}' is not UTF-8"),
            Self::NotA(kind, field) => write!(formatter, "the field '{field}' is not {kind}"),
        }
    }
}

/// The fields of one request that have not been read yet.
#[derive(Clone, Debug)]
pub(crate) struct Reader<'a> {
    id: i32,
    version: i32,
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    /// A reader of the fields after the message's id.
    pub(crate) fn new(id: i32, version: i32, fields: &'a [u8]) -> Self {
        Self { id, version, rest: fields }
    }

    /// The server version that was agreed upon.
    pub(crate) fn version(&self) -> i32 {
        self.version
    }

    /// Reads the version of the message, where it has one. Old and new forms are read alike.
    fn begin(&mut self) -> Result<(), Malformed> {
        if has_version(self.id) {
            self.int("version")?;
        }
        Ok(())
    }

    fn end(&self) -> Result<(), Malformed> {
        if self.rest.is_empty() { Ok(()) } else { Err(Malformed::Surplus) }
    }

    /// The id of the request, of which the rest need not make sense.
    pub(crate) fn leading_id(mut self) -> Option<i32> {
        self.begin().ok()?;
        self.int("reqId").ok()?
    }

    /// Reads a field, and gives it as it is.
    fn field(&mut self, name: &'static str) -> Result<&'a str, Malformed> {
        let end = self.rest.iter().position(|byte| *byte == 0).ok_or(Malformed::Missing(name))?;
        let (field, rest) = self.rest.split_at(end);
        self.rest = rest.get(1..).unwrap_or_default();
        std::str::from_utf8(field).map_err(|_| Malformed::NotText(name))
    }

    /// Reads a text.
    pub(crate) fn text(&mut self, name: &'static str) -> Result<Option<String>, Malformed> {
        self.field(name).map(|field| Some(field.to_owned()))
    }

    /// Reads a whole number.
    pub(crate) fn int(&mut self, name: &'static str) -> Result<Option<i32>, Malformed> {
        let number = self.number(name, "a whole number")?;
        Ok(number.filter(|number| *number != i32::MAX))
    }

    /// Reads a number.
    pub(crate) fn double(&mut self, name: &'static str) -> Result<Option<f64>, Malformed> {
        let number: Option<f64> = self.number(name, "a number")?;
        match number {
            Some(number) if number.is_nan() => Err(Malformed::NotA("a number", name)),
            number => Ok(number.filter(|number| *number < f64::MAX)),
        }
    }

    fn number<T: FromStr>(&mut self, name: &'static str, kind: &'static str) -> Result<Option<T>, Malformed> {
        match self.field(name)?.trim() {
            "" => Ok(None),
            field => field.parse().map(Some).map_err(|_| Malformed::NotA(kind, name)),
        }
    }

    /// Reads a flag.
    pub(crate) fn flag(&mut self, name: &'static str) -> Result<Option<bool>, Malformed> {
        match self.field(name)? {
            "" => Ok(None),
            "0" | "false" | "False" => Ok(Some(false)),
            "1" | "true" | "True" => Ok(Some(true)),
            _ => Err(Malformed::NotA("a flag (0 or 1)", name)),
        }
    }

    /// Reads a field that means nothing here.
    pub(crate) fn skip(&mut self, name: &'static str) -> Result<(), Malformed> {
        self.field(name).map(drop)
    }

    /// Reads so many fields that mean nothing here.
    pub(crate) fn skip_fields(&mut self, name: &'static str, count: usize) -> Result<(), Malformed> {
        (0..count).try_for_each(|_| self.skip(name))
    }

    /// Reads as many fields as are left.
    pub(crate) fn skip_rest(&mut self) {
        self.rest = &[];
    }

    /// Reads a count, and so many times `fields` fields.
    pub(crate) fn skip_list(&mut self, name: &'static str, fields: usize) -> Result<(), Malformed> {
        let count = self.int(name)?.unwrap_or_default();
        // A count that lies fails at the first field that is not there.
        (0..count.max(0)).try_for_each(|_| self.skip_fields(name, fields))
    }

    /// Reads a contract in twelve fields.
    pub(crate) fn contract(&mut self) -> Result<Contract, Malformed> {
        Ok(Contract {
            con_id: self.int("conId")?,
            symbol: self.text("symbol")?,
            sec_type: self.text("secType")?,
            last_trade_date_or_contract_month: self.text("lastTradeDateOrContractMonth")?,
            strike: self.double("strike")?,
            right: self.text("right")?,
            multiplier: self.double("multiplier")?,
            exchange: self.text("exchange")?,
            primary_exch: self.text("primaryExchange")?,
            currency: self.text("currency")?,
            local_symbol: self.text("localSymbol")?,
            trading_class: self.text("tradingClass")?,
            ..Contract::default()
        })
    }

    /// Reads the contract against which another is hedged, where there is one.
    pub(crate) fn skip_delta_neutral(&mut self) -> Result<(), Malformed> {
        if self.flag("deltaNeutralContract")? == Some(true) {
            for name in ["deltaNeutral.conId", "deltaNeutral.delta", "deltaNeutral.price"] {
                self.skip(name)?;
            }
        }
        Ok(())
    }

    /// Reads the legs that follow a contract where it is a combination.
    pub(crate) fn skip_legs(&mut self, contract: &Contract) -> Result<(), Malformed> {
        if contract.sec_type.as_deref() == Some("BAG") {
            self.skip_list("comboLegs", 4)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reader(fields: &[u8]) -> Reader<'_> {
        Reader::new(super::super::ids::HISTORICAL_DATA, 178, fields)
    }

    #[test]
    fn numbers_are_read_where_there_are_some() {
        let ints = [
            (&b"5\0"[..], Ok(Some(5))),
            (b"-1\0", Ok(Some(-1))),
            (b"\0", Ok(None)),
            (b"2147483647\0", Ok(None)),
            (b"2147483648\0", Err(Malformed::NotA("a whole number", "f"))),
            (b"5.0\0", Err(Malformed::NotA("a whole number", "f"))),
            (b"five\0", Err(Malformed::NotA("a whole number", "f"))),
            (b"5", Err(Malformed::Missing("f"))),
            (b"", Err(Malformed::Missing("f"))),
            (b"\xff\0", Err(Malformed::NotText("f"))),
        ];
        for (fields, expected) in ints {
            assert_eq!(reader(fields).int("f"), expected, "{fields:?}");
        }
        let doubles = [
            (&b"185.5\0"[..], Ok(Some(185.5))),
            (b"0\0", Ok(Some(0.0))),
            (b"\0", Ok(None)),
            (b"1.7976931348623157E308\0", Ok(None)),
            (b"1.7976931348623157e+308\0", Ok(None)),
            (b"Infinity\0", Ok(None)),
            (b"NaN\0", Err(Malformed::NotA("a number", "f"))),
            (b"1,5\0", Err(Malformed::NotA("a number", "f"))),
        ];
        for (fields, expected) in doubles {
            let read = reader(fields).double("f").map(|number| number.map(f64::to_bits));
            assert_eq!(read, expected.map(|number: Option<f64>| number.map(f64::to_bits)), "{fields:?}");
        }
    }

    #[test]
    fn flags_are_read_as_clients_write_them() {
        let cases = [
            (&b"1\0"[..], Ok(Some(true))),
            (b"0\0", Ok(Some(false))),
            (b"True\0", Ok(Some(true))),
            (b"\0", Ok(None)),
            (b"2\0", Err(Malformed::NotA("a flag (0 or 1)", "f"))),
        ];
        for (fields, expected) in cases {
            assert_eq!(reader(fields).flag("f"), expected, "{fields:?}");
        }
    }

    #[test]
    fn a_list_that_lies_about_its_length_is_refused_at_once() {
        let mut fields = reader(b"2000000000\x001\x002\0");
        assert_eq!(fields.skip_list("legs", 2), Err(Malformed::Missing("legs")));
        let mut fields = reader(b"-3\0rest\0");
        assert_eq!(fields.skip_list("legs", 2), Ok(()));
        assert_eq!(fields.text("rest"), Ok(Some("rest".to_owned())));
    }
}

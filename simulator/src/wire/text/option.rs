//! Which options there are on something.

use super::super::option::{SecDefOptParameter, SecDefOptParamsRequest};
use super::{FromText, Malformed, Reader, ToText, Writer};

impl FromText for SecDefOptParamsRequest {
    fn read(fields: &mut Reader<'_>) -> Result<Self, Malformed> {
        Ok(Self {
            req_id: fields.int("reqId")?,
            underlying_symbol: fields.text("underlyingSymbol")?,
            fut_fop_exchange: fields.text("futFopExchange")?,
            underlying_sec_type: fields.text("underlyingSecType")?,
            underlying_con_id: fields.int("underlyingConId")?,
        })
    }
}

impl ToText for SecDefOptParameter {
    fn write(&self, fields: &mut Writer<'_>) {
        fields.number(&self.req_id).put(&self.exchange).number(&self.underlying_con_id);
        fields.put(&self.trading_class).put(&self.multiplier);
        fields.list(&self.expirations, |fields, expiry| {
            fields.put(expiry);
        });
        fields.list(&self.strikes, |fields, strike| {
            fields.put(strike);
        });
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::ids;
    use super::*;

    #[test]
    fn a_chain_is_asked_for_and_told() {
        let asked = "9|SPY||STK|200001|".replace('|', "\0");
        let reader = Reader::new(ids::OPTION_PARAMETERS, 178, asked.as_bytes());
        let request = SecDefOptParamsRequest::read_all(reader).unwrap();
        assert_eq!((request.req_id, request.underlying_con_id), (Some(9), Some(200_001)));
        let chain = SecDefOptParameter {
            req_id: Some(9),
            exchange: Some("SMART".to_owned()),
            underlying_con_id: Some(200_001),
            trading_class: Some("SPY".to_owned()),
            multiplier: Some("100".to_owned()),
            expirations: vec!["20261127".to_owned(), "20261204".to_owned()],
            strikes: vec![700.0, 702.5],
        };
        let mut bytes = Vec::new();
        chain.write(&mut Writer::new(75, 178, &mut bytes));
        let expected = "75|9|SMART|200001|SPY|100|2|20261127|20261204|2|700|702.5|";
        assert_eq!(String::from_utf8(bytes).unwrap().replace('\0', "|"), expected);
    }
}

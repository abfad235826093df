//! Scans of the market.

use super::super::contract::Contract;
use super::super::scanner::{
    ScannerData, ScannerDataElement, ScannerParameters, ScannerSubscription, ScannerSubscriptionRequest,
};
use super::{FromText, Malformed, Reader, ToText, Writer};

/// What only bonds have, between the market capitalisations and the volume of options.
const OF_BONDS: [&str; 9] = [
    "moodyRatingAbove",
    "moodyRatingBelow",
    "spRatingAbove",
    "spRatingBelow",
    "maturityDateAbove",
    "maturityDateBelow",
    "couponRateAbove",
    "couponRateBelow",
    "excludeConvertible",
];

impl FromText for ScannerSubscriptionRequest {
    fn read(fields: &mut Reader<'_>) -> Result<Self, Malformed> {
        let req_id = fields.int("reqId")?;
        let mut subscription = ScannerSubscription {
            number_of_rows: fields.int("numberOfRows")?,
            instrument: fields.text("instrument")?,
            location_code: fields.text("locationCode")?,
            scan_code: fields.text("scanCode")?,
            above_price: fields.double("abovePrice")?,
            below_price: fields.double("belowPrice")?,
            above_volume: fields.int("aboveVolume")?.map(i64::from),
            stock_type_filter: None,
        };
        for name in ["marketCapAbove", "marketCapBelow"].into_iter().chain(OF_BONDS) {
            fields.skip(name)?;
        }
        fields.skip("averageOptionVolumeAbove")?;
        fields.skip("scannerSettingPairs")?;
        subscription.stock_type_filter = fields.text("stockTypeFilter")?;
        fields.skip("scannerSubscriptionFilterOptions")?;
        fields.skip("scannerSubscriptionOptions")?;
        Ok(Self { req_id, scanner_subscription: Some(subscription) })
    }
}

impl ToText for ScannerData {
    fn write(&self, fields: &mut Writer<'_>) {
        let write = |fields: &mut Writer<'_>, row: &ScannerDataElement| {
            let nothing = Contract::default();
            let contract = row.contract.as_ref().unwrap_or(&nothing);
            fields.number(&row.rank).number(&contract.con_id).put(&contract.symbol).put(&contract.sec_type);
            fields.put(&contract.last_trade_date_or_contract_month).number(&contract.strike);
            fields.put(&contract.right).put(&contract.exchange).put(&contract.currency);
            fields.put(&contract.local_symbol).put(&row.market_name).put(&contract.trading_class);
            fields.put(&row.distance).put(&row.benchmark).put(&row.projection).put(&row.combo_key);
        };
        fields.put("3").number(&self.req_id).list(&self.scanner_data_element, write);
    }
}

impl ToText for ScannerParameters {
    fn write(&self, fields: &mut Writer<'_>) {
        fields.put("1").put(&self.xml);
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::ids;
    use super::*;

    #[test]
    fn a_scan_is_read_as_clients_write_it() {
        let unset = "1.7976931348623157e+308";
        let text = format!("7|50|STK|STK.US.MAJOR|TOP_PERC_GAIN|5|{unset}|1000|||||||||{unset}||0|0||ALL|||");
        let bytes = text.replace('|', "\0");
        let request = ScannerSubscriptionRequest::read_all(Reader::new(ids::SCANNER, 178, bytes.as_bytes()));
        let request = request.unwrap();
        let scan = request.scanner_subscription.unwrap();
        assert_eq!((request.req_id, scan.number_of_rows), (Some(7), Some(50)));
        assert_eq!(scan.scan_code.as_deref(), Some("TOP_PERC_GAIN"));
        assert_eq!(scan.above_price.map(|price| price.to_string()).as_deref(), Some("5"));
        assert_eq!((scan.below_price.is_none(), scan.above_volume), (true, Some(1_000)));
        assert_eq!(scan.stock_type_filter.as_deref(), Some("ALL"));
        let short = bytes.trim_end_matches('\0').as_bytes();
        assert!(ScannerSubscriptionRequest::read_all(Reader::new(ids::SCANNER, 178, short)).is_err());
    }

    #[test]
    fn a_row_has_sixteen_fields() {
        let row = ScannerDataElement {
            rank: Some(0),
            contract: Some(Contract {
                con_id: Some(100_001),
                symbol: Some("AAPL".to_owned()),
                sec_type: Some("STK".to_owned()),
                exchange: Some("SMART".to_owned()),
                currency: Some("USD".to_owned()),
                local_symbol: Some("AAPL".to_owned()),
                trading_class: Some("NMS".to_owned()),
                ..Contract::default()
            }),
            market_name: Some("NMS".to_owned()),
            ..ScannerDataElement::default()
        };
        let data = ScannerData { req_id: Some(7), scanner_data_element: vec![row] };
        let mut bytes = Vec::new();
        data.write(&mut Writer::new(20, 178, &mut bytes));
        let expected = "20|3|7|1|0|100001|AAPL|STK||0||SMART|USD|AAPL|NMS|NMS|||||";
        assert_eq!(String::from_utf8(bytes).unwrap().replace('\0', "|"), expected);
    }
}

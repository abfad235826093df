//! The book below the best prices.

use super::super::depth::{MarketDepth, MarketDepthL2, MarketDepthRequest};
use super::{FromText, Malformed, Reader, ToText, Writer};

impl FromText for MarketDepthRequest {
    fn read(fields: &mut Reader<'_>) -> Result<Self, Malformed> {
        let request = Self {
            req_id: fields.int("reqId")?,
            contract: Some(fields.contract()?),
            num_rows: fields.int("numRows")?,
            is_smart_depth: fields.flag("isSmartDepth")?,
        };
        fields.skip("marketDepthOptions")?;
        Ok(request)
    }
}

impl ToText for MarketDepth {
    fn write(&self, fields: &mut Writer<'_>) {
        let row = self.market_depth_data.clone().unwrap_or_default();
        fields.put("1").number(&self.req_id).number(&row.position);
        fields.number(&row.operation).number(&row.side).number(&row.price).size(&row.size);
    }
}

impl ToText for MarketDepthL2 {
    fn write(&self, fields: &mut Writer<'_>) {
        let row = self.market_depth_data.clone().unwrap_or_default();
        fields.put("1").number(&self.req_id).number(&row.position).put(&row.market_maker);
        fields.number(&row.operation).number(&row.side).number(&row.price).size(&row.size);
        fields.put(&row.is_smart_depth.unwrap_or_default());
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::depth::MarketDepthData;
    use super::*;

    #[test]
    fn a_row_has_the_fields_that_clients_count() {
        let row = MarketDepthData {
            position: Some(3),
            operation: Some(1),
            side: Some(1),
            price: Some(185.25),
            size: Some("200".to_owned()),
            market_maker: Some("ARCA".to_owned()),
            is_smart_depth: Some(true),
        };
        let mut bytes = Vec::new();
        let anonymous = MarketDepth { req_id: Some(9), market_depth_data: Some(row.clone()) };
        anonymous.write(&mut Writer::new(12, 178, &mut bytes));
        let named = MarketDepthL2 { req_id: Some(9), market_depth_data: Some(row) };
        named.write(&mut Writer::new(13, 178, &mut bytes));
        let expected = "12|1|9|3|1|1|185.25|200|13|1|9|3|ARCA|1|1|185.25|200|1|";
        assert_eq!(String::from_utf8(bytes).unwrap().replace('\0', "|"), expected);
    }
}

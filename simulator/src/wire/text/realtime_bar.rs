//! Bars of five seconds, as they close.

use super::super::realtime_bar::{RealTimeBarTick, RealTimeBarsRequest};
use super::{FromText, Malformed, Reader, ToText, Writer};

impl FromText for RealTimeBarsRequest {
    fn read(fields: &mut Reader<'_>) -> Result<Self, Malformed> {
        let request = Self {
            req_id: fields.int("reqId")?,
            contract: Some(fields.contract()?),
            bar_size: fields.int("barSize")?,
            what_to_show: fields.text("whatToShow")?,
            use_rth: fields.flag("useRTH")?,
        };
        fields.skip("realTimeBarsOptions")?;
        Ok(request)
    }
}

impl ToText for RealTimeBarTick {
    fn write(&self, fields: &mut Writer<'_>) {
        fields.put("3").number(&self.req_id).number(&self.time);
        fields.number(&self.open).number(&self.high).number(&self.low).number(&self.close);
        fields.size(&self.volume).put(&self.wap).number(&self.count);
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::ids;
    use super::*;

    #[test]
    fn bars_are_asked_for_and_told() {
        let asked = "3|7|200001|SPY|STK||0|||SMART|ARCA|USD|SPY|SPY|5|TRADES|0||".replace('|', "\0");
        let reader = Reader::new(ids::REAL_TIME_BARS, 178, asked.as_bytes());
        let request = RealTimeBarsRequest::read_all(reader).unwrap();
        assert_eq!((request.req_id, request.bar_size, request.use_rth), (Some(7), Some(5), Some(false)));
        assert_eq!(request.what_to_show.as_deref(), Some("TRADES"));
        let bar = RealTimeBarTick {
            req_id: Some(7),
            time: Some(1_700_000_000),
            open: Some(1.5),
            high: Some(2.0),
            low: Some(1.25),
            close: Some(1.75),
            volume: Some("100".to_owned()),
            wap: Some("1.625".to_owned()),
            count: Some(3),
        };
        let mut bytes = Vec::new();
        bar.write(&mut Writer::new(50, 157, &mut bytes));
        let expected = "50|3|7|1700000000|1.5|2|1.25|1.75|100|1.625|3|";
        assert_eq!(String::from_utf8(bytes).unwrap().replace('\0', "|"), expected);
    }
}

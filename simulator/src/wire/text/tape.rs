//! Every single tick, as it happens and of the past.

use super::super::tape::{
    HistoricalTick, HistoricalTickBidAsk, HistoricalTickLast, HistoricalTicks, HistoricalTicksBidAsk,
    HistoricalTicksLast, HistoricalTicksRequest, TapeTick, TickByTickData, TickByTickRequest,
};
use super::{FromText, Malformed, Reader, ToText, Writer};

impl FromText for TickByTickRequest {
    fn read(fields: &mut Reader<'_>) -> Result<Self, Malformed> {
        Ok(Self {
            req_id: fields.int("reqId")?,
            contract: Some(fields.contract()?),
            tick_type: fields.text("tickType")?,
            number_of_ticks: fields.int("numberOfTicks")?,
            ignore_size: fields.flag("ignoreSize")?,
        })
    }
}

impl FromText for HistoricalTicksRequest {
    fn read(fields: &mut Reader<'_>) -> Result<Self, Malformed> {
        let req_id = fields.int("reqId")?;
        let mut contract = fields.contract()?;
        contract.include_expired = fields.flag("includeExpired")?;
        let request = Self {
            req_id,
            contract: Some(contract),
            start_date_time: fields.text("startDateTime")?,
            end_date_time: fields.text("endDateTime")?,
            number_of_ticks: fields.int("numberOfTicks")?,
            what_to_show: fields.text("whatToShow")?,
            use_rth: fields.flag("useRth")?,
            ignore_size: fields.flag("ignoreSize")?,
        };
        fields.skip("miscOptions")?;
        Ok(request)
    }
}

impl ToText for TickByTickData {
    fn write(&self, fields: &mut Writer<'_>) {
        fields.number(&self.req_id).number(&self.tick_type);
        match &self.tick {
            Some(TapeTick::Last(tick)) => {
                fields.number(&tick.time).number(&tick.price).size(&tick.size);
                fields.put(&last_mask(tick)).put(&tick.exchange).put(&tick.special_conditions);
            }
            Some(TapeTick::BidAsk(tick)) => {
                // Here the bid's flag is the first; in the history it is the second.
                let mask = flag(tick.tick_attrib_bid_ask.and_then(|mask| mask.bid_past_low), 1)
                    + flag(tick.tick_attrib_bid_ask.and_then(|mask| mask.ask_past_high), 2);
                fields.number(&tick.time).number(&tick.price_bid).number(&tick.price_ask);
                fields.size(&tick.size_bid).size(&tick.size_ask).put(&mask);
            }
            Some(TapeTick::MidPoint(tick)) => {
                fields.number(&tick.time).number(&tick.price);
            }
            None => {}
        }
    }
}

fn flag(flag: Option<bool>, bit: i32) -> i32 {
    if flag.unwrap_or_default() { bit } else { 0 }
}

fn last_mask(tick: &HistoricalTickLast) -> i32 {
    flag(tick.tick_attrib_last.and_then(|mask| mask.past_limit), 1)
        + flag(tick.tick_attrib_last.and_then(|mask| mask.unreported), 2)
}

impl ToText for HistoricalTicksLast {
    fn write(&self, fields: &mut Writer<'_>) {
        let write = |fields: &mut Writer<'_>, tick: &HistoricalTickLast| {
            fields.number(&tick.time).put(&last_mask(tick)).number(&tick.price).size(&tick.size);
            fields.put(&tick.exchange).put(&tick.special_conditions);
        };
        fields.number(&self.req_id).list(&self.historical_ticks_last, write);
        fields.put(&self.is_done.unwrap_or_default());
    }
}

impl ToText for HistoricalTicksBidAsk {
    fn write(&self, fields: &mut Writer<'_>) {
        let write = |fields: &mut Writer<'_>, tick: &HistoricalTickBidAsk| {
            let mask = flag(tick.tick_attrib_bid_ask.and_then(|mask| mask.ask_past_high), 1)
                + flag(tick.tick_attrib_bid_ask.and_then(|mask| mask.bid_past_low), 2);
            fields.number(&tick.time).put(&mask).number(&tick.price_bid).number(&tick.price_ask);
            fields.size(&tick.size_bid).size(&tick.size_ask);
        };
        fields.number(&self.req_id).list(&self.historical_ticks_bid_ask, write);
        fields.put(&self.is_done.unwrap_or_default());
    }
}

impl ToText for HistoricalTicks {
    fn write(&self, fields: &mut Writer<'_>) {
        let write = |fields: &mut Writer<'_>, tick: &HistoricalTick| {
            fields.number(&tick.time).put("0").number(&tick.price).size(&tick.size);
        };
        fields.number(&self.req_id).list(&self.historical_ticks, write);
        fields.put(&self.is_done.unwrap_or_default());
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::tape::{TickAttribBidAsk, TickAttribLast};
    use super::*;

    fn written(id: i32, message: &impl ToText) -> String {
        let mut bytes = Vec::new();
        message.write(&mut Writer::new(id, 178, &mut bytes));
        String::from_utf8(bytes).unwrap().replace('\0', "|")
    }

    fn last() -> HistoricalTickLast {
        HistoricalTickLast {
            time: Some(1_700_000_000),
            tick_attrib_last: Some(TickAttribLast { past_limit: Some(false), unreported: Some(true) }),
            price: Some(185.5),
            size: Some("100".to_owned()),
            exchange: Some("ARCA".to_owned()),
            special_conditions: Some("I".to_owned()),
        }
    }

    fn bid_ask() -> HistoricalTickBidAsk {
        HistoricalTickBidAsk {
            time: Some(1_700_000_000),
            tick_attrib_bid_ask: Some(TickAttribBidAsk {
                bid_past_low: Some(true),
                ask_past_high: Some(false),
            }),
            price_bid: Some(185.25),
            price_ask: Some(185.5),
            size_bid: Some("100".to_owned()),
            size_ask: Some("300".to_owned()),
        }
    }

    fn mid() -> HistoricalTick {
        HistoricalTick { time: Some(1_700_000_000), price: Some(185.375), size: Some("0".to_owned()) }
    }

    #[test]
    fn ticks_as_they_happen() {
        let cases = [
            (1, TapeTick::Last(last()), "99|7|1|1700000000|185.5|100|2|ARCA|I|"),
            (3, TapeTick::BidAsk(bid_ask()), "99|7|3|1700000000|185.25|185.5|100|300|1|"),
            (4, TapeTick::MidPoint(mid()), "99|7|4|1700000000|185.375|"),
        ];
        for (tick_type, tick, expected) in cases {
            let data = TickByTickData { req_id: Some(7), tick_type: Some(tick_type), tick: Some(tick) };
            assert_eq!(written(99, &data), expected);
        }
    }

    #[test]
    fn ticks_of_the_past() {
        let (req_id, is_done) = (Some(7), Some(true));
        let trades = HistoricalTicksLast { req_id, historical_ticks_last: vec![last()], is_done };
        assert_eq!(written(98, &trades), "98|7|1|1700000000|2|185.5|100|ARCA|I|1|");
        let quotes = HistoricalTicksBidAsk { req_id, historical_ticks_bid_ask: vec![bid_ask()], is_done };
        assert_eq!(written(97, &quotes), "97|7|1|1700000000|2|185.25|185.5|100|300|1|");
        let mids = HistoricalTicks { req_id, historical_ticks: vec![mid(), mid()], is_done: Some(false) };
        assert_eq!(written(96, &mids), "96|7|2|1700000000|0|185.375|0|1700000000|0|185.375|0|0|");
    }
}

//! Bars of the past.

use super::super::history::{
    HeadTimestamp, HeadTimestampRequest, HistoricalDataBar, HistoricalDataRequest, HistoricalDataUpdate,
    HistoricalSchedule, History,
};
use super::{FromText, Malformed, Reader, ToText, Writer};

impl FromText for HistoricalDataRequest {
    fn read(fields: &mut Reader<'_>) -> Result<Self, Malformed> {
        let req_id = fields.int("reqId")?;
        let mut contract = fields.contract()?;
        contract.include_expired = fields.flag("includeExpired")?;
        let end_date_time = fields.text("endDateTime")?;
        let bar_size_setting = fields.text("barSizeSetting")?;
        let duration = fields.text("durationStr")?;
        let use_rth = fields.flag("useRTH")?;
        let what_to_show = fields.text("whatToShow")?;
        let format_date = fields.int("formatDate")?;
        fields.skip_legs(&contract)?;
        let keep_up_to_date = fields.flag("keepUpToDate")?;
        fields.skip("chartOptions")?;
        Ok(Self {
            req_id,
            contract: Some(contract),
            end_date_time,
            bar_size_setting,
            duration,
            use_rth,
            what_to_show,
            format_date,
            keep_up_to_date,
        })
    }
}

impl FromText for HeadTimestampRequest {
    fn read(fields: &mut Reader<'_>) -> Result<Self, Malformed> {
        let req_id = fields.int("reqId")?;
        let mut contract = fields.contract()?;
        contract.include_expired = fields.flag("includeExpired")?;
        Ok(Self {
            req_id,
            contract: Some(contract),
            use_rth: fields.flag("useRTH")?,
            what_to_show: fields.text("whatToShow")?,
            format_date: fields.int("formatDate")?,
        })
    }
}

impl ToText for History {
    fn write(&self, fields: &mut Writer<'_>) {
        fields
            .number(&self.data.req_id)
            .put(&self.end.start_date_str)
            .put(&self.end.end_date_str)
            .list(&self.data.historical_data_bars, bar);
    }
}

fn bar(fields: &mut Writer<'_>, bar: &HistoricalDataBar) {
    fields
        .put(&bar.date)
        .number(&bar.open)
        .number(&bar.high)
        .number(&bar.low)
        .number(&bar.close)
        .size(&bar.volume)
        .put(&bar.wap)
        .number(&bar.bar_count);
}

/// The same numbers as in a bar of the past, in another order.
impl ToText for HistoricalDataUpdate {
    fn write(&self, fields: &mut Writer<'_>) {
        let bar = self.historical_data_bar.clone().unwrap_or_default();
        fields
            .number(&self.req_id)
            .number(&bar.bar_count)
            .put(&bar.date)
            .number(&bar.open)
            .number(&bar.close)
            .number(&bar.high)
            .number(&bar.low)
            .put(&bar.wap)
            .size(&bar.volume);
    }
}

impl ToText for HeadTimestamp {
    fn write(&self, fields: &mut Writer<'_>) {
        fields.number(&self.req_id).put(&self.head_timestamp);
    }
}

impl ToText for HistoricalSchedule {
    fn write(&self, fields: &mut Writer<'_>) {
        fields
            .number(&self.req_id)
            .put(&self.start_date_time)
            .put(&self.end_date_time)
            .put(&self.time_zone)
            .list(&self.historical_sessions, |fields, session| {
                fields.put(&session.start_date_time).put(&session.end_date_time).put(&session.ref_date);
            });
    }
}

//! Requests for executions.

use domain::order::Side;
use time::{Date, Duration, Month, OffsetDateTime, Time};
use time_tz::{OffsetDateTimeExt, timezones};

use super::period;
use super::report;
use super::session::{Outcome, Session};
use crate::exchange::broker::{Fill, FillFilter};
use crate::notice::Notice;
use crate::wire::contract::Contract;
use crate::wire::execution::{ExecutionDetailsEnd, ExecutionFilter, ExecutionRequest};

impl Session {
    pub(super) fn send_executions(&self, request: &ExecutionRequest) -> Outcome {
        let request_id = request.req_id.unwrap_or_default();
        self.need_broker(request_id)?;
        let wanted = request.execution_filter.clone().unwrap_or_default();
        let now = self.hub.exchange.now();
        let filter = read_filter(&wanted, now).map_err(|cause| Notice::invalid(request_id, &cause))?;
        let mut batch = self.out.batch();
        for fill in self.hub.exchange.fills(&filter) {
            let fill = self.hub.perm_ids.of_fill(fill);
            let details = report::execution(&self.hub.exchange, &fill, request_id);
            if is_of_day(&fill, &wanted.specific_dates) && fits(details.contract.as_ref(), &wanted) {
                batch.push(&details);
                batch.push(&report::commission(&fill));
            }
        }
        if !self.hub.faults.orders.take_endless_list() {
            batch.push(&ExecutionDetailsEnd { req_id: Some(request_id) });
        }
        self.out.send_batch(batch);
        Ok(())
    }
}

fn given(field: Option<&String>) -> Option<&str> {
    field.map(|text| text.trim()).filter(|text| !text.is_empty())
}

/// What the exchange can tell apart, or what is wrong with it.
fn read_filter(wanted: &ExecutionFilter, now: OffsetDateTime) -> Result<FillFilter, String> {
    let side = match given(wanted.side.as_ref()) {
        None => None,
        Some("BUY" | "BOT") => Some(Side::Buy),
        Some("SELL" | "SLD") => Some(Side::Sell),
        Some(other) => return Err(format!("Invalid side '{other}'")),
    };
    let from = match given(wanted.time.as_ref()) {
        Some(text) => Some(period::end(text, now).ok_or_else(|| format!("Invalid time '{text}'"))?),
        None => None,
    };
    let midnight = now.replace_time(Time::MIDNIGHT);
    let days = wanted.last_n_days.filter(|days| *days > 0);
    let days = days.and_then(|days| midnight.checked_sub(Duration::days(i64::from(days) - 1)));
    let dates = wanted.specific_dates.iter().filter_map(|date| Some(day(*date)?.midnight().assume_utc()));
    let date = dates.min().and_then(|date| date.checked_sub(Duration::DAY));
    Ok(FillFilter {
        client_id: wanted.client_id.filter(|id| *id != 0),
        account: given(wanted.acct_code.as_ref()).map(ToOwned::to_owned),
        since: from.or(days).or(date),
        con_id: None,
        side,
    })
}

/// A date such as `20261123`.
fn day(date: i32) -> Option<Date> {
    let month = Month::try_from(u8::try_from(date / 100 % 100).ok()?).ok()?;
    Date::from_calendar_date(date / 10_000, month, u8::try_from(date % 100).ok()?).ok()
}

fn is_of_day(fill: &Fill, dates: &[i32]) -> bool {
    let date = fill.at.to_timezone(timezones::db::america::NEW_YORK).date();
    dates.is_empty() || dates.iter().any(|wanted| day(*wanted) == Some(date))
}

fn fits(contract: Option<&Contract>, wanted: &ExecutionFilter) -> bool {
    let is = |wanted: Option<&String>, field: fn(&Contract) -> Option<&String>| {
        let has = contract.and_then(field).map(String::as_str);
        given(wanted).is_none_or(|wanted| has.is_some_and(|has| has.eq_ignore_ascii_case(wanted)))
    };
    is(wanted.symbol.as_ref(), |contract| contract.symbol.as_ref())
        && is(wanted.sec_type.as_ref(), |contract| contract.sec_type.as_ref())
        && is(wanted.exchange.as_ref(), |contract| contract.exchange.as_ref())
}

#[cfg(test)]
mod tests {
    use time::macros::{date, datetime};

    use super::*;

    #[test]
    fn days_are_counted_from_today() {
        let now = datetime!(2026-11-23 15:00 UTC);
        let since = |wanted: &ExecutionFilter| read_filter(wanted, now).unwrap().since;
        let filter = ExecutionFilter::default();
        assert_eq!(since(&filter), None);
        let days = |days| ExecutionFilter { last_n_days: Some(days), ..ExecutionFilter::default() };
        assert_eq!(since(&days(1)), Some(datetime!(2026-11-23 0:00 UTC)));
        assert_eq!(since(&days(7)), Some(datetime!(2026-11-17 0:00 UTC)));
        let time = ExecutionFilter { time: Some("20261123-14:00:00".to_owned()), ..filter };
        assert_eq!(since(&time), Some(datetime!(2026-11-23 14:00 UTC)));
        let wrong = ExecutionFilter { time: Some("noon".to_owned()), ..time };
        assert_eq!(read_filter(&wrong, now).unwrap_err(), "Invalid time 'noon'");
        assert_eq!(day(20_261_123), Some(date!(2026 - 11 - 23)));
        assert_eq!(day(20_261_323), None);
    }
}

//! Requests for the sessions of the past: as the details of every contract say, the exchange is open around the clock.

use domain::bar::BarSize;
use time::{Date, OffsetDateTime};
use time_tz::{OffsetDateTimeExt, timezones};

use super::contract::time_zone_id;
use super::period::{self, Span};
use super::search;
use super::session::{Outcome, Session};
use crate::notice::Notice;
use crate::wire::history::{HistoricalDataRequest, HistoricalSchedule, HistoricalSession};

/// How sessions are asked for in place of bars.
pub(super) const SHOWN: &str = "SCHEDULE";

impl Session {
    /// Answers a request for the sessions of a stretch of time, one for each day.
    pub(super) fn send_schedule(&self, request: &HistoricalDataRequest) -> Outcome {
        let request_id = request.req_id.unwrap_or_default();
        let invalid = |cause: String| Notice::invalid(request_id, &cause);
        let listing = search::resolve(self.hub.exchange.market(), request_id, request.contract.as_ref())?;
        let size =
            period::bar_size(request.bar_size_setting.as_deref().unwrap_or_default()).map_err(invalid)?;
        if size != BarSize::Day1 {
            let words = "Only daily resolution supported for Schedule requests";
            return Err(Notice::refusal(request_id, 10295, words));
        }
        if request.keep_up_to_date.unwrap_or_default() {
            return Err(invalid("A schedule cannot be kept up to date".to_owned()));
        }
        let span = Span::parse(request.duration.as_deref().unwrap_or_default()).map_err(invalid)?;
        let to = self.end(request)?;
        self.need_history(request_id)?;
        let begun = self.hub.exchange.market().head(listing.con_id).unwrap_or(to);
        let zone = timezones::get_by_name(&listing.time_zone);
        let date = |at: OffsetDateTime| zone.map_or(at, |zone| at.to_timezone(zone)).date();
        let sessions = sessions(date(span.before(to).max(begun)), date(to));
        let (Some(first), Some(last)) = (sessions.first(), sessions.last()) else {
            return Err(Notice::no_history(request_id, "HMDS query returned no data"));
        };
        self.out.send(&HistoricalSchedule {
            req_id: Some(request_id),
            start_date_time: first.start_date_time.clone(),
            end_date_time: last.end_date_time.clone(),
            time_zone: Some(time_zone_id(&listing.time_zone).to_owned()),
            historical_sessions: sessions,
        });
        Ok(())
    }
}

/// A session from midnight to midnight for each of these dates.
fn sessions(from: Date, to: Date) -> Vec<HistoricalSession> {
    let dates = std::iter::successors(Some(from), |date| date.next_day()).take_while(|date| *date <= to);
    let session = |date: Date| HistoricalSession {
        start_date_time: Some(format!("{}-00:00:00", digits(date))),
        end_date_time: Some(format!("{}-00:00:00", digits(date.next_day().unwrap_or(date)))),
        ref_date: Some(digits(date)),
    };
    dates.map(session).collect()
}

fn digits(date: Date) -> String {
    format!("{:04}{:02}{:02}", date.year(), u8::from(date.month()), date.day())
}

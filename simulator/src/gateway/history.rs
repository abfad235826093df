//! Requests for bars of the past, and for bars that are kept up to date.

use std::sync::Arc;
use std::time::Duration;

use domain::bar::BarSize;
use engine::listing::{Listing, ListingKind};
use engine::tick::{BarPrice, MarketBar};
use time::OffsetDateTime;
use tokio::sync::Semaphore;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::outbox::Outbox;
use super::period::{self, Span};
use super::session::{Outcome, Session, decode};
use super::{Hub, handshake, schedule, search};
use crate::exchange::BarsQuestion;
use crate::notice::Notice;
use crate::wire::history::{
    HeadTimestamp, HeadTimestampRequest, HistoricalData, HistoricalDataBar, HistoricalDataEnd,
    HistoricalDataRequest, HistoricalDataUpdate, History,
};
use crate::wire::session::ById;
use crate::wire::{Body, decimal, double, ids};

/// How often the forming bar is sent where it is to be kept up to date.
const UPDATE_EVERY: Duration = Duration::from_secs(1);

/// How many requests of a client may be open at a time.
const MAX_OPEN: usize = 50;

/// Bars that are kept up to date until this is dropped.
pub(super) struct LiveBars {
    _stop: DropGuard,
}

/// How many more requests for bars a client may have open.
pub(super) fn allowance() -> Arc<Semaphore> {
    Arc::new(Semaphore::new(MAX_OPEN))
}

/// A request for bars, understood.
#[derive(Clone, Copy)]
struct Question {
    request_id: i32,
    bars: BarsQuestion,
    dates: Dates,
}

/// How the times of intraday bars are written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Dates {
    Local,
    Seconds,
}

impl Session {
    /// Answers a request for history.
    pub(super) fn answer_history(&mut self, id: i32, body: Body<'_>) -> Outcome {
        match id {
            ids::HISTORICAL_DATA => self.send_bars(&decode(id, body)?),
            ids::HEAD_TIMESTAMP => self.send_head(&decode(id, body)?),
            ids::CANCEL_HISTORICAL_DATA => {
                let request_id = decode::<ById>(id, body)?.req_id.unwrap_or_default();
                if self.live_bars.remove(&request_id).is_some() {
                    let cause = format!("API historical data query cancelled: {request_id}");
                    return Err(Notice::no_history(request_id, &cause));
                }
                let words = format!("No historical data query found for ticker id:{request_id}");
                Err(Notice::refusal(request_id, 366, words))
            }
            _ => Ok(()),
        }
    }

    fn send_bars(&mut self, request: &HistoricalDataRequest) -> Outcome {
        let request_id = request.req_id.unwrap_or_default();
        if self.live_bars.contains_key(&request_id) {
            let words = "Duplicate ticker ID for API historical data query.";
            return Err(Notice::refusal(request_id, 386, words));
        }
        if request.what_to_show.as_deref().is_some_and(|what| what.eq_ignore_ascii_case(schedule::SHOWN)) {
            return self.send_schedule(request);
        }
        let question = self.understand(request)?;
        self.need_history(request_id)?;
        let Ok(permit) = self.open_history.clone().try_acquire_owned() else {
            let cause = "Max number of simultaneous historical data requests has been reached";
            return Err(Notice::no_history(request_id, cause));
        };
        let (hub, out) = (self.hub.clone(), self.out.clone());
        if request.keep_up_to_date.unwrap_or_default() {
            let stop = CancellationToken::new();
            let bars = async move {
                keep_up_to_date(hub, out, question).await;
                drop(permit);
            };
            tokio::spawn(stop.clone().run_until_cancelled_owned(bars));
            self.live_bars.insert(request_id, LiveBars { _stop: stop.drop_guard() });
        } else {
            tokio::spawn(async move {
                answer(&hub, &out, question).await;
                drop(permit);
            });
        }
        Ok(())
    }

    fn understand(&self, request: &HistoricalDataRequest) -> Result<Question, Notice> {
        let request_id = request.req_id.unwrap_or_default();
        let invalid = |cause: &str| Notice::invalid(request_id, cause);
        let listing = search::resolve(self.hub.exchange.market(), request_id, request.contract.as_ref())?;
        let size = period::bar_size(request.bar_size_setting.as_deref().unwrap_or_default())
            .map_err(|cause| invalid(&cause))?;
        let span =
            Span::parse(request.duration.as_deref().unwrap_or_default()).map_err(|cause| invalid(&cause))?;
        let price = price(request_id, listing, request.what_to_show.as_deref().unwrap_or_default())?;
        let to = self.end(request)?;
        let dates = match request.format_date {
            Some(1) => Dates::Local,
            Some(2) => Dates::Seconds,
            other => {
                let format = other.unwrap_or_default();
                return Err(invalid(&format!("Date formatting selection of {format} rejected")));
            }
        };
        let has_end = request.end_date_time.as_deref().is_some_and(|end| !end.is_empty());
        if request.keep_up_to_date.unwrap_or_default() && has_end {
            return Err(invalid("End Date/Time must be empty where the data is to be kept up to date"));
        }
        if request.keep_up_to_date.unwrap_or_default() && size < BarSize::Sec5 {
            return Err(invalid("Bars that are kept up to date have 5 seconds or more"));
        }
        let from = span.before(to);
        if period::is_too_long(size, from, to) {
            return Err(Notice::no_history(request_id, "Time length exceed max."));
        }
        Ok(Question {
            request_id,
            bars: BarsQuestion { con_id: listing.con_id, size, price, from, to },
            dates,
        })
    }

    /// Until when a request asks.
    pub(super) fn end(&self, request: &HistoricalDataRequest) -> Result<OffsetDateTime, Notice> {
        let end = request.end_date_time.as_deref().unwrap_or_default();
        period::end(end, self.hub.exchange.now()).ok_or_else(|| {
            let words = "End Date: The date, time, or time-zone entered is invalid. The correct format is \
                         yyyymmdd hh:mm:ss xx/xxxx where yyyymmdd and xx/xxxx are optional.";
            Notice::refusal(request.req_id.unwrap_or_default(), 10314, words)
        })
    }

    fn send_head(&self, request: &HeadTimestampRequest) -> Outcome {
        let request_id = request.req_id.unwrap_or_default();
        let listing = search::resolve(self.hub.exchange.market(), request_id, request.contract.as_ref())?;
        price(request_id, listing, request.what_to_show.as_deref().unwrap_or_default())?;
        self.need_history(request_id)?;
        let no_head = || Notice::no_history(request_id, "No head time stamp");
        let head = self.hub.exchange.market().head(listing.con_id).ok_or_else(no_head)?;
        let text = match request.format_date {
            Some(1) => dashed(head),
            _ => head.unix_timestamp().to_string(),
        };
        self.out.send(&HeadTimestamp { req_id: Some(request_id), head_timestamp: Some(text) });
        Ok(())
    }

    /// Refuses a request that history cannot answer now.
    pub(super) fn need_history(&self, request_id: i32) -> Outcome {
        let faults = &self.hub.faults;
        if faults.is_history_refused() {
            return Err(Notice::no_history(request_id, "HMDS query returned no data"));
        }
        if !self.hub.is_broker_reachable() || faults.is_history_farm_down() {
            let cause = "HMDS server disconnect occurred. Attempting reconnection...";
            return Err(Notice::no_history(request_id, cause));
        }
        Ok(())
    }
}

/// What the bars are made of.
pub(super) fn price(request_id: i32, listing: &Listing, what: &str) -> Result<BarPrice, Notice> {
    match what.to_uppercase().as_str() {
        "TRADES" | "ADJUSTED_LAST" if listing.kind == ListingKind::Fx => {
            let cause = format!("No historical market data for {}/CASH@FXSUBPIP Last 0", listing.symbol);
            Err(Notice::no_history(request_id, &cause))
        }
        "TRADES" | "ADJUSTED_LAST" => Ok(BarPrice::Trades),
        "MIDPOINT" => Ok(BarPrice::MidPoint),
        "BID" => Ok(BarPrice::Bid),
        "ASK" => Ok(BarPrice::Ask),
        _ => Err(Notice::invalid(request_id, "What to show field is missing or incorrect.")),
    }
}

/// Sends the bars of a question with their end marker, and returns the last one. Making bars can take
/// long, so that it is done off the async threads.
async fn answer(hub: &Arc<Hub>, out: &Outbox, question: Question) -> Option<MarketBar> {
    let exchange = hub.exchange.clone();
    let bars = tokio::task::spawn_blocking(move || exchange.bars(question.bars)).await.ok()?;
    let request_id = question.request_id;
    if bars.is_empty() {
        out.tell(&Notice::no_history(request_id, "HMDS query returned no data"));
        return None;
    }
    let historical_data_bars = bars.iter().map(|bar| wire_bar(bar, question)).collect();
    out.send(&History {
        data: HistoricalData { req_id: Some(request_id), historical_data_bars },
        end: HistoricalDataEnd {
            req_id: Some(request_id),
            start_date_str: Some(handshake::eastern(question.bars.from)),
            end_date_str: Some(handshake::eastern(question.bars.to)),
        },
    });
    bars.last().copied()
}

/// Sends the bars, and from then on the last one whenever it has changed, and each that follows.
async fn keep_up_to_date(hub: Arc<Hub>, out: Outbox, question: Question) {
    let Some(mut last) = answer(&hub, &out, question).await else { return };
    loop {
        tokio::time::sleep(UPDATE_EVERY).await;
        if !hub.market_data_flows() || hub.faults.is_history_farm_down() {
            continue;
        }
        let exchange = hub.exchange.clone();
        let bars = BarsQuestion { from: last.time, to: exchange.now(), ..question.bars };
        let Ok(bars) = tokio::task::spawn_blocking(move || exchange.bars(bars)).await else { return };
        for bar in bars.iter().filter(|bar| **bar != last) {
            out.send(&HistoricalDataUpdate {
                req_id: Some(question.request_id),
                historical_data_bar: Some(wire_bar(bar, question)),
            });
        }
        last = bars.last().copied().unwrap_or(last);
    }
}

fn wire_bar(bar: &MarketBar, question: Question) -> HistoricalDataBar {
    let traded = question.bars.price == BarPrice::Trades;
    let or_none = |value: String| if traded { value } else { "-1".to_owned() };
    HistoricalDataBar {
        date: Some(date(bar.time, question)),
        open: Some(double(bar.open)),
        high: Some(double(bar.high)),
        low: Some(double(bar.low)),
        close: Some(double(bar.close)),
        volume: Some(or_none(decimal(bar.volume))),
        wap: Some(or_none(decimal(bar.wap))),
        bar_count: Some(if traded { i32::try_from(bar.trades).unwrap_or(i32::MAX) } else { -1 }),
    }
}

/// The time of a bar as the protocol writes it: days and more by their date alone.
fn date(time: OffsetDateTime, question: Question) -> String {
    match question.dates {
        _ if question.bars.size >= BarSize::Day1 => {
            format!("{:04}{:02}{:02}", time.year(), u8::from(time.month()), time.day())
        }
        Dates::Seconds => time.unix_timestamp().to_string(),
        Dates::Local => handshake::eastern(time),
    }
}

fn dashed(moment: OffsetDateTime) -> String {
    let format = time::macros::format_description!("[year][month][day]-[hour]:[minute]:[second]");
    moment.format(&format).unwrap_or_default()
}

//! Requests for ticks of the past.

use engine::listing::ListingKind;
use engine::print::Print;
use time::{Duration, OffsetDateTime};

use super::session::{Outcome, Session, decode};
use super::tape::described;
use super::tick::{Best, Sizes, middle_row, print_row};
use super::{period, search};
use crate::exchange::Exchange;
use crate::notice::Notice;
use crate::wire::Body;
use crate::wire::tape::{
    HistoricalTick, HistoricalTickBidAsk, HistoricalTicks, HistoricalTicksBidAsk, HistoricalTicksLast,
    HistoricalTicksRequest,
};

/// The most ticks that one request asks for.
const MAX_TICKS: usize = 1_000;

/// How long a stretch is read at a time. It is whole seconds, so that no second is cut.
const WINDOW: Duration = Duration::minutes(5);

/// How far is looked for ticks: where there are none for as long, there are none.
const REACH: Duration = Duration::days(4);

/// From where ticks are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum From {
    /// The first ones from this moment on.
    Start(OffsetDateTime),
    /// The last ones before this moment.
    End(OffsetDateTime),
}

/// What the ticks are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum What {
    Trades,
    BidAsk(Sizes),
    MidPoint,
}

/// A request, understood.
#[derive(Clone, Copy)]
struct Question {
    request_id: i32,
    con_id: i32,
    from: From,
    count: usize,
    what: What,
}

impl Session {
    /// Answers a request for ticks of the past.
    pub(super) fn answer_historical_ticks(&self, id: i32, body: Body<'_>) -> Outcome {
        let request: HistoricalTicksRequest = decode(id, body)?;
        let question = self.understand_ticks(&request)?;
        self.need_history(question.request_id)?;
        let Ok(permit) = self.open_history.clone().try_acquire_owned() else {
            let cause = "Max number of simultaneous historical data requests has been reached";
            return Err(Notice::no_history(question.request_id, cause));
        };
        let (exchange, out) = (self.hub.exchange.clone(), self.out.clone());
        // Making ticks can take long, so that it is done off the async threads.
        tokio::task::spawn_blocking(move || {
            let (req_id, is_done) = (Some(question.request_id), Some(true));
            match question.what {
                What::Trades => {
                    let prints = collect(&exchange, question, &prints_of);
                    let historical_ticks_last = prints.iter().map(print_row).collect();
                    out.send(&HistoricalTicksLast { req_id, historical_ticks_last, is_done });
                }
                What::BidAsk(sizes) => {
                    let rows = collect(&exchange, question, &|exchange, con_id, from, to| {
                        quotes_of(exchange, con_id, from, to, sizes)
                    });
                    let historical_ticks_bid_ask = rows.into_iter().map(|(_, row)| row).collect();
                    out.send(&HistoricalTicksBidAsk { req_id, historical_ticks_bid_ask, is_done });
                }
                What::MidPoint => {
                    let rows = collect(&exchange, question, &middles_of);
                    let historical_ticks = rows.into_iter().map(|(_, row)| row).collect();
                    out.send(&HistoricalTicks { req_id, historical_ticks, is_done });
                }
            }
            drop(permit);
        });
        Ok(())
    }

    fn understand_ticks(&self, request: &HistoricalTicksRequest) -> Result<Question, Notice> {
        let request_id = request.req_id.unwrap_or_default();
        let invalid = |cause: &str| Notice::invalid(request_id, cause);
        let listing = search::resolve(self.hub.exchange.market(), request_id, request.contract.as_ref())?;
        let what = match request.what_to_show.as_deref().unwrap_or_default().to_uppercase().as_str() {
            "TRADES" if listing.kind == ListingKind::Fx => {
                let words =
                    format!("Failed to request historical ticks:No trades for {}", described(listing));
                return Err(Notice::refusal(request_id, 10187, words));
            }
            "TRADES" => What::Trades,
            "BID_ASK" => What::BidAsk(Sizes::of(request.ignore_size)),
            "MIDPOINT" => What::MidPoint,
            _ => return Err(invalid("What to show field is missing or incorrect.")),
        };
        let count = usize::try_from(request.number_of_ticks.unwrap_or_default()).unwrap_or_default();
        if count == 0 || count > MAX_TICKS {
            return Err(invalid("The number of ticks must be from 1 to 1000"));
        }
        let moment = |text: &str, name: &str| {
            period::end(text, self.hub.exchange.now()).ok_or_else(|| {
                let words = format!(
                    "{name}: The date, time, or time-zone entered is invalid. The correct format is yyyymmdd \
                     hh:mm:ss xx/xxxx where yyyymmdd and xx/xxxx are optional."
                );
                Notice::refusal(request_id, 10314, words)
            })
        };
        let start = request.start_date_time.as_deref().unwrap_or_default().trim();
        let end = request.end_date_time.as_deref().unwrap_or_default().trim();
        let from = match (start.is_empty(), end.is_empty()) {
            (false, true) => From::Start(moment(start, "Start Date")?),
            (true, false) => From::End(moment(end, "End Date")?),
            _ => return Err(invalid("Please specify either a start or an end of the ticks")),
        };
        if self.hub.faults.market_data_refusal().is_some() {
            let cause = "Failed to request historical ticks:No market data permissions";
            let words = format!("{cause} for {}", described(listing));
            return Err(Notice::refusal(request_id, 10187, words));
        }
        Ok(Question { request_id, con_id: listing.con_id, from, count, what })
    }
}

/// Something that happened at a moment.
trait Moment {
    fn at(&self) -> OffsetDateTime;
}

impl Moment for Print {
    fn at(&self) -> OffsetDateTime {
        self.at
    }
}

impl<T> Moment for (OffsetDateTime, T) {
    fn at(&self) -> OffsetDateTime {
        self.0
    }
}

/// Reads what happened in a stretch of time.
type Read<'a, T> = &'a dyn Fn(&Exchange, i32, OffsetDateTime, OffsetDateTime) -> Vec<T>;

/// As many as are wanted and, as with the broker, all others of the second in which the last of them is:
/// whoever goes on with the next second misses nothing.
fn collect<T: Moment>(exchange: &Exchange, question: Question, read: Read<'_, T>) -> Vec<T> {
    match question.from {
        From::Start(start) => forwards(exchange, question, start, read),
        From::End(end) => backwards(exchange, question, end, read),
    }
}

fn forwards<T: Moment>(
    exchange: &Exchange,
    question: Question,
    start: OffsetDateTime,
    read: Read<'_, T>,
) -> Vec<T> {
    let (mut found, mut from) = (Vec::new(), start);
    let end = exchange.now().min(start.saturating_add(REACH));
    while from < end && found.len() < question.count {
        let to = whole_second(from).saturating_add(WINDOW).min(end);
        found.extend(read(exchange, question.con_id, from, to));
        from = to;
    }
    if let Some(last) = question.count.checked_sub(1).and_then(|place| found.get(place)) {
        let second = last.at().unix_timestamp();
        let kept = found.partition_point(|item: &T| item.at().unix_timestamp() <= second);
        found.truncate(kept);
    }
    found
}

fn backwards<T: Moment>(
    exchange: &Exchange,
    question: Question,
    end: OffsetDateTime,
    read: Read<'_, T>,
) -> Vec<T> {
    let mut to = end.min(exchange.now());
    let start = to.saturating_sub(REACH);
    let mut windows = Vec::new();
    let mut count = 0;
    while to > start && count < question.count {
        let from = whole_second(to).saturating_sub(WINDOW).max(start);
        let window = read(exchange, question.con_id, from, to);
        count += window.len();
        windows.push(window);
        to = from;
    }
    let mut found: Vec<T> = windows.into_iter().rev().flatten().collect();
    if let Some(first) = found.len().checked_sub(question.count).and_then(|place| found.get(place)) {
        let second = first.at().unix_timestamp();
        let dropped = found.partition_point(|item| item.at().unix_timestamp() < second);
        found.drain(..dropped);
    }
    found
}

fn whole_second(moment: OffsetDateTime) -> OffsetDateTime {
    moment.replace_nanosecond(0).unwrap_or(moment)
}

/// The trades that made the last price.
fn prints_of(exchange: &Exchange, con_id: i32, from: OffsetDateTime, to: OffsetDateTime) -> Vec<Print> {
    let mut prints = exchange.prints(con_id, from, to);
    prints.retain(|print| !print.unreported);
    prints
}

fn quotes_of(
    exchange: &Exchange,
    con_id: i32,
    from: OffsetDateTime,
    to: OffsetDateTime,
    sizes: Sizes,
) -> Vec<(OffsetDateTime, HistoricalTickBidAsk)> {
    let steps = steps(exchange, con_id, from, to).into_iter();
    let news = steps.filter(|(_, before, now)| now.is_news(*before, sizes));
    news.map(|(at, _, now)| (at, now.row(at))).collect()
}

fn middles_of(
    exchange: &Exchange,
    con_id: i32,
    from: OffsetDateTime,
    to: OffsetDateTime,
) -> Vec<(OffsetDateTime, HistoricalTick)> {
    let steps = steps(exchange, con_id, from, to).into_iter();
    let news = steps.filter(|(_, before, now)| now.middle() != before.middle());
    news.filter_map(|(at, _, now)| Some((at, middle_row(now.middle()?, at)))).collect()
}

/// The best prices before and after each tick.
fn steps(
    exchange: &Exchange,
    con_id: i32,
    from: OffsetDateTime,
    to: OffsetDateTime,
) -> Vec<(OffsetDateTime, Best, Best)> {
    let Some(mut before) = exchange.market().snapshot(con_id, from).as_ref().map(Best::from) else {
        return Vec::new();
    };
    let ticks = exchange.ticks(con_id, from, to).into_iter();
    let step = |tick: engine::tick::Tick| {
        let now = before.after(tick.kind);
        (tick.at, std::mem::replace(&mut before, now), now)
    };
    ticks.map(step).collect()
}

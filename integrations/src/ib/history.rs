//! Bars of the past.
//!
//! A question is cut into windows that IB allows ([`super::lookback`]), each is asked for when the pacing rules
//! allow it ([`super::pacing`]), and asked once: whoever wants the same within 15 seconds gets the same answer.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use domain::bar::{Bar, BarQuery, BarSize, BarSource, TimeRange};
use domain::decimal::Price;
use domain::instrument::Instrument;
use domain::market_data::SourceError;
use futures::FutureExt;
use futures::future::{BoxFuture, Shared};
use futures::stream::{self, StreamExt, TryStreamExt};
use ibapi::Error;
use ibapi::contracts::Contract;
use ibapi::market_data::TradingHours;
use ibapi::market_data::historical::{self, BarTimestamp, WhatToShow};
use rust_decimal::Decimal;
use time::OffsetDateTime;
use tokio::runtime::Handle;
use tokio::sync::Semaphore;
use tokio::time::{Instant, sleep_until, timeout};

use super::budget::Class;
use super::connection::Connection;
use super::contract::contract_of;
use super::line::belongs;
use super::lookback::{Lookback, asked_end, covering, longest, stretch_of, windows};
use super::pacing::Pacing;
use super::refusal::{is_no_data, source_error};
use super::tick::quantity;

/// IB's limit on unanswered questions.
const MOST_OPEN: usize = 50;
/// IB objects to the same question again within this time.
const SAME_WITHIN: Duration = Duration::from_secs(15);
/// How many windows of one question are asked for at a time.
const CONCURRENCY: usize = 4;
/// The most windows that one question for the last bars looks into.
const MOST_WINDOWS: usize = 60;

type Bars = Arc<Vec<Bar>>;
type Answer = Shared<BoxFuture<'static, Result<Bars, SourceError>>>;

/// One question to IB.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Question {
    contract_id: i32,
    size: BarSize,
    end: OffsetDateTime,
    lookback: Lookback,
}

/// What a question is asked of.
#[derive(Clone)]
struct Subject {
    contract: Contract,
    source: BarSource,
    /// The smallest step of a bar's price: a mid price falls half-way between two prices.
    step: Decimal,
}

struct Asked {
    at: Instant,
    answer: Answer,
}

/// Questions about the past, through one connection.
pub(super) struct History {
    connection: Arc<Connection>,
    runtime: Handle,
    pacing: Arc<Pacing>,
    open: Arc<Semaphore>,
    asked: Mutex<HashMap<Question, Asked>>,
}

impl History {
    /// No question yet.
    pub(super) fn new(connection: Arc<Connection>, runtime: Handle) -> Self {
        Self {
            connection,
            runtime,
            pacing: Arc::default(),
            open: Arc::new(Semaphore::new(MOST_OPEN)),
            asked: Mutex::default(),
        }
    }

    /// The bars of an instrument, oldest first.
    pub(super) async fn bars(
        &self,
        instrument: &Instrument,
        size: BarSize,
        query: BarQuery,
    ) -> Result<Vec<Bar>, SourceError> {
        let session = self.connection.session().await?;
        belongs(instrument, &self.connection, &session)?;
        let subject = Subject::of(instrument)?;
        match query {
            BarQuery::Range(range) => self.range(&subject, size, range).await,
            BarQuery::Last { count, to } => {
                let mut bars = self.last(&subject, instrument, size, (count, to)).await?;
                Ok(bars.split_off(bars.len().saturating_sub(count)))
            }
        }
    }

    async fn range(
        &self,
        subject: &Subject,
        size: BarSize,
        range: TimeRange,
    ) -> Result<Vec<Bar>, SourceError> {
        let to = range.to.min(self.connection.now());
        let windows = windows(size, TimeRange { from: range.from, to });
        let answers: Vec<Bars> = stream::iter(windows)
            .map(|window| self.window(subject, size, window))
            .buffered(CONCURRENCY)
            .try_collect()
            .await?;
        let mut found = BTreeMap::new();
        for answer in answers {
            merge(&mut found, &answer);
        }
        Ok(found.range(range.from..range.to).map(|(_, bar)| *bar).collect())
    }

    /// Walks back from `to`, window by window, until there are enough bars or no more.
    async fn last(
        &self,
        subject: &Subject,
        instrument: &Instrument,
        size: BarSize,
        (count, to): (usize, OffsetDateTime),
    ) -> Result<Vec<Bar>, SourceError> {
        let mut found: BTreeMap<OffsetDateTime, Bar> = BTreeMap::new();
        let mut end = to.min(self.connection.now());
        let mut stretch = stretch_of(count, size, instrument.asset_class);
        for _ in 0..MOST_WINDOWS {
            let answer = self.window(subject, size, TimeRange { from: end - stretch, to: end }).await?;
            let before = found.len();
            merge(&mut found, &answer);
            found.retain(|time, _| *time < to);
            let earliest = found.first_key_value().map(|(time, _)| *time);
            match earliest {
                _ if found.len() >= count => break,
                Some(earliest) if found.len() > before => {
                    end = earliest;
                    stretch = stretch_of(count - found.len(), size, instrument.asset_class);
                }
                // Nothing traded in the whole window: a night, a weekend, or the beginning of all data.
                _ if stretch < longest(size) => stretch = longest(size),
                _ => match self.last_trading_before(subject, size, end).await? {
                    Some(earlier) => end = earlier,
                    None => break,
                },
            }
        }
        Ok(found.into_values().collect())
    }

    /// Where the last session before `end` was over, found by means of longer bars.
    async fn last_trading_before(
        &self,
        subject: &Subject,
        size: BarSize,
        end: OffsetDateTime,
    ) -> Result<Option<OffsetDateTime>, SourceError> {
        if size >= BarSize::Min3 {
            return Ok(None);
        }
        let window = TimeRange { from: end - longest(BarSize::Min30), to: end };
        let hours = self.window(subject, BarSize::Hour1, window).await?;
        let over = hours.last().map(|bar| BarSize::Hour1.end(bar.time));
        Ok(over.filter(|over| *over < end))
    }

    async fn window(&self, subject: &Subject, size: BarSize, window: TimeRange) -> Result<Bars, SourceError> {
        let end = asked_end(size, window.to, self.connection.now());
        let question = Question {
            contract_id: subject.contract.contract_id,
            size,
            end,
            lookback: covering(size, end - window.from),
        };
        self.answer(subject, question).await
    }

    /// The answer to a question that is being asked or was just asked; else it is asked now.
    fn answer(&self, subject: &Subject, question: Question) -> Answer {
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        asked.retain(|_, asked| match asked.answer.peek() {
            None => true,
            Some(Err(SourceError::Unavailable(_))) => false,
            Some(_) => asked.at.elapsed() < SAME_WITHIN,
        });
        if let Some(same) = asked.get(&question) {
            return same.answer.clone();
        }
        let asking = Asking {
            connection: self.connection.clone(),
            pacing: self.pacing.clone(),
            open: self.open.clone(),
            subject: subject.clone(),
            question,
        };
        // In a task of its own: others may wait for the answer when the first asker has left.
        let task = self.runtime.spawn(asking.run());
        let answer = task.map(|ended| ended.unwrap_or_else(|_fault| Err(broke()))).boxed().shared();
        asked.insert(question, Asked { at: Instant::now(), answer: answer.clone() });
        answer
    }
}

impl Subject {
    fn of(instrument: &Instrument) -> Result<Self, SourceError> {
        let contract = contract_of(instrument).ok_or_else(|| SourceError::Rejected {
            code: domain::RefusalCode::BrokerRefused,
            message: format!(
                "{} has no contract id of Interactive Brokers: search for it again",
                instrument.symbol
            ),
        })?;
        let source = BarSource::of(instrument.asset_class);
        let step = match source {
            BarSource::Trades => instrument.price_increment,
            BarSource::MidPoint => instrument.price_increment / Decimal::TWO,
        };
        Ok(Self { contract, source, step })
    }

    fn bar(&self, bar: &historical::Bar, size: BarSize) -> Option<Bar> {
        let price = |value| Price::from_f64(value, self.step);
        let time = match bar.date {
            BarTimestamp::Date(date) => size.floor(date.midnight().assume_utc()),
            BarTimestamp::DateTime(moment) if size >= BarSize::Day1 => size.floor(moment),
            BarTimestamp::DateTime(moment) => moment,
        };
        let volume = match self.source {
            BarSource::Trades => quantity(bar.volume),
            BarSource::MidPoint => None,
        };
        Some(Bar {
            time,
            open: price(bar.open)?,
            high: price(bar.high)?,
            low: price(bar.low)?,
            close: price(bar.close)?,
            volume,
        })
    }
}

/// One question on its way.
struct Asking {
    connection: Arc<Connection>,
    pacing: Arc<Pacing>,
    open: Arc<Semaphore>,
    subject: Subject,
    question: Question,
}

impl Asking {
    async fn run(self) -> Result<Bars, SourceError> {
        let Question { contract_id, size, .. } = self.question;
        let patience = self.connection.timings.history_patience;
        let start = self.pacing.reserve(contract_id, size, patience).map_err(too_long)?;
        sleep_until(start).await;
        let _open = timeout(patience, self.open.acquire()).await.map_err(|_elapsed| too_long(patience))?;
        let session = self.connection.session().await?;
        self.connection.budget.acquire(Class::History).await;
        let what = match self.subject.source {
            BarSource::Trades => WhatToShow::Trades,
            BarSource::MidPoint => WhatToShow::MidPoint,
        };
        let asked = session
            .client
            .historical_data(&self.subject.contract, wire_size(size))
            .what_to_show(what)
            .trading_hours(TradingHours::Extended)
            .ending(self.question.end)
            .duration(self.question.lookback.into());
        self.read(asked.fetch().await)
    }

    fn read(&self, answer: Result<historical::HistoricalData, Error>) -> Result<Bars, SourceError> {
        let size = self.question.size;
        match answer {
            Ok(data) => {
                Ok(Arc::new(data.bars.iter().filter_map(|bar| self.subject.bar(bar, size)).collect()))
            }
            Err(error) if is_no_data(&error) => Ok(Bars::default()),
            Err(error) => Err(source_error(&error, "the question for bars")),
        }
    }
}

/// Adds the bars of an earlier window: where a later one has spoken, it has the last word.
fn merge(found: &mut BTreeMap<OffsetDateTime, Bar>, earlier: &[Bar]) {
    for bar in earlier {
        found.entry(bar.time).or_insert(*bar);
    }
}

fn too_long(wait: Duration) -> SourceError {
    SourceError::Unavailable(format!(
        "Interactive Brokers rations questions for bars, and this one would have to wait {} s: try again later, \
         or ask for longer bars",
        wait.as_secs().max(1)
    ))
}

fn broke() -> SourceError {
    SourceError::Unavailable("the question for bars broke off; try again".into())
}

fn wire_size(size: BarSize) -> historical::BarSize {
    use historical::BarSize as Wire;
    match size {
        BarSize::Sec1 => Wire::Sec,
        BarSize::Sec5 => Wire::Sec5,
        BarSize::Sec10 => Wire::Sec10,
        BarSize::Sec15 => Wire::Sec15,
        BarSize::Sec30 => Wire::Sec30,
        BarSize::Min1 => Wire::Min,
        BarSize::Min2 => Wire::Min2,
        BarSize::Min3 => Wire::Min3,
        BarSize::Min5 => Wire::Min5,
        BarSize::Min10 => Wire::Min10,
        BarSize::Min15 => Wire::Min15,
        BarSize::Min20 => Wire::Min20,
        BarSize::Min30 => Wire::Min30,
        BarSize::Hour1 => Wire::Hour,
        BarSize::Hour2 => Wire::Hour2,
        BarSize::Hour3 => Wire::Hour3,
        BarSize::Hour4 => Wire::Hour4,
        BarSize::Hour8 => Wire::Hour8,
        BarSize::Day1 => Wire::Day,
        BarSize::Week1 => Wire::Week,
        BarSize::Month1 => Wire::Month,
    }
}

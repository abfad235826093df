//! Bars and prints of the past.
//!
//! A question is cut into windows that IB allows ([`super::lookback`]), each is asked for when the pacing rules
//! allow it ([`super::pacing`]), and asked once: whoever wants the same within 15 seconds gets the same answer.

mod prints;
mod question;

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use domain::bar::{Bar, BarQuery, BarSize, TimeRange};
use domain::instrument::Instrument;
use domain::market_data::SourceError;
use futures::FutureExt;
use futures::future::{BoxFuture, Shared};
use futures::stream::{self, StreamExt, TryStreamExt};
use time::OffsetDateTime;
use tokio::runtime::Handle;
use tokio::sync::Semaphore;
use tokio::time::Instant;

use super::connection::Connection;
use super::lookback::{asked_end, covering, longest, stretch_of, windows};
use super::pacing::Pacing;
use question::{Asking, Question, Subject};

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
        let subject = Subject::of(instrument, &self.connection.id, session.environment)?;
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
        if range.from >= to {
            return Ok(Vec::new());
        }
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
            let answer =
                self.window(subject, size, TimeRange { from: end.saturating_sub(stretch), to: end }).await?;
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
        let window = TimeRange { from: end.saturating_sub(longest(BarSize::Min30)), to: end };
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

/// Adds the bars of an earlier window: where a later one has spoken, it has the last word.
fn merge(found: &mut BTreeMap<OffsetDateTime, Bar>, earlier: &[Bar]) {
    for bar in earlier {
        found.entry(bar.time).or_insert(*bar);
    }
}

fn broke() -> SourceError {
    SourceError::Unavailable("the question for bars broke off; try again".into())
}

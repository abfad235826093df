//! Indicators of the bar whose time runs now.

use std::collections::VecDeque;

use time::{Duration, OffsetDateTime};

use crate::bar::{Bar, BarPhase};
use crate::indicator::{Indicator, Running, Sessions, Values};

/// How many closed bars can still be corrected.
const CORRECTABLE: usize = 8;

/// How long history that could not be read is not asked for again.
const RETRY: Duration = Duration::seconds(10);

/// What live indicators want before they take in a bar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wants {
    /// Nothing.
    Nothing,
    /// To wait: history is wanted, but there is no use in asking now.
    Patience,
    /// This history.
    History(HistoryRequest),
}

/// So many bars before this moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HistoryRequest {
    /// How many.
    pub count: usize,
    /// The first moment after them.
    pub to: OffsetDateTime,
}

/// Indicators that follow the live bars of one series.
///
/// Whoever feeds them asks before each bar whether they want history ([`Self::wants`]): at first, again at the
/// bar after (what was retained of a live bar may be old, and history that young may be incomplete), and wherever bars
/// are missing. Without history they have no values; where it cannot be read ([`Self::fail`]), it is asked for again after
/// ten seconds.
///
/// What has closed is taken in for good only when it is [`CORRECTABLE`] bars old: until then a correction takes its place,
/// and what came after is computed again.
#[derive(Clone)]
pub struct LiveIndicators {
    indicators: Vec<Indicator>,
    sessions: Sessions,
    history: History,
    /// The bar that was told last and has not closed.
    open: Option<OffsetDateTime>,
    /// Everything before `closed`.
    firm: Vec<Running>,
    closed: VecDeque<Bar>,
    /// `firm` and `closed`.
    latest: Vec<Running>,
    /// When history that could not be read may be asked for again.
    retry_at: Option<OffsetDateTime>,
}

/// Which history was taken in.
#[derive(Clone, Copy, PartialEq, Eq)]
enum History {
    /// None.
    Missing,
    /// That before this bar, which was the first to be told.
    First(OffsetDateTime),
    /// That before a bar which came after the first.
    Whole,
}

impl LiveIndicators {
    /// Nothing is known yet.
    pub fn new(indicators: Vec<Indicator>, sessions: Sessions) -> Self {
        let begin: Vec<Running> = indicators.iter().map(Indicator::begin).collect();
        Self {
            indicators,
            sessions,
            history: History::Missing,
            open: None,
            firm: begin.clone(),
            closed: VecDeque::new(),
            latest: begin,
            retry_at: None,
        }
    }

    /// The indicators, in the order of their values.
    pub fn indicators(&self) -> &[Indicator] {
        &self.indicators
    }

    /// How many bars of history they want: those before the bar that is told next.
    fn warm_up(&self) -> usize {
        let bars = self.indicators.iter().map(|indicator| indicator.warm_up(self.sessions.size()));
        bars.max().unwrap_or(0).max(CORRECTABLE)
    }

    /// What has to come before this bar: [`Self::seed`], [`Self::fail`], or nothing.
    pub fn wants(&self, bar: &Bar, now: OffsetDateTime) -> Wants {
        if !self.wants_history(bar) {
            return Wants::Nothing;
        }
        if self.retry_at.is_some_and(|retry_at| now < retry_at) {
            return Wants::Patience;
        }
        Wants::History(HistoryRequest { count: self.warm_up(), to: bar.time })
    }

    fn wants_history(&self, bar: &Bar) -> bool {
        let is_later = match self.history {
            History::Missing => true,
            History::First(first) => bar.time > first,
            History::Whole => false,
        };
        is_later || self.open.is_some_and(|open| bar.time > open)
    }

    /// Begins anew with history, oldest first, of which the bars before `bar` count: that one is told next.
    pub fn seed(&mut self, history: &[Bar], bar: &Bar) {
        let known = if self.history == History::Missing { History::First(bar.time) } else { History::Whole };
        self.lose();
        (self.history, self.retry_at) = (known, None);
        for past in history.iter().filter(|past| past.time < bar.time) {
            self.close(*past);
        }
    }

    /// Forgets everything: bars are missing, and there are no values until history was asked for again.
    pub fn lose(&mut self) {
        let retry_at = self.retry_at;
        *self = Self::new(std::mem::take(&mut self.indicators), self.sessions);
        self.retry_at = retry_at;
    }

    /// The history that was wanted cannot be read.
    pub fn fail(&mut self, now: OffsetDateTime) {
        self.lose();
        self.retry_at = Some(now + RETRY);
    }

    /// Whether the history that was wanted last could not be read.
    pub fn has_failed(&self) -> bool {
        self.retry_at.is_some()
    }

    /// Takes in the newest state of a bar; returns the values of the indicators at that bar. `None` for a bar that is too
    /// old to be taken in.
    pub fn apply(&mut self, bar: &Bar, phase: BarPhase) -> Option<Vec<Values>> {
        if self.history == History::Missing {
            return Some(self.indicators.iter().map(Indicator::no_values).collect());
        }
        let is_next = self.closed.back().is_none_or(|last| last.time < bar.time);
        match phase {
            BarPhase::Forming if is_next => {
                self.open = Some(bar.time);
                let candle = self.sessions.candle(bar);
                Some(self.latest.iter().map(|running| running.peek(&candle)).collect())
            }
            BarPhase::Forming => None,
            BarPhase::Closed | BarPhase::Corrected if is_next => Some(self.close(*bar)),
            BarPhase::Closed | BarPhase::Corrected => self.correct(bar),
        }
    }

    fn close(&mut self, bar: Bar) -> Vec<Values> {
        self.open = None;
        self.closed.push_back(bar);
        if self.closed.len() > CORRECTABLE
            && let Some(oldest) = self.closed.pop_front()
        {
            push(&mut self.firm, &self.sessions, &oldest);
        }
        push(&mut self.latest, &self.sessions, &bar)
    }

    fn correct(&mut self, bar: &Bar) -> Option<Vec<Values>> {
        *self.closed.iter_mut().find(|closed| closed.time == bar.time)? = *bar;
        self.again(bar.time)
    }

    /// Computes what has closed again; returns the values at the bar of this time.
    fn again(&mut self, time: OffsetDateTime) -> Option<Vec<Values>> {
        self.latest.clone_from(&self.firm);
        let mut values = None;
        for bar in &self.closed {
            let pushed = push(&mut self.latest, &self.sessions, bar);
            if bar.time == time {
                values = Some(pushed);
            }
        }
        values
    }
}

fn push(running: &mut [Running], sessions: &Sessions, bar: &Bar) -> Vec<Values> {
    let candle = sessions.candle(bar);
    running.iter_mut().map(|running| running.push(&candle)).collect()
}

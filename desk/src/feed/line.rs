//! One instrument that somebody listens to, and what the kinds of lines differ in.

use std::time::Duration;

use domain::bus::Message;
use domain::instrument::Instrument;
use domain::market_data::{LineKind, MarketDataSource, SourceEvent};
use domain::quote::{FeedRefusal, Stamp};
use futures::stream::BoxStream;
use tokio::time::Instant;

/// How often the time between two questions is doubled at most.
const MOST_DOUBLINGS: u32 = 2;

/// After so long without a refusal the broker serves what it was asked for, though it may have nothing to say.
const ACCEPTED_AFTER: Duration = Duration::from_secs(5);

/// What is known of an instrument through one kind of line.
pub(super) trait Body {
    /// The kind.
    const KIND: LineKind;
    /// What its source yields.
    type Values;

    /// Begins with what an earlier leader told last: it is as old as it says, and does not count as live until the
    /// source has spoken.
    fn new(instrument: &Instrument, retained: Option<&Message>) -> Self;

    /// Asks the source.
    fn subscribe(
        source: &dyn MarketDataSource,
        instrument: &Instrument,
    ) -> BoxStream<'static, SourceEvent<Self::Values>>;

    /// Notes that what is known is not kept up to date.
    fn doubt(&mut self, reason: &str);

    /// What is known as a whole, told at the place that `stamp` gives; `None` where there is no such thing.
    fn whole(&mut self, stamp: impl FnOnce() -> Stamp) -> Option<Message>;
}

/// How much somebody wants a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Claim {
    /// Somebody listens to it.
    Asked,
    /// Others are better with it than without: it is opened where a line is free, and makes room for whoever asks.
    Spare,
}

/// An instrument's line of one kind, and who wants it.
pub(super) struct Line<B> {
    pub(super) instrument: Instrument,
    pub(super) body: B,
    /// What was told last to whoever asks for it, while it is not open.
    pub(super) refusal: Option<FeedRefusal>,
    claim: Option<Claim>,
    unwanted_since: Option<Instant>,
    refused_until: Option<Instant>,
    /// How often in a row the broker has refused it.
    refusals: u32,
    /// For how many more rounds the broker is not asked again.
    rounds: u32,
    opened_at: Option<Instant>,
}

impl<B: Body> Line<B> {
    /// A line that is not open yet.
    pub(super) fn new(instrument: Instrument, retained: Option<&Message>) -> Self {
        let body = B::new(&instrument, retained);
        Self {
            instrument,
            body,
            refusal: None,
            claim: None,
            unwanted_since: None,
            refused_until: None,
            refusals: 0,
            rounds: 0,
            opened_at: None,
        }
    }

    /// Notes who wants it now.
    pub(super) fn mark(&mut self, claim: Option<Claim>, now: Instant) {
        if (self.claim, claim) == (Some(Claim::Spare), Some(Claim::Asked)) {
            (self.refused_until, self.rounds) = (None, 0);
        }
        if self.claim.is_none() {
            self.rounds = 0;
        }
        self.claim = claim;
        self.unwanted_since = if claim.is_some() { None } else { Some(self.unwanted_since.unwrap_or(now)) };
    }

    /// Who wants it.
    pub(super) fn claim(&self) -> Option<Claim> {
        self.claim
    }

    pub(super) fn unwanted_since(&self) -> Option<Instant> {
        self.unwanted_since
    }

    /// Whether nobody has wanted it for `linger`.
    pub(super) fn idle_for(&self, now: Instant, linger: Duration) -> bool {
        self.unwanted_since.is_some_and(|since| now.duration_since(since) >= linger)
    }

    /// Who wants it, unless it was refused a moment ago.
    pub(super) fn may_open(&self, now: Instant) -> Option<Claim> {
        self.claim.filter(|_| self.refused_until.is_none_or(|until| now >= until))
    }

    /// Notes that it is refused until then.
    pub(super) fn refuse(&mut self, until: Instant, message: &str) {
        self.refused_until = Some(until);
        self.body.doubt(message);
    }

    /// Notes that it was the broker who refused it: each time in a row it is asked half as often, down to a quarter.
    pub(super) fn rebuff(&mut self) {
        self.rounds = (1 << self.refusals) - 1;
        self.refusals = (self.refusals + 1).min(MOST_DOUBLINGS);
    }

    /// Whether the broker is not to be asked in this round, which then lasts until `until`.
    pub(super) fn sits_out(&mut self, until: Instant) -> bool {
        let sits_out = self.rounds > 0;
        if sits_out {
            self.rounds -= 1;
            self.refused_until = Some(until);
        }
        sits_out
    }

    /// Notes that the broker was asked.
    pub(super) fn open(&mut self, now: Instant) {
        self.opened_at = Some(now);
    }

    /// Notes that the broker serves it: no refusal stands any more.
    pub(super) fn served(&mut self) {
        (self.refusal, self.refusals) = (None, 0);
    }

    /// Whether it was refused, but has been open for so long that it is served by now.
    pub(super) fn is_accepted(&self, now: Instant) -> bool {
        self.refusal.is_some() && self.opened_at.is_some_and(|at| now.duration_since(at) >= ACCEPTED_AFTER)
    }
}

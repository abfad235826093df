//! One instrument that somebody listens to.

use std::time::Duration;

use domain::instrument::Instrument;
use domain::quote::{FeedState, Quote, QuoteValues, Stamp};
use time::OffsetDateTime;
use tokio::time::Instant;

/// An instrument's quote as it is published, and who wants it.
pub(super) struct Line {
    pub(super) instrument: Instrument,
    pub(super) quote: Quote,
    unwanted_since: Option<Instant>,
    refused_until: Option<Instant>,
    /// How late the data is; nothing unless it is delayed.
    lag: time::Duration,
}

impl Line {
    /// A line that begins with what an earlier leader published last. Those values are as old as they
    /// say, and do not count as live until the source has spoken.
    pub(super) fn new(instrument: Instrument, retained: Option<Quote>) -> Self {
        let (values, received_at) =
            retained.map_or((QuoteValues::default(), None), |quote| (quote.values, quote.received_at));
        let quote = Quote {
            instrument: instrument.id,
            values,
            received_at,
            stamp: Stamp { epoch: 0, sequence: 0 },
            state: FeedState::Recovering,
            reason: Some("waiting for the first quote from the broker".into()),
        };
        Self { instrument, quote, unwanted_since: None, refused_until: None, lag: time::Duration::ZERO }
    }

    /// Takes in what the source knows at `now`.
    pub(super) fn take(&mut self, values: QuoteValues, now: OffsetDateTime) {
        let is_delayed = self.quote.state == FeedState::Delayed;
        self.lag = match values.source_at {
            Some(at) if is_delayed => (now - at).max(time::Duration::ZERO),
            _ if is_delayed => self.lag,
            _ => time::Duration::ZERO,
        };
        self.quote.values = values;
        self.quote.received_at = Some(now);
    }

    /// The moment that its data tells of.
    pub(super) fn moment(&self, now: OffsetDateTime) -> OffsetDateTime {
        now - self.lag
    }

    pub(super) fn mark_wanted(&mut self, wanted: bool, now: Instant) {
        self.unwanted_since = if wanted { None } else { Some(self.unwanted_since.unwrap_or(now)) };
    }

    pub(super) fn unwanted_since(&self) -> Option<Instant> {
        self.unwanted_since
    }

    /// Whether nobody has wanted it for `linger`.
    pub(super) fn idle_for(&self, now: Instant, linger: Duration) -> bool {
        self.unwanted_since.is_some_and(|since| now.duration_since(since) >= linger)
    }

    /// Whether it is wanted, and not refused a moment ago.
    pub(super) fn may_open(&self, now: Instant) -> bool {
        self.unwanted_since.is_none() && self.refused_until.is_none_or(|until| now >= until)
    }

    /// Notes that the broker refuses it until then.
    pub(super) fn refuse(&mut self, until: Instant, message: &str) {
        self.refused_until = Some(until);
        self.quote.state = FeedState::Stale;
        self.quote.reason = Some(message.to_owned());
    }

    /// Notes that its values are no longer kept up to date.
    pub(super) fn retire(&mut self) {
        self.quote.state = FeedState::Stale;
        self.quote.reason = Some("nobody watches this instrument; these are the last known values".into());
    }
}

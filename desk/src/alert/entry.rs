//! One alert that is watched, and what comes of what it sees.

use domain::alert::{Alert, AlertId, FailureText, Reading, Seen, Verdict, Watch, Watched, Wording};
use domain::instrument::Instrument;
use rust_decimal::Decimal;
use time::OffsetDateTime;

/// What goes off, before it gets its ids.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Off {
    pub(super) alert: Alert,
    pub(super) arming: u64,
    pub(super) text: String,
    pub(super) value: Decimal,
    pub(super) at: OffsetDateTime,
    pub(super) armed: bool,
    pub(super) failure: Option<String>,
}

/// What came of something that was seen.
#[derive(Default)]
pub(super) struct Outcome {
    /// What goes off.
    pub(super) off: Vec<Off>,
    /// Those whose owners are told that they are not watched at the moment, and why; or that they are.
    pub(super) noted: Vec<(AlertId, Option<String>)>,
}

/// One alert.
pub(super) struct Entry {
    pub(super) watched: Watched,
    watch: Watch,
    /// It went off, and that is not written down yet.
    pending: bool,
    /// What was seen changed since it was kept.
    unkept: bool,
    /// Why its owner is told that it is not watched at the moment.
    noted: Option<String>,
}

impl Entry {
    pub(super) fn new(watched: Watched) -> Self {
        let alert = &watched.alert;
        let watch = Watch {
            comparison: alert.condition.comparison,
            threshold: alert.condition.threshold,
            repeat: alert.repeat,
            last: watched.last,
            armed: watched.armed,
            went_off_at: alert.triggered_at,
        };
        Self { watch, pending: false, unkept: false, noted: alert.reason.clone(), watched }
    }

    /// Whether this is the same alert, as its owner changed and armed it last.
    pub(super) fn is(&self, other: &Watched) -> bool {
        (self.watched.alert.version, self.watched.arming) == (other.alert.version, other.arming)
    }

    /// Tells the owner again where something else is kept: it may have been written under the arming before.
    pub(super) fn compare(&self, kept: Option<&str>, outcome: &mut Outcome) {
        if self.noted.as_deref() != kept {
            outcome.noted.push((self.watched.alert.id, self.noted.clone()));
        }
    }

    /// Tells the owner why the alert is not watched, or that it is again.
    pub(super) fn note(&mut self, reason: Option<&str>, outcome: &mut Outcome) {
        if self.noted.as_deref() != reason {
            self.noted = reason.map(str::to_owned);
            outcome.noted.push((self.watched.alert.id, self.noted.clone()));
        }
    }

    /// Takes in a value of what the alert looks at.
    pub(super) fn see(&mut self, reading: Reading, instrument: &Instrument) -> Option<Off> {
        let is_over = self.watched.alert.expires_at.is_some_and(|end| end <= reading.at);
        if self.pending || is_over {
            return None;
        }
        let before = (self.watch.last, self.watch.armed);
        let verdict = self.watch.see(reading);
        self.unkept |= before != (self.watch.last, self.watch.armed);
        if verdict == Verdict::Quiet {
            return None;
        }
        self.pending = true;
        let (alert, value, at) = (self.watched.alert.clone(), reading.value, reading.at);
        let text = Wording { alert: &alert, instrument, value }.text();
        Some(Off {
            arming: self.watched.arming,
            text,
            value,
            at,
            armed: self.watch.armed,
            failure: None,
            alert,
        })
    }

    /// It cannot be watched any more.
    pub(super) fn fail(&mut self, instrument: &Instrument, reason: &str, at: OffsetDateTime) -> Option<Off> {
        if std::mem::replace(&mut self.pending, true) {
            return None;
        }
        let alert = self.watched.alert.clone();
        let text = FailureText { alert: &alert, instrument, reason }.text();
        // Where nothing was seen, the threshold stands in its place.
        let value = self.watch.last.unwrap_or(alert.condition.threshold);
        let failure = Some(reason.to_owned());
        Some(Off { arming: self.watched.arming, text, value, at, armed: true, failure, alert })
    }

    /// That it went off is written down; it is armed anew.
    pub(super) fn rearm(&mut self) {
        self.watched.arming += 1;
        self.pending = false;
        self.unkept = false;
    }

    /// What was seen since it was kept last.
    pub(super) fn unkept(&mut self) -> Option<Seen> {
        if self.pending || !std::mem::take(&mut self.unkept) {
            return None;
        }
        let (alert, arming) = (self.watched.alert.id, self.watched.arming);
        Some(Seen { alert, arming, last: self.watch.last?, armed: self.watch.armed })
    }
}

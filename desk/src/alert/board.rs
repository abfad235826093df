//! The alerts that are watched, by what they look at. Pure: what is seen comes in, what goes off comes out.

use std::collections::{HashMap, HashSet};

use domain::alert::{
    Alert, AlertId, AlertSubject, FailureText, Fired, PriceField, Reading, Repeat, Seen, Verdict, Watch,
    Watched, Wording,
};
use domain::bar::{BarUpdate, Series};
use domain::bus::Topic;
use domain::error::RefusalCode;
use domain::instrument::{Instrument, InstrumentId};
use domain::quote::{FeedRefusal, FeedState, Quote};
use rust_decimal::Decimal;
use time::{Duration, OffsetDateTime};

use super::statistics::{Answer, Statistics, Wants};

/// How long an instrument must be refused for good, again and again, before its alerts fail: a broker's session may
/// only be in somebody else's hands for a moment.
const REFUSED_FOR_GOOD: Duration = Duration::seconds(60);

/// Why an alert on an indicator is not watched at the moment.
const NO_HISTORY: &str = "the past bars that the indicator needs cannot be read at the moment; they are asked for again by themselves";

/// One alert.
struct Entry {
    watched: Watched,
    watch: Watch,
    /// It went off, and that is not written down yet.
    pending: bool,
    /// What was seen changed since it was kept.
    unkept: bool,
    /// Its owner is told that it is not watched at the moment.
    noted: bool,
}

impl Entry {
    fn new(watched: Watched) -> Self {
        let alert = &watched.alert;
        let watch = Watch {
            comparison: alert.condition.comparison,
            threshold: alert.condition.threshold,
            repeat: alert.repeat,
            last: watched.last,
            armed: watched.armed,
            went_off_at: alert.triggered_at,
        };
        Self { watch, pending: false, unkept: false, noted: alert.reason.is_some(), watched }
    }

    fn is(&self, other: &Watched) -> bool {
        (self.watched.alert.version, self.watched.arming) == (other.alert.version, other.arming)
    }

    /// Tells the owner why the alert is not watched, or that it is again.
    fn note(&mut self, reason: Option<&str>, outcome: &mut Outcome) {
        if self.noted != reason.is_some() {
            self.noted = reason.is_some();
            outcome.noted.push((self.watched.alert.id, reason.map(str::to_owned)));
        }
    }

    fn see(&mut self, reading: Reading) -> Option<Decimal> {
        let is_over = self.watched.alert.expires_at.is_some_and(|end| end <= reading.at);
        if self.pending || is_over {
            return None;
        }
        let before = (self.watch.last, self.watch.armed);
        let verdict = self.watch.see(reading);
        self.unkept |= before != (self.watch.last, self.watch.armed);
        if verdict == Verdict::GoesOff {
            self.pending = true;
            return Some(reading.value);
        }
        None
    }
}

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

/// What is known of an instrument that some alert looks at.
struct Subject {
    instrument: Instrument,
    quote: Option<Quote>,
    prices: Vec<Entry>,
    refused_since: Option<OffsetDateTime>,
}

/// The live bars that some alert looks at.
struct Bars {
    statistics: Statistics,
    /// Each with the place of its indicator.
    entries: Vec<(usize, Entry)>,
}

impl Bars {
    fn note(&mut self, reason: Option<&str>, outcome: &mut Outcome) {
        self.entries.iter_mut().for_each(|(_, entry)| entry.note(reason, outcome));
    }
}

/// What came of something that was seen.
#[derive(Default)]
pub(super) struct Outcome {
    /// What goes off.
    pub(super) off: Vec<Off>,
    /// Those whose owners are told that they are not watched at the moment, and why; or that they are.
    pub(super) noted: Vec<(AlertId, Option<String>)>,
}

/// The alerts that are watched.
#[derive(Default)]
pub(super) struct Board {
    subjects: HashMap<InstrumentId, Subject>,
    bars: HashMap<Series, Bars>,
}

impl Board {
    /// Watches exactly these from now on. What was seen stays with those that did not change; new ones see the quote
    /// that is known.
    pub(super) fn replace(&mut self, watched: Vec<(Watched, Instrument)>, now: OffsetDateTime) -> Outcome {
        let mut known = self.take_entries();
        let (mut subjects, mut series): (HashMap<_, Subject>, HashMap<Series, Vec<_>>) = Default::default();
        for (watched, instrument) in watched {
            let id = watched.alert.id;
            let entry = known.remove(&id).filter(|entry| entry.is(&watched));
            let subject = subjects.entry(instrument.id).or_insert_with(|| self.subject(&instrument));
            match watched.alert.condition.subject.clone() {
                AlertSubject::Price(_) => {
                    subject.prices.push(entry.unwrap_or_else(|| Entry::new(watched)));
                }
                AlertSubject::Indicator(indicator) => {
                    let bars = Series { instrument: instrument.id, size: indicator.size };
                    let entry = entry.unwrap_or_else(|| Entry::new(watched));
                    series.entry(bars).or_default().push((indicator, entry, instrument));
                }
            }
        }
        self.subjects = subjects;
        let mut old = std::mem::take(&mut self.bars);
        for (bars, members) in series {
            let Some((_, _, instrument)) = members.first() else { continue };
            let wanted = members.iter().map(|(subject, ..)| subject.indicator);
            let statistics =
                Statistics::of(old.remove(&bars).map(|old| old.statistics), wanted, instrument, bars);
            let place = |subject: &domain::alert::AlertIndicator| statistics.place(subject.indicator);
            let entries =
                members.into_iter().filter_map(|(subject, entry, _)| Some((place(&subject)?, entry)));
            let entries = entries.collect();
            self.bars.insert(bars, Bars { statistics, entries });
        }
        let mut outcome = Outcome::default();
        for subject in self.subjects.values_mut() {
            subject.look(now, &mut outcome);
        }
        outcome
    }

    /// What must be published for these alerts.
    pub(super) fn topics(&self) -> HashSet<Topic> {
        let quotes = self.subjects.keys().map(|id| Topic::Quotes(*id));
        quotes.chain(self.bars.keys().map(|series| Topic::Bars(*series))).collect()
    }

    /// Takes in a quote, unless a later one of the same desk is known: what the bus retained may be the older one.
    pub(super) fn quote(&mut self, quote: &Quote, now: OffsetDateTime) -> Outcome {
        let mut outcome = Outcome::default();
        let is_later = |known: &Quote| {
            known.stamp.epoch != quote.stamp.epoch || known.stamp.sequence < quote.stamp.sequence
        };
        let subject = self.subjects.get_mut(&quote.instrument);
        if let Some(subject) = subject.filter(|subject| subject.quote.as_ref().is_none_or(is_later)) {
            subject.quote = Some(quote.clone());
            if is_trusted(quote.state) {
                subject.refused_since = None;
            }
            subject.look(now, &mut outcome);
            if is_trusted(quote.state) {
                self.note_all(quote.instrument, None, &mut outcome);
            }
        }
        outcome
    }

    /// Takes in the newest state of a live bar. [`Wants::History`] is to be fetched, and given to [`Self::history`].
    pub(super) fn bar(&mut self, update: &BarUpdate, now: OffsetDateTime) -> (Outcome, Wants) {
        let mut outcome = Outcome::default();
        let Some(bars) = self.bars.get_mut(&update.series) else { return (outcome, Wants::Nothing) };
        let wants = bars.statistics.take(update, now);
        if matches!(wants, Wants::Nothing) {
            self.look_at(update.series, now, &mut outcome);
        }
        (outcome, wants)
    }

    /// Takes in the history that a live bar wanted. The bars that came meanwhile may want more.
    pub(super) fn history(&mut self, answer: &Answer, now: OffsetDateTime) -> (Outcome, Wants) {
        let mut outcome = Outcome::default();
        let Some(bars) = self.bars.get_mut(&answer.series) else { return (outcome, Wants::Nothing) };
        let had_failed = bars.statistics.has_failed();
        let wants = bars.statistics.history(answer, now);
        if bars.statistics.has_failed() {
            bars.note(Some(NO_HISTORY), &mut outcome);
        } else if had_failed {
            bars.note(None, &mut outcome);
        }
        self.look_at(answer.series, now, &mut outcome);
        (outcome, wants)
    }

    /// Bars may have been missed: all begin anew.
    pub(super) fn lose_bars(&mut self) {
        self.bars.values_mut().for_each(|bars| bars.statistics.lose());
    }

    /// Takes in that an instrument is not fed.
    pub(super) fn refused(&mut self, refusal: &FeedRefusal, now: OffsetDateTime) -> Outcome {
        let mut outcome = Outcome::default();
        let Some(subject) = self.subjects.get_mut(&refusal.instrument) else { return outcome };
        if !is_for_good(refusal.code) {
            subject.refused_since = None;
        } else if now - *subject.refused_since.get_or_insert(now) >= REFUSED_FOR_GOOD {
            let instrument = subject.instrument.clone();
            let fail = |entry: &mut Entry| fail(entry, &instrument, &refusal.message, now);
            outcome.off = self.entries_of(refusal.instrument).filter_map(fail).collect();
            return outcome;
        }
        self.note_all(refusal.instrument, Some(&refusal.message), &mut outcome);
        outcome
    }

    /// Takes in which of those that went off were written down. Returns whether some were not: their owners changed them,
    /// and they are to be read again.
    pub(super) fn written(&mut self, tried: &[AlertId], fired: &[Fired]) -> bool {
        let written: HashSet<AlertId> = fired.iter().map(|fired| fired.alert).collect();
        let tried: HashSet<AlertId> = tried.iter().copied().collect();
        for entry in self.entries() {
            let alert = &entry.watched.alert;
            // One that rests now stays pending, and is gone when the alerts are read again.
            if written.contains(&alert.id) && alert.repeat == Repeat::EveryTime {
                entry.watched.arming += 1;
                entry.pending = false;
                entry.unkept = false;
            }
        }
        tried.iter().any(|id| !written.contains(id))
    }

    /// What was seen since it was kept last.
    pub(super) fn unkept(&mut self) -> Vec<Seen> {
        let keep = |entry: &mut Entry| {
            let is_new = std::mem::take(&mut entry.unkept) && !entry.pending;
            let (alert, arming) = (entry.watched.alert.id, entry.watched.arming);
            is_new.then_some(Seen { alert, arming, last: entry.watch.last?, armed: entry.watch.armed })
        };
        self.entries().filter_map(keep).collect()
    }

    fn entries(&mut self) -> impl Iterator<Item = &mut Entry> {
        let prices = self.subjects.values_mut().flat_map(|subject| &mut subject.prices);
        prices.chain(self.bars.values_mut().flat_map(|bars| &mut bars.entries).map(|(_, entry)| entry))
    }

    fn entries_of(&mut self, id: InstrumentId) -> impl Iterator<Item = &mut Entry> {
        let prices = self.subjects.get_mut(&id).into_iter().flat_map(|subject| &mut subject.prices);
        let bars = self.bars.iter_mut().filter(move |(series, _)| series.instrument == id);
        prices.chain(bars.flat_map(|(_, bars)| &mut bars.entries).map(|(_, entry)| entry))
    }

    fn take_entries(&mut self) -> HashMap<AlertId, Entry> {
        let prices = self.subjects.values_mut().flat_map(|subject| std::mem::take(&mut subject.prices));
        let bars = self.bars.values_mut().flat_map(|bars| std::mem::take(&mut bars.entries));
        prices.chain(bars.map(|(_, entry)| entry)).map(|entry| (entry.watched.alert.id, entry)).collect()
    }

    /// What is known of an instrument, without its entries.
    fn subject(&self, instrument: &Instrument) -> Subject {
        let known = self.subjects.get(&instrument.id);
        Subject {
            instrument: instrument.clone(),
            quote: known.and_then(|known| known.quote.clone()),
            prices: Vec::new(),
            refused_since: known.and_then(|known| known.refused_since),
        }
    }

    /// Lets the entries of a series see its newest values.
    fn look_at(&mut self, series: Series, now: OffsetDateTime, outcome: &mut Outcome) {
        let Some(bars) = self.bars.get_mut(&series) else { return };
        let Some(subject) = self.subjects.get(&series.instrument) else { return };
        for (place, entry) in &mut bars.entries {
            let AlertSubject::Indicator(indicator) = &entry.watched.alert.condition.subject else { continue };
            let Some((value, state)) = bars.statistics.value(*place, indicator.place()) else { continue };
            if let Some(value) = entry.see(Reading { value, state, at: now }) {
                outcome.off.push(goes_off(entry, &subject.instrument, value, now));
            }
        }
    }

    /// Tells the owners of an instrument's alerts why these are not watched, or that they are again.
    fn note_all(&mut self, id: InstrumentId, reason: Option<&str>, outcome: &mut Outcome) {
        let prices = self.subjects.get_mut(&id).into_iter().flat_map(|subject| &mut subject.prices);
        prices.for_each(|entry| entry.note(reason, outcome));
        for (_, bars) in self.bars.iter_mut().filter(|(series, _)| series.instrument == id) {
            // That prices come again does not help those that lack history.
            if reason.is_some() || !bars.statistics.has_failed() {
                bars.note(reason, outcome);
            }
        }
    }
}

impl Subject {
    /// Lets the entries see the quote.
    fn look(&mut self, now: OffsetDateTime, outcome: &mut Outcome) {
        let Some(quote) = &self.quote else { return };
        // Each price once, however many look at it.
        let mut values = [None; PriceField::ALL.len()];
        for (value, (field, _)) in values.iter_mut().zip(PriceField::ALL) {
            *value = field.of(&quote.values, self.instrument.asset_class);
        }
        for entry in &mut self.prices {
            let AlertSubject::Price(field) = entry.watched.alert.condition.subject else { continue };
            let Some(value) = values[field as usize] else { continue };
            if let Some(value) = entry.see(Reading { value, state: quote.state, at: now }) {
                outcome.off.push(goes_off(entry, &self.instrument, value, now));
            }
        }
    }
}

fn goes_off(entry: &Entry, instrument: &Instrument, value: Decimal, at: OffsetDateTime) -> Off {
    let alert = entry.watched.alert.clone();
    let text = Wording { alert: &alert, instrument, value }.text();
    Off { arming: entry.watched.arming, text, value, at, armed: entry.watch.armed, failure: None, alert }
}

fn fail(entry: &mut Entry, instrument: &Instrument, reason: &str, at: OffsetDateTime) -> Option<Off> {
    if std::mem::replace(&mut entry.pending, true) {
        return None;
    }
    let alert = entry.watched.alert.clone();
    let text = FailureText { alert: &alert, instrument, reason }.text();
    // Where nothing was seen, the threshold stands in its place.
    let value = entry.watch.last.unwrap_or(alert.condition.threshold);
    let failure = Some(reason.to_owned());
    Some(Off { arming: entry.watched.arming, text, value, at, armed: true, failure, alert })
}

fn is_trusted(state: FeedState) -> bool {
    matches!(state, FeedState::Live | FeedState::Delayed)
}

/// Whether asking again will not help. A broker that refuses without saying why may change its mind.
fn is_for_good(code: RefusalCode) -> bool {
    matches!(
        code,
        RefusalCode::NotFound | RefusalCode::InstrumentDelisted | RefusalCode::MarketDataNotSubscribed
    )
}

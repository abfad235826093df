//! The alerts that are watched, by what they look at. Pure: what is seen comes in, what goes off comes out.

use std::collections::{HashMap, HashSet};
use std::panic::{AssertUnwindSafe, catch_unwind};

use domain::alert::{AlertId, AlertSubject, Fired, PriceField, Reading, Repeat, Seen, Watched};
use domain::bar::{BarSize, BarUpdate, Series};
use domain::bus::{Message, Topic};
use domain::error::RefusalCode;
use domain::instrument::{Instrument, InstrumentId};
use domain::market_data::LineKind;
use domain::quote::{FeedRefusal, FeedState, Quote};
use time::{Duration, OffsetDateTime};

use super::entry::{Entry, Outcome};
use super::statistics::{Answer, Statistics, Wants};

/// How long an instrument must be refused for good, again and again, before its alerts fail: a broker's session may
/// only be in somebody else's hands for a moment.
const REFUSED_FOR_GOOD: Duration = Duration::seconds(60);

/// Why an alert on an indicator is not watched at the moment.
const NO_HISTORY: &str = "the past bars that the indicator needs cannot be read at the moment; they are asked for again by themselves";

/// Why an alert on an indicator cannot go off at the moment.
const NO_VALUE: &str =
    "the indicator has no value yet: it needs more past bars than there are, or a volume that is not told";

/// Why alerts fail at whose values this program stumbles.
const BROKE_OFF: &str = "a fault of the server while it was watched; the operator finds it in the desk's log, and once it is mended, the alert can be resumed";

/// What is known of an instrument that some alert looks at.
struct Subject {
    instrument: Instrument,
    quote: Option<Quote>,
    prices: Vec<Entry>,
    /// The sizes of the live bars that alerts look at.
    sizes: Vec<BarSize>,
    /// It was refused since it was fed last.
    is_refused: bool,
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
        let mut outcome = Outcome::default();
        let mut known = self.take_entries();
        let (mut subjects, mut series): (HashMap<_, Subject>, HashMap<Series, Vec<_>>) = Default::default();
        for (watched, instrument) in watched {
            let id = watched.alert.id;
            let entry = known.remove(&id).filter(|entry| entry.is(&watched));
            if let Some(entry) = &entry {
                entry.compare(watched.alert.reason.as_deref(), &mut outcome);
            }
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
            if let Some(subject) = self.subjects.get_mut(&bars.instrument) {
                subject.sizes.push(bars.size);
            }
            self.bars.insert(bars, Bars { statistics, entries });
        }
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

    /// Takes in something that was published. [`Wants::History`] is to be fetched, and given to [`Self::history`].
    pub(super) fn see(&mut self, message: &Message, now: OffsetDateTime) -> (Outcome, Wants) {
        self.guarded(message.topic(), now, |board| match message {
            Message::Quote(quote) => (board.quote(quote, now), Wants::Nothing),
            Message::Bar(update) => board.bar(update, now),
            Message::Refused(LineKind::Quotes, refusal) => (board.refused(refusal, now), Wants::Nothing),
            _ => (Outcome::default(), Wants::Nothing),
        })
    }

    /// Takes in the history that a live bar wanted. The bars that came meanwhile may want more.
    pub(super) fn history(&mut self, answer: &Answer, now: OffsetDateTime) -> (Outcome, Wants) {
        self.guarded(Topic::Bars(answer.series), now, |board| board.seed(answer, now))
    }

    /// Where this program stumbles over what is told on a topic, the alerts that look at it fail, and no others.
    fn guarded(
        &mut self,
        topic: Topic,
        now: OffsetDateTime,
        judge: impl FnOnce(&mut Self) -> (Outcome, Wants),
    ) -> (Outcome, Wants) {
        let judged = catch_unwind(AssertUnwindSafe(|| judge(self)));
        judged.unwrap_or_else(|_| (self.break_off(topic, now), Wants::Nothing))
    }

    fn break_off(&mut self, topic: Topic, now: OffsetDateTime) -> Outcome {
        let mut outcome = Outcome::default();
        match topic {
            Topic::Quotes(id) => {
                if let Some(Subject { instrument, prices, .. }) = self.subjects.get_mut(&id) {
                    let fail = |entry: &mut Entry| entry.fail(instrument, BROKE_OFF, now);
                    outcome.off.extend(prices.iter_mut().filter_map(fail));
                }
            }
            Topic::Bars(series) => {
                let instrument = self.subjects.get(&series.instrument).map(|subject| &subject.instrument);
                if let (Some(bars), Some(instrument)) = (self.bars.get_mut(&series), instrument) {
                    bars.statistics.lose();
                    let fail = |(_, entry): &mut (usize, Entry)| entry.fail(instrument, BROKE_OFF, now);
                    outcome.off.extend(bars.entries.iter_mut().filter_map(fail));
                }
            }
            _ => {}
        }
        outcome
    }

    /// Takes in a quote, unless a later one of the same desk is known: what the bus retained may be the older one.
    fn quote(&mut self, quote: &Quote, now: OffsetDateTime) -> Outcome {
        let mut outcome = Outcome::default();
        let is_later = |known: &Quote| {
            known.stamp.epoch != quote.stamp.epoch || known.stamp.sequence < quote.stamp.sequence
        };
        let subject = self.subjects.get_mut(&quote.instrument);
        if let Some(subject) = subject.filter(|subject| subject.quote.as_ref().is_none_or(is_later)) {
            subject.quote = Some(quote.clone());
            subject.look(now, &mut outcome);
            if is_trusted(quote.state) {
                subject.refused_since = None;
                let was_refused = std::mem::take(&mut subject.is_refused);
                subject.prices.iter_mut().for_each(|entry| entry.note(None, &mut outcome));
                // Those on indicators may still lack values: their bars tell.
                if was_refused {
                    self.each_of(quote.instrument, |entry| entry.note(None, &mut outcome));
                }
            }
        }
        outcome
    }

    /// Takes in the newest state of a live bar.
    fn bar(&mut self, update: &BarUpdate, now: OffsetDateTime) -> (Outcome, Wants) {
        let mut outcome = Outcome::default();
        let Some(bars) = self.bars.get_mut(&update.series) else { return (outcome, Wants::Nothing) };
        let wants = bars.statistics.take(update, now);
        if matches!(wants, Wants::Nothing) {
            self.look_at(update.series, now, &mut outcome);
        }
        (outcome, wants)
    }

    /// Takes in the past bars that a live one wanted.
    fn seed(&mut self, answer: &Answer, now: OffsetDateTime) -> (Outcome, Wants) {
        let mut outcome = Outcome::default();
        let Some(bars) = self.bars.get_mut(&answer.series) else { return (outcome, Wants::Nothing) };
        let wants = bars.statistics.history(answer, now);
        if bars.statistics.has_failed() {
            bars.note(Some(NO_HISTORY), &mut outcome);
        }
        self.look_at(answer.series, now, &mut outcome);
        (outcome, wants)
    }

    /// Bars may have been missed: all begin anew.
    pub(super) fn lose_bars(&mut self) {
        self.bars.values_mut().for_each(|bars| bars.statistics.lose());
    }

    /// Takes in that an instrument is not fed.
    fn refused(&mut self, refusal: &FeedRefusal, now: OffsetDateTime) -> Outcome {
        let mut outcome = Outcome::default();
        let Some(subject) = self.subjects.get_mut(&refusal.instrument) else { return outcome };
        subject.is_refused = true;
        if !is_for_good(refusal.code) {
            subject.refused_since = None;
        } else if now - *subject.refused_since.get_or_insert(now) >= REFUSED_FOR_GOOD {
            let instrument = subject.instrument.clone();
            let fail = |entry: &mut Entry| {
                outcome.off.extend(entry.fail(&instrument, &refusal.message, now));
            };
            self.each_of(refusal.instrument, fail);
            return outcome;
        }
        self.each_of(refusal.instrument, |entry| entry.note(Some(&refusal.message), &mut outcome));
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
                entry.rearm();
            }
        }
        tried.iter().any(|id| !written.contains(id))
    }

    /// What was seen since it was kept last.
    pub(super) fn unkept(&mut self) -> Vec<Seen> {
        self.entries().filter_map(Entry::unkept).collect()
    }

    /// Tells the owner of this alert that it is not watched, and why.
    pub(super) fn note(&mut self, alert: AlertId, reason: &str) -> Outcome {
        let mut outcome = Outcome::default();
        if let Some(entry) = self.entries().find(|entry| entry.watched.alert.id == alert) {
            entry.note(Some(reason), &mut outcome);
        }
        outcome
    }

    /// Tells all owners why nothing is watched.
    pub(super) fn note_whole(&mut self, reason: &str) -> Outcome {
        let mut outcome = Outcome::default();
        self.entries().for_each(|entry| entry.note(Some(reason), &mut outcome));
        outcome
    }

    fn entries(&mut self) -> impl Iterator<Item = &mut Entry> {
        let prices = self.subjects.values_mut().flat_map(|subject| &mut subject.prices);
        prices.chain(self.bars.values_mut().flat_map(|bars| &mut bars.entries).map(|(_, entry)| entry))
    }

    fn each_of(&mut self, instrument: InstrumentId, mut act: impl FnMut(&mut Entry)) {
        let Some(subject) = self.subjects.get_mut(&instrument) else { return };
        subject.prices.iter_mut().for_each(&mut act);
        for size in &subject.sizes {
            let bars = self.bars.get_mut(&Series { instrument, size: *size });
            bars.into_iter().flat_map(|bars| &mut bars.entries).for_each(|(_, entry)| act(entry));
        }
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
            sizes: Vec::new(),
            is_refused: known.is_some_and(|known| known.is_refused),
            refused_since: known.and_then(|known| known.refused_since),
        }
    }

    /// Lets the entries of a series see its newest values.
    fn look_at(&mut self, series: Series, now: OffsetDateTime, outcome: &mut Outcome) {
        let Some(bars) = self.bars.get_mut(&series) else { return };
        let Some(subject) = self.subjects.get(&series.instrument) else { return };
        let Some(state) = bars.statistics.state() else { return };
        for (place, entry) in &mut bars.entries {
            let AlertSubject::Indicator(indicator) = &entry.watched.alert.condition.subject else { continue };
            let value = bars.statistics.value(*place, indicator.place());
            if is_trusted(state) {
                entry.note(value.is_none().then_some(NO_VALUE), outcome);
            }
            let Some(value) = value else { continue };
            outcome.off.extend(entry.see(Reading { value, state, at: now }, &subject.instrument));
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
            let reading = Reading { value, state: quote.state, at: now };
            outcome.off.extend(entry.see(reading, &self.instrument));
        }
    }
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

//! The lines of one kind: opened for whom somebody listens to, kept for a while after nobody does any more.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;
use std::time::Duration;

use domain::RefusalCode;
use domain::bus::{Message, Topic};
use domain::desk::LineCount;
use domain::instrument::{Instrument, InstrumentId};
use domain::market_data::{ConnectionState, ConnectionStatus, MarketDataSource, SourceError, SourceEvent};
use domain::quote::{FeedRefusal, StreamGap};
use futures::stream::BoxStream;
use time::OffsetDateTime;
use tokio::time::Instant;
use tokio_stream::StreamMap;
use tracing::debug;

use super::demand::{Claims, Fresh};
use super::line::{Body, Claim, Line};
use super::outbox::Outbox;

/// How many times longer a refused line waits that nobody asked for.
const SPARE_PATIENCE: u32 = 20;

/// What those are told who were refused a line.
const ACCEPTED: &str = "the broker serves what it had refused; what came before is missing";

/// The lines of one kind.
pub(super) struct Lines<B: Body> {
    lines: HashMap<InstrumentId, Line<B>>,
    pub(super) streams: StreamMap<InstrumentId, BoxStream<'static, SourceEvent<B::Values>>>,
}

/// What lines are opened with.
pub(super) struct Ground {
    pub(super) source: Arc<dyn MarketDataSource>,
    pub(super) status: ConnectionStatus,
    /// The present moment, on both clocks.
    pub(super) now: Instant,
    pub(super) at: OffsetDateTime,
    /// How long after a refusal it is tried again.
    pub(super) refused_for: Duration,
    /// How long a line is kept after nobody listens any more.
    pub(super) linger: Duration,
}

impl Ground {
    /// Whether the source can be asked: also while it is away for a moment, since it comes back by itself.
    fn is_usable(&self) -> bool {
        matches!(
            self.status.state,
            ConnectionState::Connected | ConnectionState::Degraded | ConnectionState::Disconnected
        )
    }
}

impl<B: Body> Lines<B> {
    pub(super) fn new() -> Self {
        Self { lines: HashMap::new(), streams: StreamMap::new() }
    }

    pub(super) fn get(&self, id: InstrumentId) -> Option<&Line<B>> {
        self.lines.get(&id)
    }

    /// Whether its stream is open.
    pub(super) fn is_open(&self, id: InstrumentId) -> bool {
        self.streams.contains_key(&id)
    }

    pub(super) fn get_mut(&mut self, id: InstrumentId) -> Option<&mut Line<B>> {
        self.lines.get_mut(&id)
    }

    /// Takes in what is wanted, and opens and lets go of lines so that it is fed.
    pub(super) fn follow(&mut self, wanted: &Claims, fresh: &[Fresh], ground: &Ground, outbox: &mut Outbox) {
        for Fresh { instrument, retained, .. } in fresh.iter().filter(|fresh| fresh.kind == B::KIND) {
            if let Entry::Vacant(place) = self.lines.entry(instrument.id) {
                place.insert(Line::new(instrument.clone(), retained.as_deref()));
                self.tell(instrument.id, outbox);
            }
        }
        for (id, line) in &mut self.lines {
            line.mark(wanted.get(id).copied(), ground.now);
        }
        let idle = self.lines.iter().filter(|(_, line)| line.idle_for(ground.now, ground.linger));
        for id in idle.map(|(id, _)| *id).collect::<Vec<_>>() {
            self.let_go(id, outbox);
        }
        self.open(ground, outbox);
    }

    /// Subscribes what is wanted and is not yet, as far as the lines reach: first what somebody listens to.
    pub(super) fn open(&mut self, ground: &Ground, outbox: &mut Outbox) {
        let mut waiting: Vec<_> = self
            .lines
            .iter()
            .filter(|(id, _)| !self.streams.contains_key(id))
            .filter_map(|(id, line)| Some((line.may_open(ground.now)?, *id)))
            .collect();
        waiting.sort_unstable();
        for (claim, id) in waiting {
            let Some(line) = self.lines.get_mut(&id) else { continue };
            if line.sits_out(ground.now + ground.refused_for) {
                outbox.extend(line.refusal.clone().map(|refusal| Message::Refused(B::KIND, refusal)));
                continue;
            }
            let instrument = line.instrument.clone();
            let (status, limit) = (&ground.status, ground.source.line_limit(B::KIND));
            if status.state == ConnectionState::Refused {
                let message = status.message.clone().unwrap_or_default();
                self.refuse(id, (RefusalCode::BrokerRefused, message), ground, outbox);
            } else if status.environment.is_some_and(|environment| environment != instrument.environment) {
                self.refuse(id, (RefusalCode::NotFound, other_world(&instrument)), ground, outbox);
            } else if ground.is_usable() && self.has_room(limit, claim, ground, outbox) {
                self.streams.insert(id, B::subscribe(ground.source.as_ref(), &instrument));
                self.lines.entry(id).and_modify(|line| line.open(ground.now));
            } else if ground.is_usable() && claim == Claim::Asked {
                let message =
                    format!("all {limit} {} lines are in use by instruments that somebody watches", B::KIND);
                self.refuse(id, (RefusalCode::MarketDataLinesExhausted, message), ground, outbox);
            }
        }
    }

    /// Whether a line is free for such a claim.
    fn has_room(&mut self, limit: usize, claim: Claim, ground: &Ground, outbox: &mut Outbox) -> bool {
        self.streams.len() < limit || (claim == Claim::Asked && self.make_room(ground, outbox))
    }

    /// Lets go of a line that only lingers or is spare; false where somebody watches all of them.
    fn make_room(&mut self, ground: &Ground, outbox: &mut Outbox) -> bool {
        let open = |id: &&InstrumentId| self.streams.contains_key(*id);
        let lingering = self
            .lines
            .iter()
            .filter(|(id, line)| open(id) && line.idle_for(ground.now, Duration::ZERO))
            .min_by_key(|(_, line)| line.unwanted_since());
        let spare = || self.lines.iter().find(|(id, line)| open(id) && line.claim() == Some(Claim::Spare));
        let id = lingering.or_else(spare).map(|(id, _)| *id);
        if let Some(id) = id {
            self.release(id, outbox);
        }
        id.is_some()
    }

    /// Gives a stream up for another's. A line that is still wanted stays, and is opened again where there is room.
    fn release(&mut self, id: InstrumentId, outbox: &mut Outbox) {
        match self.lines.get_mut(&id) {
            Some(line) if line.claim().is_some() => {
                debug!(instrument = %id, kind = %B::KIND, "line makes room");
                self.streams.remove(&id);
                line.body.doubt("the line was given to an instrument that somebody watches");
                self.tell(id, outbox);
            }
            _ => self.let_go(id, outbox),
        }
    }

    /// Cancels an instrument's stream, and says that what is known is no longer kept up to date.
    fn let_go(&mut self, id: InstrumentId, outbox: &mut Outbox) {
        debug!(instrument = %id, kind = %B::KIND, "line released");
        self.streams.remove(&id);
        if let Some(line) = self.lines.get_mut(&id) {
            line.body.doubt("nobody watches this instrument; these are the last known values");
            self.tell(id, outbox);
        }
        self.lines.remove(&id);
    }

    /// The stream of an instrument has ended by itself.
    pub(super) fn ended(
        &mut self,
        id: InstrumentId,
        error: SourceError,
        ground: &Ground,
        outbox: &mut Outbox,
    ) {
        self.streams.remove(&id);
        self.lines.entry(id).and_modify(Line::rebuff);
        let why = match error {
            SourceError::Rejected { code, message } => (code, message),
            SourceError::Unavailable(message) => (RefusalCode::BrokerRefused, message),
        };
        self.refuse(id, why, ground, outbox);
    }

    /// Tells whoever asks for this instrument why it is not fed; tried again after a while.
    fn refuse(
        &mut self,
        id: InstrumentId,
        (code, message): (RefusalCode, String),
        ground: &Ground,
        outbox: &mut Outbox,
    ) {
        let is_spare = self.lines.get(&id).is_some_and(|line| line.claim() == Some(Claim::Spare));
        if let Some(line) = self.lines.get_mut(&id) {
            let patience = if is_spare { SPARE_PATIENCE } else { 1 };
            line.refuse(ground.now + patience * ground.refused_for, &message);
            self.tell(id, outbox);
        }
        if !is_spare {
            let refusal = FeedRefusal { instrument: id, code, message, at: ground.at };
            self.lines.entry(id).and_modify(|line| line.refusal = Some(refusal.clone()));
            outbox.put(Message::Refused(B::KIND, refusal));
        }
    }

    /// Tells what is known of an instrument.
    pub(super) fn tell(&mut self, id: InstrumentId, outbox: &mut Outbox) {
        let Some(line) = self.lines.get_mut(&id) else { return };
        if let Some(message) = line.body.whole(|| outbox.stamp(Topic::of(B::KIND, id))) {
            outbox.put(message);
        }
    }

    /// Tells everything anew, after the bus may have forgotten it.
    pub(super) fn tell_all(&mut self, outbox: &mut Outbox) {
        for id in self.lines.keys().copied().collect::<Vec<_>>() {
            self.tell(id, outbox);
        }
    }

    /// Tells the refusals that stand again, after they may not have been heard.
    pub(super) fn tell_refusals(&self, outbox: &mut Outbox) {
        let is_refused = |(id, line): &(&InstrumentId, &Line<B>)| {
            line.claim() == Some(Claim::Asked) && !self.streams.contains_key(*id)
        };
        let refused = self.lines.iter().filter(is_refused);
        let refusals = refused.filter_map(|(_, line)| line.refusal.clone());
        outbox.extend(refusals.map(|refusal| Message::Refused(B::KIND, refusal)));
    }

    /// Tells those who were refused a line that it is open by now, though nothing has come through it yet.
    pub(super) fn relent(&mut self, ground: &Ground, outbox: &mut Outbox) {
        for id in self.streams.keys() {
            if let Some(line) = self.lines.get_mut(id).filter(|line| line.is_accepted(ground.now)) {
                line.served();
                tell_gap::<B>(*id, ground.at, ACCEPTED.to_owned(), outbox);
            }
        }
    }

    /// Tells of every open line that something of it may be missing.
    pub(super) fn tell_gaps(&self, at: OffsetDateTime, reason: &str, outbox: &mut Outbox) {
        for id in self.streams.keys() {
            tell_gap::<B>(*id, at, reason.to_owned(), outbox);
        }
    }

    /// How many are in use.
    pub(super) fn count(&self, source: &dyn MarketDataSource) -> LineCount {
        LineCount { used: self.streams.len(), limit: source.line_limit(B::KIND) }
    }
}

/// Tells that something of an instrument's line is missing.
pub(super) fn tell_gap<B: Body>(id: InstrumentId, at: OffsetDateTime, reason: String, outbox: &mut Outbox) {
    let after = outbox.last(Topic::of(B::KIND, id));
    outbox.put(Message::Gap(B::KIND, StreamGap { instrument: id, after, at, reason }));
}

fn other_world(instrument: &Instrument) -> String {
    format!(
        "{} belongs to the {} world, and the broker that is connected now to another",
        instrument.symbol, instrument.environment
    )
}

//! What is wanted, read beside the feed: a database or a bus that is slow to answer must not hold up quotes.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use domain::bar::{BarSize, Series};
use domain::bus::{Message, Topic};
use domain::instrument::{Instrument, InstrumentId};
use domain::market_data::LineKind;
use futures::StreamExt;
use futures::stream::BoxStream;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::CancellationToken;
use tracing::warn;

use super::line::Claim;
use crate::DeskPorts;
use crate::leader::{Leadership, error_chain};

/// Who wants the lines of one kind.
pub(super) type Claims = HashMap<InstrumentId, Claim>;

/// What somebody listens to now.
#[derive(Default)]
pub(super) struct Wanted {
    pub(super) quotes: Claims,
    pub(super) trades: Claims,
    pub(super) depth: Claims,
    pub(super) series: HashSet<Series>,
    /// Lines that were not wanted the time before.
    pub(super) fresh: Vec<Fresh>,
}

/// A line that was not wanted before.
pub(super) struct Fresh {
    pub(super) kind: LineKind,
    pub(super) instrument: Instrument,
    /// What the bus knows of it.
    pub(super) retained: Option<Arc<Message>>,
}

impl Wanted {
    fn of(topics: Vec<Topic>) -> Self {
        let mut wanted = Self::default();
        for topic in topics {
            match topic {
                Topic::Quotes(id) => claim(&mut wanted.quotes, id, Claim::Asked),
                Topic::Trades(id) => claim(&mut wanted.trades, id, Claim::Asked),
                Topic::Depth(id) => claim(&mut wanted.depth, id, Claim::Asked),
                Topic::Bars(series) => {
                    claim(&mut wanted.quotes, series.instrument, Claim::Asked);
                    // They are never corrected from history, so that each print counts.
                    if series.size < BarSize::Min1 {
                        claim(&mut wanted.trades, series.instrument, Claim::Spare);
                    }
                    wanted.series.insert(series);
                }
                Topic::Desk | Topic::Alerts | Topic::AlertEvents(_) => {}
            }
        }
        wanted
    }

    fn lines(&self) -> HashSet<(LineKind, InstrumentId)> {
        let of = |kind, claims: &Claims| claims.keys().map(move |id| (kind, *id)).collect::<Vec<_>>();
        let all = [
            of(LineKind::Quotes, &self.quotes),
            of(LineKind::Trades, &self.trades),
            of(LineKind::Depth, &self.depth),
        ];
        all.into_iter().flatten().collect()
    }
}

fn claim(claims: &mut Claims, id: InstrumentId, claim: Claim) {
    let known = claims.entry(id).or_insert(claim);
    *known = claim.min(*known);
}

/// Yields what is wanted when that may have changed, and every so often in any case.
pub(super) fn follow(this: &Leadership, ended: CancellationToken) -> BoxStream<'static, Wanted> {
    let (ports, every) = (this.ports.clone(), this.options.demand_every);
    let (sender, receiver) = mpsc::channel(1);
    tokio::spawn(async move {
        let mut reader = Reader { ports, known: HashMap::new(), wanted: HashSet::new() };
        let mut changes = None;
        loop {
            let round = async {
                if changes.is_none() {
                    changes = reader.ports.demand.changes().await.ok();
                }
                if let Some(wanted) = reader.read().await {
                    // The feed ends with this task.
                    let _ = sender.send(wanted).await;
                }
                let next = async {
                    match &mut changes {
                        Some(changes) => changes.next().await,
                        None => std::future::pending().await,
                    }
                };
                if let Ok(None) = tokio::time::timeout(every, next).await {
                    changes = None;
                }
            };
            tokio::select! {
                () = ended.cancelled() => return,
                () = round => {}
            }
        }
    });
    ReceiverStream::new(receiver).boxed()
}

struct Reader {
    ports: DeskPorts,
    known: HashMap<InstrumentId, Instrument>,
    wanted: HashSet<(LineKind, InstrumentId)>,
}

impl Reader {
    /// `None` where the bus does not answer: what was wanted before is then still fed.
    async fn read(&mut self) -> Option<Wanted> {
        let mut wanted = Wanted::of(self.ports.demand.wanted().await.ok()?);
        let lines = wanted.lines();
        wanted.fresh = self.fresh(&lines).await;
        // One that could not be looked up counts as fresh again the next time.
        self.wanted = lines.into_iter().filter(|(_, id)| self.known.contains_key(id)).collect();
        Some(wanted)
    }

    async fn fresh(&mut self, lines: &HashSet<(LineKind, InstrumentId)>) -> Vec<Fresh> {
        let fresh: Vec<_> = lines.difference(&self.wanted).copied().collect();
        self.look_up(fresh.iter().map(|(_, id)| *id)).await;
        let fresh: Vec<_> = fresh
            .into_iter()
            .filter_map(|(kind, id)| Some((kind, self.known.get(&id)?.clone())))
            .filter(|(kind, instrument)| *kind != LineKind::Trades || instrument.asset_class.has_tape())
            .collect();
        if fresh.is_empty() {
            return Vec::new();
        }
        let topics: Vec<_> = fresh.iter().map(|(kind, instrument)| Topic::of(*kind, instrument.id)).collect();
        let latest = self.ports.bus.latest(&topics).await.unwrap_or_default();
        fresh
            .into_iter()
            .zip(latest.into_iter().chain(std::iter::repeat(None)))
            .map(|((kind, instrument), retained)| Fresh { kind, instrument, retained })
            .collect()
    }

    async fn look_up(&mut self, ids: impl Iterator<Item = InstrumentId>) {
        let unknown: HashSet<_> = ids.filter(|id| !self.known.contains_key(id)).collect();
        if unknown.is_empty() {
            return;
        }
        match self.ports.instruments.find(&unknown.into_iter().collect::<Vec<_>>()).await {
            Ok(found) => {
                self.known.extend(found.into_iter().map(|instrument| (instrument.id, instrument)));
            }
            Err(error) => warn!(error = error_chain(&error), "cannot look up instruments"),
        }
    }
}

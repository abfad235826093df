//! What is wanted, read beside the feed: a database or a bus that is slow to answer must not hold up quotes.

use std::collections::{HashMap, HashSet};

use domain::bar::Series;
use domain::bus::{Message, Topic};
use domain::instrument::{Instrument, InstrumentId};
use domain::quote::Quote;
use futures::StreamExt;
use futures::stream::BoxStream;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::CancellationToken;
use tracing::warn;

use crate::DeskPorts;
use crate::leader::{Leadership, error_chain};

/// What somebody listens to now.
pub(super) struct Wanted {
    pub(super) instruments: HashSet<InstrumentId>,
    pub(super) series: HashSet<Series>,
    /// Those that were not wanted the time before, with the last quote that the bus knows of them.
    pub(super) fresh: Vec<(Instrument, Option<Quote>)>,
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
    wanted: HashSet<InstrumentId>,
}

impl Reader {
    /// `None` where the bus does not answer: what was wanted before is then still fed.
    async fn read(&mut self) -> Option<Wanted> {
        let topics = self.ports.demand.wanted().await.ok()?;
        let mut instruments = HashSet::new();
        let mut series = HashSet::new();
        for topic in topics {
            match topic {
                Topic::Quotes(instrument) => {
                    instruments.insert(instrument);
                }
                Topic::Bars(one) => {
                    instruments.insert(one.instrument);
                    series.insert(one);
                }
                Topic::Desk => {}
            }
        }
        let fresh = self.fresh(&instruments).await;
        // One that could not be looked up counts as fresh again the next time.
        let looked_up = |id: &InstrumentId| self.known.contains_key(id);
        self.wanted = instruments.iter().filter(|id| looked_up(id)).copied().collect();
        Some(Wanted { instruments, series, fresh })
    }

    async fn fresh(&mut self, instruments: &HashSet<InstrumentId>) -> Vec<(Instrument, Option<Quote>)> {
        let fresh: Vec<_> = instruments.difference(&self.wanted).copied().collect();
        let unknown: Vec<_> = fresh.iter().filter(|id| !self.known.contains_key(id)).copied().collect();
        if !unknown.is_empty() {
            match self.ports.instruments.find(&unknown).await {
                Ok(found) => {
                    self.known.extend(found.into_iter().map(|instrument| (instrument.id, instrument)));
                }
                Err(error) => warn!(error = error_chain(&error), "cannot look up instruments"),
            }
        }
        let fresh: Vec<_> = fresh.iter().filter_map(|id| self.known.get(id).cloned()).collect();
        if fresh.is_empty() {
            return Vec::new();
        }
        let topics: Vec<_> = fresh.iter().map(|instrument| Topic::Quotes(instrument.id)).collect();
        let latest = self.ports.bus.latest(&topics).await.unwrap_or_default();
        let retained = latest.into_iter().map(|message| match message.as_deref() {
            Some(Message::Quote(quote)) => Some(quote.clone()),
            _ => None,
        });
        fresh.into_iter().zip(retained.chain(std::iter::repeat(None))).collect()
    }
}

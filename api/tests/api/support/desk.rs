//! A desk that answers what the test says.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use domain::bar::{Bar, BarQuery};
use domain::bus::BusError;
use domain::desk::{Asked, DeskAnswer, DeskQuestion, DeskReply, DeskRequests};
use domain::market_data::SourceError;
use domain::trade::TradeValues;
use futures::StreamExt as _;
use futures::stream::BoxStream;

use super::instrument;

#[derive(Default)]
pub struct FakeDesk {
    pub away: AtomicBool,
    pub bars: Mutex<Vec<Bar>>,
    pub ticks: Mutex<Vec<TradeValues>>,
    pub asked: Mutex<Vec<DeskQuestion>>,
    /// Symbols that a search finds besides the one searched for.
    pub also: Mutex<HashMap<String, Vec<String>>>,
    waiting: Arc<AtomicUsize>,
}

impl FakeDesk {
    /// How many questions were put that are never answered, and are still waited for.
    pub fn waiting(&self) -> usize {
        self.waiting.load(Ordering::SeqCst)
    }

    /// The bars that a question is about, as a real desk understands it.
    fn history(&self, query: BarQuery) -> Vec<Bar> {
        let mut bars = self.bars.lock().unwrap().clone();
        match query {
            BarQuery::Range(range) => bars.retain(|bar| (range.from..range.to).contains(&bar.time)),
            BarQuery::Last { count, to } => {
                bars.retain(|bar| bar.time < to);
                bars.drain(..bars.len().saturating_sub(count));
            }
        }
        bars
    }

    async fn never(&self) -> DeskReply {
        let _waits = Waits::new(&self.waiting);
        std::future::pending().await
    }
}

/// Somebody who waits for an answer.
struct Waits(Arc<AtomicUsize>);

impl Waits {
    fn new(count: &Arc<AtomicUsize>) -> Self {
        count.fetch_add(1, Ordering::SeqCst);
        Self(count.clone())
    }
}

impl Drop for Waits {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

#[async_trait]
impl DeskRequests for FakeDesk {
    async fn ask(&self, question: DeskQuestion, _: Duration) -> DeskReply {
        self.asked.lock().unwrap().push(question.clone());
        if self.away.load(Ordering::SeqCst) {
            return Err(SourceError::Unavailable("no desk is running".into()));
        }
        match question {
            DeskQuestion::Search(text) if text == "FOREVER" => self.never().await,
            DeskQuestion::Search(text) if text.starts_with("NOTHING") => {
                Ok(DeskAnswer::Instruments(Vec::new()))
            }
            DeskQuestion::Search(text) => {
                let also = self.also.lock().unwrap().get(&text).cloned().unwrap_or_default();
                let symbols = std::iter::once(text).chain(also);
                Ok(DeskAnswer::Instruments(symbols.map(|symbol| instrument(&symbol)).collect()))
            }
            DeskQuestion::Named(wanted) => {
                Ok(DeskAnswer::Instruments(wanted.iter().map(|(symbol, _)| instrument(symbol)).collect()))
            }
            DeskQuestion::Ticks { .. } => Ok(DeskAnswer::Ticks(self.ticks.lock().unwrap().clone())),
            DeskQuestion::Bars { query, .. } => Ok(DeskAnswer::Bars(self.history(query))),
        }
    }

    async fn questions(&self) -> Result<BoxStream<'static, Asked>, BusError> {
        Ok(futures::stream::pending().boxed())
    }
}

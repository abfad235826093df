//! Trade lines: every print of an instrument, tick by tick.

use std::sync::Arc;

use domain::instrument::Instrument;
use domain::market_data::LineKind;
use domain::trade::TradeValues;
use futures::FutureExt;
use ibapi::contracts::Contract;
use ibapi::market_data::realtime::Trade;
use rust_decimal::Decimal;

use super::flow::{AfterLoss, Asking, Flow, StateOrder, Unreadable, Wire};
use crate::ib::link::Session;
use crate::ib::print;
use crate::ib::tick::Timeliness;

/// Nothing of the past: what was printed before is asked for by itself.
const NO_HISTORY: i32 = 0;

/// Every print of an instrument.
pub(in crate::ib) struct TradeFlow {
    increment: Decimal,
    news: Vec<TradeValues>,
    timeliness: Timeliness,
}

impl Flow for TradeFlow {
    const KIND: LineKind = LineKind::Trades;
    const AFTER_LOSS: AfterLoss = AfterLoss::GoOn;
    const STATE: StateOrder = StateOrder::BeforeValues;
    type Tick = Trade;
    type Values = TradeValues;

    fn new(instrument: &Instrument) -> Self {
        Self { increment: instrument.price_increment, news: Vec::new(), timeliness: Timeliness::Live }
    }

    fn subscribe(session: Arc<Session>, contract: Contract) -> Asking<Trade> {
        async move {
            // All of them, also those that move neither last nor volume: each says so of itself.
            let ticks = session.client.tick_by_tick(&contract, NO_HISTORY).all_last().await?;
            Ok(Box::new(ticks) as Box<dyn Wire<Trade>>)
        }
        .boxed()
    }

    fn take(&mut self, tick: Trade) -> Result<(), Unreadable> {
        self.news.push(print::live(tick, self.increment).ok_or(Unreadable)?);
        Ok(())
    }

    fn news(&mut self) -> Vec<TradeValues> {
        std::mem::take(&mut self.news)
    }

    fn timeliness(&self) -> Timeliness {
        self.timeliness
    }

    fn mark_delayed(&mut self) {
        self.timeliness = Timeliness::Delayed;
    }
}

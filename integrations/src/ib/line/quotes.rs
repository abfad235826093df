//! Quote lines: the ticks of an instrument, folded into the latest prices.

use std::sync::Arc;

use domain::instrument::Instrument;
use domain::market_data::LineKind;
use domain::quote::QuoteValues;
use futures::FutureExt;
use ibapi::contracts::Contract;
use ibapi::market_data::realtime::TickTypes;

use super::flow::{AfterLoss, Asking, Flow, StateOrder, Unreadable, Wire};
use crate::ib::link::Session;
use crate::ib::tick::{Fold, Timeliness};

/// The latest prices of an instrument.
pub(in crate::ib) struct QuoteFlow {
    fold: Fold,
    told: Option<QuoteValues>,
}

impl Flow for QuoteFlow {
    const KIND: LineKind = LineKind::Quotes;
    const AFTER_LOSS: AfterLoss = AfterLoss::GoOn;
    const STATE: StateOrder = StateOrder::AfterValues;
    type Tick = TickTypes;
    type Values = QuoteValues;

    fn new(instrument: &Instrument) -> Self {
        Self { fold: Fold::new(instrument.price_increment), told: None }
    }

    fn subscribe(session: Arc<Session>, contract: Contract) -> Asking<TickTypes> {
        async move {
            let ticks = session.client.market_data(&contract).subscribe().await?;
            Ok(Box::new(ticks) as Box<dyn Wire<TickTypes>>)
        }
        .boxed()
    }

    fn take(&mut self, tick: TickTypes) -> Result<(), Unreadable> {
        self.fold.take(&tick);
        Ok(())
    }

    fn news(&mut self) -> Vec<QuoteValues> {
        let values = self.fold.values();
        let unchanged = match &self.told {
            // The time of a trade precedes its price, and is told with it.
            Some(told) => *told == QuoteValues { source_at: told.source_at, ..values.clone() },
            None => *values == QuoteValues { source_at: values.source_at, ..QuoteValues::default() },
        };
        if unchanged {
            return Vec::new();
        }
        self.told = Some(values.clone());
        vec![values.clone()]
    }

    fn timeliness(&self) -> Timeliness {
        self.fold.timeliness
    }

    fn mark_delayed(&mut self) {
        self.fold.timeliness = Timeliness::Delayed;
    }
}

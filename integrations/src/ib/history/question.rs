//! One question for bars, on its way to IB and back.

use std::sync::Arc;
use std::time::Duration;

use domain::bar::{Bar, BarSize, BarSource};
use domain::decimal::Price;
use domain::instrument::Instrument;
use domain::market_data::SourceError;
use domain::world::{ConnectionId, Environment};
use ibapi::Error;
use ibapi::contracts::Contract;
use ibapi::market_data::TradingHours;
use ibapi::market_data::historical::{self, BarTimestamp, WhatToShow};
use rust_decimal::Decimal;
use time::OffsetDateTime;
use tokio::sync::Semaphore;
use tokio::time::{sleep_until, timeout};

use super::Bars;
use crate::ib::budget::Class;
use crate::ib::connection::Connection;
use crate::ib::contract::contract_of;
use crate::ib::lookback::Lookback;
use crate::ib::pacing::Pacing;
use crate::ib::refusal::{is_no_data, source_error};
use crate::ib::tick::quantity;

/// One question to IB.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Question {
    pub(super) contract_id: i32,
    pub(super) size: BarSize,
    pub(super) end: OffsetDateTime,
    pub(super) lookback: Lookback,
}

/// What a question is asked of.
#[derive(Clone)]
pub(super) struct Subject {
    pub(super) contract: Contract,
    pub(super) source: BarSource,
    /// The smallest step of a bar's price: a mid price falls half-way between two prices.
    pub(super) step: Decimal,
}

impl Subject {
    pub(super) fn of(
        instrument: &Instrument,
        connection: &ConnectionId,
        environment: Environment,
    ) -> Result<Self, SourceError> {
        let contract = contract_of(instrument, connection, environment)?;
        let source = BarSource::of(instrument.asset_class);
        let step = match source {
            BarSource::Trades => instrument.price_increment,
            BarSource::MidPoint => instrument.price_increment / Decimal::TWO,
        };
        Ok(Self { contract, source, step })
    }

    fn bar(&self, bar: &historical::Bar, size: BarSize) -> Option<Bar> {
        let price = |value| Price::from_f64(value, self.step);
        let time = match bar.date {
            BarTimestamp::Date(date) => size.floor(date.midnight().assume_utc()),
            BarTimestamp::DateTime(moment) if size >= BarSize::Day1 => size.floor(moment),
            BarTimestamp::DateTime(moment) => moment,
        };
        let volume = match self.source {
            BarSource::Trades => quantity(bar.volume),
            BarSource::MidPoint => None,
        };
        Some(Bar {
            time,
            open: price(bar.open)?,
            high: price(bar.high)?,
            low: price(bar.low)?,
            close: price(bar.close)?,
            volume,
        })
    }
}

/// One question on its way.
pub(super) struct Asking {
    pub(super) connection: Arc<Connection>,
    pub(super) pacing: Arc<Pacing>,
    pub(super) open: Arc<Semaphore>,
    pub(super) subject: Subject,
    pub(super) question: Question,
}

impl Asking {
    pub(super) async fn run(self) -> Result<Bars, SourceError> {
        let Question { contract_id, size, .. } = self.question;
        let patience = self.connection.timings.history_patience;
        let start = self.pacing.reserve(contract_id, size, patience).map_err(too_long)?;
        sleep_until(start).await;
        let _open = timeout(patience, self.open.acquire()).await.map_err(|_elapsed| too_long(patience))?;
        let session = self.connection.session().await?;
        self.connection.budget.acquire(Class::History).await;
        let what = match self.subject.source {
            BarSource::Trades => WhatToShow::Trades,
            BarSource::MidPoint => WhatToShow::MidPoint,
        };
        let asked = session
            .client
            .historical_data(&self.subject.contract, wire_size(size))
            .what_to_show(what)
            .trading_hours(TradingHours::Extended)
            .ending(self.question.end)
            .duration(self.question.lookback.into());
        self.read(asked.fetch().await)
    }

    fn read(&self, answer: Result<historical::HistoricalData, Error>) -> Result<Bars, SourceError> {
        let size = self.question.size;
        match answer {
            Ok(data) => {
                Ok(Arc::new(data.bars.iter().filter_map(|bar| self.subject.bar(bar, size)).collect()))
            }
            Err(error) if is_no_data(&error) => Ok(Bars::default()),
            Err(error) => Err(source_error(&error, "the question for bars")),
        }
    }
}

pub(super) fn too_long(wait: Duration) -> SourceError {
    SourceError::Unavailable(format!(
        "Interactive Brokers rations questions about the past, and this one would have to wait {} s: try again later, \
         or ask for longer bars",
        wait.as_secs().max(1)
    ))
}

fn wire_size(size: BarSize) -> historical::BarSize {
    use historical::BarSize as Wire;
    match size {
        BarSize::Sec1 => Wire::Sec,
        BarSize::Sec5 => Wire::Sec5,
        BarSize::Sec10 => Wire::Sec10,
        BarSize::Sec15 => Wire::Sec15,
        BarSize::Sec30 => Wire::Sec30,
        BarSize::Min1 => Wire::Min,
        BarSize::Min2 => Wire::Min2,
        BarSize::Min3 => Wire::Min3,
        BarSize::Min5 => Wire::Min5,
        BarSize::Min10 => Wire::Min10,
        BarSize::Min15 => Wire::Min15,
        BarSize::Min20 => Wire::Min20,
        BarSize::Min30 => Wire::Min30,
        BarSize::Hour1 => Wire::Hour,
        BarSize::Hour2 => Wire::Hour2,
        BarSize::Hour3 => Wire::Hour3,
        BarSize::Hour4 => Wire::Hour4,
        BarSize::Hour8 => Wire::Hour8,
        BarSize::Day1 => Wire::Day,
        BarSize::Week1 => Wire::Week,
        BarSize::Month1 => Wire::Month,
    }
}

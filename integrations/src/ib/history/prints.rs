//! The latest prints of an instrument, asked for tick by tick.

use std::sync::Arc;
use std::time::Duration;

use domain::bar::BarSize;
use domain::instrument::Instrument;
use domain::market_data::SourceError;
use domain::trade::{MAX_TRADES, TradeValues};
use futures::stream::StreamExt;
use ibapi::Error;
use ibapi::contracts::Contract;
use ibapi::market_data::TradingHours;
use ibapi::subscriptions::SubscriptionItem;
use tokio::time::{sleep_until, timeout};

use super::History;
use super::question::too_long;
use crate::ib::budget::Class;
use crate::ib::connection::Connection;
use crate::ib::contract::contract_of;
use crate::ib::print;
use crate::ib::refusal::{is_no_data, source_error};

/// The gateway's moments have no fractions: what was printed in the present second is asked for, too.
const PRESENT: Duration = Duration::from_secs(1);

impl History {
    /// The last `count` prints, oldest first.
    pub(in crate::ib) async fn prints(
        &self,
        instrument: &Instrument,
        count: usize,
    ) -> Result<Vec<TradeValues>, SourceError> {
        let session = self.connection.session().await?;
        let contract = contract_of(instrument, &self.connection.id, session.environment)?;
        let patience = self.connection.timings.history_patience;
        // IB rations them like the shortest bars.
        let start = self.pacing.reserve(contract.contract_id, BarSize::Sec1, patience).map_err(too_long)?;
        sleep_until(start).await;
        let _open = timeout(patience, self.open.acquire()).await.map_err(|_elapsed| too_long(patience))?;
        self.connection.budget.acquire(Class::History).await;
        let count = count.min(MAX_TRADES);
        let answer = timeout(self.connection.timings.history_answer, ask(&self.connection, &contract, count));
        let ticks = match answer.await.unwrap_or(Err(Error::Timeout)) {
            Ok(ticks) => ticks,
            Err(error) if is_no_data(&error) => Vec::new(),
            Err(error) => return Err(source_error(&error, "the question for trades")),
        };
        let mut prints: Vec<_> =
            ticks.into_iter().filter_map(|tick| print::past(tick, instrument.price_increment)).collect();
        // A second is never cut in two, so that there may be more than was asked for.
        Ok(prints.split_off(prints.len().saturating_sub(count)))
    }
}

async fn ask(
    connection: &Arc<Connection>,
    contract: &Contract,
    count: usize,
) -> Result<Vec<ibapi::market_data::historical::TickLast>, Error> {
    let session = connection.session().await.map_err(|_away| Error::ConnectionReset)?;
    let wanted = i32::try_from(count).unwrap_or(i32::MAX);
    let asked = session
        .client
        .historical_ticks(contract, wanted)
        .ending(connection.now() + PRESENT)
        .trading_hours(TradingHours::Extended);
    let mut answer = asked.trade().await?;
    let mut ticks = Vec::with_capacity(count);
    while let Some(item) = answer.next().await {
        if let SubscriptionItem::Data(tick) = item? {
            ticks.push(tick);
        }
    }
    Ok(ticks)
}

//! Trades: what was printed on the market's tape, asked for or followed.

use std::sync::Arc;
use std::time::Duration;

use async_graphql::{Context, Enum, ID, Object, Result, SimpleObject, Subscription, Union};
use domain::desk::{DeskAnswer, DeskQuestion};
use domain::error::{Refusal, RefusalCode};
use domain::trade::{MAX_TRADES, TradeValues};
use domain::user::Permission;
use futures::{Stream, StreamExt as _};

use crate::feed::{FeedEvent, Pace, Shown};
use crate::graphql::complexity::of_series;
use crate::graphql::core;
use crate::graphql::error::{internal, top_level};
use crate::graphql::guard::{Requires, permitted};
use crate::graphql::instrument::{Instrument, WrongAnswer, named};
use crate::graphql::quote::{FeedState, StreamGap, refused};
use crate::graphql::scalar::{DateTime, Decimal};
use crate::share::events;

/// How long the desk may take for trades of the past.
const HISTORY_DEADLINE: Duration = Duration::from_secs(25);

/// Who was in a hurry, told by the quote of then.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "domain::trade::TradeSide")]
pub enum TradeSide {
    /// At or above the offer: the buyer.
    Buy,
    /// At or below the bid: the seller.
    Sell,
}

/// One print on the market's tape.
#[derive(SimpleObject)]
pub struct Trade {
    /// Whose.
    instrument: Instrument,
    /// The price, in the instrument's currency.
    price: Decimal,
    /// How much was traded, where the source tells it.
    size: Option<Decimal>,
    /// Where it was traded, where the source names it.
    exchange: Option<String>,
    /// Special conditions as the source writes them; null for a regular trade.
    conditions: Option<String>,
    /// Who was in a hurry: BUY at or above the offer of then, SELL at or below the bid; null in between, and where the
    /// desk does not follow the quotes of the instrument.
    side: Option<TradeSide>,
    /// Whether it moves neither the last price nor the volume: odd lots, averaged prices, late reports.
    unreported: bool,
    /// Whether its price was outside the exchange's limits.
    past_limit: bool,
    /// When the source says that it happened; null where it does not say. Interactive Brokers tells whole seconds.
    source_at: Option<DateTime>,
    /// When we received it; of the past, when it was asked for.
    received_at: DateTime,
    /// How far it could be trusted when it came. Null for a trade of the past: it says nothing of now.
    state: Option<FeedState>,
    /// The run of the producer: a new one means that it restarted. Null for a trade of the past.
    epoch: Option<Decimal>,
    /// Grows by one with each trade inside an epoch. Null for a trade of the past.
    sequence: Option<Decimal>,
}

impl Trade {
    fn live(instrument: Instrument, shown: &Shown<domain::trade::Trade>) -> Self {
        let trade = shown.value.as_ref();
        Self {
            side: trade.side.map(Into::into),
            state: Some(shown.state.into()),
            epoch: Some(trade.stamp.epoch.into()),
            sequence: Some(trade.stamp.sequence.into()),
            ..Self::past(instrument, trade.values.clone(), trade.received_at)
        }
    }

    fn past(instrument: Instrument, values: TradeValues, received_at: time::OffsetDateTime) -> Self {
        Self {
            instrument,
            price: values.price.into(),
            size: values.size.map(Into::into),
            exchange: values.exchange,
            conditions: values.conditions,
            side: None,
            unreported: values.unreported,
            past_limit: values.past_limit,
            source_at: values.source_at.map(Into::into),
            received_at: received_at.into(),
            state: None,
            epoch: None,
            sequence: None,
        }
    }
}

/// What a subscription to trades yields.
#[derive(Union)]
pub enum TradeEvent {
    /// A print.
    Trade(Trade),
    /// Something was lost.
    StreamGap(StreamGap),
}

#[derive(Default)]
pub struct TradeQuery;

#[Object]
impl TradeQuery {
    /// The latest trades of an instrument, oldest first, as the broker remembers them.
    #[graphql(complexity = "of_series(last, MAX_TRADES, child_complexity)")]
    async fn trades(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The id of an instrument.")] instrument: ID,
        #[graphql(desc = "How many: 1 to 1,000; 100 by default.")] last: Option<i32>,
    ) -> Option<Result<Vec<Trade>>> {
        permitted(context, Permission::ReadMarket, async {
            let count = parse_count(last).map_err(|refusal| top_level(refusal.into()))?;
            latest(context, &instrument, count).await.map(Some)
        })
        .await
    }
}

async fn latest(context: &Context<'_>, id: &ID, count: usize) -> Result<Vec<Trade>> {
    let instrument = with_tape(named(context, id).await?)?;
    let services = &core(context).services;
    let question = DeskQuestion::Ticks { instrument: instrument.0.id, count };
    let answer = services.desk.ask(question, HISTORY_DEADLINE).await;
    match answer.map_err(|error| top_level(error.into()))? {
        DeskAnswer::Ticks(ticks) => {
            let now = services.clock.now();
            Ok(ticks.into_iter().map(|values| Trade::past(instrument.clone(), values, now)).collect())
        }
        DeskAnswer::Instruments(_) | DeskAnswer::Bars(_) => Err(internal(&WrongAnswer)),
    }
}

fn parse_count(last: Option<i32>) -> Result<usize, Refusal> {
    let count = usize::try_from(last.unwrap_or(100)).unwrap_or(0);
    if (1..=MAX_TRADES).contains(&count) {
        return Ok(count);
    }
    Err(Refusal::of("last", RefusalCode::RangeInvalid, format!("'last' must be from 1 to {MAX_TRADES}")))
}

/// The instrument, where its trades can be followed one by one.
fn with_tape(instrument: Instrument) -> Result<Instrument> {
    if instrument.0.asset_class.has_tape() {
        return Ok(instrument);
    }
    let message =
        format!("no single trades are printed of {}; follow its quotes instead", instrument.0.symbol);
    Err(top_level(Refusal::of("instrument", RefusalCode::Invalid, message).into()))
}

#[derive(Default)]
pub struct TradeSubscription;

#[Subscription]
impl TradeSubscription {
    /// Every print of an instrument from now on, in order; none replaces another. Whoever does not take them in time
    /// gets a `StreamGap` in the place of the oldest. An instrument that the desk cannot serve yields an error with the
    /// reason's code.
    #[graphql(guard = "Requires(Permission::ReadMarket)", complexity = "1")]
    async fn trades(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The id of an instrument.")] instrument: ID,
    ) -> Result<impl Stream<Item = Result<TradeEvent>> + 'static> {
        let instrument = with_tape(named(context, &instrument).await?)?;
        let id = instrument.0.id;
        let events = events(context, Pace::AS_TAKEN, |_| core(context).feed.trades(id));
        Ok(events.map(move |event| match event {
            FeedEvent::Value(shown) => Ok(TradeEvent::Trade(Trade::live(instrument.clone(), &shown))),
            FeedEvent::Gap(gap) => {
                Ok(TradeEvent::StreamGap(StreamGap { instrument: Arc::clone(&instrument.0), gap }))
            }
            FeedEvent::Refused(refusal) => Err(refused(&refusal)),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_is_bounded() {
        for (last, expected) in [(None, 100), (Some(1), 1), (Some(1_000), 1_000)] {
            assert_eq!(parse_count(last).unwrap(), expected);
        }
        for bad in [0, -1, 1_001, i32::MAX] {
            assert_eq!(parse_count(Some(bad)).unwrap_err().code, RefusalCode::RangeInvalid, "{bad}");
        }
    }
}

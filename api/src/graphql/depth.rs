//! Depth: the orders that wait on both sides of a market, asked for or followed.

use std::sync::Arc;

use async_graphql::{Context, ID, Object, Result, SimpleObject, Subscription, Union};
use domain::depth::MAX_LEVELS;
use domain::error::{Refusal, RefusalCode};
use domain::user::Permission;
use futures::{Stream, StreamExt as _};

use crate::feed::{FeedEvent, Shown};
use crate::graphql::complexity::of_series;
use crate::graphql::core;
use crate::graphql::error::top_level;
use crate::graphql::guard::{Requires, permitted};
use crate::graphql::instrument::{Instrument, named};
use crate::graphql::quote::{FeedState, StreamGap, millis_between, parse_pace, refused};
use crate::graphql::scalar::{DateTime, Decimal};
use crate::share::events;

/// How many levels of each side a client gets that does not say.
const USUAL_LEVELS: i32 = 10;

/// One row of a side.
#[derive(SimpleObject)]
pub struct DepthLevel {
    /// The price, in the instrument's currency.
    price: Decimal,
    /// What waits there, where the source tells it.
    size: Option<Decimal>,
    /// The exchange or the market maker, where the source names one. One price may then have several rows.
    exchange: Option<String>,
}

impl From<&domain::depth::DepthLevel> for DepthLevel {
    fn from(level: &domain::depth::DepthLevel) -> Self {
        Self { price: level.price.into(), size: level.size.map(Into::into), exchange: level.exchange.clone() }
    }
}

/// The depth of an instrument's market.
pub struct Depth {
    instrument: Instrument,
    shown: Shown<domain::depth::Depth>,
    levels: usize,
}

impl Depth {
    fn side(&self, levels: &[domain::depth::DepthLevel]) -> Vec<DepthLevel> {
        levels.iter().take(self.levels).map(Into::into).collect()
    }
}

/// The depth of an instrument's market: always the whole of what was asked for, never a change of it.
#[Object]
impl Depth {
    /// Whose market.
    async fn instrument(&self) -> Instrument {
        self.instrument.clone()
    }

    /// Who wants to buy, the highest price first.
    async fn bids(&self) -> Vec<DepthLevel> {
        self.side(&self.shown.value.values.bids)
    }

    /// Who wants to sell, the lowest price first.
    async fn asks(&self) -> Vec<DepthLevel> {
        self.side(&self.shown.value.values.asks)
    }

    /// When the desk received the last change.
    async fn received_at(&self) -> Option<DateTime> {
        self.shown.value.received_at.map(Into::into)
    }

    /// Milliseconds since receivedAt, at the moment of the answer.
    async fn age_ms(&self, context: &Context<'_>) -> Option<i32> {
        let received_at = self.shown.value.received_at?;
        Some(millis_between(received_at, core(context).services.clock.now()))
    }

    /// How far it can be trusted.
    async fn state(&self) -> FeedState {
        self.shown.state.into()
    }

    /// Why the state is not LIVE, in a sentence for a person.
    async fn reason(&self) -> Option<&str> {
        self.shown.reason.as_deref()
    }

    /// The run of the producer: a new one means that it restarted.
    async fn epoch(&self) -> Decimal {
        self.shown.value.stamp.epoch.into()
    }

    /// Grows inside an epoch; what `maxHz` left out is no gap.
    async fn sequence(&self) -> Decimal {
        self.shown.value.stamp.sequence.into()
    }
}

/// What a subscription to depth yields.
#[derive(Union)]
pub enum DepthEvent {
    /// The depth as it is now.
    Depth(Depth),
    /// Something was lost; the next event is whole again.
    StreamGap(StreamGap),
}

#[derive(Default)]
pub struct DepthQuery;

#[Object]
impl DepthQuery {
    /// The depth of an instrument's market as last known; null where none is known. Asking opens no line at the broker, of
    /// which there are few: subscribe for that. What nobody follows any more is STALE.
    #[graphql(complexity = "of_series(levels, MAX_LEVELS, child_complexity)")]
    async fn depth(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The id of an instrument.")] instrument: ID,
        #[graphql(desc = "How many levels of each side: 1 to 50; 10 by default.")] levels: Option<i32>,
    ) -> Option<Result<Depth>> {
        permitted(context, Permission::ReadMarket, async {
            let levels = parse_levels(levels).map_err(|refusal| top_level(refusal.into()))?;
            let instrument = named(context, &instrument).await?;
            let known = core(context).feed.latest_depth(instrument.0.id).await.map_err(top_level)?;
            Ok(known.map(|shown| Depth { instrument, shown, levels }))
        })
        .await
    }
}

#[derive(Default)]
pub struct DepthSubscription;

#[Subscription]
impl DepthSubscription {
    /// The depth of an instrument's market: what is known now, then each change, always as a whole. An instrument that the
    /// desk cannot serve yields an error with the reason's code.
    #[graphql(guard = "Requires(Permission::ReadMarket)", complexity = "1")]
    async fn depth(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The id of an instrument.")] instrument: ID,
        #[graphql(desc = "How many levels of each side: 1 to 50; 10 by default.")] levels: Option<i32>,
        #[graphql(desc = "The most events per second: 0.1 to 50, 10 by default.")] max_hz: Option<f64>,
    ) -> Result<impl Stream<Item = Result<DepthEvent>> + 'static> {
        let pace = parse_pace(max_hz).map_err(|refusal| top_level(refusal.into()))?;
        let levels = parse_levels(levels).map_err(|refusal| top_level(refusal.into()))?;
        let instrument = named(context, &instrument).await?;
        let id = instrument.0.id;
        let events = events(context, pace, |pace| core(context).feed.depth(id, pace));
        Ok(events.map(move |event| match event {
            FeedEvent::Value(shown) => {
                Ok(DepthEvent::Depth(Depth { instrument: instrument.clone(), shown, levels }))
            }
            FeedEvent::Gap(gap) => {
                Ok(DepthEvent::StreamGap(StreamGap { instrument: Arc::clone(&instrument.0), gap }))
            }
            FeedEvent::Refused(refusal) => Err(refused(&refusal)),
        }))
    }
}

/// How many levels of each side a client wants.
pub fn parse_levels(levels: Option<i32>) -> Result<usize, Refusal> {
    let count = usize::try_from(levels.unwrap_or(USUAL_LEVELS)).unwrap_or(0);
    if (1..=MAX_LEVELS).contains(&count) {
        return Ok(count);
    }
    Err(Refusal::of("levels", RefusalCode::Invalid, format!("'levels' must be from 1 to {MAX_LEVELS}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_bounded() {
        for (levels, expected) in [(None, 10), (Some(1), 1), (Some(50), 50)] {
            assert_eq!(parse_levels(levels).unwrap(), expected);
        }
        for bad in [0, -1, 51, i32::MIN] {
            assert_eq!(parse_levels(Some(bad)).unwrap_err().code, RefusalCode::Invalid, "{bad}");
        }
    }
}

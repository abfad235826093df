//! Quotes: the latest prices, asked for or followed.

use std::collections::HashMap;
use std::sync::Arc;

use async_graphql::dataloader::DataLoader;
use async_graphql::{
    Context, Enum, ErrorExtensions as _, ID, Object, Result, SimpleObject, Subscription, Union,
};
use domain::error::{Refusal, RefusalCode};
use domain::instrument::InstrumentId;
use domain::quote::FeedRefusal;
use domain::user::Permission;
use futures::stream::BoxStream;
use futures::{Stream, StreamExt as _};

use crate::feed::{FeedEvent, Pace, Shown};
use crate::graphql::core;
use crate::graphql::error::{code_name, coded, top_level};
use crate::graphql::guard::{Requires, permitted};
use crate::graphql::instrument::{Instrument, named, not_found};
use crate::graphql::loader::{Instruments, Quotes};
use crate::graphql::node::{GlobalId, asked};
use crate::graphql::scalar::{DateTime, Decimal};
use crate::share::events;

/// The most instruments in one subscription.
pub const MAX_INSTRUMENTS: usize = 200;

/// How far a price can be trusted. Quiet is not stale: age is a number of its own.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "domain::quote::FeedState")]
pub enum FeedState {
    /// Streaming, as fresh as the market is.
    Live,
    /// Streaming, but late by the source's rule (usually 15 minutes).
    Delayed,
    /// Back, and waiting for the first value after an outage.
    Recovering,
    /// Something between us and the market is down: the values may be old.
    Stale,
    /// The market is closed.
    Closed,
}

/// One side of the market, or the last trade.
#[derive(SimpleObject)]
pub struct QuoteLevel {
    /// The price, in the instrument's currency.
    price: Decimal,
    /// The size at that price, where the source tells it.
    size: Option<Decimal>,
}

impl From<domain::quote::QuoteLevel> for QuoteLevel {
    fn from(level: domain::quote::QuoteLevel) -> Self {
        Self { price: level.price.into(), size: level.size.map(Into::into) }
    }
}

/// The latest prices of an instrument.
#[derive(Clone)]
pub struct Quote {
    /// Whose.
    pub instrument: Arc<domain::instrument::Instrument>,
    /// The prices, with the state in which they are shown.
    pub shown: Shown<domain::quote::Quote>,
}

impl Quote {
    fn values(&self) -> &domain::quote::QuoteValues {
        &self.shown.value.values
    }
}

/// The latest prices of an instrument. What the source has not said is null.
#[Object]
impl Quote {
    /// Whose prices these are.
    async fn instrument(&self) -> Instrument {
        Instrument(Arc::clone(&self.instrument))
    }

    /// The best bid.
    async fn bid(&self) -> Option<QuoteLevel> {
        self.values().bid.map(Into::into)
    }

    /// The best offer.
    async fn ask(&self) -> Option<QuoteLevel> {
        self.values().ask.map(Into::into)
    }

    /// The last trade.
    async fn last(&self) -> Option<QuoteLevel> {
        self.values().last.map(Into::into)
    }

    /// The first price of the trading day.
    async fn open(&self) -> Option<Decimal> {
        self.values().open.map(Into::into)
    }

    /// The highest price of the trading day.
    async fn high(&self) -> Option<Decimal> {
        self.values().high.map(Into::into)
    }

    /// The lowest price of the trading day.
    async fn low(&self) -> Option<Decimal> {
        self.values().low.map(Into::into)
    }

    /// The closing price of the trading day before.
    async fn previous_close(&self) -> Option<Decimal> {
        self.values().previous_close.map(Into::into)
    }

    /// Shares or contracts traded this trading day.
    async fn volume(&self) -> Option<Decimal> {
        self.values().volume.map(Into::into)
    }

    /// How far the last trade (where none is printed: the mid price) is from the previous close.
    async fn change(&self) -> Option<Decimal> {
        self.values().change().map(Into::into)
    }

    /// The change in percent of the previous close.
    async fn change_percent(&self) -> Option<Decimal> {
        self.values().change_percent().map(Into::into)
    }

    /// When the source says that this was so; null where it does not say.
    async fn source_at(&self) -> Option<DateTime> {
        self.values().source_at.map(Into::into)
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

    /// How far the prices can be trusted.
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

/// Milliseconds from one moment to another, never negative.
pub fn millis_between(from: time::OffsetDateTime, to: time::OffsetDateTime) -> i32 {
    i32::try_from((to - from).whole_milliseconds().max(0)).unwrap_or(i32::MAX)
}

/// Messages were lost between the source and here. The latest value still arrives.
pub struct StreamGap {
    /// Whose stream.
    pub instrument: Arc<domain::instrument::Instrument>,
    /// What is known of the gap.
    pub gap: domain::quote::StreamGap,
}

/// Messages were lost between the source and here. The latest value still arrives.
#[Object]
impl StreamGap {
    /// Whose stream it is.
    async fn instrument(&self) -> Instrument {
        Instrument(Arc::clone(&self.instrument))
    }

    /// The last sequence before the gap, where one was seen.
    async fn after_sequence(&self) -> Option<Decimal> {
        self.gap.after.map(|stamp| stamp.sequence.into())
    }

    /// When it was noticed.
    async fn at(&self) -> DateTime {
        self.gap.at.into()
    }

    /// Why, in a sentence for a person.
    async fn reason(&self) -> &str {
        &self.gap.reason
    }
}

/// What a subscription to quotes yields.
#[derive(Union)]
pub enum QuoteEvent {
    /// The latest prices.
    Quote(Quote),
    /// Something was lost.
    StreamGap(StreamGap),
}

#[derive(Default)]
pub struct QuoteQuery;

#[Object]
impl QuoteQuery {
    /// The latest quote of an instrument; null where none is known.
    async fn quote(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The id of an instrument.")] instrument: ID,
    ) -> Option<Result<Quote>> {
        permitted(context, Permission::ReadMarket, latest(context, &instrument)).await
    }
}

async fn latest(context: &Context<'_>, id: &ID) -> Result<Option<Quote>> {
    let instrument = named(context, id).await?.0;
    let shown = context.data_unchecked::<DataLoader<Quotes>>().load_one(instrument.id).await?;
    Ok(shown.map(|shown| Quote { instrument, shown }))
}

#[derive(Default)]
pub struct QuoteSubscription;

#[Subscription]
impl QuoteSubscription {
    /// One event at a time; first the latest quote of each instrument. An instrument that the desk cannot serve yields
    /// an error with the reason's code, and the others go on.
    #[graphql(guard = "Requires(Permission::ReadMarket)", complexity = "1 + instruments.len() / 10")]
    async fn quotes(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The ids of 1 to 200 instruments.")] instruments: Vec<ID>,
        #[graphql(desc = "The most events per second and instrument: 0.1 to 50, 10 by default.")]
        max_hz: Option<f64>,
    ) -> Result<impl Stream<Item = Result<QuoteEvent>> + 'static> {
        let pace = parse_pace(max_hz).map_err(|refusal| top_level(refusal.into()))?;
        let ids = parse_instruments(&instruments)?;
        let known =
            context.data_unchecked::<DataLoader<Instruments>>().load_many(ids.iter().copied()).await?;
        if known.len() < ids.len() {
            return Err(not_found());
        }
        let events = events(context, pace, |pace| core(context).feed.quotes(&ids, pace));
        Ok(quote_events(known, events))
    }
}

fn quote_events(
    known: HashMap<InstrumentId, Arc<domain::instrument::Instrument>>,
    events: BoxStream<'static, FeedEvent<domain::quote::Quote>>,
) -> impl Stream<Item = Result<QuoteEvent>> + 'static {
    events.filter_map(move |event| {
        let instrument = known.get(&event.instrument()).map(Arc::clone);
        std::future::ready(instrument.map(|instrument| match event {
            FeedEvent::Value(shown) => Ok(QuoteEvent::Quote(Quote { instrument, shown })),
            FeedEvent::Gap(gap) => Ok(QuoteEvent::StreamGap(StreamGap { instrument, gap })),
            FeedEvent::Refused(refusal) => Err(refused(&refusal)),
        }))
    })
}

/// The top-level error that tells one subscriber that the desk cannot serve an instrument.
pub fn refused(refusal: &FeedRefusal) -> async_graphql::Error {
    let id = GlobalId::Instrument(refusal.instrument).encode();
    coded(&code_name(refusal.code), refusal.message.clone())
        .extend_with(|_, extensions| extensions.set("instrument", id.0))
}

/// How often a subscriber wants to hear.
pub fn parse_pace(max_hz: Option<f64>) -> Result<Pace, Refusal> {
    Pace::of_hz(max_hz.unwrap_or(10.0))
        .ok_or_else(|| Refusal::of("maxHz", RefusalCode::Invalid, "'maxHz' must be from 0.1 to 50"))
}

fn parse_instruments(ids: &[ID]) -> Result<Vec<InstrumentId>> {
    if ids.is_empty() || ids.len() > MAX_INSTRUMENTS {
        let message = format!("give 1 to {MAX_INSTRUMENTS} instruments, not {}", ids.len());
        return Err(top_level(Refusal::of("instruments", RefusalCode::LimitReached, message).into()));
    }
    let mut parsed = Vec::with_capacity(ids.len());
    for id in ids {
        let id = asked(id)?;
        if !parsed.contains(&id) {
            parsed.push(id);
        }
    }
    Ok(parsed)
}

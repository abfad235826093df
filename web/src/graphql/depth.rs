//! The order book of an instrument, as far as it is shown.

use super::document::subscription;
use super::instrument::InstrumentId;
use super::quote::{FeedState, StreamGap};
use super::scalar::Decimal;
use super::schema;

/// What waits at one price.
#[derive(cynic::QueryFragment, Clone, Debug, PartialEq, Eq)]
pub struct DepthLevel {
    /// The price.
    pub price: Decimal,
    /// How much.
    pub size: Option<Decimal>,
    /// The market maker or the exchange, where the source names one.
    pub exchange: Option<String>,
}

/// The best levels of both sides, best first.
#[derive(cynic::QueryFragment, Clone, Debug, PartialEq, Eq)]
pub struct Depth {
    /// Who would buy.
    pub bids: Vec<DepthLevel>,
    /// Who would sell.
    pub asks: Vec<DepthLevel>,
    /// How far it can be trusted.
    pub state: FeedState,
    /// Why the state is not LIVE.
    pub reason: Option<String>,
}

/// What the stream of the book brings.
#[derive(cynic::InlineFragments, Clone, Debug, PartialEq, Eq)]
pub enum DepthEvent {
    /// The book.
    Depth(Box<Depth>),
    /// Something was lost; the next book is whole again.
    StreamGap(StreamGap),
    /// Something that this client does not know.
    #[cynic(fallback)]
    Other,
}

/// Whose book, and how much of it.
#[derive(cynic::QueryVariables)]
pub struct LiveDepthVariables {
    /// The instrument.
    pub instrument: InstrumentId,
    /// How many levels of each side.
    pub levels: Option<i32>,
}

/// The book, each time that it changes.
#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "Subscription", variables = "LiveDepthVariables")]
pub struct LiveDepth {
    /// One event.
    #[arguments(instrument: $instrument, levels: $levels)]
    pub depth: DepthEvent,
}

/// The texts of the operations here.
pub fn documents() -> Vec<String> {
    vec![subscription::<LiveDepth, LiveDepthVariables>()]
}

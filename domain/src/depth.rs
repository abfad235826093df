//! The depth of a market: the orders that wait on both sides, as far as the source shows them.

use crate::decimal::{Price, Quantity};
use crate::quote::Published;

/// The most levels of one side.
pub const MAX_LEVELS: usize = 50;

/// One row of a side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DepthLevel {
    /// The price, in the instrument's currency.
    pub price: Price,
    /// What waits there, where the source tells it.
    pub size: Option<Quantity>,
    /// The exchange or the market maker, where the source names one.
    pub exchange: Option<String>,
}

/// Both sides, the best first; at most [`MAX_LEVELS`] each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DepthValues {
    /// Who wants to buy, the highest price first.
    pub bids: Vec<DepthLevel>,
    /// Who wants to sell, the lowest price first.
    pub asks: Vec<DepthLevel>,
}

/// The depth of an instrument's market as the desk published it.
pub type Depth = Published<DepthValues>;

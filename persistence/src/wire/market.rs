//! The shapes of trades and depth on the wire: short, since they are many.

use domain::decimal::{Price, Quantity};
use domain::depth::{Depth, DepthLevel, DepthValues};
use domain::desk::{LineCount, LineCounts};
use domain::instrument::InstrumentId;
use domain::quote::{FeedState, Stamp};
use domain::trade::{Trade, TradeSide, TradeValues};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::form;

#[derive(Serialize, Deserialize)]
#[serde(remote = "Trade")]
pub(super) struct TradeForm {
    #[serde(rename = "i", with = "form")]
    instrument: InstrumentId,
    #[serde(rename = "v", with = "TradeValuesForm")]
    values: TradeValues,
    #[serde(rename = "d", with = "form", default, skip_serializing_if = "Option::is_none")]
    side: Option<TradeSide>,
    #[serde(rename = "t", with = "form")]
    received_at: OffsetDateTime,
    #[serde(rename = "n", with = "form")]
    stamp: Stamp,
    #[serde(rename = "s", with = "form")]
    state: FeedState,
}

/// A print of the past, in a list.
#[derive(Serialize, Deserialize)]
pub(super) struct TickRow(#[serde(with = "TradeValuesForm")] pub(super) TradeValues);

#[derive(Serialize, Deserialize)]
#[serde(remote = "TradeValues")]
struct TradeValuesForm {
    #[serde(rename = "p", with = "form")]
    price: Price,
    #[serde(rename = "z", with = "form", default, skip_serializing_if = "Option::is_none")]
    size: Option<Quantity>,
    #[serde(rename = "e", default, skip_serializing_if = "Option::is_none")]
    exchange: Option<String>,
    #[serde(rename = "c", default, skip_serializing_if = "Option::is_none")]
    conditions: Option<String>,
    #[serde(rename = "u", default, skip_serializing_if = "is_not")]
    unreported: bool,
    #[serde(rename = "l", default, skip_serializing_if = "is_not")]
    past_limit: bool,
    #[serde(rename = "t", with = "form", default, skip_serializing_if = "Option::is_none")]
    source_at: Option<OffsetDateTime>,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde hands it over like this")]
fn is_not(flag: &bool) -> bool {
    !flag
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Depth")]
pub(super) struct DepthForm {
    #[serde(rename = "i", with = "form")]
    instrument: InstrumentId,
    #[serde(rename = "v", with = "DepthValuesForm")]
    values: DepthValues,
    #[serde(rename = "t", with = "form", default, skip_serializing_if = "Option::is_none")]
    received_at: Option<OffsetDateTime>,
    #[serde(rename = "n", with = "form")]
    stamp: Stamp,
    #[serde(rename = "s", with = "form")]
    state: FeedState,
    #[serde(rename = "y", default, skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "DepthValues")]
struct DepthValuesForm {
    #[serde(rename = "b", with = "form")]
    bids: Vec<DepthLevel>,
    #[serde(rename = "a", with = "form")]
    asks: Vec<DepthLevel>,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "LineCounts")]
pub(super) struct LinesForm {
    #[serde(with = "form")]
    quotes: LineCount,
    #[serde(with = "form")]
    trades: LineCount,
    #[serde(with = "form")]
    depth: LineCount,
}

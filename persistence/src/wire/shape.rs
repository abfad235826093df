//! The shapes of the domain's types on the wire, field by field.

use domain::bar::{Bar, BarPhase, BarQuery, BarSize, BarUpdate, Series, TimeRange};
use domain::bus::Message;
use domain::decimal::{Price, Quantity};
use domain::depth::Depth;
use domain::desk::{DeskAnswer, DeskQuestion, DeskReply, DeskStatus, LineCounts};
use domain::error::RefusalCode;
use domain::instrument::{AssetClass, Instrument, InstrumentId};
use domain::market_data::{ConnectionState, ConnectionStatus, LineKind, SourceError};
use domain::quote::{FeedRefusal, FeedState, Quote, QuoteLevel, QuoteValues, Stamp, StreamGap};
use domain::trade::{Trade, TradeValues};
use domain::user::UserId;
use domain::world::{ConnectionId, Environment};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use uuid::Uuid;

use super::form;
use super::market::{DepthForm, LinesForm, TradeForm};

#[derive(Serialize, Deserialize)]
pub(super) struct InstrumentRow(#[serde(with = "InstrumentForm")] pub(super) Instrument);

#[derive(Serialize, Deserialize)]
pub(super) struct BarRow(#[serde(with = "BarForm")] pub(super) Bar);

#[derive(Serialize, Deserialize)]
pub(super) struct ConnectionRow(#[serde(with = "ConnectionForm")] pub(super) ConnectionStatus);

#[derive(Serialize, Deserialize)]
#[serde(remote = "Message")]
pub(super) enum MessageForm {
    #[serde(rename = "q")]
    Quote(#[serde(with = "QuoteForm")] Quote),
    #[serde(rename = "t")]
    Trade(#[serde(with = "TradeForm")] Trade),
    #[serde(rename = "m")]
    Depth(#[serde(with = "DepthForm")] Depth),
    #[serde(rename = "g")]
    Gap(#[serde(with = "form")] LineKind, #[serde(with = "GapForm")] StreamGap),
    #[serde(rename = "r")]
    Refused(#[serde(with = "form")] LineKind, #[serde(with = "RefusedForm")] FeedRefusal),
    #[serde(rename = "x")]
    BarsRefused(#[serde(with = "form")] BarSize, #[serde(with = "RefusedForm")] FeedRefusal),
    #[serde(rename = "b")]
    Bar(#[serde(with = "BarUpdateForm")] BarUpdate),
    #[serde(rename = "d")]
    Desk(#[serde(with = "DeskForm")] DeskStatus),
    #[serde(rename = "c")]
    AlertsChanged,
    #[serde(rename = "e")]
    AlertSaid(#[serde(with = "form")] UserId, u64),
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Quote")]
struct QuoteForm {
    #[serde(rename = "i", with = "form")]
    instrument: InstrumentId,
    #[serde(rename = "v", with = "ValuesForm")]
    values: QuoteValues,
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
#[serde(remote = "QuoteValues")]
struct ValuesForm {
    #[serde(rename = "b", with = "form", default, skip_serializing_if = "Option::is_none")]
    bid: Option<QuoteLevel>,
    #[serde(rename = "a", with = "form", default, skip_serializing_if = "Option::is_none")]
    ask: Option<QuoteLevel>,
    #[serde(rename = "x", with = "form", default, skip_serializing_if = "Option::is_none")]
    last: Option<QuoteLevel>,
    #[serde(rename = "o", with = "form", default, skip_serializing_if = "Option::is_none")]
    open: Option<Price>,
    #[serde(rename = "h", with = "form", default, skip_serializing_if = "Option::is_none")]
    high: Option<Price>,
    #[serde(rename = "l", with = "form", default, skip_serializing_if = "Option::is_none")]
    low: Option<Price>,
    #[serde(rename = "p", with = "form", default, skip_serializing_if = "Option::is_none")]
    previous_close: Option<Price>,
    #[serde(rename = "v", with = "form", default, skip_serializing_if = "Option::is_none")]
    volume: Option<Quantity>,
    #[serde(rename = "t", with = "form", default, skip_serializing_if = "Option::is_none")]
    source_at: Option<OffsetDateTime>,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "StreamGap")]
struct GapForm {
    #[serde(rename = "i", with = "form")]
    instrument: InstrumentId,
    #[serde(rename = "n", with = "form", default, skip_serializing_if = "Option::is_none")]
    after: Option<Stamp>,
    #[serde(rename = "t", with = "form")]
    at: OffsetDateTime,
    #[serde(rename = "y")]
    reason: String,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "FeedRefusal")]
struct RefusedForm {
    #[serde(rename = "i", with = "form")]
    instrument: InstrumentId,
    #[serde(rename = "c", with = "CodeForm")]
    code: RefusalCode,
    #[serde(rename = "m")]
    message: String,
    #[serde(rename = "t", with = "form")]
    at: OffsetDateTime,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "RefusalCode")]
enum CodeForm {
    Invalid,
    NotFound,
    Taken,
    LimitReached,
    Outdated,
    InvalidCredentials,
    SessionEnded,
    SetUpTokenInvalid,
    SetUpDone,
    RangeInvalid,
    BrokerRefused,
    InstrumentDelisted,
    MarketDataLinesExhausted,
    MarketDataNotSubscribed,
    SecondFactorRequired,
    CodeInvalid,
    TooManyAttempts,
    PasswordTokenInvalid,
    LastAdministrator,
    PasswordWrong,
    IdempotencyKeyReused,
    NotPossible,
    AccountNotGranted,
    TradingHalted,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Series")]
struct SeriesForm {
    #[serde(rename = "i", with = "form")]
    instrument: InstrumentId,
    #[serde(rename = "z", with = "form")]
    size: BarSize,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Bar")]
struct BarForm {
    #[serde(rename = "t", with = "form")]
    time: OffsetDateTime,
    #[serde(rename = "o", with = "form")]
    open: Price,
    #[serde(rename = "h", with = "form")]
    high: Price,
    #[serde(rename = "l", with = "form")]
    low: Price,
    #[serde(rename = "c", with = "form")]
    close: Price,
    #[serde(rename = "v", with = "form", default, skip_serializing_if = "Option::is_none")]
    volume: Option<Quantity>,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "BarPhase")]
enum PhaseForm {
    #[serde(rename = "f")]
    Forming,
    #[serde(rename = "c")]
    Closed,
    #[serde(rename = "k")]
    Corrected,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "BarUpdate")]
struct BarUpdateForm {
    #[serde(rename = "w", with = "SeriesForm")]
    series: Series,
    #[serde(rename = "b", with = "BarForm")]
    bar: Bar,
    #[serde(rename = "p", with = "PhaseForm")]
    phase: BarPhase,
    #[serde(rename = "n", with = "form")]
    stamp: Stamp,
    #[serde(rename = "s", with = "form")]
    state: FeedState,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "DeskStatus")]
struct DeskForm {
    #[serde(with = "form")]
    desk: Uuid,
    epoch: u64,
    #[serde(with = "form")]
    leading_since: OffsetDateTime,
    #[serde(with = "form")]
    at: OffsetDateTime,
    #[serde(with = "form")]
    connections: Vec<ConnectionStatus>,
    #[serde(with = "LinesForm")]
    lines: LineCounts,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "ConnectionStatus")]
struct ConnectionForm {
    #[serde(with = "form")]
    id: ConnectionId,
    #[serde(with = "form")]
    environment: Option<Environment>,
    #[serde(with = "form")]
    state: ConnectionState,
    message: Option<String>,
    #[serde(with = "form")]
    since: OffsetDateTime,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Instrument")]
struct InstrumentForm {
    #[serde(with = "form")]
    id: InstrumentId,
    #[serde(with = "form")]
    connection: ConnectionId,
    #[serde(with = "form")]
    environment: Environment,
    broker_id: i64,
    symbol: String,
    name: String,
    #[serde(with = "form")]
    asset_class: AssetClass,
    exchange: String,
    primary_exchange: Option<String>,
    currency: String,
    #[serde(with = "form")]
    price_increment: Decimal,
    #[serde(with = "form")]
    multiplier: Decimal,
    time_zone: String,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "DeskQuestion")]
pub(super) enum QuestionForm {
    Search(String),
    Named(#[serde(with = "form")] Vec<(String, AssetClass)>),
    Bars {
        #[serde(with = "form")]
        instrument: InstrumentId,
        #[serde(with = "form")]
        size: BarSize,
        #[serde(with = "BarQueryForm")]
        query: BarQuery,
    },
    Ticks {
        #[serde(with = "form")]
        instrument: InstrumentId,
        count: usize,
    },
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "BarQuery")]
enum BarQueryForm {
    Range(#[serde(with = "RangeForm")] TimeRange),
    Last {
        count: usize,
        #[serde(with = "form")]
        to: OffsetDateTime,
    },
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "TimeRange")]
struct RangeForm {
    #[serde(with = "form")]
    from: OffsetDateTime,
    #[serde(with = "form")]
    to: OffsetDateTime,
}

#[derive(Serialize, Deserialize)]
pub(super) enum ReplyForm {
    Instruments(#[serde(with = "form")] Vec<Instrument>),
    Bars(#[serde(with = "form")] Vec<Bar>),
    Ticks(#[serde(with = "form")] Vec<TradeValues>),
    Rejected {
        #[serde(with = "CodeForm")]
        code: RefusalCode,
        message: String,
    },
    Unavailable(String),
}

impl From<&DeskReply> for ReplyForm {
    fn from(reply: &DeskReply) -> Self {
        match reply.clone() {
            Ok(DeskAnswer::Instruments(instruments)) => Self::Instruments(instruments),
            Ok(DeskAnswer::Bars(bars)) => Self::Bars(bars),
            Ok(DeskAnswer::Ticks(ticks)) => Self::Ticks(ticks),
            Err(SourceError::Rejected { code, message }) => Self::Rejected { code, message },
            Err(SourceError::Unavailable(message)) => Self::Unavailable(message),
        }
    }
}

impl From<ReplyForm> for DeskReply {
    fn from(reply: ReplyForm) -> Self {
        match reply {
            ReplyForm::Instruments(instruments) => Ok(DeskAnswer::Instruments(instruments)),
            ReplyForm::Bars(bars) => Ok(DeskAnswer::Bars(bars)),
            ReplyForm::Ticks(ticks) => Ok(DeskAnswer::Ticks(ticks)),
            ReplyForm::Rejected { code, message } => Err(SourceError::Rejected { code, message }),
            ReplyForm::Unavailable(message) => Err(SourceError::Unavailable(message)),
        }
    }
}

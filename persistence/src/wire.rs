//! How messages, questions and answers are written between processes: compact JSON.
//!
//! The forms mirror the domain's types field by field (a field added there does not compile here until it
//! is given a form). Decimals travel as strings, moments as nanoseconds since 1970-01-01 UTC.

use std::fmt;
use std::str::FromStr;

use domain::bar::{Bar, BarSize, Series};
use domain::bus::{Message, Topic};
use domain::decimal::{Price, Quantity};
use domain::depth::DepthLevel;
use domain::desk::{DeskQuestion, DeskReply, LineCount};
use domain::instrument::{AssetClass, Instrument, InstrumentId};
use domain::market_data::{ConnectionState, ConnectionStatus, LineKind};
use domain::quote::{FeedState, QuoteLevel, Stamp};
use domain::trade::{TradeSide, TradeValues};
use domain::user::UserId;
use domain::world::{ConnectionId, Environment};
use rust_decimal::Decimal;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use time::OffsetDateTime;
use uuid::Uuid;

mod market;
mod shape;

use market::TickRow;
use shape::{BarRow, ConnectionRow, InstrumentRow, MessageForm, QuestionForm, ReplyForm};

/// What was received is not what any version of ours sends.
#[derive(Debug, thiserror::Error)]
#[error("it cannot be read from byte {0} on")]
pub(crate) struct WireError(usize);

impl From<serde_json::Error> for WireError {
    /// Without the error's text, which may repeat what was received.
    fn from(error: serde_json::Error) -> Self {
        Self(error.column())
    }
}

/// Writes a message.
pub(crate) fn write_message(message: &Message) -> Result<Vec<u8>, WireError> {
    let mut bytes = Vec::with_capacity(256);
    MessageForm::serialize(message, &mut serde_json::Serializer::new(&mut bytes))?;
    Ok(bytes)
}

/// Reads a message.
pub(crate) fn read_message(bytes: &[u8]) -> Result<Message, WireError> {
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let message = MessageForm::deserialize(&mut reader)?;
    reader.end()?;
    Ok(message)
}

/// A question, and where its answer goes.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Request {
    /// The node that asks.
    #[serde(with = "form")]
    pub(crate) node: Uuid,
    /// The question's number on that node.
    pub(crate) number: u64,
    /// What is asked.
    #[serde(with = "QuestionForm")]
    pub(crate) question: DeskQuestion,
}

/// An answer.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Response {
    /// The question's number on the node that asked.
    pub(crate) number: u64,
    /// What is answered.
    #[serde(with = "form")]
    pub(crate) reply: DeskReply,
}

/// Writes a request, a response or a list of topics' names.
pub(crate) fn write(value: &impl Serialize) -> Result<Vec<u8>, WireError> {
    Ok(serde_json::to_vec(value)?)
}

/// Reads what [`write`] wrote.
pub(crate) fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, WireError> {
    Ok(serde_json::from_slice(bytes)?)
}

/// The name of a topic: `quotes:<instrument>`, `trades:…`, `depth:…`, `bars:<instrument>:MIN_1`, `desk`, `alerts`,
/// `alert-events:<user>`.
pub(crate) fn topic_name(topic: Topic) -> String {
    match topic {
        Topic::Quotes(instrument) => format!("quotes:{instrument}"),
        Topic::Trades(instrument) => format!("trades:{instrument}"),
        Topic::Depth(instrument) => format!("depth:{instrument}"),
        Topic::Bars(series) => format!("bars:{}:{}", series.instrument, series.size.as_str()),
        Topic::Desk => "desk".to_owned(),
        Topic::Alerts => "alerts".to_owned(),
        Topic::AlertEvents(user) => format!("alert-events:{}", user.0),
    }
}

/// The topic of this name.
pub(crate) fn topic_of_name(name: &str) -> Option<Topic> {
    let id = |text: &str| Uuid::from_str(text).ok().map(InstrumentId::from_uuid);
    let mut parts = name.split(':');
    let topic = match (parts.next()?, parts.next(), parts.next()) {
        ("quotes", Some(instrument), None) => Topic::Quotes(id(instrument)?),
        ("trades", Some(instrument), None) => Topic::Trades(id(instrument)?),
        ("depth", Some(instrument), None) => Topic::Depth(id(instrument)?),
        ("bars", Some(instrument), Some(size)) => {
            Topic::Bars(Series { instrument: id(instrument)?, size: BarSize::from_name(size)? })
        }
        ("desk", None, None) => Topic::Desk,
        ("alerts", None, None) => Topic::Alerts,
        ("alert-events", Some(user), None) => Topic::AlertEvents(UserId(Uuid::from_str(user).ok()?)),
        _ => return None,
    };
    parts.next().is_none().then_some(topic)
}

/// A value with a form of its own on the wire.
trait Form: Sized {
    /// What is written.
    type Written: Serialize + DeserializeOwned;
    /// The form of this value.
    fn written(&self) -> Self::Written;
    /// The value of this form.
    fn of(written: Self::Written) -> Result<Self, String>;
}

/// For `#[serde(with = "form")]`.
mod form {
    use serde::de::Error as _;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use super::Form;

    pub(super) fn serialize<T: Form, S: Serializer>(value: &T, to: S) -> Result<S::Ok, S::Error> {
        value.written().serialize(to)
    }

    pub(super) fn deserialize<'de, T: Form, D: Deserializer<'de>>(from: D) -> Result<T, D::Error> {
        T::of(T::Written::deserialize(from)?).map_err(D::Error::custom)
    }
}

impl<T: Form> Form for Option<T> {
    type Written = Option<T::Written>;

    fn written(&self) -> Self::Written {
        self.as_ref().map(T::written)
    }

    fn of(written: Self::Written) -> Result<Self, String> {
        written.map(T::of).transpose()
    }
}

impl<T: Form> Form for Vec<T> {
    type Written = Vec<T::Written>;

    fn written(&self) -> Self::Written {
        self.iter().map(T::written).collect()
    }

    fn of(written: Self::Written) -> Result<Self, String> {
        written.into_iter().map(T::of).collect()
    }
}

/// An exact decimal as a string.
struct Exact(Decimal);

impl Serialize for Exact {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Exact {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Digits;

        impl serde::de::Visitor<'_> for Digits {
            type Value = Exact;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a decimal as a string")
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Exact, E> {
                Decimal::from_str_exact(text).map(Exact).map_err(E::custom)
            }
        }

        from.deserialize_str(Digits)
    }
}

/// Values that are written as another type, there and back.
macro_rules! written_as {
    ($($value:ty => $written:ty, |$self:ident| $to:expr, |$form:pat_param| $of:expr;)*) => {$(
        impl Form for $value {
            type Written = $written;

            fn written(&self) -> $written {
                let $self = self;
                $to
            }

            fn of($form: $written) -> Result<Self, String> {
                $of
            }
        }
    )*};
}

written_as! {
    Uuid => String, |it| it.to_string(), |text| Uuid::from_str(&text).map_err(|error| error.to_string());
    UserId => String, |it| it.0.to_string(), |text| Uuid::of(text).map(UserId);
    InstrumentId => String, |it| it.to_string(), |text| Uuid::of(text).map(InstrumentId::from_uuid);
    ConnectionId => String, |it| it.as_str().to_owned(), |text| Ok(ConnectionId::new(text));
    Environment => String, |it| it.as_str().to_owned(), |text| text.parse();
    AssetClass => String, |it| it.as_str().to_owned(), |text| text.parse();
    BarSize => String, |it| it.as_str().to_owned(), |text| BarSize::from_name(&text).ok_or_else(|| "an unknown bar size".to_owned());
    FeedState => String, |it| it.as_str().to_owned(), |text| text.parse();
    ConnectionState => String, |it| it.as_str().to_owned(), |text| text.parse();
    OffsetDateTime => i128, |it| it.unix_timestamp_nanos(),
        |nanos| OffsetDateTime::from_unix_timestamp_nanos(nanos).map_err(|error| error.to_string());
    Decimal => Exact, |it| Exact(*it), |exact| Ok(exact.0);
    Price => Exact, |it| Exact(it.value()), |exact| Ok(Price::new(exact.0));
    Quantity => Exact, |it| Exact(it.value()), |exact| Quantity::new(exact.0).ok_or_else(|| "a negative quantity".to_owned());
    // The price, and the size where there is one.
    QuoteLevel => (Exact, Option<Exact>), |it| (it.price.written(), it.size.written()),
        |(price, size)| Ok(QuoteLevel { price: Price::of(price)?, size: Option::of(size)? });
    // The price, the size and the exchange, as far as they are known.
    DepthLevel => (Exact, Option<Exact>, Option<String>),
        |it| (it.price.written(), it.size.written(), it.exchange.clone()),
        |(price, size, exchange)| Ok(DepthLevel { price: Price::of(price)?, size: Option::of(size)?, exchange });
    LineKind => String, |it| it.as_str().to_owned(), |text| text.parse();
    TradeSide => String, |it| it.as_str().to_owned(), |text| text.parse();
    TradeValues => TickRow, |it| TickRow(it.clone()), |row| Ok(row.0);
    LineCount => (usize, usize), |it| (it.used, it.limit), |(used, limit)| Ok(LineCount { used, limit });
    Stamp => (u64, u64), |it| (it.epoch, it.sequence), |(epoch, sequence)| Ok(Stamp { epoch, sequence });
    (String, AssetClass) => (String, String), |it| (it.0.clone(), it.1.written()),
        |(symbol, class)| Ok((symbol, AssetClass::of(class)?));
    Instrument => InstrumentRow, |it| InstrumentRow(it.clone()), |row| Ok(row.0);
    Bar => BarRow, |it| BarRow(*it), |row| Ok(row.0);
    ConnectionStatus => ConnectionRow, |it| ConnectionRow(it.clone()), |row| Ok(row.0);
    DeskReply => ReplyForm, |it| ReplyForm::from(it), |reply| Ok(reply.into());
}

#[cfg(test)]
mod tests;

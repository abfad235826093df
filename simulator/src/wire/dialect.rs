//! The two ways in which messages are written, and how a message gets from and to its bytes in either.

use prost::Message;

use super::ids;
use super::text::{FromText, Reader, ToText, Writer};
use crate::notice::NO_REQUEST;

/// What is added to a message id where its body is protobuf.
const PROTOBUF_OFFSET: i32 = 200;

/// How messages are written on one socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// Fields of text, as this server version has them.
    Text(i32),
    /// Protobuf.
    Protobuf,
}

impl Dialect {
    /// The id of a request, and its body; `None` where there is no id.
    pub(crate) fn split(self, frame: &[u8]) -> Option<(i32, Body<'_>)> {
        match self {
            Self::Text(_) => {
                let end = frame.iter().position(|byte| *byte == 0)?;
                let id = std::str::from_utf8(frame.get(..end)?).ok()?.parse().ok()?;
                Some((id, Body { dialect: self, bytes: frame.get(end + 1..)? }))
            }
            Self::Protobuf => {
                let (id, bytes) = frame.split_first_chunk()?;
                let id = i32::from_be_bytes(*id).checked_sub(PROTOBUF_OFFSET)?;
                Some((id, Body { dialect: self, bytes }))
            }
        }
    }
}

/// The body of a request, in the dialect of its socket.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Body<'a> {
    dialect: Dialect,
    bytes: &'a [u8],
}

impl Body<'_> {
    /// Whether the dialect has a request of this id.
    pub(crate) fn can_be(self, id: i32) -> bool {
        match self.dialect {
            Dialect::Text(_) => (1..=ids::USER_INFO).contains(&id),
            Dialect::Protobuf => true,
        }
    }

    /// Reads the request of this id.
    pub(crate) fn read<M: Request>(self, id: i32) -> Result<M, Unreadable> {
        match self.dialect {
            Dialect::Text(version) => {
                let reader = Reader::new(id, version, self.bytes);
                M::read_all(reader).map_err(|malformed| Unreadable {
                    request_id: Reader::new(id, version, self.bytes).leading_id().unwrap_or(NO_REQUEST),
                    cause: malformed.to_string(),
                })
            }
            Dialect::Protobuf => M::decode(self.bytes).map_err(|error| Unreadable {
                request_id: leading_id(self.bytes).unwrap_or(NO_REQUEST),
                cause: error.to_string(),
            }),
        }
    }
}

/// The request id of a protobuf that cannot be read in full: it is the first field, a varint.
fn leading_id(body: &[u8]) -> Option<i32> {
    let id = prost::decode_length_delimiter(body.strip_prefix(&[0x08])?).ok()?;
    i32::try_from(id).ok()
}

/// A request that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Unreadable {
    /// Its id, or [`NO_REQUEST`] where even that cannot be read.
    pub(crate) request_id: i32,
    /// What is wrong with it.
    pub(crate) cause: String,
}

/// A message that a client sends, readable in both dialects.
pub(crate) trait Request: Message + Default + FromText {}

impl<M: Message + Default + FromText> Request for M {}

/// A message that the gateway sends, in both dialects.
pub(crate) trait Response {
    /// Appends its frame or frames.
    fn put(&self, batch: &mut Batch);
}

/// Frames that leave in one piece.
#[derive(Clone, Debug)]
pub(crate) struct Batch {
    dialect: Dialect,
    bytes: Vec<u8>,
}

impl Batch {
    /// An empty one.
    pub(crate) const fn new(dialect: Dialect) -> Self {
        Self { dialect, bytes: Vec::new() }
    }

    /// Appends a message.
    pub(crate) fn push<M: Response>(&mut self, message: &M) {
        message.put(self);
    }

    /// Appends what is in others.
    pub(crate) fn extend(&mut self, others: impl IntoIterator<Item = Self>) {
        others.into_iter().for_each(|other| self.bytes.extend(other.bytes));
    }

    /// Whether nothing was appended.
    pub(crate) const fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// The frames, each with its length first.
    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// Appends a message that is one frame of this id in both dialects.
    pub(crate) fn frame<M: Message + ToText>(&mut self, id: i32, message: &M) {
        match self.dialect {
            Dialect::Text(version) => self.text(version, id, message),
            Dialect::Protobuf => self.protobuf(id, message),
        }
    }

    /// How messages are written in it. Only a message that is not one frame in both dialects asks.
    pub(crate) const fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// Appends a frame of text.
    pub(crate) fn text(&mut self, version: i32, id: i32, message: &impl ToText) {
        self.sized(|bytes| message.write(&mut Writer::new(id, version, bytes)));
    }

    /// Appends a frame of protobuf.
    pub(crate) fn protobuf(&mut self, id: i32, message: &impl Message) {
        self.sized(|bytes| {
            bytes.extend_from_slice(&(id + PROTOBUF_OFFSET).to_be_bytes());
            message.encode_raw(bytes);
        });
    }

    /// Appends what is written, after its length.
    fn sized(&mut self, write: impl FnOnce(&mut Vec<u8>)) {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(&[0; 4]);
        write(&mut self.bytes);
        let length = u32::try_from(self.bytes.len() - start - 4).unwrap_or(u32::MAX);
        if let Some(place) = self.bytes.get_mut(start..start + 4) {
            place.copy_from_slice(&length.to_be_bytes());
        }
    }
}

/// Gives each message its id.
macro_rules! responses {
    ($($message:ty = $id:expr),* $(,)?) => {
        $(impl $crate::wire::Response for $message {
            fn put(&self, batch: &mut $crate::wire::Batch) {
                batch.frame($id, self);
            }
        })*
    };
}
pub(crate) use responses;

#[cfg(test)]
mod tests {
    use super::super::session::{ById, NextValidId};
    use super::*;

    #[test]
    fn a_frame_holds_its_length_its_id_and_its_body() {
        let cases: [(Dialect, &[u8]); 2] = [
            (Dialect::Protobuf, &[0, 0, 0, 6, 0, 0, 0, 209, 8, 7]),
            (Dialect::Text(178), b"\0\0\0\x069\x001\x007\0"),
        ];
        for (dialect, expected) in cases {
            let mut batch = Batch::new(dialect);
            assert!(batch.is_empty());
            batch.push(&NextValidId { order_id: Some(7) });
            batch.push(&NextValidId { order_id: Some(7) });
            assert_eq!(batch.into_bytes(), expected.repeat(2), "{dialect:?}");
        }
    }

    #[test]
    fn a_request_is_split_into_id_and_body() {
        let cases: [(Dialect, &[u8], Option<i32>); 9] = [
            (Dialect::Protobuf, &[0, 0, 0, 249], Some(49)),
            (Dialect::Protobuf, &[0, 0, 249], None),
            (Dialect::Protobuf, &[0x80, 0, 0, 0], None),
            (Dialect::Text(157), b"49\x001\0", Some(49)),
            (Dialect::Text(157), b"49\0", Some(49)),
            (Dialect::Text(157), b"49", None),
            (Dialect::Text(157), b"", None),
            (Dialect::Text(157), b"\xff\xfe\0", None),
            (Dialect::Text(157), b"99999999999\0", None),
        ];
        for (dialect, frame, id) in cases {
            assert_eq!(dialect.split(frame).map(|(id, _)| id), id, "{dialect:?} {frame:?}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_named_by_its_id_where_it_has_one() {
        let cases: [(Dialect, &[u8], i32); 7] = [
            (Dialect::Protobuf, &[8, 5, 0x12, 9], 5),
            (Dialect::Protobuf, &[0x12, 9], NO_REQUEST),
            (Dialect::Protobuf, &[0xff], NO_REQUEST),
            (Dialect::Text(178), b"2\x005\x00not a number\0", 5),
            (Dialect::Text(178), b"2\x005", NO_REQUEST),
            (Dialect::Text(178), b"2\0x\0", NO_REQUEST),
            (Dialect::Text(178), b"", NO_REQUEST),
        ];
        for (dialect, bytes, id) in cases {
            let body = Body { dialect, bytes };
            let unreadable = body.read::<super::super::market_data::MarketDataRequest>(ids::MARKET_DATA);
            assert_eq!(unreadable.unwrap_err().request_id, id, "{dialect:?} {bytes:?}");
        }
        let body = Body { dialect: Dialect::Text(178), bytes: b"2\x005\0" };
        assert_eq!(body.read::<ById>(ids::CANCEL_MARKET_DATA).unwrap().req_id, Some(5));
    }
}

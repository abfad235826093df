//! The protobuf dialect of the gateway's socket (server versions 213 to 226): message ids, frames, and
//! the messages that this gateway reads or writes, split by noun.
//!
//! A frame is `u32be length | i32be (id + 200) | protobuf`. Every scalar has explicit presence; decimals
//! are strings, prices are doubles.

pub(crate) mod account;
pub(crate) mod contract;
pub(crate) mod history;
pub(crate) mod ids;
pub(crate) mod market_data;
pub(crate) mod order;
pub(crate) mod reference;
pub(crate) mod session;

use prost::Message;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

/// What is added to a message id where its body is protobuf.
pub(crate) const PROTOBUF_OFFSET: i32 = 200;

/// The longest frame that either side accepts, in bytes.
pub(crate) const MAX_FRAME: usize = 0x00FF_FFFF;

/// A message that the gateway sends.
pub(crate) trait Response: Message {
    /// Its id, without the protobuf offset.
    const ID: i32;
}

/// Gives each message its id.
macro_rules! responses {
    ($($message:ty = $id:expr),* $(,)?) => {
        $(impl $crate::wire::Response for $message {
            const ID: i32 = $id;
        })*
    };
}
pub(crate) use responses;

/// The whole frame of a message, length first.
pub(crate) fn frame<M: Response>(message: &M) -> Vec<u8> {
    let size = message.encoded_len() + 4;
    let mut bytes = Vec::with_capacity(size + 4);
    bytes.extend_from_slice(&u32::try_from(size).unwrap_or(u32::MAX).to_be_bytes());
    bytes.extend_from_slice(&(M::ID + PROTOBUF_OFFSET).to_be_bytes());
    message.encode_raw(&mut bytes);
    bytes
}

/// The frame of a text, as the handshake uses it.
pub(crate) fn text_frame(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len() + 4);
    bytes.extend_from_slice(&u32::try_from(text.len()).unwrap_or(u32::MAX).to_be_bytes());
    bytes.extend_from_slice(text.as_bytes());
    bytes
}

/// A price as the wire has it.
pub(crate) fn double(price: Decimal) -> f64 {
    price.to_f64().unwrap_or(-1.0)
}

/// A size as the wire has it: plain digits, no trailing zeros.
pub(crate) fn decimal(size: Decimal) -> String {
    size.normalize().to_string()
}

#[cfg(test)]
mod tests {
    use super::session::NextValidId;
    use super::*;

    #[test]
    fn a_frame_holds_its_length_its_id_and_its_body() {
        let bytes = frame(&NextValidId { order_id: Some(7) });
        assert_eq!(bytes, [0, 0, 0, 6, 0, 0, 0, 209, 8, 7]);
        assert_eq!(text_frame("226\0"), [0, 0, 0, 4, b'2', b'2', b'6', 0]);
    }

    #[test]
    fn sizes_are_written_without_trailing_zeros() {
        for (size, text) in [("100", "100"), ("100.000", "100"), ("0.5000", "0.5"), ("0", "0")] {
            assert_eq!(decimal(size.parse().unwrap()), text);
        }
    }
}

//! What is said on the gateway's socket: message ids, the messages that this gateway reads or writes, split
//! by noun, and the two [`Dialect`]s in which they are written.
//!
//! The messages are typed once, as structs with the protocol's fields. In protobuf (server versions 213 to
//! 226) a frame is `u32be length | i32be (id + 200) | body`, where every scalar has explicit presence,
//! decimals are strings and prices are doubles. In text (157 to 178, [`text`]) it is `u32be length | fields`,
//! each field ended by a zero, the first the id.

pub(crate) mod account;
pub(crate) mod contract;
pub(crate) mod depth;
mod dialect;
pub(crate) mod execution;
pub(crate) mod history;
pub(crate) mod ids;
pub(crate) mod market_data;
pub(crate) mod option;
pub(crate) mod order;
pub(crate) mod realtime_bar;
pub(crate) mod reference;
pub(crate) mod scanner;
pub(crate) mod session;
pub(crate) mod tape;
pub(crate) mod text;

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

pub(crate) use self::dialect::{Batch, Body, Dialect, Request, Response, responses};

/// The longest frame that either side accepts, in bytes.
pub(crate) const MAX_FRAME: usize = 0x00FF_FFFF;

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
    use super::*;

    #[test]
    fn the_frame_of_a_text_is_its_length_and_the_text() {
        assert_eq!(text_frame("226\0"), [0, 0, 0, 4, b'2', b'2', b'6', 0]);
    }

    #[test]
    fn sizes_are_written_without_trailing_zeros() {
        for (size, text) in [("100", "100"), ("100.000", "100"), ("0.5000", "0.5"), ("0", "0")] {
            assert_eq!(decimal(size.parse().unwrap()), text);
        }
    }
}

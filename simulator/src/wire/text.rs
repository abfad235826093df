//! The text dialect (server versions 157 to 178): a message is a row of fields, each ended by a zero byte,
//! the first the message's id, the second often the version of the message.
//!
//! Flags are `0` and `1`. An empty field is one that is not given; so are the largest double and the
//! largest integer, which older clients send for it. What a message holds depends on the server version
//! that was agreed upon; the versions stand where they matter. Each noun has its module here as it has beside.

mod account;
#[cfg(test)]
mod captures;
mod contract;
mod depth;
mod execution;
mod history;
mod market_data;
mod open_order;
mod option;
mod order;
mod place_order;
mod reader;
mod realtime_bar;
mod reference;
mod scanner;
mod session;
mod tape;
mod writer;

use super::ids;

pub(crate) use self::reader::{FromText, Malformed, Reader};
pub(crate) use self::writer::{ToText, Writer};

/// Sizes may have fractions from this server version on; before, clients read whole numbers.
const FRACTIONAL_SIZES: i32 = 163;

/// From this version on a contract's details tell its size increments, and have no version of their own.
const SIZE_RULES: i32 = 164;

/// From this version on an error has a field for the order that it rejects.
const ORDER_REJECT: i32 = 166;

/// From this version on a contract has an issuer, and a symbol that was found has a description.
const ISSUER: i32 = 176;

/// From this version on there are no advisors' profiles any more.
const ADVISOR_PROFILE: i32 = 177;

/// Whether a request begins with the version of its form. Those that were added later do not.
fn has_version(id: i32) -> bool {
    id <= ids::CANCEL_ACCOUNT_UPDATES_MULTI
        && !matches!(id, ids::PLACE_ORDER | ids::HISTORICAL_DATA | ids::SCANNER)
}

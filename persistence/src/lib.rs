//! Where things are kept, and how nodes hear of each other.
//!
//! [`sql::Sql`] implements every store port of `domain` on Postgres and on SQLite, and seals the secrets there.
//! [`redis::RedisBus`] implements the bus, the demand, the desk requests and the token buckets between
//! processes; [`local::LocalBus`] is its twin inside one process. One set of cases runs against all of them (`tests/`).

mod connect;
mod listener;
pub mod local;
pub mod redis;
pub mod sql;
#[cfg(feature = "testing")]
pub mod testing;
mod wire;

pub use connect::ConnectError;

//! The outside world behind the ports of [`domain`]: one module per vendor, and those that users are told things by.

pub mod ib;
pub mod mail;
pub mod webhook;

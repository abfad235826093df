//! The outside world behind the ports of [`domain`]: one module per vendor.

pub mod ib;

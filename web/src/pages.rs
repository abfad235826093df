//! The pages, one per address: each fetches and composes.

pub mod dashboard;
pub mod gate;
pub mod log_in;
pub mod not_found;
pub mod set_up;

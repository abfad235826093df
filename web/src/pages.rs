//! The pages, one per address: each fetches and composes.

pub mod account;
pub mod audit;
pub mod dashboard;
pub mod gallery;
pub mod gate;
pub mod keys;
pub mod log_in;
pub mod not_found;
pub mod password;
pub mod preferences;
pub mod sessions;
pub mod set_up;
pub mod users;

//! Webhooks and e-mail, posted to servers that behave badly.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a panic is how a test fails")]

mod mail;
mod webhook;

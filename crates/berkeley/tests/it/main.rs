//! The library's tests: one file per room, and what they share.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod skip;

mod connect;
mod option;
mod resolve;
mod tokio;

//! The library's tests: one file per room, and what they share.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod signal;
mod skip;
mod support;

mod address;
mod connect;
mod corpus;
mod error;
mod examples;
mod fault;
mod filter;
mod full;
mod interrupt;
mod multicast;
mod option;
mod option_structure;
mod raw;
mod resolve;
mod socket;
mod timeout;
mod tokio;
mod trace;
mod transfer;

//! The library's tests: one file per room, and what they share.

#![cfg_attr(
    not(all(feature = "fault", feature = "tokio", feature = "tracing")),
    allow(dead_code, unused_imports, unused_mut, reason = "what a feature needs is left out with it")
)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod bounded;
mod limit;
mod namespace;
mod signal;
mod skip;
mod support;

mod address;
mod batch;
mod connect;
mod control;
mod convert;
mod corpus;
mod diagnostics;
#[cfg(all(feature = "fault", feature = "tokio"))]
mod error;
#[cfg(feature = "tokio")]
mod examples;
mod family;
#[cfg(all(feature = "fault", feature = "tokio"))]
mod fault;
mod filter;
mod full;
mod interface;
mod interrupt;
mod multicast;
mod netdb;
mod option;
#[cfg(feature = "fault")]
mod option_codec;
mod option_structure;
mod poll;
mod raw;
mod resolve;
mod ring;
mod socket;
mod splice;
mod timeout;
#[cfg(all(feature = "fault", feature = "tokio"))]
mod tokio;
#[cfg(all(feature = "fault", feature = "tracing"))]
mod trace;
mod transfer;
mod waiting;
mod zero_copy;

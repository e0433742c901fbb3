//! The library's tests: one file per room, and what they share.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod limit;
mod namespace;
mod signal;
mod skip;
mod support;

mod address;
mod batch;
mod connect;
mod control;
mod corpus;
mod error;
mod examples;
mod family;
mod fault;
mod filter;
mod full;
mod interrupt;
mod multicast;
mod option;
mod option_codec;
mod option_structure;
mod raw;
mod resolve;
mod ring;
mod socket;
mod splice;
mod timeout;
mod tokio;
mod trace;
mod transfer;
mod zero_copy;

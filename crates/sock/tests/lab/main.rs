//! Tests inside network namespaces that they make themselves: `./check.sh lab`.
//!
//! They need rights that a newcomer may lack, so `cargo test` leaves them out and only this name runs them.

#![allow(clippy::expect_used, clippy::panic, reason = "a test ends at its first surprise")]

#[path = "../../../berkeley/tests/it/bounded.rs"]
mod bounded;
#[path = "../kit/mod.rs"]
mod kit;
#[path = "../../../berkeley/tests/it/limit.rs"]
mod limit;
mod loopback;
#[path = "../../../berkeley/tests/it/skip.rs"]
mod skip;

//! The command's integration tests, a file per room.

#![allow(clippy::expect_used, clippy::panic, reason = "a test ends at its first surprise")]

#[path = "../../../berkeley/tests/it/skip.rs"]
mod skip;

mod corpus;
mod endpoint;
mod interop;
mod load;
mod readme;

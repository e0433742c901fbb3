//! The command's integration tests, a file per room.

#![allow(clippy::expect_used, reason = "a test ends at its first surprise")]

mod corpus;
mod endpoint;

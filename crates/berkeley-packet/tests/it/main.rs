//! The crate from outside: captures decoded, shown, filtered, built and written.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::format_push_string,
    clippy::cast_possible_truncation,
    clippy::unchecked_time_subtraction,
    reason = "a test ends at its first surprise"
)]

#[path = "../../../berkeley/tests/it/bounded.rs"]
mod bounded;
#[path = "../../../berkeley/tests/it/limit.rs"]
mod limit;
#[path = "../../../berkeley/tests/it/skip.rs"]
mod skip;

mod checksum;
mod corpus;
mod craft;
mod file;
mod filter;
mod folder;
mod oracle;
mod packets;
mod show;
mod stream;

//! The subcommands, one file or folder each.

pub mod completions;
pub mod connect;
pub mod interfaces;
pub mod man;
pub mod options;
pub(crate) mod print;
pub mod resolve;
pub mod serve;

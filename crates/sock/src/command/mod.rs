//! The subcommands, one file or folder each.

pub mod completions;
pub mod connect;
pub mod man;
pub mod serve;

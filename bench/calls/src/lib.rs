//! What the benches of this package share: turns side by side, the table, the raw runs, the limits.

#[cfg(test)]
#[path = "../../../crates/berkeley/tests/it/limit.rs"]
mod limit;
mod machine;
mod options;
mod report;
mod rounds;

pub use machine::{congestion, pin, thread_time, two_cores};
pub use options::Options;
pub use report::Report;
pub use rounds::{Case, Limit, Rival, Scale};

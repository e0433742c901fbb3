//! What the benches of this package share: turns side by side, the table, the raw runs, the limits.

mod machine;
mod options;
mod report;
mod rounds;

pub use machine::{congestion, pin, thread_time, two_cores};
pub use options::Options;
pub use report::Report;
pub use rounds::{Case, Limit, Rival, Scale};

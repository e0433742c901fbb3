//! `sock trace`: the routers between this machine and another, all asked together.
//!
//! [`machine`] decides which probe goes when and what an answer means, without socket and clock; [`verdict`] puts it
//! into words. The other files send, receive and show.

mod bucket;
mod clock;
mod connect;
mod event;
pub mod flow;
mod hear;
pub mod hop;
pub mod machine;
pub mod mark;
pub mod mtu;
mod names;
mod route;
mod run;
pub mod says;
mod show;
mod target;
pub mod verdict;
mod wire;

use std::net::IpAddr;

use crate::cli::TraceArgs;
use crate::exit::{Exit, Failure};
use crate::probe::open;

use self::machine::Plan;

/// What is told at the start.
struct Start<'a> {
    host: &'a str,
    target: IpAddr,
    source: IpAddr,
    method: &'static str,
    port: Option<u16>,
    plan: &'a Plan,
}

/// Runs the command.
pub fn run(args: &TraceArgs) -> Result<Exit, Failure> {
    super::on_a_runtime(run::trace(args))
}

/// A number that nobody can guess.
fn random() -> u16 {
    u16::try_from(open::random() >> 48).unwrap_or_default()
}

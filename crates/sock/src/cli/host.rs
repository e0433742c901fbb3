//! What the commands that serve many clients have in common: `sock serve` and `sock relay`.

use clap::Args;

use super::access::AccessArgs;
use super::values::{descriptor, positive};
use crate::quantity::Period;

/// How many clients are served, for how long, by how many threads, and what is told of it.
#[derive(Args, Debug)]
pub struct HostArgs {
    /// Who may come.
    #[command(flatten)]
    pub access: AccessArgs,
    /// Serve one connection or datagram, then exit
    #[arg(long, conflicts_with = "max_connections")]
    pub once: bool,
    /// Serve N clients at a time; the others wait
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub max_connections: Option<u32>,
    /// Close a connection that is idle for TIME
    #[arg(long, value_name = "TIME", value_parser = positive)]
    pub idle_timeout: Option<Period>,
    /// Time for pending replies after a signal [default: 10s]
    #[arg(long, value_name = "TIME", hide_short_help = true)]
    pub grace: Option<Period>,
    /// Once listening, write the addresses there
    ///
    /// A line for each address, `tcp 127.0.0.1:12345`, to this open descriptor, which is closed then.
    #[arg(long, value_name = "FD", value_parser = descriptor, hide_short_help = true)]
    pub ready_fd: Option<u32>,
    /// Worker threads [default: one a core, at most 4]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=64), hide_short_help = true)]
    pub threads: Option<u16>,
    /// Print only errors
    #[arg(long, short, conflicts_with = "json")]
    pub quiet: bool,
    /// Print events, one JSON object a line
    #[arg(long)]
    pub json: bool,
}

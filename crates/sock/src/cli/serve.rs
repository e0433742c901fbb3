//! The words of `sock serve`.

use std::path::PathBuf;

use clap::Args;

use super::family::FamilyArgs;
use super::help;
use super::values::{descriptor, positive};
use crate::quantity::Period;
use crate::reply::Template;

const SERVE_EXAMPLES: &str = "\
Examples:
  sock serve                                  TCP on 127.0.0.1:12345
  sock serve :0 --echo --ready-fd 3 3>ready   a free port, told to a file
  sock serve unix:/tmp/app.sock?mode=660 --reply 'you said {data}'
  sock serve udp://*:9000 --discard --json    an event a datagram";

/// Where `sock serve` listens unless told otherwise.
pub const DEFAULT_ENDPOINT: &str = "127.0.0.1:12345";

/// `sock serve`.
#[derive(Args, Debug)]
#[command(after_help = help::more("serve"), after_long_help = help::of_endpoints(help::SERVES, "", SERVE_EXAMPLES))]
pub struct ServeArgs {
    /// Where to listen [default: 127.0.0.1:12345]
    ///
    /// A number alone is a port of this machine. Without ENDPOINT, sockets that systemd passes are used.
    #[arg(value_name = "ENDPOINT")]
    pub endpoint: Option<String>,
    /// Which family.
    #[command(flatten)]
    pub family: FamilyArgs,
    /// How to answer.
    #[command(flatten)]
    pub answer: AnswerArgs,
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

/// How `sock serve` answers; one of these, by default a reply.
#[derive(Args, Debug)]
#[group(multiple = false)]
pub struct AnswerArgs {
    /// Answer each piece with this; {data} is the piece
    ///
    /// [default: Server received your data: {data}]
    #[arg(long, value_name = "TEMPLATE", allow_hyphen_values = true)]
    pub reply: Option<Template>,
    /// Send back what comes (RFC 862)
    #[arg(long)]
    pub echo: bool,
    /// Answer nothing (RFC 863)
    #[arg(long)]
    pub discard: bool,
    /// Send lines of characters without end (RFC 864)
    #[arg(long, hide_short_help = true)]
    pub chargen: bool,
    /// Send each client this file, then the end
    #[arg(long, value_name = "PATH")]
    pub send_file: Option<PathBuf>,
}

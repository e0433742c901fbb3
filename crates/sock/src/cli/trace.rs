//! The words of `sock trace`.

use std::net::IpAddr;

use clap::Args;

use super::family::FamilyArgs;
use super::help;
use super::values::positive;
use crate::quantity::Period;

const TRACE_EXAMPLES: &str = "\
Examples:
  sock trace example.org              each router on the way, with times
  sock trace example.org --icmp       by echo requests, where UDP is blocked
  sock trace example.org --tcp 443    by SYNs, as a client's first packet
  sock trace example.org --watch      on and on, until Ctrl-C
  sock trace example.org --flows 8    where routers balance: each path apart
  sock trace 192.0.2.1 -n -q 10 --json";

const TRACE_NOTES: &str = "\
All hops are probed at once, and each no faster than routers answer. All
probes of a flow have the same addresses, ports and checksum, so that
routers send them along one path. A probe without an answer is lost; the
lines below the table say why.

The path MTU is measured with a packet as large as the first link allows.
The output names the router where the MTU becomes smaller, or the hops
between which large packets vanish.

UDP needs no privilege. --icmp needs none where net.ipv4.ping_group_range
allows it. Otherwise it needs CAP_NET_RAW: sudo setcap cap_net_raw+ep
\"$(command -v sock)\". --tcp without it makes a connection for each probe.

It exits 0 if the target was reached, 5 if a router says that it is
unreachable or packets go in a loop, 124 if nothing answers.";

/// `sock trace`.
#[derive(Args, Debug)]
#[allow(clippy::struct_excessive_bools, reason = "each is one flag of the command line")]
#[command(after_help = help::more("trace"), after_long_help = help::of(TRACE_NOTES, TRACE_EXAMPLES))]
pub struct TraceArgs {
    /// A name or an address
    #[arg(value_name = "HOST")]
    pub host: String,
    /// Which family.
    #[command(flatten)]
    pub family: FamilyArgs,
    /// Send echo requests, not UDP
    #[arg(long, short = 'I', conflicts_with = "tcp")]
    pub icmp: bool,
    /// Send SYNs to this port, not UDP
    #[arg(long, short = 'T', value_name = "PORT", value_parser = clap::value_parser!(u16).range(1..))]
    pub tcp: Option<u16>,
    /// The UDP port, which should be closed
    #[arg(long, short, value_name = "PORT", default_value_t = 33_434, conflicts_with_all = ["icmp", "tcp"],
        value_parser = clap::value_parser!(u16).range(1..))]
    pub port: u16,
    /// The first hop
    #[arg(long, short, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..))]
    pub first: u8,
    /// The last hop
    #[arg(long, short, value_name = "N", default_value_t = 30, value_parser = clap::value_parser!(u8).range(1..))]
    pub max: u8,
    /// How many probes each hop gets
    #[arg(long, short = 'q', value_name = "N", default_value_t = 3, conflicts_with = "watch",
        value_parser = clap::value_parser!(u32).range(1..))]
    pub probes: u32,
    /// How long to wait for an answer [default: by the path]
    ///
    /// Unless it is set: ten times the longest time that an answer took, between 1 and 4 seconds; behind the last
    /// router that answers, 4 seconds.
    #[arg(long, short = 'W', value_name = "TIME", value_parser = positive)]
    pub timeout: Option<Period>,
    /// Send N flows, to see the paths of load balancers
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=64))]
    pub flows: u16,
    /// Go on until Ctrl-C
    #[arg(long)]
    pub watch: bool,
    /// The time between two probes to a hop
    #[arg(long, value_name = "TIME", default_value = "1s", requires = "watch", value_parser = positive,
        hide_short_help = true)]
    pub interval: Period,
    /// Do not look for the path's MTU
    #[arg(long, hide_short_help = true)]
    pub no_mtu: bool,
    /// Print addresses without their names
    #[arg(long, short)]
    pub numeric: bool,
    /// Send by this interface
    #[arg(long, value_name = "NAME", hide_short_help = true)]
    pub interface: Option<String>,
    /// Send from this address
    #[arg(long, short, value_name = "ADDRESS", hide_short_help = true)]
    pub source: Option<IpAddr>,
    /// Draw nothing: lines, as in a pipe
    #[arg(long, conflicts_with = "json", hide_short_help = true)]
    pub plain: bool,
    /// Print events, one JSON object a line
    #[arg(long)]
    pub json: bool,
}

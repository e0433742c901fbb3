//! The words of `sock options`.

use clap::Args;

use super::family::FamilyArgs;
use super::help;
use super::values::{EndpointText, positive};
use crate::quantity::Period;

const OPTIONS_EXAMPLES: &str = "\
Examples:
  sock options                           a new TCP socket, as it is made
  sock options udp --only ip,rcvbuf      some options of a new UDP socket
  sock options example.org:80 --only tcp.info    a connection's figures
  sock options '127.0.0.1:80?rcvbuf=64K' --no-connect --json";

const KINDS: &str = "\
Kinds:
  tcp udp unix unix-dgram unix-seqpacket mptcp udplite sctp dccp icmp
  icmpv6 packet netlink vsock can isotp j1939 alg tipc xdp
  A kind alone is a new socket of it; tcp, udp and others of IP are
  over IPv4 unless -6 is given. tcp://?nodelay sets options on one.";

/// `sock options`.
#[derive(Args, Debug)]
#[allow(clippy::struct_excessive_bools, reason = "each is one flag of the command line")]
#[command(
    after_help = help::more("options"),
    after_long_help = help::of_endpoints(help::OPTIONS, KINDS, OPTIONS_EXAMPLES)
)]
pub struct OptionsArgs {
    /// A kind of socket, or an endpoint [default: tcp]
    ///
    /// An endpoint is connected, or made to listen (tcp-listen://...); its ?options are set before.
    #[arg(value_name = "ENDPOINT", value_parser = EndpointText, hide_possible_values = true)]
    pub endpoint: Option<String>,
    /// Only these, separated by commas
    ///
    /// A level (tcp) or an option (tcp.nodelay, nodelay, or its name in C).
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub only: Vec<String>,
    /// Every option there is, those of other sockets too
    #[arg(long, conflicts_with = "only")]
    pub all: bool,
    /// Neither connect nor listen: show the socket as made
    #[arg(long)]
    pub no_connect: bool,
    /// Which family.
    #[command(flatten)]
    pub family: FamilyArgs,
    /// How long connecting may take [default: 10s]
    #[arg(long, value_name = "TIME", value_parser = positive, conflicts_with = "no_connect")]
    pub timeout: Option<Period>,
    /// Print events, one JSON object a line
    #[arg(long)]
    pub json: bool,
}

//! The words of `sock ping`.

use clap::Args;

use super::family::FamilyArgs;
use super::help;
use super::values::{positive, probe_size};
use crate::quantity::{Period, Size};

const PING_EXAMPLES: &str = "\
Examples:
  sock ping example.org                  until Ctrl-C, a line for each answer
  sock ping 192.0.2.1 192.0.2.2 ::1      several hosts, in one table
  sock ping example.org --tcp 443        does a server listen there?
  sock ping tls://example.org:443 --count 3   how long the handshake takes
  sock ping 127.0.0.1 --count 1000 --interval 0.001 --quiet
  sock ping example.org --json           events, for programs";

const PING_NOTES: &str = "\
Probes:
  ICMP's echo request, unless another kind is asked for. --tcp: the time of
  the handshake; a port that refuses answers too. --udp: an answer, or that
  the port is closed; silence may mean open or filtered. --arp: on the same
  link, with the hardware address. tls://HOST:PORT, --connect: lookup,
  connection and handshake, each by itself.

A time begins just before the probe is sent and ends when the kernel gets
the answer (its timestamp). With --tcp, --connect and tls: both ends are
read by the process.
A probe whose answer comes after --timeout is late, and not lost.

Exits 0 if every host answered, 1 if one did not, 3 if no name is known
(1 with tls:// and --connect).
With several hosts, each line names its host, and a table sums up; at a
terminal there is the table alone.

ICMP needs no privilege where net.ipv4.ping_group_range allows it.
Otherwise it needs CAP_NET_RAW: sudo setcap cap_net_raw+ep \"$(command -v sock)\".";

/// `sock ping`.
#[derive(Args, Debug)]
#[allow(clippy::struct_excessive_bools, reason = "each is one flag of the command line")]
#[command(after_help = help::more("ping"), after_long_help = help::of(PING_NOTES, PING_EXAMPLES))]
pub struct PingArgs {
    /// Names, addresses, or tls://HOST:PORT
    #[arg(value_name = "HOST", required_unless_present = "connect")]
    pub hosts: Vec<String>,
    /// Which family.
    #[command(flatten)]
    pub family: FamilyArgs,
    /// End after N probes to each host
    #[arg(long, short, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub count: Option<u64>,
    /// The time between two probes to a host
    #[arg(long, short, value_name = "TIME", default_value = "1s", value_parser = positive)]
    pub interval: Period,
    /// How long to wait for an answer
    #[arg(long, short = 'W', value_name = "TIME", default_value = "2s", value_parser = positive)]
    pub timeout: Period,
    /// End after this time, with or without answers
    #[arg(long, short = 'w', value_name = "TIME", value_parser = positive)]
    pub deadline: Option<Period>,
    /// Connect to this port, a number or a name
    #[arg(long, value_name = "PORT", conflicts_with_all = ["udp", "arp", "connect"])]
    pub tcp: Option<String>,
    /// Send datagrams to this port
    #[arg(long, value_name = "PORT", conflicts_with_all = ["arp", "connect"])]
    pub udp: Option<String>,
    /// Ask who has the address, on the same link
    #[arg(long, conflicts_with = "connect")]
    pub arp: bool,
    /// Connect to this endpoint, each phase timed
    #[arg(long, value_name = "ENDPOINT", hide_short_help = true)]
    pub connect: Vec<String>,
    /// Bytes of payload of each probe
    ///
    /// With 8 or more, an answer is told from that to another probe even 65,536 probes later.
    #[arg(long, short, value_name = "SIZE", value_parser = probe_size, conflicts_with_all = ["tcp", "arp", "connect"],
        hide_short_help = true)]
    pub size: Option<Size>,
    /// How many hops a probe may take
    #[arg(long, short, value_name = "N", value_parser = clap::value_parser!(u8).range(1..),
        conflicts_with_all = ["arp", "connect"], hide_short_help = true)]
    pub ttl: Option<u8>,
    /// Send by this interface, or from this address
    #[arg(long, short = 'I', value_name = "NAME", conflicts_with = "connect", hide_short_help = true)]
    pub interface: Option<String>,
    /// Draw nothing: lines, as in a pipe
    #[arg(long, conflicts_with_all = ["json", "csv"], hide_short_help = true)]
    pub plain: bool,
    /// Print only the summary
    #[arg(long, short, conflicts_with_all = ["json", "csv"])]
    pub quiet: bool,
    /// Print a row for each probe, under a line of headings
    #[arg(long, conflicts_with = "json", hide_short_help = true)]
    pub csv: bool,
    /// Print events, one JSON object a line
    #[arg(long)]
    pub json: bool,
}

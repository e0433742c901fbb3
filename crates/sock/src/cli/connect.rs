//! The words of `sock connect`.

use std::path::PathBuf;

use clap::Args;

use super::family::FamilyArgs;
use super::help::{self, CONNECTS};
use super::talk::TalkArgs;
use super::tls::TlsArgs;
use super::values::{EndpointText, positive};
use super::via::ViaArgs;
use crate::quantity::Period;

const CONNECT_EXAMPLES: &str = "\
Examples:
  sock connect 127.0.0.1:12345             type and read; Ctrl-D ends
  printf 'GET / HTTP/1.0\\r\\n\\r\\n' | sock connect example.org:80
  sock connect udp://127.0.0.1:9000 --send hi --wait 200ms
  sock connect unix:/run/app.sock --receive-only > log";

/// `sock connect`.
#[derive(Args, Debug)]
#[command(after_help = help::more("connect"), after_long_help = help::of_endpoints(CONNECTS, "", CONNECT_EXAMPLES))]
pub struct ConnectArgs {
    /// Where to connect to
    #[arg(value_name = "ENDPOINT", value_parser = EndpointText, hide_possible_values = true)]
    pub endpoint: String,
    /// The port, where ENDPOINT is a host alone
    #[arg(value_name = "PORT")]
    pub port: Option<String>,
    /// Which family.
    #[command(flatten)]
    pub family: FamilyArgs,
    /// How long connecting may take [default: 10s]
    ///
    /// To all addresses of a name together.
    #[arg(long, value_name = "TIME", value_parser = positive)]
    pub timeout: Option<Period>,
    /// Datagrams: time for an answer [default: 1s]
    ///
    /// It begins with the end of the input, and anew with each answer.
    #[arg(long, value_name = "TIME", conflicts_with = "receive_only")]
    pub wait: Option<Period>,
    /// Datagrams: end when so many answers have come
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..), hide_short_help = true)]
    pub replies: Option<u64>,
    /// Write what is said as packets to this file, for Wireshark
    ///
    /// A capture file (pcapng): a handshake, what both sides said, and an end, whatever carried it; TLS is already
    /// opened.
    #[arg(long, value_name = "FILE", hide_short_help = true)]
    pub capture: Option<PathBuf>,
    /// What is sent and shown.
    #[command(flatten)]
    pub talk: TalkArgs,
    /// The way there.
    #[command(flatten)]
    pub way: ViaArgs,
    /// How TLS is set up.
    #[command(flatten)]
    pub tls: TlsArgs<false>,
}

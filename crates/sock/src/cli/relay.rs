//! The words of `sock relay`.

use std::num::NonZeroU64;
use std::path::PathBuf;

use clap::Args;

use super::family::FamilyArgs;
use super::help::{self, EITHER};
use super::host::HostArgs;
use super::tls::EitherTlsArgs;
use super::values::{EndpointText, positive, rate};
use super::via::ViaArgs;
use crate::quantity::Period;

const RELAY_EXAMPLES: &str = "\
Examples:
  sock relay :8080 example.org:80           clients of this machine
  sock relay '*:5432' unix:/run/pg.sock     from other machines too
  sock relay :8080 tls://example.org:443    TLS for those who have none
  sock relay 'tls://*:443?cert=own.pem' :80 and the other way round
  sock relay udp://:53 udp://192.0.2.1:53   a session for each sender
  sock relay :80 10.0.0.1:80 10.0.0.2:80    the second where the first fails";

/// Whether a service manager has opened sockets, as it says: one word is enough then.
fn is_activated() -> bool {
    std::env::var_os("LISTEN_FDS").is_some()
}

/// `sock relay`.
#[derive(Args, Debug)]
#[command(after_help = help::more("relay"), after_long_help = help::of_endpoints(EITHER, "", RELAY_EXAMPLES))]
pub struct RelayArgs {
    /// Where to listen, as sock serve does; or -
    ///
    /// A host name, but for localhost, is connected to instead, as is what cannot listen: that is one conversation, and
    /// tcp-listen:// listens. - is standard input and output.
    #[arg(value_name = "FROM", value_parser = EndpointText, hide_possible_values = true)]
    pub from: String,
    /// Where to connect to; of several, the first that works
    ///
    /// They are tried in this order for each client. Where systemd passes sockets, FROM is left out, and every word is
    /// a TO.
    #[arg(value_name = "TO", required = !is_activated(), value_parser = EndpointText, hide_possible_values = true)]
    pub to: Vec<String>,
    /// Which family.
    #[command(flatten)]
    pub family: FamilyArgs,
    /// How long connecting to TO may take [default: 10s]
    ///
    /// To all addresses of a name together.
    #[arg(long, value_name = "TIME", value_parser = positive)]
    pub timeout: Option<Period>,
    /// Pass on at most RATE bytes a second: 500K, 1MiB
    ///
    /// In each connection and each direction. What is over it waits, and so does who sends it; datagrams that are over
    /// it are lost.
    #[arg(long, value_name = "RATE", value_parser = rate, hide_short_help = true)]
    pub rate: Option<NonZeroU64>,
    /// Write all that is passed on to FILE, with times
    ///
    /// A regular file, which is made for its owner alone, or emptied. Where the disk is full, that is told, and the
    /// relay goes on.
    #[arg(long, value_name = "FILE", hide_short_help = true)]
    pub tee: Option<PathBuf>,
    /// Write it as packets to this file, for Wireshark
    ///
    /// A capture file (pcapng). Each conversation has a handshake, what both sides said, and an end, with the addresses
    /// that it had here, whatever carried it; TLS is already opened.
    #[arg(long, value_name = "FILE", conflicts_with = "tee", hide_short_help = true)]
    pub capture: Option<PathBuf>,
    /// How bytes stand in it: hex or raw [default: hex]
    #[arg(long, value_name = "FORM", requires = "tee", value_parser = ["hex", "raw"], hide_short_help = true)]
    pub tee_format: Option<String>,
    /// Datagrams: send others more than three times what they sent
    ///
    /// A sender's address beyond this machine may be forged, and its owner would be flooded.
    #[arg(long, hide_short_help = true)]
    pub amplify: bool,
    /// The way to TO.
    #[command(flatten)]
    pub way: ViaArgs,
    /// For how many, how long, and what is told.
    #[command(flatten)]
    pub host: HostArgs,
    /// How the TLS of the one end that has it is set up.
    #[command(flatten)]
    pub tls: EitherTlsArgs,
}

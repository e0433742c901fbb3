//! The words of `sock craft`.

use std::path::PathBuf;

use clap::Args;

use super::help;
use super::packet::PacketArgs;
use super::values::positive;
use crate::quantity::Period;

const CRAFT_EXAMPLES: &str = "\
Examples:
  sock craft 'ip(dst=127.0.0.1)/icmp/\"hello\"'            its layers
  sock craft 'ip(dst=127.0.0.1)/icmp' --send --answers 1   a ping
  sock craft 'ip(dst=127.0.0.1)/udp(dstport=9)' --send --count 3
  sock craft 'eth/ip/udp(checksum=1)' --write wrong.pcapng
  sock craft 'ip/udp/\"hi\"' --hex | sock decode - --json";

const CRAFT_NOTES: &str = "\
Packets:
  ip(dst=127.0.0.1,ttl=3)/icmp(type=8)/\"hello\"
  Layers, the outermost first. In parentheses fields of tshark's names,
  ip.ttl or ttl; lengths, checksums and the number of the inner layer
  are filled in unless they are set. A value is a number (12, 0x0c), a
  word (type=echo-request), an address, bytes (0x0a0b) or \"text\"; the
  name of a flag alone sets it, flags=syn|ack sets all flags at once. Last
  come bytes, as \"text\" or 0x0a0b. Options are bytes,
  ip(options=0x01010100), or have names: tcp(options=[mss=1460,sack_perm,
  timestamp(1,0),nop,wscale=7,0x1302]). What stands behind the inner layer
  is padding: eth(padding=0x0000)/ip/udp.

Sending needs CAP_NET_RAW: sudo sock craft, or once
sudo setcap cap_net_raw+ep \"$(command -v sock)\". Of an IPv4 header that
is sent, the kernel fills in length and checksum itself; put eth before
it, with --interface, and every byte is yours.";

/// `sock craft`.
#[derive(Args, Debug)]
#[command(after_help = help::more("craft"), after_long_help = help::of(CRAFT_NOTES, CRAFT_EXAMPLES))]
pub struct CraftArgs {
    /// The packet, as in 'ip(dst=127.0.0.1)/icmp(type=8)/"hello"'
    #[arg(value_name = "TEXT")]
    pub text: String,
    /// Send it
    ///
    /// From its outermost layer on: eth on --interface, ip and ipv6 as the routes say. A source address that is not set
    /// is the one that the kernel would choose.
    #[arg(long)]
    pub send: bool,
    /// Wait for N packets that answer it
    ///
    /// They come back between the same addresses and ports, are replies of ICMP or ARP, or errors of ICMP that quote
    /// it.
    #[arg(long, value_name = "N", requires = "send", value_parser = clap::value_parser!(u64).range(1..))]
    pub answers: Option<u64>,
    /// How long to wait for answers
    #[arg(long, value_name = "TIME", default_value = "2s", requires = "answers", value_parser = positive)]
    pub timeout: Period,
    /// Send it, or write it, N times
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..))]
    pub count: u64,
    /// The interface to send it on
    #[arg(long, value_name = "NAME", requires = "send")]
    pub interface: Option<String>,
    /// Write it, and what answers, to this file (pcapng)
    #[arg(long, value_name = "FILE")]
    pub write: Option<PathBuf>,
    /// How packets are shown.
    #[command(flatten)]
    pub packets: PacketArgs,
}

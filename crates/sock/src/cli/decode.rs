//! The words of `sock decode`.

use berkeley_packet::LinkType;
use clap::Args;

use super::help;
use super::packet::PacketArgs;

const DECODE_EXAMPLES: &str = "\
Examples:
  sock decode capture.pcapng                   a line for each packet
  sock decode capture.pcap --layers --count 1  every field of the first
  sock decode capture.pcap --browse            on a screen, with filters
  sock decode capture.pcap --conversations     who spoke with whom
  sock decode capture.pcap --follow 'tcp 3'    what they said
  sock decode capture.pcap --filter 'udp port 53'
  sock decode 4500001c00000000401100007f0000017f000001 --layers
  tcpdump -x -c 1 | sock decode -              a hex dump";

const DECODE_NOTES: &str = "\
Input:
  FILE    a capture of pcap or pcapng, or a hex dump
  -       the same on standard input
  HEX     one packet: 4500001c..., also with spaces or colons
  A hex dump may be one of xxd, hexdump -C, tcpdump -x or tshark -x.
  What a packet in hex begins with is guessed, unless --link says it:
  ethernet, raw, ipv4, ipv6, null, loop, sll, sll2, or a number.";

/// `sock decode`.
#[derive(Args, Debug)]
#[command(after_help = help::more("decode"), after_long_help = help::of(DECODE_NOTES, DECODE_EXAMPLES))]
#[allow(clippy::struct_excessive_bools, reason = "each is one flag of the command line")]
pub struct DecodeArgs {
    /// A capture file, - for standard input, or a packet in hex
    #[arg(value_name = "FILE|-|HEX")]
    pub input: String,
    /// Browse the packets on a screen
    ///
    /// A list, layers, bytes, conversations. Filter with / as you type, follow a conversation with f; ? lists the keys.
    #[arg(
        long,
        conflicts_with_all = ["layers", "hex", "json", "count", "follow", "raw", "conversations", "craft"]
    )]
    pub browse: bool,
    /// How packets are shown.
    #[command(flatten)]
    pub packets: PacketArgs,
    /// Only these packets, such as 'udp port 53'
    ///
    /// In the language of tcpdump: host, net, port, portrange, src, dst, tcp, udp, icmp, arp, vlan, and, or, not, ...
    #[arg(long, short, value_name = "EXPRESSION", conflicts_with = "follow")]
    pub filter: Option<String>,
    /// End after N packets
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub count: Option<u64>,
    /// Show what both ends of a stream said: 'tcp 3', 'udp 0'
    ///
    /// Streams have the numbers that Wireshark gives them; --conversations lists them. Lines of the client begin with
    /// >, those of the server with <. With --hex as a hex dump, with --json as events.
    #[arg(long, value_name = "STREAM", conflicts_with_all = ["layers", "time", "count"])]
    pub follow: Option<String>,
    /// With --follow: the bytes of both ends, as they are
    #[arg(long, requires = "follow", conflicts_with_all = ["hex", "json"], hide_short_help = true)]
    pub raw: bool,
    /// Show who spoke with whom, how much, and what was wrong
    ///
    /// Packets and bytes each way, how long, round trips, and retransmissions, zero windows, resets.
    #[arg(long, conflicts_with_all = ["layers", "hex", "time", "count", "follow"])]
    pub conversations: bool,
    /// Print each packet as text, as sock craft builds it
    ///
    /// Fields that sock craft fills in by itself are left out. It builds the same bytes again, of a broken packet too.
    #[arg(long, conflicts_with_all = ["layers", "hex", "json", "time", "follow", "conversations"])]
    pub craft: bool,
    /// What packets begin with, such as raw or ethernet
    #[arg(long, value_name = "LINK", value_parser = clap::value_parser!(LinkType))]
    pub link: Option<LinkType>,
}

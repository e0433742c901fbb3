//! The words of `sock capture`.

use std::num::{NonZeroU64, NonZeroUsize};
use std::path::PathBuf;

use clap::Args;

use super::help;
use super::packet::PacketArgs;
use super::values::{positive, some_bytes};
use crate::quantity::{Period, Size};

const CAPTURE_EXAMPLES: &str = "\
Examples:
  sock capture                          every packet of every interface
  sock capture lo --filter 'tcp port 80'   those of one port
  sock capture eth0 --layers --count 1  one packet, layer in layer
  sock capture eth0 --browse            on a screen, with filters
  sock capture eth0 -w trace.pcapng     into a file, for Wireshark too
  sock capture --write - | wireshark -k -i -   while they come";

const PRIVILEGE: &str = "\
Capturing needs CAP_NET_RAW: sudo sock capture, or once
sudo setcap cap_net_raw+ep \"$(command -v sock)\". Once the ring is open the
process gives up every capability and can open no file and no socket.";

/// `sock capture`.
#[derive(Args, Debug)]
#[command(after_help = help::more("capture"), after_long_help = help::of(PRIVILEGE, CAPTURE_EXAMPLES))]
pub struct CaptureArgs {
    /// The interface [default: all]
    #[arg(value_name = "INTERFACE")]
    pub interface: Option<String>,
    /// Only these packets, such as 'udp port 53'
    ///
    /// In the language of tcpdump: host, net, port, portrange, src, dst, tcp, udp, icmp, arp, vlan, and, or, not, ...
    #[arg(long, short, value_name = "EXPRESSION")]
    pub filter: Option<String>,
    /// Print the filter's program, and capture nothing
    #[arg(long, requires = "filter", hide_short_help = true)]
    pub dump_filter: bool,
    /// Browse the packets on a screen, while they come
    ///
    /// A list, layers, bytes, conversations. Filter with / as you type, follow a conversation with f; ? lists the keys.
    /// Without --write it keeps the last 256 MiB of packets.
    #[arg(long, conflicts_with_all = ["layers", "hex", "json", "print", "dump_filter"])]
    pub browse: bool,
    /// How packets are shown.
    #[command(flatten)]
    pub packets: PacketArgs,
    /// Write them to this file (pcapng); - is standard output
    #[arg(long, short, value_name = "FILE")]
    pub write: Option<PathBuf>,
    /// Show the packets that are written, too
    #[arg(long, requires = "write", hide_short_help = true)]
    pub print: bool,
    /// Begin a new file when one has so many bytes
    ///
    /// The files are FILE, then FILE with a number before its ending: trace.pcapng, trace-1.pcapng, ...
    #[arg(long, value_name = "SIZE", requires = "write", value_parser = some_bytes, hide_short_help = true)]
    pub rotate_size: Option<NonZeroU64>,
    /// Begin a new file after this time
    #[arg(long, value_name = "TIME", requires = "write", value_parser = positive, hide_short_help = true)]
    pub rotate_time: Option<Period>,
    /// Keep only the last N files
    #[arg(long, value_name = "N", requires = "write", hide_short_help = true)]
    pub files: Option<NonZeroUsize>,
    /// Keep only so many bytes of each packet, the first ones; 0 keeps all
    #[arg(long, short, value_name = "SIZE", default_value = "256K", hide_default_value = true)]
    pub snap: Size,
    /// End after N packets
    #[arg(long, short, value_name = "N")]
    pub count: Option<NonZeroU64>,
    /// End after this time
    #[arg(long, value_name = "TIME", value_parser = positive)]
    pub duration: Option<Period>,
    /// Memory for packets that wait to be read
    #[arg(long, value_name = "SIZE", default_value = "16MiB", hide_short_help = true)]
    pub buffer: Size,
}

/// The most bytes of a packet that are kept, as tcpdump has it.
const WHOLE: u32 = 256 * 1024;

impl CaptureArgs {
    /// How many bytes of each packet are kept.
    pub fn kept(&self) -> u32 {
        match u32::try_from(self.snap.0).unwrap_or(u32::MAX) {
            0 => WHOLE,
            kept => kept,
        }
    }
}

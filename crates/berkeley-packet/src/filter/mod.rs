//! Which packets are wanted: expressions like those of tcpdump, compiled to classic BPF.
//!
//! ```
//! use berkeley_packet::{LinkType, filter};
//!
//! let filter = filter::compile("udp port 53 and not host 10.0.0.1", LinkType::RAW)?;
//! let packet = b"\x45\0\0\x1e\0\0\0\0\x40\x11\0\0\x7f\0\0\x01\x7f\0\0\x02\x30\x39\0\x35\0\x0a\0\0hi";
//! assert!(filter.matches(packet, packet.len()));
//!
//! let error = filter::compile("udp prot 53", LinkType::RAW).unwrap_err();
//! assert_eq!(error.suggestion(), Some("port"));
//! # Ok::<(), filter::FilterError>(())
//! ```
//!
//! The language is a part of pcap-filter(7), and a program accepts the packets that tcpdump's accepts:
//!
//! - `host`, `net` (with `/LENGTH` or `mask`), `port`, `portrange`, each with `src`, `dst`, `src or dst`, `src and dst`
//! - `ether host`, `ether src`, `ether dst` with an Ethernet address; `broadcast`, `multicast`
//! - `ip`, `ip6`, `arp`, `tcp`, `udp`, `sctp`, `icmp`, `icmp6`, `igmp` and more; `proto`, `ip proto`, `ip6 proto`,
//!   `ether proto`; of the headers that IPv6 may have before TCP and the like, only that of a fragment is looked behind
//! - `vlan`, `mpls`, `pppoes`, with a number or without, behind which the rest of the expression looks
//! - `less`, `greater`, and comparisons: `ip[8] < 5`, `tcp[tcpflags] & (tcp-syn|tcp-fin) != 0`, `udp[4:2] > len / 2`
//! - `and`, `or`, `not`, `&&`, `||`, `!` and parentheses; `and` and `or` bind equally. What stands before an address
//!   holds for the next one too: `port 80 or 443`.
//!
//! Beyond it, an address alone is a host, `\` before the name of a protocol may be left out, and `tcp flags syn,ack`
//! (all of them set), `tcp flags any syn,fin` and `tcp flags only syn` look at TCP over IPv4 and IPv6.
//!
//! Names of services and protocols come from a table; hosts are looked up only by what [`Compiler::hosts`] gives.

mod calculation;
mod code;
mod condition;
mod emit;
mod error;
mod layout;
mod live;
mod names;
mod parse;
mod primitive;
mod program;
mod protocol;
mod pull;
mod run;
mod words;

use std::fmt;
use std::net::IpAddr;

pub use crate::fault::ParseError as FilterError;
pub use live::Live;
pub use program::{Instruction, Program, ProgramError};

use crate::link::LinkType;
use error::Fault;
use layout::Layout;
use parse::{Hosts, Parser};

/// The most bytes of an expression.
const LONGEST: usize = 64 * 1024;

/// Compiles an expression for packets of that link type. An empty one wants every packet.
///
/// # Errors
/// Fails where the expression cannot be read, asks for what these packets do not have, or makes more than 4096
/// instructions; and where filters do not know the link type.
pub fn compile(text: &str, link: LinkType) -> Result<Program, FilterError> {
    Compiler::new(link).compile(text)
}

/// Compiles expressions, and may look up the names of hosts.
pub struct Compiler<'h> {
    link: LinkType,
    hosts: Option<Hosts<'h>>,
}

impl<'h> Compiler<'h> {
    /// For packets of that link type, without names of hosts.
    pub fn new(link: LinkType) -> Self {
        Self { link, hosts: None }
    }

    /// With the addresses that `hosts` gives for a name; none for one that is not known.
    #[must_use]
    pub fn hosts(self, hosts: &'h dyn Fn(&str) -> Vec<IpAddr>) -> Self {
        Self { hosts: Some(hosts), ..self }
    }

    /// Compiles an expression.
    ///
    /// # Errors
    /// As [`compile`].
    pub fn compile(&self, text: &str) -> Result<Program, FilterError> {
        self.read(text).map_err(|fault| fault.of(text))
    }

    fn read(&self, text: &str) -> Result<Program, Fault> {
        let all = 0..text.len();
        if text.len() > LONGEST {
            return Err(Fault::new(0..0, format!("a filter of {} bytes: the most is {LONGEST}", text.len())));
        }
        let number = self.link.as_raw();
        let unknown = || Fault::new(all.clone(), format!("no filters for packets of link type {number}"));
        let layout = Layout::new(self.link).ok_or_else(unknown)?;
        let condition = Parser::new(text, words::split(text)?, layout, self.hosts).parse()?;
        let too_long = || Fault::new(all.clone(), "more than 4096 instructions would be needed");
        let instructions = emit::emit(condition).ok_or_else(too_long)?;
        Program::new(instructions).map_err(|error| Fault::new(all.clone(), error.to_string()))
    }
}

impl fmt::Debug for Compiler<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Compiler").field("link", &self.link).field("hosts", &self.hosts.is_some()).finish()
    }
}

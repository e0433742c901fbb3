//! Where the packets come from: the ring, its filter, and what is known of the interfaces.

use std::os::fd::{AsFd as _, OwnedFd};
use std::time::{Duration, SystemTime};

use berkeley::interface::{Interface, InterfaceFlags, interfaces};
use berkeley::option::{Filter, Instruction};
use berkeley::ring::{Packet, PacketKind, Ring, RingBuilder};
use berkeley_packet::LinkType;
use berkeley_packet::filter::{self, Program};

use super::taken::{Captured, Taken};
use crate::cli::CaptureArgs;
use crate::command::print::print;
use crate::exit::{Exit, Failure};

/// The kinds of hardware whose packets begin with Ethernet's header (`ARPHRD_ETHER`, `ARPHRD_LOOPBACK`).
const ETHERNETS: [u16; 2] = [1, 772];

/// A block of the ring. It comes when it is full, or after the retire timeout.
const BLOCK: u64 = 1 << 20;

/// The instruction that keeps a packet: its number says how many bytes of it.
const RETURN: u16 = 0x06;

/// The ring, and what its packets are judged by.
pub(super) struct Source {
    ring: Ring,
    interfaces: Vec<Interface>,
    /// The filters that the kernel does not apply, for packets that begin with Ethernet's header and with IP's.
    filters: Option<[Program; 2]>,
    counted: Counted,
}

/// What the kernel has counted.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Counted {
    /// The packets that the ring was offered.
    pub(super) offered: u64,
    /// Those for which it had no room.
    pub(super) dropped: u64,
}

impl Source {
    /// Opens the ring: packets arrive from now on.
    pub(super) fn open(args: &CaptureArgs, interface: Option<&Interface>) -> Result<Self, Failure> {
        let blocks = usize::try_from(args.buffer.0.div_ceil(BLOCK)).unwrap_or(usize::MAX).max(2);
        let mut builder = RingBuilder::new().blocks(blocks);
        if let Some(interface) = interface {
            let is_loopback = interface.flags.contains(InterfaceFlags::LOOPBACK);
            // On the loopback each packet is seen twice: where it is sent, and where it comes.
            builder = builder.interface(&interface.name).ignore_outgoing(is_loopback);
        }
        let (kernel, filters) = programs(args, interface)?;
        let ring = builder
            .open_with(|socket| kernel.as_ref().map_or(Ok(()), |filter| socket.attach_filter(filter)))
            .map_err(|error| privilege(Failure::from(error)))?;
        Ok(Self { ring, interfaces: interfaces()?, filters, counted: Counted::default() })
    }

    /// A descriptor of its own to wait on.
    pub(super) fn descriptor(&self) -> Result<OwnedFd, Failure> {
        let cloned = self.ring.as_fd().try_clone_to_owned();
        cloned.map_err(|error| Failure::io("wait for packets", &error))
    }

    /// Hands the packets of the next block to `taken`; false where none is there yet.
    pub(super) fn block(&self, taken: &mut Taken) -> Result<bool, Failure> {
        let Some(block) = self.ring.try_next_block() else { return Ok(false) };
        let mut tagged = Vec::new();
        for packet in block.packets().filter(|packet| !self.is_seen_again(packet)) {
            let bytes = with_tag(&packet, &mut tagged);
            let link = link_of(packet.hardware());
            let length = packet.wire_length() + bytes.len() - packet.data().len();
            if !self.wants(link, bytes, length) {
                continue;
            }
            let name = self.name(packet.interface());
            let time = since_1970(packet.timestamp());
            taken.packet(&Captured { interface: packet.interface(), name, link, time, length, bytes })?;
            if taken.is_enough() {
                break;
            }
        }
        Ok(true)
    }

    /// Whether the loopback shows it a second time.
    fn is_seen_again(&self, packet: &Packet<'_>) -> bool {
        packet.kind() == PacketKind::OUTGOING && packet.hardware() == ETHERNETS[1]
    }

    fn wants(&self, link: LinkType, bytes: &[u8], length: usize) -> bool {
        let Some([ethernet, raw]) = &self.filters else { return true };
        let program = if link == LinkType::ETHERNET { ethernet } else { raw };
        program.matches(bytes, length)
    }

    fn name(&self, index: u32) -> &str {
        let known = self.interfaces.iter().find(|interface| interface.index == index);
        known.map_or("", |interface| &interface.name)
    }

    /// The error that waits on the socket, such as that the interface has gone down.
    pub(super) fn refused(&self) -> Result<(), Failure> {
        match self.ring.socket().take_error()? {
            Some(error) => Err(error.into()),
            None => Ok(()),
        }
    }

    /// What was counted since the ring was opened.
    pub(super) fn counted(&mut self) -> Result<Counted, Failure> {
        let since = self.ring.statistics()?;
        self.counted.offered += u64::from(since.packets);
        self.counted.dropped += u64::from(since.drops);
        Ok(self.counted)
    }
}

/// The filter that the kernel applies, and those that it cannot apply.
///
/// The kernel takes a VLAN's tag off a packet before its filter sees it, and of packets of all interfaces it does not
/// say with which header they begin: those are filtered here.
fn programs(
    args: &CaptureArgs,
    interface: Option<&Interface>,
) -> Result<(Option<Filter>, Option<[Program; 2]>), Failure> {
    let snap = u32::try_from(args.snap.0).unwrap_or(u32::MAX);
    let kept = || Filter::new([Instruction::statement(RETURN, snap)]).map_err(Failure::misuse);
    let Some(text) = &args.filter else { return Ok((Some(kept()?), None)) };
    match interface {
        Some(interface) if !text.contains("vlan") => {
            let program = compile(text, link_of(interface.hardware))?;
            Ok((Some(shortened(&program, snap)?), None))
        }
        _ => {
            let here = [compile(text, LinkType::ETHERNET)?, compile(text, LinkType::RAW)?];
            Ok((Some(kept()?), Some(here)))
        }
    }
}

fn compile(text: &str, link: LinkType) -> Result<Program, Failure> {
    filter::compile(text, link).map_err(Failure::misuse)
}

/// The program as the kernel takes it, which keeps `snap` bytes of what it keeps.
fn shortened(program: &Program, snap: u32) -> Result<Filter, Failure> {
    let instructions: Vec<_> = program
        .instructions()
        .iter()
        .map(|it| match (it.code, it.k) {
            (RETURN, 1..) => Instruction::statement(RETURN, snap),
            (code, k) => Instruction::jump(code, k, it.jt, it.jf),
        })
        .collect();
    Filter::new(instructions).map_err(|error| Failure::misuse(format_args!("--filter: {error}")))
}

/// Prints the filter's program, as `tcpdump -d` does.
pub(super) fn dump(args: &CaptureArgs, interface: Option<&Interface>) -> Result<Exit, Failure> {
    let link = interface.map_or(LinkType::ETHERNET, |interface| link_of(interface.hardware));
    let program = compile(args.filter.as_deref().unwrap_or_default(), link)?;
    print(program.to_string().as_bytes()).map(|()| Exit::Done)
}

/// What the packets of that kind of hardware (`ARPHRD_*`) begin with. What is not Ethernet is a tunnel as a rule, whose
/// packets begin with IP's header.
fn link_of(hardware: u16) -> LinkType {
    if ETHERNETS.contains(&hardware) { LinkType::ETHERNET } else { LinkType::RAW }
}

/// The packet's bytes, with the VLAN's tag that the kernel took off, in `room` where there is one.
fn with_tag<'p>(packet: &Packet<'p>, room: &'p mut Vec<u8>) -> &'p [u8] {
    let data = packet.data();
    match (packet.vlan(), data.split_at_checked(12)) {
        (Some(vlan), Some((addresses, rest))) => {
            room.clear();
            room.extend_from_slice(addresses);
            room.extend_from_slice(&vlan.protocol.to_be_bytes());
            room.extend_from_slice(&vlan.control.to_be_bytes());
            room.extend_from_slice(rest);
            room
        }
        _ => data,
    }
}

fn since_1970(time: SystemTime) -> Duration {
    time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default()
}

/// What to do about a right that is wanting.
fn privilege(failure: Failure) -> Failure {
    if failure.exit != Exit::Permission {
        return failure;
    }
    let program = std::env::current_exe().map_or_else(|_| "sock".into(), |path| path.display().to_string());
    Failure { hints: Vec::new(), ..failure }
        .hint(format!("capturing needs CAP_NET_RAW: sudo setcap cap_net_raw+ep {program}"))
}

//! Where the packets come from: the ring, its filter, and what is known of the interfaces.

use std::os::fd::{AsFd as _, OwnedFd};

use berkeley::interface::{Interface, InterfaceFlags, interfaces};
use berkeley::option::Filter;
use berkeley::ring::{Ring, RingBuilder};
use berkeley_packet::LinkType;
use berkeley_packet::filter::Live;

use super::taken::{Captured, Taken};
use crate::cli::CaptureArgs;
use crate::command::print::print;
use crate::exit::{Exit, Failure};
use crate::packet::filter;

/// A block of the ring. It comes when it is full, or after the retire timeout.
const BLOCK: u64 = 1 << 20;

/// The ring, and what its packets are judged by.
pub(super) struct Source {
    ring: Ring,
    interfaces: Vec<Interface>,
    live: Live,
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
        let live = live(args, interface)?;
        let kernel = Filter::from_fields(live.kernel_fields())
            .map_err(|error| Failure::misuse(format_args!("--filter: {error}")))?;
        let ring = builder
            .open_with(|socket| socket.attach_filter(&kernel))
            .map_err(|error| Failure::from(error).wanting_net_raw("capturing"))?;
        Ok(Self { ring, interfaces: interfaces()?, live, counted: Counted::default() })
    }

    /// A descriptor of its own to wait on.
    pub(super) fn descriptor(&self) -> Result<OwnedFd, Failure> {
        let cloned = self.ring.as_fd().try_clone_to_owned();
        cloned.map_err(|error| Failure::io("wait for packets", &error))
    }

    /// Hands the packets of the next block to `taken`; false where none is there yet.
    pub(super) fn block(&self, taken: &mut Taken) -> Result<bool, Failure> {
        let Some(block) = self.ring.try_next_block() else { return Ok(false) };
        let (mut tagged, mut named) = (Vec::new(), None);
        for packet in block.packets().filter(|packet| !packet.comes_again()) {
            let bytes = packet.tagged(&mut tagged);
            let link = LinkType::of_hardware(packet.hardware());
            let length = packet.wire_length() + bytes.len() - packet.data().len();
            if !self.live.wants(link, bytes, length) {
                continue;
            }
            let interface = packet.interface();
            // The one before came by the same interface, as a rule.
            let (_, name) = match named {
                Some(known @ (before, _)) if before == interface => known,
                _ => *named.insert((interface, self.name(interface))),
            };
            let time = packet.since_epoch();
            taken.packet(&Captured { interface, name, link, time, length, bytes })?;
            if taken.is_enough() {
                break;
            }
        }
        Ok(true)
    }

    fn name(&self, index: u32) -> &str {
        let known = self.interfaces.iter().find(|interface| interface.index == index);
        known.map_or("", |interface| &interface.name)
    }

    /// The error that waits on the socket, such as that the interface has gone down.
    pub(super) fn refused(&self) -> Result<(), Failure> {
        match self.ring.socket().take_error()? {
            Some(error) => {
                let failure = Failure::from(&error);
                let message = format!("no more packets come: {}", error.reason());
                Err(Failure { message, ..failure }.hint("the interface went down, or is gone"))
            }
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

fn live(args: &CaptureArgs, interface: Option<&Interface>) -> Result<Live, Failure> {
    let link = interface.map(|interface| LinkType::of_hardware(interface.hardware));
    Live::new(args.filter.as_deref(), link, args.kept()).map_err(filter::faulty)
}

/// Prints the filter's program, as `tcpdump -d` does.
pub(super) fn dump(args: &CaptureArgs, interface: Option<&Interface>) -> Result<Exit, Failure> {
    let link = interface.map_or(LinkType::ETHERNET, |interface| LinkType::of_hardware(interface.hardware));
    let program = filter::compile(args.filter.as_deref().unwrap_or_default(), link)?;
    print(program.to_string().as_bytes()).map(|()| Exit::Done)
}

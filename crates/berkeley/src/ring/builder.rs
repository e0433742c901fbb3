//! What a ring is to be: its place, its size, its pace, and whom it shares the packets with.

use std::ffi::CString;
use std::time::Duration;

use super::{Fanout, Ring};
use crate::address::PacketAddress;
use crate::error::{Error, Operation, Result};
use crate::kinds::{Family, Protocol, Type};
use crate::socket::Socket;
use crate::sys::ring::{self as c, Mapping, request};
use crate::sys::{Errno, interface, option};

/// Opens a [`Ring`]: of every interface and every protocol, of 16 blocks of 1 MiB, unless told otherwise.
#[derive(Clone, Debug)]
#[doc(alias = "tpacket_req3")]
pub struct RingBuilder {
    place: Place,
    protocol: u16,
    cooked: bool,
    block_size: usize,
    blocks: usize,
    retire_timeout: Duration,
    ignore_outgoing: bool,
    fanout: Option<Fanout>,
}

#[derive(Clone, Debug)]
enum Place {
    Everywhere,
    Index(u32),
    Name(String),
}

impl Default for RingBuilder {
    fn default() -> Self {
        Self::new()
    }
}

impl RingBuilder {
    /// The defaults.
    pub fn new() -> Self {
        Self {
            place: Place::Everywhere,
            protocol: EVERY_PROTOCOL,
            cooked: false,
            block_size: 1 << 20,
            blocks: 16,
            retire_timeout: Duration::from_millis(20),
            ignore_outgoing: false,
            fanout: None,
        }
    }

    /// Only the packets of the interface with this name, such as `eth0`.
    #[must_use]
    pub fn interface(self, name: impl Into<String>) -> Self {
        Self { place: Place::Name(name.into()), ..self }
    }

    /// Only the packets of the interface with this index; every interface's for 0.
    #[must_use]
    pub fn interface_index(self, index: u32) -> Self {
        Self { place: if index == 0 { Place::Everywhere } else { Place::Index(index) }, ..self }
    }

    /// Only the packets of this protocol within the link (an `EtherType` such as 0x0800, IPv4).
    ///
    /// The default, 3 (`ETH_P_ALL`), is every protocol; any other sees no packet that this machine sends.
    #[must_use]
    pub fn protocol(self, protocol: u16) -> Self {
        Self { protocol, ..self }
    }

    /// The packets without the link's header (`SOCK_DGRAM`), so that those of every kind of link begin alike.
    #[must_use]
    pub fn cooked(self, cooked: bool) -> Self {
        Self { cooked, ..self }
    }

    /// The bytes of a block, rounded up to whole pages. A packet that no block can hold is truncated.
    ///
    /// There is no size of a frame to choose: in this ring packets lie one behind the other, whatever their lengths.
    #[must_use]
    pub fn block_size(self, bytes: usize) -> Self {
        Self { block_size: bytes, ..self }
    }

    /// How many blocks there are. What they hold is how far a program may fall behind before packets are dropped.
    #[must_use]
    pub fn blocks(self, blocks: usize) -> Self {
        Self { blocks, ..self }
    }

    /// How long after its first packet a block comes that is not full, in whole milliseconds; one at least.
    #[doc(alias = "tp_retire_blk_tov")]
    #[must_use]
    pub fn retire_timeout(self, timeout: Duration) -> Self {
        Self { retire_timeout: timeout, ..self }
    }

    /// Leaves out what this machine sends; on the loopback each packet then comes once instead of twice
    /// (`PACKET_IGNORE_OUTGOING`, since Linux 4.20).
    #[doc(alias = "PACKET_IGNORE_OUTGOING")]
    #[must_use]
    pub fn ignore_outgoing(self, ignore: bool) -> Self {
        Self { ignore_outgoing: ignore, ..self }
    }

    /// Shares the packets with the other rings of a group.
    #[doc(alias = "PACKET_FANOUT")]
    #[must_use]
    pub fn fanout(self, fanout: Fanout) -> Self {
        Self { fanout: Some(fanout), ..self }
    }

    /// Opens the ring: packets arrive from now on.
    ///
    /// # Errors
    ///
    /// Fails with `EPERM` without `CAP_NET_RAW`, with `ENODEV` where there is no such interface, with `ENOMEM` where
    /// the kernel has not the memory for the blocks, and in words where their numbers are beyond what it can count.
    pub fn open(&self) -> Result<Ring> {
        self.open_with(|_| Ok(()))
    }

    /// As [`open`](Self::open); `prepare` is given the socket before a packet can arrive: the time to attach a filter
    /// or to set an option.
    pub fn open_with(&self, prepare: impl FnOnce(&Socket) -> Result<()>) -> Result<Ring> {
        let place = self.place();
        let named = |error: Error| error.same_cause(Operation::OpenRing).on(&*place);
        let index = self.index().map_err(named)?;
        let sizes = self.sizes().map_err(named)?;
        let kind = if self.cooked { Type::DGRAM } else { Type::RAW };
        // Without a protocol the socket receives nothing until it is bound.
        let socket = Socket::new(Family::PACKET, kind, Protocol::DEFAULT).map_err(named)?;
        if self.ignore_outgoing {
            set(&socket, c::PACKET_IGNORE_OUTGOING, 1).map_err(named)?;
        }
        prepare(&socket)?;
        set(&socket, c::PACKET_VERSION, c::TPACKET_V3).map_err(named)?;
        set_bytes(&socket, c::PACKET_RX_RING, &self.request(sizes)).map_err(named)?;
        // Now that there is a ring its version is fixed. A clone of the socket might have changed it just before, and
        // only in this version does a block belong to one side at a time.
        let version = option::option_i32(socket.as_fd(), c::SOL_PACKET, c::PACKET_VERSION);
        match version.map_err(|errno| named(Error::kernel(Operation::OpenRing, errno)))? {
            c::TPACKET_V3 => {}
            _ => return Err(named(Error::kernel(Operation::OpenRing, Errno::INVAL))),
        }
        let mapping = Mapping::new(socket.as_fd(), sizes.block, sizes.blocks)
            .map_err(|errno| named(Error::kernel(Operation::OpenRing, errno)))?;
        socket.bind(PacketAddress::new(index, self.protocol)).map_err(named)?;
        // A socket joins a group only when it is bound.
        if let Some(fanout) = self.fanout {
            set(&socket, c::PACKET_FANOUT, fanout.argument(self.ignore_outgoing)).map_err(named)?;
        }
        Ok(Ring { mapping, socket, place: place.into() })
    }

    /// What errors call it: `packet lo`.
    fn place(&self) -> String {
        match &self.place {
            Place::Everywhere => "packet".to_owned(),
            Place::Index(index) => format!("packet interface {index}"),
            Place::Name(name) => format!("packet {}", name.escape_default()),
        }
    }

    fn index(&self) -> Result<u32> {
        match &self.place {
            Place::Everywhere => Ok(0),
            Place::Index(index) => Ok(*index),
            Place::Name(name) => {
                let name = CString::new(name.as_str())
                    .map_err(|_| Error::invalid(Operation::OpenRing, "an interface's name holds no NUL"))?;
                interface::interface_index(&name).map_err(|errno| Error::kernel(Operation::OpenRing, errno))
            }
        }
    }

    /// The sizes as the kernel counts them; more than it can count is refused before anything is made.
    fn sizes(&self) -> Result<Sizes> {
        let invalid = || {
            let (blocks, size) = (self.blocks, self.block_size);
            let text =
                format!("a ring of {blocks} blocks of {size} bytes cannot be: from 1 byte to 2 GiB each");
            Error::invalid(Operation::OpenRing, text)
        };
        let block = self.block_size.checked_next_multiple_of(c::page_size()).filter(|size| *size > 0);
        let block = block.filter(|size| i32::try_from(*size).is_ok()).ok_or_else(invalid)?;
        let countable = self.blocks > 0 && i32::try_from(self.blocks).is_ok();
        let mappable = self.blocks.checked_mul(block).is_some_and(|all| isize::try_from(all).is_ok());
        if !countable || !mappable {
            return Err(invalid());
        }
        Ok(Sizes { block, blocks: self.blocks })
    }

    /// `struct tpacket_req3`: a frame is a whole block, since this version has frames in name only.
    fn request(&self, sizes: Sizes) -> [u8; request::SIZE] {
        let word = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        let milliseconds = self.retire_timeout.as_nanos().div_ceil(1_000_000).max(1);
        let milliseconds = u32::try_from(milliseconds).unwrap_or(u32::MAX);
        let mut bytes = [0; request::SIZE];
        for (at, value) in [
            (request::BLOCK_SIZE, word(sizes.block)),
            (request::BLOCKS, word(sizes.blocks)),
            (request::FRAME_SIZE, word(sizes.block)),
            (request::FRAMES, word(sizes.blocks)),
            (request::RETIRE, milliseconds),
            (request::FEATURES, c::TP_FT_REQ_FILL_RXHASH),
        ] {
            bytes[at..at + 4].copy_from_slice(&value.to_ne_bytes());
        }
        bytes
    }
}

fn set(socket: &Socket, number: i32, value: i32) -> Result<()> {
    set_bytes(socket, number, &value.to_ne_bytes())
}

/// Each of these options is plain data: numbers, and no pointer among them.
fn set_bytes(socket: &Socket, number: i32, value: &[u8]) -> Result<()> {
    option::set_option(socket.as_fd(), c::SOL_PACKET, number, value)
        .map_err(|errno| Error::kernel(Operation::OpenRing, errno))
}

/// The ring's sizes, checked.
#[derive(Clone, Copy)]
struct Sizes {
    block: usize,
    blocks: usize,
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is 3")]
const EVERY_PROTOCOL: u16 = c::ETH_P_ALL as u16;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_request_is_laid_out_as_the_kernel_reads_it() {
        let builder =
            RingBuilder::new().block_size(5000).blocks(3).retire_timeout(Duration::from_micros(1500));
        let sizes = builder.sizes().unwrap();
        let size = 5000_usize.next_multiple_of(c::page_size());
        assert_eq!((sizes.block, sizes.blocks), (size, 3));
        let size = u32::try_from(size).unwrap();
        let words = [size, 3, size, 3, 2, 0, 1].map(u32::to_ne_bytes).concat();
        assert_eq!(builder.request(sizes)[..], words);
        let at_once = RingBuilder::new().retire_timeout(Duration::ZERO);
        assert_eq!(at_once.request(sizes)[16..20], 1_u32.to_ne_bytes(), "zero would be the kernel's choice");
    }

    #[test]
    fn a_ring_that_cannot_be_counted_is_refused_in_words() {
        for (size, blocks) in [(0, 1), (1, 0), (usize::MAX, 1), (1 << 31, 1), (1, 1 << 31), (1, usize::MAX)] {
            let error = RingBuilder::new().block_size(size).blocks(blocks).open().unwrap_err();
            assert_eq!(error.cause(), crate::error::Cause::Invalid, "{error}");
            assert!(error.to_string().starts_with("open packet: a ring of "), "{error}");
        }
    }
}

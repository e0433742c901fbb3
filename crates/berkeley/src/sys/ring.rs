//! The receive ring of packet(7), `TPACKET_V3`: its layout, and the memory that is shared with the kernel.
//!
//! A block belongs to one side at a time, as the status word at its front says. The kernel fills a block and hands it
//! over by setting `TP_STATUS_USER`; from then on it touches the block no more until the word is `TP_STATUS_KERNEL`
//! again. [`Mapping`] keeps to that: bytes are seen only through a [`Held`] block, there is one `Held` a block at most,
//! and dropping it gives the block back.

use std::os::fd::{AsRawFd, BorrowedFd};
use std::ptr::{self, NonNull};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};

use super::call::run_int;
use super::{Errno, Result, alloc};

pub(crate) use libc::{
    ETH_P_8021Q, ETH_P_ALL, PACKET_FANOUT, PACKET_IGNORE_OUTGOING, PACKET_RX_RING, PACKET_STATISTICS,
    PACKET_VERSION, SOL_PACKET, TP_FT_REQ_FILL_RXHASH, TP_STATUS_BLK_TMO, TP_STATUS_CSUM_VALID,
    TP_STATUS_CSUMNOTREADY, TP_STATUS_LOSING, TP_STATUS_TS_RAW_HARDWARE, TP_STATUS_VLAN_TPID_VALID,
    TP_STATUS_VLAN_VALID,
};

/// The numbers of one byte or of an unsigned `int`, as C `int`s.
#[allow(clippy::cast_possible_wrap, reason = "each is below 65,536")]
mod small {
    pub(crate) const PACKET_HOST: i32 = libc::PACKET_HOST as i32;
    pub(crate) const PACKET_BROADCAST: i32 = libc::PACKET_BROADCAST as i32;
    pub(crate) const PACKET_MULTICAST: i32 = libc::PACKET_MULTICAST as i32;
    pub(crate) const PACKET_OTHERHOST: i32 = libc::PACKET_OTHERHOST as i32;
    pub(crate) const PACKET_OUTGOING: i32 = libc::PACKET_OUTGOING as i32;
    pub(crate) const PACKET_FANOUT_HASH: i32 = libc::PACKET_FANOUT_HASH as i32;
    pub(crate) const PACKET_FANOUT_LB: i32 = libc::PACKET_FANOUT_LB as i32;
    pub(crate) const PACKET_FANOUT_CPU: i32 = libc::PACKET_FANOUT_CPU as i32;
    pub(crate) const PACKET_FANOUT_ROLLOVER: i32 = libc::PACKET_FANOUT_ROLLOVER as i32;
    pub(crate) const PACKET_FANOUT_RND: i32 = libc::PACKET_FANOUT_RND as i32;
    pub(crate) const PACKET_FANOUT_QM: i32 = libc::PACKET_FANOUT_QM as i32;
    pub(crate) const PACKET_FANOUT_FLAG_ROLLOVER: i32 = libc::PACKET_FANOUT_FLAG_ROLLOVER as i32;
    pub(crate) const PACKET_FANOUT_FLAG_IGNORE_OUTGOING: i32 =
        libc::PACKET_FANOUT_FLAG_IGNORE_OUTGOING as i32;
    pub(crate) const PACKET_FANOUT_FLAG_DEFRAG: i32 = libc::PACKET_FANOUT_FLAG_DEFRAG as i32;
    pub(crate) const TPACKET_V3: i32 = libc::tpacket_versions::TPACKET_V3 as i32;
}
pub(crate) use small::*;

/// The front of a block: `struct tpacket_block_desc`.
pub(crate) mod block {
    use std::mem::offset_of;

    const HEADER: usize = offset_of!(libc::tpacket_block_desc, hdr);
    pub(crate) const STATUS: usize = HEADER + offset_of!(libc::tpacket_hdr_v1, block_status);
    pub(crate) const PACKETS: usize = HEADER + offset_of!(libc::tpacket_hdr_v1, num_pkts);
    pub(crate) const FIRST: usize = HEADER + offset_of!(libc::tpacket_hdr_v1, offset_to_first_pkt);
    pub(crate) const LENGTH: usize = HEADER + offset_of!(libc::tpacket_hdr_v1, blk_len);
    pub(crate) const SEQUENCE: usize = HEADER + offset_of!(libc::tpacket_hdr_v1, seq_num);
}

/// The front of a packet: `struct tpacket3_hdr`, then `struct sockaddr_ll`.
pub(crate) mod packet {
    use std::mem::{offset_of, size_of};

    pub(crate) const NEXT: usize = offset_of!(libc::tpacket3_hdr, tp_next_offset);
    pub(crate) const SECONDS: usize = offset_of!(libc::tpacket3_hdr, tp_sec);
    pub(crate) const NANOSECONDS: usize = offset_of!(libc::tpacket3_hdr, tp_nsec);
    pub(crate) const CAPTURED: usize = offset_of!(libc::tpacket3_hdr, tp_snaplen);
    pub(crate) const LENGTH: usize = offset_of!(libc::tpacket3_hdr, tp_len);
    pub(crate) const STATUS: usize = offset_of!(libc::tpacket3_hdr, tp_status);
    pub(crate) const LINK: usize = offset_of!(libc::tpacket3_hdr, tp_mac);
    pub(crate) const NETWORK: usize = offset_of!(libc::tpacket3_hdr, tp_net);
    const VARIANT: usize = offset_of!(libc::tpacket3_hdr, hv1);
    pub(crate) const HASH: usize = VARIANT + offset_of!(libc::tpacket_hdr_variant1, tp_rxhash);
    pub(crate) const VLAN: usize = VARIANT + offset_of!(libc::tpacket_hdr_variant1, tp_vlan_tci);
    pub(crate) const VLAN_PROTOCOL: usize = VARIANT + offset_of!(libc::tpacket_hdr_variant1, tp_vlan_tpid);
    /// Where the address starts: the header's size, rounded up to `TPACKET_ALIGNMENT`.
    pub(crate) const ADDRESS: usize = size_of::<libc::tpacket3_hdr>().next_multiple_of(16);
    /// What stands before a packet's bytes at least.
    pub(crate) const SIZE: usize = ADDRESS + size_of::<libc::sockaddr_ll>();
}

/// What `PACKET_RX_RING` takes: `struct tpacket_req3`.
pub(crate) mod request {
    use std::mem::{offset_of, size_of};

    pub(crate) const BLOCK_SIZE: usize = offset_of!(libc::tpacket_req3, tp_block_size);
    pub(crate) const BLOCKS: usize = offset_of!(libc::tpacket_req3, tp_block_nr);
    pub(crate) const FRAME_SIZE: usize = offset_of!(libc::tpacket_req3, tp_frame_size);
    pub(crate) const FRAMES: usize = offset_of!(libc::tpacket_req3, tp_frame_nr);
    pub(crate) const RETIRE: usize = offset_of!(libc::tpacket_req3, tp_retire_blk_tov);
    pub(crate) const FEATURES: usize = offset_of!(libc::tpacket_req3, tp_feature_req_word);
    pub(crate) const SIZE: usize = size_of::<libc::tpacket_req3>();
}

/// What `PACKET_STATISTICS` gives: `struct tpacket_stats_v3`.
pub(crate) mod statistics {
    use std::mem::{offset_of, size_of};

    pub(crate) const PACKETS: usize = offset_of!(libc::tpacket_stats_v3, tp_packets);
    pub(crate) const DROPS: usize = offset_of!(libc::tpacket_stats_v3, tp_drops);
    pub(crate) const FREEZES: usize = offset_of!(libc::tpacket_stats_v3, tp_freeze_q_cnt);
    pub(crate) const SIZE: usize = size_of::<libc::tpacket_stats_v3>();
}

// The parser reads fields of 32 bits at these places; the kernel's header (linux/if_packet.h) fixes them for ever.
const _: () =
    assert!(block::STATUS == 8 && block::PACKETS == 12 && block::FIRST == 16 && block::LENGTH == 20);
const _: () = assert!(block::SEQUENCE == 24);
const _: () =
    assert!(packet::NEXT == 0 && packet::STATUS == 20 && packet::LINK == 24 && packet::NETWORK == 26);
const _: () = assert!(packet::HASH == 28 && packet::ADDRESS == 48 && packet::SIZE == 68);
const _: () = assert!(request::SIZE == 28 && statistics::SIZE == 12);
// The status word is reached as an atomic: the blocks start at pages, so that it is aligned.
const _: () = assert!(block::STATUS % align_of::<AtomicU32>() == 0);

/// The size of a page, in bytes: `sysconf(3)`.
pub(crate) fn page_size() -> usize {
    // SAFETY: sysconf takes an integer and touches no memory of ours.
    let size = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
    usize::try_from(size).unwrap_or(4096)
}

/// A ring's memory, mapped until it is dropped.
#[derive(Debug)]
pub(crate) struct Mapping {
    start: NonNull<u8>,
    block_size: usize,
    /// Whether a [`Held`] has the block; set and cleared as the lock of `next` and `Held::drop` say.
    held: Box<[AtomicBool]>,
    /// The block that the kernel fills next, or has filled.
    next: Mutex<usize>,
}

// SAFETY: the memory is reached only through `Held` blocks, of which there is one a block at most, and through the
// status words, by atomics; munmap may run on any thread.
unsafe impl Send for Mapping {}
// SAFETY: as above: `take` is serialised by a lock, and nothing else changes what `&Mapping` shows.
unsafe impl Sync for Mapping {}

impl Mapping {
    /// Maps the ring of `fd`, which `PACKET_RX_RING` has made with the same numbers (mmap(2)).
    ///
    /// Numbers that are not those of the ring, or no ring, are `EINVAL`: the kernel maps the whole of it or nothing.
    pub(crate) fn new(fd: BorrowedFd<'_>, block_size: usize, blocks: usize) -> Result<Self> {
        let length = block_size.checked_mul(blocks).filter(|length| *length > 0);
        let length = length.ok_or(Errno::from_raw(libc::EINVAL))?;
        if block_size % page_size() != 0 {
            return Err(Errno::from_raw(libc::EINVAL));
        }
        let held = alloc::collect((0..blocks).map(|_| AtomicBool::new(false)))?.into_boxed_slice();
        let mut start = libc::MAP_FAILED;
        run_int("mmap", fd.as_raw_fd(), || {
            // SAFETY: a new mapping at a place of the kernel's choice changes no memory that exists.
            start = unsafe {
                libc::mmap(
                    ptr::null_mut(),
                    length,
                    libc::PROT_READ | libc::PROT_WRITE,
                    libc::MAP_SHARED,
                    fd.as_raw_fd(),
                    0,
                )
            };
            if start == libc::MAP_FAILED { -1 } else { 0 }
        })?;
        let start = NonNull::new(start.cast()).ok_or(Errno::NOMEM)?;
        Ok(Self { start, block_size, held, next: Mutex::new(0) })
    }

    /// The next block, where the kernel has handed it over and nobody holds it. No system call.
    pub(crate) fn take(&self) -> Option<Held<'_>> {
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        let index = *next;
        // Acquire: after `Held::drop`, whose last word this is, and after the kernel, which fills the block first.
        let free = !self.held[index].load(Ordering::Acquire)
            && self.status(index).load(Ordering::Acquire) & libc::TP_STATUS_USER != 0;
        if !free {
            return None;
        }
        self.held[index].store(true, Ordering::Relaxed);
        *next = (index + 1) % self.held.len();
        Some(Held { mapping: self, index })
    }

    fn block(&self, index: usize) -> NonNull<u8> {
        assert!(index < self.held.len(), "a block of this ring");
        // SAFETY: the mapping is `held.len()` blocks of `block_size` bytes long, and `index` is below that number.
        unsafe { self.start.add(index * self.block_size) }
    }

    fn status(&self, index: usize) -> &AtomicU32 {
        // SAFETY: the status word lies within the block's first page, and so within the mapping.
        let word = unsafe { self.block(index).add(block::STATUS) };
        // SAFETY: blocks start at pages, so that the word is aligned; both sides reach it atomically; it lives as long
        // as the mapping, which `self` borrows.
        unsafe { word.cast::<AtomicU32>().as_ref() }
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        let length = self.block_size * self.held.len();
        // Not through `run`: as close(2) it has no failure to play or to report.
        // SAFETY: this is the range that `new` has mapped, and no `Held` is left to borrow from it.
        unsafe { libc::munmap(self.start.as_ptr().cast(), length) };
    }
}

/// A block that is ours, until it is dropped; then it is the kernel's again.
#[derive(Debug)]
pub(crate) struct Held<'m> {
    mapping: &'m Mapping,
    index: usize,
}

impl Held<'_> {
    /// The whole block, its front included.
    pub(crate) fn bytes(&self) -> &[u8] {
        let start = self.mapping.block(self.index);
        // SAFETY: the block is initialised memory of `block_size` bytes (the kernel zeroes the ring), and nobody
        // writes to it while it is held: the kernel waits for the status word, which is changed only in `drop`.
        unsafe { std::slice::from_raw_parts(start.as_ptr(), self.mapping.block_size) }
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        // Release: what was read of the block is read before the kernel may write to it.
        self.mapping.status(self.index).store(libc::TP_STATUS_KERNEL, Ordering::Release);
        // Only now may `take` look at the status word again: before, it would find our own.
        self.mapping.held[self.index].store(false, Ordering::Release);
    }
}

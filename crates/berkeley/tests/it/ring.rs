//! The capture ring: what arrives, in which order, what is dropped, and what a block's bytes may say.

use std::process::Command;
use std::thread;
use std::time::{Duration, SystemTime};

#[cfg(feature = "fault")]
use berkeley::fault::{self, Plan};
use berkeley::option;
use berkeley::ring::{Block, Checksum, Fanout, FanoutMode, Packet, PacketKind, Ring, RingBuilder};
use berkeley::{Address, Cause, Deadline, Error, Operation, Socket};

use crate::bounded::{JoinInTime, RunInTime};
use crate::namespace::in_namespace;
use crate::support::{LIMIT, LONG, SHORT, UDP, assert_kept, open_descriptors, pattern, thread_cpu, timed};

mod bytes;

/// Ethernet's header, IPv4's and UDP's.
const HEADERS: usize = 14 + 20 + 8;

/// A ring of the loopback that sees each packet once.
fn builder() -> RingBuilder {
    RingBuilder::new().interface("lo").ignore_outgoing(true).retire_timeout(Duration::from_millis(10))
}

/// A ring of little blocks, which are soon full: four packets of a thousand bytes each.
fn little(blocks: usize) -> Ring {
    builder().block_size(4096).blocks(blocks).open().unwrap()
}

fn soon() -> Deadline {
    Deadline::after(LONG)
}

/// A sender, and where it may send to: a socket that reads nothing, so that the datagrams end there.
struct Sender {
    socket: Socket,
    _receiver: Socket,
    to: Address,
}

impl Sender {
    fn new() -> Self {
        let (receiver, to) = UDP.bound();
        Self { socket: UDP.socket(), _receiver: receiver, to }
    }

    fn send(&self, payload: &[u8]) {
        assert_eq!(self.socket.send_to(payload, self.to).unwrap(), payload.len());
    }

    /// `count` datagrams of 1,000 bytes that carry their numbers from `first` on.
    fn numbered(&self, first: u32, count: u32) {
        for number in first..first + count {
            let mut payload = [0; 1000];
            payload[..4].copy_from_slice(&number.to_be_bytes());
            self.send(&payload);
        }
    }
}

fn payload<'b>(packet: &Packet<'b>) -> &'b [u8] {
    &packet.data()[HEADERS..]
}

fn numbers(block: &Block<'_>) -> Vec<u32> {
    let number = |packet: Packet<'_>| u32::from_be_bytes(*payload(&packet).first_chunk().unwrap());
    block.packets().map(number).collect()
}

/// The numbers in blocks taken one after the other, until there are `count`.
fn collect(ring: &Ring, count: usize) -> Vec<u32> {
    let mut seen = Vec::new();
    while seen.len() < count {
        seen.extend(numbers(&ring.next_block(soon()).unwrap()));
    }
    seen
}

#[test]
fn packets_arrive_whole_and_in_order() {
    in_namespace(LIMIT, || {
        let ring = builder().open().unwrap();
        let sender = Sender::new();
        let lengths = [0, 1, 2, 100, 1400, 9000, 60_000, 65_507, 3, 1000];
        let before = SystemTime::now();
        for length in lengths {
            sender.send(&pattern(length));
        }
        let after = SystemTime::now();

        let (mut seen, mut last, mut sequence) = (Vec::new(), before, 0);
        while seen.len() < lengths.len() {
            let block = ring.next_block(soon()).unwrap();
            assert_eq!(block.sequence(), sequence + 1);
            sequence = block.sequence();
            assert_eq!(block.packets().count(), block.packet_count() as usize);
            for packet in block.packets() {
                assert_eq!(packet.wire_length(), packet.data().len());
                assert_eq!(payload(&packet), pattern(payload(&packet).len()));
                assert!(last <= packet.timestamp() && packet.timestamp() <= after, "{packet:?}");
                last = packet.timestamp();
                assert_loopback(&packet);
                seen.push(payload(&packet).len());
            }
        }
        assert_eq!(seen, lengths);
        let statistics = ring.statistics().unwrap();
        assert_eq!((statistics.packets, statistics.drops, statistics.freezes), (10, 0, 0));
        assert_eq!(ring.statistics().unwrap().packets, 0, "the counters start anew");
    });
}

#[track_caller]
fn assert_loopback(packet: &Packet<'_>) {
    assert_eq!((packet.interface(), packet.protocol(), packet.hardware()), (1, 0x0800, 772));
    assert_eq!((packet.kind(), packet.vlan(), packet.is_truncated()), (PacketKind::HOST, None, false));
    assert_eq!(packet.hardware_address(), [0; 6]);
    assert_eq!(packet.checksum(), Checksum::Unfinished, "the loopback computes none");
    assert!(!packet.is_losing() && !packet.has_hardware_timestamp());
    assert_eq!(packet.network()[0], 0x45);
    assert_eq!(packet.network().len() + 14, packet.data().len());
}

#[test]
fn a_cooked_ring_of_all_interfaces_leaves_the_link_away() {
    in_namespace(LIMIT, || {
        for builder in [RingBuilder::new(), RingBuilder::new().interface_index(1)] {
            let ring = builder.cooked(true).open().unwrap();
            Sender::new().send(b"hello");
            let block = ring.next_block(soon()).unwrap();
            let packets: Vec<_> = block.packets().collect();
            let kinds: Vec<_> = packets.iter().map(Packet::kind).collect();
            assert_eq!(
                kinds,
                [PacketKind::OUTGOING, PacketKind::HOST],
                "once on the way out, once on the way in"
            );
            for packet in packets {
                assert_eq!((packet.data()[0], packet.data()), (0x45, packet.network()));
                assert!(packet.data().ends_with(b"hello"));
            }
        }
    });
}

#[test]
fn a_ring_of_one_protocol_sees_no_other() {
    in_namespace(LIMIT, || {
        let other = builder().protocol(0x86dd).open().unwrap();
        let ring = builder().protocol(0x0800).open().unwrap();
        Sender::new().numbered(5, 1);
        assert_eq!(collect(&ring, 1), [5]);
        assert_eq!(other.statistics().unwrap().packets, 0);
    });
}

#[test]
fn a_block_dropped_goes_back_to_the_kernel() {
    in_namespace(LIMIT, || {
        let (ring, sender) = (little(3), Sender::new());
        // A hundred times round three blocks.
        for first in (0..1200).step_by(4) {
            sender.numbered(first, 4);
            assert_eq!(collect(&ring, 4), (first..first + 4).collect::<Vec<_>>());
        }
        let statistics = ring.statistics().unwrap();
        assert_eq!((statistics.packets, statistics.drops), (1200, 0));
    });
}

#[test]
fn a_held_block_makes_drops_that_are_counted() {
    in_namespace(LIMIT, || {
        let (ring, sender) = (little(3), Sender::new());
        sender.numbered(0, 1);
        let held = ring.next_block(soon()).unwrap();
        sender.numbered(1, 200);
        assert_eq!(numbers(&held), [0], "what is held does not change");
        drop(held);

        let (mut seen, mut losing) = (1, false);
        while let Ok(block) = ring.next_block(Deadline::after(SHORT)) {
            seen += block.packet_count();
            losing |= block.is_losing();
        }
        let statistics = ring.statistics().unwrap();
        assert!(statistics.drops > 0 && statistics.freezes > 0, "{statistics:?}");
        assert_eq!((statistics.packets, statistics.packets - statistics.drops), (201, seen));
        assert!(losing || seen <= 9, "a block after the drops tells of them");

        sender.numbered(1000, 4);
        assert_eq!(collect(&ring, 4), [1000, 1001, 1002, 1003], "the ring goes on");
        assert_eq!(ring.statistics().unwrap().drops, 0);
    });
}

#[test]
fn several_blocks_can_be_held_and_come_in_order() {
    in_namespace(LIMIT, || {
        let (ring, sender) = (little(4), Sender::new());
        let mut blocks = Vec::new();
        for number in 0..4 {
            sender.numbered(number, 1);
            blocks.push(ring.next_block(soon()).unwrap());
        }
        let seen: Vec<_> = blocks.iter().flat_map(numbers).collect();
        assert_eq!(seen, [0, 1, 2, 3]);
        assert!(ring.try_next_block().is_none(), "every block is held");
        // Given back in another order: the first one's turn is the next.
        blocks.pop();
        assert!(ring.try_next_block().is_none());
        blocks.clear();
        sender.numbered(9, 1);
        assert_eq!(collect(&ring, 1), [9]);
    });
}

#[test]
fn threads_that_share_a_ring_see_each_packet_once() {
    const COUNT: u32 = 2000;
    in_namespace(LIMIT, || {
        let (ring, sender) = (builder().block_size(8192).blocks(64).open().unwrap(), Sender::new());
        let mut seen = thread::scope(|scope| {
            let take = || {
                let mut seen = Vec::new();
                while let Ok(block) = ring.next_block(Deadline::after(Duration::from_millis(500))) {
                    seen.extend(numbers(&block));
                }
                seen
            };
            let threads = [scope.spawn(take), scope.spawn(take), scope.spawn(take)];
            // As many as the ring holds at once, however slow the readers are.
            for first in (0..COUNT).step_by(200) {
                sender.numbered(first, 200);
                thread::yield_now();
            }
            threads.map(|thread| thread.join_in_time().unwrap()).concat()
        });
        seen.sort_unstable();
        let drops = ring.statistics().unwrap().drops as usize;
        let mut once = seen.clone();
        once.dedup();
        assert_eq!((once.len(), seen.len() + drops), (seen.len(), COUNT as usize));
        assert!(drops < 1000, "{drops} of {COUNT} dropped");
    });
}

#[test]
fn waiting_while_the_last_block_is_held_burns_no_processor() {
    in_namespace(LIMIT, || {
        let (ring, sender) = (little(4), Sender::new());
        sender.numbered(0, 1);
        let held = ring.next_block(soon()).unwrap();
        let cpu = thread_cpu();
        let (error, took) = timed(|| ring.next_block(Deadline::after(SHORT)).unwrap_err());
        let cpu = thread_cpu().saturating_sub(cpu);
        assert_eq!(error.cause(), Cause::TimedOut);
        assert_kept(SHORT, took, "next_block");
        assert!(cpu < SHORT / 4, "{cpu:?}");
        // And a block that comes meanwhile is not missed.
        sender.numbered(1, 1);
        assert_eq!(collect(&ring, 1), [1]);
        drop(held);
    });
}

#[test]
fn rings_of_a_group_share_a_flood() {
    in_namespace(LIMIT, || {
        for (group, mode) in [(1, FanoutMode::BALANCE), (2, FanoutMode::HASH), (3, FanoutMode::RANDOM)] {
            let open = || builder().fanout(Fanout::new(group, mode)).open().unwrap();
            let (left, right) = (open(), open());
            let sender = Sender::new();
            sender.numbered(0, 400);
            let (mut seen, mut counts) = (Vec::new(), Vec::new());
            for ring in [&left, &right] {
                let count = ring.statistics().unwrap().packets as usize;
                seen.extend(collect(ring, count));
                counts.push(count);
            }
            seen.sort_unstable();
            assert_eq!(seen, (0..400).collect::<Vec<_>>(), "{mode:?}");
            counts.sort_unstable();
            match mode {
                FanoutMode::BALANCE => assert_eq!(counts, [200, 200]),
                FanoutMode::HASH => assert_eq!(counts, [0, 400], "one flow, one ring"),
                _ => assert!(counts[0] > 100, "{counts:?}"),
            }
        }
    });
}

#[test]
fn rings_of_a_group_must_ask_for_the_same() {
    in_namespace(LIMIT, || {
        let fanout = Fanout::new(1, FanoutMode::BALANCE);
        let _first = builder().fanout(fanout).open().unwrap();
        let other = builder().fanout(Fanout::new(1, FanoutMode::HASH)).open().unwrap_err();
        assert_eq!((other.operation(), other.raw_os_error()), (Operation::OpenRing, Some(22)), "{other}");
    });
}

#[test]
fn a_packet_that_no_block_holds_is_truncated() {
    in_namespace(LIMIT, || {
        let (ring, sender) = (little(3), Sender::new());
        sender.send(&pattern(60_000));
        sender.send(b"short");
        // The kernel gives up an empty block first, in search of one with more room.
        assert_eq!(ring.next_block(soon()).unwrap().packet_count(), 0);
        let block = ring.next_block(soon()).unwrap();
        let packet = block.packets().next().unwrap();
        assert!(packet.is_truncated());
        assert_eq!(packet.wire_length(), 60_000 + HEADERS);
        let captured = payload(&packet).len();
        assert!((3800..4096).contains(&captured), "{captured}");
        assert_eq!(payload(&packet), &pattern(60_000)[..captured]);
        drop(block);
        let block = ring.next_block(soon()).unwrap();
        assert_eq!(payload(&block.packets().next().unwrap()), b"short");
    });
}

#[test]
fn a_block_that_is_not_full_comes_when_its_time_is_up() {
    in_namespace(LIMIT, || {
        let ring = builder().retire_timeout(SHORT).open().unwrap();
        assert!(ring.try_next_block().is_none());
        Sender::new().numbered(7, 1);
        assert!(ring.try_next_block().is_none(), "its time is not up");
        let block = ring.next_block(soon()).unwrap();
        assert_eq!((numbers(&block), block.packet_count(), block.is_retired()), (vec![7], 1, true));

        let (little, sender) =
            (builder().retire_timeout(LONG).block_size(4096).open().unwrap(), Sender::new());
        sender.numbered(0, 5);
        let block = little.try_next_block().expect("a full block is there at once");
        assert!(!block.is_retired() && block.packet_count() >= 3);
    });
}

#[test]
fn a_deadline_ends_the_wait() {
    in_namespace(LIMIT, || {
        let ring = builder().open().unwrap();
        let (error, took) = timed(|| ring.next_block(Deadline::after(SHORT)).unwrap_err());
        assert_eq!(error.to_string(), "next_block packet lo: timed out");
        assert_kept(SHORT, took, "next_block");
        assert!(ring.next_block(Deadline::after(Duration::ZERO)).is_err());
    });
}

#[test]
fn an_interface_that_goes_down_is_told_once() {
    in_namespace(LIMIT, || {
        let ring = builder().open().unwrap();
        let down = Command::new("ip").args(["link", "set", "lo", "down"]).status_in_time().unwrap();
        assert!(down.success());
        let error = ring.next_block(soon()).unwrap_err();
        assert_eq!(error.to_string(), "next_block packet lo: network is down (os error 100)");
        let up = Command::new("ip").args(["link", "set", "lo", "up"]).status_in_time().unwrap();
        assert!(up.success());
        Sender::new().numbered(3, 1);
        assert_eq!(collect(&ring, 1), [3]);
    });
}

#[test]
fn the_socket_can_be_prepared_and_its_refusal_ends_the_opening() {
    in_namespace(LIMIT, || {
        let mut address = None;
        let ring = builder().open_with(|socket| {
            address = Some(socket.local_address()?);
            socket.set(option::RCVBUF, 65_536)
        });
        assert!(ring.unwrap().socket().get(option::RCVBUF).unwrap() >= 65_536);
        assert!(address.is_some());
        let error = builder().open_with(|socket| socket.set(option::tcp::NODELAY, true)).unwrap_err();
        assert_eq!(error.operation(), Operation::SetOption, "{error}");
    });
}

/// Opens a ring with everything that needs a call, lets it receive a packet, and asks for its counters.
fn whole_life() -> Result<Vec<u32>, Error> {
    let fanout = Fanout::new(9, FanoutMode::BALANCE);
    let ring = builder().block_size(4096).blocks(4).fanout(fanout).open()?;
    let armed_elsewhere = thread::spawn(|| Sender::new().numbered(1, 1));
    armed_elsewhere.join_in_time().unwrap();
    let block = ring.next_block(soon())?;
    let seen = numbers(&block);
    ring.statistics()?;
    Ok(seen)
}

#[cfg(feature = "fault")]
#[test]
fn whatever_call_fails_ends_in_an_error_that_tells_and_leaks_nothing() {
    in_namespace(LIMIT, || {
        let counted = fault::arm(Plan::count());
        assert_eq!(whole_life().unwrap(), [1]);
        let calls = counted.seen();
        drop(counted);
        assert!(calls >= 9, "{calls} calls");
        let before = (open_descriptors(), mappings());
        for (nth, errno) in (1..=calls).flat_map(|nth| [1, 12, 22, 24].map(|errno| (nth, errno))) {
            let armed = fault::arm(Plan::fail_any(nth, errno));
            let result = whole_life();
            let struck = armed.struck();
            drop(armed);
            match result {
                // The block came before a wait that might have failed.
                Ok(seen) => assert!(!struck && seen == [1], "call {nth} failed unseen with {errno}"),
                Err(error) => assert_eq!(error.raw_os_error(), Some(errno), "call {nth}: {error}"),
            }
            assert_eq!((open_descriptors(), mappings()), before, "call {nth}, errno {errno}: leaked");
        }
        // A block that is there before anyone waits leaves nothing to interrupt.
        let interrupted = (0..50).any(|_| {
            let armed = fault::arm(Plan::fail("ppoll", 1, 4).times(3));
            assert_eq!(whole_life().unwrap(), [1], "an interruption changes nothing");
            armed.struck()
        });
        assert!(interrupted, "no ring had to be waited for");
    });
}

/// How many rings this process has mapped.
fn mappings() -> usize {
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
    maps.lines().filter(|line| line.contains("socket:")).count()
}

#[test]
fn a_ring_unmaps_its_memory() {
    in_namespace(LIMIT, || {
        let ring = little(3);
        assert_eq!(mappings(), 1);
        drop(ring);
        assert_eq!(mappings(), 0);
    });
}

//! What a captured packet costs: recv on a packet socket, beside the library's ring.
//!
//! A thread floods loopback with UDP datagrams of 64 bytes from one processor; this one captures them on another, what
//! comes in alone. A rival's sockets are open in its own turns only: an open one is paid for by the sender.

use std::io;
use std::net::{Ipv4Addr, UdpSocket};
use std::os::fd::AsRawFd;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use bench_calls::{Case, Limit, Options, Report, Rival, Scale, pin, thread_time, two_cores};
use berkeley::address::PacketAddress;
use berkeley::ring::{Ring, RingBuilder};
use berkeley::{Cause, Deadline, Family, Protocol, Socket, Type, option};

/// Rounds that count, of each case: a turn of each rival is a round.
const ROUNDS: usize = 21;
const TURN: Duration = Duration::from_millis(70);
/// How long is waited for a packet: longer than any turn.
const PATIENCE: Duration = Duration::from_secs(2);
/// What every datagram consists of.
const PAYLOAD: [u8; 64] = [7; 64];
/// Both ways have as much memory for what waits.
const ROOM: usize = 4 << 20;
/// The loopback interface's index in every network namespace.
const LOOPBACK: u32 = 1;
/// The most that the ring may cost, of recv.
const MOST: f64 = 0.5;

fn main() -> ExitCode {
    let mut report = Report::new("capture", Options::read(), ROUNDS);
    if let Err(error) = packet_socket() {
        println!("\nleft out: {error} (needs CAP_NET_RAW and CAP_NET_ADMIN)");
        return ExitCode::SUCCESS;
    }
    let cores = two_cores();
    pin(cores[0]);
    for (name, scale) in [
        ("capture of 64 B, CPU time", Scale::NanosecondsEach),
        ("capture of 64 B, packets", Scale::PerSecond),
    ] {
        let turn = move |capture| turn(capture, scale, cores[1]);
        let limits = match scale {
            Scale::NanosecondsEach => vec![Limit::AtMost("berkeley, ring", "libc, recv", MOST)],
            Scale::PerSecond => Vec::new(),
        };
        let rivals = vec![
            Rival::new("libc, recv", move || turn(raw)),
            Rival::new("libc, recv again", move || turn(raw)),
            Rival::new("berkeley, recv", move || turn(library)),
            Rival::new("berkeley, ring", move || turn(ring)),
        ];
        report.measure(Case { name: name.to_owned(), scale, turns: 1, cores: Some(cores), rivals, limits });
    }
    report.finish()
}

/// Captures until the moment given; gives how many packets.
type Capture = fn(Instant) -> u64;

/// The flood, and one capture of it: how many packets, and in what time, or for how much of the processor.
fn turn(capture: Capture, scale: Scale, core: usize) -> (u64, Duration) {
    let stop = AtomicBool::new(false);
    thread::scope(|scope| {
        let sender = scope.spawn(|| {
            pin(core);
            flood(&stop);
        });
        let (began, used) = (Instant::now(), thread_time());
        let count = capture(began + TURN);
        let took = match scale {
            Scale::NanosecondsEach => thread_time() - used,
            Scale::PerSecond => began.elapsed(),
        };
        stop.store(true, Ordering::Relaxed);
        sender.join().expect("the sender");
        (count, took)
    })
}

/// Sends to a socket that nobody reads: what it cannot hold is dropped behind the tap.
fn flood(stop: &AtomicBool) {
    let bound = || UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("a UDP socket");
    let (sender, receiver) = (bound(), bound());
    sender.connect(receiver.local_addr().expect("its address")).expect("a peer");
    while !stop.load(Ordering::Relaxed) {
        for _ in 0..64 {
            sender.send(&PAYLOAD).expect("a datagram");
        }
    }
}

/// Whether a captured packet is one of the flood's, by its length: an Ethernet header, IP's and UDP's stand before it.
fn is_ours(packet: &[u8]) -> bool {
    packet.len() == 14 + 20 + 8 + PAYLOAD.len()
}

fn packet_socket() -> berkeley::Result<Socket> {
    const ETH_P_ALL: u16 = 3;
    let protocol = Protocol::from_raw(i32::from(ETH_P_ALL.to_be()));
    let socket = Socket::new(Family::PACKET, Type::RAW, protocol)?;
    socket.bind(PacketAddress::new(LOOPBACK, ETH_P_ALL))?;
    socket.set(option::packet::IGNORE_OUTGOING, true)?;
    socket.set(option::socket::RCVBUFFORCE, ROOM as u32)?;
    socket.set_timeout(Some(PATIENCE))?;
    Ok(socket)
}

/// A call of recv(2) for each packet, which waits in the kernel.
fn raw(end: Instant) -> u64 {
    let socket = packet_socket().expect("a packet socket");
    socket.set_timeout(None).expect("no timeout");
    let (fd, mut buffer, mut count) = (socket.as_raw_fd(), [0_u8; 2048], 0);
    while Instant::now() < end {
        // SAFETY: the pointer and the length describe `buffer`.
        let length = unsafe { libc::recv(fd, buffer.as_mut_ptr().cast(), buffer.len(), 0) };
        let length = usize::try_from(length).unwrap_or_else(|_| panic!("{}", io::Error::last_os_error()));
        count += u64::from(is_ours(&buffer[..length]));
    }
    count
}

fn library(end: Instant) -> u64 {
    let socket = packet_socket().expect("a packet socket");
    let (mut buffer, mut count) = ([0; 2048], 0);
    while Instant::now() < end {
        let length = socket.recv(&mut buffer).expect("berkeley's recv");
        count += u64::from(is_ours(&buffer[..length]));
    }
    count
}

fn ring(end: Instant) -> u64 {
    let blocks = ROOM / (1 << 18);
    let builder = RingBuilder::new().interface("lo").ignore_outgoing(true).block_size(1 << 18).blocks(blocks);
    let ring = builder.open().expect("a ring");
    let mut count = 0;
    while Instant::now() < end {
        count += captured(&ring);
    }
    count
}

fn captured(ring: &Ring) -> u64 {
    match ring.next_block(Deadline::after(PATIENCE)) {
        Ok(block) => block.packets().map(|packet| u64::from(is_ours(packet.data()))).sum(),
        Err(error) if error.cause() == Cause::TimedOut => panic!("nothing was captured for {PATIENCE:?}"),
        Err(error) => panic!("{error}"),
    }
}

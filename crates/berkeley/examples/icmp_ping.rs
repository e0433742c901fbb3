//! A ping: ICMP echo requests over a raw socket, or over a datagram socket where raw ones are not allowed.
//!
//! Shows `SOCK_RAW` with its IP headers, the kernel's own ping sockets (icmp(7)), one deadline over several receives,
//! and how to read a packet from the network without trusting a length in it.
//!
//! ```text
//! cargo run --example icmp_ping                    # three pings to 127.0.0.1
//! cargo run --example icmp_ping 127.0.0.2 5
//! ```
//!
//! Raw sockets need `CAP_NET_RAW`; ping sockets a group within `net.ipv4.ping_group_range`.

use std::env;
use std::error::Error;
use std::io::ErrorKind;
use std::net::Ipv4Addr;
use std::process::{self, ExitCode};
use std::time::{Duration, Instant};

use berkeley::{Cause, Deadline, Family, Protocol, Socket, Type};

const PATIENCE: Duration = Duration::from_secs(2);

/// Types of message (RFC 792).
const ECHO_REPLY: u8 = 0;
const ECHO_REQUEST: u8 = 8;

/// The header of an echo message: type, code, checksum, identifier, sequence.
const HEADER: usize = 8;

fn main() -> ExitCode {
    match ping() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("icmp_ping: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Whether every request was answered.
fn ping() -> Result<bool, Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let target: Ipv4Addr = arguments.next().as_deref().unwrap_or("127.0.0.1").parse()?;
    let count: u16 = arguments.next().as_deref().unwrap_or("3").parse()?;

    let pinger = Pinger::open()?;
    let mut answered = 0;
    for sequence in 1..=count {
        match pinger.ping(target, sequence) {
            Ok(rtt) => {
                answered += 1;
                println!("reply from {target}: sequence {sequence}, {:.3} ms", rtt.as_secs_f64() * 1000.0);
            }
            Err(error) if error.cause() == Cause::TimedOut => println!("no reply: sequence {sequence}"),
            Err(error) => return Err(error.into()),
        }
    }
    println!("{answered} of {count} answered");
    Ok(answered == count)
}

struct Pinger {
    socket: Socket,
    /// Whether what is received starts with an IP header.
    raw: bool,
    /// Tells our echoes from those of other programs; the kernel puts its own in place of it on a ping socket.
    identifier: u16,
}

impl Pinger {
    fn open() -> berkeley::Result<Self> {
        let open = |kind| Socket::new(Family::INET, kind, Protocol::ICMP);
        let [.., high, low] = process::id().to_be_bytes();
        let identifier = u16::from_be_bytes([high, low]);
        match open(Type::RAW) {
            Ok(socket) => Ok(Self { socket, raw: true, identifier }),
            Err(error) if error.kind() == ErrorKind::PermissionDenied => {
                Ok(Self { socket: open(Type::DGRAM)?, raw: false, identifier })
            }
            Err(error) => Err(error),
        }
    }

    /// The time from the request to its reply.
    fn ping(&self, target: Ipv4Addr, sequence: u16) -> berkeley::Result<Duration> {
        let start = Instant::now();
        let deadline = Deadline::after(PATIENCE);
        self.socket.send_to(&self.request(sequence), (target, 0))?;
        let mut buffer = [0; 1500];
        loop {
            // Others' packets come here too; together they may not take longer than one reply may.
            self.socket.set_timeout(deadline.remaining())?;
            let received = self.socket.recv_from(&mut buffer);
            let (length, sender) = match received {
                // With the last of the time gone the timeout is zero, and "nothing there" means "too late".
                Err(error) if error.is_would_block() => {
                    self.socket.wait(berkeley::Interest::READABLE, deadline)?;
                    continue;
                }
                received => received?,
            };
            if sender.ip() == Some(target.into()) && self.answers(&buffer[..length], sequence) {
                return Ok(start.elapsed());
            }
        }
    }

    fn request(&self, sequence: u16) -> Vec<u8> {
        let mut message = vec![ECHO_REQUEST, 0, 0, 0];
        message.extend(self.identifier.to_be_bytes());
        message.extend(sequence.to_be_bytes());
        message.extend(b"berkeley");
        let sum = checksum(&message).to_be_bytes();
        message[2..4].copy_from_slice(&sum);
        message
    }

    /// Whether `packet` is the reply to the request of `sequence`; a packet too short to say is not.
    fn answers(&self, packet: &[u8], sequence: u16) -> bool {
        let Some(message) = (if self.raw { without_ip_header(packet) } else { Some(packet) }) else {
            return false;
        };
        let Some(header) = message.first_chunk::<HEADER>() else { return false };
        let identifier = u16::from_be_bytes([header[4], header[5]]);
        header[0] == ECHO_REPLY
            && u16::from_be_bytes([header[6], header[7]]) == sequence
            && (!self.raw || identifier == self.identifier)
            && checksum(message) == 0
    }
}

/// What follows the IPv4 header, whose length in words is in its first byte (RFC 791).
fn without_ip_header(packet: &[u8]) -> Option<&[u8]> {
    let words = packet.first()? & 0xf;
    packet.get(usize::from(words) * 4..)
}

/// The internet checksum (RFC 1071); 0 of a message that carries its own.
fn checksum(message: &[u8]) -> u16 {
    let mut sum: u32 = 0;
    for pair in message.chunks(2) {
        sum += u32::from(u16::from_be_bytes([pair[0], pair.get(1).copied().unwrap_or(0)]));
        sum = (sum & 0xffff) + (sum >> 16);
    }
    // The carry was folded back at each step: what is left are the two lower bytes.
    let [_, _, high, low] = sum.to_be_bytes();
    !u16::from_be_bytes([high, low])
}

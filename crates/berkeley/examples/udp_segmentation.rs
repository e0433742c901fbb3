//! What QUIC does with UDP: one buffer sent as many datagrams, each with a mark (ECN), received as few pieces.
//!
//! Shows `send_many` with `Segments`, which the kernel cuts last of all (`UDP_SEGMENT`), `recv_many` with pieces that
//! it hands over whole (`UDP_GRO`), and what a datagram carries beside its bytes: a mark, a source, a destination.
//!
//! ```text
//! cargo run --example udp_segmentation                # 127.0.0.1
//! cargo run --example udp_segmentation ::1 100        # over IPv6, 100 datagrams
//! ```

use std::env;
use std::error::Error;
use std::net::IpAddr;
use std::process::ExitCode;
use std::time::Duration;

use berkeley::batch::{RecvBatch, Segments, SendBatch};
use berkeley::control::Ecn;
use berkeley::{Address, Family, Protocol, Socket, Type, option};

/// What fits into a packet of QUIC on any path (RFC 9000 section 14).
const SIZE: usize = 1200;

/// No more than a receive buffer of the usual 208 KiB holds.
const MOST: usize = 100;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("udp_segmentation: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let ip: IpAddr = arguments.next().as_deref().unwrap_or("127.0.0.1").parse()?;
    let count: usize = arguments.next().map_or(Ok(50), |count| count.parse())?;
    if !(1..=MOST).contains(&count) {
        return Err(format!("{count} datagrams are not 1 to {MOST}").into());
    }
    let receiver = receiver((ip, 0).into())?;
    let to = receiver.local_address()?;
    let mut batch = RecvBatch::gro_with_control(&receiver, 16, RecvBatch::IP)?;

    let sender = Socket::new(to.family(), Type::DGRAM, Protocol::DEFAULT)?;
    let payload = vec![7; count * SIZE];
    let segments = Segments::new(&payload, SIZE)?.to(&to).ecn(Ecn::Ect0).source(ip);
    sender.send_many(&segments, &mut SendBatch::new())?;

    let (mut datagrams, mut pieces) = (0, 0);
    while datagrams < count {
        datagrams += receiver.recv_many(&mut batch)?;
        pieces += batch.arrivals().len();
        for datagram in &batch {
            if datagram.bytes().len() != SIZE || datagram.ecn() != Some(Ecn::Ect0) {
                return Err(format!("another datagram came: {datagram:?}").into());
            }
        }
    }
    let last = batch.iter().last().ok_or("nothing came")?;
    let local = last.local().ok_or("the kernel did not say where it came to")?;
    println!("{datagrams} datagrams in {pieces} pieces, from {} to {local}", last.address());
    Ok(())
}

/// A socket that asks for all that a datagram's header says.
fn receiver(address: Address) -> berkeley::Result<Socket> {
    let socket = Socket::new(address.family(), Type::DGRAM, Protocol::DEFAULT)?;
    if address.family() == Family::INET6 {
        socket.set(option::ipv6::RECVTCLASS, true)?;
        socket.set(option::ipv6::RECVPKTINFO, true)?;
    } else {
        socket.set(option::ip::RECVTOS, true)?;
        socket.set(option::ip::PKTINFO, true)?;
    }
    socket.bind(address)?;
    socket.set_timeout(Some(Duration::from_secs(5)))?;
    Ok(socket)
}

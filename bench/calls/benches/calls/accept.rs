//! accept, of TCP over loopback, with the peer's address.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

use bench_calls::{Report, Rival};
use socket2::{Domain, SockAddr, Socket, Type};

use crate::pair::again;
use crate::{case, raw};

/// Connections that are accepted in a turn.
const CALLS: usize = 16;
/// Turns in a round.
const TURNS: usize = 60;

pub(crate) fn accept(report: &mut Report) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a listener");
    let address = listener.local_addr().expect("its address");
    let fd = &OwnedFd::from(listener.try_clone().expect("another descriptor"));
    let (socket2, berkeley) = (Socket::from(again(fd)), berkeley::Socket::from(again(fd)));
    report.measure(case(
        "accept, TCP",
        TURNS,
        vec![
            accepting("libc", address, || raw::accept(fd)),
            accepting("libc again", address, || raw::accept(fd)),
            accepting("std", address, || listener.accept().expect("std's accept")),
            accepting("socket2", address, || socket2.accept().expect("socket2's accept")),
            accepting("berkeley", address, || berkeley.accept().expect("berkeley's accept")),
        ],
    ));
}

fn accepting<'a, T: 'a>(
    name: &'static str,
    address: SocketAddr,
    mut accept: impl FnMut() -> T + 'a,
) -> Rival<'a> {
    let mut accepted = Vec::with_capacity(CALLS);
    Rival::new(name, move || {
        let clients: Vec<Socket> = (0..CALLS).map(|_| connect(address)).collect();
        let began = Instant::now();
        for _ in 0..CALLS {
            accepted.push(accept());
        }
        let took = began.elapsed();
        drop(clients);
        accepted.clear();
        (CALLS as u64, took)
    })
}

/// A client that leaves by a reset: nothing stays behind that would keep its port from the next.
fn connect(address: SocketAddr) -> Socket {
    let client = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
    client.set_linger(Some(Duration::ZERO)).expect("SO_LINGER");
    client.connect(&SockAddr::from(address)).expect("a connection");
    client
}

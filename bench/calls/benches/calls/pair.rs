//! Two sockets that are connected, and descriptors of them for every rival.

use std::net::{Ipv4Addr, TcpListener, TcpStream, UdpSocket};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;

use bench_calls::congestion;

/// The two ends.
pub(crate) struct Pair {
    pub(crate) left: OwnedFd,
    pub(crate) right: OwnedFd,
}

/// A pair of Unix streams.
pub(crate) fn unix() -> Pair {
    let (left, right) = UnixStream::pair().expect("a pair of Unix streams");
    Pair { left: left.into(), right: right.into() }
}

/// A TCP connection over loopback, without Nagle's delay.
pub(crate) fn tcp() -> Pair {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a listener");
    let left = TcpStream::connect(listener.local_addr().expect("its address")).expect("a connection");
    let (right, _) = listener.accept().expect("a connection");
    for end in [&left, &right] {
        end.set_nodelay(true).expect("TCP_NODELAY");
        congestion(end);
    }
    Pair { left: left.into(), right: right.into() }
}

/// Two UDP sockets on loopback, connected to each other.
pub(crate) fn udp() -> Pair {
    let bound = || UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("a UDP socket");
    let (left, right) = (bound(), bound());
    for (from, to) in [(&left, &right), (&right, &left)] {
        from.connect(to.local_addr().expect("its address")).expect("a peer");
    }
    Pair { left: left.into(), right: right.into() }
}

/// Another descriptor of the same socket.
pub(crate) fn again(fd: &OwnedFd) -> OwnedFd {
    fd.try_clone().expect("another descriptor")
}

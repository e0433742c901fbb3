//! quinn-udp, as quinn uses it: as many datagrams in a transmit as it says the kernel takes, and its batch of buffers.

use std::io::{self, IoSliceMut};
use std::net::{IpAddr, Ipv4Addr, UdpSocket};
use std::os::fd::AsRawFd;

use quinn_udp::{BATCH_SIZE, EcnCodepoint, RecvMeta, Transmit, UdpSockRef, UdpSocketState};

use super::flood::{Receiver, Sender, Sockets, wait};

/// What one datagram of UDP over IPv4 may hold, and so a piece of many.
const LONGEST: usize = 65_507;

pub(crate) fn ends(sockets: Sockets) -> (Sender, Receiver) {
    made(sockets, None, None)
}

/// Each datagram with a mark and a source address, which the receiver looks at.
pub(crate) fn marked(sockets: Sockets) -> (Sender, Receiver) {
    made(sockets, Some(EcnCodepoint::Ect0), Some(Ipv4Addr::LOCALHOST.into()))
}

fn made(sockets: Sockets, ecn: Option<EcnCodepoint>, src_ip: Option<IpAddr>) -> (Sender, Receiver) {
    let Sockets { sender, receiver, to, size } = sockets;
    let state = UdpSocketState::new(UdpSockRef::from(&sender)).expect("quinn-udp's state");
    let piece = size * state.max_gso_segments().min(LONGEST / size);
    let send = move |payload: &[u8]| {
        for contents in payload.chunks(piece) {
            let segment_size = (contents.len() > size).then_some(size);
            let transmit = Transmit { destination: to, ecn, contents, segment_size, src_ip };
            until_done(&sender, libc::POLLOUT, || state.try_send(UdpSockRef::from(&sender), &transmit));
        }
    };
    let state = UdpSocketState::new(UdpSockRef::from(&receiver)).expect("quinn-udp's state");
    if ecn.is_some() {
        no_time_stamps(&receiver);
    }
    let room = (size * state.gro_segments()).min(usize::from(u16::MAX));
    let mut buffers = vec![vec![0; room]; BATCH_SIZE];
    let mut metas = [RecvMeta::default(); BATCH_SIZE];
    let receive = move |look: &mut dyn FnMut(&[u8])| {
        let count = until_done(&receiver, libc::POLLIN, || {
            let mut slices = vectors(&mut buffers);
            state.recv(UdpSockRef::from(&receiver), &mut slices, &mut metas)
        });
        for (meta, buffer) in metas[..count].iter().zip(&buffers) {
            if src_ip.is_some() {
                assert_eq!((meta.ecn, meta.dst_ip), (ecn, src_ip), "another mark came");
            }
            buffer[..meta.len].chunks(meta.stride).for_each(&mut *look);
        }
    };
    (Box::new(send), Box::new(receive))
}

/// Version 0.6.3 asks for time stamps, beside which its room for control messages does not hold the mark.
fn no_time_stamps(socket: &UdpSocket) {
    let (off, length) = (0_i32, size_of::<i32>() as libc::socklen_t);
    let (fd, value) = (socket.as_raw_fd(), (&raw const off).cast());
    // SAFETY: the pointer and the length describe `off`, which the kernel only reads.
    let set = unsafe { libc::setsockopt(fd, libc::SOL_SOCKET, libc::SO_TIMESTAMPNS, value, length) };
    assert_eq!(set, 0, "SO_TIMESTAMPNS: {}", io::Error::last_os_error());
}

fn vectors(buffers: &mut [Vec<u8>]) -> [IoSliceMut<'_>; BATCH_SIZE] {
    let mut buffers = buffers.iter_mut();
    std::array::from_fn(|_| IoSliceMut::new(buffers.next().map_or(&mut [], |buffer| buffer)))
}

/// Tries again after a wait where it would block; quinn-udp has made the sockets so.
fn until_done<T>(socket: &UdpSocket, events: i16, mut attempt: impl FnMut() -> io::Result<T>) -> T {
    loop {
        match attempt() {
            Ok(done) => return done,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => wait(socket, events),
            Err(error) => panic!("quinn-udp: {error}"),
        }
    }
}

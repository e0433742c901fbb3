//! One rival's turn: a thread that sends without end, and this one, which receives and counts.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::os::fd::AsRawFd;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use bench_calls::{Rival, pin};
use socket2::SockRef;

const TURN: Duration = Duration::from_millis(70);
/// How long a receiver waits before it holds that nothing comes: longer than any turn.
const PATIENCE: Duration = Duration::from_secs(2);
/// The receivers' buffers, as far as the system's limit lets them be.
const BUFFER: usize = 4 << 20;
/// What every datagram consists of.
const FILL: u8 = 7;
/// How many datagrams a sender is given at a time.
pub(crate) const AT_A_TIME: usize = 256;

/// Sends [`AT_A_TIME`] datagrams, which lie in one buffer.
pub(crate) type Sender = Box<dyn FnMut(&[u8]) + Send>;
/// Receives what there is and hands on each datagram.
pub(crate) type Receiver = Box<dyn FnMut(&mut dyn FnMut(&[u8]))>;

/// What is sent, and where from.
#[derive(Clone, Copy)]
pub(crate) struct Flood {
    pub(crate) size: usize,
    /// The sender's processor.
    pub(crate) core: usize,
}

/// The two sockets of a rival, which block, and where the first sends to.
pub(crate) struct Sockets {
    pub(crate) sender: UdpSocket,
    pub(crate) receiver: UdpSocket,
    pub(crate) to: SocketAddr,
    pub(crate) size: usize,
}

impl Flood {
    pub(crate) fn rival(self, name: &'static str, ends: fn(Sockets) -> (Sender, Receiver)) -> Rival<'static> {
        let (mut send, mut receive) = ends(self.sockets());
        Rival::new(name, move || self.turn(&mut send, &mut receive))
    }

    fn sockets(self) -> Sockets {
        let bound = || UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("a UDP socket");
        let (sender, receiver) = (bound(), bound());
        SockRef::from(&receiver).set_recv_buffer_size(BUFFER).expect("SO_RCVBUF");
        receiver.set_read_timeout(Some(PATIENCE)).expect("SO_RCVTIMEO");
        let to = receiver.local_addr().expect("its address");
        Sockets { sender, receiver, to, size: self.size }
    }

    fn turn(self, send: &mut Sender, receive: &mut Receiver) -> (u64, Duration) {
        let (payload, stop) = (vec![FILL; AT_A_TIME * self.size], AtomicBool::new(false));
        let mut count = 0_u64;
        let mut look = |datagram: &[u8]| {
            assert_eq!((datagram.len(), datagram[0]), (self.size, FILL), "another datagram came");
            count += 1;
        };
        let took = thread::scope(|scope| {
            let sender = scope.spawn(|| {
                pin(self.core);
                while !stop.load(Ordering::Relaxed) {
                    send(&payload);
                }
            });
            let began = Instant::now();
            while began.elapsed() < TURN {
                receive(&mut look);
            }
            let took = began.elapsed();
            stop.store(true, Ordering::Relaxed);
            sender.join().expect("the sender");
            took
        });
        (count, took)
    }
}

/// Waits until the socket has something to receive; a failure where nothing comes.
pub(crate) fn wait(socket: &UdpSocket, events: i16) {
    let mut entry = libc::pollfd { fd: socket.as_raw_fd(), events, revents: 0 };
    let patience = i32::try_from(PATIENCE.as_millis()).expect("a few seconds");
    // SAFETY: there is one entry, which outlives the call.
    let ready = unsafe { libc::poll(&raw mut entry, 1, patience) };
    assert_eq!(ready, 1, "poll: {}", io::Error::last_os_error());
}

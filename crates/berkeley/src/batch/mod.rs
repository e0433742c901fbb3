//! Many datagrams in a call: [`send_many`](crate::Socket::send_many) and [`recv_many`](crate::Socket::recv_many)
//! (sendmmsg(2), recvmmsg(2)), with buffers that are made once and used again and again.
//!
//! Beneath them UDP goes further. Datagrams of one size to one address travel through the kernel as one piece, which is
//! cut last of all (`UDP_SEGMENT`, GSO, Linux 4.18); they need not be copied together for it. On the other side
//! [`RecvBatch::gro`] has the kernel hand over such a piece whole (`UDP_GRO`, Linux 5.0). Neither shows: what was one
//! datagram when it was sent is one datagram when it is received. Where the kernel or the interface cannot, the
//! datagrams go one by one, in the same calls; the refusal is remembered with the [`Socket`], and no
//! datagram is lost by it.
//!
//! A datagram may carry more than bytes: [`Datagram::ecn`], [`Datagram::source`], [`Datagram::control`], and on the
//! other side [`ReceivedDatagram::ecn`], [`ReceivedDatagram::local`], [`ReceivedDatagram::control`]: what QUIC needs.
//! What is received so takes two things, of which the example of [`Datagram`] has both: options of the receiving socket
//! (`ip.recvtos`, `ip.pktinfo`; `ipv6.recvtclass`, `ipv6.recvpktinfo`), and a batch with room for control messages
//! ([`RecvBatch::IP`]). Datagrams that differ in any of it never travel as one piece.
//!
//! All this works for every socket that keeps boundaries: UDP, Unix datagrams, netlink, packets. A stream has none, and
//! is refused.
//!
//! ```
//! use berkeley::batch::{Datagram, RecvBatch, Segments, SendBatch};
//! use berkeley::{Family, Protocol, Socket, Type};
//! use std::net::Ipv4Addr;
//!
//! let receiver = Socket::new(Family::INET, Type::DGRAM, Protocol::DEFAULT)?;
//! receiver.bind((Ipv4Addr::LOCALHOST, 0))?;
//! let mut received = RecvBatch::gro(&receiver, 8)?;
//!
//! let sender = Socket::new(Family::INET, Type::DGRAM, Protocol::DEFAULT)?;
//! let (mut batch, address) = (SendBatch::new(), receiver.local_address()?);
//! let words = ["one", "two", "three"].map(|word| Datagram::new(word.as_bytes()).to(&address));
//! sender.send_many(&words, &mut batch)?;
//! // One buffer, cut into datagrams of 1200 bytes: the last has 400.
//! let video = vec![7; 4000];
//! sender.send_many(&Segments::new(&video, 1200)?.to(&address), &mut batch)?;
//!
//! let mut lengths = Vec::new();
//! while lengths.len() < 7 {
//!     receiver.recv_many(&mut received)?;
//!     for datagram in &received {
//!         assert_eq!(datagram.address().port(), sender.local_address()?.port());
//!         lengths.push(datagram.bytes().len());
//!     }
//! }
//! assert_eq!(lengths, [3, 3, 5, 1200, 1200, 1200, 400]);
//! # Ok::<(), berkeley::Error>(())
//! ```

mod arrival;
mod beside;
mod datagram;
mod pieces;
mod recv;
mod run;
mod send;

use std::os::fd::AsFd;

use crate::error::{Operation, Result};
use crate::socket::Socket;

pub use arrival::{Arrival, Arrivals, ReceivedDatagram, ReceivedDatagrams};
pub use datagram::{Datagram, Datagrams, Segments};
pub use recv::RecvBatch;
pub use send::SendBatch;

/// Refuses a stream, in words; asks the kernel once for each socket.
fn check<F: AsFd>(socket: &Socket<F>, operation: Operation) -> Result<()> {
    match socket.segmentation().longest(socket.as_fd()) {
        Ok(Some(_)) => Ok(()),
        Ok(None) => {
            let explanation = "a stream socket does not keep datagram boundaries";
            Err(socket.unfit(operation, explanation))
        }
        Err(errno) => Err(socket.fail(operation, errno, None)),
    }
}

//! What is sent: [`Datagram`], one of many; [`Segments`], many of one size in one buffer.

use std::net::IpAddr;

use super::beside::Beside;
use super::run::{self, Run};
use crate::address::Address;
use crate::control::{Ecn, Outgoing};
use crate::error::{Error, Operation, Result};

/// The setters that whatever is sent has: where to, where from, and what goes beside the bytes.
macro_rules! beside {
    () => {
        /// To this address instead.
        pub const fn to(self, address: &'a Address) -> Self {
            Self { address: Some(address), ..self }
        }

        /// From this address of the host, rather than from the one that the route or bind(2) has chosen (`IP_PKTINFO`,
        /// ip(7); `IPV6_PKTINFO`, RFC 3542 section 6): what answers come from, where a host has several.
        ///
        /// It has to be of the destination's family: to another address the datagram fails with `EAFNOSUPPORT`, and a
        /// connected socket does not look at it. `EINVAL` and `EADDRNOTAVAIL` mean that the host has no such address.
        #[doc(alias = "IP_PKTINFO")]
        #[doc(alias = "IPV6_PKTINFO")]
        pub fn source(self, source: impl Into<IpAddr>) -> Self {
            let beside = Beside { source: Some(source.into()), ..self.beside };
            Self { beside, ..self }
        }

        /// With this mark (RFC 3168), over IPv4 and IPv6.
        ///
        /// It takes the place of the socket's whole type of service (`ip.tos`, `ipv6.tclass`), whose other six bits
        /// (DSCP) become 0; [`control`](Self::control) with [`ip::tos`](crate::control::ip::tos) or
        /// [`ipv6::traffic_class`](crate::control::ipv6::traffic_class) says all eight.
        #[doc(alias = "IP_TOS")]
        #[doc(alias = "IPV6_TCLASS")]
        pub const fn ecn(self, ecn: Ecn) -> Self {
            let beside = Beside { ecn: Some(ecn), ..self.beside };
            Self { beside, ..self }
        }

        /// With these control messages (cmsg(3)), such as a hop limit, an interface or, over Unix sockets, descriptors.
        ///
        /// What they say comes before what [`ecn`](Self::ecn) and [`source`](Self::source) do. Datagrams travel as one
        /// piece only where these are the same and of IP's levels, which the kernel copies to each.
        pub const fn control(self, messages: &'a [Outgoing<'a>]) -> Self {
            let beside = Beside { control: messages, ..self.beside };
            Self { beside, ..self }
        }
    };
}

/// A datagram to be sent: its bytes, its destination where the socket is not connected, and what goes beside them.
///
/// ```
/// use berkeley::batch::Datagram;
/// use berkeley::Address;
/// use std::net::Ipv4Addr;
///
/// let address = Address::from((Ipv4Addr::LOCALHOST, 9));
/// let datagrams = [Datagram::new(b"to the peer"), Datagram::new(b"elsewhere").to(&address)];
/// # assert_eq!(datagrams[1].address(), Some(&address));
/// # assert_eq!(datagrams[0].bytes(), b"to the peer");
/// ```
///
/// A mark and a source address, and what the other side sees of them:
///
/// ```
/// use berkeley::batch::{Datagram, RecvBatch, SendBatch};
/// use berkeley::control::Ecn;
/// use berkeley::{Family, Protocol, Socket, Type, option};
/// use std::net::Ipv4Addr;
///
/// let receiver = Socket::new(Family::INET, Type::DGRAM, Protocol::DEFAULT)?;
/// receiver.bind((Ipv4Addr::LOCALHOST, 0))?;
/// receiver.set(option::ip::RECVTOS, true)?;
/// receiver.set(option::ip::PKTINFO, true)?;
/// let address = receiver.local_address()?;
///
/// let sender = Socket::new(Family::INET, Type::DGRAM, Protocol::DEFAULT)?;
/// let from = Ipv4Addr::new(127, 0, 0, 7);
/// let datagram = Datagram::new(b"hello").to(&address).source(from).ecn(Ecn::Ect0);
/// sender.send_many(&[datagram], &mut SendBatch::new())?;
///
/// let mut batch = RecvBatch::with_control(8, 1500, RecvBatch::IP)?;
/// receiver.recv_many(&mut batch)?;
/// let received = batch.iter().next().expect("it received one or more");
/// assert_eq!(received.ecn(), Some(Ecn::Ect0));
/// assert_eq!(received.address().ip(), Some(from.into()));
/// assert_eq!(received.local(), Some(Ipv4Addr::LOCALHOST.into()));
/// # Ok::<(), berkeley::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
#[must_use]
pub struct Datagram<'a> {
    bytes: &'a [u8],
    address: Option<&'a Address>,
    beside: Beside<'a>,
}

impl<'a> Datagram<'a> {
    /// These bytes, which may be none, to the peer that the socket is connected to.
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, address: None, beside: Beside::NOTHING }
    }

    beside!();

    /// The bytes.
    pub const fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// The destination; `None` for the peer that the socket is connected to.
    pub const fn address(&self) -> Option<&'a Address> {
        self.address
    }
}

impl<'a> From<&'a [u8]> for Datagram<'a> {
    fn from(bytes: &'a [u8]) -> Self {
        Self::new(bytes)
    }
}

/// One buffer to be sent as datagrams of one size, the last of which may be shorter: the fastest way to send.
///
/// ```
/// use berkeley::batch::Segments;
///
/// let segments = Segments::new(&[7; 2500], 1200)?;
/// assert_eq!(segments.count(), 3);
/// assert!(Segments::new(&[7; 2500], 0).is_err());
/// # Ok::<(), berkeley::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
#[must_use]
pub struct Segments<'a> {
    bytes: &'a [u8],
    size: usize,
    address: Option<&'a Address>,
    beside: Beside<'a>,
}

impl<'a> Segments<'a> {
    /// These bytes, cut into datagrams of `size`, to the peer that the socket is connected to; none for no bytes.
    ///
    /// # Errors
    ///
    /// Fails for a size of 0.
    pub fn new(bytes: &'a [u8], size: usize) -> Result<Self> {
        if size == 0 {
            return Err(Error::invalid(
                Operation::SendMany,
                "a datagram of 0 bytes cannot hold any of the buffer",
            ));
        }
        Ok(Self { bytes, size, address: None, beside: Beside::NOTHING })
    }

    beside!();

    /// How many datagrams they are.
    pub const fn count(&self) -> usize {
        self.bytes.len().div_ceil(self.size)
    }
}

/// What [`send_many`](crate::Socket::send_many) takes: [`Datagram`]s in a slice, an array or a vector, or [`Segments`].
pub trait Datagrams: sealed::Datagrams {}

impl<T: sealed::Datagrams + ?Sized> Datagrams for T {}

pub(super) mod sealed {
    use super::{Address, Beside, Run};

    /// What a batch needs to know of the datagrams, by their index.
    pub trait Datagrams {
        /// How many there are.
        fn count(&self) -> usize;

        /// The destination of one.
        fn address(&self, at: usize) -> Option<&Address>;

        /// What goes beside its bytes.
        fn beside(&self, at: usize) -> Beside<'_>;

        /// How many from `at` on may travel as one piece, `most` at most; 1 or more.
        fn run(&self, at: usize, most: usize, longest: usize) -> Run;

        /// Hands the bytes of `count` datagrams from `at` on to `take`, in one slice or more.
        fn each<'d>(&'d self, at: usize, count: usize, take: impl FnMut(&'d [u8]));
    }
}

impl sealed::Datagrams for [Datagram<'_>] {
    fn count(&self) -> usize {
        self.len()
    }

    fn address(&self, at: usize) -> Option<&Address> {
        self[at].address
    }

    fn beside(&self, at: usize) -> Beside<'_> {
        self[at].beside
    }

    fn run(&self, at: usize, most: usize, longest: usize) -> Run {
        let first = self[at];
        let longest = if first.beside.may_be_shared() { longest } else { 0 };
        let alike = |datagram: &&Datagram<'_>| {
            run::same(first.address, datagram.address) && first.beside.is_same(&datagram.beside)
        };
        let lengths = self[at..].iter().take_while(alike).map(|datagram| datagram.bytes.len());
        run::of(lengths, most, longest)
    }

    fn each<'d>(&'d self, at: usize, count: usize, mut take: impl FnMut(&'d [u8])) {
        for datagram in &self[at..at + count] {
            take(datagram.bytes);
        }
    }
}

impl<const N: usize> sealed::Datagrams for [Datagram<'_>; N] {
    fn count(&self) -> usize {
        N
    }

    fn address(&self, at: usize) -> Option<&Address> {
        self.as_slice().address(at)
    }

    fn beside(&self, at: usize) -> Beside<'_> {
        self.as_slice().beside(at)
    }

    fn run(&self, at: usize, most: usize, longest: usize) -> Run {
        self.as_slice().run(at, most, longest)
    }

    fn each<'d>(&'d self, at: usize, count: usize, take: impl FnMut(&'d [u8])) {
        self.as_slice().each(at, count, take);
    }
}

impl sealed::Datagrams for Vec<Datagram<'_>> {
    fn count(&self) -> usize {
        self.len()
    }

    fn address(&self, at: usize) -> Option<&Address> {
        self.as_slice().address(at)
    }

    fn beside(&self, at: usize) -> Beside<'_> {
        self.as_slice().beside(at)
    }

    fn run(&self, at: usize, most: usize, longest: usize) -> Run {
        self.as_slice().run(at, most, longest)
    }

    fn each<'d>(&'d self, at: usize, count: usize, take: impl FnMut(&'d [u8])) {
        self.as_slice().each(at, count, take);
    }
}

impl sealed::Datagrams for Segments<'_> {
    fn count(&self) -> usize {
        Segments::count(self)
    }

    fn address(&self, _at: usize) -> Option<&Address> {
        self.address
    }

    fn beside(&self, _at: usize) -> Beside<'_> {
        self.beside
    }

    fn run(&self, at: usize, most: usize, longest: usize) -> Run {
        let longest = if self.beside.may_be_shared() { longest } else { 0 };
        run::of_equal(self.bytes.len() - at * self.size, self.size, most, longest)
    }

    fn each<'d>(&'d self, at: usize, count: usize, mut take: impl FnMut(&'d [u8])) {
        let rest = &self.bytes[at * self.size..];
        take(&rest[..rest.len().min(count * self.size)]);
    }
}

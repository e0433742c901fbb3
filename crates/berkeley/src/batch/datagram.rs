//! What is sent: [`Datagram`], one of many; [`Segments`], many of one size in one buffer.

use super::run::{self, Run};
use crate::address::Address;
use crate::error::{Error, Operation, Result};

/// A datagram to be sent: its bytes, and its destination where the socket is not connected.
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
#[derive(Clone, Copy, Debug)]
#[must_use]
pub struct Datagram<'a> {
    bytes: &'a [u8],
    address: Option<&'a Address>,
}

impl<'a> Datagram<'a> {
    /// These bytes, which may be none, to the peer that the socket is connected to.
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, address: None }
    }

    /// To this address instead.
    pub const fn to(self, address: &'a Address) -> Self {
        Self { address: Some(address), ..self }
    }

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
}

impl<'a> Segments<'a> {
    /// These bytes, cut into datagrams of `size`, to the peer that the socket is connected to; none for no bytes.
    ///
    /// Fails for a size of 0.
    pub fn new(bytes: &'a [u8], size: usize) -> Result<Self> {
        if size == 0 {
            return Err(Error::invalid(
                Operation::SendMany,
                "a datagram of 0 bytes cannot hold any of the buffer",
            ));
        }
        Ok(Self { bytes, size, address: None })
    }

    /// To this address instead.
    pub const fn to(self, address: &'a Address) -> Self {
        Self { address: Some(address), ..self }
    }

    /// How many datagrams they are.
    pub const fn count(&self) -> usize {
        self.bytes.len().div_ceil(self.size)
    }
}

/// What [`send_many`](crate::Socket::send_many) takes: [`Datagram`]s in a slice, an array or a vector, or [`Segments`].
pub trait Datagrams: sealed::Datagrams {}

impl<T: sealed::Datagrams + ?Sized> Datagrams for T {}

pub(super) mod sealed {
    use super::{Address, Run};

    /// What a batch needs to know of the datagrams, by their index.
    pub trait Datagrams {
        /// How many there are.
        fn count(&self) -> usize;

        /// The destination of one.
        fn address(&self, at: usize) -> Option<&Address>;

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

    fn run(&self, at: usize, most: usize, longest: usize) -> Run {
        let first = self[at];
        let same_address = |datagram: &&Datagram<'_>| run::same(first.address, datagram.address);
        let lengths = self[at..].iter().take_while(same_address).map(|datagram| datagram.bytes.len());
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

    fn run(&self, at: usize, most: usize, longest: usize) -> Run {
        run::of_equal(self.bytes.len() - at * self.size, self.size, most, longest)
    }

    fn each<'d>(&'d self, at: usize, count: usize, mut take: impl FnMut(&'d [u8])) {
        let rest = &self.bytes[at * self.size..];
        take(&rest[..rest.len().min(count * self.size)]);
    }
}

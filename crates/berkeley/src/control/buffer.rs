//! [`ControlBuffer`]: what control messages are received into, and the owner of the descriptors among them.

use std::fmt;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use super::{Messages, RawMessage, raw_messages, space};
use crate::sys::control::ControlData;

/// A buffer that control messages are received into, to be used again and again without a further allocation.
///
/// It owns the descriptors that arrive until they are taken out of its [`messages`](Self::messages): receiving into it
/// again, [`clear`](Self::clear) and dropping it close the others.
///
/// ```
/// use berkeley::control::{ControlBuffer, ControlMessage, socket};
/// use berkeley::{Family, Protocol, SendMessage, Socket, Type};
/// use std::fs::File;
/// use std::io::{IoSlice, IoSliceMut};
/// use std::os::fd::AsFd;
///
/// let (left, right) = Socket::pair(Family::UNIX, Type::STREAM, Protocol::DEFAULT)?;
/// let file = File::open("/dev/null")?;
/// let (note, passed) = ([IoSlice::new(b"a file")], [file.as_fd()]);
/// left.send_msg(&SendMessage::new(&note).control(&[socket::rights(&passed)]))?;
///
/// let mut bytes = [0; 16];
/// let mut control = ControlBuffer::for_descriptors(1);
/// right.recv_msg(&mut [IoSliceMut::new(&mut bytes)], &mut control)?;
/// for message in control.messages() {
///     if let ControlMessage::Socket(socket::Message::Rights(mut descriptors)) = message {
///         let same = File::from(descriptors.next().unwrap());
///         assert_eq!(same.metadata()?.len(), 0);
///     }
/// }
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct ControlBuffer {
    data: ControlData,
}

impl ControlBuffer {
    /// What [`new`](Self::new) makes room for, in bytes.
    const ROOMY: usize = 2048;

    /// Room for all that the kernel gives with one message, the 253 descriptors of `SCM_RIGHTS` included.
    ///
    /// Only IP options, IPv6 extension headers and security labels may in theory need more.
    pub fn new() -> Self {
        Self::with_capacity(Self::ROOMY)
    }

    /// Room for exactly `bytes` bytes, headers and padding included ([`space`]); 0 receives no control message.
    ///
    /// Where there is not so much memory its capacity is 0, and receiving into it fails with `ENOMEM` before anything
    /// is taken from the socket. [`try_with_capacity`](Self::try_with_capacity) says so at once.
    pub fn with_capacity(bytes: usize) -> Self {
        Self { data: ControlData::with_capacity(bytes).unwrap_or_else(|_| ControlData::short()) }
    }

    /// As [`with_capacity`](Self::with_capacity); `None` where there is no memory for so many.
    pub fn try_with_capacity(bytes: usize) -> Option<Self> {
        ControlData::with_capacity(bytes).ok().map(|data| Self { data })
    }

    /// Room for one message of each of these lengths of data, in bytes.
    ///
    /// # Examples
    ///
    /// ```
    /// use berkeley::control::{ControlBuffer, space};
    ///
    /// // A TTL (a C int) and the address that the datagram was sent to (struct in_pktinfo).
    /// assert_eq!(ControlBuffer::for_messages([4, 12]).capacity(), space(4) + space(12));
    /// ```
    pub fn for_messages(lengths: impl IntoIterator<Item = usize>) -> Self {
        Self::with_capacity(lengths.into_iter().map(space).fold(0, usize::saturating_add))
    }

    /// Room for one message of `count` descriptors, and for nothing else.
    ///
    /// Where the padding has room for one more, the kernel may give one more.
    pub fn for_descriptors(count: usize) -> Self {
        Self::for_messages([count.saturating_mul(size_of::<i32>())])
    }

    /// Closes the descriptors that were not taken, and forgets what was received.
    pub fn clear(&mut self) {
        self.data.clear();
    }

    /// Decodes what the last receive gave, one message after the other.
    ///
    /// A descriptor is given out once: asked again, its message is there, and the descriptor is not.
    #[inline]
    pub fn messages(&mut self) -> Messages<'_> {
        let (bytes, descriptors) = self.data.parts();
        Messages::owning(bytes, descriptors)
    }

    /// The descriptors that the last receive gave, of all its messages; each is given out once (`SCM_RIGHTS`).
    ///
    /// # Examples
    ///
    /// ```
    /// use berkeley::control::{ControlBuffer, socket};
    /// use berkeley::{Family, Protocol, SendMessage, Socket, Type};
    /// use std::io::{IoSlice, IoSliceMut};
    /// use std::os::fd::AsFd;
    ///
    /// let (left, right) = Socket::pair(Family::UNIX, Type::STREAM, Protocol::DEFAULT)?;
    /// let (note, file) = ([IoSlice::new(b"!")], std::fs::File::open("/dev/null")?);
    /// left.send_msg(&SendMessage::new(&note).control(&[socket::rights(&[file.as_fd(), left.as_fd()])]))?;
    ///
    /// let mut control = ControlBuffer::for_descriptors(2);
    /// right.recv_msg(&mut [IoSliceMut::new(&mut [0])], &mut control)?;
    /// let passed: Vec<_> = control.descriptors().collect();
    /// assert_eq!(passed.len(), 2);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[doc(alias = "SCM_RIGHTS")]
    #[doc(alias = "recv_fds")]
    pub fn descriptors(&mut self) -> Descriptors<'_> {
        Descriptors::new(self.data.parts().1)
    }

    /// What the last receive gave, undecoded, a truncated tail included.
    ///
    /// The numbers of descriptors among it are this buffer's: they say nothing once it has been used again or dropped.
    pub fn as_bytes(&self) -> &[u8] {
        self.data.bytes()
    }

    /// The messages that the last receive gave, undecoded; of descriptors what [`as_bytes`](Self::as_bytes) says.
    pub fn raw_messages(&self) -> impl Iterator<Item = RawMessage<'_>> {
        raw_messages(self.as_bytes())
    }

    /// How many bytes the kernel may fill.
    pub const fn capacity(&self) -> usize {
        self.data.capacity()
    }

    pub(crate) fn data_mut(&mut self) -> &mut ControlData {
        &mut self.data
    }
}

/// The same as [`ControlBuffer::new`].
impl Default for ControlBuffer {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for ControlBuffer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ControlBuffer({} of {} bytes)", self.as_bytes().len(), self.capacity())
    }
}

/// The descriptors of one control message, or of all of a [`ControlBuffer`], to be taken one by one; those that are not
/// taken stay the buffer's.
///
/// They are close-on-exec.
#[doc(alias = "recv_fds")]
#[derive(Debug)]
pub struct Descriptors<'b>(&'b mut [Option<OwnedFd>]);

impl<'b> Descriptors<'b> {
    pub(super) const fn new(slots: &'b mut [Option<OwnedFd>]) -> Self {
        Self(slots)
    }

    /// Those that have not been taken, borrowed.
    pub fn as_fds(&self) -> impl Iterator<Item = BorrowedFd<'_>> {
        self.0.iter().flatten().map(AsFd::as_fd)
    }
}

impl Iterator for Descriptors<'_> {
    type Item = OwnedFd;

    fn next(&mut self) -> Option<OwnedFd> {
        while let Some((first, rest)) = std::mem::take(&mut self.0).split_first_mut() {
            self.0 = rest;
            if let Some(descriptor) = first.take() {
                return Some(descriptor);
            }
        }
        None
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = self.as_fds().count();
        (left, Some(left))
    }
}

impl ExactSizeIterator for Descriptors<'_> {}

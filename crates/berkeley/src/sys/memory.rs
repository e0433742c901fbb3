//! Memory that the kernel reads or writes, and others too: pointers with their lengths, of which no reference is made.

use std::fmt;
use std::io::{IoSlice, IoSliceMut};
use std::marker::PhantomData;
#[cfg(feature = "tokio")]
use std::mem::MaybeUninit;
use std::ptr::null_mut;

/// Bytes that the kernel reads, which others may change meanwhile: of a language whose threads share buffers, or of a
/// mapped file.
///
/// A `&[u8]` would promise that nobody changes them. What is sent is what the kernel finds there.
///
/// ```
/// use berkeley::{Family, Flags, Protocol, Socket, Type, bindings};
/// use std::cell::Cell;
///
/// let (left, right) = Socket::pair(Family::UNIX, Type::STREAM, Protocol::DEFAULT)?;
/// let shared = [Cell::new(b'a'), Cell::new(b'b')];
/// // SAFETY: the bytes lie there as long as the source.
/// let source = unsafe { bindings::Source::new(shared.as_ptr().cast(), shared.len()) };
/// assert_eq!(bindings::once::send(&left, source, Flags::NONE)?, 2);
/// assert_eq!(right.recv_vec(64)?, b"ab");
/// # Ok::<(), berkeley::Error>(())
/// ```
#[derive(Clone, Copy)]
#[repr(transparent)]
pub struct Source<'a> {
    vector: libc::iovec,
    lifetime: PhantomData<&'a [u8]>,
}

// SAFETY: nothing here follows the pointer, and the kernel may read the bytes whichever thread asks it to.
unsafe impl Send for Source<'_> {}
// SAFETY: as above.
unsafe impl Sync for Source<'_> {}

impl<'a> Source<'a> {
    /// The `length` bytes from `start` on.
    ///
    /// # Safety
    ///
    /// They must be readable for `'a`, by the kernel at least. That others change them is no harm.
    pub const unsafe fn new(start: *const u8, length: usize) -> Self {
        let vector = libc::iovec { iov_base: start.cast_mut().cast(), iov_len: length };
        Self { vector, lifetime: PhantomData }
    }

    /// How many bytes they are.
    pub const fn len(&self) -> usize {
        self.vector.iov_len
    }

    /// Whether there are none.
    pub const fn is_empty(&self) -> bool {
        self.vector.iov_len == 0
    }

    /// What is left behind the first `count` bytes.
    #[must_use]
    pub const fn skip(self, count: usize) -> Self {
        let count = if count < self.len() { count } else { self.len() };
        // Within the bytes, or just behind them.
        let start = self.vector.iov_base.cast::<u8>().wrapping_add(count);
        let vector = libc::iovec { iov_base: start.cast(), iov_len: self.len() - count };
        Self { vector, lifetime: PhantomData }
    }

    /// Where they begin.
    pub const fn start(&self) -> *const u8 {
        self.vector.iov_base.cast_const().cast()
    }

    #[inline]
    pub(super) const fn pointer(&self) -> *const libc::c_void {
        self.vector.iov_base
    }

    /// The buffers as the kernel takes them.
    #[inline]
    pub(super) const fn vectors(sources: &[Self]) -> &[libc::iovec] {
        // SAFETY: a source has the layout of its one field, and the slice keeps its length and its lifetime.
        unsafe { std::slice::from_raw_parts(sources.as_ptr().cast(), sources.len()) }
    }

    /// The same buffers, which nobody changes.
    #[inline]
    pub(crate) const fn of<'s>(buffers: &'s [IoSlice<'a>]) -> &'s [Self] {
        // SAFETY: std promises that IoSlice has the layout of iovec, as a source has; the slice keeps its length and
        // its lifetime.
        unsafe { std::slice::from_raw_parts(buffers.as_ptr().cast(), buffers.len()) }
    }
}

impl<'a> From<&'a [u8]> for Source<'a> {
    #[inline]
    fn from(bytes: &'a [u8]) -> Self {
        let vector = libc::iovec { iov_base: bytes.as_ptr().cast_mut().cast(), iov_len: bytes.len() };
        Self { vector, lifetime: PhantomData }
    }
}

impl fmt::Debug for Source<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Source({} bytes)", self.len())
    }
}

/// Bytes that the kernel writes, which others may read and change meanwhile; one place may lie in several sinks.
///
/// A `&mut [u8]` would promise that nobody else has them.
///
/// ```
/// use berkeley::control::ControlBuffer;
/// use berkeley::{Family, Flags, Protocol, Socket, Type, bindings};
///
/// let (left, right) = Socket::pair(Family::UNIX, Type::STREAM, Protocol::DEFAULT)?;
/// left.send_all(b"abcd")?;
/// let mut bytes = [0; 2];
/// let start = bytes.as_mut_ptr();
/// // SAFETY: both lie there as long as the sinks, and nothing else is done with them meanwhile.
/// let twice = unsafe { [bindings::Sink::new(start, 2), bindings::Sink::new(start, 2)] };
/// let mut control = ControlBuffer::with_capacity(0);
/// let received = bindings::once::recv_msg(&right, &twice, &mut control, Flags::NONE)?;
/// assert_eq!((received.length, &bytes), (4, b"cd"));
/// # Ok::<(), berkeley::Error>(())
/// ```
#[repr(transparent)]
pub struct Sink<'a> {
    vector: libc::iovec,
    lifetime: PhantomData<&'a mut [u8]>,
}

// SAFETY: as of a source; the kernel may write whichever thread asks it to.
unsafe impl Send for Sink<'_> {}
// SAFETY: as above.
unsafe impl Sync for Sink<'_> {}

impl Sink<'_> {
    /// The `length` bytes from `start` on, which need not be initialised.
    ///
    /// # Safety
    ///
    /// They must be writable for `'a`, by the kernel at least, and no reference may be used to them meanwhile. That
    /// others read and change them through pointers is no harm.
    pub const unsafe fn new(start: *mut u8, length: usize) -> Self {
        Self { vector: libc::iovec { iov_base: start.cast(), iov_len: length }, lifetime: PhantomData }
    }

    /// How many bytes they are.
    pub const fn len(&self) -> usize {
        self.vector.iov_len
    }

    /// Whether there are none.
    pub const fn is_empty(&self) -> bool {
        self.vector.iov_len == 0
    }

    #[inline]
    pub(super) const fn pointer(&self) -> *mut libc::c_void {
        self.vector.iov_base
    }

    /// The buffers as the kernel takes them.
    #[inline]
    pub(super) const fn vectors(sinks: &[Self]) -> &[libc::iovec] {
        // SAFETY: a sink has the layout of its one field, and the slice keeps its length and its lifetime.
        unsafe { std::slice::from_raw_parts(sinks.as_ptr().cast(), sinks.len()) }
    }

    /// The same buffers, which nobody else has.
    #[inline]
    pub(crate) const fn of<'s>(buffers: &'s mut [IoSliceMut<'_>]) -> &'s [Self] {
        // SAFETY: std promises that IoSliceMut has the layout of iovec, as a sink has; the slice keeps its length, and
        // holds the buffers for its lifetime.
        unsafe { std::slice::from_raw_parts(buffers.as_ptr().cast(), buffers.len()) }
    }
}

impl<'a> From<&'a mut [u8]> for Sink<'a> {
    #[inline]
    fn from(bytes: &'a mut [u8]) -> Self {
        let vector = libc::iovec { iov_base: bytes.as_mut_ptr().cast(), iov_len: bytes.len() };
        Self { vector, lifetime: PhantomData }
    }
}

impl Default for Sink<'_> {
    /// No bytes.
    fn default() -> Self {
        Self { vector: libc::iovec { iov_base: null_mut(), iov_len: 0 }, lifetime: PhantomData }
    }
}

impl fmt::Debug for Sink<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sink({} bytes)", self.len())
    }
}

/// Control messages laid out as the kernel takes them (cmsg(3)), whatever they hold:
/// [`with_control`](crate::bindings::with_control).
#[derive(Clone, Copy, Debug)]
#[doc(alias = "msg_control")]
pub struct Control<'a>(&'a [u8]);

impl<'a> Control<'a> {
    /// Those that lie in `bytes`, for which [`control::encode`](crate::control::encode) shows the layout.
    ///
    /// What the kernel makes of bytes that are no messages is `EINVAL`.
    ///
    /// ```
    /// use berkeley::control::{encode, ip};
    /// use berkeley::{Family, Protocol, SendMessage, Socket, Type, bindings};
    /// use std::io::IoSlice;
    /// use std::net::Ipv4Addr;
    ///
    /// let socket = Socket::new(Family::INET, Type::DGRAM, Protocol::DEFAULT)?;
    /// socket.bind((Ipv4Addr::LOCALHOST, 0))?;
    /// let control = encode(&[ip::ttl(3)])?;
    /// // SAFETY: a TTL lends no descriptor, and holds no address.
    /// let control = unsafe { bindings::Control::new(&control) };
    /// let hello = [IoSlice::new(b"hello")];
    /// let message = SendMessage::new(&hello).to(socket.local_address()?)?;
    /// socket.send_msg(&bindings::with_control(message, control))?;
    /// assert_eq!(socket.recv_vec(64)?, b"hello");
    /// # Ok::<(), berkeley::Error>(())
    /// ```
    ///
    /// # Safety
    ///
    /// Every descriptor that the messages name (`SCM_RIGHTS`) must be open and the caller's to lend for as long as they
    /// are sent, and every address that they hold (`SOL_RDS`) must be valid for as long as the kernel follows it.
    pub const unsafe fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub(crate) const fn as_bytes(&self) -> &'a [u8] {
        self.0
    }
}

/// Memory that need not be initialised, for receives that are tried until one has filled a part of it.
#[cfg(feature = "tokio")]
pub(crate) struct Room<'b> {
    memory: &'b mut [MaybeUninit<u8>],
    filled: usize,
}

#[cfg(feature = "tokio")]
impl<'b> Room<'b> {
    pub(crate) const fn new(memory: &'b mut [MaybeUninit<u8>]) -> Self {
        Self { memory, filled: 0 }
    }

    /// Has `receive` fill the memory; it gives the part that it has filled, from the start on.
    pub(crate) fn fill<E>(
        &mut self,
        receive: impl FnOnce(&mut [MaybeUninit<u8>]) -> Result<&mut [u8], E>,
    ) -> Result<(), E> {
        let start = self.memory.as_ptr().cast::<u8>();
        let room = self.memory.len();
        let filled = receive(self.memory)?;
        self.filled = if filled.as_ptr() == start { filled.len().min(room) } else { 0 };
        Ok(())
    }

    /// The part that the last receive has filled.
    pub(crate) fn into_filled(self) -> &'b mut [u8] {
        // SAFETY: a slice that held `filled` bytes, which are initialised, starts where the memory does, which is
        // borrowed for as long; a receive that failed since has written bytes or left the memory alone.
        unsafe { std::slice::from_raw_parts_mut(self.memory.as_mut_ptr().cast::<u8>(), self.filled) }
    }
}

/// Has `$receive` fill what is free of tokio's `ReadBuf`, which is not zeroed first. It is handed memory that need not
/// be initialised, and gives the part that it has filled, from the start on.
///
/// A macro, for this room knows nothing of tokio.
#[cfg(feature = "tokio")]
macro_rules! fill_read_buf {
    ($buffer:expr, $receive:expr) => {{
        // SAFETY: a receive writes bytes or leaves the memory alone: what is initialised stays so.
        #[allow(unsafe_code, reason = "tokio gives memory that is not initialised in no other way")]
        let free = unsafe { $buffer.unfilled_mut() };
        let start = free.as_ptr().cast::<u8>();
        let filled =
            $receive(free).map(|filled: &mut [u8]| if filled.as_ptr() == start { filled.len() } else { 0 });
        filled.map(|length| {
            // SAFETY: the slice that held `length` bytes, which are initialised, starts where the free memory does.
            #[allow(unsafe_code, reason = "as above")]
            unsafe {
                $buffer.assume_init(length);
            }
            $buffer.advance(length);
        })
    }};
}
#[cfg(feature = "tokio")]
pub(crate) use fill_read_buf;

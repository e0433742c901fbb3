//! The buffers that all connections of a thread share.

use std::cell::RefCell;

use berkeley::control::ControlBuffer;

pub(crate) use crate::stream::{INPUT, MESSAGE, PIECE};

/// An answer buffer that grew beyond this is given back.
pub(crate) const OUTPUT_KEPT: usize = 1 << 20;

/// The length of a `struct ucred`: who sent a message over a Unix socket.
pub(crate) const CREDENTIALS: usize = 12;

/// The buffers of a thread: a connection that has something to receive borrows them until it has answered.
#[derive(Debug)]
pub(crate) struct Buffers {
    /// What is received.
    pub(crate) input: Vec<u8>,
    /// What is answered, where it is not the input itself.
    pub(crate) output: Vec<u8>,
    /// What comes with a message: who sent it.
    pub(crate) control: ControlBuffer,
}

thread_local! {
    static BUFFERS: RefCell<Buffers> = RefCell::new(Buffers {
        input: Vec::new(),
        output: Vec::new(),
        control: ControlBuffer::for_messages([CREDENTIALS]),
    });
}

/// Lends this thread's buffers to `work`, which must not lend them again.
pub(crate) fn with_buffers<R>(work: impl FnOnce(&mut Buffers) -> R) -> R {
    BUFFERS.with_borrow_mut(|buffers| {
        if buffers.input.is_empty() {
            buffers.input.resize(INPUT, 0);
        }
        buffers.output.clear();
        let result = work(buffers);
        buffers.output.shrink_to(OUTPUT_KEPT);
        result
    })
}

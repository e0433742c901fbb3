//! The buffers that all connections of a thread share.

use std::cell::RefCell;

/// The longest message or datagram that is answered; a piece of a stream is shorter ([`PIECE`]).
pub(crate) const MESSAGE: usize = 262_144;

/// The room of a receive: one byte more than a message may have, so that one that fills it is seen to be too long.
pub(crate) const INPUT: usize = MESSAGE + 1;

/// The most that one receive takes from a stream, so that no client holds a thread for long.
pub(crate) const PIECE: usize = 65_536;

/// An answer buffer that grew beyond this is given back.
const OUTPUT_KEPT: usize = 1 << 20;

/// The buffers of a thread: a connection that has something to receive borrows them until it has answered.
#[derive(Debug, Default)]
pub(crate) struct Buffers {
    /// What is received.
    pub(crate) input: Vec<u8>,
    /// What is answered, where it is not the input itself.
    pub(crate) output: Vec<u8>,
}

thread_local! {
    static BUFFERS: RefCell<Buffers> = RefCell::default();
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

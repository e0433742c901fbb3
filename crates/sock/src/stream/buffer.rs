//! The thread's buffer, which a stream that has something to receive borrows.

use std::cell::RefCell;

/// The longest message or datagram that is passed on or answered; a piece of a stream is shorter ([`PIECE`]).
pub const MESSAGE: usize = 262_144;

/// The room of a receive: one byte more than a message may have, so that one that fills it is seen to be too long.
pub const INPUT: usize = MESSAGE + 1;

/// The most that one receive takes from a stream, in bytes, so that none holds a thread for long.
pub const PIECE: usize = 65_536;

/// The same where a relay has an end that speaks TLS: with the part of a record that has come, 16 KiB at most, a
/// direction holds less than 32 KiB.
pub(super) const SHARE_OF_TLS: usize = 14_336;

thread_local! {
    static BUFFER: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// Lends this thread's buffer, of [`INPUT`] bytes or more, to `work`, which must not ask for it again.
pub(super) fn with_buffer<R>(work: impl FnOnce(&mut Vec<u8>) -> R) -> R {
    BUFFER.with_borrow_mut(|buffer| {
        if buffer.is_empty() {
            buffer.resize(INPUT, 0);
        }
        let result = work(buffer);
        // A message that was longer than any should be.
        if buffer.len() > INPUT {
            buffer.truncate(INPUT);
            buffer.shrink_to_fit();
        }
        result
    })
}

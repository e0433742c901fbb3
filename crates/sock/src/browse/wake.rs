//! What wakes the thread that draws: packets that have come, work that is done, signals.

use std::io::{self, Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicBool, Ordering};

/// A pair of sockets: a byte in one wakes who waits on the other.
#[derive(Debug)]
pub(crate) struct Wake {
    write: UnixStream,
    read: UnixStream,
    /// Whether a byte is on its way, so that a thousand batches of packets cost one system call.
    is_sent: AtomicBool,
}

impl Wake {
    pub(crate) fn new() -> io::Result<Self> {
        let (write, read) = UnixStream::pair()?;
        write.set_nonblocking(true)?;
        read.set_nonblocking(true)?;
        Ok(Self { write, read, is_sent: AtomicBool::new(false) })
    }

    /// Wakes who waits.
    pub(crate) fn wake(&self) {
        if !self.is_sent.swap(true, Ordering::AcqRel) {
            // Where it is full, it wakes anyway.
            let _ = (&self.write).write(&[0]);
        }
    }

    /// Takes the bytes that have woken.
    pub(crate) fn clear(&self) {
        // First the mark: what comes from here on wakes once more.
        self.is_sent.store(false, Ordering::Release);
        let mut room = [0; 64];
        while matches!((&self.read).read(&mut room), Ok(got) if got == room.len()) {}
    }

    /// What to wait on.
    pub(crate) fn descriptor(&self) -> &UnixStream {
        &self.read
    }

    /// What a signal's handler may write to.
    pub(crate) fn writer(&self) -> io::Result<UnixStream> {
        self.write.try_clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_wakes_again_once_it_was_cleared() {
        let wake = Wake::new().expect("a pair of sockets");
        let is_awake = || (wake.descriptor()).read(&mut [0]).is_ok();
        assert!(!is_awake());
        wake.wake();
        wake.wake();
        assert!(is_awake());
        assert!(!is_awake(), "one byte for both");
        wake.clear();
        wake.wake();
        assert!(is_awake());
    }
}

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
        let mut room = [0; 64];
        while matches!((&self.read).read(&mut room), Ok(got) if got == room.len()) {}
        // The mark last: taken away first, it could be set again by one whose byte is then taken too, and nobody would
        // ever wake again. What comes in between is looked at by who was woken, after this.
        self.is_sent.swap(false, Ordering::AcqRel);
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
    use std::thread;
    use std::time::Duration;

    use berkeley::{Deadline, Interest, PollEntry, poll};

    use super::*;

    #[test]
    fn no_wake_up_is_lost_while_others_are_cleared() {
        const CLEARS: usize = 50_000;
        let (wake, done) = (Wake::new().expect("a pair of sockets"), AtomicBool::new(false));
        let lost = thread::scope(|scope| {
            scope.spawn(|| {
                while !done.load(Ordering::Relaxed) {
                    wake.wake();
                }
            });
            let lost = (0..CLEARS).find(|_| {
                let mut entries = [PollEntry::new(wake.descriptor(), Interest::READABLE)];
                let woken = poll(&mut entries, Deadline::after(Duration::from_secs(20)));
                wake.clear();
                !woken.is_ok_and(|count| count > 0)
            });
            done.store(true, Ordering::Relaxed);
            lost
        });
        assert_eq!(lost, None, "nobody woke, though others go on waking");
    }

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

//! Whether what a socket is may have changed behind the library's back: by its descriptor, or by an option.

use std::sync::atomic::{AtomicU8, Ordering};

use crate::option::{Description, LINGER, tcp};

/// What may be so of a socket, so that most are never asked.
///
/// Relaxed: a bit stands for itself, and comes before what it tells of.
#[derive(Debug)]
pub(super) struct Lent(AtomicU8);

/// Others have had the descriptor, or have another one of the same socket.
const LENT: u8 = 1;
/// `SO_LINGER` has been set.
const LINGERS: u8 = 2;
/// A protocol has been put on top of TCP (`TCP_ULP`), such as TLS.
const LAYERED: u8 = 4;
/// It is of a kind that closing never waits for, whatever `SO_LINGER` says.
#[cfg(feature = "tokio")]
const CLOSES_AT_ONCE: u8 = 8;

impl Lent {
    /// That of a new socket.
    pub(super) const fn never() -> Self {
        Self(AtomicU8::new(0))
    }

    /// That of a clone.
    pub(super) fn of_clone(&self) -> Self {
        Self(AtomicU8::new(self.0.load(Ordering::Relaxed) | LENT))
    }

    /// That of a descriptor which comes from elsewhere.
    pub(super) const fn always() -> Self {
        Self(AtomicU8::new(LENT))
    }

    /// That of a connection which this listener has taken: it has inherited the options.
    #[inline]
    pub(super) fn inherited(&self) -> Self {
        Self(AtomicU8::new(self.0.load(Ordering::Relaxed)))
    }

    /// Notes that somebody else gets the descriptor.
    #[inline]
    pub(super) fn lend(&self) {
        self.note(LENT);
    }

    /// Notes an option that is set.
    pub(super) fn note_option(&self, option: &Description) {
        let is = |other: &Description| (option.level, option.number) == (other.level, other.number);
        if is(LINGER.description()) {
            self.note(LINGERS);
        }
        if is(tcp::ULP.description()) {
            self.note(LAYERED);
        }
    }

    /// Notes that closing it never waits.
    #[cfg(feature = "tokio")]
    pub(super) fn note_closes_at_once(&self) {
        self.note(CLOSES_AT_ONCE);
    }

    /// Whether `SO_LINGER` may be set, and heeded.
    #[cfg(feature = "tokio")]
    pub(super) fn may_linger(&self) -> bool {
        let bits = self.0.load(Ordering::Relaxed);
        bits & CLOSES_AT_ONCE == 0 && bits & (LENT | LINGERS) != 0
    }

    /// Whether a stream of TCP may be more than that.
    #[cfg(feature = "tokio")]
    #[inline]
    pub(super) fn may_be_layered(&self) -> bool {
        self.0.load(Ordering::Relaxed) & (LENT | LAYERED) != 0
    }

    fn note(&self, bit: u8) {
        // Mostly it is there already: other threads keep what they have of the memory.
        if self.0.load(Ordering::Relaxed) & bit == 0 {
            self.0.fetch_or(bit, Ordering::Relaxed);
        }
    }
}

//! How long to pause between two tries.

use std::hash::{BuildHasher as _, RandomState};
use std::time::Duration;

/// Pauses that double, from the first to the longest. Each is cut at random to between half and all of itself, so that
/// many who wait for one server do not all come back at once.
#[derive(Clone, Copy, Debug)]
pub(super) struct Backoff {
    next: Duration,
    longest: Duration,
}

impl Backoff {
    pub(super) const fn new(first: Duration, longest: Duration) -> Self {
        Self { next: first, longest }
    }

    /// The pause before the next try.
    pub(super) fn pause(&mut self) -> Duration {
        let whole = self.next;
        self.next = (whole * 2).min(self.longest);
        // A number that differs each time is all that is wanted, and std hashes with a new key each time.
        let [share, ..] = RandomState::new().hash_one(()).to_ne_bytes();
        whole / 2 + whole * u32::from(share) / 510
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_longest_and_differ() {
        let bounds = [100, 200, 400, 800, 1_000, 1_000].map(Duration::from_millis);
        let mut backoffs = [Backoff::new(bounds[0], Duration::from_secs(1)); 20];
        for bound in bounds {
            let pauses = backoffs.each_mut().map(Backoff::pause);
            assert!(pauses.iter().all(|pause| (bound / 2..=bound).contains(pause)), "{bound:?}: {pauses:?}");
            assert!(pauses.iter().any(|pause| *pause != pauses[0]), "they come together: {pauses:?}");
        }
    }
}

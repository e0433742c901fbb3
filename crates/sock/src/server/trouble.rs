//! What follows when accepting or receiving fails: on at once or after a pause, told or not. No socket, no clock of its
//! own.

use std::time::{Duration, Instant};

use berkeley::Error;

use super::limit::{LineLimit, Shown};

/// How long to pause after a failure that is not one client's: what comes waits in the kernel meanwhile.
pub(crate) const PAUSE: Duration = Duration::from_millis(50);

/// What a person may do where no client can be accepted.
pub(crate) const WANTING: &str =
    "clients wait in the backlog meanwhile; `ulimit -n` shows the limit of descriptors";

/// How many lines a second tell of failures.
const LINES: u32 = 1;

/// So many failures in a row may be the clients' own; one that comes again and again is the socket's.
const FORGIVEN: u32 = 16;

/// The failures of one socket so far.
#[derive(Debug)]
pub(crate) struct Trouble {
    /// How many there were since the last success.
    row: u32,
    lines: LineLimit,
}

impl Default for Trouble {
    fn default() -> Self {
        Self { row: 0, lines: LineLimit::per_second(LINES) }
    }
}

/// What follows a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Next {
    /// To pause, or this would spin.
    pub(crate) pause: bool,
    /// To tell of it.
    pub(crate) say: bool,
}

impl Trouble {
    /// It went well.
    pub(crate) fn success(&mut self) {
        self.row = 0;
    }

    /// It failed at `now`; `is_the_clients` says that the failure is one client's, and not the socket's.
    pub(crate) fn failure(&mut self, is_the_clients: bool, now: Instant) -> Next {
        self.row = self.row.saturating_add(1);
        if is_the_clients && self.row <= FORGIVEN {
            return Next { pause: false, say: false };
        }
        Next { pause: true, say: self.lines.next(now) != Shown::Hidden }
    }
}

/// Errors that belong to one client, which the kernel passes on to the socket that all share.
///
/// `EPERM` is not among them: a firewall may mean one client by it, but a sandbox means all.
pub(crate) fn is_the_clients(error: &Error) -> bool {
    use std::io::ErrorKind as Kind;
    matches!(
        error.kind(),
        Kind::ConnectionAborted
            | Kind::ConnectionRefused
            | Kind::ConnectionReset
            | Kind::NetworkDown
            | Kind::NetworkUnreachable
            | Kind::HostUnreachable
            | Kind::TimedOut
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const ON: Next = Next { pause: false, say: false };
    const PAUSED: Next = Next { pause: true, say: false };
    const SAID: Next = Next { pause: true, say: true };

    #[test]
    fn a_failure_of_the_socket_pauses_and_is_said_once_a_second() {
        let (mut trouble, start) = (Trouble::default(), Instant::now());
        for (after, want) in [(0, SAID), (50, PAUSED), (999, PAUSED), (1_000, SAID), (1_050, PAUSED)] {
            assert_eq!(trouble.failure(false, start + Duration::from_millis(after)), want, "{after} ms");
        }
    }

    #[test]
    fn clients_that_give_up_are_no_matter_unless_it_comes_again_and_again() {
        let (mut trouble, now) = (Trouble::default(), Instant::now());
        for _ in 0..3 {
            assert!((0..FORGIVEN).all(|_| trouble.failure(true, now) == ON));
            trouble.success();
        }
        assert!((0..FORGIVEN).all(|_| trouble.failure(true, now) == ON));
        assert_eq!(trouble.failure(true, now), SAID);
        assert_eq!(trouble.failure(true, now), PAUSED);
    }
}

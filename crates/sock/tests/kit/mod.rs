//! What the tests of the command share, in both crates of them: `it` and `lab`.
//!
//! Nothing here outlives its test, and every wait has a limit: [`LIMIT`] where no other is told.

#![allow(dead_code, unused_imports, reason = "each crate and each room uses its own part")]

mod captured;
mod events;
mod folder;
pub(crate) mod namespace;
mod place;
mod process;
mod screen;
mod server;
mod socket;
pub(crate) mod terminal;

use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

pub(crate) use captured::{Captured, Reader};
pub(crate) use events::{Events, events, payload};
pub(crate) use folder::TempDir;
pub(crate) use place::{Place, Transport};
pub(crate) use process::{Finished, Process, SOCK, run, run_sock, sock, sock_after};
pub(crate) use screen::screen;
pub(crate) use server::Server;
pub(crate) use socket::{
    bounded, connect, expect, expect_silence, full_backlog, has_ipv6, read_all, refuse, refusing, unix,
    waiting_to_come,
};
pub(crate) use terminal::terminal;

/// Longer than anything here takes, on a slow and busy machine too.
pub(crate) const LIMIT: Duration = Duration::from_secs(60);

/// How often a process or a file in /proc, which nobody can wait on, is looked at.
const LOOK: Duration = Duration::from_millis(2);

/// A number that no other place or folder of this process has.
fn number() -> u32 {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// Bytes as text; what is no UTF-8 shows as `�`.
pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Looks at something that cannot be waited on until it holds.
#[track_caller]
pub(crate) fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let end = Instant::now() + LIMIT;
    while !holds() {
        assert!(Instant::now() < end, "not within {LIMIT:?}: {what}");
        thread::sleep(LOOK);
    }
}

/// Bytes that repeat with no short period, every value among them, so that a piece lost or moved shows.
pub(crate) fn pattern(length: usize) -> Vec<u8> {
    // Made once, and copied from then on: byte by byte, 64 MiB take a debug build seconds.
    const PERIOD: usize = 1_000_003;
    let made =
        |index: usize| u8::try_from((index * 31 + index / 251 + index / 65_536) % 256).expect("below 256");
    let mut bytes: Vec<u8> = (0..length.min(PERIOD)).map(made).collect();
    while bytes.len() < length {
        bytes.extend_from_within(..PERIOD.min(length - bytes.len()));
    }
    bytes
}

//! Bytes from one socket to another by splice(2), which never pass through this process.
//!
//! A direction has a [`Pipe`] only while bytes move. All come from one [`Pool`], so that directions which have stalled
//! with bytes in their pipes leave it bounded; where it has none, the bytes are copied. Small pieces are copied too,
//! which is cheaper.

use std::io;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicUsize, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use berkeley::splice::{Filled, SplicePipe};
use berkeley::{AsyncSocket, Deadline, Interest};
use tokio::task::yield_now;

use crate::report::console;
use crate::stream::Stream;

/// What all pipes of the process may hold together, in bytes.
const POOL: usize = 32 << 20;

/// How many pipes that nobody uses are kept, so that a direction that goes on need not make one.
const IDLE: usize = 4;

/// How many pieces of the full size come in a row before a direction is spliced.
const ROW: i32 = 2;

/// What is moved at a time and is smaller than this is cheaper copied, in bytes.
pub(super) const SMALL: usize = 16_384;

/// How many pieces a direction copies before it asks again for what was not to be had.
const PATIENCE: i32 = 256;

/// How long a relay that is alone waits for room outside the reactor, at a time.
const ALONE: Duration = Duration::from_millis(1);

/// How many such turns it waits, between which the reactor has one.
const TURNS: u32 = 16;

/// How many waits for room it leaves to the reactor once there was none for so long.
const SLOW: i32 = 16;

/// How many relays of this process go on.
static RELAYS: AtomicUsize = AtomicUsize::new(0);

/// The pipes of this process.
pub(super) static PIPES: Pool = Pool::new(POOL);

/// One direction that may be spliced.
pub(super) struct Splice<'a> {
    from: &'a AsyncSocket,
    to: &'a AsyncSocket,
    pool: &'static Pool,
    /// The length of a copied piece behind which there is probably more.
    full: usize,
    /// How many pieces of the full size have come in a row; below zero, how many are to be copied first.
    row: AtomicI32,
    /// Below zero, for how many waits the reactor is to wait for room.
    quick: AtomicI32,
}

/// A relay that goes on, counted until it is dropped.
pub(super) struct Going(());

impl Going {
    pub(super) fn begin() -> Self {
        RELAYS.fetch_add(1, Relaxed);
        Self(())
    }
}

impl Drop for Going {
    fn drop(&mut self) {
        RELAYS.fetch_sub(1, Relaxed);
    }
}

/// What was found to be there.
pub(super) enum Came {
    /// So many bytes, which are in a pipe now.
    Bytes(Pipe, usize),
    /// Something that is to be copied.
    Other,
    /// The end.
    End,
}

impl<'a> Splice<'a> {
    /// `None` where the kernel does not move bytes between the two. What is copied is `full` bytes at most.
    pub(super) fn between(
        from: &'a Stream,
        to: &'a Stream,
        pool: &'static Pool,
        full: usize,
    ) -> Option<Self> {
        let (from, to) = from.splices(to)?;
        Some(Self { from, to, pool, full, row: AtomicI32::new(0), quick: AtomicI32::new(0) })
    }

    /// Whether the bytes come in pieces so large that [`fill`](Self::fill) is worth it.
    pub(super) fn is_due(&self) -> bool {
        let row = self.row.load(Relaxed);
        row >= ROW || (row >= 0 && self.pool.eager)
    }

    /// Takes note of a piece that was copied.
    pub(super) fn copied(&self, length: usize) {
        let row = self.row.load(Relaxed);
        self.row.store(if row < 0 || length >= self.full { row.saturating_add(1) } else { 0 }, Relaxed);
    }

    /// Waits until there is something, without a pipe, and moves at most `most` bytes of it into one.
    pub(super) async fn fill(&self, most: usize) -> berkeley::Result<Came> {
        let came = self.from.recv_ready(|ready| {
            let Some(mut pipe) = self.pool.take() else { return Ok(Came::Other) };
            let filled = ready.fill_pipe(&mut pipe.pipe, SplicePipe::CAPACITY.min(most));
            if let Ok(Filled::Bytes(length)) = filled {
                return Ok(Came::Bytes(pipe, length));
            }
            pipe.give_back();
            filled.map(|filled| if filled == Filled::End { Came::End } else { Came::Other })
        });
        let came = match came.await {
            // What this kernel does not splice, or urgent data.
            Err(error) if error.kind() == io::ErrorKind::InvalidInput => Came::Other,
            came => came?,
        };
        match &came {
            Came::Bytes(_, length) if *length < SMALL => self.row.store(0, Relaxed),
            Came::Other => self.row.store(-PATIENCE, Relaxed),
            _ => {}
        }
        Ok(came)
    }

    /// Moves what there is room for out of the pipe.
    pub(super) fn try_drain(&self, pipe: &mut Pipe) -> berkeley::Result<()> {
        match pipe.pipe.try_drain(self.to.socket()) {
            Err(error) if error.is_would_block() || error.is_interrupted() => Ok(()),
            result => result.map(drop),
        }
    }

    /// Waits a little for room, and moves what there is room for out of the pipe; whether any of it went.
    ///
    /// For the only relay of the process, and outside the reactor: that would wake the thread for each packet that
    /// arrives from the other side meanwhile, some twenty times a wait, which costs a fifth more CPU time. Whoever else
    /// wants the thread waits for it no longer than [`ALONE`], and what comes back from where there is no room ends it.
    pub(super) async fn drain_alone(&self, pipe: &mut Pipe) -> berkeley::Result<bool> {
        if self.quick.fetch_add(1, Relaxed) < 0 {
            return Ok(false);
        }
        self.quick.store(-SLOW, Relaxed);
        let wanted = Interest::READABLE | Interest::WRITABLE;
        for _ in 0..TURNS {
            if RELAYS.load(Relaxed) != 1 {
                break;
            }
            match self.to.socket().wait(wanted, Deadline::after(ALONE)) {
                Ok(ready) if ready.contains(Interest::WRITABLE) => {
                    self.quick.store(0, Relaxed);
                    let held = pipe.held();
                    self.try_drain(pipe)?;
                    return Ok(pipe.held() < held);
                }
                // The reactor's wait says what is wrong, if something is.
                Ok(_) => break,
                Err(_) => yield_now().await,
            }
        }
        Ok(false)
    }

    /// Waits for room, and moves what there is room for out of the pipe.
    pub(super) async fn drain(&self, pipe: &mut Pipe) -> berkeley::Result<()> {
        self.to.drain_pipe(&mut pipe.pipe).await.map(drop)
    }
}

/// The pipes of a process, which together hold no more than a bound.
pub(super) struct Pool {
    most: usize,
    /// Small pieces are spliced too.
    eager: bool,
    /// What those in use and the idle ones hold.
    bytes: AtomicUsize,
    /// Those that nobody uses, empty.
    idle: Mutex<Vec<Pipe>>,
    /// It has been said that there was none to be had.
    told: AtomicBool,
}

/// A pipe of a pool.
pub(super) struct Pipe {
    pipe: SplicePipe,
    lease: Lease,
}

/// What a pipe takes of the pool's bound, until it is closed.
struct Lease(&'static Pool);

impl Pool {
    pub(super) const fn new(most: usize) -> Self {
        Self {
            most,
            eager: false,
            bytes: AtomicUsize::new(0),
            idle: Mutex::new(Vec::new()),
            told: AtomicBool::new(false),
        }
    }

    /// As [`new`](Self::new), for small pieces too.
    #[cfg(test)]
    pub(super) const fn eager(most: usize) -> Self {
        let mut pool = Self::new(most);
        pool.eager = true;
        pool
    }

    /// A pipe that is empty; `None` where there is none to be had, which is said once.
    fn take(&'static self) -> Option<Pipe> {
        if let Some(pipe) = self.idle().pop() {
            return Some(pipe);
        }
        match self.make() {
            Ok(pipe) => Some(pipe),
            Err(why) => {
                if !self.told.swap(true, Relaxed) {
                    console::aside(format_args!("bytes are copied where no pipe is free: {why}"));
                }
                None
            }
        }
    }

    fn make(&'static self) -> Result<Pipe, String> {
        let lease = self.lease().ok_or_else(|| format!("{} MiB of pipes are in use", self.most >> 20))?;
        let pipe = SplicePipe::new().map_err(|error| error.to_string())?;
        let capacity = pipe.capacity();
        if capacity < SplicePipe::CAPACITY {
            let why = format!("the kernel makes a pipe of {} KiB (fs.pipe-user-pages-soft)", capacity >> 10);
            return Err(why);
        }
        Ok(Pipe { pipe, lease })
    }

    fn lease(&'static self) -> Option<Lease> {
        let more = |bytes| Some(bytes + SplicePipe::CAPACITY).filter(|bytes| *bytes <= self.most);
        self.bytes.fetch_update(Relaxed, Relaxed, more).ok().map(|_| Lease(self))
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Pipe>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    #[cfg(test)]
    pub(super) fn has_told(&self) -> bool {
        self.told.load(Relaxed)
    }

    #[cfg(test)]
    pub(super) fn bytes(&self) -> usize {
        self.bytes.load(Relaxed)
    }
}

impl Pipe {
    /// How many bytes are in it.
    pub(super) fn held(&self) -> usize {
        self.pipe.held()
    }

    /// Leaves it to others. One with bytes in it is closed instead, as one is that is dropped.
    pub(super) fn give_back(self) {
        let mut idle = self.lease.0.idle();
        if self.held() == 0 && idle.len() < IDLE {
            idle.push(self);
        }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.0.bytes.fetch_sub(SplicePipe::CAPACITY, Relaxed);
    }
}

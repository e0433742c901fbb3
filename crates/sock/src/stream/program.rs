//! A program that a stream has the input and the output of: how its end is learnt, and told.

use std::os::fd::OwnedFd;
use std::process::Child;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use rustix::process::{Pid, PidfdFlags, pidfd_open};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;
use tokio::time::{sleep, timeout};

use super::handle::registered;
use crate::exit::Failure;
use crate::program::{self, Ended};

/// How often it is looked whether a program has ended, where the kernel has no descriptor for it (before Linux 5.3).
const LOOK: Duration = Duration::from_millis(50);

/// How long what a program has left behind may be silent once it has ended itself, with the output still open.
const SILENCE: Duration = Duration::from_secs(1);

/// A program that runs. When it is dropped, its process group is ended.
pub struct Program {
    name: String,
    group: Pid,
    child: Mutex<Option<Child>>,
    /// Readable once it has ended.
    watch: Option<AsyncFd<OwnedFd>>,
}

impl Program {
    /// Takes over a program that was started, on the runtime that it is to be used on; `name` is how it is called.
    pub fn new(name: String, child: Child) -> Option<Self> {
        let group = program::group_of(&child)?;
        let watch = pidfd_open(group, PidfdFlags::empty()).ok();
        let watch = watch.and_then(|watch| registered(watch, Interest::READABLE).ok());
        Some(Self { name, group, child: Mutex::new(Some(child)), watch })
    }

    /// Waits until it has ended.
    pub async fn ended(&self) -> Ended {
        loop {
            if let Some(ended) = program::ended(self.group) {
                return ended;
            }
            match &self.watch {
                // Nobody clears it: once it is readable it stays so.
                Some(watch) => {
                    if watch.readable().await.is_err() {
                        sleep(LOOK).await;
                    }
                }
                None => sleep(LOOK).await,
            }
        }
    }

    /// Waits until it has ended and nothing is to be expected of what it has left behind, which may have its output
    /// open for ever.
    pub(super) async fn is_silent(&self) {
        self.ended().await;
        sleep(SILENCE).await;
    }

    /// Ends its process group; one that has done all it was to do may still end by itself, and what it failed with is
    /// given then.
    pub async fn finish(&self, regular: bool) -> Option<Failure> {
        let ended = if regular { timeout(program::GRACE, self.ended()).await.ok() } else { None };
        self.end();
        ended?.failure(&self.name)
    }

    fn end(&self) {
        if let Some(child) = self.child.lock().unwrap_or_else(PoisonError::into_inner).take() {
            program::end(child);
        }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        self.end();
    }
}

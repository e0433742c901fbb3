//! The sockets that a [`ZeroCopy`](crate::zero_copy::ZeroCopy) sends on, each of them alone.

use std::collections::BTreeSet;
use std::os::fd::BorrowedFd;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::option::{self as options, Description, Value};
use crate::sys::process::PerProcess;
use crate::sys::{Result, constants as c, option};

/// The right to be the only one that sends on a socket without copies; it ends when it is dropped.
///
/// The kernel numbers such sends for the socket as a whole, whichever descriptor of it they come from. So a second one
/// who counts them would take the other's numbers for its own.
#[derive(Debug)]
pub(crate) struct Claim(u64);

/// The claimed sockets of this process, by the number that the kernel has for each.
fn claimed() -> MutexGuard<'static, BTreeSet<u64>> {
    static CLAIMED: PerProcess<Mutex<BTreeSet<u64>>> = PerProcess::new();
    CLAIMED.get(Mutex::default).lock().unwrap_or_else(PoisonError::into_inner)
}

/// `SO_COOKIE`: the socket's own number, the same by every descriptor of it.
fn cookie(fd: BorrowedFd<'_>) -> Result<u64> {
    let mut bytes = [0; 8];
    option::option(fd, c::SOL_SOCKET, c::SO_COOKIE, &mut bytes)?;
    Ok(u64::from_ne_bytes(bytes))
}

impl Claim {
    /// Claims the socket; `None` where another has.
    pub(crate) fn new(fd: BorrowedFd<'_>) -> Result<Option<Self>> {
        let cookie = cookie(fd)?;
        let is_first = claimed().insert(cookie);
        Ok(is_first.then(|| Self(cookie)))
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        claimed().remove(&self.0);
    }
}

/// Why the option may not be set to this value now; `None` where it may.
///
/// With `SO_ZEROCOPY` off the kernel gives no number to sends that a [`Claim`]'s holder counts.
pub(super) fn objection(fd: BorrowedFd<'_>, option: &Description, value: &Value) -> Option<&'static str> {
    let row = options::ZEROCOPY.description();
    let turns_off = (option.level, option.number) == (row.level, row.number) && *value == Value::Flag(false);
    let is_claimed = turns_off && cookie(fd).is_ok_and(|cookie| claimed().contains(&cookie));
    is_claimed.then_some("stays on while a ZeroCopy sends on the socket")
}

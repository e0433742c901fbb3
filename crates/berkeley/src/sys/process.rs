//! What belongs to one process, and not to the children that fork(2) makes of it.

use std::ptr;
use std::sync::atomic::{AtomicPtr, AtomicU64, Ordering};

/// A number that is another one in each child after fork(2).
///
/// It stands in memory that the kernel clears in the child (`MADV_WIPEONFORK`, Linux 4.14): a process ID alone may be
/// that of an ancestor, as where the first process of a PID namespace makes another namespace. Where the kernel has no
/// such memory the process ID has to do.
pub(crate) fn incarnation() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1 << 32);
    let Some(cell) = wiped_on_fork() else { return u64::from(std::process::id()) };
    match cell.load(Ordering::Relaxed) {
        0 => {
            // The child's copy of `NEXT` is past the number of each of its ancestors.
            let new = NEXT.fetch_add(1, Ordering::Relaxed);
            let set = cell.compare_exchange(0, new, Ordering::Relaxed, Ordering::Relaxed);
            set.map_or_else(|other| other, |_| new)
        }
        number => number,
    }
}

/// An integer that is 0 in a new process, and in each child; `None` where there is no such memory.
fn wiped_on_fork() -> Option<&'static AtomicU64> {
    /// The integer; this address itself where the kernel refused.
    static PAGE: AtomicPtr<AtomicU64> = AtomicPtr::new(ptr::null_mut());
    let refused = PAGE.as_ptr().cast::<AtomicU64>();
    let mut page = PAGE.load(Ordering::Acquire);
    if page.is_null() {
        let new = map_page().unwrap_or(refused);
        page = match PAGE.compare_exchange(ptr::null_mut(), new, Ordering::AcqRel, Ordering::Acquire) {
            Ok(_) => new,
            Err(other) => {
                if new != refused {
                    // SAFETY: the page has just been mapped, and nobody else knows of it.
                    unsafe { libc::munmap(new.cast(), PAGE_SIZE) };
                }
                other
            }
        };
    }
    // SAFETY: it is a page that was mapped to be read and written, and that is never unmapped; zeros are an integer.
    (page != refused).then(|| unsafe { &*page })
}

/// As much as the kernel rounds up to its own page.
const PAGE_SIZE: usize = 4096;

fn map_page() -> Option<*mut AtomicU64> {
    let (protection, flags) = (libc::PROT_READ | libc::PROT_WRITE, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS);
    // SAFETY: a new mapping at an address of the kernel's choice replaces no other.
    let page = unsafe { libc::mmap(ptr::null_mut(), PAGE_SIZE, protection, flags, -1, 0) };
    if page == libc::MAP_FAILED {
        return None;
    }
    // SAFETY: this is the mapping that was just made, of which nobody else knows.
    if unsafe { libc::madvise(page, PAGE_SIZE, libc::MADV_WIPEONFORK) } == -1 {
        // SAFETY: as above.
        unsafe { libc::munmap(page, PAGE_SIZE) };
        return None;
    }
    Some(page.cast())
}

/// A value that each process makes for itself, when it first asks.
///
/// A child never touches what its parent made: threads that it relies on are not in the child, and a lock of it may
/// have been held by one of them. Nothing here is locked either. What the parent made stays in the child's memory,
/// unused.
pub(crate) struct PerProcess<T: 'static> {
    current: AtomicPtr<Made<T>>,
}

struct Made<T> {
    incarnation: u64,
    value: T,
}

impl<T: Send + Sync> PerProcess<T> {
    pub(crate) const fn new() -> Self {
        Self { current: AtomicPtr::new(ptr::null_mut()) }
    }

    /// This process's value, of which `make` makes the first.
    pub(crate) fn get(&self, make: impl FnOnce() -> T) -> &'static T {
        let incarnation = incarnation();
        let held = self.current.load(Ordering::Acquire);
        // SAFETY: it is null, or came from `Box::into_raw` below, and is never freed from then on.
        if let Some(made) = unsafe { held.as_ref() }.filter(|made| made.incarnation == incarnation) {
            return &made.value;
        }
        let new = Box::into_raw(Box::new(Made { incarnation, value: make() }));
        let current = match self.current.compare_exchange(held, new, Ordering::AcqRel, Ordering::Acquire) {
            Ok(_) => new,
            // Another thread of this process was faster.
            Err(other) => {
                // SAFETY: `new` came from `Box::into_raw`, and nobody else has it.
                drop(unsafe { Box::from_raw(new) });
                other
            }
        };
        // SAFETY: it came from `Box::into_raw`, and is never freed from now on.
        &unsafe { &*current }.value
    }
}

/// Whether `check` holds in a child process, which ends after it, or by SIGALRM where it hangs.
#[cfg(test)]
pub(crate) fn holds_in_a_child(check: impl FnOnce() -> bool) -> bool {
    // SAFETY: the child calls `check` and `_exit`; with the C libraries that the tests run on it may allocate and make
    // threads.
    let child = unsafe { libc::fork() };
    assert!(child >= 0, "no child process");
    if child == 0 {
        // SAFETY: the call takes any number; nobody handles SIGALRM, which ends this child.
        unsafe { libc::alarm(20) };
        let held = std::panic::catch_unwind(std::panic::AssertUnwindSafe(check)).unwrap_or(false);
        // SAFETY: the call takes any number, and ends the process without a further word of the test's.
        unsafe { libc::_exit(i32::from(!held)) };
    }
    let mut status = 0;
    // SAFETY: `status` takes the status of the child, which was made above.
    let waited = unsafe { libc::waitpid(child, &raw mut status, 0) };
    waited == child && status == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_child_is_another_incarnation() {
        let parent = incarnation();
        assert_eq!(incarnation(), parent);
        assert!(wiped_on_fork().is_some(), "the kernel has MADV_WIPEONFORK");
        assert!(holds_in_a_child(|| {
            let child = incarnation();
            let grandchild_differs = holds_in_a_child(|| ![parent, child].contains(&incarnation()));
            child != parent && child == incarnation() && grandchild_differs
        }));
        assert_eq!(incarnation(), parent);
    }

    #[test]
    fn each_process_makes_a_value_once() {
        static VALUE: PerProcess<u64> = PerProcess::new();
        let first = VALUE.get(|| 1);
        assert!(ptr::eq(first, VALUE.get(|| 2)));
        assert!(holds_in_a_child(|| *VALUE.get(|| 3) == 3 && *VALUE.get(|| 4) == 3));
        assert_eq!(*VALUE.get(|| 5), 1);
    }
}

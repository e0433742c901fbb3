//! Memory for what is small, when the system has none left.
//!
//! Rust ends the process where it gets no memory, and most of what this module allocates is small: the text of an
//! error, the record of a held buffer. So that such a thing never ends a program, which would have been given a
//! `MemoryError`, a part of memory is set aside. What is large, or as large as a caller or a peer says, asks first, and
//! raises.
#![allow(unsafe_code, reason = "an allocator is made of pointers")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::UnsafeCell;
use std::ptr::null_mut;
use std::sync::atomic::{AtomicU64, Ordering};

#[global_allocator]
static ALLOCATOR: WithReserve = WithReserve { reserve: Reserve::new() };

/// The system's allocator, and the reserve behind it.
struct WithReserve {
    reserve: Reserve,
}

// SAFETY: what comes from the system goes back to it, and what comes from the reserve lies in it alone.
unsafe impl GlobalAlloc for WithReserve {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller keeps to the rules of an allocator.
        let memory = unsafe { System.alloc(layout) };
        if memory.is_null() { self.reserve.take(layout) } else { memory }
    }

    /// Large pieces are fresh from the kernel, which has zeroed them: they are not touched.
    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller keeps to the rules of an allocator.
        let memory = unsafe { System.alloc_zeroed(layout) };
        if !memory.is_null() {
            return memory;
        }
        let memory = self.reserve.take(layout);
        if !memory.is_null() {
            // SAFETY: a piece of the reserve has as many bytes as the layout says.
            unsafe { memory.write_bytes(0, layout.size()) };
        }
        memory
    }

    #[inline]
    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        if self.reserve.holds(memory) {
            self.reserve.give_back();
            return;
        }
        // SAFETY: it came from the system, by this layout.
        unsafe { System.dealloc(memory, layout) };
    }

    #[inline]
    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        if !self.reserve.holds(memory) {
            // SAFETY: it came from the system, by this layout.
            let moved = unsafe { System.realloc(memory, layout, size) };
            if !moved.is_null() {
                return moved;
            }
        }
        // SAFETY: the caller answers for the size, and the alignment was good before.
        let wanted = unsafe { Layout::from_size_align_unchecked(size, layout.align()) };
        // SAFETY: as of the caller's own.
        let moved = unsafe { self.alloc(wanted) };
        if !moved.is_null() {
            // SAFETY: both are as large, they do not overlap, and the old one is the caller's until it is given back.
            unsafe { moved.copy_from_nonoverlapping(memory, layout.size().min(size)) };
            // SAFETY: the caller has given it up.
            unsafe { self.dealloc(memory, layout) };
        }
        moved
    }
}

/// Enough for the errors of a program that has no memory left.
const SIZE: usize = 256 * 1024;

/// The most that one piece may have: what is larger is as large as somebody says.
const MOST: usize = 16 * 1024;

/// Memory that is handed out from the beginning to the end, and from the beginning again once all of it is back.
#[repr(align(64))]
struct Reserve {
    memory: UnsafeCell<[u8; SIZE]>,
    /// How many pieces are out, and above that, from bit 32 on, where the next one begins.
    state: AtomicU64,
}

// SAFETY: the pieces do not overlap, and the state alone says whose they are.
unsafe impl Sync for Reserve {}

impl Reserve {
    #[expect(clippy::large_stack_arrays, reason = "it is made at compile time, and stands on no stack")]
    const fn new() -> Self {
        Self { memory: UnsafeCell::new([0; SIZE]), state: AtomicU64::new(0) }
    }

    #[cold]
    fn take(&self, layout: Layout) -> *mut u8 {
        if layout.size() > MOST || layout.align() > 64 {
            return null_mut();
        }
        let mut start = 0;
        let taken = self.state.fetch_update(Ordering::Acquire, Ordering::Relaxed, |state| {
            let (next, out) = (usize::try_from(state >> 32).ok()?, state & u64::from(u32::MAX));
            start = next.next_multiple_of(layout.align());
            let end = start + layout.size();
            (end <= SIZE).then_some((end as u64) << 32 | (out + 1))
        });
        match taken {
            // Within the memory, as `end` has said.
            Ok(_) => self.memory.get().cast::<u8>().wrapping_add(start),
            Err(_) => null_mut(),
        }
    }

    #[inline]
    fn holds(&self, memory: *mut u8) -> bool {
        memory.addr().wrapping_sub(self.memory.get().addr()) < SIZE
    }

    #[cold]
    fn give_back(&self) {
        // Never empty here: a piece is out. The last one back lets it begin anew.
        let _ = self.state.fetch_update(Ordering::Release, Ordering::Relaxed, |state| {
            Some(if state & u64::from(u32::MAX) == 1 { 0 } else { state - 1 })
        });
    }
}

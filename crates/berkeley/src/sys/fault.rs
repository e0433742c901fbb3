//! The test hook: makes the n-th system call of this thread fail, or move fewer bytes, or messages, than asked.
//!
//! A plan holds for the thread that armed it, until its [`Armed`] guard is dropped. A call that is to fail is never
//! made, so nothing leaks when a creating call "fails". `EINTR` as the error makes the call appear interrupted.
//! [`Plan::fail_after`] makes the call and then has it fail, so that what runs between a call and the reading of errno
//! is played too.
//!
//! ```
//! use berkeley::{Family, Protocol, Socket, Type, fault};
//!
//! const EMFILE: i32 = 24;
//! let armed = fault::arm(fault::Plan::fail("socket", 1, EMFILE));
//! let error = Socket::new(Family::INET, Type::STREAM, Protocol::DEFAULT).unwrap_err();
//! assert_eq!(error.raw_os_error(), Some(EMFILE));
//! assert!(armed.struck());
//! ```

use std::cell::{Cell, RefCell};

use super::Errno;

/// The calls that ask [`shorten`].
const TRANSFERS: [&str; 12] = [
    "pread", "read", "recv", "recvfrom", "recvmmsg", "recvmsg", "send", "sendfile", "sendmmsg", "sendmsg",
    "sendto", "splice",
];

/// The calls that give what somebody must close, unmap or free: one that was made may not "fail".
const CREATING: [&str; 15] = [
    "accept4",
    "fcntl",
    "getaddrinfo",
    "gethostbyaddr_r",
    "gethostbyname2_r",
    "getprotobyname_r",
    "getservbyname_r",
    "getservbyport_r",
    "if_nameindex",
    "mmap",
    "pipe2",
    "recvmmsg",
    "recvmsg",
    "socket",
    "socketpair",
];

/// What happens to one chosen system call.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// The call's C name, or any call.
    call: Option<&'static str>,
    /// Which of the matching calls, counted from 1.
    nth: u32,
    /// How many calls in a row, from the n-th on.
    times: u32,
    effect: Effect,
}

#[derive(Clone, Copy, Debug)]
enum Effect {
    Fail(i32),
    FailAfter(i32),
    Short(usize),
    Count,
}

impl Plan {
    /// Makes the `nth` (from 1) call of the name `call` fail with `errno`.
    pub fn fail(call: &'static str, nth: u32, errno: i32) -> Self {
        Self { call: Some(call), nth, times: 1, effect: Effect::Fail(errno) }
    }

    /// Makes the `nth` (from 1) call of any name fail with `errno`.
    pub fn fail_any(nth: u32, errno: i32) -> Self {
        Self { call: None, nth, times: 1, effect: Effect::Fail(errno) }
    }

    /// Makes the `nth` (from 1) call of the name `call`, and then has it fail with `errno`: the kernel has done what
    /// was asked, and says that it has not. `errno` is set where the kernel would have set it, before anything else
    /// runs.
    ///
    /// # Panics
    ///
    /// Where `call` gives a descriptor, memory or a list, which nobody would own.
    pub fn fail_after(call: &'static str, nth: u32, errno: i32) -> Self {
        assert!(!CREATING.contains(&call), "{call} gives what nobody would own");
        Self { call: Some(call), nth, times: 1, effect: Effect::FailAfter(errno) }
    }

    /// Lets the `nth` (from 1) sending or receiving call of the name `call` move at most `length` bytes; of
    /// `sendmmsg` and `recvmmsg`, messages.
    ///
    /// # Panics
    ///
    /// Where `call` is none of those that move bytes: the plan could never strike.
    pub fn short(call: &'static str, nth: u32, length: usize) -> Self {
        assert!(TRANSFERS.contains(&call), "{call} moves no bytes; those that do are {TRANSFERS:?}");
        Self { call: Some(call), nth, times: 1, effect: Effect::Short(length) }
    }

    /// Changes nothing, and only counts the calls.
    pub fn count() -> Self {
        Self { call: None, nth: 1, times: 0, effect: Effect::Count }
    }

    /// Strikes `times` matching calls in a row instead of one.
    #[must_use]
    pub fn times(self, times: u32) -> Self {
        Self { times, ..self }
    }

    fn hits(&self, seen: u32) -> bool {
        seen >= self.nth && seen - self.nth < self.times
    }
}

struct State {
    plan: Plan,
    /// Which arming of this thread it is: an earlier guard must not disarm it.
    generation: u64,
    seen: u32,
    struck: bool,
}

thread_local! {
    static STATE: RefCell<Option<State>> = const { RefCell::new(None) };
    static GENERATION: Cell<u64> = const { Cell::new(0) };
}

/// Arms `plan` for this thread, in place of any earlier one, whose guard has nothing to say from then on.
pub fn arm(plan: Plan) -> Armed {
    let generation = GENERATION.get() + 1;
    GENERATION.set(generation);
    STATE.set(Some(State { plan, generation, seen: 0, struck: false }));
    Armed { generation, not_send: std::marker::PhantomData }
}

/// Keeps a plan armed; dropping it disarms the thread.
#[derive(Debug)]
pub struct Armed {
    generation: u64,
    not_send: std::marker::PhantomData<*const ()>,
}

impl Armed {
    /// How many matching calls were made since arming.
    pub fn seen(&self) -> u32 {
        self.with_state(|state| state.seen).unwrap_or(0)
    }

    /// Whether the plan has struck.
    pub fn struck(&self) -> bool {
        self.with_state(|state| state.struck).unwrap_or(false)
    }

    /// `None` where a later plan has taken this one's place.
    fn with_state<T>(&self, ask: impl FnOnce(&State) -> T) -> Option<T> {
        STATE.with_borrow(|state| state.as_ref().filter(|state| state.generation == self.generation).map(ask))
    }
}

impl Drop for Armed {
    fn drop(&mut self) {
        STATE.with_borrow_mut(|state| {
            state.take_if(|state| state.generation == self.generation);
        });
    }
}

/// Counts a call about to be made; gives the errno it must fail with instead.
pub(super) fn strike(name: &'static str) -> Option<Errno> {
    STATE.with_borrow_mut(|state| {
        let state = state.as_mut()?;
        if state.plan.call.is_some_and(|call| call != name) {
            return None;
        }
        state.seen += 1;
        let Effect::Fail(errno) = state.plan.effect else { return None };
        if !state.plan.hits(state.seen) {
            return None;
        }
        state.struck = true;
        Some(Errno::from_raw(errno))
    })
}

/// What a call that was made gives: `returned`, or -1 with an errno, where the plan has it fail after all. Asked right
/// behind the call, which [`strike`] has counted.
pub(super) fn strike_after<T: From<i8>>(name: &'static str, returned: T) -> T {
    let errno = STATE.with_borrow_mut(|state| {
        let state = state.as_mut()?;
        let Effect::FailAfter(errno) = state.plan.effect else { return None };
        if state.plan.call.is_some_and(|call| call != name) || !state.plan.hits(state.seen) {
            return None;
        }
        state.struck = true;
        Some(Errno::from_raw(errno))
    });
    match errno {
        None => returned,
        Some(errno) => {
            errno.set();
            T::from(-1)
        }
    }
}

/// How many of `length` bytes, or messages, the call about to be made may move. Asked before [`strike`] counts it.
pub(super) fn shorten(name: &'static str, length: usize) -> usize {
    STATE.with_borrow_mut(|state| {
        let Some(state) = state.as_mut() else { return length };
        let Effect::Short(limit) = state.plan.effect else { return length };
        if state.plan.call.is_some_and(|call| call != name) || !state.plan.hits(state.seen + 1) {
            return length;
        }
        state.struck = true;
        length.min(limit)
    })
}

/// Whether calls of the name `name` may be cut short here: a short result then says nothing about the socket.
#[cfg(feature = "tokio")]
pub(crate) fn shortens(name: &'static str) -> bool {
    STATE.with_borrow(|state| {
        state.as_ref().is_some_and(|State { plan, .. }| {
            matches!(plan.effect, Effect::Short(_)) && plan.call.is_none_or(|call| call == name)
        })
    })
}

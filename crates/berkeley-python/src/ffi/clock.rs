//! A clock to tell a pause by, which costs less than a call may: where the processor has one of its own, that.

pub(crate) use platform::{FIFTY_MICROSECONDS, ticks};

#[cfg(target_arch = "x86_64")]
mod platform {
    #![allow(unsafe_code, reason = "the processor's own counter has no safe name")]

    /// Of a processor that counts a billion ticks a second. Most count two to five times as fast: they call a pause
    /// what is shorter. To measure the rate would cost time at the start, and would change nothing that matters.
    pub(crate) const FIFTY_MICROSECONDS: u64 = 50_000;

    /// Ticks since the machine started: `rdtsc`, a third of what `clock_gettime` takes. Threads on different processors
    /// may see it go back a little, which a difference that wraps shows as a pause.
    #[inline]
    pub(crate) fn ticks() -> u64 {
        // SAFETY: every x86-64 has the instruction; it reads a counter.
        unsafe { core::arch::x86_64::_rdtsc() }
    }
}

#[cfg(not(target_arch = "x86_64"))]
mod platform {
    use std::sync::OnceLock;
    use std::time::Instant;

    pub(crate) const FIFTY_MICROSECONDS: u64 = 50_000;

    /// Nanoseconds since the first call.
    #[inline]
    pub(crate) fn ticks() -> u64 {
        static START: OnceLock<Instant> = OnceLock::new();
        u64::try_from(START.get_or_init(Instant::now).elapsed().as_nanos()).unwrap_or(u64::MAX)
    }
}

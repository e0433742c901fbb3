//! What an event tells of a system call beside its result: its name and its arguments.

use std::os::fd::RawFd;

/// Marks a call that has no descriptor yet, such as `socket`.
pub(crate) const NO_FD: RawFd = -1;

/// A call: its C name, and those of its arguments that an event tells (feature `tracing`). Without the feature nobody
/// reads them, and they cost nothing.
#[derive(Clone, Copy)]
pub(super) struct Call<'a> {
    pub(super) name: &'static str,
    /// Its integers behind the descriptor, in the order of its man page.
    pub(super) integers: [Option<i64>; 3],
    /// The address that it is given.
    #[cfg_attr(not(feature = "tracing"), expect(dead_code, reason = "only an event tells it"))]
    pub(super) address: Option<&'a [u8]>,
}

impl From<&'static str> for Call<'_> {
    #[inline]
    fn from(name: &'static str) -> Self {
        Self { name, integers: [None; 3], address: None }
    }
}

impl<'a> Call<'a> {
    /// With one integer.
    #[inline]
    pub(super) fn one(name: &'static str, first: impl TryInto<i64>) -> Self {
        Self { integers: [first.try_into().ok(), None, None], ..Self::from(name) }
    }

    /// With two.
    #[inline]
    pub(super) fn two(name: &'static str, first: impl TryInto<i64>, second: impl TryInto<i64>) -> Self {
        Self { integers: [first.try_into().ok(), second.try_into().ok(), None], ..Self::from(name) }
    }

    /// With three.
    #[inline]
    pub(super) fn three(name: &'static str, integers: [i32; 3]) -> Self {
        Self { integers: integers.map(|integer| Some(integer.into())), ..Self::from(name) }
    }

    /// And with an address.
    #[inline]
    pub(super) fn at(self, address: &'a [u8]) -> Self {
        Self { address: Some(address), ..self }
    }
}

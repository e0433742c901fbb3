//! Feature `fault` off: no call is made to fail, and asking costs nothing.

use super::Errno;

#[inline]
pub(super) fn strike(_name: &'static str) -> Option<Errno> {
    None
}

#[inline]
pub(super) fn strike_after<T>(_name: &'static str, returned: T) -> T {
    returned
}

#[inline]
pub(super) fn shorten(_name: &'static str, length: usize) -> usize {
    length
}

#[cfg(feature = "tokio")]
#[inline]
pub(crate) const fn shortens(_name: &'static str) -> bool {
    false
}

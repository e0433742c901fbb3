//! The machine's own name: gethostname(2), sethostname(2).

use std::ffi::CString;

use super::Result;
use super::call::{NO_FD, run_int};
use super::resolve::until_nul;

/// The longest name of a machine that is asked for; Linux has at most 64 bytes.
const NAME_ROOM: usize = 256;

/// gethostname(2).
pub(crate) fn host_name() -> Result<CString> {
    let mut name = [0_u8; NAME_ROOM];
    run_int("gethostname", NO_FD, || {
        // SAFETY: the call writes less than the room has, whose last byte stays NUL.
        unsafe { libc::gethostname(name.as_mut_ptr().cast(), NAME_ROOM - 1) }
    })?;
    Ok(until_nul(&name))
}

/// sethostname(2).
pub(crate) fn set_host_name(name: &[u8]) -> Result<()> {
    run_int("sethostname", NO_FD, || {
        // SAFETY: the pointer and the length describe `name`, which the call only reads.
        unsafe { libc::sethostname(name.as_ptr().cast(), name.len()) }
    })?;
    Ok(())
}

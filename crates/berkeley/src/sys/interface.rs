//! The names and numbers of network interfaces: `if_nametoindex(3)`, `if_indextoname(3)`, `if_nameindex(3)`.

use std::ffi::{CStr, CString};
use std::ptr;

use super::Result;
use super::alloc::{copy_text, push};
use super::call::{NO_FD, run_int};
use super::resolve::until_nul;

/// `if_nametoindex(3)`.
pub(crate) fn interface_index(name: &CStr) -> Result<u32> {
    let index = run_int("if_nametoindex", NO_FD, || {
        // SAFETY: `name` is NUL-terminated, and the call only reads it.
        let index = unsafe { libc::if_nametoindex(name.as_ptr()) };
        // An index is never above INT_MAX: the kernel counts them in an int.
        i32::try_from(index).ok().filter(|index| *index > 0).unwrap_or(-1)
    })?;
    Ok(index.unsigned_abs())
}

/// `if_indextoname(3)`.
pub(crate) fn interface_name(index: u32) -> Result<CString> {
    let mut name = [0_u8; libc::IF_NAMESIZE];
    run_int("if_indextoname", NO_FD, || {
        // SAFETY: `name` has the IF_NAMESIZE bytes that the call may write.
        let found = unsafe { libc::if_indextoname(index, name.as_mut_ptr().cast()) };
        if found.is_null() { -1 } else { 0 }
    })?;
    Ok(until_nul(&name))
}

/// `if_nameindex(3)`: the index and the name of each interface.
pub(crate) fn interface_names() -> Result<Vec<(u32, CString)>> {
    let mut list = ptr::null_mut();
    run_int("if_nameindex", NO_FD, || {
        // SAFETY: the call takes nothing, and gives a list or null.
        list = unsafe { libc::if_nameindex() };
        if list.is_null() { -1 } else { 0 }
    })?;
    let (mut names, mut copied) = (Vec::new(), Ok(()));
    let mut next = list.cast_const();
    // SAFETY: `next` stands in the list, which ends with an entry whose index is 0.
    while let Some(entry) = unsafe { next.as_ref() }.filter(|entry| entry.if_index != 0) {
        // SAFETY: the name of an entry ends with a NUL, and lives as long as the list.
        let name = copy_text(unsafe { CStr::from_ptr(entry.if_name) });
        copied = name.and_then(|name| push(&mut names, (entry.if_index, name)));
        if copied.is_err() {
            break;
        }
        next = next.wrapping_add(1);
    }
    // SAFETY: the list came from if_nameindex, all of it was copied, and it is freed once.
    unsafe { libc::if_freenameindex(list) };
    copied.map(|()| names)
}

//! The C library's databases of hosts, services and protocols: gethostbyname(3), getservbyname(3), getprotobyname(3).

use std::ffi::{CStr, CString};
use std::mem::MaybeUninit;
use std::ptr;

#[cfg(target_env = "gnu")]
use libc::protoent;
use libc::{c_char, c_int, c_void, hostent, servent, size_t, socklen_t};

use super::resolve::{LookupError, pointer};
use super::{Errno, Result, alloc, fault, trace};

/// The room that a call has at first for what its entry points to: a host's, and one of a short file's, as the C
/// library itself has it.
const HOST_ROOM: usize = 16 * 1024;
const SHORT_ROOM: usize = 1024;

/// The room beyond which an entry counts as not found.
const LAST_ROOM: usize = 1024 * 1024;

unsafe extern "C" {
    // In glibc and musl, but not in the crate libc.
    fn gethostbyname2_r(
        name: *const c_char,
        family: c_int,
        entry: *mut hostent,
        room: *mut c_char,
        length: size_t,
        found: *mut *mut hostent,
        h_errno: *mut c_int,
    ) -> c_int;
    fn gethostbyaddr_r(
        address: *const c_void,
        address_length: socklen_t,
        family: c_int,
        entry: *mut hostent,
        room: *mut c_char,
        length: size_t,
        found: *mut *mut hostent,
        h_errno: *mut c_int,
    ) -> c_int;
    fn getservbyname_r(
        name: *const c_char,
        protocol: *const c_char,
        entry: *mut servent,
        room: *mut c_char,
        length: size_t,
        found: *mut *mut servent,
    ) -> c_int;
    fn getservbyport_r(
        port: c_int,
        protocol: *const c_char,
        entry: *mut servent,
        room: *mut c_char,
        length: size_t,
        found: *mut *mut servent,
    ) -> c_int;
    #[cfg(target_env = "gnu")]
    fn getprotobyname_r(
        name: *const c_char,
        entry: *mut protoent,
        room: *mut c_char,
        length: size_t,
        found: *mut *mut protoent,
    ) -> c_int;
}

/// A host as the data base has it.
pub(crate) struct Host {
    pub(crate) name: CString,
    pub(crate) aliases: Vec<CString>,
    /// Each as long as those of the family that was asked for.
    pub(crate) addresses: Vec<Vec<u8>>,
}

/// A service as the data base has it; the port in the machine's order.
pub(crate) struct Service {
    pub(crate) name: CString,
    pub(crate) port: u16,
    pub(crate) protocol: CString,
}

/// `gethostbyname2_r(3)`: the host of this name, with its addresses of one family.
pub(crate) fn host_by_name(name: &CStr, family: i32) -> std::result::Result<Host, LookupError> {
    let mut h_errno = 0;
    let found = lookup("gethostbyname2_r", HOST_ROOM, |room| {
        let (mut entry, mut found) = (MaybeUninit::uninit(), ptr::null_mut());
        // SAFETY: the name is NUL-terminated, `room` is as long as is said, and the rest takes the answer.
        let status = unsafe {
            gethostbyname2_r(
                name.as_ptr(),
                family,
                entry.as_mut_ptr(),
                room.as_mut_ptr().cast(),
                room.len(),
                &raw mut found,
                &raw mut h_errno,
            )
        };
        (status, copy_host(found))
    });
    host(found, h_errno)
}

/// `gethostbyaddr_r(3)`: the host that has this address, in network byte order.
pub(crate) fn host_by_address(address: &[u8], family: i32) -> std::result::Result<Host, LookupError> {
    let length = socklen_t::try_from(address.len()).unwrap_or(0);
    let mut h_errno = 0;
    let found = lookup("gethostbyaddr_r", HOST_ROOM, |room| {
        let (mut entry, mut found) = (MaybeUninit::uninit(), ptr::null_mut());
        // SAFETY: the address and `room` are as long as is said, and the rest takes the answer.
        let status = unsafe {
            gethostbyaddr_r(
                address.as_ptr().cast(),
                length,
                family,
                entry.as_mut_ptr(),
                room.as_mut_ptr().cast(),
                room.len(),
                &raw mut found,
                &raw mut h_errno,
            )
        };
        (status, copy_host(found))
    });
    host(found, h_errno)
}

fn host(found: Result<Option<Host>>, h_errno: i32) -> std::result::Result<Host, LookupError> {
    match found {
        Ok(Some(host)) => Ok(host),
        Ok(None) => Err(LookupError::Host(h_errno)),
        Err(errno) => Err(LookupError::System(errno)),
    }
}

/// `getservbyname_r(3)`: the service of this name, over this protocol or any; `None` where there is none.
pub(crate) fn service_by_name(name: &CStr, protocol: Option<&CStr>) -> Result<Option<Service>> {
    lookup("getservbyname_r", SHORT_ROOM, |room| {
        let (mut entry, mut found) = (MaybeUninit::uninit(), ptr::null_mut());
        let (length, protocol) = (room.len(), pointer(protocol));
        // SAFETY: the names are NUL-terminated or null, `room` is as long as is said, and the rest takes the answer.
        let status = unsafe {
            getservbyname_r(
                name.as_ptr(),
                protocol,
                entry.as_mut_ptr(),
                room.as_mut_ptr().cast(),
                length,
                &raw mut found,
            )
        };
        (status, copy_service(found))
    })
}

/// `getservbyport_r(3)`: the service at this port, over this protocol or any; `None` where there is none.
pub(crate) fn service_by_port(port: u16, protocol: Option<&CStr>) -> Result<Option<Service>> {
    lookup("getservbyport_r", SHORT_ROOM, |room| {
        let (mut entry, mut found) = (MaybeUninit::uninit(), ptr::null_mut());
        let (length, protocol) = (room.len(), pointer(protocol));
        // SAFETY: the name is NUL-terminated or null, `room` is as long as is said, and the rest takes the answer.
        let status = unsafe {
            getservbyport_r(
                port.to_be().into(),
                protocol,
                entry.as_mut_ptr(),
                room.as_mut_ptr().cast(),
                length,
                &raw mut found,
            )
        };
        (status, copy_service(found))
    })
}

/// `getprotobyname_r(3)`: the number of the protocol of this name; `None` where there is none.
#[cfg(target_env = "gnu")]
pub(crate) fn protocol_by_name(name: &CStr) -> Result<Option<i32>> {
    lookup("getprotobyname_r", SHORT_ROOM, |room| {
        let (mut entry, mut found) = (MaybeUninit::<protoent>::uninit(), ptr::null_mut());
        // SAFETY: the name is NUL-terminated, `room` is as long as is said, and the rest takes the answer.
        let status = unsafe {
            getprotobyname_r(
                name.as_ptr(),
                entry.as_mut_ptr(),
                room.as_mut_ptr().cast(),
                room.len(),
                &raw mut found,
            )
        };
        // SAFETY: null, or the entry that the call has filled.
        (status, unsafe { found.as_ref() }.map(|found| Ok(found.p_proto)))
    })
}

/// Nothing: musl has no such call, and its `getprotobyname` never reads protocols(5), which the caller does.
#[cfg(not(target_env = "gnu"))]
#[expect(clippy::unnecessary_wraps, reason = "glibc's may fail")]
pub(crate) fn protocol_by_name(_name: &CStr) -> Result<Option<i32>> {
    Ok(None)
}

/// Runs a call that writes what its answer points to into a room, in a larger one while it is too small; gives its
/// answer, copied out of the room.
fn lookup<T>(
    name: &'static str,
    first_room: usize,
    mut call: impl FnMut(&mut [MaybeUninit<u8>]) -> (i32, Option<Result<T>>),
) -> Result<Option<T>> {
    if let Some(errno) = fault::strike(name) {
        trace::plain_event::<i32>(name, &Err(errno));
        return Err(errno);
    }
    let mut length = first_room;
    loop {
        let mut room = alloc::with_room(length)?;
        let (status, found) = call(&mut room.spare_capacity_mut()[..length]);
        if found.is_none() && status == libc::ERANGE && length < LAST_ROOM {
            length *= 4;
            continue;
        }
        let result = if found.is_some() || status == 0 { Ok(status) } else { Err(Errno::from_raw(status)) };
        trace::plain_event(name, &result);
        return found.transpose();
    }
}

fn copy_host(found: *const hostent) -> Option<Result<Host>> {
    // SAFETY: null, or the entry that the call has filled, its room still held.
    let found = unsafe { found.as_ref()? };
    let length = usize::try_from(found.h_length).unwrap_or(0);
    let copy = || {
        let (mut aliases, mut addresses) = (Vec::new(), Vec::new());
        for alias in items(found.h_aliases) {
            alloc::push(&mut aliases, copy_text(alias)?)?;
        }
        for address in items(found.h_addr_list) {
            let mut bytes = alloc::zeroed(length)?;
            // SAFETY: each address of the list has `h_length` bytes.
            unsafe { ptr::copy_nonoverlapping(address.cast::<u8>(), bytes.as_mut_ptr(), length) };
            alloc::push(&mut addresses, bytes)?;
        }
        Ok(Host { name: copy_text(found.h_name)?, aliases, addresses })
    };
    Some(copy())
}

fn copy_service(found: *const servent) -> Option<Result<Service>> {
    // SAFETY: null, or the entry that the call has filled, its room still held.
    let found = unsafe { found.as_ref()? };
    // The C library keeps sixteen bits in network byte order.
    let port = u16::from_be(u16::try_from(found.s_port & 0xffff).unwrap_or(0));
    let copy = || Ok(Service { name: copy_text(found.s_name)?, port, protocol: copy_text(found.s_proto)? });
    Some(copy())
}

/// The pointers of a list that ends with a null; none where there is no list.
fn items(list: *mut *mut c_char) -> impl Iterator<Item = *mut c_char> {
    let mut next = list;
    std::iter::from_fn(move || {
        // SAFETY: `next` is null, or stands in a list that the C library made and that has not ended yet; the library
        // does not promise that it is aligned.
        let item = if next.is_null() { ptr::null_mut() } else { unsafe { next.read_unaligned() } };
        if item.is_null() {
            return None;
        }
        next = next.wrapping_add(1);
        Some(item)
    })
}

/// The text at `text`; empty where that is null.
fn copy_text(text: *const c_char) -> Result<CString> {
    if text.is_null() {
        return Ok(CString::default());
    }
    // SAFETY: a text of the C library's ends with a NUL.
    alloc::copy_text(unsafe { CStr::from_ptr(text) })
}

/// `hstrerror(3)`: the C library's words for an `h_errno`.
pub(crate) fn host_message(code: i32) -> String {
    // SAFETY: hstrerror takes any integer.
    let text = unsafe { libc::hstrerror(code) };
    copy_text(text).unwrap_or_default().to_string_lossy().into_owned()
}

//! Names: getaddrinfo(3), getnameinfo(3).

use std::ffi::{CStr, CString};
use std::ptr;

use super::alloc::{copy_text, push};
use super::layout::ADDRESS_MAX;
use super::socket::RawAddress;
use super::{Errno, Result, fault, trace};

/// Why a lookup failed: the resolver's own code, or a system call of its.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LookupError {
    /// An `EAI_*` code.
    Resolver(i32),
    /// `EAI_SYSTEM`: the errno behind it.
    System(Errno),
    /// An `h_errno`.
    Host(i32),
}

/// One answer of getaddrinfo.
pub(crate) struct AddressInfo {
    pub(crate) family: i32,
    pub(crate) kind: i32,
    pub(crate) protocol: i32,
    pub(crate) address: RawAddress,
    pub(crate) canonical_name: Option<CString>,
}

/// What to ask getaddrinfo for; zeros ask for anything.
#[derive(Clone, Copy)]
pub(crate) struct AddressHints {
    pub(crate) family: i32,
    pub(crate) kind: i32,
    pub(crate) protocol: i32,
    pub(crate) flags: i32,
}

/// getaddrinfo(3). Blocks for as long as the resolver does.
pub(crate) fn address_info(
    host: Option<&CStr>,
    service: Option<&CStr>,
    hints: AddressHints,
) -> std::result::Result<Vec<AddressInfo>, LookupError> {
    let wanted = libc::addrinfo {
        ai_flags: hints.flags,
        ai_family: hints.family,
        ai_socktype: hints.kind,
        ai_protocol: hints.protocol,
        ai_addrlen: 0,
        ai_addr: ptr::null_mut(),
        ai_canonname: ptr::null_mut(),
        ai_next: ptr::null_mut(),
    };
    let mut head = ptr::null_mut();
    lookup("getaddrinfo", [host, service], || {
        // SAFETY: both names are NUL-terminated or null, `wanted` is filled, and `head` takes the list.
        unsafe { libc::getaddrinfo(pointer(host), pointer(service), &raw const wanted, &raw mut head) }
    })?;
    let names = hints.flags & libc::AI_CANONNAME != 0;
    let answers = copy_list(head, names).map_err(LookupError::System);
    // SAFETY: `head` came from a getaddrinfo that succeeded, everything in it was copied, and it is freed once.
    unsafe { libc::freeaddrinfo(head) };
    answers
}

/// Copies the list out, so that the caller frees it with nothing of it left in use. The first entry has a canonical
/// name where `names` asks for one; musl has it in all, asked or not.
fn copy_list(head: *const libc::addrinfo, names: bool) -> Result<Vec<AddressInfo>> {
    let mut answers = Vec::new();
    let mut next = head;
    // SAFETY: `next` is null or an entry of a list that getaddrinfo made and nobody has freed yet.
    while let Some(entry) = unsafe { next.as_ref() } {
        let names = names && answers.is_empty();
        push(&mut answers, copy_entry(entry, names)?)?;
        next = entry.ai_next;
    }
    Ok(answers)
}

fn copy_entry(entry: &libc::addrinfo, names: bool) -> Result<AddressInfo> {
    let mut bytes = [0; ADDRESS_MAX];
    let length = if entry.ai_addr.is_null() { 0 } else { (entry.ai_addrlen as usize).min(ADDRESS_MAX) };
    if length > 0 {
        // SAFETY: ai_addr points to ai_addrlen bytes, and `length` is no more than that nor than the buffer holds.
        unsafe { ptr::copy_nonoverlapping(entry.ai_addr.cast::<u8>(), bytes.as_mut_ptr(), length) };
    }
    let canonical_name = (names && !entry.ai_canonname.is_null()).then(|| {
        // SAFETY: a canonical name that is not null is NUL-terminated, and lives as long as the list.
        copy_text(unsafe { CStr::from_ptr(entry.ai_canonname) })
    });
    Ok(AddressInfo {
        family: entry.ai_family,
        kind: entry.ai_socktype,
        protocol: entry.ai_protocol,
        address: (bytes, length),
        canonical_name: canonical_name.transpose()?,
    })
}

/// An address where the C library may read it through its structures, which want their alignment; the kernel does not.
#[repr(C, align(8))]
struct Aligned([u8; ADDRESS_MAX]);

const _: () = assert!(align_of::<Aligned>() >= align_of::<libc::sockaddr_storage>());

/// getnameinfo(3): the host's name and the service's, as `flags` (`NI_*`) ask.
pub(crate) fn name_info(address: &[u8], flags: i32) -> std::result::Result<(CString, CString), LookupError> {
    let address = &address[..address.len().min(ADDRESS_MAX)];
    let mut aligned = Aligned([0; ADDRESS_MAX]);
    aligned.0[..address.len()].copy_from_slice(address);
    let mut host = [0_u8; 1025]; // NI_MAXHOST
    let mut service = [0_u8; 256]; // more than NI_MAXSERV, 32
    let length = libc::socklen_t::try_from(address.len()).unwrap_or(libc::socklen_t::MAX);
    lookup("getnameinfo", [None; 2], || {
        // SAFETY: each pointer goes with the length of what it points to, at most; the C library reads the first, which
        // is aligned as its structures are, and writes the others.
        unsafe {
            libc::getnameinfo(
                aligned.0.as_ptr().cast(),
                length,
                host.as_mut_ptr().cast(),
                1025,
                service.as_mut_ptr().cast(),
                256,
                flags,
            )
        }
    })?;
    Ok((until_nul(&host), until_nul(&service)))
}

pub(super) fn until_nul(bytes: &[u8]) -> CString {
    CStr::from_bytes_until_nul(bytes).unwrap_or_default().to_owned()
}

pub(super) fn pointer(text: Option<&CStr>) -> *const libc::c_char {
    text.map_or(ptr::null(), CStr::as_ptr)
}

/// Runs a call that returns 0 or an `EAI_*` code, asked for a host and a service.
fn lookup(
    name: &'static str,
    asked: [Option<&CStr>; 2],
    call: impl FnOnce() -> i32,
) -> std::result::Result<(), LookupError> {
    let result = match fault::strike(name) {
        Some(errno) => Err(errno),
        None => match call() {
            libc::EAI_SYSTEM => Err(Errno::last()),
            code => Ok(code),
        },
    };
    trace::resolver_event(name, asked, result);
    match result {
        Ok(0) => Ok(()),
        Ok(code) => Err(LookupError::Resolver(code)),
        Err(errno) => Err(LookupError::System(errno)),
    }
}

/// `gai_strerror(3)`: the C library's words for an `EAI_*` code.
pub(crate) fn resolve_message(code: i32) -> String {
    // SAFETY: gai_strerror takes any integer.
    let text = unsafe { libc::gai_strerror(code) };
    // SAFETY: what it gave is a static text that ends in a NUL, for unknown codes too.
    let text = unsafe { CStr::from_ptr(text) };
    text.to_string_lossy().into_owned()
}

//! Names on their way to the C library, and as errors show them.

use std::borrow::Cow;
use std::ffi::CString;

use crate::error::{Error, Operation, Result};
use crate::sys::resolve::LookupError;
use crate::sys::{Errno, alloc};

/// The most bytes of a name that an error shows, as many as a host's name may have (`NI_MAXHOST`).
///
/// Escaping takes several times the memory of the name, which the caller may have made of any length.
const LONGEST_SHOWN: usize = 1025;

/// A name as errors show it: escaped, and only its beginning where it is too long to be a name.
pub(crate) fn shown(name: &[u8]) -> String {
    lossy_beginning(name).escape_debug().to_string()
}

/// As much of bytes as a name may have, as text.
pub(crate) fn lossy_beginning(name: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(&name[..name.len().min(LONGEST_SHOWN)])
}

/// As much of a text as a name may have.
pub(crate) fn beginning(text: &str) -> &str {
    let end = (0..=text.len().min(LONGEST_SHOWN)).rev().find(|end| text.is_char_boundary(*end));
    &text[..end.unwrap_or(0)]
}

/// `text` as the C library takes it; `what` names it in the error for a text that holds a NUL.
pub(crate) fn c_string(operation: Operation, what: &str, text: &[u8]) -> Result<CString> {
    let mut bytes =
        alloc::with_room(text.len().saturating_add(1)).map_err(|errno| Error::kernel(operation, errno))?;
    bytes.extend_from_slice(text);
    CString::new(bytes).map_err(|_| {
        Error::invalid(operation, format!("the {what} holds a NUL, where the resolver would cut it"))
    })
}

/// Why a service cannot be found: `no TCP service is called "htpp"`.
pub(crate) fn no_service(name: &[u8], transports: &str) -> String {
    format!("no {} is called \"{}\"", service_of(transports), shown(name))
}

/// Why a port has no name: `no TCP service has port 1`.
pub(super) fn no_service_at(port: u16, transports: &str) -> String {
    format!("no {} has port {port}", service_of(transports))
}

fn service_of(transports: &str) -> String {
    if transports.is_empty() { "service".to_owned() } else { format!("{transports} service") }
}

/// What a database has found; an error with `code` (`EAI_*`) where it has found nothing.
pub(super) fn found_or<T>(
    found: std::result::Result<Option<T>, Errno>,
    operation: Operation,
    code: i32,
) -> Result<T> {
    let found = found.map_err(LookupError::System).and_then(|found| found.ok_or(LookupError::Resolver(code)));
    found.map_err(|error| Error::lookup(operation, error))
}

//! [`Resolved`] and [`RawResolved`]: what a lookup answers, and why there is no answer.

use std::ffi::CString;

use crate::address::Address;
use crate::error::{Error, Operation};
use crate::kinds::{Family, Protocol, Type};
use crate::sys::resolve::{AddressInfo, LookupError};
use crate::sys::{Errno, alloc};

/// One answer of [`resolve`](super::resolve()): an address, and the socket that can use it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[doc(alias = "addrinfo")]
pub struct Resolved {
    /// The family of the socket, and of the address.
    pub family: Family,
    /// The type of the socket.
    pub kind: Type,
    /// The protocol of the socket.
    pub protocol: Protocol,
    /// The address, the service's port in it.
    pub address: Address,
    /// The host's canonical name, in the first answer and where it was asked for; else `None`. It comes
    /// from a name server: escape it before a terminal sees it. Bytes that are not UTF-8 are replaced.
    pub canonical_name: Option<String>,
}

/// One answer of [`resolve_raw`](crate::bindings::resolve_raw).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RawResolved {
    /// The family of the socket.
    pub family: Family,
    /// The type of the socket.
    pub kind: Type,
    /// The protocol of the socket.
    pub protocol: Protocol,
    /// The address, of whatever family.
    pub address: Address,
    /// The host's canonical name, its bytes as they came; `None` in all answers but the first.
    pub canonical_name: Option<CString>,
}

/// A copy for one of several who have asked.
pub(super) fn copy(answers: &Answers) -> Answers {
    let answers = answers.as_ref().map_err(NoAnswer::clone)?;
    let copies = alloc::with_room(answers.len()).and_then(|mut copies| {
        for answer in answers {
            let canonical_name = answer.canonical_name.as_deref().map(alloc::copy_str).transpose()?;
            let Resolved { family, kind, protocol, address, .. } = *answer;
            copies.push(Resolved { family, kind, protocol, address, canonical_name });
        }
        Ok(copies)
    });
    copies.map_err(NoAnswer::system)
}

/// What the C library answers.
pub(super) type Answers = std::result::Result<Vec<Resolved>, NoAnswer>;

/// Why there are no addresses.
#[derive(Clone, Debug)]
pub(super) struct NoAnswer {
    pub(super) error: LookupError,
    /// What says more than the C library's own words.
    pub(super) why: Option<String>,
}

impl NoAnswer {
    pub(super) fn system(errno: Errno) -> Self {
        Self { error: LookupError::System(errno), why: None }
    }

    pub(super) fn into_error(self) -> Error {
        let error = Error::lookup(Operation::Resolve, self.error);
        match self.why {
            Some(why) => error.because(why),
            None => error,
        }
    }
}

impl RawResolved {
    pub(super) fn from_sys(answer: AddressInfo) -> Self {
        let (bytes, length) = answer.address;
        Self {
            family: Family::from_raw(answer.family),
            kind: Type::from_raw(answer.kind),
            protocol: Protocol::from_raw(answer.protocol),
            address: Address::decode(&bytes[..length]),
            canonical_name: answer.canonical_name,
        }
    }
}

impl Resolved {
    pub(super) fn from_sys(answer: AddressInfo) -> Self {
        let RawResolved { family, kind, protocol, address, canonical_name } = RawResolved::from_sys(answer);
        Self { family, kind, protocol, address, canonical_name: canonical_name.map(into_text) }
    }
}

/// A name of the C library's as text.
pub(super) fn into_text(name: CString) -> String {
    name.into_string().unwrap_or_else(|error| error.into_cstring().to_string_lossy().into_owned())
}

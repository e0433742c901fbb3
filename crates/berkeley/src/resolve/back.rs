//! [`resolve_back`]: an address to the names of its host and its service, over getnameinfo(3).

use std::sync::Arc;

use super::answer::into_text;
use super::pool::Pool;
use crate::address::{Address, ToAddress};
use crate::error::{Error, Operation, Result};
use crate::socket::Deadline;
use crate::sys::Errno;
use crate::sys::constants as c;
use crate::sys::process::PerProcess;
use crate::sys::resolve::{LookupError, name_info};

/// The helper threads of all questions with a deadline: as many as those of the other direction.
static HELPERS: PerProcess<Pool<(Address, BackHints), Names>> = PerProcess::new();

/// What the C library answers.
type Names = std::result::Result<(String, String), LookupError>;

/// What [`resolve_back`] is asked for: names where there are any, digits where there are none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct BackHints {
    flags: i32,
}

impl BackHints {
    /// Asks for names, of a service over a stream.
    pub const fn new() -> Self {
        Self { flags: 0 }
    }

    /// The host in digits: nobody is asked.
    #[doc(alias = "NI_NUMERICHOST")]
    #[must_use]
    pub const fn numeric_host(self, on: bool) -> Self {
        self.flag(c::NI_NUMERICHOST, on)
    }

    /// The service in digits: services(5) is not read.
    #[doc(alias = "NI_NUMERICSERV")]
    #[must_use]
    pub const fn numeric_service(self, on: bool) -> Self {
        self.flag(c::NI_NUMERICSERV, on)
    }

    /// A host of this machine's domain by its name alone, without the domain.
    #[doc(alias = "NI_NOFQDN")]
    #[must_use]
    pub const fn without_domain(self, on: bool) -> Self {
        self.flag(c::NI_NOFQDN, on)
    }

    /// A host without a name is an error, not digits.
    #[doc(alias = "NI_NAMEREQD")]
    #[must_use]
    pub const fn name_required(self, on: bool) -> Self {
        self.flag(c::NI_NAMEREQD, on)
    }

    /// The name that the port has over datagrams; a few differ from the stream's (512 to 514).
    #[doc(alias = "NI_DGRAM")]
    #[must_use]
    pub const fn datagram(self, on: bool) -> Self {
        self.flag(c::NI_DGRAM, on)
    }

    /// Whether nobody but services(5) is asked, which is at hand.
    const fn asks_nobody(self) -> bool {
        self.flags & c::NI_NUMERICHOST != 0
    }

    const fn flag(self, flag: i32, on: bool) -> Self {
        Self { flags: if on { self.flags | flag } else { self.flags & !flag } }
    }
}

/// Resolves an address to the names of its host and its service (getnameinfo(3)).
///
/// Blocks for as long as the resolver does. Whoever runs the address's network chose the host's name: it proves nothing
/// until [`resolve`](super::resolve()) gives the same address, and is to be escaped before a terminal sees it. Bytes
/// that are no UTF-8 are replaced.
///
/// # Errors
///
/// Fails with [`NotFound`](std::io::ErrorKind::NotFound) where there is no name and [`BackHints::name_required`] wants
/// one, and for a family that has no names.
///
/// # Examples
///
/// ```
/// use berkeley::resolve::{BackHints, resolve_back};
/// use std::net::Ipv6Addr;
///
/// let hints = BackHints::new().numeric_host(true);
/// let (host, service) = resolve_back((Ipv6Addr::LOCALHOST, 0), &hints)?;
/// assert_eq!((host.as_str(), service.as_str()), ("::1", "0"));
/// # Ok::<(), berkeley::Error>(())
/// ```
#[doc(alias = "getnameinfo")]
#[doc(alias = "gethostbyaddr")]
#[doc(alias = "getfqdn")]
pub fn resolve_back(address: impl ToAddress, hints: &BackHints) -> Result<(String, String)> {
    address.with_address(Operation::ResolveBack, |address| {
        ask(address, *hints).map_err(|error| error.on(address.to_string()))
    })
}

/// As [`resolve_back`], but no longer than until `deadline`.
///
/// getnameinfo(3) cannot be cut short, so a helper thread asks it, as with [`Lookup`](super::Lookup): 32 of them at
/// most; what is asked beyond them queues, and waiting there counts.
///
/// # Errors
///
/// Fails as `resolve_back` does, with [`Cause::TimedOut`](crate::Cause::TimedOut), and with `EAGAIN` where there is no
/// helper thread and none can be made.
///
/// # Examples
///
/// ```
/// use berkeley::Deadline;
/// use berkeley::resolve::{BackHints, resolve_back_within};
/// use std::net::Ipv4Addr;
/// use std::time::Duration;
///
/// let deadline = Deadline::after(Duration::from_secs(5));
/// let (host, _service) = resolve_back_within((Ipv4Addr::LOCALHOST, 80), &BackHints::new(), deadline)?;
/// println!("{host}");
/// # Ok::<(), berkeley::Error>(())
/// ```
#[doc(alias = "getnameinfo")]
pub fn resolve_back_within(
    address: impl ToAddress,
    hints: &BackHints,
    deadline: Deadline,
) -> Result<(String, String)> {
    let address = address.to_address().map_err(|error| error.during(Operation::ResolveBack))?;
    let answer = if deadline == Deadline::NEVER || hints.asks_nobody() {
        ask(&address, *hints)
    } else {
        ask_within(address, *hints, deadline)
    };
    answer.map_err(|error| error.on(address.to_string()))
}

fn ask(address: &Address, hints: BackHints) -> Result<(String, String)> {
    names(address, hints).map_err(|error| Error::lookup(Operation::ResolveBack, error))
}

fn names(address: &Address, hints: BackHints) -> Names {
    let (host, service) = name_info(address.encode().as_bytes(), hints.flags)?;
    Ok((into_text(host), into_text(service)))
}

fn ask_within(address: Address, hints: BackHints, deadline: Deadline) -> Result<(String, String)> {
    const OPERATION: Operation = Operation::ResolveBack;
    if deadline.has_passed() {
        return Err(Error::timed_out(OPERATION));
    }
    let helpers = HELPERS.get(Pool::of_lookups);
    let asked = helpers.submit((address, hints), move || names(&address, hints)).map_err(|error| {
        let errno = error.raw_os_error().map_or(Errno::AGAIN, Errno::from_raw);
        Error::kernel(OPERATION, errno)
    })?;
    let answer = asked.wait(deadline).map_err(|lost| lost.into_error(OPERATION))?;
    let answer = Arc::try_unwrap(answer).unwrap_or_else(|shared| Names::clone(&shared));
    answer.map_err(|error| Error::lookup(OPERATION, error))
}

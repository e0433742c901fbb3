//! [`resolve`]: a host and a service to addresses, over getaddrinfo(3).

use std::ffi::{CStr, CString};

use super::answer::{Answers, NoAnswer, Resolved};
use super::hints::Hints;
use super::literal;
use super::raw::RawHints;
use super::service::{Service, place, transports, unknown_service};
use crate::error::{Error, Operation, Result};
use crate::netdb::c_string;
use crate::sys::alloc;
use crate::sys::resolve::address_info;

/// Resolves `host` and `service` to addresses, best first (getaddrinfo(3), RFC 6724).
///
/// `host` is a name, an IPv4 address, or an IPv6 address with or without a zone (`fe80::1%eth0`); empty, it is
/// loopback, or every address with [`Hints::passive`]. `service` is a port or the name of one; 0 or empty where there
/// is none.
///
/// Blocks for as long as the resolver does; [`resolve_within`](super::resolve_within) does not. An address in digits,
/// with a port in digits, is answered without the resolver.
///
/// # Errors
///
/// Fails with [`NotFound`](std::io::ErrorKind::NotFound) where the host or the service is unknown, with another `EAI_*`
/// code where the resolver could not find out, and before asking anybody where the host holds a NUL or the port is
/// beyond 65,535.
///
/// # Examples
///
/// ```
/// use berkeley::resolve::{Hints, resolve};
/// use std::io::ErrorKind;
///
/// for answer in resolve("localhost", 80, &Hints::new())? {
///     println!("{:?} {}", answer.kind, answer.address);
/// }
/// let error = resolve("localhost", "nosuch", &Hints::new()).unwrap_err();
/// assert_eq!(error.kind(), ErrorKind::NotFound);
/// # Ok::<(), berkeley::Error>(())
/// ```
#[doc(alias = "getaddrinfo")]
#[doc(alias = "freeaddrinfo")]
#[doc(alias = "gethostbyname")]
#[doc(alias = "gethostbyname_ex")]
pub fn resolve<'s>(host: &str, service: impl Into<Service<'s>>, hints: &Hints) -> Result<Vec<Resolved>> {
    let service = service.into();
    let answer = match literal::answer(host, service, *hints) {
        Some(answer) => answer,
        None => Question::new(host, service, *hints).and_then(|question| question.ask()),
    };
    answer.map_err(|error| error.on(place(host, service, hints.is_passive())))
}

/// What getaddrinfo is asked, on whatever thread.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Question {
    host: Option<CString>,
    service: Option<CString>,
    hints: Hints,
}

impl Question {
    /// Refuses what getaddrinfo would misunderstand.
    pub(super) fn new(host: &str, service: Service<'_>, hints: Hints) -> Result<Self> {
        let host =
            if host.is_empty() { None } else { Some(c_string(Operation::Resolve, "host", host.as_bytes())?) };
        // Raw sockets have no ports, and getaddrinfo refuses even port 0 for them; it does want one of the two names.
        let service = if service.is_any() && host.is_some() { None } else { Some(service.to_c_string()?) };
        Ok(Self { host, service, hints })
    }

    /// What [`resolve_raw`](super::raw::resolve_raw) is asked; nothing is refused.
    pub(super) fn raw(host: Option<&CStr>, service: Option<&CStr>, hints: RawHints) -> Result<Self> {
        let no_memory = |errno| Error::kernel(Operation::Resolve, errno);
        let copied = |name: Option<&CStr>| name.map(alloc::copy_text).transpose().map_err(no_memory);
        Ok(Self { host: copied(host)?, service: copied(service)?, hints: hints.to_hints() })
    }

    /// Whether the C library answers out of its own head.
    pub(super) fn asks_nobody(&self) -> bool {
        let host = self.host.as_deref().unwrap_or_default().to_str();
        let service = self.service.as_deref().unwrap_or_default().to_str();
        match (host, service) {
            (Ok(host), Ok(service)) => literal::asks_nobody(host, Service::Name(service), self.hints),
            _ => false,
        }
    }

    /// Asks. Blocks for as long as the resolver does.
    pub(super) fn ask(&self) -> Result<Vec<Resolved>> {
        self.answers().map_err(NoAnswer::into_error)
    }

    /// As [`ask`](Self::ask), with an error that may be given to several who have asked.
    pub(super) fn answers(&self) -> Answers {
        let answers = address_info(self.host.as_deref(), self.service.as_deref(), self.hints.to_sys());
        let answers = answers.map_err(|error| {
            let transports = transports(self.hints.kind, self.hints.protocol);
            NoAnswer { why: unknown_service(error, self.service.as_deref(), transports), error }
        })?;
        alloc::collect(answers.into_iter().map(Resolved::from_sys)).map_err(NoAnswer::system)
    }
}

/// The answer, and beside it what getaddrinfo(3) answers to the same; `None` where it alone is asked.
#[cfg(feature = "fault")]
pub(crate) fn compare_literal(
    host: &str,
    service: Service<'_>,
    hints: Hints,
) -> Option<(Vec<Resolved>, Result<Vec<Resolved>>)> {
    let asked = || Question::new(host, service, hints)?.ask();
    literal::answer(host, service, hints).map(|answers| (answers.unwrap_or_default(), asked()))
}

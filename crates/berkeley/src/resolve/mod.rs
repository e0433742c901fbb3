//! Names to addresses and back.
//!
//! [`resolve`] asks getaddrinfo(3), [`resolve_back`] getnameinfo(3): both answer as every other program on the machine
//! is answered, from `/etc/hosts`, DNS and whatever else nsswitch.conf(5) names. Nothing is kept between two questions,
//! and no name is resolved behind the caller's back: an [`Address`](crate::Address) is always numbers.
//!
//! Both block for as long as the resolver does, which without a name server can be many seconds. [`resolve_within`] and
//! [`resolve_back_within`] have a deadline, and a [`Lookup`] can be waited for, awaited or let go.
//!
//! ```
//! use berkeley::resolve::{BackHints, Hints, resolve, resolve_back};
//! use berkeley::{Address, Type};
//! use std::net::Ipv4Addr;
//!
//! let answers = resolve("127.0.0.1", 80, &Hints::new().kind(Type::STREAM))?;
//! assert_eq!(answers[0].address, Address::from((Ipv4Addr::LOCALHOST, 80)));
//!
//! let numbers = BackHints::new().numeric_host(true).numeric_service(true);
//! let (host, service) = resolve_back(answers[0].address, &numbers)?;
//! assert_eq!((host.as_str(), service.as_str()), ("127.0.0.1", "80"));
//! # Ok::<(), berkeley::Error>(())
//! ```

mod answer;
mod back;
mod digits;
mod forward;
mod hints;
mod hostname;
mod literal;
mod lookup;
mod pool;
pub(crate) mod raw;
mod service;
mod slot;

pub use answer::Resolved;
pub use back::{BackHints, resolve_back, resolve_back_within};
pub use digits::ipv4_in_digits;
#[cfg(feature = "fault")]
pub(crate) use forward::compare_literal;
pub use forward::resolve;
pub use hints::Hints;
pub use hostname::{host_name, set_host_name};
pub use lookup::{Lookup, resolve_within};
pub use service::Service;
pub(crate) use service::place;

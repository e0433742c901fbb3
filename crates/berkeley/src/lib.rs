//! Sockets, complete and memory-safe: what Python programmers know as the `socket` module, for Rust.
//!
//! [`Socket`] is one method per system call, under the names of the man pages, for every family the kernel has. Timeouts
//! are Python's: none, zero, or a duration that bounds a whole operation. No `unsafe` is asked of the caller, SIGPIPE is
//! never raised, and every descriptor is close-on-exec from the call that made it.
//!
//! ```
//! use berkeley::{Family, Protocol, Socket, Type};
//! use std::net::Ipv4Addr;
//!
//! let socket = Socket::new(Family::INET, Type::DGRAM, Protocol::DEFAULT)?;
//! socket.bind((Ipv4Addr::LOCALHOST, 0))?;
//! socket.send_to(b"to myself", socket.local_address()?)?;
//! assert_eq!(socket.recv_vec(1500)?, b"to myself");
//! # Ok::<(), berkeley::Error>(())
//! ```
//!
//! [`create_connection`] goes from a name to a connection and [`create_server`] from an address to a listener;
//! [`resolve`](mod@resolve) holds names alone.
//!
//! Features, all off by default: `tokio` (`AsyncSocket`: the same calls, awaited), `tracing` (one event per system call).

mod address;
mod connect;
mod error;
mod kinds;
pub mod option;
pub mod resolve;
pub mod socket;
mod sys;
#[cfg(feature = "tokio")]
mod tokio;

#[cfg(feature = "tokio")]
pub use self::tokio::{AsyncSocket, ReadReady};
pub use address::{Address, EncodedAddress, OtherAddress, UnixAddress};
pub use connect::{Connector, ServerOptions, create_connection, create_server};
pub use error::{Cause, Error, Operation, Result};
pub use kinds::{Family, Flags, Interest, Protocol, Type};
#[doc(inline)]
pub use resolve::{Service, resolve, resolve_back};
#[doc(inline)]
pub use socket::{Deadline, LinkMembership, Socket, SocketRef};

#[doc(inline)]
pub use sys::raw;

#[cfg(feature = "fault")]
#[doc(hidden)]
pub use sys::fault;

/// The README's examples, which `cargo test` runs.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;

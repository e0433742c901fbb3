//! Sockets, complete and memory-safe: what Python programmers know as the `socket` module, for Rust.
//!
//! [`Socket`] is one method per system call, under the names of the man pages, for every family the kernel has.
//! Timeouts are Python's: none, zero, or a duration that bounds a whole operation. No `unsafe` is asked of the caller,
//! SIGPIPE is never raised, and every descriptor is close-on-exec from the call that made it.
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
//! [`create_connection`] goes from a name to a connection, [`create_server`] from an address to a listener and
//! [`create_servers`] from a name to several; [`resolve`](mod@resolve) holds names alone, [`netdb`] services
//! and protocols, [`interface`] network interfaces.
//!
//! [`Address`] is an address of any family, and [`address`] holds the types of the rarer ones.
//!
//! [`control`] holds what travels beside the bytes: descriptors, credentials, timestamps, addresses, errors. [`batch`]
//! moves many datagrams in a call. Without a copy go files ([`Socket::send_file`]), what another socket receives
//! ([`splice`]) and large buffers ([`zero_copy`]); [`ring`] captures packets.
//!
//! # Which layer, when
//!
//! - In threads: [`recv`](Socket::recv), [`send_all`](Socket::send_all), [`accept`](Socket::accept) and their like wait
//!   as long as the socket's timeout says.
//! - In an event loop of one's own: [`try_recv`](Socket::try_recv), [`try_send`](Socket::try_send) and their like are
//!   one system call and never wait, [`wait`](Socket::wait) is one poll, and [`retry`](mod@retry) says what follows.
//! - On tokio: `AsyncSocket` (feature `tokio`) has the same calls, and the task waits, not the thread.
//!
//! # Where it runs
//!
//! On Linux, through libc; with Rust 1.85 or newer. The system calls are all in Linux 3.2, the oldest that Rust's std
//! runs on; the tests run on 6.1 and 6.18. An item that needs a newer kernel says which, and what a kernel or its
//! configuration does not have is an error that names what is missing.
//!
//! # Features
//!
//! All are off by default: `tokio` (`AsyncSocket`: the same calls, awaited), `tracing` (one event per system call).
//!
//! [`coming_from`] translates from socket2, std and Python.
#![cfg_attr(docsrs, feature(doc_cfg))]
// A structure with public fields says why no field will be added to it, or is `#[non_exhaustive]`.
#![warn(clippy::exhaustive_structs)]

pub mod address;
pub mod batch;
#[doc(hidden)]
pub mod bindings;
mod bytes;
#[cfg(doc)]
pub mod coming_from {
    #![doc = include_str!("coming_from.md")]
}
mod connect;
pub mod control;
#[cfg(feature = "fault")]
#[doc(hidden)]
pub mod decoders;
mod error;
pub mod interface;
mod kinds;
#[cfg(test)]
#[path = "../tests/it/limit.rs"]
mod limit;
pub mod netdb;
pub mod option;
pub mod resolve;
pub mod ring;
mod send_file;
pub mod socket;
pub mod splice;
mod sys;
#[cfg(feature = "tokio")]
pub mod tokio;
pub mod zero_copy;

#[cfg(feature = "tokio")]
#[doc(inline)]
pub use self::tokio::{
    AsyncSocket, AsyncZeroCopy, ReadReady, create_connection_async, create_server_async, create_servers_async,
};
#[doc(inline)]
pub use address::{Address, ToAddress, UnixAddress};
pub use connect::{
    Connector, ServerOptions, create_connection, create_server, create_servers, create_servers_at,
    has_dual_stack, inherit, interleave, listen_fds, listen_fds_with_names, race,
};
pub use error::{Cause, Error, Operation, Result};
pub use kinds::{Family, Flags, Interest, Protocol, Type};
#[doc(inline)]
pub use resolve::{Service, resolve, resolve_back};
#[doc(inline)]
pub use socket::retry;
#[doc(inline)]
pub use socket::{
    Deadline, LinkMembership, PollEntry, ReceivedMessage, SendMessage, Socket, SocketRef, poll,
};

#[doc(inline)]
pub use sys::raw;

#[cfg(feature = "fault")]
#[doc(hidden)]
pub use sys::fault;

/// The examples of the front page and of docs/, which `cargo test` runs.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
#[doc = include_str!("../../../docs/library.md")]
#[doc = include_str!("../../../docs/options.md")]
struct Readme;

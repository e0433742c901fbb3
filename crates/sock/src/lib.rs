//! The rooms of the command `sock`.
//!
//! This library exists for the binary beside it, for the tests and for the fuzz targets. It is not a stable API: any
//! release may change any name here. Programs use the crate `berkeley`.
//!
//! | room | holds |
//! |---|---|
//! | [`access`] | who may come, by address: networks, lists of them, a table |
//! | `browse` | a browser of packets in the terminal |
//! | [`cli`] | the command line: one definition for parsing, help, completions and man pages |
//! | [`command`] | the subcommands, one file or folder each |
//! | [`confine`] | a process that gives up its rights |
//! | [`endpoint`] | the grammar of addresses, `tcp://host:port?option=value` |
//! | [`exit`] | the exit codes, and the failures that carry them |
//! | [`explain`] | each system call of the library in plain words |
//! | `file` | files that are read whole, at the start and again |
//! | [`misuse`] | an invalid command line, its fault under a caret |
//! | [`notify`] | what a service manager is told, by systemd's protocol |
//! | [`open`] | from an endpoint to a socket, connected or listening |
//! | [`packet`] | packets on standard output: by line, as boxes, as a hex dump, as events |
//! | [`preamble`] | what is said before a stream: to proxies, for STARTTLS, and the PROXY protocol's headers |
//! | [`probe`] | probes that see what comes back: echo requests, their pace, what the answers come to |
//! | [`program`] | programs that are started, and how they are ended |
//! | [`quantity`] | times and sizes with their units, `500ms`, `64K` |
//! | [`relay`] | the one pump: what one stream gives goes to another, both ways |
//! | [`reply`] | what a piece is answered with: the template |
//! | `server` | accepting, places, draining, limits: whatever is served |
//! | [`signal`] | the signals that end a command |
//! | [`tls`] | TLS: from options to what rustls needs, and from its refusals to words |
//! | [`report`] | what a person or a program reads: escaped text, hex dumps, JSON lines, the log |

#![cfg_attr(not(test), forbid(unsafe_code))]
// A test that fails should say why and stop.
#![cfg_attr(test, allow(clippy::expect_used, clippy::panic))]

pub mod access;
mod browse;
pub mod cli;
pub mod command;
pub mod confine;
pub mod endpoint;
pub mod exit;
pub mod explain;
mod file;
#[cfg(test)]
#[path = "../../berkeley/tests/it/limit.rs"]
mod limit;
pub mod misuse;
pub mod notify;
pub mod open;
pub mod packet;
pub mod preamble;
pub mod probe;
pub mod program;
pub mod quantity;
mod rate;
pub mod relay;
pub mod reply;
pub mod report;
mod run;
pub(crate) mod server;
pub mod signal;
pub mod stream;
pub mod tls;

pub use run::main;

//! The decoders that have no public name, for the fuzz targets and the tests that play their corpora.
//!
//! They are no part of the library's interface: a change of them breaks no promise.

use crate::connect;
use crate::error::Result;
use crate::interface::{self, Interface};
use crate::option::{Kind, Value};
use crate::resolve::{self, Hints, Resolved, Service};
use crate::zero_copy;

/// The interfaces in the kernel's answers to `interfaces`; `None` where these are not of one piece.
pub fn interfaces(answers: &[u8]) -> Result<Option<Vec<Interface>>> {
    interface::decode_interfaces(answers)
}

/// The answer to a host in digits, and the C library's to the same; `None` where the C library alone is asked.
#[allow(clippy::type_complexity, reason = "two answers side by side")]
pub fn literal(
    host: &str,
    service: Service<'_>,
    hints: Hints,
) -> Option<(Vec<Resolved>, Result<Vec<Resolved>>)> {
    resolve::compare_literal(host, service, hints)
}

/// How many sockets `LISTEN_PID` and `LISTEN_FDS` promise to the process `own`.
pub fn promised_sockets(own: u32, process: Option<String>, count: Option<String>) -> Result<u32> {
    connect::promised_sockets(own, process, count)
}

/// An option's value in the kernel's bytes; fails in words.
pub fn option_value(kind: Kind, bytes: &[u8]) -> std::result::Result<Value, String> {
    kind.decode(bytes).map_err(|misfit| misfit.to_string())
}

/// The kernel's bytes for an option's value; fails in words.
pub fn option_bytes(kind: Kind, value: &Value) -> std::result::Result<Vec<u8>, String> {
    kind.encode(value).map(|encoded| encoded.as_bytes().to_vec()).map_err(|misfit| misfit.to_string())
}

/// How many of the `count` zero-copy sends from the number `from` on each notice in `control` tells of.
pub fn sends_done(control: &[u8], from: u32, count: u32) -> impl Iterator<Item = u32> + '_ {
    zero_copy::count_done(control, from, count)
}

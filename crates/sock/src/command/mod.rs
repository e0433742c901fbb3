//! The subcommands, one file or folder each.

pub mod capture;
pub mod completions;
pub mod connect;
pub mod craft;
pub mod decode;
mod door;
mod host;
pub mod inspect;
pub mod interfaces;
pub mod listen;
pub mod man;
pub mod options;
pub mod ping;
pub(crate) mod print;
pub mod relay;
pub mod resolve;
pub mod serve;
mod talk;
pub mod tour;
pub mod trace;
pub mod wait;

use std::future::Future;
use std::io;
use std::os::unix::net::UnixStream;

use tokio::runtime::{Builder, Runtime};

use crate::endpoint::Endpoint;
use crate::exit::Failure;
use crate::signal::Signals;

/// Runs a command on a runtime of one thread. What hangs on a worker, such as a lookup, does not keep it from ending.
fn on_a_runtime<T>(command: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let runtime = runtime()?;
    let outcome = runtime.block_on(command);
    runtime.shutdown_background();
    outcome
}

/// A runtime of this thread.
fn runtime() -> Result<Runtime, Failure> {
    let failed = |error| {
        let failure = Failure::io("start the event loop", &error);
        let hint = "`ulimit -n` shows how many descriptors a process may have, and sets it";
        if failure.lacks_descriptors() { failure.hint(hint) } else { failure }
    };
    // Where tokio finds no descriptor for signals, it panics: whether there are as many as it takes is seen before.
    let room: io::Result<Vec<_>> = (0..3).map(|_| UnixStream::pair()).collect();
    drop(room.map_err(failed)?);
    Builder::new_current_thread().enable_all().build().map_err(failed)
}

/// Refuses what is no socket, and what goes over one, for a command that cannot speak it.
fn refuse_layers(endpoint: &Endpoint, command: &str, hint: &str) -> Result<(), Failure> {
    if endpoint.scheme.row().socket.is_none() {
        return Err(Failure::misuse(format_args!(
            "{endpoint}: {command} needs a socket, and {} is none",
            endpoint.scheme
        )));
    }
    match endpoint.layers.first() {
        Some(layer) => {
            Err(Failure::misuse(format_args!("{endpoint}: {command} does not speak {layer}")).hint(hint))
        }
        None => Ok(()),
    }
}

/// Listens for the signals that end a command.
fn signals() -> Result<Signals, Failure> {
    Signals::listen().map_err(|error| Failure::io("listen for signals", &error))
}

//! Endpoints that are no sockets: programs, terminals, files, descriptors, standard input and output.

mod descriptor;
mod file;
mod program;
mod standard;
mod terminal;

pub use program::{Surroundings, started};

use super::worker::{Connected, Terms};
use crate::endpoint::{Endpoint, Scheme};
use crate::exit::Failure;
use crate::stream::{LocalStream, Stream};

/// Opens what is no socket.
pub(super) async fn connected(endpoint: Endpoint, terms: Terms) -> Result<Connected, Failure> {
    if terms.timeout.is_some() && endpoint.scheme != Scheme::File {
        let message = format!("--timeout is for connecting, and {} does not", endpoint.scheme);
        return Err(Failure::misuse(message).hint("--idle-timeout ends it when nothing moves"));
    }
    match endpoint.scheme {
        Scheme::Exec | Scheme::Sh => program::connected(endpoint).await,
        Scheme::Pty => terminal::connected(&endpoint),
        Scheme::Fd => descriptor::connected(&endpoint),
        Scheme::Standard => standard::connected(),
        _ => file::connected(endpoint, terms).await,
    }
}

/// What a person may want to know of an endpoint before it is opened, a line each.
pub(super) fn notes(endpoint: &Endpoint) -> Vec<String> {
    program::note(endpoint).into_iter().collect()
}

/// What was opened: the stream, how it is called, and what a person should know of it.
fn opened(stream: LocalStream, peer: String, notes: Vec<String>) -> Connected {
    Connected { stream: Stream::Local(Box::new(stream)), peer, warnings: Vec::new(), notes }
}

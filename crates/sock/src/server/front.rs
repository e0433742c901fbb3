//! From a client that was accepted to the stream that is served. What is to be agreed on first, such as TLS, is agreed
//! on the thread that serves the client, under a deadline: no client can keep the others from being accepted.

use std::sync::Arc;

use super::connection::Connection;
use crate::exit::Failure;
use crate::open;
use crate::open::listen::Listener;
use crate::stream::Stream;
use crate::tls;

/// What goes over every client's connection.
#[derive(Debug, Default)]
pub(crate) struct Front {
    tls: Option<Box<tls::Server>>,
}

impl Front {
    /// That of these listeners, which one endpoint stands for.
    pub(crate) fn of(listeners: &[Listener]) -> Self {
        Self { tls: listeners.first().and_then(|listener| listener.tls.clone()) }
    }

    /// Whether nothing goes over it: clients are served as they come.
    pub(crate) fn is_plain(&self) -> bool {
        self.tls.is_none()
    }

    /// Whether it is made of files.
    pub(crate) fn has_files(&self) -> bool {
        self.tls.as_ref().is_some_and(|tls| tls.has_files())
    }

    /// Reads the files again that it is made of, for the clients that come from now on.
    ///
    /// # Errors
    ///
    /// Fails where one is bad. What was read before stays in use then.
    pub(crate) fn reload(&self) -> Result<(), Failure> {
        self.tls.as_ref().filter(|tls| tls.has_files()).map_or(Ok(()), |tls| tls.reload())
    }

    /// What a client's stream is, once that has been agreed on.
    ///
    /// # Errors
    ///
    /// Fails where there is no agreement, and where the client takes too long.
    pub(crate) async fn stream(&self, connection: &Arc<Connection>) -> Result<Stream, Failure> {
        let socket = connection.stream();
        match &self.tls {
            None => Ok(Stream::Socket(socket)),
            // On the heap: a handshake needs more room than an idle connection should take.
            Some(tls) => Box::pin(open::tls::accepted(socket, tls, connection.address())).await,
        }
    }
}

//! What is said over a connected socket before it is a stream: on the reactor, so that who waits for a peer that does
//! not answer holds a socket, and no thread.

use std::net::SocketAddr;
use std::time::Instant;

use berkeley::{Address, AsyncSocket, Flags};
use tokio::time::timeout_at;

use crate::endpoint::Endpoint;
use crate::exit::{Exit, Failure};
use crate::preamble::proxy::{Peers, Version};
use crate::preamble::{Dialogue, StartTls};

/// Whom a header of the PROXY protocol names as the client.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum Behalf {
    /// This process, by its end of the connection.
    #[default]
    Ourselves,
    /// Somebody whose connection is passed on.
    At {
        /// Their address.
        source: SocketAddr,
        /// Where they came in.
        destination: SocketAddr,
    },
    /// Somebody without an address to tell.
    Unknown,
}

impl Behalf {
    /// A client by its address and the one at which it came in, where they are those of a network.
    pub(crate) fn of(source: berkeley::Result<Address>, destination: berkeley::Result<Address>) -> Self {
        let inet = |address: berkeley::Result<Address>| {
            let address = address.ok()?;
            Some(SocketAddr::new(address.ip()?, address.port()?))
        };
        match inet(source).zip(inet(destination)) {
            Some((source, destination)) => Self::At { source, destination },
            None => Self::Unknown,
        }
    }
}

/// Says who the client is and asks for TLS, as far as the endpoint wants that.
pub(super) async fn introduce(
    endpoint: &Endpoint,
    socket: &AsyncSocket,
    client: Behalf,
    until: Instant,
) -> Result<(), Failure> {
    if let Some(version) = endpoint.own.proxy_protocol {
        let header = header(socket, client, endpoint.via.is_empty(), version);
        let sent = timeout_at(until.into(), socket.send_all(&header)).await;
        sent.map_err(|_| late(endpoint))??;
    }
    let Some(protocol) = endpoint.own.starttls else { return Ok(()) };
    let spoken = speak(socket, &mut StartTls::new(protocol), until, Exit::Tls, "the server").await;
    spoken.map_err(|failure| {
        let message = format!("start TLS at {}: {}", endpoint.place, failure.message);
        let (operation, address) = (Some("start TLS".to_owned()), Some(endpoint.place.to_string()));
        Failure { message, operation, address, ..failure }
    })
}

/// Of a connection through a proxy, the addresses of the end that it has are not known.
fn header(socket: &AsyncSocket, client: Behalf, direct: bool, version: Version) -> Vec<u8> {
    let client = match client {
        Behalf::Ourselves if direct => Behalf::of(socket.local_address(), socket.peer_address()),
        other => other,
    };
    let peers = match client {
        Behalf::At { source, destination } => Peers::inet(source, destination),
        Behalf::Ourselves => Peers::Proxy,
        Behalf::Unknown => Peers::Unknown,
    };
    peers.encode(version)
}

fn late(endpoint: &Endpoint) -> Failure {
    let message = format_args!("{}: there was no room for the PROXY header in time", endpoint.place);
    Failure::new(Exit::Timeout, message)
}

/// The most that is looked at at a time, in bytes.
const LOOK: usize = 4_096;

/// Carries a dialogue out, until `until`. Not a byte behind its end is taken from the socket. `whom` is who is spoken
/// to, and `exit` the code where they end it.
pub(super) async fn speak(
    socket: &AsyncSocket,
    dialogue: &mut dyn Dialogue,
    until: Instant,
    exit: Exit,
    whom: &str,
) -> Result<(), Failure> {
    let spoken = timeout_at(until.into(), carried_out(socket, dialogue, exit, whom)).await;
    spoken.unwrap_or_else(|_| Err(Failure::new(Exit::Timeout, format_args!("{whom} did not answer in time"))))
}

async fn carried_out(
    socket: &AsyncSocket,
    dialogue: &mut dyn Dialogue,
    exit: Exit,
    whom: &str,
) -> Result<(), Failure> {
    let mut bytes = [0; LOOK];
    loop {
        let outgoing = dialogue.outgoing();
        if !outgoing.is_empty() {
            socket.send_all(&outgoing).await?;
        }
        // Looked at first: only what is the dialogue's own is taken.
        let length = socket.recv_with(&mut bytes, Flags::PEEK).await?;
        if length == 0 {
            return Err(Failure::new(exit, format_args!("{whom} ended the connection without an answer")));
        }
        let taken = dialogue.take(&bytes[..length]);
        let taken = taken.map_err(|refusal| Failure::new(refusal.exit, refusal.message))?;
        if !taken.is_possible(length) {
            // To look at the same bytes again would have no end.
            return Err(Failure::new(
                Exit::Other,
                format_args!("{whom} said what this dialogue cannot take"),
            ));
        }
        let mut left = taken.used;
        while left > 0 {
            match socket.recv(&mut bytes[..left]).await? {
                0 => return Err(Failure::new(exit, format_args!("{whom} ended the connection"))),
                received => left -= received,
            }
        }
        if taken.done {
            return Ok(());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use berkeley::{Family, Protocol, Type};

    use super::*;
    use crate::preamble::{Refusal, Taken};

    /// One that breaks its contract: whatever it is given, this is what it takes.
    struct Broken(Taken, usize);

    impl Dialogue for Broken {
        fn outgoing(&mut self) -> Vec<u8> {
            Vec::new()
        }

        fn take(&mut self, _: &[u8]) -> Result<Taken, Refusal> {
            self.1 += 1;
            Ok(self.0)
        }
    }

    #[tokio::test]
    async fn a_dialogue_that_takes_nothing_or_too_much_fails_at_once() {
        let until = Instant::now() + Duration::from_secs(60);
        for (used, done) in [(0, false), (6, false), (6, true)] {
            let (ours, theirs) =
                AsyncSocket::pair(Family::UNIX, Type::STREAM, Protocol::DEFAULT).expect("a pair");
            theirs.send_all(b"hello").await.expect("room");
            let mut dialogue = Broken(Taken { used, done }, 0);
            let spoken = speak(&ours, &mut dialogue, until, Exit::Proxy, "the proxy").await;
            let failure = spoken.expect_err("no end");
            assert_eq!((failure.exit, dialogue.1), (Exit::Other, 1), "{}", failure.message);
            assert!(Instant::now() < until, "it does not wait for its deadline");
        }
        // What is done may have taken nothing.
        let (ours, theirs) =
            AsyncSocket::pair(Family::UNIX, Type::STREAM, Protocol::DEFAULT).expect("a pair");
        theirs.send_all(b"hello").await.expect("room");
        let mut dialogue = Broken(Taken { used: 0, done: true }, 0);
        speak(&ours, &mut dialogue, until, Exit::Proxy, "the proxy").await.expect("it is done");
        assert_eq!(ours.recv_vec(10).await.expect("the stream's"), b"hello");
    }
}

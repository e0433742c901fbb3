//! What is said over a connected socket before it is a stream: by a worker, which may wait.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use berkeley::{Address, Flags, Socket};

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
pub(super) fn introduce(
    endpoint: &Endpoint,
    socket: &Socket,
    client: Behalf,
    until: Instant,
) -> Result<(), Failure> {
    if let Some(version) = endpoint.own.proxy_protocol {
        let header = header(socket, client, endpoint.via.is_empty(), version);
        socket.set_timeout(Some(until.saturating_duration_since(Instant::now()).max(LEAST)))?;
        socket.send_all(&header)?;
        socket.set_timeout(None)?;
    }
    let Some(protocol) = endpoint.own.starttls else { return Ok(()) };
    speak(socket, &mut StartTls::new(protocol), until, Exit::Tls, "the server").map_err(|failure| {
        let message = format!("start TLS at {}: {}", endpoint.place, failure.message);
        let (operation, address) = (Some("start TLS".to_owned()), Some(endpoint.place.to_string()));
        Failure { message, operation, address, ..failure }
    })
}

/// Of a connection through a proxy, the addresses of the end that it has are not known.
fn header(socket: &Socket, client: Behalf, direct: bool, version: Version) -> Vec<u8> {
    let client = match client {
        Behalf::Ourselves if direct => Behalf::of(socket.local_address(), socket.peer_address()),
        other => other,
    };
    let peers = match client {
        Behalf::At { source, destination } => Peers::inet(source, destination),
        Behalf::Ourselves | Behalf::Unknown => Peers::Unknown,
    };
    peers.encode(version)
}

/// A timeout of zero would be none.
const LEAST: Duration = Duration::from_millis(1);

/// The most that is looked at at a time, in bytes.
const LOOK: usize = 4_096;

/// Carries a dialogue out, until `until`. Not a byte behind its end is taken from the socket, which has no timeout
/// afterwards. `whom` is who is spoken to, and `exit` the code where they end it.
pub(super) fn speak(
    socket: &Socket,
    dialogue: &mut dyn Dialogue,
    until: Instant,
    exit: Exit,
    whom: &str,
) -> Result<(), Failure> {
    let mut bytes = [0; LOOK];
    let limited = |what: &str| {
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(Failure::new(Exit::Timeout, format_args!("{whom} {what} in time")));
        }
        Ok(socket.set_timeout(Some(left))?)
    };
    let late = |failure: Failure| match failure.exit {
        Exit::Timeout => Failure::new(Exit::Timeout, format_args!("{whom} did not answer in time")),
        _ => failure,
    };
    loop {
        let outgoing = dialogue.outgoing();
        if !outgoing.is_empty() {
            limited("did not listen")?;
            socket.send_all(&outgoing).map_err(Failure::from).map_err(late)?;
        }
        limited("did not answer")?;
        // Looked at first: only what is the dialogue's own is taken.
        let length = socket.recv_with(&mut bytes, Flags::PEEK).map_err(Failure::from).map_err(late)?;
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
            match socket.recv(&mut bytes[..left])? {
                0 => return Err(Failure::new(exit, format_args!("{whom} ended the connection"))),
                received => left -= received,
            }
        }
        if taken.done {
            return Ok(socket.set_timeout(None)?);
        }
    }
}

#[cfg(test)]
mod tests {
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

    #[test]
    fn a_dialogue_that_takes_nothing_or_too_much_fails_at_once() {
        let until = Instant::now() + Duration::from_secs(60);
        for (used, done) in [(0, false), (6, false), (6, true)] {
            let (ours, theirs) = Socket::pair(Family::UNIX, Type::STREAM, Protocol::DEFAULT).expect("a pair");
            theirs.send_all(b"hello").expect("room");
            let mut dialogue = Broken(Taken { used, done }, 0);
            let failure = speak(&ours, &mut dialogue, until, Exit::Proxy, "the proxy").expect_err("no end");
            assert_eq!((failure.exit, dialogue.1), (Exit::Other, 1), "{}", failure.message);
            assert!(Instant::now() < until, "it does not wait for its deadline");
        }
        // What is done may have taken nothing.
        let (ours, theirs) = Socket::pair(Family::UNIX, Type::STREAM, Protocol::DEFAULT).expect("a pair");
        theirs.send_all(b"hello").expect("room");
        let mut dialogue = Broken(Taken { used: 0, done: true }, 0);
        speak(&ours, &mut dialogue, until, Exit::Proxy, "the proxy").expect("it is done");
        assert_eq!(ours.recv_vec(10).expect("the stream's"), b"hello");
    }
}

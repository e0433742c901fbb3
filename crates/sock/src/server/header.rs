//! The header of the PROXY protocol with which a proxy that is believed begins each connection: read on the client's
//! own task, under a deadline, to its exact end. What stands behind it belongs to the stream.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use berkeley::{Address, AsyncSocket};
use tokio::time::timeout;

use super::gate::{Entrance, Gate, Refused};
use super::journal::Peer;
use crate::preamble::Dialogue as _;
use crate::preamble::proxy::{Peers, Reader};
use crate::quantity::Period;

/// How much is looked at at a time, in bytes: all of a header, unless that has long records.
const LOOK: usize = 536;

/// A client as its proxy names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Named {
    /// Its address.
    pub(crate) source: SocketAddr,
    /// Where it came in.
    pub(crate) destination: SocketAddr,
}

impl Named {
    /// The client's address, safe to show.
    pub(crate) fn shown(&self) -> String {
        Address::from(self.source).to_string()
    }
}

/// A client that is turned away once its proxy has spoken, or has not.
#[derive(Debug)]
pub(crate) struct Away {
    /// Who it is, where the header says so.
    pub(super) client: Option<Named>,
    /// What is to be told of it.
    pub(super) told: Option<Refused>,
}

impl Away {
    /// Has it told, unless it is one of too many, with its proxy, the `peer`; what is not known of it is the proxy's.
    pub(crate) fn told(self, peer: &str, tell: impl FnOnce(Peer<'_>, &Refused)) {
        let Some(refused) = self.told else { return };
        match self.client.map(|client| client.shown()) {
            Some(client) => tell(Peer { proxy: Some(peer), ..Peer::at(&client) }, &refused),
            None => tell(Peer::at(peer), &refused),
        }
    }
}

impl Gate {
    /// Has a proxy name its client, and sees whether that may come in; `None` where the client is the proxy itself, or
    /// one whose address it does not tell.
    pub(crate) async fn introduced(&self, socket: &AsyncSocket) -> Result<Option<Named>, Away> {
        let away = |client, told| Err(Away { client, told });
        let client = match read(socket, self.patience).await {
            Ok(client) => client,
            Err(reason) => return away(None, self.turn_away(reason.into(), Instant::now())),
        };
        let ip = match client {
            Some(client) => Some(client.source.ip()),
            None => socket.peer_address().ok().and_then(|peer| peer.ip()),
        };
        match self.enter_behind(ip, Instant::now) {
            Entrance::Open => Ok(client),
            Entrance::Closed(told) => away(client, told),
        }
    }
}

/// Reads a header; why there is none otherwise.
async fn read(socket: &AsyncSocket, limit: Duration) -> Result<Option<Named>, String> {
    match timeout(limit, whole(socket)).await {
        Ok(read) => read,
        Err(_) => Err(format!("no PROXY header came within {}", Period(limit))),
    }
}

async fn whole(socket: &AsyncSocket) -> Result<Option<Named>, String> {
    let (mut reader, mut bytes) = (Reader::new(), [0; LOOK]);
    loop {
        // Looked at first: only what is the header's own is taken.
        let length = socket.peek(&mut bytes).await.map_err(|error| broken(&error))?;
        if length == 0 {
            return Err(ended());
        }
        let taken = reader.take(&bytes[..length]).map_err(|refusal| refusal.message)?;
        let mut left = taken.used;
        while left > 0 {
            match socket.recv(&mut bytes[..left]).await.map_err(|error| broken(&error))? {
                0 => return Err(ended()),
                length => left -= length,
            }
        }
        if taken.done {
            return Ok(named(reader));
        }
    }
}

fn ended() -> String {
    "the connection ended before a PROXY header had come".to_owned()
}

fn broken(error: &berkeley::Error) -> String {
    format!("no PROXY header came: {error}")
}

/// A Unix socket of another machine says nothing here.
fn named(reader: Reader) -> Option<Named> {
    match reader.peers()? {
        Peers::Inet { source, destination } => Some(Named { source, destination }),
        Peers::Proxy | Peers::Unknown | Peers::Unix { .. } => None,
    }
}

#[cfg(test)]
mod tests {
    use std::io::ErrorKind;

    use berkeley::{Family, Protocol, Type};

    use super::*;
    use crate::preamble::proxy::Version;

    const LIMIT: Duration = Duration::from_secs(60);

    fn pair() -> (AsyncSocket, AsyncSocket) {
        AsyncSocket::pair(Family::UNIX, Type::STREAM, Protocol::DEFAULT).expect("a pair")
    }

    fn client() -> Named {
        let address = |text: &str| text.parse().expect("an address");
        Named { source: address("[2001:db8::1]:1"), destination: address("[::1]:2") }
    }

    fn headers() -> [(Vec<u8>, Option<Named>); 7] {
        let Named { source, destination } = client();
        let inet = Peers::inet(source, destination);
        let unix = Peers::Unix { source: Vec::new(), destination: b"/run/s".to_vec() };
        // Longer than what is looked at at a time.
        let records = [&b"\r\n\r\n\0\r\nQUIT\n\x21\x00\x03\xe8\x04\x03\xe5"[..], &[7; 997]].concat();
        [
            (inet.encode(Version::V1), Some(client())),
            (inet.encode(Version::V2), Some(client())),
            (Peers::Unknown.encode(Version::V1), None),
            (Peers::Unknown.encode(Version::V2), None),
            (Peers::Proxy.encode(Version::V2), None),
            (unix.encode(Version::V2), None),
            (records, None),
        ]
    }

    #[tokio::test]
    async fn not_one_byte_behind_a_header_is_taken() {
        for (header, want) in headers() {
            let (near, far) = pair();
            far.send_all(&[&header[..], b"stream"].concat()).await.expect("room");
            assert_eq!(read(&near, LIMIT).await, Ok(want));
            assert_eq!(near.recv_vec(100).await.expect("bytes"), b"stream");
        }
    }

    #[tokio::test]
    async fn a_header_may_come_byte_by_byte() {
        for (header, want) in headers() {
            let (near, far) = pair();
            let writing = async {
                for byte in [&header[..], b"x"].concat() {
                    far.send_all(&[byte]).await.expect("room");
                    // Has it looked at before the next one comes.
                    tokio::task::yield_now().await;
                }
            };
            let (read, ()) = tokio::join!(read(&near, LIMIT), writing);
            assert_eq!(read, Ok(want));
            assert_eq!(near.recv_vec(100).await.expect("bytes"), b"x");
        }
    }

    #[tokio::test]
    async fn a_header_that_is_none_or_late_is_refused_in_words() {
        let rows: [(&[u8], bool, &str); 5] = [
            (b"GET / HTTP/1.1\r\n\r\n", false, "no PROXY header begins with G"),
            (b"PROXY TCP4 1.2.3.4\r\n", false, "a malformed PROXY header: PROXY TCP4 1.2.3.4"),
            (b"PROXY TCP4 1.2.3", true, "the connection ended before a PROXY header had come"),
            (b"", true, "the connection ended before a PROXY header had come"),
            (b"PROXY TCP4 1.2.3", false, "no PROXY header came within 20ms"),
        ];
        for (bytes, ends, words) in rows {
            let (near, far) = pair();
            far.send_all(bytes).await.expect("room");
            if ends {
                far.shutdown(std::net::Shutdown::Write).expect("a connection");
            }
            let limit = if words.contains("within") { Duration::from_millis(20) } else { LIMIT };
            let why = read(&near, limit).await.expect_err("no header");
            assert!(why.starts_with(words), "{why}");
        }
        let (near, far) = pair();
        drop(far);
        assert!(read(&near, LIMIT).await.is_err());
    }

    #[tokio::test]
    async fn a_reset_in_place_of_a_header_is_told() {
        let listener = berkeley::create_server("127.0.0.1:0").expect("a listener");
        let port = listener.local_address().expect("bound").port().expect("an address of IP");
        let far = berkeley::create_connection("127.0.0.1", port).expect("a connection");
        let near = AsyncSocket::from_socket(listener.accept().expect("a client").0).expect("a place");
        far.set(berkeley::option::LINGER, Some(Duration::ZERO)).expect("a connection");
        drop(far);
        let why = read(&near, LIMIT).await.expect_err("no header");
        let reset = std::io::Error::from(ErrorKind::ConnectionReset).to_string();
        assert!(why.contains(&reset), "{why}");
    }
}

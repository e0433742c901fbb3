//! What is said before a stream begins: to a proxy, to a server that starts TLS when asked, and about the client.
//!
//! Each dialogue is a state machine without socket and clock. It says what is to be sent ([`Dialogue::outgoing`]),
//! takes what came ([`Dialogue::take`]), and says how many of the bytes were its own: those behind them belong to the
//! stream.
//! The peer is taken for hostile: what it may send is bounded, and its words are escaped before people see them.
//!
//! | dialogue | who is spoken to | where it is written down |
//! |---|---|---|
//! | [`Socks5`] | a proxy | RFC 1928, RFC 1929 |
//! | [`Socks4a`] | a proxy | openssh.com/txt/socks4.protocol, socks4a.protocol |
//! | [`HttpConnect`] | a proxy | RFC 9110 section 9.3.6, RFC 7617 |
//! | [`StartTls`] | a server of mail, or PostgreSQL | RFC 3207, RFC 9051, RFC 2595; PostgreSQL's `SSLRequest` |
//! | [`proxy`] | a server behind a proxy, which is told who its client is | haproxy's proxy-protocol.txt |
//!
//! ```
//! use sock::preamble::{Dialogue, Socks5, Target, Taken};
//!
//! let mut dialogue = Socks5::new(&Target::Name("example.org".into()), 80, None)?;
//! assert_eq!(dialogue.outgoing(), b"\x05\x01\x00");
//! assert_eq!(dialogue.take(b"\x05\x00")?, Taken { used: 2, done: false });
//! assert_eq!(dialogue.outgoing(), b"\x05\x01\x00\x03\x0bexample.org\x00\x50");
//! // Four bytes of the stream came along.
//! let reply = b"\x05\x00\x00\x01\x7f\x00\x00\x01\x1f\x90SSH-";
//! assert_eq!(dialogue.take(reply)?, Taken { used: 10, done: true });
//! # Ok::<(), sock::preamble::Refusal>(())
//! ```

mod http;
mod line;
pub mod proxy;
mod socks4a;
mod socks5;
mod starttls;

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};

pub use http::HttpConnect;
pub use socks4a::Socks4a;
pub use socks5::Socks5;
pub use starttls::{Protocol, StartTls};

use crate::exit::Exit;

/// A dialogue before the stream. It is begun by sending what is [`outgoing`](Self::outgoing).
pub trait Dialogue: Send {
    /// Takes what is to be sent now, before anything more is received; empty where there is nothing.
    fn outgoing(&mut self) -> Vec<u8>;

    /// Takes what came: one byte at least. As long as the dialogue is not [done](Taken::done) it takes one or more, and
    /// keeps what is no answer yet. Bytes that are not [used](Taken::used) are given again, or belong to the stream
    /// once it is done. It may be given any part of what the peer sends, one byte too.
    ///
    /// # Errors
    ///
    /// Fails where the peer refuses, or does not speak the protocol.
    fn take(&mut self, bytes: &[u8]) -> Result<Taken, Refusal>;
}

/// What became of bytes that came.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Taken {
    /// So many of them are the dialogue's own.
    pub used: usize,
    /// The dialogue is over; what follows is the stream's.
    pub done: bool,
}

impl Taken {
    /// Whether this can be of a dialogue that was given `given` bytes: it has taken no more than those, and as long as
    /// it is not done something, or it would be given the same without end.
    pub const fn is_possible(self, given: usize) -> bool {
        self.used <= given && (self.done || self.used > 0)
    }
}

/// Why there is no stream: what the peer says, or what is wrong with it, in words.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Refusal {
    /// The exit code that says so.
    pub exit: Exit,
    /// One line, which is safe to print.
    pub message: String,
}

impl Refusal {
    fn new(exit: Exit, message: impl fmt::Display) -> Self {
        Self { exit, message: message.to_string() }
    }

    /// What is asked for cannot be said in this protocol.
    fn unsayable(message: impl fmt::Display) -> Self {
        Self::new(Exit::Misuse, message)
    }

    /// A proxy that will not, or is none.
    fn proxy(message: impl fmt::Display) -> Self {
        Self::new(Exit::Proxy, message)
    }

    /// A proxy of SOCKS that gives a number for its reason, and one that means nothing.
    fn unnamed(code: u8) -> Self {
        Self::proxy(format_args!("the proxy says: a failure that SOCKS has no word for, {code}"))
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Refusal {}

/// Whom a proxy is to connect to. A name is resolved by the proxy.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Target {
    /// An IPv4 address.
    V4(Ipv4Addr),
    /// An IPv6 address.
    V6(Ipv6Addr),
    /// A name, in ASCII.
    Name(String),
}

impl Target {
    /// The bytes of a name that a protocol of lengths and zero bytes can carry.
    fn name_of(name: &str) -> Result<&[u8], Refusal> {
        match name.as_bytes() {
            [] => Err(Refusal::unsayable("a proxy needs a host")),
            bytes if bytes.len() > 255 => Err(Refusal::unsayable("a name has 255 bytes at most")),
            bytes if !bytes.iter().all(u8::is_ascii_graphic) => {
                Err(Refusal::unsayable("a name for a proxy has no spaces, and only ASCII characters"))
            }
            bytes => Ok(bytes),
        }
    }
}

/// Who asks a proxy.
#[derive(Clone, PartialEq, Eq)]
pub struct Login {
    /// The user's name.
    pub user: String,
    /// The password; `None` is an empty one.
    pub password: Option<Vec<u8>>,
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Login").field("user", &self.user).finish_non_exhaustive()
    }
}

/// Takes bytes until there are `wanted` of them; gives how many it took.
fn fill(kept: &mut Vec<u8>, wanted: usize, bytes: &[u8]) -> usize {
    let used = wanted.saturating_sub(kept.len()).min(bytes.len());
    kept.extend_from_slice(&bytes[..used]);
    used
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a dialogue comes to: what it has sent, how many bytes of the peer's were its own, or why it is refused.
    pub(super) type Outcome = Result<Option<(Vec<u8>, usize)>, Refusal>;

    /// Plays the peer's bytes, so many at a time; `None` where the dialogue wants more.
    pub(super) fn played(mut dialogue: impl Dialogue, peer: &[u8], step: usize) -> Outcome {
        let (mut sent, mut used, mut end) = (dialogue.outgoing(), 0, 0);
        loop {
            if end == peer.len() {
                return Ok(None);
            }
            end = (end + step).min(peer.len());
            loop {
                let taken = dialogue.take(&peer[used..end])?;
                assert!(taken.is_possible(end - used), "{taken:?} of {:?}", &peer[used..end]);
                used += taken.used;
                sent.extend(dialogue.outgoing());
                if taken.done {
                    return Ok(Some((sent, used)));
                }
                if used == end {
                    break;
                }
            }
        }
    }

    /// What the whole of the peer's bytes comes to, which must be the same byte by byte and in any other pieces.
    pub(super) fn outcome<D: Dialogue>(dialogue: impl Fn() -> D, peer: &[u8]) -> Outcome {
        let whole = played(dialogue(), peer, peer.len().max(1));
        for step in [1, 2, 3, 7] {
            assert_eq!(played(dialogue(), peer, step), whole, "in steps of {step}: {}", peer.escape_ascii());
        }
        whole
    }

    /// Every beginning of what suffices wants more.
    pub(super) fn wants_all_of<D: Dialogue>(dialogue: impl Fn() -> D, peer: &[u8]) {
        for length in 0..peer.len() {
            assert_eq!(outcome(&dialogue, &peer[..length]), Ok(None), "{length} bytes");
        }
        let (_, used) = outcome(&dialogue, peer).expect("agreement").expect("an end");
        assert_eq!(used, peer.len());
        let glued = [peer, b"stream"].concat();
        let (_, used) = outcome(&dialogue, &glued).expect("agreement").expect("an end");
        assert_eq!(used, peer.len(), "what is glued to it is the stream's");
    }

    /// The words of a refusal.
    pub(super) fn words<D: Dialogue>(dialogue: impl Fn() -> D, peer: &[u8]) -> (Exit, String) {
        let refusal = outcome(dialogue, peer).expect_err("a refusal");
        (refusal.exit, refusal.message)
    }

    #[test]
    fn a_password_is_not_printed_for_debugging() {
        let login = Login { user: "ann".into(), password: Some(b"secret".to_vec()) };
        assert!(!format!("{login:?}").contains("secret"));
    }
}

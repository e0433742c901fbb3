//! The one grammar for addresses, which every subcommand shares. What opens an endpoint is in [`open`](crate::open).
//!
//! `scheme://place?option=value&flag`. A bare `host:port` is TCP; a Unix socket may be written without slashes.
//!
//! | written | means |
//! |---|---|
//! | `example.org:80`, `tcp://example.org:http` | TCP to a host's port |
//! | `:80` | port 80 of this machine alone |
//! | `*:80` | port 80 on every address, when listening |
//! | `[fe80::1%eth0]:80` | an IPv6 address, on an interface |
//! | `udp://192.0.2.1:53` | UDP |
//! | `tls://example.org:443`, `tls:unix:/run/app.sock` | TLS over TCP, or over another stream |
//! | `unix:/run/app.sock`, `unix:@app` | a Unix socket by path, or by abstract name |
//! | `unix-dgram:./@x` | a path that starts with `@` |
//! | `tcp-listen://:80` | listening, said explicitly |
//! | `exec:cat -n`, `sh:ls \| wc?pty` | a program, or a line of the shell's; with a terminal |
//! | `file:/tmp/x?append`, `/dev/ttyS0?speed=9600` | a file, a FIFO or a device |
//! | `pty:`, `fd:3`, `-` | a new terminal, an open descriptor, standard input and output |
//! | `unix:/tmp/a%20b?mode=660` | special bytes percent-encoded; options after `?` |
//!
//! It promises that a value that exists is legal, that printing reads back as the same value, that reading is linear
//! in the text's length and never panics, and that an error points at the bytes at fault and is short whatever the
//! text. Reading and printing touch no socket and resolve no name.
//!
//! ```
//! use sock::endpoint::{Endpoint, Host, Place, Port, Role, Words};
//!
//! let options = Words(&["socket.keepalive", "tcp.nodelay"]);
//! let endpoint = Endpoint::parse("example.org:80?nodelay&timeout=2s", &options, Role::Connect)?;
//! assert_eq!(endpoint.place, Place::Inet { host: Host::Name("example.org".into()), port: Port::Number(80) });
//! assert_eq!(endpoint.to_string(), "tcp://example.org:80?timeout=2s&tcp.nodelay");
//!
//! let error = Endpoint::parse("tpc://localhost:80", &options, Role::Connect).unwrap_err();
//! assert_eq!(error.to_string(), "\
//! unknown scheme \"tpc\"; did you mean \"tcp\"?
//!   tpc://localhost:80
//!   ^^^");
//! # Ok::<(), sock::endpoint::ParseError>(())
//! ```

mod error;
mod group;
mod help;
mod inet;
mod local;
mod nature;
pub(crate) mod nearest;
mod own;
mod parse;
mod percent;
mod piece;
mod place;
mod proxy;
mod scheme;
mod setting;
mod shape;
mod source;
#[cfg(test)]
mod tests;
mod tls;
mod vocabulary;

use std::fmt;

pub use error::ParseError;
pub use help::{Use, beginnings, help};
pub use local::Local;
pub use nature::Nature;
pub use own::Own;
pub use place::{ANY, Host, Place, Port};
pub use proxy::{Login, Secret};
pub(crate) use proxy::{decoded, password_in};
pub use scheme::{Layer, LayerRow, Row, Scheme};
pub use setting::Setting;
pub use shape::Shape;
pub use source::{Source, Written};
pub use tls::{TlsFlag, tls_flags};
pub use vocabulary::{Meaning, Vocabulary, Words};

/// One end of a conversation: what kind of socket, where, and how it is set.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Endpoint {
    /// What goes over the stream, the outermost first: [`Scheme`] carries the last.
    pub layers: Vec<Layer>,
    /// The kind of socket.
    pub scheme: Scheme,
    /// The listening form, as in `tcp-listen://`, was written.
    pub listen: bool,
    /// Where it is, a place of the scheme's [`Shape`].
    pub place: Place,
    /// The endpoint's own options.
    pub own: Own,
    /// The socket's options, in the order they were written, none twice.
    pub settings: Vec<Setting>,
    /// The proxies to connect through, the nearest first. They are no part of an endpoint's text.
    pub via: Vec<Self>,
    /// Where in the text each part stands.
    pub source: Source,
}

/// What the reader of an endpoint will do with it, which decides the options that apply.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Role {
    /// Connect: the listening form and `mode` are refused.
    Connect,
    /// Listen, whatever the form: `timeout` and `bind` are refused, and a number alone is a port of this machine.
    Listen,
    /// Listen if the listening form is written, else connect.
    AsWritten,
    /// Listen if the listening form is written, else not decided yet.
    Either,
    /// Connect, to a proxy: `socks5://`, `socks4a://`, `http://`, and over another stream `socks5:unix:/path`.
    Proxy,
}

impl Endpoint {
    /// Whether it can be opened once and not again: a descriptor is used up, and a file that is to be new is there.
    pub fn is_for_one(&self) -> bool {
        match self.scheme {
            Scheme::Fd | Scheme::Standard => true,
            Scheme::File => self.own.local.create && !self.own.local.append,
            _ => false,
        }
    }

    /// An endpoint without options, to connect to.
    pub fn new(scheme: Scheme, place: Place) -> Self {
        Self {
            layers: Vec::new(),
            scheme,
            listen: false,
            place,
            own: Own::default(),
            settings: Vec::new(),
            via: Vec::new(),
            source: Source::default(),
        }
    }

    /// Whether it is at the address of the multicast group that it joins, and hears nothing else.
    pub fn is_at_its_group(&self) -> bool {
        match (&self.place, self.own.join) {
            (Place::Inet { host, .. }, Some(group)) => *host == Host::from(group),
            _ => false,
        }
    }

    /// Reads an endpoint; `vocabulary` knows the socket options.
    ///
    /// Fails at the first fault, with its place and what was wanted.
    pub fn parse(text: &str, vocabulary: &dyn Vocabulary, role: Role) -> Result<Self, ParseError> {
        parse::parse(text, vocabulary, role)
    }
}

/// Reads a host with or without a port, as [`Endpoint`] writes them; the port is 0 where none is written, and an IPv6
/// address may then stand without its brackets.
///
/// ```
/// use sock::endpoint::{Host, Port, parse_host};
///
/// assert_eq!(parse_host("example.org")?, (Host::Name("example.org".into()), Port::Number(0)));
/// assert_eq!(parse_host("[::1]:http")?.1, Port::Name("http".into()));
/// # Ok::<(), sock::endpoint::ParseError>(())
/// ```
pub fn parse_host(text: &str) -> Result<(Host, Port), ParseError> {
    parse::host(text)
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Over TCP the last layer's name stands in place of the scheme's.
        let (outer, last) = match self.layers.split_last() {
            Some((last, outer)) if self.scheme == Scheme::Tcp => (outer, last.written(self.listen)),
            _ => (&self.layers[..], self.scheme.written(self.listen)),
        };
        for layer in outer {
            write!(f, "{layer}:")?;
        }
        // The slashes keep those that a path itself starts with.
        let keeps = matches!(&self.place, Place::Path(path) | Place::File(path) if path.starts_with(b"//"));
        let separator = if keeps { "://" } else { self.scheme.row().shape.separator() };
        write!(f, "{last}{separator}{}", self.place)?;
        let words = self.own.words().chain(self.settings.iter().map(Setting::to_string));
        for (number, word) in words.enumerate() {
            write!(f, "{}{word}", if number == 0 { '?' } else { '&' })?;
        }
        Ok(())
    }
}

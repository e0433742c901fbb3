//! The schemes that this build opens, and the layers that go over them: a row each.

use std::fmt;

use berkeley::{Protocol, Type};

use super::nature::Nature;
use super::shape::Shape;

/// What is known of a scheme.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// The name as it is written.
    pub name: &'static str,
    /// The name of its listening form; `None` if it cannot listen.
    pub listening: Option<&'static str>,
    /// Whether it can be connected to.
    pub connects: bool,
    /// The kind of place that follows the name.
    pub shape: Shape,
    /// What can be done with what it opens.
    pub nature: Nature,
    /// The type of its socket; `None` if it is none.
    pub socket: Option<Type>,
    /// Its protocol, where it is not the one that its family has for that type.
    pub protocol: Protocol,
    /// The levels of the socket options that may follow: `tcp` of `tcp.nodelay`.
    pub levels: &'static [&'static str],
    /// One as it is written, for the help.
    pub example: &'static str,
    /// What that is, in a few words.
    pub meaning: &'static str,
}

/// What is known of a layer.
#[derive(Clone, Copy, Debug)]
pub struct LayerRow {
    /// The name as it is written: `name://host:port` is the layer over TCP, `name:` goes before any other stream.
    pub name: &'static str,
    /// The name of its listening form; `None` if it cannot listen.
    pub listening: Option<&'static str>,
    /// Whether it is spoken to a proxy, before there is a stream to the endpoint: it stands in `--via`.
    pub proxy: bool,
    /// One as it is written, for the help.
    pub example: &'static str,
    /// What that is, in a few words.
    pub meaning: &'static str,
}

/// An enum with a row for each variant. The rows under `tried` are for unit tests: no scheme of this build has them.
macro_rules! table {
    (
        $(#[$about:meta])* $Type:ident of $Row:ident
        { $($(#[$doc:meta])+ $variant:ident = $row:expr;)* }
        tried { $($tried:ident = $tried_row:expr;)* }
    ) => {
        $(#[$about])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        pub enum $Type {
            $($(#[$doc])+ $variant,)*
            $(
                /// Of the unit tests.
                #[cfg(test)]
                $tried,
            )*
        }

        impl $Type {
            /// Every one, in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// Those that are read: every one, in unit tests those of the tests too.
            const READ: &'static [Self] = &[$(Self::$variant,)* $(#[cfg(test)] Self::$tried,)*];

            /// What is known of it.
            pub const fn row(self) -> &'static $Row {
                match self {
                    $(Self::$variant => const { &$row },)*
                    $(#[cfg(test)] Self::$tried => const { &$tried_row },)*
                }
            }

            /// The name as it is written, without `-listen`.
            pub const fn name(self) -> &'static str {
                self.row().name
            }
        }

        impl fmt::Display for $Type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.name())
            }
        }
    };
}

table! {
    /// What stands before the place: the kind of socket.
    Scheme of Row {
        /// TCP, over IPv4 or IPv6.
        Tcp = Row {
            name: "tcp",
            listening: Some("tcp-listen"),
            connects: true,
            shape: Shape::Inet,
            nature: Nature::NETWORK,
            socket: Some(Type::STREAM),
            protocol: Protocol::DEFAULT,
            levels: &["socket", "ip", "ipv6", "tcp"],
            example: "tcp://example.org:80",
            meaning: "TCP; also [::1]:80, example.org:http",
        };
        /// UDP, over IPv4 or IPv6.
        Udp = Row {
            name: "udp",
            listening: Some("udp-listen"),
            connects: true,
            shape: Shape::Inet,
            nature: Nature::DATAGRAMS,
            socket: Some(Type::DGRAM),
            protocol: Protocol::DEFAULT,
            levels: &["socket", "ip", "ipv6", "udp"],
            example: "udp://127.0.0.1:9000",
            meaning: "UDP",
        };
        /// TCP over several paths at once.
        Mptcp = Row {
            name: "mptcp",
            listening: Some("mptcp-listen"),
            connects: true,
            shape: Shape::Inet,
            nature: Nature::NETWORK,
            socket: Some(Type::STREAM),
            protocol: Protocol::MPTCP,
            levels: &["socket", "ip", "ipv6", "tcp", "mptcp"],
            example: "mptcp://example.org:80",
            meaning: "TCP over several paths",
        };
        /// SCTP, one association a socket.
        Sctp = Row {
            name: "sctp",
            listening: Some("sctp-listen"),
            connects: true,
            shape: Shape::Inet,
            nature: Nature::NETWORK,
            socket: Some(Type::STREAM),
            protocol: Protocol::SCTP,
            levels: &["socket", "ip", "ipv6", "sctp"],
            example: "sctp://example.org:80",
            meaning: "SCTP",
        };
        /// Between a virtual machine and its host.
        Vsock = Row {
            name: "vsock",
            listening: Some("vsock-listen"),
            connects: true,
            shape: Shape::Vsock,
            nature: Nature::STREAM,
            socket: Some(Type::STREAM),
            protocol: Protocol::DEFAULT,
            levels: &["socket", "vsock"],
            example: "vsock://host:5000",
            meaning: "a virtual machine, or its host",
        };
        /// A Unix stream socket.
        Unix = Row {
            name: "unix",
            listening: Some("unix-listen"),
            connects: true,
            shape: Shape::Unix,
            nature: Nature::STREAM,
            socket: Some(Type::STREAM),
            protocol: Protocol::DEFAULT,
            levels: &["socket"],
            example: "unix:/run/app.sock",
            meaning: "a Unix socket; unix:@app is abstract",
        };
        /// A Unix datagram socket.
        UnixDgram = Row {
            name: "unix-dgram",
            listening: Some("unix-dgram-listen"),
            connects: true,
            shape: Shape::Unix,
            nature: Nature::LONG_DATAGRAMS,
            socket: Some(Type::DGRAM),
            protocol: Protocol::DEFAULT,
            levels: &["socket"],
            example: "unix-dgram:/run/app.sock",
            meaning: "a Unix socket of datagrams",
        };
        /// A Unix socket of ordered datagrams over a connection.
        UnixSeqpacket = Row {
            name: "unix-seqpacket",
            listening: Some("unix-seqpacket-listen"),
            connects: true,
            shape: Shape::Unix,
            nature: Nature::MESSAGES,
            socket: Some(Type::SEQPACKET),
            protocol: Protocol::DEFAULT,
            levels: &["socket"],
            example: "unix-seqpacket:@app",
            meaning: "one of messages over a connection",
        };
        /// A program: its standard input and output.
        Exec = Row { name: "exec", shape: Shape::Words, example: "exec:cat -n", meaning: "a program", ..LOCAL };
        /// A line that the shell reads, and what it runs.
        Sh = Row { name: "sh", shape: Shape::Line, example: "sh:ls | wc", meaning: "a line of the shell's", ..LOCAL };
        /// A new pseudo-terminal.
        Pty = Row {
            name: "pty",
            shape: Shape::Alone,
            nature: Nature::TERMINAL,
            example: "pty:",
            meaning: "a new terminal, whose path is told",
            ..LOCAL
        };
        /// A file of any kind but a socket.
        File = Row {
            name: "file",
            shape: Shape::File,
            // It may be a serial line.
            nature: Nature::ON_A_TERMINAL,
            example: "file:/tmp/x",
            meaning: "a file, FIFO or device; or its path",
            ..LOCAL
        };
        /// A descriptor that is open.
        Fd = Row {
            name: "fd",
            shape: Shape::Descriptor,
            example: "fd:3",
            meaning: "a descriptor that is open",
            ..LOCAL
        };
        /// Standard input and output.
        Standard = Row {
            name: "-",
            shape: Shape::Nothing,
            nature: Nature::STANDARD,
            example: "-",
            meaning: "standard input and output",
            ..LOCAL
        };
    }
    tried {
        TriedFile = Row { name: "tried-file", shape: Shape::File, listening: None, ..TRIED };
        TriedLiteral = Row { name: "tried-literal", shape: Shape::Line, ..TRIED };
        TriedAlone = Row { name: "tried-alone", shape: Shape::Alone, connects: false, ..TRIED };
    }
}

table! {
    /// What goes over a stream, and makes another stream of it.
    Layer of LayerRow {
        /// TLS.
        Tls = LayerRow {
            name: "tls",
            listening: Some("tls-listen"),
            proxy: false,
            example: "tls://example.org:443",
            meaning: "TLS; over another, tls:unix:/path",
        };
        /// A SOCKS 5 proxy.
        Socks5 = LayerRow {
            name: "socks5",
            listening: None,
            proxy: true,
            example: "socks5://proxy:1080",
            meaning: "a SOCKS 5 proxy",
        };
        /// A SOCKS 4A proxy.
        Socks4a = LayerRow {
            name: "socks4a",
            listening: None,
            proxy: true,
            example: "socks4a://proxy:1080",
            meaning: "a SOCKS 4A proxy",
        };
        /// An HTTP proxy that knows CONNECT.
        Http = LayerRow {
            name: "http",
            listening: None,
            proxy: true,
            example: "http://proxy:3128",
            meaning: "an HTTP proxy",
        };
    }
    tried {
        TriedLayer = LayerRow {
            name: "tried",
            listening: Some("tried-listen"),
            proxy: false,
            example: "tried://example.org:443",
            meaning: "a layer",
        };
    }
}

/// What is no socket: a stream that can be connected to.
const LOCAL: Row = Row {
    name: "",
    listening: None,
    connects: true,
    shape: Shape::Line,
    nature: Nature::STREAM,
    socket: None,
    protocol: Protocol::DEFAULT,
    levels: &[],
    example: "",
    meaning: "",
};

#[cfg(test)]
const TRIED: Row = Row {
    name: "tried",
    listening: Some("tried-literal-listen"),
    connects: true,
    shape: Shape::Line,
    nature: Nature::STREAM,
    socket: None,
    protocol: Protocol::DEFAULT,
    levels: &[],
    example: "",
    meaning: "",
};

impl Scheme {
    /// An address with its transport, for people: `tcp 127.0.0.1:9`, but `unix:app.sock` alone, which says it itself.
    pub fn at(self, address: &str) -> String {
        let name = self.name();
        let says_it = address.strip_prefix(name).is_some_and(|rest| rest.starts_with(':'));
        if says_it { address.to_owned() } else { format!("{name} {address}") }
    }

    /// Whether the socket option of this full name, `tcp.nodelay`, is one of its sockets'.
    pub fn has_option(self, name: &str) -> bool {
        let level = name.split_once('.').map_or(name, |(level, _)| level);
        self.row().levels.contains(&level)
    }

    /// The name as it is written where it listens, or does not.
    pub(super) fn written(self, listen: bool) -> &'static str {
        self.row().listening.filter(|_| listen).unwrap_or(self.name())
    }

    /// Reads a name, in upper or lower case; true if it is the listening form, None if this build has no such scheme.
    pub(super) fn from_name(name: &str) -> Option<(Self, bool)> {
        Self::READ.iter().find_map(|scheme| {
            let row = scheme.row();
            if row.name.eq_ignore_ascii_case(name) {
                return Some((*scheme, false));
            }
            row.listening.filter(|listening| listening.eq_ignore_ascii_case(name)).map(|_| (*scheme, true))
        })
    }
}

/// curl's name for a proxy that resolves names, as all of ours do.
const SOCKS5H: &str = "socks5h";

impl Layer {
    /// The name as it is written where it listens, or does not.
    pub(super) fn written(self, listen: bool) -> &'static str {
        self.row().listening.filter(|_| listen).unwrap_or(self.name())
    }

    /// As [`Scheme::from_name`].
    pub(super) fn from_name(name: &str) -> Option<(Self, bool)> {
        if name.eq_ignore_ascii_case(SOCKS5H) {
            return Some((Self::Socks5, false));
        }
        Self::READ.iter().find_map(|layer| {
            let names = [layer.written(false), layer.written(true)];
            let at = names.iter().position(|known| known.eq_ignore_ascii_case(name))?;
            Some((*layer, at == 1))
        })
    }
}

/// The names of all schemes and layers, both forms, for suggestions.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    let schemes = Scheme::ALL.iter().map(|scheme| (scheme.name(), scheme.row().listening));
    let layers = Layer::ALL.iter().map(|layer| (layer.name(), layer.row().listening));
    // One letter is near to any other.
    let names = schemes.chain(layers).filter(|(plain, _)| plain.len() > 1);
    names.flat_map(|(plain, listening)| [Some(plain), listening].into_iter().flatten())
}

/// The plain names in one sentence's worth of text.
pub(super) fn list() -> String {
    let names = Scheme::ALL.iter().map(|scheme| scheme.name());
    let layers = Layer::ALL.iter().filter(|layer| !layer.row().proxy);
    names.chain(layers.map(|layer| layer.name())).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_read_in_both_forms() {
        for scheme in Scheme::ALL {
            assert_eq!(Scheme::from_name(scheme.name()), Some((*scheme, false)));
            let Some(listening) = scheme.row().listening else { continue };
            assert_eq!(listening, format!("{scheme}-listen"));
            assert_eq!(Scheme::from_name(&listening.to_uppercase()), Some((*scheme, true)));
        }
    }

    #[test]
    fn other_names_are_unknown() {
        for name in ["", "-listen", "tls", "unix-stream", "tcp-listen-listen", "tcp4", "été-liste\u{301}n"]
        {
            assert_eq!(Scheme::from_name(name), None, "{name}");
        }
    }

    #[test]
    fn a_row_is_true_to_itself() {
        for scheme in Scheme::ALL {
            let row = scheme.row();
            assert!(row.connects || row.listening.is_some(), "{scheme} is of no use");
            let colon = if row.shape == Shape::Nothing { "" } else { ":" };
            assert!(row.example.starts_with(&format!("{scheme}{colon}")), "{}", row.example);
            assert!(row.socket.is_some() || row.levels.is_empty(), "{scheme} has options of a socket");
            assert!(!row.nature.acknowledged || row.nature.connected, "{scheme}");
        }
    }
}

//! What can be done with whatever moves bytes at an endpoint.

use super::scheme::Scheme;

/// What a stream can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools, reason = "each is a question of its own")]
pub struct Nature {
    /// It has an end of its own, in each direction; datagrams have none.
    pub connected: bool,
    /// Its two directions end each by itself: what it gives is still received once it was told the end. A terminal's
    /// cannot, nor can datagrams.
    pub half_close: bool,
    /// Messages keep their boundaries: what is read as one goes out as one.
    pub messages: bool,
    /// Messages may be of any length: those of Unix sockets.
    pub long: bool,
    /// What was sent may still be lost once sending it has succeeded: TCP's peer has to acknowledge it. What a Unix
    /// socket took is with the peer.
    pub acknowledged: bool,
}

impl Nature {
    /// Bytes in order over a connection, with the peer as soon as they are sent.
    pub const STREAM: Self =
        Self { connected: true, half_close: true, messages: false, long: false, acknowledged: false };

    /// As [`STREAM`](Self::STREAM), over a network, where the peer has to acknowledge what is sent.
    pub const NETWORK: Self = Self { acknowledged: true, ..Self::STREAM };

    /// Datagrams that fit into a packet.
    pub const DATAGRAMS: Self =
        Self { connected: false, half_close: false, messages: true, long: false, acknowledged: false };

    /// Datagrams of any length.
    pub const LONG_DATAGRAMS: Self = Self { long: true, ..Self::DATAGRAMS };

    /// Messages of any length over a connection.
    pub const MESSAGES: Self = Self { connected: true, half_close: true, ..Self::LONG_DATAGRAMS };

    /// Bytes of a terminal or a serial line: neither direction has an end that can be told.
    pub const TERMINAL: Self = Self { connected: false, half_close: false, ..Self::STREAM };

    /// Bytes of a program on a terminal: it ends, but cannot be told the end of its input.
    pub const ON_A_TERMINAL: Self = Self { half_close: false, ..Self::STREAM };

    /// That of standard input and output.
    pub const STANDARD: Self = Self::STREAM;

    /// That of what a scheme opens.
    pub const fn of(scheme: Scheme) -> Self {
        scheme.row().nature
    }
}

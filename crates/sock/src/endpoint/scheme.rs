//! The schemes that this build opens.

use std::fmt;

/// What stands before the place: the kind of socket.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Scheme {
    /// TCP, over IPv4 or IPv6.
    Tcp,
    /// UDP, over IPv4 or IPv6.
    Udp,
    /// A Unix stream socket.
    Unix,
    /// A Unix datagram socket.
    UnixDgram,
    /// A Unix socket of ordered datagrams over a connection.
    UnixSeqpacket,
}

/// What follows a scheme's name in its listening form.
const LISTEN: &str = "-listen";

impl Scheme {
    /// Every scheme, with its plain and its listening name.
    pub const ALL: [(Self, &'static str, &'static str); 5] = [
        (Self::Tcp, "tcp", "tcp-listen"),
        (Self::Udp, "udp", "udp-listen"),
        (Self::Unix, "unix", "unix-listen"),
        (Self::UnixDgram, "unix-dgram", "unix-dgram-listen"),
        (Self::UnixSeqpacket, "unix-seqpacket", "unix-seqpacket-listen"),
    ];

    /// The scheme's name as it is written, without `-listen`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Tcp => "tcp",
            Self::Udp => "udp",
            Self::Unix => "unix",
            Self::UnixDgram => "unix-dgram",
            Self::UnixSeqpacket => "unix-seqpacket",
        }
    }

    /// Whether the place is a path or an abstract name rather than a host and a port.
    pub const fn is_unix(self) -> bool {
        matches!(self, Self::Unix | Self::UnixDgram | Self::UnixSeqpacket)
    }

    /// An address with its transport, for people: `tcp 127.0.0.1:9`, but `unix:app.sock` alone, which says it itself.
    pub fn at(self, address: &str) -> String {
        let name = self.name();
        let says_it = address.strip_prefix(name).is_some_and(|rest| rest.starts_with(':'));
        if says_it { address.to_owned() } else { format!("{name} {address}") }
    }

    /// Reads a name, in upper or lower case; true if it is the listening form, None if this build has no such scheme.
    pub(super) fn from_name(name: &str) -> Option<(Self, bool)> {
        // Bounded before it is compared: a name may be as long as its writer likes.
        let (name, listen) =
            match name.len().checked_sub(LISTEN.len()).and_then(|at| name.split_at_checked(at)) {
                Some((plain, tail)) if tail.eq_ignore_ascii_case(LISTEN) => (plain, true),
                _ => (name, false),
            };
        let row = Self::ALL.iter().find(|(_, plain, _)| plain.eq_ignore_ascii_case(name))?;
        Some((row.0, listen))
    }

    /// The names of all schemes, both forms, for suggestions.
    pub(super) fn names() -> impl Iterator<Item = &'static str> {
        Self::ALL.into_iter().flat_map(|(_, plain, listening)| [plain, listening])
    }

    /// The plain names in one sentence's worth of text.
    pub(super) fn list() -> String {
        Self::ALL.map(|(_, plain, _)| plain).join(", ")
    }
}

impl fmt::Display for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_read_in_both_forms() {
        for (scheme, plain, listening) in Scheme::ALL {
            assert_eq!(scheme.name(), plain);
            assert_eq!(Scheme::from_name(plain), Some((scheme, false)));
            assert_eq!(Scheme::from_name(&listening.to_uppercase()), Some((scheme, true)));
        }
    }

    #[test]
    fn other_names_are_unknown() {
        for name in ["", "-listen", "tls", "unix-stream", "tcp-listen-listen", "tcp4", "été-liste\u{301}n"]
        {
            assert_eq!(Scheme::from_name(name), None, "{name}");
        }
    }
}

//! What a socket is made of: [`Family`], [`Type`], [`Protocol`], the [`Flags`] of one transfer, the [`Interest`] of a
//! wait.
//!
//! Each is the kernel's integer in a type of its own. The kernel may know values that this page does not: they pass
//! through `from_raw` and `as_raw` unharmed.

use std::fmt;
use std::ops::{BitOr, BitOrAssign};

use crate::sys::constants as c;

/// A newtype over a C `int` with named values, whose `Debug` prints the C name.
macro_rules! named_integer {
    (
        $(#[$doc:meta])* $name:ident;
        $($(#[$item_doc:meta])* $item:ident = $constant:ident, $alias:literal;)*
    ) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(i32);

        impl $name {
            $($(#[$item_doc])* #[doc(alias = $alias)] pub const $item: Self = Self(c::$constant);)*

            /// The value that the kernel calls `raw`.
            pub const fn from_raw(raw: i32) -> Self {
                Self(raw)
            }

            /// The kernel's number.
            pub const fn as_raw(self) -> i32 {
                self.0
            }

            fn c_name(self) -> Option<&'static str> {
                match self {
                    $(Self::$item => Some($alias),)*
                    _ => None,
                }
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self.c_name() {
                    Some(name) => f.write_str(name),
                    None => write!(f, concat!(stringify!($name), "({})"), self.0),
                }
            }
        }
    };
}
pub(crate) use named_integer;

named_integer! {
    /// The address family of a socket (`AF_*`, `address_families(7)`).
    Family;
    /// Any family, where a lookup is asked for one.
    UNSPECIFIED = AF_UNSPEC, "AF_UNSPEC";
    /// Local sockets, named by paths (unix(7)).
    UNIX = AF_UNIX, "AF_UNIX";
    /// IPv4 (ip(7)).
    INET = AF_INET, "AF_INET";
    /// IPv6 (ipv6(7)).
    INET6 = AF_INET6, "AF_INET6";
}

named_integer! {
    /// The type of a socket (`SOCK_*`, socket(2)).
    Type;
    /// A connection that carries bytes in order, without boundaries.
    STREAM = SOCK_STREAM, "SOCK_STREAM";
    /// Datagrams: whole messages, each on its own.
    DGRAM = SOCK_DGRAM, "SOCK_DGRAM";
    /// Packets with the headers of the protocol below (raw(7)).
    RAW = SOCK_RAW, "SOCK_RAW";
    /// Messages delivered reliably, in no order.
    RDM = SOCK_RDM, "SOCK_RDM";
    /// A connection that carries whole messages in order.
    SEQPACKET = SOCK_SEQPACKET, "SOCK_SEQPACKET";
    /// Datagrams with congestion control (RFC 4340).
    DCCP = SOCK_DCCP, "SOCK_DCCP";
}

impl Type {
    /// This type with `SOCK_NONBLOCK`: the socket starts with a timeout of zero.
    #[doc(alias = "SOCK_NONBLOCK")]
    #[must_use]
    pub const fn nonblocking(self) -> Self {
        Self(self.0 | c::SOCK_NONBLOCK)
    }

    /// This type without `SOCK_NONBLOCK`.
    #[must_use]
    pub const fn blocking(self) -> Self {
        Self(self.0 & !c::SOCK_NONBLOCK)
    }

    /// Whether `SOCK_NONBLOCK` is in it.
    pub const fn is_nonblocking(self) -> bool {
        self.0 & c::SOCK_NONBLOCK != 0
    }
}

named_integer! {
    /// The protocol within a family (`IPPROTO_*`, protocols(5)).
    Protocol;
    /// Whatever the family and the type imply: 0.
    DEFAULT = IPPROTO_IP, "IPPROTO_IP";
    /// ICMP (RFC 792).
    ICMP = IPPROTO_ICMP, "IPPROTO_ICMP";
    /// TCP (RFC 9293).
    TCP = IPPROTO_TCP, "IPPROTO_TCP";
    /// UDP (RFC 768).
    UDP = IPPROTO_UDP, "IPPROTO_UDP";
    /// DCCP (RFC 4340).
    DCCP = IPPROTO_DCCP, "IPPROTO_DCCP";
    /// IPv6 within IPv4 (RFC 4213).
    IPV6 = IPPROTO_IPV6, "IPPROTO_IPV6";
    /// `ICMPv6` (RFC 4443).
    ICMPV6 = IPPROTO_ICMPV6, "IPPROTO_ICMPV6";
    /// SCTP (RFC 9260).
    SCTP = IPPROTO_SCTP, "IPPROTO_SCTP";
    /// UDP-Lite (RFC 3828).
    UDPLITE = IPPROTO_UDPLITE, "IPPROTO_UDPLITE";
    /// Raw IP packets, headers included (raw(7)).
    RAW = IPPROTO_RAW, "IPPROTO_RAW";
    /// Multipath TCP (RFC 8684).
    MPTCP = IPPROTO_MPTCP, "IPPROTO_MPTCP";
}

/// A newtype over a C integer whose bits have names; `Debug` prints the C names.
macro_rules! named_flags {
    (
        $(#[$doc:meta])* $name:ident: $raw:ty;
        $($(#[$item_doc:meta])* $item:ident = $constant:ident, $alias:literal;)*
    ) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
        pub struct $name($raw);

        impl $name {
            /// None of them.
            pub const NONE: Self = Self(0);
            $($(#[$item_doc])* #[doc(alias = $alias)] pub const $item: Self = Self(c::$constant);)*

            /// The set that the kernel calls `raw`.
            pub const fn from_raw(raw: $raw) -> Self {
                Self(raw)
            }

            /// The kernel's number.
            pub const fn as_raw(self) -> $raw {
                self.0
            }

            /// Whether all of `other` are among these.
            pub const fn contains(self, other: Self) -> bool {
                self.0 & other.0 == other.0
            }
        }

        impl BitOr for $name {
            type Output = Self;

            fn bitor(self, other: Self) -> Self {
                Self(self.0 | other.0)
            }
        }

        impl BitOrAssign for $name {
            fn bitor_assign(&mut self, other: Self) {
                *self = *self | other;
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let (mut rest, mut between) = (self.0, "");
                for (flag, name) in [$((Self::$item, $alias)),*] {
                    if self.contains(flag) {
                        rest &= !flag.0;
                        write!(f, "{between}{name}")?;
                        between = " | ";
                    }
                }
                match rest {
                    0 if between.is_empty() => f.write_str("0"),
                    0 => Ok(()),
                    _ => write!(f, "{between}{rest:#x}"),
                }
            }
        }
    };
}

named_flags! {
    /// How one transfer is made (`MSG_*`, recv(2) and send(2)); combined with `|`.
    ///
    /// `MSG_NOSIGNAL` is not among them: every send carries it.
    Flags: i32;
    /// Sent or received out of band: urgent data (tcp(7)).
    OOB = MSG_OOB, "MSG_OOB";
    /// What is received stays in the queue, to be received again.
    PEEK = MSG_PEEK, "MSG_PEEK";
    /// Sent to a directly connected network only.
    DONTROUTE = MSG_DONTROUTE, "MSG_DONTROUTE";
    /// A receive gives a datagram's whole length, even where the buffer is shorter. Of TCP it throws the bytes away,
    /// and gives how many they were (tcp(7)).
    TRUNC = MSG_TRUNC, "MSG_TRUNC";
    /// This call does not wait, whatever the socket's mode.
    DONTWAIT = MSG_DONTWAIT, "MSG_DONTWAIT";
    /// The end of a record (`SOCK_SEQPACKET`).
    EOR = MSG_EOR, "MSG_EOR";
    /// The kernel waits until the buffer is full, where the socket blocks.
    WAITALL = MSG_WAITALL, "MSG_WAITALL";
    /// The datagram proves that its neighbour is reachable (arp(7)).
    CONFIRM = MSG_CONFIRM, "MSG_CONFIRM";
    /// What the error queue holds is received (ip(7), `IP_RECVERR`).
    ERRQUEUE = MSG_ERRQUEUE, "MSG_ERRQUEUE";
    /// More will follow at once: the kernel may hold a part segment back.
    MORE = MSG_MORE, "MSG_MORE";
}

named_flags! {
    /// What to wait for, and what holds when the wait ends (`POLL*`, poll(2)); combined with `|`, which waits for any.
    Interest: i16;
    /// Something to receive or to accept, or the peer's end of sending.
    READABLE = POLLIN, "POLLIN";
    /// Room to send, or a connection made.
    WRITABLE = POLLOUT, "POLLOUT";
    /// Urgent data (tcp(7)), or another exceptional condition of poll(2).
    PRIORITY = POLLPRI, "POLLPRI";
    /// An error, or something in the error queue: always waited for.
    ERROR = POLLERR, "POLLERR";
    /// A hang-up, or no connection at all: always waited for.
    HANG_UP = POLLHUP, "POLLHUP";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_prints_the_c_name_or_the_number() {
        assert_eq!(
            format!("{:?} {:?} {:?}", Family::INET6, Type::STREAM, Protocol::MPTCP),
            "AF_INET6 SOCK_STREAM IPPROTO_MPTCP"
        );
        assert_eq!(format!("{:?}", Family::from_raw(99)), "Family(99)");
    }

    #[test]
    fn flags_are_combined_asked_and_printed_by_their_c_names() {
        let mut flags = Flags::PEEK | Flags::TRUNC;
        assert_eq!(format!("{flags:?} {:?}", Flags::NONE), "MSG_PEEK | MSG_TRUNC 0");
        flags |= Flags::from_raw(0x4000_0000);
        assert_eq!(format!("{flags:?}"), "MSG_PEEK | MSG_TRUNC | 0x40000000");
        assert!(flags.contains(Flags::TRUNC | Flags::PEEK) && !flags.contains(Flags::PEEK | Flags::OOB));
        assert_eq!(format!("{:?}", Interest::READABLE | Interest::HANG_UP), "POLLIN | POLLHUP");
    }

    #[test]
    fn a_nonblocking_type_keeps_its_kind() {
        let kind = Type::DGRAM.nonblocking();
        assert!(kind.is_nonblocking() && !Type::DGRAM.is_nonblocking());
        assert_eq!(kind.blocking(), Type::DGRAM);
    }
}

//! What comes of a probe.

use berkeley::Address;
use berkeley::address::HardwareAddress;

use crate::probe::reason::Reason;

/// An answer to a probe.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reply {
    /// Who answered; none where it is not known.
    pub(super) from: Option<Address>,
    /// How many bytes came back; none where they do not count.
    pub(super) bytes: Option<usize>,
    /// How many hops the answer could still have taken.
    pub(super) ttl: Option<u8>,
    pub(super) answer: Answer,
}

/// What kind of answer it is.
#[derive(Clone, Copy, Debug)]
pub(super) enum Answer {
    /// ICMP's echo reply.
    Echo,
    /// A connection of TCP.
    Open,
    /// A port that refuses: the host is there.
    Refused,
    /// A datagram.
    Datagram,
    /// ICMP says of a datagram that nobody listens at the port: the host is there.
    Closed,
    /// Who has the address.
    Hardware(HardwareAddress),
    /// A connection to an endpoint.
    Connected(Phases),
}

impl Answer {
    /// As events and rows name it.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Echo => "echo",
            Self::Open => "open",
            Self::Refused => "refused",
            Self::Datagram => "datagram",
            Self::Closed => "closed",
            Self::Hardware(_) => "hardware",
            Self::Connected(_) => "connected",
        }
    }

    pub(super) const fn phases(self) -> Option<Phases> {
        match self {
            Self::Connected(phases) => Some(phases),
            _ => None,
        }
    }

    pub(super) fn hardware(self) -> Option<String> {
        match self {
            Self::Hardware(address) => Some(address.to_string()),
            _ => None,
        }
    }
}

pub(super) use crate::open::Phases;

/// Why there is no answer.
#[derive(Clone, Debug)]
pub(super) enum Trouble {
    /// A router or the host says so.
    Icmp(Reason),
    /// The probe did not leave, or the connection failed.
    Local(String),
}

impl Trouble {
    /// In words.
    pub(super) fn words(&self) -> String {
        match self {
            Self::Icmp(reason) => reason.words(),
            Self::Local(words) => words.clone(),
        }
    }

    /// Who says so; none where this machine does.
    pub(super) fn from(&self) -> Option<String> {
        match self {
            Self::Icmp(reason) => reason.from.map(|from| from.to_string()),
            Self::Local(_) => None,
        }
    }

    pub(super) const fn reason(&self) -> Option<&Reason> {
        match self {
            Self::Icmp(reason) => Some(reason),
            Self::Local(_) => None,
        }
    }
}

//! What goes beside a datagram's bytes: its mark (ECN), its source address, its control messages.

use std::net::{IpAddr, Ipv4Addr};

use crate::address::Address;
use crate::control::{Ecn, Outgoing, ip, ipv6, udp};
use crate::sys::{self, Errno};

/// What one datagram carries beside its bytes.
#[derive(Clone, Copy, Debug)]
pub struct Beside<'a> {
    pub(super) ecn: Option<Ecn>,
    pub(super) source: Option<IpAddr>,
    pub(super) control: &'a [Outgoing<'a>],
}

/// By which of IP's two levels the kernel sends to a destination.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Towards {
    V4,
    V6,
    /// The peer that the socket is connected to.
    Unknown,
}

impl Towards {
    pub(super) fn of(address: Option<&Address>) -> Self {
        match address {
            Some(Address::Inet(_)) => Self::V4,
            Some(Address::Inet6(address)) if address.ip().to_ipv4_mapped().is_some() => Self::V4,
            Some(Address::Inet6(_)) => Self::V6,
            _ => Self::Unknown,
        }
    }
}

impl<'a> Beside<'a> {
    pub(super) const NOTHING: Self = Self { ecn: None, source: None, control: &[] };

    /// Whether both are the same, and so may go as one piece.
    #[inline]
    pub(super) fn is_same(&self, other: &Self) -> bool {
        self.ecn == other.ecn && self.source == other.source && self.has_control_of(other)
    }

    fn has_control_of(&self, other: &Self) -> bool {
        let (one, another) = (self.control, other.control);
        // Mostly they are none, or the very same: then nothing is compared.
        one.len() == another.len()
            && (std::ptr::eq(one.as_ptr(), another.as_ptr())
                || one.iter().zip(another).all(|(one, another)| one.says_as(another)))
    }

    /// Whether several datagrams may share it, as the kernel copies it to each.
    #[inline]
    pub(super) fn may_be_shared(&self) -> bool {
        self.control.iter().all(Outgoing::may_be_shared)
    }

    #[inline]
    pub(super) const fn is_nothing(&self) -> bool {
        self.ecn.is_none() && self.source.is_none() && self.control.is_empty()
    }

    /// Hands `take` the control messages that say it, and by which size the kernel is to cut: `segment`, 0 for none.
    ///
    /// `EAFNOSUPPORT` where the source is not of the destination's family: the kernel would not look at it.
    pub(super) fn messages(
        &self,
        towards: Towards,
        segment: u16,
        mut take: impl FnMut(&[Outgoing<'a>]) -> sys::Result<()>,
    ) -> sys::Result<()> {
        if let Some(source) = self.source {
            take(&[source_message(source, towards)?])?;
        }
        if let Some(ecn) = self.ecn {
            // Each level is heeded by its own family and skipped by the other.
            if towards != Towards::V6 {
                take(&[ip::tos(ecn.bits())])?;
            }
            if towards != Towards::V4 {
                take(&[ipv6::traffic_class(ecn.bits())])?;
            }
        }
        if segment > 0 {
            take(&[udp::segment(segment)])?;
        }
        // Last: of two that say the same thing the kernel heeds the later.
        if self.control.is_empty() { Ok(()) } else { take(self.control) }
    }
}

fn source_message(source: IpAddr, towards: Towards) -> sys::Result<Outgoing<'static>> {
    match (source.to_canonical(), towards) {
        (IpAddr::V4(local), Towards::V4 | Towards::Unknown) => {
            let destination = Ipv4Addr::UNSPECIFIED;
            Ok(ip::packet_info(ip::PacketInfo { interface: 0, local, destination }))
        }
        (IpAddr::V6(address), Towards::V6 | Towards::Unknown) => {
            Ok(ipv6::packet_info(ipv6::PacketInfo { address, interface: 0 }))
        }
        _ => Err(Errno::AFNOSUPPORT),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::raw;

    #[test]
    fn what_differs_in_anything_is_not_the_same() {
        let (one, same, other) = ([ip::ttl(3)], [ip::ttl(3)], [ip::ttl(4)]);
        let beside = |ecn, source: Option<&str>, control| {
            let source = source.map(|text| text.parse().unwrap());
            Beside { ecn, source, control }
        };
        let all = beside(Some(Ecn::Ect0), Some("127.0.0.1"), &one);
        assert!(all.is_same(&beside(Some(Ecn::Ect0), Some("127.0.0.1"), &same)));
        for different in [
            beside(Some(Ecn::Ect1), Some("127.0.0.1"), &one),
            beside(None, Some("127.0.0.1"), &one),
            beside(Some(Ecn::Ect0), Some("127.0.0.2"), &one),
            beside(Some(Ecn::Ect0), None, &one),
            beside(Some(Ecn::Ect0), Some("127.0.0.1"), &other),
            beside(Some(Ecn::Ect0), Some("127.0.0.1"), &[]),
        ] {
            assert!(!all.is_same(&different), "{different:?}");
        }
    }

    #[test]
    fn only_what_a_header_of_ip_says_is_shared() {
        let launch = 8_u64.to_ne_bytes();
        let rows = [
            (ip::ttl(3), true),
            (ipv6::hop_limit(3), true),
            (udp::segment(3), false),
            (raw(1, 61, &launch).unwrap(), false),
        ];
        for (message, want) in rows {
            let control = [message];
            assert_eq!(Beside { control: &control, ..Beside::NOTHING }.may_be_shared(), want, "{message:?}");
        }
    }

    #[test]
    fn each_family_is_told_by_its_own_level() {
        let kinds = |source: &str, towards| {
            let beside = Beside { ecn: Some(Ecn::Ce), source: Some(source.parse().unwrap()), control: &[] };
            let mut levels = Vec::new();
            beside
                .messages(towards, 0, |messages| {
                    levels.extend(messages.iter().map(Outgoing::level));
                    Ok(())
                })
                .map(|()| levels)
        };
        let (v4, v6) = (0, 41);
        assert_eq!(kinds("127.0.0.1", Towards::V4), Ok(vec![v4, v4]));
        assert_eq!(kinds("::ffff:127.0.0.1", Towards::V4), Ok(vec![v4, v4]));
        assert_eq!(kinds("::1", Towards::V6), Ok(vec![v6, v6]));
        assert_eq!(kinds("::1", Towards::Unknown), Ok(vec![v6, v4, v6]));
        assert_eq!(kinds("127.0.0.1", Towards::V6), Err(Errno::AFNOSUPPORT));
        assert_eq!(kinds("::1", Towards::V4), Err(Errno::AFNOSUPPORT));
    }
}

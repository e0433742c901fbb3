//! [`Ecn`]: the two bits by which a network says that it is congested (RFC 3168).

/// The ECN field of an IP header, its two low bits of the type of service or traffic class (RFC 3168 section 5).
///
/// ```
/// use berkeley::control::Ecn;
///
/// assert_eq!(Ecn::of(0xb8 | 2), Ecn::Ect0);
/// assert_eq!(Ecn::Ce.bits(), 3);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[doc(alias = "EcnCodepoint")]
#[doc(alias = "INET_ECN_MASK")]
pub enum Ecn {
    /// The sender does not understand marks: a congested router drops the datagram.
    #[default]
    #[doc(alias = "INET_ECN_NOT_ECT")]
    NotEct = 0,
    /// The sender understands marks, by the rules of L4S (RFC 9331).
    #[doc(alias = "INET_ECN_ECT_1")]
    Ect1 = 1,
    /// The sender understands marks: what QUIC sends (RFC 9000 section 13.4).
    #[doc(alias = "INET_ECN_ECT_0")]
    Ect0 = 2,
    /// A router was congested, and has marked the datagram rather than dropped it.
    #[doc(alias = "INET_ECN_CE")]
    Ce = 3,
}

impl Ecn {
    /// The ECN field of a type of service (IPv4) or a traffic class (IPv6), whatever its other six bits say.
    pub const fn of(class: u8) -> Self {
        match class & 3 {
            0 => Self::NotEct,
            1 => Self::Ect1,
            2 => Self::Ect0,
            _ => Self::Ce,
        }
    }

    /// The two bits, 0 to 3.
    pub const fn bits(self) -> u8 {
        self as u8
    }
}

//! The options of neighbour discovery (RFC 4861, 4.6; IANA, IPv6 neighbor discovery option formats).

use std::ops::Range;

use super::icmpv6::preference;
use crate::layer::field::{Field, Kind, Place};
use crate::layer::value::Value;
use crate::layer::{Walked, Walker, parts};
use crate::name::Name;
use crate::problem::Trouble;

parts! {
    OPTION = "icmpv6.opt", "Option", Group;
    TYPE = "icmpv6.opt.type", "Kind", Decimal, words(word);
    LENGTH = "icmpv6.opt.length", "Length", Decimal, unit("words of 8 bytes");
    RESERVED = "icmpv6.opt.reserved", "Reserved", Group;
    LINK = "icmpv6.opt.linkaddr", "Link-layer address", Bytes;
    SOURCE_LINK = "icmpv6.opt.src_linkaddr", "Source's link-layer address", Bytes;
    TARGET_LINK = "icmpv6.opt.target_linkaddr", "Target's link-layer address", Bytes;
    PREFIX_LENGTH = "icmpv6.opt.prefix.length", "Length of the prefix", Decimal, unit("bits");
    PREFIX_FLAGS = "icmpv6.opt.prefix.flag", "Flags", Hex;
    PREFIX_ON_LINK = "icmpv6.opt.prefix.flag.l", "On the link", Flag;
    PREFIX_AUTONOMOUS = "icmpv6.opt.prefix.flag.a", "Hosts make addresses of it", Flag;
    PREFIX_ROUTER = "icmpv6.opt.prefix.flag.r", "Holds the router's address", Flag;
    PREFIX_RESERVED = "icmpv6.opt.prefix.flag.reserved", "Reserved", Decimal;
    VALID = "icmpv6.opt.prefix.valid_lifetime", "Valid for", Decimal, unit("seconds");
    PREFERRED = "icmpv6.opt.prefix.preferred_lifetime", "Preferred for", Decimal, unit("seconds");
    PREFIX = "icmpv6.opt.prefix", "Prefix", Ipv6;
    REDIRECTED = "icmpv6.opt.redirected_packet", "Packet that was redirected", Group;
    MTU = "icmpv6.opt.mtu", "MTU", Decimal, unit("bytes");
    INTERVAL = "icmpv6.opt.advertisement_interval", "Interval of advertisements", Decimal, unit("ms");
    HOME_PREFERENCE = "icmpv6.opt.home_agent_preference", "Preference as home agent", Decimal;
    HOME_LIFETIME = "icmpv6.opt.home_agent_lifetime", "Lifetime as home agent", Decimal, unit("seconds");
    NONCE = "icmpv6.opt.nonce", "Nonce", Bytes;
    PAD_LENGTH = "icmpv6.opt.cga.pad_length", "Length of the padding", Decimal, unit("bytes");
    CGA = "icmpv6.opt.cga", "How the address was made", Bytes;
    CGA_MODIFIER = "icmpv6.opt.cga.modifier", "Modifier", Bytes;
    CGA_PREFIX = "icmpv6.opt.cga.subnet_prefix", "Prefix of the network", Bytes;
    CGA_COUNT = "icmpv6.opt.cga.count", "Collisions", Bytes;
    CGA_KEY = "icmpv6.opt.cga.subject_public_key_info", "Public key", Group;
    KEY_HASH = "icmpv6.opt.rsa.key_hash", "Hash of the public key", Bytes;
    SIGNATURE = "icmpv6.opt.digital_signature_padding", "Signature and padding", Group;
    TIMESTAMP = "icmpv6.opt.timestamp", "When it was sent", Time;
    NAME_TYPE = "icmpv6.opt.name_type", "Kind of name", Decimal;
    NAME_X501 = "icmpv6.opt.name_x501", "X.501 name", Bytes;
    NAME_FQDN = "icmpv6.opt.name_type.fqdn", "Name of the trust anchor", Text;
    CERTIFICATE = "icmpv6.x509_Certificate", "Certificate", Group;
    ROUTE_FLAGS = "icmpv6.opt.route_info.flag", "Flags", Hex;
    ROUTE_PREFERENCE = "icmpv6.opt.route_info.flag.route_preference", "Preference", Decimal, words(preference);
    ROUTE_RESERVED = "icmpv6.opt.route_info.flag.reserved", "Reserved", Decimal;
    ROUTE_LIFETIME = "icmpv6.opt.route_lifetime", "Lifetime of the route", Decimal, unit("seconds");
    RDNSS_LIFETIME = "icmpv6.opt.rdnss.lifetime", "Lifetime", Decimal, unit("seconds");
    RDNSS = "icmpv6.opt.rdnss", "DNS server", Ipv6;
    MORE_FLAGS = "icmpv6.opt.efo", "More flags", Hex;
    MORE_MANAGED = "icmpv6.opt.efo.m", "Addresses from DHCP", Flag;
    MORE_OTHER = "icmpv6.opt.efo.o", "Other configuration from DHCP", Flag;
    MORE_HOME = "icmpv6.opt.efo.h", "Home agent", Flag;
    MORE_PREFERENCE = "icmpv6.opt.efo.prf", "Preference", Decimal, words(preference);
    MORE_PROXY = "icmpv6.opt.efo.p", "Proxy", Flag;
    DNSSL_LIFETIME = "icmpv6.opt.dnssl.lifetime", "Lifetime", Decimal, unit("seconds");
    DNSSL = "icmpv6.opt.dnssl", "Search domain", Name;
    PORTAL = "icmpv6.opt.captive_portal", "Captive portal", Text;
    PREF64_LIFETIME = "icmpv6.opt.pref64.scaled_lifetime", "Lifetime", Decimal, unit("units of 8 seconds");
    PREF64_LENGTH = "icmpv6.opt.pref64.plc", "Length of the prefix, coded", Hex;
    PREF64 = "icmpv6.opt.pref64.prefix", "Prefix", Ipv6;
    DATA = "icmpv6.data", "What the option holds", Bytes;
    MORE_RESERVED = "icmpv6.opt.efo.rsv", "Reserved", Decimal;
    PADDING = "icmpv6.opt.padding", "Padding", Group;
}

fn word(number: u64) -> Option<&'static str> {
    Some(match number {
        1 => "source link-layer address",
        2 => "target link-layer address",
        3 => "prefix",
        4 => "redirected header",
        5 => "MTU",
        7 => "advertisement interval",
        8 => "home agent",
        11 => "cryptographic address",
        12 => "RSA signature",
        13 => "timestamp",
        14 => "nonce",
        15 => "trust anchor",
        16 => "certificate",
        24 => "route",
        25 => "DNS servers",
        26 => "more flags",
        31 => "search domains",
        37 => "captive portal",
        38 => "NAT64 prefix",
        _ => return None,
    })
}

pub(crate) fn walk(walker: &mut Walker<'_, '_>, mut at: usize) -> Walked {
    let end = walker.header().len();
    while at < end {
        let words = walker.number(&LENGTH, at + 1..at + 2)?;
        let (length, most) = (words * 8, (end - at) as u64);
        let last = at + usize::try_from(length).unwrap_or(0);
        walker.group(&OPTION, at..last.clamp(at + 2, end.max(at + 2)), |walker| {
            walker.rows(at, &[(&TYPE, 0, 8), (&LENGTH, 8, 8)])?;
            if length == 0 {
                return Err(Walker::broken(&LENGTH, at + 1, Trouble::TooSmall { least: 1, got: 0 }));
            }
            if length > most {
                return Err(Walker::broken(
                    &LENGTH,
                    at + 1,
                    Trouble::TooLarge { most: most / 8, got: words },
                ));
            }
            walk_option(walker, at..last)
        })?;
        at = last;
    }
    Ok(())
}

fn walk_option(walker: &mut Walker<'_, '_>, option: Range<usize>) -> Walked {
    let at = option.start;
    match walker.header()[at] {
        1 => walker.bytes(&SOURCE_LINK, at + 2..option.end),
        2 => walker.bytes(&TARGET_LINK, at + 2..option.end),
        3 => walk_prefix(walker, at),
        4 => {
            walker.group(&RESERVED, at + 2..at + 8, |_| Ok(()))?;
            walker.group(&REDIRECTED, at + 8..option.end, |_| Ok(()))
        }
        5 => {
            walker.group(&RESERVED, at + 2..at + 4, |_| Ok(()))?;
            walker.bytes(&MTU, at + 4..at + 8)
        }
        7 => {
            walker.group(&RESERVED, at + 2..at + 4, |_| Ok(()))?;
            walker.bytes(&INTERVAL, at + 4..at + 8)
        }
        8 => {
            walker.group(&RESERVED, at + 2..at + 4, |_| Ok(()))?;
            walker.rows(at + 4, &[(&HOME_PREFERENCE, 0, 16), (&HOME_LIFETIME, 16, 16)])
        }
        11 => walk_address_made(walker, option),
        12 => {
            walker.group(&RESERVED, at + 2..at + 4, |_| Ok(()))?;
            walker.bytes(&KEY_HASH, at + 4..at + 20)?;
            walker.group(&SIGNATURE, at + 20..option.end, |_| Ok(()))
        }
        13 => walk_timestamp(walker, at),
        14 => walker.bytes(&NONCE, at + 2..option.end),
        15 => walk_trust_anchor(walker, option),
        16 => {
            walker.rows(at + 2, &[(&NAME_TYPE, 0, 8)])?;
            walker.group(&RESERVED, at + 3..at + 4, |_| Ok(()))?;
            walker.group(&CERTIFICATE, at + 4..option.end, |_| Ok(()))
        }
        24 => walk_route(walker, option),
        25 => walk_servers(walker, option),
        26 => walk_flags(walker, at),
        31 => walk_domains(walker, option),
        37 => walk_portal(walker, option),
        38 => walk_pref64(walker, option),
        _ => walker.bytes(&DATA, at + 2..option.end),
    }
}

/// How a cryptographically generated address was made (RFC 3971, 5.1; RFC 3972, 3).
fn walk_address_made(walker: &mut Walker<'_, '_>, option: Range<usize>) -> Walked {
    let at = option.start + 4;
    walker.bytes(&PAD_LENGTH, at - 2..at - 1)?;
    walker.group(&RESERVED, at - 1..at, |_| Ok(()))?;
    let padding = walker.number(&PAD_LENGTH, at - 2..at - 1)?;
    let end = option.end.saturating_sub(usize::try_from(padding).unwrap_or(0));
    if end < at + 25 {
        return Err(Walker::broken(
            &PAD_LENGTH,
            at - 2,
            Trouble::TooLarge { most: option.end.saturating_sub(at + 25) as u64, got: padding },
        ));
    }
    walker.group(&CGA, at..end, |walker| {
        walker.bytes(&CGA_MODIFIER, at..at + 16)?;
        walker.bytes(&CGA_PREFIX, at + 16..at + 24)?;
        walker.bytes(&CGA_COUNT, at + 24..at + 25)?;
        walker.group(&CGA_KEY, at + 25..end, |_| Ok(()))
    })?;
    if end < option.end { walker.group(&PADDING, end..option.end, |_| Ok(())) } else { Ok(()) }
}

/// Seconds since 1970, and 65536ths of one (RFC 3971, 5.3.1).
fn walk_timestamp(walker: &mut Walker<'_, '_>, at: usize) -> Walked {
    walker.group(&RESERVED, at + 2..at + 8, |_| Ok(()))?;
    let time = walker.number(&TIMESTAMP, at + 8..at + 16)?;
    let nanoseconds = u32::try_from(((time & 0xffff) * 1_000_000_000) >> 16).unwrap_or(0);
    walker.value(&TIMESTAMP, at + 8..at + 16, Value::Time((time >> 16).cast_signed(), nanoseconds))
}

/// Whom a host trusts to certify routers (RFC 3971, 6.4.3).
fn walk_trust_anchor(walker: &mut Walker<'_, '_>, option: Range<usize>) -> Walked {
    let at = option.start + 4;
    walker.rows(at - 2, &[(&NAME_TYPE, 0, 8), (&PAD_LENGTH, 8, 8)])?;
    match walker.number(&NAME_TYPE, at - 2..at - 1)? {
        1 => walker.bytes(&NAME_X501, at..option.end),
        2 => {
            let padding = usize::try_from(walker.number(&PAD_LENGTH, at - 1..at)?).unwrap_or(0);
            let end = option.end.saturating_sub(padding).max(at);
            let name = walker.header().get(at..end).unwrap_or_default();
            let used = name.iter().position(|byte| *byte == 0).unwrap_or(name.len());
            walker.bytes(&NAME_FQDN, at..at + used)?;
            walker.group(&PADDING, end..option.end, |_| Ok(()))
        }
        _ => Ok(()),
    }
}

/// More flags of a router (RFC 5175).
fn walk_flags(walker: &mut Walker<'_, '_>, at: usize) -> Walked {
    walker.rows(
        at + 2,
        &[
            (&MORE_FLAGS, 0, 16),
            (&MORE_MANAGED, 0, 1),
            (&MORE_OTHER, 1, 1),
            (&MORE_HOME, 2, 1),
            (&MORE_PREFERENCE, 3, 2),
            (&MORE_PROXY, 5, 1),
        ],
    )?;
    // The bits that tshark takes for reserved.
    let reserved = walker.number(&MORE_FLAGS, at + 2..at + 4)? & 0x2ff;
    walker.value(&MORE_RESERVED, at + 2..at + 4, Value::Number(reserved))
}

/// Where the packet stands that a redirect quotes, in a message whose options begin at `at`.
pub(crate) fn redirected(message: &[u8], mut at: usize) -> Option<Range<usize>> {
    loop {
        let [kind, words] = *message.get(at..at + 2)? else { return None };
        let end = at + usize::from(words) * 8;
        match (kind, words) {
            (_, 0) => return None,
            (4, _) => return Some(at + 8..end),
            _ => at = end,
        }
    }
}

fn walk_prefix(walker: &mut Walker<'_, '_>, at: usize) -> Walked {
    walker.rows(
        at + 2,
        &[
            (&PREFIX_LENGTH, 0, 8),
            (&PREFIX_FLAGS, 8, 8),
            (&PREFIX_ON_LINK, 8, 1),
            (&PREFIX_AUTONOMOUS, 9, 1),
            (&PREFIX_ROUTER, 10, 1),
            (&PREFIX_RESERVED, 11, 5),
            (&VALID, 16, 32),
            (&PREFERRED, 48, 32),
        ],
    )?;
    walker.group(&RESERVED, at + 12..at + 16, |_| Ok(()))?;
    walker.bytes(&PREFIX, at + 16..at + 32)
}

/// A prefix of which only the first bytes may stand there.
fn short_prefix(walker: &mut Walker<'_, '_>, field: &'static Field, at: Range<usize>) -> Walked {
    let mut address = [0; 16];
    for (to, from) in address.iter_mut().zip(walker.header().get(at.clone()).unwrap_or_default()) {
        *to = *from;
    }
    walker.value(field, at, Value::Ipv6(address.into()))
}

/// A route (RFC 4191).
fn walk_route(walker: &mut Walker<'_, '_>, option: Range<usize>) -> Walked {
    let at = option.start;
    walker.rows(
        at + 2,
        &[
            (&PREFIX_LENGTH, 0, 8),
            (&ROUTE_FLAGS, 8, 8),
            (&ROUTE_PREFERENCE, 11, 2),
            (&ROUTE_LIFETIME, 16, 32),
        ],
    )?;
    let flags = walker.number(&ROUTE_FLAGS, at + 3..at + 4)?;
    // The bits on both sides of the preference, as tshark tells them.
    walker.value(&ROUTE_RESERVED, at + 3..at + 4, Value::Number((flags >> 5) << 5 | flags & 7))?;
    if option.len() > 8 { short_prefix(walker, &PREFIX, at + 8..option.end.min(at + 24)) } else { Ok(()) }
}

/// DNS servers (RFC 8106).
fn walk_servers(walker: &mut Walker<'_, '_>, option: Range<usize>) -> Walked {
    let mut at = option.start + 4;
    walker.group(&RESERVED, at - 2..at, |_| Ok(()))?;
    walker.take(&RDNSS_LIFETIME, &mut at, 4)?;
    while at + 16 <= option.end {
        walker.take(&RDNSS, &mut at, 16)?;
    }
    Ok(())
}

/// Search domains (RFC 8106), up to the padding of zeros.
fn walk_domains(walker: &mut Walker<'_, '_>, option: Range<usize>) -> Walked {
    let mut at = option.start + 4;
    walker.group(&RESERVED, at - 2..at, |_| Ok(()))?;
    walker.take(&DNSSL_LIFETIME, &mut at, 4)?;
    let names = walker.header().get(..option.end).unwrap_or_default();
    while names.get(at).is_some_and(|length| *length > 0) {
        let Some((name, end)) = Name::read(names, at) else {
            return Err(Walker::broken(&DNSSL, at, Trouble::Other("no name")));
        };
        walker.value(&DNSSL, at..end, Value::Name(name))?;
        at = end;
    }
    if at < option.end { walker.group(&PADDING, at..option.end, |_| Ok(())) } else { Ok(()) }
}

/// The address of a portal (RFC 8910), padded with zeros.
fn walk_portal(walker: &mut Walker<'_, '_>, option: Range<usize>) -> Walked {
    let text = walker.header().get(option.start + 2..option.end).unwrap_or_default();
    let used = text.iter().position(|byte| *byte == 0).unwrap_or(text.len());
    walker.bytes(&PORTAL, option.start + 2..option.start + 2 + used)
}

/// The prefix of NAT64 (RFC 8781).
fn walk_pref64(walker: &mut Walker<'_, '_>, option: Range<usize>) -> Walked {
    walker.rows(option.start + 2, &[(&PREF64_LIFETIME, 0, 13), (&PREF64_LENGTH, 13, 3)])?;
    short_prefix(walker, &PREF64, option.start + 4..option.end.min(option.start + 16))
}

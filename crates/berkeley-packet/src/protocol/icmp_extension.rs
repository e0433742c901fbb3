//! The extensions of ICMP (RFC 4884): labels (RFC 4950), interfaces (RFC 5837), what is asked for (RFC 8335).

use std::ops::Range;

use crate::layer::field::{Field, Kind, Place};
use crate::layer::walk::Stop;
use crate::layer::{Walked, Walker, parts};
use crate::problem::Trouble;

parts! {
    EXTENSION = "icmp.ext", "Extensions", Group;
    VERSION = "icmp.ext.version", "Version", Decimal;
    RESERVED = "icmp.ext.res", "Reserved", Hex;
    CHECKSUM = "icmp.ext.checksum", "Checksum", Hex;
    LENGTH = "icmp.ext.length", "Length", Decimal, unit("bytes");
    CLASS = "icmp.ext.class", "Class", Decimal, words(class);
    CTYPE = "icmp.ext.ctype", "Kind within the class", Decimal;
    DATA = "icmp.ext.data", "Data", Bytes;
    LABEL = "icmp.mpls.label", "Label", Decimal;
    TRAFFIC = "icmp.mpls.exp", "Traffic class", Decimal;
    BOTTOM = "icmp.mpls.s", "Last label of the stack", Flag;
    TTL = "icmp.mpls.ttl", "Time to live", Decimal, unit("hops");
    ROLE = "icmp.int_info.role", "What the interface did", Decimal, words(role);
    ROLE_RESERVED = "icmp.int_info.reserved", "Reserved", Decimal;
    HAS_INDEX = "icmp.int_info.ifindex", "Has an index", Flag;
    HAS_ADDRESS = "icmp.int_info.ipaddr", "Has an address", Flag;
    HAS_NAME = "icmp.int_info.name_present", "Has a name", Flag;
    HAS_MTU = "icmp.int_info.mtu_present", "Has an MTU", Flag;
    INDEX = "icmp.int_info.index", "Index", Decimal;
    FAMILY = "icmp.int_info.afi", "Address family", Decimal;
    IPV4 = "icmp.int_info.ipv4", "Address", Ipv4;
    IPV6 = "icmp.int_info.ipv6", "Address", Ipv6;
    NAME_LENGTH = "icmp.int_info.name_length", "Length of the name", Decimal, unit("bytes");
    NAME = "icmp.int_info.name", "Name", Text;
    MTU = "icmp.int_info.mtu", "MTU", Decimal, unit("bytes");
    ASKED_NAME = "icmp.int_ident.name", "Name", Text;
    ASKED_INDEX = "icmp.int_ident.index", "Index", Decimal;
    ASKED_FAMILY = "icmp.int_ident.afi", "Address family", Decimal;
    ASKED_LENGTH = "icmp.int_ident.addr_length", "Length of the address", Decimal, unit("bytes");
    ASKED_RESERVED = "icmp.int_ident.reserved", "Reserved", Bytes;
    ASKED_IPV4 = "icmp.int_ident.ipv4", "Address", Ipv4;
    ASKED_IPV6 = "icmp.int_ident.ipv6", "Address", Ipv6;
    ASKED_ADDRESS = "icmp.int_ident.address", "Address", Bytes;
}

/// The length of the header of all extensions, and of each object.
const HEADER: usize = 4;

fn class(number: u64) -> Option<&'static str> {
    ["", "MPLS labels", "interface", "interface asked for"].get(usize::try_from(number).ok()?).copied()
}

fn role(number: u64) -> Option<&'static str> {
    ["packet came in here", "part of it came in here", "packet would go out here", "next hop"]
        .get(usize::try_from(number).ok()?)
        .copied()
}

/// The extensions from byte `at` on.
pub(crate) fn walk(walker: &mut Walker<'_, '_>, at: usize) -> Walked {
    let end = walker.header().len();
    walker.group(&EXTENSION, at..end, |walker| {
        walker.rows(at, &[(&VERSION, 0, 4), (&RESERVED, 4, 12), (&CHECKSUM, 16, 16)])?;
        if !matches!(walker.header()[at] >> 4, 1 | 2) {
            return Ok(());
        }
        let mut next = at + HEADER;
        while next + HEADER <= end {
            next += walk_object(walker, next, end)?;
        }
        Ok(())
    })
}

/// The object at `at`, and how long it is.
fn walk_object(walker: &mut Walker<'_, '_>, at: usize, end: usize) -> Result<usize, Stop> {
    walker.rows(at, &[(&LENGTH, 0, 16), (&CLASS, 16, 8), (&CTYPE, 24, 8)])?;
    let length = usize::try_from(walker.number(&LENGTH, at..at + 2)?).unwrap_or(usize::MAX);
    let (most, got) = ((end - at) as u64, length as u64);
    if length < HEADER {
        return Err(Walker::broken(&LENGTH, at, Trouble::TooSmall { least: HEADER as u64, got }));
    }
    if got > most {
        return Err(Walker::broken(&LENGTH, at, Trouble::TooLarge { most, got }));
    }
    let (kind, inside) = (walker.header()[at + 3], at + HEADER..at + length);
    match walker.header()[at + 2] {
        1 if kind == 1 => labels(walker, inside)?,
        2 => interface(walker, at + 3, inside)?,
        3 => asked(walker, kind, inside)?,
        _ if inside.is_empty() => (),
        _ => walker.bytes(&DATA, inside)?,
    }
    Ok(length)
}

fn labels(walker: &mut Walker<'_, '_>, inside: Range<usize>) -> Walked {
    for at in inside.clone().step_by(4).filter(|at| at + 4 <= inside.end) {
        walker.rows(at, &[(&LABEL, 0, 20), (&TRAFFIC, 20, 3), (&BOTTOM, 23, 1), (&TTL, 24, 8)])?;
    }
    Ok(())
}

/// An interface: the object's kind, a byte at `kind`, says what is told of it.
fn interface(walker: &mut Walker<'_, '_>, kind: usize, inside: Range<usize>) -> Walked {
    walker.rows(
        kind,
        &[
            (&ROLE, 0, 2),
            (&ROLE_RESERVED, 2, 2),
            (&HAS_INDEX, 4, 1),
            (&HAS_ADDRESS, 5, 1),
            (&HAS_NAME, 6, 1),
            (&HAS_MTU, 7, 1),
        ],
    )?;
    let (told, mut at) = (walker.header()[kind], inside.start);
    if told & 8 != 0 {
        walker.take(&INDEX, &mut at, 4)?;
    }
    if told & 4 != 0 {
        let family = walker.number(&FAMILY, at..at + 2)?;
        walker.take(&FAMILY, &mut at, 2)?;
        at += 2;
        let (field, length) = if family == 2 { (&IPV6, 16) } else { (&IPV4, 4) };
        walker.take(field, &mut at, length)?;
    }
    if told & 2 != 0 {
        let length = usize::try_from(walker.number(&NAME_LENGTH, at..at + 1)?).unwrap_or(0);
        walker.bytes(&NAME_LENGTH, at..at + 1)?;
        let end = (at + length).min(inside.end);
        let name = walker.header().get(at + 1..end).unwrap_or_default();
        let used = name.iter().position(|byte| *byte == 0).unwrap_or(name.len());
        walker.bytes(&NAME, at + 1..at + 1 + used)?;
        at = end;
    }
    if told & 1 != 0 { walker.take(&MTU, &mut at, 4) } else { Ok(()) }
}

/// The interface that an extended echo asks for: by name, index or address.
fn asked(walker: &mut Walker<'_, '_>, kind: u8, inside: Range<usize>) -> Walked {
    let mut at = inside.start;
    match kind {
        1 => {
            let name = walker.header().get(inside.clone()).unwrap_or_default();
            let used = name.iter().position(|byte| *byte == 0).unwrap_or(name.len());
            walker.bytes(&ASKED_NAME, at..at + used)
        }
        2 => walker.bytes(&ASKED_INDEX, at..at + 4),
        3 => {
            let family = walker.number(&ASKED_FAMILY, at..at + 2)?;
            walker.take(&ASKED_FAMILY, &mut at, 2)?;
            let length = usize::try_from(walker.number(&ASKED_LENGTH, at..at + 1)?).unwrap_or(0);
            walker.take(&ASKED_LENGTH, &mut at, 1)?;
            walker.take(&ASKED_RESERVED, &mut at, 1)?;
            match (family, length) {
                (1, 4) => walker.take(&ASKED_IPV4, &mut at, 4),
                (2, 16) => walker.take(&ASKED_IPV6, &mut at, 16),
                (_, 0) => Ok(()),
                _ => walker.take(&ASKED_ADDRESS, &mut at, length),
            }
        }
        _ if inside.is_empty() => Ok(()),
        _ => walker.bytes(&DATA, inside),
    }
}

//! The options of IPv6, for every hop or for the destination (RFC 8200, 4.2).

use super::extension;
use crate::layer::field::{Field, Kind, Place};
use crate::layer::walk::Stop;
use crate::layer::{Walked, Walker, parts};
use crate::problem::Trouble;

parts! {
    OPTION = "ipv6.opt", "Option", Group;
    TYPE = "ipv6.opt.type", "Kind", Hex, words(word);
    ACTION = "ipv6.opt.type.action", "What one does who does not know it", Decimal, words(action);
    CHANGE = "ipv6.opt.type.change", "May change on the way", Flag;
    REST = "ipv6.opt.type.rest", "The kind's other bits", Hex;
    LENGTH = "ipv6.opt.length", "Length", Decimal, unit("bytes");
    PAD_1 = "ipv6.opt.pad1", "Padding", Group;
    PAD_N = "ipv6.opt.padn", "Padding", Bytes;
    ROUTER_ALERT = "ipv6.opt.router_alert", "What routers are to look at", Decimal, words(alert);
    TUNNELS = "ipv6.opt.tel", "How many tunnels may follow", Decimal;
    JUMBO = "ipv6.opt.jumbo", "Length of what the packet carries", Decimal, unit("bytes");
    HOME = "ipv6.opt.mipv6.home_address", "Home address", Ipv6;
    QUICK_FUNCTION = "ipv6.opt.qs_func", "Quick start", Decimal;
    QUICK_RATE = "ipv6.opt.qs_rate", "Rate", Decimal;
    QUICK_TTL = "ipv6.opt.qs_ttl", "Hops left", Decimal;
    QUICK_NONCE = "ipv6.opt.qs_nonce", "Nonce", Hex;
    QUICK_RESERVED = "ipv6.opt.qs_reserved", "Reserved", Hex;
    DOMAIN = "ipv6.opt.calipso.doi", "Domain of interpretation", Decimal;
    COMPARTMENT_LENGTH = "ipv6.opt.calipso.cmpt.length", "Length of compartments", Decimal, unit("4 bytes");
    SENSITIVITY = "ipv6.opt.calipso.sens_level", "Sensitivity", Decimal;
    CALIPSO_CHECKSUM = "ipv6.opt.calipso.checksum", "Checksum", Hex;
    COMPARTMENTS = "ipv6.opt.calipso.cmpt_bitmap", "Compartments", Bytes;
    PDM_RECEIVED_SCALE = "ipv6.opt.pdm.scale_dtlr", "Scale of the time since the last one received", Decimal;
    PDM_SENT_SCALE = "ipv6.opt.pdm.scale_dtls", "Scale of the time since the last one sent", Decimal;
    PDM_THIS = "ipv6.opt.pdm.psn_this_pkt", "Number of this packet", Decimal;
    PDM_LAST = "ipv6.opt.pdm.psn_last_recv", "Number of the last packet received", Decimal;
    PDM_RECEIVED = "ipv6.opt.pdm.delta_last_recv", "Time since the last one received", Decimal;
    PDM_SENT = "ipv6.opt.pdm.delta_last_sent", "Time since the last one sent", Decimal;
    RPL_FLAGS = "ipv6.opt.rpl.flag", "Flags", Hex;
    RPL_DOWN = "ipv6.opt.rpl.flag.o", "Down", Flag;
    RPL_RANK_ERROR = "ipv6.opt.rpl.flag.r", "Rank error", Flag;
    RPL_FORWARDING_ERROR = "ipv6.opt.rpl.flag.f", "Forwarding error", Flag;
    RPL_RESERVED = "ipv6.opt.rpl.flag.rsv", "Reserved", Hex;
    RPL_INSTANCE = "ipv6.opt.rpl.instance_id", "Instance", Hex;
    RPL_RANK = "ipv6.opt.rpl.sender_rank", "Rank of the sender", Hex;
    NONCE = "ipv6.opt.ilnp_nonce", "Nonce", Bytes;
    EXPERIMENTAL = "ipv6.opt.experimental", "Experimental option", Bytes;
    UNKNOWN = "ipv6.opt.unknown", "What the option holds", Bytes;
}

fn word(number: u64) -> Option<&'static str> {
    Some(match number {
        0x00 => "Pad1",
        0x01 => "PadN",
        0x04 => "tunnel encapsulation limit",
        0x05 => "router alert",
        0x07 => "CALIPSO",
        0x08 => "SMF",
        0x0f => "performance and diagnostic metrics",
        0x23 | 0x63 => "RPL",
        0x26 => "quick start",
        0x30 => "minimum path MTU",
        0x6d => "MPL",
        0x8b => "ILNP nonce",
        0x8c => "line identification",
        0xc2 => "jumbo payload",
        0xc9 => "home address",
        0xee => "DFF",
        _ => return None,
    })
}

fn action(number: u64) -> Option<&'static str> {
    ["skip", "discard", "discard and tell", "discard and tell, but for multicast"]
        .get(usize::try_from(number).ok()?)
        .copied()
}

fn alert(number: u64) -> Option<&'static str> {
    Some(match number {
        0 => "MLD",
        1 => "RSVP",
        2 => "active networks",
        _ => return None,
    })
}

/// What stands at `at`, in an option of that kind and length. None where it has no such rows.
fn walk_rows(walker: &mut Walker<'_, '_>, kind: u8, length: usize, at: usize) -> Option<Walked> {
    let rows: &[(&'static Field, usize, usize)] = match (kind, length) {
        (0x04, 1) => &[(&TUNNELS, 0, 8)],
        (0x05, 2) => &[(&ROUTER_ALERT, 0, 16)],
        (0x0f, 10) => &[
            (&PDM_RECEIVED_SCALE, 0, 8),
            (&PDM_SENT_SCALE, 8, 8),
            (&PDM_THIS, 16, 16),
            (&PDM_LAST, 32, 16),
            (&PDM_RECEIVED, 48, 16),
            (&PDM_SENT, 64, 16),
        ],
        (0x23 | 0x63, 4) => &[
            (&RPL_FLAGS, 0, 8),
            (&RPL_DOWN, 0, 1),
            (&RPL_RANK_ERROR, 1, 1),
            (&RPL_FORWARDING_ERROR, 2, 1),
            (&RPL_RESERVED, 3, 5),
            (&RPL_INSTANCE, 8, 8),
            (&RPL_RANK, 16, 16),
        ],
        (0x26, 6) => &[
            (&QUICK_FUNCTION, 0, 4),
            (&QUICK_RATE, 4, 4),
            (&QUICK_TTL, 8, 8),
            (&QUICK_NONCE, 16, 30),
            (&QUICK_RESERVED, 46, 2),
        ],
        (0xc2, 4) => &[(&JUMBO, 0, 32)],
        (0xc9, 16) => &[(&HOME, 0, 128)],
        _ => return None,
    };
    Some(walker.rows(at, rows))
}

pub(crate) fn walk(walker: &mut Walker<'_, '_>) -> Walked {
    let end = extension::length_of(walker.header()).unwrap_or(0);
    let mut at = 2;
    while at < end {
        let kind = walker.number(&TYPE, at..at + 1)?;
        if kind == 0 {
            walker.group(&OPTION, at..at + 1, |walker| {
                walk_type(walker, at)?;
                walker.group(&PAD_1, at..at + 1, |_| Ok(()))
            })?;
            at += 1;
            continue;
        }
        let length = usize::try_from(walker.number(&LENGTH, at + 1..at + 2)?).unwrap_or(usize::MAX);
        let last = (at + 2).saturating_add(length);
        walker.group(&OPTION, at..last.min(end), |walker| walk_option(walker, at, length, end))?;
        at = last;
    }
    Ok(())
}

fn walk_type(walker: &mut Walker<'_, '_>, at: usize) -> Walked {
    walker.rows(at, &[(&TYPE, 0, 8), (&ACTION, 0, 2), (&CHANGE, 2, 1), (&REST, 3, 5)])
}

fn walk_option(walker: &mut Walker<'_, '_>, at: usize, length: usize, end: usize) -> Walked {
    walk_type(walker, at)?;
    walker.bytes(&LENGTH, at + 1..at + 2)?;
    let (kind, inside) = (walker.header()[at], at + 2);
    let most = end - inside.min(end);
    if length > most {
        return Err(too_large(at + 1, most, length));
    }
    if let Some(walked) = walk_rows(walker, kind, length, inside) {
        return walked;
    }
    let field = match kind {
        0x01 => &PAD_N,
        0x07 if length >= 8 => return walk_calipso(walker, inside, length),
        0x8b => &NONCE,
        0x1e | 0x3e | 0x5e | 0x7e | 0x9e | 0xbe | 0xde | 0xfe => &EXPERIMENTAL,
        _ => &UNKNOWN,
    };
    walker.bytes(field, inside..inside + length)
}

fn too_large(at: usize, most: usize, got: usize) -> Stop {
    Walker::broken(&LENGTH, at, Trouble::TooLarge { most: most as u64, got: got as u64 })
}

/// CALIPSO (RFC 5570).
fn walk_calipso(walker: &mut Walker<'_, '_>, at: usize, length: usize) -> Walked {
    walker.rows(at, &[(&DOMAIN, 0, 32), (&COMPARTMENT_LENGTH, 32, 8), (&SENSITIVITY, 40, 8)])?;
    walker.bytes(&CALIPSO_CHECKSUM, at + 6..at + 8)?;
    let words = usize::from(walker.header().get(at + 4).copied().unwrap_or(0)) * 4;
    let words = words.min(length - 8);
    if words > 0 { walker.bytes(&COMPARTMENTS, at + 8..at + 8 + words) } else { Ok(()) }
}

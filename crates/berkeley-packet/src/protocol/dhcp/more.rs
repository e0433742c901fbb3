//! Options that hold several values, each in its own way.

use super::fields::*;
use crate::layer::field::Field;
use crate::layer::value::Value;
use crate::layer::walk::{Walked, Walker};
use crate::name::Name;
use crate::protocol::cursor::Cursor;

/// `NetWare` over IP (RFC 2242): suboptions.
pub(super) fn novell(walker: &mut Walker<'_, '_>, value: &mut Cursor) -> Walked {
    while value.left() > 0 {
        let at = value.skip(&NOVELL, 1)?;
        let code = walker.number(&NOVELL, at.clone())?;
        walker.group(&NOVELL, at, |walker| {
            let mut inner = value.sized(walker, &SUBOPTION_LENGTH, 1)?;
            walker.bytes(&NOVELL_VALUE, inner.rest())?;
            match (code, inner.left()) {
                (5, 1) => flag(walker, &NOVELL_BROADCAST, &inner),
                (6, _) => addresses(walker, &NOVELL_PREFERRED, &mut inner),
                (7, _) => addresses(walker, &NOVELL_NEAREST, &mut inner),
                (8, 1) => inner.take(walker, &NOVELL_RETRIES, 1),
                (9, 1) => inner.take(walker, &NOVELL_DELAY, 1),
                (10, 1) => flag(walker, &NOVELL_OLD, &inner),
                (11, 4) => inner.take(walker, &NOVELL_PRIMARY, 4),
                _ => Ok(()),
            }
        })?;
    }
    Ok(())
}

fn flag(walker: &mut Walker<'_, '_>, field: &'static Field, value: &Cursor) -> Walked {
    let set = walker.number(field, value.rest())? != 0;
    walker.value(field, value.rest(), Value::Flag(set))
}

/// Addresses, where the bytes are nothing else.
fn addresses(walker: &mut Walker<'_, '_>, field: &'static Field, value: &mut Cursor) -> Walked {
    while value.left() > 0 && value.left().is_multiple_of(4) {
        value.take(walker, field, 4)?;
    }
    Ok(())
}

/// Agents of the Service Location Protocol (RFC 2610, 2).
pub(super) fn directory_agents(walker: &mut Walker<'_, '_>, value: &mut Cursor) -> Walked {
    if value.left() % 4 != 1 {
        return Ok(());
    }
    value.take(walker, &SLP_AGENT_MANDATORY, 1)?;
    addresses(walker, &SLP_AGENT, value)
}

/// The scopes that its agents are to use (RFC 2610, 3).
pub(super) fn service_scopes(walker: &mut Walker<'_, '_>, value: &mut Cursor) -> Walked {
    if value.left() < 1 {
        return Ok(());
    }
    value.take(walker, &SLP_SCOPE_MANDATORY, 1)?;
    super::text(walker, &SLP_SCOPE, value.rest())
}

/// Who has sent it, and that it is no replay (RFC 3118).
pub(super) fn authentication(walker: &mut Walker<'_, '_>, value: &mut Cursor) -> Walked {
    const DELAYED: u64 = 1;
    if value.left() < 11 {
        return Ok(());
    }
    let protocol = value.number(walker, &AUTH_PROTOCOL, 1)?;
    value.take(walker, if protocol == DELAYED { &AUTH_DELAYED } else { &AUTH_ALGORITHM }, 1)?;
    if value.number(walker, &AUTH_RDM, 1)? == 0 {
        value.take(walker, &AUTH_COUNTER, 8)?;
    } else {
        let at = value.skip(&AUTH_OTHER_COUNTER, 8)?;
        super::text(walker, &AUTH_OTHER_COUNTER, at)?;
    }
    match protocol {
        DELAYED if value.left() >= 20 => {
            value.take(walker, &AUTH_SECRET, 4)?;
            value.take(walker, &AUTH_HASH, 16)
        }
        DELAYED => Ok(()),
        _ => super::text(walker, &AUTH_INFORMATION, value.rest()),
    }
}

/// The machine of a client that boots (RFC 4578, 2.3).
pub(super) fn machine(walker: &mut Walker<'_, '_>, value: &mut Cursor) -> Walked {
    if value.left() != 17 || walker.number(&MACHINE, value.at..value.at + 1)? != 0 {
        return Ok(());
    }
    value.skip(&MACHINE, 1)?;
    value.take(walker, &MACHINE, 16)
}

/// An address of a house (RFC 4776): a country, and the parts of the address by their types.
pub(super) fn place(walker: &mut Walker<'_, '_>, value: &mut Cursor) -> Walked {
    if value.left() < 3 {
        return Ok(());
    }
    value.take(walker, &CIVIC_WHAT, 1)?;
    let country = value.skip(&CIVIC_COUNTRY, 2)?;
    super::text(walker, &CIVIC_COUNTRY, country)?;
    while value.left() > 1 {
        value.take(walker, &CIVIC_TYPE, 1)?;
        let part = value.sized(walker, &CIVIC_LENGTH, 1)?;
        if part.left() > 0 {
            super::text(walker, &CIVIC_VALUE, part.rest())?;
        }
    }
    Ok(())
}

/// Servers of SIP, by their names or by their addresses (RFC 3361).
pub(super) fn sip_servers(walker: &mut Walker<'_, '_>, value: &mut Cursor) -> Walked {
    if value.left() < 1 {
        return Ok(());
    }
    match value.number(walker, &SIP_ENCODING, 1)? {
        0 => {
            let start = value.at;
            let bytes = walker.header().get(value.rest()).unwrap_or_default();
            while let Some((name, end)) =
                Name::read(bytes, value.at - start).filter(|(_, end)| start + end <= value.end)
            {
                walker.value(&SIP_NAME, value.at..start + end, Value::Name(name))?;
                value.at = start + end;
            }
            Ok(())
        }
        1 => addresses(walker, &SIP_ADDRESS, value),
        _ => Ok(()),
    }
}

/// How a query of leases went (RFC 6926, 6.2.2).
pub(super) fn status(walker: &mut Walker<'_, '_>, value: &mut Cursor) -> Walked {
    if value.left() < 1 {
        return Ok(());
    }
    value.take(walker, &STATUS_CODE, 1)?;
    if value.left() > 0 { super::text(walker, &STATUS_MESSAGE, value.rest()) } else { Ok(()) }
}

/// The ports of an address that several share (RFC 7618).
pub(super) fn ports(walker: &mut Walker<'_, '_>, value: &mut Cursor) -> Walked {
    if value.left() != 4 {
        return Ok(());
    }
    value.take(walker, &PORTS_OFFSET, 1)?;
    value.take(walker, &PORTS_LENGTH, 1)?;
    value.take(walker, &PORTS_SET, 2)
}

/// IPv6 over a provider's IPv4 (RFC 5969, 7.1.1).
pub(super) fn rapid_deployment(walker: &mut Walker<'_, '_>, value: &mut Cursor) -> Walked {
    if value.left() < 22 || value.left() % 4 != 2 {
        return Ok(());
    }
    value.take(walker, &SIX_MASK, 1)?;
    value.take(walker, &SIX_LENGTH, 1)?;
    value.take(walker, &SIX_PREFIX, 16)?;
    addresses(walker, &SIX_RELAY, value)
}

//! DHCP for IPv6 (RFC 8415).

use std::fmt;

use crate::layer::field::{Field, Kind, bytes};
use crate::layer::value::Value;
use crate::layer::walk::{Walked, Walker};
use crate::layer::{Dissection, Frame, Layer, Next, Protocol};
use crate::name::Name;
use crate::protocol::cursor::Cursor;
use parts::*;

pub(crate) static DHCPV6: Protocol = Protocol {
    name: "dhcpv6",
    title: "Dynamic Host Configuration Protocol for IPv6",
    fields: FIELDS,
    checked: Protocol::checked(FIELDS),
    parts: parts::PARTS,
    dissect,
    walk: Some(walk),
    line,
    craft: None,
};

static FIELDS: &[Field] = &[
    Field::new("dhcpv6.msgtype", "Type of the message", Kind::Decimal, bytes(0, 1)).words(message),
    Field::new("dhcpv6.xid", "Transaction ID", Kind::Hex, bytes(1, 3)).when(|header| !is_relay(header)),
    Field::new("dhcpv6.hopcount", "Relays on the way", Kind::Decimal, bytes(1, 1)).when(is_relay),
    Field::new("dhcpv6.linkaddr", "Address of the link", Kind::Ipv6, bytes(2, 16)).when(is_relay),
    Field::new("dhcpv6.peeraddr", "Address of the peer", Kind::Ipv6, bytes(18, 16)).when(is_relay),
];

mod parts {
    use crate::layer::field::{Field, Kind, parts};

    parts! {
        OPTION = Field::group("dhcpv6.option.type_str", "Option");
        TYPE =
            Field::walked("dhcpv6.option.type", "Type of the option", Kind::Decimal).words(super::option_word);
        LENGTH = Field::walked("dhcpv6.option.length", "Length of the option", Kind::Decimal).unit("bytes");
        RELAYED = Field::group("Relayed message", "Message that is relayed");
        MSGTYPE = Field::walked("dhcpv6.msgtype", "Type of the message", Kind::Decimal).words(super::message);
        XID = Field::walked("dhcpv6.xid", "Transaction ID", Kind::Hex);
        HOPCOUNT = Field::walked("dhcpv6.hopcount", "Relays on the way", Kind::Decimal);
        LINKADDR = Field::walked("dhcpv6.linkaddr", "Address of the link", Kind::Ipv6);
        PEERADDR = Field::walked("dhcpv6.peeraddr", "Address of the peer", Kind::Ipv6);
        DUID = Field::walked("dhcpv6.duid.bytes", "Unique identifier", Kind::Bytes);
        DUID_TYPE = Field::walked("dhcpv6.duid.type", "Type of the identifier", Kind::Decimal);
        LLT_HARDWARE = Field::walked("dhcpv6.duidllt.hwtype", "Type of the hardware", Kind::Decimal);
        LLT_TIME = Field::walked("dhcpv6.duidllt.time", "Time of the identifier", Kind::Time);
        LLT_ADDRESS = Field::walked("dhcpv6.duidllt.link_layer_addr", "Hardware address", Kind::Mac);
        EN_ENTERPRISE = Field::walked("dhcpv6.duiden.enterprise", "Enterprise", Kind::Decimal);
        EN_IDENTIFIER = Field::walked("dhcpv6.duiden.identifier", "Identifier", Kind::Bytes);
        LL_HARDWARE = Field::walked("dhcpv6.duidll.hwtype", "Type of the hardware", Kind::Decimal);
        LL_ADDRESS = Field::walked("dhcpv6.duidll.link_layer_addr", "Hardware address", Kind::Mac);
        UUID = Field::walked("dhcpv6.duiduuid.bytes", "UUID", Kind::Bytes);
        IAID = Field::walked("dhcpv6.iaid", "Identifier of the association", Kind::Bytes);
        T1 = Field::walked("dhcpv6.iaid.t1", "Time to renew", Kind::Decimal).unit("seconds");
        T2 = Field::walked("dhcpv6.iaid.t2", "Time to rebind", Kind::Decimal).unit("seconds");
        IATA = Field::walked("dhcpv6.iata", "Identifier of the association", Kind::Bytes);
        ADDRESS = Field::walked("dhcpv6.iaaddr.ip", "Address", Kind::Ipv6);
        PREFERRED =
            Field::walked("dhcpv6.iaaddr.pref_lifetime", "Preferred lifetime", Kind::Decimal).unit("seconds");
        VALID =
            Field::walked("dhcpv6.iaaddr.valid_lifetime", "Valid lifetime", Kind::Decimal).unit("seconds");
        REQUESTED = Field::walked("dhcpv6.requested_option_code", "Option that is wanted", Kind::Decimal)
            .words(super::option_word);
        PREFERENCE = Field::walked("dhcpv6.option_preference", "Preference", Kind::Decimal);
        ELAPSED = Field::walked("dhcpv6.elapsed_time", "Time since the client began", Kind::Decimal)
            .unit("milliseconds")
            .times(10);
        UNICAST = Field::walked("dhcpv6.unicast", "Address of the server", Kind::Ipv6);
        STATUS = Field::walked("dhcpv6.status_code", "Status", Kind::Decimal);
        STATUS_TEXT = Field::walked("dhcpv6.status_msg", "Text of the status", Kind::Text);
        USER_CLASS = Field::group("User Class suboption", "Class of the user");
        USER_CLASS_LENGTH = Field::walked("dhcpv6.userclass.length", "Length of the class", Kind::Decimal);
        USER_CLASS_DATA = Field::walked("dhcpv6.userclass.opaque_data", "Class", Kind::Bytes);
        VENDOR_ENTERPRISE = Field::walked("dhcpv6.vendorclass.enterprise", "Enterprise", Kind::Decimal);
        VENDOR_DATA = Field::walked("dhcpv6.vendorclass.data", "Class of the vendor", Kind::Text);
        INFORMATION_ENTERPRISE = Field::walked("dhcpv6.vendoropts.enterprise", "Enterprise", Kind::Decimal);
        INTERFACE = Field::walked("dhcpv6.interface_id", "Interface", Kind::Bytes);
        RECONFIGURE = Field::walked("dhcpv6.reconf_msg", "Message that is wanted", Kind::Decimal);
        DNS_SERVER = Field::walked("dhcpv6.dns_server", "DNS server", Kind::Ipv6);
        SEARCH = Field::walked("dhcpv6.search_list_entry", "Domain to search", Kind::Name);
        PREFIX_PREFERRED =
            Field::walked("dhcpv6.iaprefix.pref_lifetime", "Preferred lifetime", Kind::Decimal);
        PREFIX_VALID = Field::walked("dhcpv6.iaprefix.valid_lifetime", "Valid lifetime", Kind::Decimal);
        PREFIX_LENGTH =
            Field::walked("dhcpv6.iaprefix.pref_len", "Length of the prefix", Kind::Decimal).unit("bits");
        PREFIX = Field::walked("dhcpv6.iaprefix.pref_addr", "Prefix", Kind::Ipv6);
        SNTP_SERVER = Field::walked("dhcpv6.sntp_server", "SNTP server", Kind::Ipv6);
        LIFETIME = Field::walked("dhcpv6.lifetime", "Lifetime", Kind::Decimal).unit("seconds");
        SIP_SERVER = Field::walked("dhcpv6.sip_server_a", "SIP server", Kind::Ipv6);
        REMOTE_ENTERPRISE = Field::walked("dhcpv6.remoteid.enterprise", "Enterprise", Kind::Decimal);
        REMOTE = Field::walked("dhcpv6.remoteid_enterprise_id", "Remote host", Kind::Bytes);
        FQDN_FLAGS = Field::walked("dhcpv6.client_fqdn_flags", "Flags of the name", Kind::Hex);
        FQDN_NAME = Field::walked("dhcpv6.client_domain", "Name of the client", Kind::Text);
    }
}

fn is_relay(header: &[u8]) -> bool {
    matches!(header.first(), Some(12 | 13))
}

fn message(kind: u64) -> Option<&'static str> {
    Some(match kind {
        1 => "Solicit",
        2 => "Advertise",
        3 => "Request",
        4 => "Confirm",
        5 => "Renew",
        6 => "Rebind",
        7 => "Reply",
        8 => "Release",
        9 => "Decline",
        10 => "Reconfigure",
        11 => "Information request",
        12 => "Relay forward",
        13 => "Relay reply",
        _ => return None,
    })
}

fn option_word(kind: u64) -> Option<&'static str> {
    Some(match kind {
        1 => "client",
        2 => "server",
        3 => "association for addresses",
        4 => "association for temporary addresses",
        5 => "address",
        6 => "options wanted",
        7 => "preference",
        8 => "elapsed time",
        9 => "relayed message",
        12 => "unicast",
        13 => "status",
        14 => "rapid commit",
        15 => "user class",
        16 => "vendor class",
        17 => "vendor-specific",
        18 => "interface",
        19 => "reconfigure message",
        20 => "reconfigure accept",
        23 => "DNS servers",
        24 => "domain search list",
        25 => "association for prefixes",
        26 => "prefix",
        31 => "SNTP servers",
        32 => "information refresh time",
        37 => "remote host",
        39 => "client name",
        _ => return None,
    })
}

/// The bytes before the options.
const HEADER: usize = 4;
const RELAY_HEADER: usize = 34;

fn dissect(frame: &Frame<'_>) -> Dissection {
    let least = if is_relay(frame.bytes) { RELAY_HEADER } else { HEADER };
    if frame.bytes.len() < least {
        return frame.too_short(FIELDS, least);
    }
    Dissection { header: frame.length(), payload: 0, next: Next::End, problem: None }
}

fn walk(walker: &mut Walker<'_, '_>) -> Walked {
    let least = if is_relay(walker.header()) { RELAY_HEADER } else { HEADER };
    if walker.header().len() < least {
        return Ok(());
    }
    let end = walker.layer().length();
    options(walker, &mut Cursor::new(least..end))
}

fn options(walker: &mut Walker<'_, '_>, cursor: &mut Cursor) -> Walked {
    while cursor.left() > 0 {
        walker.group(&OPTION, cursor.at..cursor.at, |walker| {
            let kind = cursor.number(walker, &TYPE, 2)?;
            let mut value = cursor.sized(walker, &LENGTH, 2)?;
            option(walker, kind, &mut value)
        })?;
    }
    Ok(())
}

fn option(walker: &mut Walker<'_, '_>, kind: u64, value: &mut Cursor) -> Walked {
    match kind {
        1 | 2 => unique(walker, value),
        3 | 25 => {
            value.take(walker, &IAID, 4)?;
            value.take(walker, &T1, 4)?;
            value.take(walker, &T2, 4)?;
            options(walker, value)
        }
        4 => {
            value.take(walker, &IATA, 4)?;
            options(walker, value)
        }
        5 => {
            value.take(walker, &ADDRESS, 16)?;
            value.take(walker, &PREFERRED, 4)?;
            value.take(walker, &VALID, 4)?;
            options(walker, value)
        }
        6 => each(walker, value, &REQUESTED, 2),
        7 => value.take(walker, &PREFERENCE, 1),
        8 => value.take(walker, &ELAPSED, 2),
        9 => walker.group(&RELAYED, value.at..value.at, |walker| relayed(walker, value)),
        12 => value.take(walker, &UNICAST, 16),
        13 => {
            value.take(walker, &STATUS, 2)?;
            value.tell_rest(walker, &STATUS_TEXT)
        }
        15 => user_class(walker, value),
        16 => vendor_class(walker, value),
        17 => value.take(walker, &INFORMATION_ENTERPRISE, 4),
        18 => value.tell_rest(walker, &INTERFACE),
        19 => value.take(walker, &RECONFIGURE, 1),
        22 => each(walker, value, &SIP_SERVER, 16),
        23 => each(walker, value, &DNS_SERVER, 16),
        24 => search_list(walker, value),
        26 => {
            value.take(walker, &PREFIX_PREFERRED, 4)?;
            value.take(walker, &PREFIX_VALID, 4)?;
            value.take(walker, &PREFIX_LENGTH, 1)?;
            value.take(walker, &PREFIX, 16)?;
            options(walker, value)
        }
        31 => each(walker, value, &SNTP_SERVER, 16),
        32 => value.take(walker, &LIFETIME, 4),
        37 => {
            value.take(walker, &REMOTE_ENTERPRISE, 4)?;
            value.tell_rest(walker, &REMOTE)
        }
        39 => client_name(walker, value),
        _ => Ok(()),
    }
}

fn each(walker: &mut Walker<'_, '_>, value: &mut Cursor, field: &'static Field, bytes: usize) -> Walked {
    while value.left() > 0 {
        value.take(walker, field, bytes)?;
    }
    Ok(())
}

/// A message within a message.
fn relayed(walker: &mut Walker<'_, '_>, value: &mut Cursor) -> Walked {
    match value.number(walker, &MSGTYPE, 1)? {
        12 | 13 => {
            value.take(walker, &HOPCOUNT, 1)?;
            value.take(walker, &LINKADDR, 16)?;
            value.take(walker, &PEERADDR, 16)?;
        }
        _ => value.take(walker, &XID, 3)?,
    }
    options(walker, value)
}

/// From 1970 to the year 2000, from which the time of an identifier counts, in seconds.
const SINCE_1970: i64 = 946_684_800;

/// A unique identifier (RFC 8415, 11).
fn unique(walker: &mut Walker<'_, '_>, value: &mut Cursor) -> Walked {
    walker.bytes(&DUID, value.rest())?;
    let address = match value.number(walker, &DUID_TYPE, 2)? {
        1 => {
            value.take(walker, &LLT_HARDWARE, 2)?;
            let at = value.skip(&LLT_TIME, 4)?;
            let seconds = walker.number(&LLT_TIME, at.clone())?.cast_signed();
            walker.value(&LLT_TIME, at, Value::Time(seconds + SINCE_1970, 0))?;
            &LLT_ADDRESS
        }
        2 => {
            value.take(walker, &EN_ENTERPRISE, 4)?;
            return value.tell_rest(walker, &EN_IDENTIFIER);
        }
        3 => {
            value.take(walker, &LL_HARDWARE, 2)?;
            &LL_ADDRESS
        }
        4 => return value.tell_rest(walker, &UUID),
        _ => return Ok(()),
    };
    if value.left() == 6 { value.take(walker, address, 6) } else { Ok(()) }
}

fn user_class(walker: &mut Walker<'_, '_>, value: &mut Cursor) -> Walked {
    while value.left() > 0 {
        walker.group(&USER_CLASS, value.at..value.at, |walker| {
            value.sized(walker, &USER_CLASS_LENGTH, 2)?.tell_rest(walker, &USER_CLASS_DATA)
        })?;
    }
    Ok(())
}

fn vendor_class(walker: &mut Walker<'_, '_>, value: &mut Cursor) -> Walked {
    value.take(walker, &VENDOR_ENTERPRISE, 4)?;
    while value.left() > 0 {
        let at = value.skip(&VENDOR_DATA, 2)?;
        let length = walker.number(&VENDOR_DATA, at.clone())?;
        value.part(&VENDOR_DATA, at.start, length)?.tell_rest(walker, &VENDOR_DATA)?;
    }
    Ok(())
}

fn search_list(walker: &mut Walker<'_, '_>, value: &mut Cursor) -> Walked {
    let start = value.at;
    let bytes = walker.header().get(value.rest()).unwrap_or_default();
    while let Some((name, end)) =
        Name::read(bytes, value.at - start).filter(|(_, end)| start + end <= value.end)
    {
        walker.value(&SEARCH, value.at..start + end, Value::Name(name))?;
        value.at = start + end;
    }
    Ok(())
}

/// The name of a client (RFC 4704), which need not be a whole one.
fn client_name(walker: &mut Walker<'_, '_>, value: &mut Cursor) -> Walked {
    value.take(walker, &FQDN_FLAGS, 1)?;
    let bytes = walker.header().get(value.rest()).unwrap_or_default();
    match (Name::read(bytes, 0), bytes) {
        (Some((name, _)), _) => walker.value(&FQDN_NAME, value.rest(), Value::Name(name)),
        (None, [length, label @ ..]) if usize::from(*length) == label.len() => {
            walker.value(&FQDN_NAME, value.rest(), Value::Text(label))
        }
        _ => Ok(()),
    }
}

fn line(layer: Layer<'_>, out: &mut dyn fmt::Write) -> fmt::Result {
    let number = |name| layer.field(name).and_then(|value| value.number());
    out.write_str(number("dhcpv6.msgtype").and_then(message).unwrap_or("message"))?;
    match layer.field("dhcpv6.iaaddr.ip") {
        Some(address) => write!(out, " {address}"),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layer::packet::Packet;
    use crate::protocol::testing::{breaks, hex, holds, line, survives};

    const ADVERTISE: &str = "02 123456 0001 000e 0001000112345678020000000001 0002 000a 00030001020000000002
        0003 0028 00000001 00000e10 00001518 0005 0018 20010db8000000000000000000000001 00000e10 00001c20
        0017 0010 20010db8000000000000000000000053 0018 000d 076578616d706c6503636f6d00 0008 0002 0064";

    #[test]
    fn a_message_is_told_with_its_options() {
        let bytes = hex(ADVERTISE);
        let fields = [
            "dhcpv6.msgtype=2",
            "dhcpv6.xid=1193046",
            "dhcpv6.option.type=1",
            "dhcpv6.duidllt.time=Sep  4, 2009 22:51:36.000000000 UTC",
            "dhcpv6.duidllt.link_layer_addr=02:00:00:00:00:01",
            "dhcpv6.duidll.link_layer_addr=02:00:00:00:00:02",
            "dhcpv6.iaid=00000001",
            "dhcpv6.iaid.t1=3600",
            "dhcpv6.iaaddr.ip=2001:db8::1",
            "dhcpv6.iaaddr.valid_lifetime=7200",
            "dhcpv6.dns_server=2001:db8::53",
            "dhcpv6.search_list_entry=example.com",
            "dhcpv6.elapsed_time=1000",
        ];
        holds(&DHCPV6, &bytes, &fields);
        survives(&DHCPV6, &bytes, &[]);
        assert_eq!(line(&Packet::decode_as(&DHCPV6, &bytes, bytes.len())), "dhcpv6 Advertise 2001:db8::1");
    }

    #[test]
    fn a_relayed_message_is_told_within_the_relay_s() {
        let relay = "0c 01 20010db8000000000000000000000001 fe800000000000000000000000000001
            0009 0008 01 123456 000e 0000";
        let fields =
            ["dhcpv6.hopcount=1", "dhcpv6.peeraddr=fe80::1", "dhcpv6.msgtype=1", "dhcpv6.option.type=14"];
        holds(&DHCPV6, &hex(relay), &fields);
    }

    #[test]
    fn a_message_breaks_where_it_breaks() {
        breaks(&DHCPV6, &hex("01 1234"), "dhcpv6.xid");
        breaks(&DHCPV6, &hex("01 123456 0001 000f 0001"), "dhcpv6.option.length");
        breaks(&DHCPV6, &hex("01 123456 0005 0004 20010db8"), "dhcpv6.iaaddr.ip");
        let deep = "0009 0100 01 123456 ".repeat(30);
        breaks(&DHCPV6, &hex(&format!("01 123456 {deep}")), "dhcpv6.option.length");
    }
}

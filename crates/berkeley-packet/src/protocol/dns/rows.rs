//! The types of records, and the words of DNS (IANA, DNS parameters).

use super::fields::*;
use super::records;
use super::walk::Message;
use crate::layer::field::Field;
use crate::layer::walk::Walked;
use crate::protocol::cursor::Cursor;

/// How the data of a type is read.
#[derive(Clone, Copy)]
pub(super) enum Data {
    /// One field after the other.
    Steps(&'static [Step]),
    /// As its own function does.
    Walk(fn(&mut Message<'_, '_, '_>, &mut Cursor) -> Walked),
}

/// A field of a record's data.
#[derive(Clone, Copy)]
pub(super) enum Step {
    /// So many bytes.
    Fixed(&'static Field, usize),
    /// A name.
    Name(&'static Field),
    /// A text, behind its length of one byte.
    Text(&'static Field, &'static Field),
    /// Bytes, behind their length, which is a number of so many bytes.
    Sized(&'static Field, usize, &'static Field),
    /// Seconds since 1970, in so many bytes.
    Time(&'static Field, usize),
    /// All that is left.
    Rest(&'static Field),
}

use Data::{Steps, Walk};
use Step::{Fixed, Name, Rest, Sized, Text, Time};

pub(super) const SRV: u64 = 33;
pub(super) const OPT: u64 = 41;

/// The data of the type `kind`.
pub(super) fn data(kind: u64) -> Option<Data> {
    TYPES.binary_search_by_key(&kind, |row| row.0).ok().and_then(|index| TYPES[index].2)
}

/// A type's name.
pub(super) fn kind(kind: u64) -> Option<&'static str> {
    TYPES.binary_search_by_key(&kind, |row| row.0).ok().map(|index| TYPES[index].1)
}

static SIGNATURE: &[Step] = &[
    Fixed(&RRSIG_COVERED, 2),
    Fixed(&RRSIG_ALGORITHM, 1),
    Fixed(&RRSIG_LABELS, 1),
    Fixed(&RRSIG_TTL, 4),
    Time(&RRSIG_EXPIRATION, 4),
    Time(&RRSIG_INCEPTION, 4),
    Fixed(&RRSIG_TAG, 2),
    Name(&RRSIG_SIGNER),
    Rest(&RRSIG_SIGNATURE),
];

static DIGEST: &[Step] =
    &[Fixed(&DS_TAG, 2), Fixed(&DS_ALGORITHM, 1), Fixed(&DS_DIGEST_TYPE, 1), Rest(&DS_DIGEST)];

static ASSOCIATION: &[Step] =
    &[Fixed(&TLSA_USAGE, 1), Fixed(&TLSA_SELECTOR, 1), Fixed(&TLSA_MATCHING, 1), Rest(&TLSA_DATA)];

/// The types, by number: name and data.
static TYPES: &[(u64, &str, Option<Data>)] = &[
    (1, "A", Some(Steps(&[Fixed(&A, 4)]))),
    (2, "NS", Some(Steps(&[Name(&NS)]))),
    (3, "MD", Some(Steps(&[Name(&MD)]))),
    (4, "MF", Some(Steps(&[Name(&MF)]))),
    (5, "CNAME", Some(Steps(&[Name(&CNAME)]))),
    (
        6,
        "SOA",
        Some(Steps(&[
            Name(&SOA_MNAME),
            Name(&SOA_RNAME),
            Fixed(&SOA_SERIAL, 4),
            Fixed(&SOA_REFRESH, 4),
            Fixed(&SOA_RETRY, 4),
            Fixed(&SOA_EXPIRE, 4),
            Fixed(&SOA_MINIMUM, 4),
        ])),
    ),
    (7, "MB", Some(Steps(&[Name(&MB)]))),
    (8, "MG", Some(Steps(&[Name(&MG)]))),
    (9, "MR", Some(Steps(&[Name(&MR)]))),
    (10, "NULL", Some(Steps(&[Rest(&NULL)]))),
    (11, "WKS", Some(Walk(records::well_known_services))),
    (12, "PTR", Some(Steps(&[Name(&PTR)]))),
    (13, "HINFO", Some(Steps(&[Text(&HINFO_CPU_LEN, &HINFO_CPU), Text(&HINFO_OS_LEN, &HINFO_OS)]))),
    (14, "MINFO", Some(Steps(&[Name(&MINFO_R), Name(&MINFO_E)]))),
    (15, "MX", Some(Steps(&[Fixed(&MX_PREFERENCE, 2), Name(&MX_EXCHANGE)]))),
    (16, "TXT", Some(Walk(records::texts))),
    (17, "RP", Some(Steps(&[Name(&RP_MAILBOX), Name(&RP_TXT)]))),
    (18, "AFSDB", Some(Steps(&[Fixed(&AFSDB_SUBTYPE, 2), Name(&AFSDB_HOSTNAME)]))),
    (19, "X25", Some(Steps(&[Text(&X25_LEN, &X25_ADDRESS)]))),
    (20, "ISDN", Some(Walk(records::isdn))),
    (21, "RT", Some(Steps(&[Fixed(&RT_PREFERENCE, 2), Name(&RT_HOST)]))),
    (22, "NSAP", Some(Steps(&[Rest(&NSAP)]))),
    (23, "NSAP-PTR", Some(Steps(&[Name(&NSAP_OWNER)]))),
    (24, "SIG", Some(Steps(SIGNATURE))),
    (25, "KEY", Some(Walk(records::old_key))),
    (26, "PX", Some(Steps(&[Fixed(&PX_PREFERENCE, 2), Name(&PX_MAP822), Name(&PX_MAP400)]))),
    (
        27,
        "GPOS",
        Some(Steps(&[
            Text(&GPOS_LONGITUDE_LEN, &GPOS_LONGITUDE),
            Text(&GPOS_LATITUDE_LEN, &GPOS_LATITUDE),
            Text(&GPOS_ALTITUDE_LEN, &GPOS_ALTITUDE),
        ])),
    ),
    (28, "AAAA", Some(Steps(&[Fixed(&AAAA, 16)]))),
    (29, "LOC", Some(Walk(records::location))),
    (30, "NXT", Some(Steps(&[Name(&NXT_NEXT)]))),
    (
        33,
        "SRV",
        Some(Steps(&[
            Fixed(&SRV_PRIORITY, 2),
            Fixed(&SRV_WEIGHT, 2),
            Fixed(&SRV_PORT, 2),
            Name(&SRV_TARGET),
        ])),
    ),
    (35, "NAPTR", Some(Walk(records::naming_authority))),
    (36, "KX", Some(Steps(&[Fixed(&KX_PREFERENCE, 2), Name(&KX_EXCHANGE)]))),
    (
        37,
        "CERT",
        Some(Steps(&[
            Fixed(&CERT_TYPE, 2),
            Fixed(&CERT_TAG, 2),
            Fixed(&CERT_ALGORITHM, 1),
            Rest(&CERT_DATA),
        ])),
    ),
    (38, "A6", Some(Walk(records::old_address))),
    (39, "DNAME", Some(Steps(&[Name(&DNAME)]))),
    (41, "OPT", None),
    (42, "APL", Some(Walk(records::address_prefixes))),
    (43, "DS", Some(Steps(DIGEST))),
    (
        44,
        "SSHFP",
        Some(Steps(&[Fixed(&SSHFP_ALGORITHM, 1), Fixed(&SSHFP_TYPE, 1), Rest(&SSHFP_FINGERPRINT)])),
    ),
    (45, "IPSECKEY", Some(Walk(records::ipsec_key))),
    (46, "RRSIG", Some(Steps(SIGNATURE))),
    (47, "NSEC", Some(Walk(records::next_secure))),
    (48, "DNSKEY", Some(Walk(records::key))),
    (49, "DHCID", Some(Steps(&[Rest(&DHCID)]))),
    (50, "NSEC3", Some(Walk(records::next_secure3))),
    (
        51,
        "NSEC3PARAM",
        Some(Steps(&[
            Fixed(&NSEC3_ALGORITHM, 1),
            Fixed(&NSEC3_FLAGS, 1),
            Fixed(&NSEC3_ITERATIONS, 2),
            Sized(&NSEC3_SALT_LEN, 1, &NSEC3_SALT),
        ])),
    ),
    (52, "TLSA", Some(Steps(ASSOCIATION))),
    (53, "SMIMEA", None),
    (55, "HIP", Some(Walk(records::host_identity))),
    (59, "CDS", Some(Steps(DIGEST))),
    (60, "CDNSKEY", Some(Walk(records::key))),
    (61, "OPENPGPKEY", Some(Steps(&[Rest(&OPENPGPKEY)]))),
    (62, "CSYNC", Some(Walk(records::child_sync))),
    (
        63,
        "ZONEMD",
        Some(Steps(&[
            Fixed(&ZONEMD_SERIAL, 4),
            Fixed(&ZONEMD_SCHEME, 1),
            Fixed(&ZONEMD_ALGORITHM, 1),
            Rest(&ZONEMD_DIGEST),
        ])),
    ),
    (64, "SVCB", Some(Walk(records::service_binding))),
    (65, "HTTPS", Some(Walk(records::service_binding))),
    (99, "SPF", Some(Walk(records::sender_policy))),
    (104, "NID", Some(Steps(&[Fixed(&NID_PREFERENCE, 2), Fixed(&NID, 8)]))),
    (105, "L32", Some(Steps(&[Fixed(&L32_PREFERENCE, 2), Fixed(&L32, 4)]))),
    (106, "L64", Some(Steps(&[Fixed(&L64_PREFERENCE, 2), Fixed(&L64, 8)]))),
    (107, "LP", Some(Steps(&[Fixed(&LP_PREFERENCE, 2), Name(&LP)]))),
    (108, "EUI48", Some(Steps(&[Fixed(&EUI48, 6)]))),
    (109, "EUI64", Some(Steps(&[Fixed(&EUI64, 8)]))),
    (
        249,
        "TKEY",
        Some(Steps(&[
            Name(&TKEY_ALGORITHM),
            Time(&TKEY_INCEPTION, 4),
            Time(&TKEY_EXPIRATION, 4),
            Fixed(&TKEY_MODE, 2),
            Fixed(&TKEY_ERROR, 2),
            Sized(&TKEY_KEY_LEN, 2, &TKEY_KEY),
            Sized(&TKEY_OTHER_LEN, 2, &TKEY_OTHER),
        ])),
    ),
    (250, "TSIG", Some(Walk(records::transaction_signature))),
    (251, "IXFR", None),
    (252, "AXFR", None),
    (255, "ANY", None),
    (256, "URI", None),
    (257, "CAA", Some(Walk(records::issuers))),
    (32769, "DLV", Some(Steps(DIGEST))),
];

pub(super) fn class(class: u64) -> Option<&'static str> {
    Some(match class {
        1 => "IN",
        3 => "CH",
        4 => "HS",
        254 => "NONE",
        255 => "ANY",
        _ => return None,
    })
}

pub(super) fn opcode(opcode: u64) -> Option<&'static str> {
    Some(match opcode {
        0 => "query",
        1 => "inverse query",
        2 => "status",
        4 => "notify",
        5 => "update",
        6 => "stateful operation",
        _ => return None,
    })
}

pub(super) fn rcode(rcode: u64) -> Option<&'static str> {
    Some(match rcode {
        0 => "NoError",
        1 => "FormErr",
        2 => "ServFail",
        3 => "NXDomain",
        4 => "NotImp",
        5 => "Refused",
        6 => "YXDomain",
        7 => "YXRRSet",
        8 => "NXRRSet",
        9 => "NotAuth",
        10 => "NotZone",
        _ => return None,
    })
}

pub(super) fn option(code: u64) -> Option<&'static str> {
    Some(match code {
        1 => "LLQ",
        3 => "NSID",
        5 => "DAU",
        6 => "DHU",
        7 => "N3U",
        8 => "client subnet",
        9 => "expire",
        10 => "cookie",
        11 => "TCP keepalive",
        12 => "padding",
        13 => "chain",
        14 => "key tag",
        15 => "extended error",
        _ => return None,
    })
}

pub(super) fn service_key(key: u64) -> Option<&'static str> {
    Some(match key {
        0 => "mandatory",
        1 => "alpn",
        2 => "no-default-alpn",
        3 => "port",
        4 => "ipv4hint",
        5 => "ech",
        6 => "ipv6hint",
        _ => return None,
    })
}

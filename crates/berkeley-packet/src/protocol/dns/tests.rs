use super::*;
use crate::layer::packet::Packet;
use crate::layer::value::Value;
use crate::protocol::testing::{breaks, hex, holds, line, survives};

/// A question with eight options of EDNS.
const QUESTION: &str = "41fa 0100 0001 0000 0000 0001 03777777076578616d706c6503636f6d00 0001 0001
    00 0029 04d0 00 00 8000 004f
    0008 0007 00011800c00002 000a 0010 0000000000000000 1111111111111111 000c 0002 0000
    000b 0002 0064 000f 0007 0006626f677573 0005 0002 080a fde9 0003 616263 0008 0008 0002200020010db8";

/// An answer with one record, whose name points to the question's: its type, and its data with the length.
fn answer(kind: &str, data: &str) -> Vec<u8> {
    let question = format!("03777777076578616d706c6503636f6d00 {kind} 0001");
    hex(&format!("5cb0 8180 0001 0001 0000 0000 {question} c00c {kind} 0001 0000012c {data}"))
}

/// Types, their data, and fields of it, as tshark has them.
const RECORDS: &[(&str, &str, &[&str])] = &[
    (
        "0001",
        "0004 c0000201",
        &["dns.resp.name=www.example.com", "dns.resp.ttl=300", "dns.resp.len=4", "dns.a=192.0.2.1"],
    ),
    ("001c", "0010 20010db8000000000000000000000001", &["dns.aaaa=2001:db8::1"]),
    ("0005", "0006 03666f6fc010", &["dns.cname=foo.example.com"]),
    ("0002", "0006 036e7331c010", &["dns.ns=ns1.example.com"]),
    ("000c", "0007 04686f7374c010", &["dns.ptr.domain_name=host.example.com"]),
    ("000f", "0009 000a 046d61696cc010", &["dns.mx.preference=10", "dns.mx.mail_exchange=mail.example.com"]),
    ("0010", "0007 0361 6263 026465", &["dns.txt.length=3", "dns.txt=abc", "dns.txt.length=2", "dns.txt=de"]),
    (
        "0006",
        "0021 036e7331c010 04686f7374c010 78c275f5 00001c20 00000e10 00127500 0000012c",
        &["dns.soa.mname=ns1.example.com", "dns.soa.serial_number=2026010101", "dns.soa.minimum_ttl=300"],
    ),
    (
        "0021",
        "001a 0001 0002 01bb 06746172676574076578616d706c6503636f6d00",
        &["dns.srv.service=www", "dns.srv.proto=example", "dns.srv.name=com", "dns.srv.port=443"],
    ),
    (
        "0101",
        "0016 80 05 6973737565 6c657473656e63727970742e6f7267",
        &[
            "dns.caa.flags=128",
            "dns.caa.flags.issuer_critical=1",
            "dns.caa.issue=letsencrypt.org",
            "dns.caa.tag=issue",
        ],
    ),
    (
        "002b",
        "0008 3039 08 02 49fd46e6",
        &["dns.ds.key_id=12345", "dns.ds.digest_type=2", "dns.ds.digest=49fd46e6"],
    ),
    (
        "0030",
        "0007 0101 03 08 030100",
        &["dns.dnskey.flags.zone_key=1", "dns.dnskey.flags.secure_entry_point=1", "dns.dnskey.key_id=1802"],
    ),
    (
        "002e",
        "0028 0001 08 03 0000012c 6b0e0e00 6ae68100 3039 076578616d706c6503636f6d00 666f6f62617262617a",
        &[
            "dns.rrsig.signature_expiration=Dec  1, 2026 00:00:00.000000000 UTC",
            "dns.rrsig.signers_name=example.com",
            "dns.rrsig.signature=666f6f62617262617a",
        ],
    ),
    (
        "002f",
        "0008 c00c 0004 40010001",
        &["dns.nsec.next_domain_name=www.example.com", "dns.resp.type=1", "dns.resp.type=15"],
    ),
    (
        "0032",
        "0026 01 01 000c 04aabbccdd 1417f3df17b2b2adaef615257de4d2020b80ac6c7c 0006400000000002",
        &[
            "dns.nsec3.flags=1",
            "dns.nsec3.flags.opt_out=1",
            "dns.nsec3.salt_value=aabbccdd",
            "dns.nsec3.hash_value=2vptu5timamqttgl4luu9kg21e0aor3s",
            "dns.resp.type=46",
        ],
    ),
    (
        "0034",
        "0005 03 01 01 0123",
        &["dns.tlsa.certificate_usage=3", "dns.tlsa.certificate_association_data=0123"],
    ),
    (
        "0041",
        "002a 0001 00 0000 0002 0001 0001 0006 026832026833 0003 0002 20fb 0004 0008 c0000201c0000202 0309 0001 61",
        &[
            "dns.svcb.targetname=<Root>",
            "dns.svcb.svcparam.mandatory.key=1",
            "dns.svcb.svcparam.alpn=h2",
            "dns.svcb.svcparam.alpn=h3",
            "dns.svcb.svcparam.port=8443",
            "dns.svcb.svcparam.ipv4hint.ip=192.0.2.2",
            "dns.svcb.svcparam.value=61",
        ],
    ),
    (
        "0023",
        "0012 0064 000a 0175 074532552b736970 0161 c00c",
        &["dns.naptr.flags=u", "dns.naptr.service=E2U+sip", "dns.naptr.replacement_length=15"],
    ),
    (
        "002a",
        "0007 0001 15 83 c0a820",
        &["dns.apl.negation=1", "dns.apl.afdlength=3", "dns.apl.afdpart.ipv4=192.168.32.0"],
    ),
    (
        "001d",
        "0010 00 00 16 13 8b3cf018 810cbce0 009895b8",
        &["dns.loc.version=0", "dns.loc.altitude=9999800"],
    ),
    ("ff00", "0004 0a000001", &["dns.resp.type=65280", "dns.data=0a000001"]),
];

#[test]
fn the_records_of_each_type_have_their_fields() {
    for (kind, data, fields) in RECORDS {
        let bytes = answer(kind, data);
        holds(&DNS, &bytes, fields);
        // A bitmap's types and a key's tag belong to more bytes than their own; a name may be cut behind a pointer.
        survives(&DNS, &bytes, &["dns.dnskey.key_id", "dns.extraneous", "dns.caa.", "dns.srv."]);
    }
}

#[test]
fn a_question_is_told_with_its_options() {
    let bytes = hex(QUESTION);
    holds(
        &DNS,
        &bytes,
        &[
            "dns.id=16890",
            "dns.flags=256",
            "dns.flags.response=0",
            "dns.flags.recdesired=1",
            "dns.count.queries=1",
            "dns.count.add_rr=1",
            "dns.qry.name=www.example.com",
            "dns.qry.name.len=15",
            "dns.count.labels=3",
            "dns.qry.type=1",
            "dns.qry.class=1",
            "dns.resp.name=<Root>",
            "dns.rr.udp_payload_size=1232",
            "dns.resp.z.do=1",
            "dns.opt.client.addr4=192.0.2.0",
            "dns.opt.cookie.server=1111111111111111",
            "dns.opt.padding=0000",
            "dns.opt.edns_tcp_keepalive.timeout=100",
            "dns.opt.ext_error.info_code=6",
            "dns.opt.ext_error.extra_text=bogus",
            "dns.opt.dau=8",
            "dns.opt.dau=10",
            "dns.opt.code=65001",
            "dns.opt.data=616263",
            "dns.opt.client.addr6=2001:db8::",
        ],
    );
    survives(&DNS, &bytes, &["dns.extraneous", "dns.opt.client.addr"]);
    let packet = Packet::decode_as(&DNS, &bytes, bytes.len());
    assert_eq!(line(&packet), "dns 16890+ A? www.example.com");
    assert_eq!(packet.field("dns.flags.rcode"), None, "a question has no reply code");
}

#[test]
fn an_answer_is_a_line() {
    let bytes = answer("0001", "0004 c0000201");
    assert_eq!(line(&Packet::decode_as(&DNS, &bytes, bytes.len())), "dns 23728+ 1/0/0 A 192.0.2.1");
    let missing = hex("0001 8583 0001 0000 0000 0000 0161 00 0001 0001");
    assert_eq!(line(&Packet::decode_as(&DNS, &missing, missing.len())), "dns 1+ NXDomain 0/0/0");
}

#[test]
fn over_tcp_a_length_stands_before_each_message() {
    let message = answer("0005", "0006 03666f6fc010");
    let one = [&[0, u8::try_from(message.len()).unwrap()], message.as_slice()].concat();
    holds(
        &DNS_STREAM,
        &one,
        &["dns.length=51", "dns.id=23728", "dns.flags.rcode=0", "dns.cname=foo.example.com"],
    );
    survives(&DNS_STREAM, &one, &["dns.extraneous"]);
    let two = [one.as_slice(), one.as_slice()].concat();
    let packet = Packet::decode_as(&DNS_STREAM, &two, two.len());
    assert_eq!(packet.layers().map(|layer| layer.protocol().name).collect::<Vec<_>>(), ["dns", "dns"]);
    assert!(
        begins_stream(&one) && !begins_stream(&one[..one.len() - 1]),
        "a part of a message is no message"
    );
}

#[test]
fn multicast_has_a_flag_in_the_class() {
    let bytes = hex("0000 8400 0000 0001 0000 0000 0161056c6f63616c00 0001 8001 00000078 0004 c0000201");
    holds(
        &MDNS,
        &bytes,
        &["dns.resp.name=a.local", "dns.resp.class=1", "dns.resp.cache_flush=1", "dns.a=192.0.2.1"],
    );
    let bytes = hex("0000 0000 0001 0000 0000 0000 0161056c6f63616c00 0001 8001");
    holds(&MDNS, &bytes, &["dns.qry.class=1", "dns.qry.qu=1"]);
}

#[test]
fn an_update_has_other_counts() {
    let bytes = hex("f148 2800 0001 0001 0001 0000 076578616d706c6503636f6d00 0006 0001
        0162c00c 00ff 00ff 00000000 0000 0161c00c 0001 0001 0000012c 0004 01020304");
    holds(
        &DNS,
        &bytes,
        &["dns.count.zones=1", "dns.count.prerequisites=1", "dns.count.updates=1", "dns.a=1.2.3.4"],
    );
}

#[test]
fn a_message_breaks_where_it_breaks() {
    breaks(&DNS, &hex("0001 0100 0001 0000 0000 00"), "dns.count.add_rr");
    breaks(&DNS, &hex("0001 0100 0001 0000 0000 0000"), "dns.qry.name");
    breaks(&DNS, &hex("0001 0100 ffff 0000 0000 0000 00 0001 0001"), "dns.qry.name");
    breaks(&DNS, &hex("0001 0100 0001 0000 0000 0000 0161c00c 0001 0001"), "dns.qry.name");
    breaks(&DNS, &answer("0001", "0005 c0000201"), "dns.resp.len");
    breaks(&DNS, &answer("0001", "0003 c00002"), "dns.a");
    breaks(&DNS, &answer("0010", "0003 0561 62"), "dns.txt.length");
    breaks(&DNS, &answer("0041", "0009 0001 00 0001 0009 02 68"), "dns.svcb.svcparam.value.length");
    breaks(&DNS, &answer("002f", "0005 c00c 00 09 40"), "dns.resp.type");
    breaks(&DNS_STREAM, &hex("0001 01"), "dns.id");
}

#[test]
fn simple_dns_reads_the_same() {
    for (kind, data, _) in RECORDS {
        let bytes = answer(kind, data);
        let Ok(theirs) = simple_dns::Packet::parse(&bytes) else { continue };
        let packet = Packet::decode_as(&DNS, &bytes, bytes.len());
        let number = |name| packet.field(name).and_then(|value| value.number());
        let question = &theirs.questions[0];
        assert_eq!(packet.field("dns.qry.name").unwrap().to_string(), question.qname.to_string());
        assert_eq!(number("dns.qry.type"), Some(u64::from(u16::from(question.qtype))));
        let record = &theirs.answers[0];
        assert_eq!(number("dns.resp.ttl"), Some(u64::from(record.ttl)));
        match &record.rdata {
            simple_dns::rdata::RData::A(a) => {
                assert_eq!(packet.field("dns.a"), Some(Value::Ipv4(a.address.into())));
            }
            simple_dns::rdata::RData::CNAME(name) => {
                assert_eq!(packet.field("dns.cname").unwrap().to_string(), name.0.to_string());
            }
            simple_dns::rdata::RData::MX(mx) => {
                assert_eq!(
                    packet.field("dns.mx.mail_exchange").unwrap().to_string(),
                    mx.exchange.to_string()
                );
                assert_eq!(number("dns.mx.preference"), Some(u64::from(mx.preference)));
            }
            simple_dns::rdata::RData::SRV(srv) => {
                assert_eq!(number("dns.srv.port"), Some(u64::from(srv.port)));
                assert_eq!(packet.field("dns.srv.target").unwrap().to_string(), srv.target.to_string());
            }
            _ => (),
        }
    }
}

use super::*;
use crate::layer::packet::Packet;
use crate::protocol::testing::{breaks, hex, holds, line, survives};

/// The first packet of a connection, as Linux sends it.
const SYN: &str = "b5 6e 27 0f 00 00 03 e8 00 00 00 00 a0 02 ff d7 fe 30 00 00
    02 04 ff d7 04 02 08 0a 2b 1d 41 d1 00 00 00 00 01 03 03 07";

/// A header with these options, and `hello`.
fn with(options: &str) -> Vec<u8> {
    let mut options = hex(options);
    options.resize(options.len().next_multiple_of(4), 0);
    let words = u8::try_from(5 + options.len() / 4).unwrap();
    let mut bytes = hex("04 d2 27 0f 00 00 03 e8 00 00 00 05 00 10 00 4d 00 00 00 00");
    bytes[12] = words << 4;
    [bytes, options, b"hello".to_vec()].concat()
}

#[test]
fn the_first_packet_of_a_connection_is_told_with_its_options() {
    let bytes = hex(SYN);
    holds(
        &TCP,
        &bytes,
        &[
            "tcp.srcport=46446",
            "tcp.dstport=9999",
            "tcp.seq_raw=1000",
            "tcp.hdr_len=40",
            "tcp.flags=2",
            "tcp.flags.syn=1",
            "tcp.window_size_value=65495",
            "tcp.len=0",
            "tcp.options=0204ffd70402080a2b1d41d1000000000103030 7".replace(' ', "").as_str(),
            "tcp.options.mss=0204ffd7",
            "tcp.option_kind=2",
            "tcp.option_len=4",
            "tcp.options.mss_val=65495",
            "tcp.options.sack_perm=0402",
            "tcp.options.timestamp.tsval=723337681",
            "tcp.options.timestamp.tsecr=0",
            "tcp.options.nop=01",
            "tcp.options.wscale.shift=7",
            "tcp.options.wscale.multiplier=128",
        ],
    );
    let packet = Packet::decode_as(&TCP, &bytes, bytes.len());
    let text = "tcp [S] seq 1000 win 65495 len 0 \
                <mss 65495,sackOK,TS val 723337681 ecr 0,nop,wscale 7>";
    assert_eq!(line(&packet), text);
}

#[test]
fn every_option_has_its_fields() {
    let rows: &[(&str, &[&str])] = &[
        (
            "050a 0000000a 0000001e",
            &["tcp.options.sack_le=10", "tcp.options.sack_re=30", "tcp.options.sack.count=1"],
        ),
        ("0606 00000007", &["tcp.options.echo=060600000007", "tcp.options.echo_value=7"]),
        ("0706 00000007", &["tcp.options.echo=070600000007", "tcp.options.echo_value=7"]),
        ("0b06 00000001 0d06 00000002", &["tcp.options.cc_value=1", "tcp.options.ccecho=0d0600000002"]),
        (
            "1312 00112233445566778899aabbccddeeff",
            &["tcp.options.md5.digest=00112233445566778899aabbccddeeff"],
        ),
        ("1b08 0811 22334455", &["tcp.options.qs.rate=8", "tcp.options.qs.ttl_diff=17"]),
        ("1c04 8005", &["tcp.options.user_to_granularity=1", "tcp.options.user_to_val=5"]),
        (
            "1d06 0102 0011",
            &["tcp.options.ao.keyid=1", "tcp.options.ao.rnextkeyid=2", "tcp.options.ao.mac=0011"],
        ),
        ("2202 2204 aabb", &["tcp.options.tfo.request=", "tcp.options.tfo.cookie=aabb"]),
        ("ac0b 000001 000002 000003", &["tcp.options.acc_ecn.ee0b=1", "tcp.options.acc_ecn.ee1b=3"]),
        ("fe06 f989 0102", &["tcp.options.experimental.exid=63881", "tcp.options.tfo.cookie=0102"]),
        ("fd06 1234 5678", &["tcp.options.experimental.exid=4660", "tcp.options.experimental.data=5678"]),
        ("4205 010203", &["tcp.options.unknown=4205010203", "tcp.options.unknown.payload=010203"]),
        ("0402 00", &["tcp.options.eol=00", "tcp.option_kind=0"]),
    ];
    for (options, fields) in rows {
        let bytes = with(options);
        holds(&TCP, &bytes, fields);
        holds(&TCP, &bytes, &["tcp.len=5", "tcp.payload=68656c6c6f"]);
        survives(&TCP, &bytes, &["tcp.len", "tcp.payload", "tcp.options="]);
    }
}

#[test]
fn every_subtype_of_multipath_tcp_has_its_fields() {
    let rows: &[(&str, &[&str])] = &[
        (
            "1e0c 0081 0011223344556677",
            &["tcp.options.mptcp.sha1.flag=1", "tcp.options.mptcp.sendkey=4822678189205111"],
        ),
        ("1e04 0101", &["tcp.options.mptcp.version=1", "tcp.options.mptcp.sha256.flag=1"]),
        (
            "1e0c 1101 00112233 44556677",
            &["tcp.options.mptcp.backup.flag=1", "tcp.options.mptcp.recvtok=1122867"],
        ),
        ("1e10 1001 0011223344556677 8899aabb", &["tcp.options.mptcp.sendrand=2291772091"]),
        ("1e18 1000 00112233445566778899aabbccddeeff00112233", &["tcp.options.mptcp.reserved=0"]),
        ("1e14 2005 00112233 00000044 00000001 0010 abcd", &["tcp.options.mptcp.rawdataseqno=68"]),
        ("1e08 3402 7f000001", &["tcp.options.mptcp.ipver=4", "tcp.options.mptcp.ipv4=127.0.0.1"]),
        ("1e0a 3102 7f000001 0050", &["tcp.options.mptcp.echo=1", "tcp.options.mptcp.port=80"]),
        ("1e04 4002", &["mptcp.rm_addr.count=1", "tcp.options.mptcp.addrid=2"]),
        ("1e04 5101", &["tcp.options.mptcp.flags=81", "tcp.options.mptcp.addrid=1"]),
        ("1e0c 6000 0000000000000001", &["tcp.options.mptcp.rawdataseqno=1"]),
        ("1e0c 7000 0000000000000001", &["tcp.options.mptcp.recvkey=1"]),
        ("1e04 8103", &["tcp.options.mptcp.flag_T.flag=1", "tcp.options.mptcp.rst_reason=3"]),
    ];
    for (options, fields) in rows {
        let bytes = with(options);
        holds(&TCP, &bytes, fields);
        survives(&TCP, &bytes, &["tcp.len", "tcp.payload", "tcp.options="]);
    }
}

#[test]
fn an_impossible_length_is_told_at_its_field() {
    breaks(&TCP, &hex("0001 0002 00000000 00000000 4000 0000 0000 0000"), "tcp.hdr_len");
    breaks(&TCP, &hex("0001 0002 00000000 00000000 5000 0000 0000 00"), "tcp.urgent_pointer");
    for options in ["0500", "0501", "02050101 01", "0308", "0802", "1e02"] {
        breaks(&TCP, &with(options), "tcp.option_len");
    }
    breaks(&TCP, &with("050a 0000000000"), "tcp.option_len");
    breaks(&TCP, &with("1e03 60"), "tcp.options.mptcp.rawdataseqno");
}

#[test]
fn a_header_is_completed() {
    let outer = hex("45 00 00 00 00 00 00 00 40 06 00 00 0a 00 00 01 0a 00 00 02");
    let mut header = [HEADER, &[2, 4, 5, 0xb4, 4, 2]].concat();
    let mut draft = Draft {
        header: &mut header,
        payload: b"hi",
        inner: None,
        ip: Some((&crate::protocol::ipv4::IPV4, &outer)),
        route: None,
        set: &[],
    };
    complete(&mut draft);
    assert_eq!(header.len(), 28, "options end where a word does");
    let mut packet = [outer, header, b"hi".to_vec()].concat();
    packet[3] = u8::try_from(packet.len()).unwrap();
    let packet = Packet::decode(crate::link::LinkType::RAW, &packet);
    assert_eq!(check(packet.layer("tcp").unwrap()), Check::Good);
    assert_eq!(packet.field("tcp.hdr_len"), Some(Value::Number(28)));
}

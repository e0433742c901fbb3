//! Packets as lines, boxes and JSON.

use berkeley_packet::{LinkType, Packet, craft, show};
use serde_json::Value;

/// Ethernet, IPv4 and UDP, with checksums that fit, and text that would clear a terminal.
const UDP: &[u8] = b"\x02\0\0\0\0\x02\x02\0\0\0\0\x01\x08\0\
    \x45\0\0\x23\0\0\x40\0\x40\x11\x3c\xc7\x7f\0\0\x01\x7f\0\0\x02\
    \x30\x39\x27\x0f\0\x0f\x3b\x82\x1b[2J\"\\\xff";

/// The same with a checksum that does not fit in IP, and a length beyond the end in UDP.
fn broken() -> Vec<u8> {
    let mut bytes = UDP.to_vec();
    bytes[24..26].copy_from_slice(&[0xbe, 0xef]);
    bytes[38..40].copy_from_slice(&[0x10, 0x00]);
    bytes
}

fn line(packet: &Packet<'_>) -> String {
    let mut out = String::new();
    show::line(packet, &mut out).unwrap();
    out
}

fn boxes(packet: &Packet<'_>, width: usize) -> String {
    let mut out = String::new();
    show::boxes(packet, width, &mut out).unwrap();
    out
}

fn json(packet: &Packet<'_>) -> Value {
    let mut out = String::new();
    show::json(packet, &mut out);
    assert!(out.chars().all(|c| !c.is_control()), "{out:?}");
    serde_json::from_str(&out).unwrap()
}

/// Every packet that this room is tried on: whole, broken, cut anywhere, and noise in its place.
fn each(mut try_it: impl FnMut(&Packet<'_>)) {
    for bytes in [UDP.to_vec(), broken()] {
        for end in 0..=bytes.len() {
            try_it(&Packet::decode(LinkType::ETHERNET, &bytes[..end]));
            try_it(&Packet::decode_cut(LinkType::ETHERNET, &bytes[..end], bytes.len() + 7));
            let noise: Vec<u8> =
                bytes.iter().map(|byte| byte.wrapping_mul(167).wrapping_add(end as u8)).collect();
            try_it(&Packet::decode(LinkType::RAW, &noise[..end]));
        }
    }
}

#[test]
fn a_line_has_the_addresses_with_their_ports_first_and_what_is_wrong_last() {
    let good = Packet::decode(LinkType::ETHERNET, UDP);
    assert_eq!(line(&good), "127.0.0.1:12345 > 127.0.0.2:9999 udp length 7");
    let bytes = broken();
    assert_eq!(
        line(&Packet::decode(LinkType::ETHERNET, &bytes)),
        "127.0.0.1:12345 > 127.0.0.2:9999 udp length 7 [bad ip.checksum 0xbeef, 0x3cc7 expected] \
         [bad udp.checksum 0x3b82, 0x2b91 expected] \
         [udp.length at byte 38: 4096 is more than 15]"
    );
    let unknown = Packet::decode(LinkType::ETHERNET, b"\x02\0\0\0\0\x02\x02\0\0\0\0\x01\xff\xffhello");
    assert_eq!(line(&unknown), "02:00:00:00:00:01 > 02:00:00:00:00:02 data 5 bytes");
    let none = Packet::decode(LinkType::RAW, b"");
    assert_eq!(line(&none), "[ip.version at byte 0: the packet ends: 1 byte wanted, 0 left]");
}

#[test]
fn boxes_are_as_wide_as_is_asked_and_stand_in_one_another() {
    each(|packet| {
        for width in [80, 81, 120, 200] {
            let text = boxes(packet, width);
            for line in text.lines() {
                assert_eq!(line.chars().count(), width, "{line}\n{text}");
                assert!(line.chars().all(|c| !c.is_control()), "{line:?}");
            }
            let count = |c| text.matches(c).count();
            assert_eq!(count('┌'), packet.layers().count(), "{text}");
            assert_eq!((count('┌'), count('┐'), count('┌')), (count('└'), count('┘'), count('┐')), "{text}");
        }
    });
}

#[test]
fn boxes_show_values_with_their_unit_word_and_checksum_and_the_bits_of_small_fields() {
    let bytes = broken();
    let text = boxes(&Packet::decode(LinkType::ETHERNET, &bytes), 120);
    for row in [
        &["dst", "02:00:00:00:00:02", "Destination address", "020000000002"][..],
        &["type", "0x0800 IPv4", "Type of what it carries", "0800"],
        &["version", "4", "Version", "4."],
        &["hdr_len", "20 bytes", "Header length", ".5"],
        &["flags.df", "set", "Don't fragment", ".1......"],
        &["ttl", "64 hops", "Time to live", "40"],
        &["checksum", "0xbeef bad, 0x3cc7 expected", "Header checksum", "beef"],
        &["! udp.length at byte 38: 4096 is more than 15"],
    ] {
        let words: Vec<String> =
            row.iter().map(|cell| cell.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
        let has = |line: &str| {
            let line =
                line.trim_matches(|c| c == '│' || c == ' ').split_whitespace().collect::<Vec<_>>().join(" ");
            line == words.join(" ")
        };
        assert!(text.lines().any(has), "{row:?}\n{text}");
    }
}

#[test]
fn json_has_every_field_by_its_kind() {
    let object = json(&Packet::decode(LinkType::ETHERNET, UDP));
    let fields = |index: usize| &object["layers"][index]["fields"];
    assert_eq!((&object["length"], &object["captured"]), (&49.into(), &49.into()));
    assert_eq!(fields(0)["eth.dst"], "02:00:00:00:00:02");
    assert_eq!(fields(0)["eth.type"], 0x800);
    assert_eq!((&fields(1)["ip.flags.df"], &fields(1)["ip.flags.mf"]), (&true.into(), &false.into()));
    assert_eq!((&fields(1)["ip.dst"], &fields(1)["ip.ttl"]), (&"127.0.0.2".into(), &64.into()));
    assert_eq!(object["layers"][1]["checksum"], "good");
    assert_eq!(fields(3)["data.data"], "1b5b324a225cff");
    assert!(object.get("problem").is_none(), "{object}");
    let bytes = broken();
    let object = json(&Packet::decode(LinkType::ETHERNET, &bytes));
    assert_eq!(object["layers"][1]["checksum"], "bad");
    assert_eq!(object["layers"][1]["checksum_expected"], 0x3cc7);
    let problem = serde_json::json!({"field": "udp.length", "offset": 38, "words": "4096 is more than 15"});
    assert_eq!(object["problem"], problem);
}

#[test]
fn what_is_cut_or_noise_is_shown_all_the_same() {
    each(|packet| {
        let text = line(packet);
        assert!(!text.is_empty() && text.bytes().all(|byte| (b' '..=b'~').contains(&byte)), "{text:?}");
        let object = json(packet);
        assert_eq!(object["layers"].as_array().unwrap().len(), packet.layers().count());
        assert_eq!(object.get("problem").is_some(), text.contains(" at byte "), "{object}\n{text}");
        let mut dump = String::new();
        show::hex(packet.bytes(), &mut dump).unwrap();
        assert_eq!(dump.lines().count(), packet.bytes().len().div_ceil(16));
    });
}

#[test]
fn one_has_its_unit_in_the_singular_and_half_bytes_are_told_apart() {
    let rows = [
        ("ip(ttl=1)", "│ ttl           1 hop "),
        ("ip(frag_offset=1)", "│ frag_offset   1 unit of 8 bytes "),
        ("ip(ttl=11)", "│ ttl           11 hops "),
        ("ipv6(tclass=0x12)", " .12. "),
        ("ipv6(flow=0x12345)", " .12345 "),
    ];
    for (text, want) in rows {
        let bytes = berkeley_packet::craft::parse(text).unwrap().build();
        let shown = boxes(&Packet::decode(LinkType::RAW, &bytes), 100);
        assert!(shown.contains(want), "{text}: {want}\n{shown}");
    }
}

#[test]
fn a_fragment_says_where_it_stands() {
    let rows = [
        (
            "ip(id=7,flags.mf)/udp(srcport=1,dstport=2,length=20)/\"12345678\"",
            "at byte 0, more follow udp length",
        ),
        ("ip(id=7,frag_offset=2)/\"12345678\"", "127.0.0.1 > 127.0.0.1 fragment 0x7 at byte 16 data 8 bytes"),
    ];
    for (text, want) in rows {
        let bytes = berkeley_packet::craft::parse(text).unwrap().build();
        let shown = line(&Packet::decode(LinkType::RAW, &bytes));
        assert!(shown.contains(want), "{text}: {want}\n{shown}");
    }
}

#[test]
fn the_innermost_protocol_speaks_first_and_without_its_name() {
    let tcp = "tcp(srcport=1025,dstport=80,seq_raw=3851286955,flags=push|ack,window_size_value=512)";
    let rows = [
        ("ip/tcp(flags=syn,window_size_value=65495)".to_owned(), "tcp", "[S] win 65495 len 0"),
        ("ip/udp/\"hi\"".to_owned(), "udp", "length 2"),
        (format!("ip/{tcp}/\"GET /hello.txt HTTP/1.1\\r\\n\\r\\n\""), "http", "GET /hello.txt HTTP/1.1"),
        ("ip/icmp(type=3,code=1)/ip/udp".to_owned(), "icmp", ""),
        ("ip/ip/udp/\"hi\"".to_owned(), "udp", "length 2 ip "),
    ];
    for (text, want, begins) in rows {
        let bytes = craft::parse(&text).unwrap().build();
        let columns = show::columns(&Packet::decode(LinkType::RAW, &bytes));
        let (protocol, summary) = (columns.protocol, columns.summary);
        assert_eq!(protocol, want, "{text}: {summary}");
        assert!(summary.starts_with(begins), "{text}: {summary}");
        assert!(!summary.split(' ').any(|word| word == want || word == "seq"), "{text}: {summary}");
    }
}

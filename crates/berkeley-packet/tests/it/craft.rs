//! Packets built from text, and told as text.

use std::fs;
use std::path::{Path, PathBuf};

use berkeley_packet::craft::{self, Recipe, is_answer, parse};
use berkeley_packet::file::Reader;
use berkeley_packet::protocol::ALL;
use berkeley_packet::{Check, LinkType, Packet};

/// The bytes that `text` builds.
fn built(text: &str) -> Vec<u8> {
    parse(text).unwrap_or_else(|error| panic!("{error}")).build()
}

fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    digits.chunks(2).map(|two| u8::from_str_radix(std::str::from_utf8(two).unwrap(), 16).unwrap()).collect()
}

/// The packet of `text`, told as text.
fn again(text: &str) -> String {
    let recipe = parse(text).unwrap_or_else(|error| panic!("{error}"));
    craft::text(&Packet::decode(recipe.link().unwrap(), &recipe.build()))
}

/// Whether a packet's text builds its bytes, and is what its recipe prints.
fn comes_back(link: LinkType, bytes: &[u8]) -> String {
    let text = craft::text(&Packet::decode(link, bytes));
    let recipe = parse(&text).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(recipe.build(), bytes, "{text}");
    assert_eq!(recipe.to_string(), text);
    text
}

#[test]
fn lengths_checksums_and_numbers_are_filled_in() {
    let rows = [
        (
            r#"ip(src=10.0.0.1,dst=10.0.0.2,ttl=3)/icmp(type=8)/"hello""#,
            "45000021 00000000 0301a3da 0a000001 0a000002 0800b42d00000000 68656c6c6f",
        ),
        (
            r#"eth(dst=02:00:00:00:00:01)/ip/udp(srcport=1,dstport=0x35)/"hi""#,
            "020000000001 000000000000 0800 4500001e 00000000 40117ccd 7f000001 7f000001 00010035000a9938 6869",
        ),
        ("ip(proto=47,checksum=0xbeef,len=9)/0x0102", "45000009 00000000 402fbeef 7f000001 7f000001 0102"),
        (r#""a\n\x00\"é"/0xFF"#, "610a0022c3a9ff"),
    ];
    for (text, want) in rows {
        assert_eq!(built(text), hex(want), "{text}: {:02x?}", built(text));
    }
}

/// What a packet says, however it is written.
#[test]
fn the_same_packet_is_written_in_several_ways() {
    let rows = [
        ("icmp", "icmp( type = 8 , icmp.code=0 , )"),
        ("icmp(type=3)", "icmp(type=destination-unreachable)"),
        ("icmp(type=3)", "icmp(icmp.type=0x03)"),
        ("eth(type=0x86dd)", "eth(type=ipv6)"),
        ("ip(flags.df)", "ip(df=1)"),
        ("ip(flags.df,ttl=0)", " ip ( ttl=0\n, flags.df ) "),
        ("eth(src=02:00:00:00:00:0a)", "eth(src=02-00-0-0-0-A)"),
        ("ip/udp/\"hi\"", "ip()/udp()/0x6869"),
        ("tcp(flags=0x012)", "tcp(flags=syn|ack)"),
        ("tcp(flags.ack=0,flags.syn)", "tcp(flags=syn)"),
        ("ip(flags.df)", "ip(flags=df)"),
        (
            "tcp(options=0x020405b4010103030704020000)",
            "tcp(options=[mss=1460,nop,nop,wscale=7,sackok,eol,eol])",
        ),
        (
            "tcp(options=0x020405b4010103030704020000)",
            "tcp(options = [ mss( 0x5b4 ), nop , 0x0103030704020000, ])",
        ),
        (
            "tcp(options=0x080a000000010000000001010512000000010000000500000009ffffffff)",
            "tcp(options=[timestamp(1,0),nop,nop,sack(1,5,9,4294967295),])",
        ),
        ("tcp(options=0x22021302aabb)", "tcp(options=[tfo,0x1302,0xaabb])"),
        ("tcp(options=0x)", "tcp(options=[])"),
        (
            "ip(options=0x94040000070708c000020900)",
            "ip(options=[routeralert=0,record_route(8,192.0.2.9),eol])",
        ),
    ];
    for (text, other) in rows {
        assert_eq!(built(other), built(text), "{other}");
    }
}

#[test]
fn a_fault_is_told_under_a_caret_with_what_was_expected() {
    let rows = [
        ("ip(tll=3)", "no field of ip is called \"tll\"; did you mean \"ttl\"?\n  ip(tll=3)\n     ^^^"),
        ("udp(sport=3)", "no field of udp is called \"sport\"; it has srcport, dstport, length, checksum\n"),
        ("ip/upd", "no layer is called \"upd\"; did you mean \"udp\"?\n  ip/upd\n     ^^^"),
        ("ip/zzzzzz", "no layer is called \"zzzzzz\"; there are arp, "),
        ("", "a layer, such as ip(dst=127.0.0.1), or bytes as \"text\" or 0x.., is expected\n  \n  ^"),
        ("ip/", "a layer, such as"),
        ("ip udp", "/ and another layer, or the end, is expected\n  ip udp\n     ^"),
        (
            "ip(ttl=256)",
            "ip.ttl is a number from 0 to 255, in decimal or as 0x..\n  ip(ttl=256)\n         ^^^",
        ),
        ("ip(ttl)", "ip.ttl is a number from 0 to 255, in decimal or as 0x..\n  ip(ttl)\n     ^^^"),
        ("ip(hdr_len=21)", "ip.hdr_len is a multiple of 4 from 0 to 60\n"),
        ("ip(flags.df=2)", "ip.flags.df is a flag: 1 or 0, and its name alone is 1\n"),
        ("ip(dst=1.2.3)", "ip.dst is an IPv4 address, such as 192.0.2.1\n  ip(dst=1.2.3)\n         ^^^^^"),
        ("eth(dst=02)", "eth.dst is an Ethernet address of six bytes"),
        ("ip(ttl=1,ttl=2)", "ttl is set twice\n  ip(ttl=1,ttl=2)\n           ^^^"),
        ("ip(ttl=1", ", and another field, or ), is expected\n  ip(ttl=1\n          ^"),
        ("icmp(type=echo-requst)", "; did you mean \"echo-request\"?\n"),
        ("icmp(type=3,ident=1)", "this icmp header has no icmp.ident: other fields decide\n"),
        ("ip/0x123", "bytes are 0x and two hexadecimal digits each\n  ip/0x123\n     ^^^^^"),
        ("ip/\"hi", "this text has no closing \"\n  ip/\"hi\n     ^"),
        (r#""\q""#, "the escapes are "),
        (r#""\x4""#, "\\x wants two hexadecimal digits\n"),
        ("eth(padding)", "= and the bytes of padding"),
        (
            "tcp(options=[mms=1])",
            "no option is called \"mms\"; did you mean \"mss\"?\n  tcp(options=[mms=1])\n               ^^^",
        ),
        ("tcp(options=[zzzzzz])", "no option is called \"zzzzzz\"; there are eol, nop, mss, "),
        (
            "tcp(options=[mss=65536])",
            "mss takes a number from 0 to 65535, not 65536\n  tcp(options=[mss=65536])\n               ^^^^^^^^^",
        ),
        (
            "tcp(options=[mss])",
            "mss takes a number from 0 to 65535\n  tcp(options=[mss])\n               ^^^",
        ),
        ("tcp(options=[nop=1])", "nop takes no value\n"),
        ("tcp(options=[sack_perm=1])", "sack_perm takes no value\n"),
        (
            "tcp(options=[timestamp=1])",
            "timestamp takes (a number from 0 to 4294967295, a number from 0 to 4294967295)\n",
        ),
        (
            "tcp(options=[sack(1,2,3)])",
            "sack takes (a number from 0 to 4294967295, a number from 0 to 4294967295, and so on)\n",
        ),
        ("tcp(options=[md5=1])", "md5 takes bytes, as md5=0x.., or none\n"),
        ("tcp(options=[mss=1460", ", and another option, or ], is expected\n"),
        ("tcp(options=[timestamp(1,0]", ", and another value, or ), is expected\n"),
        ("tcp(options=[=])", "an option, such as nop, or its bytes as 0x.., is expected\n"),
        ("ip(options=[routeralert=65536])", "routeralert takes a number from 0 to 65535, not 65536\n"),
        ("udp/ip(options=[record_route(4,1.2.3)])", "and so on), not 1.2.3\n"),
        ("icmp(options=[])", "no field of icmp is called"),
        ("tcp(flags=sny)", "no flag is called \"sny\"; there are "),
        ("tcp(flags=syn|akc)", "; did you mean \"ack\"?\n  tcp(flags=syn|akc)\n                ^^^"),
        ("tcp(flags=)", "tcp.flags is a number from 0 to 4095"),
    ];
    for (text, want) in rows {
        let error = parse(text).expect_err(text).to_string();
        assert!(error.contains(want), "{text}:\n{error}");
    }
    let many = "ip/".repeat(65) + "ip";
    assert!(parse(&many).unwrap_err().message().contains("at most 64 layers"));
}

#[test]
fn only_what_is_not_filled_in_is_told() {
    let rows = [
        r#"ip(ttl=3,dst=127.0.0.2)/icmp(ident=7,seq=1)/"hello""#,
        "eth(dst=02:00:00:00:00:01,src=02:00:00:00:00:02)/ip(id=0x0102,flags.df)/udp(srcport=9,dstport=9)/0x00ff",
        "ip(checksum=0x0001)/udp(length=7)",
        r#"eth(padding=0x0000)/ip/udp(srcport=1)/"hi""#,
        r#"eth/ip(padding=0x00)/udp/"quote \" and \\""#,
        r"ip/icmp(type=3,code=1)/ip(dst=10.0.0.1)/udp(dstport=53)",
        "eth(type=0x88b5)/0x0102",
        "ip(len=20)/0x0102",
        "ip/tcp(flags.ack=0,flags.syn,options=[mss=1460,sack_perm,timestamp(1,0),nop,wscale=7])",
        "ip/tcp(options=[nop,nop,sack(1,5,9,4294967295)])",
        "ip/tcp(options=[md5=0x0102030405060708090a0b0c0d0e0f10,tfo=0x0102,eol,eol])",
        "ip/tcp(options=[tfo,0x1e03aa,mss=0,user_to=32773,eol,eol,eol])",
        // A length that is none of its kind's, and one that goes too far.
        "ip/tcp(options=[0x020301,nop])",
        "ip/tcp(options=0x02040100010102ff)",
        "ip(options=[routeralert=0,record_route(8,192.0.2.9,0.0.0.0),eol])/udp",
        r#"ip(version=4,proto=254)/"x""#,
    ];
    for text in rows {
        let want = text.replace("version=4,", "");
        assert_eq!(again(text), want);
    }
}

#[test]
fn what_is_no_header_of_its_protocol_stands_as_bytes() {
    let rows = [
        (LinkType::RAW, "", "\"\""),
        (LinkType::RAW, "45", "\"E\""),
        (LinkType::ETHERNET, "000000000000 000000000000 0800 44000000", "eth/0x44000000"),
        (LinkType::ETHERNET, "000000000000 000000000000 1234", "eth(type=0x1234)"),
        (LinkType::from_raw(9999), "0102", "0x0102"),
    ];
    for (link, bytes, want) in rows {
        assert_eq!(comes_back(link, &hex(bytes)), want);
    }
}

#[test]
fn what_is_filled_in_is_right() {
    for text in [r#"eth/ip/udp/"odd""#, "ip/udp", "eth/ip/icmp/0xffff", "ip(padding=0x00)/udp/0x01"] {
        let recipe = parse(text).unwrap();
        let bytes = recipe.build();
        let packet = Packet::decode(recipe.link().unwrap(), &bytes);
        assert_eq!(packet.problem(), None, "{text}");
        for layer in packet.layers() {
            let checks = layer.protocol().fields.iter().filter_map(|field| field.check(layer));
            assert!(checks.into_iter().all(|check| check == Check::Good), "{text}: {layer:?}");
        }
    }
}

/// Every protocol that can be built comes back as it was, alone and with something in it.
#[test]
fn every_layer_is_built_and_told() {
    for protocol in ALL.iter().filter(|protocol| protocol.name != "data") {
        for inner in
            ["", "/0x01020304", "/\"a text that is longer than most headers are, so that they are whole\""]
        {
            let text = format!("{}{inner}", protocol.name);
            let Ok(recipe) = parse(&text) else { continue };
            let bytes = recipe.build();
            let told = craft::text(&Packet::decode_as(protocol, &bytes, bytes.len()));
            assert_eq!(built(&told), bytes, "{text}: {told}");
            // Whatever follows a query of IGMP is more of it, and no query as it should be.
            let is_whole = protocol.name != "igmp" || inner.is_empty();
            assert!(!is_whole || told.starts_with(protocol.name), "{text}: {told}");
        }
    }
}

/// Random numbers that are the same in each run (xorshift).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(end.max(1)).unwrap()).unwrap()
    }
}

const LINKS: [LinkType; 8] = [
    LinkType::ETHERNET,
    LinkType::RAW,
    LinkType::LINUX_SLL,
    LinkType::LINUX_SLL2,
    LinkType::NULL,
    LinkType::LOOP,
    LinkType::IPV4,
    LinkType::IPV6,
];

#[test]
fn whatever_the_bytes_their_text_builds_them() {
    let mut random = Random(0x2545_f491_4f6c_dd1d);
    for _ in 0..3000 {
        let bytes: Vec<u8> = (0..random.below(200)).map(|_| random.next().to_be_bytes()[0]).collect();
        comes_back(LINKS[random.below(LINKS.len())], &bytes);
    }
}

/// Packets of captures, as they are and broken in random places: cut, lengthened, bytes changed.
#[test]
fn whatever_the_packet_its_text_builds_its_bytes() {
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    for (link, bytes) in packets() {
        comes_back(link, &bytes);
        for _ in 0..8 {
            let mut broken = bytes.clone();
            match random.below(4) {
                0 => broken.truncate(random.below(bytes.len())),
                1 => broken.extend((0..random.below(20)).map(|_| random.next().to_be_bytes()[0])),
                _ => {}
            }
            for _ in 0..random.below(4) {
                let at = random.below(broken.len());
                if let Some(byte) = broken.get_mut(at) {
                    *byte = random.next().to_be_bytes()[0];
                }
            }
            comes_back(link, &broken);
        }
    }
}

/// Packets that were built here, and those of the captures.
fn packets() -> Vec<(LinkType, Vec<u8>)> {
    let texts = [
        r#"eth/ip/udp/"hello""#,
        r#"eth(padding=0x00000000)/ip/icmp/"hello""#,
        r#"eth/ip(proto=1)/icmp(type=3)/ip/udp/"hello""#,
    ];
    let ours = texts.map(|text| (LinkType::ETHERNET, built(text)));
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/captures");
    let files = fs::read_dir(folder).into_iter().flatten().map(|entry| entry.unwrap().path());
    let is_capture = |path: &PathBuf| {
        path.extension().is_some_and(|extension| ["pcap", "pcapng"].iter().any(|known| extension == *known))
    };
    ours.into_iter()
        .chain(files.filter(is_capture).flat_map(|path| capture(&fs::read(path).unwrap())))
        .collect()
}

/// The packets of a file, as far as it is whole.
fn capture(file: &[u8]) -> Vec<(LinkType, Vec<u8>)> {
    let mut packets = Vec::new();
    let Ok(mut reader) = Reader::new(file) else { return packets };
    while let Ok(Some(record)) = reader.next() {
        packets.push((record.link, record.bytes.to_vec()));
    }
    packets
}

#[test]
fn a_recipe_prints_as_it_was_read() {
    let text = r#"ip(ttl=3,checksum=0x0000)/icmp(type=8)/"hello"/0x00"#;
    let recipe: Recipe = text.parse().unwrap();
    assert_eq!(recipe.to_string(), text);
    assert_eq!(recipe.link(), Some(LinkType::RAW));
    assert_eq!(parse("0x01").unwrap().link(), None);
    assert_eq!(parse("udp").unwrap().link(), None);
}

#[test]
fn an_answer_comes_back_or_quotes_what_was_sent() {
    let ping = "ip(src=10.0.0.1,dst=10.0.0.2)/icmp(ident=7,seq=1)";
    let datagram = "ip(src=10.0.0.1,dst=10.0.0.2)/udp(srcport=1,dstport=2)/\"hi\"";
    let quotes = |what: &str| format!("ip(src=10.0.0.9,dst=10.0.0.1)/icmp(type=3,code=3)/{what}");
    let rows = [
        (ping, "ip(src=10.0.0.2,dst=10.0.0.1)/icmp(type=0,ident=7,seq=1)", true),
        (ping, "eth/ip(src=10.0.0.2,dst=10.0.0.1)/icmp(type=0,ident=7,seq=1)", true),
        (ping, "ip(src=10.0.0.2,dst=10.0.0.1)/icmp(type=0,ident=7,seq=2)", false),
        (ping, "ip(src=10.0.0.3,dst=10.0.0.1)/icmp(type=0,ident=7,seq=1)", false),
        (ping, ping, false),
        ("ip/udp(srcport=5,dstport=5)", "ip/udp(srcport=5,dstport=5)", false),
        (ping, &quotes(ping), true),
        (ping, &quotes("ip(src=10.0.0.1,dst=10.0.0.2)/icmp(ident=7,seq=2)"), false),
        (datagram, "ip(src=10.0.0.2,dst=10.0.0.1)/udp(srcport=2,dstport=1)", true),
        (datagram, "ip(src=10.0.0.2,dst=10.0.0.1)/udp(srcport=2,dstport=3)", false),
        (datagram, "ip(src=10.0.0.2,dst=10.0.0.1)/icmp(type=0)", false),
        (datagram, &quotes(datagram), true),
        (datagram, &quotes("ip(src=10.0.0.1,dst=10.0.0.2)/udp(srcport=1,dstport=3)"), false),
        (
            "ip(dst=224.0.0.251)/udp(srcport=1,dstport=2)",
            "ip(src=10.0.0.2,dst=127.0.0.1)/udp(srcport=2,dstport=1)",
            true,
        ),
        ("0x01", "0x01", false),
    ];
    for (sent, got, want) in rows {
        let [sent, got] = [sent, got].map(|text| parse(text).unwrap());
        let link = |recipe: &Recipe| recipe.link().unwrap_or(LinkType::RAW);
        let (mine, other) = (sent.build(), got.build());
        let answers = is_answer(&Packet::decode(link(&sent), &mine), &Packet::decode(link(&got), &other));
        assert_eq!(answers, want, "{sent} and {got}");
    }
}

//! Streams put together and counted, against tshark.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use berkeley_packet::file::{Reader, Writer};
use berkeley_packet::stream::{Assembled, Beginnings, Conversations, Follow, Fragments, Piece, Transport};
use berkeley_packet::{InitialNumbers, LinkType, Packet, craft, show};

use crate::bounded::RunInTime;
use crate::folder::TempDir;
use crate::skip;

const FIN: u8 = 1;
const SYN: u8 = 2;
const RST: u8 = 4;
const ACK: u8 = 16;

/// A capture in the making: packets with their times, raw IPv4 where it does not come from a file.
struct Capture(Vec<(Duration, Vec<u8>)>, LinkType);

/// A segment that is sent: by the client where `up`, of a stream with the client's `port`.
struct Sent<'s> {
    port: u16,
    up: bool,
    sequence: u32,
    acknowledged: u32,
    flags: u8,
    data: &'s [u8],
}

impl Capture {
    fn new() -> Self {
        Self(Vec::new(), LinkType::RAW)
    }

    fn push(&mut self, bytes: Vec<u8>) {
        let first = Duration::from_secs(1_700_000_000);
        let time = self.0.last().map_or(first, |(time, _)| *time + Duration::from_millis(2));
        self.0.push((time, bytes));
    }

    fn add(&mut self, protocol: u8, up: bool, transport: &[u8]) {
        let mut bytes = vec![0x45, 0, 0, 0, 0, 0, 0x40, 0, 64, protocol, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2];
        let length = u16::try_from(bytes.len() + transport.len()).unwrap();
        bytes[2..4].copy_from_slice(&length.to_be_bytes());
        if !up {
            bytes[12..20].copy_from_slice(&[10, 0, 0, 2, 10, 0, 0, 1]);
        }
        bytes.extend(transport);
        self.push(bytes);
    }

    fn tcp(&mut self, sent: &Sent<'_>) {
        let (from, to) = if sent.up { (sent.port, 80) } else { (80, sent.port) };
        let mut bytes = Vec::new();
        bytes.extend(from.to_be_bytes());
        bytes.extend(to.to_be_bytes());
        bytes.extend(sent.sequence.to_be_bytes());
        bytes.extend(sent.acknowledged.to_be_bytes());
        bytes.extend([0x50, sent.flags, 0x20, 0, 0, 0, 0, 0]);
        bytes.extend(sent.data);
        self.add(6, sent.up, &bytes);
    }

    fn udp(&mut self, port: u16, up: bool, data: &[u8]) {
        let (from, to) = if up { (port, 9) } else { (9, port) };
        let mut bytes = Vec::new();
        bytes.extend(from.to_be_bytes());
        bytes.extend(to.to_be_bytes());
        bytes.extend(u16::try_from(8 + data.len()).unwrap().to_be_bytes());
        bytes.extend([0, 0]);
        bytes.extend(data);
        self.add(17, up, &bytes);
    }

    fn write(&self) -> Vec<u8> {
        let mut writer = Writer::pcapng(Vec::new()).unwrap();
        let interface = writer.interface("test", self.1, 65_535).unwrap();
        for (time, bytes) in &self.0 {
            writer.packet(interface, *time, bytes.len(), bytes).unwrap();
        }
        writer.into_inner().unwrap()
    }

    /// What both sides of a stream said, as one text: the client's pieces and the server's, and `!N` for N missing.
    fn follow(&self, transport: Transport, number: u32) -> [String; 2] {
        let mut follow = Follow::new(transport, number);
        let mut said = [String::new(), String::new()];
        let mut take = |piece: Piece<'_>| match piece {
            Piece::Bytes { from_client, bytes } => {
                said[usize::from(!from_client)] += &String::from_utf8_lossy(bytes);
            }
            Piece::Missing { from_client, bytes } => said[usize::from(!from_client)] += &format!("!{bytes}"),
        };
        self.each(&mut |packet, _, whole| {
            follow.push(packet, &mut take);
            if let Some(whole) = whole {
                follow.push(&whole.packet(), &mut take);
            }
        });
        follow.end(&mut take);
        said
    }

    fn conversations(&self) -> Conversations {
        let mut conversations = Conversations::new();
        self.each(&mut |packet, time, whole| {
            conversations.push(packet, Some(time));
            if let Some(whole) = whole {
                conversations.push_assembled(whole, Some(time));
            }
        });
        conversations
    }

    /// Each packet, and what it and the fragments before it come to.
    fn each(&self, take: &mut dyn FnMut(&Packet<'_>, Duration, Option<&Assembled>)) {
        let mut fragments = Fragments::new();
        for (time, bytes) in &self.0 {
            let packet = Packet::decode(self.1, bytes);
            let whole = fragments.add(&packet, *time).unwrap();
            take(&packet, *time, whole.as_ref());
        }
    }

    /// The same, in fragments: those of a packet in any order, some of them twice, and those of two packets mixed.
    fn in_fragments(&self, random: &mut dyn FnMut(u64) -> u64) -> Self {
        let mut rows: Vec<Vec<Vec<u8>>> = Vec::new();
        for (id, (_, bytes)) in (1..).zip(&self.0) {
            let mut pieces = pieces(id, bytes, random);
            for at in (1..pieces.len()).rev() {
                pieces.swap(at, usize::try_from(random(at as u64 + 1)).unwrap());
            }
            if pieces.len() > 1 && random(3) == 0 {
                pieces.insert(1, pieces[0].clone());
            }
            rows.push(pieces);
        }
        let mut mixed = Self(Vec::new(), self.1);
        for pair in rows.chunks(2) {
            let mut left: Vec<_> = pair.iter().map(|pieces| pieces.iter()).collect();
            while !left.is_empty() {
                // The second packet is whole only behind the first.
                let is_last = left.len() == 2 && left[1].len() == 1;
                let at = if is_last { 0 } else { usize::try_from(random(left.len() as u64)).unwrap() };
                match left[at].next() {
                    Some(piece) => mixed.push(piece.clone()),
                    None => drop(left.remove(at)),
                }
            }
        }
        mixed
    }
}

/// The fragments of an IPv4 packet, each of at least 8 bytes but for the last one.
fn pieces(id: u16, bytes: &[u8], random: &mut dyn FnMut(u64) -> u64) -> Vec<Vec<u8>> {
    let (head, data) = bytes.split_at(20);
    let (mut pieces, mut at) = (Vec::new(), 0);
    while at < data.len() {
        let end = (at + 8 * usize::try_from(1 + random(4)).unwrap()).min(data.len());
        let mut piece = [head, &data[at..end]].concat();
        let length = u16::try_from(piece.len()).unwrap();
        piece[2..4].copy_from_slice(&length.to_be_bytes());
        piece[4..6].copy_from_slice(&id.to_be_bytes());
        let place = u16::try_from(at / 8).unwrap() | if end < data.len() { 0x2000 } else { 0 };
        piece[6..8].copy_from_slice(&place.to_be_bytes());
        pieces.push(piece);
        at = end;
    }
    pieces
}

/// Numbers that look as if by chance, the same every time.
fn chance(seed: u64) -> impl FnMut(u64) -> u64 {
    let mut state = seed;
    move |below| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    }
}

/// What tshark says of a capture: a text for each of its statistics, in one run, for it starts slowly.
fn tshark(file: &Path, statistics: &[String]) -> Vec<String> {
    let mut tshark = Command::new("tshark");
    tshark.args(["-n", "-q", "-r"]).arg(file);
    for one in statistics {
        tshark.args(["-z", one]);
    }
    // Whatever its user has set.
    let output =
        tshark.env("HOME", "/nonexistent").env("WIRESHARK_CONFIG_DIR", "/nonexistent").output_in_time();
    let output = output.unwrap();
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    let ruled = |line: &&str| line.starts_with("====");
    let mut texts: Vec<String> = vec![String::new()];
    for line in text.lines() {
        if !ruled(&line) {
            *texts.last_mut().unwrap() += &format!("{line}\n");
        } else if !texts.last().unwrap().is_empty() {
            texts.push(String::new());
        }
    }
    texts.retain(|text| !text.trim().is_empty());
    texts
}

/// What tshark puts together: lines of hex, those of the second side behind a tab.
fn followed(text: &str) -> [String; 2] {
    let mut said = [String::new(), String::new()];
    for line in text.lines() {
        let digits = line.trim_start();
        let is_hex = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        if is_hex {
            let bytes = digits.as_bytes().chunks(2).map(|pair| str::from_utf8(pair).unwrap());
            let bytes: Vec<u8> = bytes.map(|pair| u8::from_str_radix(pair, 16).unwrap()).collect();
            let text = String::from_utf8_lossy(&bytes).replace(" bytes missing in capture file].", "");
            let text = text.replace(" bytes missing in capture file]", "").replace('\0', "");
            said[usize::from(line.starts_with('\t'))] += &text.replace('[', "!");
        }
    }
    said
}

/// One stream in the making.
struct Stream<'c> {
    capture: &'c mut Capture,
    port: u16,
    /// Where the numbers of each side begin, how far each has sent, and how far the other has acknowledged that.
    first: [u32; 2],
    sent: [u32; 2],
    acknowledged: [u32; 2],
    text: &'c [u8],
}

impl Stream<'_> {
    fn segment(&mut self, side: usize, at: u32, length: u32, flags: u8) {
        let syn = u32::from(flags & SYN == 0);
        let other = self.first[1 - side].wrapping_add(1 + self.acknowledged[1 - side]);
        let start = usize::try_from(at).unwrap();
        self.capture.tcp(&Sent {
            port: self.port,
            up: side == 0,
            sequence: self.first[side].wrapping_add(at + syn),
            acknowledged: if flags & ACK == 0 { 0 } else { other },
            flags,
            data: &self.text[start..start + usize::try_from(length).unwrap()],
        });
    }

    fn begin(&mut self) {
        self.segment(0, 0, 0, SYN);
        self.segment(1, 0, 0, SYN | ACK);
        self.segment(0, 0, 0, ACK);
    }

    /// What can happen to a segment.
    fn step(&mut self, side: usize, what: u64, length: u32) {
        let at = self.sent[side];
        match what {
            // Lost before the capture; sent again, with more or less; overtaken; in parts that overlap; acknowledged.
            0 => self.sent[side] += length,
            1 => self.segment(side, at.saturating_sub(length), length, ACK),
            2 => {
                self.segment(side, at + length, length, ACK);
                self.segment(side, at, length, ACK);
                self.sent[side] += 2 * length;
            }
            3 => {
                self.segment(side, at + length, length, ACK);
                self.segment(side, at + length / 2, length, ACK);
                self.segment(side, at, length, ACK);
                self.sent[side] += 2 * length;
            }
            4 => {
                self.acknowledged[side] = at;
                self.segment(1 - side, self.sent[1 - side], 0, ACK);
            }
            _ => {
                self.segment(side, at, length, ACK);
                self.sent[side] += length;
            }
        }
    }
}

/// A few streams with all that can happen to them, the same every time.
fn capture(seed: u64) -> Capture {
    let mut random = chance(seed);
    let text: Vec<u8> = (0..8_000_u32).map(|number| b'a' + u8::try_from(number * 7 % 26).unwrap()).collect();
    let mut capture = Capture::new();
    capture.udp(53, true, b"question");
    // A pair of ports is used again, and one stream is joined in its middle.
    for (port, is_whole) in [(1_000, true), (1_001, true), (1_000, true), (1_002, false)] {
        let first = [
            0_u32.wrapping_sub(u32::try_from(random(300)).unwrap()),
            u32::try_from(random(1 << 32)).unwrap(),
        ];
        let (sent, acknowledged) = ([0; 2], [0; 2]);
        let mut stream = Stream { capture: &mut capture, port, first, sent, acknowledged, text: &text };
        if is_whole {
            stream.begin();
        } else {
            stream.step(0, 9, 5);
            stream.step(1, 9, 5);
        }
        for _ in 0..40 {
            let side = usize::try_from(random(2)).unwrap();
            stream.step(side, random(10), 2 + u32::try_from(random(20)).unwrap());
        }
        // All is acknowledged, so that nothing is waited for.
        for side in [0, 1] {
            stream.step(side, 9, 3);
            stream.step(side, 4, 0);
        }
        let (side, at) = (usize::from(port == 1_001), stream.sent[usize::from(port == 1_001)]);
        stream.segment(side, at, 0, if port == 1_000 { RST } else { FIN | ACK });
        capture.udp(53, false, b"answer");
    }
    capture
}

const SEEDS: std::ops::Range<u64> = 0..4;
const IN_FRAGMENTS: std::ops::Range<u64> = 4..8;

fn in_fragments(seed: u64) -> (u64, Capture) {
    (seed, capture(seed).in_fragments(&mut chance(seed)))
}

#[test]
fn streams_are_what_tshark_follows() {
    if !skip::need("stream::streams_are_what_tshark_follows", "tshark") {
        return;
    }
    let folder = TempDir::new();
    for (seed, capture) in SEEDS.zip(SEEDS.map(capture)).chain(IN_FRAGMENTS.map(in_fragments)) {
        let file = folder.file("capture.pcapng", &capture.write());
        let streams: [(Transport, u32); 5] = [
            (Transport::Tcp, 0),
            (Transport::Tcp, 1),
            (Transport::Tcp, 2),
            (Transport::Tcp, 3),
            (Transport::Udp, 0),
        ];
        let ask = |(transport, number)| format!("follow,{transport},raw,{number}");
        let mut theirs = BTreeMap::new();
        for text in tshark(&file, &streams.map(ask)) {
            let filter = text.lines().find_map(|line| line.strip_prefix("Filter: ")).unwrap();
            theirs.insert(filter.to_owned(), followed(&text));
        }
        assert_eq!(theirs.len(), streams.len());
        for (transport, number) in streams {
            let want = &theirs[&format!("{transport}.stream eq {number}")];
            assert!(transport == Transport::Udp || want[0].len() > 50, "{want:?}");
            assert_eq!(capture.follow(transport, number), *want, "seed {seed}, {transport} {number}");
        }
        assert_eq!(capture.follow(Transport::Tcp, 4), [String::new(), String::new()]);
    }
}

/// The lines of tshark's table: the endpoints, and the packets and bytes that the first has sent, and the second.
fn table(text: &str) -> BTreeMap<(String, String, String), [String; 4]> {
    let mut rows = BTreeMap::new();
    for line in text.lines() {
        let words: Vec<&str> =
            line.split_whitespace().filter(|word| !["bytes", "kB"].contains(word)).collect();
        if let [a, "<->", b, back_packets, back_bytes, packets, bytes, _, _, start, ..] = *words {
            let key = (a.to_owned(), b.to_owned(), start.to_owned());
            rows.insert(key, [packets, bytes, back_packets, back_bytes].map(str::to_owned));
        }
    }
    rows
}

#[test]
fn conversations_are_those_of_tshark() {
    if !skip::need("stream::conversations_are_those_of_tshark", "tshark") {
        return;
    }
    let folder = TempDir::new();
    for seed in SEEDS {
        let capture = capture(seed);
        let file = folder.file("capture.pcapng", &capture.write());
        let start = capture.0[0].0;
        let transports = [Transport::Tcp, Transport::Udp];
        let texts = tshark(&file, &transports.map(|transport| format!("conv,{transport}")));
        for transport in transports {
            let heading = format!("{} Conversations", transport.name().to_uppercase());
            let theirs = table(texts.iter().find(|text| text.contains(&heading)).unwrap());
            let conversations = capture.conversations();
            let ours: BTreeMap<_, _> = conversations
                .rows()
                .iter()
                .filter(|row| row.transport == transport)
                .map(|row| {
                    let (sent, received) = (row.sent, row.received);
                    let (mut ends, mut counts) = ([row.client, row.server], [sent, received]);
                    let began = row.times.unwrap().0.checked_sub(start).unwrap().as_secs_f64();
                    let key = |ends: [std::net::SocketAddr; 2]| {
                        (ends[0].to_string(), ends[1].to_string(), format!("{began:.9}"))
                    };
                    if !theirs.contains_key(&key(ends)) {
                        ends.reverse();
                        counts.reverse();
                    }
                    let counts = [counts[0].packets, counts[0].bytes, counts[1].packets, counts[1].bytes];
                    (key(ends), counts.map(|count| count.to_string()))
                })
                .collect();
            assert_eq!(ours, theirs, "seed {seed}");
        }
    }
}

#[test]
fn what_went_wrong_and_how_long_answers_took_is_told() {
    let mut capture = Capture::new();
    let data =
        |up, sequence, acknowledged, flags, data| Sent { port: 7, up, sequence, acknowledged, flags, data };
    for sent in [
        data(true, 9, 0, SYN, b""),
        data(false, 99, 10, SYN | ACK, b""),
        data(true, 10, 100, ACK, b""),
        data(true, 10, 100, ACK, b"hello"),
        data(true, 10, 100, ACK, b"hello"),
        data(true, 20, 100, ACK, b"!"),
        data(false, 100, 15, ACK, b"yes"),
        data(false, 103, 15, RST | ACK, b""),
    ] {
        capture.tcp(&sent);
    }
    // A window of zero.
    let window = capture.0[6].1.len() - 3 - 6;
    capture.0[6].1[window..window + 2].copy_from_slice(&[0, 0]);
    let conversations = capture.conversations();
    let [row] = conversations.rows() else { panic!("{conversations:?}") };
    assert_eq!((row.client.port(), row.server.port()), (7, 80));
    assert_eq!(
        (row.sent.retransmissions, row.sent.missing, row.sent.zero_windows, row.sent.resets),
        (1, 5, 0, 0)
    );
    assert_eq!((row.received.retransmissions, row.received.zero_windows, row.received.resets), (0, 1, 1));
    assert_eq!(row.round_trip.handshake, Some(Duration::from_millis(4)));
    assert_eq!(row.round_trip.least, Some(Duration::from_millis(2)));
    let (first, last) = row.times.unwrap();
    assert_eq!(last.checked_sub(first).unwrap(), Duration::from_millis(14));
}

#[test]
fn fragments_and_what_an_error_quotes_are_no_segments() {
    let mut capture = Capture::new();
    capture.udp(5, true, b"whole");
    capture.udp(6, true, b"fragment");
    capture.0[1].1[6] = 0x20;
    let quoted = capture.0[0].1.clone();
    capture.add(1, false, &[&[3, 3, 0, 0, 0, 0, 0, 0], &quoted[..28]].concat());
    let conversations = capture.conversations();
    assert_eq!(conversations.rows().len(), 1, "{conversations:?}");
    assert_eq!((conversations.rows()[0].sent.packets, conversations.rows()[0].received.packets), (1, 0));
}

/// tshark counts a datagram's last fragment alone; here all of them count.
#[test]
fn conversations_count_all_fragments_of_what_they_come_to() {
    for (seed, capture) in IN_FRAGMENTS.map(in_fragments) {
        let mut want = [0; 4];
        for (_, bytes) in &capture.0 {
            let side = if bytes[15] == 1 { 0 } else { 2 };
            want[side] += 1;
            want[side + 1] += bytes.len() as u64;
        }
        let mut got = [0; 4];
        for row in capture.conversations().rows() {
            assert_eq!(row.client.ip().to_string(), "10.0.0.1");
            let counts = [row.sent.packets, row.sent.bytes, row.received.packets, row.received.bytes];
            got = std::array::from_fn(|at| got[at] + counts[at]);
        }
        assert_eq!(got, want, "seed {seed}");
    }
}

#[test]
fn captured_fragments_are_followed_and_counted() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/captures/fragments.pcap");
    let mut reader = Reader::new(std::fs::File::open(&path).unwrap()).unwrap();
    let mut capture = Capture(Vec::new(), LinkType::ETHERNET);
    while let Some(record) = reader.next().unwrap() {
        capture.0.push((record.time.unwrap(), record.bytes.to_vec()));
    }
    let conversations = capture.conversations();
    let counts: Vec<_> = conversations
        .rows()
        .iter()
        .map(|row| (row.client.to_string(), row.sent.packets, row.sent.bytes, row.received.packets))
        .collect();
    // Of the first pair two fragments are of a datagram that never becomes whole.
    let want = [
        ("192.0.2.1:40000".to_owned(), 16, 1296 - 2 * 74, 0),
        ("192.0.2.3:40000".to_owned(), 3, 210, 0),
        ("[2001:db8::1]:40000".to_owned(), 6, 612, 0),
    ];
    assert_eq!(counts, want);
    if !skip::need("stream::captured_fragments_are_followed_and_counted", "tshark") {
        return;
    }
    let theirs = tshark(&path, &[0, 1, 2].map(|number| format!("follow,udp,raw,{number}")));
    for text in theirs {
        let number = text.lines().find_map(|line| line.strip_prefix("Filter: udp.stream eq ")).unwrap();
        let want = followed(&text);
        assert!(want[0].len() >= 99, "{text}");
        // As `followed` has them, which reads tshark's words for what is missing.
        let ours = capture.follow(Transport::Udp, number.parse().unwrap());
        assert_eq!(ours.map(|text| text.replace('\0', "").replace('[', "!")), want);
    }
}

#[test]
fn numbers_are_known_behind_a_syn_and_not_before() {
    let rows = [
        ("ip/tcp(srcport=1,dstport=2,seq_raw=5,ack_raw=9)", (None, None)),
        ("ip/tcp(srcport=1,dstport=2,seq_raw=100,flags=syn)", (None, None)),
        ("ip/tcp(srcport=1,dstport=2,seq_raw=101)", (Some(100), None)),
        ("ip/tcp(srcport=2,dstport=1,seq_raw=0,ack_raw=101,flags=reset|ack)", (None, Some(100))),
        ("ip/tcp(srcport=2,dstport=1,seq_raw=7,ack_raw=101,flags=syn|ack)", (None, None)),
        ("ip/tcp(srcport=1,dstport=2,seq_raw=101,ack_raw=8)", (Some(100), Some(7))),
        ("ip/tcp(srcport=2,dstport=1,seq_raw=8,ack_raw=101)", (Some(7), Some(100))),
        ("ip/tcp(srcport=3,dstport=1)", (None, None)),
        ("ip/udp(srcport=1,dstport=2)", (None, None)),
        // The same ports again; and an answer whose SYN is not in the capture.
        ("ip/tcp(srcport=1,dstport=2,seq_raw=900,flags=syn)", (None, None)),
        ("ip/tcp(srcport=2,dstport=1,seq_raw=8,ack_raw=901)", (None, Some(900))),
        ("ip/tcp(srcport=4,dstport=5,seq_raw=50,ack_raw=0,flags=syn|ack)", (None, None)),
        ("ip/tcp(srcport=5,dstport=4,seq_raw=0,ack_raw=51)", (Some(u32::MAX), Some(50))),
    ];
    let mut beginnings = Beginnings::new();
    for (text, want) in rows {
        let bytes = craft::parse(text).unwrap().build();
        let numbers = beginnings.of(&Packet::decode(LinkType::RAW, &bytes));
        assert_eq!((numbers.own, numbers.other), want, "{text}");
    }
}

#[test]
fn a_line_counts_from_the_first_numbers() {
    let bytes = craft::parse("ip/tcp(seq_raw=1005,ack_raw=8,options=[nop,nop,sack(17,27)])").unwrap().build();
    let packet = Packet::decode(LinkType::RAW, &bytes);
    let rows = [
        (None, None, "seq 1005 ack 8 win 65535 len 0 <nop,nop,sack 17:27>"),
        (Some(1000), Some(7), "seq 5 ack 1 win 65535 len 0 <nop,nop,sack 10:20>"),
        (Some(1006), None, "seq 4294967295 ack 8 win 65535 len 0 <nop,nop,sack 17:27>"),
    ];
    for (own, other, want) in rows {
        let mut line = String::new();
        show::line_from(&packet, InitialNumbers { own, other }, &mut line).unwrap();
        assert!(line.ends_with(want), "{line}");
    }
}

/// Where they are known, they are those from which tshark counts.
#[test]
fn numbers_count_as_those_of_tshark() {
    if !skip::need("stream::numbers_count_as_those_of_tshark", "tshark") {
        return;
    }
    let folder = TempDir::new();
    for (seed, capture) in SEEDS.zip(SEEDS.map(capture)) {
        let file = folder.file("capture.pcapng", &capture.write());
        let mut command = Command::new("tshark");
        command.args(["-n", "-T", "fields", "-e", "tcp.seq", "-e", "tcp.ack", "-r"]).arg(&file);
        let output = command.output_in_time().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let (mut beginnings, mut known) = (Beginnings::new(), 0);
        for (row, (_, bytes)) in text.lines().zip(&capture.0) {
            let packet = Packet::decode(LinkType::RAW, bytes);
            let numbers = beginnings.of(&packet);
            let theirs: Vec<Option<u32>> = row.split('\t').map(|number| number.parse().ok()).collect();
            // tshark counts nothing where there is no acknowledgment.
            let acks = packet.field("tcp.flags.ack").and_then(|value| value.number()) == Some(1);
            let fields = [("tcp.seq_raw", numbers.own), ("tcp.ack_raw", numbers.other.filter(|_| acks))];
            for ((name, first), theirs) in fields.iter().zip(theirs) {
                if let Some((first, theirs)) = first.zip(theirs) {
                    let raw = packet.field(name).and_then(|value| value.number()).unwrap() as u32;
                    assert_eq!(raw.wrapping_sub(first), theirs, "seed {seed}: {row}");
                    known += 1;
                }
            }
        }
        assert!(known > 200, "{known} numbers were compared");
    }
}

#[test]
fn packets_are_counted_from_the_syn_before_them_whenever_they_are_looked_at() {
    let texts = [
        "ip/tcp(seq_raw=1000,flags=syn)",
        "ip/tcp(seq_raw=1001,flags=ack)",
        "ip/tcp(seq_raw=9000,flags=syn)",
        "ip/tcp(seq_raw=9001,flags=ack)",
    ];
    let packets = texts.map(|text| craft::parse(text).expect(text).build());
    let decoded = || packets.iter().map(|bytes| Packet::decode(LinkType::RAW, bytes)).zip(0..);
    let mut beginnings = Beginnings::new();
    decoded().for_each(|(packet, number)| beginnings.note(&packet, number));
    let own: Vec<_> = decoded().map(|(packet, number)| beginnings.known(&packet, number).own).collect();
    assert_eq!(own, [None, None, None, Some(9000)], "those of the older connection are forgotten");
    let mut one_by_one = Beginnings::new();
    let own: Vec<_> = decoded().map(|(packet, _)| one_by_one.of(&packet).own).collect();
    assert_eq!(own, [None, Some(1000), None, Some(9000)]);
}

//! Capture files, held against capinfos and tcpdump.

use std::process::Command;
use std::time::Duration;

use berkeley_packet::LinkType;
use berkeley_packet::file::{Fault, Reader, Writer};
use proptest::prelude::*;

use crate::bounded::RunInTime;
use crate::corpus::capture_file::{self, Outcome, Packet};
use crate::folder::TempDir;
use crate::skip;

/// An Ethernet frame with an IPv4 header, a UDP header and five bytes, addresses 10.0.0.1:1000 to 10.0.0.2:53.
const FRAME: &[u8] = b"\x02\0\0\0\0\x02\x02\0\0\0\0\x01\x08\0\x45\0\0\x21\0\x01\0\0\x40\x11\x66\xc9\
    \x0a\0\0\x01\x0a\0\0\x02\x03\xe8\0\x35\0\x0d\0\0hello";

/// Numbers in the order of a file's writer.
#[derive(Clone, Copy)]
struct Order {
    big: bool,
}

impl Order {
    fn u16(self, number: u16) -> [u8; 2] {
        if self.big { number.to_be_bytes() } else { number.to_le_bytes() }
    }

    fn u32(self, number: u32) -> [u8; 4] {
        if self.big { number.to_be_bytes() } else { number.to_le_bytes() }
    }

    fn words(self, numbers: &[u32]) -> Vec<u8> {
        numbers.iter().flat_map(|number| self.u32(*number)).collect()
    }

    /// A file of pcap without packets.
    fn pcap(self, magic: u32, version: (u16, u16), link: u32) -> Vec<u8> {
        let version = [self.u16(version.0), self.u16(version.1)].concat();
        [self.u32(magic).to_vec(), version, self.words(&[0, 0, 65_535, link])].concat()
    }

    /// A block of pcapng.
    fn block(self, kind: u32, parts: &[&[u8]]) -> Vec<u8> {
        let mut body = parts.concat();
        body.resize(body.len().next_multiple_of(4), 0);
        let length = self.u32(u32::try_from(body.len() + 12).unwrap());
        [&self.u32(kind), &length, body.as_slice(), &length].concat()
    }

    fn section(self) -> Vec<u8> {
        let version = [self.u16(1), self.u16(0)].concat();
        self.block(0x0a0d_0d0a, &[&self.u32(0x1a2b_3c4d), &version, &[0xff; 8]])
    }

    fn interface(self, link: u16, snap: u32, options: &[&[u8]]) -> Vec<u8> {
        self.block(1, &[&self.u16(link), &[0, 0], &self.u32(snap), &options.concat()])
    }

    fn option(self, code: u16, value: &[u8]) -> Vec<u8> {
        let length = u16::try_from(value.len()).unwrap();
        let mut option = [&self.u16(code), &self.u16(length), value].concat();
        option.resize(option.len().next_multiple_of(4), 0);
        option
    }

    fn packet(self, interface: u32, units: u64, bytes: &[u8], options: &[&[u8]]) -> Vec<u8> {
        let length = u32::try_from(bytes.len()).unwrap();
        let [high, low] = [units >> 32, units & 0xffff_ffff].map(|half| u32::try_from(half).unwrap());
        let header = self.words(&[interface, high, low, length, length + 40]);
        let padding = vec![0; bytes.len().next_multiple_of(4) - bytes.len()];
        self.block(6, &[&header, bytes, &padding, &options.concat()])
    }
}

const LITTLE: Order = Order { big: false };
const BIG: Order = Order { big: true };

fn read(file: &[u8]) -> Outcome {
    capture_file::check(file)
}

fn nanoseconds(outcome: &Outcome) -> Vec<Option<u128>> {
    outcome.packets.iter().map(|packet| packet.time.map(|time| time.as_nanos())).collect()
}

#[test]
fn pcap_is_read_in_both_orders_and_all_its_forms() {
    let rows = [
        (0xa1b2_c3d4, (2, 4), 1_000_005_000),
        (0xa1b2_3c4d, (2, 4), 1_000_000_005),
        (0xa1b2_cd34, (2, 4), 1_000_005_000),
        // The lengths of these are the other way round.
        (0xa1b2_c3d4, (2, 2), 1_000_005_000),
        (0xa1b2_c3d4, (2, 3), 1_000_005_000),
        (0xa1b2_c3d4, (543, 0), 1_000_005_000),
    ];
    for order in [LITTLE, BIG] {
        for (magic, version, time) in rows {
            let lengths = if version == (2, 4) { [5, 60] } else { [60, 5] };
            let more = vec![0xee; if magic == 0xa1b2_cd34 { 8 } else { 0 }];
            let record = [order.words(&[1, 5, lengths[0], lengths[1]]), more, b"abcde".to_vec()].concat();
            let file = [order.pcap(magic, version, 0xf400_0001), record.clone(), record].concat();
            let outcome = read(&file);
            assert_eq!(outcome.error, None, "{magic:#x} {version:?}");
            assert_eq!(nanoseconds(&outcome), [Some(time); 2], "{magic:#x} {version:?}");
            for packet in outcome.packets {
                let parts = (packet.link, packet.length, packet.bytes.as_slice(), packet.interface);
                assert_eq!(parts, (LinkType::ETHERNET, 60, &b"abcde"[..], 0), "{magic:#x} {version:?}");
            }
        }
    }
}

/// A file of two sections in both orders, with every kind of block.
fn every_block() -> Vec<u8> {
    let (little, big) = (LITTLE, BIG);
    let offset = |order: Order| if order.big { 100_i64.to_be_bytes() } else { 100_i64.to_le_bytes() };
    let counts =
        |order: Order, number: u64| if order.big { number.to_be_bytes() } else { number.to_le_bytes() };
    let mut file = Vec::new();
    for order in [little, big] {
        file.extend(order.section());
        let name = order.option(2, b"eth0");
        file.extend(order.interface(1, 0, &[&order.option(1, b"a comment"), &name, &order.option(9, &[9])]));
        file.extend(order.block(4, &[&order.words(&[0])]));
        let (resolution, offset) = (order.option(9, &[0x80 | 1]), order.option(14, &offset(order)));
        file.extend(order.interface(101, 0, &[&resolution, &offset, &order.option(0, b"")]));
        file.extend(order.packet(
            0,
            5_000_000_007,
            b"nano",
            &[&order.option(1, b"seen"), &order.option(0, b"")],
        ));
        file.extend(order.block(0x0bad, &[b"pen!", b"custom"]));
        file.extend(order.packet(1, 3, b"half", &[]));
        file.extend(order.block(3, &[&order.u32(6), b"simple"]));
        let [one, drops] = [order.u16(1), order.u16(9)];
        file.extend(order.block(2, &[&one, &drops, &order.words(&[0, 4, 3, 60]), b"old"]));
        let (received, dropped) = (order.option(4, &counts(order, 12)), order.option(5, &counts(order, 2)));
        file.extend(order.block(5, &[&order.words(&[1, 0, 0]), &received, &dropped]));
    }
    file
}

#[test]
fn every_block_of_pcapng_is_read_or_passed_over() {
    let file = every_block();
    let outcome = read(&file);
    assert_eq!(outcome.error, None);
    let times = [Some(5_000_000_007), Some(101_500_000_000), None, Some(102_000_000_000)];
    assert_eq!(nanoseconds(&outcome), [times, times].concat());
    let packets: Vec<_> =
        outcome.packets.iter().map(|packet| (packet.interface, packet.bytes.as_slice())).collect();
    let wanted: [(u32, &[u8]); 4] = [(0, b"nano"), (1, b"half"), (0, b"simple"), (1, b"old")];
    assert_eq!(packets[..4], wanted);
    assert_eq!(packets[4..], wanted.map(|(interface, bytes)| (interface + 2, bytes)));
    assert_eq!(outcome.packets[0].comment.as_deref(), Some(&b"seen"[..]));
    assert_eq!(outcome.packets[1].comment, None);
    assert_eq!((outcome.packets[0].length, outcome.packets[3].length), (44, 60));

    let mut reader = Reader::new(file.as_slice()).unwrap();
    while reader.next().unwrap().is_some() {}
    let interfaces: Vec<_> =
        reader.interfaces().iter().map(|one| (one.name.as_str(), one.link, one.dropped)).collect();
    let wanted = [("eth0", LinkType::ETHERNET, None), ("", LinkType::RAW, Some(2))];
    assert_eq!(interfaces, [wanted, wanted].concat());
    assert_eq!((reader.drops(), reader.interfaces()[3].received), (Some(4), Some(12)));
}

/// Where the packets and the blocks of a file end, by reading it.
fn whole_before(file: &[u8], end: usize) -> Vec<Packet> {
    let mut reader = Reader::new(file).unwrap();
    let mut packets = read(file).packets;
    let mut whole = 0;
    while reader.next().unwrap().is_some() && reader.offset() <= end as u64 {
        whole += 1;
    }
    packets.truncate(whole);
    packets
}

fn written(form: fn() -> Writer<Vec<u8>>) -> Vec<u8> {
    let mut writer = form();
    let number = writer.interface("eth0", LinkType::ETHERNET, 65_535).unwrap();
    for second in 0..3 {
        writer.packet(number, Duration::new(second, 7), FRAME.len(), FRAME).unwrap();
    }
    writer.packet_with_comment(number, Duration::new(3, 7), 1_000, &FRAME[..40], "cut").unwrap();
    writer.drops(number, 5, 1).unwrap();
    writer.into_inner().unwrap()
}

fn pcap() -> Vec<u8> {
    written(|| Writer::pcap(Vec::new(), LinkType::ETHERNET, 65_535).unwrap())
}

fn pcapng() -> Vec<u8> {
    written(|| Writer::pcapng(Vec::new()).unwrap())
}

#[test]
fn a_file_that_is_cut_gives_its_whole_packets_and_then_one_error() {
    for file in [pcap(), pcapng(), every_block()] {
        for end in 0..file.len() {
            let outcome = read(&file[..end]);
            assert_eq!(outcome.packets, whole_before(&file, end), "cut at {end}");
            if let Some(error) = outcome.error {
                assert!(error.contains(": the file ends "), "cut at {end}: {error}");
            }
        }
        let ends = (0..file.len()).filter(|end| read(&file[..*end]).error.is_none()).count();
        assert!((4..20).contains(&ends), "{ends} places where nothing is cut");
    }
}

#[test]
fn what_is_broken_is_said_with_its_place() {
    let le = LITTLE;
    let header = le.pcap(0xa1b2_c3d4, (2, 4), 1);
    let section = le.section();
    let eth0 = [section.clone(), le.interface(1, 0, &[])].concat();
    let good = le.packet(0, 0, b"good", &[]);
    let behind = |before: &[u8], rest: &[u8]| [before, rest].concat();
    let mut odd = good.clone();
    odd[4] += 1;
    let mut lengths = good.clone();
    let last = lengths.len() - 4;
    lengths[last] += 4;
    let mut order = section.clone();
    order[8] = 0;
    let mut version = section.clone();
    version[12] = 2;
    let rows: &[(Vec<u8>, &str)] = &[
        (b"".to_vec(), "at byte 0: the file ends where a file header should be"),
        (b"\xd4\xc3".to_vec(), "at byte 0: the file ends inside a file header, after 2 of 4 bytes"),
        (b"GET / HTTP/1.1\r\n".to_vec(), "at byte 0: neither pcap nor pcapng"),
        (b"\x1f\x8b\x08\0".to_vec(), "at byte 0: compressed: unpack it with gzip first"),
        (le.pcap(0xa1b2_c3d4, (1, 0), 1), "at byte 0: version 1.0 is not known"),
        (le.pcap(0xa1b2_c3d4, (2, 4), 1 << 16), "at byte 0: 65536 is no link type"),
        (behind(&header, &[0; 9]), "at byte 24: the file ends inside a packet record, after 9 of 16 bytes"),
        (
            behind(&header, &le.words(&[0, 0, 262_145, 1])),
            "at byte 24: packet of 262145 bytes: the most is 262144",
        ),
        (order, "at byte 0: a section header without the mark of its byte order"),
        (version, "at byte 0: version 2.0 is not known"),
        (behind(&section, &good), "at byte 28: a packet of interface 0, and the file has described 0 so far"),
        (behind(&eth0, &odd), "at byte 48: a block of 37 bytes: its length has to be a multiple of 4"),
        (behind(&eth0, &lengths), "at byte 48: a block whose length is 36 at its start, and 40 at its end"),
        (behind(&eth0, &le.words(&[6, 8])), "at byte 48: block of 8 bytes: the least is 12"),
        (
            behind(&eth0, &le.words(&[6, 16, 0, 16])),
            "at byte 48: enhanced packet block of 16 bytes: the least is 32",
        ),
        (
            behind(&eth0, &le.words(&[6, u32::MAX - 3])),
            "at byte 48: block of 4294967292 bytes: the most is 17825792",
        ),
        (
            behind(&eth0, &le.words(&[99, u32::MAX - 3])),
            "at byte 48: the file ends inside a block, after 8 of 4294967292 bytes",
        ),
        (
            behind(&eth0, &le.words(&[6, 36, 0, 0, 0, 5, 5, 0, 36])),
            "at byte 48: packet of 5 bytes: the most is 4",
        ),
    ];
    for (file, wanted) in rows {
        assert_eq!(read(file).error.as_deref(), Some(format!("capture file {wanted}").as_str()));
    }
    let before = read(&behind(&eth0, &[good.as_slice(), &odd].concat()));
    assert!(before.packets.len() == 1 && before.error.is_some(), "the packet before the fault is lost");
}

#[test]
fn a_failure_of_the_input_is_its_own_error() {
    struct Refuses;
    impl std::io::Read for Refuses {
        fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
            Err(std::io::Error::from_raw_os_error(5))
        }
    }
    let error = Reader::new(Refuses).unwrap_err();
    assert!(matches!(&error.fault, Fault::Io(error) if error.raw_os_error() == Some(5)), "{error}");
}

#[test]
fn what_does_not_fit_a_file_is_refused_when_it_is_written() {
    let kind = |result: std::io::Result<()>| result.unwrap_err().kind();
    let invalid = std::io::ErrorKind::InvalidInput;
    let mut writer = Writer::pcapng(Vec::new()).unwrap();
    assert_eq!(kind(writer.packet(0, Duration::ZERO, 0, b"")), invalid, "no interface");
    let name = "x".repeat(65_536);
    assert_eq!(kind(writer.interface(&name, LinkType::RAW, 0).map(drop)), invalid, "a long name");
    let number = writer.interface("lo", LinkType::RAW, 0).unwrap();
    assert_eq!(kind(writer.packet(number, Duration::from_secs(1 << 40), 0, b"")), invalid, "a late time");
    assert_eq!(kind(writer.packet(number, Duration::ZERO, 0, &vec![0; 262_145])), invalid, "a long packet");
    let bytes = writer.written();
    assert_eq!(bytes, writer.into_inner().unwrap().len() as u64, "what is refused leaves nothing behind");
    let mut writer = Writer::pcap(Vec::new(), LinkType::RAW, 0).unwrap();
    assert_eq!(writer.interface("lo", LinkType::RAW, 0).unwrap(), 0);
    assert_eq!(kind(writer.interface("lo", LinkType::ETHERNET, 0).map(drop)), invalid, "another link type");
    assert_eq!(kind(writer.packet(0, Duration::from_secs(1 << 32), 0, b"")), invalid, "a late time");
}

/// What a program prints of a file, which it must accept.
fn printed(program: &str, arguments: &[&str], file: &[u8]) -> String {
    let folder = TempDir::new();
    let path = folder.file("capture", file);
    let mut command = Command::new(program);
    command.args(arguments).arg(&path).env("TZ", "UTC").current_dir(folder.path());
    let output = command.output_in_time().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program}: {errors}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn capinfos_accepts_what_is_written() {
    if !skip::need("file::capinfos_accepts_what_is_written", "capinfos") {
        return;
    }
    for (file, kind) in [(pcap(), "nsecpcap"), (pcapng(), "pcapng")] {
        // Type, packets, bytes on the wire, first and last time.
        let line = printed("capinfos", &["-T", "-r", "-m", "-t", "-c", "-d", "-a", "-e", "-S"], &file);
        let parts: Vec<_> = line.trim_end().split(',').skip(1).collect();
        assert_eq!(parts, [kind, "4", "1141", "0.000000007", "3.000000007"], "{line}");
    }
    let all = printed("capinfos", &[], &pcapng());
    for wanted in ["Name = eth0", "Capture length = 65535", "Time precision = nanoseconds (9)", "berkeley 0."]
    {
        assert!(all.contains(wanted), "{wanted}: {all}");
    }
}

#[test]
fn tshark_finds_the_comment_that_is_written() {
    if !skip::need("file::tshark_finds_the_comment_that_is_written", "tshark") {
        return;
    }
    let arguments = ["-T", "fields", "-e", "frame.comment", "-r"];
    assert_eq!(printed("tshark", &arguments, &pcapng()).trim(), "cut");
}

#[test]
fn the_drops_that_are_written_are_read() {
    let file = pcapng();
    let mut reader = Reader::new(file.as_slice()).unwrap();
    while reader.next().unwrap().is_some() {}
    assert_eq!((reader.drops(), reader.interfaces()[0].received), (Some(1), Some(5)));
}

#[test]
fn tcpdump_prints_what_is_written() {
    if !skip::need("file::tcpdump_prints_what_is_written", "tcpdump") {
        return;
    }
    for file in [pcap(), pcapng()] {
        let text = printed("tcpdump", &["-n", "-tt", "--nano", "-r"], &file);
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines.len(), 4, "{text}");
        assert!(lines[2].starts_with("2.000000007 IP 10.0.0.1.1000 > 10.0.0.2.53:"), "{text}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_behind_a_beginning_hold_the_properties_of_a_file(
        form in 0..4_usize,
        bytes in prop::collection::vec(any::<u8>(), 0..200),
    ) {
        let beginnings = [
            Vec::new(),
            LITTLE.pcap(0xa1b2_c3d4, (2, 4), 1),
            BIG.pcap(0xa1b2_cd34, (2, 2), 1),
            [BIG.section(), BIG.interface(1, 0, &[])].concat(),
        ];
        capture_file::check(&[beginnings[form].as_slice(), &bytes].concat());
    }

    #[test]
    fn a_file_with_some_bytes_changed_holds_the_properties_of_a_file(
        ng in any::<bool>(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
    ) {
        let mut file = if ng { every_block() } else { pcap() };
        for (index, byte) in changes {
            let at = index.index(file.len());
            file[at] = byte;
        }
        capture_file::check(&file);
    }
}

//! `sock decode`: captures and hex dumps, shown.

use std::process::{Command, Stdio};
use std::time::Duration;

use berkeley_packet::LinkType;
use berkeley_packet::file::Writer;
use serde_json::Value;

use crate::kit::{Finished, Process, TempDir, events, run, run_sock, sock, text};
use crate::skip;

/// An IPv4 header, with its checksum, of a packet that carries `protocol`.
fn ip(protocol: u8, up: bool, carried: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0x45, 0, 0, 0, 0, 0, 0x40, 0, 64, protocol, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2];
    let length = u16::try_from(bytes.len() + carried.len()).expect("a short packet");
    bytes[2..4].copy_from_slice(&length.to_be_bytes());
    if !up {
        bytes[12..].copy_from_slice(&[10, 0, 0, 2, 10, 0, 0, 1]);
    }
    let sum: u32 = bytes.chunks(2).map(|two| u32::from(two[0]) << 8 | u32::from(two[1])).sum();
    let sum = !u16::try_from((sum & 0xffff) + (sum >> 16)).expect("sixteen bits");
    bytes[10..12].copy_from_slice(&sum.to_be_bytes());
    [&bytes, carried].concat()
}

fn udp(up: bool, data: &[u8]) -> Vec<u8> {
    let ports: [u8; 4] = if up { [0x30, 0x39, 0, 9] } else { [0, 9, 0x30, 0x39] };
    let length = u16::try_from(8 + data.len()).expect("a short datagram");
    ip(17, up, &[&ports[..], &length.to_be_bytes(), &[0, 0], data].concat())
}

fn tcp(up: bool, sequence: u32, acknowledged: u32, flags: u8, data: &[u8]) -> Vec<u8> {
    let ports: [u8; 4] = if up { [0x30, 0x39, 0x1f, 0x90] } else { [0x1f, 0x90, 0x30, 0x39] };
    let numbers = [sequence.to_be_bytes(), acknowledged.to_be_bytes()].concat();
    ip(6, up, &[&ports[..], &numbers, &[0x50, flags, 0x20, 0, 0, 0, 0, 0], data].concat())
}

/// A datagram, and a conversation of TCP of which a part is missing; a packet each tenth of a second.
fn capture() -> Vec<u8> {
    let packets = [
        udp(true, b"\x1b[2J"),
        tcp(true, 9, 0, 2, b""),
        tcp(false, 99, 10, 0x12, b""),
        tcp(true, 10, 100, 0x10, b"GET /\r\n"),
        tcp(true, 10, 100, 0x10, b"GET /\r\n"),
        tcp(false, 100, 17, 0x10, b"he"),
        tcp(false, 105, 17, 0x10, b"world\n"),
        tcp(true, 17, 111, 0x14, b""),
    ];
    let mut writer = Writer::pcapng(Vec::new()).expect("memory");
    let interface = writer.interface("lo", LinkType::RAW, 65_535).expect("memory");
    for (packet, number) in packets.iter().zip(0..) {
        let time = Duration::from_secs(1_700_000_000) + Duration::from_millis(100) * number;
        writer.packet(interface, time, packet.len(), packet).expect("memory");
    }
    writer.into_inner().expect("memory")
}

fn decode(capture: &[u8], args: &[&str]) -> Finished {
    run(&mut sock(&[&["decode", "-"], args].concat()), capture)
}

#[test]
fn a_packet_is_a_line_with_its_number_time_addresses_and_ports() {
    let folder = TempDir::new();
    let path = folder.file("capture.pcapng", &capture());
    let shown = text(&run_sock(&["decode", &path]).quietly_done());
    let lines: Vec<&str> = shown.lines().collect();
    assert_eq!(lines.len(), 8, "{shown}");
    assert_eq!(lines[0], "1 0.000000 10.0.0.1:12345 > 10.0.0.2:9 udp length 4");
    assert!(lines[2].starts_with("3 0.200000 10.0.0.2:8080 > 10.0.0.1:12345 tcp "), "{shown}");
    let shown = text(&decode(&capture(), &["--time", "absolute", "--count", "1"]).quietly_done());
    assert_eq!(shown, "1 2023-11-14T22:13:20.000000Z 10.0.0.1:12345 > 10.0.0.2:9 udp length 4\n");
}

#[test]
fn layers_and_bytes_stand_below_the_line() {
    let shown = text(&decode(&capture(), &["--layers", "--hex", "--count", "1"]).quietly_done());
    for part in [
        "┌ ip: Internet Protocol, version 4 ",
        "│└──",
        "64 hops",
        "0x",
        " good ",
        "00000010  0a 00 00 02 30 39 00 09",
    ] {
        assert!(shown.contains(part), "{part}\n{shown}");
    }
    assert!(!shown.contains('\x1b'), "{shown:?}");
}

#[test]
fn events_have_every_field_and_a_summary() {
    let finished = decode(&capture(), &["--json"]);
    let events = events(&finished.quietly_done());
    assert_eq!(events.len(), 9);
    let [first, .., last] = &events[..] else { panic!("{events:?}") };
    assert_eq!((&first["event"], &first["time"]), (&"packet".into(), &"2023-11-14T22:13:20.000000Z".into()));
    assert_eq!(
        (&first["number"], &first["link"], &first["interface"]),
        (&1.into(), &101.into(), &"lo".into())
    );
    let layers = first["packet"]["layers"].as_array().expect("a list");
    assert_eq!(layers[0]["fields"]["ip.dst"], "10.0.0.2");
    assert_eq!((&layers[0]["checksum"], &layers[1]["fields"]["udp.dstport"]), (&"good".into(), &9.into()));
    assert_eq!(
        (&last["event"], &last["packets"], &last["exit_code"]),
        (&"summary".into(), &8.into(), &0.into())
    );
}

#[test]
fn a_packet_may_be_an_argument_or_a_dump() {
    let packet = udp(true, b"hi");
    let hex: String = packet
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .filter_map(|digit| char::from_digit(digit.into(), 16))
        .collect();
    let want = "1 10.0.0.1:12345 > 10.0.0.2:9 udp length 2\n";
    assert_eq!(text(&run_sock(&["decode", &hex]).quietly_done()), want);
    assert_eq!(text(&decode(hex.as_bytes(), &["--link", "raw"]).quietly_done()), want);
    for (tool, args) in [("xxd", &[][..]), ("hexdump", &["-C"])] {
        if skip::need("decode::a_packet_may_be_an_argument_or_a_dump", tool) {
            let dump = run(Command::new(tool).args(args), &packet).quietly_done();
            assert_eq!(text(&decode(&dump, &[]).quietly_done()), want, "{tool}");
        }
    }
}

#[test]
fn a_filter_leaves_numbers_and_times_as_they_are() {
    let shown = text(&decode(&capture(), &["--filter", "tcp and src host 10.0.0.2"]).quietly_done());
    let starts: Vec<&str> = shown.lines().map(|line| &line[..10]).collect();
    assert_eq!(starts, ["3 0.200000", "6 0.500000", "7 0.600000"], "{shown}");
    let told = events(&decode(&capture(), &["--filter", "udp", "--json"]).quietly_done());
    let [packet, summary] = &told[..] else { panic!("{told:?}") };
    assert_eq!(
        (&packet["number"], &summary["packets"], &summary["shown"]),
        (&1.into(), &8.into(), &1.into())
    );
    // A faulty one is refused without a packet too: the first 24 bytes are a capture of none.
    let header = [0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0, 1, 0, 0, 0];
    let finished = decode(&header, &["--filter", "udp prot 53"]);
    assert_eq!((finished.code(), finished.out().as_str()), (2, ""), "{}", finished.stderr);
    assert!(finished.stderr.contains("hint: a filter is as tcpdump has it"), "{}", finished.stderr);
    let finished = decode(&capture(), &["--filter", "host or"]);
    assert_eq!(finished.code(), 2, "{}", finished.stderr);
}

#[test]
fn the_last_fragment_shows_what_all_of_them_carry() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../berkeley-packet/tests/captures/fragments.pcap");
    let shown = text(&run_sock(&["decode", path, "--time", "none", "--count", "3"]).quietly_done());
    let want = [
        "1 192.0.2.1:40000 > 192.0.2.2:40001 fragment 0x1 at byte 0, more follow udp length 32",
        "2 192.0.2.1 > 192.0.2.2 fragment 0x1 at byte 40, more follow data 40 bytes",
        "3 192.0.2.1:40000 > 192.0.2.2:40001 udp length 100 [put together from fragments]",
    ];
    assert_eq!(shown.lines().collect::<Vec<_>>(), want);
    let told = events(&run_sock(&["decode", path, "--json", "--count", "3"]).quietly_done());
    let names = |event: &Value| -> Vec<String> {
        let layers = event["packet"]["layers"].as_array().expect("a list");
        layers.iter().map(|layer| layer["protocol"].as_str().expect("a name").to_owned()).collect()
    };
    assert_eq!(names(&told[1]), ["eth", "ip", "data"]);
    assert_eq!(names(&told[2]), ["eth", "ip", "udp", "data"]);
    let [.., udp, data] = &told[2]["packet"]["layers"].as_array().expect("a list")[..] else {
        panic!("{told:?}")
    };
    assert_eq!(
        (&udp["assembled"], &udp["checksum"], &udp["offset"]),
        (&true.into(), &"absent".into(), &20.into())
    );
    assert_eq!(data["fields"]["data.len"], 100);
}

/// What fragments come to is in the streams, whether they come from a capture or from a dump.
#[test]
fn streams_hold_what_fragments_carry() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../berkeley-packet/tests/captures/fragments.pcap");
    let told = events(&run_sock(&["decode", path, "--follow", "udp 0", "--json"]).quietly_done());
    let [stream, pieces @ .., _] = &told[..] else { panic!("{told:?}") };
    assert_eq!((&stream["client"], pieces.len()), (&"192.0.2.1:40000".into(), 5), "{told:?}");
    let told = events(&run_sock(&["decode", path, "--conversations", "--json"]).quietly_done());
    let counts: Vec<_> =
        told.iter().map(|event| (&event["sent"]["packets"], &event["sent"]["bytes"])).collect();
    let want =
        [(16, 1148), (6, 612), (3, 210)].map(|(packets, bytes)| (Value::from(packets), Value::from(bytes)));
    for (packets, bytes) in &want {
        assert!(counts.contains(&(packets, bytes)), "{packets} {bytes}: {told:?}");
    }
    let whole = udp(true, b"sixteen of these and more");
    let mut pieces = [whole[..36].to_vec(), [&whole[..20], &whole[36..]].concat()];
    for (piece, place) in pieces.iter_mut().zip([[0x20, 0], [0, 2]]) {
        let length = u16::try_from(piece.len()).expect("a short packet");
        piece[2..4].copy_from_slice(&length.to_be_bytes());
        piece[6..8].copy_from_slice(&place);
    }
    let dump = pieces.iter().map(|piece| dumped(piece)).collect::<Vec<_>>().join("\n");
    let shown = text(&decode(dump.as_bytes(), &["--link", "raw", "--follow", "udp 0"]).quietly_done());
    assert!(shown.ends_with("\n> sixteen of these and more\n"), "{shown}");
}

/// A packet as `xxd` prints it.
fn dumped(packet: &[u8]) -> String {
    let line = |(number, bytes): (usize, &[u8])| {
        let digits: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        format!("{:08x}: {}\n", 16 * number, digits.join(" "))
    };
    packet.chunks(16).enumerate().map(line).collect()
}

#[test]
fn a_stream_is_followed_from_both_ends() {
    let shown = text(&decode(&capture(), &["--follow", "tcp 0"]).quietly_done());
    let want = "= tcp 0: client 10.0.0.1:12345, server 10.0.0.2:8080\n> GET /\n< he\n\
                ! 3 bytes of the server are not in the capture\n< world\n";
    assert_eq!(shown, want);
    assert_eq!(decode(&capture(), &["--follow", "tcp 0", "--raw"]).quietly_done(), b"GET /\r\nheworld\n");
    let shown = text(&decode(&capture(), &["--follow", "udp 0"]).quietly_done());
    assert!(shown.ends_with("\n> \\x1b[2J\n"), "{shown:?}");
    let told = events(&decode(&capture(), &["--follow", "tcp 0", "--json"]).quietly_done());
    let names: Vec<&str> = told.iter().filter_map(|event| event["event"].as_str()).collect();
    assert_eq!(names, ["stream", "stream_data", "stream_data", "stream_gap", "stream_data", "summary"]);
    assert_eq!((&told[3]["from"], &told[3]["missing_bytes"]), (&"server".into(), &3.into()));
    let finished = decode(&capture(), &["--follow", "tcp 7"]);
    assert_eq!(finished.code(), 1);
    assert!(finished.stderr.contains("no stream tcp 7: the last one is 0"), "{}", finished.stderr);
    let finished = decode(&capture(), &["--follow", "sctp 7"]);
    assert_eq!(finished.code(), 2, "{}", finished.stderr);
}

#[test]
fn conversations_tell_who_spoke_and_what_was_wrong() {
    let shown = text(&decode(&capture(), &["--conversations"]).quietly_done());
    let lines: Vec<&str> = shown.lines().collect();
    assert!(
        lines[0].starts_with("stream  client") && lines[1].starts_with("udp 0   10.0.0.1:12345"),
        "{shown}"
    );
    assert!(lines[2].starts_with("tcp 0   10.0.0.1:12345  10.0.0.2:8080"), "{shown}");
    assert_eq!(
        lines[3..],
        ["    client: 1 retransmission, 1 reset", "    server: 3 bytes not captured"],
        "{shown}"
    );
    let told = events(&decode(&capture(), &["--conversations", "--json"]).quietly_done());
    let [_, tcp, summary] = &told[..] else { panic!("{told:?}") };
    assert_eq!((&tcp["transport"], &tcp["sent"]["retransmissions"]), (&"tcp".into(), &1.into()));
    assert_eq!((&tcp["seconds"], &tcp["handshake_seconds"]), (&Value::from(0.6), &Value::from(0.2)));
    assert_eq!((&summary["conversations"], &summary["packets"]), (&2.into(), &8.into()));
}

#[test]
fn a_cut_capture_gives_its_whole_packets_and_says_where_it_ends() {
    let mut capture = capture();
    capture.truncate(capture.len() - 50);
    for (args, lines) in
        [(&[][..], 7), (&["--json"], 9), (&["--conversations"], 5), (&["--follow", "tcp 0"], 5)]
    {
        let finished = decode(&capture, args);
        assert_eq!((finished.code(), text(&finished.stdout).lines().count()), (9, lines), "{args:?}");
        assert!(
            finished.stderr.starts_with("sock: error: standard input: capture file at byte "),
            "{}",
            finished.stderr
        );
        assert!(finished.stderr.contains("the file ends inside a block"), "{}", finished.stderr);
        assert_eq!(finished.stderr.lines().count(), 1, "{}", finished.stderr);
    }
}

#[test]
fn what_is_no_capture_is_refused() {
    let rows: [(&[u8], i32, &str); 4] = [
        (b"", 9, "the file ends where a file header should be"),
        (b"hello\n", 1, "line 1: neither a capture file nor a hex dump: hello"),
        (b"\x1f\x8b\x08\0", 1, "compressed: unpack it with gzip first"),
        (b"\0\x01\x02\x03", 1, "neither pcap nor pcapng"),
    ];
    for (input, code, want) in rows {
        let finished = decode(input, &[]);
        assert_eq!(finished.code(), code, "{}", finished.stderr);
        assert!(finished.stderr.contains(want), "{}", finished.stderr);
    }
    let finished = run_sock(&["decode", "/no/such/file"]);
    assert_eq!(finished.code(), 1, "{}", finished.stderr);
    assert!(
        finished.stderr.contains("open /no/such/file: ") && finished.stderr.contains("hint: "),
        "{}",
        finished.stderr
    );
    let finished = run_sock(&["decode", "4500", "--link", "ether"]);
    assert!(finished.code() == 2 && finished.stderr.contains("ethernet, raw"), "{}", finished.stderr);
}

#[test]
fn a_reader_that_goes_away_ends_it_without_failure() {
    let folder = TempDir::new();
    let path = folder.file("capture.pcapng", &capture());
    for args in [&[][..], &["--json"], &["--layers"], &["--conversations"], &["--follow", "tcp 0"]] {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        let mut command = sock(&[&["decode", &*path], args].concat());
        command.stdin(Stdio::null()).stdout(writer).stderr(Stdio::piped());
        let finished = Process::start_as_it_is(&mut command).finish();
        assert_eq!((finished.code(), finished.stderr.as_str()), (0, ""), "{args:?}");
    }
}

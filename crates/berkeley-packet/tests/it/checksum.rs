//! What checksums say, against tshark.

use std::process::Command;
use std::time::Duration;

use berkeley_packet::craft;
use berkeley_packet::file::Writer;
use berkeley_packet::{Check, LinkType, Packet};

use crate::bounded::RunInTime;
use crate::folder::TempDir;
use crate::skip;

/// Addresses of hops, as bytes in hex: those of IPv6 end in the number.
fn hops(numbers: &[u8]) -> String {
    let one = |number: &u8| format!("20010db80000000000000000000000{number:02x}");
    numbers.iter().map(one).collect::<Vec<_>>().concat()
}

/// Packets, each with the protocol whose checksum is looked at, and what that says.
fn rows() -> Vec<(String, &'static str, &'static str)> {
    let row = |text: &str, name, word| (text.to_owned(), name, word);
    let mut rows = vec![
        row("ip/udp/\"hello\"", "udp", "good"),
        row("ip/udp(checksum=0x1234)/\"hello\"", "udp", "bad"),
        row("ip/udp(checksum=0)/\"hello\"", "udp", "absent"),
        row("ip/tcp/\"hello\"", "tcp", "good"),
        row("ip/tcp(checksum=0x1234)/\"hello\"", "tcp", "bad"),
        row("ip/sctp(chunk_value=0x0b000004)", "sctp", "good"),
        row("ip/sctp(chunk_value=0x0b000004,checksum=0x12345678)", "sctp", "bad"),
        row(
            "ipv6/sctp(chunk_value=0x00030012000000010000000000000000\
                6869)",
            "sctp",
            "good",
        ),
        row("ip(checksum=0x1234)/udp", "ip", "bad"),
        // A source route that has hops left, and two that are at their end; its last hop is what counts.
        row("ip(options=[route(4,192.0.2.8,192.0.2.9),eol])/udp/\"hello\"", "udp", "good"),
        row("ip(options=[nop,source_route(8,192.0.2.8,192.0.2.9)])/tcp/\"hello\"", "tcp", "good"),
        row("ip(options=[route(12,192.0.2.8,192.0.2.9),eol])/udp/\"hello\"", "udp", "good"),
        row("ip(options=[record_route(4,192.0.2.8),eol])/udp/\"hello\"", "udp", "good"),
        row("ip(options=[route(4,192.0.2.8),eol])/udp(checksum=0x1234)/\"hello\"", "udp", "bad"),
    ];
    for (kind, left, data) in [(0, 2, &[7, 8][..]), (0, 0, &[7, 8]), (2, 1, &[9]), (4, 1, &[7])] {
        let route = format!("ipv6/ipv6.routing(type={kind},segleft={left},data=0x{})", hops(data));
        rows.push((format!("{route}/udp/\"hello\""), "udp", "good"));
        rows.push((format!("{route}/tcp(checksum=0x1234)"), "tcp", "bad"));
    }
    rows
}

fn said(packet: &Packet<'_>, name: &str) -> Check {
    let layer = packet.layer(name).unwrap();
    layer.protocol().fields.iter().find_map(|field| field.check(layer)).unwrap()
}

#[test]
fn checksums_are_judged_as_tshark_does() {
    let rows = rows();
    let packets: Vec<Vec<u8>> = rows.iter().map(|(text, ..)| craft::parse(text).unwrap().build()).collect();
    for ((text, name, word), bytes) in rows.iter().zip(&packets) {
        let packet = Packet::decode(LinkType::RAW, bytes);
        assert_eq!(said(&packet, name).word(), *word, "{text}");
    }
    if !skip::need("checksum::checksums_are_judged_as_tshark_does", "tshark") {
        return;
    }
    let mut writer = Writer::pcapng(Vec::new()).unwrap();
    let interface = writer.interface("test", LinkType::RAW, 65_535).unwrap();
    for bytes in &packets {
        writer.packet(interface, Duration::ZERO, bytes.len(), bytes).unwrap();
    }
    let folder = TempDir::new();
    let file = folder.file("packets.pcapng", &writer.into_inner().unwrap());
    let mut command = Command::new("tshark");
    command.arg("-r").arg(&file).args(["-n", "-T", "fields"]);
    for name in ["ip", "tcp", "udp"] {
        command.args([
            "-o",
            &format!("{name}.check_checksum:TRUE"),
            "-e",
            &format!("{name}.checksum.status"),
        ]);
    }
    let output =
        command.args(["-o", "sctp.checksum:CRC 32c", "-e", "sctp.checksum.status"]).output_in_time().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(text.lines().count(), rows.len(), "{}", String::from_utf8_lossy(&output.stderr));
    for ((text, name, word), line) in rows.iter().zip(text.lines()) {
        let theirs: Vec<&str> = line.split('\t').collect();
        let column = ["ip", "tcp", "udp", "sctp"].iter().position(|known| known == name).unwrap();
        // 0: bad, 1: good, 3: not there.
        let want = match *word {
            "good" => "1",
            "bad" => "0",
            _ => "3",
        };
        assert_eq!(theirs[column], want, "{text}");
    }
}

#[test]
fn a_checksum_that_was_left_to_the_card_or_cannot_be_known_is_not_bad() {
    let rows = [
        ("ip/sctp(chunk_value=0x0b000004,checksum=0)", "sctp", "offloaded"),
        ("ip(flags.mf)/sctp(chunk_value=0x0b000004,checksum=0x12345678)", "sctp", "unknown"),
        ("ip(flags.mf)/tcp(checksum=0x1234)/\"hello\"", "tcp", "unknown"),
        ("ipv6/ipv6.fraghdr(more)/tcp(checksum=0x1234)/\"hello\"", "tcp", "unknown"),
        ("ipv6/ipv6.fraghdr(more)/sctp(chunk_value=0x0b000004,checksum=0x12345678)", "sctp", "unknown"),
        ("ipv6/ipv6.fraghdr(more)/icmpv6(checksum=0x1234)", "icmpv6", "unknown"),
        ("ipv6/ipv6.fraghdr/udp(checksum=0x1234)/\"hello\"", "udp", "bad"),
        ("ipv6/ipv6.routing(type=3,segleft=1,data=0x00000000)/udp(checksum=0x1234)", "udp", "unknown"),
        ("ipv6/ipv6.routing(type=9,segleft=1,data=0x00000000)/udp(checksum=0x1234)", "udp", "unknown"),
        ("ipv6/ipv6.routing(type=9,segleft=0,data=0x00000000)/udp(checksum=0x1234)", "udp", "bad"),
    ];
    for (text, name, word) in rows {
        let bytes = craft::parse(text).unwrap().build();
        assert_eq!(said(&Packet::decode(LinkType::RAW, &bytes), name).word(), word, "{text}");
        let cut = Packet::decode_cut(LinkType::RAW, &bytes, bytes.len() + 9);
        assert!(!matches!(said(&cut, name), Check::Bad(_)) || name == "udp", "{text}");
    }
}

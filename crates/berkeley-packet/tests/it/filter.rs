//! Filters, held against those of tcpdump.

use std::collections::HashMap;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use berkeley_packet::LinkType;
use berkeley_packet::file::{Reader, Writer};
use berkeley_packet::filter::{self, Instruction, Program};

use crate::bounded::RunInTime;
use crate::folder::TempDir;
use crate::packets::{self, Chance};
use crate::skip;

/// A packet: its bytes as far as they are there, and its length.
type Packet = (Vec<u8>, usize);

/// Expressions that tcpdump knows, a line each.
const EXPRESSIONS: &str = include_str!("expressions.txt");

const LINKS: [LinkType; 8] = [
    LinkType::ETHERNET,
    LinkType::RAW,
    LinkType::IPV4,
    LinkType::IPV6,
    LinkType::LINUX_SLL,
    LinkType::LINUX_SLL2,
    LinkType::NULL,
    LinkType::LOOP,
];

/// The packet behind another link layer than Ethernet.
fn behind(link: LinkType, chance: &mut Chance) -> Vec<u8> {
    let (packet, is_ipv4) = match chance.below(2) {
        0 => (packets::ipv4(chance), true),
        _ => (packets::ipv6(chance), false),
    };
    let kind = if is_ipv4 { [8, 0] } else { [0x86, 0xdd] };
    let direction = [0, 4][chance.below(2)];
    let family = if is_ipv4 { 2 } else { [24, 28, 30, 10][chance.below(4)] };
    let header = match link {
        LinkType::LINUX_SLL => [&[0, direction, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0], &kind[..]].concat(),
        LinkType::LINUX_SLL2 => {
            [&kind[..], &[0, 0, 0, 0, 0, 3, 0, 1, direction, 6, 2, 0, 0, 0, 0, 1, 0, 0]].concat()
        }
        LinkType::NULL => vec![family, 0, 0, 0],
        LinkType::LOOP => vec![0, 0, 0, family],
        _ => Vec::new(),
    };
    [header, packet].concat()
}

/// Packets of that link type: many shapes, whole and cut.
fn made(link: LinkType) -> Vec<Packet> {
    let mut chance = Chance::new(7 + u64::from(link.as_raw()));
    let count = if link == LinkType::ETHERNET { 2_000 } else { 500 };
    let mut packets = Vec::new();
    for _ in 0..count {
        let mut bytes = match link {
            LinkType::ETHERNET => packets::ethernet(&mut chance),
            _ => behind(link, &mut chance),
        };
        let length = bytes.len();
        if chance.below(4) == 0 {
            bytes.truncate(chance.below(length + 1));
        }
        packets.push((bytes, length));
    }
    packets
}

/// The packets of the captures that the tests have, by link type.
fn captured() -> HashMap<LinkType, Vec<Packet>> {
    let mut packets: HashMap<LinkType, Vec<Packet>> = HashMap::new();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/captures");
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        if !path.extension().is_some_and(|extension| extension == "pcap" || extension == "pcapng") {
            continue;
        }
        let mut reader = Reader::new(fs::File::open(path).unwrap()).unwrap();
        while let Ok(Some(record)) = reader.next() {
            // tcpdump takes the family in the file's order of bytes alone; a filter of ours, which knows no file, in
            // both.
            if record.link == LinkType::NULL && record.bytes.starts_with(&[0, 0]) {
                continue;
            }
            packets.entry(record.link).or_default().push((record.bytes.to_vec(), record.length));
        }
    }
    packets
}

/// tcpdump's program for an expression, for files of that link type; none where it refuses the expression, or says that
/// it wants no packet (false).
struct Tcpdump {
    folder: TempDir,
}

impl Tcpdump {
    fn new() -> Self {
        let folder = TempDir::new();
        for link in LINKS {
            let file = Writer::pcap(Vec::new(), link, 65_535).unwrap().into_inner().unwrap();
            folder.file(&link.as_raw().to_string(), &file);
        }
        Self { folder }
    }

    fn program(&self, link: LinkType, expression: &str) -> Result<Program, String> {
        let file = self.folder.path().join(link.as_raw().to_string());
        let mut command = Command::new("tcpdump");
        command.arg("-ddd").arg("-r").arg(file).arg("--").arg(expression);
        let output = command.output_in_time().unwrap();
        if !output.status.success() {
            return Err(String::from_utf8_lossy(&output.stderr).into_owned());
        }
        let text = String::from_utf8(output.stdout).unwrap();
        let instructions = text.lines().skip(1).map(|line| {
            let numbers: Vec<u32> = line.split(' ').map(|number| number.parse().unwrap()).collect();
            let [jt, jf] = [numbers[1], numbers[2]].map(|jump| u8::try_from(jump).unwrap());
            Instruction { code: u16::try_from(numbers[0]).unwrap(), jt, jf, k: numbers[3] }
        });
        Ok(Program::new(instructions.collect()).unwrap())
    }
}

/// Holds the programs of an expression against each other; gives how many packets it wants.
fn compare(ours: &Program, theirs: &Program, packets: &[Packet]) -> Result<usize, String> {
    let mut wanted = 0;
    for (bytes, length) in packets {
        let matches = ours.matches(bytes, *length);
        if matches != theirs.matches(bytes, *length) {
            return Err(format!("{length} bytes, {bytes:02x?}\nours:\n{ours}\ntheirs:\n{theirs}\n"));
        }
        wanted += usize::from(matches);
    }
    Ok(wanted)
}

#[test]
fn expressions_on_ethernet_want_the_packets_that_tcpdump_wants() {
    let name = "filter::expressions_on_ethernet_want_the_packets_that_tcpdump_wants";
    let expressions: Vec<_> = EXPRESSIONS.lines().step_by(2).collect();
    let (compared, telling) = hold(name, &[LinkType::ETHERNET], &expressions);
    assert!(compared >= 160 && telling >= 120, "{telling} of {compared} told packets apart");
}

#[test]
fn more_expressions_on_ethernet_want_the_packets_that_tcpdump_wants() {
    let name = "filter::more_expressions_on_ethernet_want_the_packets_that_tcpdump_wants";
    let expressions: Vec<_> = EXPRESSIONS.lines().skip(1).step_by(2).collect();
    let (compared, telling) = hold(name, &[LinkType::ETHERNET], &expressions);
    assert!(compared >= 160 && telling >= 120, "{telling} of {compared} told packets apart");
}

#[test]
fn expressions_on_other_links_want_the_packets_that_tcpdump_wants() {
    let name = "filter::expressions_on_other_links_want_the_packets_that_tcpdump_wants";
    // They have the same code behind their headers: a part will do.
    let expressions: Vec<_> = EXPRESSIONS.lines().step_by(8).collect();
    let (compared, telling) = hold(name, &LINKS[1..], &expressions);
    assert!(compared >= 100 && telling >= 80, "{telling} of {compared} told packets apart");
}

/// Holds the programs of expressions against tcpdump's. Gives how many there were, and how many of them wanted some
/// packets and others not.
fn hold(test: &str, links: &[LinkType], expressions: &[&str]) -> (usize, usize) {
    if !skip::need(test, "tcpdump") {
        return (usize::MAX, usize::MAX);
    }
    let (tcpdump, captured) = (Tcpdump::new(), captured());
    let (mut compared, mut telling, mut differ) = (0, 0, Vec::new());
    for link in links {
        let mut packets = made(*link);
        packets.extend(captured.get(link).cloned().unwrap_or_default());
        for expression in expressions {
            match (filter::compile(expression, *link), tcpdump.program(*link, expression)) {
                (Ok(ours), Ok(theirs)) => {
                    compared += 1;
                    match compare(&ours, &theirs, &packets) {
                        Ok(wanted) => telling += usize::from(wanted > 0 && wanted < packets.len()),
                        Err(error) => differ.push(format!("{link:?} {expression}: {error}")),
                    }
                }
                // What wants no packet, tcpdump refuses.
                (Ok(ours), Err(error)) => {
                    assert!(error.contains("rejects all packets"), "{link:?} {expression}: {error}");
                    assert!(
                        !packets.iter().any(|(bytes, length)| ours.matches(bytes, *length)),
                        "{expression}"
                    );
                }
                (Err(ours), theirs) => {
                    assert!(theirs.is_err(), "{link:?}: {ours}\n{theirs:?}");
                    assert!(*link != LinkType::ETHERNET, "{ours}");
                }
            }
        }
    }
    assert!(differ.is_empty(), "{} differ:\n{}", differ.len(), differ.concat());
    (compared, telling)
}

#[test]
fn tcpdump_writes_the_packets_that_a_filter_wants() {
    if !skip::need("filter::tcpdump_writes_the_packets_that_a_filter_wants", "tcpdump") {
        return;
    }
    let packets: Vec<_> =
        made(LinkType::ETHERNET).into_iter().filter(|(bytes, _)| !bytes.is_empty()).collect();
    let mut writer = Writer::pcapng(Vec::new()).unwrap();
    let number = writer.interface("eth0", LinkType::ETHERNET, 65_535).unwrap();
    for (index, (bytes, length)) in (0..).zip(&packets) {
        writer.packet(number, Duration::from_micros(index), *length, bytes).unwrap();
    }
    let folder = TempDir::new();
    let file = folder.file("packets", &writer.into_inner().unwrap());
    for expression in EXPRESSIONS.lines().step_by(24) {
        let mut command = Command::new("tcpdump");
        command.arg("-r").arg(&file).args(["-w", "-", "--", expression]);
        let output = command.output_in_time().unwrap();
        let Ok(mut reader) = Reader::new(output.stdout.as_slice()) else { continue };
        let filter = filter::compile(expression, LinkType::ETHERNET).unwrap();
        let wanted = (0..).zip(&packets).filter(|(_, (bytes, length))| filter.matches(bytes, *length));
        for (index, (bytes, length)) in wanted {
            let record = reader.next().unwrap().unwrap();
            let parts = (record.time, record.length, record.bytes);
            assert_eq!(
                parts,
                (Some(Duration::from_micros(index)), *length, bytes.as_slice()),
                "{expression}"
            );
        }
        assert!(reader.next().unwrap().is_none(), "{expression}: tcpdump wants more");
    }
}

#[test]
fn a_program_is_printed_as_tcpdump_prints_it() {
    if !skip::need("filter::a_program_is_printed_as_tcpdump_prints_it", "tcpdump") {
        return;
    }
    let tcpdump = Tcpdump::new();
    let file = tcpdump.folder.path().join(LinkType::ETHERNET.as_raw().to_string());
    let expressions = [
        "ip proto 6",
        "tcp[13] & 2 = 0",
        "udp[4:2] - ip[0] >= 3",
        "ip[8] % 7 + len * 2 ^ 5 > ip[2:2] >> 3",
        "ip[tcp[12] >> 4] = -len",
        "port 53 or 80",
        "len != 60",
    ];
    for expression in expressions {
        let mut command = Command::new("tcpdump");
        command.arg("-d").arg("-r").arg(&file).arg("--").arg(expression);
        let theirs = String::from_utf8(command.output_in_time().unwrap().stdout).unwrap();
        let program = tcpdump.program(LinkType::ETHERNET, expression).unwrap();
        let ours: Vec<_> = program.to_string().lines().map(|line| line.trim_end().to_owned()).collect();
        let theirs: Vec<_> = theirs.lines().map(|line| line.trim_end().to_owned()).collect();
        assert_eq!(ours, theirs, "{expression}");
    }
}

#[test]
fn a_long_filter_jumps_far_and_wants_what_tcpdump_wants() {
    if !skip::need("filter::a_long_filter_jumps_far_and_wants_what_tcpdump_wants", "tcpdump") {
        return;
    }
    let (tcpdump, link) = (Tcpdump::new(), LinkType::ETHERNET);
    let hosts: Vec<_> = (0..70).map(|last| format!("host 10.0.0.{last}")).collect();
    let ports: Vec<_> = (0..40).map(|port| format!("port {}", 53 + 3 * port)).collect();
    let six: Vec<_> = (2..60).map(|last| format!("src host 2001:db8::{last:x}")).collect();
    let all = [hosts.join(" or "), ports.join(" or "), six.join(" or ")];
    let packets: Vec<_> =
        made(link).into_iter().filter(|(bytes, length)| bytes.len() == *length).take(400).collect();
    let mut is_far = false;
    for expression in [&all[..1], &all[1..2], &all[2..], &all].map(|parts| parts.join(" or ")) {
        let ours = filter::compile(&expression, link).unwrap();
        is_far |= ours.instructions().iter().any(|instruction| instruction.code == 5);
        let theirs = tcpdump.program(link, &expression).unwrap();
        assert!(compare(&ours, &theirs, &packets).unwrap() > 0);
    }
    assert!(is_far, "no jump was too far for eight bits");
    let too_long = vec!["udp[8:4] - ip[0] > len"; 2_000].join(" or ");
    let error = filter::compile(&too_long, link).unwrap_err();
    assert!(error.message().contains("4096"), "{error}");
}

#[test]
fn a_fault_is_shown_under_the_text_with_the_nearest_word() {
    let rows = [
        (
            "tcp prot 80",
            "expected \"and\", \"or\" or the end, not \"prot\"; did you mean \"port\"?\n  tcp prot 80\n      ^^^^",
        ),
        (
            "hots 10.0.0.1",
            "\"hots\" is not a word of filters; did you mean \"host\"?\n  hots 10.0.0.1\n  ^^^^",
        ),
        (
            "port htpp",
            "\"htpp\" is no service that is known here; did you mean \"http\"?\n  port htpp\n       ^^^^",
        ),
        ("port 65536", "a port is at most 65535\n  port 65536\n       ^^^^^"),
        ("udp port ssh", "\"ssh\" is a service of tcp\n  udp port ssh\n           ^^^"),
        ("host", "expected an address, not the end\n  host\n      ^"),
        (
            "host example.org",
            "\"example.org\" is no address, and names are not looked up here\n  host example.org\n       ^^^^^^^^^^^",
        ),
        (
            "host 10.0.0.256",
            "\"10.0.0.256\" is no address: a part is 0 to 255\n  host 10.0.0.256\n       ^^^^^^^^^^",
        ),
        ("net 10.0.0.1/8", "bits are set that are not of the network\n  net 10.0.0.1/8\n      ^^^^^^^^^^"),
        ("host 10.0.0.0/8", "a prefix is for \"net\" alone\n  host 10.0.0.0/8\n       ^^^^^^^^^^"),
        ("net ::/129", "a prefix has at most 128 bits\n  net ::/129\n      ^^^^^^"),
        ("icmp port 5", "icmp has no ports\n  icmp port 5\n            ^"),
        ("ip host ::1", "ip has no addresses of IPv6\n  ip host ::1\n          ^^^"),
        ("(tcp or udp", "expected \")\", not the end\n  (tcp or udp\n             ^"),
        ("tcp)", "no parenthesis is open here\n  tcp)\n     ^"),
        ("tcp and", "expected a condition, not the end\n  tcp and\n         ^"),
        (
            "tcp[tcpflag] = 2",
            "expected a number or bytes such as ip[0], not \"tcpflag\"; did you mean \"tcpflags\"?\n  \
             tcp[tcpflag] = 2\n      ^^^^^^^",
        ),
        ("tcp[0:3] = 1", "the size is 1, 2 or 4 bytes\n  tcp[0:3] = 1\n        ^"),
        ("len / 0 = 1", "a division by zero\n  len / 0 = 1\n  ^^^^^^^"),
        ("udp[4:2]", "expected a comparison such as =, not the end\n  udp[4:2]\n          ^"),
        ("vlan 4096", "a VLAN's number is at most 4095\n  vlan 4096\n  ^^^^^^^^^"),
        (
            "tcp flags sny",
            "\"sny\" is no flag of TCP; did you mean \"syn\"?\n  tcp flags sny\n            ^^^",
        ),
        ("80", "expected a comparison such as =, not the end\n  80\n    ^"),
        ("tcp ' udp", "\"'\" has no meaning here\n  tcp ' udp\n      ^"),
    ];
    for (text, wanted) in rows {
        assert_eq!(filter::compile(text, LinkType::ETHERNET).unwrap_err().to_string(), wanted);
    }
    let error = filter::compile("tcp", LinkType::from_raw(105)).unwrap_err();
    assert_eq!(error.message(), "no filters for packets of link type 105");
}

#[test]
fn what_tcpdump_does_not_know_means_what_it_says() {
    let same = [
        ("10.0.0.1", "host 10.0.0.1"),
        ("10.0.0.1 or ::1", "host 10.0.0.1 or host ::1"),
        ("ip proto tcp", "ip proto 6"),
        ("ether proto arp", "arp"),
        ("net 10/8", "net 10.0.0.0/8"),
        ("", "1 = 1"),
    ];
    for (ours, plain) in same {
        let [ours, plain] = [ours, plain].map(|text| filter::compile(text, LinkType::ETHERNET).unwrap());
        assert_eq!(ours, plain);
    }
    let ipv4 = |flags: u8| {
        [&[0x45, 0, 0, 40, 0, 0, 0, 0, 64, 6, 0, 0][..], &[0; 8 + 13], &[flags], &[0; 6]].concat()
    };
    let ipv6 = |flags: u8| [&[0x60, 0, 0, 0, 0, 20, 6, 64][..], &[0; 32 + 13], &[flags], &[0; 6]].concat();
    for (text, wanted) in [
        ("tcp flags syn", [true, true, true, false]),
        ("tcp flags syn,ack", [false, true, true, false]),
        ("tcp flags only syn", [true, false, false, false]),
        ("tcp flags any syn,fin", [true, true, true, true]),
        ("not tcp flags syn,psh", [true, true, false, true]),
    ] {
        let filter = filter::compile(text, LinkType::RAW).unwrap();
        for (flags, wanted) in [2, 0x12, 0x1a, 1].into_iter().zip(wanted) {
            for packet in [ipv4(flags), ipv6(flags)] {
                assert_eq!(
                    filter.matches(&packet, packet.len()),
                    wanted,
                    "{text}: {flags:#x} in {packet:02x?}"
                );
            }
        }
    }
}

#[test]
fn names_of_hosts_are_looked_up_where_that_is_wanted() {
    let hosts = |name: &str| match name {
        "both.test" => vec!["10.0.0.1".parse().unwrap(), "::1".parse().unwrap()],
        _ => Vec::new(),
    };
    let compiler = filter::Compiler::new(LinkType::ETHERNET).hosts(&hosts);
    let wanted = filter::compile("host 10.0.0.1 or ::1", LinkType::ETHERNET).unwrap();
    assert_eq!(compiler.compile("host both.test").unwrap(), wanted);
    let wanted = filter::compile("ip6 src host ::1", LinkType::ETHERNET).unwrap();
    assert_eq!(compiler.compile("ip6 src both.test").unwrap(), wanted);
    assert_eq!(compiler.compile("host none.test").unwrap_err().message(), "\"none.test\" has no address");
}

#[test]
fn instructions_that_are_no_program_are_refused() {
    type Row = (u16, u8, u8, u32);
    let of = |instructions: &[Row]| {
        let instructions =
            instructions.iter().map(|(code, jt, jf, k)| Instruction { code: *code, jt: *jt, jf: *jf, k: *k });
        Program::new(instructions.collect()).map_err(|error| error.to_string())
    };
    let (ret, jeq, ja, div, lsh, st, ld_memory) = (0x06, 0x15, 0x05, 0x34, 0x64, 0x02, 0x60);
    let end = (ret, 0, 0, 1);
    assert!(of(&[end]).is_ok());
    assert!(of(&[(jeq, 0, 1, 0), (st, 0, 0, 3), end]).is_ok());
    assert_eq!(Program::new(vec![Instruction { code: ret, jt: 0, jf: 0, k: 1 }; 4097]).unwrap_err().index, 0);
    let rows: &[(&[Row], &str)] = &[
        (&[], "instruction 0: a program has 1 to 4096 instructions"),
        (&[(0xffff, 0, 0, 0), end], "instruction 0: no such instruction"),
        (&[(jeq, 1, 0, 0), end], "instruction 0: a jump out of the program"),
        (&[(jeq, 0, 1, 0), end], "instruction 0: a jump out of the program"),
        (&[(ja, 0, 0, u32::MAX), end], "instruction 0: a jump out of the program"),
        (&[(div, 0, 0, 0), end], "instruction 0: a division by zero"),
        (&[(lsh, 0, 0, 32), end], "instruction 0: a shift by more than 31 bits"),
        (&[(st, 0, 0, 16), end], "instruction 0: no such word of memory"),
        (&[(ld_memory, 0, 0, 0), end], "instruction 0: memory that was not written"),
        (
            &[(jeq, 0, 1, 0), (st, 0, 0, 3), (ld_memory, 0, 0, 3), end],
            "instruction 2: memory that was not written",
        ),
        (&[(st, 0, 0, 0)], "instruction 0: the last instruction does not return"),
    ];
    for (instructions, wanted) in rows {
        assert_eq!(of(instructions).unwrap_err(), *wanted);
    }
}

//! Screens, as a terminal of that size shows them.

use std::collections::HashSet;
use std::time::Duration;

use berkeley_packet::{InitialNumbers, LinkType, Packet};
use ratatui_core::backend::TestBackend;
use ratatui_core::buffer::Cell;
use ratatui_core::style::Modifier;
use ratatui_core::terminal::Terminal;

use super::*;
use crate::browse::prompt::{Asked, Prompt};
use crate::browse::sieve::Faulty;
use crate::browse::state::Pane;
use crate::browse::stream::Line;
use crate::browse::tree;
use crate::report::escape::is_printable;

/// IPv4 and UDP from port 12345 to 9999, which carries `hi`.
const UDP: &[u8] =
    b"\x45\0\0\x1e\0\0\0\0\x40\x11\x7c\xcc\x7f\0\0\x01\x7f\0\0\x02\x30\x39\x27\x0f\0\x0a\0\0hi";

/// The same to port 53, with a query whose name has an escape, a return and bidi characters.
const HOSTILE: &[u8] = b"\x45\0\0\x3a\0\0\0\0\x40\x11\0\0\x7f\0\0\x01\x7f\0\0\x02\x30\x39\0\x35\0\x26\0\0\
    \x12\x34\x01\0\0\x01\0\0\0\0\0\0\x0c\x1b[2J\r\xe2\x80\xae\x9b\0\x07\0\0\x01\0\x01";

/// A test's packets, all of them alike.
struct Stage {
    state: State,
    link: LinkType,
    bytes: Vec<u8>,
    interface: String,
    count: u64,
    facts: Facts,
    talk: Option<Talk>,
    /// Whether the second packet has a time of nanoseconds.
    is_fine: bool,
}

impl Stage {
    fn new(bytes: &[u8], count: u64) -> Self {
        let facts = Facts { total: count, began: Some(Duration::ZERO), ..Facts::default() };
        let state = State::new(false, "");
        let (link, bytes) = (LinkType::RAW, bytes.to_vec());
        Self { state, link, bytes, interface: String::new(), count, facts, talk: None, is_fine: false }
    }

    fn load(&self, number: u64) -> Loaded {
        let fine = if self.is_fine && number == 1 { 7 } else { 0 };
        Loaded {
            number,
            time: Some(Duration::from_millis(number * 1500) + Duration::from_nanos(fine)),
            length: self.bytes.len(),
            link: self.link,
            interface: self.interface.clone(),
            bytes: self.bytes.clone(),
            is_lost: false,
        }
    }

    fn terminal(&mut self, width: u16, height: u16) -> Terminal<TestBackend> {
        let mut terminal = Terminal::new(TestBackend::new(width, height)).expect("a terminal in memory");
        let list: Vec<u64> = (0..self.count).collect();
        let selected = self.state.selected(&list);
        let packet = selected.map(|number| self.load(number));
        let decoded = packet.as_ref().map(|it| Packet::decode_cut(it.link, &it.bytes, it.length));
        let nodes = decoded.as_ref().map(tree::nodes).unwrap_or_default();
        let mut state = std::mem::replace(&mut self.state, State::new(false, ""));
        let packets = &*self;
        let mut scene = Scene {
            state: &mut state,
            title: "a.pcap",
            times: Times::Relative,
            facts: &packets.facts,
            list: &list,
            load: &|number| Some(packets.load(number)),
            first: &|_, _| InitialNumbers::default(),
            packet: packet.as_ref(),
            nodes: &nodes,
            talk: packets.talk.as_ref(),
            filtered: None,
            is_searching: false,
        };
        terminal.draw(|frame| _ = draw(frame.buffer_mut(), &mut scene)).expect("drawn in memory");
        self.state = state;
        terminal
    }

    fn screen(&mut self, width: u16, height: u16) -> Vec<String> {
        lines(&self.terminal(width, height))
    }
}

fn lines(terminal: &Terminal<TestBackend>) -> Vec<String> {
    let buffer = terminal.backend().buffer();
    let width = usize::from(buffer.area.width).max(1);
    let rows = buffer.content().chunks(width);
    rows.map(|row| row.iter().map(Cell::symbol).collect::<String>().trim_end().to_owned()).collect()
}

/// The text of the cells that have that mark.
fn marked(terminal: &Terminal<TestBackend>, line: usize, mark: Modifier) -> String {
    let buffer = terminal.backend().buffer();
    let width = usize::from(buffer.area.width);
    let cells = buffer.content()[line * width..][..width].iter();
    cells.filter(|cell| cell.modifier.contains(mark)).map(Cell::symbol).collect()
}

#[test]
fn at_80x24_the_list_the_layers_and_the_bytes_are_seen() {
    let mut stage = Stage::new(UDP, 3);
    stage.state.open = HashSet::from(["udp"]);
    let want = [
        "━No.     Time Source          Destination    Proto Summary",
        ">  1 0.000000 127.0.0.1:12345 127.0.0.2:9999 udp   length 2",
        "   2 1.500000 127.0.0.1:12345 127.0.0.2:9999 udp   length 2",
        "   3 3.000000 127.0.0.1:12345 127.0.0.2:9999 udp   length 2",
    ];
    let screen = stage.screen(80, 24);
    assert_eq!(screen[..4], want);
    assert!(screen[9].starts_with("── Packet 1 ─"), "{screen:#?}");
    assert_eq!(screen[10], " ▸ ip: Internet Protocol, version 4, 20 + 10 bytes");
    assert_eq!(screen[11], " ▾ udp: User Datagram Protocol, 8 + 2 bytes");
    assert!(screen[12].starts_with("     srcport") && screen[12].contains("12345"), "{screen:#?}");
    assert!(screen[16].starts_with("── Bytes: ip, 20 bytes from 0 on ─"), "{screen:#?}");
    assert_eq!(screen[17], " 0000  45 00 00 1e 00 00 00 00  40 11 7c cc 7f 00 00 01  E.......@.|.....");
    assert_eq!(screen[18], " 0010  7f 00 00 02 30 39 27 0f  00 0a 00 00 68 69        ....09'.....hi");
    assert_eq!(screen[22], " a.pcap  3 of 3 packets");
    assert!(screen[23].contains("? help"));
}

#[test]
fn at_200x60_the_layers_and_the_bytes_stand_side_by_side() {
    let screen = Stage::new(UDP, 100).screen(200, 60);
    assert!(screen[29].starts_with("── Packet 1 ─") && screen[29].contains("── Bytes: ip"), "{screen:#?}");
    assert!(screen[30].contains("▸ ip: Internet") && screen[30].contains("0000  45 00"), "{screen:#?}");
    assert!(screen[28].starts_with("  28 "), "{}", screen[28]);
}

#[test]
fn times_of_microseconds_and_of_nanoseconds_stand_point_under_point() {
    let mut stage = Stage::new(UDP, 3);
    stage.is_fine = true;
    let want = ["0.000000    127.0.0.1", "1.500000007 127.0.0.1", "3.000000    127.0.0.1"];
    for (line, want) in stage.screen(200, 60)[1..4].iter().zip(want) {
        assert!(line.get(5..).is_some_and(|line| line.starts_with(want)), "{line}");
    }
}

#[test]
fn a_terminal_that_is_too_small_says_so() {
    assert_eq!(
        Stage::new(UDP, 3).screen(20, 5)[..3],
        ["the terminal is too", "small: 20x5; needs", "60x15; Ctrl-C quits"]
    );
    // As small as they come: nothing panics.
    for (width, height) in [(1, 1), (2, 1), (1, 40), (59, 40), (200, 14), (0, 0)] {
        Stage::new(UDP, 3).screen(width, height);
    }
    for (width, height) in [(60, 15), (61, 16), (149, 15), (150, 15), (500, 200)] {
        let screen = Stage::new(UDP, 3).screen(width, height);
        assert!(screen[1].starts_with(">  1"), "{width}x{height}: {screen:#?}");
    }
}

#[test]
fn the_bytes_of_the_selected_field_are_marked_in_both_columns() {
    let mut stage = Stage::new(UDP, 1);
    (stage.state.pane, stage.state.open) = (Pane::Tree, HashSet::from(["ip"]));
    let decoded = Packet::decode(LinkType::RAW, UDP);
    let nodes = tree::nodes(&decoded);
    stage.state.node = nodes.iter().position(|node| node.name == "ip.src").expect("a field");
    stage.state.byte = 12;
    let terminal = stage.terminal(80, 24);
    assert_eq!(marked(&terminal, 17, Modifier::REVERSED), "7f 00 00 01....");
    assert_eq!(marked(&terminal, 18, Modifier::REVERSED), "");
    assert!(lines(&terminal)[16].starts_with("── Bytes: ip.src, 4 bytes from 12 on"));
    (stage.state.pane, stage.state.node) = (Pane::Bytes, 0);
    let terminal = stage.terminal(80, 24);
    let cursor = marked(&terminal, 17, Modifier::UNDERLINED);
    assert_eq!(cursor, "7f.", "the byte under the cursor");
    assert!(lines(&terminal)[16].starts_with("━━ Bytes: ip.src"), "and its field: {:#?}", lines(&terminal));
}

#[test]
fn what_a_search_has_found_is_marked_within_its_field() {
    let mut stage = Stage::new(UDP, 1);
    let nodes = tree::nodes(&Packet::decode(LinkType::RAW, UDP));
    stage.state.mark(0, Some(29..30), "i", &nodes);
    let terminal = stage.terminal(80, 24);
    assert_eq!(marked(&terminal, 18, Modifier::UNDERLINED), "69i");
    assert_eq!(marked(&terminal, 18, Modifier::REVERSED), "68 69hi", "the field is data.data");
    stage.state.found = Some((1, 29..30));
    assert_eq!(marked(&stage.terminal(80, 24), 18, Modifier::UNDERLINED), "", "found in another packet");
}

#[test]
fn the_selected_packet_is_marked_without_colours() {
    let mut stage = Stage::new(UDP, 2);
    for (pane, mark) in [(Pane::List, Modifier::REVERSED), (Pane::Tree, Modifier::UNDERLINED)] {
        stage.state.pane = pane;
        let terminal = stage.terminal(80, 24);
        assert_eq!(marked(&terminal, 1, mark).trim_end(), lines(&terminal)[1]);
        assert_eq!(marked(&terminal, 2, mark), "");
    }
}

#[test]
fn nothing_that_a_peer_has_sent_drives_the_terminal() {
    let mut stage = Stage::new(HOSTILE, 4);
    stage.interface = "eth\x1b]0;x\x07\u{202e}".to_owned();
    stage.facts.remark = Some("bad \x1b[31m".to_owned());
    stage.state.open = ["ip", "udp", "dns", "dns.qry"].into();
    stage.talk = Some(Talk::default());
    for view in [View::Packets, View::Stream] {
        for pane in [Pane::List, Pane::Tree, Pane::Bytes] {
            (stage.state.pane, stage.state.view) = (pane, view);
            for (width, height) in [(80, 24), (200, 60), (60, 15)] {
                let screen = stage.screen(width, height);
                for line in &screen {
                    assert!(line.chars().all(is_printable), "{line:?}");
                }
            }
        }
    }
    stage.state.view = View::Packets;
    let screen = stage.screen(200, 60).join("\n");
    assert!(screen.contains("eth\\x1b]0;x\\x07\\u{202e}"), "{screen}");
    assert!(screen.contains("bad \\x1b[31m"), "{screen}");
}

/// The packets of the captures that packets are tested with, broken ones among them.
#[test]
fn packets_of_all_captures_can_be_browsed() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../berkeley-packet/tests/captures");
    let (mut files, mut packets) = (0, 0);
    for entry in std::fs::read_dir(folder).expect("captures") {
        let path = entry.expect("a file").path();
        if path.extension().is_none_or(|ending| ending != "pcap") {
            continue;
        }
        files += 1;
        let file = std::fs::File::open(&path).expect("a capture");
        let mut reader = berkeley_packet::file::Reader::new(file).expect("a capture");
        while let Some(record) = reader.next().expect("a whole capture") {
            packets += 1;
            let mut stage = Stage::new(record.bytes, 1);
            stage.link = record.link;
            let decoded = Packet::decode(record.link, record.bytes);
            let nodes = tree::nodes(&decoded);
            stage.state.open = nodes.iter().map(|node| node.name).collect();
            stage.state.node = packets % nodes.len().max(1);
            let (width, height) = [(80, 24), (160, 50)][packets % 2];
            for line in stage.screen(width, height) {
                assert!(line.chars().all(is_printable), "{}: {line:?}", path.display());
            }
        }
    }
    assert!(files > 20 && packets > 100, "{files} files, {packets} packets");
}

#[test]
fn a_filter_is_typed_and_its_fault_shown_while_the_list_stays() {
    let mut stage = Stage::new(UDP, 2);
    stage.state.prompt = Some(Prompt::new(Asked::Filter, "udp prot 53"));
    stage.state.fault = Some(Faulty { message: "did you mean \"port\"?".to_owned(), span: 4..8 });
    let terminal = stage.terminal(80, 24);
    let screen = lines(&terminal);
    assert_eq!(screen[22..], [" ! did you mean \"port\"?", "/udp prot 53"]);
    assert_eq!(marked(&terminal, 23, Modifier::UNDERLINED), "prot");
    assert!(screen[1].starts_with(">  1"));
    stage.state.prompt = Some(Prompt::new(Asked::Filter, &"tcp and ".repeat(20)));
    stage.state.fault = None;
    let screen = stage.screen(80, 24);
    assert!(screen[23].ends_with("tcp and"), "its end is seen: {}", screen[23]);
}

#[test]
fn the_status_says_how_far_it_has_come() {
    let mut stage = Stage::new(UDP, 10);
    stage.facts = Facts {
        total: 40,
        gone: 30,
        dropped: Some(2),
        read: Some((1, 4)),
        ..Facts { began: None, ..Facts::default() }
    };
    stage.state.filter = "udp".to_owned();
    let want = " a.pcap  10 of 40 packets, 2 dropped, the 30 oldest removed, 25% read, filter: udp";
    assert_eq!(stage.screen(100, 24)[22], want);
    stage.facts.is_complete = true;
    stage.facts.remark = Some("! byte 24: the file ends".to_owned());
    let screen = stage.screen(100, 24);
    assert!(!screen[22].contains("25%"));
    assert_eq!(screen[23], " ! byte 24: the file ends");
}

#[test]
fn an_empty_list_says_why() {
    let mut stage = Stage::new(UDP, 0);
    assert!(stage.screen(80, 24)[1].contains("waiting for packets"));
    assert!(stage.screen(80, 24)[0].starts_with("━No."));
    stage.facts.is_complete = true;
    assert!(stage.screen(80, 24)[1].contains("no packets"));
    stage.facts.total = 5;
    assert!(stage.screen(80, 24)[1].contains("no packet matches the filter"));
}

#[test]
fn a_conversation_and_the_help_fill_the_screen() {
    let mut stage = Stage::new(UDP, 1);
    let line = |from_client, text: &str| Line { from_client, text: text.to_owned() };
    let mut talk = Talk::default();
    (talk.title, talk.is_complete) = ("tcp 0".to_owned(), true);
    talk.lines = vec![line(Some(true), "GET /"), line(Some(false), "200"), line(None, "7 bytes are missing")];
    (stage.talk, stage.state.view) = (Some(talk), View::Stream);
    let screen = stage.screen(80, 24);
    assert!(screen[0].starts_with("━━ tcp 0 (q: back) ━"));
    assert_eq!(screen[1..4], ["> GET /", "< 200", "! 7 bytes are missing"]);
    stage.state.top = 2;
    assert_eq!(stage.screen(80, 24)[1], "! 7 bytes are missing");
    (stage.state.view, stage.state.top) = (View::Help, 0);
    let screen = stage.screen(80, 24);
    assert!(screen.iter().all(|line| !line.contains('…')), "it fits: {screen:#?}");
    assert!(screen.iter().any(|line| line.contains("quit, from the packets")), "all of it");
}

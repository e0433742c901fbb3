//! What each key does, as tables.

use super::*;

impl List for Vec<u64> {
    fn len(&self) -> usize {
        Vec::len(self)
    }

    fn number(&self, position: usize) -> Option<u64> {
        self.get(position).copied()
    }

    fn position(&self, number: u64) -> usize {
        self.partition_point(|it| *it < number).min(Vec::len(self).saturating_sub(1))
    }
}

const HEIGHTS: Heights = Heights { list: 5, tree: 4, bytes: 3, page: 10 };

fn node(depth: usize, name: &'static str, bytes: std::ops::Range<usize>) -> Node {
    Node { depth, name, value: String::new(), meaning: "", bytes, has_more: depth == 0 }
}

fn nodes() -> Vec<Node> {
    vec![
        node(0, "ip", 0..20),
        node(1, "ip.ttl", 8..9),
        node(1, "ip.src", 12..16),
        node(0, "udp", 20..28),
        node(1, "udp.srcport", 20..22),
    ]
}

/// Presses keys on a list of packets, each of them with [`nodes`] and 40 bytes.
fn press(state: &mut State, list: &Vec<u64>, keys: &[Key]) -> Vec<Act> {
    let nodes = nodes();
    let around = Around { list, nodes: &nodes, bytes: 40, lines: 30, heights: HEIGHTS };
    keys.iter().filter_map(|key| state.key(*key, &around)).collect()
}

fn keys(text: &str) -> Vec<Key> {
    text.chars().map(Key::Char).collect()
}

#[test]
fn the_keys_of_less_vim_and_the_arrows_move_in_the_list() {
    let list: Vec<u64> = (0..20).map(|number| number * 10).collect();
    let rows: [(&[Key], u64); 16] = [
        (&[Key::Down], 10),
        (&[Key::Char('j'), Key::Char('j'), Key::Char('k')], 10),
        (&[Key::Up], 0),
        (&[Key::PageDown], 40),
        (&[Key::Char(' '), Key::Ctrl('f')], 80),
        (&[Key::End], 190),
        (&[Key::Char('G'), Key::PageUp], 150),
        (&[Key::End, Key::Char('b')], 150),
        (&[Key::End, Key::Home], 0),
        (&[Key::Char('G'), Key::Char('g')], 0),
        (&[Key::Ctrl('d')], 20),
        (&[Key::Char('G'), Key::Ctrl('u')], 170),
        (&[Key::Ctrl('n'), Key::Ctrl('n'), Key::Ctrl('p')], 10),
        (&[Key::Char('>'), Key::Down], 190),
        (&[Key::Char('>'), Key::Char('<')], 0),
        (&[Key::Char('x'), Key::Char('Z')], 0),
    ];
    for (keys, want) in rows {
        let mut state = State::new(false, "");
        assert!(press(&mut state, &list, keys).is_empty());
        assert_eq!(state.selected(&list), Some(want), "{keys:?}");
    }
    let mut state = State::new(false, "");
    press(&mut state, &Vec::new(), &[Key::Down, Key::End, Key::Enter, Key::Down]);
    assert_eq!(state.selected(&Vec::new()), None, "an empty list has nothing to select");
}

#[test]
fn the_list_follows_new_packets_while_the_cursor_is_at_the_end() {
    let (mut list, mut state) = (vec![0, 1], State::new(true, ""));
    assert_eq!(state.selected(&list), Some(1));
    list.push(2);
    assert_eq!(state.selected(&list), Some(2));
    press(&mut state, &list, &[Key::Up]);
    list.push(3);
    assert_eq!(state.selected(&list), Some(1), "the cursor stays where it was put");
    press(&mut state, &list, &[Key::Down, Key::Down]);
    list.push(4);
    assert_eq!(state.selected(&list), Some(4), "at the end again");
}

#[test]
fn a_packet_that_is_not_shown_is_selected_again_when_it_is() {
    let mut state = State::new(false, "");
    state.select(7, &vec![5, 6, 7, 8]);
    assert_eq!(state.selected(&vec![]), None);
    assert_eq!(state.selected(&vec![1, 6]), Some(6), "the last, where none comes behind it");
    assert_eq!(state.selected(&vec![1, 9, 10]), Some(9), "or the next");
    assert_eq!(state.selected(&vec![5, 6, 7, 8]), Some(7));
}

#[test]
fn the_cursor_stays_in_its_line_where_that_can_be() {
    let mut row = Row::default();
    let steps = [(0, 100, 10), (3, 100, 10), (12, 100, 10), (12, 100, 5), (99, 100, 10), (2, 3, 10)];
    for (position, count, height) in steps {
        let got = row.top(position, count, height);
        assert!(got <= position && position < got + height, "{position} is seen");
        assert!(got + height <= count.max(height), "no line behind the last");
    }
    let moves = [(0, 0, 1, 1), (3, 3, 1, 1), (9, 50, 51, 9), (0, 50, 49, 0), (5, 50, 41, 0), (5, 50, 59, 9)];
    for (row, from, to, want) in moves {
        let mut row = Row(row);
        row.moved(from, to, 10);
        assert_eq!(row, Row(want), "{from} to {to}");
    }
    assert_eq!(Row(3).top(50, 100, 10), 47);
    assert_eq!(Row(3).top(1, 100, 10), 0);
    assert_eq!(Row(0).top(98, 100, 10), 90);
    assert_eq!(Row(7).top(0, 0, 0), 0);
}

#[test]
fn layers_are_opened_and_folded() {
    let list = vec![0];
    let rows: [(&[Key], usize, &[&str]); 9] = [
        (&[Key::Down], 3, &[]),
        (&[Key::Right], 0, &["ip"]),
        (&[Key::Enter, Key::Down, Key::Down], 2, &["ip"]),
        (&[Key::Enter, Key::Enter], 0, &[]),
        (&[Key::Char('l'), Key::Char('j'), Key::Char('h')], 0, &["ip"]),
        (&[Key::Right, Key::Down, Key::Left, Key::Left], 0, &[]),
        (&[Key::Char('+'), Key::End], 4, &["ip", "udp"]),
        (&[Key::Char('+'), Key::End, Key::Char('-')], 3, &[]),
        (&[Key::Left, Key::Up], 0, &[]),
    ];
    for (keys, node, open) in rows {
        let mut state = State::new(false, "");
        press(&mut state, &list, &[Key::Tab]);
        press(&mut state, &list, keys);
        assert_eq!(state.node, node, "{keys:?}");
        assert_eq!(state.open, open.iter().copied().collect(), "{keys:?}");
        assert_eq!(state.byte, nodes()[node].bytes.start, "the field's bytes are marked");
    }
}

#[test]
fn a_byte_selects_its_field_and_what_is_folded_stands_for_its_parts() {
    let list = vec![0];
    let rows: [(&[Key], usize, &str); 10] = [
        (&[Key::Right], 1, "ip"),
        (&[Key::Down], 16, "ip"),
        (&[Key::Down, Key::Up], 0, "ip"),
        (&[Key::End], 39, "ip"),
        (&[Key::Down, Key::Right, Key::Right, Key::Right, Key::Right], 20, "udp"),
        (&[Key::PageDown], 32, "ip"),
        (&[Key::End, Key::PageUp, Key::Up], 7, "ip"),
        (&[Key::Left], 0, "ip"),
        (&[Key::Char('+'), Key::Char('l'), Key::Down], 17, "ip"),
        (&[Key::Char('+'), Key::Down, Key::Left], 15, "ip.src"),
    ];
    for (keys, byte, name) in rows {
        let mut state = State::new(false, "");
        press(&mut state, &list, &[Key::BackTab]);
        assert_eq!(state.pane, Pane::Bytes);
        press(&mut state, &list, keys);
        assert_eq!((state.byte, nodes()[state.node].name), (byte, name), "{keys:?}");
    }
}

#[test]
fn another_packet_keeps_the_field() {
    let mut state = State::new(false, "");
    state.open.insert("udp");
    state.another(Some(&node(1, "udp.srcport", 0..2)), &nodes());
    assert_eq!((state.node, state.byte), (4, 20));
    state.open.clear();
    state.another(Some(&node(1, "udp.srcport", 0..2)), &nodes());
    assert_eq!(state.node, 3, "folded, its layer");
    state.another(Some(&node(0, "tcp", 0..2)), &nodes());
    assert_eq!(state.node, 0, "or the first");
    state.another(None, &[]);
    assert_eq!((state.node, state.byte), (0, 0));
}

#[test]
fn what_a_search_has_found_is_selected_and_its_layers_are_opened() {
    let mut nodes = nodes();
    nodes[2].value = "10.0.0.1".to_owned();
    let rows = [
        (Some(21..24), "udp.srcport", 21, &["udp"][..]),
        (Some(13..14), "ip.src", 13, &["ip"]),
        (Some(2..4), "ip", 2, &[]),
        (None, "ip.src", 12, &["ip"]),
    ];
    for (bytes, name, byte, open) in rows {
        let mut state = State::new(false, "");
        state.mark(7, bytes.clone(), "10.0.0", &nodes);
        assert_eq!((nodes[state.node].name, state.byte), (name, byte), "{bytes:?}");
        assert_eq!(state.open, open.iter().copied().collect(), "{bytes:?}");
        assert_eq!(state.found, bytes.map(|bytes| (7, bytes)));
    }
    let mut state = State::new(false, "");
    state.mark(7, None, "nowhere", &nodes);
    assert_eq!((state.node, state.byte), (0, 0), "a text of the line alone selects no field");
}

#[test]
fn a_filter_is_asked_for_as_it_is_typed_and_given_up() {
    let (list, mut state) = (vec![0], State::new(false, "tcp"));
    let acts = press(&mut state, &list, &[Key::Char('/'), Key::Char(' '), Key::Char('q')]);
    assert_eq!(acts, [Act::Filter("tcp ".to_owned()), Act::Filter("tcp q".to_owned())]);
    state.fault = Some(Faulty { message: "no".to_owned(), span: 4..5 });
    assert!(press(&mut state, &list, &[Key::Enter]).is_empty());
    assert!(state.prompt.is_some(), "a faulty one stays on the line");
    assert_eq!(press(&mut state, &list, &[Key::Escape]), [Act::Filter("tcp".to_owned())]);
    assert!(state.prompt.is_none() && state.fault.is_none());
    press(&mut state, &list, &[Key::Char('/'), Key::Enter]);
    assert!(state.prompt.is_none());
    assert_eq!(
        press(&mut state, &list, &keys("/q")),
        [Act::Filter("tcpq".to_owned())],
        "q is a letter there"
    );
}

#[test]
fn the_packet_that_a_filter_has_led_to_stays_selected_without_it() {
    let (all, some, mut state) = (vec![1, 4, 8, 9], vec![8, 9], State::new(false, ""));
    state.select(4, &all);
    press(&mut state, &all, &keys("/udp"));
    assert_eq!(state.selected(&some), Some(8));
    assert_eq!(state.selected(&all), Some(4), "while it is typed, nothing is lost");
    press(&mut state, &some, &[Key::Enter, Key::Char('/'), Key::Escape]);
    assert_eq!(state.selected(&all), Some(8));
}

#[test]
fn a_text_is_asked_for_once_and_found_again() {
    let (list, mut state) = (vec![0], State::new(false, ""));
    assert!(press(&mut state, &list, &[Key::Char('n')]).is_empty());
    assert!(state.prompt.is_some(), "none was typed yet");
    let mut typed = keys("GET");
    typed.push(Key::Enter);
    assert_eq!(press(&mut state, &list, &typed), [Act::Find { backwards: false }]);
    assert_eq!(state.needle, "GET");
    let acts = press(&mut state, &list, &keys("nN"));
    assert_eq!(acts, [Act::Find { backwards: false }, Act::Find { backwards: true }]);
    press(&mut state, &list, &[Key::Char('s'), Key::Escape]);
    assert_eq!(state.needle, "GET", "given up, it is as before");
}

#[test]
fn views_are_left_as_they_were_entered() {
    let (list, mut state) = (vec![0], State::new(false, ""));
    let rows: [(&[Key], View, &[Act]); 8] = [
        (&[Key::Char('?')], View::Help, &[]),
        (&[Key::Char('?')], View::Packets, &[Act::Leave]),
        (&[Key::Char('f')], View::Stream, &[Act::Follow]),
        (&[Key::Char('f'), Key::Char('/')], View::Stream, &[]),
        (&[Key::Char('?')], View::Help, &[]),
        (&[Key::Escape], View::Stream, &[]),
        (&[Key::Escape], View::Packets, &[Act::Leave]),
        (&[Key::Escape], View::Packets, &[]),
    ];
    for (keys, view, acts) in rows {
        assert_eq!(press(&mut state, &list, keys), acts, "{keys:?}");
        assert_eq!(state.view, view, "{keys:?}");
    }
    press(&mut state, &list, &[Key::Char('?'), Key::End]);
    assert_eq!(state.top, 20, "30 lines, 10 of them seen");
    press(&mut state, &list, &[Key::PageUp, Key::Down]);
    assert_eq!(state.top, 12);
}

#[test]
fn q_goes_back_before_it_quits_and_ctrl_c_quits_from_everywhere() {
    let list = vec![0];
    let rows: [(&[Key], &[Act]); 5] = [
        (&[], &[Act::Quit]),
        (&[Key::Tab], &[Act::Quit]),
        (&[Key::Char('?')], &[Act::Leave, Act::Quit]),
        (&[Key::Char('f')], &[Act::Leave, Act::Quit]),
        // The help over a conversation leaves it where it was.
        (&[Key::Char('f'), Key::Down, Key::Char('?')], &[Act::Leave, Act::Quit]),
    ];
    for (before, want) in rows {
        let mut state = State::new(false, "");
        press(&mut state, &list, before);
        let top = usize::from(before.len() == 3);
        assert_eq!(press(&mut state, &list, &[Key::Ctrl('c')]), [Act::Quit], "{before:?}");
        let mut acts = Vec::new();
        for _ in 0..3 {
            if acts.contains(&Act::Quit) {
                break;
            }
            let got = press(&mut state, &list, &keys("q"));
            assert!(!got.is_empty() || (state.view, state.top) == (View::Stream, top), "{before:?}");
            acts.extend(got);
        }
        assert_eq!(acts, want, "{before:?}");
    }
    let mut state = State::new(false, "");
    let acts = press(&mut state, &list, &[Key::Char('/'), Key::Ctrl('c')]);
    assert_eq!(acts, [Act::Quit], "from a line that is typed by Ctrl-C alone");
    assert_eq!(press(&mut state, &list, &[Key::Ctrl('z'), Key::Ctrl('l')]), [Act::Suspend, Act::Redraw]);
}

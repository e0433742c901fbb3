//! What fills the screen: a conversation, and the help.

use super::pen::{BOLD, DIM, PLAIN, Pen};
use crate::browse::find::is_in;
use crate::browse::stream::Talk;

/// The keys, as `?` shows them.
pub(crate) const HELP: &[(&str, &str)] = &[
    ("Moving", ""),
    ("j k, arrows", "down, up"),
    ("Space b, PgDn PgUp", "a page down, up; Ctrl-D Ctrl-U half of one"),
    ("g G, Home End", "the first, the last; there, new packets are followed"),
    ("Tab, Shift-Tab", "the next pane: packets, layers, bytes"),
    ("Enter l h, arrows", "open and fold a layer; in the bytes, right and left"),
    ("+ -", "open all layers, fold all"),
    ("Packets", ""),
    ("/", "filter, as tcpdump has it: udp port 53; all if empty"),
    ("f", "follow: what the client (>) and the server (<) said"),
    ("s", "search a text; n the next packet, N the one before"),
    ("q, Escape", "back, from a conversation or from the keys"),
    ("The rest", ""),
    ("Ctrl-L", "redraw the screen"),
    ("Ctrl-Z", "suspend; fg resumes"),
    ("Escape", "cancel what is typed"),
    ("q", "quit, from the packets; Ctrl-C from everywhere"),
];

pub(super) fn help(pen: &mut Pen<'_>, top: usize) {
    pen.title(0, "Keys (q: back)", true);
    for ((keys, what), y) in HELP.iter().skip(top).zip(1..pen.height()) {
        if what.is_empty() {
            pen.text(1, y, usize::MAX, keys, BOLD);
        } else {
            pen.text(3, y, 20, keys, PLAIN);
            pen.text(24, y, usize::MAX, what, PLAIN);
        }
    }
}

pub(super) fn stream(pen: &mut Pen<'_>, talk: &Talk, top: usize, needle: &str) {
    let title = match (talk.title.as_str(), talk.is_read || talk.is_complete) {
        ("", false) => "looking for the conversation (q: back)".to_owned(),
        ("", true) => "(q: back)".to_owned(),
        (title, false) => format!("{title}, reading (q: back)"),
        (title, true) => format!("{title} (q: back)"),
    };
    pen.title(0, &title, true);
    for (line, y) in talk.lines.iter().skip(top).zip(1..pen.height()) {
        // The server's lines are told apart by their sign and by their weight.
        let (sign, style) = match line.from_client {
            Some(true) => (">", BOLD),
            Some(false) => ("<", PLAIN),
            None => ("!", DIM),
        };
        let found = is_in(line.text.as_bytes(), needle.as_bytes());
        pen.text(0, y, 1, sign, style);
        let style = if found { style.patch(super::pen::MARKED) } else { style };
        pen.text(2, y, usize::MAX, &line.text, style);
    }
    if (talk.is_read || talk.is_complete) && talk.lines.is_empty() {
        let so_far = if talk.is_complete { "" } else { " so far" };
        pen.text(0, 1, usize::MAX, &format!("no data in this conversation{so_far}"), DIM);
    }
}

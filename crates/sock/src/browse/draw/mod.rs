//! The screen as it is drawn from the state and the packets. Nothing here changes what is selected.
//!
//! | file | draws |
//! |---|---|
//! | [`pen`] | text, escaped and cut |
//! | [`list`] | the packets, a line each |
//! | [`packet`] | the layers of one, and its bytes |
//! | [`pages`] | a conversation, and the help |
//! | [`status`] | the last two lines |

mod list;
mod packet;
mod pages;
mod pen;
mod status;

use berkeley_packet::{InitialNumbers, Packet};
use ratatui_core::buffer::Buffer;
use ratatui_core::layout::Rect;

use super::state::{Heights, List, State, View};
use super::store::{Facts, Loaded};
use super::stream::Talk;
use super::tree::Node;
use crate::packet::Times;
use pen::Pen;

pub(crate) use pages::HELP;

/// The least columns and lines in which packets are shown.
const LEAST: (u16, u16) = (60, 15);

/// From so many columns on the layers and the bytes stand side by side.
const WIDE: u16 = 150;

/// The columns that the bytes need, sixteen a line.
const BYTES: u16 = 74;

/// All that is drawn.
pub(crate) struct Scene<'a> {
    pub(crate) state: &'a mut State,
    /// What is shown: a file, or an interface.
    pub(crate) title: &'a str,
    pub(crate) times: Times,
    pub(crate) facts: &'a Facts,
    pub(crate) list: &'a dyn List,
    /// Reads a packet by its number.
    pub(crate) load: &'a dyn Fn(u64) -> Option<Loaded>,
    /// From where the sequence numbers of a packet count.
    pub(crate) first: &'a dyn Fn(&Packet<'_>, u64) -> InitialNumbers,
    /// The selected packet, and its rows.
    pub(crate) packet: Option<&'a Loaded>,
    pub(crate) nodes: &'a [Node],
    pub(crate) talk: Option<&'a Talk>,
    /// How many packets the filter has looked at.
    pub(crate) filtered: Option<u64>,
    pub(crate) is_searching: bool,
}

/// Where each part of the screen is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Panes {
    /// With a line of titles each.
    list: Rect,
    tree: Rect,
    bytes: Rect,
    page: Rect,
    /// Two lines: what is shown, and what is typed or said.
    status: Rect,
}

impl Panes {
    /// None where the screen is too small.
    fn of(screen: Rect) -> Option<Self> {
        let Rect { x, y, width, height } = screen;
        if width < LEAST.0 || height < LEAST.1 {
            return None;
        }
        let body = height - 2;
        let part = |top: u16, height: u16| Rect { x, y: y + top, width, height };
        let (page, status) = (part(0, body), part(body, 2));
        if width >= WIDE {
            let list = body / 2 + body % 2;
            let (left, right) = (width - BYTES - 1, part(list, body - list));
            let tree = Rect { width: left, ..right };
            let bytes = Rect { x: x + left + 1, width: BYTES, ..right };
            return Some(Self { list: part(0, list), tree, bytes, page, status });
        }
        let lines = body - 3;
        let (tree, bytes) = (lines / 3, (lines + 2) / 4);
        let list = lines - tree - bytes;
        Some(Self {
            list: part(0, list + 1),
            tree: part(list + 1, tree + 1),
            bytes: part(list + tree + 2, bytes + 1),
            page,
            status,
        })
    }
}

/// How many lines the parts of a screen of that size have.
pub(crate) fn heights(screen: Rect) -> Heights {
    let Some(panes) = Panes::of(screen) else { return Heights::default() };
    let inside = |area: Rect| usize::from(area.height - 1);
    Heights {
        list: inside(panes.list),
        tree: inside(panes.tree),
        bytes: inside(panes.bytes),
        page: inside(panes.page),
    }
}

/// Draws all of it. Gives where the cursor of a line that is typed stands.
pub(crate) fn draw(buffer: &mut Buffer, scene: &mut Scene<'_>) -> Option<(u16, u16)> {
    let Some(panes) = Panes::of(buffer.area) else {
        too_small(buffer);
        return None;
    };
    match (scene.state.view, scene.talk) {
        (View::Help, _) => pages::help(&mut Pen::new(buffer, panes.page), scene.state.top),
        (View::Stream, Some(talk)) => {
            pages::stream(&mut Pen::new(buffer, panes.page), talk, scene.state.top, &scene.state.needle);
        }
        _ => {
            list::draw(&mut Pen::new(buffer, panes.list), scene);
            packet::tree(&mut Pen::new(buffer, panes.tree), scene);
            packet::bytes(&mut Pen::new(buffer, panes.bytes), scene);
        }
    }
    status::draw(&mut Pen::new(buffer, panes.status), scene)
}

fn too_small(buffer: &mut Buffer) {
    let Rect { width, height, .. } = buffer.area;
    let (columns, lines) = LEAST;
    let text = format!("the terminal is too small: {width}x{height}; needs {columns}x{lines}; Ctrl-C quits");
    let mut pen = Pen::new(buffer, buffer.area);
    let mut y = 0;
    let mut line = String::new();
    // Word by word, as the terminal may be narrower than the text.
    for word in text.split(' ') {
        if !line.is_empty() && line.len() + 1 + word.len() > pen.width() {
            pen.text(0, y, pen.width(), &line, pen::PLAIN);
            (y, line) = (y + 1, String::new());
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    pen.text(0, y, pen.width(), &line, pen::PLAIN);
}

#[cfg(test)]
mod tests;

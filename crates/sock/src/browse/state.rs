//! What is selected, folded and typed, and what each key does to it. It draws nothing and reads nothing.

use std::collections::HashSet;
use std::ops::Range;

use super::find::is_in;
use super::key::Key;
use super::prompt::{Asked, Prompt, Typed};
use super::sieve::Faulty;
use super::tree::{self, Node};

/// How many bytes a line of the pane of bytes has.
pub(crate) const LINE: usize = 16;

/// The packets that are shown, in their order.
pub(crate) trait List {
    /// How many there are.
    fn len(&self) -> usize;
    /// The number of the packet at that position.
    fn number(&self, position: usize) -> Option<u64>;
    /// The position of that packet; where it is not shown, of the next one, or else of the last.
    fn position(&self, number: u64) -> usize;
}

/// The parts of the screen between which Tab moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pane {
    List,
    Tree,
    Bytes,
}

/// What fills the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum View {
    Packets,
    Stream,
    Help,
}

/// What a key asks of those who have the packets and the terminal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Act {
    Quit,
    /// Stop, as a shell's Ctrl-Z has it.
    Suspend,
    /// Draw all of the screen.
    Redraw,
    /// Have this filter; an empty one is none.
    Filter(String),
    /// Show the conversation of the selected packet.
    Follow,
    /// Show the packets again.
    Leave,
    /// Find the text that was typed.
    Find {
        backwards: bool,
    },
}

/// What a key may depend on.
pub(crate) struct Around<'a> {
    pub(crate) list: &'a dyn List,
    /// The rows of the selected packet.
    pub(crate) nodes: &'a [Node],
    /// How many bytes it has.
    pub(crate) bytes: usize,
    /// How many lines the conversation or the help has.
    pub(crate) lines: usize,
    pub(crate) heights: Heights,
}

/// The lines of each pane, and of a view that fills the screen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Heights {
    pub(crate) list: usize,
    pub(crate) tree: usize,
    pub(crate) bytes: usize,
    pub(crate) page: usize,
}

/// In which line of a pane its cursor stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Row(usize);

/// The state.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) pane: Pane,
    pub(crate) view: View,
    pub(crate) prompt: Option<Prompt>,
    /// The packet that is selected, or was, before it was no longer shown.
    pub(crate) anchor: u64,
    /// Whether the newest packet is selected, whichever that is.
    pub(crate) follows: bool,
    pub(crate) row: Row,
    /// The selected row of all rows of the packet.
    pub(crate) node: usize,
    pub(crate) tree_row: Row,
    pub(crate) open: HashSet<&'static str>,
    pub(crate) byte: usize,
    /// The packet and the bytes in it that a search has found.
    pub(crate) found: Option<(u64, Range<usize>)>,
    pub(crate) bytes_row: Row,
    /// The first line that is seen of a conversation, or of the help.
    pub(crate) top: usize,
    /// The first line that was seen of the conversation behind the help; none where there is none.
    behind: Option<usize>,
    pub(crate) filter: String,
    pub(crate) fault: Option<Faulty>,
    pub(crate) needle: String,
    /// What is said until the next key.
    pub(crate) message: Option<String>,
}

/// A way to move in a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Move {
    Up(usize),
    Down(usize),
    First,
    Last,
}

impl Row {
    /// The cursor goes to another line: within the pane it moves, at its edges the lines do.
    fn moved(&mut self, from: usize, to: usize, height: usize) {
        self.0 = (self.0 + to.saturating_sub(from)).saturating_sub(from.saturating_sub(to));
        self.0 = self.0.min(height.saturating_sub(1));
    }

    /// The first line that is seen, of `count` lines in a pane of `height`, with the cursor in line `position`.
    pub(crate) fn top(&mut self, position: usize, count: usize, height: usize) -> usize {
        let height = height.max(1);
        let row = self.0.min(height - 1);
        let top = position.saturating_sub(row).min(count.saturating_sub(height));
        self.0 = position.saturating_sub(top).min(height - 1);
        position - self.0
    }
}

impl Move {
    /// What the key means, as in less and vim, in a pane of that height.
    fn of(key: Key, height: usize) -> Option<Self> {
        let page = height.saturating_sub(1).max(1);
        let half = (height / 2).max(1);
        Some(match key {
            Key::Up | Key::Char('k') | Key::Ctrl('p') => Self::Up(1),
            Key::Down | Key::Char('j') | Key::Ctrl('n') => Self::Down(1),
            Key::PageUp | Key::Ctrl('b') | Key::Char('b') => Self::Up(page),
            Key::PageDown | Key::Ctrl('f') | Key::Char(' ') => Self::Down(page),
            Key::Ctrl('u') => Self::Up(half),
            Key::Ctrl('d') => Self::Down(half),
            Key::Home | Key::Char('g' | '<') => Self::First,
            Key::End | Key::Char('G' | '>') => Self::Last,
            _ => return None,
        })
    }

    fn from(self, position: usize, count: usize) -> usize {
        let last = count.saturating_sub(1);
        match self {
            Self::Up(lines) => position.saturating_sub(lines),
            Self::Down(lines) => position.saturating_add(lines).min(last),
            Self::First => 0,
            Self::Last => last,
        }
    }
}

impl State {
    /// The state at the beginning. `follows`: the newest packet is selected, as of a capture that is under way.
    pub(crate) fn new(follows: bool, filter: &str) -> Self {
        Self {
            pane: Pane::List,
            view: View::Packets,
            prompt: None,
            anchor: 0,
            follows,
            row: Row::default(),
            node: 0,
            tree_row: Row::default(),
            open: HashSet::new(),
            byte: 0,
            found: None,
            bytes_row: Row::default(),
            top: 0,
            behind: None,
            filter: filter.to_owned(),
            fault: None,
            needle: String::new(),
            message: None,
        }
    }

    /// The packet that is selected now.
    pub(crate) fn selected(&mut self, list: &dyn List) -> Option<u64> {
        let end = list.len().checked_sub(1)?;
        let position = if self.follows { end } else { list.position(self.anchor) };
        let number = list.number(position)?;
        if self.follows {
            self.anchor = number;
        }
        Some(number)
    }

    /// Selects a packet, such as one that was found.
    pub(crate) fn select(&mut self, number: u64, list: &dyn List) {
        self.anchor = number;
        self.follows = list.position(number) + 1 == list.len();
    }

    /// Another packet is selected: its row of the same name takes the place of the one that was selected.
    pub(crate) fn another(&mut self, before: Option<&Node>, nodes: &[Node]) {
        let same = |node: &Node| before.is_some_and(|before| before.name == node.name);
        self.node = nodes.iter().position(same).unwrap_or(0);
        self.node = self.seen(nodes);
        self.byte = nodes.get(self.node).map_or(0, |node| node.bytes.start);
    }

    /// Selects what a search for `text` has found in the packet of that number: the innermost field that holds the
    /// `bytes` found, or else the first row whose value holds the text. The rows above it are opened.
    pub(crate) fn mark(&mut self, number: u64, bytes: Option<Range<usize>>, text: &str, nodes: &[Node]) {
        self.found = bytes.clone().map(|bytes| (number, bytes));
        let node = match &bytes {
            Some(bytes) => tree::of_byte(nodes, bytes.start),
            None => nodes.iter().position(|node| is_in(node.value.as_bytes(), text.as_bytes())),
        };
        let Some(node) = node else { return };
        let mut above = tree::parent(nodes, node);
        while let Some(index) = above {
            self.open.insert(nodes[index].name);
            above = tree::parent(nodes, index);
        }
        self.node = node;
        self.byte = bytes.map_or(nodes[node].bytes.start, |bytes| bytes.start);
    }

    /// What the key does. Something is drawn after it in any case.
    pub(crate) fn key(&mut self, key: Key, around: &Around<'_>) -> Option<Act> {
        self.message = None;
        match key {
            Key::Ctrl('c') => return Some(Act::Quit),
            Key::Ctrl('z') => return Some(Act::Suspend),
            Key::Ctrl('l') => return Some(Act::Redraw),
            _ => (),
        }
        if self.prompt.is_some() {
            return self.typed(key);
        }
        match (key, self.view) {
            (Key::Char('q'), View::Packets) => Some(Act::Quit),
            (Key::Char('?'), View::Help) | (Key::Escape | Key::Char('q'), View::Help | View::Stream) => {
                self.leave()
            }
            (Key::Char('?'), _) => self.show(View::Help),
            (Key::Char('s'), View::Packets | View::Stream) => self.ask(Asked::Find),
            (Key::Char('n'), View::Packets | View::Stream) => self.find(false),
            (Key::Char('N'), View::Packets | View::Stream) => self.find(true),
            (key, View::Packets) => self.packets(key, around),
            (key, View::Stream | View::Help) => {
                if let Some(step) = Move::of(key, around.heights.page) {
                    let most = (around.lines + 1).saturating_sub(around.heights.page);
                    self.top = step.from(self.top, most.max(1));
                }
                None
            }
        }
    }

    /// Goes back: from the help to what was shown before it, from a conversation to the packets.
    fn leave(&mut self) -> Option<Act> {
        if let Some(top) = self.behind.take() {
            (self.view, self.top) = (View::Stream, top);
            return None;
        }
        self.view = View::Packets;
        Some(Act::Leave)
    }

    fn show(&mut self, view: View) -> Option<Act> {
        self.behind = (self.view == View::Stream).then_some(self.top);
        (self.view, self.top) = (view, 0);
        None
    }

    fn ask(&mut self, asked: Asked) -> Option<Act> {
        let text = if asked == Asked::Filter { &self.filter } else { "" };
        self.prompt = Some(Prompt::new(asked, text));
        None
    }

    fn find(&mut self, backwards: bool) -> Option<Act> {
        if self.needle.is_empty() {
            return self.ask(Asked::Find);
        }
        Some(Act::Find { backwards })
    }

    /// A key on the line that is typed.
    fn typed(&mut self, key: Key) -> Option<Act> {
        let prompt = self.prompt.as_mut()?;
        let typed = prompt.key(key);
        match (prompt.asked, typed) {
            (_, Typed::Same) | (Asked::Find, Typed::Changed) => None,
            (Asked::Filter, Typed::Changed) => Some(Act::Filter(prompt.text.clone())),
            // A faulty filter stays on the line until it is mended or given up.
            (Asked::Filter, Typed::Done) if self.fault.is_some() => None,
            (Asked::Filter, Typed::Done) | (Asked::Find, Typed::Left) => {
                self.prompt = None;
                None
            }
            (Asked::Filter, Typed::Left) => {
                let before = std::mem::take(&mut prompt.before);
                (self.prompt, self.fault) = (None, None);
                Some(Act::Filter(before))
            }
            (Asked::Find, Typed::Done) => {
                self.needle = std::mem::take(&mut prompt.text);
                self.prompt = None;
                (!self.needle.is_empty()).then_some(Act::Find { backwards: false })
            }
        }
    }

    /// A key on the three panes.
    fn packets(&mut self, key: Key, around: &Around<'_>) -> Option<Act> {
        match key {
            Key::Char('/') => {
                // What is seen now is what a filter that is taken away leaves selected.
                self.anchor = self.selected(around.list).unwrap_or(self.anchor);
                return self.ask(Asked::Filter);
            }
            Key::Char('f') => {
                let _ = self.show(View::Stream);
                return Some(Act::Follow);
            }
            Key::Tab => self.pane = [Pane::Tree, Pane::Bytes, Pane::List][self.pane as usize],
            Key::BackTab => self.pane = [Pane::Bytes, Pane::List, Pane::Tree][self.pane as usize],
            Key::Escape => self.pane = Pane::List,
            Key::Char('+') => self.unfold(around.nodes),
            Key::Char('-') => {
                self.open.clear();
                self.node = self.seen(around.nodes);
            }
            key => match self.pane {
                Pane::List => self.in_list(key, around),
                Pane::Tree => self.in_tree(key, around),
                Pane::Bytes => self.in_bytes(key, around),
            },
        }
        None
    }

    fn in_list(&mut self, key: Key, around: &Around<'_>) {
        let Some(step) = Move::of(key, around.heights.list) else {
            if matches!(key, Key::Enter | Key::Right | Key::Char('l')) {
                self.pane = Pane::Tree;
            }
            return;
        };
        let Some(last) = around.list.len().checked_sub(1) else { return };
        let position = if self.follows { last } else { around.list.position(self.anchor) };
        let to = step.from(position, last + 1);
        if let Some(number) = around.list.number(to) {
            (self.anchor, self.follows) = (number, to == last);
            self.row.moved(position, to, around.heights.list);
        }
    }

    fn in_tree(&mut self, key: Key, around: &Around<'_>) {
        let nodes = around.nodes;
        let Some(node) = nodes.get(self.node) else { return };
        let before = tree::visible(nodes, &self.open).partition_point(|index| *index < self.node);
        let is_open = self.open.contains(node.name);
        match key {
            Key::Enter | Key::Left | Key::Char('h') if node.has_more && is_open => {
                self.open.remove(node.name);
            }
            Key::Enter | Key::Right | Key::Char('l') if node.has_more => _ = self.open.insert(node.name),
            Key::Left | Key::Char('h') => self.node = tree::parent(nodes, self.node).unwrap_or(self.node),
            key => {
                let Some(step) = Move::of(key, around.heights.tree) else { return };
                let seen = tree::visible(nodes, &self.open);
                self.node = seen.get(step.from(before, seen.len())).copied().unwrap_or(0);
            }
        }
        let after = tree::visible(nodes, &self.open).partition_point(|index| *index < self.node);
        self.tree_row.moved(before, after, around.heights.tree);
        self.byte = nodes[self.node].bytes.start;
    }

    fn in_bytes(&mut self, key: Key, around: &Around<'_>) {
        let Some(last) = around.bytes.checked_sub(1) else { return };
        let before = self.byte;
        self.byte = match key {
            Key::Left | Key::Char('h') => self.byte.saturating_sub(1),
            Key::Right | Key::Char('l') => (self.byte + 1).min(last),
            key => match Move::of(key, around.heights.bytes) {
                Some(Move::Up(lines)) if lines * LINE <= self.byte => self.byte - lines * LINE,
                Some(Move::Up(_)) => self.byte % LINE,
                // The last line may be shorter.
                Some(Move::Down(lines)) => (self.byte + lines * LINE).min(last),
                Some(Move::First) => 0,
                Some(Move::Last) => last,
                None => return,
            },
        };
        self.bytes_row.moved(before / LINE, self.byte / LINE, around.heights.bytes);
        if let Some(node) = tree::of_byte(around.nodes, self.byte) {
            self.node = node;
            self.node = self.seen(around.nodes);
        }
    }

    /// Opens all of the packet.
    fn unfold(&mut self, nodes: &[Node]) {
        self.open.extend(nodes.iter().filter(|node| node.has_more).map(|node| node.name));
    }

    /// The selected row, or the one above it that is seen in its place.
    fn seen(&self, nodes: &[Node]) -> usize {
        let mut seen = self.node;
        let mut above = tree::parent(nodes, self.node);
        while let Some(index) = above {
            if !self.open.contains(nodes[index].name) {
                seen = index;
            }
            above = tree::parent(nodes, index);
        }
        seen
    }
}

#[cfg(test)]
#[path = "state_tests.rs"]
mod tests;

//! The loop: keys and packets in, screens out, ten times a second at most.

use std::io::{self, Read as _};
use std::sync::Arc;
use std::time::{Duration, Instant};

use berkeley_packet::Packet;
use ratatui_core::layout::{Position, Rect};
use ratatui_core::terminal::Terminal;
use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::draw::{self, HELP, Scene};
use super::find::{Found, Search, is_in, place};
use super::firsts::{self, Firsts};
use super::key::{self, Key};
use super::screen::{Paint, Screen};
use super::sieve::{self, Filter, Sieve};
use super::state::{Act, Around, State, View};
use super::store::{Facts, Loaded, Store};
use super::stream::{Stream, Talk};
use super::tree::{self, Node};
use crate::exit::Failure;
use crate::packet::Times;
use crate::signal::{self, Signal};

/// The least time between two screens.
const FRAME: Duration = Duration::from_millis(100);

/// How long an escape waits for the rest of a key's sequence.
const REST: Duration = Duration::from_millis(50);

/// What is browsed, and how.
#[derive(Debug)]
pub(crate) struct Browser {
    /// The file or the interface, escaped.
    pub(crate) title: String,
    pub(crate) times: Times,
    /// The filter at the beginning; empty for none.
    pub(crate) filter: String,
    /// Whether the newest packet is selected at the beginning.
    pub(crate) follows: bool,
    pub(crate) store: Arc<Store>,
}

/// How it was left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Left {
    ByKey,
    BySignal(Signal),
}

impl Browser {
    /// Shows packets until a person or a signal ends it. The terminal is as before, then.
    ///
    /// # Errors
    /// Where the terminal cannot be used.
    pub(crate) fn run(self, screen: &Screen) -> Result<Left, Failure> {
        let store = Arc::clone(&self.store);
        let outcome = Session::start(self, screen).and_then(|mut session| session.run());
        Screen::leave();
        store.close();
        outcome.map_err(|error| Failure::io("use the terminal", &error))
    }
}

/// A browser at work.
struct Session<'s> {
    browser: Browser,
    screen: &'s Screen,
    terminal: Terminal<Paint<std::fs::File>>,
    state: State,
    sieve: Arc<Sieve>,
    firsts: Arc<Firsts>,
    stream: Option<Stream>,
    search: Option<Search>,
    packet: Option<Loaded>,
    nodes: Vec<Node>,
    /// What was typed and is not yet a key.
    typed: Vec<u8>,
    /// When the last of it came.
    typed_at: Instant,
    left: Option<Left>,
}

impl<'s> Session<'s> {
    fn start(browser: Browser, screen: &'s Screen) -> io::Result<Self> {
        let sieve = Arc::new(Sieve::default());
        sieve::start(&sieve, &browser.store)?;
        let firsts = Arc::new(Firsts::default());
        firsts::start(&firsts, &browser.store)?;
        screen.enter()?;
        let terminal = Terminal::new(screen.paint()?)?;
        let mut session = Self {
            state: State::new(browser.follows, ""),
            browser,
            screen,
            terminal,
            sieve,
            firsts,
            stream: None,
            search: None,
            packet: None,
            nodes: Vec::new(),
            typed: Vec::new(),
            typed_at: Instant::now(),
            left: None,
        };
        let filter = std::mem::take(&mut session.browser.filter);
        session.filter(&filter);
        Ok(session)
    }

    fn run(&mut self) -> io::Result<Left> {
        let (mut drawn, mut is_stale) = (None::<Instant>, true);
        loop {
            self.look_at_signals()?;
            if let Some(left) = self.left {
                return Ok(left);
            }
            let wait = drawn.map_or(Duration::ZERO, |at| FRAME.saturating_sub(at.elapsed()));
            if is_stale && wait.is_zero() {
                self.draw()?;
                (drawn, is_stale) = (Some(Instant::now()), false);
            }
            let rest = (!self.typed.is_empty()).then(|| REST.saturating_sub(self.typed_at.elapsed()));
            let limit = [is_stale.then_some(wait), rest].into_iter().flatten().min();
            // What wakes it while it may not draw yet, is looked at when it draws.
            let (keys, woken) = self.wait(limit, !is_stale)?;
            if woken {
                self.screen.wake.clear();
                is_stale = true;
            }
            is_stale |= self.keys(keys)?;
        }
    }

    /// Waits for keys, for packets where it heeds them, or until `limit` is over. Says which of the two there are.
    fn wait(&self, limit: Option<Duration>, heeds_packets: bool) -> io::Result<(bool, bool)> {
        let limit = limit.map(|limit| Timespec {
            tv_sec: i64::try_from(limit.as_secs()).unwrap_or(i64::MAX),
            tv_nsec: limit.subsec_nanos().into(),
        });
        let wake = self.screen.wake.descriptor();
        let mut ready = [PollFd::new(&self.screen.input, PollFlags::IN), PollFd::new(wake, PollFlags::IN)];
        let heeded = if heeds_packets { 2 } else { 1 };
        match poll(&mut ready[..heeded], limit.as_ref()) {
            Ok(_) => Ok((!ready[0].revents().is_empty(), !ready[1].revents().is_empty())),
            Err(rustix::io::Errno::INTR) => Ok((false, false)),
            Err(error) => Err(error.into()),
        }
    }

    fn look_at_signals(&mut self) -> io::Result<()> {
        if let Some(signal) = self.screen.signal() {
            self.left = Some(Left::BySignal(signal));
        }
        if Screen::is_left() {
            return Err(io::Error::other("a thread of the browser has failed"));
        }
        if self.screen.was_stopped() {
            self.again()?;
        }
        Ok(())
    }

    /// Takes the terminal once more, which somebody else may have had.
    fn again(&mut self) -> io::Result<()> {
        Screen::leave();
        self.screen.enter()?;
        self.terminal.clear()
    }

    /// Stops, as the shell's Ctrl-Z does, until it goes on.
    fn suspend(&mut self) -> io::Result<()> {
        Screen::leave();
        self.screen.was_stopped();
        signal::stop();
        // Which thread takes the signal is the kernel's choice: this one may run on for a moment.
        let end = Instant::now() + Duration::from_secs(1);
        while !self.screen.was_stopped() && Instant::now() < end {
            self.wait(Some(REST), true)?;
            self.screen.wake.clear();
        }
        self.again()
    }

    /// Reads what was typed. Says whether that was anything.
    fn keys(&mut self, are_there: bool) -> io::Result<bool> {
        if are_there {
            let mut room = [0; 1024];
            match (&self.screen.input).read(&mut room) {
                // The terminal is gone.
                Ok(0) => self.left = Some(Left::BySignal(Signal::HangUp)),
                Ok(got) => {
                    self.typed.extend_from_slice(&room[..got]);
                    self.typed_at = Instant::now();
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => (),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => (),
                Err(error) if error.raw_os_error() == Some(rustix::io::Errno::IO.raw_os_error()) => {
                    self.left = Some(Left::BySignal(Signal::HangUp));
                }
                Err(error) => return Err(error),
            }
        }
        let mut is_any = false;
        let is_all = self.typed_at.elapsed() >= REST;
        while let Some((key, used)) = key::first(&self.typed, is_all) {
            self.typed.drain(..used);
            if let Some(key) = key {
                self.key(key)?;
                is_any = true;
            }
        }
        Ok(is_any)
    }

    fn key(&mut self, key: Key) -> io::Result<()> {
        if self.search.take().is_some() && key != Key::Ctrl('c') {
            return Ok(());
        }
        self.load();
        let facts = self.browser.store.facts();
        let size = self.terminal.size()?;
        let list = self.sieve.shown(facts.gone..facts.total);
        let around = Around {
            list: &list,
            nodes: &self.nodes,
            bytes: self.packet.as_ref().map_or(0, |packet| packet.bytes.len()),
            lines: match self.state.view {
                View::Help => HELP.len(),
                _ => self.stream.as_ref().map_or(0, |stream| stream.talk().lines.len()),
            },
            heights: draw::heights(Rect::new(0, 0, size.width, size.height)),
        };
        let act = self.state.key(key, &around);
        drop(list);
        match act {
            Some(act) => self.act(act),
            None => Ok(()),
        }
    }

    fn act(&mut self, act: Act) -> io::Result<()> {
        match act {
            Act::Quit => self.left = Some(Left::ByKey),
            Act::Suspend => return self.suspend(),
            Act::Redraw => return self.terminal.clear(),
            Act::Filter(text) => self.filter(&text),
            Act::Follow => match self.selected() {
                Some(number) => self.stream = Some(Stream::start(&self.browser.store, number)?),
                None => self.state.view = View::Packets,
            },
            Act::Leave => self.stream = None,
            Act::Find { backwards } if self.state.view == View::Stream => self.find_line(backwards),
            Act::Find { backwards } => {
                if let Some(from) = self.selected() {
                    let (store, needle) = (&self.browser.store, &self.state.needle);
                    self.search = Some(Search::start(store, &self.sieve, needle, from, backwards)?);
                }
            }
        }
        Ok(())
    }

    /// Has the filter, where it can be read; else the list stays as it is.
    fn filter(&mut self, text: &str) {
        let store = &self.browser.store;
        let filter = match text.trim() {
            "" => Ok(None),
            text => Filter::new(text, &store.links()).map(Some),
        };
        match filter {
            Ok(filter) => {
                self.state.fault = None;
                text.trim().clone_into(&mut self.state.filter);
                self.sieve.set(filter, store);
            }
            Err(fault) => self.state.fault = Some(fault),
        }
    }

    /// Moves to the next line of the conversation that holds the text.
    fn find_line(&mut self, backwards: bool) {
        let Some(stream) = &self.stream else { return };
        let talk = stream.talk();
        let holds = |line: &usize| is_in(talk.lines[*line].text.as_bytes(), self.state.needle.as_bytes());
        let (top, count) = (self.state.top.min(talk.lines.len()), talk.lines.len());
        let found = if backwards { (0..top).rev().find(holds) } else { (top + 1..count).find(holds) };
        if let Some(line) = found {
            self.state.top = line;
            return;
        }
        let side = if backwards { "above" } else { "below" };
        self.state.message = Some(format!("{:?} is not found {side}", self.state.needle));
    }

    fn selected(&mut self) -> Option<u64> {
        let facts = self.browser.store.facts();
        let list = self.sieve.shown(facts.gone..facts.total);
        self.state.selected(&list)
    }

    /// Reads the selected packet, where that is another one than before.
    fn load(&mut self) {
        let number = self.selected();
        if number == self.packet.as_ref().map(|packet| packet.number) {
            return;
        }
        let before = self.nodes.get(self.state.node).cloned();
        self.packet = number.and_then(|number| self.browser.store.load(number));
        self.nodes = match &self.packet {
            Some(packet) => tree::nodes(&Packet::decode_cut(packet.link, &packet.bytes, packet.length)),
            None => Vec::new(),
        };
        if self.packet.is_some() {
            self.state.another(before.as_ref(), &self.nodes);
        }
    }

    /// Marks the text that was found in the selected packet.
    fn mark(&mut self) {
        let Some(packet) = &self.packet else { return };
        let found = place(&packet.bytes, self.state.needle.as_bytes());
        self.state.mark(packet.number, found, &self.state.needle.clone(), &self.nodes);
    }

    /// What a search has found.
    fn look_at_search(&mut self, facts: &Facts) {
        let Some(search) = &self.search else { return };
        match search.found() {
            Found::NotYet => return,
            Found::In(number) => {
                let list = self.sieve.shown(facts.gone..facts.total);
                self.state.select(number, &list);
                drop(list);
                self.load();
                self.mark();
            }
            Found::Nowhere => self.state.message = Some(format!("no packet holds {:?}", self.state.needle)),
        }
        self.search = None;
    }

    fn draw(&mut self) -> io::Result<()> {
        let facts = self.browser.store.facts();
        self.look_at_search(&facts);
        self.load();
        let (sieve, firsts, stream, browser) =
            (&self.sieve, &self.firsts, self.stream.as_ref(), &self.browser);
        let (state, packet, nodes) = (&mut self.state, self.packet.as_ref(), &self.nodes);
        let is_searching = self.search.is_some();
        self.terminal.draw(|frame| {
            // Locked in here alone: behind it the terminal is written to, which may be stopped.
            let filtered = sieve.progress();
            let (talk, list) = (stream.map(Stream::talk), sieve.shown(facts.gone..facts.total));
            let mut scene = Scene {
                state,
                title: &browser.title,
                times: browser.times,
                facts: &facts,
                list: &list,
                load: &|number| browser.store.load(number),
                first: &|packet, number| firsts.of(packet, number),
                packet,
                nodes,
                talk: talk.as_deref().map(|talk: &Talk| talk),
                filtered,
                is_searching,
            };
            let cursor = draw::draw(frame.buffer_mut(), &mut scene);
            if let Some((x, y)) = cursor {
                frame.set_cursor_position(Position::new(x, y));
            }
        })?;
        Ok(())
    }
}

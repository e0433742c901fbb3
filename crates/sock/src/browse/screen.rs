//! The terminal as a screen: taken, drawn on, and given back as it was, however the command ends.

use std::fmt::Write as _;
use std::fs::{File, OpenOptions};
use std::io::{self, IsTerminal as _, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::panic;
use std::sync::{Arc, Mutex, Once, PoisonError};

use ratatui_core::backend::{Backend, ClearType, WindowSize};
use ratatui_core::buffer::Cell;
use ratatui_core::layout::{Position, Size};
use ratatui_core::style::Modifier;
use rustix::termios::{OptionalActions, Termios, tcgetattr, tcgetwinsize, tcsetattr};

use super::wake::Wake;
use crate::exit::Failure;
use crate::report::patience;
use crate::signal::{Noted, Signal};

/// The other screen, without a cursor, and without breaking lines that are too long.
const ENTER: &[u8] = b"\x1b[?1049h\x1b[?25l\x1b[?7l\x1b[2J";
const LEAVE: &[u8] = b"\x1b[0m\x1b[?7h\x1b[?25h\x1b[?1049l";

/// What gives the terminal back; none while it is not taken. A panic in any thread looks here.
static TAKEN: Mutex<Option<Taken>> = Mutex::new(None);

struct Taken {
    terminal: OwnedFd,
    out: OwnedFd,
    before: Termios,
    /// Who draws on it.
    wake: Arc<Wake>,
}

/// The terminal, and what wakes who waits for its keys. It is given back when this is dropped.
#[derive(Debug)]
pub(crate) struct Screen {
    /// Where keys are read.
    pub(crate) input: File,
    output: File,
    pub(crate) wake: Arc<Wake>,
    /// None until it listens.
    signals: Option<Noted>,
}

impl Screen {
    /// Opens what is needed later, so that nothing has to be opened once rights are given up. Nothing is drawn yet, and
    /// signals end the process as before.
    ///
    /// Keys are read from standard input where that is a terminal, and else from the terminal of this process, so that
    /// standard input may be a capture.
    pub(crate) fn open() -> Result<Self, Failure> {
        if !io::stdout().is_terminal() {
            return Err(Failure::misuse("--browse shows a screen: standard output has to be a terminal")
                .hint("without --browse each packet is a line"));
        }
        if std::env::var_os("TERM").is_some_and(|kind| kind == "dumb") {
            return Err(Failure::misuse("--browse wants a terminal that moves its cursor: TERM is dumb"));
        }
        let output = rustix::io::dup(rustix::stdio::stdout()).map(File::from);
        let output = output.map_err(|error| Failure::io("open the terminal", &error.into()))?;
        let wake = Wake::new().map_err(|error| Failure::io("watch the terminal", &error))?;
        Ok(Self { input: keys()?, output, wake: Arc::new(wake), signals: None })
    }

    /// From here on signals are noted rather than end the process: the terminal has to be given back first.
    pub(crate) fn listen(&mut self) -> Result<(), Failure> {
        let listens = Noted::listen(&|| self.wake.writer());
        self.signals = Some(listens.map_err(|error| Failure::io("listen for signals", &error))?);
        Ok(())
    }

    /// The last signal that has come.
    pub(crate) fn signal(&self) -> Option<Signal> {
        self.signals.as_ref().and_then(Noted::signal)
    }

    /// Whether the process was stopped and goes on since this was last asked.
    pub(crate) fn was_stopped(&self) -> bool {
        self.signals.as_ref().is_some_and(Noted::was_stopped)
    }

    /// Takes the terminal.
    pub(crate) fn enter(&self) -> io::Result<()> {
        give_back_after_a_panic();
        let before = tcgetattr(&self.input)?;
        let taken = Taken {
            terminal: self.input.as_fd().try_clone_to_owned()?,
            out: self.output.as_fd().try_clone_to_owned()?,
            before: before.clone(),
            wake: Arc::clone(&self.wake),
        };
        *TAKEN.lock().unwrap_or_else(PoisonError::into_inner) = Some(taken);
        let mut raw = before;
        raw.make_raw();
        tcsetattr(&self.input, OptionalActions::Now, &raw)?;
        self.write(ENTER)
    }

    /// Gives it back.
    pub(crate) fn leave() {
        drop(give_back());
    }

    /// Whether it was given back, as by a panic in another thread.
    pub(crate) fn is_left() -> bool {
        TAKEN.lock().unwrap_or_else(PoisonError::into_inner).is_none()
    }

    /// A backend that draws on it.
    pub(crate) fn paint(&self) -> io::Result<Paint<File>> {
        Ok(Paint { out: self.output.try_clone()?, text: String::new() })
    }

    fn write(&self, bytes: &[u8]) -> io::Result<()> {
        patience::write(&mut &self.output, bytes)
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        Self::leave();
    }
}

/// Where keys come from.
fn keys() -> Result<File, Failure> {
    let opened = if io::stdin().is_terminal() {
        rustix::io::dup(rustix::stdio::stdin()).map(File::from).map_err(io::Error::from)
    } else {
        OpenOptions::new().read(true).write(true).open("/dev/tty")
    };
    opened.map_err(|error| {
        Failure::misuse(format_args!("--browse reads keys from a terminal: open /dev/tty: {error}"))
    })
}

/// Gives it back, and what it was taken with; none where it is not taken.
fn give_back() -> Option<Taken> {
    let taken = TAKEN.lock().unwrap_or_else(PoisonError::into_inner).take()?;
    // A terminal that has gone needs nothing back.
    let _ = rustix::io::write(&taken.out, LEAVE);
    let _ = tcsetattr(&taken.terminal, OptionalActions::Now, &taken.before);
    Some(taken)
}

/// A panic says its line on the terminal as it was, not on the screen that goes away, and wakes who draws: where it is
/// in another thread, it ends the browser.
fn give_back_after_a_panic() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let say = panic::take_hook();
        panic::set_hook(Box::new(move |panic| {
            let taken = give_back();
            say(panic);
            if let Some(taken) = taken {
                taken.wake.wake();
            }
        }));
    });
}

/// Draws cells, as a terminal of today's understands them (ECMA-48). Colours are the terminal's own.
#[derive(Debug)]
pub(crate) struct Paint<W> {
    out: W,
    text: String,
}

impl<W> Paint<W> {
    fn push(&mut self, text: std::fmt::Arguments<'_>) {
        // Writing to a String never fails.
        let _ = self.text.write_fmt(text);
    }

    fn style(&mut self, modifier: Modifier) {
        const CODES: [(Modifier, u8); 4] =
            [(Modifier::BOLD, 1), (Modifier::DIM, 2), (Modifier::UNDERLINED, 4), (Modifier::REVERSED, 7)];
        self.text.push_str("\x1b[0");
        for (_, code) in CODES.iter().filter(|(has, _)| modifier.contains(*has)) {
            self.push(format_args!(";{code}"));
        }
        self.text.push('m');
    }
}

impl<W: Write + AsFd> Backend for Paint<W> {
    type Error = io::Error;

    fn draw<'a, I>(&mut self, content: I) -> io::Result<()>
    where
        I: Iterator<Item = (u16, u16, &'a Cell)>,
    {
        let mut next = None;
        let mut style = None;
        for (x, y, cell) in content {
            if next != Some((x, y)) {
                self.push(format_args!("\x1b[{};{}H", y + 1, x + 1));
            }
            if style != Some(cell.modifier) {
                self.style(cell.modifier);
                style = Some(cell.modifier);
            }
            self.text.push_str(cell.symbol());
            // Where the cursor stands behind a wide letter, terminals do not agree.
            next = cell.symbol().is_ascii().then_some((x + 1, y));
        }
        if style.is_some() {
            self.text.push_str("\x1b[0m");
        }
        Ok(())
    }

    fn hide_cursor(&mut self) -> io::Result<()> {
        self.text.push_str("\x1b[?25l");
        Ok(())
    }

    fn show_cursor(&mut self) -> io::Result<()> {
        self.text.push_str("\x1b[?25h");
        Ok(())
    }

    /// Where it stands nobody has to know: it is put where it is wanted.
    fn get_cursor_position(&mut self) -> io::Result<Position> {
        Ok(Position::ORIGIN)
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> io::Result<()> {
        let Position { x, y } = position.into();
        self.push(format_args!("\x1b[{};{}H", y.saturating_add(1), x.saturating_add(1)));
        Ok(())
    }

    fn clear(&mut self) -> io::Result<()> {
        self.clear_region(ClearType::All)
    }

    fn clear_region(&mut self, clear: ClearType) -> io::Result<()> {
        self.text.push_str(match clear {
            ClearType::All => "\x1b[2J",
            ClearType::AfterCursor => "\x1b[J",
            ClearType::BeforeCursor => "\x1b[1J",
            ClearType::CurrentLine => "\x1b[2K",
            ClearType::UntilNewLine => "\x1b[K",
        });
        Ok(())
    }

    fn size(&self) -> io::Result<Size> {
        let size = tcgetwinsize(&self.out)?;
        // A terminal that does not know says 0.
        let known = |told: u16, usual: u16| if told == 0 { usual } else { told };
        Ok(Size::new(known(size.ws_col, 80), known(size.ws_row, 24)))
    }

    fn window_size(&mut self) -> io::Result<WindowSize> {
        Ok(WindowSize { columns_rows: self.size()?, pixels: Size::ZERO })
    }

    fn flush(&mut self) -> io::Result<()> {
        let text = std::mem::take(&mut self.text);
        if text.is_empty() {
            return Ok(());
        }
        patience::write(&mut self.out, text.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use ratatui_core::style::Style;

    use super::*;

    #[test]
    fn neighbours_are_drawn_without_moving_and_styles_are_told_once() {
        let (out, _reader) = std::os::unix::net::UnixStream::pair().expect("a pair of sockets");
        let mut paint = Paint { out, text: String::new() };
        let (mut plain, mut bold) = (Cell::new("a"), Cell::new("b"));
        bold.set_style(Style::new().bold_reversed());
        plain.set_style(Style::new());
        let wide = Cell::new("套");
        let cells = [(0, 0, &plain), (1, 0, &bold), (2, 0, &bold), (0, 3, &wide), (2, 3, &plain)];
        paint.draw(cells.into_iter()).expect("a String takes all");
        assert_eq!(paint.text, "\x1b[1;1H\x1b[0ma\x1b[0;1;7mbb\x1b[4;1H\x1b[0m套\x1b[4;3Ha\x1b[0m");
    }

    #[test]
    fn a_panic_in_any_thread_gives_the_terminal_back_and_wakes_who_draws() {
        let (person, terminal, _) = crate::report::pty::terminal();
        let clone = || terminal.try_clone().expect("a descriptor");
        let wake = Arc::new(Wake::new().expect("a pair of sockets"));
        let screen = Screen { input: clone(), output: clone(), wake, signals: None };
        let modes = || tcgetattr(&terminal).expect("its modes").local_modes;
        let before = modes();
        let is_awake = || (screen.wake.descriptor()).read(&mut [0]).is_ok();
        screen.enter().expect("a terminal");
        assert!(modes() != before && !is_awake());
        let ended = std::thread::spawn(|| panic!("a test's own")).join();
        assert!(ended.is_err() && Screen::is_left() && is_awake());
        assert_eq!(modes(), before);
        let mut shown = Vec::new();
        let mut room = [0; 256];
        while !shown.ends_with(LEAVE) {
            let got = rustix::io::read(&person, &mut room).expect("what was shown");
            shown.extend_from_slice(&room[..got]);
        }
        assert!(shown.starts_with(ENTER));
    }

    trait Both {
        fn bold_reversed(self) -> Self;
    }

    impl Both for Style {
        fn bold_reversed(self) -> Self {
            self.add_modifier(Modifier::BOLD | Modifier::REVERSED)
        }
    }
}

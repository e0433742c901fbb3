//! The two directions, a thread each: the input to the socket, and the socket to the output.

use std::fs::File;
use std::io;
use std::net::Shutdown;
use std::os::fd::AsFd as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use berkeley::{Deadline, Flags, Interest, Socket};

use super::ending::Event;
use super::output::Output;
use crate::endpoint::Scheme;
use crate::exit::Failure;
use crate::report::patience;

/// The most that one read of a stream's input takes, in bytes.
pub(super) const PIECE: usize = 65_536;

/// What one receive takes: no datagram is longer over IP. For a longer one of a Unix socket the buffer grows.
const RECEIVE: usize = 262_144;

/// The socket, and what has moved over it.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) socket: Socket,
    /// The peer can say that it is done; datagrams cannot.
    pub(super) connected: bool,
    /// Messages keep their boundaries: one read of the input is one message.
    pub(super) messages: bool,
    /// Messages of any length: those of Unix sockets.
    long: bool,
    start: Instant,
    moved: AtomicU64,
    bytes_in: AtomicU64,
    bytes_out: AtomicU64,
}

impl Line {
    pub(super) fn new(socket: Socket, scheme: Scheme) -> Arc<Self> {
        let (connected, messages) = match scheme {
            Scheme::Tcp | Scheme::Unix => (true, false),
            Scheme::UnixSeqpacket => (true, true),
            Scheme::Udp | Scheme::UnixDgram => (false, true),
        };
        Arc::new(Self {
            socket,
            connected,
            messages,
            long: messages && scheme.is_unix(),
            start: Instant::now(),
            moved: AtomicU64::new(0),
            bytes_in: AtomicU64::new(0),
            bytes_out: AtomicU64::new(0),
        })
    }

    /// When a byte last moved, either way.
    pub(super) fn last(&self) -> Instant {
        self.start + Duration::from_micros(self.moved.load(Ordering::Relaxed))
    }

    /// How long the conversation has lasted.
    pub(super) fn time(&self) -> Duration {
        self.start.elapsed()
    }

    /// Bytes received and bytes sent.
    pub(super) fn totals(&self) -> (u64, u64) {
        (self.bytes_in.load(Ordering::Relaxed), self.bytes_out.load(Ordering::Relaxed))
    }

    fn count(&self, counter: &AtomicU64, bytes: usize) {
        counter.fetch_add(bytes as u64, Ordering::Relaxed);
        let moved = u64::try_from(self.start.elapsed().as_micros()).unwrap_or(u64::MAX);
        self.moved.store(moved, Ordering::Relaxed);
    }

    /// Receives a piece or a message, whole; `None` at the end.
    fn receive(&self, buffer: &mut Vec<u8>) -> berkeley::Result<Option<usize>> {
        if self.long {
            let Some(length) = self.next_length()? else { return Ok(None) };
            if length > buffer.len() {
                buffer.resize(length, 0);
            }
        }
        let length = self.socket.recv(buffer)?;
        Ok((length > 0 || self.messages).then_some(length))
    }

    /// Waits for the next message, which stays; gives its length, and `None` at the end.
    ///
    /// Both an empty message and the end are a receive of nothing. But a message has a sender, whose name is the one
    /// that was connected to, and the end has none.
    fn next_length(&self) -> berkeley::Result<Option<usize>> {
        loop {
            match self.socket.try_recv_from(&mut [], Flags::PEEK | Flags::TRUNC) {
                Ok((0, sender)) if self.connected && sender.is_unnamed() => return Ok(None),
                Ok((length, _)) => return Ok(Some(length)),
                Err(error) if error.is_interrupted() => {}
                Err(error) if error.is_would_block() => self.wait_readable()?,
                Err(error) => return Err(error),
            }
        }
    }

    fn wait_readable(&self) -> berkeley::Result<()> {
        match self.socket.wait(Interest::READABLE, Deadline::NEVER) {
            Err(error) if !error.is_interrupted() => Err(error),
            _ => Ok(()),
        }
    }

    fn send(&self, piece: &[u8]) -> Result<(), Event> {
        let mut rest = piece;
        loop {
            let sent = self.socket.send(rest).map_err(|error| Event::SendFailed(error.into()))?;
            self.count(&self.bytes_out, sent);
            rest = &rest[sent..];
            // A message goes out whole or not at all, an empty one too.
            if rest.is_empty() || self.messages {
                return Ok(());
            }
        }
    }
}

/// Sends what standard input gives, at most `size` bytes at a time, until it ends; says how it went.
pub(super) fn send(line: &Line, size: usize) -> Event {
    send_input(line, size).unwrap_or_else(|event| event)
}

fn send_input(line: &Line, size: usize) -> Result<Event, Event> {
    let unreadable = |error| Event::InputFailed(Failure::io("read standard input", &error));
    // Without std's buffer, so that one read is one datagram.
    let mut input = io::stdin().as_fd().try_clone_to_owned().map(File::from).map_err(unreadable)?;
    let mut buffer = vec![0; size];
    loop {
        match patience::read(&mut input, &mut buffer).map_err(unreadable)? {
            0 => return Ok(end_of_input(line)),
            length => line.send(&buffer[..length])?,
        }
    }
}

/// Sends `text` in place of an input, as one message where there are messages; says how it went.
pub(super) fn send_text(line: &Line, text: &str) -> Event {
    // An empty text has no chunk, but is a message.
    let sent = if line.messages {
        line.send(text.as_bytes())
    } else {
        text.as_bytes().chunks(PIECE).try_for_each(|piece| line.send(piece))
    };
    sent.err().unwrap_or_else(|| end_of_input(line))
}

/// Tells the peer that nothing more will come.
fn end_of_input(line: &Line) -> Event {
    if !line.connected {
        return Event::InputEnded;
    }
    match line.socket.shutdown(Shutdown::Write) {
        Ok(()) => Event::InputEnded,
        Err(error) if error.kind() == io::ErrorKind::NotConnected => gone(line),
        Err(error) => Event::SendFailed(error.into()),
    }
}

/// The connection is gone already. A reset that came after the peer's end leaves its error on the socket, and says that
/// what was sent last was not received; where there is none, the receiving side has learnt what became of it.
fn gone(line: &Line) -> Event {
    match line.socket.take_error() {
        Ok(Some(error)) => Event::SendFailed(Failure::io("send the end of the input", &error.into())),
        _ => Event::InputEnded,
    }
}

/// Gives what comes to `output` until the peer is done; says how it went.
pub(super) fn receive(line: &Line, output: &mut Output) -> Event {
    let mut buffer = vec![0; RECEIVE];
    loop {
        let length = match line.receive(&mut buffer) {
            Ok(None) => break,
            Ok(Some(length)) => length,
            Err(error) => {
                // What was held back is shown before the failure is told; the failure is what counts.
                let _ = output.finish();
                return Event::ReceiveFailed(error.into());
            }
        };
        line.count(&line.bytes_in, length);
        if let Err(error) = output.write(&buffer[..length]) {
            return output_failed(&error);
        }
    }
    match output.finish() {
        Ok(()) => Event::PeerDone,
        Err(error) => output_failed(&error),
    }
}

fn output_failed(error: &io::Error) -> Event {
    match error.kind() {
        io::ErrorKind::BrokenPipe => Event::OutputClosed,
        _ => Event::OutputFailed(Failure::io("write standard output", error)),
    }
}

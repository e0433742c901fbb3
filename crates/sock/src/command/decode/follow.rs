//! One stream of a capture: what both ends said.

use std::io;

use berkeley_packet::stream::{Follow, Piece, Transport};

use super::{Entry, View};
use crate::cli::DecodeArgs;
use crate::exit::{Exit, Failure};
use crate::report::escape::escape;
use crate::report::hex::HexDump;
use crate::report::json::Event;
use crate::report::patience;

/// How much is gathered before it is written.
const PIECE: usize = 64 * 1024;

/// Shows a stream.
pub(super) struct Following {
    follow: Follow,
    transport: Transport,
    number: u32,
    page: Page,
    is_closed: bool,
}

/// How the bytes of a stream are shown.
enum Form {
    /// Lines, each behind a sign of who has sent it.
    Text {
        /// Whose line stands there without its end.
        open: Option<bool>,
    },
    /// Dumps, each side's with offsets of its own.
    Hex([HexDump; 2]),
    Events,
    Raw,
}

struct Page {
    form: Form,
    out: Vec<u8>,
    /// Whether each piece is a message of its own, as a datagram is.
    has_bounds: bool,
}

impl Following {
    pub(super) fn new(stream: &str, args: &DecodeArgs) -> Result<Self, Failure> {
        let (transport, number) = read(stream)?;
        let form = match args {
            _ if args.raw => Form::Raw,
            _ if args.packets.json => Form::Events,
            _ if args.packets.hex => Form::Hex([HexDump::new(), HexDump::new()]),
            _ => Form::Text { open: None },
        };
        let page = Page { form, out: Vec::new(), has_bounds: transport == Transport::Udp };
        Ok(Self { follow: Follow::new(transport, number), transport, number, page, is_closed: false })
    }

    /// Writes what waits, where that is much or `all` of it is to go.
    fn write(&mut self, all: bool) -> Result<bool, Failure> {
        if self.page.out.is_empty() || !all && self.page.out.len() < PIECE {
            return Ok(true);
        }
        let written = patience::write(&mut io::stdout().lock(), &self.page.out);
        self.page.out.clear();
        match written {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(false),
            Err(error) => Err(Failure::io("write standard output", &error)),
        }
    }
}

/// `tcp 3`, as Wireshark's filter and `--conversations` name a stream; `tcp.stream==3` is understood too.
fn read(stream: &str) -> Result<(Transport, u32), Failure> {
    let words = stream.replace([':', '.', '=', ','], " ").replace("stream", " ");
    let mut words = words.split_whitespace();
    let transport = match words.next() {
        Some("tcp") => Some(Transport::Tcp),
        Some("udp") => Some(Transport::Udp),
        _ => None,
    };
    let number = words.next().and_then(|word| word.parse().ok());
    if let (Some(transport), Some(number), None) = (transport, number, words.next()) {
        return Ok((transport, number));
    }
    let shown = escape(stream.as_bytes(), 40);
    let message = format!("--follow \"{shown}\": wants tcp or udp, and a number, as in 'tcp 3'");
    Err(Failure::misuse(message).hint("sock decode FILE --conversations lists the streams"))
}

impl View for Following {
    fn packet(&mut self, entry: &Entry<'_>) -> Result<bool, Failure> {
        let was_known = self.follow.ends().is_some();
        let page = &mut self.page;
        self.follow.push(&entry.packet, &mut |piece| page.piece(piece));
        if let Some(whole) = entry.assembled {
            self.follow.push(&whole.packet(), &mut |piece| page.piece(piece));
        }
        if !was_known {
            self.head();
        }
        self.is_closed = !self.write(false)?;
        Ok(!self.is_closed)
    }

    fn end(&mut self, failure: Option<&Failure>) -> Result<(), Failure> {
        if self.is_closed {
            return Ok(());
        }
        let page = &mut self.page;
        self.follow.end(&mut |piece| page.piece(piece));
        page.close();
        let missing = self.follow.ends().is_none().then(|| self.missing());
        if matches!(self.page.form, Form::Events) {
            let failure = failure.or(missing.as_ref());
            if let Some(missing) = &missing {
                self.page.push(&missing.event().into_line());
            }
            let exit = failure.map_or(Exit::Done, |failure| failure.exit);
            self.page.push(&Event::new("summary").field("exit_code", exit as u8).into_line());
        }
        self.write(true)?;
        missing.map_or(Ok(()), Err)
    }
}

impl Following {
    /// Puts the heading before what there is, once the stream has begun.
    fn head(&mut self) {
        let Some([client, server]) = self.follow.ends() else { return };
        let (transport, number) = (self.transport, self.number);
        let heading = match self.page.form {
            Form::Raw => return,
            Form::Events => Event::new("stream")
                .field("transport", transport.name())
                .field("number", number)
                .field("client", client.to_string())
                .field("server", server.to_string())
                .into_line(),
            _ => format!("= {transport} {number}: client {client}, server {server}\n"),
        };
        self.page.out.splice(0..0, heading.into_bytes());
    }

    fn missing(&self) -> Failure {
        let (transport, count) = (self.transport, self.follow.streams());
        let message = match count {
            0 => format!("no stream {transport} {}: the capture has none of {transport}", self.number),
            _ => format!("no stream {transport} {}: the last one is {}", self.number, count - 1),
        };
        Failure::new(Exit::Other, message).hint("sock decode FILE --conversations lists the streams")
    }
}

impl Page {
    fn push(&mut self, text: &str) {
        self.out.extend_from_slice(text.as_bytes());
    }

    fn piece(&mut self, piece: Piece<'_>) {
        match piece {
            Piece::Bytes { from_client, bytes } => self.bytes(from_client, bytes),
            Piece::Missing { from_client, bytes } => self.gap(from_client, bytes),
        }
    }

    fn bytes(&mut self, from_client: bool, bytes: &[u8]) {
        match &mut self.form {
            Form::Raw => self.out.extend_from_slice(bytes),
            Form::Events => {
                let event = Event::new("stream_data").field("from", side(from_client)).payload(bytes);
                self.push(&event.into_line());
            }
            Form::Hex(dumps) => {
                let mut lines = String::new();
                let dump = &mut dumps[usize::from(!from_client)];
                dump.push(bytes, &mut lines);
                dump.flush(&mut lines);
                for line in lines.lines() {
                    self.out.extend_from_slice(sign(from_client));
                    self.out.extend_from_slice(line.as_bytes());
                    self.out.push(b'\n');
                }
            }
            Form::Text { .. } => {
                self.lines(from_client, bytes);
                if self.has_bounds {
                    self.close();
                }
            }
        }
    }

    /// Lines of text, escaped; the bytes that end them are not shown.
    fn lines(&mut self, from_client: bool, bytes: &[u8]) {
        for line in bytes.split_inclusive(|byte| *byte == b'\n') {
            let Form::Text { open } = &mut self.form else { return };
            match open.replace(from_client) {
                Some(before) if before == from_client => (),
                before => {
                    if before.is_some() {
                        self.out.push(b'\n');
                    }
                    self.out.extend_from_slice(sign(from_client));
                }
            }
            let text = line.strip_suffix(b"\n").map_or(line, |text| text.strip_suffix(b"\r").unwrap_or(text));
            self.push(&escape(text, usize::MAX).to_string());
            if line.ends_with(b"\n") {
                self.close();
            }
        }
    }

    fn gap(&mut self, from_client: bool, bytes: u64) {
        match self.form {
            Form::Raw => (),
            Form::Events => {
                let event = Event::new("stream_gap").field("from", side(from_client));
                self.push(&event.field("missing_bytes", bytes).into_line());
            }
            Form::Text { .. } | Form::Hex(_) => {
                self.close();
                self.push(&format!("! {bytes} bytes of the {} are not in the capture\n", side(from_client)));
            }
        }
    }

    /// Ends a line that stands there without its end.
    fn close(&mut self) {
        if let Form::Text { open } = &mut self.form
            && open.take().is_some()
        {
            self.out.push(b'\n');
        }
    }
}

fn side(from_client: bool) -> &'static str {
    if from_client { "client" } else { "server" }
}

fn sign(from_client: bool) -> &'static [u8] {
    if from_client { b"> " } else { b"< " }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_is_named_by_its_transport_and_number() {
        for (text, want) in [
            ("tcp 3", Some((Transport::Tcp, 3))),
            ("udp:0", Some((Transport::Udp, 0))),
            ("tcp,12", Some((Transport::Tcp, 12))),
            ("tcp.stream==7", Some((Transport::Tcp, 7))),
            ("tcp", None),
            ("3", None),
            ("sctp 3", None),
            ("tcp 3 4", None),
            ("tcp -1", None),
        ] {
            assert_eq!(read(text).ok(), want, "{text}");
        }
    }

    #[test]
    fn lines_stand_behind_who_has_sent_them() {
        let mut page = Page { form: Form::Text { open: None }, out: Vec::new(), has_bounds: false };
        page.bytes(true, b"GET /\r\n\r\nx");
        page.bytes(true, b"y");
        page.bytes(false, b"200\nno end");
        page.gap(false, 7);
        page.bytes(false, b"\x1b[2J");
        page.close();
        let want = "> GET /\n> \n> xy\n< 200\n< no end\n! 7 bytes of the server are not in the capture\n< \\x1b[2J\n";
        assert_eq!(str::from_utf8(&page.out), Ok(want));
    }

    #[test]
    fn each_datagram_begins_a_line() {
        let mut page = Page { form: Form::Text { open: None }, out: Vec::new(), has_bounds: true };
        for (from_client, bytes) in [(true, "one"), (true, "two\nthree"), (false, "four\n"), (false, "five")]
        {
            page.piece(Piece::Bytes { from_client, bytes: bytes.as_bytes() });
        }
        page.close();
        assert_eq!(str::from_utf8(&page.out), Ok("> one\n> two\n> three\n< four\n< five\n"));
    }
}

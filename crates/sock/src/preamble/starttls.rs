//! Asking a server that speaks in the clear to start TLS.
//!
//! Bytes behind the go-ahead have come in the clear, from anybody: to take them for what TLS brings would let a
//! stranger put words into the server's mouth, so they are an error.

use std::fmt;
use std::str::FromStr;

use super::line::{Line, SHOWN};
use super::{Dialogue, Refusal, Taken};
use crate::exit::Exit;
use crate::report::escape::escape;

/// The longest line of a reply, and the most that may come before the go-ahead, in bytes.
const LONGEST_LINE: usize = 4_096;
const MOST: usize = 32_768;

/// `SSLRequest`: its length, and a number that is no version of `PostgreSQL`'s protocol.
const SSL_REQUEST: &[u8] = b"\0\0\0\x08\x04\xd2\x16\x2f";

/// What is spoken before TLS.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Protocol {
    /// RFC 3207.
    Smtp,
    /// RFC 9051, section 6.2.1.
    Imap,
    /// RFC 2595, section 4.
    Pop3,
    /// `SSLRequest` of `PostgreSQL`'s protocol.
    Postgres,
}

impl Protocol {
    /// Every one.
    pub const ALL: [Self; 4] = [Self::Smtp, Self::Imap, Self::Pop3, Self::Postgres];

    const fn name(self) -> &'static str {
        match self {
            Self::Smtp => "smtp",
            Self::Imap => "imap",
            Self::Pop3 => "pop3",
            Self::Postgres => "postgres",
        }
    }

    const fn command(self) -> &'static [u8] {
        match self {
            Self::Smtp => b"STARTTLS\r\n",
            Self::Imap => b"a STARTTLS\r\n",
            Self::Pop3 => b"STLS\r\n",
            Self::Postgres => SSL_REQUEST,
        }
    }
}

impl FromStr for Protocol {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|protocol| protocol.name() == text)
            .ok_or("wants smtp, imap, pop3 or postgres")
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Asks a server to start TLS.
#[derive(Debug)]
pub struct StartTls {
    protocol: Protocol,
    state: State,
    outgoing: Vec<u8>,
    line: Line,
    came: usize,
    /// A line of SMTP's capabilities has said that TLS is to be had.
    offered: bool,
}

/// What is waited for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    Greeting,
    /// What the server can do, which SMTP asks for first.
    Capabilities,
    GoAhead,
}

/// What a line has come to.
enum Next {
    More,
    Ask,
    Done,
}

impl StartTls {
    /// Begins a dialogue of this protocol.
    pub fn new(protocol: Protocol) -> Self {
        let (state, outgoing) = match protocol {
            Protocol::Postgres => (State::GoAhead, SSL_REQUEST.to_vec()),
            _ => (State::Greeting, Vec::new()),
        };
        Self { protocol, state, outgoing, line: Line::new(LONGEST_LINE), came: 0, offered: false }
    }

    fn line(&mut self, line: &[u8]) -> Result<Next, Refusal> {
        match self.protocol {
            Protocol::Smtp => self.smtp(line),
            Protocol::Imap => self.imap(line),
            Protocol::Pop3 | Protocol::Postgres => self.pop3(line),
        }
    }

    fn smtp(&mut self, line: &[u8]) -> Result<Next, Refusal> {
        let (code, text) = line.split_at_checked(3).unwrap_or((line, b""));
        let goes_on = text.first() == Some(&b'-');
        let wanted: &[u8] = if self.state == State::Capabilities { b"250" } else { b"220" };
        if code != wanted || !matches!(text.first(), None | Some(b' ' | b'-')) {
            return Err(self.refused(line));
        }
        if self.state == State::Capabilities {
            self.offered |=
                text.trim_ascii_end().get(1..).is_some_and(|word| word.eq_ignore_ascii_case(b"STARTTLS"));
        }
        match self.state {
            _ if goes_on => Ok(Next::More),
            State::Greeting => {
                self.state = State::Capabilities;
                // Nobody is to be told more of this machine before TLS.
                self.outgoing = b"EHLO localhost\r\n".to_vec();
                Ok(Next::More)
            }
            State::Capabilities if self.offered => Ok(Next::Ask),
            State::Capabilities => Err(self.without()),
            State::GoAhead => Ok(Next::Done),
        }
    }

    fn imap(&mut self, line: &[u8]) -> Result<Next, Refusal> {
        let starts =
            |word: &[u8]| line.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word));
        match self.state {
            State::Greeting if starts(b"* OK") => Ok(Next::Ask),
            State::Greeting if starts(b"* PREAUTH") => Err(Refusal::new(
                Exit::Tls,
                "the server has let us in without TLS (PREAUTH), and starts none now",
            )),
            State::GoAhead if starts(b"* ") && !starts(b"* BYE") => Ok(Next::More),
            State::GoAhead if starts(b"a OK") => Ok(Next::Done),
            _ => Err(self.refused(line)),
        }
    }

    fn pop3(&self, line: &[u8]) -> Result<Next, Refusal> {
        match self.state {
            _ if !line.starts_with(b"+OK") => Err(self.refused(line)),
            State::GoAhead => Ok(Next::Done),
            State::Greeting | State::Capabilities => Ok(Next::Ask),
        }
    }

    /// The one byte of `PostgreSQL`'s answer.
    fn postgres(&self, byte: u8) -> Result<(), Refusal> {
        match byte {
            b'S' => Ok(()),
            b'N' => Err(self.without()),
            b'E' => Err(Refusal::new(
                Exit::Tls,
                "the server answers the request for TLS with an error (PostgreSQL)",
            )),
            _ => {
                let shown = escape(&[byte], SHOWN).to_string();
                Err(Refusal::new(
                    Exit::Tls,
                    format_args!("the server does not speak postgres: it says {shown}"),
                ))
            }
        }
    }

    fn refused(&self, line: &[u8]) -> Refusal {
        let shown = escape(line, SHOWN);
        let message = match self.state {
            State::Greeting => format!("the server does not greet as {} does: {shown}", self.protocol),
            State::Capabilities => format!("the server does not say what it can do: {shown}"),
            State::GoAhead => format!("the server will not start TLS: {shown}"),
        };
        Refusal::new(Exit::Tls, message)
    }

    fn without(&self) -> Refusal {
        Refusal::new(Exit::Tls, format_args!("the server has no TLS to start ({})", self.protocol))
    }

    /// The answer is whole: nothing may stand behind it.
    fn done(used: usize, bytes: &[u8]) -> Result<Taken, Refusal> {
        let behind = &bytes[used..];
        if !behind.is_empty() {
            let shown = escape(behind, 40);
            let message = format!("clear bytes came behind the server's go-ahead for TLS: {shown}");
            return Err(Refusal::new(Exit::Tls, message));
        }
        Ok(Taken { used, done: true })
    }
}

impl Dialogue for StartTls {
    fn outgoing(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.outgoing)
    }

    fn take(&mut self, bytes: &[u8]) -> Result<Taken, Refusal> {
        if let (Protocol::Postgres, Some(&byte)) = (self.protocol, bytes.first()) {
            self.postgres(byte)?;
            return Self::done(1, bytes);
        }
        let mut used = 0;
        while used < bytes.len() {
            let most = (bytes.len() - used).min(MOST - self.came);
            let taken = self.line.take(&bytes[used..used + most]);
            let too_long = || Refusal::new(Exit::Tls, "the server says too much before TLS starts");
            let (more, line) = taken.map_err(|_| too_long())?;
            used += more;
            self.came += more;
            match line.map(|line| self.line(&line)).transpose()? {
                Some(Next::Done) => return Self::done(used, bytes),
                Some(Next::Ask) => {
                    self.state = State::GoAhead;
                    self.outgoing = self.protocol.command().to_vec();
                }
                Some(Next::More) | None => {}
            }
            if self.came == MOST {
                return Err(too_long());
            }
            if !self.outgoing.is_empty() {
                break;
            }
        }
        Ok(Taken { used, done: false })
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{outcome, played, words};
    use super::*;

    fn of(protocol: Protocol) -> impl Fn() -> StartTls {
        move || StartTls::new(protocol)
    }

    /// What a server says that goes along, and what it is sent.
    const AGREED: [(Protocol, &[u8], &[u8]); 5] = [
        (
            Protocol::Smtp,
            b"220-mail.example.org\r\n220 ESMTP\r\n250-mail\r\n250-8BITMIME\r\n250 STARTTLS\r\n220 go ahead\r\n",
            b"EHLO localhost\r\nSTARTTLS\r\n",
        ),
        (Protocol::Smtp, b"220\r\n250 starttls \r\n220\r\n", b"EHLO localhost\r\nSTARTTLS\r\n"),
        (
            Protocol::Imap,
            b"* OK [CAPABILITY IMAP4rev1] ready\r\n* CAPABILITY x\r\na OK begin\r\n",
            b"a STARTTLS\r\n",
        ),
        (Protocol::Pop3, b"+OK ready\r\n+OK begin\r\n", b"STLS\r\n"),
        (Protocol::Postgres, b"S", SSL_REQUEST),
    ];

    #[test]
    fn a_server_that_goes_along_is_asked_and_all_that_it_says_is_the_dialogues() {
        for (protocol, says, sent) in AGREED {
            let (was_sent, used) = outcome(of(protocol), says).expect("agreement").expect("an end");
            assert_eq!((&was_sent[..], used), (sent, says.len()), "{protocol}");
            for length in 0..says.len() {
                assert_eq!(outcome(of(protocol), &says[..length]), Ok(None), "{protocol}, {length} bytes");
            }
        }
    }

    #[test]
    fn clear_bytes_behind_the_go_ahead_are_an_error() {
        for (protocol, says, _) in AGREED {
            let glued = [says, b"\x16bad"].concat();
            let refusal = played(StartTls::new(protocol), &glued, glued.len()).expect_err("clear bytes");
            let wanted = "clear bytes came behind the server's go-ahead for TLS: \\x16bad";
            assert_eq!((refusal.exit, &*refusal.message), (Exit::Tls, wanted), "{protocol}");
        }
    }

    #[test]
    fn refusals_are_told_in_words() {
        let rows: [(Protocol, &[u8], &str); 14] = [
            (Protocol::Smtp, b"554 no\x1b\r\n", "the server does not greet as smtp does: 554 no\\x1b"),
            (Protocol::Smtp, b"+OK\r\n", "the server does not greet as smtp does: +OK"),
            (Protocol::Smtp, b"220 x\r\n502 no\r\n", "the server does not say what it can do: 502 no"),
            (Protocol::Smtp, b"220 x\r\n250-x\r\n250 SIZE\r\n", "the server has no TLS to start (smtp)"),
            (Protocol::Smtp, b"220 x\r\n250 STARTTLS\r\n454 no\r\n", "the server will not start TLS: 454 no"),
            (Protocol::Smtp, b"220x\r\n", "the server does not greet as smtp does: 220x"),
            (Protocol::Imap, b"* BYE\r\n", "the server does not greet as imap does: * BYE"),
            (
                Protocol::Imap,
                b"* PREAUTH x\r\n",
                "the server has let us in without TLS (PREAUTH), and starts none now",
            ),
            (Protocol::Imap, b"* OK\r\na NO x\r\n", "the server will not start TLS: a NO x"),
            (Protocol::Imap, b"* OK\r\n* BYE x\r\n", "the server will not start TLS: * BYE x"),
            (Protocol::Pop3, b"-ERR x\r\n", "the server does not greet as pop3 does: -ERR x"),
            (Protocol::Pop3, b"+OK\r\n-ERR x\r\n", "the server will not start TLS: -ERR x"),
            (Protocol::Postgres, b"N", "the server has no TLS to start (postgres)"),
            (Protocol::Postgres, b"\0", "the server does not speak postgres: it says \\0"),
        ];
        for (protocol, says, message) in rows {
            assert_eq!(words(of(protocol), says), (Exit::Tls, message.to_owned()));
        }
        assert!(words(of(Protocol::Postgres), b"E").1.contains("with an error"));
    }

    #[test]
    fn a_server_that_never_ends_is_refused() {
        let greeting = b"220-x\r\n".repeat(MOST / 7 + 1);
        let untagged = [&b"* OK\r\n"[..], &b"* x\r\n".repeat(MOST / 5 + 1)].concat();
        let line = [b'2'; LONGEST_LINE + 1];
        for (protocol, says) in
            [(Protocol::Smtp, &greeting[..]), (Protocol::Imap, &untagged), (Protocol::Pop3, &line)]
        {
            assert_eq!(words(of(protocol), says).1, "the server says too much before TLS starts");
        }
    }

    #[test]
    fn names_read_back() {
        for protocol in Protocol::ALL {
            assert_eq!(protocol.to_string().parse(), Ok(protocol));
        }
        assert!("ftp".parse::<Protocol>().is_err());
    }
}

//! HTTP's CONNECT (RFC 9110, section 9.3.6), with basic authentication (RFC 7617).

use std::fmt;

use data_encoding::BASE64;

use super::line::{Line, SHOWN};
use super::{Dialogue, Login, Refusal, Taken, Target};
use crate::exit::Exit;
use crate::report::escape::escape;

/// The longest line of a reply, and the most of all its lines, in bytes.
const LONGEST_LINE: usize = 8_192;
const MOST: usize = 32_768;

/// Asks a proxy to connect.
#[derive(Debug)]
pub struct HttpConnect {
    outgoing: Vec<u8>,
    line: Line,
    state: State,
    came: usize,
    /// The proxy is told a user.
    named: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    /// The first bytes of the status line, by which it is known that this is HTTP.
    Start,
    Status,
    Fields {
        /// The answer is one that another follows (1xx).
        interim: bool,
    },
}

/// What the first line begins with.
const PROTOCOL: &[u8] = b"HTTP/";

impl HttpConnect {
    /// Asks for a connection to this host and port.
    ///
    /// # Errors
    ///
    /// Fails for a name that cannot stand in a request, and for a user's name with a colon, which nobody could tell
    /// from the one before the password.
    pub fn new(target: &Target, port: u16, login: Option<&Login>) -> Result<Self, Refusal> {
        let authority = match target {
            Target::V4(address) => format!("{address}:{port}"),
            Target::V6(address) => format!("[{address}]:{port}"),
            Target::Name(name) => {
                let name = Target::name_of(name)?;
                format!("{}:{port}", String::from_utf8_lossy(name))
            }
        };
        let mut request = format!("CONNECT {authority} HTTP/1.1\r\nHost: {authority}\r\n");
        if let Some(login) = login {
            request.extend(["Proxy-Authorization: Basic ", &basic(login)?, "\r\n"]);
        }
        request += "\r\n";
        let line = Line::new(LONGEST_LINE);
        let named = login.is_some();
        Ok(Self { outgoing: request.into_bytes(), line, state: State::Start, came: 0, named })
    }

    /// Sees to it that what came begins as HTTP does: a proxy of another kind may send no line at all.
    fn begin(&mut self, bytes: &[u8]) -> Result<usize, Refusal> {
        let wanted = &PROTOCOL[self.came..];
        let length = wanted.len().min(bytes.len());
        if !wanted.starts_with(&bytes[..length]) {
            return Err(no_http(&[&PROTOCOL[..self.came], bytes].concat()));
        }
        self.came += length;
        if self.came == PROTOCOL.len() {
            self.state = State::Status;
        }
        // Bounded by the protocol's name, so no line is too long yet.
        self.line.take(&bytes[..length]).map_or(Ok(length), |(used, _)| Ok(used))
    }

    fn line(&mut self, line: &[u8]) -> Result<bool, Refusal> {
        match self.state {
            State::Fields { interim: false } if line.is_empty() => return Ok(true),
            State::Fields { interim: true } if line.is_empty() => self.state = State::Status,
            State::Fields { .. } => {}
            State::Start | State::Status => {
                self.state = State::Fields { interim: status(line, self.named)? };
            }
        }
        Ok(false)
    }
}

impl Dialogue for HttpConnect {
    fn outgoing(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.outgoing)
    }

    fn take(&mut self, bytes: &[u8]) -> Result<Taken, Refusal> {
        let mut used = if self.state == State::Start { self.begin(bytes)? } else { 0 };
        while used < bytes.len() {
            let room = MOST - self.came;
            let most = (bytes.len() - used).min(room);
            let taken = self.line.take(&bytes[used..used + most]);
            let (more, line) = taken.map_err(|_| too_long(format_args!("a line of {LONGEST_LINE}")))?;
            used += more;
            self.came += more;
            match line {
                Some(line) if self.line(&line)? => return Ok(Taken { used, done: true }),
                None if self.came == MOST => return Err(too_long(MOST)),
                _ => {}
            }
            if self.came == MOST {
                return Err(too_long(MOST));
            }
        }
        Ok(Taken { used, done: false })
    }
}

/// Reads a status line; true where another answer follows. `named` is whether the proxy was told a user.
fn status(line: &[u8], named: bool) -> Result<bool, Refusal> {
    let rest = line.strip_prefix(PROTOCOL).unwrap_or_default();
    let (version, rest) = rest.split_at_checked(4).unwrap_or_default();
    let ([b'1', b'.', b'0' | b'1', b' '], [code @ .., last]) = (version, rest.get(..3).unwrap_or_default())
    else {
        return Err(no_http(line));
    };
    let is_code =
        code.iter().chain([last]).all(u8::is_ascii_digit) && rest.get(3).is_none_or(|&byte| byte == b' ');
    match code.first() {
        _ if !is_code => Err(no_http(line)),
        Some(b'2') => Ok(false),
        // All but "switching protocols", which nobody asked for.
        Some(b'1') if rest[..3] != *b"101" => Ok(true),
        _ => Err(refused(rest, line, named)),
    }
}

/// What a status other than success means.
fn refused(code: &[u8], line: &[u8], named: bool) -> Refusal {
    let shown = escape(line, SHOWN);
    let exit = match &code[..3] {
        b"407" if named => {
            return Refusal::proxy(format_args!("the proxy refuses this user and password: {shown}"));
        }
        b"407" => return Refusal::proxy(format_args!("the proxy wants a user and a password: {shown}")),
        // Bad gateway, service unavailable, gateway timeout: the proxy did not get there.
        b"502" | b"503" | b"504" => Exit::Unreachable,
        _ => Exit::Proxy,
    };
    Refusal::new(exit, format_args!("the proxy says: {shown}"))
}

fn no_http(bytes: &[u8]) -> Refusal {
    // A hint for those who have the port of a SOCKS proxy.
    let hint = if matches!(bytes.first(), Some(0 | 4 | 5)) { "; it may be one of SOCKS" } else { "" };
    Refusal::proxy(format_args!("this is no HTTP proxy: it does not answer with a status line{hint}"))
}

fn too_long(what: impl fmt::Display) -> Refusal {
    Refusal::proxy(format_args!("the proxy's answer is longer than {what} bytes"))
}

/// The user and the password in base64.
fn basic(login: &Login) -> Result<String, Refusal> {
    let password = login.password.as_deref().unwrap_or_default();
    let both = [login.user.as_bytes(), b":", password].concat();
    if login.user.contains(':') {
        return Err(Refusal::unsayable("a user's name has no colon in HTTP"));
    }
    if both.iter().any(u8::is_ascii_control) {
        return Err(Refusal::unsayable("a user's name and a password have no control characters in HTTP"));
    }
    Ok(BASE64.encode(&both))
}

#[cfg(test)]
mod tests {
    use super::super::tests::{outcome, wants_all_of, words};
    use super::*;

    fn named() -> HttpConnect {
        HttpConnect::new(&Target::Name("example.org".into()), 443, None).expect("a request")
    }

    #[test]
    fn an_answer_ends_with_its_empty_line_whatever_its_fields_say() {
        let rows: [&[u8]; 5] = [
            b"HTTP/1.1 200 Connection established\r\n\r\n",
            b"HTTP/1.0 200\n\n",
            b"HTTP/1.1 204 \r\nContent-Length: 1000\r\nTransfer-Encoding: chunked\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nX: a\r\n\tfolded\r\n\r\n",
            b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nVia: x\r\n\r\n",
        ];
        for answer in rows {
            wants_all_of(named, answer);
        }
    }

    #[test]
    fn a_request_names_the_target_twice_and_the_user_where_there_is_one() {
        let sent = |target: &Target, login: Option<&Login>| {
            let dialogue = || HttpConnect::new(target, 80, login).expect("a request");
            let (sent, _) =
                outcome(dialogue, b"HTTP/1.1 200 OK\r\n\r\n").expect("agreement").expect("an end");
            String::from_utf8(sent).expect("text")
        };
        let name = Target::Name("example.org".into());
        assert_eq!(sent(&name, None), "CONNECT example.org:80 HTTP/1.1\r\nHost: example.org:80\r\n\r\n");
        let v6 = Target::V6("::1".parse().expect("an address"));
        assert_eq!(sent(&v6, None), "CONNECT [::1]:80 HTTP/1.1\r\nHost: [::1]:80\r\n\r\n");
        // The example of RFC 7617.
        let login = Login { user: "Aladdin".into(), password: Some(b"open sesame".to_vec()) };
        let head = sent(&Target::V4([192, 0, 2, 1].into()), Some(&login));
        assert!(head.contains("\r\nProxy-Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n"), "{head}");
    }

    #[test]
    fn refusals_are_told_by_their_status_line() {
        let rows: [(&[u8], Exit, &str); 8] = [
            (b"HTTP/1.1 403 Forbidden\r\n", Exit::Proxy, "the proxy says: HTTP/1.1 403 Forbidden"),
            (b"HTTP/1.0 502 \x1b[2J\n", Exit::Unreachable, "the proxy says: HTTP/1.0 502 \\x1b[2J"),
            (b"HTTP/1.1 101 Switching\r\n", Exit::Proxy, "the proxy says: HTTP/1.1 101 Switching"),
            (
                b"HTTP/1.1 407 Proxy Authentication Required\r\n",
                Exit::Proxy,
                "the proxy wants a user and a password: HTTP/1.1 407 Proxy Authentication Required",
            ),
            (
                b"\x05\xff",
                Exit::Proxy,
                "this is no HTTP proxy: it does not answer with a status line; it may be one of SOCKS",
            ),
            (b"HTTP/2 200\r\n", Exit::Proxy, "this is no HTTP proxy: it does not answer with a status line"),
            (b"HTTP/1.1 20\r\n", Exit::Proxy, "this is no HTTP proxy: it does not answer with a status line"),
            (
                b"HTTP/1.1 2000\r\n",
                Exit::Proxy,
                "this is no HTTP proxy: it does not answer with a status line",
            ),
        ];
        for (answer, exit, message) in rows {
            assert_eq!(words(named, answer), (exit, message.to_owned()), "{}", answer.escape_ascii());
        }
        let login = Login { user: "ann".into(), password: None };
        let known = || HttpConnect::new(&Target::V4([1; 4].into()), 1, Some(&login)).expect("a request");
        let (_, message) = words(known, b"HTTP/1.1 407 No\r\n");
        assert_eq!(message, "the proxy refuses this user and password: HTTP/1.1 407 No");
    }

    #[test]
    fn an_answer_without_end_is_refused() {
        let line = [&b"HTTP/1.1 200 "[..], &[b'x'; LONGEST_LINE]].concat();
        let fields = [&b"HTTP/1.1 200\r\n"[..], &b"a: b\r\n".repeat(MOST / 6 + 1)].concat();
        let answers = b"HTTP/1.1 100 go on\r\n\r\n".repeat(MOST / 22 + 1);
        let rows: [(&[u8], &str); 3] = [
            (&line, "the proxy's answer is longer than a line of 8192 bytes"),
            (&fields, "the proxy's answer is longer than 32768 bytes"),
            (&answers, "the proxy's answer is longer than 32768 bytes"),
        ];
        for (answer, message) in rows {
            assert_eq!(words(named, answer), (Exit::Proxy, message.to_owned()));
        }
    }

    #[test]
    fn what_a_request_cannot_carry_is_refused_before_it_is_sent() {
        for name in ["", "a b", "a\r\nX: y", "é"] {
            let refusal = HttpConnect::new(&Target::Name(name.into()), 1, None).expect_err(name);
            assert_eq!(refusal.exit, Exit::Misuse, "{refusal}");
        }
        for (user, password) in [("a:b", "c"), ("a", "b\nc")] {
            let login = Login { user: user.into(), password: Some(password.into()) };
            let refusal = HttpConnect::new(&Target::V4([1; 4].into()), 1, Some(&login)).expect_err(user);
            assert_eq!(refusal.exit, Exit::Misuse, "{refusal}");
        }
    }
}

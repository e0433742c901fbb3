//! SOCKS 5 (RFC 1928), with a user's name and password (RFC 1929).

use super::{Dialogue, Login, Refusal, Taken, Target, fill};
use crate::exit::Exit;

const VERSION: u8 = 5;
/// The version of the dialogue about the password.
const LOGIN_VERSION: u8 = 1;

/// Asks a proxy to connect.
#[derive(Debug)]
pub struct Socks5 {
    state: State,
    kept: Vec<u8>,
    outgoing: Vec<u8>,
    request: Vec<u8>,
    login: Option<Vec<u8>>,
}

/// What is waited for.
#[derive(Clone, Copy, Debug)]
enum State {
    Method,
    Login,
    Reply,
}

impl Socks5 {
    /// Asks for a connection to this host and port.
    ///
    /// # Errors
    ///
    /// Fails where the name, the user or the password is longer than the protocol carries, 255 bytes.
    pub fn new(target: &Target, port: u16, login: Option<&Login>) -> Result<Self, Refusal> {
        let mut request = vec![VERSION, 1, 0];
        match target {
            Target::V4(address) => {
                request.push(1);
                request.extend(address.octets());
            }
            Target::V6(address) => {
                request.push(4);
                request.extend(address.octets());
            }
            Target::Name(name) => {
                request.push(3);
                counted(&mut request, Target::name_of(name)?, "a name")?;
            }
        }
        request.extend(port.to_be_bytes());
        let login = login.map(login_message).transpose()?;
        // A proxy that needs no password is not shown it.
        let outgoing = if login.is_some() { vec![VERSION, 2, 0, 2] } else { vec![VERSION, 1, 0] };
        Ok(Self { state: State::Method, kept: Vec::new(), outgoing, request, login })
    }

    /// How many bytes of what is waited for are needed, as far as they say so themselves.
    fn wanted(&self) -> usize {
        match (self.state, &self.kept[..]) {
            (State::Reply, [_, _, _, 1, ..]) => 4 + 4 + 2,
            (State::Reply, [_, _, _, 4, ..]) => 4 + 16 + 2,
            (State::Reply, [_, _, _, 3, length, ..]) => 5 + usize::from(*length) + 2,
            // The length of a name, or what is no kind of address.
            (State::Reply, [_, _, _, _, ..]) => 5,
            // A refusal may be cut short.
            (State::Reply, [_, _, ..]) => 4,
            _ => 2,
        }
    }

    /// What is known by the bytes so far; true once all is agreed.
    fn step(&mut self) -> Result<bool, Refusal> {
        match (self.state, &self.kept[..]) {
            (State::Method, [VERSION, method]) => {
                let method = *method;
                self.chosen(method)?;
            }
            (State::Login, [_, 0]) => self.request(),
            (State::Login, [_, _]) => {
                return Err(Refusal::proxy("the proxy refuses this user and password"));
            }
            (State::Reply, [VERSION, 0, ..]) => return self.reply(),
            (State::Reply, [VERSION, code, ..]) => return Err(refused(*code)),
            (State::Method | State::Reply, [first, _, ..]) => return Err(no_socks(*first)),
            _ => {}
        }
        Ok(false)
    }

    /// The proxy has chosen how it wants to know who asks.
    fn chosen(&mut self, method: u8) -> Result<(), Refusal> {
        match (method, self.login.take()) {
            (0, _) => self.request(),
            (2, Some(message)) => {
                self.outgoing = message;
                self.kept.clear();
                self.state = State::Login;
            }
            (0xff | 2, None) => return Err(Refusal::proxy("the proxy wants a user and a password")),
            (0xff, Some(_)) => return Err(Refusal::proxy("the proxy takes no password, nor goes without")),
            (other, _) => {
                let message = format_args!("the proxy chose a method that was not offered, {other}");
                return Err(Refusal::proxy(message));
            }
        }
        Ok(())
    }

    fn request(&mut self) {
        self.outgoing = std::mem::take(&mut self.request);
        self.kept.clear();
        self.state = State::Reply;
    }

    /// Whether all of a reply has come.
    fn reply(&self) -> Result<bool, Refusal> {
        match &self.kept[..] {
            [_, _, _, kind, ..] if ![1, 3, 4].contains(kind) => {
                Err(Refusal::proxy(format_args!("the proxy's reply has an address of no kind, {kind}")))
            }
            kept => Ok(kept.len() > 4 && kept.len() == self.wanted()),
        }
    }
}

impl Dialogue for Socks5 {
    fn outgoing(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.outgoing)
    }

    fn take(&mut self, bytes: &[u8]) -> Result<Taken, Refusal> {
        let mut used = 0;
        loop {
            let wanted = self.wanted();
            let more = fill(&mut self.kept, wanted, &bytes[used..]);
            used += more;
            let done = self.step()?;
            // Nothing is waited for before what is to be sent has gone.
            if done || more == 0 || !self.outgoing.is_empty() {
                return Ok(Taken { used, done });
            }
        }
    }
}

fn login_message(login: &Login) -> Result<Vec<u8>, Refusal> {
    let mut message = vec![LOGIN_VERSION];
    if login.user.is_empty() {
        return Err(Refusal::unsayable("a user's name has one byte at least"));
    }
    counted(&mut message, login.user.as_bytes(), "a user's name")?;
    counted(&mut message, login.password.as_deref().unwrap_or_default(), "a password")?;
    Ok(message)
}

/// A length in one byte, and the bytes.
fn counted(message: &mut Vec<u8>, bytes: &[u8], what: &str) -> Result<(), Refusal> {
    let Ok(length) = u8::try_from(bytes.len()) else {
        return Err(Refusal::unsayable(format_args!("{what} has 255 bytes at most for SOCKS")));
    };
    message.push(length);
    message.extend_from_slice(bytes);
    Ok(())
}

/// The reply codes of RFC 1928, section 6.
fn refused(code: u8) -> Refusal {
    let (exit, why) = match code {
        1 => (Exit::Proxy, "general failure"),
        2 => (Exit::Proxy, "its rules do not allow this connection"),
        3 => (Exit::Unreachable, "network unreachable"),
        4 => (Exit::Unreachable, "host unreachable"),
        5 => (Exit::Refused, "connection refused"),
        6 => (Exit::Unreachable, "the packet's time to live ran out"),
        7 => (Exit::Proxy, "it cannot connect"),
        8 => (Exit::Proxy, "it does not know this kind of address"),
        other => return Refusal::unnamed(other),
    };
    Refusal::new(exit, format_args!("the proxy says: {why}"))
}

fn no_socks(first: u8) -> Refusal {
    let hint = if first == b'H' { "; it may be one of HTTP" } else { "" };
    Refusal::proxy(format_args!("this is no SOCKS 5 proxy: its first byte is {first}, not 5{hint}"))
}

#[cfg(test)]
mod tests {
    use super::super::tests::{outcome, wants_all_of, words};
    use super::*;

    fn to(target: &Target) -> Socks5 {
        Socks5::new(target, 443, None).expect("a request")
    }

    fn plain() -> Socks5 {
        to(&Target::Name("example.org".into()))
    }

    fn known() -> Socks5 {
        let login = Login { user: "ann".into(), password: Some(b"pw".to_vec()) };
        Socks5::new(&Target::V4([192, 0, 2, 1].into()), 80, Some(&login)).expect("a request")
    }

    #[test]
    fn a_reply_ends_where_its_address_does() {
        let long = [&b"\x05\x00\x05\x00\x00\x03\xff"[..], &[b'x'; 255], b"\0\x50"].concat();
        let rows: [&[u8]; 5] = [
            b"\x05\x00\x05\x00\x00\x01\x7f\x00\x00\x01\x1f\x90",
            b"\x05\x00\x05\x00\x00\x04\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01\x1f\x90",
            b"\x05\x00\x05\x00\x00\x03\x01x\x1f\x90",
            b"\x05\x00\x05\x00\x00\x03\x00\x1f\x90",
            &long,
        ];
        for reply in rows {
            wants_all_of(plain, reply);
        }
    }

    #[test]
    fn a_target_is_an_address_or_a_name_and_a_password_is_shown_only_where_it_is_wanted() {
        let reply = b"\x05\x00\x05\x00\x00\x01\0\0\0\0\0\0";
        let sent = |target: &Target| outcome(|| to(target), reply).expect("agreement").expect("an end").0;
        assert_eq!(
            sent(&Target::V4([1, 2, 3, 4].into())),
            b"\x05\x01\x00\x05\x01\x00\x01\x01\x02\x03\x04\x01\xbb"
        );
        let v6 = Target::V6("2001:db8::1".parse().expect("an address"));
        assert_eq!(
            sent(&v6),
            b"\x05\x01\x00\x05\x01\x00\x04\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01\x01\xbb"
        );
        let (sent, _) = outcome(known, reply).expect("agreement").expect("an end");
        assert_eq!(sent, b"\x05\x02\x00\x02\x05\x01\x00\x01\xc0\x00\x02\x01\x00\x50");
        let reply = b"\x05\x02\x01\x00\x05\x00\x00\x01\0\0\0\0\0\0";
        wants_all_of(known, reply);
        let (sent, _) = outcome(known, reply).expect("agreement").expect("an end");
        assert_eq!(sent, b"\x05\x02\x00\x02\x01\x03ann\x02pw\x05\x01\x00\x01\xc0\x00\x02\x01\x00\x50");
    }

    #[test]
    fn refusals_are_told_in_words_with_their_codes() {
        let rows: [(&[u8], Exit, &str); 11] = [
            (b"\x05\xff", Exit::Proxy, "the proxy wants a user and a password"),
            (b"\x05\x02", Exit::Proxy, "the proxy wants a user and a password"),
            (b"\x05\x01", Exit::Proxy, "the proxy chose a method that was not offered, 1"),
            (b"\x04\x00", Exit::Proxy, "this is no SOCKS 5 proxy: its first byte is 4, not 5"),
            (
                b"HTTP/1.1 400",
                Exit::Proxy,
                "this is no SOCKS 5 proxy: its first byte is 72, not 5; it may be one of HTTP",
            ),
            (b"\x05\x00\x05\x01", Exit::Proxy, "the proxy says: general failure"),
            (b"\x05\x00\x05\x03\x00\x01", Exit::Unreachable, "the proxy says: network unreachable"),
            (b"\x05\x00\x05\x05\x00\x01\0\0\0\0\0\0", Exit::Refused, "the proxy says: connection refused"),
            (b"\x05\x00\x05\x63", Exit::Proxy, "the proxy says: a failure that SOCKS has no word for, 99"),
            (b"\x05\x00\x04\x00", Exit::Proxy, "this is no SOCKS 5 proxy: its first byte is 4, not 5"),
            (b"\x05\x00\x05\x00\x00\x02", Exit::Proxy, "the proxy's reply has an address of no kind, 2"),
        ];
        for (reply, exit, message) in rows {
            assert_eq!(words(plain, reply), (exit, message.to_owned()), "{}", reply.escape_ascii());
        }
        assert_eq!(words(known, b"\x05\x02\x01\x01").1, "the proxy refuses this user and password");
        assert_eq!(words(known, b"\x05\xff").1, "the proxy takes no password, nor goes without");
    }

    #[test]
    fn what_the_protocol_cannot_carry_is_refused_before_it_is_sent() {
        let long = "x".repeat(256);
        let name = |name: &str| Socks5::new(&Target::Name(name.into()), 1, None).map(drop);
        for bad in ["", "a b", "a\0b", "é", &long] {
            assert_eq!(name(bad).expect_err(bad).exit, Exit::Misuse);
        }
        for (user, password) in [("", "x"), (&*long, "x"), ("x", &*long)] {
            let login = Login { user: user.into(), password: Some(password.into()) };
            let refusal = Socks5::new(&Target::V4([1; 4].into()), 1, Some(&login)).expect_err("too long");
            assert_eq!(refusal.exit, Exit::Misuse, "{refusal}");
        }
    }
}

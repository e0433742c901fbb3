//! SOCKS 4A: SOCKS 4 with names that the proxy resolves.

use super::{Dialogue, Refusal, Taken, Target, fill};
use crate::exit::Exit;

/// How long a reply is, in bytes.
const REPLY: usize = 8;

/// Asks a proxy to connect.
#[derive(Debug)]
pub struct Socks4a {
    kept: Vec<u8>,
    outgoing: Vec<u8>,
}

impl Socks4a {
    /// Asks for a connection to this host and port, for this user; there are no passwords.
    ///
    /// # Errors
    ///
    /// Fails for an IPv6 address, which the protocol does not carry, and for names that it cannot.
    pub fn new(target: &Target, port: u16, user: Option<&str>) -> Result<Self, Refusal> {
        let user = user.unwrap_or_default().as_bytes();
        if user.len() > 255 || user.contains(&0) {
            return Err(Refusal::unsayable(
                "a user's name has 255 bytes at most for SOCKS, none of them zero",
            ));
        }
        let mut outgoing = vec![4, 1];
        outgoing.extend(port.to_be_bytes());
        let name = match target {
            Target::V4(address) if address.octets()[..3] == [0; 3] => {
                // It would mean that a name follows.
                return Err(Refusal::unsayable("SOCKS 4A carries no address of 0.0.0.0/24"));
            }
            Target::V4(address) => {
                outgoing.extend(address.octets());
                None
            }
            Target::V6(_) => {
                return Err(Refusal::unsayable("SOCKS 4A carries no IPv6 addresses; socks5:// does"));
            }
            Target::Name(name) => {
                outgoing.extend([0, 0, 0, 1]);
                Some(Target::name_of(name)?)
            }
        };
        outgoing.extend_from_slice(user);
        outgoing.push(0);
        if let Some(name) = name {
            outgoing.extend_from_slice(name);
            outgoing.push(0);
        }
        Ok(Self { kept: Vec::new(), outgoing })
    }
}

impl Dialogue for Socks4a {
    fn outgoing(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.outgoing)
    }

    fn take(&mut self, bytes: &[u8]) -> Result<Taken, Refusal> {
        let used = fill(&mut self.kept, REPLY, bytes);
        match self.kept[..] {
            // The version of the reply is 0; some proxies send their own.
            [0 | 4, 90, ..] => Ok(Taken { used, done: self.kept.len() == REPLY }),
            [0 | 4, code, ..] => Err(refused(code)),
            [first @ (1..=3 | 5..), ..] => Err(no_socks(first)),
            [] | [_] => Ok(Taken { used, done: false }),
        }
    }
}

fn refused(code: u8) -> Refusal {
    let why = match code {
        91 => "the request was rejected, or failed",
        92 => "it cannot reach identd on this machine",
        93 => "identd on this machine names another user",
        other => return Refusal::unnamed(other),
    };
    Refusal::new(Exit::Proxy, format_args!("the proxy says: {why}"))
}

fn no_socks(first: u8) -> Refusal {
    Refusal::proxy(format_args!("this is no SOCKS 4 proxy: its first byte is {first}, not 0"))
}

#[cfg(test)]
mod tests {
    use super::super::tests::{outcome, wants_all_of, words};
    use super::*;

    fn named() -> Socks4a {
        Socks4a::new(&Target::Name("example.org".into()), 80, Some("ann")).expect("a request")
    }

    #[test]
    fn a_name_follows_an_address_that_is_none_and_a_reply_has_eight_bytes() {
        wants_all_of(named, b"\0\x5a\x1f\x90\x7f\0\0\x01");
        wants_all_of(named, b"\x04\x5a\0\0\0\0\0\0");
        let sent = |dialogue: fn() -> Socks4a| outcome(dialogue, b"\0\x5a\0\0\0\0\0\0").expect("agreement");
        assert_eq!(sent(named).expect("an end").0, b"\x04\x01\0\x50\0\0\0\x01ann\0example.org\0");
        let digits = || Socks4a::new(&Target::V4([192, 0, 2, 1].into()), 80, None).expect("a request");
        assert_eq!(sent(digits).expect("an end").0, b"\x04\x01\0\x50\xc0\0\x02\x01\0");
    }

    #[test]
    fn refusals_are_told_in_words() {
        let rows: [(&[u8], &str); 6] = [
            (b"\0\x5b\0\0\0\0\0\0", "the proxy says: the request was rejected, or failed"),
            (b"\0\x5c", "the proxy says: it cannot reach identd on this machine"),
            (b"\0\x5d", "the proxy says: identd on this machine names another user"),
            (b"\0\x00", "the proxy says: a failure that SOCKS has no word for, 0"),
            (b"\x05", "this is no SOCKS 4 proxy: its first byte is 5, not 0"),
            (b"HTTP/1.0 400 no", "this is no SOCKS 4 proxy: its first byte is 72, not 0"),
        ];
        for (reply, message) in rows {
            assert_eq!(words(named, reply), (Exit::Proxy, message.to_owned()), "{}", reply.escape_ascii());
        }
    }

    #[test]
    fn what_the_protocol_cannot_carry_is_refused_before_it_is_sent() {
        let v6 = Target::V6("::1".parse().expect("an address"));
        let name = Target::Name("a".into());
        let rows =
            [(&v6, ""), (&Target::V4([0, 0, 0, 1].into()), ""), (&name, "a\0b"), (&name, &"x".repeat(256))];
        for (target, user) in rows {
            let refusal = Socks4a::new(target, 1, Some(user)).expect_err("unsayable");
            assert_eq!(refusal.exit, Exit::Misuse, "{refusal}");
        }
    }
}

//! What must hold for any text given to the endpoint parser. The fuzz target and the replay of its corpus share it.

use sock::endpoint::{Endpoint, ParseError, Role, Words, parse_host};

/// Options of every level, and one name that two levels have.
const OPTIONS: Words<'_> = Words(&[
    "socket.keepalive",
    "socket.rcvbuf",
    "ip.ttl",
    "ipv6.ttl",
    "tcp.nodelay",
    "tcp.cork",
    "udp.cork",
]);

/// Reads the text in every role: a value must print so that it reads back, an error must be short, safe to print and
/// point into the text. True if some role reads it.
///
/// # Panics
/// When one of these does not hold.
pub(crate) fn check(text: &str) -> bool {
    if let Err(error) = parse_host(text) {
        check_error(&error);
    }
    let roles = [Role::Connect, Role::Listen, Role::Either, Role::AsWritten];
    roles.map(|role| check_in(text, role)).contains(&true)
}

fn check_in(text: &str, role: Role) -> bool {
    let error = match Endpoint::parse(text, &OPTIONS, role) {
        Ok(endpoint) => {
            let printed = endpoint.to_string();
            assert!(!printed.contains(char::is_control), "{printed:?}");
            assert_eq!(
                Endpoint::parse(&printed, &OPTIONS, role).as_ref(),
                Ok(&endpoint),
                "{text:?} as {printed:?}"
            );
            return true;
        }
        Err(error) => error,
    };
    check_error(&error);
    false
}

fn check_error(error: &ParseError) {
    assert!(error.text().get(error.span()).is_some(), "{:?} in {:?}", error.span(), error.text());
    let printed = error.to_string();
    assert_eq!(printed.lines().count(), 3, "{printed:?}");
    assert!(!printed.contains(|c: char| c.is_control() && c != '\n'), "{printed:?}");
    assert!(printed.len() < 2_000, "{printed:?}");
}

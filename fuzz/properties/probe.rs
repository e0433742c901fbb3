//! What must hold for any bytes that come back to a probe. The fuzz target and the replay of its corpus share it.

use sock::probe::icmp::{self, Version};
use sock::probe::{arp, reason};

/// Reads the bytes as a packet of IPv4, as a message of ICMP and `ICMPv6`, and as one of ARP: what is read lies within
/// them, and a request that is built of it reads back. True if they are a reply of any kind.
///
/// # Panics
/// When one of these does not hold.
pub(crate) fn check(bytes: &[u8]) -> bool {
    let inner = icmp::behind_ipv4(bytes);
    if let Some((_, message)) = inner {
        assert!(message.len() + 20 <= bytes.len());
    }
    let messages = [Some(bytes), inner.map(|(_, message)| message)];
    let mut is_reply = false;
    for message in messages.into_iter().flatten() {
        for version in [Version::V4, Version::V6] {
            is_reply |= check_echo(version, message);
        }
    }
    is_reply | check_arp(bytes) | check_words(bytes)
}

fn check_echo(version: Version, message: &[u8]) -> bool {
    let (reply, quoted) = (icmp::reply(version, message), icmp::quoted(version, message));
    assert!(reply.is_none() || quoted.is_none(), "it is one of them at most");
    for echo in [reply, quoted].into_iter().flatten() {
        assert_eq!(echo.payload.len() + icmp::HEADER, message.len());
        assert_eq!(echo.token().is_some(), echo.payload.len() >= 8);
        let mut built = Vec::new();
        icmp::push_request(&mut built, version, echo.identifier, echo.sequence, echo.payload);
        assert_eq!(icmp::quoted(version, &built), Some(echo));
        assert!(version == Version::V6 || icmp::checksum(&built) == 0);
    }
    reply.is_some()
}

fn check_arp(bytes: &[u8]) -> bool {
    let Some(answer) = arp::reply(bytes) else { return false };
    let built = arp::request(1, answer.hardware, answer.asker, answer.address).expect("it is short enough");
    assert!(built.len() <= bytes.len());
    assert_eq!(arp::reply(&built), None, "a request is no reply");
    true
}

/// Every error has words that are safe to print.
fn check_words(bytes: &[u8]) -> bool {
    let &[kind, code, ..] = bytes else { return false };
    for version in [Version::V4, Version::V6] {
        let words = reason::Reason::new(version, None, kind, code).words();
        assert!(!words.is_empty() && !words.contains(char::is_control), "{words:?}");
    }
    false
}

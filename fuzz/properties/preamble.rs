//! What must hold for whatever a peer says before a stream. The fuzz targets and the replay of their corpora share it.

use sock::preamble::{
    Dialogue, HttpConnect, Login, Protocol, Refusal, Socks4a, Socks5, StartTls, Target, proxy,
};

/// The most that a dialogue may take for its own: a header of HTTP's.
const MOST: usize = 32_768;

/// What a dialogue came to: done after so many bytes, or in want of more, or refused.
#[derive(Debug, PartialEq, Eq)]
enum Outcome {
    Done(usize),
    More,
    Refused(Refusal),
}

/// A proxy's side of SOCKS 5; the first byte says whether a password is shown to it.
pub(crate) fn socks5(bytes: &[u8]) -> bool {
    let login = Login { user: "ann".to_owned(), password: Some(b"secret".to_vec()) };
    with_first(bytes, |first, rest| {
        let login = (first & 1 == 1).then_some(&login);
        check(|| Socks5::new(&target(), 80, login), rest, true)
    })
}

/// A proxy's side of SOCKS 4A.
pub(crate) fn socks4a(bytes: &[u8]) -> bool {
    check(|| Socks4a::new(&target(), 80, None), bytes, true)
}

/// A proxy's side of HTTP's CONNECT.
pub(crate) fn http_connect(bytes: &[u8]) -> bool {
    check(|| HttpConnect::new(&target(), 80, None), bytes, true)
}

/// A server's side of STARTTLS; the first byte says of which protocol.
pub(crate) fn starttls(bytes: &[u8]) -> bool {
    with_first(bytes, |first, rest| {
        let protocol = Protocol::ALL[usize::from(first) % Protocol::ALL.len()];
        check(|| Ok(StartTls::new(protocol)), rest, false)
    })
}

/// A header of the PROXY protocol, which must be written as it was read.
pub(crate) fn proxy_header(bytes: &[u8]) -> bool {
    let mut reader = proxy::Reader::new();
    if let Ok(taken) = reader.take(bytes)
        && taken.done
    {
        let peers = reader.peers().expect("a header that is whole says something");
        let written = peers.encode(proxy::Version::V2);
        let mut again = proxy::Reader::new();
        assert_eq!(again.take(&written).map(|taken| taken.used), Ok(written.len()));
        assert_eq!(again.peers(), Some(peers));
    }
    check(|| Ok(proxy::Reader::new()), bytes, true)
}

fn target() -> Target {
    Target::Name("example.org".to_owned())
}

fn with_first(bytes: &[u8], check: impl FnOnce(u8, &[u8]) -> bool) -> bool {
    bytes.split_first().is_some_and(|(first, rest)| check(*first, rest))
}

/// The pieces in which the bytes come must not matter, and a refusal must be short and safe to print. True where the
/// dialogue comes to its end. `glued` says that the stream's bytes may come along with the last of the dialogue's.
fn check<D: Dialogue>(dialogue: impl Fn() -> Result<D, Refusal>, bytes: &[u8], glued: bool) -> bool {
    let begin = || dialogue().expect("what is asked for can be said");
    let whole = outcome(begin(), bytes, bytes.len().max(1));
    let single = outcome(begin(), bytes, 1);
    match (&whole, &single) {
        // Clear bytes behind the go-ahead.
        (Outcome::Refused(_), Outcome::Done(used)) if !glued && *used < bytes.len() => {}
        _ => assert_eq!(whole, single, "{}", bytes.escape_ascii()),
    }
    match whole {
        Outcome::Done(used) => {
            assert!(used <= bytes.len() && used <= MOST, "{used} of {}", bytes.len());
            true
        }
        Outcome::More => false,
        Outcome::Refused(refusal) => {
            let message = refusal.message;
            assert!(!message.is_empty() && message.len() < 800, "{message:?}");
            assert!(!message.contains(char::is_control), "{message:?}");
            false
        }
    }
}

/// Gives the bytes to the dialogue, so many at a time.
fn outcome(mut dialogue: impl Dialogue, bytes: &[u8], step: usize) -> Outcome {
    let (mut used, mut sent) = (0, dialogue.outgoing().len());
    for end in (0..bytes.len()).step_by(step).map(|start| (start + step).min(bytes.len())) {
        while used < end {
            let taken = match dialogue.take(&bytes[used..end]) {
                Ok(taken) => taken,
                Err(refusal) => return Outcome::Refused(refusal),
            };
            assert!(taken.used <= end - used, "{} of {}", taken.used, end - used);
            used += taken.used;
            sent += dialogue.outgoing().len();
            assert!(sent < 2_000, "{sent} bytes were sent");
            if taken.done {
                return Outcome::Done(used);
            }
            assert!(taken.used > 0, "a dialogue that wants more takes what there is");
        }
    }
    Outcome::More
}

//! FROM: where clients come in, or the one stream that is passed on.

use super::STANDARD;
use crate::endpoint::{Endpoint, Host, Place, Role};
use crate::exit::Failure;
use crate::open;

/// Where bytes come from.
#[derive(Debug)]
pub(super) enum From {
    /// Standard input and output.
    Standard,
    /// Clients that come here.
    Listens(Box<Endpoint>),
    /// What is connected to.
    Connects(Box<Endpoint>),
}

impl From {
    /// Reads FROM. It listens where its scheme can, unless it names a host: that is another machine's, as a rule.
    pub(super) fn read(text: &str) -> Result<Self, Failure> {
        if text == STANDARD {
            return Ok(Self::Standard);
        }
        let parse = |role| open::parse(text, role).map(Box::new).map_err(Failure::misuse);
        // A number alone is a port only where it is known that it listens.
        let connects = parse(Role::Either).is_ok_and(|endpoint| connects(&endpoint));
        if connects {
            parse(Role::Connect).map(Self::Connects)
        } else {
            parse(Role::Listen).map(Self::Listens)
        }
    }
}

fn connects(endpoint: &Endpoint) -> bool {
    if endpoint.listen {
        return false;
    }
    let named = match &endpoint.place {
        Place::Inet { host: Host::Name(name), .. } => !is_localhost(name),
        _ => false,
    };
    named || endpoint.scheme.row().listening.is_none()
}

/// Whether a name is this machine's own (RFC 6761, 6.3).
pub(super) fn is_localhost(name: &str) -> bool {
    let name = name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase();
    name == "localhost" || name.ends_with(".localhost")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_names_a_host_is_connected_to_and_all_else_listens() {
        let rows = [
            ("8080", true),
            (":8080", true),
            ("*:8080", true),
            ("127.0.0.1:8080", true),
            ("[::1]:8080", true),
            ("localhost:8080", true),
            ("app.LOCALHOST.:8080", true),
            ("tcp://localhost:8080", true),
            ("unix:/run/app.sock", true),
            ("unix-seqpacket:@app", true),
            ("tls://127.0.0.1:443", true),
            ("tcp-listen://example.org:80", true),
            ("example.org:80", false),
            ("tcp://example.org:80?timeout=2s", false),
            ("tls://example.org:443", false),
        ];
        for (text, listens) in rows {
            let from = From::read(text).expect("an endpoint");
            assert_eq!(matches!(from, From::Listens(_)), listens, "{text}: {from:?}");
        }
        assert!(matches!(From::read("-"), Ok(From::Standard)));
        assert!(From::read("127.0.0.1:80?timeout=2s").is_err(), "it listens");
    }
}

//! Whose headers of the PROXY protocol are believed: networks, and who connects to a Unix socket.

use std::str::FromStr;

use berkeley::Address;

use super::{Access, Entry, NetworkError, Verdict};

/// How all who may connect to a Unix socket are written.
const UNIX: &str = "unix";

/// A value of `--proxy-from`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Origin {
    /// These addresses.
    Addresses(Entry),
    /// Whoever connects to a Unix socket.
    Unix,
}

impl FromStr for Origin {
    type Err = NetworkError;

    fn from_str(text: &str) -> Result<Self, NetworkError> {
        if text == UNIX { Ok(Self::Unix) } else { text.parse().map(Self::Addresses) }
    }
}

/// The proxies that are believed.
#[derive(Debug)]
pub struct Proxies {
    networks: Option<Access>,
    unix: bool,
}

impl Proxies {
    /// Reads the files, if any.
    ///
    /// # Errors
    /// As [`Access::open`].
    pub fn open(origins: &[Origin]) -> Result<Self, String> {
        let entries = origins.iter().filter_map(|origin| match origin {
            Origin::Addresses(entry) => Some(entry.clone()),
            Origin::Unix => None,
        });
        let entries: Vec<Entry> = entries.collect();
        let networks = if entries.is_empty() { None } else { Some(Access::open(&entries, &[])?) };
        Ok(Self { networks, unix: origins.contains(&Origin::Unix) })
    }

    /// Whether any are known by their address.
    pub fn have_networks(&self) -> bool {
        self.networks.is_some()
    }

    /// Whether those of a Unix socket are among them.
    pub fn have_unix(&self) -> bool {
        self.unix
    }

    /// Whether a peer of this address is one of them.
    pub fn contain(&self, peer: &Address) -> bool {
        match peer.ip() {
            Some(ip) => self.networks.as_ref().is_some_and(|it| it.verdict(ip) == Verdict::Admitted),
            None => self.unix && matches!(peer, Address::Unix(_)),
        }
    }

    /// The networks, where they came from files, which can be read again.
    pub fn lists(&self) -> Option<&Access> {
        self.networks.as_ref().filter(|networks| networks.has_files())
    }
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};

    use berkeley::UnixAddress;

    use super::*;

    fn proxies(texts: &[&str]) -> Proxies {
        let origins: Vec<Origin> = texts.iter().map(|text| text.parse().expect(text)).collect();
        Proxies::open(&origins).expect("good lists")
    }

    #[test]
    fn a_proxy_is_one_by_its_address_or_by_its_unix_socket() {
        let unnamed: Address = UnixAddress::UNNAMED.into();
        let peer = |text: &str| Address::from((text.parse::<IpAddr>().expect(text), 4_711));
        let rows: [(&[&str], [bool; 4]); 5] = [
            (&["192.0.2.0/24"], [true, true, false, false]),
            (&["192.0.2.1", "::1"], [true, true, true, false]),
            (&["unix"], [false, false, false, true]),
            (&["unix", "::1"], [false, false, true, true]),
            // An empty list is one of nobody.
            (&["@/dev/null"], [false; 4]),
        ];
        for (texts, want) in rows {
            let proxies = proxies(texts);
            let peers = [peer("192.0.2.1"), peer("::ffff:192.0.2.1"), peer("::1"), unnamed];
            assert_eq!(peers.each_ref().map(|peer| proxies.contain(peer)), want, "{texts:?}");
        }
        assert!(proxies(&["@/dev/null"]).lists().is_some() && proxies(&["::1"]).lists().is_none());
        let other = Address::from((Ipv4Addr::LOCALHOST, 1));
        assert!(!proxies(&["127.0.0.2"]).contain(&other));
        for bad in ["", "unix,::1", "UNIX", "192.0.2.1/33"] {
            assert!(bad.parse::<Origin>().is_err(), "{bad}");
        }
    }
}

//! Whether a relay is pointed at itself, so that each client would be passed on without end.

use std::ffi::OsStr;
use std::fs;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use berkeley::interface::interfaces;
use berkeley::{Address, UnixAddress};

use super::from::is_localhost;
use crate::endpoint::{ANY, Endpoint, Host, Place, Port, Scheme};
use crate::open::listen::Listener;

/// Where the relay listens.
#[derive(Debug, Default)]
pub(super) struct Own(Vec<(Scheme, Address)>);

impl Own {
    pub(super) fn of(listeners: &[Listener]) -> Self {
        Self(listeners.iter().map(|listener| (listener.scheme, listener.address)).collect())
    }

    /// Where the relay listens that this endpoint connects to, as far as that is known before it does.
    pub(super) fn is_at(&self, to: &Endpoint) -> Option<String> {
        // To a proxy it is another machine's.
        if !to.via.is_empty() {
            return None;
        }
        let mut same = self.0.iter().filter(|(scheme, _)| *scheme == to.scheme);
        let found = match &to.place {
            Place::Inet { host, port: Port::Number(port) } => {
                let hosts = addresses(host);
                same.find(|(_, own)| hosts.iter().any(|ip| listens(own, *ip, *port)))
            }
            Place::Path(path) => same.find(|(_, own)| is_file(own, path)),
            Place::Abstract(name) => {
                let address = UnixAddress::from_abstract(name).ok().map(Address::from);
                same.find(|(_, own)| Some(own) == address.as_ref())
            }
            Place::Vsock { cid, port } => same.find(|(_, own)| match own {
                Address::Vsock(own) => own.port == *port && [*cid, ANY].contains(&own.cid),
                _ => false,
            }),
            _ => None,
        };
        found.map(|(scheme, address)| scheme.at(&address.to_string()))
    }

    /// Where the relay listens that a connection has come to.
    pub(super) fn listens_at(&self, peer: &Address) -> Option<String> {
        let (ip, port) = (peer.ip()?, peer.port()?);
        let found = self.0.iter().find(|(_, own)| listens(own, ip, port));
        found.map(|(scheme, address)| scheme.at(&address.to_string()))
    }
}

/// What is said of it.
pub(super) fn refused(to: &str, place: &str) -> String {
    format!("{to} is where this relay listens itself ({place}): each client would be passed on without end")
}

/// The addresses of a host that needs no lookup.
fn addresses(host: &Host) -> Vec<IpAddr> {
    match host {
        Host::V4(address) => vec![(*address).into()],
        Host::V6 { address, .. } => vec![(*address).into()],
        Host::Name(name) if !is_localhost(name) => Vec::new(),
        Host::Loopback | Host::Name(_) => vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()],
        Host::Every => Vec::new(),
    }
}

/// Whether who listens at `own` hears who connects to this address.
fn listens(own: &Address, ip: IpAddr, port: u16) -> bool {
    let Some(own_ip) = own.ip() else { return false };
    if own.port() != Some(port) {
        return false;
    }
    // To connect to no address is to connect to this machine.
    let ip = match ip.to_canonical() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    if own_ip.is_unspecified() {
        return (own_ip.is_ipv6() || ip.is_ipv4()) && is_this_machines(ip);
    }
    own_ip.to_canonical() == ip
}

fn is_this_machines(ip: IpAddr) -> bool {
    let is_an_interfaces = || {
        let interfaces = interfaces().unwrap_or_default();
        let mut addresses = interfaces.iter().flat_map(|interface| &interface.addresses);
        addresses.any(|address| address.ip.to_canonical() == ip)
    };
    ip.is_loopback() || is_an_interfaces()
}

/// Whether a path leads to the socket file of a listener.
fn is_file(own: &Address, path: &[u8]) -> bool {
    let Address::Unix(own) = own else { return false };
    let file = |path: &Path| fs::metadata(path).ok().map(|it| (it.dev(), it.ino()));
    let path = Path::new(OsStr::from_bytes(path));
    own.as_path().and_then(file).is_some_and(|own| file(path) == Some(own))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_listens_everywhere_hears_every_address_of_this_machine() {
        let rows = [
            ("127.0.0.1:80", "127.0.0.1", true),
            ("127.0.0.1:80", "::ffff:127.0.0.1", true),
            ("127.0.0.1:80", "127.0.0.2", false),
            ("127.0.0.1:80", "0.0.0.0", true),
            ("127.0.0.1:81", "127.0.0.1", false),
            ("0.0.0.0:80", "127.9.9.9", true),
            ("0.0.0.0:80", "192.0.2.1", false),
            ("0.0.0.0:80", "::1", false),
            ("[::]:80", "::1", true),
            ("[::1]:80", "::", true),
            ("[::1]:80", "127.0.0.1", false),
        ];
        for (own, ip, want) in rows {
            let own: std::net::SocketAddr = own.parse().expect("an address");
            assert_eq!(listens(&own.into(), ip.parse().expect("an address"), 80), want, "{own} {ip}");
        }
    }
}

//! Who the client is, as variables of the environment: those of UCSPI, which tcpserver(1), sslserver(1) and
//! unixserver(1) set. No name is looked up, so those that hold one are not set. Over TLS there are those of TCP too, as
//! with `sslserver -e`.

use std::net::SocketAddr;

use berkeley::{Address, Socket, option};

/// A variable, and its value; `None` for one that is taken away, as it speaks of another connection.
pub type Variable = (String, Option<String>);

/// Those of a connection, which may be over TLS; `behind` are the client's address and the one at which it came in,
/// where a proxy tells them.
pub fn variables(socket: &Socket, behind: Option<(SocketAddr, SocketAddr)>, tls: bool) -> Vec<Variable> {
    let (local, remote) = match behind {
        Some((source, destination)) => (Some(destination.into()), Some(source.into())),
        None => (socket.local_address().ok(), socket.peer_address().ok()),
    };
    let peer = socket.get(option::PEERCRED).ok().map(|peer| (peer.pid, peer.uid, peer.gid));
    of(local.as_ref(), remote.as_ref(), peer, tls)
}

fn of(
    local: Option<&Address>,
    remote: Option<&Address>,
    peer: Option<(i32, u32, u32)>,
    tls: bool,
) -> Vec<Variable> {
    let ip = |address: Option<&Address>| Some(address?.ip()?.to_canonical().to_string());
    let port = |address: Option<&Address>| Some(address?.port()?.to_string());
    let is_vsock = matches!(local, Some(Address::Vsock(_)));
    let is_unix = ip(local).is_none() && !is_vsock;
    let path =
        |address: Option<&Address>| address.filter(|it| is_unix && !it.is_unnamed()).map(ToString::to_string);
    let peer = peer.filter(|_| is_unix);
    let sealed = |value: Option<String>| value.filter(|_| tls);
    let proto = match tls {
        _ if is_vsock => "VSOCK",
        _ if is_unix => "UNIX",
        true => "SSL",
        false => "TCP",
    };
    let rows = [
        ("PROTO", Some(proto.to_owned())),
        ("TCPLOCALIP", ip(local)),
        ("TCPLOCALPORT", port(local)),
        ("TCPLOCALHOST", None),
        ("TCPREMOTEIP", ip(remote)),
        ("TCPREMOTEPORT", port(remote)),
        ("TCPREMOTEHOST", None),
        ("TCPREMOTEINFO", None),
        ("SSLLOCALIP", sealed(ip(local))),
        ("SSLLOCALPORT", sealed(port(local))),
        ("SSLLOCALHOST", None),
        ("SSLREMOTEIP", sealed(ip(remote))),
        ("SSLREMOTEPORT", sealed(port(remote))),
        ("SSLREMOTEHOST", None),
        ("SSLREMOTEINFO", None),
        ("UNIXLOCALPATH", path(local)),
        ("UNIXREMOTEPATH", path(remote)),
        ("UNIXREMOTEPID", peer.map(|(pid, ..)| pid.to_string())),
        ("UNIXREMOTEEUID", peer.map(|(_, uid, _)| uid.to_string())),
        ("UNIXREMOTEEGID", peer.map(|(.., gid)| gid.to_string())),
    ];
    rows.map(|(name, value)| (name.to_owned(), value)).into()
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, Ipv6Addr};

    use berkeley::UnixAddress;

    use super::*;

    fn set(variables: Vec<Variable>) -> Vec<String> {
        let set = variables.into_iter().filter_map(|(name, value)| Some(format!("{name}={}", value?)));
        set.collect()
    }

    #[test]
    fn a_connection_is_told_in_the_variables_of_its_kind() {
        let local: Address = (Ipv4Addr::LOCALHOST, 80).into();
        let mapped: Address = (Ipv4Addr::new(192, 0, 2, 1).to_ipv6_mapped(), 5000).into();
        let want = [
            "PROTO=TCP",
            "TCPLOCALIP=127.0.0.1",
            "TCPLOCALPORT=80",
            "TCPREMOTEIP=192.0.2.1",
            "TCPREMOTEPORT=5000",
        ];
        assert_eq!(set(of(Some(&local), Some(&mapped), Some((1, 2, 3)), false)), want);
        let sealed = set(of(Some(&local), Some(&mapped), None, true));
        let of_tls = want[1..].iter().map(|it| it.replace("TCP", "SSL"));
        let want: Vec<_> =
            ["PROTO=SSL".to_owned()].into_iter().chain(want[1..].iter().map(ToString::to_string)).collect();
        assert_eq!(sealed, want.into_iter().chain(of_tls).collect::<Vec<_>>());
        let v6: Address = (Ipv6Addr::LOCALHOST, 80).into();
        assert_eq!(set(of(Some(&v6), None, None, false)), ["PROTO=TCP", "TCPLOCALIP=::1", "TCPLOCALPORT=80"]);
        let path: Address = UnixAddress::from_path("/run/s").expect("a path").into();
        let unnamed: Address = UnixAddress::UNNAMED.into();
        let got = set(of(Some(&path), Some(&unnamed), Some((1, 2, 3)), true));
        assert_eq!(got[0], "PROTO=UNIX");
        assert!(got[1].starts_with("UNIXLOCALPATH=") && got[1].ends_with("/run/s"), "{got:?}");
        assert_eq!(got[2..], ["UNIXREMOTEPID=1", "UNIXREMOTEEUID=2", "UNIXREMOTEEGID=3"]);
    }
}

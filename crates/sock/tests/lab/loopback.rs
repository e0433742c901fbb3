//! The ground under every other lab test: a namespace's loopback is no one else's.

use std::io::ErrorKind;
use std::net::{Ipv4Addr, TcpListener};
use std::process::Command;

use crate::kit::{namespace, run, text};
use crate::skip;

/// Prints what became of a connection to the port of its argument, then of a bind to it: `ok` or the error's name.
///
/// The client has another address than the server: a port asked to connect to itself would.
const TRY_PORT: &str = "
import errno, socket, sys
place = ('127.0.0.1', int(sys.argv[1]))
with socket.socket() as client:
    client.bind(('127.0.0.2', 0))
    client.settimeout(10)
    print(errno.errorcode.get(client.connect_ex(place), 'ok'))
with socket.socket() as server:
    try:
        server.bind(place)
        print('ok')
    except OSError as error:
        print(errno.errorcode.get(error.errno))
";

#[test]
fn a_port_taken_outside_is_free_inside() {
    let test = "loopback::a_port_taken_outside_is_free_inside";
    if !skip::need(test, "python3") {
        return;
    }
    let Some(mut inside) = namespace::shell(test, "exec \"$0\" \"$@\"") else { return };

    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port outside");
    let port = listener.local_addr().expect("a bound socket has an address").port();
    let again = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).map_err(|error| error.kind());
    assert_eq!(again.map(drop), Err(ErrorKind::AddrInUse), "outside the port is taken");

    let mut outside = Command::new("python3");
    assert_eq!(try_port(&mut outside, port), "ok EADDRINUSE", "connect, bind outside");
    let within = try_port(inside.arg("python3"), port);
    assert_eq!(within, "ECONNREFUSED ok", "connect, bind inside");
}

/// The two words that `TRY_PORT` printed.
fn try_port(python: &mut Command, port: u16) -> String {
    let printed = run(python.args(["-c", TRY_PORT, &port.to_string()]), b"").quietly_done();
    text(&printed).split_whitespace().collect::<Vec<_>>().join(" ")
}

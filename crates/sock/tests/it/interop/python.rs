//! A small program on Python's own `socket` plays server and client against ours, over every transport.

use std::process::Stdio;

use super::datagram::{our_client_talks, their_client_talks};
use super::support::{ours, serve, start};
use crate::kit::Transport::{self, Tcp, Udp, Unix, UnixDgram};
use crate::kit::{Place, Process, TempDir, pattern};
use crate::skip;

/// More than the buffers of both sides and of a pipe hold together.
const LENGTH: usize = 16 << 20;

/// The program as `role`, at `place`.
fn peer(role: &str, place: &Place, stdin: Stdio, stdout: Stdio) -> Process {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/peer.py");
    let transport = match place.transport {
        Tcp => "tcp {host} {port}",
        Udp => "udp {host} {port}",
        Unix => "unix {path} {peer}",
        UnixDgram => "unix-dgram {path} {peer}",
    };
    let mut arguments = vec![script.to_owned(), role.to_owned()];
    arguments.extend(place.arguments(transport));
    start("python3", &arguments, stdin, stdout)
}

fn is_stream(transport: Transport) -> bool {
    matches!(transport, Tcp | Unix)
}

#[test]
fn our_client_talks_to_pythons_server() {
    if !skip::need("interop::python::our_client_talks_to_pythons_server", "python3") {
        return;
    }
    for transport in [Tcp, Udp, Unix, UnixDgram] {
        let folder = TempDir::new();
        let place = Place::free(transport, &folder);
        let mut server = peer("serve", &place, Stdio::null(), Stdio::null());
        place.wait_until_listening(&mut server);
        if is_stream(transport) {
            let data = pattern(LENGTH);
            let (input, output) = (folder.opened("data", &data), folder.create("echo"));
            ours(&["connect", &place.endpoint()], input, output).succeed();
            server.succeed();
            assert!(folder.read("echo") == data, "{transport:?}: all of it comes back");
        } else {
            our_client_talks(&place.endpoint());
        }
    }
}

#[test]
fn pythons_client_talks_to_our_server() {
    if !skip::need("interop::python::pythons_client_talks_to_our_server", "python3") {
        return;
    }
    for transport in [Tcp, Udp, Unix, UnixDgram] {
        let folder = TempDir::new();
        if is_stream(transport) {
            let data = pattern(LENGTH);
            let (_server, place) = serve(&folder, transport, &["--echo"]);
            let (input, output) = (folder.opened("data", &data), folder.create("echo"));
            peer("connect", &place, input.into(), output.into()).succeed();
            assert!(folder.read("echo") == data, "{transport:?}: all of it comes back");
        } else {
            their_client_talks(&folder, transport, |place| {
                peer("connect", place, Stdio::piped(), Stdio::piped())
            });
        }
    }
}

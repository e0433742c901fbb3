//! A small program on Python's own `socket` plays server and client against ours, over every transport.

use std::process::Stdio;

use super::datagram::{our_client_talks, their_client_talks};
use super::support::Transport::{self, Tcp, Udp, Unix, UnixDgram};
use super::support::{Place, Process, Scratch, noise, serve};
use crate::skip;

/// More than the buffers of both sides and of a pipe hold together.
const LENGTH: usize = 16 << 20;

/// The program as `role`, at `place`.
fn peer(scratch: &Scratch, role: &str, place: &Place, stdin: Stdio, stdout: Stdio) -> Process {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/peer.py");
    let transport = match place.transport {
        Tcp => "tcp {host} {port}",
        Udp => "udp {host} {port}",
        Unix => "unix {path} {peer}",
        UnixDgram => "unix-dgram {path} {peer}",
    };
    let mut arguments = vec![script.to_owned(), role.to_owned()];
    arguments.extend(place.arguments(transport));
    Process::start(scratch, "python3", &arguments, stdin, stdout)
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
        let scratch = Scratch::new();
        let place = Place::free(transport, &scratch);
        let server = peer(&scratch, "serve", &place, Stdio::null(), Stdio::null());
        place.wait_until_listening(&server);
        if is_stream(transport) {
            let data = noise(LENGTH);
            let (input, output) = (scratch.file("data", &data), scratch.create("echo"));
            Process::ours(&scratch, &["connect", &place.endpoint()], input, output).succeed();
            server.succeed();
            assert!(scratch.read("echo") == data, "{transport:?}: all of it comes back");
        } else {
            our_client_talks(&scratch, &place.endpoint());
        }
    }
}

#[test]
fn pythons_client_talks_to_our_server() {
    if !skip::need("interop::python::pythons_client_talks_to_our_server", "python3") {
        return;
    }
    for transport in [Tcp, Udp, Unix, UnixDgram] {
        let scratch = Scratch::new();
        if is_stream(transport) {
            let data = noise(LENGTH);
            let (_server, place) = serve(&scratch, transport, &["--echo"]);
            let (input, output) = (scratch.file("data", &data), scratch.create("echo"));
            peer(&scratch, "connect", &place, input.into(), output.into()).succeed();
            assert!(scratch.read("echo") == data, "{transport:?}: all of it comes back");
        } else {
            their_client_talks(&scratch, transport, |place| {
                peer(&scratch, "connect", place, Stdio::piped(), Stdio::piped())
            });
        }
    }
}

//! Datagrams: a thousand, each answered before the next is sent, none cut and none joined.

use std::io::{self, Read as _, Write as _};
use std::process::Stdio;
use std::thread;

use super::support::{ours, serve, start};
use super::{DATAGRAM_CLIENTS, DATAGRAM_SERVERS, each};
use crate::kit::{Events, Place, Process, TempDir, Transport, pattern};

/// The longest datagram, in bytes: what one write to a pipe hands over whole. pipe(7).
const LONGEST: usize = 4_096;

/// A thousand datagrams, no two of a length.
fn datagrams() -> Vec<Vec<u8>> {
    let bytes = pattern(2 * LONGEST);
    // A prime step through a power of two meets every length before any again.
    (0..1_000).map(|index| index * 977 % LONGEST).map(|start| bytes[start..=2 * start].to_vec()).collect()
}

/// Our client says each datagram to `endpoint`, and waits for its echo before the next.
pub(super) fn our_client_talks(endpoint: &str) {
    let size = LONGEST.to_string();
    // The wait is for what comes after the last datagram's answer, and there nothing does.
    let words = ["connect", endpoint, "--datagram-size", &size, "--json", "--wait", "10ms"];
    let mut client = ours(&words, Stdio::piped(), Stdio::piped());
    let mut events = Events::of(&client.stdout);
    let datagrams = datagrams();
    for (index, datagram) in datagrams.iter().enumerate() {
        client.write(datagram);
        assert!(events.received() == *datagram, "datagram {index} comes back as one");
    }
    client.close_input();
    let closed = events.next(&["closed"]);
    let total: usize = datagrams.iter().map(Vec::len).sum();
    assert_eq!((&closed["bytes_in"], &closed["bytes_out"]), (&total.into(), &total.into()), "{closed}");
    client.succeed();
}

/// Their client says each datagram to our server, which echoes it and tells of it as one.
pub(super) fn their_client_talks(
    folder: &TempDir,
    transport: Transport,
    start: impl FnOnce(&Place) -> Process,
) {
    let (server, place) = serve(folder, transport, &["--echo", "--json"]);
    let mut events = Events::of(&server.stdout);
    let mut client = start(&place);
    let mut came = client.stdout.reader();
    for (index, datagram) in datagrams().iter().enumerate() {
        client.write(datagram);
        assert!(came.exactly(datagram.len()) == *datagram, "datagram {index} comes back");
        assert!(events.received() == *datagram, "datagram {index} came to us as one");
    }
    client.close_input();
    client.succeed();
}

/// Gives each piece of a server's output back to its input, until it is gone.
fn echo_by_hand(server: &mut Process, mut output: io::PipeReader) {
    let mut input = server.take_input();
    thread::spawn(move || {
        let mut piece = vec![0; 2 * LONGEST];
        while let Ok(length @ 1..) = output.read(&mut piece) {
            if input.write_all(&piece[..length]).is_err() {
                break;
            }
        }
    });
}

#[test]
fn our_client_and_their_server_keep_a_thousand_datagrams_apart() {
    let test = "interop::datagram::our_client_and_their_server_keep_a_thousand_datagrams_apart";
    each(test, &DATAGRAM_SERVERS, |row| {
        let folder = TempDir::new();
        let place = Place::free(row.transport, &folder);
        let arguments = place.arguments(row.arguments);
        let (output, stdout) = io::pipe().expect("a pipe");
        let mut server = start(row.tool, &arguments, Stdio::piped(), stdout);
        place.wait_until_listening(&mut server);
        // One that echoes by itself says nothing here.
        echo_by_hand(&mut server, output);
        let knows_its_client = row.arguments.contains("{peer}");
        let endpoint = if knows_its_client { place.endpoint_from_peer() } else { place.endpoint() };
        our_client_talks(&endpoint);
    });
}

#[test]
fn their_client_and_our_server_keep_a_thousand_datagrams_apart() {
    let test = "interop::datagram::their_client_and_our_server_keep_a_thousand_datagrams_apart";
    each(test, &DATAGRAM_CLIENTS, |row| {
        let folder = TempDir::new();
        their_client_talks(&folder, row.transport, |place| {
            let arguments = place.arguments(row.arguments);
            start(row.tool, &arguments, Stdio::piped(), Stdio::piped())
        });
    });
}

//! Datagrams: a thousand, each answered before the next is sent, none cut and none joined.

use std::io::{Read as _, Write as _};
use std::process::Stdio;
use std::thread;

use super::support::{Events, Place, Process, Scratch, Transport, noise, serve};
use super::{DATAGRAM_CLIENTS, DATAGRAM_SERVERS, each};

/// The longest datagram, in bytes: what one write to a pipe hands over whole. pipe(7).
const LONGEST: usize = 4_096;

/// A thousand datagrams, no two of a length.
fn datagrams() -> Vec<Vec<u8>> {
    let bytes = noise(2 * LONGEST);
    // A prime step through a power of two meets every length before any again.
    (0..1_000).map(|index| index * 977 % LONGEST).map(|start| bytes[start..=2 * start].to_vec()).collect()
}

/// Our client says each datagram to `endpoint`, and waits for its echo before the next.
pub(super) fn our_client_talks(scratch: &Scratch, endpoint: &str) {
    let size = LONGEST.to_string();
    // The wait is for what comes after the last datagram's answer, and there nothing does.
    let words = ["connect", endpoint, "--datagram-size", &size, "--json", "--wait", "10ms"];
    let mut client = Process::ours(scratch, &words, Stdio::piped(), Stdio::piped());
    let mut events = Events::of(&mut client);
    let mut stdin = client.stdin.take().expect("its input is a pipe");
    let datagrams = datagrams();
    for (index, datagram) in datagrams.iter().enumerate() {
        stdin.write_all(datagram).expect("the client reads its input");
        assert!(events.received() == *datagram, "datagram {index} comes back as one");
    }
    drop(stdin);
    let closed = events.next(&["closed"]);
    let total: usize = datagrams.iter().map(Vec::len).sum();
    assert_eq!((&closed["bytes_in"], &closed["bytes_out"]), (&total.into(), &total.into()), "{closed}");
    client.succeed();
}

/// Their client says each datagram to our server, which echoes it and tells of it as one.
pub(super) fn their_client_talks(
    scratch: &Scratch,
    transport: Transport,
    start: impl FnOnce(&Place) -> Process,
) {
    let (mut server, place) = serve(scratch, transport, &["--echo", "--json"]);
    let mut events = Events::of(&mut server);
    let mut client = start(&place);
    let mut stdin = client.stdin.take().expect("its input is a pipe");
    for (index, datagram) in datagrams().iter().enumerate() {
        stdin.write_all(datagram).expect("the client reads its input");
        assert!(client.read(datagram.len()) == *datagram, "datagram {index} comes back");
        assert!(events.received() == *datagram, "datagram {index} came to us as one");
    }
    drop(stdin);
    client.succeed();
}

/// Gives each piece of a server's output back to its input, until it is gone.
fn echo_by_hand(server: &mut Process) {
    let (mut output, mut input) =
        (server.stdout.take().expect("a pipe"), server.stdin.take().expect("a pipe"));
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
        let scratch = Scratch::new();
        let place = Place::free(row.transport, &scratch);
        let arguments = place.arguments(row.arguments);
        let mut server = Process::start(&scratch, row.tool, &arguments, Stdio::piped(), Stdio::piped());
        place.wait_until_listening(&server);
        // One that echoes by itself says nothing here.
        echo_by_hand(&mut server);
        let knows_its_client = row.arguments.contains("{peer}");
        let endpoint = if knows_its_client { place.endpoint_from_peer() } else { place.endpoint() };
        our_client_talks(&scratch, &endpoint);
    });
}

#[test]
fn their_client_and_our_server_keep_a_thousand_datagrams_apart() {
    let test = "interop::datagram::their_client_and_our_server_keep_a_thousand_datagrams_apart";
    each(test, &DATAGRAM_CLIENTS, |row| {
        let scratch = Scratch::new();
        their_client_talks(&scratch, row.transport, |place| {
            let arguments = place.arguments(row.arguments);
            Process::start(&scratch, row.tool, &arguments, Stdio::piped(), Stdio::piped())
        });
    });
}

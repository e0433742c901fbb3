//! Streams: either side may finish first, and many bytes arrive as they were sent.

use std::env;
use std::fs::{self, File};
use std::io::{self, Seek as _};
use std::process::Stdio;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use super::support::{Digest, ours, path_of, serve, start};
use super::{Row, STREAM_CLIENTS, STREAM_SERVERS, each};
use crate::kit::{Events, Place, Process, TempDir, pattern, payload};
use crate::skip;

/// What a client sends, and what it is answered: the first fits a socket's buffer, the second one read of any tool.
const REQUEST: usize = 40_000;
const ANSWER: usize = 6_000;

/// How long after its client's end a server answers.
const LATE: Duration = Duration::from_millis(300);

/// Their server at a place of its own, listening.
fn their_server(
    folder: &TempDir,
    row: &Row,
    stdin: impl Into<Stdio>,
    stdout: impl Into<Stdio>,
) -> (Process, Place) {
    let place = Place::free(row.transport, folder);
    let mut server = start(row.tool, &place.arguments(row.arguments), stdin, stdout);
    place.wait_until_listening(&mut server);
    (server, place)
}

/// Lets `server`, which stands still, answer a while after its client has ended.
fn answer_late(server: &Process, place: &Place) {
    place.wait_for_the_clients_end();
    thread::sleep(LATE);
    server.resume();
}

#[test]
fn our_client_reads_what_comes_after_its_own_end() {
    each("interop::stream::our_client_reads_what_comes_after_its_own_end", &STREAM_SERVERS, |row| {
        let folder = TempDir::new();
        let (request, answer) = (pattern(REQUEST), pattern(ANSWER));
        let (mut server, place) =
            their_server(&folder, row, folder.opened("answer", &answer), folder.create("heard"));
        server.pause();
        let input = folder.opened("request", &request);
        let client = ours(&["connect", &place.endpoint()], input, folder.create("answered"));
        answer_late(&server, &place);
        client.succeed();
        server.ended();
        assert!(folder.read("answered") == answer, "the answer arrives whole");
        assert!(folder.read("heard") == request, "so does the request");
    });
}

#[test]
fn our_server_answers_after_its_clients_end() {
    each("interop::stream::our_server_answers_after_its_clients_end", &STREAM_CLIENTS, |row| {
        let folder = TempDir::new();
        let request = pattern(REQUEST);
        let (server, place) = serve(&folder, row.transport, &["--echo"]);
        server.pause();
        let input = folder.opened("request", &request);
        let arguments = place.arguments(row.arguments);
        let client = start(row.tool, &arguments, input, folder.create("answered"));
        answer_late(&server, &place);
        client.succeed();
        assert!(folder.read("answered") == request, "the answer arrives whole");
    });
}

/// Says `request` to `client` piece by piece, after the server has said `greeting` and no more.
fn go_on_after_the_servers_end(client: &mut Process, place: &Place, greeting: &[u8], request: &[u8]) {
    assert!(client.stdout.at_least(greeting.len()) == greeting, "the greeting arrives");
    place.wait_for_the_servers_end();
    for piece in request.chunks(1_000) {
        client.write(piece);
    }
    client.close_input();
}

#[test]
fn our_client_goes_on_after_the_servers_end() {
    each("interop::stream::our_client_goes_on_after_the_servers_end", &STREAM_SERVERS, |row| {
        let folder = TempDir::new();
        let (request, greeting) = (pattern(5 * REQUEST), pattern(ANSWER));
        let (mut server, place) =
            their_server(&folder, row, folder.opened("greeting", &greeting), folder.create("heard"));
        let endpoint = place.endpoint();
        let mut client = ours(&["connect", &endpoint], Stdio::piped(), Stdio::piped());
        go_on_after_the_servers_end(&mut client, &place, &greeting, &request);
        client.succeed();
        server.ended();
        assert!(folder.read("heard") == request, "nothing is lost");
    });
}

#[test]
fn our_server_reads_on_after_its_own_end() {
    each("interop::stream::our_server_reads_on_after_its_own_end", &STREAM_CLIENTS, |row| {
        let folder = TempDir::new();
        let (request, greeting) = (pattern(5 * REQUEST), pattern(ANSWER));
        let path = folder.file("greeting", &greeting);
        let (server, place) = serve(&folder, row.transport, &["--json", "--send-file", &path]);
        let mut events = Events::of(&server.stdout);
        let arguments = place.arguments(row.arguments);
        let mut client = start(row.tool, &arguments, Stdio::piped(), Stdio::piped());
        go_on_after_the_servers_end(&mut client, &place, &greeting, &request);
        let mut heard = Vec::new();
        let closed = loop {
            let event = events.next(&["received", "closed"]);
            if event["event"] == "closed" {
                break event;
            }
            heard.extend(payload(&event));
        };
        assert!(heard == request, "nothing is lost: {closed}");
        client.succeed();
    });
}

/// Many bytes in a file without a name.
struct Bulk {
    mib: u32,
    file: File,
    digest: String,
}

/// How many: several times what all buffers hold, and `./check.sh soak` asks for more.
fn bulk_mib() -> u32 {
    env::var("BERKELEY_BULK_MIB").map_or(32, |text| text.parse().expect("a number of MiB"))
}

/// The bulk, and the right to be the only one that moves it: the figures mean something only then.
fn with_bulk(scene: impl FnOnce(&Bulk)) {
    static LOCK: Mutex<()> = Mutex::new(());
    static DATA: OnceLock<Bulk> = OnceLock::new();
    let _alone = LOCK.lock().unwrap_or_else(PoisonError::into_inner);
    scene(DATA.get_or_init(Bulk::new));
}

impl Bulk {
    fn new() -> Self {
        let folder = TempDir::new();
        let mib = bulk_mib();
        let mut file = folder.opened("bulk", &pattern((mib << 20) as usize));
        // A test that is killed leaves nothing behind.
        fs::remove_file(folder.join("bulk")).expect("take the name away");
        file.rewind().expect("to the start");
        let digest = Digest::of(file.try_clone().expect("one more descriptor")).finish();
        Self { mib, file, digest }
    }

    /// The file again, from its start.
    fn open(&self) -> File {
        File::open(path_of(&self.file)).expect("open the file again")
    }

    /// Holds what came to what was sent, and says how fast it was.
    fn compare(&self, way: &str, begun: Instant, came: Digest) {
        let digest = came.finish();
        let rate = f64::from(self.mib) / begun.elapsed().as_secs_f64();
        eprintln!("{} MiB {way}: {rate:.0} MiB/s", self.mib);
        assert_eq!(digest, self.digest, "{way}: the SHA-256 differs");
    }
}

/// Whether the digest's tool is there, and otherwise the skip.
fn have_digest(test: &str) -> bool {
    skip::need(test, "sha256sum")
}

#[test]
fn bulk_from_our_client_arrives_whole() {
    let test = "interop::stream::bulk_from_our_client_arrives_whole";
    let ready = have_digest(test);
    each(test, if ready { &STREAM_SERVERS } else { &[] }, |row| {
        with_bulk(|bulk| {
            let folder = TempDir::new();
            let (output, stdout) = io::pipe().expect("a pipe");
            let (_server, place) = their_server(&folder, row, Stdio::null(), stdout);
            let begun = Instant::now();
            let came = Digest::of(output);
            let endpoint = place.endpoint();
            let client = ours(&["connect", &endpoint], bulk.open(), Stdio::null());
            client.succeed();
            bulk.compare("to their server", begun, came);
        });
    });
}

#[test]
fn bulk_to_our_client_arrives_whole() {
    let test = "interop::stream::bulk_to_our_client_arrives_whole";
    let ready = have_digest(test);
    each(test, if ready { &STREAM_SERVERS } else { &[] }, |row| {
        with_bulk(|bulk| {
            let folder = TempDir::new();
            let (_server, place) = their_server(&folder, row, bulk.open(), Stdio::null());
            let begun = Instant::now();
            // Without an end of ours, at which some of them would leave.
            let words = ["connect", &place.endpoint(), "--receive-only"];
            let (output, stdout) = io::pipe().expect("a pipe");
            let client = ours(&words, Stdio::null(), stdout);
            let came = Digest::of(output);
            bulk.compare("from their server", begun, came);
            client.succeed();
        });
    });
}

#[test]
fn bulk_through_our_server_and_back_arrives_whole() {
    let test = "interop::stream::bulk_through_our_server_and_back_arrives_whole";
    let ready = have_digest(test);
    each(test, if ready { &STREAM_CLIENTS } else { &[] }, |row| {
        with_bulk(|bulk| {
            let folder = TempDir::new();
            let (_server, place) = serve(&folder, row.transport, &["--echo"]);
            receive_with(row, &place, bulk, bulk.open(), "to our server and back");
        });
    });
}

#[test]
fn bulk_from_our_server_arrives_whole() {
    let test = "interop::stream::bulk_from_our_server_arrives_whole";
    let ready = have_digest(test);
    each(test, if ready { &STREAM_CLIENTS } else { &[] }, |row| {
        with_bulk(|bulk| {
            let folder = TempDir::new();
            let path = path_of(&bulk.file);
            let options = ["--send-file", path.to_str().expect("a plain path")];
            let (_server, place) = serve(&folder, row.transport, &options);
            receive_with(row, &place, bulk, Stdio::null(), "from our server");
        });
    });
}

/// Holds what their client prints to the bulk.
fn receive_with(row: &Row, place: &Place, bulk: &Bulk, stdin: impl Into<Stdio>, way: &str) {
    let begun = Instant::now();
    let arguments = place.arguments(row.arguments);
    let (output, stdout) = io::pipe().expect("a pipe");
    let client = start(row.tool, &arguments, stdin, stdout);
    bulk.compare(way, begun, Digest::of(output));
    client.succeed();
}

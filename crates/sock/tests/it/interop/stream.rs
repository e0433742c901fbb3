//! Streams: either side may finish first, and a quarter of a gibibyte arrives as it was sent.

use std::fs::{self, File};
use std::io::{Seek as _, Write as _};
use std::process::Stdio;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use super::support::{Digest, Events, Place, Process, Scratch, noise, path_of, payload, serve};
use super::{Row, STREAM_CLIENTS, STREAM_SERVERS, each};
use crate::skip;

/// What a client sends, and what it is answered: the first fits a socket's buffer, the second one read of any tool.
const REQUEST: usize = 40_000;
const ANSWER: usize = 6_000;

/// How long after its client's end a server answers.
const LATE: Duration = Duration::from_millis(300);

/// Their server at a place of its own, listening.
fn their_server(
    scratch: &Scratch,
    row: &Row,
    stdin: impl Into<Stdio>,
    stdout: impl Into<Stdio>,
) -> (Process, Place) {
    let place = Place::free(row.transport, scratch);
    let server = Process::start(scratch, row.tool, &place.arguments(row.arguments), stdin, stdout);
    place.wait_until_listening(&server);
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
        let scratch = Scratch::new();
        let (request, answer) = (noise(REQUEST), noise(ANSWER));
        let (server, place) =
            their_server(&scratch, row, scratch.file("answer", &answer), scratch.create("heard"));
        server.pause();
        let input = scratch.file("request", &request);
        let client =
            Process::ours(&scratch, &["connect", &place.endpoint()], input, scratch.create("answered"));
        answer_late(&server, &place);
        client.succeed();
        server.end();
        assert!(scratch.read("answered") == answer, "the answer arrives whole");
        assert!(scratch.read("heard") == request, "so does the request");
    });
}

#[test]
fn our_server_answers_after_its_clients_end() {
    each("interop::stream::our_server_answers_after_its_clients_end", &STREAM_CLIENTS, |row| {
        let scratch = Scratch::new();
        let request = noise(REQUEST);
        let (server, place) = serve(&scratch, row.transport, &["--echo"]);
        server.pause();
        let input = scratch.file("request", &request);
        let arguments = place.arguments(row.arguments);
        let client = Process::start(&scratch, row.tool, &arguments, input, scratch.create("answered"));
        answer_late(&server, &place);
        client.succeed();
        assert!(scratch.read("answered") == request, "the answer arrives whole");
    });
}

/// Says `request` to `client` piece by piece, after the server has said `greeting` and no more.
fn go_on_after_the_servers_end(client: &mut Process, place: &Place, greeting: &[u8], request: &[u8]) {
    assert!(client.read(greeting.len()) == greeting, "the greeting arrives");
    place.wait_for_the_servers_end();
    let mut stdin = client.stdin.take().expect("its input is a pipe");
    for piece in request.chunks(1_000) {
        stdin.write_all(piece).expect("the client still reads its input");
    }
}

#[test]
fn our_client_goes_on_after_the_servers_end() {
    each("interop::stream::our_client_goes_on_after_the_servers_end", &STREAM_SERVERS, |row| {
        let scratch = Scratch::new();
        let (request, greeting) = (noise(5 * REQUEST), noise(ANSWER));
        let (server, place) =
            their_server(&scratch, row, scratch.file("greeting", &greeting), scratch.create("heard"));
        let endpoint = place.endpoint();
        let mut client = Process::ours(&scratch, &["connect", &endpoint], Stdio::piped(), Stdio::piped());
        go_on_after_the_servers_end(&mut client, &place, &greeting, &request);
        client.succeed();
        server.end();
        assert!(scratch.read("heard") == request, "nothing is lost");
    });
}

#[test]
fn our_server_reads_on_after_its_own_end() {
    each("interop::stream::our_server_reads_on_after_its_own_end", &STREAM_CLIENTS, |row| {
        let scratch = Scratch::new();
        let (request, greeting) = (noise(5 * REQUEST), noise(ANSWER));
        drop(scratch.file("greeting", &greeting));
        let path = scratch.path("greeting");
        let options = ["--json", "--send-file", path.to_str().expect("a plain path")];
        let (mut server, place) = serve(&scratch, row.transport, &options);
        let mut events = Events::of(&mut server);
        let arguments = place.arguments(row.arguments);
        let mut client = Process::start(&scratch, row.tool, &arguments, Stdio::piped(), Stdio::piped());
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

/// 256 MiB in a file without a name.
struct Bulk {
    file: File,
    digest: String,
}

const BULK_MIB: u32 = 256;

/// The bulk, and the right to be the only one that moves it: the figures mean something only then.
fn with_bulk(scene: impl FnOnce(&Bulk)) {
    static LOCK: Mutex<()> = Mutex::new(());
    static DATA: OnceLock<Bulk> = OnceLock::new();
    let _alone = LOCK.lock().unwrap_or_else(PoisonError::into_inner);
    scene(DATA.get_or_init(Bulk::new));
}

impl Bulk {
    fn new() -> Self {
        let scratch = Scratch::new();
        let mut file = scratch.file("bulk", &noise((BULK_MIB << 20) as usize));
        // A test that is killed leaves nothing behind.
        fs::remove_file(scratch.path("bulk")).expect("take the name away");
        file.rewind().expect("to the start");
        let digest = Digest::of(&scratch, file.try_clone().expect("one more descriptor")).finish();
        Self { file, digest }
    }

    /// The file again, from its start.
    fn open(&self) -> File {
        File::open(path_of(&self.file)).expect("open the file again")
    }

    /// Holds what came to what was sent, and says how fast it was.
    fn compare(&self, way: &str, start: Instant, came: Digest) {
        let digest = came.finish();
        let rate = f64::from(BULK_MIB) / start.elapsed().as_secs_f64();
        eprintln!("{BULK_MIB} MiB {way}: {rate:.0} MiB/s");
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
            let scratch = Scratch::new();
            let (mut server, place) = their_server(&scratch, row, Stdio::null(), Stdio::piped());
            let start = Instant::now();
            let came = Digest::of(&scratch, server.stdout.take().expect("its output is a pipe"));
            let endpoint = place.endpoint();
            let client = Process::ours(&scratch, &["connect", &endpoint], bulk.open(), Stdio::null());
            client.succeed();
            bulk.compare("to their server", start, came);
        });
    });
}

#[test]
fn bulk_to_our_client_arrives_whole() {
    let test = "interop::stream::bulk_to_our_client_arrives_whole";
    let ready = have_digest(test);
    each(test, if ready { &STREAM_SERVERS } else { &[] }, |row| {
        with_bulk(|bulk| {
            let scratch = Scratch::new();
            let (_server, place) = their_server(&scratch, row, bulk.open(), Stdio::null());
            let start = Instant::now();
            // Without an end of ours, at which some of them would leave.
            let words = ["connect", &place.endpoint(), "--receive-only"];
            let mut client = Process::ours(&scratch, &words, Stdio::null(), Stdio::piped());
            let came = Digest::of(&scratch, client.stdout.take().expect("its output is a pipe"));
            bulk.compare("from their server", start, came);
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
            let scratch = Scratch::new();
            let (_server, place) = serve(&scratch, row.transport, &["--echo"]);
            receive_with(row, &scratch, &place, bulk, bulk.open(), "to our server and back");
        });
    });
}

#[test]
fn bulk_from_our_server_arrives_whole() {
    let test = "interop::stream::bulk_from_our_server_arrives_whole";
    let ready = have_digest(test);
    each(test, if ready { &STREAM_CLIENTS } else { &[] }, |row| {
        with_bulk(|bulk| {
            let scratch = Scratch::new();
            let path = path_of(&bulk.file);
            let options = ["--send-file", path.to_str().expect("a plain path")];
            let (_server, place) = serve(&scratch, row.transport, &options);
            receive_with(row, &scratch, &place, bulk, Stdio::null(), "from our server");
        });
    });
}

/// Holds what their client prints to the bulk.
fn receive_with(
    row: &Row,
    scratch: &Scratch,
    place: &Place,
    bulk: &Bulk,
    stdin: impl Into<Stdio>,
    way: &str,
) {
    let start = Instant::now();
    let arguments = place.arguments(row.arguments);
    let mut client = Process::start(scratch, row.tool, &arguments, stdin, Stdio::piped());
    let came = Digest::of(scratch, client.stdout.take().expect("its output is a pipe"));
    bulk.compare(way, start, came);
    client.succeed();
}

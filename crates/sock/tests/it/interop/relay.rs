//! A relay of ours between the tools: their clients come to it, and their servers stand behind it.

use std::process::{Command, Stdio};

use super::postgres::{self, Cluster};
use super::support::{ours, serve, start};
use super::{DATAGRAM_CLIENTS, Row, STREAM_CLIENTS, STREAM_SERVERS, each};
use crate::kit::{Place, Process, TempDir, Transport, pattern, run, text};
use crate::skip;

/// A relay to `to`, listening at a place of its own.
#[track_caller]
pub(super) fn relay(folder: &TempDir, transport: Transport, to: &str) -> (Process, Place) {
    let place = Place::free(transport, folder);
    let mut relay = ours(&["relay", &place.endpoint(), to, "--quiet"], Stdio::null(), Stdio::piped());
    place.wait_until_listening(&mut relay);
    (relay, place)
}

/// Every client of theirs, each with a server of another tool, as a rule over another transport.
#[test]
fn their_clients_and_servers_talk_whole_through_a_relay() {
    let test = "interop::relay::their_clients_and_servers_talk_whole_through_a_relay";
    let servers = STREAM_SERVERS.iter().cycle().skip(3);
    for (client, server) in STREAM_CLIENTS.iter().zip(servers) {
        if skip::need(test, server.tool) {
            each(test, std::slice::from_ref(client), |client| talk(client, server));
        }
    }
}

fn talk(client: &Row, server: &Row) {
    let (near, far) = (TempDir::new(), TempDir::new());
    let (request, answer) = (pattern(40_000), pattern(6_000));
    let behind = Place::free(server.transport, &far);
    let mut server = start(
        server.tool,
        &behind.arguments(server.arguments),
        far.opened("answer", &answer),
        far.create("heard"),
    );
    behind.wait_until_listening(&mut server);
    let (_relay, place) = relay(&near, client.transport, &behind.endpoint());
    let input = near.opened("request", &request);
    let arguments = place.arguments(client.arguments);
    let client = start(client.tool, &arguments, input, near.create("answered"));
    client.succeed();
    server.ended();
    assert!(near.read("answered") == answer, "the answer arrives whole");
    assert!(far.read("heard") == request, "so does the request");
}

#[test]
fn datagrams_of_their_clients_are_answered_through_a_relay() {
    let test = "interop::relay::datagrams_of_their_clients_are_answered_through_a_relay";
    each(test, &DATAGRAM_CLIENTS, |row| {
        let (near, far) = (TempDir::new(), TempDir::new());
        let (_server, behind) = serve(&far, Transport::Udp, &["--echo"]);
        let (_relay, place) = relay(&near, row.transport, &behind.endpoint());
        let mut client = start(row.tool, &place.arguments(row.arguments), Stdio::piped(), Stdio::piped());
        client.write(b"question");
        assert_eq!(text(&client.stdout.at_least(8)), "question");
    });
}

/// Over TCP in front, over a Unix socket behind.
#[test]
fn redis_is_asked_through_a_relay() {
    let test = "interop::relay::redis_is_asked_through_a_relay";
    if !skip::need(test, "redis-server") || !skip::need(test, "redis-cli") {
        return;
    }
    let (near, far) = (TempDir::new(), TempDir::new());
    let behind = Place::free(Transport::Unix, &far);
    let dir = far.path().to_string_lossy();
    let template = format!("--port 0 --unixsocket {{path}} --dir {dir} --appendonly no");
    let mut server = start("redis-server", &behind.arguments(&template), Stdio::null(), Stdio::piped());
    behind.wait_until_listening(&mut server);
    let (_relay, place) = relay(&near, Transport::Tcp, &behind.endpoint());
    let value = "v".repeat(300_000);
    let ask = |words: &str, input: &str| {
        let mut command = Command::new("redis-cli");
        command.args(place.arguments("-h {host} -p {port}")).args(words.split(' '));
        run(&mut command, input.as_bytes()).out()
    };
    assert_eq!(ask("-x SET key", &value).trim_end(), "OK");
    assert!(ask("GET key", "").trim_end() == value, "it comes back whole");
    let many: String =
        (0..1_000).fold(String::new(), |text, number| text + &format!("SET key{number} {number}\r\n"));
    assert!(ask("--pipe", &many).contains("errors: 0, replies: 1000"), "many at once");
}

#[test]
fn nginx_serves_through_a_relay() {
    let test = "interop::relay::nginx_serves_through_a_relay";
    if !skip::need(test, "nginx") || !skip::need(test, "curl") {
        return;
    }
    let (near, far) = (TempDir::new(), TempDir::new());
    let behind = Place::free(Transport::Tcp, &far);
    let page = pattern(3 << 20);
    far.file("page", &page);
    let at = behind.arguments("{host}:{port}").remove(0);
    let temp = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map(|kind| format!("{kind}_temp_path {};", far.join(kind)))
        .concat();
    let configuration = format!(
        "daemon off; master_process off; pid {}; error_log stderr;\n\
         events {{}}\n\
         http {{ access_log off; {temp} server {{ listen {at}; root {}; }} }}\n",
        far.join("pid"),
        far.path().display()
    );
    let path = far.file("nginx.conf", configuration.as_bytes());
    let words = ["-e", "stderr", "-c", &path].map(str::to_owned);
    let mut server = start("nginx", &words, Stdio::null(), Stdio::piped());
    behind.wait_until_listening(&mut server);
    let (_relay, place) = relay(&near, Transport::Tcp, &behind.endpoint());
    let url = place.arguments("http://{host}:{port}/page").remove(0);
    let mut command = Command::new("curl");
    // Twice over one connection, and beside it over another.
    command.args(["--silent", "--show-error", "--fail", "--noproxy", "*", "--max-time", "30", &url, &url]);
    let finished = run(&mut command, b"");
    assert_eq!(finished.code(), 0, "{}", finished.stderr);
    assert!(finished.stdout == [&page[..], &page].concat(), "{} bytes", finished.stdout.len());
}

/// Over a Unix socket in front, over TCP behind.
#[test]
fn postgresql_is_asked_through_a_relay() {
    if !postgres::need("interop::relay::postgresql_is_asked_through_a_relay") {
        return;
    }
    let (cluster, near) = (Cluster::new(), TempDir::new());
    let (mut server, behind) = cluster.start("");
    let _relay = cluster.relay(&near, &behind);
    let long = cluster.ask(&near, "select string_agg(i::text, ',') from generate_series(1, 100000) i");
    assert_eq!(long.code(), 0, "{}", long.stderr);
    let want: Vec<String> = (1..=100_000).map(|number| number.to_string()).collect();
    assert!(long.out().trim_end() == want.join(","), "a long answer comes whole");
    server.signal("INT");
    server.ended();
}

//! Ours with the tools that people have: `ncat`, `socat`, OpenBSD's `nc`, and Python's `socket`; over TLS `GnuTLS`,
//! Python's `ssl` and curl; proxies, mail's and `PostgreSQL`'s STARTTLS, and servers behind a relay.
//!
//! Who plays with whom is the table below: a row is a tool, what it speaks, and the arguments with which it is correct.
//! Each test walks the rows of one role, so that a line here is one more peer in all of them. Tried with ncat 7.93,
//! socat 1.7.4, and nc 1.219 as Debian builds it.

mod datagram;
mod postgres;
mod proxies;
mod python;
mod relay;
mod starttls;
mod stream;
mod support;
mod tls;

use crate::kit::Transport::{self, Tcp, Udp, Unix, UnixDgram};
use crate::skip;

/// A peer: a tool in one role over one transport.
#[derive(Debug)]
struct Row {
    tool: &'static str,
    transport: Transport,
    /// Split at blanks; `{host}`, `{port}`, `{path}` are where the server is, `{peer}` is a path for the client.
    arguments: &'static str,
}

const fn row(tool: &'static str, transport: Transport, arguments: &'static str) -> Row {
    Row { tool, transport, arguments }
}

/// Their servers of streams: standard input is what they say, standard output is what they hear.
///
/// - `socat` waits half a second for the other direction once one has ended, then drops what is still to come; `-t60`
///   lets it wait for as long as any of this takes.
/// - `nc` never passes its input's end on without `-N`.
/// - `nc -l` and `ncat -l` leave as soon as their client has ended, if they have nothing left to say just then, and
///   `ncat -l -e` does so whatever its program has still to say. They cannot be asked after that end, so their answer
///   is in their hands before it.
const STREAM_SERVERS: [Row; 6] = [
    row("ncat", Tcp, "-l {host} {port}"),
    row("ncat", Unix, "-l -U {path}"),
    row("socat", Tcp, "-t60 STDIO TCP-LISTEN:{port},bind={host}"),
    row("socat", Unix, "-t60 STDIO UNIX-LISTEN:{path}"),
    row("nc", Tcp, "-l -N {host} {port}"),
    row("nc", Unix, "-l -N -U {path}"),
];

/// Their clients of streams; the options are as for [`STREAM_SERVERS`].
const STREAM_CLIENTS: [Row; 6] = [
    row("ncat", Tcp, "{host} {port}"),
    row("ncat", Unix, "-U {path}"),
    row("socat", Tcp, "-t60 STDIO TCP:{host}:{port}"),
    row("socat", Unix, "-t60 STDIO UNIX-CONNECT:{path}"),
    row("nc", Tcp, "-N {host} {port}"),
    row("nc", Unix, "-N -U {path}"),
];

/// Their servers of datagrams: each goes to standard output, and each piece of standard input goes back.
///
/// - `socat` echoes through a program of its own. Not with `UDP-RECVFROM,fork`: it loses a datagram that comes while it
///   takes the one before to a new process. For Unix there is then only `UNIX-SENDTO`, which knows its client's path.
const DATAGRAM_SERVERS: [Row; 6] = [
    row("ncat", Udp, "-u -l {host} {port}"),
    row("ncat", UnixDgram, "-u -l -U {path}"),
    row("socat", Udp, "UDP-LISTEN:{port},bind={host} EXEC:cat"),
    row("socat", UnixDgram, "UNIX-SENDTO:{peer},bind={path} EXEC:cat"),
    row("nc", Udp, "-u -l {host} {port}"),
    row("nc", UnixDgram, "-u -l -U {path}"),
];

/// Their clients of datagrams.
///
/// - `nc -u` stays for ever after its input's end unless `-q` says for how long.
/// - A Unix datagram is answered only where its sender has a path. Each is given one in the test's own folder: `nc` and
///   `ncat` would choose one among the temporary files, and do not always take it away.
const DATAGRAM_CLIENTS: [Row; 6] = [
    row("ncat", Udp, "-u {host} {port}"),
    row("ncat", UnixDgram, "-u -s {peer} -U {path}"),
    row("socat", Udp, "STDIO UDP:{host}:{port}"),
    row("socat", UnixDgram, "STDIO UNIX-SENDTO:{path},bind={peer}"),
    row("nc", Udp, "-u -q0 {host} {port}"),
    row("nc", UnixDgram, "-u -q0 -s {peer} -U {path}"),
];

/// Plays `scene` with every row whose tool is there; `test` is the test's name, for the skips.
fn each(test: &str, rows: &[Row], scene: impl Fn(&Row)) {
    for row in rows {
        if skip::need(test, row.tool) {
            // Shown if the test fails.
            eprintln!("with {row:?}");
            scene(row);
        }
    }
}

//! `sock serve --exec` and `--sh`: a program for each client.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::thread;

use crate::bounded::JoinInTime as _;
use crate::kit::{LIMIT, Server, TempDir, eventually, pattern, read_all, run, run_sock, sock, text};

/// How many children a process has.
fn children(pid: u32) -> usize {
    let tasks = fs::read_dir(format!("/proc/{pid}/task")).expect("it runs");
    let of = |task: fs::DirEntry| fs::read_to_string(task.path().join("children")).unwrap_or_default();
    tasks.flatten().map(of).map(|list| list.split_whitespace().count()).sum()
}

#[test]
fn a_client_has_the_input_and_the_output_of_a_program() {
    let server = Server::start(&["127.0.0.1:0", "--exec", "tr a-z A-Z"]);
    let mut client = server.connect();
    client.write_all(b"half-closed").expect("an open connection");
    client.shutdown(Shutdown::Write).expect("an open connection");
    assert_eq!(read_all(&mut client), b"HALF-CLOSED");
    server.line("closed: 11 bytes in, 11 bytes out");
    assert_eq!(server.end("TERM").code(), 0);
}

#[test]
fn ten_megabytes_pass_a_program_byte_for_byte() {
    let server = Server::start(&["127.0.0.1:0", "--exec", "cat"]);
    let (mut client, bytes) = (server.connect(), pattern(10 << 20));
    let (mut writer, sent) = (client.try_clone().expect("a descriptor"), bytes.clone());
    let writing = thread::spawn(move || {
        writer.write_all(&sent).expect("it is read");
        writer.shutdown(Shutdown::Write).expect("an open connection");
    });
    assert!(read_all(&mut client) == bytes);
    writing.join_in_time().expect("it was written");
}

#[test]
fn a_program_knows_its_client_and_no_secret_of_ours() {
    let script = "echo $PROTO $TCPREMOTEIP $TCPREMOTEPORT $TCPLOCALIP $TCPLOCALPORT \
                  ${TCPREMOTEHOST-none} ${SOCK_KEY-none}; \
                  ls /proc/self/fd | wc -l; ulimit -Sn";
    let mut command = crate::kit::sock_after("ulimit -Sn 256", &["serve", "127.0.0.1:0", "--sh", script]);
    command.env("TCPREMOTEHOST", "another").env("SOCK_KEY", "x");
    let server = Server::start_with(&mut command);
    let client = server.connect();
    let (here, there) = (client.local_addr().expect("bound").port(), server.address().port());
    let want = format!("TCP 127.0.0.1 {here} 127.0.0.1 {there} none none\n4\n256\n");
    assert_eq!(text(&read_all(client)), want);
}

#[test]
fn a_unix_client_is_known_by_its_process() {
    let folder = TempDir::new();
    let endpoint = format!("unix:{}", folder.join("s"));
    let script = "echo $PROTO ${UNIXREMOTEPID} ${UNIXREMOTEEUID} ${TCPREMOTEIP-none}";
    let server = Server::start(&[&endpoint, "--sh", script]);
    let mut client = UnixStream::connect(folder.join("s")).expect("a live server");
    client.set_read_timeout(Some(LIMIT)).expect("a limit");
    let mut came = String::new();
    client.read_to_string(&mut came).expect("its end");
    let words: Vec<_> = came.split_whitespace().collect();
    assert_eq!(words[..2], ["UNIX", &std::process::id().to_string()], "{came}");
    assert_eq!(words[3], "none");
    assert!(!text(&server.process.stderr.so_far()).contains("any user of this machine"));
}

#[test]
fn a_program_that_closes_its_input_still_answers_whole() {
    let server = Server::start(&["127.0.0.1:0", "--sh", "head -c 5; exec <&-; sleep 0.1; echo whole"]);
    let mut client = server.connect();
    let mut writer = client.try_clone().expect("a descriptor");
    // It may be refused once the program has ended.
    let writing = thread::spawn(move || drop(writer.write_all(&pattern(4 << 20))));
    let mut came = vec![0; 11];
    client.read_exact(&mut came).expect("the answer");
    assert_eq!(&came[..5], &pattern(5)[..]);
    assert_eq!(&came[5..], b"whole\n");
    drop(client);
    writing.join_in_time().expect("it ends");
}

#[test]
fn what_clients_leave_behind_is_gone_soon() {
    // Of a Unix socket it is known at once that a client has gone, and has not just ended its side.
    let folder = TempDir::new();
    let (path, script) = (folder.join("s"), "trap '' TERM; sleep 1000 & echo ready; cat; wait");
    let server = Server::start(&[&format!("unix:{path}"), "--sh", script]);
    let pid = server.process.pid();
    let client = || UnixStream::connect(&path).expect("a live server");
    let clients: Vec<_> = (0..40).map(|_| client()).collect();
    for client in &clients {
        let mut came = [0; 6];
        (&*client).read_exact(&mut came).expect("the program has started");
    }
    eventually("each has its program", || children(pid) >= 40);
    drop(clients);
    eventually("no program and no zombie is left", || children(pid) == 0);
    assert_eq!(server.end("TERM").code(), 0);
}

#[test]
fn two_hundred_clients_that_leave_at_once_leave_no_zombie() {
    let server = Server::start(&["127.0.0.1:0", "--exec", "cat", "--max-connections", "200"]);
    let pid = server.process.pid();
    for _ in 0..2 {
        let clients: Vec<_> = (0..200).map(|_| server.connect()).collect();
        eventually("programs run", || children(pid) > 100);
        drop(clients);
        eventually("no program and no zombie is left", || children(pid) == 0);
    }
    assert_eq!(server.end("TERM").code(), 0);
}

#[test]
fn a_place_is_given_on_once_its_program_has_ended_whoever_keeps_the_descriptor() {
    let folder = TempDir::new();
    let path = folder.join("pids");
    let script = format!("setsid sleep 1000 2> /dev/null & echo $! >> {path}; echo done");
    let server = Server::start(&["127.0.0.1:0", "--sh", &script, "--max-connections", "1"]);
    for _ in 0..2 {
        assert_eq!(read_all(server.connect()), b"done\n");
    }
    for pid in fs::read_to_string(&path).expect("they are told").split_whitespace() {
        let _ = run(std::process::Command::new("kill").arg(pid), b"");
    }
}

#[test]
fn a_signal_ends_the_programs_that_do_not_end_by_themselves() {
    let server = Server::start(&["127.0.0.1:0", "--sh", "echo ready; exec sleep 1000", "--grace", "50ms"]);
    let mut client = server.connect();
    let mut came = [0; 6];
    client.read_exact(&mut came).expect("the program has started");
    let path = format!("/proc/{0}/task/{0}/children", server.process.pid());
    let children = fs::read_to_string(path).expect("it runs");
    server.end("TERM");
    for child in children.split_whitespace() {
        assert!(fs::metadata(format!("/proc/{child}")).is_err(), "{child} lives on");
    }
}

#[test]
fn how_a_program_failed_is_told_of_its_client_and_is_the_exit_code_of_once() {
    let folder = TempDir::new();
    let errors = folder.join("errors");
    let args = ["127.0.0.1:0", "--sh", "echo wrong >&2; exit 3", "--once", "--exec-stderr", &errors];
    let server = Server::start(&args);
    assert_eq!(read_all(server.connect()), b"");
    server.line("exited with status 3");
    let finished = server.process.finish();
    assert_eq!(finished.code(), 1, "{}", finished.stderr);
    assert_eq!(fs::read_to_string(&errors).expect("it is there"), "wrong\n");
}

#[test]
fn what_must_not_be_run_is_refused_at_the_start() {
    let rows: [(&[&str], i32, &str); 6] = [
        (&["serve", ":0", "--exec", "no-such-program"], 1, "exec:no-such-program: command not found"),
        (&["serve", "0.0.0.0:0", "--exec", "cat"], 2, "would run a program for anybody"),
        (&["serve", ":0", "--exec", "cat | wc"], 2, "no shell reads this"),
        (&["serve", "udp://:0", "--exec", "cat"], 2, "--exec needs connections"),
        (&["serve", ":0", "--exec-stderr", "x"], 2, "--exec-stderr needs --exec or --sh"),
        (&["serve", "-e", "cat", ":0"], 2, "-e: `sock serve --exec CMD`"),
    ];
    for (args, code, want) in rows {
        let finished = run(&mut sock(args), b"");
        assert_eq!(finished.code(), code, "{args:?}: {}", finished.stderr);
        assert!(finished.stderr.contains(want), "{args:?}: {}", finished.stderr);
    }
    let allowed = Server::start(&["0.0.0.0:0", "--exec", "cat", "--allow", "127.0.0.0/8"]);
    assert_eq!(allowed.end("TERM").code(), 0);
    let server = Server::start(&["127.0.0.1:0", "--exec", "cat"]);
    let said = text(&server.process.stderr.so_far());
    assert!(said.contains("any web page") && said.contains("unix:/run/app.sock"), "{said}");
}

/// A certificate of its own root for localhost and 127.0.0.1, with its key, in one file.
fn certificate(folder: &TempDir, name: &str) -> String {
    let names = ["localhost", "127.0.0.1"].map(str::to_owned);
    let made = rcgen::generate_simple_self_signed(names).expect("a certificate");
    folder.file(name, (made.cert.pem() + &made.signing_key.serialize_pem()).as_bytes())
}

#[test]
fn a_program_is_talked_to_over_tls_and_knows_that_it_is() {
    let folder = TempDir::new();
    let cert = certificate(&folder, "own.pem");
    let server = Server::start(&["tls://127.0.0.1:0", "--cert", &cert, "--exec", "cat"]);
    let (endpoint, bytes) = (format!("tls://{}?ca={cert}", server.address()), pattern(3 << 20));
    let client = run(&mut sock(&["connect", &endpoint]), &bytes);
    assert_eq!(client.code(), 0, "{}", client.stderr);
    assert!(client.stdout == bytes, "{} bytes", client.stdout.len());
    server.line("closed: 3145728 bytes in, 3145728 bytes out");
    assert!(text(&server.process.stderr.so_far()).contains("any user of this machine"));

    let script = "echo $PROTO $SSLREMOTEIP $SSLLOCALIP $SSLLOCALPORT $TCPREMOTEIP $TCPLOCALPORT \
                  ${SSLREMOTEHOST-none}; [ $SSLREMOTEPORT = $TCPREMOTEPORT ] && echo same";
    let mut command = sock(&["serve", "tls://127.0.0.1:0", "--cert", &cert, "--sh", script]);
    let server = Server::start_with(command.env("SSLREMOTEHOST", "another"));
    let port = server.address().port();
    let client = run_sock(&["connect", &format!("tls://127.0.0.1:{port}?ca={cert}")]);
    let want = format!("SSL 127.0.0.1 127.0.0.1 {port} 127.0.0.1 {port} none\nsame\n");
    assert_eq!((client.code(), client.out()), (0, want), "{}", client.stderr);

    let plain = Server::start(&["127.0.0.1:0", "--sh", "echo ${SSLREMOTEIP-none}"]);
    assert_eq!(read_all(plain.connect()), b"none\n");
}

/// Beyond this machine, without `--allow`: who has no certificate starts no program.
#[test]
fn client_certificates_let_a_program_be_reached_from_other_machines() {
    let folder = TempDir::new();
    let [own, known, strange] =
        ["own.pem", "known.pem", "strange.pem"].map(|name| certificate(&folder, name));
    let witness = folder.join("ran");
    let script = format!("echo ran >> {witness}; cat");
    let server = Server::start(&["tls://0.0.0.0:0", "--cert", &own, "--ca", &known, "--sh", &script]);
    let endpoint = format!("tls://127.0.0.1:{}?ca={own}", server.address().port());
    for more in [&[][..], &["--cert", &strange]] {
        let refused = run(sock(&["connect", &endpoint]).args(more), b"hello");
        assert_ne!(refused.code(), 0, "{more:?}");
        assert_eq!(refused.out(), "", "{more:?}");
    }
    server.line("the peer has no certificate, and needs one here");
    // One of the same name, and with another key.
    server.line("bad signature: it was not made by the key of its issuer");
    assert!(!fs::exists(&witness).expect("a folder"), "no program has run");
    let client = run(&mut sock(&["connect", &endpoint, "--cert", &known]), b"hello");
    assert_eq!((client.code(), client.out().as_str()), (0, "hello"), "{}", client.stderr);
    assert_eq!(fs::read_to_string(&witness).expect("it has run"), "ran\n");

    let alone = run_sock(&["serve", "tls://0.0.0.0:0", "--cert", &own, "--exec", "cat"]);
    assert_eq!(alone.code(), 2, "{}", alone.stderr);
    assert!(alone.stderr.contains("over TLS, --ca FILE those with a certificate"), "{}", alone.stderr);
}

/// Whether the kernel asks a peer that is silent whether it is there: the timer of the connection between these ports,
/// the first of which is this machine's end (proc(5), `net/tcp`).
fn is_asked_after(local: u16, peer: u16) -> bool {
    let table = fs::read_to_string("/proc/net/tcp").expect("proc(5)");
    let (local, peer) = (format!(":{local:04X}"), format!(":{peer:04X}"));
    let line = table
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>())
        .find(|words| words.get(1).is_some_and(|it| it.ends_with(&local)) && words[2].ends_with(&peer));
    line.is_some_and(|words| words[5].starts_with("02:"))
}

#[test]
fn a_client_for_which_a_program_runs_is_asked_whether_it_is_still_there() {
    let rows: [&[&str]; 3] = [
        &["serve", "127.0.0.1:0", "--exec", "cat"],
        &["relay", "127.0.0.1:0", "exec:cat"],
        &["relay", "127.0.0.1:0", "127.0.0.1:1", "sh:cat"],
    ];
    for args in rows {
        let server = Server::start_with(&mut sock(args));
        let client = server.connect();
        let (own, at) = (client.local_addr().expect("bound").port(), server.address().port());
        eventually("its timer runs", || is_asked_after(at, own));
    }
}

/// The shell that was started ends at once; its group has as long as when a client leaves.
#[test]
fn what_a_program_has_started_may_put_things_away_at_the_end_of_the_server() {
    let folder = TempDir::new();
    let (path, put_away) = (folder.join("pid"), folder.join("away"));
    let inner = format!(
        "trap 'sleep 0.2; echo away > {put_away}; exit' TERM\n\
         echo $$ > {path}\n\
         while :; do sleep 0.01; done\n"
    );
    let inner = folder.file("inner.sh", inner.as_bytes());
    let script =
        format!("sh {inner} & until test -s {path}; do sleep 0.01; done; echo ready; exec sleep 1000");
    let args = ["127.0.0.1:0", "--sh", &script, "--grace", "50ms", "--threads", "1"];
    let server = Server::start(&args);
    let mut client = server.connect();
    client.read_exact(&mut [0; 6]).expect("the program has started");
    assert_eq!(server.end("TERM").code(), 0);
    assert_eq!(fs::read_to_string(&put_away).expect("it was made"), "away\n");
    let pid = fs::read_to_string(&path).expect("it was told");
    assert!(fs::metadata(format!("/proc/{}", pid.trim())).is_err(), "{pid} lives on");
}

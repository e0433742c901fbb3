//! `sock capture`: what it shows and writes, what it may still do once packets are read, and how it ends.

use std::fs;
use std::io::{self, PipeReader, Read as _};
use std::net::UdpSocket;
use std::process::{Command, Stdio};

use crate::kit::namespace::inside;
use crate::kit::{Process, TempDir, events, eventually, run, run_sock, sock, sock_after};
use crate::skip;

/// A capture on the loopback that is under way.
fn capture(args: &[&str]) -> Process {
    let process = Process::start(sock(&["capture", "lo"]).args(args));
    process.stderr.line("capturing on lo", |line| line.contains("capturing on lo"));
    process
}

/// A datagram of `text` to a socket that takes it.
fn send(to: &UdpSocket, text: &str) {
    let from = UdpSocket::bind("127.0.0.1:0").expect("a free port");
    let length = from.send_to(text.as_bytes(), to.local_addr().expect("a bound socket")).expect("room");
    assert_eq!(length, text.len());
}

fn receiver() -> UdpSocket {
    UdpSocket::bind("127.0.0.1:0").expect("a free port")
}

#[test]
fn each_packet_of_the_loopback_is_shown_once() {
    if !inside("capture::each_packet_of_the_loopback_is_shown_once", "true") {
        return;
    }
    let (to, process) = (receiver(), capture(&["--time", "none"]));
    for text in ["one", "three", "seventy"] {
        send(&to, text);
    }
    process.stdout.line("the last", |line| line.ends_with("length 7"));
    process.signal("INT");
    let finished = process.finish();
    let port = to.local_addr().expect("a bound socket").port();
    let lengths: Vec<_> =
        finished.out().lines().map(|line| line.rsplit(' ').next().unwrap_or("").to_owned()).collect();
    assert_eq!(lengths, ["3", "5", "7"]);
    assert!(finished.out().lines().all(|line| line.contains(&format!("> 127.0.0.1:{port} udp"))));
    assert!(finished.stderr.contains("3 packets captured"), "{}", finished.stderr);
    assert_eq!(finished.code(), 0);
}

#[test]
fn it_gives_up_its_rights_before_it_reads() {
    if !inside("capture::it_gives_up_its_rights_before_it_reads", "true") {
        return;
    }
    let process = capture(&[]);
    let status = fs::read_to_string(format!("/proc/{}/status", process.pid())).expect("a live process");
    for line in ["CapEff:\t0000000000000000", "CapPrm:\t0000000000000000", "NoNewPrivs:\t1"] {
        assert!(status.contains(line), "{line}: {status}");
    }
    if cfg!(any(target_arch = "x86_64", target_arch = "aarch64", target_arch = "riscv64")) {
        assert!(status.contains("Seccomp:\t2"), "{status}");
    }
    process.signal("TERM");
    assert_eq!(process.finish().code(), 0);
}

#[test]
fn what_is_written_is_read_again_and_old_files_go() {
    if !inside("capture::what_is_written_is_read_again_and_old_files_go", "true") {
        return;
    }
    let folder = TempDir::new();
    let path = folder.join("trace.pcapng");
    let to = receiver();
    let process = capture(&["--write", &path, "--rotate-size", "100", "--files", "2", "--count", "4"]);
    for number in 0..4 {
        send(&to, &format!("datagram {number}"));
        // Each comes in a block of its own, so that each begins a file.
        let next = folder.join(&format!("trace-{}.pcapng", number + 1));
        eventually("the next file", || number == 3 || fs::exists(&next).unwrap_or(false));
    }
    let finished = process.finish();
    assert_eq!((finished.code(), finished.out()), (0, String::new()), "{}", finished.stderr);
    let mut names: Vec<_> = fs::read_dir(folder.path())
        .expect("a folder")
        .map(|entry| entry.expect("an entry").file_name().into_string().expect("UTF-8"))
        .collect();
    names.sort();
    assert_eq!(names.len(), 2, "{names:?}");
    let last = fs::read(folder.join("trace-3.pcapng")).expect("the last but one, or the last");
    let shown = run_sock(&["decode", &folder.join("trace-3.pcapng"), "--json"]);
    assert_eq!(shown.code(), 0, "{} bytes: {}", last.len(), shown.stderr);
    let packets = events(&shown.stdout);
    assert!(
        packets.iter().any(|event| event["event"] == "packet" && event["interface"] == "lo"),
        "{packets:?}"
    );
}

#[test]
fn where_the_disk_is_full_the_file_ends_with_a_whole_packet() {
    let set_up = "mkdir -p /run/sock-full && mount -t tmpfs -o size=64k none /run/sock-full";
    if !inside("capture::where_the_disk_is_full_the_file_ends_with_a_whole_packet", set_up) {
        return;
    }
    let path = "/run/sock-full/trace.pcapng";
    let (to, mut process) = (receiver(), capture(&["--write", path]));
    let text = "x".repeat(1_000);
    eventually("the disk is full", || {
        send(&to, &text);
        !process.is_running()
    });
    let finished = process.finish();
    assert_eq!(finished.code(), 1, "{}", finished.stderr);
    assert!(
        finished.stderr.contains("write /run/sock-full/trace.pcapng: no space left"),
        "{}",
        finished.stderr
    );
    assert_eq!(finished.stderr.matches("error").count(), 2, "once, and its number: {}", finished.stderr);
    let shown = run_sock(&["decode", path]);
    assert_eq!((shown.code(), shown.stderr.as_str()), (0, ""));
    assert!(shown.out().lines().count() > 10, "{}", shown.out());
}

#[test]
fn a_filter_and_a_snap_length_act_in_the_kernel() {
    if !inside("capture::a_filter_and_a_snap_length_act_in_the_kernel", "true") {
        return;
    }
    let (wanted, other) = (receiver(), receiver());
    let port = wanted.local_addr().expect("a bound socket").port();
    let filter = format!("udp and dst port {port}");
    let process = Process::start(&mut sock(&[
        "capture", "lo", "--json", "--count", "1", "--snap", "40", "--filter", &filter,
    ]));
    // With events nothing says that it is ready: its counters would, and a datagram is as good.
    eventually("the packet", || {
        send(&other, "not this one");
        send(&wanted, "this one");
        !process.stdout.so_far().is_empty()
    });
    let finished = process.finish();
    assert_eq!(finished.code(), 0, "{}", finished.stderr);
    let events = events(&finished.stdout);
    let packet = &events[0]["packet"];
    assert_eq!((&packet["length"], &packet["captured"]), (&50.into(), &40.into()));
    assert_eq!(packet["layers"][2]["fields"]["udp.dstport"], port);
    assert_eq!(events[1]["event"], "summary");
    assert_eq!((&events[1]["packets"], &events[1]["dropped"]), (&1.into(), &0.into()));
}

#[test]
fn it_ends_with_its_interface_and_keeps_whole_packets_with_a_snap_length_of_zero() {
    let test = "capture::it_ends_with_its_interface_and_keeps_whole_packets_with_a_snap_length_of_zero";
    let set_up = "ip link add a0 type veth peer name b0 && ip link set a0 up && ip link set b0 up";
    if !inside(test, set_up) {
        return;
    }
    let (to, process) = (receiver(), capture(&["--snap", "0", "--count", "1", "--time", "none"]));
    send(&to, "seventy");
    let finished = process.finish();
    assert!(finished.code() == 0 && finished.out().ends_with("length 7\n"), "{}", finished.stderr);
    let process = Process::start(&mut sock(&["capture", "a0"]));
    process.stderr.line("capturing on a0", |line| line.contains("capturing on a0"));
    let removed = run(Command::new("ip").args(["link", "del", "a0"]), b"");
    assert_eq!(removed.code(), 0, "{}", removed.stderr);
    let finished = process.finish();
    assert_eq!(finished.code(), 5, "{}", finished.stderr);
    let words = "no more packets come: network is down (os error 100)";
    assert!(finished.stderr.contains(words) && finished.stderr.contains("is gone"), "{}", finished.stderr);
}

#[test]
fn a_reader_that_has_gone_or_stalls_does_not_keep_it() {
    if !inside("capture::a_reader_that_has_gone_or_stalls_does_not_keep_it", "true") {
        return;
    }
    let to = receiver();
    let (reader, writer) = io::pipe().expect("a pipe");
    drop(reader);
    let mut gone = Process::start_as_it_is(sock(&["capture", "lo"]).stdout(writer).stderr(Stdio::null()));
    eventually("the end", || {
        send(&to, "nobody reads this");
        !gone.is_running()
    });
    assert_eq!(gone.ended().code(), Some(0));
    let (mut reader, writer) = io::pipe().expect("a pipe");
    let mut stalled =
        Process::start_as_it_is(sock(&["capture", "lo", "--hex"]).stdout(writer).stderr(Stdio::null()));
    let text = "x".repeat(1_000);
    // More than any pipe holds, and all batches that may wait.
    eventually("the first packet", || {
        send(&to, &text);
        waiting(&reader) > 0
    });
    (0..4_000).for_each(|_| send(&to, &text));
    stalled.signal("INT");
    assert_eq!(stalled.ended().code(), Some(0));
    reader.read_exact(&mut [0; 64]).expect("what was shown");
}

/// How many bytes wait in the pipe.
fn waiting(reader: &PipeReader) -> u64 {
    rustix::io::ioctl_fionread(reader).expect("a pipe")
}

#[test]
fn without_the_right_it_says_what_is_missing() {
    let test = "capture::without_the_right_it_says_what_is_missing";
    if !skip::need(test, "setpriv") {
        return;
    }
    let without = "[ $(id -u) != 0 ] || exec setpriv --bounding-set -net_raw \"$0\" \"$@\"";
    let finished = run(&mut sock_after(without, &["capture", "lo"]), b"");
    let lines: Vec<_> = finished.stderr.lines().collect();
    let [what, hint] = lines[..] else { panic!("{}", finished.stderr) };
    assert!(what.starts_with("sock: error: ") && what.contains("lo: operation not permitted"), "{what}");
    assert!(hint.starts_with("sock: hint: ") && hint.contains("sudo setcap cap_net_raw+ep /"), "{hint}");
    assert_eq!(finished.code(), 7);
}

#[test]
fn what_cannot_act_is_refused() {
    let rows: &[(&[&str], &str)] = &[
        (&["--files", "2", "--write", "x"], "--files wants --rotate-size or --rotate-time"),
        (&["--write", "-", "--json"], "takes standard output"),
        (&["--write", "-", "--rotate-size", "1M"], "want a file, not standard output"),
        (&["--rotate-size", "1M"], "--write"),
        (&["--dump-filter"], "--filter"),
        (&["--filter", "prot 80"], "prot"),
        (&["--count", "0"], "--count"),
    ];
    for (args, want) in rows {
        let finished = run(sock(&["capture", "lo"]).args(*args), b"");
        assert!(finished.stderr.contains(want), "{args:?}: {}", finished.stderr);
        assert_eq!(finished.code(), 2, "{args:?}: {}", finished.stderr);
    }
}

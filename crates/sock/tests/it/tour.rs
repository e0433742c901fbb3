//! `sock tour`: in both languages, for people, screen readers and programs; with the right to capture and without;
//! where the machine lacks what it needs; and how it is ended.

use std::collections::BTreeSet;
use std::fs;
use std::process::{Command, Stdio};

use serde_json::Value;
use unicode_width::UnicodeWidthStr as _;

use crate::kit::namespace::inside;
use crate::kit::{
    Finished, Process, SOCK, TempDir, events, eventually, run, run_sock, sock, sock_after, terminal, text,
};
use crate::skip;

/// What every run shows, whatever its language: the calls of the tutorials, and the names of what goes wrong.
const CALLS: [&str; 16] = [
    "socket(AF_INET, SOCK_STREAM)",
    "bind(",
    "listen(",
    "accept(",
    "connect(",
    "send(",
    "recv(",
    "close(",
    "socket(AF_INET, SOCK_DGRAM)",
    "sendto(",
    "recvfrom(",
    "socket(AF_UNIX, SOCK_STREAM)",
    "ECONNREFUSED",
    "ECONNRESET",
    "SHUT_WR",
    "TimeoutError",
];

/// What each scene's title has, in each language.
const TITLES: [(&str, [&str; 7]); 2] = [
    (
        "en",
        ["sock tour", "TCP:", "UDP:", "A Unix socket:", "What goes wrong", "How long", "What to try next"],
    ),
    ("zh", ["sock tour", "TCP：", "UDP：", "Unix 套接字：", "出错的时候", "等了多久", "接下来"]),
];

/// Without the right to capture, whoever runs the test.
fn without_right(args: &[&str]) -> Command {
    let mut command = Command::new("sh");
    let without = "[ $(id -u) != 0 ] || exec setpriv --bounding-set -net_raw --inh-caps -net_raw \"$0\" \"$@\"; \
                   exec \"$0\" \"$@\"";
    command.args(["-c", without, SOCK, "tour"]).args(args);
    command
}

/// What is shown without a drawing's lines, so that a sentence stands in one piece.
fn fits_a_terminal(shown: &str) {
    for line in shown.lines() {
        assert!(line.width() <= 80, "{} columns: {line}", line.width());
        assert_eq!(line.trim_end(), line);
    }
}

#[test]
fn a_pipe_gets_every_scene_in_each_language_and_in_80_columns() {
    for (language, titles) in TITLES {
        for form in [&["--lang", language][..], &["--lang", language, "--plain"]] {
            let finished = run(sock(&["tour"]).args(form), b"");
            let shown = finished.out();
            fits_a_terminal(&shown);
            assert!(!shown.contains(['\x1b', '{', '}']), "{form:?}: {shown}");
            let mut rest = shown.as_str();
            for title in titles {
                let at = rest.find(title).unwrap_or_else(|| panic!("{form:?}: {title} is not there: {rest}"));
                rest = &rest[at..];
            }
            for call in CALLS {
                assert!(shown.contains(call), "{form:?}: {call} is not there: {shown}");
            }
            let is_drawn = shown.contains(['│', '─', '▶', '┊']);
            assert_eq!(is_drawn, form.len() == 2, "{form:?}");
            assert_eq!(finished.quietly_done().len(), shown.len());
        }
    }
}

#[test]
fn the_language_is_that_of_the_environment() {
    let rows = [("LANG", "zh_CN.UTF-8", true), ("LC_ALL", "en_US.UTF-8", false), ("LC_MESSAGES", "zh", true)];
    for (name, value, is_chinese) in rows {
        let mut command = sock(&["tour", "--plain"]);
        command.env_remove("LC_ALL").env_remove("LC_MESSAGES").env_remove("LANG").env(name, value);
        let finished = run(&mut command, b"");
        assert_eq!(finished.out().contains("服务器"), is_chinese, "{name}={value}");
    }
}

/// The events of a run, which is to succeed.
fn told(finished: Finished) -> Vec<Value> {
    events(&finished.quietly_done())
}

fn of<'e>(all: &'e [Value], event: &str) -> Vec<&'e Value> {
    all.iter().filter(|it| it["event"] == event).collect()
}

#[test]
fn events_tell_each_step_with_what_it_gave() {
    let all = told(run_sock(&["tour", "--json"]));
    let scenes: Vec<_> = of(&all, "scene").iter().map(|it| it["scene"].clone()).collect();
    assert_eq!(scenes, ["tour", "tcp", "udp", "unix", "wrong", "timings", "next"]);
    let steps = of(&all, "step");
    let step = |scene: &str, side: &str, call: &str| {
        let is_it = |it: &&&Value| it["scene"] == scene && it["side"] == side && it["call"] == call;
        *steps.iter().find(is_it).unwrap_or_else(|| panic!("{scene}: {side}: {call}"))
    };
    for step in &steps {
        assert!(step["seconds"].as_f64().is_some_and(|it| (0.0..10.0).contains(&it)), "{step}");
        assert!(step["meaning"].as_str().is_some_and(|it| !it.is_empty()), "{step}");
        assert_ne!(step["returned"].is_null(), step["python"].is_null(), "{step}");
    }
    let accept = step("tcp", "server", "accept");
    assert_eq!(accept["waited"], true);
    assert!(accept["result"].as_str().is_some_and(|it| it.starts_with("127.0.0.1:")), "{accept}");
    assert_eq!(step("tcp", "server", "recv")["result"], "\"hello\"");
    assert_eq!(step("tcp", "client", "recv")["returned"], 5);
    let last = steps.iter().rfind(|it| it["scene"] == "tcp" && it["call"] == "recv").expect("the end");
    assert_eq!((&last["returned"], &last["result"]), (&Value::from(0), &Value::Null));
    let wrong = |call: &str, name: &str, python: &str| {
        let is_it = |it: &&&Value| it["scene"] == "wrong" && it["call"] == call && it["python"] == python;
        let step = steps.iter().find(is_it).unwrap_or_else(|| panic!("{call}: {python}"));
        assert_eq!(step["errno_name"].as_str().unwrap_or(""), name);
    };
    wrong("connect", "ECONNREFUSED", "ConnectionRefusedError");
    wrong("recv", "ECONNRESET", "ConnectionResetError");
    wrong("recv", "", "TimeoutError");
    // Who waits is told before what it waits for, and each that waits comes to its end.
    let waits = of(&all, "waits");
    assert_eq!(waits.len(), steps.iter().filter(|it| it["waited"] == true).count());
    let summary = all.last().expect("events");
    assert_eq!((&summary["event"], &summary["exit_code"]), (&Value::from("summary"), &Value::from(0)));
}

/// The flags of the packets of TCP, and the ports between which all packets went.
fn packets(all: &[Value]) -> (Vec<String>, BTreeSet<u64>) {
    let (mut flags, mut ports) = (Vec::new(), BTreeSet::new());
    let is_wrong = |it: &&Value| it["event"] == "scene" && it["scene"] == "wrong";
    let before = all.split(|it| is_wrong(&it)).next().unwrap_or_default();
    for packet in of(before, "packet") {
        let layers = packet["packet"]["layers"].as_array().expect("layers");
        for layer in layers {
            let number = |name: &str| layer["fields"][name].as_u64();
            let names = ["tcp.srcport", "tcp.dstport", "udp.srcport", "udp.dstport"];
            ports.extend(names.iter().filter_map(|name| number(name)));
            if layer["protocol"] == "tcp" {
                flags.push(format!("{:#x}", number("tcp.flags").expect("flags")));
            }
        }
    }
    (flags, ports)
}

/// That the packets are of the exchange that was told, by its ports and its handshake, data and ends.
fn are_of_the_exchange(all: &[Value]) {
    let (flags, ports) = packets(all);
    let (syn, syn_ack, ack, push, fin) = ("0x2", "0x12", "0x10", "0x18", "0x11");
    assert_eq!(flags[..5], [syn, syn_ack, ack, push, ack], "{flags:?}");
    assert_eq!(flags.iter().filter(|it| **it == fin).count(), 2, "{flags:?}");
    assert_eq!(flags.last().map(String::as_str), Some(ack), "{flags:?}");
    let peers =
        of(all, "step").into_iter().filter(|it| ["tcp", "udp"].iter().any(|scene| it["scene"] == **scene));
    let results = peers.filter_map(|it| it["result"].as_str()?.rsplit_once("127.0.0.1:")?.1.parse().ok());
    let told: BTreeSet<u64> = results.collect();
    assert!(!told.is_empty() && told.is_subset(&ports), "{told:?} {ports:?}");
}

#[test]
fn without_the_right_packets_are_built_from_the_exchange_and_it_says_so() {
    let test = "tour::without_the_right_packets_are_built_from_the_exchange_and_it_says_so";
    if !skip::need(test, "setpriv") {
        return;
    }
    let all = told(run(&mut without_right(&["--json"]), b""));
    let had = of(&all, "packets");
    assert_eq!(had.len(), 2);
    assert!(had.iter().all(|it| it["captured"] == false && it["complete"] == true), "{had:?}");
    let why = |it: &Value| it["reason"].as_str().is_some_and(|it| it.contains("operation not permitted"));
    assert!(had.iter().all(|it| why(it)), "{had:?}");
    are_of_the_exchange(&all);
    let shown = run(&mut without_right(&["--lang", "en", "--plain"]), b"").out().replace('\n', " ");
    assert!(shown.contains("were not captured: capturing needs a privilege (CAP_NET_RAW)"), "{shown}");
    assert!(shown.contains("sudo sock tour"), "{shown}");
    let shown = run(&mut without_right(&["--lang", "zh", "--plain"]), b"").out();
    assert!(shown.contains("抓包需要权限") && !shown.contains("operation not"), "{shown}");
}

#[test]
fn with_the_right_they_are_captured() {
    if !inside("tour::with_the_right_they_are_captured", "true") {
        return;
    }
    let all = told(run_sock(&["tour", "--json"]));
    let had = of(&all, "packets");
    assert!(had.iter().all(|it| it["captured"] == true && it["complete"] == true), "{had:?}");
    assert!(had.iter().all(|it| it["reason"].is_null()), "{had:?}");
    are_of_the_exchange(&all);
    assert!(of(&all, "packet").iter().all(|it| it["interface"] == "lo" && it["time"].is_string()));
    // A refusal, a reset and a half-close show what was drawn: an RST each, and the FIN before the answer.
    let wrong: Vec<Value> = all.iter().skip_while(|it| it["scene"] != "wrong").cloned().collect();
    assert_eq!(of(&wrong, "packets").len(), 3);
    let flags: Vec<_> = of(&wrong, "packet").iter().map(|it| it["packet"].to_string()).collect();
    assert_eq!(flags.iter().filter(|it| it.contains("\"tcp.flags.reset\":true")).count(), 2, "{flags:?}");
}

#[test]
fn with_pauses_every_packet_is_captured_too() {
    let test = "tour::with_pauses_every_packet_is_captured_too";
    if !skip::need(test, "script") || !inside(test, "true") {
        return;
    }
    let mut terminal = terminal(&format!("TERM=xterm {SOCK} tour --lang en --plain"));
    shows(&terminal, "A Unix socket:");
    terminal.write(b"\x03");
    let finished = terminal.finish();
    let shown = finished.out();
    assert!(shown.contains("were captured on the loopback"), "{shown}");
    assert!(!shown.contains("Not all packets"), "{shown}");
}

#[test]
fn where_the_loopback_is_down_the_scenes_that_need_it_say_so_and_the_others_come() {
    if !inside(
        "tour::where_the_loopback_is_down_the_scenes_that_need_it_say_so_and_the_others_come",
        "ip link set lo down",
    ) {
        return;
    }
    let finished = run_sock(&["tour", "--lang", "en"]);
    let shown = finished.out();
    fits_a_terminal(&shown);
    assert_eq!(shown.matches("ip link set lo up").count(), 3, "{shown}");
    assert!(shown.contains("There are no packets to show"), "the scene of Unix sockets: {shown}");
    assert!(shown.contains("What to try next"), "{shown}");
    assert_eq!(finished.code(), 5, "{}", finished.stderr);
    assert_eq!(finished.stderr, "sock: error: the loopback interface, lo, is down\n");
    // The reason and the advice are of the language; the error is one for scripts and searches.
    let shown = run_sock(&["tour", "--lang", "zh"]).out();
    fits_a_terminal(&shown);
    assert!(shown.contains("回环接口 lo 没有启用") && !shown.contains("the loopback"), "{shown}");
}

#[test]
fn why_a_scene_cannot_go_on_is_told_in_the_language_of_the_tour() {
    // How many descriptors the process itself needs, it knows best: with one more there is none for a socket.
    let told = (8..24).find_map(|most| {
        let finished = run(&mut sock_after(&format!("ulimit -n {most}"), &["tour", "--lang", "zh"]), b"");
        let shown = finished.out();
        shown.contains("这一幕无法继续").then_some((shown, finished.stderr))
    });
    let (shown, stderr) = told.expect("too few descriptors for a scene");
    fits_a_terminal(&shown);
    assert!(shown.contains("socket 失败，系统返回 EMFILE（"), "{shown}");
    assert!(stderr.contains("error: socket tcp: too many open files (os error 24)"), "{stderr}");
}

#[test]
fn where_no_folder_can_be_made_the_other_scenes_come() {
    let finished = run(sock(&["tour", "--json"]).env("TMPDIR", "/nowhere"), b"");
    let all = events(&finished.stdout);
    assert!(of(&all, "step").iter().any(|it| it["python"] == "TimeoutError"), "the scene behind it");
    assert!(finished.stderr.contains("/nowhere"), "{}", finished.stderr);
    assert_eq!(of(&all, "error").len(), 1);
    let summary = all.last().expect("events");
    assert_eq!(summary["exit_code"], finished.code());
}

#[test]
fn nothing_is_left_behind_however_it_ends() {
    let folder = TempDir::new();
    let is_empty = || fs::read_dir(folder.path()).expect("a folder").next().is_none();
    let finished = run(sock(&["tour"]).env("TMPDIR", folder.path()), b"");
    assert_eq!(finished.code(), 0, "{}", finished.stderr);
    assert!(is_empty());
    // A reader that has taken the first line only.
    let (reader, writer) = std::io::pipe().expect("a pipe");
    let mut command = sock(&["tour"]);
    command.env("TMPDIR", folder.path()).stdin(Stdio::null()).stdout(writer).stderr(Stdio::piped());
    let process = Process::start_as_it_is(&mut command);
    drop((command, reader));
    let finished = process.finish();
    assert_eq!((finished.code(), finished.stderr.as_str()), (0, ""));
    assert!(is_empty());
}

#[test]
fn a_time_limit_is_no_call_to_the_kernel_and_is_not_counted_as_one() {
    let shown = run_sock(&["tour", "--lang", "en", "--plain"]).quietly_done();
    let shown = text(&shown).replace('\n', " ");
    assert!(shown.contains("settimeout("), "{shown}");
    // Each call is told with what it returned. One more stands in the intro, as an example.
    let told = shown.matches(") = ").count() - 1;
    let waited = shown.matches(", after ").count();
    let rest = told - waited - 1;
    assert!(shown.contains(&format!("The other {rest} calls")), "{rest}: {shown}");
}

#[test]
fn the_list_of_waits_names_each_as_a_reader_knows_it() {
    for (language, timeout) in [("en", "timeout"), ("zh", "超时")] {
        let shown = run_sock(&["tour", "--lang", language]).out();
        let waits: Vec<&str> = shown.lines().filter(|line| line.contains(" recv  ")).collect();
        assert!(waits.iter().any(|line| line.contains(timeout)), "{shown}");
        assert!(!waits.iter().any(|line| line.contains("wrong")), "{shown}");
    }
}

#[test]
fn without_a_terminal_there_is_no_step() {
    for args in [&["--step"][..], &["--step", "--json"], &["--plain", "--json"]] {
        let finished = run(sock(&["tour"]).args(args), b"");
        assert_eq!((finished.code(), finished.out().contains("scene")), (2, false), "{args:?}");
    }
    let finished = run_sock(&["tour", "--step"]);
    assert!(finished.stderr.contains("--step needs a terminal"), "{}", finished.stderr);
}

/// A tour on a terminal of its own.
fn on_a_terminal(test: &str, args: &str) -> Option<Process> {
    skip::need(test, "script").then(|| terminal(&format!("TERM=xterm {SOCK} tour --lang en {args}")))
}

fn shows(terminal: &Process, what: &str) {
    terminal.stdout.until(what, |shown| text(shown).contains(what).then_some(()));
}

#[test]
fn ctrl_c_ends_it_at_once_while_a_side_waits() {
    let Some(mut terminal) = on_a_terminal("tour::ctrl_c_ends_it_at_once_while_a_side_waits", "") else {
        return;
    };
    shows(&terminal, "accept(");
    terminal.write(b"\x03");
    let finished = terminal.finish();
    assert_eq!(finished.code(), 130, "{}", finished.out());
    assert!(!finished.out().contains("What to try next"), "{}", finished.out());
}

#[test]
fn events_end_with_a_summary_after_a_signal_too() {
    for (signal, code) in [("TERM", 143), ("INT", 130)] {
        let process = Process::start(&mut sock(&["tour", "--json"]));
        // It has a second to go then.
        process.stdout.until("the first scene", |shown| text(shown).contains("scene").then_some(()));
        process.signal(signal);
        let finished = process.finish();
        assert_eq!(finished.code(), code, "{}", finished.stderr);
        let all = events(&finished.stdout);
        let summary = all.last().expect("events");
        assert_eq!((&summary["event"], &summary["exit_code"]), (&Value::from("summary"), &Value::from(code)));
        assert_eq!(of(&all, "summary").len(), 1);
    }
}

#[test]
fn a_signal_removes_the_unix_socket() {
    let test = "tour::a_signal_removes_the_unix_socket";
    if !skip::need(test, "script") {
        return;
    }
    let folder = TempDir::new();
    let line = format!("TMPDIR={} {SOCK} tour --lang en --plain", folder.path().display());
    let mut terminal = terminal(&line);
    terminal.stdout.until("the path is bound", |shown| {
        let shown = text(shown);
        shown.contains("/socket").then_some(())
    });
    assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 1);
    terminal.write(b"\x03");
    assert_eq!(terminal.finish().code(), 130);
    assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 0);
}

#[test]
fn with_step_each_scene_waits_for_a_key_and_q_ends_it() {
    let test = "tour::with_step_each_scene_waits_for_a_key_and_q_ends_it";
    let Some(mut terminal) = on_a_terminal(test, "--step") else { return };
    shows(&terminal, "any key goes on, q ends");
    assert!(!text(&terminal.stdout.so_far()).contains("TCP: a connection"), "it waits");
    // A key of several bytes is one.
    terminal.write(b"\x1b[C");
    shows(&terminal, "TCP: a connection");
    terminal.stdout.until("the next question", |shown| {
        (text(shown).matches("any key goes on").count() == 2).then_some(())
    });
    terminal.write(b"q");
    let finished = terminal.finish();
    assert_eq!(finished.code(), 0, "{}", finished.out());
    assert!(!finished.out().contains("UDP: "), "{}", finished.out());
}

#[test]
fn a_key_is_heard_behind_a_stop_too() {
    let test = "tour::a_key_is_heard_behind_a_stop_too";
    if !skip::need(test, "script") {
        return;
    }
    let folder = TempDir::new();
    let [pid, stopped, resumed] = ["pid", "stopped", "resumed"].map(|name| folder.join(name));
    // What a shell does with Ctrl-Z and fg: it has a mode of its own meanwhile. A stopped child of `script` would stop
    // `script` too, so that a shell stays between them.
    let shell = format!(
        "(for _ in $(seq 6000); do [ -e {stopped} ] && break; sleep 0.01; done
          kill -STOP $(cat {pid}); stty sane </dev/tty; kill -CONT $(cat {pid}); : > {resumed}) &
         sh -c 'echo $$ > {pid}; exec {SOCK} tour --lang en --step'; exit $?"
    );
    let mut terminal = terminal(&shell);
    shows(&terminal, "any key goes on");
    fs::write(&stopped, "").expect("a folder of ours");
    eventually("the shell has had the terminal", || std::path::Path::new(&resumed).exists());
    terminal.write(b" ");
    shows(&terminal, "TCP: a connection");
    terminal.write(b"\x03");
    assert_eq!(terminal.finish().code(), 130);
}

#[test]
fn a_terminal_that_a_signal_took_back_shows_what_is_typed_again() {
    let test = "tour::a_terminal_that_a_signal_took_back_shows_what_is_typed_again";
    if !skip::need(test, "script") {
        return;
    }
    let mut terminal = terminal(&format!("trap : INT; {SOCK} tour --lang en --step; stty -a"));
    shows(&terminal, "any key goes on");
    terminal.write(b"\x03");
    let finished = terminal.finish();
    let shown = finished.out();
    assert!(shown.contains(" icanon") && shown.contains(" echo"), "{shown}");
}

#[test]
fn a_terminal_gets_colours_unless_it_wants_none() {
    let test = "tour::a_terminal_gets_colours_unless_it_wants_none";
    if !skip::need(test, "script") {
        return;
    }
    for (environment, coloured) in
        [("TERM=xterm", true), ("TERM=xterm NO_COLOR=1", false), ("TERM=dumb", false)]
    {
        let mut terminal = terminal(&format!("{environment} {SOCK} tour --lang en"));
        shows(&terminal, "accept(");
        terminal.write(b"\x03");
        let finished = terminal.finish();
        assert_eq!(finished.out().contains("\x1b["), coloured, "{environment}: {}", finished.out());
    }
}

#[test]
fn with_explain_the_calls_below_are_told_too() {
    let finished = run_sock(&["tour", "--explain", "--lang", "en"]);
    assert_eq!(finished.code(), 0, "{}", finished.stderr);
    for call in ["accept4(", "connect(", "ppoll(", "shutdown("] {
        assert!(finished.stderr.contains(call), "{call}: {}", finished.stderr);
    }
}

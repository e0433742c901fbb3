//! `sock resolve`: names to addresses and back, as every other program on the machine is answered.

use std::process::Command;

use serde_json::Value;

use crate::kit::namespace;
use crate::kit::{Finished, SOCK, TempDir, events, run, run_sock, text};
use crate::skip;

fn lines(args: &[&str]) -> Vec<String> {
    text(&run_sock(args).quietly_done()).lines().map(str::to_owned).collect()
}

#[test]
fn a_name_has_addresses_and_a_port_by_number_or_by_name() {
    assert_eq!(lines(&["resolve", "-4", "localhost"]), ["127.0.0.1"]);
    assert_eq!(lines(&["resolve", "-4", "localhost:80"]), ["127.0.0.1:80"]);
    assert_eq!(lines(&["resolve", "-4", "*:80"]), ["0.0.0.0:80"]);
    assert_eq!(lines(&["resolve", "-6", ":80"]), ["[::1]:80"]);
    assert_eq!(lines(&["resolve", "-6", "*"]), ["::"]);
    let named = run_sock(&["resolve", "-4", "localhost:domain"]);
    if named.code() == 0 {
        assert_eq!(named.out(), "127.0.0.1:53\n");
    } else {
        skip::skip("resolve::a_name_has_addresses_and_a_port_by_number_or_by_name", "services(5)");
    }
}

#[test]
fn several_names_are_told_apart_in_the_order_in_which_they_are_given() {
    let got = lines(&["resolve", "-4", "localhost:2", "localhost", ":1"]);
    assert_eq!(got, ["localhost:2 127.0.0.1:2", "localhost 127.0.0.1", ":1 127.0.0.1:1"]);
}

#[test]
fn what_fails_does_not_keep_the_rest_from_being_told() {
    for json in [&[][..], &["--json"]] {
        let args = [&["resolve", "-4", "no-such-host.invalid", "localhost"][..], json].concat();
        let finished = run_sock(&args);
        assert_eq!(finished.code(), 3, "{}", finished.stderr);
        assert!(
            finished.stderr.starts_with("sock: error: resolve no-such-host.invalid: "),
            "{}",
            finished.stderr
        );
        assert_eq!(finished.stderr.lines().count(), 1, "{}", finished.stderr);
        if json.is_empty() {
            assert_eq!(finished.out(), "localhost 127.0.0.1\n");
            continue;
        }
        let told = events(&finished.stdout);
        let names: Vec<&Value> = told.iter().map(|event| &event["event"]).collect();
        assert_eq!(names, ["error", "address", "summary"]);
        assert_eq!(told[0]["question"], "no-such-host.invalid");
        assert_eq!((&told[2]["answers"], &told[2]["failures"]), (&1.into(), &1.into()));
        assert!(told.iter().all(|event| event["schema"] == 1), "{told:?}");
    }
}

#[test]
fn events_say_what_the_lines_say() {
    for args in [&["localhost:80"][..], &["localhost"], &[":7"], &["-4", "localhost", "--canonical"]] {
        let told = events(&run_sock(&[&["resolve", "--json"][..], args].concat()).quietly_done());
        let (summary, answers) = told.split_last().expect("a summary");
        assert_eq!(summary["event"], "summary");
        assert_eq!(summary["answers"], answers.len());
        let said = |event: &Value| match event["event"].as_str() {
            Some("canonical_name") => {
                format!("canonical name: {}", event["canonical_name"].as_str().unwrap_or_default())
            }
            _ => event["address"].as_str().unwrap_or_default().to_owned(),
        };
        let want: Vec<String> = answers.iter().map(said).collect();
        assert_eq!(lines(&[&["resolve"][..], args].concat()), want);
    }
}

#[test]
fn what_cannot_be_meant_is_said_under_a_caret() {
    let rows: [(&[&str], &str); 10] = [
        (&[""], "wants a host, as in localhost"),
        (&["--canonical", "localhost", ":80"], "--canonical is for names, and \":80\" is none"),
        (&["localhost:99999"], "port 99999 is outside 0-65535"),
        (&["1.2.3"], "\"1.2.3\" is not an IPv4 address"),
        (
            &["https://example.org"],
            "wants a host and a port alone, as in example.org:https\n  https://example.org\n  ^^^^^^^^",
        ),
        (&["a b"], "a host's name has letters"),
        (&["localhost:"], "wants a port after the host"),
        (&["127.0.0.1", "-6"], "127.0.0.1 is not an address of IPv6"),
        (&["::1", "-4"], "::1 is not an address of IPv4"),
        (&["localhost", "-4", "-6"], "the argument '--ipv4' cannot be used with '--ipv6'"),
    ];
    for (args, want) in rows {
        let finished = run_sock(&[&["resolve"][..], args].concat());
        assert_eq!((finished.code(), finished.out().as_str()), (2, ""), "{}", finished.stderr);
        assert!(finished.stderr.starts_with(&format!("sock: error: {want}")), "{want}: {}", finished.stderr);
    }
    assert_eq!(run_sock(&["resolve"]).code(), 2, "it wants a name");
    assert_eq!(run_sock(&["resolve", "x", "--timeout", "0"]).code(), 2);
}

/// Files that stand in for those of `/etc`, seen by the test's programs alone.
struct System {
    folder: TempDir,
}

impl System {
    fn new(hosts: &[u8], hosts_by: &str) -> Self {
        let folder = TempDir::new();
        folder.file("hosts", hosts);
        folder.file("nsswitch.conf", format!("hosts: {hosts_by}\nservices: files\n").as_bytes());
        folder.file("resolv.conf", b"nameserver 127.0.0.1\noptions timeout:60 attempts:5\n");
        folder.file("services", b"exec 512/tcp\nbiff 512/udp\nhttp 80/tcp\n");
        Self { folder }
    }

    /// Runs a line of shell there; `None` where there is no right to.
    fn run(&self, test: &str, line: &str) -> Option<Finished> {
        let bind = "for file in hosts nsswitch.conf resolv.conf services; do \
                    mount --bind \"$FOLDER/$file\" \"/etc/$file\" || exit 98; done";
        let mut command: Command = namespace::shell(test, &format!("{bind}; {line}"))?;
        command.env("SOCK", SOCK).env("FOLDER", self.folder.path());
        Some(run(&mut command, b""))
    }
}

const HOSTS: &[u8] = b"\
127.0.0.1 localhost
192.0.2.7 first.test alias.test
192.0.2.8 first.test
2001:db8::7 first.test
2001:db8::8 first.test
192.0.2.66 \x1b[2Jevil
192.0.2.67 \x1b[2Jcanonical plain.test
";

#[test]
fn the_order_is_the_resolvers_or_the_one_in_which_connecting_tries() {
    let test = "resolve::the_order_is_the_resolvers_or_the_one_in_which_connecting_tries";
    if !skip::need(test, "getent") {
        return;
    }
    let system = System::new(HOSTS, "files");
    let oracle = "getent ahosts first.test | awk '/STREAM/ { print $1 }'";
    let Some(want) = system.run(test, oracle) else { return };
    let want: Vec<String> = want.out().lines().map(str::to_owned).collect();
    assert_eq!(want.len(), 4, "{want:?}");
    let out = |line: &str| system.run(test, line).map(Finished::quietly_done).unwrap_or_default();
    let plain = text(&out("\"$SOCK\" resolve first.test"));
    assert_eq!(plain.lines().collect::<Vec<_>>(), want);
    let told = events(&out("\"$SOCK\" resolve first.test --json"));
    let tried = text(&out("\"$SOCK\" resolve first.test --connect-order"));
    let tried: Vec<&str> = tried.lines().collect();
    for (index, address) in tried.iter().enumerate() {
        assert_eq!(address.contains(':'), tried[0].contains(':') == (index % 2 == 0), "in turn: {tried:?}");
        let event = told.iter().find(|event| event["address"] == *address).expect("the same addresses");
        assert_eq!(event["connect_turn"], index + 1);
    }
}

#[test]
fn an_address_has_a_name_and_a_hostile_one_drives_no_terminal() {
    // musl takes no such name for canonical.
    const CANONICAL: &str = if cfg!(target_env = "musl") {
        "canonical name: plain.test\n192.0.2.67\n"
    } else {
        "canonical name: \\x1b[2Jcanonical\n192.0.2.67\n"
    };
    let test = "resolve::an_address_has_a_name_and_a_hostile_one_drives_no_terminal";
    let system = System::new(HOSTS, "files");
    let rows = [
        ("192.0.2.7", "first.test\n"),
        ("192.0.2.7:80", "first.test:http\n"),
        ("[2001:db8::7]:4", "first.test:4\n"),
        ("2001:db8::8 127.0.0.1", "2001:db8::8 first.test\n127.0.0.1 localhost\n"),
        ("192.0.2.66", "\\x1b[2Jevil\n"),
        ("192.0.2.7:512", "first.test:exec\n"),
        ("192.0.2.7:512 --udp", "first.test:biff\n"),
        ("localhost:biff --udp", "127.0.0.1:512\n"),
        ("alias.test -4 --canonical", "canonical name: first.test\n192.0.2.7\n"),
        ("plain.test --canonical", CANONICAL),
    ];
    for (args, want) in rows {
        let Some(finished) = system.run(test, &format!("\"$SOCK\" resolve {args}")) else { return };
        assert_eq!(text(&finished.quietly_done()), want, "{args}");
    }
    let Some(finished) = system.run(test, "\"$SOCK\" resolve --json 192.0.2.66:80") else { return };
    let told = events(&finished.quietly_done());
    assert_eq!((&told[0]["host"], &told[0]["service"]), (&"\u{1b}[2Jevil".into(), &"http".into()));
    assert_eq!(told[0]["address"], "192.0.2.66:80");
    let unnamed = [
        ("first.test:nosuch", "resolve first.test:nosuch: "),
        ("localhost -6", "resolve localhost: "),
        ("192.0.2.99", "find the name of 192.0.2.99: "),
        ("2001:db8::99", "find the name of 2001:db8::99: "),
    ];
    // musl reads no nsswitch.conf: where the files have no name of an address, it asks a name server, of which there is
    // none here.
    let rows = if cfg!(target_env = "musl") { 2 } else { unnamed.len() };
    for (args, want) in &unnamed[..rows] {
        let Some(finished) = system.run(test, &format!("\"$SOCK\" resolve {args}")) else { return };
        assert_eq!((finished.code(), finished.out().as_str()), (3, ""), "{}", finished.stderr);
        assert!(finished.stderr.starts_with(&format!("sock: error: {want}")), "{want}: {}", finished.stderr);
    }
}

/// A name server that takes each question and never answers: the resolver waits for a minute, and more.
const SILENT_SERVER: &str = "mkfifo \"$FOLDER/ready\"; \
    \"$SOCK\" serve udp://127.0.0.1:53 --discard --quiet --ready-fd 3 3>\"$FOLDER/ready\" & \
    read line <\"$FOLDER/ready\"; rm \"$FOLDER/ready\";";

#[test]
fn a_resolver_that_hangs_is_a_timeout_both_ways() {
    let test = "resolve::a_resolver_that_hangs_is_a_timeout_both_ways";
    let system = System::new(b"127.0.0.1 localhost\n", "dns");
    for (args, want) in [
        ("slow.test", "resolve slow.test: "),
        ("slow.test other.test", "resolve slow.test: "),
        ("192.0.2.7", "find the name of 192.0.2.7: "),
    ] {
        let line = format!("{SILENT_SERVER} \"$SOCK\" resolve {args} --json --timeout 300ms");
        let Some(finished) = system.run(test, &line) else { return };
        assert_eq!(finished.code(), 124, "{}", finished.stderr);
        assert!(finished.stderr.starts_with(&format!("sock: error: {want}")), "{want}: {}", finished.stderr);
        let told = events(&finished.stdout);
        let errors = told.iter().filter(|event| event["event"] == "error").count();
        assert_eq!(errors, args.split(' ').count(), "{told:?}");
        assert_eq!(told.last().map(|event| &event["failures"]), Some(&errors.into()));
    }
}

/// Both ways, and although the first takes all the time there is.
#[test]
fn who_waits_for_a_resolver_that_hangs_hears_the_others_answers() {
    let test = "resolve::who_waits_for_a_resolver_that_hangs_hears_the_others_answers";
    let system = System::new(HOSTS, "files dns");
    let line = format!(
        "{SILENT_SERVER} \"$SOCK\" resolve slow.test 192.0.2.7 192.0.2.99 first.test -4 --timeout 1s"
    );
    let Some(finished) = system.run(test, &line) else { return };
    assert_eq!(finished.code(), 124, "{}", finished.stderr);
    assert!(finished.out().starts_with("192.0.2.7 first.test\nfirst.test 192.0.2."), "{}", finished.out());
    let said: Vec<&str> = finished.stderr.lines().collect();
    assert_eq!(said.len(), 2, "{said:?}");
    assert!(
        said[0].starts_with("sock: error: resolve slow.test: ") && said[1].contains("192.0.2.99: "),
        "{said:?}"
    );
}

#[test]
fn more_names_than_are_asked_at_once_are_all_answered_in_order() {
    let names: Vec<String> = (1..=100).map(|port| format!("127.0.0.1:{port}")).collect();
    let hosts: Vec<String> = (1..=100).map(|port| format!(":{port}")).collect();
    for names in [names, hosts] {
        let args: Vec<&str> = ["resolve", "-4"].into_iter().chain(names.iter().map(String::as_str)).collect();
        let finished = run_sock(&args);
        let answered: Vec<String> = finished
            .out()
            .lines()
            .map(|line| line.split(' ').next().unwrap_or_default().to_owned())
            .collect();
        assert_eq!(answered, names, "{}", finished.stderr);
    }
}

#[test]
fn a_server_does_not_wait_for_a_resolver_that_hangs() {
    let test = "resolve::a_server_does_not_wait_for_a_resolver_that_hangs";
    let system = System::new(b"127.0.0.1 localhost\n", "dns");
    let line = format!("{SILENT_SERVER} \"$SOCK\" serve slow.test:0 & \"$SOCK\" listen slow.test:0; wait $!");
    let Some(finished) = system.run(test, &line) else { return };
    assert_eq!(finished.code(), 124, "{}", finished.stderr);
    let line = "listen on tcp slow.test:0: no answer came to its name within 10s";
    assert_eq!(finished.stderr.matches(line).count(), 2, "{}", finished.stderr);
}

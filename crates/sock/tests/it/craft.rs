//! `sock craft`: packets from text, shown, written, sent; and `sock decode --craft`, the way back.

use crate::kit::namespace;
use crate::kit::{SOCK, TempDir, events, run, run_sock, sock, text};
use crate::skip;

#[test]
fn a_packet_is_shown_in_its_layers() {
    let shown = text(&run_sock(&["craft", r#"ip(dst=127.0.0.2,ttl=3)/icmp/"hello""#]).quietly_done());
    for part in ["ip: Internet Protocol, version 4", "127.0.0.2", "3 hops", "8 Echo request", "68656c6c6f"] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    let dump = text(&run_sock(&["craft", r#"ip/udp/"hi""#, "--hex"]).quietly_done());
    assert!(dump.starts_with("00000000  45 00 00 1e ") && dump.lines().count() == 2, "{dump}");
    let told = events(&run_sock(&["craft", "udp(srcport=7)", "--json"]).quietly_done());
    assert_eq!(told[0]["packet"]["layers"][0]["fields"]["udp.srcport"], 7, "{told:?}");
    assert_eq!((&told[1]["event"], &told[1]["packets"]), (&"summary".into(), &1.into()));
}

#[test]
fn a_fault_stands_over_a_caret() {
    let rows = [
        ("ip(tll=3)", "no field of ip is called \"tll\"; did you mean \"ttl\"?\n  ip(tll=3)\n     ^^^\n"),
        (
            "ip(ttl=300)",
            "ip.ttl is a number from 0 to 255, in decimal or as 0x..\n  ip(ttl=300)\n         ^^^\n",
        ),
        ("ipp", "no layer is called \"ipp\"; did you mean \"ip\"?\n  ipp\n  ^^^\n"),
    ];
    for (packet, want) in rows {
        let finished = run_sock(&["craft", packet]);
        assert_eq!((finished.code(), finished.out().as_str()), (2, ""), "{}", finished.stderr);
        assert!(finished.stderr.starts_with(&format!("sock: error: {want}")), "{}", finished.stderr);
    }
    let finished = run_sock(&["craft", "ip(tll=3)", "--json"]);
    assert_eq!(events(&finished.stdout)[0]["exit_code"], 2);
}

#[test]
fn what_is_written_comes_back_as_the_same_text() {
    let folder = TempDir::new();
    let path = folder.path().join("crafted.pcapng");
    let path = path.to_str().expect("UTF-8");
    let packet = r#"eth(padding=0x0000)/ip(id=0x0007)/udp(srcport=9,checksum=0x0001)/"hi""#;
    run_sock(&["craft", packet, "--write", path, "--count", "2"]).quietly_done();
    let told = text(&run_sock(&["decode", path, "--craft"]).quietly_done());
    assert_eq!(told, format!("{packet}\n{packet}\n"));
    let hex = "45000016000000003ffd7dd27f0000017f00000158";
    let told = text(&run_sock(&["decode", hex, "--craft"]).quietly_done());
    assert!(told.starts_with("ip("), "{told}");
    let dump = run_sock(&["craft", told.trim(), "--hex"]).quietly_done();
    let again = run(&mut sock(&["decode", "-", "--craft"]), &dump).quietly_done();
    assert_eq!(text(&again), told);
}

#[test]
fn what_cannot_leave_is_refused() {
    let rows = [
        (&["craft", "udp", "--send"][..], "cannot send a packet that begins so"),
        (&["craft", "0x01", "--write", "/nowhere"], "cannot write a packet that begins so"),
        (&["craft", "eth/ip", "--send"], "to send eth needs --interface NAME"),
        (&["craft", "ip", "--answers", "1"], "--send"),
    ];
    for (args, want) in rows {
        let finished = run_sock(args);
        assert_eq!(finished.code(), 2, "{args:?}: {}", finished.stderr);
        assert!(finished.stderr.contains(want), "{args:?}: {}", finished.stderr);
    }
    let finished = run_sock(&["craft", "ip/icmp", "--send", "--interface", "none9"]);
    assert_eq!(finished.code(), 3, "{}", finished.stderr);
    assert!(finished.stderr.contains("this machine has no interface \"none9\""), "{}", finished.stderr);
}

/// What a command prints in a network of its own.
fn printed(test: &str, script: &str) -> Option<String> {
    let mut command = namespace::shell(test, script)?;
    Some(text(&run(command.env("SOCK", SOCK), b"").quietly_done()))
}

#[test]
fn an_echo_request_is_answered() {
    let test = "craft::an_echo_request_is_answered";
    let script =
        r#""$SOCK" craft 'ip(dst=127.0.0.1)/icmp(ident=7,seq=1)/"hello"' --send --answers 1 --timeout 20s"#;
    let Some(out) = printed(test, script) else { return };
    let lines: Vec<&str> = out.lines().collect();
    assert_eq!(lines.len(), 2, "{out}");
    assert!(lines[0].contains("Echo request") && lines[1].contains("Echo reply"), "{out}");
    // A frame has no route yet, and the kernel takes none from its own addresses unless it is told to.
    let script = r#"cd /proc/sys/net/ipv4/conf/lo && echo 1 > route_localnet && echo 1 > accept_local &&
        "$SOCK" craft 'eth/ip/icmp(ident=7)' --send --interface lo --answers 1 --timeout 20s"#;
    let Some(out) = printed(test, script) else { return };
    assert!(out.lines().count() == 2 && out.contains("Echo reply"), "{out}");
}

#[test]
fn a_datagram_to_a_closed_port_is_answered_by_an_error_that_quotes_it() {
    let test = "craft::a_datagram_to_a_closed_port_is_answered_by_an_error_that_quotes_it";
    let script =
        r#""$SOCK" craft 'ip/udp(srcport=7,dstport=9)/"hi"' --send --answers 1 --timeout 20s --json"#;
    let Some(out) = printed(test, script) else { return };
    let told = events(out.as_bytes());
    assert_eq!(told.len(), 3, "{out}");
    let fields = &told[1]["packet"]["layers"][1]["fields"];
    assert_eq!((&fields["icmp.type"], &fields["icmp.code"]), (&3.into(), &3.into()), "{out}");
    assert_eq!((&told[2]["packets"], &told[2]["answers"]), (&1.into(), &1.into()), "{out}");
}

#[test]
fn no_answer_is_a_timeout() {
    let script = r#""$SOCK" craft 'ip/icmp(type=0)' --send --answers 1 --timeout 100ms; echo "exit $?""#;
    let Some(mut command) = namespace::shell("craft::no_answer_is_a_timeout", script) else { return };
    let finished = run(command.env("SOCK", SOCK), b"");
    assert!(finished.out().contains("exit 124"), "{}", finished.out());
    assert!(finished.stderr.contains("0 of 1 answers came within 100ms"), "{}", finished.stderr);
}

#[test]
fn without_the_right_it_says_which_is_missing() {
    let test = "craft::without_the_right_it_says_which_is_missing";
    if !skip::need(test, "setpriv") {
        return;
    }
    // In a network of its own, so that it is root there until the capability is given up.
    let script =
        r#"setpriv --bounding-set -net_raw --inh-caps -net_raw "$SOCK" craft ip --send; echo "exit $?""#;
    let Some(mut command) = namespace::shell(test, script) else { return };
    let finished = run(command.env("SOCK", SOCK), b"");
    assert!(finished.out().contains("exit 7"), "{}\n{}", finished.out(), finished.stderr);
    assert!(finished.stderr.contains("needs CAP_NET_RAW"), "{}", finished.stderr);
    assert!(finished.stderr.contains(&format!("sudo setcap cap_net_raw+ep {SOCK}")), "{}", finished.stderr);
}

//! The grammar, row by row.

use std::net::Ipv6Addr;
use std::time::{Duration, Instant};

use super::*;

const OPTIONS: Words<'_> = Words(&[
    "socket.keepalive",
    "socket.rcvbuf",
    "ip.ttl",
    "ipv6.ttl",
    "tcp.nodelay",
    "tcp.cork",
    "udp.cork",
]);

fn parse(text: &str) -> Result<Endpoint, ParseError> {
    Endpoint::parse(text, &OPTIONS, Role::Either)
}

/// The endpoint that a text must stand for.
fn read(text: &str) -> Endpoint {
    parse(text).unwrap_or_else(|error| panic!("{error}"))
}

fn inet(host: Host, port: u16) -> Place {
    Place::Inet { host, port: Port::Number(port) }
}

fn named(name: &str) -> Host {
    Host::Name(name.to_owned())
}

fn v6(address: &str, zone: Option<&str>) -> Host {
    Host::V6 { address: address.parse().expect(address), zone: zone.map(str::to_owned) }
}

#[test]
fn hosts_and_ports_are_read_in_every_form() {
    let link_local = "fe80::1";
    let rows = [
        ("localhost:80", inet(named("localhost"), 80), "tcp://localhost:80"),
        ("tcp://localhost:0080", inet(named("localhost"), 80), "tcp://localhost:80"),
        ("TCP://Example.org.:65535", inet(named("Example.org."), 65535), "tcp://Example.org.:65535"),
        (":0", inet(Host::Loopback, 0), "tcp://:0"),
        ("*:9000", inet(Host::Every, 9000), "tcp://*:9000"),
        ("192.0.2.1:1", inet(Host::V4([192, 0, 2, 1].into()), 1), "tcp://192.0.2.1:1"),
        ("0.0.0.0:1", inet(Host::V4([0; 4].into()), 1), "tcp://0.0.0.0:1"),
        ("[::]:1", inet(Host::V6 { address: Ipv6Addr::UNSPECIFIED, zone: None }, 1), "tcp://[::]:1"),
        ("[::ffff:192.0.2.1]:1", inet(v6("::ffff:192.0.2.1", None), 1), "tcp://[::ffff:192.0.2.1]:1"),
        ("[fe80::1%eth0]:1", inet(v6(link_local, Some("eth0")), 1), "tcp://[fe80::1%eth0]:1"),
        ("[fe80::1%25eth0]:1", inet(v6(link_local, Some("eth0")), 1), "tcp://[fe80::1%eth0]:1"),
        ("[fe80::1%25]:1", inet(v6(link_local, Some("25")), 1), "tcp://[fe80::1%25]:1"),
        ("[fe80::1%252]:1", inet(v6(link_local, Some("252")), 1), "tcp://[fe80::1%252]:1"),
        ("[fe80::1%%325up]:1", inet(v6(link_local, Some("25up")), 1), "tcp://[fe80::1%%325up]:1"),
        ("[fe80::1%a%5Db]:1", inet(v6(link_local, Some("a]b")), 1), "tcp://[fe80::1%a%5Db]:1"),
        ("my_host-1.example:5", inet(named("my_host-1.example"), 5), "tcp://my_host-1.example:5"),
        ("例え.jp:5", inet(named("例え.jp"), 5), "tcp://例え.jp:5"),
        ("1.2.3.com:5", inet(named("1.2.3.com"), 5), "tcp://1.2.3.com:5"),
        ("tcp://tcp:5", inet(named("tcp"), 5), "tcp://tcp:5"),
    ];
    for (text, place, printed) in rows {
        let endpoint = read(text);
        assert_eq!(
            (endpoint.scheme, endpoint.listen, &endpoint.place),
            (Scheme::Tcp, false, &place),
            "{text}"
        );
        assert_eq!(endpoint.to_string(), printed);
        assert_eq!(read(printed), endpoint);
    }
    let service = Place::Inet { host: named("localhost"), port: Port::Name("http-alt".to_owned()) };
    assert_eq!(read("udp://localhost:http-alt").place, service);
}

#[test]
fn unix_places_are_paths_or_abstract_names_of_any_bytes() {
    let path = |bytes: &[u8]| Place::Path(bytes.to_vec());
    let rows = [
        ("unix:/run/x", path(b"/run/x"), "unix:/run/x"),
        ("unix:///run/x", path(b"/run/x"), "unix:/run/x"),
        ("unix://run/x", path(b"run/x"), "unix:run/x"),
        ("unix:////run/x", path(b"//run/x"), "unix:////run/x"),
        ("unix:x:1", path(b"x:1"), "unix:x:1"),
        ("unix:/a://b", path(b"/a://b"), "unix:/a://b"),
        ("unix:./@x", path(b"./@x"), "unix:./@x"),
        ("unix:%40x", path(b"@x"), "unix:%40x"),
        ("unix:@x", Place::Abstract(b"x".to_vec()), "unix:@x"),
        ("unix://@x/y", Place::Abstract(b"x/y".to_vec()), "unix:@x/y"),
        ("unix:@%00@%ff", Place::Abstract(b"\0@\xff".to_vec()), "unix:@%00@%FF"),
        ("unix:/tmp/a b%3F%ff", path(b"/tmp/a b?\xff"), "unix:/tmp/a%20b%3F%FF"),
        ("unix:/套接字", path("/套接字".as_bytes()), "unix:/套接字"),
        ("unix:/a%2Cb", path(b"/a,b"), "unix:/a%2Cb"),
    ];
    for (text, place, printed) in rows {
        let endpoint = read(text);
        assert_eq!((endpoint.scheme, &endpoint.place), (Scheme::Unix, &place), "{text}");
        assert_eq!(endpoint.to_string(), printed);
        assert_eq!(read(printed), endpoint);
    }
}

#[test]
fn places_of_vsock_are_numbers_or_the_words_of_its_man_page() {
    let rows = [
        ("vsock://2:80", (2, 80), "vsock://host:80"),
        ("vsock:1:80", (1, 80), "vsock://local:80"),
        ("vsock://HOST:4294967294", (2, u32::MAX - 1), "vsock://host:4294967294"),
        ("vsock://hypervisor:1?bind=any:700", (0, 1), "vsock://hypervisor:1?bind=any:700"),
        ("vsock-listen://any:any", (u32::MAX, u32::MAX), "vsock-listen://any:any"),
        // As addresses are printed.
        ("vsock:*:5000", (u32::MAX, 5_000), "vsock://any:5000"),
    ];
    for (text, (cid, port), printed) in rows {
        let endpoint = read(text);
        assert_eq!(endpoint.place, Place::Vsock { cid, port }, "{text}");
        assert_eq!(endpoint.to_string(), printed);
    }
    let cid = "a CID is a number of 32 bits, hypervisor, local, host, or any; found";
    let port = "a port of vsock is a number of 32 bits, or any; found";
    check_wrong(
        &[
            ("vsock://host", "host", "wants a machine's CID and a port, as in vsock://host:5000", None),
            ("vsock://guest:1", "guest", &format!("{cid} \"guest\""), None),
            ("vsock://4294967296:1", "4294967296", &format!("{cid} \"4294967296\""), None),
            ("vsock://host:http", "http", &format!("{port} \"http\""), None),
            ("vsock://host:+1", "+1", &format!("{port} \"+1\""), None),
        ],
        Role::Connect,
    );
}

#[test]
fn an_option_of_several_levels_is_the_one_that_the_scheme_has() {
    assert_eq!(read("tcp://h:1?cork").settings, [Setting::new("tcp.cork", None)]);
    assert_eq!(read("udp://h:1?cork").settings, [Setting::new("udp.cork", None)]);
}

#[test]
fn every_scheme_is_read_in_both_forms() {
    for scheme in Scheme::ALL.iter().copied().filter(|scheme| scheme.row().listening.is_some()) {
        let place = match scheme.row().shape {
            Shape::Unix => "@x",
            Shape::Vsock => "7:1",
            _ => "h:1",
        };
        for (name, listen) in [(scheme.name(), false), (scheme.row().listening.expect("it listens"), true)] {
            let endpoint = read(&format!("{name}://{place}"));
            assert_eq!((endpoint.scheme, endpoint.listen), (scheme, listen), "{name}");
            assert_eq!(read(&endpoint.to_string()), endpoint);
        }
    }
}

#[test]
fn own_options_become_typed_values() {
    let endpoint = read("tcp://h:1?timeout=500ms&retry=1m&interface=eth0&bind=[fe80::1%25eth0]:5");
    let want = Own {
        timeout: Some(Duration::from_millis(500)),
        retry: Some(Duration::from_secs(60)),
        bind: Some(inet(v6("fe80::1", Some("eth0")), 5)),
        interface: Some("eth0".to_owned()),
        ..Own::default()
    };
    assert_eq!(endpoint.own, want);
    assert_eq!(endpoint.to_string(), "tcp://h:1?timeout=500ms&retry=1m&bind=[fe80::1%eth0]:5&interface=eth0");
    let rows = [
        ("192.0.2.1", inet(Host::V4([192, 0, 2, 1].into()), 0)),
        ("192.0.2.1:5", inet(Host::V4([192, 0, 2, 1].into()), 5)),
        ("*:5", inet(Host::Every, 5)),
        ("::1", inet(v6("::1", None), 0)),
        ("[::1]", inet(v6("::1", None), 0)),
    ];
    for (bind, want) in rows {
        assert_eq!(read(&format!("h:1?bind={bind}")).own.bind, Some(want), "{bind}");
    }
    assert_eq!(read("unix-dgram:/s?bind=%40me%26").own.bind, Some(Place::Path(b"@me&".to_vec())));
    assert_eq!(read("unix-dgram:/s?bind=@me").own.bind, Some(Place::Abstract(b"me".to_vec())));
    for (text, mode, printed) in [
        ("unix-listen:/s?mode=7", 7, "unix-listen:/s?mode=007"),
        ("unix:/s?mode=0660", 0o660, "unix:/s?mode=660"),
    ] {
        assert_eq!(read(text).own.mode, Some(mode));
        assert_eq!(read(text).to_string(), printed);
    }
}

#[test]
fn a_group_is_joined_where_it_can_be_heard() {
    for (text, role, printed) in [
        ("udp://*:5?join=239.1.2.3", Role::Listen, "udp://*:5?join=239.1.2.3"),
        ("udp://0.0.0.0:5?join=239.1.2.3", Role::Listen, "udp://0.0.0.0:5?join=239.1.2.3"),
        ("udp://[ff02::1%lo]:5?join=[ff02::1]", Role::Listen, "udp://[ff02::1%lo]:5?join=ff02::1"),
        ("udp://h:5?join=224.0.0.1", Role::Either, "udp://h:5?join=224.0.0.1"),
        (
            "udp://h:5?join=239.1.2.3&bind=239.1.2.3:6",
            Role::Connect,
            "udp://h:5?bind=239.1.2.3:6&join=239.1.2.3",
        ),
    ] {
        let endpoint = Endpoint::parse(text, &OPTIONS, role).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(endpoint.to_string(), printed);
        assert_eq!(Endpoint::parse(printed, &OPTIONS, role), Ok(endpoint));
    }
    let at = "a group is heard at \"*\" or at its own address, as in udp://";
    check_wrong(
        &[
            ("udp://:5?join=239.1.2.3", "239.1.2.3", &format!("{at}239.1.2.3:5"), None),
            ("udp://h:5?join=239.1.2.3", "239.1.2.3", &format!("{at}239.1.2.3:5"), None),
            ("udp://0.0.0.0:5?join=ff02::1", "ff02::1", &format!("{at}[ff02::1]:5"), None),
            ("udp://[::]:5?join=239.1.2.3", "239.1.2.3", &format!("{at}239.1.2.3:5"), None),
        ],
        Role::Listen,
    );
    let alone = "a socket that connects hears a group at its own address alone: bind=239.1.2.3:PORT";
    check_wrong(&[("udp://h:5?bind=*:5&join=239.1.2.3", "239.1.2.3", alone, None)], Role::Connect);
    check_wrong(
        &[
            ("udp://*:5?join=x", "x", "wants a group's address, as in join=239.1.2.3; found \"x\"", None),
            ("h:1?join=239.1.2.3", "join", "option \"join\" belongs to udp", None),
            ("unix-dgram:/s?join=239.1.2.3", "join", "option \"join\" belongs to udp", None),
        ],
        Role::Either,
    );
}

#[test]
fn socket_options_keep_their_order_and_get_their_full_names() {
    let endpoint = read("h:1?nodelay&socket.rcvbuf=64K%26a=b?&keepalive=");
    let value = |text: &str| Some(text.to_owned());
    let want = [
        Setting::new("tcp.nodelay", None),
        Setting::new("socket.rcvbuf", value("64K&a=b?")),
        Setting::new("socket.keepalive", value("")),
    ];
    assert_eq!(endpoint.settings, want);
    assert_eq!(endpoint.settings[0].span, 4..11);
    assert_eq!(endpoint.to_string(), "tcp://h:1?tcp.nodelay&socket.rcvbuf=64K%26a=b%3F&socket.keepalive=");
}

#[test]
fn a_number_alone_is_a_port_where_it_is_listened() {
    let endpoint = Endpoint::parse("8080?nodelay", &OPTIONS, Role::Listen).expect("a port");
    assert_eq!(
        (&endpoint.place, endpoint.to_string()),
        (&inet(Host::Loopback, 8080), "tcp://:8080?tcp.nodelay".into())
    );
    let error = Endpoint::parse("99999?nodelay", &OPTIONS, Role::Listen).expect_err("no port");
    assert_eq!((error.text(), error.span()), ("99999?nodelay", 0..5));
}

#[test]
fn a_file_has_a_path_and_options() {
    for (text, path, printed) in [
        ("tried-file:/tmp/a", "/tmp/a", "tried-file:/tmp/a"),
        ("tried-file:///tmp/a,b@%3F", "/tmp/a,b@?", "tried-file:/tmp/a%2Cb@%3F"),
        ("tried-file:@a", "@a", "tried-file:@a"),
        ("tried-file:////a", "//a", "tried-file:////a"),
    ] {
        let endpoint = read(text);
        assert_eq!(endpoint.place, Place::File(path.into()), "{text}");
        assert_eq!(endpoint.to_string(), printed);
        assert_eq!(read(printed), endpoint);
    }
    check_wrong(
        &[
            ("tried-file:", "", "wants a file's path, as in /tmp/file", None),
            ("tried-file:%00", "%00", "a path holds no zero byte", None),
            ("tried-file:/a?mode=660", "mode", "option \"mode\" belongs to a Unix socket's path", None),
            ("tried-file", "tried-file", "wants a place after the scheme, as in tried-file:/tmp/file", None),
        ],
        Role::Either,
    );
    let refused = "\"tried-file\" cannot be listened at";
    check_wrong(&[("tried-file:/a", "tried-file", refused, None)], Role::Listen);
}

#[test]
fn a_literal_place_keeps_what_stands_in_it() {
    for place in [
        "ls -l a?b&c %41 //x",
        "//x",
        "curl 'http://h/?q=1'",
        "ls ?",
        "x?mode=660",
        "x?nodelay",
        "x?tried=1",
        "x?tried&y",
    ] {
        let endpoint = read(&format!("tried-literal:{place}"));
        assert_eq!((&endpoint.place, endpoint.own.tried), (&Place::Literal(place.into()), None));
        assert_eq!(read(&endpoint.to_string()), endpoint);
    }
    let endpoint = read("tried-literal:a ?b?tried");
    assert_eq!((endpoint.place, endpoint.own.tried), (Place::Literal("a ?b".into()), Some(())));
    let endpoint = read("tried-literal:a?tried?tried");
    assert_eq!(endpoint.place, Place::Literal("a?tried".into()));
    assert_eq!(endpoint.to_string(), "tried-literal:a?tried?tried");
    check_wrong(
        &[
            ("tried-literal:", "", "wants something after the \":\"", None),
            ("tried-literal:a\nb", "\n", "wants characters that print; found \"\\n\"", None),
            ("h:1?tried", "tried", "option \"tried\" belongs to tests", None),
            ("tried-file:a?tried=1", "tried=1", "takes no value, as in tried", None),
        ],
        Role::Either,
    );
}

#[test]
fn a_place_may_be_none() {
    let endpoint = read("tried-alone:");
    assert_eq!((&endpoint.place, endpoint.to_string()), (&Place::Alone, "tried-alone:".to_owned()));
    let message = "nothing stands after the \":\" but \"?\" and options";
    check_wrong(&[("tried-alone:x", "x", message, None)], Role::Either);
    let refused = "\"tried-alone\" cannot be connected to";
    check_wrong(&[("tried-alone:", "tried-alone", refused, None)], Role::Connect);
}

#[test]
fn what_is_no_socket_is_read_and_printed() {
    let literal = |text: &str| Place::Literal(text.to_owned());
    let rows = [
        ("exec:cat -n", Scheme::Exec, literal("cat -n"), "exec:cat -n"),
        ("EXEC:ls 'a b'", Scheme::Exec, literal("ls 'a b'"), "exec:ls 'a b'"),
        ("sh:ls a?b | wc -l", Scheme::Sh, literal("ls a?b | wc -l"), "sh:ls a?b | wc -l"),
        ("sh:a?speed=1", Scheme::Sh, literal("a?speed=1"), "sh:a?speed=1"),
        ("pty:?link=/tmp/a%20b", Scheme::Pty, Place::Alone, "pty:?link=/tmp/a%20b"),
        ("fd:3", Scheme::Fd, Place::Descriptor(3), "fd:3"),
        ("-", Scheme::Standard, Place::Alone, "-"),
        (
            "/dev/ttyS0?speed=9600",
            Scheme::File,
            Place::File(b"/dev/ttyS0".into()),
            "file:/dev/ttyS0?speed=9600",
        ),
        ("./a:b?create&append", Scheme::File, Place::File(b"./a:b".into()), "file:./a:b?append&create"),
    ];
    for (text, scheme, place, printed) in rows {
        let endpoint = read(text);
        assert_eq!((endpoint.scheme, &endpoint.place), (scheme, &place), "{text}");
        assert_eq!(endpoint.to_string(), printed);
        assert_eq!(read(printed), endpoint);
    }
    let endpoint = read("exec:bash -i?pty");
    assert_eq!((&endpoint.place, endpoint.own.local.pty), (&literal("bash -i"), true));
    check_wrong(
        &[
            (
                "exec:ls | wc",
                "|",
                "no shell reads this, so \"|\" would be an argument; sh: has one, and quotes keep it",
                None,
            ),
            ("exec:cat 'x", "'x", "this ' has no other that ends it", None),
            ("exec?pty:cat", "pty", "options stand last, as in exec:...?pty", Some("exec:cat?pty")),
            (
                "exec:cat,pty,stderr",
                ",pty,stderr",
                "options stand behind the command and \"?\"",
                Some("exec:cat?pty"),
            ),
            ("exec", "exec", "wants a place after the scheme, as in exec:ls -l", None),
            ("fd:x", "x", "wants the number of an open descriptor, as in fd:3; found \"x\"", None),
            ("tls:exec:cat", "exec", "tls goes over a socket, and exec is none", None),
            ("h:1?pty", "pty", "option \"pty\" belongs to exec and sh", None),
            ("/x?speed=0", "0", "wants bits a second, as in speed=115200; found \"0\"", None),
            ("unix:/x?append", "append", "option \"append\" belongs to file", None),
            ("pty:?timeout=1s", "timeout", "option \"timeout\" belongs to sockets", None),
        ],
        Role::Either,
    );
    let path = "a Unix socket's path or name stands after \"unix:\"";
    check_wrong(&[("/run/x", "/run/x", path, Some("unix:/run/x"))], Role::Listen);
}

#[test]
fn layers_stand_before_what_carries_them() {
    let one = vec![Layer::TriedLayer];
    let rows = [
        ("tried://h:1", one.clone(), Scheme::Tcp, false, "tried://h:1"),
        ("TRIED-LISTEN://:1", one.clone(), Scheme::Tcp, true, "tried-listen://:1"),
        ("tried:h:1", one.clone(), Scheme::Tcp, false, "tried://h:1"),
        ("tried:tcp-listen://h:1", one.clone(), Scheme::Tcp, true, "tried-listen://h:1"),
        ("tried:unix:/p?mode=660", one.clone(), Scheme::Unix, false, "tried:unix:/p?mode=660"),
        ("tried:unix-listen:/p", one, Scheme::Unix, true, "tried:unix-listen:/p"),
        ("tried:tried://h:1", vec![Layer::TriedLayer; 2], Scheme::Tcp, false, "tried:tried://h:1"),
    ];
    for (text, layers, scheme, listen, printed) in rows {
        let endpoint = read(text);
        assert_eq!((&endpoint.layers, endpoint.scheme, endpoint.listen), (&layers, scheme, listen), "{text}");
        assert_eq!(endpoint.to_string(), printed);
        assert_eq!(read(printed), endpoint);
    }
    let listens = "\"tried-listen\" takes a host and a port; over another scheme that one listens, as in \
                   tried:unix-listen:/path";
    check_wrong(
        &[
            ("tried:udp://h:1", "udp", "tried goes over a stream, and udp is none", None),
            (
                "tried:unix-seqpacket:@x",
                "unix-seqpacket",
                "tried goes over a stream, and unix-seqpacket is none",
                None,
            ),
            ("tried-listen:unix:/p", "tried-listen", listens, None),
            ("tried:tpc://h:1", "tpc", "unknown scheme \"tpc\"", Some("tcp")),
        ],
        Role::Either,
    );
    let deep = "tried:".repeat(5) + "h:1";
    assert_eq!(parse(&deep).expect_err("too deep").span(), 24..29);
}

#[test]
fn every_part_remembers_where_it_stands() {
    let text = "tcp://[fe80::1%eth0]:80?bind=[::1%25lo]:5&timeout=2s";
    let source = read(text).source;
    let place = source.place();
    let parts = [&place.whole, &place.host, &place.zone, &place.port].map(|span| &text[span.clone()]);
    assert_eq!(parts, ["[fe80::1%eth0]:80", "[fe80::1%eth0]", "eth0", "80"]);
    let bind = source.option("bind").expect("it is written");
    assert_eq!(
        [&bind.whole, &bind.zone, &bind.port].map(|span| &text[span.clone()]),
        ["[::1%25lo]:5", "25lo", "5"]
    );
    assert_eq!(source.option("interface"), None);
    let error = source.fault_of("timeout", "too short");
    assert_eq!(&text[error.span()], "2s");
}

/// Text, the bytes at fault, message and suggestion.
type Wrong<'a> = (&'a str, &'a str, &'a str, Option<&'a str>);

/// `fault` is the faulty part of the text, which must be the only such part; empty for "at the end".
fn check_wrong(rows: &[Wrong<'_>], role: Role) {
    for (text, fault, message, suggestion) in rows {
        let error = Endpoint::parse(text, &OPTIONS, role).expect_err(text);
        assert_eq!((error.message(), error.suggestion()), (*message, *suggestion), "{text}");
        assert_eq!(&text[error.span()], *fault, "{text}");
        assert!(!fault.is_empty() || error.span().start == text.len(), "{text}");
    }
}

#[test]
fn a_scheme_that_is_wrong_is_named() {
    let known = "this build knows tcp, udp, mptcp, sctp, vsock, unix, unix-dgram, unix-seqpacket, \
                 exec, sh, pty, file, fd, -, tls";
    let shape = "an endpoint is written scheme://host:port?option&option";
    check_wrong(
        &[
            ("tpc://localhost:80", "tpc", "unknown scheme \"tpc\"", Some("tcp")),
            ("udp-listn://:1", "udp-listn", "unknown scheme \"udp-listn\"", Some("udp-listen")),
            ("wss://a:1", "wss", &format!("unknown scheme \"wss\"; {known}"), None),
            ("HTTPS://a:1", "HTTPS", "unknown scheme \"HTTPS\"", Some("tls")),
            ("\x1b[2J://a:1", "\x1b[2J", &format!("unknown scheme \"\\x1b[2J\"; {known}"), None),
            ("TCP-LISTEN:6142,fork", "TCP-LISTEN:6142,fork", shape, Some("tcp-listen://:6142")),
            ("TCP4:h:80", "TCP4:h:80", shape, Some("tcp://h:80")),
            ("udp:53", "udp:53", shape, Some("udp://:53")),
            ("UNIX-CONNECT:/s", "UNIX-CONNECT:/s", shape, Some("unix:/s")),
            ("tcp:/h:80", "tcp:/h:80", shape, Some("tcp:///h:80")),
        ],
        Role::Either,
    );
}

#[test]
fn a_place_that_is_wrong_is_pointed_at() {
    let name = "a host's name has letters, digits, \"-\", \"_\" and \".\"; found";
    let service = "a port is a number of 0-65535 or a service's name; found";
    check_wrong(
        &[
            ("", "", "wants a host and a port, as in localhost:80, :80 or *:80", None),
            ("tcp://", "", "wants a host and a port, as in localhost:80, :80 or *:80", None),
            ("localhost", "", "wants a port after the host, as in localhost:80", None),
            ("udp", "udp", "wants a place after the scheme, as in udp://:9000", None),
            ("TCP-LISTEN", "TCP-LISTEN", "wants a place after the scheme, as in tcp-listen://:9000", None),
            ("unix", "unix", "wants a place after the scheme, as in unix:/run/app.sock", None),
            ("localhost:", "", "wants a port after the host, as in localhost:80", None),
            ("[::1]", "", "wants a port after the host, as in [::1]:80", None),
            ("[::1", "[", "\"[\" wants a \"]\" after the address", None),
            ("[::1]80", "80", "wants \":\" and a port after \"]\"; found \"80\"", None),
            ("[127.0.0.1]:80", "127.0.0.1", "only an IPv6 address stands in brackets", None),
            ("[localhost]:80", "localhost", "\"localhost\" is not an IPv6 address", None),
            ("[::g]:80", "::g", "\"::g\" is not an IPv6 address", None),
            ("8080", "8080", "wants a host and a port; found a number alone", Some(":8080")),
            ("localhost 80", " ", "wants \":\" between host and port; found \" \"", Some("localhost:80")),
            ("localhost,80", ",", "wants \":\" between host and port; found \",\"", Some("localhost:80")),
            ("@x", "@x", "a Unix socket's path or name stands after \"unix:\"", Some("unix:@x")),
            ("::1:80", "::1:80", "an IPv6 address stands in brackets, before its port", Some("[::1]:80")),
            ("fe80::1", "fe80::1", "an IPv6 address stands in brackets, before its port: [fe80::1]:80", None),
            ("a:b:80", "a:b:80", "wants one \":\", between host and port", None),
            ("h:99999", "99999", "port 99999 is outside 0-65535", None),
            ("h:-1", "-1", &format!("{service} \"-1\""), None),
            ("h:80a", "80a", &format!("{service} \"80a\""), None),
            ("h:6142,fork", ",", "options stand after \"?\", joined by \"&\"; found \",\"", None),
            ("tcp://h:80/x", "/", "only \"?\" and options stand after a port; found \"/\"", None),
            ("me@h:80", "@", &format!("{name} \"@\""), None),
            ("h\u{202e}x:80", "\u{202e}", &format!("{name} \"\\u{{202e}}\""), None),
            ("a..b:80", "a..b", "a host's name has no empty part between dots", None),
            (".:80", ".", "a host's name has no empty part between dots", None),
            (
                "256.0.0.1:80",
                "256.0.0.1",
                "\"256.0.0.1\" is not an IPv4 address, which is four numbers of 0-255",
                None,
            ),
            ("127.1:80", "127.1", "\"127.1\" is not an IPv4 address, which is four numbers of 0-255", None),
            (
                "0x7f000001:80",
                "0x7f000001",
                "\"0x7f000001\" is not an IPv4 address, which is four numbers of 0-255",
                None,
            ),
            (
                "unix:",
                "",
                "wants a path, as in unix:/run/app.sock, or an abstract name, as in unix:@app",
                None,
            ),
            ("unix:@", "@", "an abstract name wants at least one byte after \"@\"", None),
            ("unix:/a%00", "/a%00", "a path holds no zero byte; an abstract name starts with \"@\"", None),
            ("unix:/a%4", "%", "\"%\" wants two hex digits after it; a plain one is written %25", None),
            (
                "UNIX-LISTEN:/s,fork",
                ",",
                "options stand after \"?\", joined by \"&\"; a comma in a path is written %2C",
                None,
            ),
        ],
        Role::Either,
    );
    let long = format!("{}:80", "a".repeat(254));
    let message = "a host's name has at most 253 bytes; found 254";
    check_wrong(&[(&long, &long[..254], message, None)], Role::Either);
}

#[test]
fn an_option_that_is_wrong_is_pointed_at() {
    let interface = "an interface's name has 1 to 15 bytes, no \"/\", \":\" or space; found";
    let mode = "a mode is octal, 000-777, as in mode=660; found";
    let unit = "unknown unit \"sec\"; a time wants ns, us, ms, s, m or h";
    check_wrong(
        &[
            ("h:1?nodelya", "nodelya", "unknown option \"nodelya\"", Some("tcp.nodelay")),
            ("h:1?timout=1", "timout", "unknown option \"timout\"", Some("timeout")),
            ("h:1?retr=1", "retr", "unknown option \"retr\"", Some("retry")),
            ("h:1?retry", "retry", "wants a value, as in retry=30s", None),
            ("h:1?retry=0", "0", "a retry of zero is none; leave it out", None),
            ("h:1?retry=25h", "25h", "a retry lasts a day at most, as in retry=24h", None),
            ("h:1?nodelay,keepalive", ",", "options are joined by \"&\"; found \",\"", None),
            ("h:1?", "", "wants an option's name here", None),
            ("h:1?nodelay&", "", "wants an option's name here", None),
            ("h:1?ttl=1", "ttl", "option \"ttl\" could be ip.ttl and ipv6.ttl; write one in full", None),
            ("udp://h:1?nodelay", "nodelay", "option \"tcp.nodelay\" does not apply to udp", None),
            ("unix:/s?ip.ttl=1", "ip.ttl", "option \"ip.ttl\" does not apply to unix", None),
            ("h:1?nodelay&tcp.nodelay", "tcp.nodelay", "option \"tcp.nodelay\" stands here twice", None),
            ("h:1?timeout=1&bind=::1&timeout=2", "timeout", "option \"timeout\" stands here twice", None),
            ("h:1?rcvbuf=%ff", "%ff", "\"%ff\" is not UTF-8", None),
            ("h:1?timeout", "timeout", "wants a value, as in timeout=2s", None),
            ("h:1?timeout=", "timeout=", "wants a value, as in timeout=2s", None),
            ("h:1?timeout=5sec", "sec", unit, None),
            ("h:1?timeout=0", "0", "a timeout of zero leaves no time to connect", None),
            (
                "h:1?bind=eth0",
                "eth0",
                "wants an address of this machine, not a name, as in bind=192.0.2.1",
                None,
            ),
            ("h:1?bind=:5", ":5", "wants an address of this machine before the port", Some("*:5")),
            ("h:1?interface=a/b", "a/b", &format!("{interface} \"a/b\""), None),
            (
                "h:1?interface=sixteen-letters-",
                "sixteen-letters-",
                &format!("{interface} \"sixteen-letters-\""),
                None,
            ),
            ("unix:/s?mode=888", "888", &format!("{mode} \"888\""), None),
            ("unix:/s?mode=1777", "1777", &format!("{mode} \"1777\""), None),
            ("unix:/s?mode=+77", "+77", &format!("{mode} \"+77\""), None),
            ("h:1?mode=660", "mode", "option \"mode\" belongs to a Unix socket's path", None),
            (
                "unix:@s?mode=660",
                "mode",
                "option \"mode\" belongs to a path; an abstract name has no permissions",
                None,
            ),
            ("unix:/s?interface=lo", "interface", "option \"interface\" belongs to what goes over IP", None),
        ],
        Role::Either,
    );
}

#[test]
fn the_role_decides_what_applies() {
    let listens = "belongs to connecting; this endpoint listens";
    let timeout = format!("option \"timeout\" {listens}");
    let retry = format!("option \"retry\" {listens}");
    let bind = format!("option \"bind\" {listens}");
    check_wrong(
        &[
            ("h:1?timeout=1", "timeout", &timeout, None),
            ("h:1?retry=1", "retry", &retry, None),
            ("h:1?bind=::1", "bind", &bind, None),
        ],
        Role::Listen,
    );
    check_wrong(&[("tcp-listen://h:1?timeout=1", "timeout", &timeout, None)], Role::Either);
    let connect = "\"tcp-listen\" listens; wanted here is an endpoint to connect to";
    let mode = "option \"mode\" belongs to listening; this endpoint connects";
    check_wrong(
        &[("tcp-listen://h:1", "tcp-listen", connect, Some("tcp")), ("unix:/s?mode=660", "mode", mode, None)],
        Role::Connect,
    );
    for (text, role) in
        [("h:1", Role::Listen), ("tcp-listen://h:1", Role::Listen), ("h:1?timeout=1", Role::Connect)]
    {
        assert!(Endpoint::parse(text, &OPTIONS, role).is_ok(), "{text}");
    }
}

#[test]
fn an_error_prints_the_text_with_a_caret_under_the_fault() {
    let rows = [
        ("tpc://localhost:80", "unknown scheme \"tpc\"; did you mean \"tcp\"?\n  tpc://localhost:80\n  ^^^"),
        ("例え:99999", "port 99999 is outside 0-65535\n  例え:99999\n       ^^^^^"),
        ("localhost", "wants a port after the host, as in localhost:80\n  localhost\n           ^"),
    ];
    for (text, want) in rows {
        assert_eq!(parse(text).expect_err(text).to_string(), want);
    }
}

#[test]
fn a_mebibyte_of_anything_is_read_quickly_and_its_error_is_short() {
    let repeated = |unit: &str| unit.repeat((1 << 20) / unit.len());
    let texts = [
        repeated("a"),
        repeated(":"),
        repeated("%"),
        repeated("["),
        repeated("é\u{301}"),
        repeated("9"),
        repeated("a,"),
        format!("{}://h:1", repeated("tcp-listen")),
        format!("h:{}", repeated("9")),
        format!("[::1%{}]:1", repeated("%41")),
        format!("unix:{}%", repeated("%41")),
        format!("unix:/{}%zz", repeated("x")),
        format!("h:1?{}", repeated("&")),
        format!("h:1?{}", repeated("nodelay&")),
        format!("h:1?{}", repeated("x")),
        format!("h:1?rcvbuf={}%", repeated("%41")),
        format!("h:1?timeout={}", repeated("1")),
        format!("h:1?timeout=0.{}", repeated("0")),
        format!("h:1?bind={}", repeated("1:")),
    ];
    for text in texts {
        let start = Instant::now();
        let error = parse(&text).expect_err("nothing this long is an endpoint");
        let printed = error.to_string();
        // Linear reading takes some tens of milliseconds in a debug build; quadratic takes hours.
        assert!(start.elapsed() < Duration::from_secs(5), "{} took {:?}", &text[..20], start.elapsed());
        assert!(printed.len() < 2_000, "{printed}");
    }
    let long = format!("unix:{}", repeated("x"));
    assert_eq!(read(&long).to_string(), long);
}

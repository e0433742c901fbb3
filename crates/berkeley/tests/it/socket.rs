//! Making, naming, sharing, converting and ending sockets.

use std::collections::HashSet;
use std::fs::File;
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream, UdpSocket};
use std::os::fd::{AsFd, AsRawFd, IntoRawFd, OwnedFd};
use std::os::unix::net::{UnixDatagram, UnixListener, UnixStream};
use std::time::Duration;

use berkeley::{
    Address, Deadline, Family, Flags, Interest, Protocol, Socket, SocketRef, Type, UnixAddress, bindings,
    option,
};

use crate::support::{
    KINDS, LIMIT, LISTENERS, LONG, SHORT, TCP, TempDir, UDP, UNIX, UNIX_DGRAM, is_close_on_exec,
    is_nonblocking, within,
};

const ENOTSOCK: i32 = 88;

#[test]
fn sockets_can_be_sent_to_and_shared_between_threads() {
    const fn can<T: Send + Sync>() {}
    can::<Socket>();
    can::<SocketRef<'static>>();
    can::<berkeley::Error>();
    can::<Address>();
}

#[test]
fn every_descriptor_is_close_on_exec_from_the_start() {
    within(LIMIT, || {
        for kind in KINDS {
            let socket = kind.socket();
            assert!(is_close_on_exec(&socket), "new {}", kind.name);
            assert!(is_close_on_exec(&socket.try_clone().unwrap()), "try_clone {}", kind.name);
            let (left, right) = kind.pair();
            assert!(is_close_on_exec(&left) && is_close_on_exec(&right), "pair {}", kind.name);
        }
        for kind in LISTENERS {
            let (listener, address) = kind.listener(4);
            for accept in [Socket::accept, Socket::try_accept, Socket::try_accept_nonblocking] {
                let client = kind.socket();
                client.connect(address).unwrap();
                let (accepted, _) = accept(&listener).unwrap();
                assert!(is_close_on_exec(&accepted), "accept {}", kind.name);
            }
        }
    });
}

#[test]
fn a_nonblocking_type_starts_with_a_timeout_of_zero() {
    let socket = Socket::new(Family::INET, Type::DGRAM.nonblocking(), Protocol::DEFAULT).unwrap();
    assert_eq!(socket.timeout(), Some(Duration::ZERO));
    assert!(is_nonblocking(&socket));
    assert!(socket.recv(&mut [0; 8]).unwrap_err().is_would_block());

    let (left, right) = Socket::pair(Family::UNIX, Type::STREAM.nonblocking(), Protocol::DEFAULT).unwrap();
    assert_eq!((left.timeout(), right.timeout()), (Some(Duration::ZERO), Some(Duration::ZERO)));
    assert!(left.recv_vec(8).unwrap_err().is_would_block());
}

#[test]
fn setting_a_timeout_sets_the_flag_and_clearing_it_clears_the_flag() {
    let socket = UDP.socket();
    assert_eq!(socket.timeout(), None);
    for (timeout, nonblocking) in [(Some(Duration::ZERO), true), (None, false), (Some(LONG), true)] {
        socket.set_timeout(timeout).unwrap();
        assert_eq!(socket.timeout(), timeout);
        assert_eq!(is_nonblocking(&socket), nonblocking, "{timeout:?}");
    }
}

#[test]
fn an_accepted_socket_blocks_whatever_its_listener_does() {
    within(LIMIT, || {
        for kind in LISTENERS {
            let (listener, address) = kind.listener(4);
            listener.set_timeout(Some(LONG)).unwrap();
            let client = kind.socket();
            client.connect(address).unwrap();
            let (accepted, _) = listener.accept().unwrap();
            assert_eq!(accepted.timeout(), None, "{}", kind.name);
            assert!(!is_nonblocking(&accepted), "{}", kind.name);

            let second = kind.socket();
            second.connect(address).unwrap();
            listener.wait(Interest::READABLE, berkeley::Deadline::after(LONG)).unwrap();
            let (accepted, _) = listener.try_accept_nonblocking().unwrap();
            assert_eq!(accepted.timeout(), Some(Duration::ZERO), "{}", kind.name);
            assert!(is_nonblocking(&accepted), "{}", kind.name);
        }
    });
}

#[test]
fn both_ends_agree_on_their_names() {
    within(LIMIT, || {
        for kind in LISTENERS {
            let (listener, address) = kind.listener(4);
            assert_eq!(listener.local_address().unwrap(), address);
            let client = kind.socket();
            client.connect(address).unwrap();
            let (accepted, peer) = listener.accept().unwrap();
            assert_eq!(client.peer_address().unwrap(), address, "{}", kind.name);
            assert_eq!(accepted.local_address().unwrap(), address, "{}", kind.name);
            assert_eq!(peer, client.local_address().unwrap(), "{}", kind.name);
            assert_eq!(peer.is_unnamed(), kind.family == Family::UNIX, "{}", kind.name);
        }
    });
}

#[test]
fn a_unix_path_is_seen_by_the_sender_and_by_the_receiver() {
    within(LIMIT, || {
        let folder = TempDir::new();
        let (here, there) = (folder.unix("here"), folder.unix("there"));
        let (left, right) = (UNIX_DGRAM.socket(), UNIX_DGRAM.socket());
        left.bind(here).unwrap();
        right.bind(there).unwrap();
        left.send_to(b"hello", there).unwrap();
        let (length, from) = right.recv_from(&mut [0; 16]).unwrap();
        assert_eq!((length, from), (5, Address::Unix(here)));
        assert_eq!(from.as_unix().and_then(UnixAddress::as_path), here.as_path());
    });
}

#[test]
fn binding_to_no_name_gives_an_abstract_name() {
    let (_socket, address) = UNIX_DGRAM.bound();
    // "The address consists of a null byte followed by 5 bytes in the character set [0-9a-f]" (unix(7)).
    let name = address.as_unix().and_then(UnixAddress::as_abstract).unwrap();
    assert_eq!(name.len(), 5);
    assert!(name.iter().all(u8::is_ascii_hexdigit), "{name:?}");
}

#[test]
fn an_abstract_name_may_hold_nuls() {
    within(LIMIT, || {
        let process = std::process::id().to_ne_bytes();
        let name = [b"\0berkeley\0", &process[..], b"\0"].concat();
        let address = UnixAddress::from_abstract(&name).unwrap();
        let listener = UNIX.socket();
        listener.bind(address).unwrap();
        listener.listen(1).unwrap();
        assert_eq!(listener.local_address().unwrap(), Address::Unix(address));
        let client = UNIX.socket();
        client.connect(address).unwrap();
        assert_eq!(client.peer_address().unwrap().as_unix().unwrap().as_abstract(), Some(&name[..]));
    });
}

#[test]
fn a_clone_is_the_same_socket_with_a_timeout_of_its_own() {
    within(LIMIT, || {
        for kind in KINDS {
            let (left, right) = kind.pair();
            left.set_timeout(Some(LONG)).unwrap();
            let clone = left.try_clone().unwrap();
            assert_eq!(clone.timeout(), Some(LONG), "{}", kind.name);
            assert_ne!(clone.as_raw_fd(), left.as_raw_fd());
            assert_eq!(clone.local_address().unwrap(), left.local_address().unwrap(), "{}", kind.name);

            clone.set_timeout(Some(SHORT)).unwrap();
            assert_eq!(left.timeout(), Some(LONG), "{}", kind.name);

            clone.send(b"one").unwrap();
            drop(clone);
            assert_eq!(right.recv_vec(3).unwrap(), b"one", "{}", kind.name);
            left.send(b"two").unwrap();
            assert_eq!(right.recv_vec(3).unwrap(), b"two", "the clone's end ended {}", kind.name);
        }
    });
}

#[test]
fn a_borrowed_socket_has_the_same_methods_and_closes_nothing() {
    within(LIMIT, || {
        let std_socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        {
            let borrowed = SocketRef::borrow(std_socket.as_fd());
            let address = borrowed.local_address().unwrap();
            borrowed.send_to(b"one", address).unwrap();
        }
        let mut buffer = [0; 8];
        assert_eq!(std_socket.recv(&mut buffer).unwrap(), 3);

        let (left, right) = UNIX.pair();
        left.set_timeout(Some(LONG)).unwrap();
        let by_ref = left.by_ref();
        assert_eq!(by_ref.timeout(), Some(LONG));
        by_ref.send_all(b"two").unwrap();
        assert_eq!(right.recv_vec(8).unwrap(), b"two");
    });
}

#[test]
fn a_descriptor_that_is_no_socket_is_told_so() {
    let file = File::open("/dev/null").unwrap();
    let borrowed = SocketRef::borrow(file.as_fd());
    for error in [
        borrowed.recv(&mut [0; 8]).unwrap_err(),
        borrowed.send_all(b"x").unwrap_err(),
        borrowed.local_address().unwrap_err(),
        borrowed.bind((Ipv4Addr::LOCALHOST, 0)).unwrap_err(),
    ] {
        assert_eq!(error.raw_os_error(), Some(ENOTSOCK), "{error}");
        assert!(error.target().is_some_and(|target| target.starts_with("fd")), "{error}");
    }
    assert!(format!("{borrowed:?}").contains("\"fd\""), "{borrowed:?}");
}

/// There to std's type and back, the descriptor the same all the way.
macro_rules! assert_there_and_back {
    ($socket:expr, $($std:ty),*) => { $(
        let socket: Socket = $socket;
        let fd = socket.as_raw_fd();
        let std_socket = <$std>::from(socket);
        assert_eq!(std_socket.as_raw_fd(), fd, stringify!($std));
        let socket = Socket::from(std_socket);
        assert_eq!(socket.as_raw_fd(), fd, stringify!($std));
        assert_eq!(socket.timeout(), None, stringify!($std));
    )* };
}

#[test]
fn conversions_to_and_from_std_keep_the_descriptor() {
    assert_there_and_back!(TCP.socket(), TcpStream, TcpListener, OwnedFd);
    assert_there_and_back!(UDP.socket(), UdpSocket);
    assert_there_and_back!(UNIX.socket(), UnixStream, UnixListener);
    assert_there_and_back!(UNIX_DGRAM.socket(), UnixDatagram);

    let socket = UDP.socket();
    let fd = socket.as_raw_fd();
    assert_eq!(socket.as_fd().as_raw_fd(), fd);
    // Nobody's from now on, and open until the process ends.
    assert_eq!(socket.into_raw_fd(), fd);
}

#[test]
fn sockets_of_std_and_of_ours_talk_to_each_other() {
    within(LIMIT, || {
        let listener = Socket::from(TcpListener::bind("127.0.0.1:0").unwrap());
        let address = std::net::SocketAddr::try_from(listener.local_address().unwrap()).unwrap();
        let client = Socket::from(TcpStream::connect(address).unwrap());
        let peer = TcpStream::from(listener.accept().unwrap().0);
        client.send_all(b"hello").unwrap();
        let mut buffer = [0; 5];
        std::io::Read::read_exact(&mut &peer, &mut buffer).unwrap();
        assert_eq!(&buffer, b"hello");
    });
}

#[test]
fn shutting_each_way_ends_that_way_alone() {
    within(LIMIT, || {
        for kind in LISTENERS {
            let (left, right) = kind.pair();
            left.send(b"last").unwrap();
            left.shutdown(Shutdown::Write).unwrap();
            assert_eq!(right.recv_vec(8).unwrap(), b"last", "{}", kind.name);
            assert_eq!(right.recv_vec(8).unwrap(), b"", "{}: the end", kind.name);
            assert_eq!(
                left.send(b"more").unwrap_err().kind(),
                std::io::ErrorKind::BrokenPipe,
                "{}",
                kind.name
            );
            right.send(b"back").unwrap();
            assert_eq!(left.recv_vec(8).unwrap(), b"back", "{}: the other way", kind.name);

            let (left, right) = kind.pair();
            left.shutdown(Shutdown::Read).unwrap();
            assert_eq!(left.recv_vec(8).unwrap(), b"", "{}", kind.name);
            left.send(b"still").unwrap();
            assert_eq!(right.recv_vec(8).unwrap(), b"still", "{}", kind.name);

            let (left, right) = kind.pair();
            left.shutdown(Shutdown::Both).unwrap();
            assert_eq!(left.recv_vec(8).unwrap(), b"", "{}", kind.name);
            assert_eq!(right.recv_vec(8).unwrap(), b"", "{}", kind.name);
        }
    });
}

#[test]
fn shutting_by_number_is_for_the_kernel_to_judge() {
    within(LIMIT, || {
        for kind in LISTENERS {
            let (left, right) = kind.pair();
            for number in [-1, 3, 9, i32::MAX] {
                let refused = bindings::shutdown(left.as_fd(), number).unwrap_err();
                assert_eq!(refused.kind(), std::io::ErrorKind::InvalidInput, "{}: {number}", kind.name);
            }
            bindings::shutdown(left.as_fd(), 1).unwrap();
            assert_eq!(right.recv_vec(8).unwrap(), b"", "{}: the end", kind.name);
        }
        let file = File::open("/dev/null").unwrap();
        assert_eq!(bindings::shutdown(file.as_fd(), 9).unwrap_err().raw_os_error(), Some(ENOTSOCK));
    });
}

#[test]
fn shutting_a_clone_shuts_the_socket() {
    within(LIMIT, || {
        let (left, right) = UNIX.pair();
        left.try_clone().unwrap().shutdown(Shutdown::Write).unwrap();
        assert_eq!(right.recv_vec(8).unwrap(), b"");
    });
}

#[test]
fn what_the_peer_has_not_taken_is_unsent() {
    within(LIMIT, || {
        for kind in [UNIX, TCP] {
            let (left, right) = kind.pair();
            assert_eq!(left.unsent().unwrap(), 0);
            left.set_timeout(Some(Duration::ZERO)).unwrap();
            let (mut sent, mut buffer) = (0, vec![0; 65_536]);
            // Until the peer's queue is full and ours as well.
            while let Ok(length) = left.send(&buffer) {
                sent += length;
            }
            assert!(left.unsent().unwrap() > 0);
            while sent > 0 {
                sent -= right.recv(&mut buffer).unwrap();
            }
            // The last acknowledgement of TCP comes when it comes.
            while left.unsent().unwrap() > 0 {
                std::thread::yield_now();
            }
        }
    });
}

#[test]
fn a_pending_error_is_taken_once() {
    within(LIMIT, || {
        let (gone, address) = UDP.bound();
        let socket = UDP.socket();
        socket.connect(address).unwrap();
        assert!(socket.take_error().unwrap().is_none());
        drop(gone);
        socket.send(b"to nobody").unwrap();
        // The refusal (ICMP, port unreachable) comes back through the loopback.
        socket.wait(Interest::READABLE, berkeley::Deadline::after(LONG)).unwrap();
        let error = socket.take_error().unwrap().unwrap();
        assert_eq!(error.kind(), std::io::ErrorKind::ConnectionRefused, "{error}");
        assert!(socket.take_error().unwrap().is_none(), "taken");
    });
}

#[test]
fn debug_says_what_the_socket_is_and_where_it_leads() {
    within(LIMIT, || {
        let (left, _right) = TCP.pair();
        left.set_timeout(Some(LONG)).unwrap();
        let text = format!("{left:?}");
        for part in [
            format!("fd: {}", left.as_raw_fd()),
            r#"kind: "tcp""#.to_owned(),
            "timeout: Some(20s)".to_owned(),
            format!("local: {:?}", left.local_address().unwrap()),
            format!("peer: {:?}", left.peer_address().unwrap()),
        ] {
            assert!(text.contains(&part), "{part} in {text}");
        }
    });
}

#[test]
fn many_threads_send_through_one_socket() {
    within(LIMIT, || {
        let (left, right) = UNIX_DGRAM.pair();
        std::thread::scope(|scope| {
            for number in 0..8_u8 {
                let left = &left;
                scope.spawn(move || {
                    for piece in 0..100 {
                        left.send_with(&[number, piece], Flags::NONE).unwrap();
                    }
                });
            }
            let received: HashSet<Vec<u8>> = (0..800).map(|_| right.recv_vec(8).unwrap()).collect();
            assert_eq!(received.len(), 800, "each datagram once");
        });
    });
}

/// What the documentation of `accept` names.
#[test]
fn an_accepted_socket_inherits_the_listeners_options() {
    within(LIMIT, || {
        let (listener, address) = TCP.listener(1);
        let linger = Some(std::time::Duration::from_secs(3));
        listener.set(option::RCVBUF, 20_000).unwrap();
        listener.set(option::SNDBUF, 30_000).unwrap();
        listener.set(option::KEEPALIVE, true).unwrap();
        listener.set(option::LINGER, linger).unwrap();
        listener.set(option::tcp::NODELAY, true).unwrap();
        listener.set_timeout(Some(LONG)).unwrap();
        let client = TCP.socket();
        client.connect(address).unwrap();
        let (accepted, _) = listener.accept().unwrap();
        // The kernel doubles what is asked for.
        assert_eq!(accepted.get(option::RCVBUF).unwrap(), 40_000);
        assert_eq!(accepted.get(option::SNDBUF).unwrap(), 60_000);
        assert!(accepted.get(option::KEEPALIVE).unwrap() && accepted.get(option::tcp::NODELAY).unwrap());
        assert_eq!(accepted.get(option::LINGER).unwrap(), linger);
        assert!(!is_nonblocking(&accepted));
        assert_eq!(accepted.timeout(), None);
    });
}

#[test]
fn the_peers_process_has_a_descriptor() {
    let (left, _right) = Socket::pair(Family::UNIX, Type::STREAM, Protocol::DEFAULT).unwrap();
    match left.peer_pidfd() {
        Err(error) if error.raw_os_error() == Some(libc::ENOPROTOOPT) => {
            crate::skip::skip("socket::the_peers_process_has_a_descriptor", "SO_PEERPIDFD (Linux 6.5)");
        }
        pidfd => {
            let pidfd = pidfd.unwrap();
            let path = format!("/proc/self/fdinfo/{}", pidfd.as_raw_fd());
            let about = std::fs::read_to_string(path).unwrap();
            let pid = about.lines().find_map(|line| line.strip_prefix("Pid:")).unwrap();
            assert_eq!(pid.trim().parse(), Ok(std::process::id()));
            let flags = about.lines().find_map(|line| line.strip_prefix("flags:")).unwrap();
            let flags = i32::from_str_radix(flags.trim(), 8).unwrap();
            assert_ne!(flags & libc::O_CLOEXEC, 0, "close-on-exec");
        }
    }
}

#[test]
fn the_urgent_mark_is_told() {
    within(LIMIT, || {
        let (near, far) = TCP.pair();
        assert!(!far.at_mark().unwrap());
        near.send_all(b"plain").unwrap();
        near.send_with(b"!", Flags::OOB).unwrap();
        let found = far.wait(Interest::PRIORITY, Deadline::after(LONG)).unwrap();
        assert!(found.contains(Interest::PRIORITY));
        let mut buffer = [0; 16];
        let mut got = 0;
        // The kernel stops a receive at the mark.
        while !far.at_mark().unwrap() {
            got += far.recv(&mut buffer[got..]).unwrap();
        }
        assert_eq!(&buffer[..got], b"plain");
        let mut urgent = [0];
        assert_eq!(far.recv_with(&mut urgent, Flags::OOB).unwrap(), 1);
        assert_eq!(&urgent, b"!");
    });
}

#[test]
fn a_descriptor_is_inherited_only_once_that_is_said() {
    let socket = UDP.socket();
    assert!(!socket.is_inheritable().unwrap());
    for inheritable in [true, false] {
        socket.set_inheritable(inheritable).unwrap();
        assert_eq!(socket.is_inheritable().unwrap(), inheritable);
        assert_eq!(is_close_on_exec(&socket), !inheritable);
    }
}

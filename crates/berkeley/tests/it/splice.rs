//! Files to sockets and sockets to sockets, without a copy: every byte arrives, whatever comes between.

use std::fs::{self, File};
use std::io::Write;
use std::net::Shutdown;
use std::sync::mpsc::channel;
use std::thread::{self, JoinHandle};
use std::time::Duration;

#[cfg(feature = "fault")]
use berkeley::fault::{self, Plan};
use berkeley::splice::{Filled, SplicePipe, splice};
use berkeley::{Cause, Error, Flags, Interest, Operation, Socket, option};

use crate::bounded::{JoinInTime, RecvInTime};
use crate::signal::let_sigpipe_kill;
use crate::support::{
    Kind, LIMIT, LONG, SHORT, STREAMS, TCP, TempDir, UDP, UNIX, alone, assert_kept, open_descriptors,
    pattern, timed, within,
};

const EIO: i32 = 5;
const EBADF: i32 = 9;
const EINVAL: i32 = 22;
const EPIPE: i32 = 32;
const ECONNRESET: i32 = 104;
const ENOTCONN: i32 = 107;

/// A file of `bytes`, and the folder that goes with it.
fn file(bytes: &[u8]) -> (TempDir, File) {
    let folder = TempDir::new();
    let path = folder.path("file");
    fs::write(&path, bytes).unwrap();
    (folder, File::open(path).unwrap())
}

/// How many bytes there were, and their sum by FNV-1a's rule, which sees what is lost, doubled or moved.
#[derive(Debug, PartialEq, Eq, Clone, Copy)]
struct Sum(usize, u64);

impl Sum {
    const NONE: Self = Self(0, 0xcbf2_9ce4_8422_2325);

    fn add(self, bytes: &[u8]) -> Self {
        let sum = |sum: u64, byte: &u8| (sum ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        Self(self.0 + bytes.len(), bytes.iter().fold(self.1, sum))
    }

    fn of(bytes: &[u8]) -> Self {
        Self::NONE.add(bytes)
    }
}

/// Reads to the end on a thread of its own.
fn sink(socket: Socket) -> JoinHandle<Sum> {
    thread::spawn(move || {
        let (mut sum, mut buffer) = (Sum::NONE, vec![0; 256 << 10]);
        loop {
            match socket.recv(&mut buffer).unwrap() {
                0 => return sum,
                length => sum = sum.add(&buffer[..length]),
            }
        }
    })
}

fn read_all(socket: &Socket) -> Vec<u8> {
    let mut all = Vec::new();
    loop {
        match socket.recv_vec(65_536).unwrap() {
            piece if piece.is_empty() => return all,
            piece => all.extend(piece),
        }
    }
}

/// A client, what relays (two sockets), and a server: `client - (from, to) - server`.
fn chain(kind: Kind) -> (Socket, Socket, Socket, Socket) {
    let ((client, from), (to, server)) = (kind.pair(), kind.pair());
    (client, from, to, server)
}

fn relay(from: &Socket, to: &Socket) -> Result<u64, Error> {
    let mut pipe = SplicePipe::new()?;
    let mut total = 0;
    loop {
        match splice(from, to, &mut pipe, 1 << 20)? {
            0 => break,
            moved => total += moved as u64,
        }
    }
    to.shutdown(Shutdown::Write)?;
    Ok(total)
}

#[test]
fn a_file_of_64_mib_arrives_byte_for_byte() {
    within(LIMIT * 2, || {
        let bytes = pattern(64 << 20);
        let want = Sum::of(&bytes);
        let (_folder, file) = file(&bytes);
        for kind in STREAMS {
            for timeout in [None, Some(LONG)] {
                let (left, right) = kind.pair();
                left.set_timeout(timeout).unwrap();
                let sink = sink(right);
                assert_eq!(left.send_file(&file, 0, None).unwrap(), 64 << 20, "{kind:?}");
                drop(left);
                assert_eq!(sink.join_in_time().unwrap(), want, "{kind:?}");
            }
        }
    });
}

#[test]
fn a_part_of_a_file_is_sent_and_its_position_stays() {
    within(LIMIT, || {
        let bytes = pattern(10_000);
        let (_folder, file) = file(&bytes);
        // The offset, the count, what goes.
        let rows: [(u64, Option<u64>, std::ops::Range<usize>); 8] = [
            (0, Some(0), 0..0),
            (0, Some(1), 0..1),
            (5000, Some(100), 5000..5100),
            (9000, None, 9000..10_000),
            (9000, Some(5000), 9000..10_000),
            (10_000, None, 0..0),
            (20_000, Some(5), 0..0),
            (0, Some(u64::MAX), 0..10_000),
        ];
        for kind in STREAMS {
            for (offset, count, want) in rows.clone() {
                let (left, right) = kind.pair();
                let sent = left.send_file(&file, offset, count).unwrap();
                assert_eq!(sent, want.len() as u64, "{kind:?}: {offset}, {count:?}");
                drop(left);
                assert_eq!(read_all(&right), bytes[want], "{kind:?}: {offset}, {count:?}");
            }
        }
        assert_eq!(std::io::Seek::stream_position(&mut &file).unwrap(), 0);
    });
}

#[test]
fn a_try_sends_what_there_is_room_for_and_does_not_wait() {
    within(LIMIT, || {
        let bytes = pattern(8 << 20);
        let (_folder, file) = file(&bytes);
        for kind in STREAMS {
            let (left, right) = kind.pair();
            left.set_timeout(Some(LONG)).unwrap();
            let (mut went, all) = (0, bytes.len() as u64);
            let error = loop {
                match left.try_send_file(&file, went, all - went) {
                    Ok(sent) => went += sent,
                    Err(error) => break error,
                }
            };
            assert!(error.is_would_block() && went > 0 && went < all, "{kind:?}: {error} after {went}");
            assert_eq!(left.try_send_file(&file, all, 1).ok(), Some(0), "{kind:?}: the end of the file");
            drop(left);
            assert_eq!(read_all(&right), bytes[..usize::try_from(went).unwrap()], "{kind:?}");
        }
    });
}

#[cfg(feature = "fault")]
#[test]
fn a_file_that_sendfile_refuses_is_copied() {
    within(LIMIT, || {
        let bytes = pattern(3 << 20);
        let (_folder, file) = file(&bytes);
        for (nth, errno) in [(1, EINVAL), (2, EINVAL), (1, 38)] {
            let (left, right) = TCP.pair();
            left.set_timeout(Some(LONG)).unwrap();
            let sink = sink(right);
            let armed = fault::arm(Plan::fail("sendfile", nth, errno));
            assert_eq!(left.send_file(&file, 0, None).unwrap(), 3 << 20);
            assert!(armed.struck() || nth == 2);
            drop((armed, left));
            assert_eq!(sink.join_in_time().unwrap(), Sum::of(&bytes));
        }
    });
}

#[test]
fn what_is_no_file_is_an_error() {
    within(LIMIT, || {
        let (left, _right) = UNIX.pair();
        let (pipe, _writer) = std::io::pipe().unwrap();
        let error = left.send_file(&pipe, 0, Some(1)).unwrap_err();
        assert_eq!((error.operation(), error.raw_os_error()), (Operation::SendFile, Some(29)), "{error}");
        let (_folder, file) = file(b"x");
        let error = left.send_file(&file, u64::MAX, Some(1)).unwrap_err();
        assert_eq!(error.raw_os_error(), Some(75), "{error}");
    });
}

#[test]
fn a_reader_that_stalls_ends_the_sending_in_time() {
    within(LIMIT, || {
        let bytes = pattern(64 << 20);
        let (_folder, file) = file(&bytes);
        for kind in STREAMS {
            let (left, right) = kind.pair();
            left.set_timeout(Some(SHORT)).unwrap();
            let (error, took) = timed(|| left.send_file(&file, 0, None).unwrap_err());
            assert_eq!(error.cause(), Cause::TimedOut, "{error}");
            assert_kept(SHORT, took, kind.name);
            drop(left);
            let received = read_all(&right);
            assert_eq!(received.len(), error.bytes_sent(), "{error}");
            assert_eq!(received, bytes[..received.len()]);
        }
    });
}

/// sendfile(2) has no flag not to wait; the sends of what is copied have.
#[cfg(feature = "fault")]
#[test]
fn a_copied_file_keeps_the_timeout_where_a_clone_has_made_the_socket_block() {
    within(LIMIT, || {
        let (_folder, file) = file(&pattern(16 << 20));
        for kind in STREAMS {
            let (left, _right) = kind.pair();
            let clone = left.try_clone().unwrap();
            left.set_timeout(Some(SHORT)).unwrap();
            clone.set_timeout(None).unwrap();
            let armed = fault::arm(Plan::fail("sendfile", 1, EINVAL));
            let (error, took) = timed(|| left.send_file(&file, 0, None).unwrap_err());
            assert!(armed.struck());
            assert_eq!(error.cause(), Cause::TimedOut, "{}: {error}", kind.name);
            assert_kept(SHORT, took, kind.name);
        }
    });
}

#[test]
fn without_patience_the_first_refusal_comes_back() {
    within(LIMIT, || {
        let (_folder, file) = file(&pattern(64 << 20));
        let (left, _right) = UNIX.pair();
        left.set_timeout(Some(Duration::ZERO)).unwrap();
        let error = left.send_file(&file, 0, None).unwrap_err();
        assert!(error.is_would_block() && error.bytes_sent() > 0, "{error}");
    });
}

#[test]
fn a_peer_that_has_gone_is_an_error_and_no_signal() {
    alone(|| {
        let_sigpipe_kill();
        let (_folder, file) = file(&pattern(1 << 20));
        for kind in [TCP, UNIX] {
            let (left, right) = kind.pair();
            drop(right);
            left.shutdown(Shutdown::Write).unwrap();
            let error = left.send_file(&file, 0, None).unwrap_err();
            assert_eq!((error.raw_os_error(), error.bytes_sent()), (Some(EPIPE), 0), "{error}");

            let (client, from, to, server) = chain(kind);
            client.send(b"hello").unwrap();
            drop(server);
            to.shutdown(Shutdown::Write).unwrap();
            let mut pipe = SplicePipe::new().unwrap();
            let error = splice(&from, &to, &mut pipe, 100).unwrap_err();
            assert_eq!((error.raw_os_error(), pipe.held()), (Some(EPIPE), 5), "{error}");
            assert_eq!(pipe.take_held().unwrap(), b"hello", "nothing is lost");
        }
    });
}

/// A connection that its peer has reset, with patience enough to outlast the test.
fn reset() -> Socket {
    let (reset, peer) = TCP.pair();
    reset.set_timeout(Some(LIMIT)).unwrap();
    peer.set(option::LINGER, Some(Duration::ZERO)).unwrap();
    drop(peer);
    reset
}

/// A call that fails leaves its own errno, whatever is done about SIGPIPE behind it: sendfile(2) and splice(2) have no
/// `MSG_NOSIGNAL`, and the signal is blocked around them where it is not ignored.
#[test]
fn failures_keep_their_errno_where_sigpipe_is_not_ignored() {
    alone(|| {
        let_sigpipe_kill();
        let (folder, regular) = file(&pattern(1000));
        let write_only = File::options().write(true).open(folder.path("file")).unwrap();
        let (left, _right) = UNIX.pair();
        left.set_timeout(Some(LIMIT)).unwrap();
        let send_file = |to: &Socket, file: &File| to.send_file(file, 0, Some(8)).unwrap_err().raw_os_error();
        assert_eq!(send_file(&left, &write_only), Some(EBADF));
        assert_eq!(send_file(&TCP.socket(), &regular), Some(EPIPE));
        assert_eq!(send_file(&reset(), &regular), Some(ECONNRESET));

        let (client, from) = UNIX.pair();
        client.send(b"hello").unwrap();
        let mut pipe = SplicePipe::new().unwrap();
        assert_eq!(pipe.try_fill(&TCP.socket(), 8).unwrap_err().raw_os_error(), Some(ENOTCONN));
        assert_eq!(splice(&from, &reset(), &mut pipe, 8).unwrap_err().raw_os_error(), Some(ECONNRESET));
    });
}

#[test]
fn a_file_that_sendfile_refuses_is_copied_where_sigpipe_is_not_ignored() {
    alone(|| {
        let_sigpipe_kill();
        let (left, right) = UNIX.pair();
        left.set_timeout(Some(LIMIT)).unwrap();
        let file = File::open("/proc/self/cmdline").unwrap();
        let sent = left.send_file(&file, 0, None).unwrap();
        assert_eq!(right.recv_vec(64 << 10).unwrap().len() as u64, sent);
        assert!(sent > 0);
    });
}

/// Each errno that the kernel might leave, struck behind the call that was made: what runs before errno is read keeps
/// it.
#[cfg(feature = "fault")]
#[test]
fn an_errno_left_by_the_call_itself_is_the_one_that_is_told() {
    alone(|| {
        let_sigpipe_kill();
        let (_folder, file) = file(&pattern(1000));
        for errno in [EBADF, EIO, EINVAL, EPIPE, ECONNRESET] {
            let (left, _right) = UNIX.pair();
            left.set_timeout(Some(LIMIT)).unwrap();
            let armed = fault::arm(Plan::fail_after("sendfile", 1, errno));
            let result = left.send_file(&file, 0, None);
            assert!(armed.struck());
            match errno {
                // The bytes are copied then.
                EINVAL => assert_eq!(result.unwrap(), 1000),
                errno => assert_eq!(result.unwrap_err().raw_os_error(), Some(errno)),
            }
            drop(armed);

            let (client, from, to, _server) = chain(UNIX);
            client.send(b"hello").unwrap();
            let mut pipe = SplicePipe::new().unwrap();
            let _armed = fault::arm(Plan::fail_after("splice", 1, errno));
            let error = splice(&from, &to, &mut pipe, 100).unwrap_err();
            assert_eq!(error.raw_os_error(), Some(errno));
        }
    });
}

#[test]
fn a_relay_of_64_mib_is_byte_for_byte_and_passes_the_end_on() {
    within(LIMIT * 2, || {
        let bytes = pattern(64 << 20);
        let want = Sum::of(&bytes);
        for kind in STREAMS {
            for timeout in [None, Some(LONG)] {
                let (client, from, to, server) = chain(kind);
                from.set_timeout(timeout).unwrap();
                to.set_timeout(timeout).unwrap();
                let relay = thread::spawn(move || {
                    let total = relay(&from, &to).unwrap();
                    // The other direction is still open, and is relayed in its turn.
                    assert_eq!(relay_back(&to, &from), 7);
                    total
                });
                let sum = thread::spawn(move || {
                    let sum = sink(server.try_clone().unwrap()).join_in_time().unwrap();
                    server.send_all(b"thanks!").unwrap();
                    sum
                });
                client.send_all(&bytes).unwrap();
                client.shutdown(Shutdown::Write).unwrap();
                assert_eq!(read_all(&client), b"thanks!");
                assert_eq!(
                    (sum.join_in_time().unwrap(), relay.join_in_time().unwrap()),
                    (want, 64 << 20),
                    "{kind:?}"
                );
            }
        }
    });
}

fn relay_back(from: &Socket, to: &Socket) -> u64 {
    relay(from, to).unwrap()
}

#[test]
fn a_timeout_says_which_side_it_was() {
    within(LIMIT, || {
        for kind in STREAMS {
            let (client, from, to, server) = chain(kind);
            from.set_timeout(Some(SHORT)).unwrap();
            to.set_timeout(Some(SHORT)).unwrap();
            let mut pipe = SplicePipe::new().unwrap();
            let (error, took) = timed(|| splice(&from, &to, &mut pipe, 1 << 20).unwrap_err());
            assert_eq!((error.cause(), pipe.held()), (Cause::TimedOut, 0), "{error}");
            assert_kept(SHORT, took, "the reading side");

            // A writer that never stops, and nobody who reads: the pipe keeps what has not gone.
            let writer = thread::spawn(move || {
                let bytes = pattern(1 << 20).repeat(64);
                client.set_timeout(Some(SHORT)).unwrap();
                let error = client.send_all(&bytes).unwrap_err();
                bytes[..error.bytes_sent()].to_vec()
            });
            let mut gone = 0;
            let error = loop {
                match splice(&from, &to, &mut pipe, 1 << 20) {
                    Ok(moved) => gone += moved,
                    Err(error) if pipe.held() > 0 => break error,
                    // The writer was slower than this side's patience.
                    Err(error) => assert_eq!(error.cause(), Cause::TimedOut),
                }
            };
            gone += error.bytes_sent();
            assert_eq!(error.cause(), Cause::TimedOut, "{error}");
            let sent = writer.join_in_time().unwrap();

            // Now somebody reads, and everything comes.
            from.set_timeout(Some(LIMIT)).unwrap();
            to.set_timeout(Some(LIMIT)).unwrap();
            let sink = thread::spawn(move || read_all(&server));
            assert_eq!(gone + usize::try_from(finish(&from, &to, &mut pipe)).unwrap(), sent.len());
            assert!(sink.join_in_time().unwrap() == sent, "{kind:?}: the bytes differ");
        }
    });
}

/// Relays the rest with a pipe that may hold something already.
fn finish(from: &Socket, to: &Socket, pipe: &mut SplicePipe) -> u64 {
    let mut total = 0;
    loop {
        match splice(from, to, pipe, 1 << 20).unwrap() {
            0 => break,
            moved => total += moved as u64,
        }
    }
    to.shutdown(Shutdown::Write).unwrap();
    total
}

#[test]
fn the_tries_tell_whose_turn_it_is() {
    within(LIMIT, || {
        for kind in STREAMS {
            let (client, from, to, server) = chain(kind);
            from.set_timeout(Some(Duration::ZERO)).unwrap();
            to.set_timeout(Some(Duration::ZERO)).unwrap();
            let mut pipe = SplicePipe::with_capacity(1).unwrap();
            assert!(pipe.capacity() >= 4096);
            assert_eq!((pipe.try_drain(&to).unwrap(), pipe.held()), (0, 0), "an empty pipe asks nobody");
            assert!(pipe.try_fill(&from, 10).unwrap_err().is_would_block());
            assert_eq!(pipe.try_fill(&from, 0).unwrap(), Filled::Bytes(0));

            client.send_all(&pattern(100_000)).unwrap();
            let (mut filled, mut full) = (0, false);
            while !full {
                from.wait(Interest::READABLE, berkeley::Deadline::after(LONG)).unwrap();
                match pipe.try_fill(&from, 1000).unwrap() {
                    Filled::Bytes(length) => filled += length,
                    Filled::Full => full = true,
                    Filled::End => panic!("the client has not ended"),
                }
            }
            assert_eq!(pipe.held(), filled);
            assert!(filled <= pipe.capacity(), "{filled}");
            assert_eq!(pipe.try_drain(&to).unwrap(), filled);
            assert_eq!(server.recv_vec(filled).unwrap(), pattern(filled));

            // A little one in a pipe with more places, and nothing behind it: the reading side's turn.
            let mut pipe = SplicePipe::new().unwrap();
            let (client, from) = kind.pair();
            from.set_timeout(Some(Duration::ZERO)).unwrap();
            client.send_all(b"x").unwrap();
            from.wait(Interest::READABLE, berkeley::Deadline::after(LONG)).unwrap();
            assert_eq!(pipe.try_fill(&from, 10).unwrap(), Filled::Bytes(1));
            assert!(pipe.try_fill(&from, 10).unwrap_err().is_would_block());
            drop(client);
            from.wait(Interest::READABLE, berkeley::Deadline::after(LONG)).unwrap();
            assert_eq!(pipe.try_fill(&from, 10).unwrap(), Filled::End);
            assert_eq!(pipe.held(), 1);
        }
    });
}

#[test]
fn nothing_is_moved_where_nothing_is_asked_for() {
    within(LIMIT, || {
        let (client, from, to, _server) = chain(UNIX);
        client.send(b"hello").unwrap();
        let mut pipe = SplicePipe::new().unwrap();
        assert_eq!(splice(&from, &to, &mut pipe, 0).unwrap(), 0);
        assert_eq!(from.recv_vec(10).unwrap(), b"hello");
        assert_eq!(pipe.take_held().unwrap(), b"");
    });
}

#[test]
fn urgent_data_is_no_end_and_hides_nothing_that_follows() {
    within(LIMIT, || {
        for timeout in [None, Some(LONG)] {
            let ((from, peer), (to, server)) = (TCP.pair(), UNIX.pair());
            from.set_timeout(timeout).unwrap();
            peer.send_all(b"ab").unwrap();
            peer.send_with(b"!", Flags::OOB).unwrap();
            peer.send_all(b"cd").unwrap();
            let mut pipe = SplicePipe::new().unwrap();
            assert_eq!(splice(&from, &to, &mut pipe, 64).unwrap(), 2);
            assert_eq!(splice(&from, &to, &mut pipe, 64).unwrap_err().raw_os_error(), Some(EINVAL));
            assert_eq!(pipe.try_fill(&from, 64).unwrap_err().raw_os_error(), Some(EINVAL));
            assert_eq!(from.recv_vec(64).unwrap(), b"cd", "copied, it is there");
            peer.send_all(b"ef").unwrap();
            assert_eq!(splice(&from, &to, &mut pipe, 64).unwrap(), 2);
            assert_eq!(server.recv_vec(64).unwrap(), b"abef");
        }
    });
}

#[test]
fn a_listener_cannot_be_spliced() {
    within(LIMIT, || {
        let (listener, _) = TCP.listener(1);
        let (to, _server) = TCP.pair();
        let error = splice(&listener, &to, &mut SplicePipe::new().unwrap(), 10).unwrap_err();
        assert_eq!((error.operation(), error.raw_os_error()), (Operation::Splice, Some(107)), "{error}");
        let udp = UDP.socket();
        let error =
            udp.send_file(File::open("/dev/null").unwrap(), 0, Some(4)).map(|sent| assert_eq!(sent, 0));
        assert!(error.is_ok(), "an empty file needs no peer");
    });
}

/// A message of 3,000 bytes by `send_file`, through a relay; one thread plays all the parts.
fn scenario() -> Result<Vec<u8>, Error> {
    let mut temporary = tempfile();
    temporary.write_all(&pattern(3000)).unwrap();
    let ((client, from), (to, server)) = (UNIX.pair(), UNIX.pair());
    for socket in [&client, &from, &to] {
        socket.set_timeout(Some(LONG)).unwrap();
    }
    // From here on the calls may fail.
    client.send_file(&temporary, 0, None)?;
    drop(client);
    let mut pipe = SplicePipe::new()?;
    while splice(&from, &to, &mut pipe, 700)? > 0 {}
    drop(to);
    Ok(read_all(&server))
}

fn tempfile() -> File {
    let folder = TempDir::new();
    let path = folder.path("file");
    File::options().create(true).truncate(true).read(true).write(true).open(path).unwrap()
}

#[cfg(feature = "fault")]
#[test]
fn a_call_that_fails_leaks_nothing_and_an_interruption_changes_nothing() {
    alone(|| {
        assert_eq!(scenario().unwrap(), pattern(3000));
        let descriptors = open_descriptors();
        for call in ["sendfile", "splice", "pipe2"] {
            for (nth, errno) in (1..=10).flat_map(|nth| [5, 12, 24, 104, 4].map(|errno| (nth, errno))) {
                let armed = fault::arm(Plan::fail(call, nth, errno));
                let result = scenario();
                let struck = armed.struck();
                drop(armed);
                match result {
                    Ok(received) => {
                        assert!(!struck || errno == 4, "{call} {nth} failed unseen with {errno}");
                        assert_eq!(received, pattern(3000), "{call} {nth}, errno {errno}");
                    }
                    Err(error) => {
                        assert_eq!((struck, error.raw_os_error()), (true, Some(errno)), "{call} {nth}");
                    }
                }
                assert_eq!(open_descriptors(), descriptors, "{call} {nth}, errno {errno}: leaked");
            }
        }
    });
}

#[cfg(feature = "fault")]
#[test]
fn short_moves_change_nothing() {
    within(LIMIT, || {
        for (call, length) in [("sendfile", 30), ("sendfile", 999), ("splice", 30), ("splice", 300)] {
            let armed = fault::arm(Plan::short(call, 1, length).times(u32::MAX));
            assert_eq!(scenario().unwrap(), pattern(3000), "{call} {length}");
            assert!(armed.struck());
        }
        let _armed = fault::arm(Plan::fail("sendfile", 1, EINVAL));
        assert_eq!(scenario().unwrap(), pattern(3000));
    });
}

#[cfg(feature = "fault")]
#[test]
fn a_kernel_that_takes_nothing_ends_the_sending() {
    within(LIMIT, || {
        let (client, from, to, _server) = chain(UNIX);
        client.send(&pattern(1000)).unwrap();
        let mut pipe = SplicePipe::new().unwrap();
        let error = {
            // The first splice fills, the second drains.
            let _armed = fault::arm(Plan::short("splice", 2, 0).times(100));
            splice(&from, &to, &mut pipe, 4096).unwrap_err()
        };
        assert_eq!((error.cause(), pipe.held()), (Cause::Unexpected, 1000), "{error}");

        // sendfile(2) refuses files of /proc, whose bytes are then copied.
        let status = File::open("/proc/self/status").unwrap();
        let _armed = fault::arm(Plan::short("send", 1, 0).times(100));
        let error = to.send_file(&status, 0, None).unwrap_err();
        assert_eq!((error.cause(), error.bytes_sent()), (Cause::Unexpected, 0), "{error}");
    });
}

#[cfg(feature = "fault")]
#[test]
fn what_a_failure_leaves_in_the_pipe_goes_with_the_next_call() {
    within(LIMIT, || {
        let (client, from, to, server) = chain(UNIX);
        client.send(&pattern(1000)).unwrap();
        drop(client);
        let mut pipe = SplicePipe::new().unwrap();
        let error = {
            // The first splice fills, the second drains.
            let _armed = fault::arm(Plan::fail("splice", 2, 5));
            splice(&from, &to, &mut pipe, 4096).unwrap_err()
        };
        assert_eq!((error.raw_os_error(), error.bytes_sent(), pipe.held()), (Some(5), 0, 1000), "{error}");
        assert_eq!(splice(&from, &to, &mut pipe, 4096).unwrap(), 1000);
        assert_eq!(splice(&from, &to, &mut pipe, 4096).unwrap(), 0);
        assert_eq!(server.recv_vec(4096).unwrap(), pattern(1000));
    });
}

#[cfg(feature = "fault")]
#[test]
fn a_pipe_that_may_not_grow_is_used_as_it_is() {
    within(LIMIT, || {
        let armed = fault::arm(Plan::fail("fcntl", 1, 1));
        let pipe = SplicePipe::new().unwrap();
        assert!(armed.struck());
        assert!((4096..1 << 20).contains(&pipe.capacity()), "{}", pipe.capacity());
    });
}

#[test]
fn a_slow_reader_gets_every_byte() {
    within(LIMIT, || {
        let bytes = pattern(1 << 20);
        let (_folder, file) = file(&bytes);
        let (left, right) = TCP.pair();
        left.set_timeout(Some(LONG)).unwrap();
        let (stalled, go) = channel();
        let sender = thread::spawn(move || {
            let sent = left.send_file(&file, 0, None).unwrap();
            stalled.send(()).unwrap();
            sent
        });
        let mut received = Vec::new();
        while received.len() < bytes.len() {
            received.extend(right.recv_vec(10_000).unwrap());
        }
        assert_eq!((sender.join_in_time().unwrap(), received == bytes), (1 << 20, true));
        go.recv_in_time().unwrap();
    });
}

//! Torture: every system call of a scenario fails in turn, in every way; what is left must be an error in words.

mod everywhere;
mod scenarios;

use std::io::{IoSlice, IoSliceMut};
use std::net::{Ipv4Addr, Shutdown};
use std::os::fd::AsFd;
use std::time::Duration;

use berkeley::control::{self, ControlBuffer, ControlMessage};
use berkeley::fault::{self, Plan};
use berkeley::{Family, Protocol, Result, SendMessage, Socket, Type, UnixAddress};

use crate::bounded::JoinInTime;
use crate::support::{LIMIT, alone, open_descriptors, pattern, within};

const EINTR: i32 = 4;
const EAGAIN: i32 = 11;

/// What the kernel may say of almost any call: `EPERM` `EIO` `EAGAIN` `ENOMEM` `EINVAL` `ENFILE` `EMFILE` `EPIPE`
/// `ENETUNREACH` `ECONNABORTED` `ECONNRESET` `ENOBUFS`.
const ERRNOS: [i32; 12] = [1, 5, EAGAIN, 12, 22, 23, 24, 32, 101, 103, 104, 105];

/// The calls that a signal can break off before they have done anything.
const INTERRUPTIBLE: [&str; 8] =
    ["accept4", "recv", "recvfrom", "recvmsg", "send", "sendmsg", "sendto", "ppoll"];

/// One thread plays all the parts of a scenario; gives what it received.
type Scenario = fn() -> Result<Vec<u8>>;

const SCENARIOS: [(&str, Scenario); 4] = [("tcp", tcp), ("udp", udp), ("unix", unix), ("rights", rights)];

/// Bounds each wait of a scenario: what a fault has kept from coming must not be waited for without end.
const TIMEOUT: Option<Duration> = Some(Duration::from_secs(2));

/// A request, the end of the data, an answer, the end.
fn tcp() -> Result<Vec<u8>> {
    let listener = Socket::new(Family::INET, Type::STREAM, Protocol::DEFAULT)?;
    listener.bind((Ipv4Addr::LOCALHOST, 0))?;
    listener.listen(4)?;
    listener.set_timeout(TIMEOUT)?;
    let client = Socket::new(Family::INET, Type::STREAM, Protocol::DEFAULT)?;
    client.set_timeout(TIMEOUT)?;
    client.connect(listener.local_address()?)?;
    let (server, _) = listener.accept()?;
    server.set_timeout(TIMEOUT)?;

    client.send_all(&pattern(1000))?;
    client.shutdown(Shutdown::Write)?;
    let mut received = read_to_the_end(&server)?;
    server.try_clone()?.send_all(&received)?;
    drop(server);
    received.extend(read_to_the_end(&client)?);
    Ok(received)
}

fn read_to_the_end(socket: &Socket) -> Result<Vec<u8>> {
    let mut received = Vec::new();
    loop {
        match socket.recv_vec(4096)? {
            piece if piece.is_empty() => return Ok(received),
            piece => received.extend(piece),
        }
    }
}

/// A datagram there and its echo back.
fn udp() -> Result<Vec<u8>> {
    let server = Socket::new(Family::INET, Type::DGRAM, Protocol::DEFAULT)?;
    server.bind((Ipv4Addr::LOCALHOST, 0))?;
    server.set_timeout(TIMEOUT)?;
    let client = Socket::new(Family::INET, Type::DGRAM, Protocol::DEFAULT)?;
    client.set_timeout(TIMEOUT)?;
    client.send_to(b"ping", server.local_address()?)?;
    let mut buffer = [0; 64];
    let (length, from) = server.recv_from(&mut buffer)?;
    server.connect(from)?;
    server.send(&buffer[..length])?;
    client.peek(&mut buffer)?;
    client.recv_vec(64)
}

/// A listener with a name that the kernel chose, and a pair without names.
fn unix() -> Result<Vec<u8>> {
    let listener = Socket::new(Family::UNIX, Type::SEQPACKET, Protocol::DEFAULT)?;
    listener.bind(UnixAddress::UNNAMED)?;
    listener.listen(4)?;
    listener.set_timeout(TIMEOUT)?;
    let client = Socket::new(Family::UNIX, Type::SEQPACKET, Protocol::DEFAULT)?;
    client.set_timeout(TIMEOUT)?;
    client.connect(listener.local_address()?)?;
    let (server, _) = listener.accept()?;
    server.send(b"welcome")?;
    let mut received = client.recv_vec(64)?;

    let (left, right) = Socket::pair(Family::UNIX, Type::STREAM, Protocol::DEFAULT)?;
    left.set_timeout(TIMEOUT)?;
    right.set_timeout(TIMEOUT)?;
    left.send_all(&pattern(500))?;
    left.shutdown(Shutdown::Write)?;
    received.extend(read_to_the_end(&right)?);
    Ok(received)
}

/// Both ends of a pair go through another pair, one by one and then together, and still carry what is sent.
fn rights() -> Result<Vec<u8>> {
    let (left, right) = Socket::pair(Family::UNIX, Type::STREAM, Protocol::DEFAULT)?;
    left.set_timeout(TIMEOUT)?;
    right.set_timeout(TIMEOUT)?;
    let (near, far) = Socket::pair(Family::UNIX, Type::DGRAM, Protocol::DEFAULT)?;
    let mut control = ControlBuffer::new();
    for passed in [&[near.as_fd()][..], &[far.as_fd()], &[near.as_fd(), far.as_fd()]] {
        let note = [IoSlice::new(b"x")];
        left.send_msg(&SendMessage::new(&note).control(&[control::socket::rights(passed)]))?;
        right.recv_msg(&mut [IoSliceMut::new(&mut [0; 8])], &mut control)?;
    }
    drop((near, far));
    let ends = control.messages().filter_map(|message| match message {
        ControlMessage::Socket(control::socket::Message::Rights(fds)) => Some(fds.map(Socket::from)),
        _ => None,
    });
    let ends: Vec<Socket> = ends.flatten().collect();
    ends[1].set_timeout(TIMEOUT)?;
    ends[0].send(b"through another socket")?;
    ends[1].recv_vec(64)
}

/// What a scenario gives without faults, and how many system calls of `name` (of any name for `None`) that takes.
fn clean(scenario: Scenario) -> (Vec<u8>, u32) {
    let counted = fault::arm(Plan::count());
    let result = scenario().unwrap_or_else(|error| panic!("without a fault: {error}"));
    (result, counted.seen())
}

#[test]
fn whatever_call_fails_ends_in_an_error_that_tells_and_leaks_nothing() {
    alone(|| {
        for (name, scenario) in SCENARIOS {
            let (want, calls) = clean(scenario);
            let descriptors = open_descriptors();
            for (nth, errno) in (1..=calls).flat_map(|nth| ERRNOS.map(|errno| (nth, errno))) {
                let armed = fault::arm(Plan::fail_any(nth, errno));
                let result = scenario();
                let struck = armed.struck();
                drop(armed);
                match result {
                    // Patience met an EAGAIN, or the answer came before a wait that might have failed.
                    Ok(received) => {
                        assert!(errno == EAGAIN || !struck, "{name}: call {nth} failed unseen with {errno}");
                        assert_eq!(received, want, "{name}: call {nth}, errno {errno}");
                    }
                    Err(error) => {
                        assert_eq!(error.raw_os_error(), Some(errno), "{name}: call {nth}: {error}");
                    }
                }
                assert_eq!(open_descriptors(), descriptors, "{name}: call {nth}, errno {errno}: leaked");
            }
        }
    });
}

#[test]
fn an_interruption_anywhere_changes_nothing() {
    within(LIMIT, || {
        for (name, scenario) in SCENARIOS {
            let (want, calls) = clean(scenario);
            let mut struck = 0;
            for (call, nth) in INTERRUPTIBLE.iter().flat_map(|call| (1..=calls).map(move |nth| (call, nth))) {
                let armed = fault::arm(Plan::fail(call, nth, EINTR).times(3));
                let received = scenario().unwrap_or_else(|error| panic!("{name}: {call} {nth}: {error}"));
                assert_eq!(received, want, "{name}: {call} {nth}");
                struck += u32::from(armed.struck());
            }
            assert!(struck >= 4, "{name}: only {struck} interruptions struck");
        }
    });
}

/// An interrupted connect of `AF_UNIX` has done nothing yet; one of TCP has, which only a real signal can show.
#[test]
fn an_interrupted_unix_connect_starts_anew() {
    within(LIMIT, || {
        let (want, _) = clean(unix);
        let armed = fault::arm(Plan::fail("connect", 1, EINTR).times(3));
        assert_eq!(unix().unwrap(), want);
        assert_eq!((armed.struck(), armed.seen()), (true, 4));
    });
}

#[test]
fn one_byte_at_a_time_changes_nothing() {
    within(LIMIT, || {
        for (name, scenario) in [("tcp", tcp as Scenario), ("pair", pair)] {
            let (want, _) = clean(scenario);
            for (call, times) in [("send", 1), ("send", u32::MAX), ("recv", 1), ("recv", u32::MAX)] {
                let armed = fault::arm(Plan::short(call, 1, 1).times(times));
                assert_eq!(scenario().unwrap(), want, "{name}: {call}");
                assert!(armed.struck());
                assert!(times == 1 || armed.seen() >= 100, "{name}: only {} times {call}", armed.seen());
            }
        }
    });
}

/// Whatever a short call leaves unsent goes out with the next; the control messages went with the first byte.
#[test]
fn a_message_that_is_cut_short_says_how_much_was_sent() {
    within(LIMIT, || {
        let (left, right) = Socket::pair(Family::UNIX, Type::STREAM, Protocol::DEFAULT).unwrap();
        let parts = [IoSlice::new(b"ab"), IoSlice::new(b"cd"), IoSlice::new(b"ef")];
        let (near, _far) = Socket::pair(Family::UNIX, Type::STREAM, Protocol::DEFAULT).unwrap();
        let armed = fault::arm(Plan::short("sendmsg", 1, 3));
        let passed = [near.as_fd()];
        let message = SendMessage::new(&parts);
        assert_eq!(left.send_msg(&message.control(&[control::socket::rights(&passed)])).unwrap(), 3);
        assert!(armed.struck());
        drop(armed);
        let _armed = fault::arm(Plan::short("recvmsg", 1, 2));
        let (mut first, mut second) = ([0; 1], [0; 8]);
        let mut control = ControlBuffer::new();
        let mut buffers = [IoSliceMut::new(&mut first), IoSliceMut::new(&mut second)];
        assert_eq!(right.recv_msg(&mut buffers, &mut control).unwrap().length, 2);
        assert_eq!((first, second[0], control.messages().count()), (*b"a", b'b', 1));
        assert_eq!(right.recv_vec(8).unwrap(), b"c");
    });
}

/// A stream without an address, blocking and without a timeout.
fn pair() -> Result<Vec<u8>> {
    let (left, right) = Socket::pair(Family::UNIX, Type::STREAM, Protocol::DEFAULT)?;
    // The kernel counts far more than a byte for each: a thousand pieces would not fit without a reader.
    left.send_all(&pattern(100))?;
    drop(left);
    read_to_the_end(&right)
}

#[test]
fn a_send_that_fails_midway_says_how_far_it_came() {
    within(LIMIT, || {
        let (left, right) = Socket::pair(Family::UNIX, Type::STREAM, Protocol::DEFAULT).unwrap();
        let error = {
            // The pieces before the fault are short by nature: more than the socket's buffer holds.
            left.set_timeout(TIMEOUT).unwrap();
            let _armed = fault::arm(Plan::fail("ppoll", 1, 104));
            left.send_all(&vec![7; 8 << 20]).unwrap_err()
        };
        assert_eq!(error.raw_os_error(), Some(104), "{error}");
        drop(left);
        assert!(error.bytes_sent() > 0);
        assert_eq!(read_to_the_end(&right).unwrap().len(), error.bytes_sent());
    });
}

#[test]
fn a_plan_is_of_its_thread_and_ends_with_its_guard() {
    let armed = fault::arm(Plan::fail("socket", 1, 24).times(u32::MAX));
    assert!(Socket::new(Family::UNIX, Type::STREAM, Protocol::DEFAULT).is_err());
    let elsewhere = std::thread::spawn(|| Socket::new(Family::UNIX, Type::STREAM, Protocol::DEFAULT).is_ok());
    assert!(elsewhere.join_in_time().unwrap());
    drop(armed);
    assert!(Socket::new(Family::UNIX, Type::STREAM, Protocol::DEFAULT).is_ok());
}

#[test]
fn a_plan_armed_in_the_place_of_another_holds() {
    let udp = || Socket::new(Family::INET, Type::DGRAM, Protocol::DEFAULT);
    let mut armed = fault::arm(Plan::fail("socket", 1, EAGAIN));
    assert!(udp().is_err() && armed.struck());
    // The assignment drops the first guard after the second plan was armed.
    armed = fault::arm(Plan::fail("socket", 1, EAGAIN));
    assert!(!armed.struck());
    assert!(udp().is_err() && armed.struck());
    drop(armed);
    udp().unwrap();
}

#[test]
#[should_panic(expected = "connect moves no bytes")]
fn a_call_that_moves_no_bytes_cannot_be_cut_short() {
    let _ = Plan::short("connect", 1, 1);
}

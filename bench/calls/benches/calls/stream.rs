//! send, recv and `send_all` on a stream.

use std::hint::black_box;
use std::io::{Read, Write};
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

use bench_calls::{Limit, Report, Rival};

use crate::pair::{Pair, again};
use crate::{MOST_WITH_TIMEOUT, case, raw};

/// Turns in a round.
const TURNS: usize = 200;

/// As many calls as a socket's buffer surely takes, and 64 at most: a turn is to be short.
const fn calls(size: usize) -> usize {
    let most = 65_536 / size;
    if most > 64 { 64 } else { most }
}

/// Every case, on pairs of one kind; `S` is std's type for it.
pub(crate) fn all<S: From<OwnedFd>>(report: &mut Report, kind: &str, pair: fn() -> Pair)
where
    for<'s> &'s S: Read + Write,
{
    for (size, shown) in [(1, "1 B"), (1024, "1 KiB")] {
        send::<S>(report, &format!("send {shown}, {kind}"), &pair(), size);
        recv::<S>(report, &format!("recv {shown}, {kind}"), &pair(), size);
    }
    for (size, shown) in [(1, "1 B"), (1024, "1 KiB"), (16_384, "16 KiB")] {
        send_all::<S>(report, &format!("send_all {shown}, {kind}"), &pair(), size);
    }
    recv_with_timeout::<S>(report, &format!("recv 1 B with a timeout, {kind}"), &pair(), &pair());
}

fn send<S: From<OwnedFd>>(report: &mut Report, name: &str, pair: &Pair, size: usize)
where
    for<'s> &'s S: Write,
{
    let (fd, peer) = (&pair.left, &pair.right);
    let (std, socket2, berkeley) = rivals::<S>(fd);
    report.measure(case(
        name,
        TURNS,
        vec![
            sending("libc", peer, size, |bytes| raw::send(fd, bytes)),
            sending("libc again", peer, size, |bytes| raw::send(fd, bytes)),
            sending("std", peer, size, |bytes| (&std).write(bytes).expect("std's write")),
            sending("socket2", peer, size, |bytes| socket2.send(bytes).expect("socket2's send")),
            sending("berkeley", peer, size, |bytes| berkeley.send(bytes).expect("berkeley's send")),
        ],
    ));
}

fn send_all<S: From<OwnedFd>>(report: &mut Report, name: &str, pair: &Pair, size: usize)
where
    for<'s> &'s S: Write,
{
    let (fd, peer) = (&pair.left, &pair.right);
    let (std, socket2, berkeley) = rivals::<S>(fd);
    report.measure(case(
        name,
        TURNS,
        vec![
            sending("libc", peer, size, |bytes| whole(bytes, |bytes| raw::send_all(fd, bytes))),
            sending("libc again", peer, size, |bytes| whole(bytes, |bytes| raw::send_all(fd, bytes))),
            sending("std", peer, size, |bytes| {
                whole(bytes, |bytes| (&std).write_all(bytes).expect("std's write_all"))
            }),
            sending("socket2", peer, size, |bytes| {
                whole(bytes, |bytes| (&socket2).write_all(bytes).expect("socket2's write_all"))
            }),
            sending("berkeley", peer, size, |bytes| {
                whole(bytes, |bytes| berkeley.send_all(bytes).expect("berkeley's send_all"))
            }),
        ],
    ));
}

/// Sends all, and so gives the whole length.
#[inline]
fn whole(bytes: &[u8], send: impl FnOnce(&[u8])) -> usize {
    send(bytes);
    bytes.len()
}

fn recv<S: From<OwnedFd>>(report: &mut Report, name: &str, pair: &Pair, size: usize)
where
    for<'s> &'s S: Read,
{
    let (fd, peer) = (&pair.right, &pair.left);
    let (std, socket2, berkeley) = rivals::<S>(fd);
    report.measure(case(
        name,
        TURNS,
        vec![
            receiving("libc", peer, size, |bytes| raw::recv(fd, bytes)),
            receiving("libc again", peer, size, |bytes| raw::recv(fd, bytes)),
            receiving("std", peer, size, |bytes| (&std).read(bytes).expect("std's read")),
            receiving_uninit("socket2", peer, size, |bytes| socket2.recv(bytes).expect("socket2's recv")),
            receiving("berkeley", peer, size, |bytes| berkeley.recv(bytes).expect("berkeley's recv")),
        ],
    ));
}

/// `timed` is a second pair: a timeout sets flags that all descriptors of a socket share.
fn recv_with_timeout<S: From<OwnedFd>>(report: &mut Report, name: &str, pair: &Pair, timed: &Pair)
where
    for<'s> &'s S: Read,
{
    const TIMEOUT: Option<Duration> = Some(Duration::from_secs(5));
    let (fd, peer) = (&pair.right, &pair.left);
    let (std, socket2, with_timeout) = rivals::<S>(&timed.right);
    socket2.set_read_timeout(TIMEOUT).expect("socket2's timeout, and std's: SO_RCVTIMEO");
    with_timeout.set_timeout(TIMEOUT).expect("berkeley's timeout");
    let (_, _, berkeley) = rivals::<S>(fd);
    let mut case = case(
        name,
        TURNS,
        vec![
            receiving("libc", peer, 1, |bytes| raw::recv(fd, bytes)),
            receiving("libc again", peer, 1, |bytes| raw::recv(fd, bytes)),
            receiving("std, timeout", &timed.left, 1, |bytes| (&std).read(bytes).expect("std's read")),
            receiving_uninit("socket2, timeout", &timed.left, 1, |bytes| {
                socket2.recv(bytes).expect("socket2's recv")
            }),
            receiving("berkeley", peer, 1, |bytes| berkeley.recv(bytes).expect("berkeley's recv")),
            receiving("berkeley, timeout", &timed.left, 1, |bytes| {
                with_timeout.recv(bytes).expect("berkeley's recv")
            }),
        ],
    );
    case.limits.push(Limit::AtMost("berkeley, timeout", "berkeley", MOST_WITH_TIMEOUT));
    report.measure(case);
}

/// The same socket, as std, socket2 and the library have it.
fn rivals<S: From<OwnedFd>>(fd: &OwnedFd) -> (S, socket2::Socket, berkeley::Socket) {
    (again(fd).into(), again(fd).into(), again(fd).into())
}

fn sending<'a>(
    name: &'static str,
    peer: &'a OwnedFd,
    size: usize,
    mut send: impl FnMut(&[u8]) -> usize + 'a,
) -> Rival<'a> {
    let payload = vec![7; size];
    Rival::new(name, move || {
        let mut sent = 0;
        let began = Instant::now();
        for _ in 0..calls(size) {
            sent += send(black_box(&payload));
        }
        let took = began.elapsed();
        assert_eq!(sent, calls(size) * size, "{name} sent less");
        drain(peer, sent);
        (calls(size) as u64, took)
    })
}

fn drain(fd: &OwnedFd, mut left: usize) {
    let mut buffer = [0; 65_536];
    while left > 0 {
        let received = raw::recv(fd, &mut buffer);
        assert_ne!(received, 0, "the peer has gone");
        left -= received;
    }
}

fn receiving<'a>(
    name: &'static str,
    peer: &'a OwnedFd,
    size: usize,
    mut recv: impl FnMut(&mut [u8]) -> usize + 'a,
) -> Rival<'a> {
    let payload = vec![7; size];
    let mut buffer = vec![0; size];
    Rival::new(name, move || {
        for _ in 0..calls(size) {
            raw::send_all(peer, &payload);
        }
        let mut received = 0;
        let began = Instant::now();
        for _ in 0..calls(size) {
            received += recv(black_box(&mut buffer));
        }
        let took = began.elapsed();
        assert_eq!(received, calls(size) * size, "{name} received less");
        assert_eq!(buffer, payload, "{name} received something else");
        (calls(size) as u64, took)
    })
}

/// As [`receiving`], for a receive into memory that need not be initialised.
fn receiving_uninit<'a>(
    name: &'static str,
    peer: &'a OwnedFd,
    size: usize,
    mut recv: impl FnMut(&mut [MaybeUninit<u8>]) -> usize + 'a,
) -> Rival<'a> {
    receiving(name, peer, size, move |bytes| {
        // SAFETY: initialised bytes may be looked at as bytes that need not be; a receive only writes bytes.
        recv(unsafe { std::slice::from_raw_parts_mut(bytes.as_mut_ptr().cast(), bytes.len()) })
    })
}

//! Every call of a scenario fails, is interrupted or is cut short in turn.

use std::io::IoSlice;
use std::os::fd::AsFd;

use berkeley::batch::{Datagram, RecvBatch, SendBatch};
use berkeley::control::{self, space};
use berkeley::fault::{self, Plan};
use berkeley::{Result, SendMessage, Socket};

use super::payloads;
use crate::support::{LIMIT, LONG, UDP, UNIX_DGRAM, alone, open_descriptors, within};

const EINTR: i32 = 4;
const EAGAIN: i32 = 11;

/// `EPERM` `EIO` `EAGAIN` `ENOMEM` `EINVAL` `ENFILE` `EMFILE` `ENETUNREACH` `ENOBUFS`.
const ERRNOS: [i32; 9] = [1, 5, EAGAIN, 12, 22, 23, 24, 101, 105];

/// What may be met without a word: the wait that answers it, or the kernel's ways to refuse a piece.
const MET: [i32; 3] = [EAGAIN, 5, 22];

/// Datagrams by UDP in pieces, and descriptors by a Unix socket; gives what was received.
fn scenario() -> Result<Vec<Vec<u8>>> {
    let (left, right) = UDP.pair();
    left.set_timeout(Some(LONG))?;
    right.set_timeout(Some(LONG))?;
    let payloads = payloads(&[100, 100, 100, 50, 0, 700, 700]);
    let datagrams: Vec<_> = payloads.iter().map(|bytes| Datagram::new(bytes)).collect();
    let mut batch = RecvBatch::gro(&right, 3)?;
    left.send_many(&datagrams, &mut SendBatch::new())?;
    let mut received = take(&right, &mut batch, payloads.len())?;

    let (near, far) = UNIX_DGRAM.pair();
    near.set_timeout(Some(LONG))?;
    far.set_timeout(Some(LONG))?;
    let (passed, note) = ([near.as_fd(), far.as_fd()], [IoSlice::new(b"two")]);
    near.send_msg(&SendMessage::new(&note).control(&[control::socket::rights(&passed)]))?;
    near.send_many(&datagrams[..2], &mut SendBatch::new())?;
    let mut batch = RecvBatch::with_control(3, 128, space(2 * 4))?;
    while received.len() < payloads.len() + 3 {
        let more = take(&far, &mut batch, 1)?;
        received.extend(more);
    }
    Ok(received)
}

fn take(socket: &Socket, batch: &mut RecvBatch, count: usize) -> Result<Vec<Vec<u8>>> {
    let mut received = Vec::new();
    while received.len() < count {
        socket.recv_many(batch)?;
        received.extend(batch.iter().map(|datagram| datagram.bytes().to_vec()));
    }
    Ok(received)
}

/// What the scenario gives without faults, and how many calls of `name` that takes.
fn clean(name: &'static str) -> (Vec<Vec<u8>>, u32) {
    // A plan that strikes only long after the scenario has ended.
    let counted = fault::arm(Plan::fail(name, u32::MAX, EAGAIN));
    let result = scenario().unwrap();
    (result, counted.seen())
}

#[test]
fn whichever_call_fails_ends_in_an_error_that_tells_and_leaks_nothing() {
    alone(|| {
        for call in ["getsockopt", "setsockopt", "sendmmsg", "recvmmsg"] {
            let (want, calls) = clean(call);
            assert!(calls > 0, "{call}");
            let descriptors = open_descriptors();
            for (nth, errno) in (1..=calls).flat_map(|nth| ERRNOS.map(|errno| (nth, errno))) {
                let armed = fault::arm(Plan::fail(call, nth, errno));
                let result = scenario();
                assert!(armed.struck(), "{call} {nth}");
                drop(armed);
                match result {
                    Ok(received) => {
                        assert!(MET.contains(&errno), "{call} {nth} failed unseen with {errno}");
                        assert_eq!(received, want, "{call} {nth}, errno {errno}");
                    }
                    Err(error) => assert_eq!(error.raw_os_error(), Some(errno), "{call} {nth}: {error}"),
                }
                assert_eq!(open_descriptors(), descriptors, "{call} {nth}, errno {errno}: leaked");
            }
        }
    });
}

#[test]
fn interruptions_change_nothing() {
    within(LIMIT, || {
        for call in ["sendmmsg", "recvmmsg"] {
            let (want, calls) = clean(call);
            for nth in 1..=calls {
                let armed = fault::arm(Plan::fail(call, nth, EINTR).times(3));
                assert_eq!(scenario().unwrap(), want, "{call} {nth}");
                assert!(armed.struck());
            }
        }
    });
}

#[test]
fn one_message_at_a_time_changes_nothing() {
    within(LIMIT, || {
        for (call, times) in
            [("sendmmsg", 1), ("sendmmsg", u32::MAX), ("recvmmsg", 1), ("recvmmsg", u32::MAX)]
        {
            let (want, calls) = clean(call);
            let armed = fault::arm(Plan::short(call, 1, 1).times(times));
            assert_eq!(scenario().unwrap(), want, "{call}");
            assert!(armed.struck());
            assert!(armed.seen() > calls, "{call}: {} calls, as many as without the fault", armed.seen());
        }
    });
}

/// What no kernel does must not make the loop go round for ever.
#[test]
fn a_call_that_takes_nothing_ends_the_sending() {
    within(LIMIT, || {
        let (left, _right) = UNIX_DGRAM.pair();
        let _armed = fault::arm(Plan::short("sendmmsg", 1, 0).times(u32::MAX));
        let error = left.send_many(&[Datagram::new(b"x")], &mut SendBatch::new()).unwrap_err();
        let want = "send_many unix-dgram: the kernel took nothing of what is left, and gave no error";
        assert_eq!(error.to_string(), want);
    });
}

#[test]
fn the_tries_show_an_interruption() {
    let (left, right) = UNIX_DGRAM.pair();
    let (mut batch, mut received) = (SendBatch::new(), RecvBatch::new(4, 16).unwrap());
    let datagrams = [Datagram::new(b"x")];
    let armed = fault::arm(Plan::fail("sendmmsg", 1, EINTR));
    let error = left.try_send_many(&datagrams, &mut batch, berkeley::Flags::NONE).unwrap_err();
    assert!(error.is_interrupted() && armed.struck());
    drop(armed);
    assert_eq!(left.try_send_many(&datagrams, &mut batch, berkeley::Flags::NONE).unwrap(), 1);
    let armed = fault::arm(Plan::fail("recvmmsg", 1, EINTR));
    let error = right.try_recv_many(&mut received, berkeley::Flags::NONE).unwrap_err();
    assert!(error.is_interrupted() && armed.struck());
    drop(armed);
    assert_eq!(right.try_recv_many(&mut received, berkeley::Flags::NONE).unwrap(), 1);
}

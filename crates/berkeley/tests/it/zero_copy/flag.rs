//! `MSG_ZEROCOPY` in a safe call: the kernel must not go on reading a buffer that the caller may free.

use std::io::{IoSlice, IoSliceMut};
use std::os::fd::{AsFd, AsRawFd};

use berkeley::batch::{Datagram, SendBatch};
use berkeley::bindings::once;
use berkeley::control::{ControlBuffer, ControlMessage, ip};
use berkeley::{Address, Flags, Result, SendMessage, Socket, option};

use crate::support::{Kind, LIMIT, LONG, TCP, UDP, within};

const FLAG: Flags = Flags::from_raw(libc::MSG_ZEROCOPY);

/// Sends without a copy, as only an unsafe call can.
#[allow(unsafe_code, reason = "the library has no such call")]
pub(crate) fn send_zero_copy(socket: &Socket, bytes: &'static [u8]) -> usize {
    let fd = socket.as_fd().as_raw_fd();
    // SAFETY: the pointer and the length are those of `bytes`, which are never freed.
    let sent = unsafe { libc::send(fd, bytes.as_ptr().cast(), bytes.len(), libc::MSG_ZEROCOPY) };
    usize::try_from(sent).unwrap()
}

/// Waits for what the error queue says of sends without a copy: the numbers of the first and the last.
pub(crate) fn notice(socket: &Socket) -> (u32, u32) {
    let mut control = ControlBuffer::new();
    let mut nothing = [IoSliceMut::new(&mut [])];
    socket.recv_msg_with(&mut nothing, &mut control, Flags::ERRQUEUE).unwrap();
    let found = control.messages().find_map(|message| match message {
        ControlMessage::Ip(ip::Message::Error(error)) => error.sends(),
        _ => None,
    });
    found.expect("a notice")
}

type Send = fn(&Socket, Address) -> Result<usize>;

/// Every safe call that sends three bytes and takes flags.
const CALLS: [(&str, Send); 11] = [
    ("send_with", |socket, _| socket.send_with(b"abc", FLAG)),
    ("send_all_with", |socket, _| socket.send_all_with(b"abc", FLAG).map(|()| 3)),
    ("try_send", |socket, _| socket.try_send(b"abc", FLAG)),
    ("once::send", |socket, _| once::send(socket, b"abc"[..].into(), FLAG)),
    ("send_msg", |socket, _| socket.send_msg(&message(&[IoSlice::new(b"abc")]))),
    ("try_send_msg", |socket, _| socket.try_send_msg(&message(&[IoSlice::new(b"abc")]))),
    ("once::send_msg", |socket, _| once::send_msg(socket, &message(&[IoSlice::new(b"abc")]))),
    ("send_to_with", |socket, to| socket.send_to_with(b"abc", to, FLAG)),
    ("try_send_to", |socket, to| socket.try_send_to(b"abc", to, FLAG)),
    ("once::send_to", |socket, to| once::send_to(socket, b"abc"[..].into(), &to, FLAG)),
    ("send_many_with", |socket, _| {
        let datagrams = [Datagram::new(b"abc")];
        socket.send_many_with(&datagrams, &mut SendBatch::new(), FLAG).map(|()| 3)
    }),
];

fn message<'a>(parts: &'a [IoSlice<'a>]) -> SendMessage<'a> {
    SendMessage::new(parts).flags(FLAG)
}

fn zero_copy_pair(kind: Kind) -> (Socket, Socket) {
    let (sender, receiver) = kind.pair();
    sender.set(option::ZEROCOPY, true).unwrap();
    sender.set_timeout(Some(LONG)).unwrap();
    receiver.set_timeout(Some(LONG)).unwrap();
    (sender, receiver)
}

fn receive_three(receiver: &Socket) {
    let mut bytes = Vec::new();
    while bytes.len() < 3 {
        bytes.extend(receiver.recv_vec(3).unwrap());
    }
    assert_eq!(bytes, b"abc");
}

/// The kernel counts the sends without a copy from 0: the number of a true one tells how many were before it.
#[test]
fn no_safe_call_sends_without_a_copy() {
    within(LIMIT, || {
        for kind in [TCP, UDP] {
            for (name, call) in CALLS {
                if kind == TCP && name.contains("_many") {
                    continue;
                }
                let (sender, receiver) = zero_copy_pair(kind);
                let to = receiver.local_address().unwrap();
                assert_eq!(call(&sender, to).unwrap(), 3, "{name}");
                receive_three(&receiver);
                assert_eq!(send_zero_copy(&sender, b"abc"), 3);
                receive_three(&receiver);
                assert_eq!(notice(&sender), (0, 0), "{name} of {} sent without a copy", kind.name);
            }
        }
    });
}

#[cfg(feature = "tokio")]
#[test]
fn no_awaited_call_sends_without_a_copy() {
    use berkeley::AsyncSocket;

    within(LIMIT, || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let (sender, receiver) = zero_copy_pair(UDP);
        let to = receiver.local_address().unwrap();
        let clone = sender.try_clone().unwrap();
        runtime.block_on(async {
            let socket = AsyncSocket::from_socket(clone).unwrap();
            socket.send_with(b"abc", FLAG).await.unwrap();
            socket.send_all_with(b"abc", FLAG).await.unwrap();
            socket.send_to_with(b"abc", to, FLAG).await.unwrap();
            socket.send_msg(&message(&[IoSlice::new(b"abc")])).await.unwrap();
            socket.try_send_msg(&message(&[IoSlice::new(b"abc")])).unwrap();
            let datagrams = [Datagram::new(b"abc")];
            socket.send_many_with(&datagrams, &mut SendBatch::new(), FLAG).await.unwrap();
            socket.try_send_many(&datagrams, &mut SendBatch::new(), FLAG).unwrap();
        });
        for _ in 0..7 {
            receive_three(&receiver);
        }
        assert_eq!(send_zero_copy(&sender, b"abc"), 3);
        assert_eq!(notice(&sender), (0, 0));
    });
}

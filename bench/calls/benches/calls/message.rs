//! sendmsg and recvmsg: bare, with a descriptor (`SCM_RIGHTS`), with a TTL (`IP_TTL`).
//!
//! Where a control message comes, every rival looks at it: a descriptor is taken and closed, a TTL compared. std has
//! only vectored writes and reads, and no control messages in stable Rust.

use std::hint::black_box;
use std::io::{IoSlice, IoSliceMut, Read, Write};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::time::Instant;

use bench_calls::{Report, Rival};
use berkeley::control::{self, ControlBuffer, ControlMessage, Outgoing};
use berkeley::{SendMessage, option};
use socket2::{MaybeUninitSlice, MsgHdr, MsgHdrMut};

use crate::pair::{self, Pair, again};
use crate::{case, raw};

/// Messages in a turn.
const CALLS: usize = 64;
/// Turns in a round.
const TURNS: usize = 200;
/// What each message holds.
const PAYLOAD: [u8; 1] = [7];
/// The TTL that is sent, and received.
const TTL: u8 = 7;

/// Without control messages.
pub(crate) fn plain(report: &mut Report) {
    let pair = pair::unix();
    let Pair { left, right } = &pair;
    let (std_left, std_right) = (UnixStream::from(again(left)), UnixStream::from(again(right)));
    let drain = || raw::receive_message(right, &mut [0], &mut [], |_| ());
    let [raw, raw_again] = [(); 2].map(|()| || raw::send_message(left, black_box(&PAYLOAD), None));
    report.measure(case(
        "sendmsg 1 B, socketpair",
        TURNS,
        vec![
            sending("libc", raw, drain),
            sending("libc again", raw_again, drain),
            sending(
                "std, write_vectored",
                || (&std_left).write_vectored(&[IoSlice::new(black_box(&PAYLOAD))]).expect("std's write"),
                drain,
            ),
            sending("socket2", socket2_send(left, None), drain),
            sending("berkeley", berkeley_send(left, || []), drain),
        ],
    ));
    let fill = || raw::send_message(left, &PAYLOAD, None);
    report.measure(case(
        "recvmsg 1 B, socketpair",
        TURNS,
        vec![
            receiving("libc", fill, |bytes| raw::receive_message(right, bytes, &mut [], |_| ())),
            receiving("libc again", fill, |bytes| raw::receive_message(right, bytes, &mut [], |_| ())),
            receiving("std, read_vectored", fill, |bytes| {
                (&std_right).read_vectored(&mut [IoSliceMut::new(bytes)]).expect("std's read")
            }),
            receiving("socket2", fill, socket2_receive(right, Vec::new(), |_| ())),
            receiving("berkeley", fill, berkeley_receive(right, ControlBuffer::with_capacity(0), |_| ())),
        ],
    ));
}

/// With a descriptor.
pub(crate) fn descriptor(report: &mut Report) {
    let pair = pair::unix();
    let Pair { left, right } = &pair;
    let passed = again(left);
    let rights = Some((libc::SOL_SOCKET, libc::SCM_RIGHTS, passed.as_raw_fd()));
    let drain = || raw::receive_message(right, &mut [0], &mut [0; 4], raw::close);
    let [raw, raw_again] = [(); 2].map(|()| || raw::send_message(left, black_box(&PAYLOAD), rights));
    let descriptors = [passed.as_fd()];
    report.measure(case(
        "sendmsg 1 B and a descriptor, socketpair",
        TURNS,
        vec![
            sending("libc", raw, drain),
            sending("libc again", raw_again, drain),
            sending("socket2", socket2_send(left, rights), drain),
            sending("berkeley", berkeley_send(left, || [control::socket::rights(&descriptors)]), drain),
        ],
    ));
    let fill = || raw::send_message(left, &PAYLOAD, rights);
    let close = |message: ControlMessage<'_>| match message {
        ControlMessage::Socket(control::socket::Message::Rights(descriptors)) => descriptors.for_each(drop),
        other => panic!("{other:?} came instead of a descriptor"),
    };
    report.measure(case(
        "recvmsg 1 B and a descriptor, socketpair",
        TURNS,
        vec![
            receiving("libc", fill, |bytes| raw::receive_message(right, bytes, &mut [0; 4], raw::close)),
            receiving("libc again", fill, |bytes| {
                raw::receive_message(right, bytes, &mut [0; 4], raw::close)
            }),
            receiving("socket2", fill, socket2_receive(right, vec![0; 4], raw::close)),
            receiving("berkeley", fill, berkeley_receive(right, ControlBuffer::for_descriptors(1), close)),
        ],
    ));
}

/// With a TTL.
pub(crate) fn hops(report: &mut Report) {
    let pair = pair::udp();
    let Pair { left, right } = &pair;
    let ttl = Some((libc::IPPROTO_IP, libc::IP_TTL, i32::from(TTL)));
    let drain = || raw::receive_message(right, &mut [0], &mut [], |_| ());
    let [raw, raw_again] = [(); 2].map(|()| || raw::send_message(left, black_box(&PAYLOAD), ttl));
    report.measure(case(
        "sendmsg 1 B and a TTL, UDP",
        TURNS,
        vec![
            sending("libc", raw, drain),
            sending("libc again", raw_again, drain),
            sending("socket2", socket2_send(left, ttl), drain),
            sending("berkeley", berkeley_send(left, || [control::ip::ttl(TTL)]), drain),
        ],
    ));
    let asks = berkeley::Socket::from(again(right));
    asks.set(option::ip::RECVTTL, true).expect("IP_RECVTTL");
    let fill = || raw::send_message(left, &PAYLOAD, ttl);
    let compare = |value| assert_eq!(value, i32::from(TTL));
    let compare_typed = |message: ControlMessage<'_>| match message {
        ControlMessage::Ip(control::ip::Message::Ttl(value)) => assert_eq!(value, TTL),
        other => panic!("{other:?} came instead of a TTL"),
    };
    report.measure(case(
        "recvmsg 1 B and a TTL, UDP",
        TURNS,
        vec![
            receiving("libc", fill, |bytes| raw::receive_message(right, bytes, &mut [0; 4], compare)),
            receiving("libc again", fill, |bytes| raw::receive_message(right, bytes, &mut [0; 4], compare)),
            receiving("socket2", fill, socket2_receive(right, vec![0; 4], compare)),
            receiving(
                "berkeley",
                fill,
                berkeley_receive(right, ControlBuffer::for_messages([4]), compare_typed),
            ),
        ],
    ));
}

fn socket2_send(fd: &OwnedFd, control: Option<(i32, i32, i32)>) -> impl FnMut() -> usize + use<> {
    let socket = socket2::Socket::from(again(fd));
    move || {
        let buffers = [IoSlice::new(black_box(&PAYLOAD))];
        let mut room = [0; 4];
        let used = control.map_or(0, |message| raw::write_control(&mut room, message));
        let header = MsgHdr::new().with_buffers(&buffers).with_control(&bytes(&room)[..used]);
        socket.sendmsg(&header, libc::MSG_NOSIGNAL).expect("socket2's sendmsg")
    }
}

fn berkeley_send<'a, const N: usize>(
    fd: &OwnedFd,
    control: impl Fn() -> [Outgoing<'a>; N] + 'a,
) -> impl FnMut() -> usize + 'a {
    let socket = berkeley::Socket::from(again(fd));
    move || {
        let buffers = [IoSlice::new(black_box(&PAYLOAD))];
        let control = control();
        socket.send_msg(&SendMessage::new(&buffers).control(&control)).expect("berkeley's send_msg")
    }
}

fn socket2_receive(
    fd: &OwnedFd,
    mut room: Vec<u64>,
    mut take: impl FnMut(i32),
) -> impl FnMut(&mut [u8]) -> usize {
    let socket = socket2::Socket::from(again(fd));
    move |bytes| {
        // SAFETY: all zero is the address of no family, and as long as a storage is.
        let (_, mut address) = unsafe { socket2::SockAddr::try_init(|_, _| Ok(())) }.expect("an address");
        let mut buffers = [MaybeUninitSlice::new(uninit(bytes))];
        let mut header = MsgHdrMut::new()
            .with_addr(&mut address)
            .with_buffers(&mut buffers)
            .with_control(uninit(&mut room));
        let length = socket.recvmsg(&mut header, libc::MSG_CMSG_CLOEXEC).expect("socket2's recvmsg");
        let used = header.control_len();
        raw::ints_of(&room, used, &mut take);
        length
    }
}

fn berkeley_receive(
    fd: &OwnedFd,
    mut control: ControlBuffer,
    mut take: impl FnMut(ControlMessage<'_>),
) -> impl FnMut(&mut [u8]) -> usize {
    let socket = berkeley::Socket::from(again(fd));
    move |bytes| {
        let received =
            socket.recv_msg(&mut [IoSliceMut::new(bytes)], &mut control).expect("berkeley's recv_msg");
        control.messages().for_each(&mut take);
        received.length
    }
}

fn sending<'a>(
    name: &'static str,
    mut send: impl FnMut() -> usize + 'a,
    drain: impl Fn() -> usize + 'a,
) -> Rival<'a> {
    Rival::new(name, move || {
        let mut sent = 0;
        let began = Instant::now();
        for _ in 0..CALLS {
            sent += send();
        }
        let took = began.elapsed();
        let received: usize = (0..CALLS).map(|_| drain()).sum();
        assert_eq!([sent, received], [CALLS * PAYLOAD.len(); 2], "{name} sent less");
        (CALLS as u64, took)
    })
}

fn receiving<'a>(
    name: &'static str,
    fill: impl Fn() -> usize + 'a,
    mut receive: impl FnMut(&mut [u8]) -> usize + 'a,
) -> Rival<'a> {
    Rival::new(name, move || {
        for _ in 0..CALLS {
            fill();
        }
        let (mut received, mut buffer) = (0, [0; PAYLOAD.len()]);
        let began = Instant::now();
        for _ in 0..CALLS {
            received += receive(black_box(&mut buffer));
        }
        let took = began.elapsed();
        assert_eq!((received, buffer), (CALLS * PAYLOAD.len(), PAYLOAD), "{name} received something else");
        (CALLS as u64, took)
    })
}

fn bytes(words: &[u64]) -> &[u8] {
    // SAFETY: the words' bytes are initialised, and borrowed for as long.
    unsafe { std::slice::from_raw_parts(words.as_ptr().cast(), size_of_val(words)) }
}

/// The same memory, as socket2 wants it.
fn uninit<T: Copy>(values: &mut [T]) -> &mut [MaybeUninit<u8>] {
    // SAFETY: initialised integers may be looked at as bytes that need not be; a receive only writes bytes.
    unsafe { std::slice::from_raw_parts_mut(values.as_mut_ptr().cast(), size_of_val(values)) }
}

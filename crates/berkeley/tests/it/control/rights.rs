//! Descriptors: passed, counted, cut short, ignored, and never leaked; who sent them.

use std::fs;
use std::fs::File;
use std::io::{IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::process;

use berkeley::bindings::{self, once};
use berkeley::control::{ControlBuffer, ControlMessage, Descriptors, encode, raw, socket, space};
use berkeley::{Family, Flags, Protocol, SendMessage, Socket, Type, option};

use super::{printed, receive, send};
use crate::skip::skip;
use crate::support::{
    Kind, LIMIT, TCP, UNIX, UNIX_DGRAM, UNIX_SEQPACKET, alone, is_close_on_exec, open_descriptors, within,
};

const EINVAL: i32 = 22;
const ENOPROTOOPT: i32 = 92;

/// The most descriptors that one message may pass (`SCM_MAX_FD`).
const MOST: usize = 253;

const KINDS: [Kind; 3] = [UNIX, UNIX_DGRAM, UNIX_SEQPACKET];

fn null() -> File {
    File::open("/dev/null").unwrap()
}

fn copies(file: &impl AsFd, count: usize) -> Vec<BorrowedFd<'_>> {
    vec![file.as_fd(); count]
}

fn pass(socket: &Socket, descriptors: &[BorrowedFd<'_>]) {
    assert_eq!(send(socket, b"x", &[socket::rights(descriptors)]), 1);
}

/// The descriptors of the first message that has any.
fn first_rights(control: &mut ControlBuffer) -> Option<Descriptors<'_>> {
    control.messages().find_map(|message| match message {
        ControlMessage::Socket(socket::Message::Rights(descriptors)) => Some(descriptors),
        _ => None,
    })
}

#[test]
fn a_passed_descriptor_is_of_the_same_open_file_and_close_on_exec() {
    within(LIMIT, || {
        for kind in KINDS {
            let (left, right) = kind.pair();
            let (near, far) = UNIX.pair();
            pass(&left, &[near.as_fd()]);
            let mut control = ControlBuffer::for_descriptors(1);
            let (received, bytes) = receive(&right, &mut control, Flags::NONE);
            assert_eq!((bytes.as_slice(), received.is_control_truncated()), (&b"x"[..], false));
            let passed = first_rights(&mut control).unwrap().next().unwrap();
            assert!(is_close_on_exec(&passed), "{}", kind.name);
            assert_ne!(passed.as_raw_fd(), near.as_raw_fd());
            Socket::from(passed).send(b"from afar").unwrap();
            assert_eq!(far.recv_vec(64).unwrap(), b"from afar", "{}", kind.name);
        }
    });
}

#[test]
fn descriptors_arrive_in_order_up_to_the_kernels_limit() {
    within(LIMIT, || {
        let files: Vec<File> = (0..MOST).map(|_| null()).collect();
        let ends = [UNIX.pair(), UNIX.pair()];
        let mut fds: Vec<BorrowedFd<'_>> = files.iter().map(AsFd::as_fd).collect();
        (fds[0], fds[MOST - 1]) = (ends[0].0.as_fd(), ends[1].0.as_fd());
        for kind in KINDS {
            let (left, right) = kind.pair();
            pass(&left, &fds);
            let mut control = ControlBuffer::new();
            assert!(!receive(&right, &mut control, Flags::NONE).0.is_control_truncated());
            let passed: Vec<OwnedFd> = first_rights(&mut control).unwrap().collect();
            assert_eq!(passed.len(), MOST, "{}", kind.name);
            let mut passed = passed.into_iter();
            let sockets = [passed.next(), passed.next_back()].map(|fd| Socket::from(fd.unwrap()));
            for (socket, (_, far)) in sockets.iter().zip(&ends) {
                socket.send(b"me").unwrap();
                assert_eq!(far.recv_vec(8).unwrap(), b"me");
            }
            fds.push(fds[0]);
            let buffers = [IoSlice::new(b"x")];
            let error = left.send_msg(&SendMessage::new(&buffers).control(&[socket::rights(&fds)]));
            assert_eq!(error.unwrap_err().raw_os_error(), Some(EINVAL));
            fds.pop();
        }
    });
}

/// What a program does with what it received.
type Habit = fn(&mut ControlBuffer);

/// Whatever it does, nothing may stay open.
const HABITS: [(&str, Habit); 7] = [
    ("ignores it", |_| {}),
    ("counts the messages", |control| {
        let _ = control.messages().count();
    }),
    ("takes all", |control| {
        let _ = first_rights(control).map(Iterator::count);
    }),
    ("takes one", |control| drop(first_rights(control).and_then(|mut fds| fds.next()))),
    ("looks", |control| {
        let _ = first_rights(control).map(|fds| fds.as_fds().count());
    }),
    ("stops early", |control| {
        let _ = control.messages().next();
    }),
    ("clears it", ControlBuffer::clear),
];

#[test]
fn a_buffer_of_any_size_leaks_no_descriptor() {
    alone(|| {
        const PASSED: usize = 5;
        let file = null();
        for kind in KINDS {
            let (left, right) = kind.pair();
            for size in 0..=space(PASSED * 4) + 9 {
                for (habit, act) in HABITS {
                    let before = open_descriptors();
                    pass(&left, &copies(&file, PASSED));
                    let mut control = ControlBuffer::with_capacity(size);
                    let (received, _) = receive(&right, &mut control, Flags::NONE);
                    let what = format!("{}, {size} bytes, {habit}", kind.name);
                    let want = (size.saturating_sub(space(0)) / 4).min(PASSED);
                    assert_eq!(open_descriptors() - before, want, "{what}: received");
                    assert_eq!(received.is_control_truncated(), want < PASSED, "{what}");
                    assert_eq!(first_rights(&mut control).map_or(0, |fds| fds.len()), want, "{what}");
                    act(&mut control);
                    drop(control);
                    assert_eq!(open_descriptors(), before, "{what}: leaked");
                }
            }
        }
    });
}

#[test]
fn credentials_and_pidfds_beside_descriptors_leak_none_in_a_buffer_of_any_size() {
    alone(|| {
        let file = null();
        let (left, right) = UNIX_DGRAM.pair();
        right.set(option::PASSCRED, true).unwrap();
        // Older kernels have no pidfds to pass: the rest holds there too.
        let _ = right.set(option::PASSPIDFD, true);
        let before = open_descriptors();
        let mut most = 0;
        for size in 0..=160 {
            pass(&left, &copies(&file, 3));
            let mut control = ControlBuffer::with_capacity(size);
            receive(&right, &mut control, Flags::NONE);
            most = most.max(control.messages().count());
            drop(control);
            assert_eq!(open_descriptors(), before, "{size} bytes");
        }
        assert!(most >= 2);
    });
}

#[test]
fn a_buffer_that_is_used_again_closes_what_it_held() {
    alone(|| {
        let file = null();
        let (left, right) = UNIX.pair();
        let before = open_descriptors();
        let mut control = ControlBuffer::new();
        for _ in 0..3 {
            pass(&left, &copies(&file, 4));
            receive(&right, &mut control, Flags::NONE);
            assert_eq!(open_descriptors(), before + 4);
        }
        left.send(b"nothing passed").unwrap();
        receive(&right, &mut control, Flags::NONE);
        assert_eq!((open_descriptors(), control.as_bytes()), (before, &[][..]));

        pass(&left, &copies(&file, 4));
        receive(&right, &mut control, Flags::NONE);
        let kept: Vec<OwnedFd> = first_rights(&mut control).unwrap().take(2).collect();
        let again = first_rights(&mut control).unwrap().count();
        assert_eq!(again, 2, "those that were taken are not given out twice");
        drop(control);
        assert_eq!(open_descriptors(), before + 2);
        drop(kept);
        assert_eq!(open_descriptors(), before);
    });
}

/// A descriptor that a failed receive might have left behind would be found by its number.
#[test]
fn a_receive_that_finds_nothing_closes_what_the_buffer_held() {
    alone(|| {
        let file = null();
        let (left, right) = UNIX_DGRAM.pair();
        let before = open_descriptors();
        pass(&left, &copies(&file, 1));
        let mut control = ControlBuffer::new();
        receive(&right, &mut control, Flags::NONE);
        let error = right.try_recv_msg(&mut [], &mut control, Flags::NONE).unwrap_err();
        assert!(error.is_would_block());
        assert_eq!((open_descriptors(), control.messages().count()), (before, 0));
    });
}

#[test]
fn released_descriptors_stay_open_under_the_numbers_in_the_bytes() {
    alone(|| {
        let file = null();
        let (left, right) = UNIX.pair();
        pass(&left, &copies(&file, 2));
        let mut control = ControlBuffer::new();
        receive(&right, &mut control, Flags::NONE);
        let before = open_descriptors();
        let bytes = bindings::release_descriptors(&mut control).to_vec();
        assert_eq!(control.messages().count(), 1);
        assert_eq!(first_rights(&mut control).unwrap().count(), 0);
        drop(control);
        assert_eq!(open_descriptors(), before);
        let message = berkeley::control::raw_messages(&bytes).next().unwrap();
        for number in message.data.chunks_exact(4) {
            let number = i32::from_ne_bytes(number.try_into().unwrap());
            assert_eq!(fs::read_link(format!("/proc/self/fd/{number}")).unwrap().to_str(), Some("/dev/null"));
        }
    });
}

#[test]
fn peeking_gives_descriptors_of_their_own_each_time() {
    alone(|| {
        let file = null();
        let (left, right) = UNIX_DGRAM.pair();
        pass(&left, &copies(&file, 1));
        let before = open_descriptors();
        let mut buffers = [ControlBuffer::new(), ControlBuffer::new(), ControlBuffer::new()];
        for (control, flags) in buffers.iter_mut().zip([Flags::PEEK, Flags::PEEK, Flags::NONE]) {
            receive(&right, control, flags);
        }
        assert_eq!(open_descriptors(), before + 3);
        drop(buffers);
        assert_eq!(open_descriptors(), before);
    });
}

#[test]
fn a_process_that_is_full_gets_what_fits_and_is_told() {
    alone(|| {
        let file = null();
        let (left, right) = UNIX.pair();
        pass(&left, &copies(&file, 3));
        let mut hoard = Vec::new();
        while let Ok(another) = file.try_clone() {
            hoard.push(another);
            assert!(hoard.len() < 1 << 21, "the limit of descriptors is too high to be met");
        }
        hoard.pop();
        let mut control = ControlBuffer::new();
        let mut bytes = [0; 8];
        let received = right.recv_msg(&mut [IoSliceMut::new(&mut bytes)], &mut control).unwrap();
        assert!(received.is_control_truncated() && received.length == 1);
        assert_eq!(first_rights(&mut control).unwrap().count(), 1);
    });
}

#[test]
fn raw_messages_lend_no_descriptors_and_name_no_memory() {
    const SOL_SOCKET: i32 = libc::SOL_SOCKET;
    for (level, kind) in [(SOL_SOCKET, libc::SCM_RIGHTS), (276, 1), (276, 3)] {
        let error = raw(level, kind, &0_i32.to_ne_bytes()).unwrap_err();
        assert_eq!(error.operation().as_str(), "send_msg", "{error}");
    }
    assert!(raw(SOL_SOCKET, libc::SCM_CREDENTIALS, &[]).is_ok());
}

#[test]
fn the_kernel_names_the_sender_whether_it_says_so_or_not() {
    within(LIMIT, || {
        let own = socket::Credentials::own();
        assert_eq!(u32::try_from(own.pid).unwrap(), process::id());
        for kind in KINDS {
            let (left, right) = kind.pair();
            right.set(option::PASSCRED, true).unwrap();
            for messages in [&[][..], &[socket::credentials(own)]] {
                send(&left, b"x", messages);
                let mut control = ControlBuffer::new();
                receive(&right, &mut control, Flags::NONE);
                assert_eq!(printed(&mut control), [format!("Socket(Credentials({own:?}))")]);
            }
        }
        assert_eq!(own.to_string(), format!("pid {} uid {} gid {}", own.pid, own.uid, own.gid));
    });
}

#[test]
fn the_senders_process_comes_as_a_descriptor() {
    within(LIMIT, || {
        let (left, right) = Socket::pair(Family::UNIX, Type::DGRAM, Protocol::DEFAULT).unwrap();
        match right.set(option::PASSPIDFD, true) {
            Err(error) if error.raw_os_error() == Some(ENOPROTOOPT) => {
                return skip("control::rights::the_senders_process_comes_as_a_descriptor", "Linux 6.5");
            }
            result => result.unwrap(),
        }
        left.send(b"x").unwrap();
        let mut control = ControlBuffer::new();
        receive(&right, &mut control, Flags::NONE);
        let Some(ControlMessage::Socket(socket::Message::Pidfd(mut fds))) = control.messages().next() else {
            panic!("no pidfd");
        };
        let pidfd = fds.next().unwrap();
        assert!(is_close_on_exec(&pidfd));
        let about = fs::read_to_string(format!("/proc/self/fdinfo/{}", pidfd.as_raw_fd())).unwrap();
        assert!(about.lines().any(|line| line == format!("Pid:\t{}", process::id())), "{about}");
    });
}

#[test]
#[allow(unsafe_code, reason = "what the kernel makes of the bytes is what is tested")]
fn messages_laid_out_by_hand_pass_descriptors_too() {
    within(LIMIT, || {
        let (left, right) = UNIX.pair();
        let file = null();
        let message = encode(&[socket::rights(&[file.as_fd()])]).unwrap();
        // SAFETY: the descriptor that it names is open until the end, and ours to lend.
        let message = unsafe { bindings::Control::new(&message) };
        let hello = [IoSlice::new(b"x")];
        left.send_msg(&bindings::with_control(SendMessage::new(&hello), message)).unwrap();
        let mut control = ControlBuffer::for_descriptors(1);
        receive(&right, &mut control, Flags::NONE);
        assert!(first_rights(&mut control).unwrap().next().is_some());
    });
}

#[test]
fn a_buffer_that_stands_in_for_the_call_leaves_close_on_exec_to_the_flags() {
    within(LIMIT, || {
        const CMSG_CLOEXEC: Flags = Flags::from_raw(0x4000_0000);
        let (left, right) = UNIX.pair();
        let mut control = ControlBuffer::for_descriptors(1);
        bindings::leave_inheritable(&mut control);
        for flags in [Flags::NONE, CMSG_CLOEXEC] {
            pass(&left, &[null().as_fd()]);
            let (received, _) = receive(&right, &mut control, flags);
            assert_eq!(received.flags, flags);
            let passed = first_rights(&mut control).unwrap().next().unwrap();
            assert_eq!(is_close_on_exec(&passed), flags == CMSG_CLOEXEC);
        }
    });
}

#[test]
fn a_message_is_received_into_memory_that_is_not_initialised() {
    within(LIMIT, || {
        let (left, right) = UNIX_DGRAM.pair();
        let mut control = ControlBuffer::for_descriptors(1);
        for (flags, want, length) in
            [(Flags::PEEK, &b"hel"[..], 3), (Flags::PEEK | Flags::TRUNC, b"hel", 5), (Flags::NONE, b"hel", 3)]
        {
            if flags == Flags::PEEK {
                send(&left, b"hello", &[socket::rights(&[null().as_fd()])]);
            }
            let mut memory = [MaybeUninit::uninit(); 3];
            let (filled, received) = once::recv_msg_uninit(&right, &mut memory, &mut control, flags).unwrap();
            assert_eq!((&*filled, received.length, received.is_truncated()), (want, length, true));
            assert!(first_rights(&mut control).unwrap().next().is_some());
        }
        let mut memory = [MaybeUninit::uninit(); 3];
        let nothing = once::recv_msg_uninit(&right, &mut memory, &mut control, Flags::DONTWAIT).unwrap_err();
        assert!(nothing.is_would_block());
        // Of TCP, MSG_TRUNC throws away what it counts.
        let (left, right) = TCP.pair();
        left.send_all(b"hello").unwrap();
        let mut memory = [MaybeUninit::uninit(); 8];
        let flags = Flags::TRUNC | Flags::WAITALL;
        right.set_timeout(Some(LIMIT)).unwrap();
        right.wait(berkeley::Interest::READABLE, berkeley::Deadline::from_timeout(Some(LIMIT))).unwrap();
        let (filled, _) =
            once::recv_msg_uninit(&right, &mut memory, &mut control, flags | Flags::DONTWAIT).unwrap();
        assert_eq!(filled, [0; 5]);
    });
}

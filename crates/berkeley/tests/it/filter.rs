//! Classic BPF filters on real sockets.

use std::net::Ipv4Addr;
use std::os::fd::{FromRawFd, OwnedFd};

use berkeley::option::{self, Filter, Instruction};
use berkeley::{Family, Protocol, Socket, Type};

use crate::skip::skip;
use crate::support::{LIMIT, LONG, within};

const KEEP: Instruction = Instruction::statement(0x06, u32::MAX);
const DROP: Instruction = Instruction::statement(0x06, 0);

/// Keeps datagrams whose first byte, behind UDP's header, is `byte`.
fn only(byte: u8) -> Filter {
    let load = Instruction::statement(0x30, 8);
    Filter::new([load, Instruction::jump(0x15, byte.into(), 0, 1), KEEP, DROP]).unwrap()
}

fn bound() -> Socket {
    let socket = Socket::new(Family::INET, Type::DGRAM, Protocol::DEFAULT).unwrap();
    socket.set_timeout(Some(LONG)).unwrap();
    socket.bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    socket
}

fn send_to_self(socket: &Socket, texts: &[&[u8]]) {
    for text in texts {
        socket.send_to(text, socket.local_address().unwrap()).unwrap();
    }
}

#[test]
fn a_filter_keeps_some_datagrams_until_it_is_replaced_and_taken_off() {
    within(LIMIT, || {
        let socket = bound();
        socket.attach_filter(&only(b'a')).unwrap();
        send_to_self(&socket, &[b"bee", b"ant", b"cow", b"ape"]);
        assert_eq!(socket.recv_vec(64).unwrap(), b"ant");
        assert_eq!(socket.recv_vec(64).unwrap(), b"ape");

        socket.attach_filter(&only(b'b')).unwrap();
        send_to_self(&socket, &[b"ant", b"bee"]);
        assert_eq!(socket.recv_vec(64).unwrap(), b"bee");

        socket.detach_filter().unwrap();
        send_to_self(&socket, &[b"ant"]);
        assert_eq!(socket.recv_vec(64).unwrap(), b"ant");
        assert_eq!(socket.detach_filter().unwrap_err().raw_os_error(), Some(libc::ENOENT));
    });
}

#[test]
fn a_locked_filter_stays() {
    let socket = bound();
    socket.attach_filter(&only(b'a')).unwrap();
    socket.lock_filter().unwrap();
    assert!(socket.get(option::LOCK_FILTER).unwrap());
    for refused in [socket.detach_filter(), socket.attach_filter(&only(b'b'))] {
        assert_eq!(refused.unwrap_err().raw_os_error(), Some(libc::EPERM));
    }
}

#[test]
fn the_kernel_finds_a_cell_that_is_read_before_it_is_written() {
    let read_cell = Filter::new([Instruction::statement(0x60, 3), KEEP]).unwrap();
    let error = bound().attach_filter(&read_cell).unwrap_err();
    assert_eq!(error.raw_os_error(), Some(libc::EINVAL));
}

#[test]
fn a_filter_of_fields_is_checked_as_one_of_instructions() {
    let fields = [(0x30, 0, 0, 8), (0x15, 0, 1, u32::from(b'a')), (0x06, 0, 0, u32::MAX), (0x06, 0, 0, 0)];
    assert_eq!(Filter::from_fields(fields).unwrap(), only(b'a'));
    assert_eq!(Filter::from_fields(fields[..2].iter().copied()).unwrap_err().index(), 1);
    assert_eq!(Filter::from_fields([]), Filter::new([]));
    let endless = std::iter::repeat((0x06, 0, 0, 0));
    assert_eq!(Filter::from_fields(endless).unwrap_err().index(), Filter::LONGEST);
}

#[test]
fn every_code_that_is_known_is_known_to_the_kernel() {
    let socket = bound();
    for code in 0_u16..0x200 {
        // Cells are written before they are read; a constant of 1 suits every operation, and a jump by 1 has room.
        let cells = [Instruction::statement(0x02, 1), Instruction::statement(0x03, 1)];
        let instructions = [cells[0], cells[1], Instruction::jump(code, 1, 0, 0), KEEP, KEEP, KEEP];
        if let Ok(filter) = Filter::new(instructions) {
            socket.attach_filter(&filter).unwrap_or_else(|error| panic!("code {code:#x}: {error}"));
        }
    }
    let known = |code| Filter::new([Instruction::jump(code, 1, 0, 0), KEEP, KEEP]).is_ok();
    assert_eq!((0..=u16::MAX).filter(|code| known(*code)).count(), 49, "no code is known by chance");
}

#[test]
fn a_filter_chooses_among_the_sockets_of_a_port() {
    within(LIMIT, || {
        let first = Socket::new(Family::INET, Type::DGRAM, Protocol::DEFAULT).unwrap();
        let second = Socket::new(Family::INET, Type::DGRAM, Protocol::DEFAULT).unwrap();
        for socket in [&first, &second] {
            socket.set_timeout(Some(LONG)).unwrap();
            socket.set(option::REUSEPORT, true).unwrap();
        }
        first.bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = first.local_address().unwrap();
        second.bind(address).unwrap();
        // This filter starts behind UDP's header: the first byte's last bit is the socket's number.
        let by_parity = Filter::new([
            Instruction::statement(0x30, 0),
            Instruction::statement(0x54, 1),
            Instruction::statement(0x16, 0),
        ])
        .unwrap();
        first.attach_reuseport_filter(&by_parity).unwrap();
        let sender = Socket::new(Family::INET, Type::DGRAM, Protocol::DEFAULT).unwrap();
        for text in [b"0", b"1", b"3", b"2"] {
            sender.send_to(text, address).unwrap();
        }
        assert_eq!((first.recv_vec(8).unwrap(), first.recv_vec(8).unwrap()), (b"0".to_vec(), b"2".to_vec()));
        assert_eq!(
            (second.recv_vec(8).unwrap(), second.recv_vec(8).unwrap()),
            (b"1".to_vec(), b"3".to_vec())
        );
        first.detach_reuseport_filter().unwrap();
        assert_eq!(first.detach_reuseport_filter().unwrap_err().raw_os_error(), Some(libc::ENOENT));
    });
}

/// A program that keeps so many bytes of every packet: `r0 = bytes; exit`, loaded by bpf(2).
#[allow(unsafe_code, reason = "the library loads no programs")]
fn loaded(bytes: i32) -> Option<OwnedFd> {
    const BPF_PROG_LOAD: libc::c_int = 5;
    const BPF_PROG_TYPE_SOCKET_FILTER: u32 = 1;
    const EXIT: u64 = 0x95;
    let move_number = u64::from_ne_bytes({
        let mut instruction = [0xb7, 0, 0, 0, 0, 0, 0, 0];
        instruction[4..].copy_from_slice(&bytes.to_ne_bytes());
        instruction
    });
    let instructions = [move_number, if cfg!(target_endian = "little") { EXIT } else { EXIT << 56 }];
    let license = c"MIT";
    // The union's head for BPF_PROG_LOAD: type, count, instructions, licence, and 24 bytes that ask for nothing.
    let mut attributes = [0_u64; 6];
    let head = [BPF_PROG_TYPE_SOCKET_FILTER.to_ne_bytes(), 2_u32.to_ne_bytes()].concat();
    attributes[0] = u64::from_ne_bytes(head.try_into().unwrap());
    attributes[1] = instructions.as_ptr() as u64;
    attributes[2] = license.as_ptr() as u64;
    // SAFETY: the addresses in `attributes` are those of values that live until the call returns.
    let fd =
        unsafe { libc::syscall(libc::SYS_bpf, BPF_PROG_LOAD, attributes.as_ptr(), size_of_val(&attributes)) };
    let fd = i32::try_from(fd).ok().filter(|fd| *fd >= 0)?;
    // SAFETY: the kernel has just made this descriptor for us.
    Some(unsafe { OwnedFd::from_raw_fd(fd) })
}

#[test]
fn a_program_that_the_kernel_has_loaded_is_a_filter() {
    within(LIMIT, || {
        // UDP's header of 8 bytes, and three.
        let Some(program) = loaded(11) else {
            return skip("filter::a_program_that_the_kernel_has_loaded_is_a_filter", "bpf(2)");
        };
        let socket = bound();
        socket.attach_program(&program).unwrap();
        drop(program);
        send_to_self(&socket, &[b"antelope"]);
        assert_eq!(socket.recv_vec(64).unwrap(), b"ant");
        socket.detach_filter().unwrap();
        send_to_self(&socket, &[b"antelope"]);
        assert_eq!(socket.recv_vec(64).unwrap(), b"antelope");
    });
}

#[test]
fn a_loaded_program_chooses_among_the_sockets_of_a_port() {
    within(LIMIT, || {
        let Some(program) = loaded(1) else {
            return skip("filter::a_loaded_program_chooses_among_the_sockets_of_a_port", "bpf(2)");
        };
        let first = Socket::new(Family::INET, Type::DGRAM, Protocol::DEFAULT).unwrap();
        let second = Socket::new(Family::INET, Type::DGRAM, Protocol::DEFAULT).unwrap();
        for socket in [&first, &second] {
            socket.set(option::REUSEPORT, true).unwrap();
        }
        first.bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        second.bind(first.local_address().unwrap()).unwrap();
        second.set_timeout(Some(LONG)).unwrap();
        first.attach_reuseport_program(&program).unwrap();
        for _ in 0..8 {
            bound().send_to(b"to the second", first.local_address().unwrap()).unwrap();
            assert_eq!(second.recv_vec(64).unwrap(), b"to the second");
        }
        first.detach_reuseport_filter().unwrap();
    });
}

//! Families that refuse the flags which the library's calls carry by themselves: the calls go without them.

use std::io::{IoSlice, IoSliceMut};

use berkeley::address::PacketAddress;
use berkeley::batch::{Datagram, RecvBatch, SendBatch};
use berkeley::control::ControlBuffer;
use berkeley::interface::interface_index;
use berkeley::{Family, Flags, Protocol, Result, SendMessage, Socket, Type};

use super::{EXPERIMENT, adopted, socket_or_skip};
use crate::support::{LIMIT, LONG, within};

const EDESTADDRREQ: i32 = 89;
const EADDRNOTAVAIL: i32 = 99;
const ENOTCONN: i32 = 107;

/// Sends of a socket that is not connected, each of which the family refuses for that, and not for its flags.
fn refusals(socket: &Socket, flags: Flags) -> [(&'static str, Result<usize>); 4] {
    let bytes = [IoSlice::new(b"x")];
    let message = SendMessage::new(&bytes).flags(flags);
    let datagrams = [Datagram::new(b"x"), Datagram::new(b"y")];
    let mut batch = SendBatch::new().gso(false);
    [
        ("send", socket.send_with(b"x", flags)),
        ("send_msg", socket.send_msg(&message)),
        ("try_send", socket.try_send(b"x", flags)),
        ("try_send_many", socket.try_send_many(&datagrams, &mut batch, flags)),
    ]
}

#[test]
fn a_send_goes_without_the_flags_that_its_family_refuses() {
    let rows = [
        ("rds", Family::RDS, Type::SEQPACKET, Flags::NONE, ENOTCONN),
        ("qipcrtr", Family::QIPCRTR, Type::DGRAM, Flags::NONE, ENOTCONN),
        ("mctp", Family::MCTP, Type::DGRAM, Flags::NONE, EDESTADDRREQ),
        ("x25", Family::X25, Type::SEQPACKET, Flags::EOR, EADDRNOTAVAIL),
        ("ax25", Family::AX25, Type::SEQPACKET, Flags::NONE, EADDRNOTAVAIL),
        ("netrom", Family::NETROM, Type::SEQPACKET, Flags::NONE, EADDRNOTAVAIL),
        ("rose", Family::ROSE, Type::SEQPACKET, Flags::NONE, EADDRNOTAVAIL),
        ("appletalk", Family::APPLETALK, Type::DGRAM, Flags::NONE, ENOTCONN),
        ("phonet", Family::PHONET, Type::DGRAM, Flags::NONE, EDESTADDRREQ),
    ];
    within(LIMIT, move || {
        for (name, family, kind, flags, want) in rows {
            let test = format!("quirks::a_send_goes_without_the_flags_that_its_family_refuses:{name}");
            for adopts in [false, true] {
                let Some(socket) = socket_or_skip(&test, family, kind, Protocol::DEFAULT) else { break };
                let socket = if adopts { adopted(socket) } else { socket };
                for (call, result) in refusals(&socket, flags) {
                    let error = result.unwrap_err();
                    assert_eq!(error.raw_os_error(), Some(want), "{name}, {call}, adopted {adopts}: {error}");
                }
            }
        }
    });
}

#[test]
fn a_receive_goes_without_the_flags_that_its_family_refuses() {
    let key = Protocol::from_raw(2);
    let rows = [
        ("packet", Family::PACKET, Type::DGRAM, Protocol::DEFAULT),
        ("key", Family::KEY, Type::RAW, key),
        ("phonet", Family::PHONET, Type::DGRAM, Protocol::DEFAULT),
        ("mctp", Family::MCTP, Type::DGRAM, Protocol::DEFAULT),
        ("j1939", Family::CAN, Type::DGRAM, Protocol::CAN_J1939),
    ];
    within(LIMIT, move || {
        for (name, family, kind, protocol) in rows {
            let test = format!("quirks::a_receive_goes_without_the_flags_that_its_family_refuses:{name}");
            for adopts in [false, true] {
                let Some(socket) = socket_or_skip(&test, family, kind, protocol) else { break };
                let socket = if adopts { adopted(socket) } else { socket };
                let (mut bytes, mut control) = ([0; 8], ControlBuffer::new());
                let mut buffers = [IoSliceMut::new(&mut bytes)];
                let alone = socket.try_recv_msg(&mut buffers, &mut control, Flags::NONE).map(|_| ());
                let many = socket.try_recv_many(&mut RecvBatch::new(2, 8).unwrap(), Flags::NONE).map(|_| ());
                for error in [alone, many].map(Result::unwrap_err) {
                    assert!(error.is_would_block(), "{name}, adopted {adopts}: {error}");
                }
            }
        }
    });
}

#[test]
fn a_frame_is_received_with_its_control_messages() {
    let test = "quirks::a_frame_is_received_with_its_control_messages";
    let protocol = Protocol::ethertype(EXPERIMENT + 1);
    let Some(receiver) = socket_or_skip(test, Family::PACKET, Type::DGRAM, protocol) else { return };
    within(LIMIT, move || {
        let to = PacketAddress {
            hardware: [0; 6].into(),
            ..PacketAddress::new(interface_index("lo").unwrap(), EXPERIMENT + 1)
        };
        receiver.set_timeout(Some(LONG)).unwrap();
        receiver.bind(to).unwrap();
        let sender = Socket::new(Family::PACKET, Type::DGRAM, Protocol::DEFAULT).unwrap();
        let payload = format!("frame of {}", std::process::id());
        let mut batch = RecvBatch::new(4, 64).unwrap();
        for adopts in [false, true] {
            let receiver = receiver.try_clone().unwrap();
            let receiver = if adopts { adopted(receiver) } else { receiver };
            sender.send_to(payload.as_bytes(), to).unwrap();
            let (mut bytes, mut control) = ([0; 64], ControlBuffer::new());
            let got = receiver.recv_msg(&mut [IoSliceMut::new(&mut bytes)], &mut control).unwrap();
            assert_eq!(&bytes[..got.length], payload.as_bytes());
            sender.send_to(payload.as_bytes(), to).unwrap();
            receiver.recv_many(&mut batch).unwrap();
            assert_eq!(batch.iter().next().unwrap().bytes(), payload.as_bytes());
        }
    });
}

#[cfg(feature = "fault")]
#[test]
fn a_refusal_is_learnt_once() {
    use berkeley::fault::{Plan, arm};

    let test = "quirks::a_refusal_is_learnt_once";
    let Some(socket) = socket_or_skip(test, Family::PACKET, Type::DGRAM, Protocol::DEFAULT) else { return };
    let calls = |socket: &Socket| {
        let mut control = ControlBuffer::new();
        let armed = arm(Plan::count());
        let error = socket.try_recv_msg(&mut [], &mut control, Flags::NONE).unwrap_err();
        assert!(error.is_would_block(), "{error}");
        armed.seen()
    };
    assert_eq!(calls(&socket), 1, "its family is known from the start");
    let socket = adopted(socket);
    assert_eq!(calls(&socket), 3, "a refusal, the question for the family, and the call");
    assert_eq!(calls(&socket), 1);
    assert_eq!(calls(&socket.try_clone().unwrap()), 1, "a clone knows it too");
    let told = adopted(socket).with_family(Family::PACKET);
    assert_eq!(calls(&told), 1);
}

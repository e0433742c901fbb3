//! CAN over a virtual bus: raw frames, the broadcast manager, ISO-TP and J1939.

use berkeley::address::{CanAddress, J1939Address};
use berkeley::interface::interface_index;
use berkeley::option::{self, CanFilter};
use berkeley::{Address, Family, Protocol, Socket, Type};

use super::socket_or_skip;
use crate::skip;
use crate::support::{LIMIT, LONG, within};

/// A socket and the number of the bus; `None` where this machine lacks either.
fn socket(test: &str, kind: Type, protocol: Protocol) -> Option<(Socket, u32)> {
    let test = format!("can::{test}");
    let socket = socket_or_skip(&test, Family::CAN, kind, protocol)?;
    let Ok(bus) = interface_index("vcan0") else {
        skip::skip(&format!("family::{test}"), "an interface vcan0 (ip link add vcan0 type vcan)");
        return None;
    };
    socket.set_timeout(Some(LONG)).unwrap();
    Some((socket, bus))
}

/// `struct can_frame`
fn frame(id: u32, data: &[u8]) -> [u8; 16] {
    let mut frame = [0; 16];
    frame[..4].copy_from_slice(&id.to_ne_bytes());
    frame[4] = u8::try_from(data.len()).unwrap();
    frame[8..][..data.len()].copy_from_slice(data);
    frame
}

#[test]
fn a_raw_frame_arrives_where_the_filter_lets_it_through() {
    let test = "a_raw_frame_arrives_where_the_filter_lets_it_through";
    let Some((receiver, bus)) = socket(test, Type::RAW, Protocol::CAN_RAW) else { return };
    within(LIMIT, move || {
        receiver.set(option::can::FILTER, &[CanFilter::new(0x123, 0x7ff)]).unwrap();
        receiver.bind(CanAddress::new(bus)).unwrap();
        assert_eq!(receiver.local_address().unwrap(), CanAddress::new(bus).into());
        let (sender, _) = socket(test, Type::RAW, Protocol::CAN_RAW).unwrap();
        sender.bind(CanAddress::new(bus)).unwrap();
        sender.send(&frame(0x124, b"other")).unwrap();
        sender.send(&frame(0x123, b"wanted")).unwrap();
        let mut buffer = [0; 72];
        let (length, from) = receiver.recv_from(&mut buffer).unwrap();
        assert_eq!((&buffer[..length], from), (&frame(0x123, b"wanted")[..], CanAddress::new(bus).into()));
    });
}

#[test]
fn the_broadcast_manager_sends_a_frame() {
    const TX_SEND: u32 = 4;
    let test = "the_broadcast_manager_sends_a_frame";
    let Some((manager, bus)) = socket(test, Type::DGRAM, Protocol::CAN_BCM) else { return };
    within(LIMIT, move || {
        let (receiver, _) = socket(test, Type::RAW, Protocol::CAN_RAW).unwrap();
        receiver.set(option::can::FILTER, &[CanFilter::new(0x321, 0x7ff)]).unwrap();
        receiver.bind(CanAddress::new(bus)).unwrap();
        manager.connect(CanAddress::new(bus)).unwrap();
        // struct bcm_msg_head: opcode, flags and count, padding, two intervals, the identifier, how many frames.
        let mut message = vec![0; 56];
        message[..4].copy_from_slice(&TX_SEND.to_ne_bytes());
        message[48..52].copy_from_slice(&0x321_u32.to_ne_bytes());
        message[52..56].copy_from_slice(&1_u32.to_ne_bytes());
        message.extend(frame(0x321, b"by BCM"));
        assert_eq!(manager.send(&message).unwrap(), message.len());
        assert_eq!(receiver.recv_vec(72).unwrap(), frame(0x321, b"by BCM"));
    });
}

#[test]
fn isotp_carries_what_no_frame_holds() {
    let test = "isotp_carries_what_no_frame_holds";
    let Some((left, bus)) = socket(test, Type::DGRAM, Protocol::CAN_ISOTP) else { return };
    within(LIMIT, move || {
        let (right, _) = socket(test, Type::DGRAM, Protocol::CAN_ISOTP).unwrap();
        left.bind(CanAddress::isotp(bus, 0x701, 0x702)).unwrap();
        right.bind(CanAddress::isotp(bus, 0x702, 0x701)).unwrap();
        let long = b"longer than one frame of CAN, which holds 8 bytes";
        left.send(long).unwrap();
        assert_eq!(right.recv_vec(128).unwrap(), long);
    });
}

#[test]
fn j1939_names_who_sent() {
    const ADDRESS_CLAIMED: u32 = 0xee00;
    let test = "j1939_names_who_sent";
    let Some((left, bus)) = socket(test, Type::DGRAM, Protocol::CAN_J1939) else { return };
    within(LIMIT, move || {
        let node = |address| CanAddress::j1939(bus, J1939Address { name: 0, pgn: 0x40000, address });
        let (right, _) = socket(test, Type::DGRAM, Protocol::CAN_J1939).unwrap();
        left.bind(node(0x20)).unwrap();
        right.bind(node(0x30)).unwrap();
        let pgn = ADDRESS_CLAIMED - 0x100;
        let to = CanAddress::j1939(bus, J1939Address { name: 0, pgn, address: 0x30 });
        let long = b"more than the eight bytes of one frame";
        left.send_to(long, to).unwrap();
        let mut buffer = [0; 128];
        let (length, from) = right.recv_from(&mut buffer).unwrap();
        let Address::Can(from) = from else { panic!("{from:?}") };
        assert_eq!(&buffer[..length], long);
        assert_eq!((from.as_j1939().address, from.as_j1939().pgn), (0x20, pgn));
    });
}

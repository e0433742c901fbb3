//! The error queue: what failed, who says so, what went out; and how it is waited for.

use std::io::IoSliceMut;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use berkeley::control::{ControlBuffer, ControlMessage, ErrorOrigin, ExtendedError, ip, ipv6, socket};
#[cfg(feature = "fault")]
use berkeley::fault::{self, Plan};
use berkeley::{Cause, Flags, Socket, option};

use super::{printed, receive, send};
use crate::bounded::JoinInTime;
use crate::support::{Kind, LIMIT, LONG, SHORT, TCP, UDP, assert_kept, later, pattern, timed, within};
use crate::zero_copy::flag::send_zero_copy;

const ECONNREFUSED: i32 = 111;

const UDP6: Kind =
    Kind { name: "udp v6", family: berkeley::Family::INET6, socket_type: berkeley::Type::DGRAM };

/// The error among the messages.
fn error_in(control: &mut ControlBuffer) -> ExtendedError {
    let found = control.messages().find_map(|message| match message {
        ControlMessage::Ip(ip::Message::Error(error)) | ControlMessage::Ipv6(ipv6::Message::Error(error)) => {
            Some(error)
        }
        _ => None,
    });
    found.unwrap_or_else(|| panic!("no error among {:?}", printed(control)))
}

#[test]
fn a_closed_port_is_reported_with_the_host_and_the_datagram() {
    within(LIMIT, || {
        let rows = [
            (UDP, IpAddr::from(Ipv4Addr::LOCALHOST), ErrorOrigin::ICMP, (3, 3)),
            (UDP6, IpAddr::from(Ipv6Addr::LOCALHOST), ErrorOrigin::ICMP6, (1, 4)),
        ];
        for (kind, host, origin, (icmp_type, icmp_code)) in rows {
            let (_, nobody) = kind.bound();
            let sender = kind.socket();
            sender.set_timeout(Some(LONG)).unwrap();
            match kind {
                UDP => sender.set(option::ip::RECVERR, true),
                _ => sender.set(option::ipv6::RECVERR, true),
            }
            .unwrap();
            sender.send_to(b"anybody?", nobody).unwrap();
            let mut control = ControlBuffer::new();
            let (received, quoted) = receive(&sender, &mut control, Flags::ERRQUEUE);
            assert!(received.is_from_error_queue());
            assert_eq!((received.address, quoted.as_slice()), (nobody, &b"anybody?"[..]));
            let error = error_in(&mut control);
            assert_eq!((error.errno, error.origin), (ECONNREFUSED, origin));
            assert_eq!((error.kind, error.code), (icmp_type, icmp_code));
            assert_eq!(error.offender.map(|offender| offender.ip()), Some(host));
            assert!(error.quotes_datagram() && error.mtu().is_none());
        }
    });
}

#[test]
fn a_datagram_that_this_host_refuses_is_reported_with_the_mtu() {
    within(LIMIT, || {
        let (sender, _receiver) = UDP6.pair();
        sender.set(option::ipv6::RECVERR, true).unwrap();
        sender.set(option::ipv6::DONTFRAG, true).unwrap();
        let error = sender.send(&pattern(65_500)).unwrap_err();
        assert_eq!(error.raw_os_error(), Some(libc::EMSGSIZE));
        let mut control = ControlBuffer::new();
        let (received, _) = receive(&sender, &mut control, Flags::ERRQUEUE);
        let error = error_in(&mut control);
        assert_eq!((error.origin, error.mtu()), (ErrorOrigin::LOCAL, Some(65_536)));
        assert_eq!((received.length, error.quotes_datagram(), error.offender), (0, false, None));
    });
}

#[test]
fn a_packet_that_went_out_says_when() {
    within(LIMIT, || {
        const TX_SOFTWARE: u32 = 1 << 1;
        const SOFTWARE: u32 = 1 << 4;
        const OPT_ID: u32 = 1 << 7;
        let (sender, _receiver) = UDP.pair();
        sender.set(option::TIMESTAMPING, TX_SOFTWARE | SOFTWARE | OPT_ID).unwrap();
        sender.set_timeout(Some(LONG)).unwrap();
        for number in 0..2 {
            sender.send(b"x").unwrap();
            let mut control = ControlBuffer::new();
            receive(&sender, &mut control, Flags::ERRQUEUE);
            let error = error_in(&mut control);
            assert_eq!((error.origin, error.data), (ErrorOrigin::TIMESTAMPING, number));
            let time = control.messages().find_map(|message| match message {
                ControlMessage::Socket(socket::Message::Timestamping(times)) => times.software,
                _ => None,
            });
            assert!(time.unwrap().elapsed().unwrap() < LIMIT);
        }
    });
}

#[test]
fn timestamps_may_be_asked_for_by_the_message() {
    within(LIMIT, || {
        const TX_SOFTWARE: u32 = 1 << 1;
        const SOFTWARE: u32 = 1 << 4;
        let (sender, _receiver) = UDP.pair();
        sender.set(option::TIMESTAMPING, SOFTWARE).unwrap();
        sender.set_timeout(Some(LONG)).unwrap();
        send(&sender, b"without", &[]);
        send(&sender, b"with", &[socket::timestamping(TX_SOFTWARE)]);
        let mut control = ControlBuffer::new();
        // What comes back is the packet itself, with its headers.
        let (_, packet) = receive(&sender, &mut control, Flags::ERRQUEUE);
        assert!(packet.ends_with(b"with"), "{packet:?}");
        assert_eq!(error_in(&mut control).origin, ErrorOrigin::TIMESTAMPING);
    });
}

#[test]
fn buffers_that_are_free_again_are_named_by_their_sends() {
    within(LIMIT, || {
        static BYTES: [u8; 10_000] = [7; 10_000];
        let (sender, receiver) = TCP.pair();
        sender.set(option::ZEROCOPY, true).unwrap();
        sender.set_timeout(Some(LONG)).unwrap();
        for send in 0..2 {
            let mut left = send_zero_copy(&sender, &BYTES);
            while left > 0 {
                left -= receiver.recv_vec(left).unwrap().len();
            }
            let mut control = ControlBuffer::new();
            receive(&sender, &mut control, Flags::ERRQUEUE);
            let error = error_in(&mut control);
            // Over loopback the kernel copies after all, and says so.
            assert_eq!((error.sends(), error.code), (Some((send, send)), 1));
        }
    });
}

#[cfg(feature = "fault")]
#[test]
fn waiting_for_an_error_is_not_ended_by_datagrams() {
    within(LIMIT, || {
        let (receiver, address) = UDP.bound();
        receiver.set(option::ip::RECVERR, true).unwrap();
        receiver.set_timeout(Some(SHORT)).unwrap();
        UDP.socket().send_to(b"no error", address).unwrap();
        let wait = |socket: &Socket| {
            socket.recv_msg_with(
                &mut [IoSliceMut::new(&mut [0; 8])],
                &mut ControlBuffer::new(),
                Flags::ERRQUEUE,
            )
        };
        // Never meant to strike: it counts the waits.
        let waits = fault::arm(Plan::fail("ppoll", u32::MAX, 0));
        let (result, took) = timed(|| wait(&receiver));
        assert_eq!(result.unwrap_err().cause(), Cause::TimedOut);
        assert_kept(SHORT, took, "recv_msg, ERRQUEUE");
        assert_eq!(waits.seen(), 1, "the datagram is no reason to look again");
        drop(waits);

        receiver.set_timeout(Some(LONG)).unwrap();
        let (_, nobody) = UDP.bound();
        let another = receiver.try_clone().unwrap();
        let failing = later(Duration::from_millis(50), move || another.send_to(b"x", nobody).unwrap());
        assert!(wait(&receiver).unwrap().is_from_error_queue());
        failing.join_in_time().unwrap();

        receiver.set_timeout(None).unwrap();
        assert!(wait(&receiver).unwrap_err().is_would_block(), "the kernel never waits for errors");
    });
}

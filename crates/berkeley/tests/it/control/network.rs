//! What comes with datagrams and streams over loopback: addresses, hops, classes, times, sizes, counts.

use std::io::{IoSlice, IoSliceMut};
use std::net::{Ipv4Addr, Ipv6Addr};
use std::time::{Duration, SystemTime};

use berkeley::control::{ControlBuffer, ControlMessage, Outgoing, ip, ipv6, socket, tcp, udp};
use berkeley::interface::interface_index;
use berkeley::{Address, Family, Flags, Protocol, SendMessage, Socket, Type, option};

use super::{printed, receive, send, text};
use crate::skip::skip;
use crate::support::{Kind, LIMIT, TCP, UDP, UNIX_SEQPACKET, pattern, within};

const EPERM: i32 = 1;
const ENOPROTOOPT: i32 = 92;

const UDP6: Kind =
    Kind { name: "udp v6", family: berkeley::Family::INET6, socket_type: berkeley::Type::DGRAM };

/// Sends `hello` with `messages`, and gives what is printed of the control messages that come with it.
fn exchange(kind: &Kind, turn_on: impl Fn(&Socket), messages: &[Outgoing<'_>]) -> Vec<String> {
    let (near, far) = kind.pair();
    turn_on(&far);
    send(&near, b"hello", messages);
    let mut control = ControlBuffer::new();
    let (received, bytes) = receive(&far, &mut control, Flags::NONE);
    assert_eq!((bytes.as_slice(), received.address), (&b"hello"[..], near.local_address().unwrap()));
    assert!(!received.is_truncated() && !received.is_control_truncated());
    printed(&mut control)
}

/// Sets the option that asks for a control message.
type TurnOn = fn(&Socket) -> berkeley::Result<()>;

fn loopback() -> u32 {
    interface_index("lo").unwrap()
}

#[test]
fn a_datagram_over_ipv4_says_how_it_came() {
    within(LIMIT, || {
        let mut info = ip::PacketInfo::new(loopback(), Ipv4Addr::LOCALHOST);
        info.destination = Ipv4Addr::LOCALHOST;
        let options = [1, 1, 1, 0];
        let rows: [(TurnOn, &[Outgoing<'_>], ip::Message<'_>); 6] = [
            (|it| it.set(option::ip::RECVTTL, true), &[ip::ttl(3)], ip::Message::Ttl(3)),
            (|it| it.set(option::ip::RECVTTL, true), &[ip::ttl(255)], ip::Message::Ttl(255)),
            (|it| it.set(option::ip::RECVTOS, true), &[ip::tos(0xb8)], ip::Message::Tos(0xb8)),
            (|it| it.set(option::ip::PKTINFO, true), &[], ip::Message::PacketInfo(info)),
            (|it| it.set(option::ip::PKTINFO, true), &[ip::packet_info(info)], ip::Message::PacketInfo(info)),
            (
                |it| it.set(option::ip::RECVOPTS, true),
                &[ip::options(&options)],
                ip::Message::Options(&options),
            ),
        ];
        for (turn_on, messages, want) in rows {
            let found = exchange(&UDP, |socket| turn_on(socket).unwrap(), messages);
            assert_eq!(found, [format!("Ip({want:?})")]);
        }
    });
}

#[test]
fn a_datagram_over_ipv6_says_how_it_came() {
    within(LIMIT, || {
        let info = ipv6::PacketInfo::new(Ipv6Addr::LOCALHOST, loopback());
        let rows: [(TurnOn, &[Outgoing<'_>], ipv6::Message<'_>); 4] = [
            (
                |it| it.set(option::ipv6::RECVHOPLIMIT, true),
                &[ipv6::hop_limit(3)],
                ipv6::Message::HopLimit(3),
            ),
            (
                |it| it.set(option::ipv6::RECVTCLASS, true),
                &[ipv6::traffic_class(0xb8)],
                ipv6::Message::TrafficClass(0xb8),
            ),
            (
                |it| it.set(option::ipv6::RECVPKTINFO, true),
                &[ipv6::packet_info(info), ipv6::dont_fragment(true)],
                ipv6::Message::PacketInfo(info),
            ),
            (
                |it| it.set(option::ipv6::FLOWINFO, true),
                &[ipv6::traffic_class(0x12)],
                ipv6::Message::FlowInfo(0x0120_0000),
            ),
        ];
        for (turn_on, messages, want) in rows {
            let found = exchange(&UDP6, |socket| turn_on(socket).unwrap(), messages);
            match want {
                // The kernel adds a label of its own making: its low 20 bits.
                ipv6::Message::FlowInfo(_) => {
                    let number = found[0].trim_start_matches("Ipv6(FlowInfo(").trim_end_matches("))");
                    let class = number.parse::<u32>().map(|flow| flow & 0x0ff0_0000);
                    assert_eq!(class, Ok(0x0120_0000), "{found:?}");
                }
                _ => assert_eq!(found, [format!("Ipv6({want:?})")]),
            }
        }
    });
}

/// Extension headers may only be sent by those who may send raw packets.
#[test]
fn the_extension_headers_of_ipv6_come_whole() {
    within(LIMIT, || {
        let (near, far) = UDP6.pair();
        far.set(option::ipv6::RECVHOPOPTS, true).unwrap();
        far.set(option::ipv6::RECVDSTOPTS, true).unwrap();
        // PadN over six bytes; the kernel writes the first byte, what comes next.
        let header = [0, 0, 1, 4, 0, 0, 0, 0];
        let buffers = [IoSlice::new(b"x")];
        let messages = [ipv6::hop_by_hop_options(&header), ipv6::destination_options(&header)];
        match near.send_msg(&SendMessage::new(&buffers).control(&messages)) {
            Err(error) if error.raw_os_error() == Some(EPERM) => {
                return skip(
                    "control::network::the_extension_headers_of_ipv6_come_whole",
                    "the right to send raw packets (CAP_NET_RAW)",
                );
            }
            result => assert_eq!(result.unwrap(), 1),
        }
        let mut control = ControlBuffer::new();
        receive(&far, &mut control, Flags::NONE);
        let (hop, destination) = ([60, 0, 1, 4, 0, 0, 0, 0], [17, 0, 1, 4, 0, 0, 0, 0]);
        let want = [
            text(&ControlMessage::Ipv6(ipv6::Message::HopByHopOptions(&hop))),
            text(&ControlMessage::Ipv6(ipv6::Message::DestinationOptions(&destination))),
        ];
        assert_eq!(printed(&mut control), want);
    });
}

#[test]
fn the_first_destination_is_the_only_one_without_a_firewall() {
    within(LIMIT, || {
        for kind in [UDP, UDP6] {
            let (near, far) = kind.pair();
            match kind.family {
                berkeley::Family::INET => far.set(option::ip::RECVORIGDSTADDR, true),
                _ => far.set(option::ipv6::RECVORIGDSTADDR, true),
            }
            .unwrap();
            near.send(b"x").unwrap();
            let mut control = ControlBuffer::new();
            receive(&far, &mut control, Flags::NONE);
            let found: Address = match control.messages().next() {
                Some(ControlMessage::Ip(ip::Message::OriginalDestination(address))) => address.into(),
                Some(ControlMessage::Ipv6(ipv6::Message::OriginalDestination(address))) => address.into(),
                other => panic!("{other:?}"),
            };
            assert_eq!(found, far.local_address().unwrap());
        }
    });
}

#[test]
fn a_datagram_too_large_for_the_path_tells_the_mtu_and_in_fragments_their_size() {
    within(LIMIT, || {
        // Loopback takes 65,536 bytes, headers included.
        let large = pattern(65_500);
        let (near, far) = UDP6.pair();
        near.set(option::ipv6::RECVPATHMTU, true).unwrap();
        let buffers = [IoSlice::new(&large)];
        let messages = [ipv6::dont_fragment(true)];
        let error = near.send_msg(&SendMessage::new(&buffers).control(&messages)).unwrap_err();
        assert_eq!(error.raw_os_error(), Some(libc::EMSGSIZE));
        let mut control = ControlBuffer::new();
        let (received, _) = receive(&near, &mut control, Flags::NONE);
        let Some(ControlMessage::Ipv6(ipv6::Message::PathMtu(to, 65_536))) = control.messages().next() else {
            panic!("{:?}", printed(&mut control));
        };
        assert_eq!((received.length, *to.ip()), (0, Ipv6Addr::LOCALHOST));

        far.set(option::ipv6::RECVFRAGSIZE, true).unwrap();
        near.send(&large).unwrap();
        let (_, bytes) = receive(&far, &mut control, Flags::NONE);
        assert_eq!(bytes, large);
        let message = control.messages().next();
        // The first fragment has 65,536 bytes, which the kernel keeps in 16 bits: the second is then the largest.
        let sizes = matches!(message, Some(ControlMessage::Ipv6(ipv6::Message::FragmentSize(68 | 65_536))));
        assert!(sizes, "{message:?}");
    });
}

#[test]
fn a_datagram_says_when_it_came() {
    within(LIMIT, || {
        const RX_SOFTWARE: u32 = 1 << 3;
        const SOFTWARE: u32 = 1 << 4;
        let rows: [TurnOn; 3] = [
            |it| it.set(option::TIMESTAMP, true),
            |it| it.set(option::TIMESTAMPNS, true),
            |it| it.set(option::TIMESTAMPING, RX_SOFTWARE | SOFTWARE),
        ];
        for (row, turn_on) in rows.iter().enumerate() {
            let (near, far) = UDP.pair();
            turn_on(&far).unwrap();
            // The kernel begins to take timestamps a moment after it was asked for the first of them.
            let found = (0..).find_map(|_| {
                let before = SystemTime::now() - Duration::from_micros(1);
                near.send(b"x").unwrap();
                let mut control = ControlBuffer::new();
                receive(&far, &mut control, Flags::NONE);
                let time = match control.messages().next()? {
                    ControlMessage::Socket(socket::Message::Timestamp(time)) if row == 0 => time,
                    ControlMessage::Socket(socket::Message::TimestampNs(time)) if row == 1 => time,
                    ControlMessage::Socket(socket::Message::Timestamping(times)) if row == 2 => {
                        assert_eq!(times.hardware, None);
                        times.software?
                    }
                    other => panic!("{other:?}"),
                };
                Some((before, time, SystemTime::now()))
            });
            let (before, time, after) = found.unwrap();
            assert!(before <= time && time <= after, "row {row}: {before:?} {time:?} {after:?}");
        }
    });
}

#[test]
fn a_mark_travels_with_a_datagram() {
    within(LIMIT, || {
        let (near, far) = UDP.pair();
        let buffers = [IoSlice::new(b"x")];
        let messages = [socket::mark(7)];
        let marked = far
            .set(option::RCVMARK, true)
            .and_then(|()| near.send_msg(&SendMessage::new(&buffers).control(&messages)));
        match marked {
            Err(error) if matches!(error.raw_os_error(), Some(EPERM | ENOPROTOOPT)) => {
                return skip(
                    "control::network::a_mark_travels_with_a_datagram",
                    "Linux 5.19 and the right to mark packets (CAP_NET_RAW)",
                );
            }
            result => assert_eq!(result.unwrap(), 1),
        }
        let mut control = ControlBuffer::new();
        receive(&far, &mut control, Flags::NONE);
        assert_eq!(printed(&mut control), ["Socket(Mark(7))"]);
    });
}

#[test]
fn one_send_is_cut_into_datagrams_and_gathered_again() {
    within(LIMIT, || {
        let (near, far) = UDP.pair();
        let bytes = pattern(3000);
        assert_eq!(send(&near, &bytes, &[udp::segment(1200)]), 3000);
        let sizes: Vec<usize> = (0..3).map(|_| far.recv_vec(4096).unwrap().len()).collect();
        assert_eq!(sizes, [1200, 1200, 600]);

        far.set(option::udp::GRO, true).unwrap();
        send(&near, &bytes, &[udp::segment(1200)]);
        let mut control = ControlBuffer::for_messages([4]);
        let (_, gathered) = receive(&far, &mut control, Flags::NONE);
        assert_eq!(gathered, bytes);
        let message = control.messages().next();
        assert!(matches!(message, Some(ControlMessage::Udp(udp::Message::Gro(1200)))), "{message:?}");
    });
}

#[test]
fn dropped_datagrams_are_counted() {
    within(LIMIT, || {
        let (near, far) = UDP.pair();
        far.set(option::RXQ_OVFL, true).unwrap();
        far.set(option::RCVBUF, 4096).unwrap();
        let sent = 200;
        for _ in 0..sent {
            near.send(&[0; 512]).unwrap();
        }
        let mut control = ControlBuffer::new();
        far.set_timeout(Some(Duration::ZERO)).unwrap();
        let mut kept = 0;
        let mut bytes = [0; 1024];
        while far.recv_msg(&mut [IoSliceMut::new(&mut bytes)], &mut control).is_ok() {
            kept += 1;
        }
        assert!((1..sent).contains(&kept), "{kept}");
        // The count comes with what is queued after the drops.
        near.send(b"after").unwrap();
        receive(&far, &mut control, Flags::NONE);
        assert_eq!(printed(&mut control), [format!("Socket(DropCount({}))", sent - kept)]);
    });
}

#[test]
fn a_stream_says_how_much_is_left() {
    within(LIMIT, || {
        let (near, far) = TCP.pair();
        far.set(option::tcp::INQ, true).unwrap();
        near.send_all(&pattern(100)).unwrap();
        let mut all = [0; 100];
        while far.peek(&mut all).unwrap() < 100 {}
        let mut bytes = [0; 40];
        let mut control = ControlBuffer::new();
        let received = far.recv_msg(&mut [IoSliceMut::new(&mut bytes)], &mut control).unwrap();
        assert_eq!(received.length, 40);
        let message = control.messages().next();
        assert!(matches!(message, Some(ControlMessage::Tcp(tcp::Message::Inq(60)))), "{message:?}");
    });
}

#[test]
fn a_unix_stream_says_how_much_is_left() {
    within(LIMIT, || {
        let (near, far) = Socket::pair(Family::UNIX, Type::STREAM, Protocol::DEFAULT).unwrap();
        match far.set(option::INQ, true) {
            Err(error) if error.raw_os_error() == Some(ENOPROTOOPT) => {
                return skip("control::network::a_unix_stream_says_how_much_is_left", "SO_INQ (Linux 6.17)");
            }
            set => set.unwrap(),
        }
        near.send_all(&pattern(100)).unwrap();
        let mut bytes = [0; 40];
        let mut control = ControlBuffer::new();
        let received = far.recv_msg(&mut [IoSliceMut::new(&mut bytes)], &mut control).unwrap();
        assert_eq!(received.length, 40);
        let message = control.messages().next();
        assert!(matches!(message, Some(ControlMessage::Socket(socket::Message::Inq(60)))), "{message:?}");
    });
}

#[test]
fn what_was_cut_and_why_is_told_apart() {
    within(LIMIT, || {
        let (near, far) = UDP.pair();
        far.set(option::ip::RECVTTL, true).unwrap();
        // An int behind its header, whose length is as wide as a pointer.
        let message = size_of::<libc::cmsghdr>() + 4;
        let short = message - 2;
        let rows = [(8, 64, false, false), (4, 64, true, false), (8, short, false, true), (4, 0, true, true)];
        for (room, control_room, cut, control_cut) in rows {
            near.send(b"12345678").unwrap();
            let mut bytes = vec![0; room];
            let mut control = ControlBuffer::with_capacity(control_room);
            let received = far.recv_msg(&mut [IoSliceMut::new(&mut bytes)], &mut control).unwrap();
            assert_eq!(received.length, room);
            assert_eq!((received.is_truncated(), received.is_control_truncated()), (cut, control_cut));
            let whole = control.messages().any(|message| matches!(message, ControlMessage::Ip(_)));
            assert_eq!(whole, !control_cut);
            assert_eq!(
                control.as_bytes().len(),
                if control_room == 64 { message.next_multiple_of(size_of::<usize>()) } else { control_room }
            );
        }
        near.send(b"12345678").unwrap();
        let mut control = ControlBuffer::with_capacity(0);
        let whole =
            far.recv_msg_with(&mut [IoSliceMut::new(&mut [0; 4])], &mut control, Flags::TRUNC).unwrap();
        assert_eq!((whole.length, whole.is_truncated()), (8, true));
    });
}

#[test]
fn several_buffers_are_one_message_and_urgent_data_is_flagged() {
    within(LIMIT, || {
        let (near, far) = UNIX_SEQPACKET.pair();
        let buffers = [IoSlice::new(b"one"), IoSlice::new(b" "), IoSlice::new(b"record")];
        assert_eq!(near.send_msg(&SendMessage::new(&buffers)).unwrap(), 10);
        let (mut head, mut tail) = ([0; 4], [0; 16]);
        let mut parts = [IoSliceMut::new(&mut head), IoSliceMut::new(&mut tail)];
        let received = far.recv_msg(&mut parts, &mut ControlBuffer::new()).unwrap();
        assert_eq!((received.length, received.is_out_of_band()), (10, false));
        assert_eq!((&head, &tail[..6]), (b"one ", &b"record"[..]));

        let (near, far) = TCP.pair();
        let urgent = [IoSlice::new(b"!")];
        near.send_msg(&SendMessage::new(&urgent).flags(Flags::OOB)).unwrap();
        let later = berkeley::Deadline::after(LIMIT);
        far.wait(berkeley::Interest::PRIORITY, later).unwrap();
        let (received, bytes) = receive(&far, &mut ControlBuffer::new(), Flags::OOB);
        assert_eq!((bytes.as_slice(), received.is_out_of_band()), (&b"!"[..], true));
    });
}

#[test]
fn a_message_goes_to_the_address_it_names() {
    within(LIMIT, || {
        let ((near, from), (far, to)) = (UDP6.bound(), UDP6.bound());
        let buffers = [IoSlice::new(b"hello")];
        near.send_msg(&SendMessage::new(&buffers).to(to).unwrap()).unwrap();
        near.try_send_msg(&SendMessage::new(&buffers).to(to).unwrap()).unwrap();
        let mut control = ControlBuffer::new();
        let (received, _) = receive(&far, &mut control, Flags::NONE);
        assert_eq!((received.address, received.is_from_error_queue()), (from, false));
        assert_eq!(far.try_recv_msg(&mut [], &mut control, Flags::NONE).unwrap().address, from);
        let too_long = vec![0; 70_000];
        let error = near.send_msg(&SendMessage::new(&[IoSlice::new(&too_long)]).to(to).unwrap()).unwrap_err();
        assert!(error.to_string().starts_with(&format!("send_msg udp {to}: ")), "{error}");
    });
}

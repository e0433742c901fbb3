//! What goes beside a datagram's bytes: each arrives with its own, whatever travelled together.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

#[cfg(feature = "tokio")]
use berkeley::AsyncSocket;
use berkeley::batch::{Datagram, RecvBatch, Segments, SendBatch};
use berkeley::control::{ControlMessage, Ecn, ip, ipv6, socket, space};
use berkeley::{Address, Cause, Operation, Socket, option};

use super::UDP6;
use crate::skip::skip;
use crate::support::{Kind, LIMIT, LONG, UDP, UNIX_DGRAM, pattern, within};

const MARKS: [Ecn; 4] = [Ecn::NotEct, Ecn::Ect1, Ecn::Ect0, Ecn::Ce];

/// A receiver that asks for all that a datagram's header says.
fn receiver(kind: Kind) -> (Socket, Address) {
    let (receiver, address) = kind.bound();
    receiver.set_timeout(Some(LONG)).unwrap();
    receiver.set(option::ip::RECVTOS, true).unwrap();
    if kind.name == UDP6.name {
        receiver.set(option::ipv6::RECVTCLASS, true).unwrap();
        receiver.set(option::ipv6::RECVPKTINFO, true).unwrap();
    } else {
        receiver.set(option::ip::PKTINFO, true).unwrap();
    }
    (receiver, address)
}

/// Length, mark, where it came to.
type Seen = (usize, Option<Ecn>, Option<IpAddr>);

fn seen(batch: &RecvBatch) -> impl Iterator<Item = Seen> + '_ {
    batch.iter().map(|datagram| (datagram.bytes().len(), datagram.ecn(), datagram.local()))
}

fn receive(receiver: &Socket, gro: bool, count: usize) -> Vec<Seen> {
    let batch = if gro {
        RecvBatch::gro_with_control(receiver, 8, RecvBatch::IP)
    } else {
        RecvBatch::with_control(8, 4096, RecvBatch::IP)
    };
    let (mut batch, mut all) = (batch.unwrap(), Vec::new());
    while all.len() < count {
        receiver.recv_many(&mut batch).unwrap();
        all.extend(seen(&batch));
    }
    all
}

fn loopback(kind: Kind) -> IpAddr {
    if kind.name == UDP6.name { Ipv6Addr::LOCALHOST.into() } else { Ipv4Addr::LOCALHOST.into() }
}

/// One size and several marks, short ones and empty ones in between.
#[test]
fn each_datagram_keeps_its_mark() {
    within(LIMIT, || {
        let lengths = [900, 900, 900, 900, 500, 900, 900, 900, 900, 900, 0, 900, 900, 901, 12];
        let marks = [0, 0, 1, 1, 1, 2, 2, 0, 0, 3, 3, 3, 3, 3, 2].map(|at: usize| MARKS[at]);
        let bytes = pattern(901);
        for kind in [UDP, UDP6] {
            for switches in 0..8 {
                let [gso, gro, connected] = [1, 2, 4].map(|switch| switches & switch != 0);
                let (receiver, address) = receiver(kind);
                let sender = kind.socket();
                if connected {
                    sender.connect(address).unwrap();
                }
                let datagrams: Vec<_> = lengths
                    .iter()
                    .zip(marks)
                    .map(|(&length, mark)| Datagram::new(&bytes[..length]).ecn(mark))
                    .map(|datagram| if connected { datagram } else { datagram.to(&address) })
                    .collect();
                sender.send_many(&datagrams, &mut SendBatch::new().gso(gso)).unwrap();
                let want: Vec<Seen> = lengths
                    .iter()
                    .zip(marks)
                    .map(|(&length, mark)| (length, Some(mark), Some(loopback(kind))))
                    .collect();
                let name = format!("{}, gso {gso}, gro {gro}, connected {connected}", kind.name);
                assert_eq!(receive(&receiver, gro, lengths.len()), want, "{name}");
            }
        }
    });
}

#[test]
fn a_buffer_goes_with_one_mark_from_one_address() {
    within(LIMIT, || {
        for (kind, source) in [(UDP, "127.0.0.9"), (UDP, "127.0.0.1"), (UDP6, "::1")] {
            let source: IpAddr = source.parse().unwrap();
            let (receiver, address) = receiver(kind);
            let (buffer, mut batch) =
                (pattern(5000), RecvBatch::gro_with_control(&receiver, 8, RecvBatch::IP).unwrap());
            let segments = Segments::new(&buffer, 1200).unwrap().to(&address).ecn(Ecn::Ect1).source(source);
            kind.socket().send_many(&segments, &mut SendBatch::new()).unwrap();
            let (mut arrived, mut pieces) = (Vec::new(), 0);
            while arrived.len() < 5 {
                receiver.recv_many(&mut batch).unwrap();
                pieces += batch.arrivals().len();
                for datagram in &batch {
                    assert_eq!((datagram.ecn(), datagram.address().ip()), (Some(Ecn::Ect1), Some(source)));
                    arrived.push(datagram.bytes().to_vec());
                }
            }
            assert!(arrived.iter().eq(buffer.chunks(1200)), "{}", kind.name);
            assert_eq!((pieces, batch.is_gro()), (if batch.is_gro() { 1 } else { 5 }, batch.is_gro()));
        }
    });
}

/// What an answer is made of: the address that the question came to.
#[test]
fn an_answer_comes_from_where_the_question_went() {
    within(LIMIT, || {
        let (server, address) = UDP.bound();
        let port = address.port().unwrap();
        drop(server);
        let server = UDP.socket();
        server.bind((Ipv4Addr::UNSPECIFIED, port)).unwrap();
        server.set_timeout(Some(LONG)).unwrap();
        server.set(option::ip::PKTINFO, true).unwrap();
        let asked = Ipv4Addr::new(127, 0, 0, 23);
        let client = UDP.socket();
        client.set_timeout(Some(LONG)).unwrap();
        client.connect((asked, port)).unwrap();
        client.send(b"question").unwrap();

        let mut batch = RecvBatch::with_control(4, 64, RecvBatch::IP).unwrap();
        server.recv_many(&mut batch).unwrap();
        let question = batch.iter().next().unwrap();
        assert_eq!((question.local(), question.destination()), (Some(asked.into()), Some(asked.into())));
        let to = question.address();
        let answer = Datagram::new(b"answer").to(&to).source(question.local().unwrap());
        server.send_many(&[answer], &mut SendBatch::new()).unwrap();
        // Of another source the connected client would receive nothing.
        assert_eq!(client.recv_vec(64).unwrap(), b"answer");
    });
}

/// A socket of IPv6 that also speaks IPv4.
#[test]
fn both_families_of_one_socket_are_marked() {
    within(LIMIT, || {
        let socket = UDP6.socket();
        socket.set(option::ipv6::V6ONLY, false).unwrap();
        socket.bind((Ipv6Addr::UNSPECIFIED, 0)).unwrap();
        let (four, address) = receiver(UDP);
        let mapped = Address::from((Ipv4Addr::LOCALHOST.to_ipv6_mapped(), address.port().unwrap()));
        let (six, to_six) = receiver(UDP6);
        let source = Ipv4Addr::new(127, 0, 0, 4);
        let datagrams = [
            Datagram::new(b"four").to(&mapped).ecn(Ecn::Ce).source(source),
            Datagram::new(b"six").to(&to_six).ecn(Ecn::Ect0).source(Ipv6Addr::LOCALHOST),
            Datagram::new(b"mapped").to(&mapped).ecn(Ecn::Ect1).source(source.to_ipv6_mapped()),
        ];
        socket.send_many(&datagrams, &mut SendBatch::new()).unwrap();
        let mut batch = RecvBatch::with_control(4, 64, RecvBatch::IP).unwrap();
        let mut arrived = Vec::new();
        for (receiver, count) in [(&four, 2), (&six, 1)] {
            let until = arrived.len() + count;
            while arrived.len() < until {
                receiver.recv_many(&mut batch).unwrap();
                arrived.extend(batch.iter().map(|it| (it.bytes().to_vec(), it.ecn(), it.address().ip())));
            }
        }
        let row = |bytes: &[u8], ecn, ip: IpAddr| (bytes.to_vec(), Some(ecn), Some(ip));
        let want = [
            row(b"four", Ecn::Ce, source.into()),
            row(b"mapped", Ecn::Ect1, source.into()),
            row(b"six", Ecn::Ect0, Ipv6Addr::LOCALHOST.into()),
        ];
        assert_eq!(arrived, want);
    });
}

/// The kernel would not look at it; what stands before it goes.
#[test]
fn a_source_of_another_family_is_an_error_of_its_datagram() {
    const EAFNOSUPPORT: i32 = 97;
    within(LIMIT, || {
        for (kind, source) in [(UDP, loopback(UDP6)), (UDP6, loopback(UDP))] {
            let (receiver, address) = receiver(kind);
            let datagrams = [
                Datagram::new(b"before").to(&address),
                Datagram::new(b"refused").to(&address).source(source),
            ];
            let error = kind.socket().send_many(&datagrams, &mut SendBatch::new()).unwrap_err();
            assert_eq!((error.raw_os_error(), error.datagrams_sent()), (Some(EAFNOSUPPORT), 1));
            assert_eq!(receive(&receiver, false, 1)[0].0, 6);
        }
    });
}

fn hops(message: &ControlMessage<'_>) -> Option<u8> {
    match message {
        ControlMessage::Ip(ip::Message::Ttl(hops)) | ControlMessage::Ipv6(ipv6::Message::HopLimit(hops)) => {
            Some(*hops)
        }
        _ => None,
    }
}

#[test]
fn control_messages_are_each_datagrams_own() {
    within(LIMIT, || {
        let (three, also_three, nine) = ([ip::ttl(3)], [ip::ttl(3)], [ip::ttl(9)]);
        let (six_three, six_nine) = ([ipv6::hop_limit(3)], [ipv6::hop_limit(9)]);
        for (kind, [one, same, other]) in
            [(UDP, [&three, &also_three, &nine]), (UDP6, [&six_three, &six_three, &six_nine])]
        {
            let (receiver, address) = kind.bound();
            receiver.set_timeout(Some(LONG)).unwrap();
            receiver.set(option::ip::RECVTTL, true).unwrap();
            if kind.name == UDP6.name {
                receiver.set(option::ipv6::RECVHOPLIMIT, true).unwrap();
            }
            let datagrams = [one, same, other, other, one].map(|it| Datagram::new(&[7; 64]).control(it));
            let datagrams = datagrams.map(|datagram| datagram.to(&address));
            kind.socket().send_many(&datagrams, &mut SendBatch::new()).unwrap();
            let mut batch = RecvBatch::gro_with_control(&receiver, 8, space(4)).unwrap();
            let mut arrived = Vec::new();
            while arrived.len() < 5 {
                receiver.recv_many(&mut batch).unwrap();
                arrived
                    .extend(batch.iter().map(|it| (it.bytes().len(), it.control().find_map(|it| hops(&it)))));
            }
            assert_eq!(arrived, [3, 3, 9, 9, 3].map(|hops| (64, Some(hops))), "{}", kind.name);
        }
    });
}

#[test]
fn a_batch_passes_descriptors_too() {
    within(LIMIT, || {
        let (left, right) = UNIX_DGRAM.pair();
        right.set_timeout(Some(LONG)).unwrap();
        let file = std::fs::File::open("/dev/null").unwrap();
        let fds = [std::os::fd::AsFd::as_fd(&file)];
        let rights = [socket::rights(&fds)];
        let datagrams = [Datagram::new(b"one").control(&rights), Datagram::new(b"two")];
        left.send_many(&datagrams, &mut SendBatch::new()).unwrap();
        let mut batch = RecvBatch::with_control(4, 64, space(4)).unwrap();
        let mut counts = Vec::new();
        while counts.len() < 2 {
            right.recv_many(&mut batch).unwrap();
            counts.extend(batch.arrivals().map(|mut arrival| arrival.control().count()));
        }
        assert_eq!(counts, [1, 0]);
    });
}

/// A time stamp is 32 bytes, which push out the size of what came as one piece.
#[test]
fn a_batch_whose_control_data_was_cut_off_is_an_error_and_glues_nothing() {
    within(LIMIT, || {
        for kind in [UDP, UDP6] {
            let (receiver, address) = kind.bound();
            receiver.set_timeout(Some(LONG)).unwrap();
            receiver.set(option::TIMESTAMPNS, true).unwrap();
            let mut batch = RecvBatch::gro(&receiver, 8).unwrap();
            if !batch.is_gro() {
                let name =
                    "batch::beside::a_batch_whose_control_data_was_cut_off_is_an_error_and_glues_nothing";
                return skip(name, "UDP_GRO (Linux 5.0)");
            }
            let buffer = pattern(3000);
            let segments = Segments::new(&buffer, 1000).unwrap().to(&address);
            kind.socket().send_many(&segments, &mut SendBatch::new()).unwrap();
            let error = receiver.recv_many(&mut batch).unwrap_err();
            assert_eq!((error.cause(), error.operation()), (Cause::Unexpected, Operation::RecvMany));
            assert!(error.to_string().contains("control messages were cut off"), "{error}");
            assert!(batch.iter().all(|datagram| datagram.bytes().len() <= 1000), "{batch:?}");
            assert_eq!(batch.len(), batch.iter().count());
            let glued = batch.arrivals().any(|it| it.datagrams().any(|it| it.bytes().len() > 1000));
            assert!(!glued);

            // The next is as good as ever, with room for both.
            kind.socket().send_many(&segments, &mut SendBatch::new()).unwrap();
            let mut batch = RecvBatch::gro_with_control(&receiver, 8, space(16)).unwrap();
            assert_eq!(receiver.recv_many(&mut batch).unwrap(), 3);
        }
    });
}

#[cfg(feature = "tokio")]
#[tokio::test]
async fn awaited_datagrams_keep_what_goes_beside_them() {
    for kind in [UDP, UDP6] {
        let (receiver, address) = receiver(kind);
        let receiver = AsyncSocket::from_socket(receiver).unwrap();
        let sender = AsyncSocket::from_socket(kind.socket()).unwrap();
        let mut batch = RecvBatch::gro_with_control(receiver.socket(), 8, RecvBatch::IP).unwrap();
        let sending = async {
            let buffer = [7; 3000];
            let segments = Segments::new(&buffer, 1200).unwrap().to(&address).ecn(Ecn::Ect0);
            sender.send_many(&segments, &mut SendBatch::new()).await.unwrap();
        };
        let receiving = async {
            let mut arrived = Vec::new();
            while arrived.len() < 3 {
                receiver.recv_many(&mut batch).await.unwrap();
                arrived.extend(seen(&batch));
            }
            arrived
        };
        let both = async { tokio::join!(receiving, sending).0 };
        let arrived = tokio::time::timeout(LIMIT, both).await.unwrap();
        let want = [1200, 1200, 600].map(|length| (length, Some(Ecn::Ect0), Some(loopback(kind))));
        assert_eq!(arrived, want, "{}", kind.name);
    }
}

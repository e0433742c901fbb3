//! Memory that the system does not give: an error before anything is taken from the kernel, never the process's end.

use std::io::{IoSlice, IoSliceMut};
use std::net::{Ipv4Addr, SocketAddr};

use berkeley::batch::{Datagram, RecvBatch, SendBatch};
use berkeley::control::{self, ControlBuffer};
use berkeley::interface::interfaces;
use berkeley::netdb::host_by_name;
use berkeley::option::{self, Filter, Instruction, Kind, Value};
use berkeley::resolve::{BackHints, Hints, resolve, resolve_back};
use berkeley::splice::{Filled, SplicePipe};
use berkeley::zero_copy::ZeroCopy;
use berkeley::{
    Address, Connector, Family, Flags, Protocol, Result, SendMessage, Socket, Type, decoders, interleave,
};

use super::{LONGEST, pair};

const ENOMEM: i32 = 12;

/// What `action` gives where no piece of memory is longer than an error's words.
fn within_little<T>(action: impl FnOnce() -> T) -> T {
    within(4096, action)
}

fn within<T>(longest: usize, action: impl FnOnce() -> T) -> T {
    struct Restore;
    impl Drop for Restore {
        fn drop(&mut self) {
            LONGEST.set(usize::MAX);
        }
    }
    let _restore = Restore;
    LONGEST.set(longest);
    action()
}

#[track_caller]
fn assert_no_memory<T>(action: impl FnOnce() -> Result<T>) {
    let result = within_little(action).map(drop);
    assert_eq!(result.map_err(|error| error.raw_os_error()), Err(Some(ENOMEM)));
}

#[test]
fn a_receive_without_memory_leaves_the_datagram_where_it_is() {
    let (left, right) = pair();
    left.send(b"hello").unwrap();
    let mut bytes = [0; 8];

    assert_no_memory(|| right.recv_vec(1 << 20));
    assert!(within_little(|| ControlBuffer::try_with_capacity(1 << 20)).is_none());
    let mut short = within_little(|| ControlBuffer::with_capacity(1 << 20));
    assert_eq!(short.capacity(), 0);
    for _ in 0..2 {
        assert_no_memory(|| right.recv_msg(&mut [IoSliceMut::new(&mut bytes)], &mut short));
        assert_no_memory(|| right.try_recv_msg(&mut [IoSliceMut::new(&mut bytes)], &mut short, Flags::NONE));
    }
    for (messages, size, control) in [(8, 1000, 0), (1, 1 << 20, 0), (1, 8, 1 << 20), (1024, 1, 0)] {
        assert_no_memory(|| RecvBatch::with_control(messages, size, control));
    }
    assert_eq!(right.recv_vec(8).unwrap(), b"hello");
}

#[test]
fn a_send_without_memory_sends_nothing() {
    let (left, right) = pair();
    right.set_timeout(Some(std::time::Duration::ZERO)).unwrap();
    let data = vec![0; 1 << 20];
    let messages = [control::raw(107, 3, &data).unwrap()];
    let parts = [IoSlice::new(b"hello")];
    let message = SendMessage::new(&parts).control(&messages);
    assert_no_memory(|| left.send_msg(&message));
    assert_no_memory(|| left.try_send_msg(&message));

    // More than fits into so little: the messages, their addresses, what they are cut into.
    let datagrams = vec![Datagram::new(b"hello"); 200];
    assert_no_memory(|| left.send_many(&datagrams, &mut SendBatch::new()));
    let addresses: Vec<Address> =
        (1..=200).map(|port| Address::from((std::net::Ipv4Addr::LOCALHOST, port))).collect();
    let udp = Socket::new(Family::INET, Type::DGRAM, Protocol::DEFAULT).unwrap();
    let datagrams: Vec<Datagram<'_>> =
        addresses.iter().map(|address| Datagram::new(b"hello").to(address)).collect();
    // What has no room goes with the next call.
    within_little(|| udp.send_many(&datagrams, &mut SendBatch::new())).unwrap();
    assert!(right.recv(&mut [0; 8]).unwrap_err().is_would_block(), "nothing was sent");
}

#[test]
fn a_filter_without_memory_is_not_attached() {
    let keep = Instruction::statement(0x06, u32::MAX);
    let filter = Filter::new(vec![keep; 4096]).unwrap();
    let socket = Socket::new(Family::INET, Type::DGRAM, Protocol::DEFAULT).unwrap();
    assert_no_memory(|| socket.attach_filter(&filter));
    assert!(socket.detach_filter().is_err(), "none is attached");
}

#[test]
fn what_a_caller_lays_out_without_memory_is_an_error() {
    let data = vec![0; 1 << 20];
    let messages = [control::raw(107, 3, &data).unwrap()];
    assert_no_memory(|| control::encode(&messages));

    let keep = Instruction::statement(0x06, u32::MAX);
    let instructions = vec![keep; 4096];
    let fault = within_little(|| Filter::new(&instructions)).unwrap_err();
    assert_eq!(fault.to_string(), "instruction 0: there is no memory for the filter");

    let answers = resolve("127.0.0.1", 80, &Hints::new().kind(Type::STREAM)).unwrap();
    let answers = vec![answers[0].clone(); 1000];
    assert_no_memory(|| interleave(&answers));
    let addresses = vec![answers[0].address; 1000];
    assert_no_memory(|| Connector::new().connect_to(&addresses));
}

#[test]
fn the_value_of_an_option_without_memory_is_an_error() {
    let socket = Socket::new(Family::INET, Type::STREAM, Protocol::DEFAULT).unwrap();
    let name = "a".repeat(1 << 20);
    assert_no_memory(|| socket.set(option::tcp::CONGESTION, &name));
    let sctp = option::sctp::BINDX_ADD;
    let addresses: Vec<SocketAddr> = vec![(Ipv4Addr::LOCALHOST, 80).into(); 1000];
    assert_no_memory(|| socket.set(sctp, &addresses));
    let value = Value::SocketAddresses(addresses);
    assert_no_memory(|| socket.set_value(sctp.description(), &value));
    let text = value.to_string();
    assert_no_memory(|| sctp.description().parse(Some(&text)));

    // What is decoded of the kernel's bytes has 512 of them at most, but for lists of groups.
    for (kind, length, longest) in
        [(Kind::Octets, 256, 200), (Kind::Text, 256, 200), (Kind::Groups, 8192, 4096)]
    {
        let bytes = vec![b'1'; length];
        let decoded = within(longest, || decoders::option_value(kind, &bytes));
        assert_eq!(decoded, Err("there is no memory for it".to_owned()), "{kind:?}");
    }
}

#[test]
fn a_lookup_of_digits_without_memory_is_an_error() {
    let hints = Hints::new().canonical_name(true);
    let digits = format!("0x{}7f000001", "0".repeat(1 << 20));
    // An answer for each type of socket: glibc knows one more than musl.
    assert!(resolve(&digits, 80, &hints).is_ok_and(|answers| answers.len() >= 2));
    assert_no_memory(|| resolve(&digits, 80, &hints));
    let digits = format!("family:200:{}", "0".repeat(1 << 20));
    let error = within_little(|| digits.parse::<Address>()).map(drop).unwrap_err();
    assert_eq!(error.raw_os_error(), Some(ENOMEM), "{error}");
}

#[test]
fn what_a_pipe_holds_stays_there_without_memory_to_take_it() {
    let (client, from) = Socket::pair(Family::UNIX, Type::STREAM, Protocol::DEFAULT).unwrap();
    client.send_all(&[7; 8000]).unwrap();
    let mut pipe = SplicePipe::new().unwrap();
    assert!(matches!(pipe.try_fill(&from, 8000).unwrap(), Filled::Bytes(8000)));
    assert_no_memory(|| pipe.take_held());
    assert_eq!(pipe.take_held().unwrap(), [7; 8000]);
}

#[test]
fn a_lookup_without_memory_is_an_error() {
    assert_no_memory(interfaces);
    let error = within(256, || host_by_name("localhost", Family::INET)).unwrap_err();
    assert_eq!(error.raw_os_error(), Some(ENOMEM), "{error}");
    let host = "a".repeat(1 << 20);
    assert_no_memory(|| resolve(&host, 80, &Hints::new()));
    assert_no_memory(|| resolve("localhost", host.as_str(), &Hints::new()));
    // What the C library itself takes is not refused here; the answers are few.
    within_little(|| resolve_back((std::net::Ipv4Addr::LOCALHOST, 80), &BackHints::new().numeric_host(true)))
        .unwrap();
}

#[test]
fn a_text_without_memory_is_no_address() {
    let text = format!("/{}", "a".repeat(1 << 20));
    let error = within_little(|| text.parse::<Address>()).map(drop).unwrap_err();
    assert_eq!(error.raw_os_error(), Some(ENOMEM), "{error}");
}

#[test]
fn a_buffer_that_has_no_place_is_not_sent() {
    // A place is half as large where a pointer has 32 bits.
    const BUFFERS: usize = 200;
    let listener = Socket::new(Family::INET, Type::STREAM, Protocol::DEFAULT).unwrap();
    listener.bind((std::net::Ipv4Addr::LOCALHOST, 0)).unwrap();
    listener.listen(1).unwrap();
    let client = Socket::new(Family::INET, Type::STREAM, Protocol::DEFAULT).unwrap();
    client.connect(listener.local_address().unwrap()).unwrap();
    let mut sender = ZeroCopy::new(client).unwrap();
    let mut refused = 0;
    for _ in 0..BUFFERS {
        let buffer = vec![7; 10];
        refused += u32::from(within_little(|| sender.send_all(buffer)).is_err());
    }
    assert!(refused > 0, "so many places do not fit into so little");
    let (peer, _) = listener.accept().unwrap();
    drop(sender.into_socket());
    let mut received = Vec::new();
    while let Some(more) = peer.recv_vec(4096).ok().filter(|more| !more.is_empty()) {
        received.extend(more);
    }
    assert_eq!(received.len(), 10 * (BUFFERS - refused as usize));
}

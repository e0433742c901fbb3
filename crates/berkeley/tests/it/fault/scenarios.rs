//! What is struck: each scenario is played by one thread, and gives what it received.

use std::fs::File;
use std::future::Future;
use std::io::{IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::net::{Ipv4Addr, Shutdown};
use std::os::fd::AsFd;
use std::time::Duration;

use berkeley::batch::{Datagram, RecvBatch, SendBatch};
use berkeley::bindings::{RawHints, resolve_back_raw, resolve_raw};
use berkeley::control::{self, ControlBuffer, ControlMessage};
use berkeley::interface::{interface_index, interface_name, interface_names, interfaces};
use berkeley::netdb::{host_by_address, host_by_name, protocol_by_name, service_by_name, service_by_port};
use berkeley::option::{self, Filter, Instruction};
use berkeley::resolve::{BackHints, Hints, host_name, set_host_name};
use berkeley::ring::RingBuilder;
use berkeley::splice::{Filled, SplicePipe, splice};
use berkeley::zero_copy::ZeroCopy;
use berkeley::{
    Address, AsyncSocket, Connector, Deadline, Family, Flags, Interest, LinkMembership, Protocol, Result,
    SendMessage, ServerOptions, Socket, Type, UnixAddress, create_server, create_servers_at, resolve,
    resolve_back,
};

use super::{TIMEOUT, read_to_the_end};
use crate::support::pattern;

/// A pair of Unix streams with timeouts.
fn pair() -> Result<(Socket, Socket)> {
    let (left, right) = Socket::pair(Family::UNIX, Type::STREAM, Protocol::DEFAULT)?;
    left.set_timeout(TIMEOUT)?;
    right.set_timeout(TIMEOUT)?;
    Ok((left, right))
}

fn bound(kind: Type) -> Result<Socket> {
    let socket = Socket::new(Family::INET, kind, Protocol::DEFAULT)?;
    socket.set_timeout(TIMEOUT)?;
    socket.bind((Ipv4Addr::LOCALHOST, 0))?;
    Ok(socket)
}

/// A client, its server's end of the connection, and the listener.
fn connected() -> Result<[Socket; 3]> {
    let listener = bound(Type::STREAM)?;
    listener.listen(4)?;
    let client = Socket::new(Family::INET, Type::STREAM, Protocol::DEFAULT)?;
    client.set_timeout(TIMEOUT)?;
    client.connect(listener.local_address()?)?;
    let (server, _) = listener.accept()?;
    server.set_timeout(TIMEOUT)?;
    Ok([client, server, listener])
}

fn soon() -> Deadline {
    Deadline::from_timeout(TIMEOUT)
}

pub(super) fn send_file() -> Result<Vec<u8>> {
    let (left, right) = pair()?;
    let file = File::open("/proc/self/exe").unwrap();
    assert_eq!(left.send_file(&file, 1, Some(3))?, 3);
    right.recv_vec(16)
}

/// Of a file of proc(5) that cannot be spliced, the bytes are copied.
pub(super) fn send_file_copied() -> Result<Vec<u8>> {
    let (left, right) = pair()?;
    let file = File::open("/proc/self/cmdline").unwrap();
    left.send_file(&file, 0, None)?;
    left.shutdown(Shutdown::Write)?;
    read_to_the_end(&right)
}

/// Some bytes the whole way through a pipe, and some that are taken out of it.
pub(super) fn splice_through() -> Result<Vec<u8>> {
    let ((client, from), (to, server)) = (pair()?, pair()?);
    let mut pipe = SplicePipe::new()?;
    client.send_all(&pattern(100))?;
    assert!(matches!(pipe.try_fill(&from, 10)?, Filled::Bytes(10)));
    let mut received = pipe.take_held()?;
    client.shutdown(Shutdown::Write)?;
    while splice(&from, &to, &mut pipe, 1 << 20)? > 0 {}
    to.shutdown(Shutdown::Write)?;
    received.extend(read_to_the_end(&server)?);
    Ok(received)
}

pub(super) fn zero_copy() -> Result<Vec<u8>> {
    let [client, server, _listener] = connected()?;
    let mut sender = ZeroCopy::new(client)?;
    sender.send_all(pattern(1000))?;
    let mut received = Vec::new();
    while received.len() < 1000 {
        received.extend(server.recv_vec(1000)?);
    }
    assert_eq!(sender.completion(soon())?.unwrap().buffer, received);
    Ok(received)
}

/// The resolver with nobody to ask: faults are of this thread, and so are these questions. With a zone the C
/// library is asked.
pub(super) fn resolve_numbers() -> Result<Vec<u8>> {
    let answers = resolve("fe80::1%lo", 80, &Hints::new().numeric_host(true).kind(Type::STREAM))?;
    let numbers = BackHints::new().numeric_host(true).numeric_service(true);
    let (host, service) = resolve_back(answers[0].address, &numbers)?;
    let name = interface_name(interface_index("lo")?)?;
    Ok(format!("{host} {service} {name}").into_bytes())
}

/// What is not found is none of the machine's errors, and the same each time.
pub(super) fn entries() -> Result<Vec<u8>> {
    let found = resolve_raw(Some(c"127.1"), Some(c"80"), RawHints { flags: 4, ..RawHints::default() })?;
    let back = resolve_back_raw(&found[0].address, 3)?;
    let host = host_by_name("127.0.0.1", Family::INET)?;
    let machine = host_name()?;
    let named = told(host_by_address(Ipv4Addr::LOCALHOST))?;
    let service = told(service_by_name("http", None))?;
    let at = told(service_by_port(80, Some("tcp")))?;
    let protocol = told(protocol_by_name("tcp"))?;
    let interfaces = interface_names()?;
    Ok(format!("{found:?} {back:?} {host:?} {machine:?} {named} {service} {at} {protocol} {interfaces:?}")
        .into_bytes())
}

/// What a data base answered, "nothing" too; fails where a call has failed.
fn told<T: std::fmt::Debug>(answer: Result<T>) -> Result<String> {
    match answer {
        Err(error) if error.raw_os_error().is_some() => Err(error),
        answer => Ok(format!("{answer:?}")),
    }
}

/// The name that it has already.
pub(super) fn name_the_machine() -> Result<Vec<u8>> {
    let name = host_name()?;
    set_host_name(name.as_bytes())?;
    Ok(name.into_bytes())
}

pub(super) fn list_interfaces() -> Result<Vec<u8>> {
    Ok(format!("{:?}", interfaces()?).into_bytes())
}

pub(super) fn multicast() -> Result<Vec<u8>> {
    let (group, source) = (Ipv4Addr::new(239, 1, 2, 3), Ipv4Addr::LOCALHOST);
    let socket = bound(Type::DGRAM)?;
    let lo = interface_index("lo")?;
    socket.join(group, lo)?;
    socket.block_source(group, source, lo)?;
    socket.unblock_source(group, source, lo)?;
    socket.leave(group, lo)?;
    socket.join_source(group, source, lo)?;
    socket.leave_source(group, source, lo)?;
    Ok(Vec::new())
}

pub(super) fn filter() -> Result<Vec<u8>> {
    let keep = Filter::new([Instruction::statement(0x06, u32::MAX)]).unwrap();
    let socket = Socket::new(Family::INET, Type::DGRAM, Protocol::DEFAULT)?;
    socket.set(option::REUSEPORT, true)?;
    socket.bind((Ipv4Addr::LOCALHOST, 0))?;
    socket.attach_reuseport_filter(&keep)?;
    socket.detach_reuseport_filter()?;
    socket.attach_filter(&keep)?;
    socket.detach_filter()?;
    socket.attach_filter(&keep)?;
    socket.lock_filter()?;
    Ok(Vec::new())
}

pub(super) fn clones() -> Result<Vec<u8>> {
    let (left, right) = pair()?;
    let (clone, again) = (left.try_clone()?, right.try_clone()?);
    again.set_timeout(TIMEOUT)?;
    clone.send_all(b"from a clone")?;
    again.recv_vec(64)
}

/// One end is closed with a look at what the kernel says; the other reads to the end.
pub(super) fn close() -> Result<Vec<u8>> {
    let (left, right) = pair()?;
    left.send_all(b"the last words")?;
    left.close()?;
    read_to_the_end(&right)
}

/// Options of several kinds, and a list that is longer than the first room for it could be.
pub(super) fn options() -> Result<Vec<u8>> {
    let [client, server, _listener] = connected()?;
    client.set(option::tcp::NODELAY, true)?;
    client.set(option::LINGER, None)?;
    client.set_value(option::RCVBUF.description(), &option::Value::Unsigned(65_536))?;
    let (nodelay, linger) = (client.get(option::tcp::NODELAY)?, client.get(option::LINGER)?);
    let state = server.get(option::tcp::INFO)?.state;
    let (left, _right) = pair()?;
    let groups = left.get(option::PEERGROUPS)?;
    Ok(format!("{nodelay} {linger:?} {state:?} {groups:?}").into_bytes())
}

/// What a socket is asked about itself, and the single tries.
pub(super) fn questions() -> Result<Vec<u8>> {
    let listener = bound(Type::STREAM)?;
    listener.listen(4)?;
    let client = Socket::new(Family::INET, Type::STREAM, Protocol::DEFAULT)?;
    client.set_timeout(Some(Duration::ZERO))?;
    match client.try_connect(listener.local_address()?) {
        Err(error) if error.is_in_progress() => {}
        result => result?,
    }
    client.wait(Interest::WRITABLE, soon())?;
    client.finish_connect()?;
    listener.wait(Interest::READABLE, soon())?;
    let (server, from) = listener.try_accept_nonblocking()?;
    assert_eq!((client.local_address()?, client.peer_address()?), (from, server.local_address()?));
    assert!(client.take_error()?.is_none());
    client.try_send(b"tried", Flags::NONE)?;
    server.wait(Interest::READABLE, soon())?;
    assert!(client.unsent()? <= 5 && client.by_ref().timeout() == Some(Duration::ZERO));
    let mut received = Vec::new();
    server.try_recv_append(&mut received, 64, Flags::NONE)?;
    Ok(received)
}

/// Datagrams by single tries, into memory that is not initialised, and looked at before they are taken.
pub(super) fn tries() -> Result<Vec<u8>> {
    let (left, right) = (bound(Type::DGRAM)?, bound(Type::DGRAM)?);
    let (to, none) = (right.local_address()?, Flags::NONE);
    left.try_send_to(b"one", to, none)?;
    let (mut bytes, mut control) = ([0; 8], ControlBuffer::new());
    let (length, from) = right.try_recv_from(&mut bytes, none)?;
    let mut received = bytes[..length].to_vec();
    right.connect(from)?;
    left.try_send_msg(&SendMessage::new(&[IoSlice::new(b"two")]).to(to)?)?;
    right.peek(&mut bytes)?;
    let message = right.try_recv_msg(&mut [IoSliceMut::new(&mut bytes)], &mut control, none)?;
    received.extend(&bytes[..message.length]);
    left.send_to(b"three", to)?;
    received.extend(right.recv_uninit(&mut [MaybeUninit::uninit(); 8])?.iter());
    left.send_to(b"four", to)?;
    received.extend(right.try_recv_uninit(&mut [MaybeUninit::uninit(); 8], none)?.iter());
    Ok(received)
}

/// Datagrams of different sizes in one call, each a message of its own; those that travel as one piece are struck in
/// `batch/faults.rs`.
pub(super) fn batch() -> Result<Vec<u8>> {
    let (left, right) = (bound(Type::DGRAM)?, bound(Type::DGRAM)?);
    let to = right.local_address()?;
    let datagrams = ["one", "three"].map(|word| Datagram::new(word.as_bytes()).to(&to));
    left.send_many(&datagrams, &mut SendBatch::new())?;
    let (mut batch, mut received) = (RecvBatch::new(4, 64)?, Vec::new());
    while received.len() < "onethree".len() {
        right.recv_many(&mut batch)?;
        received.extend(batch.iter().flat_map(|datagram| datagram.bytes().to_vec()));
    }
    Ok(received)
}

/// Credentials and, where the kernel has them, a descriptor of the process that sent.
pub(super) fn pidfd() -> Result<Vec<u8>> {
    let (left, right) = pair()?;
    right.set(option::PASSCRED, true)?;
    match right.set(option::PASSPIDFD, true) {
        Err(error) if error.raw_os_error() == Some(libc::ENOPROTOOPT) => {}
        result => result?,
    }
    let sender = control::socket::credentials(control::socket::Credentials::own());
    left.send_msg(&SendMessage::new(&[IoSlice::new(b"who?")]).control(&[sender]))?;
    let (mut bytes, mut control) = ([0; 8], ControlBuffer::new());
    let received = right.recv_msg(&mut [IoSliceMut::new(&mut bytes)], &mut control)?;
    let taken: Vec<_> = control
        .messages()
        .filter_map(|message| match message {
            ControlMessage::Socket(control::socket::Message::Pidfd(fds)) => Some(fds),
            _ => None,
        })
        .flatten()
        .collect();
    assert!(taken.len() <= 1);
    Ok(bytes[..received.length].to_vec())
}

/// A connection to a host in digits, from an address of its own, and one of a list.
pub(super) fn connector() -> Result<Vec<u8>> {
    let server = create_server((Ipv4Addr::LOCALHOST, 0))?;
    server.set_timeout(TIMEOUT)?;
    let address = server.local_address()?;
    let connector = Connector::new().timeout(TIMEOUT);
    let from_here = Connector::new().timeout(TIMEOUT).local((Ipv4Addr::LOCALHOST, 0))?;
    let mut received = Vec::new();
    for client in
        [connector.connect("127.0.0.1", address.port().unwrap())?, from_here.connect_to(&[address])?]
    {
        let (peer, _) = server.accept()?;
        peer.send_all(b"welcome")?;
        client.set_timeout(TIMEOUT)?;
        received.extend(client.recv_vec(64)?);
    }
    Ok(received)
}

/// Servers of every kind: of a name in digits, of a list, of datagrams, of a path that the kernel chose.
pub(super) fn servers() -> Result<Vec<u8>> {
    let options = ServerOptions::new().backlog(4).reuse_port(true);
    let named = options.create_servers("127.0.0.1", 0)?;
    let list = [1, 2].map(|last| Address::from((Ipv4Addr::new(127, 0, 0, last), 0)));
    let listed = create_servers_at(&list)?;
    let datagrams = ServerOptions::new().kind(Type::DGRAM).create_server((Ipv4Addr::LOCALHOST, 0))?;
    let unix = create_server(UnixAddress::UNNAMED)?;
    let families = [datagrams.local_address()?.family(), unix.local_address()?.family()];
    Ok(format!("{} {} {families:?}", named.len(), listed.len()).into_bytes())
}

/// Runs `work` on a runtime of this thread, for no longer than the other scenarios wait.
fn run<T>(work: impl Future<Output = Result<T>>) -> Result<T> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let limit = 5 * TIMEOUT.unwrap();
    runtime.block_on(async { tokio::time::timeout(limit, work).await.expect("an end in time") })
}

pub(super) fn async_stream() -> Result<Vec<u8>> {
    run(async {
        let listener = AsyncSocket::new(Family::INET, Type::STREAM, Protocol::DEFAULT)?;
        listener.bind((Ipv4Addr::LOCALHOST, 0))?;
        listener.listen(4)?;
        let client = AsyncSocket::new(Family::INET, Type::STREAM, Protocol::DEFAULT)?;
        client.connect(listener.local_address()?).await?;
        let (server, _) = listener.accept().await?;
        client.send_all(&pattern(1000)).await?;
        client.shutdown(Shutdown::Write)?;
        let mut received = vec![0; 10];
        server.peek(&mut received).await?;
        loop {
            match server.recv_vec(4096).await? {
                piece if piece.is_empty() => break,
                piece => received.extend(piece),
            }
        }
        server.try_clone()?.send(b"the end").await?;
        let mut buffer = [0; 64];
        let length = client.recv_ready(|ready| ready.recv(&mut buffer)).await?;
        received.extend(&buffer[..length]);
        assert!(client.take_error()?.is_none());
        assert_eq!(client.peer_address()?, server.into_socket().local_address()?);
        Ok(received)
    })
}

pub(super) fn async_messages() -> Result<Vec<u8>> {
    run(async {
        let (left, right) = AsyncSocket::pair(Family::UNIX, Type::STREAM, Protocol::DEFAULT)?;
        let passed = [left.socket().as_fd()];
        let note = [IoSlice::new(b"with a descriptor")];
        let rights = [control::socket::rights(&passed)];
        left.send_msg(&SendMessage::new(&note).control(&rights)).await?;
        let (mut bytes, mut control) = ([0; 64], ControlBuffer::new());
        let message = right.recv_msg(&mut [IoSliceMut::new(&mut bytes)], &mut control).await?;
        let mut received = bytes[..message.length].to_vec();

        let server = AsyncSocket::new(Family::INET, Type::DGRAM, Protocol::DEFAULT)?;
        server.bind((Ipv4Addr::LOCALHOST, 0))?;
        let client = AsyncSocket::new(Family::INET, Type::DGRAM, Protocol::DEFAULT)?;
        client.send_to(b"ping", server.local_address()?).await?;
        let (length, from) = server.recv_from(&mut bytes).await?;
        server.send_to(&bytes[..length], from).await?;
        client.readable().await?;
        let length = client.recv(&mut bytes).await?;
        received.extend(&bytes[..length]);
        Ok(received)
    })
}

pub(super) fn async_connection() -> Result<Vec<u8>> {
    run(async {
        let server = berkeley::create_server_async((Ipv4Addr::LOCALHOST, 0))?;
        let address = server.local_address()?;
        let connector = Connector::new().timeout(TIMEOUT);
        let mut received = Vec::new();
        for client in [
            connector.connect_async("127.0.0.1", address.port().unwrap()).await?,
            connector.connect_to_async(&[address]).await?,
        ] {
            let (peer, _) = server.accept().await?;
            peer.send(b"welcome").await?;
            received.extend(client.recv_vec(64).await?);
        }
        let more = berkeley::create_servers_async("127.0.0.1", 0).await?;
        received.extend(more.len().to_string().into_bytes());
        Ok(received)
    })
}

/// A ring of the loopback, which nothing comes to.
pub(super) fn ring() -> Result<Vec<u8>> {
    let ring = RingBuilder::new().interface("lo").block_size(4096).blocks(4).open()?;
    assert!(ring.try_next_block().is_none());
    ring.statistics()?;
    Ok(Vec::new())
}

/// The membership of a packet socket.
pub(super) fn link() -> Result<Vec<u8>> {
    let socket = Socket::new(Family::PACKET, Type::RAW, Protocol::DEFAULT)?;
    let lo = interface_index("lo")?;
    socket.join_link(lo, LinkMembership::Promiscuous)?;
    socket.leave_link(lo, LinkMembership::Promiscuous)?;
    Ok(Vec::new())
}

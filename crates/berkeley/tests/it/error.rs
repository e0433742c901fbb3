//! Errors: every operation prints `operation target: cause`, and keeps the errno all the way.

use std::fs::File;
use std::io;
use std::io::{IoSlice, IoSliceMut};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, Shutdown, SocketAddr};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::time::Duration;

use berkeley::address::{OtherAddress, PppoxAddress, XdpAddress};
use berkeley::batch::{Datagram, RecvBatch, Segments, SendBatch};
use berkeley::bindings::{RawHints, resolve_raw};
use berkeley::control::{self, ControlBuffer};
use berkeley::fault::{self, Plan};
use berkeley::interface::{interface_index, interface_name, interface_names, interfaces};
use berkeley::netdb::{
    host_by_address, host_by_name, protocol_by_name, protocol_by_number, service_by_name, service_by_port,
};
use berkeley::option::{self, Filter, Instruction, Value};
use berkeley::resolve::{BackHints, Hints, host_name, resolve, resolve_back, set_host_name};
use berkeley::ring::RingBuilder;
use berkeley::splice::{SplicePipe, splice};
use berkeley::zero_copy::ZeroCopy;
use berkeley::{
    Address, AsyncSocket, Cause, Connector, Deadline, Error, Family, Flags, Interest, LinkMembership,
    Operation, PollEntry, Protocol, SendMessage, ServerOptions, Socket, SocketRef, Type, UnixAddress,
    create_server, create_servers_at, inherit, poll,
};

use crate::support::{LIMIT, SHORT, TCP, TempDir, UDP, UNIX, UNIX_SEQPACKET, within};

const EBADF: i32 = 9;
const EIO: i32 = 5;
const EMFILE: i32 = 24;

/// Far from here, and nobody's (RFC 5737, TEST-NET-1).
const ELSEWHERE: (Ipv4Addr, u16) = (Ipv4Addr::new(192, 0, 2, 1), 9);

/// A failed call of an operation, and what its error must name.
struct Row {
    operation: Operation,
    target: Option<String>,
    error: Error,
}

fn row(operation: Operation, target: impl Into<String>, error: Error) -> Row {
    let target = target.into();
    Row { operation, target: (!target.is_empty()).then_some(target), error }
}

/// What fails of `result`.
fn failed<T>(result: berkeley::Result<T>) -> Error {
    result.err().expect("an operation that was to fail has succeeded")
}

/// One failing call of every operation, or more; a new operation adds its row to the table of its theme.
fn rows() -> Vec<Row> {
    let tables = [
        making(),
        naming(),
        asking_the_data_bases(),
        receiving(),
        sending(),
        batching(),
        waiting(),
        parsing(),
        options(),
        memberships(),
        filters(),
        looking_up(),
        connecting(),
        serving(),
        registering(),
        capturing(),
        gone(),
        lending(),
        foreign(),
    ];
    tables.into_iter().flatten().collect()
}

fn making() -> Vec<Row> {
    let unknown = Family::from_raw(9999);
    let no_raw = Socket::new(Family::UNIX, Type::RDM, Protocol::TCP);
    let clone = {
        let _armed = fault::arm(Plan::fail("fcntl", 1, EMFILE));
        failed(UDP.socket().try_clone())
    };
    let (asked, told) = {
        let socket = UDP.socket();
        let _armed = fault::arm(Plan::fail("fcntl", 1, EMFILE));
        let asked = failed(socket.is_inheritable());
        let _armed = fault::arm(Plan::fail("fcntl", 1, EMFILE));
        (asked, failed(socket.set_inheritable(true)))
    };
    let socket_of_ours = UDP.socket();
    let own = u32::try_from(socket_of_ours.as_raw_fd()).unwrap();
    let closed = {
        let socket = UDP.socket();
        let _armed = fault::arm(Plan::fail("close", 1, EIO));
        failed(socket.close())
    };
    vec![
        row(Operation::Close, "", closed),
        row(Operation::Inheritable, "udp", asked),
        row(Operation::SetInheritable, "udp", told),
        row(
            Operation::Socket,
            "Family(9999)/SOCK_STREAM/0",
            failed(Socket::new(unknown, Type::STREAM, Protocol::DEFAULT)),
        ),
        row(Operation::Socket, "AF_UNIX/SOCK_RDM/6", failed(no_raw)),
        row(Operation::Socket, "x25 (needs the kernel's CONFIG_X25, module x25)", failed(no_x25())),
        row(Operation::Pair, "tcp", failed(Socket::pair(Family::INET, Type::STREAM, Protocol::DEFAULT))),
        row(Operation::Inherit, "fd 999999", failed(inherit(999_999))),
        row(Operation::Inherit, format!("fd {own}"), failed(inherit(own))),
        row(Operation::TryClone, "udp", clone),
    ]
}

/// What a kernel without X.25 says, whatever this one has.
fn no_x25() -> berkeley::Result<Socket> {
    const EAFNOSUPPORT: i32 = 97;
    let _armed = fault::arm(Plan::fail("socket", 1, EAFNOSUPPORT));
    Socket::new(Family::X25, Type::SEQPACKET, Protocol::DEFAULT)
}

fn naming() -> Vec<Row> {
    let null = File::open("/dev/null").unwrap();
    let no_socket = SocketRef::borrow(null.as_fd());
    let (bound, bound_address) = TCP.bound();
    let folder = TempDir::new();
    let missing = folder.unix("missing");
    vec![
        row(Operation::Bind, "tcp 192.0.2.1:9", failed(TCP.socket().bind(ELSEWHERE))),
        row(Operation::Bind, "fd 192.0.2.1:9", failed(no_socket.bind(ELSEWHERE))),
        row(Operation::Listen, "udp 0.0.0.0:0", failed(UDP.socket().listen(1))),
        row(Operation::Accept, format!("tcp {bound_address}"), failed(bound.accept())),
        row(Operation::Accept, "tcp 0.0.0.0:0", failed(TCP.socket().try_accept())),
        row(Operation::Connect, format!("tcp {bound_address}"), failed(TCP.socket().connect(bound_address))),
        row(Operation::Connect, format!("unix {missing}"), failed(UNIX.socket().connect(missing))),
        row(
            Operation::Connect,
            format!("unix-seqpacket {missing}"),
            failed(UNIX_SEQPACKET.socket().try_connect(missing)),
        ),
        row(Operation::Shutdown, "tcp", failed(TCP.socket().shutdown(Shutdown::Both))),
        row(Operation::LocalAddress, "fd", failed(no_socket.local_address())),
        row(Operation::PeerAddress, "udp", failed(UDP.socket().peer_address())),
        row(Operation::TakeError, "fd", failed(no_socket.take_error())),
        row(Operation::Unsent, "fd", failed(no_socket.unsent())),
        row(Operation::AtMark, "fd", failed(no_socket.at_mark())),
        row(Operation::PeerPidfd, "tcp", failed(TCP.socket().peer_pidfd())),
    ]
}

fn receiving() -> Vec<Row> {
    let null = File::open("/dev/null").unwrap();
    let no_socket = SocketRef::borrow(null.as_fd());
    let unconnected = TCP.socket();
    let (quiet, _peer) = TCP.pair();
    quiet.set_timeout(Some(SHORT)).unwrap();
    let target = format!("tcp {}", quiet.peer_address().unwrap());
    let mut buffer = [0; 8];
    vec![
        row(Operation::Recv, "tcp", failed(unconnected.recv(&mut buffer))),
        row(Operation::Recv, "tcp", failed(unconnected.recv_vec(usize::MAX))),
        row(Operation::Recv, "fd", failed(no_socket.try_recv(&mut buffer, Flags::NONE))),
        row(Operation::Recv, &*target, failed(quiet.recv(&mut buffer))),
        row(Operation::Recv, "", failed(quiet.try_recv(&mut buffer, Flags::NONE))),
        row(Operation::RecvFrom, "fd", failed(no_socket.recv_from(&mut buffer))),
        row(Operation::RecvFrom, &*target, failed(quiet.recv_from(&mut buffer))),
        row(Operation::RecvMsg, "tcp", failed(unconnected.recv_msg(&mut [], &mut ControlBuffer::new()))),
        row(Operation::RecvMsg, &*target, failed(quiet.recv_msg(&mut [], &mut ControlBuffer::new()))),
        row(Operation::Peek, "tcp", failed(unconnected.peek(&mut buffer))),
        row(Operation::Peek, target, failed(quiet.peek(&mut buffer))),
    ]
}

fn sending() -> Vec<Row> {
    let (shut, _peer) = UNIX.pair();
    shut.shutdown(Shutdown::Write).unwrap();
    let (full, _silent) = TCP.pair();
    full.set_timeout(Some(SHORT)).unwrap();
    let target = format!("tcp {}", full.peer_address().unwrap());
    let (_receiver, address) = UDP.bound();
    let too_long = vec![0; 70_000];
    let parts = [IoSlice::new(&too_long)];
    let message = SendMessage::new(&parts).to(address).unwrap();
    let mut pipe = SplicePipe::new().unwrap();
    let (under_way, _reader) = TCP.pair();
    let completion_target = format!("tcp {}", under_way.peer_address().unwrap());
    let mut sender = ZeroCopy::new(under_way).unwrap();
    sender.send_all(vec![0; 8]).unwrap();
    let completion = {
        let _armed = fault::arm(Plan::fail("recvmsg", 1, EBADF));
        failed(sender.try_completion())
    };
    vec![
        row(Operation::Send, "unix", failed(shut.send(b"x"))),
        row(Operation::Send, "tcp", failed(TCP.socket().try_send(b"x", Flags::NONE))),
        row(Operation::SendAll, "unix", failed(shut.send_all(b"x"))),
        row(Operation::SendAll, target, failed(full.send_all(&vec![0; 64 << 20]))),
        row(Operation::SendMsg, format!("udp {address}"), failed(UDP.socket().send_msg(&message))),
        row(Operation::SendMsg, "unix", failed(shut.send_msg(&SendMessage::new(&parts)))),
        row(Operation::SendMsg, "", failed(control::raw(libc::SOL_SOCKET, libc::SCM_RIGHTS, &[0; 4]))),
        row(
            Operation::SendFile,
            "unix",
            failed(shut.send_file(File::open("/proc/self/exe").unwrap(), 0, None)),
        ),
        row(Operation::Splice, "tcp", failed(splice(&TCP.socket(), &shut, &mut pipe, 1))),
        row(Operation::ZeroCopy, "socket.zerocopy of unix", failed(ZeroCopy::<Vec<u8>>::new(UNIX.socket()))),
        row(Operation::Completion, completion_target, completion),
        row(Operation::SendTo, format!("udp {address}"), failed(UDP.socket().send_to(&too_long, address))),
    ]
}

fn batching() -> Vec<Row> {
    let null = File::open("/dev/null").unwrap();
    let no_socket = SocketRef::borrow(null.as_fd());
    let (_receiver, address) = UDP.bound();
    let (quiet, _peer) = UNIX_SEQPACKET.pair();
    quiet.set_timeout(Some(SHORT)).unwrap();
    let (mut batch, mut received) = (SendBatch::new(), RecvBatch::new(1, 8).unwrap());
    let too_long = vec![0; 70_000];
    let one = [Datagram::new(b"x").to(&address)];
    let second = [one[0], Datagram::new(&too_long).to(&address)];
    vec![
        row(Operation::SendMany, "fd", failed(no_socket.send_many(&one, &mut batch))),
        row(Operation::SendMany, "tcp", failed(TCP.socket().send_many(&one, &mut batch))),
        row(
            Operation::SendMany,
            format!("udp {address}"),
            failed(UDP.socket().send_many(&second, &mut batch)),
        ),
        row(Operation::SendMany, "", failed(Segments::new(b"x", 0))),
        row(Operation::RecvMany, "fd", failed(no_socket.recv_many(&mut received))),
        row(Operation::RecvMany, "tcp", failed(TCP.socket().recv_many(&mut received))),
        row(Operation::RecvMany, "unix-seqpacket", failed(quiet.recv_many(&mut received))),
        row(Operation::RecvMany, "", failed(quiet.try_recv_many(&mut received, Flags::NONE))),
        row(Operation::RecvMany, "buffers", failed(RecvBatch::new(1, usize::MAX))),
    ]
}

fn waiting() -> Vec<Row> {
    let (quiet, _peer) = UNIX.pair();
    let set_timeout = {
        let _armed = fault::arm(Plan::fail("ioctl", 1, EBADF));
        failed(quiet.set_timeout(Some(SHORT)))
    };
    let soon = Deadline::after(Duration::from_millis(1));
    let polled = {
        let _armed = fault::arm(Plan::fail("ppoll", 1, libc::ENOMEM));
        failed(poll(&mut [PollEntry::new(&quiet, Interest::READABLE)], soon))
    };
    vec![
        row(Operation::SetTimeout, "unix", set_timeout),
        row(Operation::Wait, "unix", failed(quiet.wait(Interest::READABLE, soon))),
        row(Operation::Poll, "", polled),
    ]
}

fn capturing() -> Vec<Row> {
    let nowhere = RingBuilder::new().interface("nowhere");
    let none = RingBuilder::new().blocks(0);
    let mut rows = vec![
        row(Operation::OpenRing, "packet nowhere", failed(nowhere.open())),
        row(Operation::OpenRing, "packet", failed(none.open())),
    ];
    // Without the right to open one, the errors of an open ring are seen elsewhere.
    let ring = RingBuilder::new().interface("lo").protocol(0x88b5).block_size(1).blocks(1).open();
    if let Ok(ring) = ring {
        let soon = Deadline::after(Duration::from_millis(1));
        let armed = fault::arm(Plan::fail("getsockopt", 1, EBADF));
        let statistics = failed(ring.statistics());
        drop(armed);
        rows.push(row(Operation::NextBlock, "packet lo", failed(ring.next_block(soon))));
        rows.push(row(Operation::Statistics, "packet lo", statistics));
    }
    rows
}

fn parsing() -> Vec<Row> {
    let vsock = Family::from_raw(40);
    let path = UnixAddress::from_path("/door").unwrap();
    vec![
        row(Operation::ParseAddress, "", failed(UnixAddress::from_path(""))),
        row(Operation::ParseAddress, "", failed(UnixAddress::from_path("a\0b"))),
        row(Operation::ParseAddress, "", failed(UnixAddress::from_path("p".repeat(108)))),
        row(Operation::ParseAddress, "", failed(UnixAddress::from_abstract(&[1; 108]))),
        row(Operation::ParseAddress, "", failed(OtherAddress::new(vsock, &[0; 127]))),
        row(Operation::ParseAddress, "", failed(OtherAddress::new(Family::from_raw(-1), &[]))),
        row(Operation::ParseAddress, "", failed("localhost:80".parse::<Address>())),
        row(Operation::ParseAddress, "", failed("vsock:host:1".parse::<Address>())),
        row(Operation::ParseAddress, "/door", failed(SocketAddr::try_from(Address::from(path)))),
        row(Operation::ParseAddress, "", failed(SocketAddr::try_from(Address::from(UnixAddress::UNNAMED)))),
    ]
}

fn options() -> Vec<Row> {
    let null = File::open("/dev/null").unwrap();
    let no_socket = SocketRef::borrow(null.as_fd());
    let (udp, address) = UDP.bound();
    let peer = UDP.socket();
    peer.connect(address).unwrap();
    let ttl = option::ip::TTL.description();
    vec![
        row(Operation::GetOption, "tcp.nodelay of udp", failed(udp.get(option::tcp::NODELAY))),
        row(Operation::GetOption, "socket.type of fd", failed(no_socket.get(option::TYPE))),
        row(
            Operation::SetOption,
            format!("tcp.nodelay of udp {address}"),
            failed(peer.set(option::tcp::NODELAY, true)),
        ),
        row(Operation::SetOption, "socket.acceptconn", failed(udp.set(option::ACCEPTCONN, true))),
        row(Operation::SetOption, "ip.ttl", failed(udp.set_value(ttl, &Value::Flag(true)))),
        row(Operation::SetOption, "ip.ttl", failed(ttl.parse(Some("many")))),
    ]
}

fn memberships() -> Vec<Row> {
    let udp = UDP.socket();
    let (group, source) = (Ipv4Addr::new(239, 1, 2, 3), Ipv4Addr::LOCALHOST);
    let of = |what: &str| format!("{what} of udp");
    let promiscuous = LinkMembership::Promiscuous;
    let anycast = Ipv6Addr::new(0, 0, 0, 0, 0, 0, 0, 2);
    vec![
        row(Operation::Join, of("192.0.2.1"), failed(udp.join(ELSEWHERE.0, 0))),
        row(Operation::Leave, of("239.1.2.3"), failed(udp.leave(group, 1))),
        row(
            Operation::JoinSource,
            of("239.1.2.3 from ::1"),
            failed(udp.join_source(group, Ipv6Addr::LOCALHOST, 1)),
        ),
        row(
            Operation::LeaveSource,
            of("239.1.2.3 from 127.0.0.1"),
            failed(udp.leave_source(group, source, 1)),
        ),
        row(
            Operation::BlockSource,
            of("239.1.2.3 from 127.0.0.1"),
            failed(udp.block_source(group, source, 1)),
        ),
        row(
            Operation::UnblockSource,
            of("239.1.2.3 from 127.0.0.1"),
            failed(udp.unblock_source(group, source, 1)),
        ),
        row(Operation::JoinLink, of("interface 1"), failed(udp.join_link(1, promiscuous))),
        row(Operation::LeaveLink, of("interface 1"), failed(udp.leave_link(1, promiscuous))),
        row(Operation::JoinAnycast, of("::2"), failed(udp.join_anycast(anycast, 1))),
        row(Operation::LeaveAnycast, of("::2"), failed(udp.leave_anycast(anycast, 1))),
    ]
}

fn filters() -> Vec<Row> {
    let udp = UDP.socket();
    let keep = Filter::new([Instruction::statement(0x06, u32::MAX)]).unwrap();
    let null = File::open("/dev/null").unwrap();
    let locked = UDP.socket();
    locked.lock_filter().unwrap();
    vec![
        row(Operation::AttachFilter, "udp", failed(locked.attach_filter(&keep))),
        row(Operation::DetachFilter, "udp", failed(udp.detach_filter())),
        row(Operation::AttachReuseportFilter, "udp", failed(udp.attach_reuseport_filter(&keep))),
        row(Operation::DetachReuseportFilter, "udp", failed(udp.detach_reuseport_filter())),
        row(Operation::AttachProgram, "udp", failed(udp.attach_program(&null))),
        row(Operation::AttachReuseportProgram, "udp", failed(udp.attach_reuseport_program(&null))),
    ]
}

fn looking_up() -> Vec<Row> {
    let vsock = OtherAddress::new(Family::from_raw(40), &[7]).unwrap();
    let hints = Hints::new();
    let system = {
        let _armed = fault::arm(Plan::fail("getaddrinfo", 1, EMFILE));
        failed(resolve("localhost", 80, &hints))
    };
    let unlisted = {
        let _armed = fault::arm(Plan::fail("socket", 1, EMFILE));
        failed(interfaces())
    };
    vec![
        row(Operation::Resolve, "127.0.0.1:nosuch", failed(resolve("127.0.0.1", "nosuch", &hints))),
        row(Operation::Resolve, "[::1]:65536", failed(resolve("::1", "65536", &hints))),
        row(Operation::Resolve, r"a\0b:80", failed(resolve("a\0b", 80, &hints))),
        row(Operation::Resolve, "*:nosuch", failed(resolve("", "nosuch", &hints.passive(true)))),
        row(Operation::Resolve, "localhost:80", system),
        row(
            Operation::ResolveBack,
            "family:40:07",
            failed(resolve_back(Address::Other(vsock), &BackHints::new())),
        ),
        row(Operation::Interfaces, "netlink", unlisted),
        row(Operation::InterfaceIndex, "no-such-name", failed(interface_index("no-such-name"))),
        row(Operation::InterfaceIndex, r"a\0b", failed(interface_index("a\0b"))),
        row(Operation::InterfaceName, "0", failed(interface_name(0))),
        row(Operation::InterfaceName, "4294967295", failed(interface_name(u32::MAX))),
    ]
}

fn asking_the_data_bases() -> Vec<Row> {
    let armed = fault::arm(Plan::fail("gethostname", 1, EIO));
    let nameless = failed(host_name());
    drop(armed);
    let armed = fault::arm(Plan::fail("if_nameindex", 1, EMFILE));
    let unlisted = failed(interface_names());
    drop(armed);
    let numeric = RawHints { flags: 4, ..RawHints::default() };
    vec![
        row(Operation::Resolve, "a b", failed(resolve_raw(Some(c"a b"), None, numeric))),
        row(Operation::Resolve, "", failed(resolve_raw(None, None, numeric))),
        row(Operation::HostByName, "a b", failed(host_by_name("a b", Family::INET))),
        row(Operation::HostByAddress, "0.0.0.0", {
            let armed = fault::arm(Plan::fail("gethostbyaddr_r", 1, EIO));
            let failure = failed(host_by_address(Ipv4Addr::UNSPECIFIED));
            drop(armed);
            failure
        }),
        row(Operation::ServiceByName, "nosuch", failed(service_by_name("nosuch", None))),
        row(Operation::ServiceByPort, "1", failed(service_by_port(1, Some("nosuch")))),
        row(Operation::ProtocolByName, "nosuch", failed(protocol_by_name("nosuch"))),
        row(Operation::ProtocolByNumber, "-3", failed(protocol_by_number(Protocol::from_raw(-3)))),
        row(Operation::HostName, "", nameless),
        row(Operation::SetHostName, "x".repeat(65), failed(set_host_name([b'x'; 65]))),
        row(Operation::InterfaceNames, "", unlisted),
    ]
}

fn connecting() -> Vec<Row> {
    let (_bound, refusing) = TCP.bound();
    let connector = Connector::new().timeout(Some(SHORT));
    let by_name =
        failed(Connector::new().timeout(Some(SHORT)).connect("127.0.0.1", refusing.port().unwrap()));
    let unresolved = failed(Connector::new().timeout(Some(SHORT)).connect("127.0.0.1", "nosuch"));
    vec![
        row(Operation::CreateConnection, refusing.to_string(), by_name),
        row(
            Operation::CreateConnection,
            format!("tcp {refusing}"),
            failed(connector.connect_to(&[refusing])),
        ),
        row(Operation::CreateConnection, "", failed(connector.connect_to(&[refusing, refusing]))),
        row(Operation::CreateConnection, "", failed(connector.connect_to(&[]))),
        row(Operation::Resolve, "127.0.0.1:nosuch", unresolved),
    ]
}

fn serving() -> Vec<Row> {
    let (_taken, address) = TCP.listener(1);
    let dual = ServerOptions::new().dual_stack(true);
    let nowhere = UnixAddress::from_path("/nowhere/door").unwrap();
    vec![
        row(Operation::CreateServer, format!("tcp {address}"), failed(create_server(address))),
        row(Operation::CreateServer, "tcp 192.0.2.1:9", failed(dual.create_server(ELSEWHERE))),
        row(Operation::CreateServer, "unix /nowhere/door", failed(create_server(nowhere))),
        row(Operation::CreateServer, format!("tcp {address}"), failed(create_servers_at(&[address]))),
        row(Operation::CreateServer, "", failed(create_servers_at(&[]))),
    ]
}

/// One end of a connection that the other has reset, the one that connected or that was accepted; and how errors name
/// it.
fn reset(host: IpAddr, accepted: bool) -> (Socket, String) {
    let listener = create_server((host, 0)).unwrap();
    let client = create_connection_to(&listener);
    let (server, _) = listener.accept().unwrap();
    let (socket, peer) = if accepted { (server, client) } else { (client, server) };
    let target = format!("tcp {}", socket.peer_address().unwrap());
    socket.set_timeout(Some(LIMIT)).unwrap();
    peer.set(option::LINGER, Some(Duration::ZERO)).unwrap();
    drop(peer);
    socket.wait(Interest::READABLE, Deadline::after(LIMIT)).unwrap();
    (socket, target)
}

fn create_connection_to(listener: &Socket) -> Socket {
    Connector::new().timeout(Some(LIMIT)).connect_to(&[listener.local_address().unwrap()]).unwrap()
}

type Call = fn(&Socket) -> berkeley::Result<()>;

/// Calls that fail on a connection that was reset.
const ON_RESET: [(Operation, Call); 12] = [
    (Operation::Recv, |socket| socket.recv(&mut [0; 8]).map(drop)),
    (Operation::Recv, |socket| socket.try_recv(&mut [0; 8], Flags::NONE).map(drop)),
    (Operation::RecvFrom, |socket| socket.recv_from(&mut [0; 8]).map(drop)),
    (Operation::RecvMsg, |socket| {
        socket.recv_msg(&mut [IoSliceMut::new(&mut [0; 8])], &mut ControlBuffer::new()).map(drop)
    }),
    (Operation::Peek, |socket| socket.peek(&mut [0; 8]).map(drop)),
    (Operation::Send, |socket| socket.send(b"x").map(drop)),
    (Operation::Send, |socket| socket.try_send(b"x", Flags::NONE).map(drop)),
    (Operation::SendAll, |socket| socket.send_all(b"x")),
    (Operation::SendMsg, |socket| socket.send_msg(&SendMessage::new(&[IoSlice::new(b"x")])).map(drop)),
    (Operation::Shutdown, |socket| socket.shutdown(Shutdown::Both)),
    (Operation::PeerAddress, |socket| socket.peer_address().map(drop)),
    (Operation::SendFile, |socket| {
        socket.send_file(File::open("/proc/self/exe").unwrap(), 0, None).map(drop)
    }),
];

/// A connection that its peer has reset still names it, at both ends and in every call: getpeername(2) does not.
fn gone() -> Vec<Row> {
    let hosts = [IpAddr::from(Ipv4Addr::LOCALHOST), Ipv6Addr::LOCALHOST.into()];
    let mut rows = Vec::new();
    for (host, accepted) in hosts.into_iter().flat_map(|host| [(host, false), (host, true)]) {
        for (operation, call) in ON_RESET {
            let (socket, target) = reset(host, accepted);
            rows.push(row(operation, target, failed(call(&socket))));
        }
        let (socket, target) = reset(host, accepted);
        rows.push(row(Operation::TakeError, target, socket.take_error().unwrap().expect("it was reset")));
        let (socket, target) = reset(host, accepted);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let awaited = runtime
            .block_on(async { failed(AsyncSocket::from_socket(socket).unwrap().recv(&mut [0; 8]).await) });
        rows.push(row(Operation::Recv, target, awaited));
    }
    rows
}

/// A number in an address that the kernel would take for a descriptor of this process: no safe call believes it.
fn lending() -> Vec<Row> {
    let udp = UDP.socket();
    let texts = ["xdp:1:0:1", "pppox:l2tp:0:0:1:2:3:4:192.0.2.1:1701", "pppox:l2tpv3:0:1:1:2:3:4:[::1]:1701"];
    let mut rows = Vec::new();
    for text in texts {
        let address: Address = text.parse().unwrap();
        let other = Address::decode(address.encode().as_bytes());
        let connector = Connector::new().kind(Type::DGRAM);
        rows.extend([
            row(Operation::Bind, text, failed(udp.bind(address))),
            row(Operation::Connect, text, failed(udp.connect(address))),
            row(Operation::Connect, text, failed(udp.connect(other))),
            row(Operation::Connect, text, failed(udp.try_connect(address))),
        ]);
        assert!(connector.connect_to(&[address]).is_err() && create_server(address).is_err());
    }
    for Row { error, .. } in &rows {
        assert_eq!(error.cause(), Cause::Invalid, "{error}");
    }
    // Borrowed, it reaches the kernel, which says that this is no socket of the family.
    let xdp = XdpAddress { interface: 1, ..XdpAddress::default() };
    let shared = failed(udp.bind_sharing(xdp, &udp));
    assert!(matches!(shared.cause(), Cause::Kernel(_)), "{shared}");
    let Ok(Address::Pppox(PppoxAddress::L2tp(session))) = texts[1].parse() else { panic!("an L2TP address") };
    let through = failed(udp.connect_through(session, &udp));
    assert!(matches!(through.cause(), Cause::Kernel(_)), "{through}");
    rows
}

/// What code of others has failed with, as a `prepare` hook may hand it on.
fn foreign() -> Vec<Row> {
    let by_errno = io::Error::from_raw_os_error(EMFILE);
    let in_words = io::Error::new(io::ErrorKind::InvalidData, "Not as it should be");
    let (_bound, address) = TCP.bound();
    let hook = Connector::new().prepare(|_| {
        File::open("/no/such/file")?;
        Ok(())
    });
    vec![
        row(Operation::Io, "", by_errno.into()),
        row(Operation::Io, "", in_words.into()),
        row(Operation::Io, "", failed(hook.connect_to(&[address]))),
    ]
}

/// Outside a runtime, and of what epoll(7) or the kernel knows no socket.
fn registering() -> Vec<Row> {
    let outside = failed(AsyncSocket::from_socket(UDP.socket()));
    let null = OwnedFd::from(File::open("/dev/null").unwrap());
    let number = null.as_raw_fd();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let no_socket = runtime.block_on(async { failed(AsyncSocket::from_socket(null.into())) });
    vec![row(Operation::Register, "", outside), row(Operation::Register, format!("fd {number}"), no_socket)]
}

#[test]
fn every_operation_says_what_it_did_to_what_and_why_it_failed() {
    within(LIMIT, || {
        let rows = rows();
        for row in &rows {
            assert_eq!(row.error.operation(), row.operation, "{}", row.error);
            assert_eq!(row.error.target(), row.target.as_deref(), "{}", row.error);
            assert_shape(&row.error);
        }
        let has_ring = rows.iter().any(|row| row.operation == Operation::Statistics);
        let of_a_ring = [Operation::NextBlock, Operation::Statistics];
        for operation in Operation::ALL.iter().filter(|it| has_ring || !of_a_ring.contains(it)) {
            let has_a_row = rows.iter().any(|row| row.operation == *operation);
            assert!(has_a_row, "{operation:?} needs one row or more");
        }
        let some = |part: fn(&Error) -> bool| rows.iter().any(|row| part(&row.error));
        assert!(some(|error| error.bytes_sent() > 0) && some(|error| !error.attempts().is_empty()));
        assert!(some(|error| error.datagrams_sent() > 0));
    });
}

/// `operation[ target][ after N bytes or datagrams][ (tried TARGET, TARGET)]: cause`: the cause last, in lower case,
/// without a full stop.
#[track_caller]
fn assert_shape(error: &Error) {
    let text = error.to_string();
    let mut head = error.operation().as_str().to_owned();
    if let Some(target) = error.target() {
        head = format!("{head} {target}");
    }
    if error.bytes_sent() > 0 {
        head = format!("{head} after {} bytes", error.bytes_sent());
    }
    if error.datagrams_sent() > 0 {
        head = format!("{head} after {} datagrams", error.datagrams_sent());
    }
    let tried: Vec<_> = error.attempts().iter().map(|attempt| attempt.target().unwrap()).collect();
    // What was tried is left out only where it is all that the error is about.
    if tried.iter().any(|tried| error.target() != Some(tried)) {
        head = format!("{head} (tried {})", tried.join(", "));
    }
    error.attempts().iter().for_each(assert_shape);
    let cause = text.strip_prefix(&head).and_then(|rest| rest.strip_prefix(": "));
    let cause = cause.unwrap_or_else(|| panic!("{text:?} does not start with {head:?}"));
    assert!(cause.starts_with(|letter: char| letter.is_ascii_lowercase()), "{text}");
    assert!(!cause.ends_with('.') && !text.contains("failed to") && !text.contains('\n'), "{text}");
    assert_eq!(text.trim(), text);
    assert_eq!(format!("{error:?}"), format!("Error({text})"));

    assert!(error.operation().as_str().chars().all(|letter| letter.is_ascii_lowercase() || letter == '_'));
    assert_eq!(error.operation().to_string(), error.operation().as_str());
    match error.raw_os_error() {
        Some(errno) => {
            assert!(text.ends_with(&format!(" (os error {errno})")), "{text}");
            assert_eq!(error.kind(), io::Error::from_raw_os_error(errno).kind(), "{text}");
            assert_eq!(error.cause(), Cause::Kernel(errno));
        }
        None => assert!(!text.contains("os error"), "{text}"),
    }
}

#[test]
fn an_error_of_std_keeps_the_whole_of_ours_and_gives_it_back() {
    within(LIMIT, || {
        for Row { error, .. } in rows() {
            let (text, kind, errno) = (error.to_string(), error.kind(), error.raw_os_error());
            let (operation, target) = (error.operation(), error.target().map(str::to_owned));
            let std_error = io::Error::from(error);
            assert_eq!(std_error.kind(), kind, "{text}");
            let Some(ours) = Error::within(&std_error) else {
                // It had an errno to tell, and no more.
                assert_eq!((std_error.raw_os_error(), &target), (errno, &None), "{text}");
                assert!(errno.is_some(), "{text}");
                continue;
            };
            assert_eq!(std_error.to_string(), text);
            assert_eq!(
                (ours.operation(), ours.target(), ours.raw_os_error()),
                (operation, target.as_deref(), errno)
            );
            assert!(std_error.get_ref().is_some_and(<dyn std::error::Error + Send + Sync>::is::<Error>));
            assert_eq!(Error::from(std_error).to_string(), text, "and back");
        }
    });
}

#[test]
fn an_error_of_others_keeps_its_errno_its_kind_and_its_words() {
    let by_errno = Error::from(io::Error::from_raw_os_error(EMFILE));
    assert_eq!(by_errno.to_string(), "io: too many open files (os error 24)");
    assert_eq!((by_errno.cause(), by_errno.raw_os_error()), (Cause::Kernel(EMFILE), Some(EMFILE)));
    let in_words = Error::from(io::Error::new(io::ErrorKind::InvalidData, "Not as it should be"));
    assert_eq!(in_words.to_string(), "io: not as it should be");
    assert_eq!((in_words.cause(), in_words.kind()), (Cause::Foreign, io::ErrorKind::InvalidData));
    assert_eq!(io::Error::from(in_words).kind(), io::ErrorKind::InvalidData);
    let simple = Error::from(io::Error::from(io::ErrorKind::UnexpectedEof));
    assert_eq!(simple.kind(), io::ErrorKind::UnexpectedEof);
}

/// `?` carries each of them into the other, and into what any error goes into.
#[test]
fn errors_go_through_the_question_mark() {
    fn into_std(address: Address) -> io::Result<SocketAddr> {
        Ok(address.try_into()?)
    }
    fn into_ours(address: Address) -> berkeley::Result<SocketAddr> {
        File::open("/dev/null")?;
        let internet = SocketAddr::try_from(address)?;
        Ok(internet)
    }
    fn into_any(address: Address) -> Result<SocketAddr, Box<dyn std::error::Error + Send + Sync>> {
        Ok(SocketAddr::try_from(address)?)
    }
    let inet = SocketAddr::from(ELSEWHERE);
    assert_eq!(into_std(inet.into()).unwrap(), inet);
    let unix = Address::from(UnixAddress::from_path("/door").unwrap());
    let want = "address /door: wanted AF_INET or AF_INET6, got AF_UNIX";
    assert_eq!(into_std(unix).unwrap_err().to_string(), want);
    assert_eq!(into_ours(unix).unwrap_err().to_string(), want);
    assert_eq!(into_any(unix).unwrap_err().to_string(), want);
}

#[test]
fn an_unknown_service_is_named_with_its_transport() {
    let connect = |kind| failed(Connector::new().kind(kind).connect("127.0.0.1", "htpp"));
    let raw = |kind| {
        let hints = RawHints { kind, ..RawHints::default() };
        failed(resolve_raw(Some(c"127.0.0.1"), Some(c"htpp"), hints))
    };
    let rows = [
        (connect(Type::STREAM), r#"no TCP service is called "htpp""#),
        (connect(Type::DGRAM), r#"no UDP service is called "htpp""#),
        (failed(resolve("127.0.0.1", "htpp", &Hints::new())), r#"no TCP or UDP service is called "htpp""#),
        (failed(service_by_name("htpp", Some("tcp"))), r#"no TCP service is called "htpp""#),
        (failed(service_by_name("htpp", Some("udp"))), r#"no UDP service is called "htpp""#),
        (failed(service_by_name("htpp", None)), r#"no service is called "htpp""#),
        (failed(service_by_port(1, Some("udp"))), "no UDP service has port 1"),
        (raw(1), r#"no TCP service is called "htpp""#),
        (raw(0), r#"no TCP or UDP service is called "htpp""#),
        (
            failed(resolve("127.0.0.1", "\u{1b}[2J", &Hints::new().kind(Type::STREAM))),
            r#"no TCP service is called "\u{1b}[2J""#,
        ),
    ];
    for (error, want) in rows {
        assert!(error.to_string().ends_with(want), "{error}, wanted {want}");
        assert_eq!(error.kind(), io::ErrorKind::NotFound, "{error}");
    }
}

#[test]
fn an_error_is_small() {
    assert!(size_of::<Error>() <= 16, "{} bytes", size_of::<Error>());
    // A result of nothing is no larger than its error: the niche of the enums in it is used.
    assert_eq!(size_of::<berkeley::Result<()>>(), size_of::<Error>());
}

#[test]
fn whose_fault_it_is_can_be_told() {
    within(LIMIT, || {
        let (quiet, _peer) = UNIX.pair();
        quiet.set_timeout(Some(Duration::from_millis(1))).unwrap();
        let late = failed(quiet.recv(&mut [0; 8]));
        assert_eq!((late.cause(), late.kind()), (Cause::TimedOut, io::ErrorKind::TimedOut));
        let wrong = failed(UnixAddress::from_path(""));
        assert_eq!((wrong.cause(), wrong.kind()), (Cause::Invalid, io::ErrorKind::InvalidInput));
        let closed = failed(inherit(u32::MAX));
        assert_eq!(closed.cause(), Cause::Kernel(EBADF));
    });
}

#[test]
fn an_address_that_a_peer_chose_is_escaped_in_an_error() {
    let name = UnixAddress::from_abstract(b"\x1b[2J\nberkeley: all is well").unwrap();
    let error = failed(UNIX.socket().connect(Address::from(name)));
    assert!(!error.to_string().chars().any(char::is_control), "{error:?}");
    assert_shape(&error);
}

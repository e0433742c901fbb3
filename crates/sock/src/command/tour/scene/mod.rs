//! The scenes, a file each, and what several of them do.

mod end;
mod story;
mod tcp;
mod udp;
mod unix;
mod wrong;

use std::net::{Ipv4Addr, SocketAddr};
use std::os::fd::{AsFd as _, AsRawFd as _};
use std::sync::Arc;

use berkeley::interface::{Interface, InterfaceFlags, interfaces};
use berkeley::{Address, Error, Family, Protocol, Socket, Type};
use berkeley_packet::stream::Side;

use super::call::Call;
use super::guide::{Begun, DOWN, Guide, Made, Sides, Stop};
use super::packets::quoted;
use crate::exit::{Exit, Failure};

/// What the client says, and what the server answers.
const HELLO: &[u8] = b"hello";
const ANSWER: &[u8] = b"HELLO";

/// How much a receive asks for, as the tutorials do.
const ROOM: usize = 1024;

/// How many clients may wait to be accepted.
const BACKLOG: u32 = 16;

/// Any free port of the loopback.
const ANYWHERE: (Ipv4Addr, u16) = (Ipv4Addr::LOCALHOST, 0);

/// A scene.
pub(super) type Scene = fn(&mut Guide<'_>) -> Result<(), Stop>;

/// All of them but the last, in their order: one that cannot go on does not keep the others from it.
pub(super) const ALL: [Scene; 4] = [tcp::play, udp::play, unix::play, wrong::play];

/// The last one: what it came to, and what to try next.
pub(super) const LAST: Scene = end::play;

/// Fails where this machine's loopback is down: nothing would answer there, not even with a refusal.
fn need_loopback() -> Result<(), Stop> {
    let is_up = |it: &Interface| {
        [InterfaceFlags::LOOPBACK, InterfaceFlags::UP].into_iter().all(|flag| it.flags.contains(flag))
    };
    // Where the kernel does not tell, the calls will.
    if interfaces().is_ok_and(|all| !all.iter().any(is_up)) {
        return Err(Failure::new(Exit::Unreachable, DOWN).into());
    }
    Ok(())
}

/// The number of a socket's descriptor.
fn fd(socket: &Socket) -> i32 {
    socket.as_fd().as_raw_fd()
}

/// An address with digits, which a socket over IPv4 has.
fn inet(address: &Address) -> SocketAddr {
    let ip = address.ip().unwrap_or(Ipv4Addr::UNSPECIFIED.into());
    SocketAddr::new(ip, address.port().unwrap_or_default())
}

/// A call of this side.
fn call(side: Side, name: &'static str, arguments: String) -> Call {
    Call { side, name, arguments }
}

impl Guide<'_> {
    /// socket(2).
    fn socket(
        &mut self,
        sides: &Sides,
        side: Side,
        kind: (Family, Type),
        key: &str,
    ) -> Result<Arc<Socket>, Stop> {
        let (family, of) = kind;
        let arguments = format!("{family:?}, {of:?}");
        let (socket, made) = self.make(sides, call(side, "socket", arguments), move || {
            Socket::new(family, of, Protocol::DEFAULT)
        })?;
        let fd = fd(&socket);
        self.tell(made, fd, "", key, &[("fd", &fd)])?;
        Ok(Arc::new(socket))
    }

    /// bind(2) to a free port of the loopback: the address that it has then.
    fn bind(&mut self, sides: &Sides, socket: &Arc<Socket>, key: &str) -> Result<SocketAddr, Stop> {
        let of = Arc::clone(socket);
        let arguments = format!("{}, {}", fd(socket), SocketAddr::from(ANYWHERE));
        let (address, made) = self.make(sides, call(Side::Server, "bind", arguments), move || {
            of.bind(ANYWHERE)?;
            of.local_address()
        })?;
        let address = inet(&address);
        self.tell(made, 0, "", key, &[("port", &address.port())])?;
        Ok(address)
    }

    /// listen(2).
    fn listen(&mut self, sides: &Sides, socket: &Arc<Socket>, key: &str) -> Result<(), Stop> {
        let of = Arc::clone(socket);
        let arguments = format!("{}, {BACKLOG}", fd(socket));
        let ((), made) =
            self.make(sides, call(Side::Server, "listen", arguments), move || of.listen(BACKLOG))?;
        self.tell(made, 0, "", key, &[("backlog", &BACKLOG)])
    }

    /// accept(2), in which the server waits.
    fn accepts(
        &mut self,
        sides: &Sides,
        socket: &Arc<Socket>,
        key: &str,
    ) -> Result<Begun<(Socket, Address)>, Stop> {
        let of = Arc::clone(socket);
        let call = call(Side::Server, "accept", fd(socket).to_string());
        self.begin(sides, call, key, move || of.accept())
    }

    /// send(2) of all the bytes, which are few.
    fn send(
        &mut self,
        sides: &Sides,
        side: Side,
        socket: &Arc<Socket>,
        bytes: &'static [u8],
        key: &str,
    ) -> Result<(), Stop> {
        let of = Arc::clone(socket);
        let arguments = format!("{}, {}", fd(socket), quoted(bytes));
        let (sent, made) = self.make(sides, call(side, "send", arguments), move || of.send(bytes))?;
        self.tell(made, i64::try_from(sent).unwrap_or_default(), "", key, &[("bytes", &sent)])?;
        let what = self.texts.fill("arrow.bytes", &[("bytes", &sent), ("text", &quoted(bytes))]);
        self.travels(side, &what)
    }

    /// recv(2), in which this side waits.
    fn receives(
        &mut self,
        sides: &Sides,
        side: Side,
        socket: &Arc<Socket>,
        key: &str,
    ) -> Result<Begun<Vec<u8>>, Stop> {
        let of = Arc::clone(socket);
        self.begin(sides, recv_of(side, socket), key, move || of.recv_vec(ROOM))
    }

    /// The end of that wait, with what came.
    fn received(&mut self, begun: Begun<Vec<u8>>, key: &str) -> Result<(), Stop> {
        let (bytes, made) = self.end(begun)?;
        self.tell_received(&bytes, made, key)
    }

    /// recv(2) of what is there already.
    fn recv(&mut self, sides: &Sides, side: Side, socket: &Arc<Socket>, key: &str) -> Result<(), Stop> {
        let of = Arc::clone(socket);
        let (bytes, made) = self.make(sides, recv_of(side, socket), move || of.recv_vec(ROOM))?;
        self.tell_received(&bytes, made, key)
    }

    fn tell_received(&mut self, bytes: &[u8], made: Made, key: &str) -> Result<(), Stop> {
        let count = bytes.len();
        self.tell(made, i64::try_from(count).unwrap_or_default(), quoted(bytes), key, &[("bytes", &count)])
    }

    /// close(2).
    fn close(
        &mut self,
        sides: &Sides,
        side: Side,
        socket: Arc<Socket>,
        key: &str,
        port: u16,
    ) -> Result<(), Stop> {
        let call = call(side, "close", fd(&socket).to_string());
        let ((), made) = self.make(sides, call, move || close(socket))?;
        self.tell(made, 0, "", key, &[("port", &port)])
    }
}

fn recv_of(side: Side, socket: &Socket) -> Call {
    call(side, "recv", format!("{}, {ROOM}", fd(socket)))
}

/// Each call gives its handle back when it returns, so this is the last one.
fn close(socket: Arc<Socket>) -> Result<(), Error> {
    Arc::into_inner(socket).map_or(Ok(()), Socket::close)
}

//! A TCP server and its client, as in the tutorials; then the packets of their exchange.

use std::fmt::Display;
use std::net::SocketAddr;
use std::sync::Arc;

use berkeley::{Family, Socket, Type};
use berkeley_packet::stream::{Side, Wrapped};

use super::story::Exchange;
use super::{ANSWER, HELLO, fd, inet, need_loopback};
use crate::command::tour::call::Call;
use crate::command::tour::guide::{Guide, Sides, Stop};
use crate::command::tour::packets::{Packets, Tap, is_over};

const KIND: (Family, Type) = (Family::INET, Type::STREAM);

pub(super) fn play(guide: &mut Guide<'_>) -> Result<(), Stop> {
    guide.scene("tcp", "tcp.title")?;
    guide.says("tcp.intro", &[])?;
    need_loopback()?;
    let exchange = exchange(guide)?;
    guide.part("packets.title")?;
    exchange.tell(guide, "packets.built", "packets.layers")
}

/// The sockets of a connection, and where they are.
struct Connection {
    sides: Sides,
    listener: Arc<Socket>,
    accepted: Arc<Socket>,
    caller: Arc<Socket>,
    server: SocketAddr,
    client: SocketAddr,
    tap: Result<Tap, String>,
}

/// The exchange, and its packets.
fn exchange(guide: &mut Guide<'_>) -> Result<Exchange, Stop> {
    let connection = connect(guide)?;
    talk(guide, &connection)?;
    let (client, server) = (connection.client, connection.server);
    let tap = end(guide, connection)?;
    let built = || {
        Packets::built(Wrapped::tcp(client, server), |wrapped, emit| {
            wrapped.open(emit);
            wrapped.said(Side::Client, HELLO, emit);
            wrapped.said(Side::Server, ANSWER, emit);
            wrapped.close(emit);
        })
    };
    Ok(Exchange::new(server, tap.map(|tap| tap.take(is_over)), built).first())
}

/// From two sockets to a connection.
fn connect(guide: &mut Guide<'_>) -> Result<Connection, Stop> {
    let sides = guide.opens()?;
    let listener = guide.socket(&sides, Side::Server, KIND, "tcp.socket.server")?;
    let server = guide.bind(&sides, &listener, "tcp.bind")?;
    // Before the first packet.
    let tap = Tap::open("tcp", server.port());
    guide.listen(&sides, &listener, "tcp.listen")?;
    let accepts = guide.accepts(&sides, &listener, "tcp.accept.waits")?;
    let caller = guide.socket(&sides, Side::Client, KIND, "tcp.socket.client")?;
    let client = call(guide, &sides, &caller, server)?;
    let ((accepted, peer), made) = guide.end(accepts)?;
    let (number, listening) = (fd(&accepted), fd(&listener));
    let values: &[(&str, &dyn Display)] = &[("peer", &peer), ("fd", &number), ("listener", &listening)];
    guide.tell(made, number, peer, "tcp.accept", values)?;
    Ok(Connection { sides, listener, accepted: Arc::new(accepted), caller, server, client, tap })
}

/// connect(2), and the handshake in it: the client's address.
fn call(
    guide: &mut Guide<'_>,
    sides: &Sides,
    caller: &Arc<Socket>,
    server: SocketAddr,
) -> Result<SocketAddr, Stop> {
    let of = Arc::clone(caller);
    let connect = Call::client("connect", format!("{}, {server}", fd(caller)));
    guide.teller().begins(&connect);
    let (local, made) = guide.make(sides, connect, move || {
        of.connect(server)?;
        of.local_address()
    })?;
    guide.travels(Side::Client, "SYN")?;
    guide.travels(Side::Server, "SYN, ACK")?;
    guide.travels(Side::Client, "ACK")?;
    let local = inet(&local);
    guide.tell(made, 0, "", "tcp.connect", &[("port", &local.port())])?;
    Ok(local)
}

/// A question and its answer.
fn talk(guide: &mut Guide<'_>, connection: &Connection) -> Result<(), Stop> {
    let Connection { sides, accepted, caller, .. } = connection;
    let receives = guide.receives(sides, Side::Server, accepted, "tcp.recv.waits")?;
    guide.send(sides, Side::Client, caller, HELLO, "tcp.send")?;
    guide.received(receives, "tcp.recv")?;
    let receives = guide.receives(sides, Side::Client, caller, "tcp.recv.waits.client")?;
    guide.send(sides, Side::Server, accepted, ANSWER, "tcp.send.server")?;
    guide.received(receives, "tcp.recv.client")
}

/// The end of either side.
fn end(guide: &mut Guide<'_>, connection: Connection) -> Result<Result<Tap, String>, Stop> {
    let Connection { sides, listener, accepted, caller, server, tap, .. } = connection;
    let receives = guide.receives(&sides, Side::Server, &accepted, "tcp.recv.waits.end")?;
    guide.close(&sides, Side::Client, caller, "tcp.close.client", 0)?;
    guide.travels(Side::Client, "FIN")?;
    guide.received(receives, "tcp.recv.end")?;
    guide.close(&sides, Side::Server, accepted, "tcp.close.server", 0)?;
    guide.travels(Side::Server, "FIN")?;
    guide.close(&sides, Side::Server, listener, "tcp.close.listener", server.port())?;
    guide.closes()?;
    Ok(tap)
}

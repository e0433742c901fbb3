//! A TCP server and its client, as in the tutorials; then the packets of their exchange.

use std::sync::Arc;

use berkeley::option::tcp;
use berkeley::{Family, Type};
use berkeley_packet::stream::{Side, Wrapped};

use super::story::Exchange;
use super::{ANSWER, HELLO, fd, inet, need_loopback};
use crate::command::tour::call::Call;
use crate::command::tour::guide::{Guide, Stop};
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

/// The exchange, and its packets.
#[allow(clippy::too_many_lines, reason = "it is the story, call by call")]
fn exchange(guide: &mut Guide<'_>) -> Result<Exchange, Stop> {
    let (client, server) = (Side::Client, Side::Server);
    let sides = guide.opens()?;
    let listener = guide.socket(&sides, server, KIND, "tcp.socket.server")?;
    let address = guide.bind(&sides, &listener, "tcp.bind")?;
    // Before the first packet.
    let tap = Tap::open("tcp", address.port());
    guide.listen(&sides, &listener, "tcp.listen")?;
    let accepts = guide.accepts(&sides, &listener, "tcp.accept.waits")?;

    let caller = guide.socket(&sides, client, KIND, "tcp.socket.client")?;
    let of = Arc::clone(&caller);
    let connect = Call::client("connect", format!("{}, {address}", fd(&caller)));
    guide.teller().begins(&connect);
    let (local, made) = guide.make(&sides, connect, move || {
        of.connect(address)?;
        of.local_address()
    })?;
    let local = inet(&local);
    guide.travels(client, "SYN")?;
    guide.travels(server, "SYN, ACK")?;
    guide.travels(client, "ACK")?;
    guide.tell(made, 0, "", "tcp.connect", &[("port", &local.port())])?;
    let ((accepted, peer), made) = guide.end(accepts)?;
    let (number, listening) = (fd(&accepted), fd(&listener));
    let values: &[(&str, &dyn std::fmt::Display)] =
        &[("peer", &peer), ("fd", &number), ("listener", &listening)];
    guide.tell(made, number, peer, "tcp.accept", values)?;
    let accepted = Arc::new(accepted);

    let receives = guide.receives(&sides, server, &accepted, "tcp.recv.waits")?;
    guide.send(&sides, client, &caller, HELLO, "tcp.send")?;
    guide.received(receives, "tcp.recv")?;
    let receives = guide.receives(&sides, client, &caller, "tcp.recv.waits.client")?;
    guide.send(&sides, server, &accepted, ANSWER, "tcp.send.server")?;
    guide.received(receives, "tcp.recv.client")?;
    let receives = guide.receives(&sides, server, &accepted, "tcp.recv.waits.end")?;
    // Only a kernel that is very old has none.
    let mss = caller.get(tcp::INFO).map(|info| info.snd_mss).unwrap_or_default();
    guide.close(&sides, client, caller, "tcp.close.client", 0)?;
    guide.travels(client, "FIN")?;
    guide.received(receives, "tcp.recv.end")?;
    guide.close(&sides, server, accepted, "tcp.close.server", 0)?;
    guide.travels(server, "FIN")?;
    guide.close(&sides, server, listener, "tcp.close.listener", address.port())?;
    guide.closes()?;

    let built = || {
        Packets::built(Wrapped::tcp(local, address), |wrapped, emit| {
            wrapped.open(emit);
            wrapped.said(client, HELLO, emit);
            wrapped.said(server, ANSWER, emit);
            wrapped.close(emit);
        })
    };
    Ok(Exchange::new(address, mss, tap.map(|tap| tap.take(is_over)), built))
}

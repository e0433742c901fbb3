//! Two datagrams, one each way.

use std::net::SocketAddr;
use std::sync::Arc;

use berkeley::{Address, Error, Family, Socket, Type};
use berkeley_packet::stream::{Side, Wrapped};

use super::story::Exchange;
use super::{ANSWER, HELLO, ROOM, call, fd, inet, need_loopback};
use crate::command::tour::guide::{Begun, Guide, Sides, Stop};
use crate::command::tour::packets::{Packets, Tap, quoted};

const KIND: (Family, Type) = (Family::INET, Type::DGRAM);

pub(super) fn play(guide: &mut Guide<'_>) -> Result<(), Stop> {
    guide.scene("udp", "udp.title")?;
    guide.says("udp.intro", &[])?;
    need_loopback()?;
    let exchange = exchange(guide)?;
    exchange.tell(guide, "packets.built.udp", "packets.layers.udp")
}

fn exchange(guide: &mut Guide<'_>) -> Result<Exchange, Stop> {
    let (client, server) = (Side::Client, Side::Server);
    let sides = guide.opens()?;
    let bound = guide.socket(&sides, server, KIND, "udp.socket.server")?;
    let address = guide.bind(&sides, &bound, "udp.bind")?;
    let tap = Tap::open("udp", address.port());
    let receives = receives(guide, &sides, server, &bound, "udp.recvfrom.waits")?;

    let caller = guide.socket(&sides, client, KIND, "udp.socket.client")?;
    send(guide, &sides, (client, &caller), (HELLO, address), "udp.sendto")?;
    let from = received(guide, receives, "udp.recvfrom")?;
    let receives = self::receives(guide, &sides, client, &caller, "udp.recvfrom.waits.client")?;
    send(guide, &sides, (server, &bound), (ANSWER, from), "udp.sendto.server")?;
    received(guide, receives, "udp.recvfrom.client")?;
    guide.close(&sides, client, caller, "udp.close", 0)?;
    guide.close(&sides, server, bound, "udp.close.server", 0)?;
    guide.closes()?;

    let built = || {
        Packets::built(Wrapped::udp(from, address), |wrapped, emit| {
            wrapped.said(client, HELLO, emit);
            wrapped.said(server, ANSWER, emit);
        })
    };
    Ok(Exchange::new(address, tap.map(|tap| tap.take(|taken| taken.len() >= 2)), built))
}

/// sendto(2).
fn send(
    guide: &mut Guide<'_>,
    sides: &Sides,
    (side, socket): (Side, &Arc<Socket>),
    (bytes, to): (&'static [u8], SocketAddr),
    key: &str,
) -> Result<(), Stop> {
    let of = Arc::clone(socket);
    let arguments = format!("{}, {}, {to}", fd(socket), quoted(bytes));
    let (sent, made) = guide.make(sides, call(side, "sendto", arguments), move || of.send_to(bytes, to))?;
    guide.tell(made, i64::try_from(sent).unwrap_or_default(), "", key, &[("bytes", &sent)])?;
    let what = guide.texts.fill("arrow.datagram", &[("bytes", &sent), ("text", &quoted(bytes))]);
    guide.travels(side, &what)
}

/// What recvfrom(2) gives.
type Datagram = (Vec<u8>, Address);

/// recvfrom(2), in which this side waits.
fn receives(
    guide: &mut Guide<'_>,
    sides: &Sides,
    side: Side,
    socket: &Arc<Socket>,
    key: &str,
) -> Result<Begun<Datagram>, Stop> {
    let of = Arc::clone(socket);
    let call = call(side, "recvfrom", format!("{}, {ROOM}", fd(socket)));
    guide.begin(sides, call, key, move || -> Result<Datagram, Error> {
        let mut room = vec![0; ROOM];
        let (length, from) = of.recv_from(&mut room)?;
        room.truncate(length);
        Ok((room, from))
    })
}

/// The end of that wait: from whom it came.
fn received(guide: &mut Guide<'_>, begun: Begun<Datagram>, key: &str) -> Result<SocketAddr, Stop> {
    let ((bytes, from), made) = guide.end(begun)?;
    let with = format!("{}, {from}", quoted(&bytes));
    guide.tell(made, i64::try_from(bytes.len()).unwrap_or_default(), with, key, &[("peer", &from)])?;
    Ok(inet(&from))
}

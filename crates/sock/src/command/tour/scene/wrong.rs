//! What goes wrong: a refusal, a reset, a half-close that is none of it but is taken for it, a timeout.

use std::fmt::Display;
use std::net::{Shutdown, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use berkeley::{Deadline, Error, Family, Interest, Protocol, Socket, Type};
use berkeley_packet::stream::Side;

use super::story::evidence;
use super::{ANSWER, ANYWHERE, BACKLOG, HELLO, ROOM, fd, inet, need_loopback, recv_of};
use crate::command::tour::call::{Call, SETTIMEOUT, python};
use crate::command::tour::drawing::failed;
use crate::command::tour::guide::{Guide, Made, Stop};
use crate::command::tour::packets::Tap;
use crate::exit::{Exit, Failure};

const KIND: (Family, Type) = (Family::INET, Type::STREAM);

/// How long the client waits in vain.
const PATIENCE: Duration = Duration::from_millis(300);

/// How long something that is on its way over the loopback may take.
const LIMIT: Duration = Duration::from_secs(10);

pub(super) fn play(guide: &mut Guide<'_>) -> Result<(), Stop> {
    guide.scene("wrong", "wrong.title")?;
    guide.says("wrong.intro", &[])?;
    need_loopback()?;
    refused(guide)?;
    reset(guide)?;
    half_closed(guide)?;
    timed_out(guide)
}

fn refused(guide: &mut Guide<'_>) -> Result<(), Stop> {
    guide.part("refused.title")?;
    let sides = guide.opens()?;
    let bound = guide.socket(&sides, Side::Server, KIND, "refused.socket")?;
    let address = guide.bind(&sides, &bound, "refused.bind")?;
    let tap = Tap::open("tcp", address.port());
    let caller = guide.socket(&sides, Side::Client, KIND, "tcp.socket.client")?;
    let of = Arc::clone(&caller);
    let connect = Call::client("connect", format!("{}, {address}", fd(&caller)));
    guide.teller().begins(&connect);
    let (outcome, made) = guide.make_or_fail(&sides, connect, move || of.connect(address))?;
    guide.travels(Side::Client, "SYN")?;
    guide.travels(Side::Server, "RST, ACK")?;
    tell_failure(guide, outcome, made, "refused.connect")?;
    drop((bound, caller));
    guide.closes()?;
    evidence(guide, tap, address)
}

fn reset(guide: &mut Guide<'_>) -> Result<(), Stop> {
    guide.part("reset.title")?;
    let Pair { client, server, address, tap } = Pair::open(guide, "reset.intro")?;
    let sides = guide.opens()?;
    guide.send(&sides, Side::Client, &client, HELLO, "reset.send")?;
    // What makes it a reset has to be there first.
    server.wait(Interest::READABLE, Deadline::after(LIMIT))?;
    guide.close(&sides, Side::Server, server, "reset.close", 0)?;
    guide.travels(Side::Server, "RST")?;
    let of = Arc::clone(&client);
    let recv = recv_of(Side::Client, &client);
    let (outcome, made) = guide.make_or_fail(&sides, recv, move || of.recv_vec(ROOM))?;
    tell_failure(guide, outcome, made, "reset.recv")?;
    guide.closes()?;
    evidence(guide, tap, address)
}

fn half_closed(guide: &mut Guide<'_>) -> Result<(), Stop> {
    guide.part("half.title")?;
    let Pair { client, server, address, tap } = Pair::open(guide, "half.intro")?;
    let sides = guide.opens()?;
    guide.send(&sides, Side::Client, &client, HELLO, "half.send")?;
    let of = Arc::clone(&client);
    let shutdown = Call::client("shutdown", format!("{}, SHUT_WR", fd(&client)));
    let ((), made) = guide.make(&sides, shutdown, move || of.shutdown(Shutdown::Write))?;
    guide.tell(made, 0, "", "half.shutdown", &[])?;
    guide.travels(Side::Client, "FIN")?;
    guide.recv(&sides, Side::Server, &server, "half.recv")?;
    guide.recv(&sides, Side::Server, &server, "half.recv.end")?;
    guide.send(&sides, Side::Server, &server, ANSWER, "half.send.server")?;
    guide.recv(&sides, Side::Client, &client, "half.recv.client")?;
    guide.close(&sides, Side::Server, server, "half.close.server", 0)?;
    guide.travels(Side::Server, "FIN")?;
    guide.close(&sides, Side::Client, client, "half.close.client", 0)?;
    guide.closes()?;
    evidence(guide, tap, address)
}

fn timed_out(guide: &mut Guide<'_>) -> Result<(), Stop> {
    guide.part("timeout.title")?;
    // The server's end stays open to the end: one that closed would be an answer.
    let Pair { client, server, .. } = Pair::open(guide, "timeout.intro")?;
    let sides = guide.opens()?;
    let of = Arc::clone(&client);
    let seconds = PATIENCE.as_secs_f64();
    let settimeout = Call::client(SETTIMEOUT, format!("{}, {seconds} s", fd(&client)));
    let ((), made) = guide.make(&sides, settimeout, move || of.set_timeout(Some(PATIENCE)))?;
    guide.tell(made, 0, "", "timeout.settimeout", &[("seconds", &seconds)])?;
    let of = Arc::clone(&client);
    let recv = recv_of(Side::Client, &client);
    let receives = guide.begin(&sides, recv, "timeout.recv.waits", move || of.recv_vec(ROOM))?;
    let (outcome, made) = guide.returned(receives)?;
    tell_failure(guide, outcome, made, "timeout.recv")?;
    drop(server);
    guide.closes()
}

/// Tells a failure that is meant to be one.
fn tell_failure<T>(
    guide: &mut Guide<'_>,
    outcome: Result<T, Error>,
    made: Made,
    key: &str,
) -> Result<(), Stop> {
    let Err(error) = outcome else {
        return Err(Failure::new(Exit::Other, "a call that is to fail has succeeded").into());
    };
    let (name, python) = (failed(error.raw_os_error()), python(&error));
    let values: &[(&str, &dyn Display)] = &[("name", &name), ("python", &python)];
    let meaning = guide.texts.fill(key, values);
    guide.failed(made, &error, &meaning)
}

/// Both ends of a connection over the loopback.
struct Pair {
    client: Arc<Socket>,
    server: Arc<Socket>,
    /// The server's address.
    address: SocketAddr,
    /// A capture of it, from before the first packet on.
    tap: Result<Tap, String>,
}

impl Pair {
    /// Makes one; how, the scene of TCP has told.
    fn open(guide: &mut Guide<'_>, key: &str) -> Result<Self, Stop> {
        let listener = Socket::new(KIND.0, KIND.1, Protocol::DEFAULT)?;
        listener.bind(ANYWHERE)?;
        listener.listen(BACKLOG)?;
        listener.set_timeout(Some(LIMIT))?;
        let address = inet(&listener.local_address()?);
        let tap = Tap::open("tcp", address.port());
        let client = Socket::new(KIND.0, KIND.1, Protocol::DEFAULT)?;
        client.set_timeout(Some(LIMIT))?;
        client.connect(address)?;
        let (server, _) = listener.accept()?;
        client.set_timeout(None)?;
        guide.says(key, &[("client", &inet(&client.local_address()?)), ("server", &address)])?;
        Ok(Self { client: Arc::new(client), server: Arc::new(server), address, tap })
    }
}

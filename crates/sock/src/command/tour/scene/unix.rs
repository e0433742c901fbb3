//! A Unix socket: the same calls, a path for an address, and no packets.

use std::env;
use std::sync::Arc;

use berkeley::option::socket;
use berkeley::{Family, Type, UnixAddress};
use berkeley_packet::stream::Side;

use super::{ANSWER, HELLO, call, fd};
use crate::command::tour::call::Call;
use crate::command::tour::guide::{Guide, Stop};
use crate::command::tour::leftovers::SOCKET;
use crate::exit::Failure;
use crate::report::escape::escape;

const KIND: (Family, Type) = (Family::UNIX, Type::STREAM);

/// The most of a path that is shown, in bytes.
const SHOWN: usize = 120;

pub(super) fn play(guide: &mut Guide<'_>) -> Result<(), Stop> {
    guide.scene("unix", "unix.title")?;
    guide.says("unix.intro", &[])?;
    exchange(guide)?;
    guide.leftovers.remove_folder();
    guide.says("unix.after", &[])
}

#[allow(clippy::too_many_lines, reason = "it is the story, call by call")]
fn exchange(guide: &mut Guide<'_>) -> Result<(), Stop> {
    let (client, server) = (Side::Client, Side::Server);
    let within = env::temp_dir();
    let folder = guide.leftovers.folder(&within).map_err(|error| {
        Failure::io(format_args!("make a folder in {}", within.display()), &error)
            .hint("TMPDIR names another place for temporary files")
    })?;
    let path = folder.join(SOCKET);
    let shown = escape(path.as_os_str().as_encoded_bytes(), SHOWN).to_string();
    let address = UnixAddress::from_path(&path)?;

    let sides = guide.opens()?;
    let listener = guide.socket(&sides, server, KIND, "unix.socket.server")?;
    let of = Arc::clone(&listener);
    let bind = call(server, "bind", format!("{}, {shown}", fd(&listener)));
    let ((), made) = guide.make(&sides, bind, move || of.bind(address))?;
    guide.tell(made, 0, "", "unix.bind", &[])?;
    guide.listen(&sides, &listener, "unix.listen")?;
    let accepts = guide.accepts(&sides, &listener, "unix.accept.waits")?;

    let caller = guide.socket(&sides, client, KIND, "unix.socket.client")?;
    let of = Arc::clone(&caller);
    let connect = Call::client("connect", format!("{}, {shown}", fd(&caller)));
    let ((), made) = guide.make(&sides, connect, move || of.connect(address))?;
    guide.tell(made, 0, "", "unix.connect", &[])?;
    let ((accepted, _), made) = guide.end(accepts)?;
    let who = accepted.get(socket::PEERCRED)?;
    guide.tell(made, fd(&accepted), "", "unix.accept", &[("who", &who)])?;
    let accepted = Arc::new(accepted);

    let receives = guide.receives(&sides, server, &accepted, "unix.recv.waits")?;
    guide.send(&sides, client, &caller, HELLO, "unix.send")?;
    guide.received(receives, "unix.recv")?;
    guide.send(&sides, server, &accepted, ANSWER, "tcp.send.server")?;
    guide.recv(&sides, client, &caller, "tcp.recv.client")?;
    let receives = guide.receives(&sides, server, &accepted, "unix.recv.waits.end")?;
    guide.close(&sides, client, caller, "unix.close.client", 0)?;
    guide.received(receives, "unix.recv.end")?;
    guide.close(&sides, server, accepted, "unix.close.server", 0)?;
    guide.close(&sides, server, listener, "unix.close.listener", 0)?;
    guide.closes()
}

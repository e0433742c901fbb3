//! A Unix socket: the same calls, a path for an address, and no packets.

use std::env;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use berkeley::option::socket;
use berkeley::{Family, Socket, Type, UnixAddress};
use berkeley_packet::stream::Side;

use super::{ANSWER, HELLO, call, fd};
use crate::command::tour::guide::{Guide, Sides, Stop};
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

fn exchange(guide: &mut Guide<'_>) -> Result<(), Stop> {
    let path = place(guide)?;
    let sides = guide.opens()?;
    let [listener, accepted, caller] = connect(guide, &sides, &path)?;

    let receives = guide.receives(&sides, Side::Server, &accepted, "unix.recv.waits")?;
    guide.send(&sides, Side::Client, &caller, HELLO, "unix.send")?;
    guide.received(receives, "unix.recv")?;
    guide.send(&sides, Side::Server, &accepted, ANSWER, "tcp.send.server")?;
    guide.recv(&sides, Side::Client, &caller, "tcp.recv.client")?;
    let receives = guide.receives(&sides, Side::Server, &accepted, "unix.recv.waits.end")?;
    guide.close(&sides, Side::Client, caller, "unix.close.client", 0)?;
    guide.received(receives, "unix.recv.end")?;
    guide.close(&sides, Side::Server, accepted, "unix.close.server", 0)?;
    guide.close(&sides, Side::Server, listener, "unix.close.listener", 0)?;
    guide.closes()
}

/// A path for the socket, in a folder of its own.
fn place(guide: &Guide<'_>) -> Result<PathBuf, Stop> {
    let within = env::temp_dir();
    let folder = guide.leftovers.folder(&within).map_err(|error| {
        Failure::io(format_args!("make a folder in {}", within.display()), &error)
            .done_to("mkdir", within.display())
            .hint("TMPDIR names another place for temporary files")
    })?;
    Ok(folder.join(SOCKET))
}

/// From two sockets to a connection: the listener, the server's end, the client's.
fn connect(guide: &mut Guide<'_>, sides: &Sides, path: &Path) -> Result<[Arc<Socket>; 3], Stop> {
    let address = UnixAddress::from_path(path)?;
    let shown = escape(path.as_os_str().as_encoded_bytes(), SHOWN).to_string();
    let listener = guide.socket(sides, Side::Server, KIND, "unix.socket.server")?;
    let of = Arc::clone(&listener);
    let bind = call(Side::Server, "bind", format!("{}, {shown}", fd(&listener)));
    let ((), made) = guide.make(sides, bind, move || of.bind(address))?;
    guide.tell(made, 0, "", "unix.bind", &[])?;
    guide.listen(sides, &listener, "unix.listen")?;
    let accepts = guide.accepts(sides, &listener, "unix.accept.waits")?;

    let caller = guide.socket(sides, Side::Client, KIND, "unix.socket.client")?;
    let of = Arc::clone(&caller);
    let connect = call(Side::Client, "connect", format!("{}, {shown}", fd(&caller)));
    let ((), made) = guide.make(sides, connect, move || of.connect(address))?;
    guide.tell(made, 0, "", "unix.connect", &[])?;
    let ((accepted, _), made) = guide.end(accepts)?;
    let who = accepted.get(socket::PEERCRED)?;
    guide.tell(made, fd(&accepted), "", "unix.accept", &[("who", &who)])?;
    Ok([listener, Arc::new(accepted), caller])
}

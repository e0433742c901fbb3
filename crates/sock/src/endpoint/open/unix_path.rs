//! The path of a listening Unix socket: who may connect, what was there before, and that it goes when we go.

use std::ffi::OsStr;
use std::fs::{self, File, Permissions};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use berkeley::{Family, Protocol, Socket, Type, UnixAddress};

use crate::exit::{Exit, Failure};

/// Who may connect where the endpoint does not say: the owner alone.
pub(super) const MODE: u32 = 0o600;

pub(super) fn as_path(bytes: &[u8]) -> &Path {
    Path::new(OsStr::from_bytes(bytes))
}

/// A path that we have bound: removed when dropped, if it is still ours.
#[derive(Debug)]
pub(super) struct BoundPath {
    path: PathBuf,
    /// The file's device and inode, by which we know it again.
    identity: (u64, u64),
}

impl BoundPath {
    /// Takes charge of the path that a socket of ours was just bound to.
    ///
    /// The kernel made it with `mode` less the umask: bits that the umask took are given back. The other way round, a
    /// wide path made narrow, would leave a moment in which anybody could connect.
    pub(super) fn hold(path: &Path, mode: u32) -> io::Result<Self> {
        let metadata = fs::symlink_metadata(path)?;
        if metadata.mode() & 0o777 != mode {
            fs::set_permissions(path, Permissions::from_mode(mode))?;
        }
        let identity = (metadata.dev(), metadata.ino());
        Ok(Self { path: path.to_owned(), identity })
    }
}

impl Drop for BoundPath {
    fn drop(&mut self) {
        let ours =
            fs::symlink_metadata(&self.path).is_ok_and(|found| (found.dev(), found.ino()) == self.identity);
        if ours {
            // Somebody may have been faster; then it is gone as well.
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Narrows what bind(2) will give the path, before it exists: `fchmod` on the socket itself.
pub(super) fn narrow(socket: &Socket, mode: u32) -> berkeley::Result<()> {
    let file = File::from(OwnedFd::from(socket.try_clone()?));
    // A kernel that refuses leaves the mode to `hold`, which sets it once the path is there.
    let _ = file.set_permissions(Permissions::from_mode(mode));
    Ok(())
}

/// Makes way at `path`: nothing to do where nothing is; a dead socket is removed; all else is an error, and stays.
pub(super) fn make_way(path: &Path, kind: Type) -> Result<(), Failure> {
    let shown = path.display();
    let metadata = match fs::symlink_metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(Failure::io(format_args!("look at {shown}"), &error)),
    };
    if !metadata.file_type().is_socket() {
        return Err(Failure::new(Exit::AddressInUse, format_args!("{shown} exists and is not a socket"))
            .hint("sock removes nothing but dead sockets: choose another path, or remove it yourself"));
    }
    if is_alive(path, kind)? {
        return Err(Failure::new(Exit::AddressInUse, format_args!("{shown}: another program listens there"))
            .hint(format!("`ss -lx src {shown}` shows which; choose another path, or end it")));
    }
    fs::remove_file(path).map_err(|error| Failure::io(format_args!("remove the dead socket {shown}"), &error))
}

/// Whether somebody answers at `path`: only a refusal says that nobody does.
fn is_alive(path: &Path, kind: Type) -> Result<bool, Failure> {
    let probe = Socket::new(Family::UNIX, kind, Protocol::DEFAULT)?;
    probe.set_timeout(Some(Duration::ZERO))?;
    match probe.connect(UnixAddress::from_path(path)?) {
        Ok(()) => Ok(true),
        // Gone in the meantime counts as dead too: there is nothing in the way.
        Err(error) => Ok(!matches!(error.kind(), io::ErrorKind::ConnectionRefused | io::ErrorKind::NotFound)),
    }
}

//! The path of a listening Unix socket: who may connect, what was there before, and that it goes when we go.

use std::ffi::OsStr;
use std::fs::{self, File, Permissions, TryLockError};
use std::io;
use std::os::fd::{AsRawFd as _, OwnedFd};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use berkeley::{Family, Protocol, Socket, Type, UnixAddress};
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;

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
        let replaced = || io::Error::other("another process has replaced the socket");
        let found = fs::symlink_metadata(path)?;
        if !found.file_type().is_socket() {
            return Err(replaced());
        }
        // From here on it goes when what follows fails.
        let held = Self { path: path.to_owned(), identity: (found.dev(), found.ino()) };
        // O_PATH opens a socket's file, which nothing else does. Not by std: where the C library is musl, it takes
        // O_PATH for a part of the access mode, and away.
        let file = File::from(rustix::fs::open(path, OFlags::PATH | OFlags::CLOEXEC, Mode::empty())?);
        let metadata = file.metadata()?;
        // Through a symbolic link it is another's file.
        if (metadata.dev(), metadata.ino()) != held.identity {
            return Err(replaced());
        }
        if metadata.mode() & 0o777 != mode {
            // What has been looked at, and not what the path leads to by now.
            let same = format!("/proc/self/fd/{}", file.as_raw_fd());
            fs::set_permissions(same, Permissions::from_mode(mode))?;
        }
        Ok(held)
    }
}

impl Drop for BoundPath {
    fn drop(&mut self) {
        if identity_at(&self.path).is_ok_and(|found| found == self.identity) {
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

/// The lock of the folder that a path is in (flock(2)), held until this is dropped; `None` where it cannot be locked.
#[derive(Debug)]
pub(super) struct FolderLock(#[allow(dead_code, reason = "held, never read")] Option<File>);

/// How long another server may take to start at a path of the same folder.
const LOCK_LIMIT: Duration = Duration::from_secs(2);

/// How often the lock is tried.
const LOCK_LOOK: Duration = Duration::from_millis(5);

/// Locks the folder of `path` against other servers that look whether a socket there is dead.
///
/// A folder that cannot be read or locked is no failure: what is lost is the safety of two that start at once.
pub(super) fn lock_folder(path: &Path) -> Result<FolderLock, Failure> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // Before it is opened: to open a FIFO waits for who writes it.
    if !fs::metadata(folder).is_ok_and(|found| found.is_dir()) {
        return Ok(FolderLock(None));
    }
    let Ok(file) = File::open(folder) else { return Ok(FolderLock(None)) };
    let end = Instant::now() + LOCK_LIMIT;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(FolderLock(Some(file))),
            Err(TryLockError::Error(_)) => return Ok(FolderLock(None)),
            Err(TryLockError::WouldBlock) if Instant::now() < end => thread::sleep(LOCK_LOOK),
            Err(TryLockError::WouldBlock) => {
                let message = format!("{}: another process has locked its folder", path.display());
                return Err(Failure::new(Exit::AddressInUse, message)
                    .hint("a server locks it for the moment in which it starts; choose another folder"));
            }
        }
    }
}

/// Makes way at `path`: nothing to do where nothing is; a dead socket is removed; all else is an error, and stays.
pub(super) fn make_way(path: &Path) -> Result<(), Failure> {
    let shown = path.display();
    let metadata = match fs::symlink_metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => {
            return Err(Failure::io(format_args!("look at {shown}"), &error).done_to("stat", shown));
        }
    };
    if !metadata.file_type().is_socket() {
        return Err(Failure::new(Exit::AddressInUse, format_args!("{shown} exists and is not a socket"))
            .hint("sock removes nothing but dead sockets: choose another path, or remove it yourself"));
    }
    if is_alive(path)? {
        return Err(Failure::new(Exit::AddressInUse, format_args!("{shown}: another program listens there"))
            .hint(format!("`ss -lx src {shown}` shows which; choose another path, or end it")));
    }
    let identity = (metadata.dev(), metadata.ino());
    if !identity_at(path).is_ok_and(|now| now == identity) {
        let message = format!("{shown} has changed hands while it was looked at");
        return Err(Failure::new(Exit::AddressInUse, message).hint("another server is starting there"));
    }
    fs::remove_file(path).map_err(|error| {
        Failure::io(format_args!("remove the dead socket {shown}"), &error).done_to("unlink", shown)
    })
}

/// Whether a socket is open at `path`, listening already or not.
///
/// Asked with a datagram socket, which the socket that is there never notices: one of another type is told so
/// (`EPROTOTYPE`), where its own would have taken a place in the backlog, and been the one client of a server that
/// serves one.
fn is_alive(path: &Path) -> Result<bool, Failure> {
    const EPERM: i32 = Errno::PERM.raw_os_error();
    const EPROTOTYPE: i32 = Errno::PROTOTYPE.raw_os_error();
    let probe = Socket::new(Family::UNIX, Type::DGRAM, Protocol::DEFAULT)?;
    probe.set_timeout(Some(Duration::ZERO))?;
    let Err(error) = probe.connect(UnixAddress::from_path(path)?) else { return Ok(true) };
    match error.kind() {
        // Gone in the meantime counts as dead too: there is nothing in the way.
        io::ErrorKind::ConnectionRefused | io::ErrorKind::NotFound => Ok(false),
        // A datagram socket that is connected to another takes from nobody else (EPERM).
        _ if matches!(error.raw_os_error(), Some(EPROTOTYPE | EPERM)) => Ok(true),
        _ => {
            let message = format!("{}: cannot tell whether a server is listening: {error}", path.display());
            Err(Failure::new(Exit::Permission, message).hint("choose another path, or remove it yourself"))
        }
    }
}

/// The device and inode of what is at `path`, be it a symbolic link.
fn identity_at(path: &Path) -> io::Result<(u64, u64)> {
    fs::symlink_metadata(path).map(|found| (found.dev(), found.ino()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::net::UnixListener;

    #[test]
    fn what_a_link_leads_to_is_neither_opened_up_nor_held() {
        let folder = std::env::temp_dir().join(format!("sock-hold-{}", std::process::id()));
        fs::create_dir(&folder).expect("a new name");
        let (theirs, link) = (folder.join("theirs"), folder.join("link"));
        let _listener = UnixListener::bind(&theirs).expect("a new path");
        fs::set_permissions(&theirs, Permissions::from_mode(0o600)).expect("it is ours");
        std::os::unix::fs::symlink(&theirs, &link).expect("a new path");
        let held = BoundPath::hold(&link, 0o666).is_ok();
        let mode = fs::metadata(&theirs).expect("it is there").mode() & 0o777;
        fs::remove_dir_all(&folder).expect("it is ours");
        assert_eq!((held, mode), (false, 0o600));
    }
}

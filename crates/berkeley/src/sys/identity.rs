//! Who this process is: getpid(2), getuid(2), getgid(2), none of which can fail.

/// The process, its real user and its real group.
pub(crate) fn own() -> (i32, u32, u32) {
    // SAFETY: getpid takes nothing and touches no memory of ours.
    let pid = unsafe { libc::getpid() };
    // SAFETY: as above, for getuid.
    let uid = unsafe { libc::getuid() };
    // SAFETY: as above, for getgid.
    let gid = unsafe { libc::getgid() };
    (pid, uid, gid)
}

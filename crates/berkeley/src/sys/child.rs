//! What a child process does between fork(2) and exec(2).
//!
//! A child of a process with threads may take no lock there and ask for no memory, so these calls do not run through
//! [`call::run`](super::call), which may report them.

use std::io;
use std::os::unix::process::CommandExt as _;
use std::process::Command;

/// How many descriptors this process may have open, as it was at one moment (`RLIMIT_NOFILE`, getrlimit(2)).
#[derive(Clone, Copy)]
pub struct DescriptorLimit(libc::rlimit);

impl DescriptorLimit {
    /// As it is now; `None` where the kernel does not tell.
    pub fn now() -> Option<Self> {
        let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
        // SAFETY: `limit` takes what the kernel writes.
        (unsafe { libc::getrlimit(libc::RLIMIT_NOFILE, &raw mut limit) } == 0).then_some(Self(limit))
    }
}

impl std::fmt::Debug for DescriptorLimit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "DescriptorLimit({} of {})", self.0.rlim_cur, self.0.rlim_max)
    }
}

/// Has the child that `command` starts begin with the default handling of every signal, with no descriptor but 0, 1 and
/// 2, with `descriptors` as its limit of them (`None` for ours), and as the leader of a process group; with `terminal`
/// its standard input is a terminal, and becomes the controlling one of a session of its own.
pub(crate) fn set_up(command: &mut Command, terminal: bool, descriptors: Option<DescriptorLimit>) {
    // SAFETY: what runs in the child makes system calls, takes no lock and asks for no memory.
    unsafe { command.pre_exec(move || begin(terminal, descriptors)) };
}

fn begin(terminal: bool, descriptors: Option<DescriptorLimit>) -> io::Result<()> {
    if terminal {
        // SAFETY: the call takes nothing.
        done(unsafe { libc::setsid() })?;
        // SAFETY: descriptor 0 is open, and the call takes a number.
        done(unsafe { libc::ioctl(0, libc::TIOCSCTTY, 0) })?;
    } else {
        // SAFETY: the call takes numbers.
        done(unsafe { libc::setpgid(0, 0) })?;
    }
    if let Some(DescriptorLimit(limit)) = descriptors {
        // SAFETY: `limit` is what the kernel once gave.
        done(unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &raw const limit) })?;
    }
    for signal in 1..=libc::SIGRTMAX() {
        // SAFETY: the default handling is no function of ours. Those that cannot be handled are refused (EINVAL).
        unsafe { libc::signal(signal, libc::SIG_DFL) };
    }
    close_on_exec();
    Ok(())
}

fn done(returned: i32) -> io::Result<()> {
    if returned == -1 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

/// Has exec(2) close every descriptor from 3 on.
fn close_on_exec() {
    const FIRST: libc::c_uint = 3;
    // SAFETY: the call takes numbers (close_range(2), Linux 5.11 with this flag).
    let closed =
        unsafe { libc::syscall(libc::SYS_close_range, FIRST, libc::c_uint::MAX, libc::CLOSE_RANGE_CLOEXEC) };
    if closed == 0 {
        return;
    }
    for number in 3..65_536 {
        // SAFETY: the call takes numbers, and refuses one that is not open.
        unsafe { libc::fcntl(number, libc::F_SETFD, libc::FD_CLOEXEC) };
    }
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::os::fd::AsFd as _;
    use std::process::Stdio;

    use super::super::inherited::set_inheritable;
    use super::*;

    #[test]
    fn a_child_leads_its_own_group_and_has_no_descriptor_of_ours() {
        let file = File::open("/dev/null").expect("it is there");
        set_inheritable(file.as_fd(), true).expect("an open descriptor");
        let mut command = Command::new("/bin/sh");
        command.args(["-c", "ls /proc/self/fd | wc -l; ps -o pgid= -p $$; echo $$; ulimit -n"]);
        command.stdin(Stdio::null());
        let limit = DescriptorLimit::now().expect("the kernel tells");
        set_up(&mut command, false, Some(limit));
        let output = command.output().expect("every system has sh");
        let text = String::from_utf8_lossy(&output.stdout);
        let words: Vec<&str> = text.split_whitespace().collect();
        // 0, 1 and 2, and the one by which ls reads the folder.
        assert_eq!((words[0], words[1]), ("4", words[2]), "{text}");
        assert_eq!(words[3], limit.0.rlim_cur.to_string());
    }
}

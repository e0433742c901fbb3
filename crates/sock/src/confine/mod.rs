//! A process that gives up what it does not need, before it reads what strangers have sent.
//!
//! Three walls, each where the kernel has it: no capability is left, and none comes back; no file can be opened and no
//! connection made (landlock(7)); and no system call can be made but those that reading, waiting and writing need
//! (seccomp(2)). What was open before stays open.
//!
//! They stand around the thread that calls, and around those that it starts later: call it while it is the only one.

// Where seccomp's filters can be made, and where not.
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64", target_arch = "riscv64"))]
mod calls;
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64", target_arch = "riscv64")))]
#[path = "no_calls.rs"]
mod calls;

use std::fmt;
use std::io;
use std::path::Path;

use landlock::{
    ABI, Access as _, AccessFs, AccessNet, BitFlags, CompatLevel, Compatible as _, Ruleset, RulesetAttr as _,
    RulesetCreatedAttr as _, RulesetStatus, Scope, path_beneath_rules,
};
use rustix::thread::{CapabilitySet, CapabilitySets, set_capabilities, set_no_new_privs};

/// Which walls stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Walls {
    /// Files and connections: by landlock.
    pub files: bool,
    /// System calls: by seccomp.
    pub calls: bool,
}

impl fmt::Display for Walls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match (self.files, self.calls) {
            (true, true) => "confined: no capabilities, no files, no sockets",
            (true, false) => "confined by landlock alone: this processor has no seccomp filter here",
            (false, true) => "confined by seccomp alone: this kernel has no landlock",
            (false, false) => "not confined: this kernel has neither landlock nor seccomp",
        })
    }
}

/// Gives up all capabilities, and confines this thread. Files may still be made, written and removed in `folder`, where
/// one is given.
///
/// # Errors
///
/// Fails where the kernel has a wall and refuses to raise it.
pub fn confine(folder: Option<&Path>) -> io::Result<Walls> {
    give_up_capabilities()?;
    Ok(Walls { files: fence(folder).map_err(io::Error::other)?, calls: calls::limit(folder.is_some())? })
}

/// Gives up all capabilities for good, and no more: for what still has to open files and sockets, such as lookups.
///
/// # Errors
///
/// Fails where the kernel refuses, which it has no reason to.
pub fn give_up_capabilities() -> io::Result<()> {
    let none = CapabilitySet::empty();
    set_no_new_privs(true)?;
    Ok(set_capabilities(None, CapabilitySets { effective: none, permitted: none, inheritable: none })?)
}

/// Landlock's wall. False where this kernel has none.
fn fence(folder: Option<&Path>) -> Result<bool, landlock::RulesetError> {
    let in_folder: BitFlags<AccessFs> =
        AccessFs::MakeReg | AccessFs::WriteFile | AccessFs::Truncate | AccessFs::RemoveFile;
    let status = Ruleset::default()
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_all(ABI::V6))?
        .handle_access(AccessNet::from_all(ABI::V6))?
        .scope(Scope::from_all(ABI::V6))?
        .create()?
        .add_rules(path_beneath_rules(folder, in_folder))?
        .restrict_self()?;
    Ok(status.ruleset != RulesetStatus::NotEnforced)
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::io::Read as _;
    use std::net::TcpStream;
    use std::process::Command;
    use std::thread;

    use super::*;

    /// A thread of its own is confined, and the test's goes on as it was.
    fn confined<T: Send + 'static>(
        folder: Option<&Path>,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> (Walls, T) {
        let folder = folder.map(Path::to_owned);
        let thread = thread::spawn(move || (confine(folder.as_deref()).expect("walls"), work()));
        thread.join().expect("no panic")
    }

    #[test]
    fn a_confined_thread_opens_no_file_no_socket_and_no_program() {
        let mut open = File::open("/etc/passwd").expect("a file that all may read");
        let (walls, failures) = confined(None, move || {
            let still_open = open.read(&mut [0; 1]).is_ok();
            let file = File::open("/etc/passwd").err();
            let made = File::create("/tmp/sock-confined").err();
            let connection = TcpStream::connect("127.0.0.1:1").err();
            let program = Command::new("/bin/true").spawn().err();
            (still_open, [file, made, connection, program])
        });
        let (still_open, failures) = failures;
        assert!(still_open, "what was open can be used");
        for failure in failures {
            let refused = failure.expect("nothing opens").kind();
            assert_eq!(refused, io::ErrorKind::PermissionDenied, "{walls:?}");
        }
    }

    /// What a screen needs is left: the terminal's modes and size, keys, and a socket pair that wakes who waits.
    #[test]
    fn a_confined_thread_uses_the_terminal_that_is_open_and_opens_none() {
        use rustix::termios::{OptionalActions, tcgetattr, tcgetwinsize, tcsetattr};

        let (person, terminal, name) = crate::report::pty::terminal();
        let open = |name: &str| File::options().read(true).write(true).open(name);
        let pair = std::os::unix::net::UnixStream::pair().expect("a pair of sockets");
        rustix::io::write(&person, b"q\n").expect("room for a key");
        let (_, refused) = confined(None, move || {
            let mut modes = tcgetattr(&terminal).expect("its modes");
            modes.make_raw();
            tcsetattr(&terminal, OptionalActions::Now, &modes).expect("its modes");
            tcgetwinsize(&terminal).expect("its size");
            let (key, wake) = (rustix::event::PollFlags::IN, &pair.1);
            let mut ready =
                [rustix::event::PollFd::new(&terminal, key), rustix::event::PollFd::new(wake, key)];
            std::io::Write::write_all(&mut &pair.0, b"!").expect("room for a byte");
            assert_eq!(rustix::event::poll(&mut ready, None).expect("keys and a byte"), 2);
            assert!((&terminal).read(&mut [0; 8]).expect("a key") > 0);
            assert!(rustix::termios::tcsendbreak(&terminal).is_err(), "no other ioctl");
            let another = std::os::unix::net::UnixStream::pair().err();
            [
                open(&name).err(),
                open("/dev/tty").err(),
                another,
                std::net::UdpSocket::bind("127.0.0.1:0").err(),
            ]
        });
        for failure in refused {
            assert_eq!(failure.expect("nothing opens").kind(), io::ErrorKind::PermissionDenied);
        }
    }

    #[test]
    fn files_may_be_made_in_the_folder_that_is_given_and_nowhere_else() {
        let folder = std::env::temp_dir().join(format!("sock-confine-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder");
        let (inside, outside) = (folder.join("a.pcapng"), std::env::temp_dir().join("sock-confine-outside"));
        let (walls, made) = confined(Some(&folder), move || {
            (File::create(inside).is_ok(), File::create(outside).is_ok(), File::open("/etc/passwd").is_ok())
        });
        std::fs::remove_dir_all(&folder).expect("its folder");
        assert_eq!(made, (true, !walls.files, !walls.files));
    }
}

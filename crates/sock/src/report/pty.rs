//! A terminal for tests, which has no person at it.

use std::fs::File;
use std::os::fd::OwnedFd;

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

/// Both ends of a new terminal: that of the person, that of the program; and the path of the latter.
pub(crate) fn terminal() -> (OwnedFd, File, String) {
    let person = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("a terminal");
    grantpt(&person).and_then(|()| unlockpt(&person)).expect("a terminal");
    let path = ptsname(&person, Vec::new()).expect("its name").into_string().expect("UTF-8");
    let program = File::options().read(true).write(true).open(&path).expect("its other end");
    (person, program, path)
}

//! Files that are read whole: at the start, and again when that is asked for.

use std::fs::File;
use std::io;
use std::path::Path;

use rustix::fs::{Mode, OFlags};

/// Why a pipe or a device is not read a second time.
const NOT_AGAIN: &str = "not a regular file, so it is not read again";

/// For the how-manieth time a file is read.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum When {
    /// For the first: whoever writes a pipe, such as the shell's `<(...)`, is waited for.
    #[default]
    First,
    /// Once more, while others are served: a pipe would be waited for, for ever if nobody writes to it.
    Again,
}

/// Opens a file to be read.
///
/// # Errors
///
/// Fails where it cannot be opened, and for the second time where it is no regular file.
pub(crate) fn open(path: &Path, when: When) -> io::Result<File> {
    if when == When::First {
        return File::open(path);
    }
    // What is open is looked at, and not what the path leads to a moment before or after. A FIFO opens at once this
    // way, and for a regular file the flag means nothing.
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let file = File::from(rustix::fs::open(path, flags, Mode::empty())?);
    if file.metadata()?.is_file() { Ok(file) } else { Err(io::Error::other(NOT_AGAIN)) }
}

#[cfg(test)]
mod tests {
    use rustix::fs::{CWD, FileType, mknodat};

    use super::*;

    #[test]
    fn what_would_be_waited_for_is_refused_the_second_time() {
        let path = std::env::temp_dir().join(format!("sock-fifo-{}", std::process::id()));
        mknodat(CWD, &path, FileType::Fifo, Mode::from(0o600), 0).expect("a folder");
        for path in [&path, Path::new("/dev/null")] {
            let error = open(path, When::Again).expect_err("no regular file");
            assert_eq!(error.to_string(), NOT_AGAIN);
        }
        std::fs::remove_file(&path).expect("it is there");
        let own = std::env::current_exe().expect("a path");
        assert!(open(&own, When::Again).is_ok() && open(&own, When::First).is_ok());
    }
}

//! Unix datagrams: two sockets with names, one message each way, no network involved.
//!
//! Shows addresses that are paths, an abstract name that the kernel chooses, `send_to` and `recv_from`, and who removes
//! a path: the program that bound it.
//!
//! ```text
//! cargo run --example unix_datagram                       # both ends in one process
//! cargo run --example unix_datagram serve /tmp/door       # answers one message
//! cargo run --example unix_datagram ask /tmp/door 'is anybody there?'
//! ```

use std::env;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{self, ExitCode};
use std::thread;
use std::time::Duration;

use berkeley::{Family, Protocol, Socket, Type, UnixAddress};

const PATIENCE: Duration = Duration::from_secs(5);

/// Longer messages are cut: a datagram is received whole or not at all.
const LARGEST: usize = 4096;

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("unix_datagram: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[String]) -> Result<(), Box<dyn Error>> {
    let argument = |index: usize| arguments.get(index).map(String::as_str);
    match (argument(0), argument(1)) {
        (None, _) => both(),
        (Some("serve"), Some(path)) => Ok(Door::open(Path::new(path))?.answer(None)?),
        (Some("ask"), Some(path)) => Ok(ask(Path::new(path), argument(2).unwrap_or("hello"))?),
        _ => Err("usage: unix_datagram [serve PATH | ask PATH [TEXT]]".into()),
    }
}

/// A bound socket whose path is removed with it.
struct Door {
    socket: Socket,
    path: PathBuf,
}

impl Door {
    fn open(path: &Path) -> berkeley::Result<Self> {
        let socket = Socket::new(Family::UNIX, Type::DGRAM, Protocol::DEFAULT)?;
        socket.bind(UnixAddress::from_path(path)?)?;
        println!("listening on {}", socket.local_address()?);
        Ok(Self { socket, path: path.to_owned() })
    }

    /// Answers one message; waits for it without end where there is no timeout.
    fn answer(&self, timeout: Option<Duration>) -> berkeley::Result<()> {
        self.socket.set_timeout(timeout)?;
        let mut buffer = [0; LARGEST];
        let (length, sender) = self.socket.recv_from(&mut buffer)?;
        println!("{sender} asks: {}", buffer[..length].escape_ascii());
        if !sender.is_unnamed() {
            self.socket.send_to(b"you are heard", sender)?;
        }
        Ok(())
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        // The next program could not bind to a path that is still there.
        let _ = fs::remove_file(&self.path);
    }
}

fn ask(path: &Path, question: &str) -> berkeley::Result<()> {
    let socket = Socket::new(Family::UNIX, Type::DGRAM, Protocol::DEFAULT)?;
    // No name of our own choosing: the kernel gives an abstract one, to which the answer can come.
    socket.bind(UnixAddress::UNNAMED)?;
    socket.set_timeout(Some(PATIENCE))?;
    socket.send_to(question.as_bytes(), UnixAddress::from_path(path)?)?;
    println!("answer: {}", socket.recv_vec(LARGEST)?.escape_ascii());
    Ok(())
}

fn both() -> Result<(), Box<dyn Error>> {
    let path = env::temp_dir().join(format!("unix_datagram-{}", process::id()));
    let door = Door::open(&path)?;
    let server = thread::spawn(move || door.answer(Some(PATIENCE)));
    ask(&path, "is anybody there?")?;
    server.join().map_err(|_| "the server's thread panicked")??;
    Ok(())
}

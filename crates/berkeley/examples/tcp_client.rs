//! A TCP client: standard input to the server, the server's answer to standard output, until both are done.
//!
//! Shows connect under a timeout, a half-close that tells the server "that was all", and one socket that two threads
//! share: one sends while the other receives, so that neither side can stall the other.
//!
//! ```text
//! cargo run --example tcp_echo_server &
//! echo hello | cargo run --example tcp_client                  # 127.0.0.1:12345
//! echo hello | cargo run --example tcp_client '[::1]:7'
//! ```

use std::env;
use std::error::Error;
use std::io;
use std::net::{Shutdown, SocketAddr};
use std::process::ExitCode;
use std::thread;
use std::time::Duration;

use berkeley::{Address, Protocol, Socket, Type};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

fn main() -> ExitCode {
    match talk() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("tcp_client: {error}");
            ExitCode::FAILURE
        }
    }
}

fn talk() -> Result<(), Box<dyn Error>> {
    let address: SocketAddr = env::args().nth(1).as_deref().unwrap_or("127.0.0.1:12345").parse()?;
    let address = Address::from(address);
    let socket = Socket::new(address.family(), Type::STREAM, Protocol::DEFAULT)?;
    socket.set_timeout(Some(CONNECT_TIMEOUT))?;
    socket.connect(address)?;
    // Connected: from now on the server may take its time.
    socket.set_timeout(None)?;

    let sender = socket.try_clone()?;
    let sending = thread::spawn(move || -> io::Result<()> {
        io::copy(&mut io::stdin().lock(), &mut &sender)?;
        Ok(sender.shutdown(Shutdown::Write)?)
    });
    io::copy(&mut &socket, &mut io::stdout().lock())?;
    // The server may be done while there is still input, which nobody would read: then there is nothing to wait for.
    if sending.is_finished() {
        sending.join().map_err(|_| "the sending thread panicked")??;
    }
    Ok(())
}

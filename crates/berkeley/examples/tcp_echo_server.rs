//! A TCP echo server: one thread for each client, each of which gets back what it sends.
//!
//! Shows bind, listen, accept with a pause at the limit of descriptors, `recv` and `send_all` under a timeout, and that
//! one client's failure is its own.
//!
//! ```text
//! cargo run --example tcp_echo_server                      # 127.0.0.1:12345, until interrupted
//! cargo run --example tcp_echo_server 127.0.0.1:0 1        # a port that the kernel chooses, one client
//! ```

use std::env;
use std::error::Error;
use std::net::{Shutdown, SocketAddr};
use std::process::ExitCode;
use std::thread;
use std::time::Duration;

use berkeley::{Address, Protocol, Socket, Type};

/// A client that says nothing for so long, or reads nothing, is let go.
const PATIENCE: Duration = Duration::from_secs(60);

/// How long to wait before the next accept when one has failed: at the limit of descriptors trying again at once would
/// only burn the processor.
const PAUSE: Duration = Duration::from_millis(100);

fn main() -> ExitCode {
    match serve() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("tcp_echo_server: {error}");
            ExitCode::FAILURE
        }
    }
}

fn serve() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let address: SocketAddr = arguments.next().as_deref().unwrap_or("127.0.0.1:12345").parse()?;
    let clients: usize = arguments.next().map_or(Ok(usize::MAX), |count| count.parse())?;

    let address = Address::from(address);
    let listener = Socket::new(address.family(), Type::STREAM, Protocol::DEFAULT)?;
    listener.bind(address)?;
    listener.listen(128)?;
    println!("listening on {}", listener.local_address()?);

    let mut threads = Vec::new();
    for _ in 0..clients {
        let (client, peer) = accept(&listener);
        threads.retain(|thread: &thread::JoinHandle<()>| !thread.is_finished());
        threads.push(thread::spawn(move || match echo(&client) {
            Ok(bytes) => println!("{peer} is done after {bytes} bytes"),
            Err(error) => eprintln!("{peer}: {error}"),
        }));
    }
    for thread in threads {
        thread.join().map_err(|_| "a client's thread panicked")?;
    }
    Ok(())
}

/// The next client, however many failures come before it.
fn accept(listener: &Socket) -> (Socket, Address) {
    loop {
        match listener.accept() {
            Ok(accepted) => return accepted,
            Err(error) => eprintln!("tcp_echo_server: {error}"),
        }
        thread::sleep(PAUSE);
    }
}

/// Sends back what comes until the client has sent all it had; gives how many bytes that was.
fn echo(client: &Socket) -> berkeley::Result<u64> {
    client.set_timeout(Some(PATIENCE))?;
    let mut buffer = [0; 16 * 1024];
    let mut total = 0;
    loop {
        match client.recv(&mut buffer)? {
            0 => break,
            length => {
                client.send_all(&buffer[..length])?;
                total += length as u64;
            }
        }
    }
    client.shutdown(Shutdown::Write)?;
    Ok(total)
}

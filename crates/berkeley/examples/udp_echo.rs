//! A UDP echo: the server sends each datagram back to its sender; the client sends one and waits for it.
//!
//! Shows `recv_from` and `send_to`, a connected datagram socket, and retries under one deadline: UDP may lose either
//! datagram, so the client asks again.
//!
//! ```text
//! cargo run --example udp_echo serve                           # 127.0.0.1:12345, until interrupted
//! cargo run --example udp_echo serve 127.0.0.1:0 1             # a port that the kernel chooses, one datagram
//! cargo run --example udp_echo ask 127.0.0.1:12345 'how are you?'
//! ```

use std::env;
use std::error::Error;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::Duration;

use berkeley::{Address, Cause, Deadline, Protocol, Socket, Type};

/// The largest datagram that UDP can carry, so that none is cut.
const LARGEST: usize = 65_535;

/// How long the client waits in all, and for each of its attempts.
const PATIENCE: Duration = Duration::from_secs(5);
const ATTEMPT: Duration = Duration::from_secs(1);

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("udp_echo: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[String]) -> Result<(), Box<dyn Error>> {
    let argument = |index: usize, default: &'static str| arguments.get(index).map_or(default, |text| text);
    let address: SocketAddr = argument(1, "127.0.0.1:12345").parse()?;
    match argument(0, "serve") {
        "serve" => {
            let datagrams = arguments.get(2).map_or(Ok(u64::MAX), |count| count.parse())?;
            Ok(serve(address.into(), datagrams)?)
        }
        "ask" => ask(address.into(), argument(2, "hello")),
        other => Err(format!("{other:?} is neither serve nor ask").into()),
    }
}

fn serve(address: Address, datagrams: u64) -> berkeley::Result<()> {
    let socket = Socket::new(address.family(), Type::DGRAM, Protocol::DEFAULT)?;
    socket.bind(address)?;
    println!("listening on {}", socket.local_address()?);
    let mut buffer = vec![0; LARGEST];
    for _ in 0..datagrams {
        let (length, sender) = socket.recv_from(&mut buffer)?;
        // A sender that cannot be answered is its own trouble; the next one is waiting.
        match socket.send_to(&buffer[..length], sender) {
            Ok(_) => println!("{length} bytes from {sender}"),
            Err(error) => eprintln!("udp_echo: {error}"),
        }
    }
    Ok(())
}

fn ask(address: Address, question: &str) -> Result<(), Box<dyn Error>> {
    let socket = Socket::new(address.family(), Type::DGRAM, Protocol::DEFAULT)?;
    // Connected: only the server's datagrams are received, and a refusal (ICMP) becomes an error.
    socket.connect(address)?;
    socket.set_timeout(Some(ATTEMPT))?;
    let deadline = Deadline::after(PATIENCE);
    loop {
        socket.send(question.as_bytes())?;
        match socket.recv_vec(LARGEST) {
            // Whatever bytes came, none of them can drive the terminal.
            Ok(answer) => {
                println!("{}", answer.escape_ascii());
                return Ok(());
            }
            Err(error) if error.cause() == Cause::TimedOut && !deadline.has_passed() => {}
            Err(error) => return Err(error.into()),
        }
    }
}

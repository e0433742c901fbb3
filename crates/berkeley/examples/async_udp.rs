//! A UDP echo on tokio: the server answers from the address that was asked, many datagrams in a call.
//!
//! Shows awaited `recv_many` and `send_many`, the address that a datagram came to (`IP_PKTINFO`), which an answer has
//! to come from where a host has several, and a client that asks again, as UDP may lose either datagram.
//!
//! ```text
//! cargo run --example async_udp --features tokio serve                       # 127.0.0.1:12345, until interrupted
//! cargo run --example async_udp --features tokio serve 127.0.0.1:0 1         # a free port, one datagram
//! cargo run --example async_udp --features tokio ask 127.0.0.1:12345 hello
//! ```

use std::env;
use std::error::Error;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::Duration;

use berkeley::batch::{Datagram, RecvBatch, SendBatch};
use berkeley::{Address, AsyncSocket, Family, Protocol, Type, option};
use tokio::time::timeout;

/// The largest datagram that UDP can carry, so that none is cut.
const LARGEST: usize = 65_535;

/// How often the client asks, and how long it waits for each answer.
const ATTEMPTS: u32 = 5;
const ATTEMPT: Duration = Duration::from_secs(1);

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match run(&arguments).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("async_udp: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: &[String]) -> Result<(), Box<dyn Error>> {
    let argument = |index: usize, default: &'static str| arguments.get(index).map_or(default, |text| text);
    let address: SocketAddr = argument(1, "127.0.0.1:12345").parse()?;
    match argument(0, "serve") {
        "serve" => {
            let datagrams = arguments.get(2).map_or(Ok(u64::MAX), |count| count.parse())?;
            Ok(serve(address.into(), datagrams).await?)
        }
        "ask" => ask(address.into(), argument(2, "hello")).await,
        other => Err(format!("{other:?} is neither serve nor ask").into()),
    }
}

async fn serve(address: Address, datagrams: u64) -> berkeley::Result<()> {
    let socket = AsyncSocket::new(address.family(), Type::DGRAM, Protocol::DEFAULT)?;
    match address.family() {
        Family::INET6 => socket.socket().set(option::ipv6::RECVPKTINFO, true)?,
        _ => socket.socket().set(option::ip::PKTINFO, true)?,
    }
    socket.bind(address)?;
    println!("listening on {}", socket.local_address()?);
    let mut received = RecvBatch::with_control(16, LARGEST, RecvBatch::IP)?;
    let (mut sending, mut left) = (SendBatch::new(), datagrams);
    while left > 0 {
        socket.recv_many(&mut received).await?;
        let senders: Vec<Address> = received.iter().map(|datagram| datagram.address()).collect();
        let answers: Vec<Datagram<'_>> = received
            .iter()
            .zip(&senders)
            .map(|(question, sender)| {
                let answer = Datagram::new(question.bytes()).to(sender);
                match question.local() {
                    Some(local) => answer.source(local),
                    None => answer,
                }
            })
            .collect();
        // A sender that cannot be answered is its own trouble; the next one is waiting.
        if let Err(error) = socket.send_many(&answers, &mut sending).await {
            eprintln!("async_udp: {error}");
        }
        for (answer, sender) in answers.iter().zip(&senders) {
            println!("{} bytes from {sender}", answer.bytes().len());
        }
        left = left.saturating_sub(answers.len() as u64);
    }
    Ok(())
}

async fn ask(address: Address, question: &str) -> Result<(), Box<dyn Error>> {
    let socket = AsyncSocket::new(address.family(), Type::DGRAM, Protocol::DEFAULT)?;
    // Connected: only the server's datagrams are received, and a refusal (ICMP) becomes an error.
    socket.connect(address).await?;
    for _ in 0..ATTEMPTS {
        socket.send(question.as_bytes()).await?;
        // The receive may be dropped midway: no datagram is lost by it.
        if let Ok(answer) = timeout(ATTEMPT, socket.recv_vec(LARGEST)).await {
            println!("{}", answer?.escape_ascii());
            return Ok(());
        }
    }
    Err(format!("{address} does not answer").into())
}

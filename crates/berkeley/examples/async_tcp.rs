//! A TCP echo on tokio: the server has a task for each client, the client sends a line and waits for it.
//!
//! Shows `create_server_async`, `Connector::connect_async`, awaited calls with a timeout of tokio's around them, and a
//! pause where the limit of descriptors is reached.
//!
//! ```text
//! cargo run --example async_tcp --features tokio serve                       # 127.0.0.1:12345, until interrupted
//! cargo run --example async_tcp --features tokio serve 127.0.0.1:0 1         # a free port, one client
//! cargo run --example async_tcp --features tokio ask 127.0.0.1:12345 hello
//! ```

use std::env;
use std::error::Error;
use std::net::{Shutdown, SocketAddr};
use std::process::ExitCode;
use std::time::Duration;

use berkeley::{AsyncSocket, Connector, create_server_async};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

/// A client that says nothing for so long is let go.
const PATIENCE: Duration = Duration::from_secs(60);

/// How long to wait where an accept has failed: at the limit of descriptors the next would fail as well.
const PAUSE: Duration = Duration::from_millis(100);

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match run(&arguments).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("async_tcp: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: &[String]) -> Result<(), Box<dyn Error>> {
    let argument = |index: usize, default: &'static str| arguments.get(index).map_or(default, |text| text);
    let address: SocketAddr = argument(1, "127.0.0.1:12345").parse()?;
    match argument(0, "serve") {
        "serve" => {
            let clients = arguments.get(2).map_or(Ok(u64::MAX), |count| count.parse())?;
            serve(address, clients).await
        }
        "ask" => ask(address, argument(2, "hello")).await,
        other => Err(format!("{other:?} is neither serve nor ask").into()),
    }
}

async fn serve(address: SocketAddr, clients: u64) -> Result<(), Box<dyn Error>> {
    let server = create_server_async(address)?;
    println!("listening on {}", server.local_address()?);
    let (mut tasks, mut taken) = (JoinSet::new(), 0);
    while taken < clients {
        let (client, peer) = match server.accept().await {
            Ok(accepted) => accepted,
            Err(error) => {
                eprintln!("async_tcp: {error}");
                sleep(PAUSE).await;
                continue;
            }
        };
        taken += 1;
        tasks.spawn(async move {
            match echo(&client).await {
                Ok(bytes) => println!("{peer} is done after {bytes} bytes"),
                Err(error) => eprintln!("{peer}: {error}"),
            }
        });
        // Those that are done are forgotten.
        while tasks.try_join_next().is_some() {}
    }
    while tasks.join_next().await.is_some() {}
    Ok(())
}

/// Sends back what comes until the client has sent all it had; gives how many bytes that was.
async fn echo(client: &AsyncSocket) -> Result<u64, Box<dyn Error + Send + Sync>> {
    let (mut buffer, mut total) = (vec![0; 16 * 1024], 0);
    loop {
        // `recv` may be dropped midway: nothing is lost by the timeout.
        match timeout(PATIENCE, client.recv(&mut buffer)).await?? {
            0 => break,
            length => {
                timeout(PATIENCE, client.send_all(&buffer[..length])).await??;
                total += length as u64;
            }
        }
    }
    client.shutdown(Shutdown::Write)?;
    Ok(total)
}

async fn ask(address: SocketAddr, line: &str) -> Result<(), Box<dyn Error>> {
    let host = address.ip().to_string();
    let connector = Connector::new().timeout(Some(Duration::from_secs(5)));
    let client = connector.connect_async(&host, address.port()).await?;
    client.send_all(line.as_bytes()).await?;
    client.shutdown(Shutdown::Write)?;
    let mut answer = Vec::new();
    loop {
        match timeout(PATIENCE, client.recv_vec(4096)).await?? {
            piece if piece.is_empty() => break,
            piece => answer.extend(piece),
        }
    }
    // Whatever bytes came, none of them can drive the terminal.
    println!("{}", answer.escape_ascii());
    Ok(())
}

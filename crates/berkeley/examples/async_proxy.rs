//! A TCP proxy on tokio: whoever connects is connected to the target, and no byte passes through the program.
//!
//! Shows the awaited `splice`, one pipe for each direction, and how the end of one direction is passed on while the
//! other goes on (a half-close).
//!
//! ```text
//! cargo run --example async_proxy --features tokio 127.0.0.1:12345 example.com 80
//! cargo run --example async_proxy --features tokio 127.0.0.1:0 127.0.0.1 7 1      # a free port, one client
//! ```

use std::env;
use std::error::Error;
use std::net::{Shutdown, SocketAddr};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use berkeley::splice::SplicePipe;
use berkeley::{AsyncSocket, Connector, create_server_async};
use tokio::task::JoinSet;

/// How long the target may take to be reached.
const PATIENCE: Duration = Duration::from_secs(10);

/// What a pipe holds: two for each client.
const PIPE: usize = 64 * 1024;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match run(&arguments).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("async_proxy: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: &[String]) -> Result<(), Box<dyn Error>> {
    let [listen, host, port, rest @ ..] = arguments else {
        return Err("give the address to listen at, the target's host and its port".into());
    };
    let (listen, port): (SocketAddr, u16) = (listen.parse()?, port.parse()?);
    let clients = rest.first().map_or(Ok(u64::MAX), |count| count.parse())?;

    let server = create_server_async(listen)?;
    println!("listening on {}", server.local_address()?);
    let (host, mut tasks): (Arc<str>, _) = (host.as_str().into(), JoinSet::new());
    for _ in 0..clients {
        let (client, peer) = server.accept().await?;
        let host = Arc::clone(&host);
        tasks.spawn(async move {
            match serve(&client, &host, port).await {
                Ok((there, back)) => println!("{peer}: {there} bytes there, {back} back"),
                Err(error) => eprintln!("{peer}: {error}"),
            }
        });
        while tasks.try_join_next().is_some() {}
    }
    while tasks.join_next().await.is_some() {}
    Ok(())
}

/// Both directions, beside each other; gives how many bytes went each way.
async fn serve(client: &AsyncSocket, host: &str, port: u16) -> berkeley::Result<(u64, u64)> {
    let target = Connector::new().timeout(Some(PATIENCE)).connect_async(host, port).await?;
    tokio::try_join!(pump(client, &target), pump(&target, client))
}

/// One direction, to its end, which is passed on.
async fn pump(from: &AsyncSocket, to: &AsyncSocket) -> berkeley::Result<u64> {
    let mut pipe = SplicePipe::with_capacity(PIPE)?;
    let mut total = 0;
    loop {
        match from.splice(to, &mut pipe, PIPE).await? {
            0 => break,
            moved => total += moved as u64,
        }
    }
    match to.shutdown(Shutdown::Write) {
        // Whoever has gone altogether needs no end.
        Err(error) if error.kind() == std::io::ErrorKind::NotConnected => Ok(total),
        result => result.map(|()| total),
    }
}

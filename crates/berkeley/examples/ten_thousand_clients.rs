//! A server for ten thousand clients on one thread: each gets back what it sends, and an idle one costs little memory.
//!
//! Shows `AsyncSocket::recv_ready`: all connections share one buffer, borrowed between an event and its answer, so that
//! an idle connection owns none. Ten thousand clients need as many descriptors, which `ulimit -n` allows or does not:
//! at the limit the server pauses, and further clients wait in the backlog.
//!
//! ```text
//! cargo run --release --features tokio --example ten_thousand_clients                       # 127.0.0.1:12345
//! cargo run --release --features tokio --example ten_thousand_clients -- --self-test 9000   # drives itself, ends
//! ```

use std::cell::RefCell;
use std::env;
use std::error::Error;
use std::fs;
use std::io::{BufRead, BufReader};
use std::net::{Shutdown, SocketAddr};
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::Duration;

use berkeley::{Address, AsyncSocket, Connector, ReadReady, ServerOptions, Socket, Type};
use tokio::time::{sleep, timeout};

/// A client that does not read its answer for so long is disconnected.
const PATIENCE: Duration = Duration::from_secs(60);

/// How long to wait before the next accept when one has failed.
const PAUSE: Duration = Duration::from_millis(100);

/// How many clients of the self-test talk; the others are idle.
const TALKING: usize = 100;

thread_local! {
    /// What every connection receives into.
    static BUFFER: RefCell<Vec<u8>> = RefCell::new(vec![0; 65_536]);
}

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("ten_thousand_clients: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[String]) -> Result<(), Box<dyn Error>> {
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let address: SocketAddr = match words[..] {
        ["--self-test", count] => return self_test(count.parse()?),
        [] => "127.0.0.1:12345".parse()?,
        [address] => address.parse()?,
        _ => return Err("takes an address, or --self-test and a number of clients".into()),
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(serve(address.into()))?;
    Ok(())
}

async fn serve(address: Address) -> berkeley::Result<()> {
    let options = ServerOptions::new().kind(Type::STREAM.nonblocking()).backlog(4096);
    let listener = AsyncSocket::from_socket(options.create_server(address)?)?;
    println!("listening on {}", listener.local_address()?);
    loop {
        match listener.accept().await {
            Ok((client, peer)) => drop(tokio::spawn(async move {
                if let Err(error) = echo(&client).await {
                    eprintln!("{peer}: {error}");
                }
            })),
            Err(error) => {
                eprintln!("ten_thousand_clients: {error}");
                sleep(PAUSE).await;
            }
        }
    }
}

/// Sends back what comes until the client has sent all it had.
async fn echo(client: &AsyncSocket) -> berkeley::Result<()> {
    while let Some(owed) = client.recv_ready(answer).await? {
        if owed.is_empty() {
            continue;
        }
        // On the heap: few connections get here, and the others should not keep room for it.
        if let Ok(sent) = Box::pin(timeout(PATIENCE, client.send_all(&owed))).await {
            sent?;
        } else {
            return Ok(());
        }
    }
    client.shutdown(Shutdown::Write)
}

/// Receives one piece and sends it back; gives what the socket had no room for, `None` at the end of the data.
fn answer(ready: &mut ReadReady<'_>) -> berkeley::Result<Option<Vec<u8>>> {
    BUFFER.with_borrow_mut(|buffer| {
        let length = ready.recv(buffer)?;
        if length == 0 {
            return Ok(None);
        }
        let sent = match ready.socket().try_send(&buffer[..length]) {
            Err(error) if error.is_would_block() => 0,
            result => result?,
        };
        Ok(Some(buffer[sent..length].to_vec()))
    })
}

/// Starts the server in a process of its own, and is its clients.
fn self_test(count: usize) -> Result<(), Box<dyn Error>> {
    if count < 10 {
        return Err("--self-test takes 10 clients or more".into());
    }
    // Declared before the server, and so dropped after it, which then has nothing to say about their end.
    let mut clients = Vec::with_capacity(count);
    let server = Server::start()?;
    let few = count / 10;
    server.connect(&mut clients, few)?;
    let before = server.memory()?;
    server.connect(&mut clients, count)?;
    let growth = server.memory()?.saturating_sub(before);
    println!("{count} clients are connected");

    let step = count.div_ceil(TALKING);
    let talking: Vec<&Socket> = clients.iter().step_by(step).collect();
    talk(&talking)?;
    println!("{} of them were echoed", talking.len());
    println!("{} bytes of memory for each idle connection", growth / (count - few));
    Ok(())
}

/// All speak before any listens; each must hear its own words.
fn talk(clients: &[&Socket]) -> Result<(), Box<dyn Error>> {
    let words = |number: usize| format!("client {number} is still here");
    for (number, client) in clients.iter().enumerate() {
        client.send_all(words(number).as_bytes())?;
    }
    for (number, client) in clients.iter().enumerate() {
        let mut heard = Vec::new();
        while heard.len() < words(number).len() {
            let piece = client.recv_vec(words(number).len() - heard.len())?;
            if piece.is_empty() {
                return Err(format!("client {number} was left before it was answered").into());
            }
            heard.extend(piece);
        }
        if heard != words(number).as_bytes() {
            return Err(format!("client {number} heard the words of another").into());
        }
    }
    Ok(())
}

/// The server of a self-test, ended with it.
struct Server {
    process: Child,
    port: u16,
}

impl Server {
    fn start() -> Result<Self, Box<dyn Error>> {
        let mut command = Command::new(env::current_exe()?);
        let process = command.arg("127.0.0.1:0").stdout(Stdio::piped()).spawn()?;
        let mut server = Self { process, port: 0 };
        let output = server.process.stdout.take().ok_or("the server has no output")?;
        let mut line = String::new();
        BufReader::new(output).read_line(&mut line)?;
        let address = line.trim_end().strip_prefix("listening on ").ok_or("the server did not start")?;
        server.port = address.parse::<SocketAddr>()?.port();
        Ok(server)
    }

    /// Connects until there are `count` clients, and the server has met the last of them.
    fn connect(&self, clients: &mut Vec<Socket>, count: usize) -> Result<(), Box<dyn Error>> {
        while clients.len() < count {
            clients.push(Connector::new().timeout(Some(PATIENCE)).connect("127.0.0.1", self.port)?);
        }
        // Connections are accepted in their order: when the last is answered, the server has all of them.
        talk(&clients.last().into_iter().collect::<Vec<_>>())
    }

    /// The server's memory in bytes, a part of what it shares with others included (`Pss`, proc(5)).
    fn memory(&self) -> Result<usize, Box<dyn Error>> {
        let rollup = fs::read_to_string(format!("/proc/{}/smaps_rollup", self.process.id()))?;
        let kibibytes = rollup.lines().find_map(|line| line.strip_prefix("Pss:")?.strip_suffix("kB"));
        Ok(kibibytes.ok_or("smaps_rollup has no Pss")?.trim().parse::<usize>()? * 1024)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Nothing is left to tell where this fails: the test is over.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

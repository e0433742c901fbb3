//! A server whose sockets systemd has opened (`LISTEN_FDS`), or which opens one itself where it was started by hand.
//!
//! Shows `listen_fds_with_names`, and `poll` over several listeners. With such a unit as
//!
//! ```text
//! [Socket]
//! ListenStream=127.0.0.1:12345
//! ListenStream=/run/greeter
//! FileDescriptorName=greeter
//! ```
//!
//! both are served, and neither is closed while the service restarts.
//!
//! ```text
//! cargo run --example systemd_sockets                     # by hand: 127.0.0.1:12345, until interrupted
//! systemd-socket-activate -l 12345 -l 12346 target/debug/examples/systemd_sockets
//! ```

use std::env;
use std::error::Error;
use std::process::ExitCode;
use std::time::Duration;

use berkeley::{Deadline, Interest, PollEntry, Socket, create_server, listen_fds_with_names, option, poll};

/// What a client may take to receive its greeting.
const PATIENCE: Duration = Duration::from_secs(5);

fn main() -> ExitCode {
    match run(env::args().nth(1)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("systemd_sockets: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(clients: Option<String>) -> Result<(), Box<dyn Error>> {
    let clients = clients.map_or(Ok(u64::MAX), |count| count.parse())?;
    let servers = servers()?;
    for (name, server) in &servers {
        println!("{name}: listening on {}", server.local_address()?);
    }
    let mut greeted = 0;
    while greeted < clients {
        let mut entries: Vec<_> =
            servers.iter().map(|(_, server)| PollEntry::new(server, Interest::READABLE)).collect();
        poll(&mut entries, Deadline::NEVER)?;
        for (entry, (name, server)) in entries.iter().zip(&servers) {
            if entry.is_ready() && greeted < clients {
                greeted += u64::from(greet_next(name, server));
            }
        }
    }
    Ok(())
}

/// The sockets of the service manager, with their names; one of our own where there are none.
fn servers() -> Result<Vec<(String, Socket)>, Box<dyn Error>> {
    let mut servers = listen_fds_with_names()?;
    if servers.is_empty() {
        servers.push(("by hand".to_owned(), create_server("127.0.0.1:12345")?));
    }
    for (name, server) in &servers {
        if !server.get(option::ACCEPTCONN)? {
            return Err(format!("{name} takes no connections: its unit needs a ListenStream").into());
        }
        // The client that made the socket ready may have gone: no accept waits.
        server.set_timeout(Some(Duration::ZERO))?;
    }
    Ok(servers)
}

/// Greets one client, if there still is one; says whether there was.
fn greet_next(name: &str, server: &Socket) -> bool {
    let (client, peer) = match server.accept() {
        Ok(accepted) => accepted,
        Err(error) if error.is_would_block() => return false,
        Err(error) => {
            eprintln!("{name}: {error}");
            return false;
        }
    };
    match greet(name, &client) {
        Ok(()) => println!("{name}: greeted {peer}"),
        Err(error) => eprintln!("{name}: {error}"),
    }
    true
}

fn greet(name: &str, client: &Socket) -> berkeley::Result<()> {
    client.set_timeout(Some(PATIENCE))?;
    client.send_all(format!("welcome to {name}\n").as_bytes())
}

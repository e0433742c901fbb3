//! Receives what is sent to a multicast group, until nobody has sent anything for a while.
//!
//! Shows `join` on one network interface, for IPv4 and IPv6, a port that several receivers share (`REUSEADDR`), and
//! what a timeout looks like.
//!
//! ```text
//! cargo run --example multicast_receiver 224.0.0.251:5353 eth0         # multicast DNS; ends after 5 quiet seconds
//! cargo run --example multicast_receiver '[ff02::fb]:5353' eth0 60     # over IPv6; ends after 60
//! cargo run --example multicast_receiver 239.1.2.3:0 lo 60 1           # a free port; ends after one datagram too
//! ```

use std::env;
use std::error::Error;
use std::net::{IpAddr, SocketAddr, SocketAddrV6};
use std::process::ExitCode;
use std::time::Duration;

use berkeley::interface::interface_index;
use berkeley::{Address, Cause, Protocol, Socket, Type, option};

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("multicast_receiver: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[String]) -> Result<(), Box<dyn Error>> {
    let [group, interface, rest @ ..] = arguments else {
        return Err("give the group with its port, and the network interface".into());
    };
    let seconds = rest.first().map_or(Ok(5.0), |seconds| seconds.parse())?;
    let count: u64 = rest.get(1).map_or(Ok(u64::MAX), |count| count.parse())?;

    let socket = member(group.parse()?, interface_index(interface)?)?;
    println!("listening on {}", socket.local_address()?);
    socket.set_timeout(Some(Duration::try_from_secs_f64(seconds)?))?;
    let mut buffer = vec![0; 65_535];
    for _ in 0..count {
        match socket.recv_from(&mut buffer) {
            // Whatever bytes came, none of them can drive the terminal.
            Ok((length, sender)) => println!("{sender}: {}", buffer[..length].escape_ascii()),
            Err(error) if matches!(error.cause(), Cause::TimedOut) => {
                println!("nothing for {seconds} s");
                break;
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

/// A socket that hears the group and nothing else.
fn member(group: SocketAddr, interface: u32) -> berkeley::Result<Socket> {
    let address: Address = match group.ip() {
        IpAddr::V4(_) => group.into(),
        // A group of IPv6 may be of one link: the interface is a part of the address.
        IpAddr::V6(ip) => SocketAddrV6::new(ip, group.port(), 0, interface).into(),
    };
    let socket = Socket::new(address.family(), Type::DGRAM, Protocol::DEFAULT)?;
    // Other receivers of this machine may have the port too; each gets every datagram.
    socket.set(option::REUSEADDR, true)?;
    // Bound to the group rather than to every address: what is sent to this port otherwise is not for us.
    socket.bind(address)?;
    socket.join(group.ip(), interface)?;
    Ok(socket)
}

//! Probes of ICMP: one socket for each version that is needed.

use berkeley::{Address, Socket};

use super::outcome::{Answer, Reply};
use super::packets::{Arrived, Heard, Key, Ready, Wire};
use crate::exit::{Exit, Failure};
use crate::probe::icmp::Version;
use crate::probe::open::{self, IcmpSocket, Number, Setting, What, version};

/// The sockets of both versions.
#[derive(Debug)]
pub(super) struct Icmp {
    v4: Result<IcmpSocket, Failure>,
    v6: Result<IcmpSocket, Failure>,
    heard: Vec<open::Heard>,
}

impl Icmp {
    /// Opens the sockets, before rights are given up. Where one of them fails, that is told for the host that needs it.
    ///
    /// # Errors
    ///
    /// Fails where the right to both is wanting.
    pub(super) fn open(setting: &Setting, size: usize) -> Result<Self, Failure> {
        let open = |version| IcmpSocket::open(version, setting, size);
        match (open(Version::V4), open(Version::V6)) {
            (Err(failure), Err(other)) if [failure.exit, other.exit] == [Exit::Permission; 2] => Err(failure),
            (v4, v6) => Ok(Self { v4, v6, heard: Vec::new() }),
        }
    }
}

impl Wire for Icmp {
    fn sockets(&self) -> [Option<&Socket>; 2] {
        [&self.v4, &self.v6].map(|socket| socket.as_ref().ok().map(IcmpSocket::socket))
    }

    fn send(&mut self, to: &Address, id: u64) -> Result<(), berkeley::Error> {
        let socket = match version(to) {
            Some(Version::V4) => self.v4.as_mut(),
            _ => self.v6.as_mut(),
        };
        // `prepare` has told where there is none.
        socket.map_or(Ok(()), |socket| socket.send(to, id))
    }

    fn receive(&mut self, ready: Ready, arrived: &mut Vec<Arrived>) -> Result<bool, berkeley::Error> {
        let mut more = false;
        for (socket, ready) in [&mut self.v4, &mut self.v6].into_iter().zip(ready) {
            if let (Ok(socket), true) = (socket, ready) {
                more |= socket.receive(&mut self.heard)?;
            }
        }
        arrived.extend(self.heard.drain(..).map(|heard| understood(&heard)));
        Ok(more)
    }

    fn prepare(&mut self, address: &Address) -> Result<(), Failure> {
        let socket = match version(address) {
            Some(Version::V4) => &self.v4,
            _ => &self.v6,
        };
        socket.as_ref().map(|_| ()).map_err(Clone::clone)
    }
}

fn understood(heard: &open::Heard) -> Arrived {
    let key = match heard.number {
        Number::Sequence(sequence) => Key::Sequence(sequence),
        Number::Low(number) => Key::Low(number),
    };
    let what = match heard.what {
        What::Reply { from, bytes, ttl } => {
            let from = Some(std::net::SocketAddr::from((from, 0)).into());
            Heard::Reply(Reply { from, bytes: Some(bytes), ttl, answer: Answer::Echo })
        }
        What::Error(reason) => Heard::Error(reason),
    };
    Arrived { key, stamp: heard.stamp, what }
}

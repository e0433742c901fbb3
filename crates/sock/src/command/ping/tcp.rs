//! Probes of TCP: the handshake. A port that refuses answers too.

use std::io::ErrorKind;
use std::time::{Duration, Instant};

use berkeley::{Address, AsyncSocket, Family, Protocol, Socket, Type};
use tokio::time::timeout;

use super::Plan;
use super::outcome::{Answer, Reply, Trouble};
use super::report::Report;
use super::streams::{Outcome, Streams};
use super::target::Target;
use crate::cli::PingArgs;
use crate::exit::{Exit, Failure};
use crate::probe::open::{Setting, version};

/// Connects to a port of all hosts, and sums up.
pub(super) fn run(args: &PingArgs, plan: &Plan, port: &str) -> Result<Exit, Failure> {
    let targets = args.hosts.iter().map(|host| Target::new(host, None)).collect();
    let mut report = Report::new(args, targets, None)?;
    crate::command::on_a_runtime(probes(plan, port, &mut report))?;
    report.end()
}

async fn probes(plan: &Plan, port: &str, report: &mut Report) -> Result<(), Failure> {
    let signals = crate::command::signals()?;
    // Each probe takes a descriptor for as long as it is on its way. Where there are too few, each says so.
    let _ = rlimit::increase_nofile_limit(u64::MAX);
    let mut streams = Streams::new(report, plan, signals, format!("TCP to port {port}"));
    streams.look_up(&plan.questions);
    let (setting, limit) = (plan.setting.clone(), plan.timeout);
    streams
        .rounds(move |_, address| {
            let setting = setting.clone();
            async move { connected(&setting, address, limit).await }
        })
        .await
}

/// One handshake. Behind its limit there is no late answer: the probe is given up.
async fn connected(setting: &Setting, address: Option<Address>, limit: Duration) -> Outcome {
    let Some(address) = address else { return Err(Trouble::Local("its address is not known".to_owned())) };
    let local = |error: berkeley::Error| Trouble::Local(error.reason());
    let socket = AsyncSocket::from_socket(made(setting, &address).map_err(local)?).map_err(local)?;
    let begun = Instant::now();
    let outcome = timeout(limit, socket.connect(address)).await;
    let time = begun.elapsed();
    let reply = |answer| Reply { from: Some(address), bytes: None, ttl: None, answer };
    match outcome {
        Ok(Ok(())) => Ok(Some((reply(Answer::Open), time))),
        Ok(Err(error)) if error.kind() == ErrorKind::ConnectionRefused => {
            Ok(Some((reply(Answer::Refused), time)))
        }
        Ok(Err(error)) => Err(local(error)),
        Err(_) => Ok(None),
    }
}

fn made(setting: &Setting, address: &Address) -> berkeley::Result<Socket> {
    let Some(version) = version(address) else {
        return Socket::new(Family::INET, Type::STREAM, Protocol::TCP);
    };
    let family = crate::probe::open::family(version);
    let socket = Socket::new(family, Type::STREAM.nonblocking(), Protocol::DEFAULT)?;
    setting.steer(&socket, family)?;
    if setting.source.is_some() {
        socket.bind(setting.local(version))?;
    }
    Ok(socket)
}

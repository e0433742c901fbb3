//! `sock ping`: whether hosts are there, and how long it takes them to answer.
//!
//! | file | holds |
//! |---|---|
//! | `packets` | the run of probes that are packets |
//! | `icmp`, `udp`, `arp` | how these are sent and heard |
//! | `streams` | the run of probes that are connections |
//! | `tcp`, `connect` | how these are made |
//! | `lookup` | names to addresses, beside the probes |
//! | `target`, `outcome` | a host, and what comes of a probe to it |
//! | `report` | what is told, while it happens and at the end |
//! | `line`, `event`, `picture` | that as lines and rows, as events, drawn |

mod arp;
mod connect;
mod event;
mod icmp;
mod line;
mod lookup;
mod outcome;
mod packets;
mod picture;
mod report;
mod streams;
mod target;
mod tcp;
mod udp;

use std::net::IpAddr;
use std::time::Duration;

use berkeley::Type;

use self::arp::Arp;
use self::icmp::Icmp;
use self::lookup::Question;
use self::udp::Udp;
use crate::cli::PingArgs;
use crate::endpoint::beginnings;
use crate::exit::{Exit, Failure};
use crate::open::host::LoneHost;
use crate::probe::open::Setting;
use crate::report::escape::escape;

/// The bytes of payload unless told otherwise: as of ping(8).
const SIZE: u64 = 56;

/// What the command line asks for.
#[derive(Debug)]
struct Plan {
    interval: Duration,
    count: Option<u64>,
    timeout: Duration,
    deadline: Option<Duration>,
    size: usize,
    setting: Setting,
    questions: Vec<Question>,
    /// What silence means, where that is not plain.
    silence: Option<&'static str>,
}

/// Runs the command: 0 where every host has answered, 1 where one has not.
pub fn run(args: &PingArgs) -> Result<Exit, Failure> {
    let endpoints = args.hosts.iter().filter(|host| host.starts_with("tls:")).count();
    if endpoints + args.connect.len() > 0 {
        return connect::run(args, endpoints);
    }
    let plan = Plan::of(args)?;
    let setting = &plan.setting;
    if let Some(port) = &args.tcp {
        return tcp::run(args, &plan, port);
    }
    if let Some(port) = &args.udp {
        let how = format!("UDP to port {port}, {} data bytes", plan.size);
        return packets::run(args, &plan, Udp::open(setting, plan.size)?, &how);
    }
    if args.arp {
        return packets::run(args, &plan, Arp::open(setting)?, "ARP");
    }
    let how = format!("{} data bytes", plan.size);
    packets::run(args, &plan, Icmp::open(setting, plan.size)?, &how)
}

impl Plan {
    fn of(args: &PingArgs) -> Result<Self, Failure> {
        for (flag, port) in [("--tcp", &args.tcp), ("--udp", &args.udp)] {
            check_port(flag, port.as_deref())?;
        }
        let (port, kind) = match (&args.tcp, &args.udp) {
            (Some(port), _) => (port.as_str(), Type::STREAM),
            (None, Some(port)) => (port.as_str(), Type::DGRAM),
            (None, None) => ("0", Type::DGRAM),
        };
        let setting = setting(args)?;
        let (family, is_bound) = (args.family.chosen(), setting.interface.is_some());
        let questions = (0..).zip(&args.hosts);
        let questions = questions.map(|(number, text)| {
            let host = LoneHost::read(text, family, PORT_HINT, is_bound);
            Ok(Question::new(number, host.map_err(|failure| endpoint_or(text, failure))?, port, kind))
        });
        Ok(Self {
            interval: args.interval.on_a_clock(),
            count: args.count,
            timeout: args.timeout.on_a_clock(),
            deadline: args.deadline.map(|deadline| deadline.0),
            // It is below 65,536.
            size: usize::try_from(args.size.map_or(SIZE, |size| size.0)).unwrap_or(0),
            questions: questions.collect::<Result<_, Failure>>()?,
            setting,
            silence: args.udp.is_some().then_some("open or filtered"),
        })
    }
}

/// Where the ports of probes are given.
const PORT_HINT: &str = "--tcp PORT connects to a port, --udp PORT sends datagrams";

/// Refuses no port at all, and the port 0, which nothing can be sent to.
fn check_port(flag: &str, port: Option<&str>) -> Result<(), Failure> {
    match port {
        Some(port) if port.is_empty() || port.parse() == Ok(0) => {
            let message =
                format!("{flag} \"{port}\": wants a port from 1 to 65535, or the name of a service");
            Err(Failure::misuse(message))
        }
        _ => Ok(()),
    }
}

/// Of an endpoint that was given as a host: that it has a flag of its own.
fn endpoint_or(text: &str, failure: Failure) -> Failure {
    let is_endpoint = beginnings().any(|beginning| text.starts_with(&beginning));
    if !is_endpoint {
        return failure;
    }
    let shown = escape(text.as_bytes(), usize::MAX);
    Failure::misuse(format_args!("\"{shown}\" is an endpoint, and a host is expected, as in example.org"))
        .hint(format!("sock ping --connect {shown} connects to it, each phase timed"))
}

/// How sockets are set. What is no address is the name of an interface.
fn setting(args: &PingArgs) -> Result<Setting, Failure> {
    let source = args.interface.as_deref().and_then(|text| text.parse::<IpAddr>().ok());
    let interface = if source.is_none() { args.interface.clone() } else { None };
    if let Some(name) = &interface {
        crate::command::interfaces::check(name)?;
    }
    Ok(Setting { ttl: args.ttl, interface, source, seeks_mtu: false })
}

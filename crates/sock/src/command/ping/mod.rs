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
use crate::exit::{Exit, Failure};
use crate::probe::open::Setting;

/// The bytes of payload unless told otherwise: as of ping(8).
const SIZE: u64 = 56;

/// In place of a time that no clock reaches.
const FAR: Duration = Duration::from_secs(365 * 24 * 60 * 60);

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
        let (port, kind) = match (&args.tcp, &args.udp) {
            (Some(port), _) => (port.as_str(), Type::STREAM),
            (None, Some(port)) => (port.as_str(), Type::DGRAM),
            (None, None) => ("0", Type::DGRAM),
        };
        let questions = (0..).zip(&args.hosts);
        let questions =
            questions.map(|(host, text)| Question::read(host, text, port, args.family.chosen(), kind));
        Ok(Self {
            interval: args.interval.0.min(FAR),
            count: args.count,
            timeout: args.timeout.0.min(FAR),
            deadline: args.deadline.map(|deadline| deadline.0),
            // It is below 65,536.
            size: usize::try_from(args.size.map_or(SIZE, |size| size.0)).unwrap_or(0),
            setting: setting(args)?,
            questions: questions.collect::<Result<_, _>>()?,
            silence: args.udp.is_some().then_some("open or filtered"),
        })
    }
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

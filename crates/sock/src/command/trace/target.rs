//! What the command line asks for: the target's address, the plan, and how the sockets are set.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use berkeley::interface::{InterfaceFlags, interfaces};
use berkeley::{Family, Type};
use tokio::task::spawn_blocking;

use super::machine::Plan;
use super::wire::{Method, Setting};
use super::{connect, random};
use crate::cli::TraceArgs;
use crate::exit::{Exit, Failure};
use crate::open::host::LoneHost;
use crate::probe::open;
use crate::quantity::Period;

/// Where the ports of probes are given.
const PORT_HINT: &str = "sock trace HOST --tcp PORT goes to a port of TCP, --port PORT sets that of UDP";

/// The smallest packet that every link takes (RFC 791, RFC 8200).
const LEAST_MTU: (u16, u16) = (68, 1280);

/// The address of the target, of which a name may have others.
pub(super) async fn resolve(args: &TraceArgs) -> Result<SocketAddr, Failure> {
    let host = LoneHost::read(&args.host, family(args), PORT_HINT, args.interface.is_some())?;
    // On a thread of its own: the signals are heard meanwhile.
    let found = spawn_blocking(move || host.address("0", Type::DGRAM)).await;
    let found = found.map_err(|error| Failure::new(Exit::Other, format_args!("resolve: {error}")))??;
    let unknown = |_| Failure::new(Exit::NameUnknown, format_args!("{}: no address of IP", args.host));
    one_host(SocketAddr::try_from(found).map_err(unknown)?, &args.host)
}

/// The address, if it is of one host; that of no host is this machine, as the kernel has it.
fn one_host(mut address: SocketAddr, host: &str) -> Result<SocketAddr, Failure> {
    let ip = address.ip();
    if ip.is_multicast() || ip == Ipv4Addr::BROADCAST {
        let message = format!("{host}: a trace goes to one host, and {ip} is the address of many");
        return Err(Failure::misuse(message));
    }
    if ip.is_unspecified() {
        let here = if ip.is_ipv4() { Ipv4Addr::LOCALHOST.into() } else { Ipv6Addr::LOCALHOST.into() };
        address.set_ip(here);
    }
    Ok(address)
}

/// The family: as asked, or that of the source address.
fn family(args: &TraceArgs) -> Option<Family> {
    let of_source = args.source.map(|source| if source.is_ipv4() { Family::INET } else { Family::INET6 });
    args.family.chosen().or(of_source)
}

/// How the sockets are set.
pub(super) fn setting(args: &TraceArgs, target: SocketAddr) -> Result<Setting, Failure> {
    if let Some(name) = &args.interface {
        crate::command::interfaces::check(name)?;
    }
    if args.max < args.first {
        let message = format!("--max {} ends before --first {} begins", args.max, args.first);
        return Err(Failure::misuse(message));
    }
    let method = match (args.icmp, args.tcp) {
        (true, _) => Method::Icmp,
        (false, Some(port)) => Method::Tcp(port),
        (false, None) => Method::Udp(args.port),
    };
    Ok(Setting {
        method,
        target,
        sockets: open::Setting {
            ttl: None,
            interface: args.interface.clone(),
            source: args.source,
            seeks_mtu: true,
        },
        flows: args.flows.into(),
        patience: args.timeout.map_or(connect::PATIENCE, Period::on_a_clock),
        run: u32::from(random()) << 16 | u32::from(random()),
    })
}

/// What is to be found out, once it is known where probes come from and whether each has a flow of its own.
pub(super) fn plan(args: &TraceArgs, setting: &Setting, source: IpAddr, scattered: bool) -> Plan {
    let wants_mtu = !args.no_mtu && !matches!(setting.method, Method::Tcp(_));
    let patience = args.timeout.map(Period::on_a_clock);
    Plan {
        target: setting.target.ip(),
        first: args.first,
        most: args.max,
        probes: args.probes.into(),
        flows: setting.flows,
        // A connection is given up before the kernel asks again.
        patience: if scattered { Some(setting.patience.min(connect::PATIENCE)) } else { patience },
        watch: args.watch.then_some(args.interval.on_a_clock()),
        target_limits: matches!(setting.method, Method::Udp(_)),
        mtu: wants_mtu.then(|| first_mtu(source, setting)),
    }
}

/// The MTU of the first link, as far as packets can be that large, and the least that is worth asking for.
fn first_mtu(source: IpAddr, setting: &Setting) -> (u16, u16) {
    // What is unknown is taken for Ethernet; a smaller one shows when a packet is refused.
    const ETHERNET: u32 = 1500;
    let all = interfaces().unwrap_or_default();
    let has_source = |interface: &&berkeley::interface::Interface| match &setting.sockets.interface {
        Some(name) => interface.name == *name,
        // Every address of its network is the loopback's, also those that it does not have.
        None if source.is_loopback() => interface.flags.contains(InterfaceFlags::LOOPBACK),
        None => interface.addresses.iter().any(|address| address.ip == source),
    };
    let mtu = all.iter().find(has_source).map_or(ETHERNET, |interface| interface.mtu);
    let least = if source.is_ipv4() { LEAST_MTU.0 } else { LEAST_MTU.1 };
    (u16::try_from(mtu).unwrap_or(u16::MAX), least)
}

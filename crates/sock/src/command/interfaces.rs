//! `sock interfaces`: the network interfaces of this machine, with what they are and their addresses.

use std::fmt::Write as _;

use berkeley::interface::{Interface, InterfaceAddress, InterfaceFlags, interfaces};
use serde_json::{Value, json};

use crate::cli::InterfacesArgs;
use crate::command::print::print;
use crate::endpoint::nearest::nearest;
use crate::exit::{Exit, Failure};
use crate::report::escape::escape;
use crate::report::json::Event;

/// How many bytes of a name an error repeats.
const SHOWN: usize = 40;

/// Runs the command.
pub fn run(args: &InterfacesArgs) -> Result<Exit, Failure> {
    let mut found = interfaces()?;
    if let Some(name) = &args.name {
        let unknown = unknown(name, &found);
        found.retain(|interface| interface.name == *name);
        if found.is_empty() {
            return Err(unknown);
        }
    }
    let show = if args.json { event } else { text };
    let mut shown: String = found.iter().map(show).collect();
    if args.json {
        shown += &Event::new("summary").field("interfaces", found.len()).into_line();
    }
    print(shown.as_bytes()).map(|()| Exit::Done)
}

/// Fails where this machine has no interface of that name.
pub(crate) fn check(name: &str) -> Result<(), Failure> {
    let all = interfaces()?;
    if all.iter().any(|interface| interface.name == name) { Ok(()) } else { Err(unknown(name, &all)) }
}

/// The failure that this machine has no interface of that name.
pub(crate) fn unknown(name: &str, found: &[Interface]) -> Failure {
    let names = found.iter().map(|interface| interface.name.as_str());
    let meant = nearest(name, names).map(|near| format!("; did you mean \"{}\"?", safe(near)));
    let name = escape(name.as_bytes(), SHOWN);
    let message = format!("this machine has no interface \"{name}\"{}", meant.unwrap_or_default());
    Failure::new(Exit::NameUnknown, message).hint("sock interfaces shows those it has")
}

/// An interface's name is chosen by others: it may hold anything.
fn safe(name: &str) -> String {
    escape(name.as_bytes(), usize::MAX).to_string()
}

fn text(interface: &Interface) -> String {
    let mut text = format!("{} {}\n", interface.index, safe(&interface.name));
    let mut row = |name: &str, value: &str| {
        // Writing to a String never fails.
        let _ = writeln!(text, "    {name:<9} {value}");
    };
    row("flags", &flags(interface.flags).join(" "));
    row("mtu", &format!("{} bytes", interface.mtu));
    if !interface.hardware_address.is_empty() {
        row("hardware", &hardware(&interface.hardware_address));
    }
    for address in &interface.addresses {
        let mut line = format!("{}/{}", address.ip, address.prefix);
        let others = [("peer", address.peer), ("broadcast", address.broadcast.map(Into::into))];
        for (what, other) in others {
            if let Some(ip) = other {
                let _ = write!(line, " {what} {ip}");
            }
        }
        row("address", &line);
    }
    text
}

fn event(interface: &Interface) -> String {
    let hardware_address =
        (!interface.hardware_address.is_empty()).then(|| hardware(&interface.hardware_address));
    let addresses: Vec<Value> = interface.addresses.iter().map(address).collect();
    Event::new("interface")
        .field("index", interface.index)
        .field("name", interface.name.as_str())
        .field("flags", flags(interface.flags))
        .field("flag_bits", interface.flags.as_raw())
        .field("mtu_bytes", interface.mtu)
        .field("hardware_address", hardware_address)
        .field("addresses", addresses)
        .into_line()
}

fn address(address: &InterfaceAddress) -> Value {
    json!({
        "family": if address.ip.is_ipv4() { "ipv4" } else { "ipv6" },
        "address": address.ip.to_string(),
        "prefix": address.prefix,
        "peer": address.peer.map(|ip| ip.to_string()),
        "broadcast": address.broadcast.map(|ip| ip.to_string()),
    })
}

/// The names of the flags as people write them: `up`, not `IFF_UP`.
fn flags(flags: InterfaceFlags) -> Vec<String> {
    flags.names().map(|name| name.trim_start_matches("IFF_").to_ascii_lowercase()).collect()
}

fn hardware(address: &[u8]) -> String {
    let bytes: Vec<String> = address.iter().map(|byte| format!("{byte:02x}")).collect();
    bytes.join(":")
}

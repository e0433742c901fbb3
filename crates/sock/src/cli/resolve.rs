//! The words of `sock resolve`.

use clap::Args;

use super::family::FamilyArgs;
use super::help;
use super::values::positive;
use crate::quantity::Period;

const RESOLVE_EXAMPLES: &str = "\
Examples:
  sock resolve example.org                its addresses, a line each
  sock resolve example.org:https -6       with a service's port, IPv6 alone
  sock resolve 192.0.2.1 [::1]:443        the names of two addresses
  sock resolve example.org --canonical --timeout 2s --json";

const RESOLVE_NOTES: &str = "\
Names:
  example.org                     a name: its addresses, best first
  example.org:https, :80          with a port; no host: this machine
  *:80                            what a server would listen on
  192.0.2.1, ::1, [fe80::1%eth0]  an address: its name

With several names each line starts with the name that it answers.
The names come from wherever the system looks: /etc/hosts, DNS, ...";

/// `sock resolve`.
#[derive(Args, Debug)]
#[allow(clippy::struct_excessive_bools, reason = "each is one flag of the command line")]
#[command(after_help = help::more("resolve"), after_long_help = help::of(RESOLVE_NOTES, RESOLVE_EXAMPLES))]
pub struct ResolveArgs {
    /// A name, or an address to find the name of, and :PORT
    #[arg(required = true, value_name = "NAME")]
    pub names: Vec<String>,
    /// Which family.
    #[command(flatten)]
    pub family: FamilyArgs,
    /// Print each name's canonical name first
    #[arg(long)]
    pub canonical: bool,
    /// Print addresses as connecting tries them
    ///
    /// The families in turn (RFC 8305).
    #[arg(long)]
    pub connect_order: bool,
    /// The names of ports are UDP's, not TCP's
    #[arg(long)]
    pub udp: bool,
    /// How long all lookups may take together
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = positive)]
    pub timeout: Period,
    /// Print events, one JSON object a line
    #[arg(long)]
    pub json: bool,
}

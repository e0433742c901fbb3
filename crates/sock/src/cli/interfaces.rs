//! The words of `sock interfaces`.

use clap::Args;

use super::help;

const INTERFACES_EXAMPLES: &str = "\
Examples:
  sock interfaces            every interface of this machine
  sock interfaces eth0       one of them
  sock interfaces --json     an object each, for programs";

/// `sock interfaces`.
#[derive(Args, Debug)]
#[command(after_help = help::more("interfaces"), after_long_help = help::of("", INTERFACES_EXAMPLES))]
pub struct InterfacesArgs {
    /// The interface [default: all]
    #[arg(value_name = "NAME")]
    pub name: Option<String>,
    /// Print events, one JSON object a line
    #[arg(long)]
    pub json: bool,
}

//! The words of `sock wait`.

use clap::Args;

use super::family::FamilyArgs;
use super::help;
use super::values::{EndpointText, positive};
use crate::quantity::Period;

const WAIT_EXAMPLES: &str = "\
Examples:
  sock wait 127.0.0.1:5432                  until a server accepts
  sock wait :80 unix:/run/app.sock --timeout 1m && ./start";

/// `sock wait`.
#[derive(Args, Debug)]
#[command(after_help = help::more("wait"), after_long_help = help::of_endpoints(help::WAITS, "", WAIT_EXAMPLES))]
pub struct WaitArgs {
    /// What is to accept connections, each of them
    #[arg(required = true, value_name = "ENDPOINT", value_parser = EndpointText, hide_possible_values = true)]
    pub endpoints: Vec<String>,
    /// Which family.
    #[command(flatten)]
    pub family: FamilyArgs,
    /// Connect through PROXY; once more for the next one
    ///
    /// As that of `sock connect`.
    #[arg(long, value_name = "PROXY", hide_short_help = true)]
    pub via: Vec<String>,
    /// How long to wait for all of them together
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = positive)]
    pub timeout: Period,
    /// Print events, one JSON object a line
    #[arg(long, conflicts_with = "quiet")]
    pub json: bool,
    /// Print only errors
    #[arg(long, short)]
    pub quiet: bool,
}

//! The words of `sock inspect`.

use clap::Args;

use super::family::FamilyArgs;
use super::help::{self, INSPECTS};
use super::tls::TlsArgs;
use super::values::positive;
use super::via::ViaArgs;
use crate::quantity::Period;

const INSPECT_EXAMPLES: &str = "\
Examples:
  sock inspect tls://example.org:443              its certificates
  sock inspect tls://example.org:443 --alpn h2    does it speak HTTP/2?
  sock inspect tls://192.0.2.1:443 --server-name example.org
  sock inspect tls://localhost:8443 --ca root.pem --json";

/// `sock inspect`.
#[derive(Args, Debug)]
#[command(after_help = help::more("inspect"), after_long_help = help::of_endpoints(INSPECTS, "", INSPECT_EXAMPLES))]
pub struct InspectArgs {
    /// What to look at: a server that speaks TLS
    #[arg(value_name = "ENDPOINT")]
    pub endpoint: String,
    /// The port, where ENDPOINT is a host alone
    #[arg(value_name = "PORT")]
    pub port: Option<String>,
    /// Which family.
    #[command(flatten)]
    pub family: FamilyArgs,
    /// How long connecting may take [default: 10s]
    ///
    /// The handshake of TLS included.
    #[arg(long, value_name = "TIME", value_parser = positive)]
    pub timeout: Option<Period>,
    /// Print events, one JSON object a line
    #[arg(long)]
    pub json: bool,
    /// The way there.
    #[command(flatten)]
    pub way: ViaArgs,
    /// How TLS is set up.
    #[command(flatten)]
    pub tls: TlsArgs<false>,
}

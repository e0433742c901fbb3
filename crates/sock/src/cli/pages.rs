//! The words of `sock completions` and `sock man`.

use clap::Args;
use clap_complete::Shell;

/// `sock completions`.
#[derive(Args, Debug)]
pub struct CompletionsArgs {
    /// The shell
    #[arg(value_name = "SHELL")]
    pub shell: Shell,
}

/// `sock man`.
#[derive(Args, Debug)]
pub struct ManArgs {
    /// The subcommand [default: the page of sock itself]
    #[arg(value_name = "SUBCOMMAND")]
    pub subcommand: Option<String>,
}

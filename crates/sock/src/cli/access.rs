//! `--allow` and `--deny`, which the commands that listen have.

use clap::Args;

use crate::access::Entry;

/// Which clients may come.
#[derive(Args, Clone, Debug, Default)]
pub struct AccessArgs {
    /// Serve these networks only, as 192.0.2.0/24; or @file
    ///
    /// Addresses and networks between commas, or @file for a file of them, one a line, with # before comments. The
    /// option may be given again. Of --allow and --deny the longest prefix that contains a client decides, and --deny
    /// where both have the same. With any --allow all others are refused.
    #[arg(long, value_name = "NETWORKS", hide_short_help = true)]
    pub allow: Vec<Entry>,
    /// Refuse these networks; the longest prefix decides
    ///
    /// As with --allow. A refused client is reset as soon as it is accepted, and a refused datagram is dropped.
    #[arg(long, value_name = "NETWORKS", hide_short_help = true)]
    pub deny: Vec<Entry>,
}

impl AccessArgs {
    /// The option that is given, where one is.
    pub fn given(&self) -> Option<&'static str> {
        [(&self.allow, "--allow"), (&self.deny, "--deny")]
            .into_iter()
            .find_map(|(entries, option)| (!entries.is_empty()).then_some(option))
    }
}

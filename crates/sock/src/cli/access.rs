//! `--allow`, `--deny` and `--proxy-from`, which the commands that listen have.

use clap::Args;

use crate::access::{Entry, Origin};

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
    /// Believe headers of the PROXY protocol from these
    ///
    /// Networks as with --allow, or "unix" for all who connect to a Unix socket. Each connection of theirs has to begin
    /// with a header, of version 1 or 2, within 10 seconds, and who that names is the client. From others nothing is
    /// believed.
    #[arg(long, value_name = "NETWORKS", hide_short_help = true)]
    pub proxy_from: Vec<Origin>,
}

impl AccessArgs {
    /// The option that is given, where one is.
    pub fn given(&self) -> Option<&'static str> {
        let proxies = (!self.proxy_from.is_empty()).then_some("--proxy-from");
        self.given_list().or(proxies)
    }

    /// The one of the two lists of clients that is given, where one is.
    pub fn given_list(&self) -> Option<&'static str> {
        [(&self.allow, "--allow"), (&self.deny, "--deny")]
            .into_iter()
            .find_map(|(entries, option)| (!entries.is_empty()).then_some(option))
    }
}

//! `-4` and `-6`, which several subcommands have.

use berkeley::Family;
use clap::Args;

/// Which of the two families of IP; neither for both.
#[derive(Args, Clone, Copy, Debug)]
#[group(multiple = false)]
pub struct FamilyArgs {
    /// Use IPv4 only
    #[arg(long, short = '4')]
    pub ipv4: bool,
    /// Use IPv6 only
    #[arg(long, short = '6')]
    pub ipv6: bool,
}

impl FamilyArgs {
    /// The one that was asked for.
    pub fn chosen(self) -> Option<Family> {
        match self {
            Self { ipv4: true, .. } => Some(Family::INET),
            Self { ipv6: true, .. } => Some(Family::INET6),
            _ => None,
        }
    }
}

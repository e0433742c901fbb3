//! Filter expressions of the command line, and what is said of one that cannot be read.

use berkeley_packet::LinkType;
use berkeley_packet::filter::{self, Program};

use crate::exit::Failure;

/// What an expression may look like.
const HINT: &str = "a filter is as tcpdump has it: 'udp port 53', 'host 192.0.2.1', 'tcp and not port 22'";

/// The program of an expression, for packets that begin with `link`.
///
/// # Errors
///
/// For an expression that cannot be read, or asks for what such packets do not have.
pub(crate) fn compile(text: &str, link: LinkType) -> Result<Program, Failure> {
    filter::compile(text, link).map_err(faulty)
}

/// Refuses an expression that cannot be read, whatever packets begin with: there may be none that it is tried on.
///
/// # Errors
///
/// For an expression that packets of neither Ethernet nor IP can be meant by.
pub(crate) fn check(text: &str) -> Result<(), Failure> {
    compile(text, LinkType::ETHERNET).or_else(|failure| {
        // What Ethernet lacks, packets without it may have; the fault that is told is the first.
        compile(text, LinkType::RAW).map_err(|_| failure)
    })?;
    Ok(())
}

/// The failure for an expression that cannot be read.
pub(crate) fn faulty(error: filter::FilterError) -> Failure {
    Failure::misuse(error).hint(HINT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_read_is_refused_without_a_packet_and_the_hint_shows_what_can() {
        let failure = check("udp prot 53").expect_err("a slip");
        assert!(failure.message.contains("did you mean \"port\"?"), "{}", failure.message);
        assert_eq!(failure.hints, [HINT]);
        for example in HINT.split('\'').skip(1).step_by(2) {
            check(example).expect(example);
        }
        for good in ["", "tcp", "ether host 02:00:00:00:00:01"] {
            check(good).expect(good);
        }
    }
}

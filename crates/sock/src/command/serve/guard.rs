//! What UDP may answer beyond this machine, where a sender's address may be forged.

use super::answer::Answer;
use crate::cli::ServeArgs;
use crate::endpoint::Nature;
use crate::exit::Failure;
use crate::open::listen::Listener;
use crate::server::journal::Journal;

/// What UDP may answer beyond this machine, where a sender's address may be forged; says whether it stays silent there.
pub(super) fn guard(
    args: &ServeArgs,
    listeners: &[Listener],
    answer: &Answer,
    journal: &Journal,
) -> Result<bool, Failure> {
    let beyond = |listener: &&Listener| !Nature::of(listener.scheme).connected && !listener.is_local();
    let Some(listener) = listeners.iter().find(beyond) else { return Ok(false) };
    let address = listener.address;
    if matches!(answer, Answer::Chargen) {
        let message =
            format!("--chargen on udp {address}, which others can reach, would help to flood third parties");
        return Err(
            Failure::misuse(message).hint("listen on this machine alone, as in udp://:19, or use tcp")
        );
    }
    let silent = Answer::is_default(&args.answer);
    if silent {
        journal.note(format_args!(
            "udp {address} can be reached by others, whose addresses may be forged: nothing is answered \
             beyond this machine unless --reply or --echo asks for it"
        ));
    }
    Ok(silent)
}

//! How long the calls waited, and what to try next.

use crate::command::tour::call::time;
use crate::command::tour::guide::{AT_ONCE, Guide, MOMENT, Stop};

/// How many calls that waited are shown.
const SHOWN: usize = 8;

/// What to try: a command that exists, and what it is.
pub(super) const COMMANDS: [(&str, &str); 9] = [
    ("sock serve", "next.serve"),
    ("sock connect 127.0.0.1:12345", "next.connect"),
    ("sock tour --step", "next.step"),
    ("sock tour --explain", "next.explain"),
    ("sock capture lo --layers --count 1", "next.capture"),
    ("sock decode trace.pcapng --layers", "next.decode"),
    ("sock options 127.0.0.1:12345", "next.options"),
    ("sock resolve localhost:http", "next.resolve"),
    ("sock interfaces", "next.interfaces"),
];

pub(super) fn play(guide: &mut Guide<'_>) -> Result<(), Stop> {
    guide.scene("timings", "timings.title")?;
    let (mut waited, quick) = guide.times();
    if !waited.is_empty() {
        if guide.is_paced() {
            guide.says("timings.intro", &[])?;
        } else {
            guide.says("timings.intro.quick", &[("moment", &time(MOMENT))])?;
        }
        waited.truncate(SHOWN);
        guide.teller().timings(&waited);
    }
    if let (Some(least), Some(most)) = (quick.first(), quick.last()) {
        let (least, most) = (time(*least), time(*most));
        guide.says("timings.rest", &[("count", &quick.len()), ("least", &least), ("most", &most)])?;
    }
    guide.scene("next", "next.title")?;
    guide.says("next.intro", &[])?;
    let texts = guide.texts;
    let rows = COMMANDS.map(|(command, key)| (command, texts.get(key)));
    guide.teller().commands(&rows);
    guide.show(AT_ONCE)
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::COMMANDS;
    use crate::cli::Cli;

    #[test]
    fn each_command_to_try_is_one() {
        for (command, _) in COMMANDS {
            let parsed = Cli::try_parse_from(command.split(' '));
            assert!(parsed.is_ok(), "{command}: {parsed:?}");
        }
    }
}

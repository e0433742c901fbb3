//! How long the calls waited, and what to try next.

use crate::command::tour::call::time;
use crate::command::tour::guide::{AT_ONCE, Guide, MOMENT, Stop};
use crate::command::tour::teller::Waited;

/// How many calls that waited are shown.
const SHOWN: usize = 8;

/// What to try: a command that exists, and what it is.
pub(super) const COMMANDS: [(&str, &str); 11] = [
    ("sock serve", "next.serve"),
    ("sock connect 127.0.0.1:12345", "next.connect"),
    ("sock tour --step", "next.step"),
    ("sock tour --explain", "next.explain"),
    ("sock capture lo --layers --count 1", "next.capture"),
    ("sock decode trace.pcapng --layers", "next.decode"),
    ("sock options 127.0.0.1:12345", "next.options"),
    ("sock resolve localhost:http", "next.resolve"),
    ("sock ping 127.0.0.1", "next.ping"),
    ("sock trace example.org", "next.trace"),
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
        let texts = guide.texts;
        let named: Vec<(&str, Waited)> =
            waited.into_iter().map(|it| (texts.get(name(it.scene)), it)).collect();
        guide.teller().timings(&named);
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

/// The text that names a scene in the list of timings; the one wait where something goes wrong is that of a timeout.
fn name(scene: &'static str) -> &'static str {
    match scene {
        "tcp" => "timings.tcp",
        "udp" => "timings.udp",
        "unix" => "timings.unix",
        "wrong" => "timings.wrong",
        other => other,
    }
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

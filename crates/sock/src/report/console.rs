//! Standard error, of which this is the one owner: lines for people, for which nobody waits longer than a moment.
//!
//! An error is `sock: error: ...`, a hint `sock: hint: ...`, a note `sock: ...`. Where standard error is a terminal the
//! words are coloured, unless `NO_COLOR` is set or `TERM` is `dumb`; `CLICOLOR_FORCE` colours them everywhere.

use std::env;
use std::fmt::Display;
use std::io::{self, IsTerminal as _, Write as _};
use std::panic::{self, PanicHookInfo};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;

use super::lines::Style;
use super::log::{Log, Volume};
use super::patience::for_a_moment;

static STYLE: OnceLock<Style> = OnceLock::new();

/// The one log of a command that tells much on several of its ways, so that the lines stand in their order.
static SHARED: OnceLock<Log> = OnceLock::new();

/// Whether errors and warnings alone are wanted.
static QUIET: AtomicBool = AtomicBool::new(false);

/// How long the lines of the shared log may keep others waiting.
const MOMENT: Duration = Duration::from_secs(1);

/// Makes standard error ready, before anything else: without colours, where `plain` says that a program reads what the
/// command prints; and a panic says one line.
pub fn start(plain: bool) {
    if plain {
        let _ = STYLE.set(Style::PLAIN);
    }
    panic::set_hook(Box::new(|panic| say(style().error(of_panic(panic), PANICKED))));
}

const PANICKED: &[&str] = &["this is a fault of sock itself; please report it with this line"];

fn of_panic(panic: &PanicHookInfo<'_>) -> String {
    let payload = panic.payload();
    let owned = || payload.downcast_ref::<String>().map(String::as_str);
    let what = payload.downcast_ref::<&str>().copied().or_else(owned).unwrap_or("no message");
    // One line, whatever an assertion had to show.
    let what = what.replace('\n', " ");
    match panic.location() {
        Some(place) => format!("internal error at {}:{}: {what}", place.file(), place.line()),
        None => format!("internal error: {what}"),
    }
}

/// What went wrong, and what may help.
pub fn error<H: AsRef<str>>(message: impl Display, hints: &[H]) {
    say(style().error(message, hints));
}

/// What a person should know.
pub fn note(text: impl Display) {
    say(style().note(text));
}

/// From here on nothing is said by [`aside`]: for `--quiet`, and where a program reads events.
pub fn quieten() {
    QUIET.store(true, Relaxed);
}

/// What a person may like to know and nobody needs, from where the command line is not known.
pub fn aside(text: impl Display) {
    if !QUIET.load(Relaxed) {
        note(text);
    }
}

/// A text that is many lines, such as the help that is shown where nothing was asked for.
pub fn page(text: String) {
    say(text);
}

/// A log of lines, for what tells much and may never wait; see [`Log`].
pub fn log(volume: Volume) -> io::Result<Log> {
    if let Some(shared) = SHARED.get() {
        return Ok(shared.at(volume));
    }
    Log::start(io::stderr(), volume, style())
}

/// From here on all that is printed stands in the order of this log, which it gives.
pub fn shared_log() -> io::Result<Log> {
    let log = log(Volume::Normal)?;
    Ok(SHARED.get_or_init(|| log).clone())
}

/// Waits, for a moment at most, until the shared log is written.
pub fn settle() {
    if let Some(shared) = SHARED.get() {
        shared.flush(MOMENT);
    }
}

/// Whether a person is watching.
pub fn is_terminal() -> bool {
    io::stderr().is_terminal()
}

/// Whether a line can stand below the others there, and be written anew: on a terminal that can clear a line.
pub fn has_status() -> bool {
    is_terminal() && env::var_os("TERM").is_some_and(|term| !term.is_empty() && term != "dumb")
}

/// Writes `text`, which ends in a newline. Where its reader has stalled, the text may be lost, and the command goes on
/// to its end.
fn say(text: String) {
    settle();
    for_a_moment(move || {
        // Nothing can be done about a standard error that is closed.
        let _ = io::stderr().write_all(text.as_bytes());
    });
}

fn style() -> Style {
    *STYLE.get_or_init(|| style_by(|name| env::var_os(name)?.into_string().ok(), is_terminal()))
}

/// Whether what is printed may have colours: as the environment asks, and where it asks for nothing, on a `terminal`.
pub fn wants_colours(terminal: bool) -> bool {
    style_by(|name| env::var_os(name)?.into_string().ok(), terminal) == Style::COLOURED
}

/// See <https://no-color.org> and <https://bixense.com/clicolors>.
fn style_by(variable: impl Fn(&str) -> Option<String>, terminal: bool) -> Style {
    let is_set = |name: &str| variable(name).is_some_and(|value| !value.is_empty());
    let forced = variable("CLICOLOR_FORCE").is_some_and(|value| !value.is_empty() && value != "0");
    let dumb = variable("TERM").is_none_or(|value| value.is_empty() || value == "dumb");
    if !is_set("NO_COLOR") && (forced || terminal && !dumb) { Style::COLOURED } else { Style::PLAIN }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_for_terminals_and_as_the_environment_asks() {
        type Row = (&'static [(&'static str, &'static str)], bool, bool);
        let rows: [Row; 8] = [
            (&[("TERM", "xterm")], true, true),
            (&[("TERM", "xterm")], false, false),
            (&[("TERM", "dumb")], true, false),
            (&[], true, false),
            (&[("TERM", "xterm"), ("NO_COLOR", "1")], true, false),
            (&[("TERM", "xterm"), ("NO_COLOR", "")], true, true),
            (&[("CLICOLOR_FORCE", "1")], false, true),
            (&[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")], true, false),
        ];
        for (environment, terminal, want) in rows {
            let variable = |name: &str| {
                environment.iter().find(|(it, _)| *it == name).map(|(_, value)| (*value).to_owned())
            };
            let want = if want { Style::COLOURED } else { Style::PLAIN };
            assert_eq!(style_by(variable, terminal), want, "{environment:?}, terminal: {terminal}");
        }
    }
}

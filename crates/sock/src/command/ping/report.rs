//! What happened, told as it happens, and summed up at the end.

use std::io::ErrorKind;
use std::os::fd::{AsFd as _, BorrowedFd};
use std::time::{Duration, Instant};

use super::line::{self, Cells};
use super::outcome::{Answer, Reply, Trouble};
use super::target::{Target, place};
use super::{event, picture};
use crate::cli::PingArgs;
use crate::command::print::explain;
use crate::exit::{Exit, Failure};
use crate::probe::ledger::Probe;
use crate::probe::statistics::Before;
use crate::report::console;
use crate::report::json::Event;
use crate::report::live::{Live, Size};
use crate::report::output::Output;
use crate::report::table::width_of_output;
use crate::report::time;

/// How long standard output is waited for at the end, while nobody reads.
const MOMENT: Duration = Duration::from_secs(1);

/// The columns of the table where no terminal says how many.
const COLUMNS: usize = 120;

/// How it is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Style {
    Lines,
    Quiet,
    Json,
    Csv,
}

/// Where it is told.
#[derive(Debug)]
enum Place {
    /// Line by line.
    Output(Output),
    /// On a terminal: lines that scroll, and a picture at the bottom.
    Live(Box<Live>),
}

/// All hosts, and what is told of them.
#[derive(Debug)]
pub(super) struct Report {
    pub(super) targets: Vec<Target>,
    style: Style,
    out: Place,
    timeout: Duration,
    /// What silence means, where that is not plain.
    silence: Option<&'static str>,
    begun: Instant,
    /// How many lines, rows or events were left out, as nobody read, and that is not told yet.
    left_out: u64,
    /// Whether something has happened since the last picture.
    is_new: bool,
    /// The first failure of a host that could not be asked.
    failed: Option<Exit>,
    /// Whether a probe had to be forgotten before its time, which is told once.
    has_forgotten: bool,
}

impl Report {
    pub(super) fn new(
        args: &PingArgs,
        targets: Vec<Target>,
        silence: Option<&'static str>,
    ) -> Result<Self, Failure> {
        let style = match args {
            PingArgs { json: true, .. } => Style::Json,
            PingArgs { csv: true, .. } => Style::Csv,
            PingArgs { quiet: true, .. } => Style::Quiet,
            _ => Style::Lines,
        };
        let live = if style == Style::Lines && !args.plain { Live::open() } else { None };
        let out = if let Some(live) = live {
            Place::Live(Box::new(live))
        } else {
            let standard = Output::standard();
            Place::Output(standard.map_err(|error| Failure::io("write standard output", &error))?)
        };
        let (timeout, begun) = (args.timeout.0, Instant::now());
        let mut report = Self {
            targets,
            style,
            out,
            timeout,
            silence,
            begun,
            left_out: 0,
            is_new: true,
            failed: None,
            has_forgotten: false,
        };
        if style == Style::Csv {
            report.say(line::HEADINGS);
        }
        Ok(report)
    }

    /// A line that says what is asked, as ping(8) has it: of one host, once its address is known.
    pub(super) fn begin(&mut self, how: &str) {
        if self.style == Style::Lines && self.targets.len() == 1 {
            self.say(&format!("PING {}: {how}\n", self.targets[0].titled()));
        }
    }

    fn say(&mut self, text: &str) {
        match &mut self.out {
            Place::Output(output) => _ = output.push(text),
            Place::Live(live) => live.print(text),
        }
    }

    /// Whether each answer has a line: where a table is drawn it stands there.
    fn has_lines(&self) -> bool {
        self.style == Style::Lines && !(matches!(self.out, Place::Live(_)) && self.targets.len() > 1)
    }

    /// Counts a probe that goes out, and the one that had to be forgotten for it, which is lost.
    pub(super) fn sent(&mut self, host: usize, forgotten: Option<&Probe>) {
        // What comes of it is drawn, as a rule a moment later.
        self.targets[host].statistics.sent += 1;
        if let Some(probe) = forgotten {
            if !std::mem::replace(&mut self.has_forgotten, true) {
                console::note(
                    "more probes are on their way than are remembered: the oldest count as lost before --timeout",
                );
            }
            self.lost(probe);
        }
    }

    /// Counts and tells an answer.
    pub(super) fn reply(&mut self, host: usize, number: u64, before: Before, time: Duration, reply: &Reply) {
        let target = &mut self.targets[host];
        let verdict = target.statistics.answer(number, time, self.timeout, before);
        self.is_new = true;
        if !verdict.duplicate {
            target.remember(Some(time));
        }
        if let Answer::Hardware(address) = reply.answer {
            target.meet(address.to_string());
        }
        let target = &self.targets[host];
        let text = match self.style {
            Style::Json => event::reply(target, number, reply, time, verdict),
            Style::Csv => {
                let result = match () {
                    () if verdict.duplicate => "duplicate",
                    () if verdict.late => "late",
                    () => "reply",
                };
                let detail = reply.answer.hardware().unwrap_or_else(|| reply.answer.name().to_owned());
                let from = reply.from.as_ref().map(place);
                let (bytes, ttl, time) = (reply.bytes, reply.ttl, Some(time));
                line::row(target, number, &time::now(), &Cells { result, from, time, bytes, ttl, detail })
            }
            _ if self.has_lines() => line::reply(target, number, reply, time, verdict),
            _ => return,
        };
        self.say(&text);
    }

    /// Counts and tells a probe that nothing answered in time.
    pub(super) fn lost(&mut self, probe: &Probe) {
        let (host, number) = (probe.host, probe.number);
        let target = &mut self.targets[host];
        target.statistics.lose();
        target.remember(None);
        self.is_new = true;
        let target = &self.targets[host];
        let text = match self.style {
            Style::Json => event::lost(target, number),
            Style::Csv => {
                line::row(target, number, &time::now(), &Cells { result: "lost", ..Cells::default() })
            }
            _ if self.has_lines() => line::lost(target, number, self.timeout, self.silence),
            _ => return,
        };
        self.say(&text);
    }

    /// Counts and tells why there is no answer.
    pub(super) fn trouble(&mut self, host: usize, number: u64, before: Before, trouble: &Trouble) {
        let target = &mut self.targets[host];
        target.statistics.fail(before);
        if before == Before::Awaited {
            target.remember(None);
        }
        self.is_new = true;
        let target = &self.targets[host];
        let text = match self.style {
            Style::Json => event::trouble(target, number, trouble),
            Style::Csv => {
                let cells = Cells {
                    result: "error",
                    from: trouble.from(),
                    detail: trouble.words(),
                    ..Cells::default()
                };
                line::row(target, number, &time::now(), &cells)
            }
            _ if self.has_lines() => line::trouble(target, number, trouble),
            _ => return,
        };
        self.say(&text);
    }

    /// A host that cannot be asked: the others are.
    pub(super) fn give_up(&mut self, host: usize, failure: &Failure) {
        let target = &mut self.targets[host];
        target.is_given_up = true;
        self.failed = self.failed.or(Some(failure.exit));
        self.is_new = true;
        if self.style == Style::Json {
            let event = failure.survived().field("question", self.targets[host].name.as_str());
            self.say(&event.into_line());
        }
        if let Place::Live(live) = &mut self.out {
            // A terminal that is gone is told by the next frame.
            let _ = live.make_way();
        }
        explain(failure);
    }

    /// Writes what waits, and draws what has changed. False where nobody reads it any more.
    pub(super) fn tick(&mut self, now: Instant) -> Result<bool, Failure> {
        let written = match &mut self.out {
            Place::Output(output) if output.waiting() > 0 => {
                let written = output.write();
                self.left_out += output.take_left_out();
                // Rows have no place for it: they are told at the end.
                if self.left_out > 0 && self.style == Style::Json {
                    if output.push(&Event::new("dropped").field("count", self.left_out).into_line()) {
                        self.left_out = 0;
                    } else {
                        // It counts itself, and is told again.
                        output.take_left_out();
                    }
                }
                written
            }
            Place::Live(live) if self.is_new && live.due() <= now => {
                self.is_new = false;
                live.draw(now, |size| frame(&self.targets, size))
            }
            Place::Output(_) | Place::Live(_) => Ok(()),
        };
        match written {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(false),
            Err(error) => Err(Failure::io("write standard output", &error)),
        }
    }

    /// When there will be something to draw.
    pub(super) fn due(&self) -> Option<Instant> {
        match &self.out {
            Place::Live(live) if self.is_new => Some(live.due()),
            _ => None,
        }
    }

    /// Standard output, where something waits for its reader.
    pub(super) fn awaited(&self) -> Option<BorrowedFd<'_>> {
        match &self.out {
            Place::Output(output) if output.waiting() > 0 => Some(output.as_fd()),
            _ => None,
        }
    }

    /// Sums up. The exit code says whether every host has answered.
    pub(super) fn end(mut self) -> Result<Exit, Failure> {
        let silent: Vec<usize> =
            (0..self.targets.len()).filter(|host| !self.targets[*host].has_answered()).collect();
        let is_unasked = self.targets.iter().all(|target| target.is_given_up);
        let exit = match self.failed {
            Some(exit) if is_unasked => exit,
            _ if silent.is_empty() => Exit::Done,
            _ => Exit::Other,
        };
        let silence = (exit == Exit::Other).then(|| self.silence_of(&silent)).flatten();
        let text = self.summed_up(silent.len(), exit, silence.as_ref());
        self.say(&text);
        let ended = match self.out {
            Place::Output(mut output) => {
                let left_out = self.left_out + output.take_left_out();
                if left_out > 0 {
                    console::note(format_args!(
                        "{left_out} lines were left out: nobody read standard output"
                    ));
                }
                output.close(MOMENT)
            }
            Place::Live(live) => live.end(|_| Vec::new()),
        };
        if let Some(failure) = &silence {
            explain(failure);
        }
        match ended {
            Err(error) if error.kind() != ErrorKind::BrokenPipe => {
                Err(Failure::io("write standard output", &error))
            }
            _ => Ok(exit),
        }
    }

    /// Who has not answered, among those that were asked.
    fn silence_of(&self, silent: &[usize]) -> Option<Failure> {
        let asked: Vec<&Target> =
            silent.iter().map(|host| &self.targets[*host]).filter(|target| !target.is_given_up).collect();
        let message = match &asked[..] {
            [] => return None,
            [target] => format!("{} has not answered", target.titled()),
            several => format!("{} of {} hosts have not answered", several.len(), self.targets.len()),
        };
        Some(Failure::new(Exit::Other, message))
    }

    fn summed_up(&self, silent: usize, exit: Exit, failure: Option<&Failure>) -> String {
        let mut text = String::new();
        match self.style {
            Style::Json => {
                self.targets.iter().for_each(|target| text += &event::host(target));
                if let Some(failure) = failure {
                    text += &failure.event().into_line();
                }
                text += &event::summary(&self.targets, silent, self.begun.elapsed(), exit);
            }
            Style::Csv => {}
            Style::Lines | Style::Quiet => {
                let width = width_of_output();
                let is_live = matches!(self.out, Place::Live(_));
                let lines = match &self.targets[..] {
                    // Why has been told.
                    targets if targets.iter().all(|target| target.is_given_up) => Vec::new(),
                    [target] => {
                        let mut lines = picture::figures(target);
                        if let Some(columns) = width.filter(|_| is_live) {
                            lines.extend(picture::histogram(&target.statistics, columns));
                        }
                        lines
                    }
                    targets => picture::table(targets, width.unwrap_or(COLUMNS), None),
                };
                if self.style == Style::Lines && !lines.is_empty() && self.has_lines() {
                    text.push('\n');
                }
                for line in &lines {
                    text.extend([line, "\n"]);
                }
            }
        }
        text
    }
}

/// What stands at the bottom of a terminal.
fn frame(targets: &[Target], size: Size) -> Vec<String> {
    match targets {
        [target] => {
            let mut lines = vec![String::new()];
            lines.extend(picture::figures(target));
            if size.rows > 16 {
                lines.extend(picture::histogram(&target.statistics, size.columns));
            }
            lines
        }
        targets => picture::table(targets, size.columns, Some(size.rows.saturating_sub(1))),
    }
}

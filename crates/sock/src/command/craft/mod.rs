//! `sock craft`: a packet from its text, shown, written, sent; and what answers it.

mod file;
mod outlet;

use std::time::{Duration, SystemTime};

use berkeley::Deadline;
use berkeley_packet::craft::{self, CraftError, Recipe};
use berkeley_packet::{LinkType, Packet, show};

use crate::cli::CraftArgs;
use crate::command::print::{print, tell};
use crate::endpoint::ParseError;
use crate::exit::{Exit, Failure};
use crate::packet::{Look, Printer, Seen};
use crate::report::json::Event;
use file::File;
use outlet::{Answer, Listener, Outlet};

/// The columns of boxes where no terminal says how many.
const COLUMNS: usize = 100;

/// Runs the command.
pub fn run(args: &CraftArgs) -> Result<Exit, Failure> {
    let outcome = craft::parse(&args.text)
        .map_err(|error| misuse(&error))
        .and_then(|recipe| if args.send { Sending::begin(recipe, args)?.run() } else { keep(&recipe, args) });
    outcome.inspect_err(|failure| {
        if args.packets.json {
            tell(failure);
        }
    })
}

/// The fault under a caret, as of an endpoint.
fn misuse(error: &CraftError) -> Failure {
    let message = match error.suggestion() {
        Some(suggestion) => format!("{}; did you mean \"{suggestion}\"?", error.message()),
        None => error.message().to_owned(),
    };
    Failure::misuse(ParseError::at(error.text(), error.span(), message))
}

/// Shows the packet, or writes it to a file.
fn keep(recipe: &Recipe, args: &CraftArgs) -> Result<Exit, Failure> {
    let (bytes, link) = (recipe.build(), recipe.link());
    if let Some(path) = &args.write {
        let link = link.ok_or_else(|| no_link("write"))?;
        let mut file = File::create(path, "", link)?;
        for _ in 0..args.count {
            file.packet(now(), &bytes)?;
        }
        file.close()?;
        let look = args.packets.look();
        if !look.layers && !look.hex && !look.json {
            return Ok(Exit::Done);
        }
    }
    show_one(&decoded(link, recipe, &bytes), link, args.packets.look())
}

/// The packet in layers. What begins with no header of a link, such as udp, is decoded as what it is.
fn decoded<'b>(link: Option<LinkType>, recipe: &Recipe, bytes: &'b [u8]) -> Packet<'b> {
    match (link, recipe.protocol()) {
        (Some(link), _) => Packet::decode(link, bytes),
        (None, Some(protocol)) => Packet::decode_as(protocol, bytes, bytes.len()),
        (None, None) => Packet::decode(LinkType::from_raw(u16::MAX), bytes),
    }
}

/// One packet by itself: its layers, its bytes, or both; as an event where that was asked for.
fn show_one(packet: &Packet<'_>, link: Option<LinkType>, look: Look) -> Result<Exit, Failure> {
    let mut out = String::new();
    if look.json {
        let mut json = String::new();
        show::json(packet, &mut json);
        let link = link.map(LinkType::as_raw);
        let event = Event::new("packet").field("number", 1).field("link", link).json("packet", &json);
        out.push_str(&event.into_line());
        let summary = Event::new("summary").field("packets", 1).field("exit_code", Exit::Done as u8);
        out.push_str(&summary.into_line());
    } else {
        // Writing to a String never fails.
        if look.layers || !look.hex {
            let _ = show::boxes(packet, look.width.unwrap_or(COLUMNS), &mut out);
        }
        if look.hex {
            let _ = show::hex(packet.bytes(), &mut out);
        }
    }
    print(out.as_bytes()).map(|()| Exit::Done)
}

/// That a packet begins with nothing that could be sent, or stand in a file.
fn no_link(what: &str) -> Failure {
    Failure::misuse(format_args!("cannot {what} a packet that begins so: its outermost layer has no link"))
        .hint("put ip(dst=ADDRESS) before it, or eth")
}

fn now() -> Duration {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default()
}

/// A packet on its way, and its answers.
struct Sending<'a> {
    args: &'a CraftArgs,
    bytes: Vec<u8>,
    link: LinkType,
    outlet: Outlet,
    listener: Option<Listener>,
    file: Option<File>,
    printer: Printer,
    shown: u64,
}

impl<'a> Sending<'a> {
    /// Opens the sockets, that of the answers first, so that none is missed.
    fn begin(mut recipe: Recipe, args: &'a CraftArgs) -> Result<Self, Failure> {
        let link = recipe.link().ok_or_else(|| no_link("send"))?;
        let outlet = Outlet::open(&mut recipe, link, args.interface.as_deref())?;
        let listener = args.answers.map(|_| Listener::open(&outlet)).transpose()?;
        let interface = args.interface.as_deref().unwrap_or_default();
        let file = args.write.as_ref().map(|path| File::create(path, interface, link)).transpose()?;
        let printer = Printer::new(args.packets.look());
        Ok(Self { args, bytes: recipe.build(), link, outlet, listener, file, printer, shown: 0 })
    }

    fn run(mut self) -> Result<Exit, Failure> {
        let deadline = Deadline::after(self.args.timeout.0);
        for _ in 0..self.args.count {
            let time = now();
            self.outlet.send(&self.bytes)?;
            let bytes = self.bytes.clone();
            self.note(time, &bytes, None)?;
        }
        let answers = self.answers(deadline)?;
        if let Some(file) = self.file.take() {
            file.close()?;
        }
        let exit = if answers < self.args.answers.unwrap_or(0) { Exit::Timeout } else { Exit::Done };
        if self.args.packets.json {
            let summary = Event::new("summary")
                .field("packets", self.args.count)
                .field("answers", answers)
                .field("exit_code", exit as u8);
            self.printer.text().push_str(&summary.into_line());
            self.printer.write()?;
        }
        match (exit, self.args.answers) {
            (Exit::Timeout, Some(wanted)) => Err(Failure::new(
                Exit::Timeout,
                format_args!("{answers} of {wanted} answers came within {}", self.args.timeout),
            )),
            _ => Ok(exit),
        }
    }

    /// Takes answers until there are enough, or the time is over; how many came.
    fn answers(&mut self, deadline: Deadline) -> Result<u64, Failure> {
        let mut count = 0;
        let Some(mut listener) = self.listener.take() else { return Ok(0) };
        while count < self.args.answers.unwrap_or(0) {
            let Some(answer) = listener.next(deadline)? else { break };
            let time = now();
            let sent = Packet::decode(self.link, &self.bytes);
            if !craft::is_answer(&sent, &Packet::decode(answer.link, &answer.bytes)) {
                continue;
            }
            count += 1;
            self.note(time, &answer.bytes, Some(&answer))?;
        }
        Ok(count)
    }

    /// Shows a packet, and writes it to the file.
    fn note(&mut self, time: Duration, bytes: &[u8], answer: Option<&Answer>) -> Result<(), Failure> {
        self.shown += 1;
        if let Some(file) = &mut self.file {
            file.packet(time, bytes)?;
        }
        let link = answer.map_or(self.link, |answer| answer.link);
        let packet = Packet::decode(link, bytes);
        let interface = answer.and_then(|answer| answer.interface.as_deref());
        let interface = interface.or(self.args.interface.as_deref());
        let seen =
            Seen { packet: &packet, assembled: None, number: self.shown, time: Some(time), link, interface };
        self.printer.packet(&seen);
        self.printer.write().map(|_| ())
    }
}

//! `sock resolve`: the addresses of names and the names of addresses, as every program on the machine is answered.
//!
//! The questions are asked at once, and the answers printed in the order of the arguments. One that fails, or that
//! takes all the time there is, does not keep the others from being told.

use std::sync::{Mutex, PoisonError, mpsc};
use std::thread;
use std::time::Instant;

use berkeley::resolve::{BackHints, Hints, Resolved, resolve_back_within, resolve_within};
use berkeley::{Address, Deadline, Family, Type, interleave};

use crate::cli::ResolveArgs;
use crate::command::print::{explain, print};
use crate::endpoint::{Host, Port, parse_host};
use crate::exit::{Exit, Failure};
use crate::open::host::{check_family, portless, without_port};
use crate::open::{host_text, port_text};
use crate::report::escape::escape;
use crate::report::json::Event;

/// How many questions are asked at a time: as many as the library has helper threads for.
const MOST_AT_ONCE: usize = 32;

/// What is asked: one of the command's arguments.
struct Question<'a> {
    /// As it was written.
    text: &'a str,
    host: Host,
    port: Port,
}

/// One line of the answer.
enum Answer {
    /// The name that a name leads to.
    Canonical(String),
    /// An address, and when connecting tries it, counted from 1.
    Address(Address, usize),
    /// The name of an address, and its service's if it was given with a port.
    Name { address: Address, host: String, service: Option<String> },
}

/// Runs the command: 0 if every question has an answer, else the code of the first that has none.
pub fn run(args: &ResolveArgs) -> Result<Exit, Failure> {
    let start = Instant::now();
    let questions = args.names.iter().map(|text| Question::new(text, args));
    let questions: Vec<Question<'_>> = questions.collect::<Result<_, _>>()?;
    let (mut exit, mut answered, mut failed) = (Exit::Done, 0, 0);
    ask_all(&questions, args, |question, outcome| match outcome {
        Ok(answers) => {
            answered += answers.len();
            print(show(question, &answers, args).as_bytes())
        }
        Err(failure) => {
            failed += 1;
            if exit == Exit::Done {
                exit = failure.exit;
            }
            complain(question, &failure, args)
        }
    })?;
    if args.json {
        let event = Event::new("summary").field("answers", answered).field("failures", failed);
        print(event.seconds(start.elapsed()).into_line().as_bytes())?;
    }
    Ok(exit)
}

type Outcome = Result<Vec<Answer>, Failure>;

/// Asks up to [`MOST_AT_ONCE`] questions at a time, and gives what came of each to `tell`, in their order.
fn ask_all<'a>(
    questions: &[Question<'a>],
    args: &ResolveArgs,
    mut tell: impl FnMut(&Question<'a>, Outcome) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let deadline = Deadline::after(args.timeout.0);
    let (senders, outcomes): (Vec<_>, Vec<_>) = questions.iter().map(|_| mpsc::channel()).unzip();
    let queue = Mutex::new(questions.iter().zip(senders));
    let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).next();
    let work = || {
        while let Some((question, sender)) = next() {
            // Only where telling has failed does nobody wait for it.
            let _ = sender.send(question.ask(args, deadline));
        }
    };
    thread::scope(|scope| {
        for number in 0..questions.len().min(MOST_AT_ONCE) {
            match thread::Builder::new().spawn_scoped(scope, work) {
                Err(error) if number == 0 => return Err(Failure::io("start a thread", &error)),
                // Those there are will come to it.
                _ => {}
            }
        }
        for (question, outcome) in questions.iter().zip(&outcomes) {
            let gone = |_| Err(Failure::new(Exit::Other, "the question was not asked"));
            tell(question, outcome.recv().unwrap_or_else(gone))?;
        }
        Ok(())
    })
}

impl<'a> Question<'a> {
    fn new(text: &'a str, args: &ResolveArgs) -> Result<Self, Failure> {
        let (host, port) = parse_host(text).map_err(Failure::misuse)?;
        if args.canonical && !matches!(host, Host::Name(_)) {
            let message = format!("--canonical is for names, and \"{text}\" is none");
            return Err(Failure::misuse(message));
        }
        check_family(&host, args.family.chosen(), text)?;
        Ok(Self { text, host, port })
    }

    /// Whether it asks for the name of an address.
    fn goes_back(&self) -> bool {
        matches!(self.host, Host::V4(_) | Host::V6 { .. })
    }

    fn has_port(&self) -> bool {
        self.port != Port::Number(0)
    }

    fn ask(&self, args: &ResolveArgs, deadline: Deadline) -> Outcome {
        let family = args.family.chosen().unwrap_or(Family::UNSPECIFIED);
        let kind = if args.udp { Type::DGRAM } else { Type::STREAM };
        let hints = Hints::new().family(family).kind(kind).passive(self.host == Host::Every);
        let hints = hints.canonical_name(args.canonical);
        let (host, port) = (host_text(&self.host), port_text(&self.port));
        let found =
            resolve_within(&host, port.as_str(), &hints, deadline).map_err(|error| self.failure(error))?;
        if self.goes_back() {
            return found.iter().map(|found| self.back(found.address, args, deadline)).collect();
        }
        forward(found, args.connect_order).map_err(|error| self.failure(error))
    }

    fn back(&self, address: Address, args: &ResolveArgs, deadline: Deadline) -> Result<Answer, Failure> {
        let hints = BackHints::new().name_required(true).datagram(args.udp);
        let (host, service) =
            resolve_back_within(address, &hints, deadline).map_err(|error| self.failure(error))?;
        Ok(Answer::Name { address, host, service: self.has_port().then_some(service) })
    }

    fn failure(&self, error: berkeley::Error) -> Failure {
        let failure = Failure::from(error);
        if self.has_port() { failure } else { without_port(failure) }
    }

    /// The address as the question was meant: without a port where none was given.
    fn address(&self, address: &Address) -> String {
        let text = address.to_string();
        if self.has_port() {
            return text;
        }
        portless(&text).to_owned()
    }
}

/// The canonical name first, if it was asked for, then every address once.
fn forward(found: Vec<Resolved>, connect_order: bool) -> berkeley::Result<Vec<Answer>> {
    let canonical = found.iter().find_map(|found| found.canonical_name.clone());
    let mut addresses: Vec<Resolved> = Vec::new();
    for one in found {
        // A name may stand twice in the host table.
        if addresses.iter().all(|other| other.address != one.address) {
            addresses.push(one);
        }
    }
    let tried = interleave(&addresses)?;
    let turn = |address: &Address| tried.iter().position(|other| other == address).map_or(0, |turn| turn + 1);
    let mut answers: Vec<(Address, usize)> =
        addresses.iter().map(|found| (found.address, turn(&found.address))).collect();
    if connect_order {
        answers.sort_by_key(|(_, turn)| *turn);
    }
    let answers = answers.into_iter().map(|(address, turn)| Answer::Address(address, turn));
    Ok(canonical.map(Answer::Canonical).into_iter().chain(answers).collect())
}

fn show(question: &Question<'_>, answers: &[Answer], args: &ResolveArgs) -> String {
    if args.json {
        return answers.iter().map(|answer| event(question, answer)).collect();
    }
    let whose = if args.names.len() > 1 { format!("{} ", safe(question.text)) } else { String::new() };
    answers.iter().map(|answer| whose.clone() + &line(question, answer) + "\n").collect()
}

/// Names are chosen by those who run the domain or the network: they may hold anything.
fn safe(name: &str) -> String {
    escape(name.as_bytes(), usize::MAX).to_string()
}

fn line(question: &Question<'_>, answer: &Answer) -> String {
    match answer {
        Answer::Canonical(name) => format!("canonical name: {}", safe(name)),
        Answer::Address(address, _) => question.address(address),
        Answer::Name { host, service: None, .. } => safe(host),
        Answer::Name { host, service: Some(service), .. } => format!("{}:{}", safe(host), safe(service)),
    }
}

fn event(question: &Question<'_>, answer: &Answer) -> String {
    let event = match answer {
        Answer::Canonical(name) => Event::new("canonical_name")
            .field("question", question.text)
            .field("canonical_name", name.as_str()),
        Answer::Address(address, turn) => Event::new("address")
            .field("question", question.text)
            .field("family", if address.family() == Family::INET { "ipv4" } else { "ipv6" })
            .field("address", question.address(address))
            .field("port", question.has_port().then_some(address.port()).flatten())
            .field("connect_turn", *turn),
        Answer::Name { address, host, service } => Event::new("name")
            .field("question", question.text)
            .field("address", question.address(address))
            .field("host", host.as_str())
            .field("service", service.as_deref()),
    };
    event.into_line()
}

/// Says why there is no answer, and goes on.
fn complain(question: &Question<'_>, failure: &Failure, args: &ResolveArgs) -> Result<(), Failure> {
    if args.json {
        let event = failure.event().field("question", question.text);
        print(event.into_line().as_bytes())?;
    }
    explain(failure);
    Ok(())
}

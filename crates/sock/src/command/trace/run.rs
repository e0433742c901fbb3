//! The trace while it runs: sends, listens, shows, and sums up.

use std::io::{self, ErrorKind};
use std::time::{Duration, Instant};

use tokio::sync::mpsc::{Receiver, channel};
use tokio::time::{sleep_until, timeout};

use super::clock::Clock;
use super::machine::{Probe, Reply, Step, Trace};
use super::mark::Mark;
use super::names::Lookups;
use super::says::Says;
use super::show::{self, Names};
use super::verdict::{Otherwise, Verdict};
use super::wire::{Method, Sent, Setting, Wire};
use super::{Start, event, target};
use crate::cli::TraceArgs;
use crate::confine::give_up_capabilities;
use crate::exit::{Exit, Failure};
use crate::report::console;
use crate::report::escape::escape;
use crate::report::json::Event;
use crate::report::live::{Live, Size};
use crate::report::output::Output;
use crate::report::table::width_of_output;
use crate::signal::{Signal, Signals};

/// How many replies wait for this loop.
const WAITING: usize = 1024;

/// A port of UDP that nobody serves, as a rule.
const CLOSED_PORT: u16 = 33_434;

/// How long names are waited for at the end, and an answer of another kind.
const MOMENT: Duration = Duration::from_secs(1);

/// Runs the trace to its end.
pub(super) async fn trace(args: &TraceArgs) -> Result<Exit, Failure> {
    let mut signals = crate::command::signals()?;
    let target = tokio::select! {
        target = target::resolve(args) => target?,
        signal = signals.next() => return Ok(signal.exit()),
    };
    let setting = target::setting(args, target)?;
    let clock = Clock::start();
    let (sender, replies) = channel(WAITING);
    let wire = Wire::open(&setting, clock, &sender)?;
    let other = Other::open(&setting);
    // The sockets are open: this thread, which reads what strangers send, needs no privilege any more.
    give_up_capabilities().map_err(|error| Failure::io("give up privileges", &error))?;
    let mut run = Run::new(args, setting, wire, clock, replies)?;
    run.begin()?;
    let signal = run.probe(&mut signals).await?;
    if run.has_no_reader {
        return Ok(Exit::Done);
    }
    run.trace.stop();
    let otherwise = match signal {
        None => run.wait_for_the_rest(other, &mut signals).await,
        Some(_) => None,
    };
    let exit = run.end(signal, otherwise)?;
    run.close()?;
    Ok(exit)
}

/// A socket for probes of another kind, for a target that does not answer these.
struct Other {
    wire: Wire,
    replies: Receiver<Reply>,
    otherwise: Otherwise,
}

impl Other {
    /// Opens it; `None` where this run may not.
    fn open(setting: &Setting) -> Option<Self> {
        let (method, otherwise) = match setting.method {
            Method::Icmp => {
                let what = "UDP to a port that nobody serves";
                (Method::Udp(CLOSED_PORT), Otherwise { what, flag: "without --icmp" })
            }
            _ => (Method::Icmp, Otherwise { what: "echo requests", flag: "--icmp" }),
        };
        let (sender, replies) = channel(WAITING);
        let setting = Setting { method, flows: 1, ..setting.clone() };
        let wire = Wire::open(&setting, Clock::start(), &sender).ok()?;
        Some(Self { wire, replies, otherwise })
    }

    /// Whether the target answers such probes, which go as far as the others.
    async fn ask(mut self, most: u8, signals: &mut Signals) -> Option<Otherwise> {
        let ask = async {
            for number in 0..2 {
                self.wire.send(&Probe { number, flow: 0, ttl: most, size: None }).ok()?;
                if timeout(MOMENT, self.arrives()).await.unwrap_or_default() {
                    return Some(self.otherwise);
                }
            }
            None
        };
        tokio::select! {
            found = ask => found,
            _ = signals.next() => None,
        }
    }

    /// Waits for an answer of the target; false where none can come any more.
    async fn arrives(&mut self) -> bool {
        while let Some(reply) = self.replies.recv().await {
            // A raw socket also hears what others have asked for.
            if reply.mark != Mark::Foreign && matches!(reply.says, Says::Arrived(_)) {
                return true;
            }
        }
        false
    }
}

/// A trace that runs.
struct Run<'a> {
    args: &'a TraceArgs,
    setting: Setting,
    wire: Wire,
    trace: Trace,
    clock: Clock,
    replies: Receiver<Reply>,
    names: Names,
    lookups: Lookups,
    live: Option<Live>,
    out: Output,
    /// Nobody reads standard output any more.
    has_no_reader: bool,
    /// It was said that probes cannot be sent.
    has_told_lack: bool,
}

impl<'a> Run<'a> {
    fn new(
        args: &'a TraceArgs,
        setting: Setting,
        wire: Wire,
        clock: Clock,
        replies: Receiver<Reply>,
    ) -> Result<Self, Failure> {
        let plan = target::plan(args, &setting, wire.source, wire.is_scattered());
        Ok(Self {
            args,
            setting,
            wire,
            trace: Trace::new(plan),
            clock,
            replies,
            names: Names::new(),
            lookups: Lookups::new(!args.numeric),
            live: if args.json || args.plain { None } else { Live::open() },
            out: Output::standard().map_err(|error| Failure::io("write standard output", &error))?,
            has_no_reader: false,
            has_told_lack: false,
        })
    }

    /// Whether nothing says where the path ends.
    fn has_no_end(&self) -> bool {
        self.trace.flows().iter().all(|flow| flow.end().is_none() && flow.comes_again().is_none())
    }

    /// Says what is traced.
    fn begin(&mut self) -> Result<(), Failure> {
        if self.args.json {
            let line = event::start(&self.start()).into_line();
            return self.tell(&line);
        }
        let head = self.head();
        if self.live.is_none() {
            self.tell(&format!("{head}\n"))?;
        }
        if self.wire.is_scattered() {
            console::note(
                "without CAP_NET_RAW each TCP probe is a connection with a port of its own: where routers balance \
                 their load, paths mix",
            );
        }
        Ok(())
    }

    fn start(&self) -> Start<'_> {
        let (method, port) = match self.setting.method {
            Method::Udp(port) => ("udp", Some(port)),
            Method::Icmp => ("icmp", None),
            Method::Tcp(port) => ("tcp", Some(port)),
        };
        Start {
            host: &self.args.host,
            target: self.setting.target.ip(),
            source: self.wire.source,
            method,
            port,
            plan: self.trace.plan(),
        }
    }

    fn head(&self) -> String {
        let start = self.start();
        let host = escape(start.host.as_bytes(), 80).to_string();
        let address = start.target.to_string();
        let to = if host == address { address } else { format!("{host} ({address})") };
        let how = match (start.method, start.port) {
            ("udp", Some(port)) => format!("UDP port {port}"),
            (_, Some(port)) => format!("TCP port {port}"),
            _ => "ICMP echo".to_owned(),
        };
        format!("trace to {to} from {}, {how}; times in ms", start.source)
    }

    /// Probes until all is known, or a signal comes.
    async fn probe(&mut self, signals: &mut Signals) -> Result<Option<Signal>, Failure> {
        loop {
            while let Ok(reply) = self.replies.try_recv() {
                self.take(&reply)?;
            }
            if self.has_no_reader {
                return Ok(None);
            }
            let until = match self.trace.step(self.clock.now()) {
                Step::Done => return Ok(None),
                Step::Send(probe) => {
                    let now = self.clock.now();
                    match self.wire.send(&probe)? {
                        Sent::Yes => self.trace.sent(probe.number, now),
                        Sent::TooLarge(mtu) => self.trace.too_large_here(probe.number, mtu),
                    }
                    self.tell_lack();
                    continue;
                }
                Step::Wait(until) => self.clock.instant(until),
            };
            let wake = self.wake(until);
            tokio::select! {
                biased;
                signal = signals.next() => return Ok(Some(signal)),
                Some(reply) = self.replies.recv() => self.take(&reply)?,
                (address, name) = self.lookups.next() => self.named(address, name),
                () = sleep_until(wake.into()) => self.draw(),
            }
        }
    }

    /// Says once why probes are not sent, where that is so.
    fn tell_lack(&mut self) {
        let Some(lack) = self.wire.lack().filter(|_| !self.has_told_lack) else { return };
        self.has_told_lack = true;
        // A terminal that is gone is noticed with the next frame.
        let _ = self.live.as_mut().map(Live::make_way);
        let hint = if lack.lacks_descriptors() { "; `ulimit -n` sets how many it may open" } else { "" };
        console::note(format_args!("some probes cannot be sent, and count as lost: {}{hint}", lack.message));
    }

    /// When there is something to do: a probe, or a frame.
    fn wake(&self, until: Instant) -> Instant {
        self.live.as_ref().map_or(until, |live| until.min(live.due()))
    }

    fn take(&mut self, reply: &Reply) -> Result<(), Failure> {
        let Some(placed) = self.trace.answer(reply) else { return Ok(()) };
        self.lookups.ask(reply.from);
        if self.args.json {
            self.tell(&event::answer(reply, &placed).into_line())?;
        }
        Ok(())
    }

    fn named(&mut self, address: std::net::IpAddr, name: Option<String>) {
        if let Some(name) = name {
            self.names.insert(address, name);
        }
    }

    /// Prints, unless nobody reads any more. A reader that stalls is not waited for: what it does not take is kept, up
    /// to a limit, and signals are heard meanwhile.
    fn tell(&mut self, text: &str) -> Result<(), Failure> {
        self.out.push(text);
        let written = self.out.write();
        self.told(written)
    }

    fn told(&mut self, written: io::Result<()>) -> Result<(), Failure> {
        match written {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => {
                self.has_no_reader = true;
                Ok(())
            }
            outcome => outcome.map_err(|error| Failure::io("write standard output", &error)),
        }
    }

    /// Waits for names, and asks a target that says nothing in another way.
    async fn wait_for_the_rest(&mut self, other: Option<Other>, signals: &mut Signals) -> Option<Otherwise> {
        self.wait_for_names(signals).await;
        let other = other.filter(|_| self.has_no_end())?;
        other.ask(self.trace.plan().most, signals).await
    }

    /// The names that are still looked up, for a moment.
    async fn wait_for_names(&mut self, signals: &mut Signals) {
        let all = async {
            while self.lookups.waiting() > 0 {
                let (address, name) = self.lookups.next().await;
                self.names.extend(name.map(|name| (address, name)));
            }
        };
        tokio::select! {
            _ = timeout(MOMENT, all) => {}
            _ = signals.next() => {}
        }
    }

    /// Draws the table, if it is time.
    fn draw(&mut self) {
        let head = self.head();
        let (trace, names) = (&self.trace, &self.names);
        let Some(live) = &mut self.live else { return };
        let drawn = live.draw(Instant::now(), |size| {
            [vec![head], show::table(trace, names, Some(size.columns))].concat()
        });
        if drawn.is_err() {
            self.live = None;
            self.has_no_reader = true;
        }
    }

    /// Sums up.
    fn end(&mut self, signal: Option<Signal>, otherwise: Option<Otherwise>) -> Result<Exit, Failure> {
        let verdict = Verdict::of(&self.trace, self.wire.source, otherwise);
        let exit = match signal {
            Some(signal) if !self.args.watch => signal.exit(),
            _ => verdict.exit,
        };
        if self.args.json {
            self.tell_events(&verdict, exit)?;
        } else {
            self.show(&verdict)?;
        }
        Ok(exit)
    }

    /// Waits for the reader of standard output, for a moment.
    fn close(&mut self) -> Result<(), Failure> {
        let closed = self.out.close(MOMENT);
        self.told(closed)
    }

    /// What it came to, for programs.
    fn tell_events(&mut self, verdict: &Verdict, exit: Exit) -> Result<(), Failure> {
        let mut events = event::hops(&self.trace, &self.names);
        events.extend(self.trace.mtu().map(event::mtu));
        events.extend(event::findings(verdict));
        events.push(event::summary(&self.trace, verdict, self.clock.now().as_secs_f64(), exit as u8));
        let text: String = events.into_iter().map(Event::into_line).collect();
        self.tell(&text)
    }

    /// The same for people: the table, and the words below it.
    fn show(&mut self, verdict: &Verdict) -> Result<(), Failure> {
        let head = self.head();
        let lines = |width: Option<usize>| {
            let mut lines = show::table(&self.trace, &self.names, width);
            lines.push(String::new());
            lines.extend(show::words(&self.trace, verdict, width));
            lines
        };
        if let Some(live) = self.live.take() {
            let frame = |size: Size| [vec![head], lines(Some(size.columns))].concat();
            // A terminal that is gone shows nothing more.
            let _ = live.end(frame);
            return Ok(());
        }
        let text = lines(width_of_output()).join("\n") + "\n";
        self.tell(&text)
    }
}

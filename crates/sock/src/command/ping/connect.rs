//! Probes that connect to an endpoint, each phase timed: lookup, connection, and the handshake of TLS.

use super::Plan;
use super::outcome::{Answer, Reply, Trouble};
use super::report::Report;
use super::streams::{Outcome, Streams};
use super::target::Target;
use crate::cli::PingArgs;
use crate::endpoint::Role;
use crate::exit::{Exit, Failure};
use crate::open::host::LoneHost;
use crate::open::{self, Terms, phased};
use crate::probe::open::Setting;
use crate::quantity::Period;

/// Connects to all endpoints, and sums up. `hosts` of the hosts are endpoints.
pub(super) fn run(args: &PingArgs, hosts: usize) -> Result<Exit, Failure> {
    refuse_what_cannot_act(args, hosts)?;
    let texts: Vec<&String> = args.hosts.iter().chain(&args.connect).collect();
    let targets = texts.iter().map(|text| Target::new(text, None)).collect();
    let plan = Plan {
        interval: args.interval.on_a_clock(),
        count: args.count,
        timeout: args.timeout.on_a_clock(),
        deadline: args.deadline.map(|deadline| deadline.0),
        size: 0,
        setting: Setting::default(),
        questions: Vec::new(),
        silence: None,
    };
    let endpoints = texts.into_iter().map(|text| {
        let endpoint = open::parse(text, Role::Connect).map_err(Failure::misuse)?;
        open::listen::check_family(&endpoint, args.family.chosen())?;
        if endpoint.scheme.row().socket.is_none() {
            let message = format!("{text}: there is nothing to connect to");
            return Err(Failure::misuse(message).hint("--connect is for sockets, as in tcp://HOST:PORT"));
        }
        Ok(endpoint)
    });
    let endpoints = endpoints.collect::<Result<Vec<_>, _>>()?;
    let mut report = Report::new(args, targets, None)?;
    let terms =
        Terms { family: args.family.chosen(), timeout: Some(Period(plan.timeout)), ..Terms::default() };
    crate::command::on_a_runtime(probes(&plan, endpoints, terms, &mut report))?;
    report.end()
}

fn refuse_what_cannot_act(args: &PingArgs, hosts: usize) -> Result<(), Failure> {
    let others = || args.hosts.iter().filter(|host| !host.starts_with("tls:"));
    if hosts < args.hosts.len() {
        for other in others() {
            // An endpoint that stands where hosts do is not what the line is about.
            LoneHost::read(other, None, super::PORT_HINT, true)
                .map_err(|failure| super::endpoint_or(other, failure))?;
        }
        let host = others().map(String::as_str).next().unwrap_or_default();
        let message = format!("{host} is a host, and there are endpoints too: each kind is asked by itself");
        return Err(Failure::misuse(message).hint("run sock ping once for hosts, and once for endpoints"));
    }
    let given = [
        (args.tcp.is_some(), "--tcp"),
        (args.udp.is_some(), "--udp"),
        (args.arp, "--arp"),
        (args.size.is_some(), "--size"),
        (args.ttl.is_some(), "--ttl"),
        (args.interface.is_some(), "--interface"),
    ];
    match given.iter().find(|(given, _)| *given) {
        Some((_, flag)) => Err(Failure::misuse(format_args!("{flag} cannot act on an endpoint"))),
        None => Ok(()),
    }
}

async fn probes(
    plan: &Plan,
    endpoints: Vec<crate::endpoint::Endpoint>,
    terms: Terms,
    report: &mut Report,
) -> Result<(), Failure> {
    let signals = crate::command::signals()?;
    let mut targets = Vec::new();
    for endpoint in endpoints {
        targets.push(open::Target::new(endpoint).await?);
    }
    let _ = rlimit::increase_nofile_limit(u64::MAX);
    let mut streams = Streams::new(report, plan, signals, "lookup, connection and handshake".to_owned());
    (0..targets.len()).for_each(|host| streams.start(host));
    streams
        .rounds(move |host, _| {
            let target = targets.get(host).cloned();
            async move { connected(target, terms).await }
        })
        .await
}

async fn connected(target: Option<open::Target>, terms: Terms) -> Outcome {
    let Some(target) = target else { return Ok(None) };
    match phased(&target, terms).await {
        Ok((from, phases)) => {
            let time =
                phases.connect + phases.lookup.unwrap_or_default() + phases.handshake.unwrap_or_default();
            let reply = Reply { from, bytes: None, ttl: None, answer: Answer::Connected(phases) };
            Ok(Some((reply, time)))
        }
        Err(failure) if failure.exit == Exit::Timeout => Ok(None),
        Err(failure) => Err(Trouble::Local(failure.message)),
    }
}

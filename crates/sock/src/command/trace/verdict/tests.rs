//! What is said of traces that are played by the machine.

use std::time::Duration;

use super::super::machine::{Plan, Probe, Reply, Step};
use super::super::mark::Mark;
use super::super::says::unreachable;
use super::*;
use crate::probe::icmp::Version;

const MS: Duration = Duration::from_millis(1);

fn router(hop: u8) -> IpAddr {
    IpAddr::from([10, 0, hop, 1])
}

fn source() -> IpAddr {
    IpAddr::from([10, 0, 0, 1])
}

fn target() -> IpAddr {
    IpAddr::from([10, 9, 9, 9])
}

/// An answer: who says what, and the TTL that its packet has left.
type Back = Option<(IpAddr, Says, u8)>;

/// The trace of a path, 20 probes a hop, and what is said of it.
fn verdict(flows: usize, otherwise: Option<Otherwise>, path: impl FnMut(&Probe) -> Back) -> Verdict {
    verdict_of(Plan { flows, ..plan() }, otherwise, path)
}

fn plan() -> Plan {
    Plan {
        target: target(),
        first: 1,
        most: 8,
        probes: 20,
        flows: 1,
        patience: Some(MS * 500),
        watch: None,
        target_limits: true,
        mtu: Some((1500, 68)),
    }
}

fn verdict_of(plan: Plan, otherwise: Option<Otherwise>, mut path: impl FnMut(&Probe) -> Back) -> Verdict {
    let mut trace = Trace::new(plan);
    let mut now = Duration::ZERO;
    loop {
        match trace.step(now) {
            Step::Done => return Verdict::of(&trace, source(), otherwise),
            Step::Wait(moment) => now = moment,
            Step::Send(probe) => {
                let mark = Mark::Number(u16::try_from(probe.number & 0xffff).unwrap());
                if let Some((from, says, ttl)) = path(&probe) {
                    trace.answer(&Reply { flow: probe.flow, mark, from, says, at: now, ttl: Some(ttl) });
                }
            }
        }
    }
}

/// Four hops, the last of which is the target; answers come back the same way.
#[expect(clippy::unnecessary_wraps, reason = "others lose something")]
fn path(probe: &Probe) -> Back {
    let hop = probe.ttl.min(4);
    let back = 65 - hop;
    Some(match hop {
        4 => (target(), Says::Arrived(Arrival::Unreachable(unreachable(3))), back),
        hop => (router(hop), Says::Expired, back),
    })
}

fn said(verdict: &Verdict) -> Vec<&str> {
    verdict.findings.iter().map(|finding| finding.words.as_str()).collect()
}

const REACHED: &str = "reached after 4 hops: it answers that the UDP port is closed, as expected";

#[test]
fn a_sound_path_is_reached_and_nothing_else() {
    let verdict = verdict(1, None, path);
    assert_eq!((verdict.reached, verdict.distance, verdict.exit), (true, Some(4), Exit::Done));
    assert_eq!(said(&verdict), [REACHED]);
}

/// A path, what else the target answers, and what is said.
type Row = (fn(&Probe) -> Back, Option<Otherwise>, Exit, &'static [&'static str]);

#[test]
fn silence_is_told_by_where_it_is() {
    let echo = Some(Otherwise { what: "echo requests", flag: "--icmp" });
    let rows: [Row; 6] = [
        (
            |probe| if probe.ttl == 2 { None } else { path(probe) },
            None,
            Exit::Done,
            &[REACHED, "hop 2 does not send ICMP errors, or limits them; it does forward"],
        ),
        (
            |probe| if [2, 3].contains(&probe.ttl) { None } else { path(probe) },
            None,
            Exit::Done,
            &[REACHED, "hops 2 to 3 do not send ICMP errors, or limit them; they do forward"],
        ),
        (
            |probe| if probe.ttl > 2 { None } else { path(probe) },
            None,
            Exit::Timeout,
            &[
                "silence from hop 3 on: nothing came back from behind 10.0.2.1 (hop 2): a firewall there, or no \
                  route back",
            ],
        ),
        (
            |probe| if probe.ttl > 3 { None } else { path(probe) },
            echo,
            Exit::Timeout,
            &[
                "the target does not answer these probes, yet it answers echo requests: it is there; try --icmp",
            ],
        ),
        (
            |_| None,
            None,
            Exit::Timeout,
            &[
                "nothing came back at all: a firewall on this machine or before the first router, or no router",
            ],
        ),
        (
            |probe| Some((router(probe.ttl), Says::Expired, 65 - probe.ttl)),
            echo,
            Exit::Timeout,
            &["not reached within 8 hops: the path is longer; -m sets how many hops are tried"],
        ),
    ];
    for (path, otherwise, exit, words) in rows {
        let verdict = verdict(1, otherwise, path);
        assert_eq!((said(&verdict), verdict.exit), (words.to_vec(), exit));
    }
}

#[test]
fn refusals_say_who_and_why() {
    let rows = [
        (unreachable(13), "administratively prohibited, says 10.0.2.1 (hop 3): a firewall or a policy there"),
        (unreachable(1), "host unreachable, says 10.0.2.1 (hop 3): the target does not answer on its link"),
        (unreachable(0), "network unreachable, says 10.0.2.1 (hop 3): it has no route to the target"),
        (unreachable(2), "protocol unreachable, says 10.0.2.1 (hop 3)"),
        (Reason::new(Version::V4, None, 12, 2), "parameter problem, bad length, says 10.0.2.1 (hop 3)"),
    ];
    for (reason, want) in rows {
        let verdict = verdict(1, None, |probe| match probe.ttl {
            1 | 2 => path(probe),
            _ => Some((router(2), Says::Refused(reason), 63)),
        });
        assert_eq!((said(&verdict), verdict.exit), (vec![want], Exit::Unreachable));
    }
}

#[test]
fn loss_is_the_paths_where_it_goes_on_and_the_routers_where_it_does_not() {
    // Of the probes to a hop each of so many is lost.
    let losing = |hops: std::ops::RangeInclusive<u8>, every: u32| {
        let mut counts = [0_u32; 9];
        move |probe: &Probe| {
            let count = &mut counts[usize::from(probe.ttl)];
            *count += u32::from(probe.size.is_none());
            let is_lost = hops.contains(&probe.ttl) && *count % every == 3 && probe.size.is_none();
            if is_lost { None } else { path(probe) }
        }
    };
    let rows = [
        (
            2..=2,
            4,
            "hop 2 left out 5 answers but later hops did not: it limits its answers; no packets are lost there",
        ),
        (
            3..=3,
            10,
            "hop 3 left out 2 answers but later hops did not: too few probes to tell loss on the way from a limit of \
             its answers (-q sends more)",
        ),
        (
            2..=8,
            4,
            "25 % of the answers are missing from hop 2 on: packets are lost at or before it, or each hop limits its \
             answers (another trace at the same time?)",
        ),
        (4..=8, 4, "hop 4 loses 25 % of the probes: loss on the way to it, or it limits its answers"),
    ];
    for (hops, every, want) in rows {
        let verdict = verdict(1, None, losing(hops.clone(), every));
        assert_eq!(said(&verdict), [REACHED, want], "{hops:?}");
    }
}

#[test]
fn a_loop_is_told_and_nothing_else() {
    let verdict = verdict(1, None, |probe| Some((router(1 + probe.ttl % 2), Says::Expired, 64)));
    assert_eq!(said(&verdict), ["a routing loop: 10.0.2.1 comes again, at hops 1, 3, 5, 7"]);
    assert_eq!(verdict.exit, Exit::Unreachable);
}

#[test]
fn another_way_back_is_told_once() {
    let rows = [(61, None), (60, None), (59, Some(6)), (250, Some(6)), (128, Some(1)), (64, Some(1))];
    for (ttl, back) in rows {
        let verdict = verdict(1, None, |probe| {
            path(probe).map(|(from, says, same)| (from, says, if probe.ttl >= 4 { ttl } else { same }))
        });
        let want = back.map(|back| {
            let hops = if back == 1 { "1 hop".to_owned() } else { format!("{back} hops") };
            format!("answers of hop 4 (10.9.9.9) seem to return over {hops}: the return path differs")
        });
        assert_eq!(said(&verdict)[1..], want.iter().map(String::as_str).collect::<Vec<_>>(), "TTL {ttl}");
    }
}

#[test]
fn the_mtu_is_told_with_its_place() {
    let step = |probe: &Probe| match probe.size {
        Some(size) if size > 1400 && probe.ttl > 2 => Some((router(2), Says::TooBig(1400), 63)),
        _ => path(probe),
    };
    let hole = |probe: &Probe| match probe.size {
        Some(size) if size > 1400 && probe.ttl > 2 => None,
        _ => path(probe),
    };
    assert_eq!(
        said(&verdict(1, None, step)),
        [REACHED, "the MTU becomes 1400 bytes behind 10.0.2.1 (hop 2), which says so"]
    );
    let words = "packets of 1401 bytes and more vanish between hop 2 and hop 3, and no router says so (an MTU black \
                 hole); 1400 bytes pass";
    assert_eq!(said(&verdict(1, None, hole)), [REACHED, words]);
}

#[test]
fn what_one_flow_alone_shows_says_which() {
    let verdict = verdict(3, None, |probe| match (probe.flow, probe.ttl) {
        (1, 2) => Some((router(20), Says::Expired, 63)),
        (2, 2) => None,
        _ => path(probe),
    });
    let want = [
        REACHED,
        "flow 3: hop 2 does not send ICMP errors, or limits them; it does forward",
        "the paths part before hop 2, 2 ways at hop 2, and join again behind it",
    ];
    assert_eq!(said(&verdict), want);
}

#[test]
fn a_target_at_the_first_hop_that_was_probed_may_be_nearer() {
    let closed = "it answers that the UDP port is closed, as expected";
    let rows = [
        (3, "reached after 4 hops", Some(4)),
        (4, "reached at hop 4, the first that was probed; it may be nearer", None),
        (6, "reached at hop 6, the first that was probed; it may be nearer", None),
    ];
    for (first, want, distance) in rows {
        let verdict = verdict_of(Plan { first, mtu: None, ..plan() }, None, |probe| {
            let back = 65 - probe.ttl;
            path(probe).map(|(from, says, _)| (from, says, back))
        });
        assert_eq!((verdict.reached, verdict.distance, verdict.exit), (true, distance, Exit::Done));
        assert_eq!(said(&verdict), [format!("{want}: {closed}")]);
    }
}

#[test]
fn this_machine_says_itself_that_nobody_answers_on_the_link() {
    let verdict = verdict(1, None, |_| Some((source(), Says::Refused(unreachable(1)), 64)));
    assert_eq!(
        said(&verdict),
        ["host unreachable, says this machine (10.0.0.1): no answer to ARP from 10.9.9.9"]
    );
}

#[test]
fn a_port_that_is_unreachable_is_closed_of_udp_alone() {
    let verdict = verdict_of(Plan { target_limits: false, mtu: None, ..plan() }, None, path);
    assert_eq!(said(&verdict), ["reached after 4 hops: it says port unreachable"]);
}

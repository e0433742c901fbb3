//! The machine against paths that are made up: what is sent when, and what is known in the end.

use super::super::says::{Arrival, unreachable};
use super::*;

const MS: Duration = Duration::from_millis(1);
const CLOSED: Says = Says::Arrived(Arrival::Unreachable(unreachable(3)));

fn router(hop: u8) -> IpAddr {
    IpAddr::from([10, 0, hop, 1])
}

fn target() -> IpAddr {
    IpAddr::from([10, 9, 9, 9])
}

fn plan() -> Plan {
    Plan {
        target: target(),
        first: 1,
        most: 30,
        probes: 3,
        flows: 1,
        patience: None,
        watch: None,
        target_limits: true,
        mtu: None,
    }
}

/// What comes back of a probe, and after how long.
type Back = Option<(Duration, IpAddr, Says)>;

/// What was sent when, and when it was over.
struct Played {
    trace: Trace,
    sent: Vec<(Duration, Probe)>,
    end: Duration,
}

impl Played {
    /// Plays the trace on a path, whose quotes are `bare` or whole, until it is done or `limit` has come.
    fn until(limit: Duration, plan: Plan, bare: bool, mut path: impl FnMut(&Probe) -> Back) -> Self {
        Self::with(limit, plan, |_, probe| path(probe).map(|back| (back, bare)))
    }

    /// The same with answers that depend on the time, and each of which says whether its quote is bare.
    fn with(
        limit: Duration,
        plan: Plan,
        mut path: impl FnMut(Duration, &Probe) -> Option<((Duration, IpAddr, Says), bool)>,
    ) -> Self {
        let mut trace = Trace::new(plan);
        let (mut now, mut sent, mut coming) = (Duration::ZERO, Vec::new(), Vec::<Reply>::new());
        for _ in 0..1_000_000 {
            coming.sort_by_key(|reply| reply.at);
            while coming.first().is_some_and(|reply| reply.at <= now) {
                trace.answer(&coming.remove(0));
            }
            match trace.step(now) {
                Step::Done => return Self { trace, sent, end: now },
                Step::Send(probe) => {
                    sent.push((now, probe));
                    coming.extend(path(now, &probe).map(|((after, from, says), bare)| {
                        let number = u16::try_from(probe.number).unwrap();
                        let mark = if bare { Mark::Bare } else { Mark::Number(number) };
                        Reply { flow: probe.flow, mark, from, says, at: now + after, ttl: None }
                    }));
                }
                Step::Wait(moment) => {
                    let next = coming.iter().map(|reply| reply.at).min();
                    let moment = next.map_or(moment, |next| next.min(moment));
                    assert!(moment > now, "it waits for a moment that has passed: {moment:?} at {now:?}");
                    now = moment;
                    if now >= limit {
                        return Self { trace, sent, end: now };
                    }
                }
            }
        }
        panic!("it does not end: {:?}", &sent[sent.len() - 20..]);
    }

    fn on(plan: Plan, path: impl FnMut(&Probe) -> Back) -> Self {
        Self::until(Duration::from_secs(600), plan, false, path)
    }

    /// Of each hop the sent, the answered, the lost.
    fn counts(&self) -> Vec<(u8, u64, u64, u64)> {
        self.trace.flows()[0].hops().map(|(ttl, hop)| (ttl, hop.sent, hop.answered, hop.lost)).collect()
    }

    fn addresses(&self, flow: usize) -> Vec<Option<IpAddr>> {
        self.trace.flows()[flow].hops().map(|(_, hop)| hop.first()).collect()
    }

    fn to(&self, ttl: u8) -> Vec<Duration> {
        self.sent.iter().filter(|(_, probe)| probe.ttl == ttl).map(|(at, _)| *at).collect()
    }
}

/// A path with so many hops, the last of which is the target, and ten milliseconds between two.
fn path(length: u8) -> impl Fn(&Probe) -> Back {
    move |probe| {
        let hop = probe.ttl.min(length);
        let (from, says) = if hop == length { (target(), CLOSED) } else { (router(hop), Says::Expired) };
        Some((MS * 10 * u32::from(hop), from, says))
    }
}

#[test]
fn each_hop_gets_its_probes_and_no_more() {
    for length in [1, 2, 4, 5, 12, 30] {
        for probes in [1, 2, 3, 5, 10] {
            let played = Played::on(Plan { probes, ..plan() }, path(length));
            let want: Vec<_> = (1..=length).map(|ttl| (ttl, probes, probes, 0)).collect();
            assert_eq!(played.counts(), want, "{length} hops, {probes} probes");
            let beyond = played.sent.iter().filter(|(_, probe)| probe.ttl > length).count();
            // What waits at the edge when the target shows itself, and what a long round trip has let through.
            assert!(beyond < 2 * usize::from(WINDOW), "{length} hops, {probes} probes: {beyond} beyond");
        }
    }
}

#[test]
fn the_first_and_the_last_hop_may_be_any() {
    for (first, most, length) in [(3, 30, 6), (6, 6, 6), (250, 255, 255), (255, 255, 255), (255, 255, 9)] {
        let played = Played::on(Plan { first, most, flows: 2, ..plan() }, path(length));
        let last = length.max(first).min(most);
        let want: Vec<_> = (first..=last).map(|ttl| (ttl, 3, 3, 0)).collect();
        assert_eq!(played.counts(), want, "{first} to {most}");
        let end = played.trace.flows()[1].end().map(|end| end.ttl);
        assert_eq!(end, Some(last), "{first} to {most}");
    }
}

#[test]
fn hops_are_asked_together() {
    let played = Played::on(plan(), path(12));
    // One after the other would take three times 10 + 20 + ... + 120 ms.
    assert!(played.end < MS * 600, "{:?}", played.end);
    let first: Vec<u8> = played.sent.iter().take(4).map(|(_, probe)| probe.ttl).collect();
    assert_eq!(first, [1, 2, 3, 4]);
    assert!(played.sent[3].0 < MS * 10, "before the first answer came");
}

#[test]
fn no_router_is_asked_faster_than_it_answers() {
    let played = Played::on(Plan { probes: 12, ..plan() }, path(3));
    for ttl in 1..=3 {
        let times = played.to(ttl);
        for window in times.windows(7) {
            assert!(window[0] + Duration::from_secs(1) <= window[6], "hop {ttl}: {times:?}");
        }
    }
    // A target that answers by other means has no limit of that kind.
    let played = Played::on(Plan { probes: 12, target_limits: false, ..plan() }, path(1));
    assert!(played.end < Duration::from_secs(1), "{:?}", played.end);
}

#[test]
fn a_silent_hop_is_waited_for_shortly_and_a_silent_end_long() {
    let silent = |probe: &Probe| if probe.ttl == 2 { None } else { path(4)(probe) };
    let played = Played::on(plan(), silent);
    assert_eq!(played.counts(), [(1, 3, 3, 0), (2, 3, 0, 3), (3, 3, 3, 0), (4, 3, 3, 0)]);
    assert!(played.end < MS * 1500, "{:?}", played.end);

    let dead = |probe: &Probe| if probe.ttl > 2 { None } else { path(4)(probe) };
    let played = Played::on(Plan { most: 8, ..plan() }, dead);
    assert_eq!(
        played.counts()[2..],
        [(3, 3, 0, 3), (4, 3, 0, 3), (5, 3, 0, 3), (6, 3, 0, 3), (7, 3, 0, 3), (8, 3, 0, 3)]
    );
    assert!(played.end > LONG && played.end < LONG + MS * 2000, "{:?}", played.end);

    let given = Plan { patience: Some(MS * 300), most: 8, ..plan() };
    assert!(Played::on(given, dead).end < MS * 1000);
}

#[test]
fn a_late_answer_is_no_loss() {
    let slow = |probe: &Probe| {
        let (after, from, says) = path(3)(probe)?;
        Some((if probe.ttl == 1 && probe.number < 4 { MS * 1200 } else { after }, from, says))
    };
    let played = Played::on(Plan { probes: 8, ..plan() }, slow);
    assert_eq!(played.counts()[0], (1, 8, 8, 0));
}

#[test]
fn a_refusal_ends_the_path() {
    let refused = |probe: &Probe| match probe.ttl {
        1 => Some((MS, router(1), Says::Expired)),
        _ => Some((MS, router(1), Says::Refused(unreachable(13)))),
    };
    let played = Played::on(plan(), refused);
    let end = played.trace.flows()[0].end().unwrap();
    assert_eq!((end.ttl, end.router, end.is_target()), (2, router(1), false));
    assert_eq!(played.counts(), [(1, 3, 3, 0), (2, 3, 3, 0)]);
}

#[test]
fn a_loop_is_not_followed_to_the_last_hop() {
    let round = |probe: &Probe| {
        let hop = if probe.ttl == 1 { 1 } else { 2 + probe.ttl % 2 };
        Some((MS * 10 * u32::from(probe.ttl), router(hop), Says::Expired))
    };
    let played = Played::on(plan(), round);
    let farthest = played.sent.iter().map(|(_, probe)| probe.ttl).max().unwrap();
    assert!((6..=12).contains(&farthest), "{farthest}");
    let (address, ttls) = played.trace.flows()[0].comes_again().unwrap();
    assert_eq!((address, &ttls[..3]), (router(2), &[2, 4, 6][..]));
}

#[test]
fn a_router_that_says_little_is_found_where_it_is() {
    // One answer a second, and none in the first: each probe ends there, and few are answered.
    for hop in [1, 3] {
        let mut next = MS * 1000;
        let played = Played::with(Duration::from_secs(60), plan(), |now, probe| {
            let refuses = probe.ttl >= hop;
            if refuses && now < next {
                return None;
            }
            next = if refuses { now + MS * 1000 } else { next };
            let says = if refuses { Says::Refused(unreachable(1)) } else { Says::Expired };
            Some(((MS, router(probe.ttl.min(hop)), says), false))
        });
        assert_eq!(played.trace.flows()[0].end().map(|end| end.ttl), Some(hop), "at {:?}", played.end);
    }
}

#[test]
fn what_is_still_on_its_way_at_the_end_is_not_lost() {
    let watch = Plan { watch: Some(Duration::from_secs(1)), ..plan() };
    let slow = |probe: &Probe| path(3)(probe).map(|(_, from, says)| (MS * 400, from, says));
    let mut played = Played::until(MS * 3100, watch, false, slow);
    assert!(played.counts().iter().any(|(_, sent, answered, _)| sent > answered), "{:?}", played.counts());
    played.trace.stop();
    for (ttl, sent, answered, lost) in played.counts() {
        assert_eq!((sent, lost), (answered, 0), "hop {ttl}");
    }
}

#[test]
fn a_watched_path_is_asked_once_a_second() {
    let watch = Plan { watch: Some(Duration::from_secs(1)), ..plan() };
    let played = Played::until(Duration::from_secs(20), watch, false, path(3));
    for ttl in 1..=3 {
        let times = played.to(ttl);
        assert!((19..=21).contains(&times.len()), "hop {ttl}: {times:?}");
    }
}

#[test]
fn a_path_that_becomes_longer_is_followed() {
    let mut count = 0;
    let watch = Plan { watch: Some(Duration::from_secs(1)), ..plan() };
    let played = Played::until(Duration::from_secs(20), watch, false, |probe| {
        count += 1;
        path(if count < 20 { 3 } else { 5 })(probe)
    });
    assert_eq!(played.trace.flows()[0].end().map(|end| end.ttl), Some(5));
    assert_eq!(played.addresses(0)[4], Some(target()));
}

#[test]
fn flows_are_kept_apart_and_the_limit_is_the_routers() {
    let ways = |probe: &Probe| match (probe.ttl, probe.flow) {
        (2, flow) => Some((MS, router(20 + u8::try_from(flow % 2).unwrap()), Says::Expired)),
        _ => path(4)(probe),
    };
    let played = Played::on(Plan { flows: 4, probes: 2, ..plan() }, ways);
    for flow in 0..4 {
        let second = router(20 + u8::try_from(flow % 2).unwrap());
        let want = [Some(router(1)), Some(second), Some(router(3)), Some(target())];
        assert_eq!(played.addresses(flow), want, "flow {flow}");
    }
    let times = played.to(1);
    assert_eq!(times.len(), 8);
    assert!(times.windows(7).all(|window| window[0] + Duration::from_secs(1) <= window[6]), "{times:?}");
}

#[test]
fn bare_quotes_are_placed_by_asking_one_hop_at_a_time() {
    // Answers that come before the next probe goes, soon after, and much later.
    for divisor in [100, 10, 3, 1] {
        let quick = |probe: &Probe| path(5)(probe).map(|(after, from, says)| (after / divisor, from, says));
        let played = Played::until(Duration::from_secs(600), plan(), true, quick);
        let want: Vec<_> = (1..=4).map(|hop| Some(router(hop))).chain([Some(target())]).collect();
        assert_eq!(played.addresses(0), want, "1/{divisor}");
        assert_eq!(played.trace.flows()[0].end().map(|end| end.ttl), Some(5), "1/{divisor}");
        for (ttl, sent, answered, lost) in played.counts() {
            assert_eq!((sent, answered, lost), (3, 3, 0), "hop {ttl}, 1/{divisor}");
        }
    }
}

#[test]
fn one_router_with_bare_quotes_among_others_is_placed() {
    for bare in 1..=4 {
        let played = Played::with(Duration::from_secs(60), plan(), |_, probe| {
            path(5)(probe).map(|back| (back, back.1 == router(bare)))
        });
        let hop = played.trace.flows()[0].hop(bare).unwrap();
        assert_eq!((hop.first(), hop.sent, hop.answered), (Some(router(bare)), 3, 3), "router {bare}");
        assert_eq!(played.trace.flows()[0].end().map(|end| end.ttl), Some(5), "router {bare}");
        assert!(played.end < Duration::from_secs(60), "router {bare}: {:?}", played.trace);
    }
}

#[test]
fn an_answer_to_nothing_is_nothing() {
    let mut trace = Trace::new(plan());
    let Step::Send(probe) = trace.step(Duration::ZERO) else { panic!("it begins with a probe") };
    let reply = |mark, flow| Reply { flow, mark, from: router(1), says: Says::Expired, at: MS, ttl: None };
    for (mark, flow) in [(Mark::Foreign, 0), (Mark::Number(99), 0), (Mark::Number(0), 7), (Mark::Bare, 9)] {
        assert_eq!(trace.answer(&reply(mark, flow)), None, "{mark:?} of flow {flow}");
    }
    let placed = trace.answer(&reply(Mark::Number(0), 0));
    assert_eq!(placed, Some(Placed { probe, time: MS }));
    assert_eq!(trace.answer(&reply(Mark::Number(0), 0)), None, "the same again");
}

#[test]
fn the_mtu_is_found_once_the_path_is_known() {
    let path = |probe: &Probe| match probe.size {
        Some(size) if size > 1400 && probe.ttl > 2 => Some((MS, router(2), Says::TooBig(1400))),
        _ => path(4)(probe),
    };
    let played = Played::on(Plan { mtu: Some((1500, 68)), ..plan() }, path);
    let found = played.trace.mtu().unwrap();
    assert_eq!((found.mtu, found.steps[0].router, found.steps[0].mtu), (Some(1400), router(2), 1400));
    let large: Vec<_> = played.sent.iter().filter_map(|(_, probe)| probe.size).collect();
    assert_eq!(large, [1500, 1400]);
    assert!(played.counts().iter().all(|(_, sent, answered, _)| (*sent, *answered) == (3, 3)));
}

#[test]
fn the_last_ttl_of_all_is_asked_alone_too() {
    // Silence at 254, and every other answer at 255: whether the end is nearer is in doubt.
    let mut asked = 0;
    let played = Played::on(Plan { first: 254, most: 255, ..plan() }, |probe| {
        asked += usize::from(probe.ttl == 255);
        (probe.ttl == 255 && asked % 2 == 0).then_some((MS * 20, target(), CLOSED))
    });
    assert_eq!(played.trace.flows()[0].end().map(|end| end.ttl), Some(255));
}

#[test]
fn a_router_with_a_new_address_each_time_does_not_keep_it_for_ever() {
    let mut address = 0_u32;
    let played = Played::until(Duration::from_secs(4_000), plan(), true, |probe| {
        address += 1;
        let stranger = IpAddr::from((0x0a64_0000 + address).to_be_bytes());
        (probe.ttl == 2).then_some((MS * 700, stranger, Says::Expired))
    });
    let limit = Duration::from_secs(300);
    assert!(played.end < limit, "{:?}, {} probes", played.end, played.sent.len());
}

#[test]
fn strangers_take_no_more_memory_than_some() {
    let mut address = 0_u32;
    let watched = Plan { watch: Some(MS * 1000), most: 1, probes: 1, ..plan() };
    let played = Played::until(Duration::from_secs(2_000), watched, true, |probe| {
        address += 1;
        let stranger = IpAddr::from((0x0a64_0000 + address).to_be_bytes());
        (probe.ttl == 1).then_some((MS, stranger, Says::Expired))
    });
    let flow = &played.trace.flows()[0];
    assert!(address > 500 && flow.bare.len() <= MOST_STRANGERS, "{address} {}", flow.bare.len());
}

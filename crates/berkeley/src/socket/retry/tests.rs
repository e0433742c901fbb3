//! The rule as tables: what happens, when, and what is to follow.

use super::*;
use Event::{Closed, Elapsed, Failed, Interrupted, Paused, Progressed, Ready};
use Interest as I;

const AGAIN: Event = Failed(Errno::AGAIN.as_raw());
const INTR: Event = Failed(Errno::INTR.as_raw());
const INPROGRESS: Event = Failed(Errno::INPROGRESS.as_raw());
const ALREADY: Event = Failed(Errno::ALREADY.as_raw());
const ISCONN: Event = Failed(Errno::ISCONN.as_raw());
const PIPE: Event = Failed(32);
const NONBLOCKING: Event = Event::Mode(Mode::Nonblocking);
const BLOCKING: Event = Event::Mode(Mode::Blocking);
const LIMITED: Event = Event::Mode(Mode::Limited);

/// A step, its moments in ms from the first event on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Want {
    Call,
    Finish,
    /// Until then; without end for `None`.
    Wait(Option<u64>),
    Pause(u64),
    Ask,
    Failed,
    TimedOut,
    Closed,
}

/// What happens, when in ms, and what is to follow.
type Row = (Event, u64, Want);

const fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

/// As the table has it, `start` being the moment 0.
fn seen(step: Step, start: Instant) -> Want {
    match step {
        Step::Call => Want::Call,
        Step::Finish => Want::Finish,
        Step::Wait(interest, deadline) => {
            assert_eq!(interest, I::READABLE);
            Want::Wait(deadline.left_at(start).map(|left| u64::try_from(left.as_millis()).unwrap()))
        }
        Step::Pause(pause) => Want::Pause(u64::try_from(pause.as_millis()).unwrap()),
        Step::Ask => Want::Ask,
        Step::Stop(Stop::Failed) => Want::Failed,
        Step::Stop(Stop::TimedOut) => Want::TimedOut,
        Step::Stop(Stop::Closed) => Want::Closed,
    }
}

#[track_caller]
fn play(name: &str, mut retry: Retry, rows: &[Row]) {
    let start = Instant::now();
    for (place, (event, at, want)) in rows.iter().enumerate() {
        let step = retry.next(*event, || start + ms(*at));
        assert_eq!(seen(step, start), *want, "{name}, event {place}: {event:?}");
    }
}

fn within(timeout: u64) -> Retry {
    Retry::new(I::READABLE, Some(ms(timeout)))
}

fn endless() -> Retry {
    Retry::new(I::READABLE, None)
}

/// The rows of `count` races that are lost at the moment `at`, each forgiven.
fn races(count: u8, at: u64, until: Option<u64>) -> Vec<Row> {
    (0..count).flat_map(|_| [(AGAIN, at, Want::Wait(until)), (Ready, at, Want::Call)]).collect()
}

#[test]
fn a_try_that_fails_is_followed_by_a_wait_and_a_try() {
    let until = Want::Wait(Some(100));
    let rows: &[(&str, Retry, &[Row])] = &[
        ("a timeout", within(100), &[(AGAIN, 0, until), (Ready, 60, Want::Call)]),
        ("another errno", within(100), &[(PIPE, 0, Want::Failed)]),
        (
            "another errno, later",
            within(100),
            &[(AGAIN, 0, until), (Ready, 9, Want::Call), (PIPE, 9, Want::Failed)],
        ),
        ("EINPROGRESS of no connection", within(100), &[(INPROGRESS, 0, Want::Failed)]),
        ("zero", within(0), &[(AGAIN, 0, Want::Failed)]),
        (
            "zero, a signal",
            within(0),
            &[(INTR, 0, Want::Call), (INTR, 900, Want::Call), (AGAIN, 900, Want::Failed)],
        ),
        ("never told", endless().never_blocks(), &[(AGAIN, 0, Want::Wait(None)), (Ready, 9999, Want::Call)]),
    ];
    for (name, retry, rows) in rows {
        play(name, retry.clone(), rows);
    }
}

#[test]
fn the_deadline_counts_from_the_first_event_and_nothing_restarts_it() {
    let until = Want::Wait(Some(100));
    let rows: &[(&str, Retry, &[Row])] = &[
        ("nothing comes", within(100), &[(AGAIN, 0, until), (Elapsed, 100, Want::TimedOut)]),
        ("a wait that ends early goes on", within(100), &[(AGAIN, 0, until), (Elapsed, 99, until)]),
        (
            "signals in the wait",
            within(100),
            &[
                (AGAIN, 0, until),
                (Interrupted, 40, until),
                (Interrupted, 80, until),
                (Interrupted, 120, Want::TimedOut),
            ],
        ),
        (
            "signals in the call",
            within(100),
            &[(INTR, 0, Want::Call), (INTR, 99, Want::Call), (INTR, 100, Want::TimedOut)],
        ),
        (
            "ready at the last moment, and taken by another",
            within(100),
            &[(AGAIN, 0, until), (Ready, 100, Want::Call), (AGAIN, 100, Want::TimedOut)],
        ),
        (
            "progress",
            within(100),
            &[
                (Progressed, 0, Want::Call),
                (AGAIN, 50, until),
                (Ready, 70, Want::Call),
                (Progressed, 100, Want::TimedOut),
            ],
        ),
        (
            "progress without a timeout",
            endless(),
            &[(Progressed, 0, Want::Call), (Progressed, 99_999, Want::Call)],
        ),
        ("progress with none at all", within(0), &[(Progressed, 0, Want::Call), (AGAIN, 9, Want::Failed)]),
    ];
    for (name, retry, rows) in rows {
        play(name, retry.clone(), rows);
    }
}

#[test]
fn a_deadline_that_was_given_bounds_it_too() {
    let start = Instant::now();
    let mut retry = Retry::until(I::READABLE, Deadline::at(start + ms(10)));
    assert_eq!(seen(retry.next(AGAIN, || start), start), Want::Wait(Some(10)));
    assert_eq!(seen(retry.next(Elapsed, || start + ms(10)), start), Want::TimedOut);
    play("never", Retry::until(I::READABLE, Deadline::NEVER), &[(AGAIN, 0, Want::Wait(None))]);
}

#[test]
fn a_misleading_poll_is_met_by_pauses_up_to_the_deadline() {
    let until = Want::Wait(Some(100));
    let mut rows = vec![(AGAIN, 0, until), (Ready, 0, Want::Call)];
    rows.extend(races(16, 0, Some(100)));
    let mut now = 0;
    for pause in [1, 2, 4, 8, 16, 32, 37] {
        rows.extend([(AGAIN, now, Want::Pause(pause))]);
        now += pause;
        if now < 100 {
            rows.extend([(Paused, now, until), (Ready, now, Want::Call)]);
        }
    }
    // What came in the last pause is taken; nothing follows that call.
    rows.extend([(Paused, 100, Want::Call), (AGAIN, 100, Want::TimedOut)]);
    play("races, then pauses", within(100), &rows);

    let mut rows = vec![(AGAIN, 0, Want::Wait(None)), (Ready, 0, Want::Call)];
    for pause in [1, 2, 4, 8, 16, 32, 50, 50, 50] {
        rows.extend([(AGAIN, 0, Want::Pause(pause)), (Paused, 0, Want::Wait(None)), (Ready, 0, Want::Call)]);
    }
    play("known to mislead", endless().never_blocks().misleading_poll(), &rows);
}

#[test]
fn pauses_start_over_after_progress_and_end_with_a_poll_that_waits() {
    let until = Want::Wait(Some(1000));
    let rows = [
        (AGAIN, 0, until),
        (Ready, 0, Want::Call),
        (AGAIN, 0, Want::Pause(1)),
        (Paused, 1, until),
        (Ready, 1, Want::Call),
        (AGAIN, 1, Want::Pause(2)),
        (Paused, 3, until),
        (Ready, 3, Want::Call),
        (Progressed, 3, Want::Call),
        (AGAIN, 3, until),
        (Ready, 3, Want::Call),
        (AGAIN, 3, Want::Pause(1)),
        // It waits now: it no longer misleads.
        (Paused, 4, until),
        (Interrupted, 700, until),
        (Elapsed, 1000, Want::TimedOut),
    ];
    play("a full peer", within(1000).misleading_poll(), &rows);
}

#[test]
fn a_wait_that_took_its_time_after_pauses_is_trusted_again() {
    let until = Want::Wait(Some(1000));
    let mut misled = vec![(AGAIN, 0, until), (Ready, 0, Want::Call)];
    misled.extend(races(16, 0, Some(1000)));
    misled.extend([(AGAIN, 0, Want::Pause(1)), (Paused, 1, until)]);
    let mut lost = vec![(Ready, 50, Want::Call)];
    lost.extend(races(16, 50, Some(1000)));
    lost.push((AGAIN, 50, Want::Pause(1)));
    let tails: [(&str, &[Row]); 6] = [
        ("it waited", &lost),
        ("it did not", &[(Ready, 1, Want::Call), (AGAIN, 1, Want::Pause(2)), (Paused, 3, until)]),
        (
            "the call took long, not the wait",
            &[
                (Ready, 1, Want::Call),
                (AGAIN, 400, Want::Pause(2)),
                (Paused, 402, until),
                (Ready, 402, Want::Call),
            ],
        ),
        (
            "a signal cut it short",
            &[(Interrupted, 300, until), (Ready, 300, Want::Call), (AGAIN, 300, Want::Pause(2))],
        ),
        (
            "it ended early, with nothing",
            &[(Elapsed, 300, until), (Ready, 300, Want::Call), (AGAIN, 300, Want::Pause(2))],
        ),
        (
            "it waited after a signal",
            &[
                (Interrupted, 300, until),
                (Ready, 350, Want::Call),
                (AGAIN, 350, until),
                (Ready, 350, Want::Call),
            ],
        ),
    ];
    for (name, tail) in tails {
        play(name, within(1000), &[&misled, tail].concat());
    }
    // Without a deadline too; what is known to mislead is trusted for no race, but its pauses start over.
    let wait = Want::Wait(None);
    let rows = [
        (AGAIN, 0, wait),
        (Ready, 0, Want::Call),
        (AGAIN, 0, Want::Pause(1)),
        (Paused, 1, wait),
        (Ready, 1, Want::Call),
        (AGAIN, 1, Want::Pause(2)),
        (Paused, 3, wait),
        (Ready, 9, Want::Call),
        (AGAIN, 9, Want::Pause(1)),
    ];
    play("known to mislead", endless().never_blocks().misleading_poll(), &rows);
}

#[test]
fn an_edge_triggered_reactor_misleads_only_where_it_says_so() {
    let mut rows = vec![(AGAIN, 0, Want::Wait(None)), (Ready, 0, Want::Call)];
    rows.extend((0..20).flat_map(|_| races(16, 0, None)));
    let mut retry = endless().never_blocks().edge_triggered();
    play("events", retry.clone(), &rows);
    retry.distrust_poll();
    play(
        "a hang-up",
        retry,
        &[(Ready, 0, Want::Call), (AGAIN, 0, Want::Pause(1)), (Paused, 1, Want::Wait(None))],
    );
}

#[test]
fn without_a_timeout_the_socket_s_mode_decides() {
    let wait = Want::Wait(None);
    let rows: &[(&str, &[Row])] = &[
        ("the kernel's timeout", &[(AGAIN, 0, Want::Ask), (LIMITED, 0, Want::Failed)]),
        ("a clone's flag", &[(AGAIN, 0, Want::Ask), (NONBLOCKING, 0, wait), (Ready, 99_999, Want::Call)]),
        (
            "a flag that came and went",
            &[(AGAIN, 0, Want::Ask), (BLOCKING, 0, Want::Call), (AGAIN, 9, Want::Ask)],
        ),
        (
            "a signal",
            &[(INTR, 0, Want::Call), (AGAIN, 0, Want::Ask), (NONBLOCKING, 0, wait), (Interrupted, 9, wait)],
        ),
    ];
    for (name, rows) in rows {
        play(name, endless(), rows);
    }
    // A call that gives EAGAIN of a socket that blocks, again and again, is not made for ever.
    let mut rows: Vec<Row> =
        (0..16).flat_map(|_| [(AGAIN, 0, Want::Ask), (BLOCKING, 0, Want::Call)]).collect();
    rows.extend([(AGAIN, 0, Want::Ask), (BLOCKING, 0, Want::Failed)]);
    play("no flag at all", endless(), &rows);
}

#[test]
fn a_socket_that_was_closed_ends_it_at_once() {
    let until = Want::Wait(Some(100));
    for before in [
        vec![],
        vec![(AGAIN, 0, until)],
        vec![(AGAIN, 0, until), (Ready, 5, Want::Call), (INTR, 5, Want::Call)],
    ] {
        play("closed", within(100), &[before, vec![(Closed, 9, Want::Closed)]].concat());
    }
}

#[test]
fn a_wait_comes_first_only_where_there_is_a_timeout() {
    let start = Instant::now();
    let rows = [
        (within(100), Want::Wait(Some(100))),
        (within(0), Want::Call),
        (endless(), Want::Call),
        (endless().never_blocks(), Want::Wait(None)),
    ];
    for (retry, want) in rows {
        assert_eq!(seen(retry.clone().waits_first().begin(|| start), start), want);
        assert_eq!(retry.clone().begin(|| unreachable!("no clock is read")), Step::Call);
    }
}

#[test]
fn a_connection_under_way_is_waited_for_and_asked_about() {
    let until = Want::Wait(Some(100));
    let rows: &[(&str, Retry, &[Row])] = &[
        ("over IP", within(100).connects(true), &[(INPROGRESS, 0, until), (Ready, 9, Want::Finish)]),
        ("too slow", within(100).connects(true), &[(INPROGRESS, 0, until), (Elapsed, 100, Want::TimedOut)]),
        (
            "refused",
            within(100).connects(true),
            &[(INPROGRESS, 0, until), (Ready, 9, Want::Finish), (PIPE, 9, Want::Failed)],
        ),
        ("interrupted, goes on", within(100).connects(true), &[(INTR, 0, until), (Ready, 9, Want::Finish)]),
        ("interrupted, not at all", within(0).connects(true), &[(INTR, 0, Want::Failed)]),
        (
            "interrupted, anew",
            within(100).connects(false),
            &[(INTR, 0, Want::Call), (ALREADY, 1, until), (Ready, 9, Want::Finish)],
        ),
        (
            "interrupted, made",
            within(100).connects(false),
            &[(INTR, 0, Want::Call), (ISCONN, 1, Want::Finish)],
        ),
        ("made before", within(100).connects(false), &[(ISCONN, 0, Want::Failed)]),
        ("begun before", within(100).connects(false), &[(ALREADY, 0, Want::Failed)]),
        ("SO_SNDTIMEO", endless().connects(true), &[(INPROGRESS, 0, Want::Ask), (LIMITED, 0, Want::Failed)]),
        (
            "poll says ready too early",
            within(100).connects(true),
            &[
                (INPROGRESS, 0, until),
                (Ready, 9, Want::Finish),
                (INPROGRESS, 9, until),
                (Ready, 9, Want::Finish),
            ],
        ),
        (
            "a full backlog of a Unix listener",
            within(100).connects(false),
            &[
                (AGAIN, 0, until),
                (Ready, 0, Want::Call),
                (AGAIN, 0, Want::Pause(1)),
                (Paused, 1, until),
                (Ready, 1, Want::Call),
                (AGAIN, 99, Want::Pause(1)),
                (Paused, 100, Want::Call),
                (AGAIN, 100, Want::TimedOut),
            ],
        ),
    ];
    for (name, retry, rows) in rows {
        play(name, retry.clone(), rows);
    }
}

#[test]
fn the_clock_is_read_only_where_there_is_a_deadline() {
    let events = [INTR, Progressed, Ready, Closed, PIPE];
    for retry in [endless(), within(0), endless().never_blocks(), Retry::until(I::READABLE, Deadline::NEVER)]
    {
        for event in events.into_iter().chain([AGAIN]) {
            let _ = retry.clone().next(event, || unreachable!("no clock is read"));
        }
    }
}

//! How far it has come, told while it goes on: on SIGUSR1, and on a line of a terminal that is written each second.

use std::future::pending;
use std::time::{Duration, Instant};

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::{MissedTickBehavior, interval};

use super::shared::{Manner, Shared, Totals};

/// How often the line is written.
const TICK: Duration = Duration::from_secs(1);

/// SIGUSR1, from here on; where it cannot be heard, nobody asks.
pub(super) fn asked() -> Option<Signal> {
    signal(SignalKind::user_defined1()).ok()
}

/// Tells for as long as the server runs.
pub(super) async fn tell(shared: &Shared, mut asked: Option<Signal>) {
    let has_line = shared.manner == Manner::Relays && shared.journal.has_terminal();
    let mut ticks = interval(TICK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut last = (Instant::now(), shared.totals());
    loop {
        tokio::select! {
            () = next(&mut asked) => shared.journal.totals(&shared.totals()),
            _ = ticks.tick(), if has_line => {
                let now = (Instant::now(), shared.totals());
                shared.journal.status(line(&now.1, rate(&last.1, &now.1, now.0 - last.0)));
                last = now;
            }
        }
    }
}

async fn next(asked: &mut Option<Signal>) {
    let heard = match asked {
        Some(signal) => signal.recv().await,
        None => None,
    };
    if heard.is_none() {
        pending::<()>().await;
    }
}

/// Bytes a second, both ways together.
fn rate(last: &Totals, now: &Totals, time: Duration) -> u64 {
    let moved = (now.bytes_in + now.bytes_out).saturating_sub(last.bytes_in + last.bytes_out);
    let milliseconds = u64::try_from(time.as_millis()).unwrap_or(u64::MAX).max(1);
    moved.saturating_mul(1_000) / milliseconds
}

fn line(totals: &Totals, rate: u64) -> String {
    let Totals { connections, open, bytes_in, bytes_out, .. } = *totals;
    format!(
        "{open} open of {connections}; {} in, {} out; {}/s",
        rounded(bytes_in),
        rounded(bytes_out),
        rounded(rate)
    )
}

/// A size with one digit behind the point, for who looks at it in passing.
fn rounded(bytes: u64) -> String {
    let (mut unit, mut size, mut rest) = ("B", bytes, 0);
    for larger in ["KiB", "MiB", "GiB", "TiB", "PiB"] {
        if size < 1024 {
            break;
        }
        (unit, rest, size) = (larger, size % 1024 * 10 / 1024, size / 1024);
    }
    if unit == "B" { format!("{size} {unit}") } else { format!("{size}.{rest} {unit}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_short_and_rates_are_a_seconds() {
        let rows = [
            (0, "0 B"),
            (1023, "1023 B"),
            (1536, "1.5 KiB"),
            (5 << 20, "5.0 MiB"),
            (u64::MAX, "16383.9 PiB"),
        ];
        for (bytes, want) in rows {
            assert_eq!(rounded(bytes), want);
        }
        let totals =
            |bytes_in| Totals { connections: 2, open: 1, bytes_in, bytes_out: 0, lost: None, time: TICK };
        assert_eq!(rate(&totals(100), &totals(1100), Duration::from_millis(500)), 2000);
        assert_eq!(line(&totals(2048), 7), "1 open of 2; 2.0 KiB in, 0 B out; 7 B/s");
    }
}

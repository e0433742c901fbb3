//! Turns side by side: what each rival takes, and its ratio to the others.
//!
//! In a turn every rival plays once, in an order that is drawn anew each time, so that none always follows the same
//! one. A turn lasts well under a millisecond: what the machine does meanwhile, it does to all. A round is many turns,
//! and its ratio between two rivals the median of the turns' ratios.

use std::time::{Duration, Instant};

use crate::machine::{busy_time, process_time, thread_time};

/// What a figure counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scale {
    /// Nanoseconds for each thing done: less is better.
    NanosecondsEach,
    /// Things done a second: more is better.
    PerSecond,
}

/// One who competes. Its turn gives how many things it did, and in what time.
pub struct Rival<'a> {
    pub name: &'static str,
    turn: Box<dyn FnMut() -> (u64, Duration) + 'a>,
}

impl<'a> Rival<'a> {
    pub fn new(name: &'static str, turn: impl FnMut() -> (u64, Duration) + 'a) -> Self {
        Self { name, turn: Box::new(turn) }
    }
}

/// What one rival's figure may be, of another's.
#[derive(Clone, Copy, Debug)]
pub enum Limit {
    AtMost(&'static str, &'static str, f64),
    AtLeast(&'static str, &'static str, f64),
}

/// Rivals who do the same, the yardstick first.
pub struct Case<'a> {
    pub name: String,
    pub scale: Scale,
    /// Turns in a round.
    pub turns: usize,
    /// The processors of a case whose turns sleep, or have threads; `None` where this thread does it all, and never
    /// sleeps.
    pub cores: Option<[usize; 2]>,
    pub rivals: Vec<Rival<'a>>,
    pub limits: Vec<Limit>,
}

/// What a case came to: for each rival and round that counts, its figure by the median of the turns, and the median
/// ratios of the turns between each two.
pub struct Outcome {
    pub name: String,
    pub scale: Scale,
    pub rivals: Vec<&'static str>,
    pub rounds: Vec<Round>,
    pub limits: Vec<Limit>,
    /// How many of the rounds that count had more of the processor taken by others than is quiet.
    pub loud: usize,
}

/// One round's medians.
pub struct Round {
    pub figures: Vec<f64>,
    /// `ratios[a][b]`: the figure of `a` to that of `b`.
    pub ratios: Vec<Vec<f64>>,
    /// The part of the processor's time that others took.
    pub taken: f64,
}

/// A round in which others took more than this part of the processor is played again.
const QUIET: f64 = 0.05;

impl Case<'_> {
    /// Plays until `wanted` rounds were quiet, or three times as many were played; the quietest count. The choice never
    /// looks at a figure.
    pub fn play(mut self, wanted: usize) -> Outcome {
        let mut order = Order::new(self.rivals.len());
        self.round(&mut order);
        let mut rounds: Vec<Round> = Vec::new();
        while rounds.len() < 3 * wanted && rounds.iter().filter(|it| it.taken <= QUIET).count() < wanted {
            rounds.push(self.round(&mut order));
        }
        rounds.sort_by(|a, b| a.taken.total_cmp(&b.taken));
        rounds.truncate(wanted);
        let loud = rounds.iter().filter(|round| round.taken > QUIET).count();
        let rivals = self.rivals.iter().map(|rival| rival.name).collect();
        Outcome { name: self.name, scale: self.scale, rivals, rounds, limits: self.limits, loud }
    }

    fn round(&mut self, order: &mut Order) -> Round {
        let count = self.rivals.len();
        let mut figures = vec![Vec::with_capacity(self.turns); count];
        let clock = Clock::start(self.cores);
        for _ in 0..self.turns {
            for &rival in order.draw() {
                let (done, took) = (self.rivals[rival].turn)();
                figures[rival].push(figure(self.scale, done, took));
            }
        }
        let taken = clock.taken();
        let ratio = |a: usize, b: usize| median(figures[a].iter().zip(&figures[b]).map(|(a, b)| a / b));
        Round {
            ratios: (0..count).map(|a| (0..count).map(|b| ratio(a, b)).collect()).collect(),
            figures: figures.iter().map(|turns| median(turns.iter().copied())).collect(),
            taken,
        }
    }
}

impl Outcome {
    /// The figure of a rival: the median over the rounds.
    pub fn figure(&self, rival: usize) -> f64 {
        median(self.rounds.iter().map(|round| round.figures[rival]))
    }

    /// The ratio of one rival's figure to another's: the least of the rounds, the median, the most.
    pub fn ratio(&self, rival: usize, to: usize) -> [f64; 3] {
        let ratios = || self.rounds.iter().map(|round| round.ratios[rival][to]);
        [ratios().fold(f64::INFINITY, f64::min), median(ratios()), ratios().fold(0.0, f64::max)]
    }

    /// A line for each limit that is passed.
    pub fn faults(&self) -> Vec<String> {
        self.limits.iter().filter_map(|limit| self.fault(limit)).collect()
    }

    fn fault(&self, limit: &Limit) -> Option<String> {
        let (Limit::AtMost(rival, to, bound) | Limit::AtLeast(rival, to, bound)) = *limit;
        let ratio = match (self.place(rival), self.place(to)) {
            (Some(rival), Some(to)) => self.ratio(rival, to)[1],
            _ => f64::NAN,
        };
        // Not a number is past every limit: nothing was measured.
        let (kept, word) = match limit {
            Limit::AtMost(..) => (ratio <= bound, "most"),
            Limit::AtLeast(..) => (ratio >= bound, "least"),
        };
        (!kept).then(|| format!("{}: {rival} is {ratio:.3} of {to}, at {word} {bound} is allowed", self.name))
    }

    fn place(&self, name: &str) -> Option<usize> {
        self.rivals.iter().position(|rival| *rival == name)
    }
}

fn figure(scale: Scale, done: u64, took: Duration) -> f64 {
    match scale {
        Scale::NanosecondsEach => took.as_nanos() as f64 / done as f64,
        Scale::PerSecond => done as f64 / took.as_secs_f64(),
    }
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut sorted: Vec<f64> = values.collect();
    sorted.sort_by(f64::total_cmp);
    match sorted.len() {
        0 => f64::NAN,
        length if length % 2 == 1 => sorted[length / 2],
        length => f64::midpoint(sorted[length / 2 - 1], sorted[length / 2]),
    }
}

/// What others take of the processors while a round is played.
struct Clock {
    cores: Option<[usize; 2]>,
    began: Instant,
    used: Duration,
}

impl Clock {
    fn start(cores: Option<[usize; 2]>) -> Self {
        Self { cores, began: Instant::now(), used: Self::used(cores) }
    }

    /// The part of the time since the start.
    fn taken(&self) -> f64 {
        let (took, used) = (self.began.elapsed(), Self::used(self.cores).saturating_sub(self.used));
        match self.cores {
            None => 1.0 - used.as_secs_f64() / took.as_secs_f64(),
            Some(cores) => used.as_secs_f64() / took.as_secs_f64() / cores.len() as f64,
        }
    }

    /// Without processors: what this thread has had. With: what they did for others than this program.
    fn used(cores: Option<[usize; 2]>) -> Duration {
        match cores {
            None => thread_time(),
            Some(cores) => busy_time(cores).saturating_sub(process_time()),
        }
    }
}

/// The order of a turn, drawn anew each time, and the same in every run.
struct Order {
    places: Vec<usize>,
    state: u64,
}

impl Order {
    fn new(count: usize) -> Self {
        Self { places: (0..count).collect(), state: 0x9e37_79b9_7f4a_7c15 }
    }

    fn draw(&mut self) -> &[usize] {
        for last in (1..self.places.len()).rev() {
            let other = self.next() % (last + 1);
            self.places.swap(last, other);
        }
        &self.places
    }

    /// Marsaglia's xorshift.
    fn next(&mut self) -> usize {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        (self.state >> 33) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rival_twice_as_slow_is_twice_the_yardstick() {
        let rival = |name, nanoseconds| Rival::new(name, move || (10, Duration::from_nanos(nanoseconds)));
        let limits = vec![Limit::AtMost("slow", "fast", 1.5), Limit::AtMost("fast", "slow", 0.5)];
        let rivals = vec![rival("fast", 1000), rival("slow", 2000)];
        let scale = Scale::NanosecondsEach;
        let outcome = Case { name: "case".to_owned(), scale, turns: 3, cores: None, rivals, limits }.play(5);
        assert_eq!((outcome.figure(0), outcome.figure(1)), (100.0, 200.0));
        assert_eq!(outcome.ratio(1, 0), [2.0; 3]);
        assert_eq!(outcome.faults(), ["case: slow is 2.000 of fast, at most 1.5 is allowed"]);
    }

    #[test]
    fn a_limit_on_nobody_is_passed() {
        let scale = Scale::PerSecond;
        let limits = vec![Limit::AtLeast("nobody", "nobody", 1.0)];
        let case = Case { name: String::new(), scale, turns: 1, cores: None, rivals: Vec::new(), limits };
        assert_eq!(case.play(1).faults().len(), 1);
    }
}

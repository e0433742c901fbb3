//! Tests of what is loaded already, brought forward.
//!
//! Of `port 53 or 80` the source port is compared with both before the destination port is loaded. tcpdump does so too,
//! and whoever is to want the same packets must: of a packet that ends behind the source port, it decides.

use super::emit::{ACCEPT, Blocks};

/// How often tests are brought forward at most.
const ROUNDS: usize = 20;

/// One of the two ways out of a block.
#[derive(Clone, Copy)]
struct Way {
    block: usize,
    outcome: bool,
}

impl Blocks {
    /// Brings tests forward. True where there were any.
    pub(super) fn pull_up(&mut self, entry: &mut usize) -> bool {
        let mut rounds = 0;
        while rounds < ROUNDS && self.pull_all(*entry) {
            *entry = self.unite(*entry);
            rounds += 1;
        }
        rounds > 0
    }

    /// Tries every block once. What was changed is not looked at again before the next round.
    fn pull_all(&mut self, entry: usize) -> bool {
        let from = self.ways_to(entry);
        let mut changed = vec![false; entry + 1];
        for block in (ACCEPT + 1..entry).rev() {
            for kind in [true, false] {
                self.pull(&from, block, kind, &mut changed);
            }
        }
        changed.contains(&true)
    }

    /// Looks at the chain of tests that begins with `block`, each of which is reached from the one before alone, and
    /// leads to the same place where its outcome is `kind`. Where all that lead to the chain have loaded a value, the
    /// tests of that value come first.
    fn pull(&mut self, from: &[Vec<usize>], block: usize, kind: bool, changed: &mut [bool]) {
        let Some((first, others)) = from[block].split_first() else { return };
        let value = self.all[*first].steps;
        if changed[block] || others.iter().any(|other| self.all[*other].steps != value) {
            return;
        }
        let goal = self.target(Way { block, outcome: kind });
        let mut chain = vec![block];
        let mut end = self.target(Way { block, outcome: !kind });
        while end > ACCEPT
            && from[end].len() == 1
            && self.target(Way { block: end, outcome: kind }) == goal
            && !changed[end]
        {
            chain.push(end);
            end = self.target(Way { block: end, outcome: !kind });
        }
        let (mut order, behind): (Vec<_>, Vec<_>) =
            chain.iter().partition(|member| self.all[**member].steps == value);
        order.extend(behind);
        if order == chain || from[block].iter().any(|from| changed[*from]) {
            return;
        }
        for way in
            from[block].iter().flat_map(|from| [true, false].map(|outcome| Way { block: *from, outcome }))
        {
            if self.target(way) == block {
                self.lead(way, order[0]);
            }
        }
        for (index, member) in order.iter().enumerate() {
            let next = order.get(index + 1).copied().unwrap_or(end);
            self.lead(Way { block: *member, outcome: !kind }, next);
        }
        order.iter().chain(&from[block]).for_each(|block| changed[*block] = true);
    }

    fn target(&self, way: Way) -> usize {
        let block = &self.all[way.block];
        if way.outcome { block.jt } else { block.jf }
    }

    fn lead(&mut self, way: Way, target: usize) {
        let block = &mut self.all[way.block];
        *(if way.outcome { &mut block.jt } else { &mut block.jf }) = target;
    }

    /// Which blocks lead to each block.
    fn ways_to(&self, entry: usize) -> Vec<Vec<usize>> {
        let mut from: Vec<Vec<usize>> = vec![Vec::new(); entry + 1];
        for index in (ACCEPT + 1..=entry).rev() {
            let block = &self.all[index];
            for target in [block.jt, block.jf] {
                if from[target].last() != Some(&index) {
                    from[target].push(index);
                }
            }
        }
        from
    }
}

//! From a condition to the instructions of a program.
//!
//! A condition becomes blocks, each with one test and two ways on, built from the end, so that all ways lead to blocks
//! that were built before. Then ways are shortened that lead to a test whose outcome is known on them, and equal blocks
//! become one. A test is skipped only where what it loads was loaded before: a packet that is too short for a load is
//! refused by the first such load either way.

use std::collections::HashMap;

use super::code::{ALU, B, JA, JEQ, JMP, LDX, MSH, RET, X};
use super::condition::{Condition, Junction, Test};
use super::program::{Instruction, MOST};
use super::run::holds;

/// How many bytes of a packet that is wanted are wanted: all.
const ALL: u32 = 262_144;

/// The blocks that end a program.
const REJECT: usize = 0;
pub(super) const ACCEPT: usize = 1;

/// How many facts are remembered on a way.
const FACTS: usize = 32;

/// How often ways are shortened at most.
const ROUNDS: usize = 6;

/// The most blocks: more make no program that is short enough.
const BLOCKS: usize = 4 * MOST;

/// A test, and the blocks that follow where it holds and where it does not.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Block {
    /// The steps in front of it, an index into `Blocks::steps`.
    pub(super) steps: usize,
    jump: u16,
    k: u32,
    pub(super) jt: usize,
    pub(super) jf: usize,
}

/// All blocks; the first two stand for the ends.
pub(super) struct Blocks {
    steps: Vec<Vec<Instruction>>,
    known_steps: HashMap<Vec<Instruction>, usize>,
    pub(super) all: Vec<Block>,
    known: HashMap<Block, usize>,
}

/// A test that was made on the way, and its outcome.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Fact {
    steps: usize,
    jump: u16,
    k: u32,
    outcome: bool,
}

/// The instructions of a condition; none where they would be too many.
pub(super) fn emit(condition: Condition) -> Option<Vec<Instruction>> {
    let end = Block { steps: 0, jump: 0, k: 0, jt: 0, jf: 0 };
    let mut blocks = Blocks {
        steps: vec![Vec::new()],
        known_steps: HashMap::new(),
        all: vec![end; 2],
        known: HashMap::new(),
    };
    let mut entry = blocks.build(condition, ACCEPT, REJECT)?;
    for _ in 0..ROUNDS {
        let shorter = blocks.shorten(entry);
        entry = blocks.unite(entry);
        if !blocks.pull_up(&mut entry) && !shorter {
            break;
        }
    }
    let instructions = Layout::new(&blocks, entry).instructions();
    (instructions.len() <= MOST).then_some(instructions)
}

impl Blocks {
    /// The block with which `condition` begins, that goes on to `jt` where it holds and to `jf` where not.
    fn build(&mut self, condition: Condition, jt: usize, jf: usize) -> Option<usize> {
        match condition {
            Condition::Always(holds) => Some(if holds { jt } else { jf }),
            Condition::Not(inner) => self.build(*inner, jf, jt),
            Condition::Test(test) => self.test(test, jt, jf),
            Condition::Chain(first, rest) => {
                let (mut to, mut or) = (jt, jf);
                for (junction, part) in rest.into_iter().rev() {
                    let start = self.build(part, to, or)?;
                    match junction {
                        Junction::And => to = start,
                        Junction::Or => or = start,
                    }
                }
                self.build(*first, to, or)
            }
        }
    }

    fn test(&mut self, test: Test, jt: usize, jf: usize) -> Option<usize> {
        if jt == jf && test.steps.is_empty() {
            return Some(jt);
        }
        let next = self.steps.len();
        let steps = *self.known_steps.entry(test.steps.clone()).or_insert(next);
        if steps == next {
            self.steps.push(test.steps);
        }
        let block = Block { steps, jump: test.jump, k: test.k, jt, jf };
        (self.all.len() < BLOCKS).then(|| self.intern(block))
    }

    fn intern(&mut self, block: Block) -> usize {
        let next = self.all.len();
        let index = *self.known.entry(block).or_insert(next);
        if index == next {
            self.all.push(block);
        }
        index
    }

    /// Leads every way past the tests whose outcome is known on it. True where that has changed something.
    fn shorten(&mut self, entry: usize) -> bool {
        let mut known: Vec<Option<Vec<Fact>>> = vec![None; entry + 1];
        known[entry] = Some(Vec::new());
        let mut changed = false;
        // All ways lead to lower numbers: whatever leads to a block was seen before it.
        for index in (ACCEPT + 1..=entry).rev() {
            let Some(facts) = known[index].take() else { continue };
            let block = self.all[index];
            let [jt, jf] = [(true, block.jt), (false, block.jf)].map(|(outcome, target)| {
                let mut facts = facts.clone();
                if facts.len() >= FACTS {
                    // What a value is not tells less than what it is.
                    let least = facts.iter().position(|fact| !fact.outcome);
                    facts.remove(least.unwrap_or(0));
                }
                facts.push(Fact { steps: block.steps, jump: block.jump, k: block.k, outcome });
                let target = self.follow(target, &facts);
                match &mut known[target] {
                    Some(before) => before.retain(|fact| facts.contains(fact)),
                    unknown => *unknown = Some(facts),
                }
                target
            });
            changed |= (jt, jf) != (block.jt, block.jf);
            self.all[index] = Block { jt, jf, ..block };
        }
        changed
    }

    /// Where a way to `target` ends up on which `facts` hold.
    fn follow(&self, mut target: usize, facts: &[Fact]) -> usize {
        while target > ACCEPT {
            let block = self.all[target];
            let Some(outcome) = facts.iter().find_map(|fact| fact.decides(&block)) else { break };
            target = if outcome { block.jt } else { block.jf };
        }
        target
    }

    /// Makes one of blocks that are equal, leaves out what no way leads to, and numbers the others so that all ways
    /// lead to lower numbers. Gives the new number of `entry`.
    pub(super) fn unite(&mut self, entry: usize) -> usize {
        let order = self.order_of(entry);
        let old = std::mem::take(&mut self.all);
        self.known.clear();
        self.all.extend_from_slice(&old[..2]);
        let mut new: Vec<usize> = (0..old.len()).collect();
        for index in order {
            let block = old[index];
            new[index] = self.intern(Block { jt: new[block.jt], jf: new[block.jf], ..block });
        }
        new[entry]
    }

    /// The blocks to which a way leads from `entry`, each behind those to which its own ways lead.
    fn order_of(&self, entry: usize) -> Vec<usize> {
        let mut order = Vec::new();
        let mut seen = vec![false; self.all.len()];
        let mut left = vec![(entry, false)];
        while let Some((index, is_done)) = left.pop() {
            if is_done {
                order.push(index);
            } else if index > ACCEPT && !std::mem::replace(&mut seen[index], true) {
                let block = self.all[index];
                left.extend([(index, true), (block.jt, false), (block.jf, false)]);
            }
        }
        order
    }
}

impl Fact {
    /// What is known of a block's test, if something is.
    fn decides(&self, block: &Block) -> Option<bool> {
        if self.steps != block.steps {
            return None;
        }
        if (self.jump, self.k) == (block.jump, block.k) {
            return Some(self.outcome);
        }
        let is_equal = self.outcome && self.jump == JMP | JEQ;
        (is_equal && block.jump & X == 0).then(|| holds(block.jump & 0xf0, self.k, block.k))
    }
}

/// What A and X hold at the beginning of a block, on all ways to it.
#[derive(Clone, Copy, PartialEq, Eq)]
struct State {
    /// What these steps leave.
    a: Option<usize>,
    /// The length of the IPv4 header at this place.
    x: Option<u32>,
}

/// How the blocks are laid out.
struct Layout<'b> {
    blocks: &'b Blocks,
    entry: usize,
    /// How many of a block's steps are left out, as A or X holds what they load; none for a block that nothing reaches.
    skipped: Vec<Option<usize>>,
}

impl<'b> Layout<'b> {
    fn new(blocks: &'b Blocks, entry: usize) -> Self {
        let mut states: Vec<Option<State>> = vec![None; entry + 1];
        states[entry] = Some(State { a: None, x: None });
        let mut skipped = vec![None; entry + 1];
        for index in (ACCEPT + 1..=entry).rev() {
            let Some(state) = states[index] else { continue };
            let block = blocks.all[index];
            let skip = blocks.skip(&block, state);
            skipped[index] = Some(skip);
            let after = State { a: Some(block.steps), x: blocks.x_after(&block, state, skip) };
            for target in [block.jt, block.jf] {
                let before = states[target].get_or_insert(after);
                before.a = before.a.filter(|a| after.a == Some(*a));
                before.x = before.x.filter(|x| after.x == Some(*x));
            }
        }
        for end in [REJECT, ACCEPT].into_iter().filter(|end| *end <= entry && states[*end].is_some()) {
            skipped[end] = Some(0);
        }
        Self { blocks, entry, skipped }
    }

    /// The instructions, written from the last to the first.
    fn instructions(&self) -> Vec<Instruction> {
        let mut backwards = Vec::new();
        let mut places = vec![0; self.entry + 1];
        for index in (0..=self.entry).filter(|index| self.skipped[*index].is_some()) {
            let skip = self.skipped[index].unwrap_or(0);
            match index {
                REJECT => backwards.push(Instruction::new(RET, 0)),
                ACCEPT => backwards.push(Instruction::new(RET, ALL)),
                _ => self.block(self.blocks.all[index], skip, &places, &mut backwards),
            }
            places[index] = backwards.len() - 1;
        }
        backwards.reverse();
        backwards
    }

    fn block(&self, block: Block, skip: usize, places: &[usize], backwards: &mut Vec<Instruction>) {
        let [jt, jf] = [block.jt, block.jf].map(|target| near(places[target], backwards));
        let here = backwards.len();
        let [jt, jf] = [jt, jf].map(|place| u8::try_from(here - place - 1).unwrap_or(u8::MAX));
        backwards.push(Instruction { code: block.jump, jt, jf, k: block.k });
        let steps = &self.blocks.steps[block.steps];
        backwards.extend(steps[skip..].iter().rev());
    }
}

/// A place from which `place` is reached by an instruction that is to follow, or the one after that: itself, or a jump
/// to it where it is too far for the eight bits of a test.
fn near(place: usize, backwards: &mut Vec<Instruction>) -> usize {
    let here = backwards.len();
    if u8::try_from(here - place).is_ok() {
        return place;
    }
    let distance = u32::try_from(here - place - 1).unwrap_or(u32::MAX);
    backwards.push(Instruction::new(JMP | JA, distance));
    here
}

impl Blocks {
    /// How many steps of a block need not be made.
    fn skip(&self, block: &Block, state: State) -> usize {
        let steps = &self.steps[block.steps];
        // A comparison with X needs the steps that set it.
        if block.jump & X == 0
            && let Some(rest) = state.a.and_then(|a| steps.strip_prefix(self.steps[a].as_slice()))
            && rest.iter().all(|step| step.code & 7 == ALU && step.code & X == 0)
        {
            return steps.len() - rest.len();
        }
        match steps.first() {
            Some(first) if is_header_length(*first) && state.x == Some(first.k) => 1,
            _ => 0,
        }
    }

    /// What X holds behind a block of which so many steps are left out.
    fn x_after(&self, block: &Block, state: State, skip: usize) -> Option<u32> {
        let made = &self.steps[block.steps][skip..];
        let x = made.first().filter(|first| is_header_length(**first)).map_or(state.x, |first| Some(first.k));
        let others = made.iter().skip(1).chain(made.first().filter(|first| !is_header_length(**first)));
        x.filter(|_| others.into_iter().all(|step| !sets_x(*step)))
    }
}

fn is_header_length(step: Instruction) -> bool {
    step.code == LDX | MSH | B
}

fn sets_x(step: Instruction) -> bool {
    step.code & 7 == LDX || step.code == super::code::MISC | super::code::TAX
}

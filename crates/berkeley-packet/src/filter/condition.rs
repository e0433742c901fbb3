//! Conditions on a packet, not yet brought into the order of a program.

use super::code::{ABS, ALU, AND, B, IND, JEQ, JMP, LD, LDX, MSH};
use super::program::Instruction;

/// A condition. Its parts are looked at from left to right, and no further than it takes to know.
#[derive(Debug)]
pub(super) enum Condition {
    Always(bool),
    Test(Test),
    Not(Box<Condition>),
    /// And and or bind equally, from left to right.
    Chain(Box<Condition>, Vec<(Junction, Condition)>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Junction {
    And,
    Or,
}

/// A comparison of what some steps leave in A.
#[derive(Debug)]
pub(super) struct Test {
    pub(super) steps: Vec<Instruction>,
    /// `JEQ`, `JGT`, `JGE` or `JSET`, against `k` or with `X`.
    pub(super) jump: u16,
    pub(super) k: u32,
}

impl Condition {
    /// All of these, in this order.
    pub(super) fn all(parts: impl IntoIterator<Item = Self>) -> Self {
        Self::chain(Junction::And, parts)
    }

    /// Any of these, in this order.
    pub(super) fn any(parts: impl IntoIterator<Item = Self>) -> Self {
        Self::chain(Junction::Or, parts)
    }

    fn chain(junction: Junction, parts: impl IntoIterator<Item = Self>) -> Self {
        let mut parts = parts.into_iter();
        let Some(first) = parts.next() else { return Self::Always(junction == Junction::And) };
        let rest: Vec<_> = parts.map(|part| (junction, part)).collect();
        if rest.is_empty() { first } else { Self::Chain(Box::new(first), rest) }
    }

    pub(super) fn and(self, other: Self) -> Self {
        Self::all([self, other])
    }

    pub(super) fn or(self, other: Self) -> Self {
        Self::any([self, other])
    }

    pub(super) fn not(self) -> Self {
        Self::Not(Box::new(self))
    }

    /// Whether A, after `steps`, stands so to `k`.
    pub(super) fn test(steps: Vec<Instruction>, jump: u16, k: u32) -> Self {
        Self::Test(Test { steps, jump: JMP | jump, k })
    }

    /// Whether the bytes at `at`, of which `mask` is looked at, are `wanted`.
    pub(super) fn bytes(size: u16, at: usize, mask: u32, wanted: u32) -> Self {
        let all = match size {
            B => 0xff,
            super::code::H => 0xffff,
            _ => u32::MAX,
        };
        match mask & all {
            0 => Self::Always(wanted == 0),
            mask if mask == all => Self::test(vec![load(size, at)], JEQ, wanted),
            mask => Self::test(vec![load(size, at), Instruction::new(ALU | AND, mask)], JEQ, wanted),
        }
    }
}

/// Loads what stands at byte `at`.
pub(super) fn load(size: u16, at: usize) -> Instruction {
    Instruction::new(LD | ABS | size, number(at))
}

/// Loads what stands `at` bytes behind the IPv4 header that begins at byte `header`.
pub(super) fn load_behind(header: usize, size: u16, at: usize) -> Vec<Instruction> {
    vec![
        Instruction::new(LDX | MSH | B, number(header)),
        Instruction::new(LD | IND | size, number(header + at)),
    ]
}

fn number(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

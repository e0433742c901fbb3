//! Arithmetic on a packet's bytes and its length.

use super::code::{
    ABS, ADD, ALU, AND, B, DIV, H, IMM, IND, JEQ, JGE, JGT, JMP, JSET, LD, LDX, LEN, LSH, MEM, MEMORY, MISC,
    MOD, MSH, MUL, NEG, RSH, ST, TAX, W, X,
};
use super::condition::{Condition, Test};
use super::program::Instruction;
use super::run::{holds, operate};

/// A number that is had from a packet.
#[derive(Debug)]
pub(super) enum Number {
    Constant(u32),
    /// The packet's length.
    Length,
    Load {
        from: From,
        size: u16,
        index: Box<Number>,
    },
    Negative(Box<Number>),
    Operation {
        operation: u16,
        left: Box<Number>,
        right: Box<Number>,
    },
}

/// What the index of a load counts from.
#[derive(Clone, Copy, Debug)]
pub(super) enum From {
    /// A byte of the packet.
    Start(u32),
    /// The end of the IPv4 header that begins at this byte.
    Ipv4End(u32),
}

/// A number, and what must hold of a packet that has it.
#[derive(Debug)]
pub(super) struct Value {
    pub(super) number: Number,
    pub(super) guard: Option<Condition>,
}

/// How two numbers are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Comparison {
    Equal,
    Unequal,
    Greater,
    GreaterOrEqual,
    Less,
    LessOrEqual,
}

impl Comparison {
    pub(super) fn of(sign: &str) -> Option<Self> {
        Some(match sign {
            "=" => Self::Equal,
            "!=" => Self::Unequal,
            ">" => Self::Greater,
            ">=" => Self::GreaterOrEqual,
            "<" => Self::Less,
            "<=" => Self::LessOrEqual,
            _ => return None,
        })
    }

    /// The jump that tells, and whether it holds where the comparison does not.
    fn jump(self) -> (u16, bool) {
        match self {
            Self::Equal => (JEQ, false),
            Self::Unequal => (JEQ, true),
            Self::Greater => (JGT, false),
            Self::LessOrEqual => (JGT, true),
            Self::GreaterOrEqual => (JGE, false),
            Self::Less => (JGE, true),
        }
    }

    /// The same with its sides exchanged.
    fn mirrored(self) -> Self {
        match self {
            Self::Greater => Self::Less,
            Self::Less => Self::Greater,
            Self::GreaterOrEqual => Self::LessOrEqual,
            Self::LessOrEqual => Self::GreaterOrEqual,
            same => same,
        }
    }
}

/// The operation of a sign, and how strongly it binds.
pub(super) fn operation(sign: &str) -> Option<(u16, u8)> {
    Some(match sign {
        "|" => (super::code::OR, 1),
        "&" => (AND, 2),
        "<<" => (LSH, 3),
        ">>" => (RSH, 3),
        "+" => (ADD, 4),
        "-" => (super::code::SUB, 4),
        "*" => (MUL, 5),
        "/" => (DIV, 5),
        // As in tcpdump, these two take all that follows for their right side.
        "%" => (MOD, u8::MAX),
        "^" => (super::code::XOR, u8::MAX),
        _ => return None,
    })
}

impl Value {
    pub(super) fn constant(number: u32) -> Self {
        Self { number: Number::Constant(number), guard: None }
    }

    pub(super) fn negative(self) -> Self {
        let number = match self.number {
            Number::Constant(number) => Number::Constant(number.wrapping_neg()),
            other => Number::Negative(Box::new(other)),
        };
        Self { number, ..self }
    }

    /// An operation on two values. As in tcpdump, the guard is that of the left one alone.
    pub(super) fn operation(self, operation: u16, right: Self) -> Result<Self, &'static str> {
        let number = match (self.number, right.number) {
            (_, Number::Constant(0)) if operation == DIV => return Err("a division by zero"),
            (_, Number::Constant(0)) if operation == MOD => return Err("a remainder of a division by zero"),
            (_, Number::Constant(32..)) if matches!(operation, LSH | RSH) => {
                return Err("a shift by more than 31 bits");
            }
            (Number::Constant(left), Number::Constant(right)) => {
                Number::Constant(operate(operation, left, right).unwrap_or(0))
            }
            (_, Number::Constant(0)) if matches!(operation, AND | MUL) => Number::Constant(0),
            (Number::Constant(0), _) if matches!(operation, MUL | DIV | MOD | AND | LSH | RSH) => {
                Number::Constant(0)
            }
            (left, right) => Number::Operation { operation, left: Box::new(left), right: Box::new(right) },
        };
        Ok(Self { number, guard: self.guard })
    }

    /// Whether two values compare so: first what must hold of the packet, then the comparison.
    pub(super) fn compare(self, comparison: Comparison, other: Self) -> Result<Condition, &'static str> {
        let compared = compare(&self.number, comparison, &other.number)?;
        Ok(Condition::all(self.guard.into_iter().chain(other.guard).chain([compared])))
    }
}

fn compare(left: &Number, comparison: Comparison, right: &Number) -> Result<Condition, &'static str> {
    let (jump, inverted) = comparison.jump();
    let condition = match (left, right) {
        (Number::Constant(left), Number::Constant(right)) => Condition::Always(holds(jump, *left, *right)),
        (Number::Constant(_), _) => return compare(right, comparison.mirrored(), left),
        (_, Number::Constant(k)) => with_constant(left.steps(0)?, jump, *k),
        _ => {
            let steps = two(left, right, 0)?;
            Condition::Test(Test { steps, jump: JMP | jump | X, k: 0 })
        }
    };
    Ok(if inverted { condition.not() } else { condition })
}

fn with_constant(mut steps: Vec<Instruction>, jump: u16, k: u32) -> Condition {
    match steps.last() {
        // None of some bits.
        Some(last) if jump == JEQ && k == 0 && last.code == ALU | AND => {
            let bits = last.k;
            steps.pop();
            Condition::test(steps, JSET, bits).not()
        }
        _ => Condition::test(steps, jump, k),
    }
}

/// The steps that bring `left` into A and `right` into X, with memory from word `free` on.
fn two(left: &Number, right: &Number, free: u32) -> Result<Vec<Instruction>, &'static str> {
    if free as usize >= MEMORY {
        return Err("too many numbers at once");
    }
    let mut steps = right.steps(free)?;
    steps.push(Instruction::new(ST, free));
    steps.extend(left.steps(free + 1)?);
    steps.push(Instruction::new(LDX | MEM, free));
    Ok(steps)
}

impl Number {
    /// The steps that bring it into A, with memory from word `free` on.
    fn steps(&self, free: u32) -> Result<Vec<Instruction>, &'static str> {
        Ok(match self {
            Self::Constant(number) => vec![Instruction::new(LD | IMM, *number)],
            Self::Length => vec![Instruction::new(LD | LEN, 0)],
            Self::Load { from, size, index } => load(*from, *size, index, free)?,
            Self::Negative(number) => {
                let mut steps = number.steps(free)?;
                steps.push(Instruction::new(ALU | NEG, 0));
                steps
            }
            Self::Operation { operation, left, right } => {
                if let Self::Constant(right) = **right {
                    let mut steps = left.steps(free)?;
                    steps.push(Instruction::new(ALU | operation, right));
                    return Ok(steps);
                }
                let mut steps = two(left, right, free)?;
                steps.push(Instruction::new(ALU | operation | X, 0));
                steps
            }
        })
    }
}

fn load(from: From, size: u16, index: &Number, free: u32) -> Result<Vec<Instruction>, &'static str> {
    let header_length = |at| Instruction::new(LDX | MSH | B, at);
    if let Number::Constant(index) = index {
        return Ok(match from {
            From::Start(at) => vec![Instruction::new(LD | ABS | size, at.wrapping_add(*index))],
            From::Ipv4End(at) => {
                vec![header_length(at), Instruction::new(LD | IND | size, at.wrapping_add(*index))]
            }
        });
    }
    let mut steps = index.steps(free)?;
    let at = match from {
        From::Start(at) => at,
        From::Ipv4End(at) => {
            steps.extend([header_length(at), Instruction::new(ALU | ADD | X, 0)]);
            at
        }
    };
    steps.extend([Instruction::new(MISC | TAX, 0), Instruction::new(LD | IND | size, at)]);
    Ok(steps)
}

/// The size of a load of so many bytes.
pub(super) fn size(bytes: u32) -> Option<u16> {
    match bytes {
        1 => Some(B),
        2 => Some(H),
        4 => Some(W),
        _ => None,
    }
}

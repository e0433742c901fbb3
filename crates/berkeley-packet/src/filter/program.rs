//! Programs of classic BPF: checked, printed, run.

use std::fmt;

use super::code::{
    A, ABS, ADD, ALU, AND, B, DIV, H, IMM, IND, JA, JEQ, JGE, JGT, JMP, JSET, LD, LDX, LEN, LSH, MEM, MEMORY,
    MISC, MOD, MSH, MUL, NEG, OR, RET, RSH, ST, STX, SUB, TAX, TXA, W, X, XOR,
};

/// The most instructions of a program, as in the kernel.
pub(super) const MOST: usize = 4096;

/// One instruction, with the fields of the kernel's `struct sock_filter`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Instruction {
    /// The operation.
    pub code: u16,
    /// How many instructions a jump skips where its test holds.
    pub jt: u8,
    /// The same where it does not.
    pub jf: u8,
    /// The operand.
    pub k: u32,
}

/// A filter: a program of classic BPF, which the kernel would take too.
///
/// Every jump goes forward and stays inside, so it ends after no more steps than it has instructions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    instructions: Vec<Instruction>,
}

/// Why instructions are no program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProgramError {
    /// Which instruction is at fault, counted from 0.
    pub index: usize,
    /// What is wrong with it.
    pub reason: &'static str,
}

impl Instruction {
    pub(super) const fn new(code: u16, k: u32) -> Self {
        Self { code, jt: 0, jf: 0, k }
    }
}

impl Program {
    /// The program of these instructions, which the kernel's rules for filters of sockets must allow.
    ///
    /// # Errors
    /// Fails where an instruction is unknown, jumps out of the program, reads memory that was not written, or divides
    /// by zero; where the last one does not return; and where there are none, or more than 4096.
    pub fn new(instructions: Vec<Instruction>) -> Result<Self, ProgramError> {
        check(&instructions).map_err(|(index, reason)| ProgramError { index, reason })?;
        Ok(Self { instructions })
    }

    /// Whether a packet of `length` bytes, of which `bytes` were captured, is wanted. One that ends before a byte that
    /// the filter looks at is not.
    pub fn matches(&self, bytes: &[u8], length: usize) -> bool {
        self.run(bytes, length) > 0
    }

    /// What the program returns: how many bytes of the packet are wanted, 0 for none of it.
    pub fn run(&self, bytes: &[u8], length: usize) -> u32 {
        super::run::run(&self.instructions, bytes, u32::try_from(length).unwrap_or(u32::MAX)).unwrap_or(0)
    }

    /// Its instructions.
    pub fn instructions(&self) -> &[Instruction] {
        &self.instructions
    }
}

/// Checks as the kernel does (`bpf_check_classic` and `check_load_and_stores` of net/core/filter.c).
fn check(instructions: &[Instruction]) -> Result<(), (usize, &'static str)> {
    let count = instructions.len();
    if count == 0 || count > MOST {
        return Err((0, "a program has 1 to 4096 instructions"));
    }
    for (index, instruction) in instructions.iter().enumerate() {
        check_one(*instruction, count - index - 1).map_err(|reason| (index, reason))?;
    }
    if instructions.last().is_none_or(|last| last.code & 7 != RET) {
        return Err((count - 1, "the last instruction does not return"));
    }
    check_memory(instructions)
}

/// Checks an instruction behind which there are `behind` others.
fn check_one(instruction: Instruction, behind: usize) -> Result<(), &'static str> {
    let Instruction { code, jt, jf, k } = instruction;
    if name(code).is_none() {
        return Err("no such instruction");
    }
    let inside = |jump: u32| (jump as usize) < behind;
    match code & 7 {
        JMP if code == JMP | JA => inside(k).then_some(()).ok_or("a jump out of the program"),
        JMP => (inside(jt.into()) && inside(jf.into())).then_some(()).ok_or("a jump out of the program"),
        ST | STX if k as usize >= MEMORY => Err("no such word of memory"),
        LD | LDX if code & 0xe0 == MEM && k as usize >= MEMORY => Err("no such word of memory"),
        ALU if code & X == 0 => match code & 0xf0 {
            DIV | MOD if k == 0 => Err("a division by zero"),
            LSH | RSH if k >= 32 => Err("a shift by more than 31 bits"),
            _ => Ok(()),
        },
        _ => Ok(()),
    }
}

/// Checks that no word of memory is read on any way on which it was not written.
fn check_memory(instructions: &[Instruction]) -> Result<(), (usize, &'static str)> {
    // What was written on every way to an instruction, a bit a word.
    let mut written = vec![u16::MAX; instructions.len()];
    written[0] = 0;
    for (index, instruction) in instructions.iter().enumerate() {
        let mut here = written[index];
        let bit = 1_u16.checked_shl(instruction.k).unwrap_or(0);
        match instruction.code & 7 {
            ST | STX => here |= bit,
            LD | LDX if instruction.code & 0xe0 == MEM && here & bit == 0 => {
                return Err((index, "memory that was not written"));
            }
            _ => {}
        }
        let mut reach = |skipped: usize| {
            if let Some(there) = written.get_mut(index + 1 + skipped) {
                *there &= here;
            }
        };
        match instruction.code {
            code if code == JMP | JA => reach(instruction.k as usize),
            code if code & 7 == JMP => {
                reach(instruction.jt.into());
                reach(instruction.jf.into());
            }
            code if code & 7 == RET => {}
            _ => reach(0),
        }
    }
    Ok(())
}

/// The name of an operation, and how its operand is written. None for what is no operation.
fn name(code: u16) -> Option<(&'static str, Operand)> {
    let load = |name| match code & 0xe0 {
        ABS => Some((name, Operand::Place)),
        IND => Some((name, Operand::Behind)),
        _ => None,
    };
    match code & 7 {
        LD if code & 0xff00 == 0 => match code & 0x18 {
            W => match code & 0xe0 {
                IMM => Some(("ld", Operand::Hex)),
                MEM => Some(("ld", Operand::Memory)),
                LEN => Some(("ld", Operand::Length)),
                _ => load("ld"),
            },
            H => load("ldh"),
            B => load("ldb"),
            _ => None,
        },
        _ => match code {
            c if c == LDX | IMM => Some(("ldx", Operand::Hex)),
            c if c == LDX | MEM => Some(("ldx", Operand::Memory)),
            c if c == LDX | LEN => Some(("ldx", Operand::Length)),
            c if c == LDX | MSH | B => Some(("ldxb", Operand::HeaderLength)),
            ST => Some(("st", Operand::Memory)),
            STX => Some(("stx", Operand::Memory)),
            c if c == MISC | TAX => Some(("tax", Operand::None)),
            c if c == MISC | TXA => Some(("txa", Operand::None)),
            RET => Some(("ret", Operand::Decimal)),
            c if c == RET | A => Some(("ret", Operand::None)),
            c if c == JMP | JA => Some(("ja", Operand::Target)),
            c if c == ALU | NEG => Some(("neg", Operand::None)),
            _ => calculation(code),
        },
    }
}

/// The same for what has A and a second operand.
fn calculation(code: u16) -> Option<(&'static str, Operand)> {
    let (name, operand) = match code & !X {
        c if c == ALU | ADD => ("add", Operand::Decimal),
        c if c == ALU | SUB => ("sub", Operand::Decimal),
        c if c == ALU | MUL => ("mul", Operand::Decimal),
        c if c == ALU | DIV => ("div", Operand::Decimal),
        c if c == ALU | MOD => ("mod", Operand::Decimal),
        c if c == ALU | AND => ("and", Operand::Hex),
        c if c == ALU | OR => ("or", Operand::Hex),
        c if c == ALU | XOR => ("xor", Operand::Hex),
        c if c == ALU | LSH => ("lsh", Operand::Decimal),
        c if c == ALU | RSH => ("rsh", Operand::Decimal),
        c if c == JMP | JEQ => ("jeq", Operand::Hex),
        c if c == JMP | JGT => ("jgt", Operand::Hex),
        c if c == JMP | JGE => ("jge", Operand::Hex),
        c if c == JMP | JSET => ("jset", Operand::Hex),
        _ => return None,
    };
    Some((name, if code & X == 0 { operand } else { Operand::X }))
}

/// How an operand is written.
enum Operand {
    None,
    X,
    Decimal,
    Hex,
    Place,
    Behind,
    Memory,
    Length,
    HeaderLength,
    Target,
}

impl Operand {
    fn text(&self, index: usize, k: u32) -> String {
        match self {
            Self::None => String::new(),
            Self::X => "x".to_owned(),
            Self::Decimal => format!("#{k}"),
            Self::Hex => format!("#{k:#x}"),
            Self::Place => format!("[{k}]"),
            Self::Behind => format!("[x + {k}]"),
            Self::Memory => format!("M[{k}]"),
            Self::Length => "#pktlen".to_owned(),
            Self::HeaderLength => format!("4*([{k}]&0xf)"),
            Self::Target => (index + 1).saturating_add(k as usize).to_string(),
        }
    }
}

/// As `tcpdump -d` prints it, an instruction a line.
impl fmt::Display for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, instruction) in self.instructions.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            let Instruction { code, jt, jf, k } = *instruction;
            let (name, operand) = name(code).unwrap_or(("?", Operand::Hex));
            let operand = operand.text(index, k);
            if code & 7 == JMP && code != JMP | JA {
                let [jt, jf] = [jt, jf].map(|jump| index + 1 + usize::from(jump));
                write!(f, "({index:03}) {name:<8} {operand:<16} jt {jt}\tjf {jf}")?;
            } else {
                write!(f, "({index:03}) {name:<8} {operand}")?;
            }
        }
        Ok(())
    }
}

impl fmt::Display for ProgramError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "instruction {}: {}", self.index, self.reason)
    }
}

impl std::error::Error for ProgramError {}

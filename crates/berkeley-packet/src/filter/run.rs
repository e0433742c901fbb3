//! Programs of classic BPF, interpreted.

use super::code::{
    A, ABS, ADD, ALU, AND, B, DIV, H, IMM, IND, JA, JEQ, JGE, JGT, JMP, JSET, LD, LDX, LEN, LSH, MEM, MEMORY,
    MISC, MOD, MSH, MUL, NEG, OR, RET, RSH, ST, STX, SUB, TXA, W, X, XOR,
};
use super::program::Instruction;

/// What a program works with.
struct Machine<'a> {
    bytes: &'a [u8],
    length: u32,
    a: u32,
    x: u32,
    memory: [u32; MEMORY],
}

/// Runs instructions that were checked on a packet of `length` bytes, of which `bytes` were captured. Gives what they
/// return; none where they look behind the bytes or divide by zero.
pub(super) fn run(instructions: &[Instruction], bytes: &[u8], length: u32) -> Option<u32> {
    let mut machine = Machine { bytes, length, a: 0, x: 0, memory: [0; MEMORY] };
    let mut next = 0;
    loop {
        let instruction = instructions.get(next)?;
        next += 1;
        let Instruction { code, k, .. } = *instruction;
        match code & 7 {
            LD => machine.a = machine.load(code, k)?,
            LDX => machine.x = machine.load_x(code, k)?,
            ST => *machine.memory.get_mut(k as usize)? = machine.a,
            STX => *machine.memory.get_mut(k as usize)? = machine.x,
            ALU => machine.a = machine.calculate(code, k)?,
            JMP => next += machine.jump(*instruction),
            RET => return Some(if code & 0x18 == A { machine.a } else { k }),
            MISC if code == MISC | TXA => machine.a = machine.x,
            _ => machine.x = machine.a,
        }
    }
}

impl Machine<'_> {
    fn load(&self, code: u16, k: u32) -> Option<u32> {
        let at = match code & 0xe0 {
            ABS => k,
            IND => self.x.checked_add(k)?,
            IMM => return Some(k),
            MEM => return self.memory.get(k as usize).copied(),
            LEN => return Some(self.length),
            _ => return None,
        };
        let bytes = self.bytes.get(at as usize..)?;
        Some(match code & 0x18 {
            W => u32::from_be_bytes(*bytes.first_chunk()?),
            H => u16::from_be_bytes(*bytes.first_chunk()?).into(),
            B => (*bytes.first()?).into(),
            _ => return None,
        })
    }

    fn load_x(&self, code: u16, k: u32) -> Option<u32> {
        match code & 0xe0 {
            IMM => Some(k),
            MEM => self.memory.get(k as usize).copied(),
            LEN => Some(self.length),
            MSH => self.bytes.get(k as usize).map(|byte| u32::from(byte & 0xf) * 4),
            _ => None,
        }
    }

    fn calculate(&self, code: u16, k: u32) -> Option<u32> {
        let second = if code & X == 0 { k } else { self.x };
        operate(code & 0xf0, self.a, second)
    }

    fn jump(&self, instruction: Instruction) -> usize {
        let Instruction { code, jt, jf, k } = instruction;
        if code & 0xf0 == JA {
            return k as usize;
        }
        let second = if code & X == 0 { k } else { self.x };
        if holds(code & 0xf0, self.a, second) { jt.into() } else { jf.into() }
    }
}

/// What an operation of A and a second operand comes to; none for a division by zero.
pub(super) fn operate(operation: u16, a: u32, second: u32) -> Option<u32> {
    match operation {
        ADD => Some(a.wrapping_add(second)),
        SUB => Some(a.wrapping_sub(second)),
        MUL => Some(a.wrapping_mul(second)),
        DIV => a.checked_div(second),
        MOD => a.checked_rem(second),
        OR => Some(a | second),
        AND => Some(a & second),
        XOR => Some(a ^ second),
        LSH => Some(a.checked_shl(second).unwrap_or(0)),
        RSH => Some(a.checked_shr(second).unwrap_or(0)),
        NEG => Some(a.wrapping_neg()),
        _ => None,
    }
}

/// Whether a jump's test of A and a second operand holds.
pub(super) fn holds(test: u16, a: u32, second: u32) -> bool {
    match test {
        JEQ => a == second,
        JGT => a > second,
        JGE => a >= second,
        JSET => a & second != 0,
        _ => false,
    }
}

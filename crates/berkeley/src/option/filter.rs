//! Classic BPF filters (the kernel's `Documentation/networking/filter.rst`), checked before the kernel sees them.

use std::fmt;

use crate::sys::{self, alloc};

/// One instruction of a classic BPF filter: what `tcpdump -dd` prints in braces.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[doc(alias = "sock_filter")]
#[expect(clippy::exhaustive_structs, reason = "the fields of struct sock_filter, whose size is fixed")]
pub struct Instruction {
    /// What to do: class, size and mode, or operation and operand (`BPF_LD | BPF_W | BPF_ABS`).
    pub code: u16,
    /// How many instructions a jump skips where its condition holds.
    pub jt: u8,
    /// How many it skips where it does not.
    pub jf: u8,
    /// The constant: an offset, an operand, a length, or the distance of an unconditional jump.
    pub k: u32,
}

impl Instruction {
    /// An instruction without a condition.
    #[doc(alias = "BPF_STMT")]
    pub const fn statement(code: u16, k: u32) -> Self {
        Self { code, jt: 0, jf: 0, k }
    }

    /// A jump by a condition: over `jt` instructions where it holds, over `jf` where it does not.
    #[doc(alias = "BPF_JUMP")]
    pub const fn jump(code: u16, k: u32, jt: u8, jf: u8) -> Self {
        Self { code, jt, jf, k }
    }

    /// What is wrong with it, as the one at `index` of `length`.
    fn fault(self, index: usize, length: usize) -> Option<&'static str> {
        let lands = |distance: usize| distance < length - index - 1;
        match self.code {
            code if !CODES.contains(&code) => Some("has a code that no filter has"),
            DIVIDE | MODULO if self.k == 0 => Some("divides by zero"),
            SHIFT_LEFT | SHIFT_RIGHT if self.k >= 32 => Some("shifts by more than 31 bits"),
            LOAD_CELL | LOAD_CELL_X | STORE | STORE_X if self.k >= CELLS => {
                Some("names a cell beyond the 16 there are")
            }
            JUMP if !usize::try_from(self.k).is_ok_and(lands) => Some("jumps beyond the end"),
            code if code & CLASS == JUMP && code != JUMP => {
                let both = lands(self.jt.into()) && lands(self.jf.into());
                (!both).then_some("jumps beyond the end")
            }
            _ => None,
        }
    }
}

/// A classic BPF filter that holds: 1 to 4096 instructions, each known, every jump forward and within, a return at the
/// end.
///
/// It gives the number of bytes of a packet that are kept: 0 drops it. What the filter sees starts with the packet's
/// own header, such as UDP's eight bytes on a UDP socket, or Ethernet's on a packet socket.
///
/// ```
/// use berkeley::option::{Filter, Instruction};
///
/// // tcpdump -dd prints lines of this form. This one keeps packets whose byte 8 is b'a'.
/// let filter = Filter::new([
///     Instruction::statement(0x30, 8),
///     Instruction::jump(0x15, u32::from(b'a'), 0, 1),
///     Instruction::statement(0x06, u32::MAX),
///     Instruction::statement(0x06, 0),
/// ]).unwrap();
/// assert_eq!(filter.instructions().len(), 4);
///
/// let error = Filter::new([Instruction::statement(0x30, 8)]).unwrap_err();
/// assert_eq!(error.to_string(), "instruction 0: the last one does not return");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[doc(alias = "sock_fprog")]
pub struct Filter {
    instructions: Vec<Instruction>,
}

impl Filter {
    /// The most instructions that a filter may have (`BPF_MAXINSNS`).
    pub const LONGEST: usize = 4096;

    /// The filter of these instructions; fails, and says which one is at fault, where the kernel would refuse them.
    ///
    /// Also fails where there is no memory for them. What is left to the kernel: whether a cell is read before it was
    /// written.
    pub fn new(instructions: impl AsRef<[Instruction]>) -> Result<Self, FilterError> {
        let instructions = instructions.as_ref();
        let length = instructions.len();
        let Some(last) = instructions.last() else {
            return Err(FilterError { index: 0, fault: "a filter has at least one" });
        };
        if length > Self::LONGEST {
            return Err(FilterError { index: Self::LONGEST, fault: "a filter has at most 4096" });
        }
        for (index, instruction) in instructions.iter().enumerate() {
            if let Some(fault) = instruction.fault(index, length) {
                return Err(FilterError { index, fault });
            }
        }
        if last.code & CLASS != RETURN {
            return Err(FilterError { index: length - 1, fault: "the last one does not return" });
        }
        let instructions = alloc::copy(instructions).map_err(|_| FilterError::NO_MEMORY)?;
        Ok(Self { instructions })
    }

    /// As [`new`](Self::new), of instructions as the fields of `struct sock_filter`: `code`, `jt`, `jf` and `k`.
    ///
    /// For a filter that another crate has compiled.
    ///
    /// ```
    /// # use berkeley::option::{Filter, Instruction};
    /// let keeps_all = Filter::from_fields([(0x06, 0, 0, u32::MAX)]).unwrap();
    /// assert_eq!(keeps_all.instructions(), [Instruction::statement(0x06, u32::MAX)]);
    /// ```
    pub fn from_fields(fields: impl IntoIterator<Item = (u16, u8, u8, u32)>) -> Result<Self, FilterError> {
        // One more than there may be tells of too many, and ends what has no end.
        let fields = fields.into_iter().take(Self::LONGEST + 1);
        let instructions =
            alloc::collect_any(fields.map(|(code, jt, jf, k)| Instruction { code, jt, jf, k }))
                .map_err(|_| FilterError::NO_MEMORY)?;
        Self::new(instructions)
    }

    /// The instructions, in order.
    pub fn instructions(&self) -> &[Instruction] {
        &self.instructions
    }

    /// The instructions as the kernel takes them, 8 bytes each: `struct sock_filter`. `ENOMEM` without memory for them.
    pub(crate) fn encode(&self) -> sys::Result<Vec<[u8; 8]>> {
        let encode = |instruction: &Instruction| {
            let mut bytes = [0, 0, instruction.jt, instruction.jf, 0, 0, 0, 0];
            bytes[..2].copy_from_slice(&instruction.code.to_ne_bytes());
            bytes[4..].copy_from_slice(&instruction.k.to_ne_bytes());
            bytes
        };
        alloc::collect(self.instructions.iter().map(encode))
    }
}

/// Why instructions make no filter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilterError {
    index: usize,
    fault: &'static str,
}

impl FilterError {
    const NO_MEMORY: Self = Self { index: 0, fault: "there is no memory for the filter" };

    /// Which instruction is at fault, counted from 0.
    pub const fn index(&self) -> usize {
        self.index
    }
}

impl fmt::Display for FilterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "instruction {}: {}", self.index, self.fault)
    }
}

impl std::error::Error for FilterError {}

const CELLS: u32 = 16;
const CLASS: u16 = 0x07;
const RETURN: u16 = 0x06;
const JUMP: u16 = 0x05;
const DIVIDE: u16 = 0x34;
const MODULO: u16 = 0x94;
const SHIFT_LEFT: u16 = 0x64;
const SHIFT_RIGHT: u16 = 0x74;
const LOAD_CELL: u16 = 0x60;
const LOAD_CELL_X: u16 = 0x61;
const STORE: u16 = 0x02;
const STORE_X: u16 = 0x03;

/// Every code that a socket's filter may have, class by class.
const CODES: [u16; 49] = [
    // Loads into A: a constant, the length, absolute and indexed words, halves and bytes, a cell.
    0x00,
    0x80,
    0x20,
    0x28,
    0x30,
    0x40,
    0x48,
    0x50,
    LOAD_CELL,
    // Loads into X: a constant, the length, four times a low nibble, a cell.
    0x01,
    0x81,
    0xb1,
    LOAD_CELL_X,
    // Stores of A and X.
    STORE,
    STORE_X,
    // A and a constant, A and X: + - * / | & << >> negation % ^.
    0x04,
    0x0c,
    0x14,
    0x1c,
    0x24,
    0x2c,
    DIVIDE,
    0x3c,
    0x44,
    0x4c,
    0x54,
    0x5c,
    SHIFT_LEFT,
    0x6c,
    SHIFT_RIGHT,
    0x7c,
    0x84,
    MODULO,
    0x9c,
    0xa4,
    0xac,
    // Jumps: always, and by == > >= & with a constant and with X.
    JUMP,
    0x15,
    0x1d,
    0x25,
    0x2d,
    0x35,
    0x3d,
    0x45,
    0x4d,
    // Returns: a constant, A. Moves between A and X.
    0x06,
    0x16,
    0x07,
    0x87,
];

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const KEEP: Instruction = Instruction::statement(RETURN, u32::MAX);

    #[test]
    fn what_the_kernel_would_refuse_is_refused_with_its_place() {
        let long = vec![KEEP; Filter::LONGEST + 1];
        let rows: [(Vec<Instruction>, usize, &str); 10] = [
            (vec![], 0, "a filter has at least one"),
            (long, 4096, "a filter has at most 4096"),
            (vec![Instruction::statement(0x20, 0)], 0, "the last one does not return"),
            (vec![KEEP, Instruction::statement(0xff, 0), KEEP], 1, "has a code that no filter has"),
            (vec![Instruction::statement(DIVIDE, 0), KEEP], 0, "divides by zero"),
            (vec![Instruction::statement(MODULO, 0), KEEP], 0, "divides by zero"),
            (vec![Instruction::statement(SHIFT_LEFT, 32), KEEP], 0, "shifts by more than 31 bits"),
            (vec![Instruction::statement(STORE, 16), KEEP], 0, "names a cell beyond the 16 there are"),
            (vec![Instruction::jump(0x15, 0, 0, 1), KEEP], 0, "jumps beyond the end"),
            (vec![KEEP, Instruction::statement(JUMP, u32::MAX), KEEP], 1, "jumps beyond the end"),
        ];
        for (instructions, index, fault) in rows {
            let error = Filter::new(instructions).unwrap_err();
            assert_eq!(error, FilterError { index, fault });
        }
        assert!(Filter::new(vec![KEEP; Filter::LONGEST]).is_ok());
        assert!(Filter::new([Instruction::jump(0x15, 0, 1, 0), KEEP, KEEP]).is_ok());
    }

    #[test]
    #[cfg(target_endian = "little")]
    fn an_instruction_is_eight_bytes() {
        let filter = Filter::new([Instruction::jump(0x15, 0x0a0b_0c0d, 0, 1), KEEP, KEEP]).unwrap();
        assert_eq!(filter.encode().unwrap()[0], [0x15, 0, 0, 1, 0x0d, 0x0c, 0x0b, 0x0a]);
    }

    proptest! {
        #[test]
        fn every_jump_of_a_filter_lands_within_it(
            parts in proptest::collection::vec((0_u16..0x100, any::<u8>(), any::<u8>(), 0_u32..20), 1..20)
        ) {
            let instructions: Vec<_> =
                parts.into_iter().map(|(code, jt, jf, k)| Instruction { code, jt: jt % 8, jf: jf % 8, k }).collect();
            if let Ok(filter) = Filter::new(instructions) {
                let length = filter.instructions().len();
                for (index, instruction) in filter.instructions().iter().enumerate() {
                    if instruction.code & CLASS == JUMP && instruction.code != JUMP {
                        let far = usize::from(instruction.jt.max(instruction.jf));
                        prop_assert!(index + 1 + far < length);
                    }
                }
            }
        }
    }
}

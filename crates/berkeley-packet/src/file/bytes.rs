//! Numbers in the order of whoever wrote the file.

/// The order of a number's bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    Little,
    Big,
}

impl Order {
    pub(super) fn u32(self, bytes: [u8; 4]) -> u32 {
        match self {
            Self::Little => u32::from_le_bytes(bytes),
            Self::Big => u32::from_be_bytes(bytes),
        }
    }

    /// Seven of them, one behind the other: what a packet of pcapng begins with.
    pub(super) fn words(self, bytes: &[u8; 28]) -> [u32; 7] {
        std::array::from_fn(|word| self.u32_at(bytes, word * 4))
    }

    pub(super) fn u64(self, bytes: [u8; 8]) -> u64 {
        match self {
            Self::Little => u64::from_le_bytes(bytes),
            Self::Big => u64::from_be_bytes(bytes),
        }
    }

    /// The number of two bytes at `at`; 0 where there are none.
    pub(super) fn u16_at(self, bytes: &[u8], at: usize) -> u16 {
        let found = chunk(bytes, at).unwrap_or_default();
        match self {
            Self::Little => u16::from_le_bytes(found),
            Self::Big => u16::from_be_bytes(found),
        }
    }

    /// The number of four bytes at `at`; 0 where there are none.
    pub(super) fn u32_at(self, bytes: &[u8], at: usize) -> u32 {
        self.u32(chunk(bytes, at).unwrap_or_default())
    }
}

fn chunk<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..)?.first_chunk().copied()
}

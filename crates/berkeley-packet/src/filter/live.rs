//! A filter of packets as they come, on one interface or on all.

use super::{FilterError, Instruction, Program, compile};
use crate::link::LinkType;

/// The instruction that ends a program (`BPF_RET | BPF_K`): how many bytes of the packet are kept.
const RETURN: u16 = 0x06;

/// What the kernel is to let through, and what is left to be filtered here.
///
/// The kernel takes a VLAN's tag off a packet before its filter sees it, and the packets of several interfaces may
/// begin with different headers: what depends on these is filtered here.
#[derive(Clone, Debug)]
pub struct Live {
    kernel: Vec<Instruction>,
    /// For packets that begin with Ethernet's header, and with IP's.
    here: Option<[Program; 2]>,
}

impl Live {
    /// The filter `text`, all packets where there is none, of which `snap` bytes are kept at most; `link` is what the
    /// packets of the interface begin with, and none for all interfaces.
    ///
    /// # Errors
    ///
    /// Fails where the text is no filter.
    pub fn new(text: Option<&str>, link: Option<LinkType>, snap: u32) -> Result<Self, FilterError> {
        let keep = Instruction { code: RETURN, jt: 0, jf: 0, k: snap };
        match (text, link) {
            (None, _) => Ok(Self { kernel: vec![keep], here: None }),
            (Some(text), Some(link)) if !text.contains("vlan") => {
                let program = compile(text, link)?;
                let shorter = |it: &Instruction| if it.code == RETURN && it.k > 0 { keep } else { *it };
                Ok(Self { kernel: program.instructions().iter().map(shorter).collect(), here: None })
            }
            (Some(text), _) => {
                let here = [compile(text, LinkType::ETHERNET)?, compile(text, LinkType::RAW)?];
                Ok(Self { kernel: vec![keep], here: Some(here) })
            }
        }
    }

    /// The program for the kernel, which also says how many bytes are kept.
    pub fn kernel(&self) -> &[Instruction] {
        &self.kernel
    }

    /// As [`kernel`](Self::kernel), each instruction as the fields of `struct sock_filter`: `code`, `jt`, `jf` and `k`.
    /// The crate `berkeley` takes them (`Filter::from_fields`).
    pub fn kernel_fields(&self) -> impl Iterator<Item = (u16, u8, u8, u32)> + '_ {
        self.kernel.iter().map(|it| (it.code, it.jt, it.jf, it.k))
    }

    /// Whether a packet that the kernel has let through is wanted.
    pub fn wants(&self, link: LinkType, bytes: &[u8], length: usize) -> bool {
        let Some([ethernet, raw]) = &self.here else { return true };
        let program = if link == LinkType::ETHERNET { ethernet } else { raw };
        program.matches(bytes, length)
    }
}

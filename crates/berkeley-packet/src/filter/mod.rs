//! Which packets are wanted: expressions like those of tcpdump, compiled to classic BPF.
#![allow(missing_docs, clippy::pedantic)]
mod live;
pub use live::Live;
#[derive(Debug)]
pub struct FilterError;
impl std::fmt::Display for FilterError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("x")
    }
}
#[derive(Clone, Copy, Debug)]
pub struct Instruction {
    pub code: u16,
    pub jt: u8,
    pub jf: u8,
    pub k: u32,
}
#[derive(Clone, Debug)]
pub struct Program(Vec<Instruction>);
impl Program {
    pub fn matches(&self, _b: &[u8], _l: usize) -> bool {
        true
    }
    pub fn instructions(&self) -> &[Instruction] {
        &self.0
    }
}
impl std::fmt::Display for Program {
    fn fmt(&self, _f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        Ok(())
    }
}
pub fn compile(_t: &str, _l: crate::LinkType) -> Result<Program, FilterError> {
    Ok(Program(Vec::new()))
}

//! Which packets are wanted.

use berkeley_packet::LinkType;
use berkeley_packet::filter::{Program, compile};

use super::Entry;
use crate::exit::Failure;

/// An expression, and its program for each link type that the input has.
pub(super) struct Filter<'t> {
    text: &'t str,
    programs: Vec<(LinkType, Program)>,
}

impl<'t> Filter<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self { text, programs: Vec::new() }
    }

    /// Whether it wants the packet; the first of a link type has it compiled.
    pub(super) fn wants(&mut self, entry: &Entry<'_>) -> Result<bool, Failure> {
        let matches = |program: &Program| program.matches(entry.packet.bytes(), entry.packet.length());
        if let Some((_, program)) = self.programs.iter().find(|(link, _)| *link == entry.link) {
            return Ok(matches(program));
        }
        let program = compile(self.text, entry.link).map_err(Failure::misuse)?;
        let wanted = matches(&program);
        self.programs.push((entry.link, program));
        Ok(wanted)
    }
}

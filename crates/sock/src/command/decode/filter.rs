//! Which packets are wanted.

use berkeley_packet::LinkType;
use berkeley_packet::filter::Program;

use super::Entry;
use crate::exit::Failure;
use crate::packet::filter;

/// An expression, and its program for each link type that the input has.
pub(super) struct Filter<'t> {
    text: &'t str,
    programs: Vec<(LinkType, Program)>,
}

impl<'t> Filter<'t> {
    pub(super) fn new(text: &'t str) -> Result<Self, Failure> {
        // A capture may have no packet that it would be tried on.
        filter::check(text)?;
        Ok(Self { text, programs: Vec::new() })
    }

    /// Whether it wants the packet; the first of a link type has it compiled.
    pub(super) fn wants(&mut self, entry: &Entry<'_>) -> Result<bool, Failure> {
        let matches = |program: &Program| program.matches(entry.packet.bytes(), entry.packet.length());
        if let Some((_, program)) = self.programs.iter().find(|(link, _)| *link == entry.link) {
            return Ok(matches(program));
        }
        let program = filter::compile(self.text, entry.link)?;
        let wanted = matches(&program);
        self.programs.push((entry.link, program));
        Ok(wanted)
    }
}

//! How a header is built from what is said of it.

use etherparse::checksum::Sum16BitWords;

use super::checksum;
use super::field::Field;
use super::protocol::Protocol;

/// How a header is built.
pub(crate) struct Craft {
    /// The header with every field at its usual value.
    pub(crate) header: &'static [u8],
    /// The field that holds all bytes behind those of `header`, such as `ip.options`; none where none may stand there.
    pub(crate) rest: Option<&'static Field>,
    /// Fills in what follows from the layers around it, where it is not set: lengths, checksums, the inner protocol.
    pub(crate) complete: fn(&mut Draft<'_>),
}

/// A header that is being built: every field that was set is in it, and the layers that it carries are complete.
pub(crate) struct Draft<'d> {
    /// The header.
    pub(crate) header: &'d mut Vec<u8>,
    /// What it carries.
    pub(crate) payload: &'d [u8],
    /// The protocol of that; none for data, or nothing.
    pub(crate) inner: Option<&'static Protocol>,
    /// The nearest IP header around it, with what was set, and its protocol: extension headers may stand between.
    pub(crate) ip: Option<(&'static Protocol, &'d [u8])>,
    /// The last routing header of IPv6 between that and this header.
    pub(crate) route: Option<&'d [u8]>,
    /// The names of the fields that were set by hand, which are to stay.
    pub(crate) set: &'d [&'static str],
}

impl Draft<'_> {
    /// Sets the field `name`, one of `fields`, to `number`, which is in its unit, unless it was set by hand.
    pub(crate) fn fill(&mut self, fields: &'static [Field], name: &str, number: u64) {
        let field = fields.iter().find(|field| field.name == name);
        if let Some(field) = field.filter(|field| !self.set.contains(&field.name))
            && let Some(bits) = field.room(self.header)
        {
            field.write(self.header, &bits, number);
        }
    }

    /// The checksum at byte `at` of the header, over header, payload and the pseudo-header of the IP header around it.
    pub(crate) fn transport_checksum(&self, at: usize, number: u8) -> u16 {
        let all = [self.header, self.payload].concat();
        let addresses =
            self.ip.and_then(|(outer, header)| checksum::final_addresses(outer.name, header, self.route));
        let pseudo = addresses.map_or_else(Sum16BitWords::new, |(source, destination)| {
            checksum::pseudo_header(source, destination, number, all.len())
        });
        checksum::of(&all, at, pseudo)
    }
}

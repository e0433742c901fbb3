//! Layers and their fields, whatever the protocol.
//!
//! A [`Protocol`] takes a frame apart into a header and what it carries; a [`Packet`] does so again and again, and
//! holds where each [`Layer`] begins and ends. The table of a protocol has a [`Field`] a row. What has no fixed place,
//! such as an option, the protocol's walk finds. Nothing here knows a single protocol, but for [`DATA`](data::DATA).

/// The fields that a protocol's walk finds: a static of each, and `PARTS` of all of them.
///
/// `parts! { TYPE = "ip.opt.type", "Type of the option", Decimal, words(word); ... }`
macro_rules! parts {
    ($($static:ident = $name:literal, $meaning:literal, $kind:ident $(, $more:ident($with:expr))*;)*) => {
        $(pub(super) static $static: Field = Field::new($name, $meaning, Kind::$kind, Place::Walked)$(.$more($with))*;)*
        pub(crate) static PARTS: &[&Field] = &[$(&$static),*];
    };
}

/// The fields of several tables, one after the other: `N` in all.
pub(crate) const fn joined<const N: usize>(tables: &[&[&'static Field]]) -> [&'static Field; N] {
    let mut all = [&data::LENGTH; N];
    let (mut table, mut row, mut at) = (0, 0, 0);
    while table < tables.len() {
        if row == tables[table].len() {
            (table, row) = (table + 1, 0);
        } else {
            all[at] = tables[table][row];
            (row, at) = (row + 1, at + 1);
        }
    }
    all
}

pub(crate) mod checksum;
pub(crate) mod data;
pub(crate) mod draft;
pub(crate) mod field;
pub(crate) mod form;
pub(crate) mod packet;
pub(crate) mod protocol;
pub(crate) mod value;
pub(crate) mod walk;

use field::Field;

pub(crate) use draft::{Craft, Draft};
pub(crate) use packet::Layer;
pub(crate) use parts;
pub(crate) use protocol::{Dissection, Frame, Next, Protocol};
pub(crate) use walk::{Walked, Walker};

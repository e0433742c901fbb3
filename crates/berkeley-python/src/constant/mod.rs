//! The module's integers, under C's names and with C's values.
//!
//! Each stands in the table of its theme, with its value from the library where the library has it. Which names there
//! are depends on two things only: the version of the interpreter (what later ones have added stands in `since`), and
//! whether the interpreter itself was built with Bluetooth's headers (`cfg(bluetooth)`, which build.rs asks sysconfig
//! for): two builds of one version differ in that.

mod bluetooth;
mod can;
mod family;
mod inet;
mod local;
mod lookup;
mod option;
mod protocol;
mod since;
mod transfer;

use berkeley::option::Description;
use pyo3::prelude::*;
use pyo3::types::PyString;

/// One integer of the module's.
struct Constant {
    name: &'static str,
    value: i64,
}

impl Constant {
    /// The number of an option.
    const fn of(option: &Description) -> Self {
        Self { name: option.c_name, value: option.number as i64 }
    }
}

/// The table of a file: `NAME = value;`, each under what it needs of the interpreter.
macro_rules! constants {
    ($($(#[$needs:meta])* $name:ident = $value:expr;)*) => {
        pub(super) const TABLE: &[$crate::constant::Constant] = &[$(
            $(#[$needs])*
            $crate::constant::Constant { name: stringify!($name), value: $value as i64 },
        )*];
    };
}
use constants;
use option::options;

const TABLES: &[&[Constant]] = &[
    can::TABLE,
    family::TABLE,
    inet::TABLE,
    local::TABLE,
    lookup::TABLE,
    option::TABLE,
    protocol::TABLE,
    transfer::TABLE,
];

/// Adds them all, and the two names of Bluetooth that are no integers.
pub(crate) fn add(module: &Bound<'_, PyModule>) -> PyResult<()> {
    let names = module.dict();
    let added = since::TABLES.iter().filter(|(has, _)| *has).flat_map(|(_, tables)| *tables);
    let constants = TABLES.iter().chain(option::ROWS).chain(added).copied().flatten();
    for Constant { name, value } in constants {
        // Interned, as every name that code looks up.
        names.set_item(PyString::intern(module.py(), name), value)?;
    }
    if cfg!(bluetooth) {
        names.set_item("BDADDR_ANY", "00:00:00:00:00:00")?;
        names.set_item("BDADDR_LOCAL", "00:00:00:FF:FF:FF")?;
    }
    names.set_item("has_ipv6", true)
}

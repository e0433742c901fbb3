//! The numbers of every option that the library knows, by their C names, and of its levels: `UDP_GRO`, `SOL_UDP`.

use berkeley::option::{self, Level};
use pyo3::prelude::*;

/// The levels whose C name is not `SOL_` and the level's name in capitals.
const IRREGULAR: &[(&str, &str)] =
    &[("icmp", "SOL_RAW"), ("can", "SOL_CAN_RAW"), ("isotp", "SOL_CAN_ISOTP"), ("j1939", "SOL_CAN_J1939")];

/// Of sending without copying. The library's safe calls take it away; it is here for other modules' sockets.
const MSG_ZEROCOPY: i32 = 0x0400_0000;

pub(super) fn add(module: &Bound<'_, PyModule>) -> PyResult<()> {
    for option in option::all() {
        module.add(option.c_name, option.number)?;
    }
    for level in Level::ALL {
        let regular = format!("SOL_{}", level.name().to_uppercase());
        let name =
            IRREGULAR.iter().find(|(name, _)| *name == level.name()).map_or(&*regular, |(_, name)| name);
        module.add(name, level.as_raw())?;
    }
    module.add("MSG_ZEROCOPY", MSG_ZEROCOPY)
}

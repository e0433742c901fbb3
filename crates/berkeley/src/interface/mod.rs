//! Network interfaces: their names and indexes, and their addresses, which the kernel lists by netlink.
//!
//! [`interface_index`] and [`interface_name`] turn the one into the other; [`interfaces`] lists all of this network
//! namespace. None needs a right, and none asks a name server.
//!
//! ```
//! use berkeley::interface::{interface_index, interface_name, interfaces};
//!
//! let index = interface_index("lo")?;
//! assert_eq!(interface_name(index)?, "lo");
//! assert!(interfaces()?.iter().any(|interface| interface.index == index));
//! # Ok::<(), berkeley::Error>(())
//! ```

mod listing;
mod name;
mod netlink;

#[cfg(feature = "fault")]
pub(crate) use listing::decode_interfaces;
pub use listing::{Interface, InterfaceAddress, InterfaceFlags, interfaces};
pub use name::{interface_index, interface_name, interface_name_bytes, interface_names};

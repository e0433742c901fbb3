//! Layers and their fields, whatever the protocol.
//!
//! A [`Protocol`] takes a frame apart into a header and what it carries; a [`Packet`] does so again and again, and holds
//! where each [`Layer`] begins and ends. The table of a protocol has a [`Field`] a row. What has no fixed place, such as
//! an option, the protocol's walk finds. Nothing here knows a single protocol, but for [`DATA`](data::DATA).

pub(crate) mod checksum;
pub(crate) mod data;
pub(crate) mod draft;
pub(crate) mod field;
pub(crate) mod packet;
pub(crate) mod protocol;
pub(crate) mod value;
pub(crate) mod walk;

pub(crate) use draft::{Craft, Draft};
pub(crate) use packet::Layer;
pub(crate) use protocol::{Dissection, Frame, Next, Protocol};

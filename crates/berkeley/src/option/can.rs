//! Options of raw CAN sockets, classic, FD and XL: `SOL_CAN_RAW` (the kernel's `Documentation/networking/can.rst`).

use std::fmt;

use super::content::{Content, Encoded, Misfit, write_list};
use super::options;
use super::record::record;
use crate::bytes::u32_at;
use crate::sys::{self, alloc};

options! {
    CAN, "Documentation/networking/can.rst";

    /// Which classes of error frames are received, by the flags `CAN_ERR_*`; 0 for none.
    ERR_FILTER: u32, Unsigned in 0..=0x1fff_ffff, "err_filter", CAN_RAW_ERR_FILTER, "CAN_RAW_ERR_FILTER", ReadWrite, Any;
    /// Receives and sends frames of CAN FD too, with up to 64 bytes of data.
    FD_FRAMES: bool, Flag, "fd_frames", CAN_RAW_FD_FRAMES, "CAN_RAW_FD_FRAMES", ReadWrite, Any;
    /// Which frames are received: all, at first; then those that a filter lets through, none where there is no filter.
    FILTER: Vec<CanFilter>, CanFilters, "filter", CAN_RAW_FILTER, "CAN_RAW_FILTER", ReadWrite, Any;
    /// Receives only what all the filters let through, not one of them.
    JOIN_FILTERS: bool, Flag, "join_filters", CAN_RAW_JOIN_FILTERS, "CAN_RAW_JOIN_FILTERS", ReadWrite, Any;
    /// Shows what is sent to the other sockets of this host.
    LOOPBACK: bool, Flag, "loopback", CAN_RAW_LOOPBACK, "CAN_RAW_LOOPBACK", ReadWrite, Any;
    /// Shows what is sent to this socket as well.
    RECV_OWN_MSGS: bool, Flag, "recv_own_msgs", CAN_RAW_RECV_OWN_MSGS, "CAN_RAW_RECV_OWN_MSGS", ReadWrite, Any;
    /// Receives and sends frames of CAN XL too, with up to 2048 bytes of data.
    XL_FRAMES: bool, Flag, "xl_frames", CAN_RAW_XL_FRAMES, "CAN_RAW_XL_FRAMES", ReadWrite, Any;
    /// Which virtual networks frames of CAN XL are sent to and received from (Linux 6.9).
    XL_VCID_OPTS: CanXlVcid, CanXlVcid, "xl_vcid_opts", CAN_RAW_XL_VCID_OPTS, "CAN_RAW_XL_VCID_OPTS", ReadWrite, Any;
}

record! {
    /// The virtual networks of CAN XL that a socket takes part in (`CAN_RAW_XL_VCID_OPTS`).
    #[doc(alias = "can_raw_vcid_options")]
    CanXlVcid, 4, "numbers such as 1:2:3:255";
    /// In bits: 1 to send to `send`, 2 to send to the network that a frame names, 4 to receive by the filter.
    flags: u8 = 0;
    /// The network that is sent to.
    send: u8 = 1;
    /// The network that is received from.
    receive: u8 = 2;
    /// The bits of it that count.
    receive_mask: u8 = 3;
}

/// Lets a frame through where the bits of its identifier under `mask` are those of `id`.
///
/// `Display` prints it as the tools for CAN do, in hexadecimal: `123:7ff`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[doc(alias = "can_filter")]
#[non_exhaustive]
pub struct CanFilter {
    /// The identifier; with `CAN_INV_FILTER` (0x20000000), what is let through is the rest.
    pub id: u32,
    /// The bits that count.
    pub mask: u32,
}

impl CanFilter {
    /// Lets through what has the bits of `id` under `mask`.
    pub const fn new(id: u32, mask: u32) -> Self {
        Self { id, mask }
    }

    /// `sizeof(struct can_filter)`
    const SIZE: usize = 8;
    /// The most that a socket takes: `CAN_RAW_FILTER_MAX`.
    const MAX: usize = 512;

    fn decode_all(bytes: &[u8]) -> sys::Result<Option<Vec<Self>>> {
        let filter = |chunk| Some(Self { id: u32_at(chunk, 0)?, mask: u32_at(chunk, 4)? });
        alloc::collect_all(bytes.chunks(Self::SIZE).map(filter))
    }

    fn encode_all(filters: &[Self]) -> Result<Vec<u8>, Misfit> {
        if filters.len() > Self::MAX {
            return Err(format!("takes at most {} filters, got {}", Self::MAX, filters.len()).into());
        }
        let mut bytes = alloc::with_room(filters.len() * Self::SIZE)?;
        let fields = filters.iter().flat_map(|filter| [filter.id, filter.mask]);
        bytes.extend(fields.flat_map(u32::to_ne_bytes));
        Ok(bytes)
    }

    /// `123:7ff,400:700`; `none` for no filter at all.
    fn parse_all(text: &str) -> Option<Vec<Self>> {
        if text == "none" {
            return Some(Vec::new());
        }
        let digits = |text: &str| {
            let hex = text.bytes().all(|digit| digit.is_ascii_hexdigit());
            hex.then(|| u32::from_str_radix(text, 16).ok())?
        };
        let filter = |text: &str| {
            let (id, mask) = text.split_once(':')?;
            Some(Self { id: digits(id)?, mask: digits(mask)? })
        };
        let filters: Vec<Self> = text.split(',').take(Self::MAX + 1).map(filter).collect::<Option<_>>()?;
        (filters.len() <= Self::MAX).then_some(filters)
    }
}

impl Content for Vec<CanFilter> {
    const ROOM: usize = 512;
    const IS_LIST: bool = true;
    const WANTED: &'static str = "none, or filters such as 123:7ff,400:700";

    fn from_bytes(bytes: &[u8]) -> Result<Option<Self>, Misfit> {
        Ok(CanFilter::decode_all(bytes)?)
    }

    fn to_bytes(&self) -> Option<Result<Encoded, Misfit>> {
        Some(CanFilter::encode_all(self).map(Encoded::list))
    }

    fn from_text(text: &str) -> Option<Self> {
        CanFilter::parse_all(text)
    }

    fn show(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_list(f, self)
    }
}

impl fmt::Display for CanFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:x}:{:x}", self.id, self.mask)
    }
}

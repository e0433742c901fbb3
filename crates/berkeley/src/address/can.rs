//! `AF_CAN`: `struct sockaddr_can` of `linux/can.h`, whose union every protocol reads in its own way.

use std::fmt;

use super::text::{Fields, Hex, unhex};
use super::{EncodedAddress, Layout, at_most};
use crate::bytes::{field, u32_at};
use crate::error::Result;
use crate::kinds::Family;
use crate::sys::layout::can;

/// An interface of a Controller Area Network, and what the socket's protocol adds to it.
///
/// The address does not tell its protocol: the same bytes are an ISO-TP pair or a part of a J1939 name. They are
/// kept as they are, and read by the method of the protocol. `Display` prints, and `FromStr` reads:
///
/// | text | for |
/// |---|---|
/// | `can:INTERFACE` | raw and broadcast-manager sockets: the union is empty |
/// | `can:INTERFACE:isotp:0xRX:0xTX` | ISO-TP; printed where only the first 8 bytes of the union are set |
/// | `can:INTERFACE:j1939:0xNAME:0xPGN:0xADDRESS` | J1939; printed where more are |
/// | `can:INTERFACE:raw:HEX` | what is neither: all 16 bytes of the union |
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
#[doc(alias = "sockaddr_can")]
pub struct CanAddress {
    interface: u32,
    data: [u8; can::DATA_SIZE],
}

/// What a J1939 socket's address adds to the interface (SAE J1939, `linux/can/j1939.h`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(
    clippy::exhaustive_structs,
    reason = "the fields of the j1939 part of struct sockaddr_can, whose size is fixed"
)]
pub struct J1939Address {
    /// The node's name, of 64 bits; 0 (`J1939_NO_NAME`) where it is known by its address alone.
    pub name: u64,
    /// The parameter group; 0x40000 is `J1939_NO_PGN`.
    pub pgn: u32,
    /// The node's address on the bus; 0xff is `J1939_NO_ADDR`.
    pub address: u8,
}

impl CanAddress {
    /// What a raw or broadcast-manager socket is bound or connected to; interface 0 is every one.
    #[doc(alias = "CAN_RAW")]
    #[doc(alias = "CAN_BCM")]
    pub const fn new(interface: u32) -> Self {
        Self { interface, data: [0; can::DATA_SIZE] }
    }

    /// What an ISO-TP socket is bound to: the CAN identifiers that it receives and sends (`CAN_EFF_FLAG` included).
    #[doc(alias = "CAN_ISOTP")]
    pub fn isotp(interface: u32, rx_id: u32, tx_id: u32) -> Self {
        let mut address = Self::new(interface);
        address.set(can::RX_ID, &rx_id.to_ne_bytes());
        address.set(can::TX_ID, &tx_id.to_ne_bytes());
        address
    }

    /// A node of a J1939 network.
    #[doc(alias = "CAN_J1939")]
    pub fn j1939(interface: u32, node: J1939Address) -> Self {
        let mut address = Self::new(interface);
        address.set(can::NAME, &node.name.to_ne_bytes());
        address.set(can::PGN, &node.pgn.to_ne_bytes());
        address.set(can::ADDR, &[node.address]);
        address
    }

    /// An address of a protocol that this library does not know: the 16 bytes of the kernel's union.
    pub const fn from_data(interface: u32, data: [u8; 16]) -> Self {
        Self { interface, data }
    }

    /// `offset` is one of the layout's, with room for `field`.
    fn set(&mut self, offset: usize, field: &[u8]) {
        self.data[offset..offset + field.len()].copy_from_slice(field);
    }

    /// The interface's index.
    #[doc(alias = "can_ifindex")]
    pub const fn interface(&self) -> u32 {
        self.interface
    }

    /// The union's bytes.
    #[doc(alias = "can_addr")]
    pub const fn data(&self) -> [u8; 16] {
        self.data
    }

    /// The identifiers that an ISO-TP socket receives and sends, in that order; what they say of another is nothing.
    pub fn as_isotp(&self) -> (u32, u32) {
        (self.word(can::RX_ID), self.word(can::TX_ID))
    }

    /// The node, where the socket is a J1939 one.
    pub fn as_j1939(&self) -> J1939Address {
        let name = field(&self.data, can::NAME).map_or(0, u64::from_ne_bytes);
        J1939Address { name, pgn: self.word(can::PGN), address: self.data[can::ADDR] }
    }

    fn word(&self, offset: usize) -> u32 {
        u32_at(&self.data, offset).unwrap_or(0)
    }
}

impl Layout for CanAddress {
    const FAMILY: Family = Family::CAN;
    const TAG: &'static str = "can";

    fn decode(bytes: &[u8]) -> Option<Self> {
        at_most(bytes, can::SIZE)?;
        let interface = u32_at(bytes, can::INTERFACE)?;
        // The kernel gives as much of the union as the protocol uses: nothing, 8 bytes or all.
        let used = bytes.get(can::DATA..)?;
        let mut address = Self::new(interface);
        address.data[..used.len()].copy_from_slice(used);
        Some(address)
    }

    fn encode(&self) -> EncodedAddress {
        let mut encoded = EncodedAddress::new(Self::FAMILY, can::SIZE);
        encoded.put(can::INTERFACE, &self.interface.to_ne_bytes());
        encoded.put(can::DATA, &self.data);
        encoded
    }

    fn parse(fields: &mut Fields<'_>) -> Result<Self> {
        const WANTED: &str = "isotp, j1939 or raw";
        let interface = fields.number("interface")?;
        if fields.is_at_end() {
            return Ok(Self::new(interface));
        }
        match fields.word("protocol", WANTED)? {
            "isotp" => Ok(Self::isotp(interface, fields.number("rx")?, fields.number("tx")?)),
            "j1939" => Ok(Self::j1939(interface, parse_j1939(fields)?)),
            "raw" => Ok(Self::from_data(interface, parse_data(fields)?)),
            word => Err(fields.wrong("protocol", WANTED, word)),
        }
    }
}

fn parse_j1939(fields: &mut Fields<'_>) -> Result<J1939Address> {
    Ok(J1939Address {
        name: fields.number("name")?,
        pgn: fields.number("pgn")?,
        address: fields.number("address")?,
    })
}

fn parse_data(fields: &mut Fields<'_>) -> Result<[u8; can::DATA_SIZE]> {
    const WANTED: &str = "16 pairs of digits";
    let word = fields.word("data", WANTED)?;
    let bytes = unhex(word)?.and_then(|bytes| <[u8; can::DATA_SIZE]>::try_from(bytes).ok());
    bytes.ok_or_else(|| fields.wrong("data", WANTED, word))
}

impl fmt::Display for CanAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "can:{}", self.interface)?;
        let ((rx, tx), node) = (self.as_isotp(), self.as_j1939());
        if *self == Self::new(self.interface) {
            Ok(())
        } else if *self == Self::isotp(self.interface, rx, tx) {
            write!(f, ":isotp:{rx:#x}:{tx:#x}")
        } else if *self == Self::j1939(self.interface, node) {
            write!(f, ":j1939:{:#x}:{:#x}:{:#x}", node.name, node.pgn, node.address)
        } else {
            write!(f, ":raw:{}", Hex(&self.data))
        }
    }
}

impl fmt::Debug for CanAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CanAddress({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::golden::check;

    #[test]
    fn golden_bytes_go_both_ways() {
        let mut golden = [0; 24];
        golden[..8].copy_from_slice(&[29, 0, 0, 0, 3, 0, 0, 0]);
        check(&golden, 8, CanAddress::new(3), "can:3");

        golden[8..16].copy_from_slice(&[0xe8, 7, 0, 0, 0xe0, 7, 0, 0x80]);
        let isotp = CanAddress::isotp(3, 0x7e8, 0x8000_07e0);
        check(&golden, 16, isotp, "can:3:isotp:0x7e8:0x800007e0");
        assert_eq!(isotp.as_isotp(), (0x7e8, 0x8000_07e0));

        golden[8..].copy_from_slice(&[8, 7, 6, 5, 4, 3, 2, 1, 0, 0, 4, 0, 0x20, 0, 0, 0]);
        let node = J1939Address { name: 0x0102_0304_0506_0708, pgn: 0x40000, address: 0x20 };
        let j1939 = CanAddress::j1939(3, node);
        check(&golden, 21, j1939, "can:3:j1939:0x102030405060708:0x40000:0x20");
        assert_eq!(j1939.as_j1939(), node);

        golden[8..].copy_from_slice(&[9; 16]);
        let text = "can:3:raw:09090909090909090909090909090909";
        check(&golden, 24, CanAddress::from_data(3, [9; 16]), text);
    }
}

//! `AF_PACKET`: `struct sockaddr_ll` (packet(7)).

use std::fmt;
use std::hash::{Hash, Hasher};

use super::text::{Fields, Octets, wrong};
use super::{EncodedAddress, Layout, at_most};
use crate::bytes::{field, u16_at, u32_at};
use crate::error::{Error, Operation, Result};
use crate::kinds::Family;
use crate::sys::layout::packet;

/// An interface and a protocol of the link layer: `packet:INTERFACE:PROTOCOL[:KIND:HARDWARE[:AA:BB:CC:DD:EE:FF]]`.
///
/// To bind, give the interface and the protocol; to send, the peer's hardware address too. A received packet's address
/// has all of them. The kind and the hardware type may be left out where they are 0 and no hardware address follows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[doc(alias = "sockaddr_ll")]
#[expect(clippy::exhaustive_structs, reason = "the fields of struct sockaddr_ll, whose size is fixed")]
pub struct PacketAddress {
    /// The interface's index; 0 is every interface.
    #[doc(alias = "sll_ifindex")]
    pub interface: u32,
    /// The ethertype, such as 0x0800 for IPv4 or 3 for all (`ETH_P_ALL`), as numbers are read: the network's byte
    /// order is seen to.
    #[doc(alias = "sll_protocol")]
    pub protocol: u16,
    /// `PACKET_HOST` (0), `PACKET_BROADCAST` (1), `PACKET_MULTICAST` (2), `PACKET_OTHERHOST` (3), `PACKET_OUTGOING`
    /// (4).
    #[doc(alias = "sll_pkttype")]
    pub packet_type: u8,
    /// The kind of link (`ARPHRD_*`): 1 is Ethernet, 772 the loopback.
    #[doc(alias = "sll_hatype")]
    pub hardware_type: u16,
    /// The address on the link.
    #[doc(alias = "sll_addr")]
    pub hardware: HardwareAddress,
}

impl PacketAddress {
    /// What a packet socket is bound to: the interface of that index (0 is every one), and an ethertype.
    pub fn new(interface: u32, ethertype: u16) -> Self {
        Self { interface, protocol: ethertype, ..Self::default() }
    }
}

impl Layout for PacketAddress {
    const FAMILY: Family = Family::PACKET;
    const TAG: &'static str = "packet";

    fn decode(bytes: &[u8]) -> Option<Self> {
        let [length] = field(bytes, packet::LENGTH)?;
        let length = usize::from(length);
        // The kernel cuts the structure short behind a short address, and runs past it with one of more than 8 bytes.
        at_most(bytes, packet::SIZE.max(packet::ADDRESS + length))?;
        let hardware = bytes.get(packet::ADDRESS..)?.get(..length)?;
        Some(Self {
            interface: u32_at(bytes, packet::INTERFACE)?,
            protocol: u16::from_be_bytes(field(bytes, packet::PROTOCOL)?),
            packet_type: u8::from_ne_bytes(field(bytes, packet::PACKET_TYPE)?),
            hardware_type: u16_at(bytes, packet::HARDWARE_TYPE)?,
            hardware: HardwareAddress::hold(hardware)?,
        })
    }

    fn encode(&self) -> EncodedAddress {
        let hardware = self.hardware.as_bytes();
        let size = packet::SIZE.max(packet::ADDRESS + hardware.len());
        let mut encoded = EncodedAddress::new(Self::FAMILY, size);
        encoded.put(packet::PROTOCOL, &self.protocol.to_be_bytes());
        encoded.put(packet::INTERFACE, &self.interface.to_ne_bytes());
        encoded.put(packet::HARDWARE_TYPE, &self.hardware_type.to_ne_bytes());
        encoded.put(packet::PACKET_TYPE, &[self.packet_type]);
        encoded.put(packet::LENGTH, &[self.hardware.length]);
        encoded.put(packet::ADDRESS, hardware);
        encoded
    }

    fn parse(fields: &mut Fields<'_>) -> Result<Self> {
        Ok(Self {
            interface: fields.number("interface")?,
            protocol: fields.number("protocol")?,
            packet_type: fields.number_or_zero("kind")?,
            hardware_type: fields.number_or_zero("hardware type")?,
            hardware: fields.rest().map_or(Ok(HardwareAddress::NONE), HardwareAddress::parse)?,
        })
    }
}

impl fmt::Display for PacketAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "packet:{}:{:#06x}", self.interface, self.protocol)?;
        let none = self.hardware == HardwareAddress::NONE;
        if !none || self.packet_type != 0 || self.hardware_type != 0 {
            write!(f, ":{}:{}", self.packet_type, self.hardware_type)?;
        }
        if none { Ok(()) } else { write!(f, ":{}", self.hardware) }
    }
}

/// An address on a link, of up to 32 bytes: six on Ethernet, twenty on `InfiniBand`, none on many tunnels.
///
/// `Display` prints `00:1b:21:01:02:03`.
#[derive(Clone, Copy, Default)]
pub struct HardwareAddress {
    bytes: [u8; packet::ADDRESS_MAX],
    length: u8,
}

impl HardwareAddress {
    /// No address.
    pub const NONE: Self = Self { bytes: [0; packet::ADDRESS_MAX], length: 0 };

    /// The address `bytes`.
    ///
    /// # Errors
    ///
    /// Fails where it is longer than 32 bytes, which no link of Linux has.
    pub fn new(bytes: &[u8]) -> Result<Self> {
        Self::hold(bytes).ok_or_else(|| {
            let (length, most) = (bytes.len(), packet::ADDRESS_MAX);
            let why = format!("hardware address is {length} bytes long, and the kernel takes {most}");
            Error::invalid(Operation::ParseAddress, why)
        })
    }

    fn hold(bytes: &[u8]) -> Option<Self> {
        let mut address = Self::NONE;
        address.bytes.get_mut(..bytes.len())?.copy_from_slice(bytes);
        address.length = u8::try_from(bytes.len()).ok()?;
        Some(address)
    }

    fn parse(text: &str) -> Result<Self> {
        let pairs = text.split(':').count();
        if pairs > packet::ADDRESS_MAX {
            return Err(wrong("packet hardware address", "32 pairs of digits at most", text));
        }
        let mut bytes = [0; packet::ADDRESS_MAX];
        let mut fields = Fields::new("packet", text);
        for byte in &mut bytes[..pairs] {
            [*byte] = fields.octets("hardware address")?;
        }
        Self::new(&bytes[..pairs])
    }

    /// The bytes, in the order they are sent.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.length)]
    }
}

impl From<[u8; 6]> for HardwareAddress {
    fn from(mac: [u8; 6]) -> Self {
        let mut address = Self { length: 6, ..Self::NONE };
        address.bytes[..6].copy_from_slice(&mac);
        address
    }
}

impl PartialEq for HardwareAddress {
    fn eq(&self, other: &Self) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}

impl Eq for HardwareAddress {}

impl Hash for HardwareAddress {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_bytes().hash(state);
    }
}

impl fmt::Display for HardwareAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Octets(self.as_bytes()).fmt(f)
    }
}

impl fmt::Debug for HardwareAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HardwareAddress({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::Address;
    use crate::address::golden::check;

    /// An ARP frame from Ethernet, as recvfrom(2) gives its sender.
    const ETHERNET: [u8; 20] = [17, 0, 8, 6, 2, 0, 0, 0, 1, 0, 1, 6, 0, 0x1b, 0x21, 1, 2, 3, 0, 0];

    #[test]
    fn golden_bytes_go_both_ways() {
        let address = PacketAddress {
            interface: 2,
            protocol: 0x0806,
            packet_type: 1,
            hardware_type: 1,
            hardware: [0, 0x1b, 0x21, 1, 2, 3].into(),
        };
        check(&ETHERNET, 18, address, "packet:2:0x0806:1:1:00:1b:21:01:02:03");
        let bound = [17, 0, 0, 3, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        check(&bound, 12, PacketAddress::new(1, 3), "packet:1:0x0003");
        let outgoing = [17, 0, 0, 3, 1, 0, 0, 0, 4, 3, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        let address = PacketAddress { packet_type: 4, hardware_type: 772, ..PacketAddress::new(1, 3) };
        check(&outgoing, 12, address, "packet:1:0x0003:4:772");
    }

    #[test]
    fn a_long_hardware_address_runs_past_the_structure() {
        let mut golden = vec![17, 0, 8, 0, 4, 0, 0, 0, 32, 0, 0, 20];
        golden.extend(1..=20);
        let hardware = HardwareAddress::new(&golden[12..]).unwrap();
        let address = PacketAddress { hardware_type: 32, hardware, ..PacketAddress::new(4, 0x0800) };
        let text = "packet:4:0x0800:0:32:01:02:03:04:05:06:07:08:09:0a:0b:0c:0d:0e:0f:10:11:12:13:14";
        check(&golden, 32, address, text);
    }

    #[test]
    fn an_impossible_length_of_the_hardware_address_is_kept_as_bytes() {
        for length in [9, 33, 116, 255] {
            let mut bytes = ETHERNET;
            bytes[11] = length;
            assert!(matches!(Address::decode(&bytes), Address::Other(_)), "length {length}");
        }
        let mut long = [0; 128];
        long[..20].copy_from_slice(&ETHERNET);
        long[11] = 33;
        assert!(matches!(Address::decode(&long[..45]), Address::Other(_)));
        assert!(HardwareAddress::new(&[0; 33]).unwrap_err().to_string().contains("33 bytes"));
        assert!(format!("packet:1:3:0:0{}", ":00".repeat(33)).parse::<Address>().is_err());
    }
}

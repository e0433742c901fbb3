//! `AF_BLUETOOTH`: `struct sockaddr_l2`, `sockaddr_rc`, `sockaddr_hci` and `sockaddr_sco` of `net/bluetooth/`.

use std::fmt;

use super::text::{Fields, Octets, write_optional};
use super::{EncodedAddress, Layout, exactly};
use crate::bytes::{field, u16_at};
use crate::error::Result;
use crate::kinds::{Family, Protocol};
use crate::sys::layout::bluetooth as layout;

/// The address of a Bluetooth socket, which each protocol lays out in its own way.
///
/// The bytes do not tell the protocol, but their lengths do: 14, 10, 6 and 8.
/// [`Address::decode`](super::Address::decode) goes by these; a caller that knows the protocol may ask
/// [`decode`](Self::decode), which is stricter. Isochronous sockets (`BTPROTO_ISO`) have rfcomm's length: without the
/// protocol, theirs read as `Rfcomm`, and the bytes survive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum BluetoothAddress {
    /// A channel of the logical link (l2cap(7)): `bluetooth:l2cap:AA:BB:CC:DD:EE:FF:PSM[:CID[:KIND]]`.
    #[doc(alias = "sockaddr_l2")]
    L2cap {
        /// The device.
        device: BluetoothDevice,
        /// The port (protocol and service multiplexer).
        psm: u16,
        /// The channel, where it is a fixed one; else 0.
        cid: u16,
        /// `BDADDR_BREDR` (0), `BDADDR_LE_PUBLIC` (1) or `BDADDR_LE_RANDOM` (2).
        kind: u8,
    },
    /// A serial port (rfcomm(7)): `bluetooth:rfcomm:AA:BB:CC:DD:EE:FF:CHANNEL`.
    #[doc(alias = "sockaddr_rc")]
    Rfcomm {
        /// The device.
        device: BluetoothDevice,
        /// The channel, 1 to 30; 0 to have one chosen. For an isochronous socket the device's kind.
        channel: u8,
    },
    /// A controller of this machine (hci(7)): `bluetooth:hci:INDEX[:CHANNEL]`.
    #[doc(alias = "sockaddr_hci")]
    Hci {
        /// The controller's index; 0xffff is none (`HCI_DEV_NONE`).
        index: u16,
        /// `HCI_CHANNEL_RAW` (0), `HCI_CHANNEL_USER` (1), `HCI_CHANNEL_MONITOR` (2), `HCI_CHANNEL_CONTROL` (3).
        channel: u16,
    },
    /// A voice link (sco(7)): `bluetooth:sco:AA:BB:CC:DD:EE:FF`.
    #[doc(alias = "sockaddr_sco")]
    Sco {
        /// The device.
        device: BluetoothDevice,
    },
}

/// The address of a Bluetooth device, in the order that is printed; the kernel holds it the other way round.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[doc(alias = "bdaddr_t")]
#[expect(clippy::exhaustive_structs, reason = "the six bytes of bdaddr_t")]
pub struct BluetoothDevice(pub [u8; 6]);

impl BluetoothDevice {
    /// Any device (`BDADDR_ANY`), to bind to.
    #[doc(alias = "BDADDR_ANY")]
    pub const ANY: Self = Self([0; 6]);

    fn at(bytes: &[u8], offset: usize) -> Option<Self> {
        field(bytes, offset).map(Self::reversed)
    }

    fn reversed(mut octets: [u8; 6]) -> Self {
        octets.reverse();
        Self(octets)
    }

    fn parse(fields: &mut Fields<'_>) -> Result<Self> {
        fields.octets("device").map(Self)
    }
}

impl fmt::Display for BluetoothDevice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Octets(&self.0).fmt(f)
    }
}

impl BluetoothAddress {
    /// Reads the address that a socket of `protocol` gave, its family first; `None` where it is none of that protocol.
    pub fn decode(protocol: Protocol, bytes: &[u8]) -> Option<Self> {
        if super::family_of(bytes) != Family::BLUETOOTH {
            return None;
        }
        match protocol {
            Protocol::BTPROTO_L2CAP => decode_l2cap(bytes),
            Protocol::BTPROTO_RFCOMM => decode_rfcomm(bytes),
            Protocol::BTPROTO_HCI => decode_hci(bytes),
            Protocol::BTPROTO_SCO => decode_sco(bytes),
            _ => None,
        }
    }
}

fn decode_l2cap(bytes: &[u8]) -> Option<BluetoothAddress> {
    exactly(bytes, layout::L2CAP_SIZE)?;
    let little = |offset| field(bytes, offset).map(u16::from_le_bytes);
    Some(BluetoothAddress::L2cap {
        device: BluetoothDevice::at(bytes, layout::L2CAP_DEVICE)?,
        psm: little(layout::L2CAP_PSM)?,
        cid: little(layout::L2CAP_CID)?,
        kind: u8::from_le_bytes(field(bytes, layout::L2CAP_KIND)?),
    })
}

fn decode_rfcomm(bytes: &[u8]) -> Option<BluetoothAddress> {
    exactly(bytes, layout::RFCOMM_SIZE)?;
    let device = BluetoothDevice::at(bytes, layout::RFCOMM_DEVICE)?;
    let [channel] = field(bytes, layout::RFCOMM_CHANNEL)?;
    Some(BluetoothAddress::Rfcomm { device, channel })
}

fn decode_hci(bytes: &[u8]) -> Option<BluetoothAddress> {
    exactly(bytes, layout::HCI_SIZE)?;
    let index = u16_at(bytes, layout::HCI_INDEX)?;
    Some(BluetoothAddress::Hci { index, channel: u16_at(bytes, layout::HCI_CHANNEL)? })
}

fn decode_sco(bytes: &[u8]) -> Option<BluetoothAddress> {
    exactly(bytes, layout::SCO_SIZE)?;
    Some(BluetoothAddress::Sco { device: BluetoothDevice::at(bytes, layout::SCO_DEVICE)? })
}

impl Layout for BluetoothAddress {
    const FAMILY: Family = Family::BLUETOOTH;
    const TAG: &'static str = "bluetooth";

    fn decode(bytes: &[u8]) -> Option<Self> {
        [decode_l2cap, decode_rfcomm, decode_hci, decode_sco].into_iter().find_map(|decode| decode(bytes))
    }

    fn encode(&self) -> EncodedAddress {
        let new = |size| EncodedAddress::new(Self::FAMILY, size);
        let device_bytes = |device: BluetoothDevice| BluetoothDevice::reversed(device.0).0;
        match *self {
            Self::L2cap { device, psm, cid, kind } => {
                let mut encoded = new(layout::L2CAP_SIZE);
                encoded.put(layout::L2CAP_PSM, &psm.to_le_bytes());
                encoded.put(layout::L2CAP_DEVICE, &device_bytes(device));
                encoded.put(layout::L2CAP_CID, &cid.to_le_bytes());
                encoded.put(layout::L2CAP_KIND, &[kind]);
                encoded
            }
            Self::Rfcomm { device, channel } => {
                let mut encoded = new(layout::RFCOMM_SIZE);
                encoded.put(layout::RFCOMM_DEVICE, &device_bytes(device));
                encoded.put(layout::RFCOMM_CHANNEL, &[channel]);
                encoded
            }
            Self::Hci { index, channel } => {
                let mut encoded = new(layout::HCI_SIZE);
                encoded.put(layout::HCI_INDEX, &index.to_ne_bytes());
                encoded.put(layout::HCI_CHANNEL, &channel.to_ne_bytes());
                encoded
            }
            Self::Sco { device } => {
                let mut encoded = new(layout::SCO_SIZE);
                encoded.put(layout::SCO_DEVICE, &device_bytes(device));
                encoded
            }
        }
    }

    fn parse(fields: &mut Fields<'_>) -> Result<Self> {
        const WANTED: &str = "l2cap, rfcomm, hci or sco";
        match fields.word("protocol", WANTED)? {
            "l2cap" => Ok(Self::L2cap {
                device: BluetoothDevice::parse(fields)?,
                psm: fields.number("psm")?,
                cid: fields.number_or_zero("cid")?,
                kind: fields.number_or_zero("kind")?,
            }),
            "rfcomm" => Ok(Self::Rfcomm {
                device: BluetoothDevice::parse(fields)?,
                channel: fields.number("channel")?,
            }),
            "hci" => {
                Ok(Self::Hci { index: fields.number("index")?, channel: fields.number_or_zero("channel")? })
            }
            "sco" => Ok(Self::Sco { device: BluetoothDevice::parse(fields)? }),
            word => Err(fields.wrong("protocol", WANTED, word)),
        }
    }
}

impl fmt::Display for BluetoothAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::L2cap { device, psm, cid, kind } => {
                write!(f, "bluetooth:l2cap:{device}:{psm}")?;
                write_optional(f, &[cid.into(), kind.into()])
            }
            Self::Rfcomm { device, channel } => write!(f, "bluetooth:rfcomm:{device}:{channel}"),
            Self::Hci { index, channel } => {
                write!(f, "bluetooth:hci:{index}")?;
                write_optional(f, &[channel.into()])
            }
            Self::Sco { device } => write!(f, "bluetooth:sco:{device}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::golden::check;

    const DEVICE: BluetoothDevice = BluetoothDevice([0x11, 0x22, 0x33, 0x44, 0x55, 0x66]);
    const L2CAP: [u8; 14] = [31, 0, 1, 0x10, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11, 0x40, 0, 1, 0];
    const RFCOMM: [u8; 10] = [31, 0, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11, 7, 0];
    const HCI: [u8; 6] = [31, 0, 1, 0, 3, 0];
    const SCO: [u8; 8] = [31, 0, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11];

    #[test]
    fn golden_bytes_go_both_ways() {
        let l2cap = BluetoothAddress::L2cap { device: DEVICE, psm: 0x1001, cid: 0x40, kind: 1 };
        check(&L2CAP, 14, l2cap, "bluetooth:l2cap:11:22:33:44:55:66:4097:64:1");
        let rfcomm = BluetoothAddress::Rfcomm { device: DEVICE, channel: 7 };
        check(&RFCOMM, 10, rfcomm, "bluetooth:rfcomm:11:22:33:44:55:66:7");
        let hci = BluetoothAddress::Hci { index: 1, channel: 3 };
        check(&HCI, 6, hci, "bluetooth:hci:1:3");
        let sco = BluetoothAddress::Sco { device: DEVICE };
        check(&SCO, 8, sco, "bluetooth:sco:11:22:33:44:55:66");
    }

    #[test]
    #[cfg(target_endian = "little")]
    fn whoever_knows_the_protocol_reads_by_it_alone() {
        let rows: [(Protocol, &[u8]); 4] = [
            (Protocol::BTPROTO_L2CAP, &L2CAP),
            (Protocol::BTPROTO_RFCOMM, &RFCOMM),
            (Protocol::BTPROTO_HCI, &HCI),
            (Protocol::BTPROTO_SCO, &SCO),
        ];
        for (protocol, _) in rows {
            for (own, bytes) in rows {
                let address = BluetoothAddress::decode(protocol, bytes);
                assert_eq!(address.is_some(), own == protocol, "{protocol:?} {bytes:?}");
            }
        }
        assert_eq!(BluetoothAddress::decode(Protocol::BTPROTO_ISO, &RFCOMM), None);
        assert_eq!(BluetoothAddress::decode(Protocol::BTPROTO_SCO, &[2; 8]), None);
    }
}

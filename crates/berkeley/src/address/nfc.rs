//! `AF_NFC`: `struct sockaddr_nfc` and `struct sockaddr_nfc_llcp` of `linux/nfc.h`.

use std::fmt;
use std::hash::{Hash, Hasher};

use super::text::{Escaped, Fields, unescape};
use super::{EncodedAddress, Layout, exactly};
use crate::bytes::{field, u32_at};
use crate::error::{Error, Operation, Result};
use crate::kinds::Family;
use crate::sys::layout::nfc;

/// A target near a device: `nfc:DEVICE:TARGET:PROTOCOL`, and for a logical link `:DSAP:SSAP[:SERVICE]` behind it.
///
/// The lengths of the two structures tell which it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[doc(alias = "sockaddr_nfc")]
#[expect(clippy::exhaustive_structs, reason = "the fields of struct sockaddr_nfc, whose size is fixed")]
pub struct NfcAddress {
    /// The device's index.
    #[doc(alias = "dev_idx")]
    pub device: u32,
    /// The target's index.
    #[doc(alias = "target_idx")]
    pub target: u32,
    /// What the two speak (`NFC_PROTO_*`): 5 is `NFC_PROTO_NFC_DEP`.
    #[doc(alias = "nfc_protocol")]
    pub protocol: u32,
    /// The service, where the socket's protocol is `NFC_SOCKPROTO_LLCP`.
    #[doc(alias = "sockaddr_nfc_llcp")]
    pub link: Option<NfcLink>,
}

/// The ends of a logical link between two devices, and the name of its service.
#[derive(Clone, Copy)]
pub struct NfcLink {
    dsap: u8,
    ssap: u8,
    service: [u8; nfc::SERVICE_SIZE],
    length: u8,
}

impl NfcLink {
    /// The access points of the destination and of the source, and the service's name, which may be empty
    /// (`urn:nfc:sn:handover`).
    ///
    /// # Errors
    ///
    /// Fails where the name is longer than 63 bytes.
    pub fn new(dsap: u8, ssap: u8, service: &[u8]) -> Result<Self> {
        Self::hold(dsap, ssap, service).ok_or_else(|| {
            let (length, most) = (service.len(), nfc::SERVICE_SIZE);
            let why = format!("nfc service: wanted {most} bytes at most, got {length}");
            Error::invalid(Operation::ParseAddress, why)
        })
    }

    fn hold(dsap: u8, ssap: u8, service: &[u8]) -> Option<Self> {
        let mut held = [0; nfc::SERVICE_SIZE];
        held.get_mut(..service.len())?.copy_from_slice(service);
        Some(Self { dsap, ssap, service: held, length: u8::try_from(service.len()).ok()? })
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        let [dsap] = field(bytes, nfc::DSAP)?;
        let [ssap] = field(bytes, nfc::SSAP)?;
        let length = usize::from_ne_bytes(field(bytes, nfc::SERVICE_LENGTH)?);
        let service = field::<{ nfc::SERVICE_SIZE }>(bytes, nfc::SERVICE)?;
        Self::hold(dsap, ssap, service.get(..length)?)
    }

    /// The access point of the destination; 0 where it is known by the service's name.
    pub const fn dsap(&self) -> u8 {
        self.dsap
    }

    /// The access point of the source.
    pub const fn ssap(&self) -> u8 {
        self.ssap
    }

    /// The service's name.
    #[doc(alias = "service_name")]
    pub fn service(&self) -> &[u8] {
        &self.service[..usize::from(self.length)]
    }
}

impl PartialEq for NfcLink {
    fn eq(&self, other: &Self) -> bool {
        (self.dsap, self.ssap, self.service()) == (other.dsap, other.ssap, other.service())
    }
}

impl Eq for NfcLink {}

impl Hash for NfcLink {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (self.dsap, self.ssap, self.service()).hash(state);
    }
}

impl fmt::Debug for NfcLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NfcLink({} {} {})", self.dsap, self.ssap, Escaped(self.service()))
    }
}

impl Layout for NfcAddress {
    const FAMILY: Family = Family::NFC;
    const TAG: &'static str = "nfc";

    fn decode(bytes: &[u8]) -> Option<Self> {
        let link = match exactly(bytes, nfc::SIZE) {
            Some(()) => None,
            None => exactly(bytes, nfc::LLCP_SIZE).and_then(|()| NfcLink::decode(bytes)).map(Some)?,
        };
        Some(Self {
            device: u32_at(bytes, nfc::DEVICE)?,
            target: u32_at(bytes, nfc::TARGET)?,
            protocol: u32_at(bytes, nfc::PROTOCOL)?,
            link,
        })
    }

    fn encode(&self) -> EncodedAddress {
        let size = if self.link.is_some() { nfc::LLCP_SIZE } else { nfc::SIZE };
        let mut encoded = EncodedAddress::new(Self::FAMILY, size);
        encoded.put(nfc::DEVICE, &self.device.to_ne_bytes());
        encoded.put(nfc::TARGET, &self.target.to_ne_bytes());
        encoded.put(nfc::PROTOCOL, &self.protocol.to_ne_bytes());
        if let Some(link) = self.link {
            encoded.put(nfc::DSAP, &[link.dsap]);
            encoded.put(nfc::SSAP, &[link.ssap]);
            encoded.put(nfc::SERVICE, link.service());
            encoded.put(nfc::SERVICE_LENGTH, &usize::from(link.length).to_ne_bytes());
        }
        encoded
    }

    fn parse(fields: &mut Fields<'_>) -> Result<Self> {
        Ok(Self {
            device: fields.number("device")?,
            target: fields.number("target")?,
            protocol: fields.number("protocol")?,
            link: if fields.is_at_end() { None } else { Some(parse_link(fields)?) },
        })
    }
}

fn parse_link(fields: &mut Fields<'_>) -> Result<NfcLink> {
    let (dsap, ssap) = (fields.number("dsap")?, fields.number("ssap")?);
    NfcLink::new(dsap, ssap, &unescape(fields.rest().unwrap_or_default())?)
}

impl fmt::Display for NfcAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "nfc:{}:{}:{}", self.device, self.target, self.protocol)?;
        match &self.link {
            None => Ok(()),
            Some(link) if link.length == 0 => write!(f, ":{}:{}", link.dsap, link.ssap),
            Some(link) => write!(f, ":{}:{}:{}", link.dsap, link.ssap, Escaped(link.service())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::golden::check;

    #[test]
    fn golden_bytes_go_both_ways() {
        let raw = [39, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 4, 0, 0, 0];
        check(&raw, 16, NfcAddress { device: 1, target: 2, protocol: 4, link: None }, "nfc:1:2:4");
    }

    #[test]
    #[cfg(target_pointer_width = "64")]
    fn a_logical_link_is_told_by_its_length() {
        let name = b"urn:nfc:sn:handover";
        let mut golden = [0; 96];
        golden[..18].copy_from_slice(&[39, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 0, 32]);
        golden[18..37].copy_from_slice(name);
        golden[88] = 19;
        let link = Some(NfcLink::new(0, 32, name).unwrap());
        let address = NfcAddress { device: 0, target: 0, protocol: 5, link };
        check(&golden, 96, address, "nfc:0:0:5:0:32:urn:nfc:sn:handover");
    }

    #[test]
    fn an_impossible_length_of_the_service_is_kept_as_bytes() {
        for length in [64, usize::MAX] {
            let mut bytes = [0; nfc::LLCP_SIZE];
            bytes[..2].copy_from_slice(&39_u16.to_ne_bytes());
            bytes[nfc::SERVICE_LENGTH..].copy_from_slice(&length.to_ne_bytes());
            assert!(<NfcAddress as Layout>::decode(&bytes).is_none(), "{length}");
        }
        let why = NfcLink::new(0, 0, &[b'n'; 64]).unwrap_err().to_string();
        assert_eq!(why, "address: nfc service: wanted 63 bytes at most, got 64");
    }
}

//! How the values of options are read, where more than their type says what is right.

use std::ffi::OsStr;
use std::num::NonZeroU64;
use std::sync::LazyLock;

use clap::builder::{PossibleValue, StringValueParser, TypedValueParser};
use clap::{Arg, Command, Error};

use crate::endpoint;
use crate::quantity::{Period, QuantityError, Size};

/// An endpoint as it is written, of which a shell completes the beginning.
#[derive(Clone, Copy, Debug)]
pub(super) struct EndpointText;

impl TypedValueParser for EndpointText {
    type Value = String;

    fn parse_ref(&self, command: &Command, arg: Option<&Arg>, value: &OsStr) -> Result<String, Error> {
        StringValueParser::new().parse_ref(command, arg, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        // For clap they have to last as long as the program; there are a dozen.
        static BEGINNINGS: LazyLock<Vec<&'static str>> =
            LazyLock::new(|| endpoint::beginnings().map(|text| &*text.leak()).collect());
        Some(Box::new(BEGINNINGS.iter().map(|text| PossibleValue::new(*text))))
    }
}

/// The number of a descriptor that the parent process has left open.
pub(super) fn descriptor(text: &str) -> Result<u32, String> {
    text.parse().map_err(|_| "wants the number of an open descriptor, as in --ready-fd 3 3>ready".to_owned())
}

/// A time of more than zero.
pub(super) fn positive(text: &str) -> Result<Period, String> {
    match text.parse::<Period>() {
        Ok(period) if period.0.is_zero() => Err("must be longer than zero".to_owned()),
        Ok(period) => Ok(period),
        Err(error) => Err(error.to_string()),
    }
}

/// Bytes a second, of more than zero.
pub(super) fn rate(text: &str) -> Result<NonZeroU64, String> {
    let size: Size = text.parse().map_err(|error: QuantityError| error.to_string())?;
    NonZeroU64::new(size.0).ok_or_else(|| "a rate of zero would let nothing through".to_owned())
}

/// A number of bytes, of more than zero.
pub(super) fn some_bytes(text: &str) -> Result<NonZeroU64, String> {
    let size: Size = text.parse().map_err(|error: QuantityError| error.to_string())?;
    NonZeroU64::new(size.0).ok_or_else(|| "must be more than zero".to_owned())
}

/// The largest payload of a UDP datagram over IPv4, in bytes.
const LARGEST_DATAGRAM: u64 = 65_507;

pub(super) fn datagram_size(text: &str) -> Result<Size, String> {
    match text.parse::<Size>() {
        Ok(size) if (1..=LARGEST_DATAGRAM).contains(&size.0) => Ok(size),
        Ok(_) => Err(format!("a datagram holds 1 to {LARGEST_DATAGRAM} bytes")),
        Err(error) => Err(error.to_string()),
    }
}

/// The largest payload of an echo request over IPv4, in bytes: a packet holds 65,535.
const LARGEST_PROBE: u64 = 65_507;

pub(super) fn probe_size(text: &str) -> Result<Size, String> {
    match text.parse::<Size>() {
        Ok(size) if size.0 <= LARGEST_PROBE => Ok(size),
        Ok(_) => Err(format!("a probe holds at most {LARGEST_PROBE} bytes")),
        Err(error) => Err(error.to_string()),
    }
}

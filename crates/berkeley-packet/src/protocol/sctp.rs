//! SCTP (RFC 9260): the header and its chunks.

use std::fmt;

use crate::layer::checksum;
use crate::layer::field::{Field, Kind, bytes};
use crate::layer::value::Value;
use crate::layer::walk::{Walked, Walker};
use crate::layer::{Craft, Dissection, Draft, Frame, Layer, Next, Protocol};
use crate::problem::Trouble;
use crate::protocol::cursor::Cursor;
use parts::*;

pub(crate) static SCTP: Protocol = Protocol {
    name: "sctp",
    title: "Stream Control Transmission Protocol",
    fields: FIELDS,
    checked: Protocol::checked(FIELDS),
    parts: parts::PARTS,
    dissect,
    walk: Some(walk),
    line,
    craft: Some(&Craft { header: &[0; HEADER], rest: Some(&parts::CHUNK_VALUE), complete }),
};

static FIELDS: &[Field] = &[
    Field::new("sctp.srcport", "Source port", Kind::Decimal, bytes(0, 2)),
    Field::new("sctp.dstport", "Destination port", Kind::Decimal, bytes(2, 2)),
    Field::new("sctp.verification_tag", "Verification tag", Kind::Hex, bytes(4, 4)),
    Field::new("sctp.checksum", "Checksum", Kind::Hex, bytes(8, 4))
        .checked(|layer| checksum::check_crc(layer, CHECKSUM)),
];

const HEADER: usize = 12;

/// Where the checksum stands.
const CHECKSUM: usize = 8;

mod parts {
    use crate::layer::field::{Field, Kind, parts};

    const fn number(name: &'static str, meaning: &'static str) -> Field {
        Field::walked(name, meaning, Kind::Decimal)
    }

    const fn hex(name: &'static str, meaning: &'static str) -> Field {
        Field::walked(name, meaning, Kind::Hex)
    }

    const fn flag(name: &'static str, meaning: &'static str) -> Field {
        Field::walked(name, meaning, Kind::Flag)
    }

    const fn data(name: &'static str, meaning: &'static str) -> Field {
        Field::walked(name, meaning, Kind::Bytes)
    }

    parts! {
        CHUNK = Field::group("Chunk", "Chunk");
        CHUNK_TYPE = number("sctp.chunk_type", "Type").words(super::kind);
        CHUNK_BIT_1 = flag("sctp.chunk_bit_1", "Skip it if it is unknown");
        CHUNK_BIT_2 = flag("sctp.chunk_bit_2", "Report it if it is unknown");
        CHUNK_FLAGS = hex("sctp.chunk_flags", "Flags");
        CHUNK_LENGTH = number("sctp.chunk_length", "Length of the chunk").unit("bytes");
        CHUNK_VALUE = data("sctp.chunk_value", "Value");
        CHUNK_PADDING = data("sctp.chunk_padding", "Padding");
        DATA_I = flag("sctp.data_i_bit", "Acknowledge at once");
        DATA_U = flag("sctp.data_u_bit", "Not in order");
        DATA_B = flag("sctp.data_b_bit", "Begin of a message");
        DATA_E = flag("sctp.data_e_bit", "End of a message");
        DATA_TSN = number("sctp.data_tsn_raw", "Transmission sequence number");
        DATA_SID = hex("sctp.data_sid", "Stream");
        DATA_SSN = number("sctp.data_ssn", "Sequence number in the stream");
        DATA_PROTOCOL = number("sctp.data_payload_proto_id", "Protocol of the data");
        INIT_TAG = hex("sctp.init_initiate_tag", "Tag to use");
        INIT_CREDIT = number("sctp.init_credit", "Window").unit("bytes");
        INIT_OUT = number("sctp.init_nr_out_streams", "Streams outwards");
        INIT_IN = number("sctp.init_nr_in_streams", "Streams inwards");
        INIT_TSN = number("sctp.init_initial_tsn", "First sequence number");
        ACK_TAG = hex("sctp.initack_initiate_tag", "Tag to use");
        ACK_CREDIT = number("sctp.initack_credit", "Window").unit("bytes");
        ACK_OUT = number("sctp.initack_nr_out_streams", "Streams outwards");
        ACK_IN = number("sctp.initack_nr_in_streams", "Streams inwards");
        ACK_TSN = number("sctp.initack_initial_tsn", "First sequence number");
        TAG = hex("sctp.initiate_tag", "Tag to use");
        SACK_NONCE = number("sctp.sack_nounce_sum", "Sum of nonces");
        SACK_TSN = number("sctp.sack_cumulative_tsn_ack_raw", "All up to this sequence number");
        SACK_WINDOW = number("sctp.sack_a_rwnd", "Window").unit("bytes");
        SACK_GAPS = number("sctp.sack_number_of_gap_blocks", "Blocks behind gaps");
        SACK_DUPLICATES = number("sctp.sack_number_of_duplicated_tsns", "Duplicates");
        SACK_START = number("sctp.sack_gap_block_start", "First of a block");
        SACK_END = number("sctp.sack_gap_block_end", "Last of a block");
        SACK_DUPLICATE = number("sctp.sack_duplicate_tsn", "Duplicate");
        SHUTDOWN_TSN = number("sctp.shutdown_cumulative_tsn_ack", "All up to this sequence number");
        SHUTDOWN_T = flag("sctp.shutdown_complete_t_bit", "The peer's tag is used");
        ABORT_T = flag("sctp.abort_t_bit", "The peer's tag is used");
        COOKIE = data("sctp.cookie", "Cookie");
        FORWARD_TSN = number("sctp.forward_tsn_tsn", "Go on behind this sequence number");
        FORWARD_SID = number("sctp.forward_tsn_sid", "Stream");
        FORWARD_SSN = number("sctp.forward_tsn_ssn", "Sequence number in the stream");
        ECNE_TSN = number("sctp.ecne_lowest_tsn", "Lowest sequence number");
        CWR_TSN = number("sctp.cwr_lowest_tsn", "Lowest sequence number");
        PARAMETER = Field::group("Parameter", "Parameter");
        PARAMETER_TYPE = hex("sctp.parameter_type", "Type");
        PARAMETER_BIT_1 = flag("sctp.parameter_bit_1", "Skip it if it is unknown");
        PARAMETER_BIT_2 = flag("sctp.parameter_bit_2", "Report it if it is unknown");
        PARAMETER_LENGTH = number("sctp.parameter_length", "Length of the parameter").unit("bytes");
        PARAMETER_VALUE = data("sctp.parameter_value", "Value");
        PARAMETER_PADDING = data("sctp.parameter_padding", "Padding");
        PARAMETER_HEARTBEAT = data("sctp.parameter_heartbeat_information", "What comes back");
        PARAMETER_IPV4 = Field::walked("sctp.parameter_ipv4_address", "Address", Kind::Ipv4);
        PARAMETER_IPV6 = Field::walked("sctp.parameter_ipv6_address", "Address", Kind::Ipv6);
        PARAMETER_COOKIE = data("sctp.parameter_state_cookie", "Cookie");
        PARAMETER_FAMILY = number("sctp.parameter_supported_address_type", "Kind of address");
        CAUSE = Field::group("Cause", "Cause of an error");
        CAUSE_CODE = hex("sctp.cause_code", "Code").words(super::cause);
        CAUSE_LENGTH = number("sctp.cause_length", "Length of the cause").unit("bytes");
        CAUSE_INFORMATION = data("sctp.cause_information", "Information");
        CAUSE_PADDING = data("sctp.cause_padding", "Padding");
    }
}

fn kind(kind: u64) -> Option<&'static str> {
    Some(match kind {
        0 => "DATA",
        1 => "INIT",
        2 => "INIT ACK",
        3 => "SACK",
        4 => "HEARTBEAT",
        5 => "HEARTBEAT ACK",
        6 => "ABORT",
        7 => "SHUTDOWN",
        8 => "SHUTDOWN ACK",
        9 => "ERROR",
        10 => "COOKIE ECHO",
        11 => "COOKIE ACK",
        12 => "ECNE",
        13 => "CWR",
        14 => "SHUTDOWN COMPLETE",
        64 => "I-DATA",
        130 => "RE-CONFIG",
        192 => "FORWARD TSN",
        _ => return None,
    })
}

fn cause(code: u64) -> Option<&'static str> {
    Some(match code {
        1 => "invalid stream",
        2 => "missing parameter",
        3 => "stale cookie",
        4 => "out of resource",
        5 => "unresolvable address",
        6 => "unrecognized chunk",
        7 => "invalid parameter",
        8 => "unrecognized parameters",
        9 => "no user data",
        10 => "cookie while shutting down",
        11 => "restart with new addresses",
        12 => "user initiated abort",
        13 => "protocol violation",
        _ => return None,
    })
}

/// All chunks belong to the header.
fn dissect(frame: &Frame<'_>) -> Dissection {
    if frame.bytes.len() < HEADER {
        return frame.too_short(FIELDS, HEADER);
    }
    Dissection { header: frame.length(), payload: 0, next: Next::End, problem: None }
}

fn walk(walker: &mut Walker<'_, '_>) -> Walked {
    if walker.header().len() < HEADER {
        return Ok(());
    }
    let mut cursor = Cursor::new(HEADER..walker.layer().length());
    while cursor.left() > 0 {
        walker.group(&CHUNK, cursor.at..cursor.at, |walker| chunk(walker, &mut cursor))?;
    }
    Ok(())
}

fn chunk(walker: &mut Walker<'_, '_>, cursor: &mut Cursor) -> Walked {
    let at = cursor.skip(&CHUNK_TYPE, 1)?;
    let (first, kind) = (at.start * 8, walker.number(&CHUNK_TYPE, at.clone())?);
    walker.group(&CHUNK_TYPE, at, |walker| {
        walker.bits(&CHUNK_BIT_1, first..first + 1)?;
        walker.bits(&CHUNK_BIT_2, first + 1..first + 2)
    })?;
    flags(walker, kind, cursor)?;
    let mut value = framed(walker, cursor, &CHUNK_LENGTH)?;
    let padding = (4 - value.end % 4) % 4;
    body(walker, kind, &mut value)?;
    pad(walker, cursor, padding, &CHUNK_PADDING)
}

/// Tells a length that counts itself and the two bytes before it, and returns what is behind it.
fn framed(
    walker: &mut Walker<'_, '_>,
    cursor: &mut Cursor,
    field: &'static Field,
) -> Result<Cursor, crate::layer::walk::Stop> {
    let at = cursor.at;
    let length = cursor.number(walker, field, 2)?;
    match length.checked_sub(4) {
        Some(rest) => cursor.part(field, at, rest),
        None => Err(Walker::broken(field, at, Trouble::TooSmall { least: 4, got: length })),
    }
}

/// Tells the bytes up to the next multiple of four, if they are there.
fn pad(walker: &mut Walker<'_, '_>, cursor: &mut Cursor, bytes: usize, field: &'static Field) -> Walked {
    match bytes.min(cursor.left()) {
        0 => Ok(()),
        bytes => cursor.take(walker, field, bytes),
    }
}

fn flags(walker: &mut Walker<'_, '_>, kind: u64, cursor: &mut Cursor) -> Walked {
    let at = cursor.skip(&CHUNK_FLAGS, 1)?;
    let first = at.start * 8;
    let all: &[(&'static Field, usize)] = match kind {
        0 => &[(&DATA_I, 4), (&DATA_U, 5), (&DATA_B, 6), (&DATA_E, 7)],
        3 => &[(&SACK_NONCE, 7)],
        6 => &[(&ABORT_T, 7)],
        14 => &[(&SHUTDOWN_T, 7)],
        _ => &[],
    };
    walker.group(&CHUNK_FLAGS, at, |walker| {
        all.iter().try_for_each(|(field, bit)| walker.bits(field, first + bit..first + bit + 1))
    })
}

fn body(walker: &mut Walker<'_, '_>, kind: u64, value: &mut Cursor) -> Walked {
    match kind {
        0 => {
            value.take(walker, &DATA_TSN, 4)?;
            value.take(walker, &DATA_SID, 2)?;
            value.take(walker, &DATA_SSN, 2)?;
            value.take(walker, &DATA_PROTOCOL, 4)?;
            value.tell_rest(walker, &CHUNK_VALUE)
        }
        1 => initiation(walker, value, [&INIT_TAG, &INIT_CREDIT, &INIT_OUT, &INIT_IN, &INIT_TSN]),
        2 => initiation(walker, value, [&ACK_TAG, &ACK_CREDIT, &ACK_OUT, &ACK_IN, &ACK_TSN]),
        3 => acknowledgment(walker, value),
        4 | 5 => parameters(walker, value),
        6 | 9 => causes(walker, value),
        7 => value.take(walker, &SHUTDOWN_TSN, 4),
        8 | 11 | 14 => Ok(()),
        10 => value.tell_rest(walker, &COOKIE),
        12 => value.take(walker, &ECNE_TSN, 4),
        13 => value.take(walker, &CWR_TSN, 4),
        192 => {
            value.take(walker, &FORWARD_TSN, 4)?;
            while value.left() > 0 {
                value.take(walker, &FORWARD_SID, 2)?;
                value.take(walker, &FORWARD_SSN, 2)?;
            }
            Ok(())
        }
        _ => value.tell_rest(walker, &CHUNK_VALUE),
    }
}

fn initiation(walker: &mut Walker<'_, '_>, value: &mut Cursor, fields: [&'static Field; 5]) -> Walked {
    let [tag, credit, outwards, inwards, sequence] = fields;
    let number = value.number(walker, tag, 4)?;
    walker.value(&TAG, value.at - 4..value.at, Value::Number(number))?;
    value.take(walker, credit, 4)?;
    value.take(walker, outwards, 2)?;
    value.take(walker, inwards, 2)?;
    value.take(walker, sequence, 4)?;
    parameters(walker, value)
}

fn acknowledgment(walker: &mut Walker<'_, '_>, value: &mut Cursor) -> Walked {
    value.take(walker, &SACK_TSN, 4)?;
    value.take(walker, &SACK_WINDOW, 4)?;
    let gaps = value.number(walker, &SACK_GAPS, 2)?;
    let duplicates = value.number(walker, &SACK_DUPLICATES, 2)?;
    for _ in 0..gaps {
        value.take(walker, &SACK_START, 2)?;
        value.take(walker, &SACK_END, 2)?;
    }
    (0..duplicates).try_for_each(|_| value.take(walker, &SACK_DUPLICATE, 4))
}

fn parameters(walker: &mut Walker<'_, '_>, value: &mut Cursor) -> Walked {
    while value.left() > 0 {
        walker.group(&PARAMETER, value.at..value.at, |walker| {
            let at = value.skip(&PARAMETER_TYPE, 2)?;
            let (first, kind) = (at.start * 8, walker.number(&PARAMETER_TYPE, at.clone())?);
            walker.group(&PARAMETER_TYPE, at, |walker| {
                walker.bits(&PARAMETER_BIT_1, first..first + 1)?;
                walker.bits(&PARAMETER_BIT_2, first + 1..first + 2)
            })?;
            let mut inner = framed(walker, value, &PARAMETER_LENGTH)?;
            let padding = (4 - inner.end % 4) % 4;
            match kind {
                1 => inner.tell_rest(walker, &PARAMETER_HEARTBEAT)?,
                5 => inner.take(walker, &PARAMETER_IPV4, 4)?,
                6 => inner.take(walker, &PARAMETER_IPV6, 16)?,
                7 => inner.tell_rest(walker, &PARAMETER_COOKIE)?,
                12 => {
                    while inner.left() > 0 {
                        inner.take(walker, &PARAMETER_FAMILY, 2)?;
                    }
                }
                _ => inner.tell_rest(walker, &PARAMETER_VALUE)?,
            }
            pad(walker, value, padding, &PARAMETER_PADDING)
        })?;
    }
    Ok(())
}

fn causes(walker: &mut Walker<'_, '_>, value: &mut Cursor) -> Walked {
    while value.left() > 0 {
        walker.group(&CAUSE, value.at..value.at, |walker| {
            value.take(walker, &CAUSE_CODE, 2)?;
            let mut inner = framed(walker, value, &CAUSE_LENGTH)?;
            let padding = (4 - inner.end % 4) % 4;
            inner.tell_rest(walker, &CAUSE_INFORMATION)?;
            pad(walker, value, padding, &CAUSE_PADDING)
        })?;
    }
    Ok(())
}

/// The most chunks that a line has.
const SHOWN: usize = 4;

/// As tcpdump has it: the ports, and the chunks by their types.
fn line(layer: Layer<'_>, out: &mut dyn fmt::Write) -> fmt::Result {
    let (mut rest, mut before) = (layer.header().get(HEADER..).unwrap_or_default(), "");
    for _ in 0..SHOWN {
        let [chunk, _, high, low, ..] = *rest else { break };
        write!(out, "{before}[{}]", kind(chunk.into()).unwrap_or("unknown"))?;
        before = " ";
        let length = usize::from(high) << 8 | usize::from(low);
        rest = rest.get(length.max(4).next_multiple_of(4)..).unwrap_or_default();
    }
    Ok(())
}

fn complete(draft: &mut Draft<'_>) {
    let all = [draft.header, draft.payload].concat();
    draft.fill(FIELDS, "sctp.checksum", checksum::crc(&all, CHECKSUM).into());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layer::packet::Packet;
    use crate::protocol::testing::{breaks, hex, holds, line, survives};

    const INIT: &str = "1388 1770 00000000 b8496500 01 00 0024 00000001 00010000 000a 000a 00000064
        0005 0008 0a000001 000c 0006 0005 0000 8000 0004";

    #[test]
    fn an_initiation_is_told_with_its_parameters() {
        let bytes = hex(INIT);
        let fields = [
            "sctp.srcport=5000",
            "sctp.verification_tag=0",
            "sctp.chunk_type=1",
            "sctp.chunk_bit_1=0",
            "sctp.chunk_length=36",
            "sctp.init_initiate_tag=1",
            "sctp.init_credit=65536",
            "sctp.init_initial_tsn=100",
            "sctp.parameter_ipv4_address=10.0.0.1",
            "sctp.parameter_supported_address_type=5",
            "sctp.parameter_padding=0000",
            "sctp.parameter_bit_1=1",
        ];
        let mut bytes = bytes;
        bytes[15] = 40;
        holds(
            &SCTP,
            &bytes,
            &fields.map(|field| if field == "sctp.chunk_length=36" { "sctp.chunk_length=40" } else { field }),
        );
        survives(&SCTP, &bytes, &["sctp.parameter_padding"]);
        assert_eq!(line(&Packet::decode_as(&SCTP, &bytes, bytes.len())), "sctp [INIT]");
    }

    #[test]
    fn chunks_are_told_one_by_one() {
        let bytes = hex("1388 1770 11223344 00000000
            00 03 0015 00000064 0001 0002 00000003 68656c6c6f 000000
            03 00 0018 00000064 00001388 0001 0001 0002 0003 00000063
            06 00 000c 000c 0008 62796521 07 00 0008 00000065 0a 00 0008 31323334 0e 01 0004 c0 00 0008 00000001");
        let fields = [
            "sctp.data_b_bit=1",
            "sctp.data_tsn_raw=100",
            "sctp.data_ssn=2",
            "sctp.chunk_value=68656c6c6f",
            "sctp.chunk_padding=000000",
            "sctp.sack_cumulative_tsn_ack_raw=100",
            "sctp.sack_gap_block_end=3",
            "sctp.sack_duplicate_tsn=99",
            "sctp.cause_code=12",
            "sctp.cause_information=62796521",
            "sctp.shutdown_cumulative_tsn_ack=101",
            "sctp.cookie=31323334",
            "sctp.shutdown_complete_t_bit=1",
            "sctp.forward_tsn_tsn=1",
        ];
        holds(&SCTP, &bytes, &fields);
        survives(&SCTP, &bytes, &["sctp.chunk_padding"]);
    }

    #[test]
    fn a_chunk_breaks_where_it_breaks() {
        let chunk = |text: &str| hex(&format!("1388 1770 00000000 00000000 {text}"));
        breaks(&SCTP, &hex("1388 1770 00000000 0000"), "sctp.checksum");
        breaks(&SCTP, &chunk("00 00 0003"), "sctp.chunk_length");
        breaks(&SCTP, &chunk("00 00 0100 00000001"), "sctp.chunk_length");
        breaks(&SCTP, &chunk("03 00 0010 00000001 00000001 ffff 0000"), "sctp.sack_gap_block_start");
        breaks(&SCTP, &chunk("04 00 0008 0001 0009"), "sctp.parameter_length");
    }

    #[test]
    fn the_checksum_is_that_of_the_castagnoli_polynomial() {
        // The check value of CRC-32C over the digits 1 to 9 is e3069283.
        assert_eq!(checksum::crc(b"123456789", 9).swap_bytes(), 0xe306_9283);
    }
}

//! The walk over a message: its sections, and in each one record after the other.

use std::ops::Range;

use super::fields::*;
use super::{HEADER, options, records, rows};
use crate::layer::field::Field;
use crate::layer::value::Value;
use crate::layer::walk::{Stop, Walked, Walker};
use crate::name::Name;
use crate::problem::Trouble;
use crate::protocol::cursor::Cursor;

/// What is walked: a message, which begins at byte `base` of the header.
pub(super) struct Message<'w, 'v, 'a> {
    pub(super) walker: &'w mut Walker<'v, 'a>,
    pub(super) base: usize,
    pub(super) multicast: bool,
}

/// Tells all records of the message that begins at byte `base`.
pub(super) fn message(walker: &mut Walker<'_, '_>, base: usize) -> Walked {
    // A message that is cut ends where it did on the wire.
    let end = if walker.layer().is_cut() { walker.layer().length() } else { walker.header().len() };
    let multicast = walker.layer().protocol().name == "mdns";
    let mut message = Message { walker, base, multicast };
    let mut cursor = Cursor::new(base + HEADER.len()..end);
    message.section(&QUERIES, 4, &mut cursor)?;
    for (part, at) in [(&ANSWERS, 6), (&AUTHORITIES, 8), (&ADDITIONAL, 10)] {
        message.section(part, at, &mut cursor)?;
    }
    if cursor.left() == 0 {
        return Ok(());
    }
    let rest = cursor.rest();
    walker.bytes(&EXTRANEOUS, rest.clone())?;
    walker.value(&EXTRANEOUS_LEN, rest.clone(), Value::Number(rest.len() as u64))
}

impl<'a> Message<'_, '_, 'a> {
    /// Tells a section; the number of its records stands `count` bytes behind the message's start.
    fn section(&mut self, part: &'static Field, count: usize, cursor: &mut Cursor) -> Walked {
        let start = self.base + count;
        let records = self.walker.number(part, start..start + 2)?;
        if records == 0 {
            return Ok(());
        }
        let base = self.base;
        let multicast = self.multicast;
        self.walker.group(part, cursor.at..cursor.at, |walker| {
            (0..records).try_for_each(|_| {
                walker.group(&RECORD, cursor.at..cursor.at, |walker| {
                    let mut message = Message { walker, base, multicast };
                    if count == 4 { message.question(cursor) } else { message.record(cursor) }
                })
            })
        })
    }

    /// Reads the name at the cursor, and goes behind it.
    pub(super) fn read_name(
        &self,
        field: &'static Field,
        cursor: &mut Cursor,
    ) -> Result<(Name<'a>, Range<usize>), Stop> {
        let start = cursor.at;
        let message = self.walker.header().get(self.base..).unwrap_or_default();
        let read = Name::read(message, start.saturating_sub(self.base));
        match read.map(|(name, end)| (name, end + self.base)) {
            Some((name, end)) if end <= cursor.end => {
                cursor.at = end;
                Ok((name, start..end))
            }
            None if self.walker.layer().is_cut() => Err(Walker::broken(field, start, Trouble::Cut)),
            _ => Err(Walker::broken(field, start, Trouble::Other("a name that does not end"))),
        }
    }

    /// Tells the name at the cursor, and goes behind it.
    pub(super) fn name(&mut self, field: &'static Field, cursor: &mut Cursor) -> Walked {
        let (name, at) = self.read_name(field, cursor)?;
        self.walker.value(field, at, Value::Name(name))
    }

    /// Tells how long a name is as text: tshark counts what it prints, also for the root.
    pub(super) fn name_length(&mut self, field: &'static Field, name: &Name<'_>, at: Range<usize>) -> Walked {
        let labels = name.labels();
        let length = labels.map(|label| label.len() + 1).sum::<usize>();
        let length = if length == 0 { "<Root>".len() } else { length - 1 };
        self.walker.value(field, at, Value::Number(length as u64))
    }

    fn question(&mut self, cursor: &mut Cursor) -> Walked {
        let (name, at) = self.read_name(&QRY_NAME, cursor)?;
        self.walker.value(&QRY_NAME, at.clone(), Value::Name(name))?;
        self.name_length(&QRY_NAME_LEN, &name, at.clone())?;
        let labels = name.labels().count().max(1);
        self.walker.value(&QRY_LABELS, at, Value::Number(labels as u64))?;
        cursor.take(self.walker, &QRY_TYPE, 2)?;
        self.class(&QRY_CLASS, &QRY_QU, cursor)
    }

    /// A class; multicast DNS has a flag in its first bit.
    fn class(&mut self, class: &'static Field, flag: &'static Field, cursor: &mut Cursor) -> Walked {
        if !self.multicast {
            return cursor.take(self.walker, class, 2);
        }
        let at = cursor.skip(class, 2)?;
        self.walker.bits(class, at.start * 8 + 1..at.end * 8)?;
        self.walker.bits(flag, at.start * 8..at.start * 8 + 1)
    }

    fn record(&mut self, cursor: &mut Cursor) -> Walked {
        let (name, at) = self.read_name(&RESP_NAME, cursor)?;
        let kind = self.walker.number(&RESP_TYPE, cursor.at..cursor.at + 2)?;
        if kind == rows::SRV {
            self.service(name, at)?;
        } else {
            self.walker.value(&RESP_NAME, at, Value::Name(name))?;
        }
        cursor.take(self.walker, &RESP_TYPE, 2)?;
        if kind == rows::OPT {
            return options::record(self.walker, cursor);
        }
        self.class(&RESP_CLASS, &RESP_FLUSH, cursor)?;
        cursor.take(self.walker, &RESP_TTL, 4)?;
        let mut data = cursor.sized(self.walker, &RESP_LEN, 2)?;
        records::data(self, kind, &mut data)
    }

    /// The name of a record of a service (RFC 2782): the service, its protocol, and the domain.
    fn service(&mut self, name: Name<'a>, at: Range<usize>) -> Walked {
        let message = self.walker.header().get(self.base..).unwrap_or_default();
        let mut labels = name.labels();
        let first = (labels.next(), labels.next());
        let (Some(service), Some(protocol)) = first else {
            return self.walker.value(&RESP_NAME, at, Value::Name(name));
        };
        self.walker.value(&SRV_SERVICE, at.clone(), Value::Text(service))?;
        self.walker.value(&SRV_PROTO, at.clone(), Value::Text(protocol))?;
        match Name::read(message, labels.place()) {
            Some((domain, _)) => self.walker.value(&SRV_NAME, at, Value::Name(domain)),
            None => Ok(()),
        }
    }
}

//! From the text of a packet to its layers.

use std::ops::Range;

use super::field::{self, PADDING, Ready, Unfit, Written};
use super::option;
use super::part::Part;
use crate::fault::{ParseError, nearest};
use crate::layer::Protocol;
use crate::layer::draft::Craft;
use crate::layer::field::{Field, Place};
use crate::layer::form::Form;
use crate::protocol::ALL;

/// The most layers of a packet.
const MOST: usize = 64;

/// What one writes where a layer is wanted.
const LAYER: &str = "a layer, such as ip(dst=127.0.0.1), or bytes as \"text\" or 0x..";

/// Reads the layers of a packet, the outermost first.
pub(super) fn parse(text: &str) -> Result<Vec<Part>, ParseError> {
    let mut reader = Reader { text, at: 0 };
    let mut parts = Vec::new();
    loop {
        reader.skip_space();
        let start = reader.at;
        parts.push(reader.part()?);
        if parts.len() > MOST {
            return Err(reader.error(start..reader.at, format!("a packet has at most {MOST} layers")));
        }
        reader.skip_space();
        match reader.peek() {
            None => return Ok(parts),
            Some('/') => reader.at += 1,
            Some(_) => return Err(reader.unexpected("/ and another layer, or the end, is expected")),
        }
    }
}

/// A text that is read from its start to its end.
struct Reader<'t> {
    text: &'t str,
    at: usize,
}

/// One `name=value` of a layer.
struct Assignment {
    field: &'static Field,
    /// Where its name stands.
    name: Range<usize>,
    value: Ready,
}

/// What the parentheses of a layer hold.
#[derive(Default)]
struct Assignments {
    fields: Vec<Assignment>,
    rest: Option<Vec<u8>>,
    padding: Option<Vec<u8>>,
}

impl<'t> Reader<'t> {
    fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn skip_space(&mut self) {
        self.at = self.text.len() - self.rest().trim_start().len();
    }

    /// The characters from here on that `belong`.
    fn take(&mut self, belong: impl Fn(char) -> bool) -> (&'t str, Range<usize>) {
        let start = self.at;
        let rest = self.rest();
        self.at += rest.find(|c| !belong(c)).unwrap_or(rest.len());
        (&self.text[start..self.at], start..self.at)
    }

    fn error(&self, span: Range<usize>, message: impl Into<String>) -> ParseError {
        ParseError::new(self.text, span, message)
    }

    /// That something else should stand here.
    fn unexpected(&self, wanted: &str) -> ParseError {
        let end = self.at + self.peek().map_or(0, char::len_utf8);
        self.error(self.at..end, wanted)
    }

    fn part(&mut self) -> Result<Part, ParseError> {
        if self.peek() == Some('"') {
            return Ok(Part::bytes(self.quoted()?));
        }
        let (word, span) = self.take(is_of_name);
        if word.is_empty() {
            return Err(self.unexpected(&format!("{LAYER}, is expected")));
        }
        if word.starts_with("0x") {
            return self.hex(word, span).map(Part::bytes);
        }
        let (protocol, craft) = self.layer(word, span)?;
        let mut assignments = Assignments::default();
        self.skip_space();
        if self.peek() == Some('(') {
            self.at += 1;
            self.assignments(protocol, &mut assignments)?;
        }
        self.made(protocol, craft, assignments)
    }

    fn hex(&self, word: &str, span: Range<usize>) -> Result<Vec<u8>, ParseError> {
        field::hex(word).ok_or_else(|| self.error(span, "bytes are 0x and two hexadecimal digits each"))
    }

    /// The protocol of that name, which can be built.
    fn layer(
        &self,
        word: &str,
        span: Range<usize>,
    ) -> Result<(&'static Protocol, &'static Craft), ParseError> {
        let known = ALL.iter().filter(|protocol| protocol.craft.is_some()).map(|protocol| protocol.name);
        match ALL.iter().find(|protocol| protocol.name == word) {
            Some(protocol) => match protocol.craft {
                Some(craft) => Ok((protocol, craft)),
                None => {
                    Err(self.error(span, format!("{word} is not built from fields: give its bytes, as 0x..")))
                }
            },
            None => Err(match nearest(word, known.clone()) {
                Some(near) => self.error(span, format!("no layer is called \"{word}\"")).meant(Some(near)),
                None => self.error(span, format!("no layer is called \"{word}\"; there are {}", list(known))),
            }),
        }
    }

    /// What stands behind the opening parenthesis, up to the closing one.
    fn assignments(
        &mut self,
        protocol: &'static Protocol,
        found: &mut Assignments,
    ) -> Result<(), ParseError> {
        loop {
            self.skip_space();
            if self.peek() == Some(')') {
                self.at += 1;
                return Ok(());
            }
            let (name, span) = self.take(is_of_name);
            if name.is_empty() {
                return Err(self.unexpected("the name of a field, or ), is expected"));
            }
            self.assignment(protocol, name, span, found)?;
            self.skip_space();
            match self.peek() {
                Some(',') => self.at += 1,
                Some(')') => {}
                _ => return Err(self.unexpected(", and another field, or ), is expected")),
            }
        }
    }

    fn assignment(
        &mut self,
        protocol: &'static Protocol,
        name: &str,
        span: Range<usize>,
        found: &mut Assignments,
    ) -> Result<(), ParseError> {
        let twice = |reader: &Self| Err(reader.error(span.clone(), format!("{name} is set twice")));
        if let Some(rest) = protocol.craft.and_then(|craft| craft.rest)
            && (rest.name == name || field::short(protocol, rest) == name)
        {
            let bytes = self.behind(name, rest)?;
            return if found.rest.replace(bytes).is_some() { twice(self) } else { Ok(()) };
        }
        if let Some(known) = field::find(protocol, name) {
            let length = match known.place {
                Place::Bits { length, .. } => length,
                Place::Walked => {
                    return Err(
                        self.error(span, format!("{} has no fixed place: it cannot be set", known.name))
                    );
                }
            };
            let value = self.value(protocol, known, length, &span)?;
            if found.fields.iter().any(|other| other.field == known) {
                return twice(self);
            }
            found.fields.push(Assignment { field: known, name: span, value });
            return Ok(());
        }
        if name == PADDING || name.strip_prefix(protocol.name) == Some(".padding") {
            self.equals(PADDING)?;
            let bytes = self.bytes()?;
            return if found.padding.replace(bytes).is_some() { twice(self) } else { Ok(()) };
        }
        Err(self.no_field(protocol, name, span))
    }

    fn no_field(&self, protocol: &'static Protocol, name: &str, span: Range<usize>) -> ParseError {
        let is_part = |part: &&&Field| part.name == name || field::short(protocol, part) == name;
        if let Some(part) = protocol.parts.iter().find(is_part) {
            return self.error(span, format!("{} has no fixed place: it cannot be set", part.name));
        }
        let message = format!("no field of {} is called \"{name}\"", protocol.name);
        let names = field::names(protocol);
        match nearest(name, names.clone()) {
            Some(near) => self.error(span, message).meant(Some(near)),
            None => self.error(span, format!("{message}; it has {}", list(names))),
        }
    }

    /// What stands behind a header's fields: bytes, or options by their names.
    fn behind(&mut self, name: &str, rest: &Field) -> Result<Vec<u8>, ParseError> {
        self.equals(name)?;
        if self.peek() == Some('[') && !rest.forms.is_empty() {
            self.at += 1;
            return self.options(rest.forms);
        }
        self.bytes()
    }

    /// The options up to the closing bracket.
    fn options(&mut self, forms: &'static [Form]) -> Result<Vec<u8>, ParseError> {
        let mut bytes = Vec::new();
        loop {
            self.skip_space();
            if self.peek() == Some(']') {
                self.at += 1;
                return Ok(bytes);
            }
            self.option(forms, &mut bytes)?;
            self.skip_space();
            match self.peek() {
                Some(',') => self.at += 1,
                Some(']') => {}
                _ => return Err(self.unexpected(", and another option, or ], is expected")),
            }
        }
    }

    fn option(&mut self, forms: &'static [Form], bytes: &mut Vec<u8>) -> Result<(), ParseError> {
        let (name, span) = self.take(is_of_name);
        if name.is_empty() {
            return Err(self.unexpected("an option, such as nop, or its bytes as 0x.., is expected"));
        }
        if name.starts_with("0x") {
            bytes.extend(self.hex(name, span)?);
            return Ok(());
        }
        let names = forms.iter().map(|form| form.name);
        let Some(form) = forms.iter().find(|form| form.name == name) else {
            let message = format!("no option is called \"{name}\"");
            return Err(match nearest(name, names.clone()) {
                Some(near) => self.error(span, message).meant(Some(near)),
                None => self.error(span, format!("{message}; there are {}, or bytes as 0x..", list(names))),
            });
        };
        let values = self.option_values()?;
        let span = span.start..self.at;
        option::write(form, &values, bytes).map_err(|message| self.error(span, message))
    }

    /// The values of an option: one behind `=`, or several in parentheses.
    fn option_values(&mut self) -> Result<Vec<&'t str>, ParseError> {
        match self.peek() {
            Some('=') => {
                self.at += 1;
                let (word, _) = self.take(is_of_value);
                return Ok(vec![word]);
            }
            Some('(') => self.at += 1,
            _ => return Ok(Vec::new()),
        }
        let mut values = Vec::new();
        loop {
            self.skip_space();
            let (word, _) = self.take(is_of_value);
            values.push(word);
            self.skip_space();
            match self.peek() {
                Some(',') => self.at += 1,
                Some(')') => {
                    self.at += 1;
                    return Ok(values);
                }
                _ => return Err(self.unexpected(", and another value, or ), is expected")),
            }
        }
    }

    /// The `=` behind the name of bytes.
    fn equals(&mut self, name: &str) -> Result<(), ParseError> {
        self.skip_space();
        if self.peek() != Some('=') {
            return Err(
                self.unexpected(&format!("= and the bytes of {name}, as \"text\" or 0x.., are expected"))
            );
        }
        self.at += 1;
        self.skip_space();
        Ok(())
    }

    fn bytes(&mut self) -> Result<Vec<u8>, ParseError> {
        if self.peek() == Some('"') {
            return self.quoted();
        }
        let (word, span) = self.take(is_of_value);
        self.hex(word, span)
    }

    /// The value of a field, whose name stands at `span`.
    fn value(
        &mut self,
        protocol: &'static Protocol,
        known: &Field,
        length: usize,
        span: &Range<usize>,
    ) -> Result<Ready, ParseError> {
        self.skip_space();
        if self.peek() != Some('=') {
            return self.fit(field::ready(known, length, Written::Bare), span.clone());
        }
        self.at += 1;
        self.skip_space();
        let start = self.at;
        if self.peek() == Some('"') {
            let text = self.quoted()?;
            return self.fit(field::ready(known, length, Written::Quoted(&text)), start..self.at);
        }
        let (word, span) = self.take(is_of_value);
        let flags = field::flags(protocol, known);
        if flags.is_empty() || !word.starts_with(|c: char| c.is_ascii_alphabetic()) {
            return self.fit(field::ready(known, length, Written::Word(word)), span);
        }
        self.flags(&flags, word, span.start)
    }

    /// All flags of a field, those that are set by their names: `syn|ack`.
    fn flags(&self, flags: &[(&str, u64)], words: &str, mut start: usize) -> Result<Ready, ParseError> {
        let mut sum = 0;
        for word in words.split('|') {
            let span = start..start + word.len();
            let Some((_, bit)) = flags.iter().find(|(name, _)| *name == word) else {
                let names = flags.iter().map(|(name, _)| *name);
                let message = format!("no flag is called \"{word}\"; there are {}", list(names.clone()));
                return Err(self.error(span, message).meant(nearest(word, names)));
            };
            sum |= bit;
            start = span.end + 1;
        }
        Ok(Ready::Number(sum))
    }

    fn fit(&self, ready: Result<Ready, Unfit>, span: Range<usize>) -> Result<Ready, ParseError> {
        ready.map_err(|unfit| self.error(span, unfit.message).meant(unfit.meant.as_deref()))
    }

    /// A text in quotes: Rust's and C's escapes, in bytes.
    fn quoted(&mut self) -> Result<Vec<u8>, ParseError> {
        let start = self.at;
        self.at += 1;
        let mut bytes = Vec::new();
        loop {
            let (plain, _) = self.take(|c| c != '"' && c != '\\');
            bytes.extend(plain.as_bytes());
            match self.peek() {
                None => return Err(self.error(start..start + 1, "this text has no closing \"")),
                Some('"') => {
                    self.at += 1;
                    return Ok(bytes);
                }
                Some(_) => bytes.push(self.escape()?),
            }
        }
    }

    fn escape(&mut self) -> Result<u8, ParseError> {
        let start = self.at;
        self.at += 1;
        let letter = self.peek().unwrap_or('"');
        self.at += self.peek().map_or(0, char::len_utf8);
        Ok(match letter {
            'n' => b'\n',
            'r' => b'\r',
            't' => b'\t',
            '0' => 0,
            '"' => b'"',
            '\'' => b'\'',
            '\\' => b'\\',
            'x' => {
                let digits = self.rest().get(..2).unwrap_or_default();
                let number =
                    Some(digits).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
                match number.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
                    Some(byte) => {
                        self.at += 2;
                        byte
                    }
                    None => return Err(self.error(start..self.at, "\\x wants two hexadecimal digits")),
                }
            }
            _ => {
                let known = "the escapes are \\n, \\r, \\t, \\0, \\\", \\', \\\\ and \\x with two digits";
                return Err(self.error(start..self.at, known));
            }
        })
    }

    /// The layer with what was assigned. The fields are written in the order of the table, as some decide whether
    /// others are there.
    fn made(
        &self,
        protocol: &'static Protocol,
        craft: &Craft,
        mut found: Assignments,
    ) -> Result<Part, ParseError> {
        let row = |field: &Field| protocol.fields.iter().position(|other| other == field);
        found.fields.sort_by_key(|assignment| row(assignment.field));
        let of = |field: &Field| found.fields.iter().find(|assignment| assignment.field == field);
        let set = found.fields.iter().map(|assignment| assignment.field).collect();
        let rest = found.rest.unwrap_or_default();
        let write = |field: &'static Field, header: &mut [u8], at: &Range<usize>| {
            of(field).is_some_and(|assignment| assignment.value.write(field, header, at))
        };
        let part = Part::new(protocol, craft, set, &rest, &write).map_err(|field| {
            let span = of(field).map_or(self.at..self.at, |assignment| assignment.name.clone());
            self.error(
                span,
                format!("this {} header has no {}: other fields decide", protocol.name, field.name),
            )
        })?;
        Ok(part.padded(found.padding.unwrap_or_default()))
    }
}

/// Names one after the other, with commas.
fn list<'n>(names: impl Iterator<Item = &'n str>) -> String {
    names.collect::<Vec<_>>().join(", ")
}

fn is_of_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || ".-_".contains(c)
}

fn is_of_value(c: char) -> bool {
    !c.is_whitespace() && !",()[]/\"".contains(c)
}

//! Comparisons of numbers: what stands in a header, and what is calculated from it.

use super::super::calculation::{Comparison, Number, Value, operation, size};
use super::super::code::B;
use super::super::error::Fault;
use super::super::protocol::Protocol;
use super::super::words::Token;
use super::{Parsed, Parser, words};

/// How many operations a calculation may have.
const LONGEST: usize = 200;

impl Parser<'_, '_> {
    /// A comparison of two calculations, such as `ip[8] < 5`.
    pub(super) fn relation(&mut self) -> Parsed {
        let start = self.at;
        self.operations = 0;
        let left = self.value(0)?;
        let Token::Sign(sign) = *self.peek() else {
            return Err(self.fault(format!("expected a comparison such as =, not {}", self.shown())));
        };
        let Some(comparison) = Comparison::of(sign) else {
            return Err(self.fault(format!("expected a comparison such as =, not {}", self.shown())));
        };
        self.at += 1;
        let right = self.value(0)?;
        self.qualifier = None;
        left.compare(comparison, right).map_err(|message| Fault::new(self.span_from(start), message))
    }

    /// A calculation of operators that bind at least as strongly as `least`.
    fn value(&mut self, least: u8) -> Result<Value, Fault> {
        self.deeper(|parser| parser.value_inside(least))
    }

    fn value_inside(&mut self, least: u8) -> Result<Value, Fault> {
        let start = self.at;
        let mut left = self.single_value()?;
        loop {
            let Token::Sign(sign) = *self.peek() else { return Ok(left) };
            let Some((operation, strength)) = operation(sign).filter(|(_, strength)| *strength >= least)
            else {
                return Ok(left);
            };
            self.operations += 1;
            if self.operations > LONGEST {
                return Err(self.fault("too long a calculation"));
            }
            self.at += 1;
            let right = self.value(if strength == u8::MAX { 0 } else { strength + 1 })?;
            let calculated = left.operation(operation, right);
            left = calculated.map_err(|message| Fault::new(self.span_from(start), message))?;
        }
    }

    fn single_value(&mut self) -> Result<Value, Fault> {
        let start = self.at;
        match *self.peek() {
            Token::Number(number) => {
                self.at += 1;
                Ok(Value::constant(number))
            }
            Token::Word("len" | "length") => {
                self.at += 1;
                Ok(Value { number: Number::Length, guard: None })
            }
            Token::Sign("-") => {
                self.at += 1;
                // Stronger than all but those that take everything.
                Ok(self.value(u8::MAX)?.negative())
            }
            Token::Sign("(") => {
                self.at += 1;
                let value = self.value(0)?;
                self.close(")")?;
                Ok(value)
            }
            Token::Word(word) if *self.token(self.at + 1) == Token::Sign("[") => {
                let protocol = Protocol::of(word).ok_or_else(|| self.unknown(start))?;
                self.bytes_of(protocol)
            }
            ref token => {
                let message = format!("expected a number or bytes such as ip[0], not {}", self.shown());
                Err(self.fault(message).near(token.word(), words()))
            }
        }
    }

    fn bytes_of(&mut self, protocol: Protocol) -> Result<Value, Fault> {
        let start = self.at;
        self.at += 2;
        let index = self.value(0)?;
        let mut bytes = B;
        if *self.peek() == Token::Sign(":") {
            self.at += 1;
            let at = self.at;
            bytes = size(self.number()?)
                .ok_or_else(|| Fault::new(self.tokens[at].span.clone(), "the size is 1, 2 or 4 bytes"))?;
        }
        self.close("]")?;
        self.layout
            .bytes_of(protocol, index, bytes)
            .map_err(|message| Fault::new(self.span_from(start), message))
    }
}

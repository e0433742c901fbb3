//! What a piece is answered with: the template, and the UTF-8 tail that waits for its rest. No socket, no clock.

use std::fmt;
use std::str::FromStr;

pub use crate::report::utf8::incomplete_tail;

/// The answer to a piece: text with the piece's bytes in place of each `{data}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    parts: Vec<Part>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    Data,
}

/// What is wrong with a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateError(String);

impl fmt::Display for TemplateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for TemplateError {}

impl FromStr for Template {
    type Err = TemplateError;

    /// `{data}` is the piece, `{{` and `}}` are braces; any other brace is refused.
    fn from_str(text: &str) -> Result<Self, TemplateError> {
        let mut parts = Vec::new();
        let mut literal = String::new();
        let mut rest = text;
        while let Some(at) = rest.find(['{', '}']) {
            literal.push_str(&rest[..at]);
            rest = &rest[at..];
            if let Some(after) = rest.strip_prefix("{data}") {
                if !literal.is_empty() {
                    parts.push(Part::Text(std::mem::take(&mut literal)));
                }
                parts.push(Part::Data);
                rest = after;
            } else if let Some(after) = rest.strip_prefix("{{").or_else(|| rest.strip_prefix("}}")) {
                literal.push_str(&rest[..1]);
                rest = after;
            } else {
                let offset = text.len() - rest.len();
                return Err(TemplateError(format!(
                    "the brace at byte {offset} is neither {{data}} nor doubled ({{{{ or }}}})"
                )));
            }
        }
        literal.push_str(rest);
        if !literal.is_empty() {
            parts.push(Part::Text(literal));
        }
        Ok(Self { parts })
    }
}

impl Template {
    /// Appends the answer to `data`, whose bytes go in as they are.
    pub fn fill(&self, data: &[u8], answer: &mut Vec<u8>) {
        for part in &self.parts {
            match part {
                Part::Text(text) => answer.extend_from_slice(text.as_bytes()),
                Part::Data => answer.extend_from_slice(data),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(template: &str, data: &[u8]) -> Vec<u8> {
        let mut answer = Vec::new();
        template.parse::<Template>().unwrap().fill(data, &mut answer);
        answer
    }

    #[test]
    fn data_goes_in_as_it_came() {
        let rows: [(&str, &[u8], &[u8]); 6] = [
            ("Server received your data: {data}", b"hi\n", b"Server received your data: hi\n"),
            ("{data}{data}", b"\xff\0", b"\xff\0\xff\0"),
            ("{{{data}}}", b"x", b"{x}"),
            ("ok\n", b"whatever", b"ok\n"),
            ("", b"x", b""),
            ("{data}", b"{data}", b"{data}"),
        ];
        for (template, data, want) in rows {
            assert_eq!(filled(template, data), want, "{template}");
        }
    }

    #[test]
    fn stray_braces_are_refused_with_their_place() {
        for (template, place) in
            [("a{date}", "byte 1"), ("{", "byte 0"), ("abc}", "byte 3"), ("{data", "byte 0")]
        {
            let message = template.parse::<Template>().unwrap_err().to_string();
            assert!(message.contains(place), "{message}");
        }
    }
}

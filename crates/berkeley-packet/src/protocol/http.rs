//! HTTP/1 (RFC 9112): the first line and the header fields of a message.

use std::fmt;
use std::ops::Range;

use crate::layer::field::Field;
use crate::layer::value::Value;
use crate::layer::walk::{Walked, Walker};
use crate::layer::{Dissection, Frame, Layer, Next, Protocol};
use parts::*;

pub(crate) static HTTP: Protocol = Protocol {
    name: "http",
    title: "Hypertext Transfer Protocol",
    fields: &[],
    checked: Protocol::checked(&[]),
    parts: parts::PARTS,
    dissect,
    walk: Some(walk),
    line,
    craft: None,
};

mod parts {
    use crate::layer::field::{Field, Kind, parts};

    const fn text(name: &'static str, meaning: &'static str) -> Field {
        Field::walked(name, meaning, Kind::Text)
    }

    parts! {
        METHOD = text("http.request.method", "Method");
        URI = text("http.request.uri", "Target");
        URI_PATH = text("http.request.uri.path", "Path");
        URI_QUERY = text("http.request.uri.query", "Query");
        URI_PARAMETER = text("http.request.uri.query.parameter", "Parameter of the query");
        REQUEST_VERSION = text("http.request.version", "Version");
        REQUEST_LINE = text("http.request.line", "Header field");
        RESPONSE_VERSION = text("http.response.version", "Version");
        CODE = Field::walked("http.response.code", "Status", Kind::Decimal);
        PHRASE = text("http.response.phrase", "Phrase of the status");
        RESPONSE_LINE = text("http.response.line", "Header field");
        ACCEPT = text("http.accept", "Content that is accepted");
        ACCEPT_ENCODING = text("http.accept_encoding", "Encodings that are accepted");
        ACCEPT_LANGUAGE = text("http.accept_language", "Languages that are accepted");
        AUTHORIZATION = text("http.authorization", "Authorization");
        CACHE_CONTROL = text("http.cache_control", "Rules for caches");
        CONNECTION = text("http.connection", "Options of the connection");
        CONTENT_ENCODING = text("http.content_encoding", "Encoding of the content");
        CONTENT_LENGTH_HEADER = text("http.content_length_header", "Length of the content, as text");
        CONTENT_LENGTH =
            Field::walked("http.content_length", "Length of the content", Kind::Decimal).unit("bytes");
        CONTENT_TYPE = text("http.content_type", "Type of the content");
        COOKIE = text("http.cookie", "Cookies");
        COOKIE_PAIR = text("http.cookie_pair", "Cookie");
        DATE = text("http.date", "Date");
        HOST = text("http.host", "Host");
        LAST_MODIFIED = text("http.last_modified", "Last change of the content");
        LOCATION = text("http.location", "Where it is");
        PROXY_AUTHENTICATE = text("http.proxy_authenticate", "What the proxy wants to know");
        PROXY_AUTHORIZATION = text("http.proxy_authorization", "Authorization at the proxy");
        REFERER = text("http.referer", "Where the link was");
        SERVER = text("http.server", "Server");
        SET_COOKIE = text("http.set_cookie", "Cookie to keep");
        TRANSFER_ENCODING = text("http.transfer_encoding", "Encoding of the transfer");
        UPGRADE = text("http.upgrade", "Protocol to change to");
        USER_AGENT = text("http.user_agent", "Program of the user");
        WWW_AUTHENTICATE = text("http.www_authenticate", "What the server wants to know");
        X_FORWARDED_FOR = text("http.x_forwarded_for", "Who the proxy asks for");
    }
}

/// The header fields that have a name of their own.
static HEADERS: &[(&[u8], &Field)] = &[
    (b"accept", &ACCEPT),
    (b"accept-encoding", &ACCEPT_ENCODING),
    (b"accept-language", &ACCEPT_LANGUAGE),
    (b"authorization", &AUTHORIZATION),
    (b"cache-control", &CACHE_CONTROL),
    (b"connection", &CONNECTION),
    (b"content-encoding", &CONTENT_ENCODING),
    (b"content-length", &CONTENT_LENGTH_HEADER),
    (b"content-type", &CONTENT_TYPE),
    (b"cookie", &COOKIE),
    (b"date", &DATE),
    (b"host", &HOST),
    (b"last-modified", &LAST_MODIFIED),
    (b"location", &LOCATION),
    (b"proxy-authenticate", &PROXY_AUTHENTICATE),
    (b"proxy-authorization", &PROXY_AUTHORIZATION),
    (b"referer", &REFERER),
    (b"server", &SERVER),
    (b"set-cookie", &SET_COOKIE),
    (b"transfer-encoding", &TRANSFER_ENCODING),
    (b"upgrade", &UPGRADE),
    (b"user-agent", &USER_AGENT),
    (b"www-authenticate", &WWW_AUTHENTICATE),
    (b"x-forwarded-for", &X_FORWARDED_FOR),
];

static METHODS: &[&[u8]] = &[
    b"CONNECT",
    b"DELETE",
    b"GET",
    b"HEAD",
    b"OPTIONS",
    b"PATCH",
    b"POST",
    b"PUT",
    b"TRACE",
    b"PROPFIND",
    b"NOTIFY",
];

/// What a response begins with, and the last word of a request.
const VERSION: &[u8] = b"HTTP/1.";

/// The longest first line by which a message is known.
const LONGEST: usize = 8192;

/// Whether these bytes begin with the first line of a message.
pub(crate) fn begins_message(bytes: &[u8]) -> bool {
    if bytes.starts_with(VERSION) {
        return true;
    }
    let word = bytes.iter().take(10).position(|byte| *byte == b' ');
    word.is_some_and(|end| METHODS.contains(&&bytes[..end]))
        && line_at(&bytes[..bytes.len().min(LONGEST)], 0).is_some_and(|(line, _)| {
            line.windows(VERSION.len() + 1).any(|word| word[0] == b' ' && &word[1..] == VERSION)
        })
}

/// The line at byte `at`, without what ends it, and where the next one begins. None where it does not end.
fn line_at(bytes: &[u8], at: usize) -> Option<(&[u8], usize)> {
    let rest = bytes.get(at..)?;
    let end = rest.iter().position(|byte| *byte == b'\n')?;
    let line = &rest[..end];
    Some((line.strip_suffix(b"\r").unwrap_or(line), at + end + 1))
}

/// The header ends with an empty line, or, where there is none, with the segment.
fn dissect(frame: &Frame<'_>) -> Dissection {
    let mut at = 0;
    while let Some((line, next)) = line_at(frame.bytes, at) {
        at = next;
        if line.is_empty() {
            return Dissection::new(at, Next::Protocol(None));
        }
    }
    Dissection { header: frame.length(), payload: 0, next: Next::End, problem: None }
}

fn walk(walker: &mut Walker<'_, '_>) -> Walked {
    let bytes = walker.header();
    let Some((first, mut at)) = line_at(bytes, 0) else { return Ok(()) };
    let response = first.starts_with(VERSION);
    if response {
        status(walker, first)?;
    } else {
        request(walker, first)?;
    }
    let row = if response { &RESPONSE_LINE } else { &REQUEST_LINE };
    while let Some((line, next)) = line_at(bytes, at).filter(|(line, _)| !line.is_empty()) {
        walker.bytes(row, at..next)?;
        header(walker, line, at)?;
        at = next;
    }
    Ok(())
}

/// The words of a line, the last one being all that is left, each with its place.
fn words(line: &[u8]) -> [Range<usize>; 3] {
    let space = |from: usize| {
        line.get(from..)
            .and_then(|rest| rest.iter().position(|byte| *byte == b' '))
            .map_or(line.len(), |at| from + at)
    };
    let first = space(0);
    let second = (first + 1).min(line.len());
    let end = space(second);
    [0..first, second..end, (end + 1).min(line.len())..line.len()]
}

fn request(walker: &mut Walker<'_, '_>, line: &[u8]) -> Walked {
    let [method, uri, version] = words(line);
    walker.bytes(&METHOD, method)?;
    walker.group(&URI, uri.clone(), |walker| {
        let Some(mark) = line[uri.clone()].iter().position(|byte| *byte == b'?') else { return Ok(()) };
        let query = uri.start + mark + 1..uri.end;
        walker.bytes(&URI_PATH, uri.start..uri.start + mark)?;
        walker.group(&URI_QUERY, query.clone(), |walker| {
            let mut at = query.start;
            for parameter in line[query].split(|byte| *byte == b'&') {
                walker.bytes(&URI_PARAMETER, at..at + parameter.len())?;
                at += parameter.len() + 1;
            }
            Ok(())
        })
    })?;
    walker.bytes(&REQUEST_VERSION, version)
}

fn status(walker: &mut Walker<'_, '_>, line: &[u8]) -> Walked {
    let [version, code, phrase] = words(line);
    walker.bytes(&RESPONSE_VERSION, version)?;
    if let Some(number) = decimal(&line[code.clone()]) {
        walker.value(&CODE, code, Value::Number(number))?;
    }
    if phrase.is_empty() { Ok(()) } else { walker.bytes(&PHRASE, phrase) }
}

/// The number that these digits are.
fn decimal(digits: &[u8]) -> Option<u64> {
    std::str::from_utf8(digits).ok()?.parse().ok()
}

/// A header field that stands at byte `at`, if it has a name of its own.
fn header(walker: &mut Walker<'_, '_>, line: &[u8], at: usize) -> Walked {
    let Some(colon) = line.iter().position(|byte| *byte == b':') else { return Ok(()) };
    let name = &line[..colon];
    let known = HEADERS.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
    let Some((_, field)) = known else { return Ok(()) };
    let value = line[colon + 1..].trim_ascii();
    let start = at + line.len() - line[colon + 1..].trim_ascii_start().len();
    let place = start..start + value.len();
    walker.group(field, place.clone(), |walker| {
        if **field == CONTENT_LENGTH_HEADER {
            let number = decimal(value);
            return number
                .map_or(Ok(()), |number| walker.value(&CONTENT_LENGTH, place, Value::Number(number)));
        }
        if **field != COOKIE {
            return Ok(());
        }
        let mut at = place.start;
        for pair in value.split(|byte| *byte == b';') {
            let before = pair.len() - pair.trim_ascii_start().len();
            walker.bytes(&COOKIE_PAIR, at + before..at + pair.trim_ascii_end().len().max(before))?;
            at += pair.len() + 1;
        }
        Ok(())
    })
}

/// The first line.
fn line(layer: Layer<'_>, out: &mut dyn fmt::Write) -> fmt::Result {
    let header = layer.header();
    let first = line_at(header, 0).map_or(header, |(line, _)| line);
    write!(out, "{}", first.escape_ascii())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layer::packet::Packet;
    use crate::protocol::testing::{holds, line, survives};

    const REQUEST: &[u8] =
        b"GET /index.html?x=1&y=2 HTTP/1.1\r\nHost: www.example.com\r\nUser-Agent:curl/7 \r\n\
        Cookie: a=b; c=d\r\nX-Own: y\r\n\r\n";

    #[test]
    fn a_request_is_told_with_its_header_fields() {
        let fields = [
            "http.request.method=GET",
            "http.request.uri=/index.html?x=1&y=2",
            "http.request.uri.path=/index.html",
            "http.request.uri.query=x=1&y=2",
            "http.request.uri.query.parameter=x=1",
            "http.request.uri.query.parameter=y=2",
            "http.request.version=HTTP/1.1",
            "http.request.line=Host: www.example.com\\r\\n",
            "http.host=www.example.com",
            "http.user_agent=curl/7",
            "http.cookie=a=b; c=d",
            "http.cookie_pair=a=b",
            "http.cookie_pair=c=d",
            "http.request.line=X-Own: y\\r\\n",
        ];
        holds(&HTTP, REQUEST, &fields);
        survives(&HTTP, REQUEST, &[]);
        let packet = Packet::decode_as(&HTTP, REQUEST, REQUEST.len());
        assert_eq!(line(&packet), "http GET /index.html?x=1&y=2 HTTP/1.1");
    }

    #[test]
    fn a_response_carries_its_content() {
        let bytes = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nServer: x\n\nhello";
        let fields = [
            "http.response.version=HTTP/1.1",
            "http.response.code=200",
            "http.response.phrase=OK",
            "http.content_length_header=5",
            "http.content_length=5",
            "http.server=x",
        ];
        holds(&HTTP, bytes, &fields);
        survives(&HTTP, bytes, &[]);
        let packet = Packet::decode_as(&HTTP, bytes, bytes.len());
        assert_eq!(packet.layers().last().unwrap().bytes(), b"hello");
    }

    #[test]
    fn a_message_is_known_by_its_first_line() {
        assert!(begins_message(REQUEST) && begins_message(b"HTTP/1.1 404 Not found"));
        for other in
            [&b"GET"[..], b"", b"GET it\r\n", b"some data\r\n", b"HELO HTTP/1.1\r\n", b"GET / HTTP/2\r\n"]
        {
            assert!(!begins_message(other), "{}", other.escape_ascii());
        }
    }
}

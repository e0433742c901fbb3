//! Names of hosts as DNS and certificates have them.

use std::borrow::Cow;

use rustls::pki_types::ServerName;

use crate::exit::{Exit, Failure};
use crate::report::escape::{Escaped, escape};

/// How much of a name an error repeats, in bytes: all of one that DNS could have.
const SHOWN: usize = 255;

/// What stands for a dot (UTS 46).
const DOTS: [char; 4] = ['.', '\u{3002}', '\u{ff0e}', '\u{ff61}'];

/// The name in ASCII, an international one by its A-labels: `xn--bcher-kva.example` (RFC 5890). Names in ASCII stay as
/// they are, underscores and all.
///
/// # Errors
///
/// Fails for what is no international name.
pub fn a_label(name: &str) -> Result<Cow<'_, str>, Failure> {
    if name.is_ascii() {
        return Ok(Cow::Borrowed(name));
    }
    // The dot of the root is no label, which the strict rules miss.
    let stem = name.strip_suffix(DOTS);
    let root = if stem.is_some() { "." } else { "" };
    let ascii = idna::domain_to_ascii_strict(stem.unwrap_or(name));
    ascii.map(|ascii| Cow::Owned(ascii + root)).map_err(|_| {
        Failure::new(Exit::NameUnknown, format_args!("\"{}\" is no international name", shown(name)))
            .hint("it has a letter, or an order of letters, that IDNA does not allow")
    })
}

/// The name or address that a certificate has to be for.
pub(super) fn server_name(name: &str) -> Result<ServerName<'static>, Failure> {
    let ascii = a_label(name)?;
    let ascii = ascii.strip_suffix('.').unwrap_or(&ascii);
    ServerName::try_from(ascii.to_owned()).map_err(|_| {
        Failure::misuse(format_args!("\"{}\" is no name that a certificate could have", shown(name)))
            .hint("--server-name says whose certificate it is to be")
    })
}

fn shown(name: &str) -> Escaped<'_> {
    escape(name.as_bytes(), SHOWN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn international_names_become_a_labels() {
        let rows = [
            ("bücher.example", "xn--bcher-kva.example"),
            ("BÜCHER.example", "xn--bcher-kva.example"),
            ("例え.テスト", "xn--r8jz45g.xn--zckzah"),
            ("faß.de", "xn--fa-hia.de"),
            ("Bücher.EXAMPLE.", "xn--bcher-kva.example."),
            ("bücher.example。", "xn--bcher-kva.example."),
            ("例え。テスト", "xn--r8jz45g.xn--zckzah"),
            ("\u{ff21}.example", "a.example"),
            ("bu\u{308}cher.example", "xn--bcher-kva.example"),
            ("example.org", "example.org"),
            ("_srv.example.org", "_srv.example.org"),
        ];
        for (name, want) in rows {
            assert_eq!(a_label(name).expect("a name"), want);
        }
        let long = "é".repeat(64) + ".example";
        let wrong = [
            "a\u{200d}b.example",
            "\u{300}x.example",
            "é..example",
            "bad\u{3002}\u{3002}x",
            "é-.example",
            "\u{5d0}a1.example",
            "é\u{2e}\u{202e}x",
            &long,
        ];
        for name in wrong {
            assert_eq!(a_label(name).expect_err("no name").exit, Exit::NameUnknown, "{name}");
        }
        // What would turn the text round is spelt out, as in every line.
        let message = a_label("é.\u{202e}x").expect_err("no name").message;
        assert_eq!(message, "\"é.\\u{202e}x\" is no international name");
    }

    #[test]
    fn a_certificate_is_for_a_name_or_an_address() {
        for name in ["example.org", "example.org.", "127.0.0.1", "::1", "bücher.example"] {
            assert!(server_name(name).is_ok(), "{name}");
        }
        let long = [&"a".repeat(64), "example"].join(".");
        for name in
            ["", "a b", "example.org:443", "a..example", ".", "-a.example", "*.example", "fe80::1%lo", &long]
        {
            assert_eq!(server_name(name).expect_err("no name").exit, Exit::Misuse, "{name}");
        }
    }
}

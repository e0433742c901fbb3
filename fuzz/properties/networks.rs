//! What must hold for any bytes given as a list of networks. The fuzz target and the replay of its corpus share it.

use sock::access::{Entry, Network, Table, Verdict, parse};

/// Reads the bytes as a list and as a value of `--deny`: what is read prints so that it reads back, and denies its own
/// address; an error is short, safe to print and points into the text. True if it is a list.
///
/// # Panics
/// When one of these does not hold.
pub(crate) fn check(bytes: &[u8]) -> bool {
    if let Ok(text) = str::from_utf8(bytes) {
        check_entry(text);
    }
    let error = match parse(bytes) {
        Ok(networks) => {
            check_networks(&networks);
            return true;
        }
        Err(error) => error,
    };
    let line = bytes.split(|byte| *byte == b'\n').nth(error.line - 1).expect("a line of the list");
    assert!((1..=line.len() + 1).contains(&error.column), "{error}");
    check_words(&error.to_string());
    false
}

fn check_networks(networks: &[Network]) {
    let printed = networks.iter().map(Network::to_string).collect::<Vec<_>>().join("\n");
    assert_eq!(parse(printed.as_bytes()).as_deref(), Ok(networks), "{printed:?}");
    let (denied, admitted) = (Table::new(None, networks), Table::new(Some(networks), &[]));
    for network in networks {
        assert!(network.contains(network.address()), "{network}");
        assert_eq!(denied.verdict(network.address()), Verdict::Denied, "{network}");
        assert_eq!(admitted.verdict(network.address()), Verdict::Admitted, "{network}");
    }
}

fn check_entry(text: &str) {
    if let Err(error) = text.parse::<Entry>() {
        check_words(&error.to_string());
    }
    match text.parse::<Network>() {
        Ok(network) => assert_eq!(network.to_string().parse(), Ok(network), "{text:?}"),
        Err(error) => {
            assert!(text.get(error.span()).is_some(), "{:?} in {text:?}", error.span());
            check_words(&error.to_string());
        }
    }
}

fn check_words(words: &str) {
    assert!(!words.contains(char::is_control), "{words:?}");
    assert!(words.len() < 1_000, "{words:?}");
}

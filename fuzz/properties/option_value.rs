//! What must hold for any bytes given to the decoders of options' values. The fuzz target and the replay of its corpus
//! share it.

use std::sync::LazyLock;

use berkeley::decoders::{option_bytes, option_value};
use berkeley::option::{self, Kind, Value};

/// Every kind that an option has, once.
static KINDS: LazyLock<Vec<Kind>> = LazyLock::new(|| {
    let mut kinds = Vec::new();
    for option in option::all() {
        if !kinds.contains(&option.kind) {
            kinds.push(option.kind);
        }
    }
    kinds
});

/// Decodes the bytes as the value of every kind: what was read must print safely and, where it can be set, encode to
/// bytes that read as the same value. Gives the kinds that took the bytes.
///
/// # Panics
/// When one of these does not hold.
pub(crate) fn check(bytes: &[u8]) -> Vec<Kind> {
    KINDS.iter().copied().filter(|kind| check_as(*kind, bytes)).collect()
}

fn check_as(kind: Kind, bytes: &[u8]) -> bool {
    let value = match option_value(kind, bytes) {
        Ok(value) => value,
        Err(words) => {
            assert!(words.starts_with("the kernel gave "), "{kind:?}: {words:?}");
            return false;
        }
    };
    // A name is the kernel's text as it is.
    assert!(matches!(value, Value::Text(_)) || !value.to_string().contains(char::is_control), "{kind:?}");
    if let Ok(encoded) = option_bytes(kind, &value) {
        assert_eq!(option_value(kind, &encoded).as_ref(), Ok(&value), "{kind:?}");
    }
    true
}
